//! The nodes of a sandbox: which there are, which run, and stopping and starting one as if its plug were pulled.
//!
//! What a node does while it runs is `node`'s.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::certificates::Certificates;
use crate::claim::{Claim, MOST_NODES};
use crate::error::SandboxError;
use crate::node::{self, NodeConfig, PodAddresses, StopMode};

/// The pause before a node that failed is started again.
const RESTART_AFTER: Duration = Duration::from_secs(2);
/// How much longer than its pods' grace a node may take to end.
const BEYOND_GRACE: Duration = Duration::from_secs(2);

/// A node to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSpec {
    /// Its name in the API.
    pub name: String,
    /// Its labels, beside those every node has.
    pub labels: BTreeMap<String, String>,
}

impl NodeSpec {
    /// The usual three: one in each of the zones `zone-a`, `zone-b` and `zone-c`, all with `disk=fast`.
    pub fn usual() -> Vec<Self> {
        ["a", "b", "c"].map(Self::in_zone).to_vec()
    }

    fn in_zone(letter: &str) -> Self {
        let labels = BTreeMap::from([
            ("topology.kubernetes.io/zone".to_owned(), format!("zone-{letter}")),
            ("disk".to_owned(), "fast".to_owned()),
        ]);
        Self { name: format!("node-{letter}"), labels }
    }

    fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.labels.get("topology.kubernetes.io/zone").is_some_and(|zone| zone == name)
    }
}

/// How a node is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// Its zone, where it has one.
    pub zone: Option<String>,
    /// Whether it runs.
    pub state: NodeState,
}

/// Whether a node runs. Whether Kubernetes holds it for ready is Kubernetes' to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeState {
    /// It runs.
    Running,
    /// It was stopped.
    Stopped,
}

struct Node {
    spec: NodeSpec,
    config: NodeConfig,
    running: Option<Running>,
}

struct Running {
    mode: watch::Sender<StopMode>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// The nodes.
pub(crate) struct Nodes {
    nodes: Mutex<Vec<Node>>,
}

/// What all nodes have in common.
pub(crate) struct Surroundings<'a> {
    pub(crate) claim: Claim,
    pub(crate) certificates: &'a Certificates,
    pub(crate) addresses: Arc<PodAddresses>,
    pub(crate) state_dir: PathBuf,
    pub(crate) images: PathBuf,
    pub(crate) client: kube::Client,
}

impl Nodes {
    /// Starts all nodes.
    pub(crate) fn start_all(specs: &[NodeSpec], around: &Surroundings<'_>) -> Result<Self, SandboxError> {
        let mut nodes = Vec::new();
        for (index, spec) in specs.iter().enumerate() {
            let config = around.config(index, spec, specs.len())?;
            let running = Some(Running::start(config.clone()));
            nodes.push(Node { spec: spec.clone(), config, running });
        }
        Ok(Self { nodes: Mutex::new(nodes) })
    }

    /// Pulls the plug of a node, named by its name or its zone. Returns when nothing of it runs any more.
    pub(crate) async fn stop(&self, name: &str) -> Result<(), SandboxError> {
        let running = self.with(name, |node| node.running.take())?;
        if let Some(running) = running {
            running.end(StopMode::Abrupt, BEYOND_GRACE).await;
        }
        Ok(())
    }

    /// Starts a node that was stopped.
    pub(crate) fn start(&self, name: &str) -> Result<(), SandboxError> {
        self.with(name, |node| {
            if node.running.is_none() {
                node.running = Some(Running::start(node.config.clone()));
            }
        })
    }

    /// Ends all nodes at the same time, giving their pods this long.
    pub(crate) async fn end_all(&self, grace: Duration) {
        let running: Vec<Running> = {
            let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
            nodes.iter_mut().filter_map(|node| node.running.take()).collect()
        };
        join_all(running.into_iter().map(|node| node.end(StopMode::Graceful(grace), grace + BEYOND_GRACE))).await;
    }

    /// How the nodes are doing.
    pub(crate) fn status(&self) -> Vec<NodeStatus> {
        let nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let status = |node: &Node| NodeStatus {
            name: node.spec.name.clone(),
            zone: node.spec.labels.get("topology.kubernetes.io/zone").cloned(),
            state: if node.running.is_some() { NodeState::Running } else { NodeState::Stopped },
        };
        nodes.iter().map(status).collect()
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Node) -> T) -> Result<T, SandboxError> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(node) = nodes.iter_mut().find(|node| node.spec.answers_to(name)) {
            return Ok(act(node));
        }
        let known = nodes.iter().map(|node| node.spec.name.clone()).collect();
        Err(SandboxError::UnknownNode { name: name.to_owned(), known })
    }
}

impl Surroundings<'_> {
    fn config(&self, index: usize, spec: &NodeSpec, asked: usize) -> Result<NodeConfig, SandboxError> {
        let too_many = SandboxError::TooManyNodes { asked, most: MOST_NODES };
        let address = self.claim.network.node(index).ok_or(too_many)?;
        let serving = self.certificates.kubelet(&spec.name, address)?;
        Ok(NodeConfig {
            name: spec.name.clone(),
            labels: spec.labels.clone(),
            address,
            kubelet_port: self.claim.ports.kubelet,
            pod_addresses: Arc::clone(&self.addresses),
            state_dir: self.state_dir.clone(),
            images: self.images.clone(),
            client: self.client.clone(),
            serving_cert_pem: serving.certificate_pem,
            serving_key_pem: serving.key_pem,
            client_ca_pem: self.certificates.cluster_ca_pem().to_owned(),
            service_host: self.claim.network.control_plane(),
            service_port: self.claim.ports.api_server,
        })
    }
}

impl Running {
    fn start(config: NodeConfig) -> Self {
        let stop = CancellationToken::new();
        let (mode, mode_seen) = watch::channel(StopMode::Abrupt);
        let task = tokio::spawn(keep(config, stop.clone(), mode_seen));
        Self { mode, stop, task }
    }

    async fn end(mut self, mode: StopMode, within: Duration) {
        self.mode.send_replace(mode);
        self.stop.cancel();
        if tokio::time::timeout(within, &mut self.task).await.is_err() {
            tracing::warn!(within_s = within.as_secs(), "a node did not end in time; what it ran dies with its tasks");
            self.task.abort();
        }
    }
}

/// A node that fails is started again, like everything else here; also when it fails by a panic.
async fn keep(config: NodeConfig, stop: CancellationToken, mode: watch::Receiver<StopMode>) {
    loop {
        // If this task is aborted, so must the node be.
        let running = AbortOnDropHandle::new(tokio::spawn(node::run(config.clone(), stop.clone(), mode.clone())));
        match running.await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => {
                tracing::error!(node = %config.name, error = &error as &dyn std::error::Error, "a node failed and is started again");
            }
            Err(error) => tracing::error!(node = %config.name, %error, "a node broke and is started again"),
        }
        tokio::select! {
            () = tokio::time::sleep(RESTART_AFTER) => {}
            () = stop.cancelled() => return,
        }
    }
}
