//! Where replicas are to go, as it was planned when the first of them was set on its way. It stays so until they are there.
//!
//! Sizes change while replicas are copied, leaders move, and topics come: a plan made anew at every look would differ a little each
//! time, and move some partitions twice. A partition is left out only once it is there, or cannot get there any more. What has to
//! hold in any case, such as that a broker is empty, is planned once more in the end; what was only to become more even is not.
//!
//! It is too large for a status. Whoever carries it out remembers it, and it is planned anew after a crash.

use super::super::TopicSeen;
use super::course::{placed, seen};
use crate::mover::{self, Goal, Move, Situation, Standing, Volume};
use klamm_model::{BrokerId, Known, NamedPartition, PartitionId, Reassignment, TopicName};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Where replicas are to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aim {
    goals: Vec<Goal>,
    /// What is not set on its way yet, by topic and partition.
    moves: Vec<Move>,
    remarks: Vec<String>,
}

/// Why partitions do not go where it was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Impossible {
    /// The broker is to get nothing any more, or is not there.
    TakesNothing(BrokerId),
    /// It has no room, and nothing is on its way that makes some.
    NoRoom(BrokerId),
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (broker, why) = match self {
            Self::TakesNothing(broker) => (broker, "it takes no replicas any more"),
            Self::NoRoom(broker) => (broker, "it has no room left above its reserve"),
        };
        write!(f, "What was to go to broker {broker} does not go there, because {why}.")
    }
}

impl Aim {
    /// As the mover plans it: one goal after the other, each on top of what the ones before it come to, so that a partition that
    /// two of them mean moves once.
    pub(super) fn planned(goals: &[Goal], situation: &Situation) -> Result<Self, mover::Refusal> {
        let mut now = Cow::Borrowed(situation);
        let mut moves: BTreeMap<NamedPartition, Move> = BTreeMap::new();
        let mut remarks: Vec<String> = Vec::new();
        for (at, goal) in goals.iter().enumerate() {
            let target = mover::plan(&now, goal)?;
            remarks.extend(target.remarks.iter().map(ToString::to_string));
            if at + 1 < goals.len() && !target.moves.is_empty() {
                carry_out(now.to_mut(), &target.moves);
            }
            for one in target.moves {
                let from = moves.get(&one.partition).map_or_else(|| one.from.clone(), |before| before.from.clone());
                moves.insert(one.partition.clone(), Move { from, ..one });
            }
        }
        remarks.dedup();
        moves.retain(|_, one| one.from != one.to);
        Ok(Self { goals: goals.to_vec(), moves: moves.into_values().collect(), remarks })
    }

    /// Whether it was planned for what is wanted now, and for nothing that nobody wants any more. Brokers that were emptied may be gone
    /// meanwhile.
    pub(super) fn is_for(&self, goals: &[Goal], situation: &Situation) -> bool {
        let is_there = |broker: &BrokerId| situation.brokers.contains_key(broker);
        let is_same = |planned: &Goal, wanted: &Goal| match (planned, wanted) {
            (Goal::Evacuate { leaving: all }, Goal::Evacuate { leaving }) => {
                leaving.is_subset(all) && !all.difference(leaving).any(is_there)
            }
            (planned, wanted) => planned == wanted,
        };
        let is_over = |planned: &Goal| match planned {
            Goal::Evacuate { leaving } => !leaving.iter().any(is_there),
            Goal::Spread(_) | Goal::Fill { .. } | Goal::Factor(_) | Goal::Place(_) => false,
        };
        goals.iter().all(|goal| self.goals.iter().any(|of| is_same(of, goal)))
            && self.goals.iter().all(|of| is_over(of) || goals.iter().any(|goal| is_same(of, goal)))
    }

