//! A process node: the kubelet of a node whose pods are local processes in bubblewrap.
//!
//! It does what the demo and the tests use, and that really: pods as the controllers make them, volumes, probes, logs,
//! restarts, grace. Left out: exec, attach, port-forward, sidecar init containers, gRPC probes, postStart hooks, readiness
//! gates, resource limits (there are no cgroups here), users of their own (everything runs as whoever started the
//! sandbox), and the writable layer of an image. Size-limited `emptyDir`s are lost when the node stops, as memory is.
//!
//! What is decided (environment, bubblewrap's arguments, what to start next, what to report) is pure and stands apart
//! from what is done. Nothing of Kafka or of Klamm's resources may enter.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

mod addresses;
mod container;
mod events;
mod hosts;
mod images;
mod layout;
mod lifecycle;
mod objects;
mod pod;
mod pods;
mod provision;
mod quantity;
mod registration;
mod server;
mod stale;
mod volume;

pub use addresses::PodAddresses;
pub use lifecycle::run;
pub(crate) use provision::REACH_EVERYWHERE;
pub use provision::provision;
pub use stale::end_stale;

/// Everything one node needs to know.
#[derive(Clone)]
pub struct NodeConfig {
    /// The node's name in the API.
    pub name: String,
    /// Labels of the node, beside those every node has (hostname, operating system, architecture).
    pub labels: BTreeMap<String, String>,
    /// Where the kubelet's server listens; the node's InternalIP.
    pub address: Ipv4Addr,
    /// The port of the kubelet's server.
    pub kubelet_port: u16,
    /// Who hands out pod addresses, shared by all nodes of a sandbox.
    pub pod_addresses: Arc<PodAddresses>,
    /// The sandbox's state folder.
    pub state_dir: PathBuf,
    /// The image store: `<name>/<tag>/rootfs`.
    pub images: PathBuf,
    /// A client that may do what a kubelet may.
    pub client: kube::Client,
    /// Certificate chain of the kubelet's server.
    pub serving_cert_pem: String,
    /// Key of that certificate.
    pub serving_key_pem: String,
    /// Who signs the certificates of those who may ask the kubelet's server.
    pub client_ca_pem: String,
    /// Where pods find the API server (`KUBERNETES_SERVICE_HOST`).
    pub service_host: Ipv4Addr,
    /// The port of it.
    pub service_port: u16,
}

impl std::fmt::Debug for NodeConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NodeConfig")
            .field("name", &self.name)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// How a node goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopMode {
    /// SIGTERM to all containers at once, SIGKILL to those that are still there after this long. The pods stay in the API.
    Graceful(Duration),
    /// SIGKILL to everything and no more heartbeats: a node that lost its power.
    Abrupt,
}

/// Why a node could not run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Its folder could not be made.
    #[error("node {node}: the folder {} cannot be made", path.display())]
    Folder {
        /// The node.
        node: String,
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The kubelet's server could not listen.
    #[error("node {node}: cannot listen on {address}:{port}; choose another state folder or end what uses the port")]
    Listen {
        /// The node.
        node: String,
        /// The address asked for.
        address: Ipv4Addr,
        /// The port asked for.
        port: u16,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Certificate, key or authority do not fit.
    #[error("node {node}: the certificates of the kubelet's server cannot be used: {reason}")]
    Certificates {
        /// The node.
        node: String,
        /// What is wrong with them.
        reason: String,
    },
    /// A program without which no pod can run is not there.
    #[error("the program `{0}` is not there; on Debian or Ubuntu: apt-get install {1}")]
    Program(&'static str, &'static str),
}
