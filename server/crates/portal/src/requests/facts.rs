//! Who is concerned by a request and who may decide it, read anew at every click.

use crate::{Audience, Object, Portal, Reach, RequestFacts, audited::store_problem, policies::approvers};
use klamm_model::{Actor, PersonName, Problem, RequestState, Role, TeamName};
use klamm_planner::policy::{Approver, Ask};
use klamm_store::{AuditObject, Person, RequestObject, RequestRow, TeamRole};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// People and teams at this moment.
pub(crate) struct Concerned {
    pub(crate) people: Vec<Person>,
    pub(crate) teams: Vec<TeamName>,
    /// Who has made tokens of which teams.
    makers: BTreeSet<(TeamName, PersonName)>,
}

/// Somebody who has to agree, as it is kept: the owner's team by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptAsk {
    /// `operators` or `team:payments`.
    pub(crate) who: String,
    pub(crate) approvals: u32,
}

impl KeptAsk {
    pub(crate) fn of(ask: &Ask, owner: &TeamName) -> Self {
        let who = match &ask.who {
            Approver::OwnerTeam => format!("team:{owner}"),
            Approver::Operators => "operators".to_owned(),
            Approver::Team(team) => format!("team:{team}"),
        };
        Self { who, approvals: ask.approvals }
    }
}

/// As what somebody may be asked: `operators`, `team:payments`.
pub(crate) fn asked_words(actor: &Actor, people: &[Person]) -> Vec<String> {
    let person = people.iter().find(|person| person.name == actor.name);
    let teams = person.into_iter().flat_map(|person| &person.teams);
    let approves = teams.filter(|(_, role)| **role == TeamRole::Approver).map(|(team, _)| format!("team:{team}"));
    approves.chain(actor.roles.contains(&Role::Operator).then(|| "operators".to_owned())).collect()
}

impl Concerned {
    pub(crate) async fn read(portal: &Portal) -> Result<Self, Problem> {
        let people = portal.store.people().await.map_err(store_problem)?;
        let teams = portal.store.teams().await.map_err(store_problem)?;
        let makers = portal.store.token_makers().await.map_err(store_problem)?;
        Ok(Self { people, teams, makers })
    }

    /// Whether it may have been this person who asked: by themselves, or by a token of a team that they made.
    pub(crate) fn may_have_asked(&self, requester: &PersonName, person: &PersonName) -> bool {
        requester == person || requester.team().is_some_and(|team| self.makers.contains(&(team, person.clone())))
    }

    /// Who could agree, without whoever asks.
    pub(crate) fn approvers(&self, owner: &TeamName, asks: &PersonName) -> BTreeMap<Approver, BTreeSet<PersonName>> {
        let mut seats = approvers(&self.people, &self.teams, owner, asks);
        for people in seats.values_mut() {
            people.retain(|person| !self.may_have_asked(asks, person));
        }
        seats
    }

    /// Everybody who is asked, whoever asks included.
    pub(crate) fn asked(&self, words: &[String]) -> BTreeSet<PersonName> {
        let is_asked = |person: &&Person| {
            let operates = person.roles.contains(&Role::Operator) && words.iter().any(|word| word == "operators");
            let approves = person
                .teams
                .iter()
                .any(|(team, role)| *role == TeamRole::Approver && words.contains(&format!("team:{team}")));
            person.disabled_at.is_none() && (operates || approves)
        };
        self.people.iter().filter(is_asked).map(|person| person.name.clone()).collect()
    }

    /// A request as rules see it.
    pub(crate) fn object(&self, row: &RequestRow) -> Object {
        let request = &row.request;
        let audience = if request.state == RequestState::Draft { Audience::Writer } else { Audience::Concerned };
        // Whoever asked is told so by the rules; whoever made the token that asked is asked nothing.
        let mut deciders = self.asked(&request.body.deciders);
        deciders.retain(|person| *person == request.requester || !self.may_have_asked(&request.requester, person));
        let facts = RequestFacts {
            id: Some(request.id.clone()),
            about: audited(&request.object),
            owner: request.owner.clone(),
            deciders,
            audience,
            reach: Reach::of(request.kind),
        };
        Object::request(&request.cluster, &request.team, &request.requester, facts)
    }
}

/// An object as the audit names it.
pub(crate) fn audited(object: &RequestObject) -> AuditObject {
    AuditObject { kind: object.kind.clone(), namespace: Some(object.namespace.to_string()), name: object.name.clone() }
}
