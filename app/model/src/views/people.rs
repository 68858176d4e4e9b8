//! People and teams, as those who manage them see them.

use super::TeamView;
use crate::{ClusterRef, Namespace, PersonName, Role, SessionId, TeamName, TeamRole, UnixMillis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Somebody who may sign in, or once could: an item of `GET /api/v1/people`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    /// The user name.
    pub name: PersonName,
    /// Roles that hold everywhere.
    pub roles: BTreeSet<Role>,
    /// Their teams, by name.
    pub teams: Vec<Membership>,
    /// When they were shut out; they can sign in while this is absent.
    pub disabled_at: Option<UnixMillis>,
    /// When they were added.
    pub created_at: UnixMillis,
    /// What the caller may do with them.
    pub allowed_actions: Vec<String>,
}

/// Being in a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The team.
    pub team: TeamName,
    /// What they may do for it.
    pub role: TeamRole,
}

/// A team with what it has: `GET /api/v1/teams/{team}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamDetail {
    /// As lists have it; what the caller may do includes `addMember`, `addApprover` and `makeToken`.
    #[serde(flatten)]
    pub team: TeamView,
    /// Which clusters admit which of its namespaces.
    pub tenancies: Vec<Tenancy>,
    /// What else is its.
    pub owns: Holdings,
    /// Why it cannot be removed, for those who may remove it: what it still owns.
    pub in_the_way: Option<String>,
}

/// A cluster admits a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenancy {
    /// The namespace.
    pub namespace: Namespace,
    /// The cluster.
    pub cluster: ClusterRef,
}

/// How much a team has. What the caller may not see is unknown, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holdings {
    /// Topics, across clusters.
    pub topics: u32,
    /// Kafka users with their passwords.
    pub credentials: Option<u32>,
    /// Requests that it asks for or decides, and that are not over.
    pub open_requests: Option<u64>,
}

/// A browser that somebody is signed in with: an item of `GET /api/v1/sessions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Names it; not the cookie, nor anything that could stand in for it.
    pub id: SessionId,
    /// How the browser called itself when they signed in.
    pub agent: Option<String>,
    /// When they signed in.
    pub created_at: UnixMillis,
    /// When it was last used, to the minute.
    pub seen_at: UnixMillis,
    /// When it ends if it is not used again.
    pub expires_at: UnixMillis,
    /// Whether it is the one that asks.
    pub current: bool,
    /// What the caller may do with it.
    pub allowed_actions: Vec<String>,
}
