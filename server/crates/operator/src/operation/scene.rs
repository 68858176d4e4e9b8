//! A scene for the planner, from the objects of a cluster and a fresh look at its brokers. Pure.

use super::{edits::Dynamic, fresh::TopicSettings};
use crate::cluster::{
    build::{Blueprint, OWN_TEMPLATE, made_from},
    decide::{differences, refusal, waits_in_vain},
    labels,
    nodes::Assignment,
    observed::{Observed, is_ready},
    trouble::trouble,
};
use k8s_openapi::{
    api::{apps::v1::StatefulSet, core::v1::Pod},
    apimachinery::pkg::apis::meta::v1::Time,
};
use klamm_kafka::{
    FreshBroker, FreshLook, FreshTopic, Holdings, LogDirDescription, PartitionDescription, QuorumDescription,
    QuorumReplica,
};
use klamm_model::{BrokerId, BrokerState, Known, NodeRole, PartitionId, PoolName, Reassignment, TopicName, UnixMillis};
use klamm_planner::operations::{
    CordonedHost, Disk, FETCH_TIMEOUT_MILLIS, FeatureRange, Formation, Life, Made, Node, PartitionSeen, Quorum,
    Replicas, Scene, Storage, TopicSeen, Voter, Window, unheard,
};
use klamm_resources::{
    KafkaClusterStatus, PoolRole, PoolStorage, ValidatedPool, ValidatedRoll, managed,
    names::{annotation, label},
};
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

/// Everything a scene is made from.
pub(super) struct Sight<'a> {
    pub(super) blueprint: &'a Blueprint<'a>,
    pub(super) assignment: &'a Assignment,
    pub(super) observed: &'a Observed,
    pub(super) previous: &'a KafkaClusterStatus,
    pub(super) fresh: &'a FreshLook,
    /// Partitions that an operation has set on their way, or somebody else, as far as was seen last, with the replicas they had before.
    pub(super) moving: &'a Replicas,
    pub(super) dynamic: &'a Dynamic,
    /// Keys that topics set themselves; none where nobody has asked.
    pub(super) topic_settings: Known<&'a TopicSettings>,
    /// Nodes whose brokers read their logs after a hard end.
    pub(super) recovering: &'a BTreeSet<BrokerId>,
    /// Cordoned Kubernetes nodes, by the nodes whose pods stand there.
    pub(super) hosts: &'a BTreeMap<BrokerId, CordonedHost>,
    /// Clients that newer brokers would not answer, in sentences.
    pub(super) old_clients: Known<Vec<String>>,
    pub(super) now: UnixMillis,
}

/// The scene.
pub(super) fn scene(sight: &Sight<'_>) -> Scene {
    let fresh = sight.fresh;
    let sizes = sizes(fresh);
    let fetch_timeout = fresh.quorum_fetch_timeout.value().copied().unwrap_or(FETCH_TIMEOUT_MILLIS);
    let topic = |(name, topic): (&TopicName, &FreshTopic)| (name.clone(), topic_seen(sight, name, topic, &sizes));
    // A broker that has lost the controllers goes on showing everything in sync: of an answer whose age nobody knows nothing follows.
    let topics = fresh.topics.value().filter(|_| fresh.older_by != Known::Unknown);
    let topics: Known<BTreeMap<TopicName, TopicSeen>> = topics.map(|topics| topics.iter().map(topic).collect()).into();
    let moves = moves(sight, &topics);
    Scene {
        now: sight.now,
        nodes: nodes(sight),
        hosts: sight.hosts.clone(),
        quorum: fresh.quorum.value().map(|described| quorum(described, fetch_timeout)).into(),
        topics,
        arrived: arrived(fresh, &moves),
        moves,
        features: fresh.features.clone(),
        edits: sight.dynamic.edits.clone(),
        settings: sight.blueprint.settings(),
        dynamic: sight.dynamic.set.clone(),
        old_clients: sight.old_clients.clone(),
        formation: if sight.blueprint.identity.formed { Formation::Formed } else { Formation::Forming },
        window: window(&sight.blueprint.managed.roll, sight.now),
        gaps: fresh.unseen.iter().map(ToString::to_string).chain(sight.dynamic.gaps.clone()).collect(),
    }
}

