//! A model world in which replicas are on their way, and nodes come and go. It stands on the world of rolls, and like that one it
//! knows nothing of the planner but its acts.

use super::super::{
    lives::topic_name,
    world::{Place, Pod, World, WorldNode, WorldPartition, WorldTopic},
};
use klamm_model::{BrokerId, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of every disk: room enough, unless somebody fills it.
pub(super) const DISK: u64 = 1 << 30;

/// Seconds by which what brokers say may be older than what the controller does.
pub(super) const OLDEST: i64 = 2;

/// Who set replicas on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    /// Somebody else, who leaves them where they were if they have not arrived by then.
    Theirs {
        until: i64,
    },
}

/// Replicas of a partition on their way.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) whose: Whose,
    pub(super) to: Vec<BrokerId>,
    pub(super) adding: Vec<BrokerId>,
    pub(super) removing: Vec<BrokerId>,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// It was refused, or a part of it: whoever asked is told so, and asks again.
    Tripped,
}

#[derive(Clone, Debug)]
pub(super) struct Fleet {
    /// Its nodes with `controller` vote.
    pub(super) world: World,
    /// Nodes that are controllers, with or without a vote.
    pub(super) controllers: BTreeSet<BrokerId>,
    /// Declared, and not there.
    pub(super) missing: BTreeSet<BrokerId>,
    /// There, and not declared.
    pub(super) surplus: BTreeSet<BrokerId>,
    /// Taken away by us; gone once the controller has forgotten them.
    pub(super) removed: BTreeSet<BrokerId>,
    /// They never come back.
    pub(super) dead: BTreeSet<BrokerId>,
    /// Brokers that somebody wants to be empty.
    pub(super) drained: BTreeSet<BrokerId>,
    pub(super) moves: BTreeMap<Place, Way>,
    /// How many replicas partitions of a topic are to have in the end.
    pub(super) factors: BTreeMap<TopicName, usize>,
    /// Replicas as they last were while nothing was on its way, in their order.
    pub(super) rightful: BTreeMap<Place, Vec<BrokerId>>,
    /// Partitions that somebody else has moved.
    pub(super) touched: BTreeSet<Place>,
    /// Brokers on which we limit replication, and to how many bytes a second.
    pub(super) limits: BTreeMap<BrokerId, u64>,
    pub(super) limited: BTreeMap<TopicName, BTreeSet<PartitionId>>,
    /// Brokers on which somebody else does: those are left alone.
    pub(super) foreign_limits: BTreeSet<BrokerId>,
    /// Brokers that were told to take no replicas.
    pub(super) cordoned: BTreeSet<BrokerId>,
    /// Whether new topics keep off those, as from Kafka 4.3 on.
    pub(super) cordons_hold: bool,
    /// Brokers whose disks others have filled, until then.
    pub(super) full: BTreeMap<BrokerId, i64>,
    /// Brokers that serve and do not answer us, until then.
    pub(super) silent: BTreeMap<BrokerId, i64>,
    /// What is said of partitions is older than what is said of moves, until then.
    pub(super) older_until: i64,
    /// Partitions whose replicas are told as they were a moment ago, until then.
    pub(super) shown: BTreeMap<Place, (Vec<BrokerId>, i64)>,
    /// What lies on disks and is about to be deleted, then; and as soon as the broker serves.
    pub(super) leftovers: BTreeMap<(BrokerId, Place), i64>,
    /// Seconds that a replica takes to be copied, at least.
    pub(super) copying: i64,
    /// Whether a move is over once those that come are in sync. Otherwise all that are to be there have to be, as in Kafka now.
    pub(super) hasty: bool,
    pub(super) created: usize,
    /// What a move of ours did to a partition.
    pub(super) harm: Option<String>,
}

/// Bytes of one replica: some partitions are empty.
pub(super) fn bytes((_, partition): &Place) -> u64 {
    if partition.0 % 3 == 0 { 0 } else { 4 << 20 }
}

