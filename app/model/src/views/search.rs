use super::{GroupRow, Health, TopicRow};
use crate::{BrokerId, BrokerState, ClusterRef, NodeRole};
use serde::{Deserialize, Serialize};

/// What is looked for, everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchRequest {
    /// A part of a name, ignoring case; without one nothing is found.
    #[serde(alias = "q")]
    pub search: Option<String>,
    /// Hits of each kind, 1 to 1000; absent means 50.
    pub limit: Option<u32>,
}

/// What may have been meant: `GET /api/v1/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchView {
    /// Clusters, by name.
    pub clusters: Hits<ClusterHit>,
    /// Topics, by name, team or the object that declares them.
    pub topics: Hits<TopicRow>,
    /// Consumer groups, by id.
    pub groups: Hits<GroupRow>,
    /// Brokers and controllers, by id, host or rack.
    pub brokers: Hits<BrokerHit>,
    /// Where something could not be searched, so that nobody takes "not seen" for "not there".
    pub unsearched: Vec<Unsearched>,
}

/// What was found of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hits<T> {
    /// The closest first.
    pub items: Vec<Hit<T>>,
    /// How many there are, shown or not.
    pub total: u64,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hit<T> {
    /// Where it is.
    pub cluster: ClusterRef,
    /// What it was found by.
    pub by: FoundBy,
    /// How close that is to what was looked for.
    pub closeness: Closeness,
    /// The thing itself, as lists show it.
    pub item: T,
    /// Names of what the caller may do with it.
    pub allowed_actions: Vec<String>,
}

/// How close a text is to what was looked for, the closest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Closeness {
    /// It is that.
    Exact,
    /// It begins with it.
    Prefix,
    /// One of its words does: what stands behind a dot, a hyphen, an underscore or a slash.
    Word,
    /// It holds it somewhere.
    Anywhere,
}

/// What a thing was found by, what names it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FoundBy {
    /// Its name or id.
    Name,
    /// The team it belongs to.
    Team,
    /// The object that declares it, as `namespace/name`.
    Object,
    /// The host it advertises.
    Host,
    /// Its rack.
    Rack,
}

/// How a cluster is that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterHit {
    /// `dev`, `staging`, `prod` …
    pub environment: Option<String>,
    /// In one word.
    pub health: Health,
    /// The same in a sentence without the name: `is serving`.
    pub sentence: String,
}

/// A node that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerHit {
    /// `node.id`.
    pub id: BrokerId,
    /// Whether it serves.
    pub state: BrokerState,
    /// `broker`, `controller` or both.
    pub roles: Vec<NodeRole>,
    /// The host it advertises.
    pub host: Option<String>,
    /// `broker.rack`.
    pub rack: Option<String>,
}

/// A cluster that holds more than could be searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unsearched {
    /// Which one.
    pub cluster: ClusterRef,
    /// What of it was not, or not completely, seen.
    pub kinds: Vec<SearchKind>,
}

/// What can be found in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SearchKind {
    /// Topics.
    Topics,
    /// Consumer groups.
    Groups,
    /// Brokers and controllers.
    Brokers,
}
