//! What a pod's task is told: what all pods of the node share, whether the node goes on, what the API says of the pod.

use std::path::PathBuf;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::runtime::events::Recorder;
use tokio::sync::watch;

use crate::node::StopMode;
use crate::node::addresses::PodAddresses;
use crate::node::container::field::NodeFacts;
use crate::node::container::sandbox::Privilege;
use crate::node::hosts::Names;
use crate::node::layout::Layout;
use crate::node::objects::Objects;
use crate::process::ProcessRecords;

/// What the pods of a node share.
pub(in crate::node) struct NodeContext {
    pub(in crate::node) client: Client,
    pub(in crate::node) facts: NodeFacts,
    pub(in crate::node) images: PathBuf,
    pub(in crate::node) layout: Layout,
    pub(in crate::node) records: ProcessRecords,
    pub(in crate::node) addresses: Arc<PodAddresses>,
    pub(in crate::node) objects: Objects,
    pub(in crate::node) recorder: Arc<Recorder>,
    pub(in crate::node) names: watch::Receiver<Arc<Names>>,
    pub(in crate::node) privilege: Privilege,
}

/// Whether the node goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum NodePhase {
    Running,
    Stopping(StopMode),
}

/// What the API says of the pod.
#[derive(Clone)]
pub(in crate::node) enum PodInput {
    There(Arc<Pod>),
    Gone,
}
