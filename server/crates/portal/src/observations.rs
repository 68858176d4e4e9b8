use klamm_model::ClusterRef;
use klamm_monitor::{Declarations, Monitor, ObservedCluster, RevisionMap, Vitals};
use klamm_resources::KafkaCluster;
use std::sync::Arc;
use tokio::sync::watch;

/// What the portal reads: the running inventory. Nothing here waits, and nothing asks a broker.
pub trait Observations: Send + Sync + 'static {
    /// All clusters, sorted by namespace and name.
    fn clusters(&self) -> Vec<Arc<ObservedCluster>>;
    /// One of them.
    fn cluster(&self, cluster: &ClusterRef) -> Option<Arc<ObservedCluster>>;
    /// What is measured of a cluster; none where nobody measures.
    fn vitals(&self, cluster: &ClusterRef) -> Option<Arc<Vitals>>;
    /// The `KafkaCluster` as it stands; none before it was seen.
    fn resource(&self, cluster: &ClusterRef) -> Option<Arc<KafkaCluster>>;
    /// What objects in Kubernetes say of topics, users, consents and operations.
    fn declarations(&self) -> &Declarations;
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

    fn vitals(&self, cluster: &ClusterRef) -> Option<Arc<Vitals>> {
        Self::vitals(self, cluster)
    }

    fn resource(&self, cluster: &ClusterRef) -> Option<Arc<KafkaCluster>> {
        Self::resource(self, cluster)
    }

    fn declarations(&self) -> &Declarations {
        Self::declarations(self)
    }

    fn revisions(&self) -> watch::Receiver<Arc<RevisionMap>> {
        Self::revisions(self)
    }
}

/// For the command line, which manages people and looks at no cluster.
#[derive(Debug)]
pub struct NothingObserved {
    declarations: Declarations,
    revisions: watch::Sender<Arc<RevisionMap>>,
}

impl Default for NothingObserved {
    fn default() -> Self {
        Self { declarations: Declarations::default(), revisions: watch::Sender::new(Arc::default()) }
    }
}

impl Observations for NothingObserved {
    fn clusters(&self) -> Vec<Arc<ObservedCluster>> {
        Vec::new()
    }

    fn cluster(&self, _: &ClusterRef) -> Option<Arc<ObservedCluster>> {
        None
    }

    fn vitals(&self, _: &ClusterRef) -> Option<Arc<Vitals>> {
        None
    }

    fn resource(&self, _: &ClusterRef) -> Option<Arc<KafkaCluster>> {
        None
    }

    fn declarations(&self) -> &Declarations {
        &self.declarations
    }

    fn revisions(&self) -> watch::Receiver<Arc<RevisionMap>> {
        self.revisions.subscribe()
    }
}
