//! From names to indices: what the mover is told becomes the state that it works on.

use super::{
    lists::{BrokerIx, Lists, PartitionIx, TopicCounts, index},
    racks::RackRule,
    refusal::Refusal,
    situation::{Goal, Scope, Situation, Standing, TopicReplicas},
    state::{BrokerFacts, Mobility, Part, PartitionFacts, Rack, State},
};
use klamm_model::{BrokerId, Known, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Larger partitions do not exist, and sums of these fit.
const LARGEST: u64 = 1 << 44;

/// The names that indices stand for.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// By index, in order.
    pub(super) brokers: Vec<BrokerId>,
    /// By index; the last one stands for having none.
    pub(super) racks: Vec<Option<String>>,
    /// Topic and place within it of every partition.
    pub(super) partitions: Vec<(u32, u32)>,
    /// What was assumed for a size that is unknown.
    pub(super) average: u64,
}

impl Names {
    /// The index of a broker that is known to be there.
    pub(super) fn broker(&self, id: BrokerId) -> Option<BrokerIx> {
        self.brokers.binary_search(&id).ok().map(index)
    }
}

/// The state before anything has moved.
pub(super) fn read(situation: &Situation, goal: &Goal) -> Result<(State, Names), Refusal> {
    let brokers = everybody(situation);
    let racks = racks_of(situation);
    let mut names = Names { brokers, racks, partitions: Vec::new(), average: average(&situation.topics) };
    let mut state = State {
        mobility: mobility(goal),
        brokers: Vec::new(),
        racks: vec![Rack::default(); names.racks.len()],
        partitions: Vec::new(),
        topics: Vec::new(),
        in_all: Vec::new(),
        allowed: Vec::new(),
        origin: Lists::default(),
        now: Lists::default(),
        counts: TopicCounts::default(),
        rules: Vec::new(),
        exchange: None,
        is_packed: false,
        steps: 0,
    };
    read_brokers(&mut state, &names, situation, goal);
    if !state.brokers.iter().any(|broker| broker.takes) {
        return Err(Refusal::NobodyTakes);
    }
    read_partitions(&mut state, &mut names, situation, goal);
    count(&mut state);
    Ok((state, names))
}

/// Brokers that are listed, and those that only replicas name.
fn everybody(situation: &Situation) -> Vec<BrokerId> {
    let mut ids: BTreeSet<BrokerId> = situation.brokers.keys().copied().collect();
    let replicas = situation.topics.iter().flat_map(|topic| &topic.partitions).flat_map(|of| &of.replicas);
    // Most replicas are on brokers that are listed: a lookup without an allocation.
    for broker in replicas {
        if !ids.contains(broker) {
            ids.insert(*broker);
        }
    }
    ids.into_iter().collect()
}

fn racks_of(situation: &Situation) -> Vec<Option<String>> {
    let named: BTreeSet<&String> = situation.brokers.values().filter_map(|broker| broker.rack.as_ref()).collect();
    named.into_iter().cloned().map(Some).chain([None]).collect()
}

fn average(topics: &[TopicReplicas]) -> u64 {
    let (mut sum, mut count) = (0_u64, 0_u64);
    for size in topics.iter().flat_map(|topic| &topic.partitions).filter_map(|of| of.size.value()) {
        sum = sum.saturating_add(*size);
        count += 1;
    }
    sum / count.max(1)
}

fn mobility(goal: &Goal) -> Mobility {
    match goal {
        Goal::Spread(_) => Mobility::Anything,
        Goal::Fill { .. } => Mobility::OntoJoined,
        Goal::Evacuate { .. } | Goal::Factor(_) | Goal::Place(_) => Mobility::NewOnes,
    }
}

fn read_brokers(state: &mut State, names: &Names, situation: &Situation, goal: &Goal) {
    for id in &names.brokers {
        let known = situation.brokers.get(id);
        let rack = known.and_then(|broker| broker.rack.as_ref());
        let rack = names.racks.iter().position(|name| name.as_ref() == rack).unwrap_or_default();
        let standing = known.map_or(Standing::Gone, |broker| broker.standing);
        let leaves = match goal {
            Goal::Evacuate { leaving } => leaving.contains(id),
            Goal::Spread(_) => standing == Standing::Leaves,
            Goal::Fill { .. } | Goal::Factor(_) | Goal::Place(_) => false,
        };
        let joined = matches!(goal, Goal::Fill { joined } if joined.contains(id));
        let takes = standing == Standing::Takes && !leaves;
        let keeps = standing == Standing::Gone && !leaves;
        let room = match known.map(|broker| broker.disk) {
            Some(Known::Known(disk)) => i128::from(situation.reserve.usable(disk.capacity)) - i128::from(disk.used),
            // As good as endless, and far enough from the end of the numbers to be counted with.
            Some(Known::Unknown) | None => i128::from(u64::MAX) << 32,
        };
        let rack = index(rack);
        state.brokers.push(BrokerFacts { rack, takes, leaves, keeps, joined, room, ..BrokerFacts::default() });
    }
}

