//! Requests as pages and the API show them.

use crate::{
    ClusterRef, Finding, Known, ManifestHash, OffsetsEffect, PersonName, PlanView, RequestId, RequestKind,
    RequestState, SortOrder, TeamName, UnixMillis,
};
use serde::{Deserialize, Serialize};

/// A wish, with exactly what would be done, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    /// Names it.
    pub id: RequestId,
    /// What is asked for.
    pub kind: RequestKind,
    /// What it is about: the name of a topic, of a credential, of a group.
    pub subject: String,
    /// How far it is.
    pub state: RequestState,
    /// On which cluster.
    pub cluster: ClusterRef,
    /// Which team asks.
    pub team: TeamName,
    /// Which team owns what it is about.
    pub owner: TeamName,
    /// Who asks.
    pub requester: PersonName,
    /// Why, in their words.
    pub reason: Option<String>,
    /// When it was written down.
    pub created_at: UnixMillis,
    /// When something last happened to it.
    pub changed_at: UnixMillis,
    /// When it stops waiting for approval.
    pub expires_at: Option<UnixMillis>,
    /// The object that would be written, as YAML; for the end of something, the object that would go.
    pub manifest: String,
    /// The object that is there now, as YAML, where there is one. The wish was made from it.
    pub before: Option<String>,
    /// What approvals are bound to: digest of what would be done and of what it was made from.
    pub hash: ManifestHash,
    /// What would be different, a line each.
    pub changes: Vec<Change>,
    /// What the rules say, the gravest first.
    pub findings: Vec<Finding>,
    /// What it would do to the cluster.
    pub effect: Effect,
    /// Who has to agree.
    pub asked: Vec<AskedOf>,
    /// Who agreed to this very hash.
    pub approvals: Vec<Approval>,
    /// What it waits for and on whom, in a sentence.
    pub waiting_for: Option<String>,
    /// What became of it, in a sentence: why it was declined, what failed.
    pub message: Option<String>,
    /// What was said about it.
    pub comments: Vec<CommentView>,
    /// What the caller may do with it.
    pub allowed_actions: Vec<String>,
}

/// A difference between what is and what would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Where: `spec.partitions`, `spec.config."retention.ms"`.
    pub field: String,
    /// What is there now.
    pub before: Option<String>,
    /// What would be.
    pub after: Option<String>,
}

/// What a request would do to its cluster. What cannot be told is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// In sentences.
    pub words: Vec<String>,
    /// Bytes that the topic may keep, replicas included; null where nothing limits them.
    pub bytes_kept: Known<u64>,
    /// Bytes that are free on the disks of all brokers.
    pub bytes_free: Known<u64>,
    /// Partitions that the topic would have.
    pub partitions: Known<u64>,
    /// Replicas that a broker holds on average now.
    pub replicas_per_broker_before: Known<f64>,
    /// And afterwards.
    pub replicas_per_broker_after: Known<f64>,
    /// What is left of the team's quotas.
    pub quota: Vec<QuotaUse>,
    /// Where a group would continue, for a reset of its offsets.
    #[serde(default)]
    pub offsets: Option<OffsetsEffect>,
    /// The plan, where a whole cluster would be changed.
    #[serde(default)]
    pub operation: Option<PlanView>,
}

/// How much of a quota would be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaUse {
    /// `topics`, `partitions` or `bytesKept`.
    pub what: String,
    /// What the team would have.
    pub afterwards: Known<u64>,
    /// The most it may have.
    pub most: u64,
}

/// Somebody who has to agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskedOf {
    /// In words: `approvers of team payments`.
    pub who: String,
    /// How many of them.
    pub approvals: u32,
    /// Who could.
    pub people: Vec<PersonName>,
}

/// Somebody's consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Whose.
    pub by: PersonName,
    /// When.
    pub at: UnixMillis,
}

/// Something somebody said about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommentView {
    /// Who.
    pub by: PersonName,
    /// When.
    pub at: UnixMillis,
    /// What.
    pub text: String,
}

/// Which part of the list of requests is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestsRequest {
    /// Keep those in this state.
    pub state: Option<String>,
    /// Keep those of this kind.
    pub kind: Option<String>,
    /// Keep those that this team asks for or decides.
    pub team: Option<String>,
    /// Keep those of this cluster, as `<namespace>/<name>`.
    pub cluster: Option<String>,
    /// Keep those of this person.
    pub requester: Option<String>,
    /// Keep those whose subject contains this, ignoring case.
    #[serde(alias = "q")]
    pub search: Option<String>,
    /// Keep those that wait for the caller's own consent.
    pub inbox: bool,
    /// The newest first unless said otherwise.
    pub order: Option<SortOrder>,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}