/// What is on its way. What has arrived, and brokers have not heard of yet, is so too: the two halves of a look fit together.
fn moves(sight: &Sight<'_>, topics: &Known<BTreeMap<TopicName, TopicSeen>>) -> Known<Vec<Reassignment>> {
    let (Known::Known(topics), Known::Known(told)) = (topics, &sight.fresh.moves) else {
        return sight.fresh.moves.clone();
    };
    let mut moves = told.clone();
    moves.extend(unheard(topics, told, sight.moving));
    Known::Known(moves)
}

fn nodes(sight: &Sight<'_>) -> BTreeMap<BrokerId, Node> {
    let there = sight.assignment.nodes.iter().map(|(id, pool)| (*id, pool, Declared::Yes));
    let surplus = sight.assignment.surplus.iter().map(|(id, pool)| (*id, pool, Declared::No));
    let all =
        there.chain(surplus).filter_map(|(id, pool, declared)| Some((BrokerId(id), node(sight, id, pool, declared)?)));
    all.collect()
}

/// Whether a node is declared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Declared {
    Yes,
    No,
}

fn node(sight: &Sight<'_>, id: i32, name: &PoolName, declared: Declared) -> Option<Node> {
    let blueprint = sight.blueprint;
    let pool = blueprint.pool(name);
    let set = sight.observed.stateful_sets.get(&labels::node(blueprint.cluster, name, id));
    let pod = sight.observed.pods.get(&labels::pod(blueprint.cluster, name, id));
    let roles = roles(set, pool, sight.previous, id);
    let of_kafka = sight.fresh.brokers.value().and_then(|brokers| brokers.get(&BrokerId(id)));
    // Of a controller that is taken away nothing is left to be done once its pod is gone.
    if declared == Declared::No && set.is_none() && pod.is_none() && !roles.contains(&NodeRole::Broker) {
        return None;
    }
    let annotated = |key: &str| pod.and_then(|pod| pod.annotations().get(key).cloned());
    let made = match (declared, set, pool) {
        (Declared::No, _, _) | (Declared::Yes, _, None) => Made::Surplus,
        (Declared::Yes, None, Some(_)) => Made::Missing,
        (Declared::Yes, Some(set), Some(pool)) => made(blueprint, set, pod, pool),
    };
    let refused = pool.filter(|_| made == Made::Missing).and_then(|pool| refusal(blueprint, id, pool, sight.observed));
    Some(Node {
        pool: name.clone(),
        rack: of_kafka
            .and_then(|broker| broker.rack.clone())
            .or_else(|| annotated(annotation::RACK).filter(|rack| !rack.is_empty() && rack != "-"))
            .or_else(|| sight.previous.brokers.iter().find(|broker| broker.id == id)?.rack.clone()),
        storage: storage(pod, set, pool),
        life: match (refused, pod, set, declared) {
            (Some(why), _, _, _) => Life::Stuck(why),
            // It was evicted, or its machine is gone: nobody has taken it away, and it comes back.
            (None, None, Some(_), Declared::No) => Life::Starting,
            (None, pod, _, _) => life(pod, sight.recovering.contains(&BrokerId(id))),
        },
        serving: serving(&roles, of_kafka, &sight.fresh.brokers, pod),
        made,
        born: pod.and_then(|pod| millis(pod.metadata.creation_timestamp.as_ref())).into(),
        ready_since: pod.and_then(ready_since).into(),
        version: annotated(labels::KAFKA_VERSION).into(),
        features: of_kafka.map_or(Known::Unknown, |broker| features(&broker.supported)),
        disk: of_kafka.map_or(Known::Unknown, |broker| disk(sight, id, name, pool, &broker.disks)),
        replicas_on_disk: match of_kafka.map(|broker| &broker.disks) {
            Some(Known::Known(dirs)) => Holdings::of(dirs).count(),
            Some(Known::Unknown) | None => Known::Unknown,
        },
        roles,
    })
}

