//! What the mover is told: where replicas are, where they may go, and what is wanted.

use klamm_model::{BrokerId, BrokerState, Inventory, Known, NamedPartition, NodeRole, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// A cluster as the mover sees it. Nothing of it changes while a plan is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// Every broker that holds replicas or may. One that only replicas name counts as gone.
    pub brokers: BTreeMap<BrokerId, BrokerRoom>,
    /// Where replicas are, by topic.
    pub topics: Vec<TopicReplicas>,
    /// Partitions that are on their way already, by whomever. They are counted where they are told to be, and left alone.
    pub moving: BTreeMap<TopicName, BTreeSet<PartitionId>>,
    /// What stays free on every disk.
    pub reserve: Reserve,
}

/// A broker as a place for replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerRoom {
    /// `broker.rack`. Brokers without one are one rack together where others have one.
    pub rack: Option<String>,
    /// Its disks together. Where they are unknown, nothing is refused because of them, and a remark says so.
    pub disk: Known<Disk>,
    /// Whether replicas may come to it.
    pub standing: Standing,
}

/// The disks of a broker, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// What they hold in all.
    pub capacity: u64,
    /// What is on them, by whomever.
    pub used: u64,
}

/// Whether a broker takes replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It serves, and may get more.
    Takes,
    /// It serves, and gets nothing any more.
    Leaves,
    /// It does not serve. It may come back, so that its replicas stay where they are unless somebody says that it leaves.
    Gone,
}

/// The replicas of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicReplicas {
    /// Its name.
    pub topic: TopicName,
    /// Its partitions.
    pub partitions: Vec<PartitionReplicas>,
}

/// The replicas of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionReplicas {
    /// Its index.
    pub id: PartitionId,
    /// Where it is; the first is the preferred leader.
    pub replicas: Box<[BrokerId]>,
    /// Bytes of one replica.
    pub size: Known<u64>,
}

/// What stays free on every disk that gets replicas, in percent of its capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reserve(pub u8);

impl Default for Reserve {
    /// A tenth: enough for hours of writing at the pace that fills a disk in four days.
    fn default() -> Self {
        Self(10)
    }
}

impl Reserve {
    /// How many bytes of a disk may be used.
    pub(crate) fn usable(self, capacity: u64) -> u64 {
        let kept = u128::from(capacity) * u128::from(self.0.min(100)) / 100;
        capacity.saturating_sub(u64::try_from(kept).unwrap_or(capacity))
    }
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Replicas, preferred leaders and bytes are spread as evenly as racks allow; what is on brokers that leave goes to others.
    Spread(Scope),
    /// Brokers that came get their share. Nobody else gets anything, except where brokers of one rack would go on to differ by more
    /// than one replica.
    Fill {
        /// Who came.
        joined: BTreeSet<BrokerId>,
    },
    /// Brokers are emptied, and nothing else moves.
    Evacuate {
        /// Who is to be empty, whether it serves or not.
        leaving: BTreeSet<BrokerId>,
    },
    /// All partitions of these topics get that many replicas.
    Factor(BTreeMap<TopicName, usize>),
    /// Partitions go where somebody says.
    Place(BTreeMap<NamedPartition, Vec<BrokerId>>),
}

/// What is spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All topics together.
    Everything,
    /// These topics, as if they were alone; others stay where they are.
    Topics(BTreeSet<TopicName>),
}

impl Situation {
    /// From what was observed. Brokers that do not serve are gone, those of `cordoned` leave. A partition that is being moved counts
    /// as being where it goes; the caller says which of those moves are somebody else's.
    pub fn seen(inventory: &Inventory, cordoned: &BTreeSet<BrokerId>) -> Self {
        let brokers = inventory.brokers.iter().filter(|node| node.roles.contains(&NodeRole::Broker));
        let brokers = brokers.map(|broker| (broker.id, room_of(broker, cordoned.contains(&broker.id)))).collect();
        let mut removed: BTreeMap<&TopicName, BTreeMap<PartitionId, &[BrokerId]>> = BTreeMap::new();
        for running in inventory.reassignments.value().into_iter().flatten() {
            removed.entry(&running.topic).or_default().insert(running.partition, &running.removing);
        }
        let topics = inventory.topics.iter().map(|topic| {
            let on_their_way = removed.get(&topic.name);
            let partitions = topic.partitions.iter().map(|partition| {
                let leaves = on_their_way.and_then(|of| of.get(&partition.id)).copied().unwrap_or_default();
                let stays = partition.replicas.iter().copied().filter(|broker| !leaves.contains(broker));
                PartitionReplicas { id: partition.id, replicas: stays.collect(), size: partition.size_bytes }
            });
            TopicReplicas { topic: topic.name.clone(), partitions: partitions.collect() }
        });
        Self { brokers, topics: topics.collect(), moving: BTreeMap::new(), reserve: Reserve::default() }
    }
}

fn room_of(broker: &klamm_model::Broker, is_cordoned: bool) -> BrokerRoom {
    let standing = match (broker.state, is_cordoned) {
        (BrokerState::Running, false) => Standing::Takes,
        (BrokerState::Running, true) => Standing::Leaves,
        (BrokerState::Fenced | BrokerState::Down | BrokerState::Unknown, _) => Standing::Gone,
    };
    let disk = broker.log_dirs.value().and_then(|dirs| {
        let (mut capacity, mut free) = (0_u64, 0_u64);
        for dir in dirs.iter().filter(|dir| !dir.offline) {
            capacity = capacity.saturating_add(*dir.total_bytes.value()?);
            free = free.saturating_add(*dir.usable_bytes.value()?);
        }
        (capacity > 0).then(|| Disk { capacity, used: capacity.saturating_sub(free) })
    });
    BrokerRoom { rack: broker.rack.clone(), disk: disk.into(), standing }
}
