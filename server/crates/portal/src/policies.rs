//! The rules that count: taken as a whole, kept while newer ones are wrong, shown in words, and asked about wishes.

pub(crate) mod usage;

use crate::audited::store_problem;
use crate::portal::look;
use crate::views::paging::invalid;
use crate::views::policy;
use crate::{Kind, Object, Portal};
use klamm_model::{
    Actor, PersonName, PoliciesView, PolicyProblem, Problem, Role, TeamName, TopicPart, TopicWishSpec, UnixMillis,
    WishRequest, WishValue, WishVerdict,
};
use klamm_planner::policy::{Approver, Facts, Policy, TopicWish, Wish, judge};
use klamm_store::{Person, TeamRole};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

/// The rules as they stand.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(crate) policy: Policy,
    /// When they were taken; none before any were.
    pub(crate) taken_at: Option<UnixMillis>,
    /// Why newer ones were not.
    pub(crate) problem: Option<PolicyProblem>,
}

/// The rules that count now. Readers never wait for whoever takes new ones.
#[derive(Debug, Default)]
pub(crate) struct PolicyBook(RwLock<Arc<Standing>>);

impl PolicyBook {
    pub(crate) fn now(&self) -> Arc<Standing> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, standing: Standing) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(standing);
    }
}

/// What became of rules that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// They count.
    Counted,
    /// They do not, and why; the ones before still do.
    Refused(String),
}

impl Portal {
    /// Takes rules, or the reason why there are none to be had. What is wrong in any part does not count in any.
    pub fn take_policies(&self, text: Result<&str, String>) -> Taken {
        let policy = text.and_then(|text| Policy::parse(text).map_err(|error| error.to_string()));
        match policy {
            Ok(policy) => {
                self.policies.put(Standing { policy, taken_at: Some(self.now()), problem: None });
                Taken::Counted
            }
            Err(message) => {
                let before = self.policies.now();
                let since = match &before.problem {
                    Some(problem) if problem.message == message => problem.since,
                    Some(_) | None => self.now(),
                };
                let problem = Some(PolicyProblem { since, message: message.clone() });
                self.policies.put(Standing { policy: before.policy.clone(), taken_at: before.taken_at, problem });
                Taken::Refused(message)
            }
        }
    }

    /// The rules, in words.
    pub fn policies(&self, actor: &Actor) -> Result<PoliciesView, Problem> {
        look(actor, Object::all(Kind::Policy))?;
        Ok(policy::view(&self.policies.now()))
    }

    /// What would become of a wish, were it asked for now.
    pub async fn try_wish(&self, actor: &Actor, request: &WishRequest) -> Result<WishVerdict, Problem> {
        look(actor, Object::all(Kind::Policy))?;
        let seen = self.seen(actor, &request.cluster)?;
        let topic = wanted_topic(request)?;
        let people = self.store.people().await.map_err(store_problem)?;
        let teams = self.store.teams().await.map_err(store_problem)?;
        if !teams.contains(&request.team) {
            return Err(invalid(&format!("team: there is no team {}", request.team)));
        }
        let standing = self.policies.now();
        let facts = Facts {
            now: self.now(),
            usage: usage::afterwards(&seen.inventory, &request.team, topic.as_ref()),
            approvers: approvers(&people, &teams, &request.team, &actor.name),
        };
        let wish =
            Wish { kind: request.kind, environment: seen.declared.environment.clone().unwrap_or_default(), topic };
        Ok(policy::verdict(judge(&standing.policy, &wish, &facts)))
    }
}

/// The topic that would be made or changed.
fn wanted_topic(request: &WishRequest) -> Result<Option<TopicWish>, Problem> {
    match (&request.spec, request.kind.topic_part()) {
        (Some(spec), TopicPart::Described) => topic_wish(spec).map(Some),
        (None, TopicPart::Described) => {
            Err(invalid(&format!("spec: to {}, say what it would be like", request.kind.words())))
        }
        (Some(_), TopicPart::None) => {
            Err(invalid(&format!("spec: to {}, no rule asks for one; leave it out", request.kind.words())))
        }
        (None, TopicPart::None) => Ok(None),
    }
}

fn topic_wish(spec: &TopicWishSpec) -> Result<TopicWish, Problem> {
    let name = spec.topic_name.parse().map_err(|error| invalid(&format!("spec.topicName: {error}")))?;
    for (field, value) in [("partitions", spec.partitions), ("replicationFactor", spec.replication_factor)] {
        if value == Some(0) {
            return Err(invalid(&format!("spec.{field}: 1 is the least; leave it out to have what brokers have")));
        }
    }
    Ok(TopicWish {
        name,
        partitions: spec.partitions.map(u64::from),
        replication_factor: spec.replication_factor.map(u64::from),
        config: spec.config.iter().map(|(key, value)| (key.clone(), WishValue::text(value))).collect(),
    })
}

/// Who could agree: everybody who can sign in and has the role, but for whoever asks.
pub(crate) fn approvers(
    people: &[Person],
    teams: &[TeamName],
    owner: &TeamName,
    asks: &PersonName,
) -> BTreeMap<Approver, BTreeSet<PersonName>> {
    let others = || people.iter().filter(|person| person.disabled_at.is_none() && person.name != *asks);
    let of_team = |team: &TeamName| -> BTreeSet<PersonName> {
        let approves = |person: &&Person| person.teams.get(team) == Some(&TeamRole::Approver);
        others().filter(approves).map(|person| person.name.clone()).collect()
    };
    let operators = others().filter(|person| person.roles.contains(&Role::Operator));
    let named = teams.iter().map(|team| (Approver::Team(team.clone()), of_team(team)));
    named
        .chain([
            (Approver::OwnerTeam, of_team(owner)),
            (Approver::Operators, operators.map(|person| person.name.clone()).collect()),
        ])
        .collect()
}

#[cfg(test)]
mod tests;
