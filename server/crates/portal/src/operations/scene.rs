//! A cluster as plans want it, from the inventory and from how it is declared and would be. Pure.
//!
//! The operator makes its own scene from what it has just seen; this one is for plans that people look at before they ask. What the
//! inventory does not tell is unknown here too, but for two moments: of a node that serves it is assumed that it was made, and has
//! been well, for long enough. Both are looked at when something is done.

use klamm_model::{
    Broker, BrokerId, BrokerState, ConfigSource, Inventory, Known, MinInSync, NodeRole, PoolName, QuorumVoter, Topic,
    UnixMillis,
};
use klamm_planner::{
    nodes::{NodeAssignment, PoolWish, assign_ids},
    operations::{
        DISK_RESERVE_PERCENT, Disk, FETCH_TIMEOUT_MILLIS, Features, Formation, Life, METADATA, Made, Node,
        PartitionSeen, Quorum, Release, Rules, Scene, Scope, Storage, TopicSeen, Voter, Window, level_of,
    },
};
use klamm_resources::{
    ClusterShape, KafkaCluster, ManagedCluster, PoolRole, PoolStorage, ValidatedCluster, ValidatedPool, ValidatedRoll,
    is_dynamic_setting,
};
use std::collections::{BTreeMap, BTreeSet};

use super::wish::Wanted;

/// Since ever.
const LONG_AGO: UnixMillis = UnixMillis(0);

/// How a cluster is declared, checked; or why it cannot be planned for.
pub(super) fn managed(cluster: &KafkaCluster) -> Result<ManagedCluster, String> {
    match ValidatedCluster::from_resource(cluster).map_err(|error| error.to_string())?.shape {
        ClusterShape::Managed(managed) => Ok(*managed),
        ClusterShape::External(_) => Err("Klamm does not run this cluster: whoever does changes it".to_owned()),
    }
}

/// A cluster as it is, and as it would be declared.
pub(super) struct Declarations<'a> {
    pub(super) standing: &'a ManagedCluster,
    pub(super) wished: &'a ManagedCluster,
    /// The ids that were given away, with their pools.
    pub(super) nodes: BTreeMap<BrokerId, PoolName>,
}

/// The ids that were given away: as the status of the cluster says, or as far as they were seen.
pub(super) fn given_ids(cluster: &KafkaCluster, inventory: &Inventory) -> BTreeMap<BrokerId, PoolName> {
    let told = cluster.status.iter().flat_map(|status| &status.brokers);
    let told: BTreeMap<_, _> = told.filter_map(|node| Some((BrokerId(node.id), node.pool.parse().ok()?))).collect();
    if told.is_empty() {
        return inventory.brokers.iter().filter_map(|broker| Some((broker.id, broker.pool.clone()?))).collect();
    }
    told
}

/// The scene.
pub(super) fn scene(inventory: &Inventory, declared: &Declarations<'_>, now: UnixMillis) -> Scene {
    let wishes: Vec<PoolWish> = declared.wished.pools.iter().map(pool_wish).collect();
    let assignment = assign_ids(&wishes, &declared.nodes);
    let (edits, restarts) = settings(declared);
    let seen = inventory.observed_at != Known::Unknown;
    Scene {
        now,
        nodes: nodes(inventory, declared, &assignment, &restarts),
        // The inventory knows of no Kubernetes node: the operator looks at them before it does anything.
        hosts: BTreeMap::new(),
        quorum: quorum(inventory).into(),
        topics: seen.then(|| inventory.topics.iter().map(|topic| topic_seen(inventory, topic)).collect()).into(),
        moves: inventory.reassignments.clone(),
        features: features(inventory),
        edits,
        settings: declared.wished.config.clone(),
        dynamic: Known::Unknown,
        old_clients: Known::Unknown,
        formation: if inventory.cluster_id == Known::Unknown { Formation::Forming } else { Formation::Formed },
        window: window(&declared.wished.roll, now),
        gaps: inventory.gaps.iter().map(|gap| gap.reason.clone()).collect(),
        // A plan that begins now counts all of what is on its way.
        arrived: BTreeMap::new(),
    }
}

/// What the declaration says of operations.
pub(super) fn rules(roll: &ValidatedRoll, wanted: &Wanted) -> Rules {
    Rules {
        isr_headroom: roll.isr_headroom,
        soak_seconds: roll.soak.as_secs(),
        finalise_soak_seconds: roll.finalise_soak.as_secs(),
        max_under_replicated: u64::from(roll.max_under_replicated),
        accept_unavailable: wanted.accepts.clone(),
        throttle: wanted.throttle.and_then(|bytes| u64::try_from(bytes).ok()),
        disk_reserve_percent: DISK_RESERVE_PERCENT,
    }
}

