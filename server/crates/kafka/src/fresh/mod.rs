//! What guards look at directly before an act: little, quick, and provably new.
//!
//! Brokers answer from their own copy of the metadata, which follows the quorum's log. The quorum's leader tells how far each of
//! them has read, so a broker that has just read everything is asked, and by how much its answer may be older is known. What
//! could not be seen is unknown, and told with its reason; nothing is carried over from an earlier look.

mod ask;
mod gather;

use crate::{FeatureRange, LogDirDescription, PartitionDescription, QuorumDescription, TopicId};
use klamm_model::{BrokerId, BrokerState, Known, Reassignment, TopicName};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What a look is for: what costs most is asked for only where it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Brokers with whose topics it counts how many replicas must be in sync.
    pub minimums: OfBrokers,
    /// Brokers whose own log directories count.
    pub disks: OfBrokers,
}

/// Some brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfBrokers {
    /// All there are.
    All,
    /// These.
    These(BTreeSet<BrokerId>),
}

impl OfBrokers {
    /// No broker.
    pub fn none() -> Self {
        Self::These(BTreeSet::new())
    }

    fn has(&self, broker: BrokerId) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.contains(&broker),
        }
    }
}

/// A cluster at this moment.
#[derive(Clone, Debug, PartialEq)]
pub struct FreshLook {
    /// Kafka's own id of the cluster.
    pub cluster_id: Known<String>,
    /// By how many milliseconds what is said here of brokers and topics may be older than the answer.
    pub older_by: Known<u64>,
    /// Brokers that are registered, and those that should hold replicas and are not (before 4.1 that is how fenced ones look).
    pub brokers: Known<BTreeMap<BrokerId, FreshBroker>>,
    /// Who leads and votes, and when each last had everything.
    pub quorum: Known<QuorumDescription>,
    /// `controller.quorum.fetch.timeout.ms`: the shortest that a broker has.
    pub quorum_fetch_timeout: Known<u64>,
    /// Topics with their partitions, internal ones included. Those that are not described are told in `unseen`.
    pub topics: Known<BTreeMap<TopicName, FreshTopic>>,
    /// What is being moved, whoever set it going.
    pub moves: Known<Vec<Reassignment>>,
    /// Levels of features in force, by name.
    pub features: Known<BTreeMap<String, i16>>,
    /// What was asked and not answered.
    pub unseen: Vec<Unseen>,
}

/// A broker.
#[derive(Clone, Debug, PartialEq)]
pub struct FreshBroker {
    /// Whether it serves: running only where it answered itself.
    pub state: BrokerState,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Levels that its software can do, by feature.
    pub supported: Known<BTreeMap<String, FeatureRange>>,
    /// Its log directories, where they are wanted.
    pub disks: Known<Vec<LogDirDescription>>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshTopic {
    /// Its id.
    pub id: TopicId,
    /// Whether it is the brokers' own.
    pub internal: bool,
    /// How many replicas must be in sync, where it is wanted: what the topic says, or else the most that a broker asks for that
    /// has one of its replicas and may come to lead.
    pub min_in_sync: Known<u32>,
    /// Its partitions by index.
    pub partitions: Vec<PartitionDescription>,
}

/// Something that was asked and not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What.
    pub part: FreshPart,
    /// Of which broker, where it is one broker's to tell.
    pub broker: Option<BrokerId>,
    /// Why, in a sentence.
    pub reason: String,
}

/// Parts of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FreshPart {
    /// Which brokers there are.
    Cluster,
    /// Whether a broker answers.
    Broker,
    /// Who leads and votes.
    Quorum,
    /// How new the answers are.
    Age,
    /// Which features are in force.
    Features,
    /// Topics and partitions.
    Topics,
    /// How many replicas must be in sync.
    Minimums,
    /// What is being moved.
    Moves,
    /// Log directories.
    Disks,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, broker, reason } = self;
        match (part, broker) {
            (FreshPart::Broker, Some(broker)) => write!(f, "Broker {broker} does not answer: {reason}"),
            (FreshPart::Disks, Some(broker)) => {
                write!(f, "Broker {broker} does not tell what is on its disks: {reason}")
            }
            (FreshPart::Cluster, _) => write!(f, "Nobody tells which brokers there are: {reason}"),
            (FreshPart::Broker, None) => write!(f, "A broker does not answer: {reason}"),
            (FreshPart::Quorum, _) => write!(f, "Nobody tells how the controllers are: {reason}"),
            (FreshPart::Age, _) => write!(f, "It is not known how new what brokers say is: {reason}"),
            (FreshPart::Features, _) => write!(f, "Nobody tells which features are in force: {reason}"),
            (FreshPart::Topics, _) => write!(f, "Topics could not be seen: {reason}"),
            (FreshPart::Minimums, _) => write!(f, "It is not known how many replicas must be in sync: {reason}"),
            (FreshPart::Moves, _) => write!(f, "Nobody tells what is being moved: {reason}"),
            (FreshPart::Disks, None) => write!(f, "A broker does not tell what is on its disks: {reason}"),
        }
    }
}

impl FreshLook {
    /// A cluster of which nothing can be said.
    fn of_nothing(unseen: Unseen) -> Self {
        Self {
            cluster_id: Known::Unknown,
            older_by: Known::Unknown,
            brokers: Known::Unknown,
            quorum: Known::Unknown,
            quorum_fetch_timeout: Known::Unknown,
            topics: Known::Unknown,
            moves: Known::Unknown,
            features: Known::Unknown,
            unseen: vec![unseen],
        }
    }
}
