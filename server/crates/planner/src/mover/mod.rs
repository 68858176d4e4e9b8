//! The mover: brokers, racks, disks, where replicas are and what is wanted, to where they are to be. Pure and synchronous; no clock,
//! no IO, no Kafka may enter. Who carries it out, in which order and how quickly, is `batch`.
//!
//! What a plan keeps to, in this order:
//! 1. No broker gets more than fits above the reserve of its disk. What has to go somewhere and fits nowhere is a refusal.
//! 2. The replicas of a partition are in as many racks as possible, as evenly as possible (`racks`), and never worse than before.
//! 3. Brokers of a rack differ by at most one replica; racks only as far as 2 forces it (`levels`).
//! 4. No topic is bunched on one broker (`bunches`), and no disk is far fuller than others of its rack (`volumes`).
//! 5. Preferred leaders are level (`leaders`).
//! 6. Little is copied: a replica that moves anyway is moved again before another one is, and of the others one of about the size
//!    that levels disks as well.
//!
//! Every step makes one of these better and none before it worse, and the last round finds nothing to do. So a plan that was
//! carried out is followed by one that is empty, and the same situation always gets the same plan.

pub mod batch;
mod bunches;
mod exchange;
mod leaders;
mod levels;
mod lists;
mod pick;
mod place;
mod racks;
mod read;
mod refusal;
mod situation;
mod state;
mod target;
mod tell;
mod volumes;

#[cfg(test)]
mod tests;

pub use refusal::Refusal;
pub use situation::{BrokerRoom, Disk, Goal, PartitionReplicas, Reserve, Scope, Situation, Standing, TopicReplicas};
pub use target::{BeforeAfter, BrokerLoad, Move, RacksSharedBecause, Remark, Target, Volume};

use klamm_model::{BrokerId, NamedPartition, PartitionId, TopicName};
use leaders::Reorder;
use lists::{BrokerIx, PartitionIx};
use place::{Packing, Unplaced};
use read::Names;
use state::{Mobility, State};
use std::collections::{BTreeMap, BTreeSet};

/// How often everything is gone through at most. Two or three rounds are what it takes; more would mean that a step is no better
/// than what it replaced.
const ROUNDS: usize = 24;

/// Where replicas are to be.
pub fn plan(situation: &Situation, goal: &Goal) -> Result<Target, Refusal> {
    check(situation, goal)?;
    let (mut state, names) = arranged(situation, goal)?;
    match goal {
        Goal::Spread(_) => leaders::level(&mut state, Reorder::Everything),
        Goal::Fill { .. } => leaders::level(&mut state, Reorder::OnJoined),
        Goal::Evacuate { .. } => leaders::level(&mut state, Reorder::Changed),
        // Who leads changes only where its replica goes, or where somebody asked for it.
        Goal::Factor(_) | Goal::Place(_) => {}
    }
    Ok(tell::tell(&state, &names, situation, goal))
}

/// What can be said before looking at any partition.
fn check(situation: &Situation, goal: &Goal) -> Result<(), Refusal> {
    let takes = |broker: BrokerId| match situation.brokers.get(&broker) {
        None => Err(Refusal::NoSuchBroker { broker }),
        Some(BrokerRoom { standing: Standing::Takes, .. }) => Ok(()),
        Some(BrokerRoom { standing: Standing::Leaves | Standing::Gone, .. }) => Err(Refusal::TakesNothing { broker }),
    };
    let has = |topic: &TopicName| {
        let found = situation.topics.iter().find(|of| of.topic == *topic);
        found.ok_or_else(|| Refusal::NoSuchTopic { topic: topic.clone() })
    };
    match goal {
        Goal::Spread(Scope::Everything) | Goal::Evacuate { .. } => Ok(()),
        Goal::Spread(Scope::Topics(topics)) => topics.iter().try_for_each(|topic| has(topic).map(drop)),
        Goal::Fill { joined } => joined.iter().try_for_each(|broker| takes(*broker)),
        Goal::Factor(factors) if factors.values().any(|to| *to == 0) => Err(Refusal::NoFactor),
        Goal::Factor(factors) => {
            // There may be very many, of very many.
            let there: BTreeSet<&TopicName> = situation.topics.iter().map(|of| &of.topic).collect();
            match factors.keys().find(|topic| !there.contains(topic)) {
                Some(topic) => Err(Refusal::NoSuchTopic { topic: topic.clone() }),
                None => Ok(()),
            }
        }
        Goal::Place(places) => {
            for (partition, to) in places {
                let topic = has(&partition.topic)?;
                let found = topic.partitions.iter().find(|of| of.id == partition.partition);
                let before = found.ok_or_else(|| Refusal::NoSuchPartition { partition: partition.clone() })?;
                if to.is_empty() || (1..to.len()).any(|end| to[..end].contains(&to[end])) {
                    return Err(Refusal::NoReplicas { partition: partition.clone() });
                }
                // Where a replica is already, it may stay.
                to.iter().filter(|broker| !before.replicas.contains(broker)).try_for_each(|broker| takes(*broker))?;
                if is_taken(situation, partition) {
                    return Err(Refusal::MovedByOthers { partition: partition.clone() });
                }
            }
            Ok(())
        }
    }
}