/// What nodes of a pool have as a disk, in bytes.
pub(super) fn disk_of(cluster: &ManagedCluster, pool: &PoolName) -> Option<u64> {
    match cluster.pools.iter().find(|of| of.name == *pool)?.storage {
        PoolStorage::Persistent { bytes, .. } => Some(bytes),
        PoolStorage::Ephemeral { .. } => None,
    }
}

fn pool_wish(pool: &ValidatedPool) -> PoolWish {
    PoolWish { name: pool.name.clone(), replicas: pool.replicas, leaving: pool.leaving.clone() }
}

type Edits = Vec<(Scope, String, Option<String>)>;

/// Settings that would be another: those that running brokers take, and the fields for which nodes are made anew.
fn settings(declared: &Declarations<'_>) -> (Edits, BTreeSet<String>) {
    let (before, after) = (&declared.standing.config, &declared.wished.config);
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    let (dynamic, others): (Vec<&String>, Vec<&String>) =
        changed.partition(|key| is_dynamic_setting(key, declared.standing.version));
    let edit = |key: &String| (Scope::Cluster, key.clone(), after.get(key).cloned());
    (dynamic.into_iter().map(edit).collect(), others.into_iter().map(|key| format!("config {key}")).collect())
}

fn nodes(
    inventory: &Inventory,
    declared: &Declarations<'_>,
    assignment: &NodeAssignment,
    restarts: &BTreeSet<String>,
) -> BTreeMap<BrokerId, Node> {
    let held = held(inventory);
    let pools: BTreeMap<&PoolName, &ValidatedPool> =
        declared.standing.pools.iter().chain(&declared.wished.pools).map(|pool| (&pool.name, pool)).collect();
    let there = declared.nodes.iter().map(|(id, pool)| {
        let broker = inventory.brokers.iter().find(|broker| broker.id == *id);
        let made = if assignment.surplus.contains_key(id) { Made::Surplus } else { made(broker, declared, restarts) };
        (*id, node(broker, pool, pools.get(pool).copied(), made, held.get(id).copied().unwrap_or_default()))
    });
    let coming = assignment.added.iter().map(|(id, pool)| {
        let of = pools.get(pool).copied();
        (*id, node(None, pool, of, Made::Missing, 0))
    });
    there.chain(coming).collect()
}

/// How many replicas lie where.
fn held(inventory: &Inventory) -> BTreeMap<BrokerId, u64> {
    let mut held = BTreeMap::new();
    for replica in inventory.topics.iter().flat_map(|topic| &topic.partitions).flat_map(|partition| &partition.replicas)
    {
        *held.entry(*replica).or_default() += 1;
    }
    held
}

/// What a node is made from, against what would be declared.
fn made(broker: Option<&Broker>, declared: &Declarations<'_>, restarts: &BTreeSet<String>) -> Made {
    let wished = declared.wished.version.to_string();
    let runs = broker.and_then(|broker| broker.version.value());
    let is_other = match runs {
        // Brokers tell their release line only, where nobody knows better.
        Some(runs) if runs.split('.').count() < 3 => !wished.starts_with(&format!("{runs}.")),
        Some(runs) => *runs != wished,
        None => declared.standing.version != declared.wished.version,
    };
    let fields: BTreeSet<String> =
        is_other.then(|| Made::VERSION.to_owned()).into_iter().chain(restarts.iter().cloned()).collect();
    if fields.is_empty() { Made::Current } else { Made::Other(fields) }
}

fn node(broker: Option<&Broker>, pool: &PoolName, of: Option<&ValidatedPool>, made: Made, held: u64) -> Node {
    let roles = of.map(|pool| {
        pool.roles.iter().map(|role| match role {
            PoolRole::Broker => NodeRole::Broker,
            PoolRole::Controller => NodeRole::Controller,
        })
    });
    let roles: BTreeSet<NodeRole> = roles.into_iter().flatten().collect();
    let storage = match of.map(|pool| &pool.storage) {
        Some(PoolStorage::Ephemeral { .. }) => Storage::Ephemeral,
        Some(PoolStorage::Persistent { .. }) | None => Storage::Persistent,
    };
    let Some(broker) = broker else {
        return Node {
            pool: pool.clone(),
            roles,
            rack: None,
            storage,
            life: Life::Absent,
            serving: BrokerState::Down,
            made,
            born: Known::Unknown,
            ready_since: Known::Unknown,
            version: Known::Unknown,
            features: Known::Unknown,
            disk: Known::Unknown,
            replicas_on_disk: Known::Known(0),
        };
    };
    let life = match broker.state {
        BrokerState::Running | BrokerState::Unknown => Life::Ready,
        BrokerState::Fenced => Life::Starting,
        BrokerState::Down => Life::Absent,
    };
    Node {
        pool: pool.clone(),
        roles,
        rack: broker.rack.clone(),
        storage,
        life,
        serving: broker.state,
        made,
        born: Known::Known(LONG_AGO),
        ready_since: Known::Known(LONG_AGO),
        version: broker.version.clone(),
        features: broker.version.value().and_then(|version| can(version)).into(),
        disk: disk(broker).into(),
        replicas_on_disk: Known::Known(held),
    }
}

