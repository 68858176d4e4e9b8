//! Which partitions go next.
//!
//! What copies nothing goes at once, and beside everything else what copies next to nothing. Of the others the smallest go first as long as nobody knows how quickly they go: that is soon
//! known, and little is lost where something has to be taken back. From then on the largest go first, because the one that is
//! left in the end goes alone, and everything is done when that is.

use crate::mover::Move;
use klamm_model::{BrokerId, Known, NamedPartition};
use std::{cmp::Reverse, collections::BTreeMap};

/// A partition that is yet to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which one.
    pub partition: NamedPartition,
    /// Who gets a replica.
    pub adding: Vec<BrokerId>,
    /// Who leads it now, and sends it to them; none where it is offline.
    pub source: Option<BrokerId>,
    /// Bytes of one replica.
    pub size: Known<u64>,
}

impl Waiting {
    /// Of a plan, and led by whoever leads it now.
    pub fn of(planned: &Move, leader: Option<BrokerId>) -> Self {
        let adding: Vec<BrokerId> = planned.adding().collect();
        let copies = (adding.len() as u64).max(1);
        Self {
            partition: planned.partition.clone(),
            source: leader,
            size: planned.bytes.map(|all| all / copies),
            adding,
        }
    }
}

/// A partition on its way, by whomever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copying {
    /// Who gets a replica.
    pub adding: Vec<BrokerId>,
    /// Who sends it.
    pub source: Option<BrokerId>,
    /// Bytes that one of them has still to get.
    pub left: Known<u64>,
}

/// How much may go at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Replicas that one broker gets, and that it sends, at a time. With 0 nothing is copied that is not on its way.
    pub per_broker: u32,
    /// Partitions on their way in all: the controller keeps each of them in its memory and in every answer.
    pub in_all: usize,
    /// Bytes on their way in all; a partition that is larger goes alone. None: however many.
    pub bytes: Option<u64>,
    /// Replicas of fewer bytes take no turn: what takes time with them is to ask for them, and not to copy them.
    pub light_below: u64,
    /// Partitions of such replicas that are on their way in all.
    pub light_at_once: usize,
}

impl Limits {
    /// With what is usual for the whole cluster, and turns for all.
    pub fn new(per_broker: u32) -> Self {
        Self { per_broker, in_all: 1000, bytes: None, light_below: 0, light_at_once: 0 }
    }

    /// Whether a replica of that size takes no turn.
    pub fn is_light(&self, size: Known<u64>) -> bool {
        size.value().is_some_and(|size| *size < self.light_below)
    }
}

/// What goes next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Partitions to start, in this order.
    pub start: Vec<NamedPartition>,
    /// Why others wait.
    pub held: Vec<Held>,
}

/// Why partitions wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Those before them come first.
    Turn {
        /// How many.
        partitions: usize,
    },
    /// A broker has no room for them now; others leave it first, or somebody makes room.
    Room {
        /// Which broker.
        broker: BrokerId,
        /// How many partitions.
        partitions: usize,
        /// Bytes of the smallest of them.
        needed: u64,
        /// Bytes that the broker has left above its reserve, once everything that is on its way has arrived.
        free: u64,
    },
    /// Nobody leads them, so that nobody can send them.
    NoLeader {
        /// How many.
        partitions: usize,
        /// One of them.
        example: NamedPartition,
    },
}

/// What is on its way, by broker.
struct Traffic {
    arriving: BTreeMap<BrokerId, u32>,
    sending: BTreeMap<BrokerId, u32>,
    room: BTreeMap<BrokerId, u64>,
    limits: Limits,
    in_all: usize,
    /// Partitions that take no turn.
    light: usize,
    /// Those that take one, and what they come to.
    heavy: usize,
    bytes: u64,
}

impl Traffic {
    fn of(copying: &[Copying], room: &BTreeMap<BrokerId, Known<u64>>, limits: Limits) -> Self {
        let known = room.iter().filter_map(|(broker, room)| room.value().map(|room| (*broker, *room)));
        let mut traffic = Self {
            arriving: BTreeMap::new(),
            sending: BTreeMap::new(),
            room: known.collect(),
            limits,
            in_all: 0,
            light: 0,
            heavy: 0,
            bytes: 0,
        };
        for of in copying {
            traffic.add(&of.adding, of.source, of.left);
        }
        traffic
    }