impl Fleet {
    pub(super) fn new(world: World) -> Self {
        let controllers = world.nodes.iter().filter(|(_, node)| node.controller).map(|(id, _)| *id).collect();
        let mut fleet = Self {
            controllers,
            missing: BTreeSet::new(),
            surplus: BTreeSet::new(),
            removed: BTreeSet::new(),
            dead: BTreeSet::new(),
            drained: BTreeSet::new(),
            moves: BTreeMap::new(),
            factors: BTreeMap::new(),
            rightful: BTreeMap::new(),
            touched: BTreeSet::new(),
            limits: BTreeMap::new(),
            limited: BTreeMap::new(),
            foreign_limits: BTreeSet::new(),
            cordoned: BTreeSet::new(),
            cordons_hold: false,
            full: BTreeMap::new(),
            silent: BTreeMap::new(),
            older_until: 0,
            shown: BTreeMap::new(),
            leftovers: BTreeMap::new(),
            copying: 2,
            hasty: false,
            created: 0,
            harm: None,
            world,
        };
        for (topic, of) in fleet.world.topics.clone() {
            for (id, partition) in of.partitions {
                fleet.factors.insert(topic.clone(), partition.replicas.len());
                fleet.rightful.insert((topic.clone(), id), partition.replicas);
            }
        }
        fleet
    }

    pub(super) fn serves(&self, id: BrokerId) -> bool {
        self.world.nodes.get(&id).is_some_and(|node| node.serves(self.world.now))
    }

    pub(super) fn serving(&self) -> BTreeSet<BrokerId> {
        self.world.nodes.keys().copied().filter(|id| self.serves(*id)).collect()
    }

    /// Whether faults may befall it.
    pub(super) fn is_there(&self, id: BrokerId) -> bool {
        self.world.nodes.contains_key(&id)
            && ![&self.missing, &self.removed, &self.dead].iter().any(|of| of.contains(&id))
    }

    /// Brokers that are to get nothing any more.
    pub(super) fn leaving(&self) -> BTreeSet<BrokerId> {
        &self.surplus | &self.drained
    }

    pub(super) fn places(&self) -> Vec<Place> {
        let topics = self.world.topics.iter();
        topics.flat_map(|(topic, of)| of.partitions.keys().map(|id| (topic.clone(), *id))).collect()
    }

    pub(super) fn partition(&self, (topic, id): &Place) -> Option<&WorldPartition> {
        self.world.topics.get(topic)?.partitions.get(id)
    }

    pub(super) fn partition_mut(&mut self, (topic, id): &Place) -> Option<&mut WorldPartition> {
        self.world.topics.get_mut(topic)?.partitions.get_mut(id)
    }

    /// Partitions that have a replica there, or are about to.
    pub(super) fn held(&self, id: BrokerId) -> Vec<Place> {
        let has = |place: &Place| self.partition(place).is_some_and(|partition| partition.replicas.contains(&id));
        self.places().into_iter().filter(has).collect()
    }

    /// Replicas in its own log dirs.
    pub(super) fn on_disk(&self, id: BrokerId) -> usize {
        self.held(id).len() + self.leftovers.keys().filter(|(of, _)| *of == id).count()
    }

    /// Bytes that are taken of its disk.
    pub(super) fn used(&self, id: BrokerId) -> u64 {
        if self.full.contains_key(&id) { DISK } else { self.held(id).iter().map(bytes).sum() }
    }

    /// Partitions that lack replicas which do not leave, and which are not on their way, nor were so a moment ago.
    pub(super) fn lacking(&self) -> Vec<Place> {
        let leaving = self.leaving();
        let lacks = |place: &Place| {
            let is_on_its_way = self.moves.contains_key(place) || self.shown.contains_key(place);
            let partition = self.partition(place).filter(|_| !is_on_its_way);
            partition.is_some_and(|partition| {
                partition.replicas.iter().any(|id| !partition.in_sync.contains(id) && !leaving.contains(id))
            })
        };
        self.places().into_iter().filter(lacks).collect()
    }

    /// A node as the others are.
    pub(super) fn add_node(&mut self, id: BrokerId, pod: Pod) {
        let has_racks = self.world.nodes.values().any(|node| node.rack.is_some());
        let rack = has_racks.then(|| ["a", "b", "c"][usize::try_from(id.0).unwrap() % 3].to_owned());
        let make = self.world.declared.clone();
        let node = WorldNode {
            broker: true,
            controller: false,
            rack,
            pod,
            runs: make.clone(),
            template: make,
            born: -1000,
            ready_since: -1000,
            fenced_until: 0,
            behind: 0,
            taken: false,
            is_new: false,
        };
        self.world.nodes.insert(id, node);
    }

