use crate::people::parse_person;
use crate::{Store, StoreError};
use klamm_model::{PersonName, TeamName, UnixMillis};
use sqlx::Row;
use std::collections::BTreeMap;

/// What somebody may do for their team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TeamRole {
    /// Asks for things.
    Member,
    /// Asks, and decides about what others ask for.
    Approver,
}

impl TeamRole {
    fn text(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Approver => "approver",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "member" => Ok(Self::Member),
            "approver" => Ok(Self::Approver),
            _ => Err(StoreError::Corrupt { what: "role in a team" }),
        }
    }
}

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

    /// Makes somebody a member, or changes their role in the team.
    pub async fn set_member(&self, team: &TeamName, person: &PersonName, role: TeamRole) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO memberships (team, person, role) VALUES ($1, $2, $3) \
             ON CONFLICT (team, person) DO UPDATE SET role = excluded.role",
        )
        .bind(team.as_str())
        .bind(person.as_str())
        .bind(role.text())
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
                Ok((team, TeamRole::parse(&role)?))
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
                Ok((team, person, TeamRole::parse(&role)?))
            })
            .collect()
    }
}

fn parse_team(text: String) -> Result<TeamName, StoreError> {
    TeamName::new(text).map_err(|_| StoreError::Corrupt { what: "team name" })
}
