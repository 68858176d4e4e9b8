//! The rules in words, and what they say about a wish.

use crate::{ClusterRef, Finding, RequestKind, TeamName, UnixMillis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rules of an installation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoliciesView {
    /// By name; `*` stands for every environment that has none of its own. Empty: nothing may be asked for.
    pub environments: Vec<EnvironmentRules>,
    /// When these rules were taken; null before any were.
    pub taken_at: Option<UnixMillis>,
    /// Why newer ones were not.
    pub problem: Option<PolicyProblem>,
}

/// Why rules that somebody wrote do not count. The ones before do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyProblem {
    /// Since when.
    pub since: UnixMillis,
    /// What is wrong, with its line.
    pub message: String,
}

/// The rules of an environment, a sentence for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentRules {
    /// The environment, or `*`.
    pub name: String,
    /// What may be asked for; anything else may not.
    pub kinds: Vec<KindSentence>,
    /// What is refused.
    pub allowed: Vec<String>,
    /// What nobody has to be asked about.
    pub automatic: Vec<String>,
    /// What a team may have of each cluster.
    pub quota: Vec<String>,
    /// When nothing is applied.
    pub freezes: Vec<FreezeView>,
    /// Teams whose objects are kept in Git: what they are granted is handed out, and somebody commits it.
    pub exports: Vec<TeamName>,
    /// Who may read messages of topics; nobody where it is empty.
    pub messages: Vec<String>,
}

/// How a kind of request is decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KindSentence {
    /// Which.
    pub kind: RequestKind,
    /// In words.
    pub sentence: String,
}

/// A time in which nothing is applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FreezeView {
    /// From this moment.
    pub from: UnixMillis,
    /// Until this one.
    pub until: UnixMillis,
    /// Why.
    pub reason: String,
}

/// A wish, as it would be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WishRequest {
    /// What kind of request.
    pub kind: RequestKind,
    /// On which cluster.
    pub cluster: ClusterRef,
    /// For which team.
    pub team: TeamName,
    /// The topic as it would be; absent for requests that neither make nor change one.
    #[serde(default)]
    pub spec: Option<TopicWishSpec>,
}

/// A topic as it would be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopicWishSpec {
    /// Its name in Kafka.
    pub topic_name: String,
    /// Absent leaves it to the brokers, or as it is.
    #[serde(default)]
    pub partitions: Option<u32>,
    /// Absent leaves it to the brokers, or as it is.
    #[serde(default)]
    pub replication_factor: Option<u32>,
    /// Texts, numbers, true or false.
    #[serde(default)]
    pub config: BTreeMap<String, WishValue>,
}

/// A value of a configuration key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WishValue {
    /// `true`
    Flag(bool),
    /// `3600000`
    Number(i64),
    /// `compact`
    Text(String),
}

impl WishValue {
    /// As Kafka takes it.
    pub fn text(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// What would become of a wish.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WishVerdict {
    /// In a word.
    pub outcome: WishOutcome,
    /// In a sentence.
    pub sentence: String,
    /// What the rules say, the gravest first.
    pub findings: Vec<Finding>,
    /// It would not be applied before.
    pub frozen_until: Option<UnixMillis>,
}

/// What would become of a wish, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WishOutcome {
    /// It cannot be had.
    Refused,
    /// It is applied without asking.
    Automatic,
    /// Somebody has to agree.
    NeedsApproval,
}