    fn add(&mut self, adding: &[BrokerId], source: Option<BrokerId>, bytes: Known<u64>) {
        self.in_all += 1;
        if adding.is_empty() {
            return;
        }
        let size = bytes.value().copied().unwrap_or_default();
        for broker in adding {
            if let Some(room) = self.room.get_mut(broker) {
                *room = room.saturating_sub(size);
            }
        }
        if self.limits.is_light(bytes) {
            self.light += 1;
            return;
        }
        for broker in adding {
            *self.arriving.entry(*broker).or_default() += 1;
        }
        if let Some(source) = source {
            *self.sending.entry(source).or_default() += count(adding);
        }
        self.heavy += 1;
        self.bytes = self.bytes.saturating_add(all_of(size, adding));
    }

    /// Whoever has no room for it.
    fn full(&self, of: &Waiting) -> Option<BrokerId> {
        // What is as large as nobody knows has to have some room at least.
        let size = of.size.value().copied().unwrap_or(1);
        of.adding.iter().copied().find(|broker| self.room.get(broker).is_some_and(|room| *room < size))
    }

    fn is_turn(&self, of: &Waiting, source: BrokerId) -> bool {
        let limits = self.limits;
        if limits.is_light(of.size) {
            return limits.per_broker > 0 && self.in_all < limits.in_all && self.light < limits.light_at_once;
        }
        let size = of.size.value().copied().unwrap_or_default();
        let in_sum = self.bytes.saturating_add(all_of(size, &of.adding));
        // What is larger than all that may be on its way would never go.
        let is_within = self.heavy == 0 || limits.bytes.is_none_or(|most| in_sum <= most);
        let arrives = |broker: &BrokerId| self.arriving.get(broker).copied().unwrap_or_default();
        let sends = self.sending.get(&source).copied().unwrap_or_default();
        // One that is sent to more brokers than may be at a time goes alone.
        let may_send = sends + count(&of.adding) <= limits.per_broker || (sends == 0 && limits.per_broker > 0);
        may_send
            && is_within
            && self.in_all < limits.in_all
            && of.adding.iter().all(|broker| arrives(broker) < limits.per_broker)
    }
}

/// Bytes of all replicas that come.
fn all_of(size: u64, adding: &[BrokerId]) -> u64 {
    size.saturating_mul(adding.len() as u64)
}

fn count(brokers: &[BrokerId]) -> u32 {
    u32::try_from(brokers.len()).unwrap_or(u32::MAX)
}

/// Which of those that wait go next, beside those that are on their way. `room` is what brokers have left above their reserve now, in
/// bytes; `speed` is what was measured.
pub fn next(
    waiting: &[Waiting],
    copying: &[Copying],
    room: &BTreeMap<BrokerId, Known<u64>>,
    speed: super::Speed,
    limits: Limits,
) -> Batch {
    let mut traffic = Traffic::of(copying, room, limits);
    let mut batch = Batch::default();
    let (mut turn, mut orphans) = (0, Vec::new());
    let mut held_by: BTreeMap<BrokerId, (usize, u64)> = BTreeMap::new();
    for of in in_order(waiting, speed) {
        let Some(source) = of.source.filter(|_| !of.adding.is_empty()) else {
            if !of.adding.is_empty() {
                orphans.push(&of.partition);
            } else if traffic.in_all < limits.in_all {
                traffic.in_all += 1;
                batch.start.push(of.partition.clone());
            } else {
                turn += 1;
            }
            continue;
        };
        if let Some(full) = traffic.full(of) {
            let size = of.size.value().copied().unwrap_or(1);
            let held = held_by.entry(full).or_insert((0, size));
            *held = (held.0 + 1, held.1.min(size));
        } else if traffic.is_turn(of, source) {
            traffic.add(&of.adding, of.source, of.size);
            batch.start.push(of.partition.clone());
        } else {
            turn += 1;
        }
    }
    if turn > 0 {
        batch.held.push(Held::Turn { partitions: turn });
    }
    batch.held.extend(held_by.into_iter().map(|(broker, (partitions, needed))| Held::Room {
        broker,
        partitions,
        needed,
        free: traffic.room.get(&broker).copied().unwrap_or_default(),
    }));
    if let Some(first) = orphans.first() {
        batch.held.push(Held::NoLeader { partitions: orphans.len(), example: (*first).clone() });
    }
    batch
}

fn in_order(waiting: &[Waiting], speed: super::Speed) -> Vec<&Waiting> {
    let mut order: Vec<&Waiting> = waiting.iter().collect();
    order.sort_by_key(|of| {
        let copies = !of.adding.is_empty();
        let size = match (of.size, speed.bytes_per_second) {
            // What is as large as nobody knows waits for the others.
            (Known::Unknown, _) => (1, 0, Reverse(0)),
            (Known::Known(size), Known::Unknown) => (0, size, Reverse(0)),
            (Known::Known(size), Known::Known(_)) => (0, 0, Reverse(size)),
        };
        (copies, size, &of.partition)
    });
    order
}
