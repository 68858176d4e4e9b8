//! Which replicas could be set on their way now, and how many may be at once.

use super::super::TopicSeen;
use super::aim::Aim;
use super::course::{Moving, seen};
use super::lanes::{self, Lanes};
use crate::mover::{
    self, Move, Standing,
    batch::{Batch, Copying, Held, Limits, Used, Waiting, next},
};
use klamm_model::{BrokerId, Known, NamedPartition, Reassignment, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// What could go now.
pub(super) struct Chosen {
    pub(super) batch: Batch,
    pub(super) limits: Limits,
    /// How many at a time, from now on.
    pub(super) lanes: Lanes,
}

impl Chosen {
    /// Whether more would go if more might: of those that take turns.
    fn used(&self, waiting: &[Waiting]) -> Used {
        let waits_for_turn = self.batch.held.iter().any(|held| matches!(held, Held::Turn { .. }));
        let start: BTreeSet<&NamedPartition> = self.batch.start.iter().collect();
        let takes_turn = |of: &Waiting| !of.adding.is_empty() && !self.limits.is_light(of.size);
        let is_held = |of: &Waiting| takes_turn(of) && !start.contains(&of.partition);
        if waits_for_turn && waiting.iter().any(is_held) { Used::Fully } else { Used::Partly }
    }

    /// Without what has no room, where nothing could go and nothing is on its way that makes some.
    pub(super) fn without_room(&self, aim: Aim, moves: &[Reassignment]) -> Aim {
        if !self.batch.start.is_empty() || !moves.is_empty() {
            return aim;
        }
        let full = self.batch.held.iter().filter_map(|held| match held {
            Held::Room { broker, .. } => Some(*broker),
            Held::Turn { .. } | Held::NoLeader { .. } => None,
        });
        full.fold(aim, |aim, broker| aim.without_room(broker))
    }
}

/// Bytes of one replica of a partition that moves.
pub(super) fn size(of: &Move) -> Known<u64> {
    let copies = (of.adding().count() as u64).max(1);
    of.bytes.map(|bytes| bytes / copies)
}

impl Moving<'_> {
    /// Which of those that wait could go now, and how many may from now on.
    pub(super) fn choose(
        &self,
        aim: &Aim,
        situation: &mover::Situation,
        topics: &BTreeMap<TopicName, TopicSeen>,
        moves: &[Reassignment],
        lacking: u64,
    ) -> Chosen {
        let takes =
            |broker: BrokerId| situation.brokers.get(&broker).is_some_and(|room| room.standing == Standing::Takes);
        let leader = |of: &NamedPartition| seen(topics, &of.topic, of.partition)?.leader;
        let open = aim.moves().iter().filter(|planned| planned.adding().all(takes));
        let waiting: Vec<Waiting> = open.map(|planned| Waiting::of(planned, leader(&planned.partition))).collect();
        let copying: Vec<Copying> = moves
            .iter()
            .map(|one| {
                let copies = (one.adding.len() as u64).max(1);
                Copying {
                    adding: one.adding.to_vec(),
                    source: seen(topics, &one.topic, one.partition).and_then(|partition| partition.leader),
                    left: self.still_to_come(topics, one).map(|bytes| bytes / copies),
                }
            })
            .collect();
        let room = Self::room(situation);
        let before = self.pace.lanes.unwrap_or_default().bounded();
        let chosen = |lanes: Lanes| {
            let limits = lanes.limits(self.rate());
            let batch = next(&waiting, &copying, &room, self.pace.speed(), limits);
            Chosen { batch, limits, lanes }
        };
        let mut now = chosen(before);
        let gets: BTreeSet<BrokerId> =
            moves.iter().filter(|one| self.is_ours(one)).flat_map(|one| one.adding.iter().copied()).collect();
        let seen = lanes::Seen {
            lacking: lacking + self.fallen_behind(topics, moves),
            allowed: self.rules.max_under_replicated,
            speed: lanes::whole(self.pace.bytes_per_second),
            limit: Known::from((!gets.is_empty()).then(|| self.rate().saturating_mul(gets.len() as u64))),
        };
        let lanes = before.adapted(now.used(&waiting), &seen);
        if lanes.per_broker < before.per_broker {
            now = chosen(lanes);
        }
        Chosen { lanes, ..now }
    }

    /// Partitions of ours on their way that lack a replica which they had before.
    fn fallen_behind(&self, topics: &BTreeMap<TopicName, TopicSeen>, moves: &[Reassignment]) -> u64 {
        let is_behind = |one: &&Reassignment| {
            let Some(seen) = seen(topics, &one.topic, one.partition) else { return false };
            let mut before = seen.replicas.iter().filter(|broker| !one.adding.contains(broker));
            before.any(|broker| !seen.in_sync.contains(broker) && !self.leaving.contains(broker))
        };
        moves.iter().filter(|one| self.is_ours(one)).filter(is_behind).count() as u64
    }

    /// What brokers have left above their reserve.
    fn room(situation: &mover::Situation) -> BTreeMap<BrokerId, Known<u64>> {
        let takes = situation.brokers.iter().filter(|(_, room)| room.standing == Standing::Takes);
        takes
            .map(|(id, room)| {
                let left = |disk: mover::Disk| situation.reserve.usable(disk.capacity).saturating_sub(disk.used);
                (*id, room.disk.map(left))
            })
            .collect()
    }
}
