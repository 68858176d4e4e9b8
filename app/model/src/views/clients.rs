//! Who talks to the brokers of a cluster, put together from what each of them counts.

use crate::BrokerId;
use serde::{Deserialize, Serialize};

/// The clients of a cluster, as its brokers count them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientsView {
    /// With which software clients are connected, by name and version; brokers among themselves come last.
    pub software: Vec<ClientSoftware>,
    /// Requests in versions that a later Kafka does not understand, the most frequent first.
    pub old_requests: Vec<OldRequestsView>,
    /// What users and clients use of what there are quotas for. Brokers tell it of nobody else.
    pub rates: Vec<ClientRate>,
    /// Brokers that told anything of this.
    pub told_by: Vec<BrokerId>,
    /// Brokers of the cluster that serve.
    pub brokers: u32,
}

/// Whose connections they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Connected {
    /// Of whoever uses the cluster.
    #[default]
    Clients,
    /// Of its brokers and controllers, among themselves.
    Brokers,
}

/// Clients of one software in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientSoftware {
    /// Whose they are.
    #[serde(default)]
    pub who: Connected,
    /// What they call themselves; `unknown` where they are too old to say.
    pub name: String,
    /// Which version, as they say.
    pub version: String,
    /// Open connections, all brokers together. A client has one to each broker that it talks to, or two.
    pub connections: u64,
    /// The same by broker.
    pub by_broker: Vec<BrokerConnections>,
    /// Listeners that they are connected to.
    pub listeners: Vec<String>,
}

/// Open connections to a broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerConnections {
    /// Which; null where the exporter's pod is no broker's.
    pub broker: Option<BrokerId>,
    /// How many.
    pub connections: u64,
}

/// Requests in a version that a later Kafka does not understand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OldRequestsView {
    /// Kind of request, such as `Produce`.
    pub request: String,
    /// In which version.
    pub version: String,
    /// What the client calls itself; null where it does not.
    pub client: Option<String>,
    /// Which version, as it says.
    pub client_version: Option<String>,
    /// How many since the brokers began.
    pub count: u64,
    /// Brokers that counted them.
    pub brokers: Vec<BrokerId>,
}

/// What a user or a client uses, all brokers together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientRate {
    /// Who signed in; null where the quota is about a client alone.
    pub user: Option<String>,
    /// As what the client introduces itself; null where the quota is about a user alone.
    pub client_id: Option<String>,
    /// Bytes a second that are written; null where there is no quota for them.
    pub produced: Option<f64>,
    /// Bytes a second that are read.
    pub fetched: Option<f64>,
    /// Percent of the time of request handlers, of one thread each.
    pub handlers: Option<f64>,
    /// Milliseconds that requests were held up on the broker where that was longest; null where none were.
    pub throttle_millis: Option<f64>,
}
