use klamm_model::ClusterRef;
use klamm_monitor::{Monitor, ObservedCluster, RevisionMap};
use std::sync::Arc;
use tokio::sync::watch;

/// What the portal reads: the running inventory. Nothing here waits, and nothing asks a broker.
pub trait Observations: Send + Sync + 'static {
    /// All clusters, sorted by namespace and name.
    fn clusters(&self) -> Vec<Arc<ObservedCluster>>;
    /// One of them.
    fn cluster(&self, cluster: &ClusterRef) -> Option<Arc<ObservedCluster>>;
    /// The newest revisions, and every change of them.
    fn revisions(&self) -> watch::Receiver<Arc<RevisionMap>>;
}

impl Observations for Monitor {
    fn clusters(&self) -> Vec<Arc<ObservedCluster>> {
        Self::clusters(self)
    }

    fn cluster(&self, cluster: &ClusterRef) -> Option<Arc<ObservedCluster>> {
        Self::cluster(self, cluster)
    }

    fn revisions(&self) -> watch::Receiver<Arc<RevisionMap>> {
        Self::revisions(self)
    }
}

/// For the command line, which manages people and looks at no cluster.
#[derive(Debug)]
pub struct NothingObserved {
    revisions: watch::Sender<Arc<RevisionMap>>,
}

impl Default for NothingObserved {
    fn default() -> Self {
        Self { revisions: watch::Sender::new(Arc::default()) }
    }
}

impl Observations for NothingObserved {
    fn clusters(&self) -> Vec<Arc<ObservedCluster>> {
        Vec::new()
    }

    fn cluster(&self, _: &ClusterRef) -> Option<Arc<ObservedCluster>> {
        None
    }

    fn revisions(&self) -> watch::Receiver<Arc<RevisionMap>> {
        self.revisions.subscribe()
    }
}