fn read_partitions(state: &mut State, names: &mut Names, situation: &Situation, goal: &Goal) {
    let untouched = BTreeSet::new();
    let places = places_of(goal);
    let mut in_all = Vec::with_capacity(situation.topics.len());
    let mut largest = 0;
    let mut replicas: Vec<BrokerIx> = Vec::new();
    for (topic, of_topic) in (0_u32..).zip(&situation.topics) {
        let part = part_of(goal, &of_topic.topic);
        let grows_to = match goal {
            Goal::Factor(factors) => factors.get(&of_topic.topic).copied().unwrap_or_default(),
            _ => 0,
        };
        let moving = situation.moving.get(&of_topic.topic).unwrap_or(&untouched);
        let places = places.get(&of_topic.topic);
        let first = index(state.partitions.len());
        let mut count = 0;
        for (place, partition) in (0_u32..).zip(&of_topic.partitions) {
            replicas.clear();
            replicas.extend(partition.replicas.iter().filter_map(|id| names.broker(*id)));
            // Kafka has no partition without a replica, or with two on a broker; whatever that is, it is not for us to move.
            let is_odd = replicas.is_empty() || (1..replicas.len()).any(|end| replicas[..end].contains(&replicas[end]));
            let part = match part {
                Part::Moves if is_odd || moving.contains(&partition.id) => Part::Stays,
                other => other,
            };
            let size = partition.size.value().copied().unwrap_or(names.average).min(LARGEST);
            state.partitions.push(PartitionFacts { topic, size, part });
            state.origin.push(replicas.iter().copied(), 0);
            let asked = places.and_then(|of| of.get(&partition.id)).copied().unwrap_or(grows_to);
            state.now.push(replicas.iter().copied(), asked);
            names.partitions.push((topic, place));
            count += replicas.len();
            largest = largest.max(replicas.len()).max(asked);
        }
        state.topics.push(first..index(state.partitions.len()));
        in_all.push(if part == Part::Outside { 0 } else { count.max(grows_to * of_topic.partitions.len()) });
    }
    let takers = state.brokers.iter().filter(|broker| broker.takes).count().max(1);
    state.allowed = in_all.iter().map(|count| allowance(index(*count), index(takers), index(*count))).collect();
    state.in_all = in_all.iter().map(|count| index(*count)).collect();
    state.counts = TopicCounts::new(state.brokers.len(), &in_all);
    let by_rack = takers_by_rack(state);
    state.rules = (0..=index(largest)).map(|factor| RackRule::new(factor, &by_rack)).collect();
}

/// How many of `replicas` one of so many `brokers` may have before they are bunched on it, when the topic has so many `in_all`: its share
/// and a quarter more, or one replica more, or two where that is little of the topic.
pub(super) fn allowance(replicas: u32, brokers: u32, in_all: u32) -> u32 {
    replicas.div_ceil(brokers) + (replicas / (brokers * 4)).max((in_all / 16).clamp(1, 2))
}

fn takers_by_rack(state: &State) -> Vec<u32> {
    let mut by_rack = vec![0; state.racks.len()];
    for broker in state.brokers.iter().filter(|broker| broker.takes) {
        by_rack[broker.rack as usize] += 1;
    }
    by_rack
}

fn part_of(goal: &Goal, topic: &TopicName) -> Part {
    let is_meant = match goal {
        Goal::Spread(Scope::Everything) | Goal::Fill { .. } | Goal::Evacuate { .. } | Goal::Place(_) => true,
        Goal::Spread(Scope::Topics(topics)) => topics.contains(topic),
        Goal::Factor(factors) => factors.contains_key(topic),
    };
    if is_meant { Part::Moves } else { Part::Outside }
}

/// How many replicas somebody wants partitions to have, by topic.
fn places_of(goal: &Goal) -> BTreeMap<&TopicName, BTreeMap<PartitionId, usize>> {
    let Goal::Place(places) = goal else { return BTreeMap::new() };
    let mut by_topic: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for (named, to) in places {
        by_topic.entry(&named.topic).or_default().insert(named.partition, to.len());
    }
    by_topic
}

/// Fills in all that follows from where replicas are. At once: one by one, each would look for its place among the others.
fn count(state: &mut State) {
    let mut by_size: Vec<PartitionIx> = (0..index(state.partitions.len())).collect();
    by_size.sort_unstable_by_key(|partition| (state.facts(*partition).size, *partition));
    let mut movable: Vec<Vec<(u64, PartitionIx)>> = vec![Vec::new(); state.brokers.len()];
    let lists_all = match state.mobility {
        Mobility::Anything | Mobility::OntoJoined => true,
        Mobility::NewOnes => false,
    };
    for partition in by_size {
        let facts = state.facts(partition);
        for broker in state.now.of(partition) {
            let at = &mut state.brokers[*broker as usize];
            at.total += 1;
            // Its disk is measured with what is on it.
            if facts.part == Part::Outside {
                continue;
            }
            at.replicas += 1;
            at.volume += facts.size;
            if at.takes {
                let rack = &mut state.racks[at.rack as usize];
                rack.replicas += 1;
                rack.volume += facts.size;
            }
            state.counts.add(facts.topic, *broker);
            if facts.part == Part::Moves && lists_all && !at.keeps {
                movable[*broker as usize].push((facts.size, partition));
            }
        }
    }
    for ((broker, at), movable) in (0_u32..).zip(&mut state.brokers).zip(movable) {
        at.movable = movable.into_iter().collect();
        if at.takes {
            state.racks[at.rack as usize].order.insert((at.replicas, at.total, broker));
        }
    }
}