fn is_taken(situation: &Situation, partition: &NamedPartition) -> bool {
    situation.moving.get(&partition.topic).is_some_and(|of| of.contains(&partition.partition))
}

/// Every replica at its place, in no order that means anything yet.
fn arranged(situation: &Situation, goal: &Goal) -> Result<(State, Names), Refusal> {
    let mut refusal = Refusal::NobodyTakes;
    for packing in Packing::ALL {
        let (mut state, names) = read::read(situation, goal)?;
        let placed = match goal {
            Goal::Spread(_) | Goal::Evacuate { .. } => place::vacate(&mut state, packing),
            Goal::Fill { .. } => Ok(()),
            Goal::Factor(factors) => change_factor(&mut state, &names, situation, factors, packing),
            Goal::Place(places) => {
                place_by_hand(&mut state, &names, situation, places)?;
                return Ok((state, names));
            }
        };
        match placed {
            Ok(()) => {
                state.is_packed = packing == Packing::Anywhere;
                level(&mut state);
                return Ok((state, names));
            }
            Err(unplaced) => refusal = explain(&state, &names, situation, goal, unplaced),
        }
    }
    Err(refusal)
}

/// Everything that makes the state better, until nothing does.
fn level(state: &mut State) {
    for _ in 0..ROUNDS {
        let before = state.steps;
        place::spread_over_racks(state);
        levels::between_racks(state);
        levels::within_racks(state);
        match state.mobility {
            Mobility::Anything => {
                bunches::break_up(state);
                volumes::level(state);
            }
            Mobility::OntoJoined => {
                // Where the fullest of a rack had nothing that a broker that joined could take, somebody else gave it.
                state.mobility = Mobility::Anything;
                levels::within_racks(state);
                state.mobility = Mobility::OntoJoined;
            }
            Mobility::NewOnes => {}
        }
        if state.steps == before {
            break;
        }
    }
}

fn change_factor(
    state: &mut State,
    names: &Names,
    situation: &Situation,
    factors: &BTreeMap<TopicName, usize>,
    packing: Packing,
) -> Result<(), Unplaced> {
    let standing = |id: &BrokerId| situation.brokers.get(id).map_or(Standing::Gone, |broker| broker.standing);
    let serves: Vec<bool> = names.brokers.iter().map(|id| standing(id) != Standing::Gone).collect();
    // Of topics that are not meant nothing is read.
    let by_topic: Vec<usize> =
        situation.topics.iter().map(|of| factors.get(&of.topic).copied().unwrap_or_default()).collect();
    place::take_away(state, &by_topic, &serves);
    place::add(state, &by_topic, packing)
}

/// How many replicas a partition is to have, where the goal says so.
fn factor_of(goal: &Goal, names: &Names, situation: &Situation, partition: PartitionIx) -> Option<usize> {
    match goal {
        Goal::Factor(factors) => {
            let (topic, _) = names.partitions[partition as usize];
            factors.get(&situation.topics[topic as usize].topic).copied()
        }
        Goal::Spread(_) | Goal::Fill { .. } | Goal::Evacuate { .. } | Goal::Place(_) => None,
    }
}

