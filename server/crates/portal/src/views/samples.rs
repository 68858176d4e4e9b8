//! Inventories built by hand, and a portal over them.

use crate::{
    Clock, Declarations, Declared, NewUser, Observations, ObservedCluster, Password, Portal, RevisionMap, Vitals,
};
use klamm_model::{
    Actor, ActorKind, Broker, BrokerId, BrokerState, ClusterRef, Group, GroupId, GroupKind, GroupOffset, Inventory,
    Known, LogDir, NodeRole, Partition, PartitionId, PersonName, Reachability, Role, Scope, Section, TeamName, Topic,
    TopicName, UnixMillis,
};
use klamm_resources::KafkaCluster;
use klamm_store::Store;
use klamm_testkit::TestDatabase;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

pub(crate) const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

pub(crate) fn cluster_ref(text: &str) -> ClusterRef {
    text.parse().unwrap()
}

pub(crate) fn actor(name: &str) -> Actor {
    Actor {
        name: PersonName::new(name).unwrap(),
        kind: ActorKind::Session,
        roles: BTreeSet::new(),
        teams: BTreeSet::new(),
        approves: BTreeSet::new(),
        scopes: BTreeSet::from([Scope::Read, Scope::Write]),
    }
}

/// Clusters that tests change as they like.
pub(crate) struct Estate {
    clusters: Arc<Mutex<BTreeMap<ClusterRef, Arc<ObservedCluster>>>>,
    vitals: Arc<Mutex<BTreeMap<ClusterRef, Arc<Vitals>>>>,
    resources: Arc<Mutex<BTreeMap<ClusterRef, Arc<KafkaCluster>>>>,
    pub(crate) declarations: Declarations,
    revisions: Arc<watch::Sender<Arc<RevisionMap>>>,
}

impl Estate {
    pub(crate) fn new() -> Self {
        Self {
            clusters: Arc::default(),
            vitals: Arc::default(),
            resources: Arc::default(),
            declarations: Declarations::default(),
            revisions: Arc::new(watch::Sender::new(Arc::default())),
        }
    }

    pub(crate) fn put(&self, inventory: Inventory, declared: Declared) {
        let seen = Arc::new(ObservedCluster { inventory: Arc::new(inventory), declared });
        self.clusters.lock().unwrap().insert(seen.inventory.cluster.clone(), seen);
    }

    /// The object of a cluster.
    pub(crate) fn put_resource(&self, cluster: &str, resource: KafkaCluster) {
        self.resources.lock().unwrap().insert(cluster_ref(cluster), Arc::new(resource));
    }

    pub(crate) fn forget(&self, cluster: &str) {
        self.clusters.lock().unwrap().remove(&cluster_ref(cluster));
    }

    pub(crate) fn set_revision(&self, cluster: &ClusterRef, section: Section, revision: u64) {
        self.revisions.send_modify(|map| {
            Arc::make_mut(map).insert((cluster.clone(), section), revision);
        });
    }
}

impl Observations for Estate {
    fn clusters(&self) -> Vec<Arc<ObservedCluster>> {
        self.clusters.lock().unwrap().values().cloned().collect()
    }

    fn cluster(&self, cluster: &ClusterRef) -> Option<Arc<ObservedCluster>> {
        self.clusters.lock().unwrap().get(cluster).cloned()
    }

    fn vitals(&self, cluster: &ClusterRef) -> Option<Arc<Vitals>> {
        let is_there = self.clusters.lock().unwrap().contains_key(cluster);
        is_there.then(|| Arc::clone(self.vitals.lock().unwrap().entry(cluster.clone()).or_default()))
    }

    fn resource(&self, cluster: &ClusterRef) -> Option<Arc<KafkaCluster>> {
        self.resources.lock().unwrap().get(cluster).cloned()
    }

    fn declarations(&self) -> &Declarations {
        &self.declarations
    }

    fn revisions(&self) -> watch::Receiver<Arc<RevisionMap>> {
        self.revisions.subscribe()
    }
}

