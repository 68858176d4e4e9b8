//! What goes into a plan: what is declared, what Kafka has, what the cluster allows.

use klamm_model::{Known, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// What a declaration says a topic should be. Numbers are as wide as people may write them; what is possible is decided
/// in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicWish {
    /// The topic.
    pub name: TopicName,
    /// How many partitions.
    pub partitions: Option<i64>,
    /// How many replicas of each.
    pub replication_factor: Option<i64>,
    /// Keys to be set on the topic.
    pub config: BTreeMap<String, String>,
    /// Keys that this declaration set before: those that are no longer declared go back to their defaults.
    pub formerly_declared: BTreeSet<String>,
    /// Whether it is news.
    pub declaration: Declaration,
    /// A topic whose name is the same in metrics and that was declared before this one.
    pub collides_with: Option<TopicName>,
}

/// Whether a declaration has been carried out before as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declaration {
    /// It has not: what differs is to be changed.
    New,
    /// It has: what differs was changed behind its back.
    CarriedOut,
}

/// What Kafka has of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicObserved {
    /// Nothing.
    Absent,
    /// A topic.
    Present(TopicState),
}

/// A topic as brokers describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicState {
    /// Kafka's topic id.
    pub id: String,
    /// How many partitions.
    pub partitions: u32,
    /// The largest number of replicas of a partition.
    pub replication_factor: u32,
    /// Keys set on the topic itself. A value that Kafka keeps to itself is none.
    pub config: BTreeMap<String, Option<String>>,
}

/// What to do about a topic that was changed behind its declaration's back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriftPolicy {
    /// Change it back, declared fields only.
    #[default]
    Revert,
    /// Say so and leave it.
    Report,
}

/// What the cluster allows and adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicPolicy {
    /// The most partitions a topic may have.
    pub max_partitions: Option<i64>,
    /// The most replicas a partition may have.
    pub max_replication_factor: Option<i64>,
    /// The longest `retention.ms`; with it, unlimited retention (`-1`) is refused.
    pub max_retention_ms: Option<i64>,
    /// Partitions of a new topic whose declaration does not say; none leaves it to the brokers.
    pub default_partitions: Option<i64>,
    /// Replicas of a new topic whose declaration does not say; none leaves it to the brokers.
    pub default_replication_factor: Option<i64>,
    /// Keys of a new topic whose declaration does not say.
    pub default_config: BTreeMap<String, String>,
    /// About changes from elsewhere.
    pub drift: DriftPolicy,
    /// How many brokers run.
    pub brokers: Known<u32>,
}
