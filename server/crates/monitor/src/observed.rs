use klamm_model::{Inventory, Known, TeamName, UnixMillis};
use klamm_planner::tenancy::Tenant;
use std::{collections::BTreeMap, sync::Arc};

/// A cluster as it was last observed: what its brokers say, and what is declared of it in Kubernetes.
#[derive(Clone, Debug)]
pub struct ObservedCluster {
    /// What the brokers say.
    pub inventory: Arc<Inventory>,
    /// What its `KafkaCluster` says.
    pub declared: Declared,
}

/// A namespace that a cluster admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredTenant {
    /// The namespace with its prefixes.
    pub tenant: Tenant,
    /// The team that the namespace belongs to.
    pub team: Option<TeamName>,
}

/// A listener for clients, with its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// The listener's name.
    pub name: String,
    /// `host:port,…`
    pub servers: String,
    /// `SASL_PLAINTEXT` or `SASL_SSL`.
    pub protocol: &'static str,
}

/// The part of a `KafkaCluster` that pages show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// `dev`, `staging`, `prod` …
    pub environment: Option<String>,
    /// How many brokers there should be; for external clusters, how many were seen.
    pub broker_total: u32,
    /// The version brokers run, as the operator saw it.
    pub kafka_version: Option<String>,
    /// The finalized metadata version, as the operator saw it.
    pub metadata_version: Option<String>,
    /// The running operation.
    pub operation: Option<String>,
    /// Addresses for clients by listener.
    pub bootstrap_servers: BTreeMap<String, String>,
    /// Where clients of the teams find it, as its resource says; those that can be reached from elsewhere first.
    pub doors: Vec<Door>,
    /// Conditions that people should know of, in sentences.
    pub notices: Vec<String>,
    /// What the operator is doing with it, while it is not ready.
    pub sentence_hint: Option<String>,
    /// The namespaces it admits, with what is theirs, by namespace.
    pub tenants: Vec<DeclaredTenant>,
    /// When the resource was made.
    pub created_at: Option<UnixMillis>,
    /// Principals that may everything; unknown where Klamm does not run the brokers, who do not tell.
    pub super_users: Known<Vec<String>>,
    /// Grows with what is declared of its topics, users and consents, as far as pages tell it.
    pub edition: u64,
}