fn place_by_hand(
    state: &mut State,
    names: &Names,
    situation: &Situation,
    places: &BTreeMap<NamedPartition, Vec<BrokerId>>,
) -> Result<(), Refusal> {
    let mut by_name: BTreeMap<(&TopicName, PartitionId), &Vec<BrokerId>> = BTreeMap::new();
    by_name.extend(places.iter().map(|(named, to)| ((&named.topic, named.partition), to)));
    let mut gets = Vec::new();
    for (partition, (topic, place)) in (0_u32..).zip(&names.partitions) {
        let topic = &situation.topics[*topic as usize];
        let Some(to) = by_name.get(&(&topic.topic, topic.partitions[*place as usize].id)) else { continue };
        let to: Vec<_> = to.iter().filter_map(|id| names.broker(*id)).collect();
        for broker in state.origin.of(partition).to_vec().into_iter().filter(|broker| !to.contains(broker)) {
            state.remove(partition, broker);
        }
        for broker in to.iter().copied() {
            if !state.origin.holds(partition, broker) {
                state.add(partition, broker);
                gets.push((broker, partition));
            }
        }
        // Each to the front, the last one first: so they end up in the order that was asked for.
        to.iter().rev().for_each(|broker| state.now.put_first(partition, *broker));
    }
    let over = gets.iter().filter(|(broker, _)| state.broker(*broker).room < 0);
    let Some((broker, partition)) = over.max_by_key(|(_, partition)| state.facts(*partition).size) else {
        return Ok(());
    };
    let sizes = gets.iter().filter(|(other, _)| other == broker).map(|(_, partition)| state.facts(*partition).size);
    let needed: u64 = sizes.sum();
    let size = state.facts(*partition).size;
    let free = state.broker(*broker).room + i128::from(size);
    Err(Refusal::NoRoom {
        needed,
        free: vec![(names.brokers[*broker as usize], u64::try_from(free.max(0)).unwrap_or(u64::MAX))],
        example: tell::name_of(situation, names, *partition),
        largest: size,
    })
}

/// Why a replica found no place: there are too few brokers, or too little room.
fn explain(state: &State, names: &Names, situation: &Situation, goal: &Goal, unplaced: Unplaced) -> Refusal {
    let brokers = state.brokers.iter().filter(|broker| broker.takes).count();
    let asked = |partition: PartitionIx| factor_of(goal, names, situation, partition);
    let wanted = |partition: PartitionIx| asked(partition).unwrap_or_else(|| state.origin.of(partition).len());
    // What stays on brokers that take nothing counts.
    let stays = |broker: &&BrokerIx| !state.broker(**broker).takes && !state.broker(**broker).leaves;
    let takers = |partition: PartitionIx| brokers + state.origin.of(partition).iter().filter(stays).count();
    let moves = || (0_u32..).zip(&state.partitions).filter(|(_, facts)| facts.part == state::Part::Moves);
    let too_many =
        || moves().map(|(partition, _)| partition).filter(|partition| wanted(*partition) > takers(*partition));
    if let Some(example) = too_many().max_by_key(|partition| (wanted(*partition), std::cmp::Reverse(*partition))) {
        return Refusal::TooFewBrokers {
            example: tell::name_of(situation, names, example),
            factor: wanted(example),
            brokers,
            partitions: too_many().count(),
        };
    }
    let copies = |partition: PartitionIx| {
        let origin = state.origin.of(partition);
        match asked(partition) {
            Some(to) => to.saturating_sub(origin.len()),
            None => origin.iter().filter(|broker| state.broker(**broker).leaves).count(),
        }
    };
    let needed = moves().map(|(partition, facts)| facts.size.saturating_mul(copies(partition) as u64)).sum();
    let room = |id: &BrokerId| {
        let place = names.broker(*id)?;
        let free = state.broker(place).room;
        let could_take = state.broker(place).takes && !state.now.holds(unplaced.partition, place);
        could_take.then(|| (*id, u64::try_from(free.max(0)).unwrap_or(u64::MAX)))
    };
    Refusal::NoRoom {
        needed,
        free: names.brokers.iter().filter_map(room).collect(),
        example: tell::name_of(situation, names, unplaced.partition),
        largest: state.facts(unplaced.partition).size,
    }
}