    /// A topic comes, as Kafka places it: on brokers that serve, also on those that are being emptied, unless they were told.
    pub(super) fn create_topic(&mut self, at: usize) {
        let kept_off = |id: &BrokerId| self.cordons_hold && self.cordoned.contains(id);
        let takes: Vec<BrokerId> = self.serving().into_iter().filter(|id| !kept_off(id)).collect();
        if takes.is_empty() || self.world.active.is_none() {
            return;
        }
        let name = topic_name(10 + self.created);
        self.created += 1;
        let factor = takes.len().min(3);
        let mut partitions = BTreeMap::new();
        for index in 0..=at % 3 {
            let replicas: Vec<BrokerId> = (0..factor).map(|n| takes[(at + index + n) % takes.len()]).collect();
            let id = PartitionId(i32::try_from(index).unwrap());
            self.rightful.insert((name.clone(), id), replicas.clone());
            let in_sync = replicas.iter().copied().collect();
            let leader = replicas.first().copied();
            partitions.insert(id, WorldPartition { replicas, in_sync, leader, catches_up: BTreeMap::new() });
        }
        self.factors.insert(name.clone(), factor);
        self.world.topics.insert(name, WorldTopic { minimum: if factor > 2 { 2 } else { 1 }, partitions });
    }

    pub(super) fn drop_topic(&mut self, at: usize) {
        let Some(name) = self.world.topics.keys().nth(at % self.world.topics.len().max(1)).cloned() else { return };
        self.world.topics.remove(&name);
        self.limited.remove(&name);
        self.moves.retain(|(topic, _), _| *topic != name);
        self.shown.retain(|(topic, _), _| *topic != name);
        self.rightful.retain(|(topic, _), _| *topic != name);
        self.leftovers.retain(|(_, (topic, _)), _| *topic != name);
    }

    /// Replicas are set on their way; where nothing comes, they may have arrived at once.
    pub(super) fn set_going(&mut self, place: &Place, to: &[BrokerId], whose: Whose) {
        let (now, copying) = (self.world.now, self.copying);
        self.shown.remove(place);
        let Some(partition) = self.partition_mut(place) else { return };
        let from = partition.replicas.clone();
        let adding: Vec<BrokerId> = to.iter().copied().filter(|id| !from.contains(id)).collect();
        let removing: Vec<BrokerId> = from.iter().copied().filter(|id| !to.contains(id)).collect();
        partition.replicas = to.iter().chain(&removing).copied().collect();
        for (id, after) in adding.iter().zip(1_i64..) {
            partition.catches_up.insert(*id, now + copying + after + i64::from(place.1.0 % 3));
        }
        if adding.is_empty() && removing.is_empty() {
            self.rightful.insert(place.clone(), to.to_vec());
            return;
        }
        self.moves.insert(place.clone(), Way { whose, to: to.to_vec(), adding, removing });
        self.settle(place);
    }

    /// A move is over once replicas enough are in sync; those that go are deleted a moment later.
    fn settle(&mut self, place: &Place) {
        let now = self.world.now;
        let Some(way) = self.moves.get(place).cloned().filter(|_| self.world.active.is_some()) else { return };
        let Some(topic) = self.world.topics.get_mut(&place.0) else { return };
        let minimum = topic.minimum as usize;
        let Some(partition) = topic.partitions.get_mut(&place.1) else { return };
        let awaited = if self.hasty { &way.adding } else { &way.to };
        let left: BTreeSet<BrokerId> =
            partition.in_sync.iter().copied().filter(|id| !way.removing.contains(id)).collect();
        if left.is_empty() || !awaited.iter().all(|id| left.contains(id)) {
            return;
        }
        // Of those it had before. What has fallen out by itself is nobody's doing.
        let without = partition.in_sync.iter().filter(|id| !way.adding.contains(id)).count();
        if way.whose == Whose::Ours && left.len() < minimum && without >= minimum {
            let (topic, id) = place;
            self.harm = Some(format!(
                "second {now}: {topic}-{id} needs {minimum} in sync, had {:?}, and has {left:?} through a move of ours",
                partition.in_sync
            ));
        }
        let before = std::mem::replace(&mut partition.replicas, way.to.clone());
        partition.in_sync = left;
        for id in &way.removing {
            partition.catches_up.remove(id);
            self.leftovers.insert((*id, place.clone()), now + 2);
        }
        if now < self.older_until {
            self.shown.insert(place.clone(), (before, now + OLDEST));
        }
        self.rightful.insert(place.clone(), way.to);
        self.moves.remove(place);
        self.lead(place);
    }