/// What runs counts, not what is declared: roles change with a restart only.
fn roles(
    set: Option<&StatefulSet>,
    pool: Option<&ValidatedPool>,
    previous: &KafkaClusterStatus,
    id: i32,
) -> BTreeSet<NodeRole> {
    let of = |role: PoolRole| match role {
        PoolRole::Broker => NodeRole::Broker,
        PoolRole::Controller => NodeRole::Controller,
    };
    if let Some(set) = set {
        let labelled = [(label::BROKER, NodeRole::Broker), (label::CONTROLLER, NodeRole::Controller)];
        return labelled
            .into_iter()
            .filter(|(name, _)| set.labels().contains_key(*name))
            .map(|(_, role)| role)
            .collect();
    }
    let remembered = previous.brokers.iter().find(|broker| broker.id == id).map(|broker| broker.roles.clone());
    match (pool, remembered) {
        (Some(pool), _) => pool.roles.iter().copied().map(of).collect(),
        (None, Some(roles)) => roles.into_iter().map(of).collect(),
        (None, None) => BTreeSet::new(),
    }
}

fn storage(pod: Option<&Pod>, set: Option<&StatefulSet>, pool: Option<&ValidatedPool>) -> Storage {
    let of_pod = pod.and_then(|pod| pod.spec.as_ref());
    let of_set = || set.and_then(|set| set.spec.as_ref()?.template.spec.as_ref());
    let volumes = of_pod.or_else(of_set).and_then(|spec| spec.volumes.as_deref());
    let data = volumes.and_then(|volumes| volumes.iter().find(|volume| volume.name == "data"));
    let is_ephemeral = match (data, pool) {
        (Some(data), _) => data.empty_dir.is_some(),
        (None, Some(pool)) => matches!(pool.storage, PoolStorage::Ephemeral { .. }),
        (None, None) => false,
    };
    if is_ephemeral { Storage::Ephemeral } else { Storage::Persistent }
}

fn life(pod: Option<&Pod>, recovers: bool) -> Life {
    let Some(pod) = pod else { return Life::Absent };
    if pod.metadata.deletion_timestamp.is_some() {
        return Life::Ending;
    }
    if waits_in_vain(pod) {
        return Life::Stuck(trouble(pod).map(|trouble| trouble.message).unwrap_or_default());
    }
    match (is_ready(pod), recovers) {
        (true, _) => Life::Ready,
        (false, true) => Life::Recovering,
        (false, false) => Life::Starting,
    }
}

fn serving(
    roles: &BTreeSet<NodeRole>,
    of_kafka: Option<&FreshBroker>,
    all: &Known<BTreeMap<BrokerId, FreshBroker>>,
    pod: Option<&Pod>,
) -> BrokerState {
    if !roles.contains(&NodeRole::Broker) {
        // Nobody lets a controller serve: it does when it is ready, and the quorum tells the rest.
        return if pod.is_some_and(is_ready) { BrokerState::Running } else { BrokerState::Down };
    }
    match (of_kafka, all) {
        (Some(broker), _) => broker.state,
        (None, Known::Known(_)) => BrokerState::Down,
        (None, Known::Unknown) => BrokerState::Unknown,
    }
}

fn made(blueprint: &Blueprint<'_>, set: &StatefulSet, pod: Option<&Pod>, pool: &ValidatedPool) -> Made {
    let differences = differences(set, pod, &made_from(blueprint, pool));
    // A newer Klamm restarts nothing by itself; whoever restarts a node gets its template.
    if differences.iter().all(|difference| difference == OWN_TEMPLATE) {
        return Made::Current;
    }
    Made::Other(differences)
}

fn millis(time: Option<&Time>) -> Option<UnixMillis> {
    time.map(|time| UnixMillis(time.0.as_millisecond()))
}

fn ready_since(pod: &Pod) -> Option<UnixMillis> {
    let conditions = pod.status.as_ref()?.conditions.as_deref()?;
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready" && condition.status == "True")?;
    millis(ready.last_transition_time.as_ref())
}

fn features(supported: &Known<BTreeMap<String, klamm_kafka::FeatureRange>>) -> Known<BTreeMap<String, FeatureRange>> {
    let range = |(name, range): (&String, &klamm_kafka::FeatureRange)| {
        (name.clone(), FeatureRange { min: range.min, max: range.max })
    };
    supported.value().map(|supported| supported.iter().map(range).collect()).into()
}

