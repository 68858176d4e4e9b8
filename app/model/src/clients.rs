//! Who talks to brokers, as brokers themselves count it.

use crate::BrokerId;
use serde::{Deserialize, Serialize};

/// Open connections of one client software to one listener of a broker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientVersions {
    /// What the client calls itself, such as `apache-kafka-java` or `librdkafka`; `unknown` where it is too old to say.
    pub name: String,
    /// Which version, as it says.
    pub version: String,
    /// The listener; brokers and controllers talk among themselves on some.
    pub listener: Option<String>,
    /// How many.
    pub connections: u32,
    /// To which broker.
    pub broker: Option<BrokerId>,
}

/// Requests in a version that a later Kafka does not understand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OldRequests {
    /// Kind of request, such as `Produce`.
    pub request: String,
    /// In which version.
    pub version: String,
    /// What the client calls itself.
    pub client: Option<String>,
    /// Which version, as it says.
    pub client_version: Option<String>,
    /// How many since the broker began.
    pub count: u64,
    /// Which broker.
    pub broker: Option<BrokerId>,
}

/// What a quota is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QuotaResource {
    /// Bytes a second that are written.
    Produce,
    /// Bytes a second that are read.
    Fetch,
    /// Percent of the time of request handlers.
    Request,
}

/// How much a user or a client uses of what there is a quota for. Brokers tell it of no one else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaRate {
    /// Of what.
    pub resource: QuotaResource,
    /// Who signed in.
    pub user: Option<String>,
    /// As what the client introduces itself.
    pub client_id: Option<String>,
    /// Bytes a second, or percent of the time of request handlers.
    pub rate: f64,
    /// Milliseconds that its requests were held up on average; none where nothing was.
    pub throttle_millis: Option<f64>,
    /// On which broker.
    pub broker: Option<BrokerId>,
}
