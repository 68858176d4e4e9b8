//! Teams, as everybody may know them: whom to ask.

use crate::{
    Kind, Object, Portal, audited::store_problem, authorise::allowed_actions, portal::look, requests::Concerned,
};
use klamm_model::{Actor, Namespace, PersonName, Problem, TeamName, TeamView};
use klamm_store::TeamRole;
use std::collections::BTreeSet;

impl Portal {
    /// All teams, by name.
    pub async fn team_list(&self, actor: &Actor) -> Result<Vec<TeamView>, Problem> {
        look(actor, Object::all(Kind::Team))?;
        let concerned = Concerned::read(self).await?;
        let teams = self.store.teams().await.map_err(store_problem)?;
        Ok(teams.into_iter().map(|team| self.team_view(actor, team, &concerned)).collect())
    }

    fn team_view(&self, actor: &Actor, name: TeamName, concerned: &Concerned) -> TeamView {
        let of_role = |role: TeamRole| -> Vec<PersonName> {
            let people = concerned.people.iter().filter(|person| person.disabled_at.is_none());
            people.filter(|person| person.teams.get(&name) == Some(&role)).map(|person| person.name.clone()).collect()
        };
        let clusters = self.observations.clusters();
        let tenants = clusters.iter().flat_map(|seen| &seen.declared.tenants);
        let namespaces: BTreeSet<Namespace> = tenants
            .filter(|tenant| tenant.team.as_ref() == Some(&name))
            .map(|tenant| tenant.tenant.namespace.clone())
            .collect();
        let topics = clusters.iter().flat_map(|seen| &seen.inventory.topics);
        TeamView {
            approvers: of_role(TeamRole::Approver),
            members: of_role(TeamRole::Member),
            namespaces: namespaces.into_iter().collect(),
            topics: crate::views::count(topics.filter(|topic| topic.team.as_ref() == Some(&name)).count()),
            allowed_actions: allowed_actions(actor, &Object::team(&name)),
            name,
        }
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