/// Room on a node's disks. Where brokers see more than the volume they were given, the volume counts, and what lies there.
fn disk(
    sight: &Sight<'_>,
    id: i32,
    name: &PoolName,
    pool: Option<&ValidatedPool>,
    dirs: &Known<Vec<LogDirDescription>>,
) -> Known<Disk> {
    let Known::Known(dirs) = dirs else { return Known::Unknown };
    let sum = |of: fn(&LogDirDescription) -> Known<u64>| {
        dirs.iter().map(of).try_fold(0u64, |sum, bytes| Some(sum.saturating_add(*bytes.value()?)))
    };
    let (Some(total), Some(usable)) = (sum(|dir| dir.total_bytes), sum(|dir| dir.usable_bytes)) else {
        return Known::Unknown;
    };
    let claim = managed::claim(sight.blueprint.cluster.name.as_str(), name.as_str(), id);
    let of_claim = sight.observed.claims.get(&claim).and_then(crate::cluster::node::requested);
    let of_pool = pool.and_then(|pool| match &pool.storage {
        PoolStorage::Ephemeral { bytes, .. } => *bytes,
        PoolStorage::Persistent { .. } => None,
    });
    match of_claim.or(of_pool).filter(|volume| *volume < total) {
        Some(volume) => Known::Known(Disk { used: Holdings::of(dirs).bytes, total: volume }),
        None => Known::Known(Disk { used: total.saturating_sub(usable), total }),
    }
}

fn quorum(described: &QuorumDescription, fetch_timeout: u64) -> Quorum {
    let voter = |replica: &QuorumReplica| {
        let state = if described.leader == Some(replica.id) {
            Voter::CaughtUp
        } else {
            Voter::following(described.millis_behind(replica), described.lag(replica), fetch_timeout)
        };
        (replica.id, state)
    };
    Quorum {
        leader: described.leader,
        voters: described.voters.iter().map(voter).collect(),
        observers: described.observers.iter().map(voter).collect(),
    }
}

/// Bytes of the largest replica of each partition, as brokers tell.
type Sizes = BTreeMap<(TopicName, PartitionId), u64>;

fn sizes(fresh: &FreshLook) -> Sizes {
    let mut sizes = Sizes::new();
    let dirs = fresh.brokers.value().into_iter().flat_map(BTreeMap::values).filter_map(|broker| broker.disks.value());
    for dir in dirs.flatten() {
        for (topic, replicas) in &dir.topics {
            for replica in replicas.iter().filter(|replica| !replica.future) {
                let largest = sizes.entry((topic.clone(), replica.partition)).or_default();
                *largest = replica.bytes.max(*largest);
            }
        }
    }
    sizes
}

/// What brokers have of replicas that are on their way to them.
fn arrived(fresh: &FreshLook, moves: &Known<Vec<Reassignment>>) -> BTreeMap<(TopicName, PartitionId), u64> {
    let mut arrived = BTreeMap::new();
    let Known::Known(brokers) = &fresh.brokers else { return arrived };
    for one in moves.value().into_iter().flatten() {
        let has = |broker: &BrokerId| {
            let dirs = brokers.get(broker)?.disks.value()?;
            let replicas = dirs.iter().filter_map(|dir| dir.topics.get(&one.topic)).flatten();
            replicas.filter(|replica| replica.partition == one.partition && !replica.future).map(|of| of.bytes).max()
        };
        let bytes = one.adding.iter().filter_map(has).fold(0_u64, u64::saturating_add);
        arrived.insert((one.topic.clone(), one.partition), bytes);
    }
    arrived
}

fn topic_seen(sight: &Sight<'_>, name: &TopicName, topic: &FreshTopic, sizes: &Sizes) -> TopicSeen {
    let partition = |described: &PartitionDescription| {
        let seen = PartitionSeen {
            replicas: described.replicas.to_vec(),
            in_sync: described.in_sync.iter().copied().collect(),
            leader: described.leader,
            bytes: sizes.get(&(name.clone(), described.id)).copied().into(),
        };
        (described.id, seen)
    };
    TopicSeen {
        min_in_sync: topic.min_in_sync,
        partitions: topic.partitions.iter().map(partition).collect(),
        config: sight.topic_settings.value().and_then(|all| all.get(name)).cloned().into(),
    }
}

/// When steps may begin.
pub(super) fn window(roll: &ValidatedRoll, now: UnixMillis) -> Window {
    match (roll.is_open_at(now), roll.turns_at(now)) {
        (true, None) => Window::Always,
        (true, Some(then)) => Window::OpenUntil(then),
        (false, Some(then)) => Window::ClosedUntil(then),
        // A window that never opens is refused when it is declared.
        (false, None) => Window::ClosedUntil(UnixMillis(i64::MAX)),
    }
}