    /// Leaves replicas where they were before: those that were to go are last from now on, as in Kafka.
    pub(super) fn call_back(&mut self, place: &Place) -> Outcome {
        let now = self.world.now;
        let Some(way) = self.moves.get(place).cloned() else { return Outcome::Done };
        let Some(partition) = self.partition_mut(place) else { return Outcome::Done };
        let left: BTreeSet<BrokerId> =
            partition.in_sync.iter().copied().filter(|id| !way.adding.contains(id)).collect();
        // Whoever would lead then lacks what the new ones have.
        if left.is_empty() {
            return Outcome::Tripped;
        }
        partition.in_sync = left;
        let before = partition.replicas.clone();
        partition.replicas.retain(|id| !way.adding.contains(id));
        partition.catches_up.retain(|id, _| !way.adding.contains(id));
        self.leftovers.extend(way.adding.into_iter().map(|id| ((id, place.clone()), now + 2)));
        self.moves.remove(place);
        // What is called back because a disk is full may be planned anew before brokers have heard of it: that is another matter.
        if now < self.older_until && self.full.is_empty() {
            self.shown.insert(place.clone(), (before, now + OLDEST));
        }
        self.lead(place);
        Outcome::Done
    }

    /// Somebody leads who is there and in sync, where there is one.
    fn lead(&mut self, place: &Place) {
        let serving = self.serving();
        let Some(partition) = self.partition_mut(place) else { return };
        let may = |id: &BrokerId| partition.replicas.contains(id) && partition.in_sync.contains(id);
        if partition.leader.is_none_or(|id| !may(&id)) {
            partition.leader = partition.replicas.iter().copied().find(|id| serving.contains(id) && may(id));
        }
    }

    /// A second goes by.
    pub(super) fn tick(&mut self) {
        self.hold_back();
        self.world.tick();
        let now = self.world.now;
        for id in &self.removed {
            if let Some(node) = self.world.nodes.get_mut(id)
                && matches!(node.pod, Pod::Absent { .. })
            {
                node.pod = Pod::Absent { until: i64::MAX };
            }
        }
        for place in self.moves.keys().cloned().collect::<Vec<_>>() {
            self.settle(&place);
        }
        self.end_foreign_moves();
        let serving = self.serving();
        self.leftovers.retain(|(id, _), until| *until > now || !serving.contains(id));
        self.shown.retain(|_, (_, until)| *until > now);
        self.full.retain(|_, until| *until > now);
        self.silent.retain(|_, until| *until > now);
    }

    /// Nothing comes in on a disk that is full.
    fn hold_back(&mut self) {
        let later = self.world.now + 3;
        for (place, way) in &self.moves {
            let partition = self.world.topics.get_mut(&place.0).and_then(|topic| topic.partitions.get_mut(&place.1));
            let Some(partition) = partition else { continue };
            for id in way.adding.iter().filter(|id| self.full.contains_key(id)) {
                if !partition.in_sync.contains(id) {
                    partition.catches_up.insert(*id, later);
                }
            }
        }
    }

    fn end_foreign_moves(&mut self) {
        if self.world.active.is_none() {
            return;
        }
        let now = self.world.now;
        let is_over = |way: &Way| matches!(way.whose, Whose::Theirs { until } if until <= now);
        let over: Vec<Place> =
            self.moves.iter().filter(|(_, way)| is_over(way)).map(|(place, _)| place.clone()).collect();
        for place in over {
            if self.call_back(&place) == Outcome::Done
                && let Some(replicas) = self.partition(&place).map(|partition| partition.replicas.clone())
            {
                self.rightful.insert(place, replicas);
            }
        }
    }
}
