use crate::people::parse_person;
use crate::{Store, StoreError};
use klamm_model::{PersonName, RequestId, TeamName, TeamRole, UnixMillis};
use sqlx::Row;
use std::collections::BTreeMap;

impl Store {
    /// Adds a team.
    pub async fn add_team(&self, team: &TeamName, now: UnixMillis) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO teams (name, created_at) VALUES ($1, $2)")
            .bind(team.as_str())
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(StoreError::insert("add a team", "team"))
    }

    /// All teams, by name.
    pub async fn teams(&self) -> Result<Vec<TeamName>, StoreError> {
        let names = sqlx::query_scalar::<_, String>("SELECT name FROM teams ORDER BY name")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query("list teams"))?;
        names.into_iter().map(parse_team).collect()
    }

    /// Removes a team with its memberships. What speaks of it, closed requests and the audit, keeps its name.
    pub async fn remove_team(&self, team: &TeamName) -> Result<(), StoreError> {
        let removed = sqlx::query("DELETE FROM teams WHERE name = $1")
            .bind(team.as_str())
            .execute(&self.pool)
            .await
            .map_err(StoreError::query("remove a team"))?;
        if removed.rows_affected() == 0 { Err(StoreError::Missing { what: "team" }) } else { Ok(()) }
    }

    /// Requests that a team asks for or decides as the owner, and that are not over: how many, and the oldest few.
    pub async fn open_requests_of(&self, team: &TeamName, few: u32) -> Result<(u64, Vec<RequestId>), StoreError> {
        const WHAT: &str = "look up the open requests of a team";
        const OPEN: &str = "FROM requests WHERE (team = $1 OR owner = $1) \
                            AND state IN ('submitted', 'needsApproval', 'approved', 'applying')";
        let total: i64 = sqlx::query_scalar(&format!("SELECT COUNT(*) {OPEN}"))
            .bind(team.as_str())
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        let ids = sqlx::query_scalar::<_, String>(&format!("SELECT id {OPEN} ORDER BY id LIMIT $2"))
            .bind(team.as_str())
            .bind(i64::from(few))
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        let ids = ids.into_iter().map(|id| RequestId::new(id).map_err(|_| StoreError::Corrupt { what: "request id" }));
        Ok((u64::try_from(total).unwrap_or(0), ids.collect::<Result<_, _>>()?))
    }

    /// Makes somebody a member, or changes their role in the team.
    pub async fn set_member(&self, team: &TeamName, person: &PersonName, role: TeamRole) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO memberships (team, person, role) VALUES ($1, $2, $3) \
             ON CONFLICT (team, person) DO UPDATE SET role = excluded.role",
        )
        .bind(team.as_str())
        .bind(person.as_str())
        .bind(role.name())
        .execute(&self.pool)
        .await
        .map(drop)
        .map_err(StoreError::insert("add somebody to a team", "team or person"))
    }

    /// Removes somebody from a team.
    pub async fn remove_member(&self, team: &TeamName, person: &PersonName) -> Result<(), StoreError> {
        let removed = sqlx::query("DELETE FROM memberships WHERE team = $1 AND person = $2")
            .bind(team.as_str())
            .bind(person.as_str())
            .execute(&self.pool)
            .await
            .map_err(StoreError::query("remove somebody from a team"))?;
        if removed.rows_affected() == 0 { Err(StoreError::Missing { what: "member" }) } else { Ok(()) }
    }

    pub(crate) async fn teams_of(&self, person: &PersonName) -> Result<BTreeMap<TeamName, TeamRole>, StoreError> {
        const WHAT: &str = "look up the teams of a person";
        let rows = sqlx::query("SELECT team, role FROM memberships WHERE person = $1")
            .bind(person.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        rows.iter()
            .map(|row| {
                let team = parse_team(row.try_get("team").map_err(StoreError::query(WHAT))?)?;
                let role: String = row.try_get("role").map_err(StoreError::query(WHAT))?;
                Ok((team, parse_role(&role)?))
            })
            .collect()
    }

    pub(crate) async fn memberships(&self) -> Result<Vec<(TeamName, PersonName, TeamRole)>, StoreError> {
        const WHAT: &str = "list memberships";
        let rows = sqlx::query("SELECT team, person, role FROM memberships ORDER BY team, person")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::query(WHAT))?;
        rows.iter()
            .map(|row| {
                let team = parse_team(row.try_get("team").map_err(StoreError::query(WHAT))?)?;
                let person = parse_person(row.try_get("person").map_err(StoreError::query(WHAT))?)?;
                let role: String = row.try_get("role").map_err(StoreError::query(WHAT))?;
                Ok((team, person, parse_role(&role)?))
            })
            .collect()
    }
}

pub(crate) fn parse_team(text: String) -> Result<TeamName, StoreError> {
    TeamName::new(text).map_err(|_| StoreError::Corrupt { what: "team name" })
}

fn parse_role(text: &str) -> Result<TeamRole, StoreError> {
    TeamRole::named(text).ok_or(StoreError::Corrupt { what: "role in a team" })
}
