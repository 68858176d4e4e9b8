//! Why a step may not be taken now, and why an operation cannot be done at all.

use super::Doubt;
use klamm_model::{BrokerId, Known, PartitionId, TopicName, UnixMillis};
use std::collections::BTreeSet;

/// A reason to wait. It goes away by itself, or when somebody does what it says.
#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// Somebody paused the operation or the cluster.
    Paused,
    /// Another operation of this cluster runs; its name.
    OtherOperation(String),
    /// Something that decides could not be seen; sentences.
    Unseen(Vec<String>),
    /// Topics would be unavailable, or lose what one broker alone has, whatever is done: somebody has to accept it.
    AcceptUnavailable(BTreeSet<TopicName>),
    /// Steps may not begin before then.
    WindowClosed(UnixMillis),
    /// Other nodes do not serve.
    NodesAway(BTreeSet<BrokerId>),
    /// A node that was restarted does not come back; why. No other one is taken down.
    NodeStuck(BrokerId, String),
    /// A node would not come up again: every Kubernetes node that is fit for its pod is cordoned.
    NodeCordoned {
        /// The node.
        node: BrokerId,
        /// Kubernetes nodes that are fit for it; never empty.
        hosts: BTreeSet<String>,
        /// The volume that keeps it there, where others would take its pod without it.
        volume: Option<String>,
    },
    /// A broker reads its logs, which is never interrupted.
    LogRecovery(BrokerId),
    /// The last node that was restarted has not been well for long enough; until when.
    Soak(BrokerId, UnixMillis),
    /// All nodes have to have run the version for longer; until when.
    FinaliseSoak(UnixMillis),
    /// More partitions than allowed lack replicas.
    UnderReplicated {
        /// Which.
        partitions: BTreeSet<(TopicName, PartitionId)>,
        /// How many are allowed.
        allowed: u64,
    },
    /// Without this broker partitions would fall below their minimum and its headroom.
    InSync {
        /// The broker.
        broker: BrokerId,
        /// Each with its in-sync replicas without the broker, and how many it needs.
        partitions: Vec<Short>,
    },
    /// Topics that set none of their own would be asked for more replicas in sync than there are now.
    Minimum {
        /// In-sync replicas that would be needed.
        minimum: u32,
        /// Each with those it has.
        partitions: Vec<Short>,
    },
    /// On ephemeral storage: only this broker has these.
    OnlyCopy {
        /// The broker.
        broker: BrokerId,
        /// Which.
        partitions: BTreeSet<(TopicName, PartitionId)>,
    },
    /// Without this controller too few voters would have everything.
    Quorum {
        /// The controller.
        controller: BrokerId,
        /// Others that have everything.
        caught_up: u32,
        /// How many are needed.
        needed: u32,
        /// Who is behind, and by how many records.
        behind: Vec<(BrokerId, Known<u64>)>,
    },
    /// There is no active controller at this moment.
    NoController,
    /// Replicas are on their way that this operation did not set going.
    ForeignMoves(BTreeSet<(TopicName, PartitionId)>),
    /// Replicas that this operation set going have not arrived.
    Moving {
        /// How many partitions.
        partitions: u64,
        /// Bytes that are left.
        bytes: Known<u64>,
    },
    /// A broker has no room for replicas now; others leave it first, or somebody makes room.
    NoRoom {
        /// The broker.
        broker: BrokerId,
        /// How many partitions wait for it.
        partitions: u64,
        /// Bytes of the smallest of them.
        needed: u64,
        /// Bytes that it has left above its reserve.
        free: u64,
    },
    /// Nobody leads partitions that are to be moved, so that nobody can send them.
    NoLeader {
        /// How many.
        partitions: u64,
        /// One of them.
        example: (TopicName, PartitionId),
    },
    /// Leaders are not back where they are preferred.
    Leaders(BTreeSet<(TopicName, PartitionId)>),
    /// A broker that leaves still has replicas in its log dirs.
    NotEmpty(BrokerId, u64),
    /// What was just done has not shown yet; a sentence.
    NotShownYet(String),
    /// What follows from where replicas are may rest on a move that is just over, of whose end brokers have not heard.
    Unheard {
        /// The conclusion.
        doubt: Doubt,
        /// It in a sentence.
        what: String,
    },
}

/// A partition that would have too few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    /// The partition.
    pub partition: (TopicName, PartitionId),
    /// Its replicas.
    pub replicas: u32,
    /// Those in sync now.
    pub in_sync: u32,
    /// Brokers whose replica is behind or away.
    pub behind: Vec<BrokerId>,
    /// In-sync replicas that would be left.
    pub left: u32,
    /// In-sync replicas it needs.
    pub needs: u32,
}

/// Why an operation cannot be done as it is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// There is no such way between versions; a sentence with the way there is.
    Path(String),
    /// Settings that the wished version does not know or takes as invalid, and where they are set.
    Settings(Vec<String>),
    /// A topic has more replicas than there would be brokers.
    Factor {
        /// The topic.
        topic: TopicName,
        /// Its replicas.
        factor: u32,
        /// Brokers there would be.
        brokers: u32,
    },
    /// A topic would have fewer replicas than have to be in sync: nobody could write to it with `acks=all`.
    BelowMinimum {
        /// The topic.
        topic: TopicName,
        /// Replicas that it is to have.
        factor: u32,
        /// Its `min.insync.replicas`.
        minimum: u32,
    },
    /// Topics that set none of their own would be asked for more replicas in sync than they have in all.
    TooFewReplicas {
        /// In-sync replicas that would be needed.
        minimum: u32,
        /// The fewest replicas that one of them has.
        factor: u32,
        /// Which; never empty.
        topics: BTreeSet<TopicName>,
    },
    /// Replicas cannot be put anywhere so, for want of room or of brokers; a sentence.
    Replicas(String),
    /// The quorum may not be so; a sentence.
    Quorum(String),
    /// A level cannot be reached; a sentence.
    Feature(String),
    /// Nodes that are not there are named.
    NoSuchNode(BTreeSet<BrokerId>),
}
