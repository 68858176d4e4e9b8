use crate::schema::rules;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where brokers learn their rack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rack {
    /// The label of Kubernetes nodes that names the rack: `topology.kubernetes.io/zone`. Absent: no racks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 317))]
    pub topology_key: Option<String>,
}

/// A listener for clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Its name.
    #[schemars(
        length(max = 63),
        extend("x-kubernetes-validations" = rules([
            (
                "self.size() <= 11 && self.matches('^[a-z0-9]+$')",
                "a listener name is 1 to 11 lower-case letters and digits",
            ),
            (
                "self != 'controller' && self != 'internal'",
                "the listener names controller and internal are Klamm's own: choose another, such as clients",
            ),
        ]))
    )]
    pub name: String,
    /// Its port.
    #[schemars(extend("x-kubernetes-validations" = rules([
        ("self >= 1024 && self <= 65535", "a listener port must be from 1024 to 65535"),
        (
            "!(self in [9091, 9093, 9779, 8778])",
            "the ports 9091, 9093, 9779 and 8778 are taken by brokers, controllers, metrics and Jolokia: choose another, such as 9092",
        ),
    ])))]
    pub port: i32,
    /// How clients prove who they are.
    #[serde(default)]
    pub authentication: Authentication,
    /// Whether it is encrypted.
    #[serde(default)]
    pub tls: bool,
    /// From where it can be reached.
    #[serde(default)]
    pub exposure: Exposure,
}

/// How clients of a listener prove who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Authentication {
    /// Not at all: everybody is `User:ANONYMOUS`.
    #[serde(rename = "none")]
    None,
    /// With a password (KIP-84).
    #[default]
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}

/// From where a listener can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Exposure {
    /// From pods, by the names of the headless Service.
    #[default]
    Internal,
    /// From outside, through a port of every Kubernetes node.
    NodePort,
    /// By the pods' own addresses; for the sandbox, where these are loopback addresses.
    Loopback,
}

/// Who may everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// Principals such as `User:admin`, beside Klamm's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 64),
        inner(length(max = 256)),
        extend("x-kubernetes-validations" = rules([(
            "self.all(p, p.matches('^User:[^;]+$'))",
            "a super user is written User:<name>",
        )]))
    )]
    pub super_users: Vec<String>,
}

/// A namespace that may use the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// The namespace.
    #[schemars(
        length(max = 63),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            "tenants[].namespace must be a namespace: lower-case letters, digits and hyphens",
        )]))
    )]
    pub namespace: String,
    /// Its topics begin with one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 32),
        inner(length(max = 249)),
        extend("x-kubernetes-validations" = rules([(
            "self.all(p, p.matches('^[a-zA-Z0-9._-]+$') && !p.startsWith('__'))",
            "a topic prefix is 1 to 249 letters, digits, dots, underscores and hyphens, and does not begin with __",
        )]))
    )]
    pub topic_prefixes: Vec<String>,
    /// Its consumer groups begin with one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 32),
        inner(length(max = 249)),
        extend("x-kubernetes-validations" = rules([(
            "self.all(p, p.size() > 0 && !p.startsWith('__'))",
            "a group prefix is not empty and does not begin with __",
        )]))
    )]
    pub group_prefixes: Vec<String>,
}

/// Ports of the agents in every node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Monitoring {
    /// Of the JMX exporter.
    #[schemars(range(min = 1024, max = 65535))]
    pub exporter_port: i32,
    /// Of Jolokia.
    #[schemars(range(min = 1024, max = 65535))]
    pub jolokia_port: i32,
}

impl Default for Monitoring {
    fn default() -> Self {
        Self { exporter_port: 9779, jolokia_port: 8778 }
    }
}

/// A cluster that Klamm does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules([(
    "self.authentication == 'none' || has(self.secretName)",
    "external.secretName is missing: name a Secret of this namespace with the keys username and password",
)])))]
pub struct External {
    /// Addresses, separated by commas: `broker-1:9092,broker-2:9092`.
    #[schemars(
        length(max = 4096),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^ *[^ ,:]+:[0-9]+ *(, *[^ ,:]+:[0-9]+ *)*$')",
            "external.bootstrapServers must be addresses such as broker-1:9092,broker-2:9092",
        )]))
    )]
    pub bootstrap_servers: String,
    /// How Klamm proves who it is.
    #[serde(default)]
    pub authentication: Authentication,
    /// A Secret of this namespace with the keys `username` and `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: Option<String>,
}
