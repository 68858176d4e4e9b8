//! Credentials as pages and the API show them: never a password but in the one answer that reveals it.

use crate::{ClusterRef, Known, Namespace, ObjectName, PersonName, TeamName, UnixMillis};
use serde::{Deserialize, Serialize};

/// A Kafka user of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialView {
    /// Names it, across clusters and for as long as it lives.
    pub id: String,
    /// Where its KafkaUser is.
    pub namespace: Namespace,
    /// The name of its KafkaUser.
    pub name: ObjectName,
    /// On which cluster.
    pub cluster: ClusterRef,
    /// Whose it is.
    pub team: Option<TeamName>,
    /// The user as Kafka knows it; null before there is one.
    pub username: Option<String>,
    /// What it may do.
    pub grants: Vec<CredentialGrant>,
    /// Whether it works.
    pub state: CredentialState,
    /// What it waits for, or what is wrong, in a sentence.
    pub message: Option<String>,
    /// The Secret with its password.
    pub secret: Option<String>,
    /// Grows with every new password.
    pub version: Option<i64>,
    /// Who was shown the password of this version.
    pub revealed: Option<Revealed>,
    /// During a rotation: the user of before.
    pub previous: Option<PreviousUser>,
    /// The workload it was made for: `Deployment/billing`.
    pub workload: Option<String>,
    /// What of it ends soon, the first to end first.
    pub reminders: Vec<Reminder>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// What the caller may do with it.
    pub allowed_actions: Vec<String>,
}

/// Something that ends soon, or has just ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reminder {
    /// When.
    pub at: UnixMillis,
    /// What, and what to do.
    pub message: String,
}

/// What uses a credential now, as far as it can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialUses {
    /// Deployments, StatefulSets, CronJobs and Jobs of its namespace whose pods get its Secret.
    pub workloads: Known<Vec<WorkloadUse>>,
    /// Consumer groups that it may be in and that have members.
    pub groups: Known<Vec<GroupUse>>,
}

/// A workload whose pods get the Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadUse {
    /// `Deployment` …
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A group with members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupUse {
    /// Its id.
    pub id: String,
    /// How many.
    pub members: u32,
}

/// Whether a credential works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CredentialState {
    /// It works.
    Ready,
    /// Something is missing.
    Waiting,
    /// Nobody has looked at it yet.
    Unknown,
}

/// What a credential may do with topics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialGrant {
    /// The topic, or the beginning of its name.
    pub topic: String,
    /// `literal` or `prefixed`.
    pub pattern: String,
    /// `consume`, `produce` or `both`.
    pub access: String,
    /// Consumer groups it may use.
    pub groups: Vec<String>,
}

/// Somebody was shown the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revealed {
    /// Who.
    pub by: PersonName,
    /// When.
    pub at: UnixMillis,
}

/// The user of before a rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviousUser {
    /// As Kafka knows it.
    pub username: String,
    /// Until when it works.
    pub until: String,
}

/// A team, as everybody may know it: whom to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamView {
    /// Its name.
    pub name: TeamName,
    /// Who approves for it.
    pub approvers: Vec<PersonName>,
    /// Who else is in it.
    pub members: Vec<PersonName>,
    /// Namespaces that say that they are its.
    pub namespaces: Vec<Namespace>,
    /// Its topics, across clusters.
    pub topics: u32,
    /// What the caller may do with it.
    pub allowed_actions: Vec<String>,
}