/// Levels that software of a version can do.
fn can(version: &str) -> Option<Features> {
    let release = Release::of(version)?;
    let others = release.features.iter().map(|(name, _)| *name);
    Some(others.chain([METADATA]).map(|name| (name.to_owned(), release.range(name))).collect())
}

fn disk(broker: &Broker) -> Option<Disk> {
    let dirs = broker.log_dirs.value()?;
    let mut disk = Disk { used: 0, total: 0 };
    for dir in dirs.iter().filter(|dir| !dir.offline) {
        let (total, usable) = (*dir.total_bytes.value()?, *dir.usable_bytes.value()?);
        disk.total = disk.total.saturating_add(total);
        disk.used = disk.used.saturating_add(total.saturating_sub(usable));
    }
    (disk.total > 0).then_some(disk)
}

fn quorum(inventory: &Inventory) -> Option<Quorum> {
    let quorum = inventory.quorum.value()?;
    let leader = quorum.leader.and_then(|leader| quorum.voters.iter().find(|voter| voter.id == leader));
    let newest = leader.map_or(Known::Unknown, |leader| leader.last_caught_up);
    let seen = |all: &[QuorumVoter]| {
        let each = |voter: &QuorumVoter| (voter.id, standing(voter, quorum.leader, newest));
        all.iter().map(each).collect::<BTreeMap<_, _>>()
    };
    Some(Quorum { leader: quorum.leader, voters: seen(&quorum.voters), observers: seen(&quorum.observers) })
}

/// Whether one has everything. Whoever does not tell is behind by nobody knows how much.
pub(super) fn standing(voter: &QuorumVoter, leader: Option<BrokerId>, newest: Known<UnixMillis>) -> Voter {
    if leader == Some(voter.id) {
        return Voter::CaughtUp;
    }
    let behind = match (voter.last_caught_up, newest) {
        (Known::Known(at), Known::Known(newest)) => {
            Known::Known(u64::try_from(newest.0.saturating_sub(at.0)).unwrap_or(0))
        }
        (Known::Unknown, _) | (_, Known::Unknown) => Known::Unknown,
    };
    Voter::following(behind, voter.lag, FETCH_TIMEOUT_MILLIS)
}

/// Levels in force. Where features were not seen, that of the metadata version alone.
pub(super) fn features(inventory: &Inventory) -> Known<BTreeMap<String, i16>> {
    if inventory.features != Known::Unknown {
        return inventory.features.clone();
    }
    let level = inventory.metadata_version.value().and_then(|name| level_of(name));
    level.map(|level| BTreeMap::from([(METADATA.to_owned(), level)])).into()
}

fn topic_seen(inventory: &Inventory, topic: &Topic) -> (klamm_model::TopicName, TopicSeen) {
    let first = topic.partitions.first();
    let leads = first.and_then(|partition| partition.leader.or_else(|| partition.replicas.first().copied()));
    let minimum = MinInSync::of(topic);
    let partitions = topic.partitions.iter().map(|partition| {
        let seen = PartitionSeen {
            replicas: partition.replicas.to_vec(),
            in_sync: partition.in_sync.iter().copied().collect(),
            leader: partition.leader,
            bytes: partition.size_bytes,
        };
        (partition.id, seen)
    });
    let own = topic.config.value().map(|config| {
        let set = config.iter().filter(|(_, entry)| entry.source == ConfigSource::Topic);
        set.filter_map(|(key, entry)| Some((key.clone(), entry.value.clone()?))).collect()
    });
    let seen = TopicSeen {
        min_in_sync: leads.map_or(Known::Unknown, |leads| minimum.at(inventory.defaults.value(), leads)),
        partitions: partitions.collect(),
        config: own.into(),
    };
    (topic.name.clone(), seen)
}

/// Whether steps may begin.
fn window(roll: &ValidatedRoll, now: UnixMillis) -> Window {
    match (roll.is_open_at(now), roll.turns_at(now)) {
        (true, Some(until)) => Window::OpenUntil(until),
        (false, Some(until)) => Window::ClosedUntil(until),
        (_, None) => Window::Always,
    }
}
