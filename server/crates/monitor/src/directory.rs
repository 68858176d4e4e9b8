//! Which clusters there are, the task that looks at each, and what readers get.

use crate::{
    Declarations, Declared, ObservedCluster, Vitals,
    collector::{self, Subject},
    declared::declared,
    history, scrape,
    watching::{filled, keep},
};
use klamm_model::{ClusterRef, Inventory, Section};
use klamm_resources::KafkaCluster;
use klamm_store::Store;
use kube::{Api, ResourceExt, runtime::watcher};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often a cluster is looked at.
#[derive(Clone, Copy, Debug)]
pub struct MonitorOptions {
    /// Time from one look at brokers, topics and their numbers to the next; a look that takes long is given as long a pause.
    pub every: Duration,
    /// Longest that one look may take before the cluster counts as not answering.
    pub within: Duration,
}

impl Default for MonitorOptions {
    fn default() -> Self {
        Self { every: Duration::from_secs(2), within: Duration::from_secs(10) }
    }
}

/// Revisions of every section of every cluster.
pub type RevisionMap = BTreeMap<(ClusterRef, Section), u64>;

/// The running inventory of every cluster.
pub struct Monitor {
    declarations: Declarations,
    clusters: Mutex<BTreeMap<ClusterRef, Observation>>,
    revisions: watch::Sender<Arc<RevisionMap>>,
    /// Where history is kept.
    store: Option<Store>,
}

/// A cluster under observation.
struct Observation {
    subject: watch::Sender<Arc<KafkaCluster>>,
    latest: Arc<ObservedCluster>,
    /// What is measured of it.
    vitals: Arc<Vitals>,
    /// The revision of what is wrong with it that was announced last.
    announced: u64,
    /// The way to its brokers, once there is one.
    kafka: Option<klamm_kafka::Client>,
    stop: CancellationToken,
}

impl Monitor {
    /// Begins observing every `KafkaCluster`, until `stop`. What is measured is kept in this database, where there is one.
    pub fn start(
        client: kube::Client,
        options: MonitorOptions,
        store: Option<Store>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let monitor = Arc::new(Self::empty(Declarations::start(&client, &stop), store));
        if let Some(store) = monitor.store.clone() {
            tokio::spawn(history::keep(Arc::clone(&monitor), store, stop.clone()));
        }
        tokio::spawn(Arc::clone(&monitor).follow(client, options, stop));
        monitor
    }

    fn empty(declarations: Declarations, store: Option<Store>) -> Self {
        let revisions = watch::Sender::new(Arc::new(RevisionMap::new()));
        Self { declarations, clusters: Mutex::new(BTreeMap::new()), revisions, store }
    }

    /// What objects say of topics, users and consents.
    pub fn declarations(&self) -> &Declarations {
        &self.declarations
    }

    /// Every cluster as last observed, by namespace and name.
    pub fn clusters(&self) -> Vec<Arc<ObservedCluster>> {
        self.locked().values().map(|observation| Arc::clone(&observation.latest)).collect()
    }

    /// One cluster as last observed.
    pub fn cluster(&self, cluster: &ClusterRef) -> Option<Arc<ObservedCluster>> {
        self.locked().get(cluster).map(|observation| Arc::clone(&observation.latest))
    }

    /// What is measured of a cluster.
    pub fn vitals(&self, cluster: &ClusterRef) -> Option<Arc<Vitals>> {
        self.locked().get(cluster).map(|observation| Arc::clone(&observation.vitals))
    }

    /// The `KafkaCluster` as it stands.
    pub fn resource(&self, cluster: &ClusterRef) -> Option<Arc<KafkaCluster>> {
        self.locked().get(cluster).map(|observation| Arc::clone(&observation.subject.borrow()))
    }

    /// What is measured of every cluster.
    pub(crate) fn all_vitals(&self) -> Vec<(ClusterRef, Arc<Vitals>)> {
        let each = |(name, observation): (&ClusterRef, &Observation)| (name.clone(), Arc::clone(&observation.vitals));
        self.locked().iter().map(each).collect()
    }

    /// The way to a cluster's brokers, by the connections that it is looked at through; none before there is one.
    pub fn kafka(&self, cluster: &ClusterRef) -> Option<klamm_kafka::Client> {
        self.locked().get(cluster).and_then(|observation| observation.kafka.clone())
    }

    /// Says by which way the brokers of a cluster are reached.
    pub(crate) fn reached(&self, name: &ClusterRef, kafka: Option<klamm_kafka::Client>) {
        if let Some(observation) = self.locked().get_mut(name) {
            observation.kafka = kafka;
        }
    }

    /// Current revisions, and every change of them.
    pub fn revisions(&self) -> watch::Receiver<Arc<RevisionMap>> {
        self.revisions.subscribe()
    }

