//! Why a field of a declaration is not carried out. Every sentence says what to do.

use klamm_model::{ClusterRef, TopicName};
use std::fmt;

/// A part of a declaration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TopicField {
    /// The cluster it belongs to.
    Cluster,
    /// The topic's name.
    Name,
    /// `partitions`.
    Partitions,
    /// `replicationFactor`.
    ReplicationFactor,
    /// A key of `config`.
    Config(String),
}

impl fmt::Display for TopicField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("cluster"),
            Self::Name => f.write_str("the topic name"),
            Self::Partitions => f.write_str("partitions"),
            Self::ReplicationFactor => f.write_str("replicationFactor"),
            Self::Config(key) => f.write_str(key),
        }
    }
}

/// A field and why it is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FieldRefusal {
    /// Which field.
    pub field: TopicField,
    /// Why.
    pub reason: RefusalReason,
}

/// Why a field is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusalReason {
    /// Kafka's own topics.
    #[error("topics whose names begin with two underscores are Kafka's own and are not managed; choose another name")]
    InternalTopic,
    /// The same name in metrics.
    #[error(
        "Kafka's metrics cannot tell it from {with}, which was first ('.' and '_' are the same there); choose another name"
    )]
    CollidesInMetrics {
        /// The other one.
        with: TopicName,
    },
    /// Zero or less, or more than Kafka can count.
    #[error("{wanted} is not possible; write a whole number from 1 to {most}, or leave it out")]
    OutOfRange {
        /// As declared.
        wanted: i64,
        /// The most there can be.
        most: i64,
    },
    /// Partitions do not become fewer.
    #[error(
        "the topic has {have} and Kafka cannot take any away; declare at least {have}, or delete and create the topic anew if its records may be lost (asked for {wanted})"
    )]
    FewerPartitions {
        /// As declared.
        wanted: i64,
        /// As it is.
        have: u32,
    },
    /// The factor of an existing topic is changed by an operation of its cluster, which copies replicas beside everybody's.
    #[error(
        "the topic has {have}; to give it {wanted}, ask the cluster's operators for a rebalance that names it with replicationFactor: {wanted}, or declare {have} or leave it out"
    )]
    FactorDiffers {
        /// As declared.
        wanted: i64,
        /// As it is.
        have: u32,
    },
    /// More replicas than brokers.
    #[error("{wanted} replicas need {wanted} brokers and {brokers} run; declare at most {brokers}, or add brokers")]
    FactorAboveBrokers {
        /// As declared.
        wanted: i64,
        /// Brokers that run.
        brokers: u32,
    },
    /// Above `topics.maxPartitions`.
    #[error("{wanted} is more than the {cap} this cluster allows a topic; declare at most {cap} or ask its operators")]
    TooManyPartitions {
        /// As declared.
        wanted: i64,
        /// The cap.
        cap: i64,
    },
    /// Above `topics.maxReplicationFactor`.
    #[error("{wanted} is more than the {cap} this cluster allows; declare at most {cap} or ask its operators")]
    FactorAboveCap {
        /// As declared.
        wanted: i64,
        /// The cap.
        cap: i64,
    },
    /// Above `topics.maxRetentionMs`; `-1` is for ever.
    #[error(
        "{wanted} keeps records longer than the {cap} ms this cluster allows (-1 means for ever); declare at most {cap} or ask its operators"
    )]
    RetentionAboveCap {
        /// As declared.
        wanted: i128,
        /// The cap.
        cap: i64,
    },
    /// It cannot be understood as written.
    #[error("{message}")]
    Unreadable {
        /// Why not, and what to write.
        message: String,
    },
    /// The object is bound to another cluster than it names now.
    #[error(
        "the topic lives on {bound} and does not move; name that cluster again, or delete this object and create it anew (asked for {wanted})"
    )]
    BoundElsewhere {
        /// Where it lives.
        bound: ClusterRef,
        /// Where it is asked to be.
        wanted: String,
    },
    /// A key that operations set and clear.
    #[error("this key belongs to running operations, which set and clear it; leave it out")]
    BelongsToOperations,
    /// The brokers said no; their words.
    #[error("{message}")]
    Rejected {
        /// The broker's sentence.
        message: String,
    },
}
