//! What was last observed of a cluster. One immutable value, replaced as a whole; unknown is never zero.

use crate::{
    Authorization, BrokerId, BrokerThrottle, ClusterRef, GroupId, Known, Namespace, ObjectName, PartitionId, PoolName,
    Reassignment, TeamName, TopicDefaults, TopicName, UnixMillis,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was last observed of one cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// Whose inventory this is.
    pub cluster: ClusterRef,
    /// Revision of each section; both grow only when the section changed.
    pub revisions: Revisions,
    /// When brokers last answered; the age of everything here.
    pub observed_at: Known<UnixMillis>,
    /// Whether brokers answer now.
    pub reachability: Reachability,
    /// Kafka's own cluster id.
    pub cluster_id: Known<String>,
    /// Finalized `metadata.version` by name, such as `4.1-IV1` (KIP-584).
    pub metadata_version: Known<String>,
    /// Levels of features in force, by name, `metadata.version` among them (KIP-584). A feature that is not named is at 0.
    #[serde(default)]
    pub features: Known<BTreeMap<String, i16>>,
    /// The active controller.
    pub controller: Known<BrokerId>,
    /// Every node, by id: brokers, and controllers that are not brokers.
    pub brokers: Vec<Broker>,
    /// The metadata quorum (KIP-595).
    pub quorum: Known<Quorum>,
    /// Topics by name, internal ones included.
    pub topics: Vec<Topic>,
    /// Consumer groups by id.
    pub groups: Known<Vec<Group>>,
    /// What brokers have for keys that a topic does not set.
    #[serde(default)]
    pub defaults: Known<TopicDefaults>,
    /// Who may do what with topics.
    #[serde(default)]
    pub authorization: Known<Authorization>,
    /// Partitions whose replicas are being moved, by topic and partition.
    #[serde(default)]
    pub reassignments: Known<Vec<Reassignment>>,
    /// Limits on replication that are set on brokers.
    #[serde(default)]
    pub throttles: Known<Vec<BrokerThrottle>>,
    /// What could not be seen at the last look, by part and broker. What is missing here was seen.
    #[serde(default)]
    pub gaps: Vec<Gap>,
}

impl Inventory {
    /// The topic of that name, if it was seen.
    pub fn topic(&self, name: &TopicName) -> Option<&Topic> {
        self.topics.binary_search_by(|topic| topic.name.cmp(name)).ok().and_then(|i| self.topics.get(i))
    }

    /// The brokers that serve.
    pub fn serving(&self) -> impl Iterator<Item = &Broker> {
        self.brokers
            .iter()
            .filter(|broker| broker.state == BrokerState::Running && broker.roles.contains(&NodeRole::Broker))
    }

    /// Why a part could not be seen at the last look.
    pub fn gap(&self, part: Part) -> Option<&Gap> {
        self.gaps.iter().find(|gap| gap.part == part)
    }
}

/// How often each section has changed since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revisions {
    /// Of [`crate::Section::Structure`].
    pub structure: u64,
    /// Of [`crate::Section::Numbers`].
    pub numbers: u64,
}

/// Whether the cluster answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum Reachability {
    /// Nobody has tried yet.
    NotYetSeen,
    /// The last look was answered.
    Reachable,
    /// The last look failed; what is shown is older.
    Unreachable {
        /// When it stopped answering.
        since: UnixMillis,
        /// Why, in a sentence for people.
        reason: String,
    },
}

/// Something that could not be seen though the cluster answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// What it is.
    pub part: Part,
    /// Of which broker, where it is one broker's to tell.
    pub broker: Option<BrokerId>,
    /// How many answers are missing: topics, groups, or just the one.
    pub missing: u32,
    /// What kept the first of them away.
    pub cause: GapCause,
    /// The same, in a sentence for people.
    pub reason: String,
}

/// What keeps an answer away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GapCause {
    /// Nothing came, or "not now": the next look may see it, and till then something does not work as it should.
    Silence,
    /// A plain no, such as a right that Klamm was not given: it stays until somebody changes that.
    Refusal,
}

/// Parts of an inventory that are asked for by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// Whether a broker answers, and what it can do.
    Broker,
    /// Who leads and votes.
    Quorum,
    /// Topics that are listed but not described.
    Topics,
    /// Configuration of topics.
    Config,
    /// Log directories, and sizes with them.
    LogDirs,
    /// Where logs begin and end.
    Offsets,
    /// Which groups there are.
    Groups,
    /// What groups committed.
    Commits,
    /// Who is in groups.
    Members,
    /// What brokers have for keys that topics do not set.
    Defaults,
    /// Who may do what with topics.
    Access,
}

/// A node of the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Broker {
    /// `node.id`.
    pub id: BrokerId,
    /// Whether it serves.
    pub state: BrokerState,
    /// `broker`, `controller` or both.
    pub roles: Vec<NodeRole>,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// The pool of the `KafkaCluster` it belongs to; none for brokers Klamm does not run.
    pub pool: Option<PoolName>,
    /// Its pod, where Klamm runs it.
    pub pod: Option<ObjectName>,
    /// The host it advertises on the listener that was asked.
    pub host: Option<String>,
    /// Version of the broker's software.
    pub version: Known<String>,
    /// Its log dirs (KIP-827).
    pub log_dirs: Known<Vec<LogDir>>,
}

