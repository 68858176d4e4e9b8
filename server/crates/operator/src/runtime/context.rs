use super::{ClusterConnections, ClusterDirectory, EventRecorder, OperatorMetrics, OperatorOptions};
use std::sync::Arc;

/// What reconcilers are given: the ways to the world, none of them with an opinion.
pub(crate) struct Context {
    /// Kubernetes.
    pub(crate) client: kube::Client,
    /// How the operator runs.
    pub(crate) options: OperatorOptions,
    /// Every cluster that is declared.
    pub(crate) clusters: ClusterDirectory,
    /// The brokers of each.
    pub(crate) connections: ClusterConnections,
    /// What people would ask about later.
    pub(crate) events: EventRecorder,
    /// What is counted.
    pub(crate) metrics: Arc<OperatorMetrics>,
}

impl Context {
    pub(crate) fn new(client: kube::Client, options: OperatorOptions, metrics: Arc<OperatorMetrics>) -> Self {
        let events = EventRecorder::new(client.clone(), &options.identity);
        Self {
            client,
            options,
            clusters: ClusterDirectory::default(),
            connections: ClusterConnections::default(),
            events,
            metrics,
        }
    }
}
