use crate::schema::conditions;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OperationPhase {
    /// It is known what will be done.
    Planned,
    /// The next step may not be taken now.
    Waiting,
    /// A step is being taken.
    Running,
    /// Somebody paused it.
    Paused,
    /// It is done.
    Done,
    /// It cannot be done.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

impl OperationPhase {
    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        match self {
            Self::Done | Self::Failed | Self::Cancelled => true,
            Self::Planned | Self::Waiting | Self::Running | Self::Paused => false,
        }
    }
}

/// What Klamm knows of an operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct KafkaOperationStatus {
    /// `Ready`, `Progressing`, `Waiting`.
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The `metadata.generation` this speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The `metadata.generation` of the cluster it was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_generation: Option<i64>,
    /// How far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<OperationPhase>,
    /// What it does, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2000))]
    pub steps: Vec<OperationStep>,
    /// Why the next step may not be taken now. At most 50; `waitingTotal` counts all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub waiting_on: Vec<WaitingOn>,
    /// How many reasons there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_total: Option<i64>,
    /// Steps done, of how many: `2/3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<String>,
    /// Seconds until it is probably done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<i64>,
    /// Of an upgrade: the versions that nodes ran when it was first looked at, but for the one to reach.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), inner(length(min = 1, max = 16)))]
    pub from: Vec<String>,
    /// When its first step began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// What will hold back later steps, as things stand now. At most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub ahead: Vec<WaitingOn>,
    /// What people should know and may not mind, in sentences. At most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub remarks: Vec<String>,
    /// Partitions whose replicas have still to be moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions_left: Option<i64>,
    /// Bytes that replicas on their way have still to bring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_left: Option<i64>,
    /// How many replicas go at a time, and what that follows from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lanes: Option<MoveLanes>,
    /// What it has set going in Kafka and sets right itself, written down before it is done.
    #[serde(skip_serializing_if = "OperationOurs::is_nothing")]
    pub ours: OperationOurs,
    /// What happened, the newest last. At most 200; the oldest go first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 200))]
    pub history: Vec<OperationEvent>,
}

/// Something that happened to an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationEvent {
    /// When.
    pub at: String,
    /// What, in a sentence.
    pub message: String,
}

/// What an operation has set going in Kafka.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationOurs {
    /// A limit on replication that is set, or about to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttle: Option<OwnThrottle>,
    /// Partitions that were set on their way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20_000))]
    pub moving: Vec<MovingPartition>,
    /// Partitions that were called back: they get the order of replicas they had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20_000))]
    pub returning: Vec<MovingPartition>,
    /// Brokers that get no new replicas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub cordoned: Vec<i32>,
    /// Nodes that it made, which get their share of replicas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub joined: Vec<i32>,
}

impl OperationOurs {
    /// Whether nothing is written down.
    pub fn is_nothing(&self) -> bool {
        self.throttle.is_none()
            && self.moving.is_empty()
            && self.returning.is_empty()
            && self.cordoned.is_empty()
            && self.joined.is_empty()
    }
}

/// How many replicas go at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MoveLanes {
    /// Replicas that one broker gets, and that it sends, at a time.
    pub per_broker: i32,
    /// Looks without trouble since that last changed, as far as they matter.
    pub calm_looks: i32,
    /// Bytes a second that were copied lately, all brokers together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<i64>,
    /// The same, when one replica less went at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second_before: Option<i64>,
}

/// A limit on replication that an operation set itself (KIP-73).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnThrottle {
    /// Bytes per second, for each broker that has it and each side.
    pub bytes_per_second: i64,
    /// Brokers it is wanted for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub brokers: Vec<i32>,
    /// Partitions it is wanted for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20_000))]
    pub partitions: Vec<TopicPartitions>,
    /// Brokers that have the rate from us where records are fetched from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub leader_brokers: Vec<i32>,
    /// Brokers that have the rate from us where records come to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub follower_brokers: Vec<i32>,
    /// Replicas that stand in Kafka's lists because of us.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20_000))]
    pub topics: Vec<ThrottledTopic>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopicPartitions {
    /// The topic.
    pub topic: String,
    /// Which.
    pub partitions: Vec<i32>,
}

/// Replicas of a topic that a limit holds for, as Kafka writes them: `<partition>:<broker>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThrottledTopic {
    /// The topic.
    pub topic: String,
    /// Those that records are fetched from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leader: Vec<String>,
    /// Those that fetch them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follower: Vec<String>,
}

/// A partition that was set on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovingPartition {
    /// Its topic.
    pub topic: String,
    /// Its index.
    pub partition: i32,
    /// Its replicas before, the preferred leader first.
    pub before: Vec<i32>,
}

/// One step of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationStep {
    /// What is done: `restart`, `move` …
    pub kind: String,
    /// To what: a broker, a topic.
    pub target: String,
    /// How far it is.
    pub state: StepState,
    /// Why it is done, or why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Why there is no way back from it; absent where there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_way: Option<String>,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StepState {
    /// It comes later.
    Planned,
    /// It is being taken.
    Running,
    /// It is done.
    Done,
    /// It was not needed any more.
    Skipped,
    /// It could not be done.
    Failed,
}

/// Why a step may not be taken now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingOn {
    /// A word for programs.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// Partitions it is about, as `<topic>-<partition>`. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub partitions: Vec<String>,
    /// How many partitions it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions_total: Option<i64>,
    /// Brokers it is about. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub brokers: Vec<i32>,
    /// Topics that somebody has to name in `acceptUnavailable`. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub topics: Vec<String>,
}