/// Whether a node serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BrokerState {
    /// Registered and not fenced.
    Running,
    /// Registered, but the controller does not let it serve (starting, or heartbeats missing).
    Fenced,
    /// Should be there, is not.
    Down,
    /// Nobody could say.
    Unknown,
}

/// `process.roles`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeRole {
    /// Stores partitions.
    Broker,
    /// Votes in the metadata quorum.
    Controller,
}

/// One `log.dirs` entry of one broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogDir {
    /// Path inside the broker.
    pub path: String,
    /// Whether the broker gave it up.
    pub offline: bool,
    /// Bytes of all replicas in it.
    pub used_bytes: u64,
    /// Size of the volume.
    pub total_bytes: Known<u64>,
    /// Bytes left on the volume.
    pub usable_bytes: Known<u64>,
}

/// The metadata quorum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quorum {
    /// The active controller; none while there is an election.
    pub leader: Option<BrokerId>,
    /// Those who vote.
    pub voters: Vec<QuorumVoter>,
    /// Those who only follow.
    pub observers: Vec<QuorumVoter>,
}

/// A replica of the metadata log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuorumVoter {
    /// `node.id`.
    pub id: BrokerId,
    /// Records behind the leader.
    pub lag: Known<u64>,
    /// When it last had everything.
    pub last_caught_up: Known<UnixMillis>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Topic {
    /// Its name.
    pub name: TopicName,
    /// Kafka's topic id (KIP-516), in Kafka's base64 form.
    pub id: String,
    /// Partitions by index.
    pub partitions: Vec<Partition>,
    /// Keys set on the topic itself, by name. Defaults are not listed here.
    pub config: Known<BTreeMap<String, ConfigEntry>>,
    /// Bytes of all replicas together.
    pub size_bytes: Known<u64>,
    /// Records appended per second, over the last interval between two looks.
    pub records_per_second: Known<f64>,
    /// The object that declares it.
    pub owner: Option<Owner>,
    /// The team of that object's namespace.
    pub team: Option<TeamName>,
}

impl Topic {
    /// Records appended per second to all of these. Topics without a rate (made a moment ago) are left out; when none has one,
    /// the sum is unknown.
    pub fn records_per_second_of<'a>(topics: impl IntoIterator<Item = &'a Self>) -> Known<f64> {
        let mut rates = topics.into_iter().filter_map(|topic| topic.records_per_second.value()).peekable();
        if rates.peek().is_none() { Known::Unknown } else { Known::Known(rates.sum()) }
    }
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    /// Its index.
    pub id: PartitionId,
    /// Who leads; none when it is offline.
    pub leader: Option<BrokerId>,
    /// Where it is meant to be; the first is the preferred leader.
    pub replicas: Box<[BrokerId]>,
    /// Those in sync.
    pub in_sync: Box<[BrokerId]>,
    /// First offset.
    pub earliest_offset: Known<i64>,
    /// Next offset to be written.
    pub latest_offset: Known<i64>,
    /// Bytes on the leader.
    pub size_bytes: Known<u64>,
}

/// A configuration value with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigEntry {
    /// The value; none when Kafka keeps it to itself.
    pub value: Option<String>,
    /// Where it is set.
    pub source: ConfigSource,
}

/// Where a configuration value is set (KIP-226).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConfigSource {
    /// On the topic.
    Topic,
    /// On one broker, dynamically.
    DynamicBroker,
    /// On all brokers, dynamically.
    DynamicDefaultBroker,
    /// In the broker's properties file.
    StaticBroker,
    /// Kafka's own default.
    Default,
    /// On the group.
    Group,
    /// Something newer than this program.
    Unknown,
}

/// The Kubernetes object that declares a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Its kind.
    pub kind: OwnerKind,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
}

/// Kinds of objects that declare topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OwnerKind {
    /// `klamm.dev/v1alpha1` `KafkaTopic`.
    KafkaTopic,
    /// A ConfigMap of one of the 2017 dialects.
    ConfigMap,
}

/// A consumer group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// `group.id`.
    pub id: GroupId,
    /// Which protocol it speaks.
    pub kind: GroupKind,
    /// Its state, in Kafka's words: `Stable`, `Empty`, `PreparingRebalance` …
    pub state: Known<String>,
    /// Who is in it.
    pub members: Known<Vec<GroupMember>>,
    /// What it committed.
    pub offsets: Known<Vec<GroupOffset>>,
    /// Records that it has still to read, by the ends of the same look ([`Inventory::work_out_lags`]); unknown when one of
    /// its partitions is, or nothing was committed.
    pub lag: Known<u64>,
}

/// Group protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupKind {
    /// The protocol before KIP-848.
    Classic,
    /// KIP-848.
    Consumer,
    /// KIP-932.
    Share,
    /// KIP-1071.
    Streams,
    /// Something newer than this program.
    Unknown,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMember {
    /// Given by the coordinator.
    pub id: String,
    /// `client.id`.
    pub client_id: String,
    /// Where it connects from.
    pub host: String,
}

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupOffset {
    /// Of this topic.
    pub topic: TopicName,
    /// Of this partition.
    pub partition: PartitionId,
    /// The next record the group will read.
    pub committed: i64,
}