/// A portal over that estate and a fresh database, with the clock at [`NOW`].
pub(crate) async fn portal(estate: &Estate) -> (Arc<Portal>, TestDatabase) {
    portal_at(estate, Clock::from_fn(|| NOW)).await
}

/// A clock that moves with every look at it, so that what was written down is in its order.
pub(crate) fn ticking() -> Clock {
    let moment = AtomicI64::new(NOW.0);
    Clock::from_fn(move || UnixMillis(moment.fetch_add(1, Ordering::Relaxed)))
}

pub(crate) async fn portal_at(estate: &Estate, clock: Clock) -> (Arc<Portal>, TestDatabase) {
    let database = TestDatabase::fresh().unwrap();
    let store = Store::open(&database.url().parse().unwrap()).await.unwrap();
    (portal_over(estate, clock, store), database)
}

pub(crate) fn portal_over(estate: &Estate, clock: Clock, store: Store) -> Arc<Portal> {
    let observations = Estate {
        clusters: Arc::clone(&estate.clusters),
        vitals: Arc::clone(&estate.vitals),
        resources: Arc::clone(&estate.resources),
        declarations: estate.declarations.clone(),
        revisions: Arc::clone(&estate.revisions),
    };
    Portal::new(store, Arc::new(observations), clock)
}

pub(crate) fn user(name: &str, roles: &[Role]) -> NewUser {
    NewUser {
        name: PersonName::new(name).unwrap(),
        password: Password::new(format!("password of {name}")),
        roles: roles.iter().copied().collect(),
    }
}

pub(crate) fn broker(id: i32, state: BrokerState) -> Broker {
    Broker {
        rack: Some(format!("zone-{id}")),
        version: Known::Known("4.1.2".to_owned()),
        log_dirs: Known::Known(vec![LogDir {
            path: "/data".to_owned(),
            offline: false,
            used_bytes: 100,
            total_bytes: Known::Known(1000),
            usable_bytes: Known::Known(900),
        }]),
        ..Broker::unseen(BrokerId(id), state, vec![NodeRole::Broker, NodeRole::Controller])
    }
}

pub(crate) fn topic(name: &str, placement: &[(&[i32], &[i32])]) -> Topic {
    let ids = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Box<[_]>>();
    Topic {
        partitions: placement
            .iter()
            .zip(0..)
            .map(|((replicas, in_sync), id)| Partition {
                leader: in_sync.first().copied().map(BrokerId),
                in_sync: ids(in_sync),
                earliest_offset: Known::Known(0),
                latest_offset: Known::Known(10),
                size_bytes: Known::Known(5),
                ..Partition::unseen(PartitionId(id), ids(replicas))
            })
            .collect(),
        config: Known::Known(BTreeMap::new()),
        size_bytes: Known::Known(15),
        records_per_second: Known::Known(1.5),
        team: name.split_once('.').and_then(|(team, _)| TeamName::new(team).ok()),
        ..Topic::unseen(TopicName::new(name).unwrap(), format!("id-of-{name}"))
    }
}

pub(crate) fn group(id: &str, topics: &[&str]) -> Group {
    Group {
        id: GroupId::new(id).unwrap(),
        kind: GroupKind::Consumer,
        state: Known::Known("Stable".to_owned()),
        members: Known::Unknown,
        offsets: Known::Known(
            topics
                .iter()
                .map(|topic| GroupOffset {
                    topic: TopicName::new(*topic).unwrap(),
                    partition: PartitionId(0),
                    committed: 3,
                })
                .collect(),
        ),
        lag: Known::Unknown,
    }
}

/// Three brokers that serve, with these topics.
pub(crate) fn inventory(cluster: &str, mut topics: Vec<Topic>) -> Inventory {
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    Inventory {
        observed_at: Known::Known(NOW),
        reachability: Reachability::Reachable,
        cluster_id: Known::Known("abc".to_owned()),
        metadata_version: Known::Known("4.1-IV1".to_owned()),
        controller: Known::Known(BrokerId(1)),
        brokers: (0..3).map(|id| broker(id, BrokerState::Running)).collect(),
        topics,
        groups: Known::Known(Vec::new()),
        ..Inventory::unseen(cluster_ref(cluster))
    }
}
