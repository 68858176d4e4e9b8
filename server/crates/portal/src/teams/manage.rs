//! Who makes and removes teams, and who is in them.

use crate::{Action, Asker, Kind, Object, Portal, audited::store_problem};
use klamm_model::{Actor, PersonName, Problem, ProblemKind, TeamDetail, TeamName, TeamRole};
use std::net::IpAddr;

/// How many things a refusal names.
const FEW: usize = 3;

impl Portal {
    /// All teams, by name.
    pub async fn teams(&self, asker: Asker<'_>) -> Result<Vec<TeamName>, Problem> {
        self.permit(asker, Action::View, Object::all(Kind::Team), None).await?;
        self.store.teams().await.map_err(store_problem)
    }

    /// Adds a team from the command line.
    pub async fn add_team(&self, asker: Asker<'_>, team: &TeamName) -> Result<(), Problem> {
        self.make_team(asker, team, None).await
    }

    /// Adds a team.
    pub async fn create_team(
        &self,
        actor: &Actor,
        team: &TeamName,
        from: Option<IpAddr>,
    ) -> Result<TeamDetail, Problem> {
        self.make_team(Asker::Actor(actor), team, from).await?;
        self.team(actor, team).await
    }

    async fn make_team(&self, asker: Asker<'_>, team: &TeamName, from: Option<IpAddr>) -> Result<(), Problem> {
        let permit = self.permit(asker, Action::Create, Object::team(team), from).await?;
        self.audited(&permit, from, self.store.add_team(team, self.now())).await
    }

    /// Removes a team that owns nothing any more. What is closed keeps its name.
    pub async fn remove_team(&self, actor: &Actor, team: &TeamName, from: Option<IpAddr>) -> Result<(), Problem> {
        let permit = self.permit(Asker::Actor(actor), Action::Remove, Object::team(team), from).await?;
        self.during(&permit, from, async {
            match self.in_the_way_of_removal(team).await? {
                Some(why) => Err(Problem::new(ProblemKind::Conflict, why)),
                None => self.store.remove_team(team).await.map_err(store_problem),
            }
        })
        .await
    }

    /// What a team still owns, in a sentence.
    pub(super) async fn in_the_way_of_removal(&self, team: &TeamName) -> Result<Option<String>, Problem> {
        let mut namespaces = self.observations.declarations().namespaces_of(team);
        namespaces.extend(self.tenancies(team).into_iter().map(|tenancy| tenancy.namespace));
        let namespaces = namespaces.iter().map(ToString::to_string).collect::<Vec<_>>();
        let credentials = self.credentials_of(team);
        let few = u32::try_from(FEW).unwrap_or(u32::MAX);
        let (open, requests) = self.store.open_requests_of(team, few).await.map_err(store_problem)?;
        let requests: Vec<String> = requests.iter().map(ToString::to_string).collect();
        let count = |all: &Vec<String>| u64::try_from(all.len()).unwrap_or(u64::MAX);
        let kinds = [
            (count(&namespaces), &namespaces, "namespace"),
            (open, &requests, "open request"),
            (count(&credentials), &credentials, "credential"),
        ];
        let owned: Vec<String> = kinds
            .into_iter()
            .filter(|(total, ..)| *total > 0)
            .map(|(total, names, kind)| {
                let named: Vec<&str> = names.iter().take(FEW).map(String::as_str).collect();
                let more = if total > named.len() as u64 { " and more" } else { "" };
                format!("{total} {kind}{} ({}{more})", if total == 1 { "" } else { "s" }, named.join(", "))
            })
            .collect();
        if owned.is_empty() {
            return Ok(None);
        }
        let owned = owned.join(", ");
        Ok(Some(format!("Team {team} still owns {owned}. Give them to another team, or end them, first.")))
    }

    /// Makes somebody a member of a team from the command line, or changes their role in it.
    pub async fn set_team_member(
        &self,
        asker: Asker<'_>,
        team: &TeamName,
        person: &PersonName,
        role: TeamRole,
    ) -> Result<(), Problem> {
        self.seat(asker, (team, person), role, None).await
    }

    /// Makes somebody a member of a team, or changes their role in it.
    pub async fn put_member(
        &self,
        actor: &Actor,
        (team, person): (&TeamName, &PersonName),
        role: TeamRole,
        from: Option<IpAddr>,
    ) -> Result<TeamDetail, Problem> {
        self.seat(Asker::Actor(actor), (team, person), role, from).await?;
        self.team(actor, team).await
    }

    async fn seat(
        &self,
        asker: Asker<'_>,
        (team, person): (&TeamName, &PersonName),
        role: TeamRole,
        from: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let before = self.role_in(team, person).await?;
        // Whoever may not make approvers may not unmake one either.
        let rank = before.map_or(role, |before| before.max(role));
        let permit = self.permit(asker, Action::Create, Object::member(team, person, rank), from).await?;
        self.telling(&permit, from, async {
            self.store.set_member(team, person, role).await.map_err(store_problem)?;
            let before = before.map_or("not in it", TeamRole::name);
            Ok(Some(format!("{}, before {before}", role.name())))
        })
        .await
    }

    /// Takes somebody out of a team from the command line.
    pub async fn remove_team_member(
        &self,
        asker: Asker<'_>,
        team: &TeamName,
        person: &PersonName,
    ) -> Result<(), Problem> {
        self.unseat(asker, (team, person), None).await
    }

    /// Takes somebody out of a team: from the next click on they are none of it.
    pub async fn take_member(
        &self,
        actor: &Actor,
        member: (&TeamName, &PersonName),
        from: Option<IpAddr>,
    ) -> Result<(), Problem> {
        self.unseat(Asker::Actor(actor), member, from).await
    }

    async fn unseat(
        &self,
        asker: Asker<'_>,
        (team, person): (&TeamName, &PersonName),
        from: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let before = self.role_in(team, person).await?;
        let object = Object::member(team, person, before.unwrap_or(TeamRole::Member));
        let permit = self.permit(asker, Action::Remove, object, from).await?;
        self.telling(&permit, from, async {
            self.store.remove_member(team, person).await.map_err(store_problem)?;
            Ok(before.map(|before| format!("before {}", before.name())))
        })
        .await
    }

    async fn role_in(&self, team: &TeamName, person: &PersonName) -> Result<Option<TeamRole>, Problem> {
        let person = self.store.person(person).await.map_err(store_problem)?;
        Ok(person.and_then(|person| person.teams.get(team).copied()))
    }
}

#[cfg(test)]
mod tests;
