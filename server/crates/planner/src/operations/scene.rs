//! What was seen of a cluster, freshly, for a plan and its guards. Facts, no judgement; what could not be seen is unknown.

use super::{CordonedHost, Scope};
use klamm_model::{BrokerId, BrokerState, Known, NodeRole, PartitionId, PoolName, Reassignment, TopicName, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

/// A cluster at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The moment.
    pub now: UnixMillis,
    /// Every node that is there or shall be there.
    pub nodes: BTreeMap<BrokerId, Node>,
    /// Cordoned Kubernetes nodes, by the nodes whose pods stand there.
    pub hosts: BTreeMap<BrokerId, CordonedHost>,
    /// Who votes, and who has everything.
    pub quorum: Known<Quorum>,
    /// Topics with their partitions, internal ones included.
    pub topics: Known<BTreeMap<TopicName, TopicSeen>>,
    /// Partitions whose replicas are on their way, whoever set them going (KIP-455).
    pub moves: Known<Vec<Reassignment>>,
    /// Bytes that brokers which get a replica of these partitions have of it already, together. What nobody tells is missing.
    pub arrived: BTreeMap<(TopicName, PartitionId), u64>,
    /// Levels of features in force, by name, such as `metadata.version` (KIP-584).
    pub features: Known<BTreeMap<String, i16>>,
    /// Dynamic configuration of the cluster and of brokers that differs from what is declared.
    pub edits: Vec<(Scope, String, Option<String>)>,
    /// Settings that brokers are declared to have (`spec.config`): what they get when they are made anew.
    pub settings: BTreeMap<String, String>,
    /// Dynamic configuration that is set in Kafka, declared or not.
    pub dynamic: Known<BTreeMap<Scope, BTreeMap<String, String>>>,
    /// Clients so old that Kafka 4.0 and later do not answer them (KIP-896), in sentences.
    pub old_clients: Known<Vec<String>>,
    /// Whether the quorum has ever come together.
    pub formation: Formation,
    /// Whether steps may begin now.
    pub window: Window,
    /// Why parts could not be seen, in sentences, for those that are unknown here.
    pub gaps: Vec<String>,
}

impl Scene {
    /// How many replicas of each partition on its way are to go: it has so many more than it will have.
    pub(super) fn removing(&self) -> BTreeMap<(&TopicName, PartitionId), usize> {
        let moves = self.moves.value().into_iter().flatten();
        moves.map(|one| ((&one.topic, one.partition), one.removing.len())).collect()
    }
}

/// Whether a cluster has formed. Before that nodes are made without an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formation {
    /// Its first quorum is still to come together.
    Forming,
    /// It has.
    Formed,
}

/// A node as Kubernetes and Kafka tell of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its pool.
    pub pool: PoolName,
    /// What it does.
    pub roles: BTreeSet<NodeRole>,
    /// Its rack.
    pub rack: Option<String>,
    /// Whether its data outlives its pod.
    pub storage: Storage,
    /// Its pod.
    pub life: Life,
    /// Whether the controller lets it serve.
    pub serving: BrokerState,
    /// What its pod is made from.
    pub made: Made,
    /// When its pod was made.
    pub born: Known<UnixMillis>,
    /// Since when its pod has been ready without a break.
    pub ready_since: Known<UnixMillis>,
    /// The Kafka version of its pod, such as `4.1.2`.
    pub version: Known<String>,
    /// Levels its software can do, by feature.
    pub features: Known<Features>,
    /// Its log dirs together.
    pub disk: Known<Disk>,
    /// Replicas that lie in its own log dirs, as it tells itself, future ones and strays included.
    pub replicas_on_disk: Known<u64>,
}

/// Levels that software can do, by feature.
pub type Features = BTreeMap<String, FeatureRange>;

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureRange {
    /// Lowest level.
    pub min: i16,
    /// Highest level.
    pub max: i16,
}

/// Whether data outlives a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// It does.
    Persistent,
    /// It goes with the pod.
    Ephemeral,
}

/// How a node's pod is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// There is none: it is being made again, or was never made. Of a node that is not declared any more, it is not made again either.
    Absent,
    /// It ends.
    Ending,
    /// It runs and is not ready yet, or comes to run; also one that is not declared any more, as long as something makes its pod again.
    Starting,
    /// Its broker reads its logs after a hard end: interrupted, it begins anew.
    Recovering,
    /// It is ready.
    Ready,
    /// It will not come to run by waiting; why, in a sentence.
    Stuck(String),
}

/// What a pod is made from, against what is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// As declared.
    Current,
    /// From something else; the fields, such as [`Made::VERSION`] or `config num.io.threads`.
    Other(BTreeSet<String>),
    /// It is declared, and not there yet.
    Missing,
    /// It is there, and no longer declared.
    Surplus,
}