    async fn follow(self: Arc<Self>, client: kube::Client, options: MonitorOptions, stop: CancellationToken) {
        let store = keep(Api::<KafkaCluster>::all(client.clone()), watcher::Config::default(), &stop);
        filled(&store).await;
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        let mut operations = self.declarations.operations_news();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
                // Whoever watches an operation sees its steps when they are taken, not at the next look at brokers.
                Ok(()) = operations.changed() => {
                    self.announce();
                    continue;
                }
            }
            let mut present = BTreeMap::new();
            for cluster in store.state() {
                let namespace = cluster.namespace().and_then(|namespace| namespace.parse().ok());
                if let (Some(namespace), Ok(name)) = (namespace, cluster.name_any().parse()) {
                    present.insert(ClusterRef { namespace, name }, cluster);
                }
            }
            self.forget_all_but(&present);
            for (name, cluster) in present {
                let tenants = cluster.spec.tenants.iter().filter_map(|tenant| tenant.namespace.parse().ok());
                let concerned = tenants.chain([name.namespace.clone()]);
                self.declarations.watch_namespaces(&client, concerned, &stop);
                self.observe(name, cluster, &client, options, &stop);
            }
        }
    }

    /// Makes sure a task looks at this cluster, and that it knows the newest declaration.
    fn observe(
        self: &Arc<Self>,
        name: ClusterRef,
        cluster: Arc<KafkaCluster>,
        client: &kube::Client,
        options: MonitorOptions,
        stop: &CancellationToken,
    ) {
        let mut clusters = self.locked();
        if let Some(observation) = clusters.get_mut(&name) {
            let newer = observation.subject.borrow().resource_version() != cluster.resource_version();
            if newer {
                observation.subject.send_replace(cluster);
            }
            return;
        }
        let (subject, newest) = watch::channel(Arc::clone(&cluster));
        let stop = stop.child_token();
        let unseen = Inventory::unseen(name.clone());
        let latest = Arc::new(ObservedCluster {
            declared: declared(&cluster, 0, 0, |namespace| self.declarations.team(namespace)),
            inventory: Arc::new(unseen),
        });
        let vitals = Arc::new(Vitals::new(name.clone(), self.store.clone()));
        let observation =
            Observation { subject, latest, vitals: Arc::clone(&vitals), announced: 0, kafka: None, stop: stop.clone() };
        clusters.insert(name.clone(), observation);
        drop(clusters);
        tokio::spawn(scrape::run(name.clone(), newest.clone(), client.clone(), vitals, stop.clone()));
        let declarations = self.declarations.clone();
        let subject = Subject { name, newest, client: client.clone(), declarations, options };
        tokio::spawn(collector::run(subject, Arc::clone(self), stop));
        self.announce();
    }

    fn forget_all_but(&self, present: &BTreeMap<ClusterRef, Arc<KafkaCluster>>) {
        let mut clusters = self.locked();
        let before = clusters.len();
        clusters.retain(|name, observation| {
            let stays = present.contains_key(name);
            if !stays {
                observation.stop.cancel();
            }
            stays
        });
        let gone = before != clusters.len();
        drop(clusters);
        if gone {
            self.announce();
        }
    }

    /// Replaces what is known of a cluster, and hands it back for the next look to begin from.
    pub(crate) fn publish(&self, name: &ClusterRef, mut inventory: Inventory, declared: Declared) -> Arc<Inventory> {
        let mut clusters = self.locked();
        let Some(observation) = clusters.get_mut(name) else { return Arc::new(inventory) };
        if observation.latest.declared != declared {
            inventory.revisions.structure += 1;
        }
        let judged = observation.vitals.findings_revision();
        let changed = inventory.revisions != observation.latest.inventory.revisions || observation.announced != judged;
        observation.announced = judged;
        let inventory = Arc::new(inventory);
        observation.latest = Arc::new(ObservedCluster { inventory: Arc::clone(&inventory), declared });
        drop(clusters);
        if changed {
            self.announce();
        }
        inventory
    }

    fn announce(&self) {
        let mut all = RevisionMap::new();
        for (name, observation) in self.locked().iter() {
            let revisions = observation.latest.inventory.revisions;
            all.insert((name.clone(), Section::Structure), revisions.structure);
            all.insert((name.clone(), Section::Numbers), revisions.numbers);
            all.insert((name.clone(), Section::Findings), observation.vitals.findings_revision());
            all.insert((name.clone(), Section::Operations), self.declarations.operations_edition(name));
        }
        self.revisions.send_replace(Arc::new(all));
    }

    /// The map is only ever replaced entry by entry, so a panic elsewhere leaves it whole.
    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<ClusterRef, Observation>> {
        self.clusters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