    pub(super) fn moves(&self) -> &[Move] {
        &self.moves
    }

    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// What is left of it: without what is there or on its way, is gone, was moved by somebody else, or cannot get there any more;
    /// with sizes of now. Brokers that are away and come back are waited for.
    pub(super) fn left(
        &self,
        topics: &BTreeMap<TopicName, TopicSeen>,
        moving: &[Reassignment],
        comes_back: impl Fn(BrokerId) -> bool,
        situation: &Situation,
    ) -> Self {
        let takes = |broker: BrokerId| {
            situation.brokers.get(&broker).is_some_and(|room| room.standing == Standing::Takes) || comes_back(broker)
        };
        let on_their_way: BTreeMap<(&TopicName, PartitionId), &Reassignment> =
            moving.iter().map(|one| ((&one.topic, one.partition), one)).collect();
        let mut left = Self { goals: self.goals.clone(), moves: Vec::new(), remarks: self.remarks.clone() };
        for one in &self.moves {
            let NamedPartition { topic, partition } = &one.partition;
            let Some(seen) = seen(topics, topic, *partition) else { continue };
            if placed(seen, on_their_way.get(&(topic, *partition)).copied()) != one.from {
                continue;
            }
            if let Some(broker) = one.adding().find(|broker| !takes(*broker)) {
                left.remark(Impossible::TakesNothing(broker));
                continue;
            }
            left.moves.push(Move { bytes: bytes(one, seen.bytes), ..one.clone() });
        }
        left
    }

    /// Without these partitions, which go no further because these brokers are nearly full.
    pub(super) fn without(&self, partitions: &BTreeSet<(TopicName, PartitionId)>, full: &BTreeSet<BrokerId>) -> Self {
        let mut left = self.clone();
        left.moves.retain(|one| !partitions.contains(&(one.partition.topic.clone(), one.partition.partition)));
        for broker in full {
            left.remark(Impossible::NoRoom(*broker));
        }
        left
    }

    /// Without what was to go to a broker that has no room for it.
    pub(super) fn without_room(&self, broker: BrokerId) -> Self {
        let mut left = self.clone();
        left.moves.retain(|one| one.adding().all(|to| to != broker));
        left.remark(Impossible::NoRoom(broker));
        left
    }

    /// Once all of it is there: with what has to hold in any case, where more is to be done for it meanwhile.
    pub(super) fn once_more(self, goals: &[Goal], situation: &Situation) -> Result<Self, mover::Refusal> {
        let lasting: Vec<Goal> = goals.iter().filter(|goal| is_lasting(goal)).cloned().collect();
        let more = Self::planned(&lasting, situation)?;
        let mut remarks = self.remarks;
        remarks.extend(more.remarks);
        remarks.dedup();
        Ok(Self { goals: self.goals, moves: more.moves, remarks })
    }

    /// What is yet to be copied.
    pub(super) fn copied(&self) -> Volume {
        self.moves.iter().fold(Volume::default(), |sum, one| match one.bytes {
            Known::Known(bytes) => sum.and(Volume { bytes, unknown: 0 }),
            Known::Unknown => sum.and(Volume { bytes: 0, unknown: one.adding().count() as u64 }),
        })
    }

    fn remark(&mut self, why: Impossible) {
        let sentence = why.to_string();
        if !self.remarks.contains(&sentence) {
            self.remarks.push(sentence);
        }
    }
}

/// Whether what is wanted has to hold in the end, whatever comes meanwhile; else things are to be more even than they were.
fn is_lasting(goal: &Goal) -> bool {
    match goal {
        Goal::Evacuate { .. } | Goal::Factor(_) | Goal::Place(_) => true,
        Goal::Spread(_) | Goal::Fill { .. } => false,
    }
}

/// What is copied for it, when one replica has so many bytes.
fn bytes(of: &Move, size: Known<u64>) -> Known<u64> {
    match of.adding().count() as u64 {
        0 => Known::Known(0),
        copies => size.map(|size| size.saturating_mul(copies)),
    }
}

/// Replicas where they are to be, and the disks with them.
fn carry_out(situation: &mut Situation, moves: &[Move]) {
    let by_name: BTreeMap<(&TopicName, PartitionId), &Move> =
        moves.iter().map(|one| ((&one.partition.topic, one.partition.partition), one)).collect();
    for topic in &mut situation.topics {
        for partition in &mut topic.partitions {
            let Some(one) = by_name.get(&(&topic.topic, partition.id)) else { continue };
            let size = partition.size.value().copied().unwrap_or_default();
            let brokers = &mut situation.brokers;
            for broker in one.adding() {
                if let Some(Known::Known(disk)) = brokers.get_mut(&broker).map(|room| &mut room.disk) {
                    disk.used = disk.used.saturating_add(size);
                }
            }
            for broker in one.removing() {
                if let Some(Known::Known(disk)) = brokers.get_mut(&broker).map(|room| &mut room.disk) {
                    disk.used = disk.used.saturating_sub(size);
                }
            }
            partition.replicas = one.to.clone().into();
        }
    }
}