impl Made {
    /// The field that stands for Kafka's version.
    pub const VERSION: &str = "version";
}

impl Node {
    /// Whether it stores partitions.
    pub fn is_broker(&self) -> bool {
        self.roles.contains(&NodeRole::Broker)
    }

    /// Whether it is a controller.
    pub fn is_controller(&self) -> bool {
        self.roles.contains(&NodeRole::Controller)
    }

    /// Whether it does what it is for.
    pub fn is_well(&self) -> bool {
        // A controller that stores nothing registers as no broker; how far it is, the quorum tells.
        self.life == Life::Ready && (!self.is_broker() || self.serving == BrokerState::Running)
    }

    /// Whether it is there and is to stay.
    pub fn stays(&self) -> bool {
        match self.made {
            Made::Current | Made::Other(_) => true,
            Made::Missing | Made::Surplus => false,
        }
    }

    /// What people call it, with its id: `broker 1` or `controller 4`.
    pub fn called(&self, id: BrokerId) -> String {
        if self.is_broker() { format!("broker {id}") } else { format!("controller {id}") }
    }
}

/// Bytes of a node's log dirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Taken.
    pub used: u64,
    /// All.
    pub total: u64,
}

/// The metadata quorum, as its leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// The active controller; none while there is an election.
    pub leader: Option<BrokerId>,
    /// Who votes.
    pub voters: BTreeMap<BrokerId, Voter>,
    /// Who follows without a vote.
    pub observers: BTreeMap<BrokerId, Voter>,
}

/// Whether one has everything that is agreed on, within the quorum's fetch timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voter {
    /// It has.
    CaughtUp,
    /// It is so many records behind.
    Behind(Known<u64>),
}

impl Voter {
    /// One that follows the leader: it has everything when it last had so less than the fetch timeout before the leader. Where
    /// nobody tells when that was, it has everything when it lacks no record; whoever tells neither is behind.
    pub fn following(millis_behind: Known<u64>, lag: Known<u64>, fetch_timeout_millis: u64) -> Self {
        let has_everything = match millis_behind {
            Known::Known(millis) => millis < fetch_timeout_millis,
            Known::Unknown => lag == Known::Known(0),
        };
        if has_everything { Self::CaughtUp } else { Self::Behind(lag) }
    }
}

/// What controllers take where nothing else is set, in milliseconds (`controller.quorum.fetch.timeout.ms`).
pub const FETCH_TIMEOUT_MILLIS: u64 = 2000;

/// A topic.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicSeen {
    /// `min.insync.replicas`, wherever it is set.
    pub min_in_sync: Known<u32>,
    /// Its partitions.
    pub partitions: BTreeMap<PartitionId, PartitionSeen>,
    /// Keys it sets itself.
    pub config: Known<BTreeMap<String, String>>,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionSeen {
    /// Where it is meant to be, the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// Those in sync.
    pub in_sync: BTreeSet<BrokerId>,
    /// Who leads; none when it is offline.
    pub leader: Option<BrokerId>,
    /// Bytes of one replica.
    pub bytes: Known<u64>,
}

/// Percent of each disk that moved replicas leave free.
pub const DISK_RESERVE_PERCENT: u8 = 15;

/// What the cluster's declaration says of operations (`roll` of a `KafkaCluster`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// In-sync replicas that must be left above the minimum, where the factor allows it.
    pub isr_headroom: u32,
    /// How long a node must have been well before the next one.
    pub soak_seconds: u64,
    /// How long all nodes must have run a version before it is finalised.
    pub finalise_soak_seconds: u64,
    /// Under-replicated partitions elsewhere that do not hold back a step.
    pub max_under_replicated: u64,
    /// Topics that may be unavailable, or lose what only one broker has.
    pub accept_unavailable: BTreeSet<TopicName>,
    /// Bytes per second that moving replicas may take on each broker; none: as Klamm thinks fit.
    pub throttle: Option<u64>,
    /// Percent of each disk that moved replicas must leave free.
    pub disk_reserve_percent: u8,
}

/// Whether steps may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// At every time.
    Always,
    /// Now, and until then.
    OpenUntil(UnixMillis),
    /// Not before then.
    ClosedUntil(UnixMillis),
}

/// Limits on replication that we set ourselves, written down before they are set (KIP-73).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Throttle {
    /// Bytes per second.
    pub rate: u64,
    /// Brokers that have the rate.
    pub brokers: BTreeSet<BrokerId>,
    /// Partitions whose replicas are slowed down, by topic.
    pub partitions: BTreeMap<TopicName, BTreeSet<PartitionId>>,
}
