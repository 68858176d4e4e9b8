use crate::{PersonName, TeamName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What somebody may do everywhere, beside what their teams may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Operates clusters: starts and approves operations, sees everything.
    Operator,
    /// Reads everything, audit included; changes nothing.
    Auditor,
}

/// How a caller proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActorKind {
    /// A browser session.
    Session,
    /// An API token.
    Token,
}

/// Somebody who signed in, as the portal knows them at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// The user name.
    pub name: PersonName,
    /// How they signed in.
    pub kind: ActorKind,
    /// Roles that hold everywhere.
    pub roles: BTreeSet<Role>,
    /// Teams they belong to.
    pub teams: BTreeSet<TeamName>,
}

impl Actor {
    /// Whether they operate clusters.
    pub fn is_operator(&self) -> bool {
        self.roles.contains(&Role::Operator)
    }
}
