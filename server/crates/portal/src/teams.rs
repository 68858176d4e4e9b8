//! Teams, as everybody may know them: whom to ask, and what is theirs.

mod manage;

use crate::{
    Action, Asker, Kind, Object, Portal,
    audited::store_problem,
    authorise::{allowed_actions, allowed_of},
    portal::look,
    requests::Concerned,
};
use klamm_model::{
    Actor, Holdings, Namespace, PersonName, Problem, ProblemKind, Role, TeamDetail, TeamName, TeamRole, TeamView,
    Tenancy,
};
use std::collections::BTreeSet;

impl Portal {
    /// All teams, by name.
    pub async fn team_list(&self, actor: &Actor) -> Result<Vec<TeamView>, Problem> {
        look(actor, Object::all(Kind::Team))?;
        let concerned = Concerned::read(self).await?;
        let teams = self.store.teams().await.map_err(store_problem)?;
        Ok(teams.into_iter().map(|team| self.team_view(actor, team, &concerned)).collect())
    }

    /// A team with what it has, as far as the caller may see that.
    pub async fn team(&self, actor: &Actor, name: &TeamName) -> Result<TeamDetail, Problem> {
        look(actor, Object::team(name))?;
        let concerned = Concerned::read(self).await?;
        if !concerned.teams.contains(name) {
            return Err(no_such(name));
        }
        let mut team = self.team_view(actor, name.clone(), &concerned);
        team.allowed_actions = actions(actor, name);
        let sees_credentials = actor.teams.contains(name) || actor.is_operator();
        let sees_requests = sees_credentials || actor.roles.contains(&Role::Auditor);
        let credentials = sees_credentials.then(|| crate::views::count(self.credentials_of(name).len()));
        let open_requests = if sees_requests {
            Some(self.store.open_requests_of(name, 1).await.map_err(store_problem)?.0)
        } else {
            None
        };
        let may_remove = team.allowed_actions.iter().any(|action| action == Action::Remove.name());
        let in_the_way = if may_remove { self.in_the_way_of_removal(name).await? } else { None };
        let owns = Holdings { topics: team.topics, credentials, open_requests };
        Ok(TeamDetail { team, tenancies: self.tenancies(name), owns, in_the_way })
    }

    fn team_view(&self, actor: &Actor, name: TeamName, concerned: &Concerned) -> TeamView {
        let of_role = |role: TeamRole| -> Vec<PersonName> {
            let people = concerned.people.iter().filter(|person| person.disabled_at.is_none());
            people.filter(|person| person.teams.get(&name) == Some(&role)).map(|person| person.name.clone()).collect()
        };
        let clusters = self.observations.clusters();
        let topics = clusters.iter().flat_map(|seen| &seen.inventory.topics);
        let namespaces: BTreeSet<Namespace> =
            self.tenancies(&name).into_iter().map(|tenancy| tenancy.namespace).collect();
        TeamView {
            approvers: of_role(TeamRole::Approver),
            members: of_role(TeamRole::Member),
            namespaces: namespaces.into_iter().collect(),
            topics: crate::views::count(topics.filter(|topic| topic.team.as_ref() == Some(&name)).count()),
            allowed_actions: allowed_actions(actor, &Object::team(&name)),
            name,
        }
    }

    /// Which clusters admit which namespaces of a team, by namespace.
    fn tenancies(&self, team: &TeamName) -> Vec<Tenancy> {
        let mut all = Vec::new();
        for seen in self.observations.clusters() {
            let own = seen.declared.tenants.iter().filter(|tenant| tenant.team.as_ref() == Some(team));
            all.extend(own.map(|tenant| Tenancy {
                namespace: tenant.tenant.namespace.clone(),
                cluster: seen.inventory.cluster.clone(),
            }));
        }
        all.sort();
        all
    }
}

impl Portal {
    /// Namespaces of the caller's teams that some cluster admits.
    pub fn namespaces_of(&self, actor: &Actor) -> BTreeSet<Namespace> {
        let clusters = self.observations.clusters();
        let tenants = clusters.iter().flat_map(|seen| &seen.declared.tenants);
        let own = tenants.filter(|tenant| tenant.team.as_ref().is_some_and(|team| actor.teams.contains(team)));
        own.map(|tenant| tenant.tenant.namespace.clone()).collect()
    }
}

/// What the caller may do with a team and with who is in it.
fn actions(actor: &Actor, team: &TeamName) -> Vec<String> {
    let asker = Asker::Actor(actor);
    let mut all = allowed_of(asker, &Object::team(team), &[Action::View, Action::Remove]);
    // Rules ask about the team and what is at stake, not about who it is.
    for (word, rank) in [("addMember", TeamRole::Member), ("addApprover", TeamRole::Approver)] {
        let object = Object::member(team, &actor.name, rank);
        all.extend(allowed_of(asker, &object, &[Action::Create]).into_iter().map(|_| word.to_owned()));
    }
    all.extend(
        allowed_of(asker, &Object::team_token(team, ""), &[Action::Create]).into_iter().map(|_| "makeToken".to_owned()),
    );
    all
}

fn no_such(team: &TeamName) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("There is no team {team}."))
}
