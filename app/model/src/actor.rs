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

impl Role {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Operator, Self::Auditor];

    /// How the API and the database call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }

    /// The role of that name.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }
}

/// What somebody may do for their team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TeamRole {
    /// Asks for things.
    Member,
    /// Asks, and decides about what others ask for.
    Approver,
}

impl TeamRole {
    /// How the API and the database call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Approver => "approver",
        }
    }

    /// The role of that name.
    pub fn named(text: &str) -> Option<Self> {
        match text {
            "member" => Some(Self::Member),
            "approver" => Some(Self::Approver),
            _ => None,
        }
    }
}

/// What a session or token may be used for. A session has all of them; a token those it was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// To look at what its owner may see.
    Read,
    /// To change what its owner may change.
    Write,
}

/// How a caller proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActorKind {
    /// A browser session.
    Session,
    /// An API token of a person.
    Token,
    /// An API token of a team: it looks and asks, and decides nothing.
    TeamToken,
}

/// Somebody who signed in, as the portal knows them at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Those of them that they approve for.
    #[serde(default)]
    pub approves: BTreeSet<TeamName>,
    /// What this session or token may be used for; nothing when it does not say.
    #[serde(default)]
    pub scopes: BTreeSet<Scope>,
}

impl Actor {
    /// Whether they operate clusters.
    pub fn is_operator(&self) -> bool {
        self.roles.contains(&Role::Operator)
    }
}

/// What a form of a page must send back, so that no other site can send it: the value of `X-Csrf-Token` or of the field `csrf`.
#[derive(Clone, PartialEq, Eq)]
pub struct CsrfToken(pub String);

impl std::fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CsrfToken(…)")
    }
}
