//! From indices back to names: what the plan comes to, and what people should know about it.

use super::{
    lists::{PartitionIx, index},
    read::Names,
    situation::{Goal, Situation, Standing},
    state::{Mobility, Part, State},
    target::{BeforeAfter, BrokerLoad, Move, RacksSharedBecause, Remark, Target},
};
use klamm_model::{BrokerId, Known, NamedPartition};
use std::collections::BTreeMap;

/// What a plan says.
pub(super) fn tell(state: &State, names: &Names, situation: &Situation, goal: &Goal) -> Target {
    let mut target =
        Target { brokers: names.brokers.iter().map(|id| (*id, BeforeAfter::default())).collect(), ..Target::default() };
    let mut before = vec![BrokerLoad::default(); names.brokers.len()];
    let mut after = before.clone();
    for partition in 0..index(state.partitions.len()) {
        let size = size_of(situation, names, partition);
        let (from, to) = (state.origin.of(partition), state.now.of(partition));
        for (loads, replicas) in [(&mut before, from), (&mut after, to)] {
            for (place, broker) in replicas.iter().enumerate() {
                let load = &mut loads[*broker as usize];
                load.replicas += 1;
                load.leaders += u64::from(place == 0);
                load.volume = load.volume.with(size);
            }
        }
        if from == to {
            continue;
        }
        let new: Vec<BrokerId> =
            to.iter().filter(|broker| !from.contains(broker)).map(|broker| names.brokers[*broker as usize]).collect();
        for broker in &new {
            let incoming = target.incoming.entry(*broker).or_default();
            *incoming = incoming.with(size);
        }
        let copies = new.len() as u64;
        let ids = |replicas: &[u32]| replicas.iter().map(|broker| names.brokers[*broker as usize]).collect();
        target.moves.push(Move {
            partition: name_of(situation, names, partition),
            from: ids(from),
            to: ids(to),
            bytes: if copies == 0 { Known::Known(0) } else { size.map(|size| size.saturating_mul(copies)) },
        });
    }
    for ((load, before), after) in target.brokers.values_mut().zip(before).zip(after) {
        (load.before, load.after) = (before, after);
    }
    target.remarks = remarks(state, names, situation, goal);
    target
}

fn size_of(situation: &Situation, names: &Names, partition: PartitionIx) -> Known<u64> {
    let (topic, place) = names.partitions[partition as usize];
    situation.topics[topic as usize].partitions[place as usize].size
}

/// The name of a partition.
pub(super) fn name_of(situation: &Situation, names: &Names, partition: PartitionIx) -> NamedPartition {
    let (topic, place) = names.partitions[partition as usize];
    let topic = &situation.topics[topic as usize];
    NamedPartition { topic: topic.topic.clone(), partition: topic.partitions[place as usize].id }
}

fn remarks(state: &State, names: &Names, situation: &Situation, goal: &Goal) -> Vec<Remark> {
    let mut remarks = about_racks(state, names, situation, goal);
    remarks.extend(about_levels(state, names));
    let meant = || (0_u32..).zip(&state.partitions).filter(|(_, facts)| facts.part != Part::Outside);
    let is_meant = |partition: PartitionIx| match goal {
        Goal::Evacuate { .. } => state.now.of(partition).iter().any(|broker| state.broker(*broker).leaves),
        Goal::Spread(_) | Goal::Fill { .. } | Goal::Factor(_) => !state.now.of(partition).is_empty(),
        Goal::Place(_) => false,
    };
    let mut left = meant().filter(|(partition, facts)| facts.part == Part::Stays && is_meant(*partition));
    if let Some((first, _)) = left.next() {
        let example = name_of(situation, names, first);
        remarks.push(Remark::LeftAlone { partitions: 1 + left.count(), example });
    }
    let changes = |partition: PartitionIx| state.origin.of(partition) != state.now.of(partition);
    let unknown = |partition: PartitionIx| size_of(situation, names, partition) == Known::Unknown;
    let partitions = meant().filter(|(partition, _)| unknown(*partition) && changes(*partition)).count();
    if partitions > 0 {
        remarks.push(Remark::SizesUnknown { partitions });
    }
    let takers = || situation.brokers.iter().filter(|(_, broker)| broker.standing == Standing::Takes);
    let with = |is_so: fn(&super::BrokerRoom) -> bool| -> Vec<BrokerId> {
        takers().filter(|(_, broker)| is_so(broker)).map(|(id, _)| *id).collect()
    };
    let brokers = with(|broker| broker.disk == Known::Unknown);
    if !brokers.is_empty() {
        remarks.push(Remark::DiskUnknown { brokers });
    }
    let brokers = with(|broker| broker.rack.is_none());
    if !brokers.is_empty() && names.racks.len() > 1 {
        remarks.push(Remark::RackUnknown { brokers });
    }
    remarks
}

fn about_racks(state: &State, names: &Names, situation: &Situation, goal: &Goal) -> Vec<Remark> {
    if names.racks.len() < 2 {
        return Vec::new();
    }
    let racks = state.racks.iter().filter(|rack| rack.size() > 0).count();
    let because = match (goal, state.mobility) {
        (Goal::Place(_), _) => RacksSharedBecause::Asked,
        (_, Mobility::Anything) => RacksSharedBecause::Room,
        _ if state.is_packed => RacksSharedBecause::Room,
        (_, Mobility::OntoJoined | Mobility::NewOnes) => RacksSharedBecause::Goal,
    };
    let mut few: BTreeMap<usize, usize> = BTreeMap::new();
    let mut shared: Option<(usize, PartitionIx)> = None;
    let mut by_rack = Vec::new();
    for (partition, facts) in (0_u32..).zip(&state.partitions) {
        let replicas = state.now.of(partition);
        let is_meant = match goal {
            Goal::Place(_) => state.origin.of(partition) != replicas,
            Goal::Spread(_) | Goal::Fill { .. } | Goal::Evacuate { .. } | Goal::Factor(_) => true,
        };
        if facts.part != Part::Moves || !is_meant {
            continue;
        }
        state.by_rack(partition, &mut by_rack);
        if state.rule(partition).penalty_of(&by_rack) > 0 {
            shared = Some(shared.map_or((1, partition), |(count, first)| (count + 1, first)));
        } else if replicas.len() > racks {
            *few.entry(replicas.len()).or_default() += 1;
        }
    }
    let few = few.into_iter().map(|(factor, partitions)| Remark::FewRacks { racks, factor, partitions });
    let shared = shared.map(|(partitions, first)| {
        let example = name_of(situation, names, first);
        Remark::RacksShared { partitions, example, because }
    });
    few.chain(shared).collect()
}

fn about_levels(state: &State, names: &Names) -> Vec<Remark> {
    if state.mobility == Mobility::NewOnes {
        return Vec::new();
    }
    let mut remarks = Vec::new();
    for (rack, of) in names.racks.iter().zip(&state.racks) {
        let (Some((fewest, ..)), Some((most, ..))) = (of.order.first().copied(), of.order.last().copied()) else {
            continue;
        };
        if fewest + 2 > most {
            continue;
        }
        remarks.push(Remark::Uneven { rack: rack.clone(), fewest, most });
        for (replicas, _, broker) in &of.order {
            let facts = state.broker(*broker);
            if facts.refused && replicas + 2 <= most {
                let free = u64::try_from(facts.room.max(0)).unwrap_or(u64::MAX);
                remarks.push(Remark::Full { broker: names.brokers[*broker as usize], free });
            }
        }
    }
    remarks
}
