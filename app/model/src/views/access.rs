use super::Page;
use crate::{Known, Namespace, ObjectName, Revisions, RulePattern, TeamName, TopicOperation, UnixMillis, Unmentioned};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who may do what with a topic: `GET /api/v1/clusters/{namespace}/{name}/topics/{topic}/access`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicAccess {
    /// Who decides; null while nobody could say.
    pub decided: Known<DecidedBy>,
    /// Why nobody could.
    pub reason: Option<String>,
    /// Principals that may everything, whatever the rules; null where that is not told.
    pub super_users: Known<Vec<String>>,
    /// What holds while no rule at all speaks of the topic, as now; null when one does.
    pub unmentioned: Option<Unmentioned>,
    /// How many principals may read it from somewhere, super users aside.
    pub readers: u32,
    /// How many may write it.
    pub writers: u32,
    /// Everybody of whom a rule speaks that concerns the topic, by name.
    pub principals: Page<PrincipalAccess>,
    /// Rules of the whole cluster that are too many to be kept: principals may be missing.
    pub left_out: u32,
    /// Consents of owners that speak of the topic and count now, the first of them.
    pub consents: Vec<Consent>,
    /// How many of those there are.
    pub consent_count: u32,
    /// Revisions this was made from.
    pub revisions: Revisions,
}

/// Who decides about what is done with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DecidedBy {
    /// Nobody: everybody may everything.
    Nobody,
    /// An authorizer, by rules.
    Rules,
}

/// What one principal may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalAccess {
    /// As brokers name it: `User:payments.app`; `User:*` is everybody.
    pub principal: String,
    /// The KafkaUser that made it.
    pub user: Option<UserRef>,
    /// The team of that object's namespace.
    pub team: Option<TeamName>,
    /// What it may, everything else being refused; nothing at all when its rules only forbid.
    pub rights: Vec<Right>,
    /// The rules that come to this, the first of them.
    pub rules: Vec<AppliedRule>,
    /// How many of those there are.
    pub rule_count: u32,
    /// The consents that its KafkaUser has something by.
    pub consents: Vec<ConsentRef>,
}

/// A KafkaUser, and which of its two Kafka users is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRef {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// Whose turn it is: its password is in the Secret, or was.
    pub turn: Turn,
}

/// Whether a Kafka user is the one that a KafkaUser's Secret holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Turn {
    /// It is.
    Now,
    /// It was, or is about to be.
    Other,
}

/// Something that a principal may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Right {
    /// What; `all` stands for everything that can be done with a topic.
    pub operation: TopicOperation,
    /// The only hosts from which; null from everywhere, except those below.
    pub only_from: Option<BTreeSet<String>>,
    /// The hosts from which it is refused all the same.
    pub except_from: BTreeSet<String>,
}

/// A rule that concerns a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedRule {
    /// Whose it is: the principal's own, or everybody's.
    pub principal: String,
    /// Whether it allows or denies.
    pub effect: RuleEffect,
    /// What.
    pub operations: Vec<TopicOperation>,
    /// With which topics: a name, the beginning of some, or `*`.
    pub name: String,
    /// How that is meant.
    pub pattern: RulePattern,
    /// The only host that it speaks of; null when it speaks of all.
    pub host: Option<String>,
}

/// Whether a rule allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleEffect {
    /// It allows, unless another denies.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

/// A KafkaGrant by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentRef {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// When it ends.
    pub expires: Option<UnixMillis>,
}

/// A KafkaGrant that speaks of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    /// Which one.
    #[serde(flatten)]
    pub grant: ConsentRef,
    /// To whom: namespaces, and users as `namespace/name`; the first of them.
    pub to: Vec<String>,
    /// How many those are.
    pub to_count: u32,
    /// Whether it lets them read.
    pub reads: bool,
    /// Whether it lets them write.
    pub writes: bool,
}
