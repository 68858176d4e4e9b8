//! Whether a plan keeps to the rules, found out in the most naive way from what it says. Shares no code with the mover.

use crate::mover::{Goal, Scope, Situation, Standing, Target, Volume};
use klamm_model::{BrokerId, Known, NamedPartition, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Where every partition is, and how large it is.
pub(super) type Placement = BTreeMap<NamedPartition, (Vec<BrokerId>, Known<u64>)>;

pub(super) fn placement(situation: &Situation) -> Placement {
    let mut all = Placement::new();
    for topic in &situation.topics {
        for partition in &topic.partitions {
            let name = NamedPartition { topic: topic.topic.clone(), partition: partition.id };
            all.insert(name, (partition.replicas.to_vec(), partition.size));
        }
    }
    all
}

/// Brokers that may have replicas afterwards.
pub(super) fn takers(situation: &Situation, goal: &Goal) -> BTreeSet<BrokerId> {
    let leave = |id: &BrokerId| matches!(goal, Goal::Evacuate { leaving } if leaving.contains(id));
    let takes = situation.brokers.iter().filter(|(id, of)| of.standing == Standing::Takes && !leave(id));
    takes.map(|(id, _)| *id).collect()
}

pub(super) fn rack_of(situation: &Situation, id: BrokerId) -> Option<&String> {
    situation.brokers.get(&id).and_then(|broker| broker.rack.as_ref())
}

/// Brokers that take replicas, by rack.
pub(super) fn racks<'a>(situation: &'a Situation, goal: &Goal) -> BTreeMap<Option<&'a String>, BTreeSet<BrokerId>> {
    let mut racks: BTreeMap<_, BTreeSet<BrokerId>> = BTreeMap::new();
    for id in takers(situation, goal) {
        racks.entry(rack_of(situation, id)).or_default().insert(id);
    }
    racks
}

pub(super) fn is_meant(goal: &Goal, partition: &NamedPartition) -> bool {
    match goal {
        Goal::Spread(Scope::Everything) | Goal::Fill { .. } | Goal::Evacuate { .. } => true,
        Goal::Spread(Scope::Topics(topics)) => topics.contains(&partition.topic),
        Goal::Factor(factors) => factors.contains_key(&partition.topic),
        Goal::Place(places) => places.contains_key(partition),
    }
}

pub(super) fn is_moving(situation: &Situation, partition: &NamedPartition) -> bool {
    situation.moving.get(&partition.topic).is_some_and(|of| of.contains(&partition.partition))
}

/// Where everything is afterwards, or what of the plan makes no sense.
pub(super) fn followed(situation: &Situation, goal: &Goal, target: &Target) -> Result<Placement, String> {
    let mut after = placement(situation);
    let takers = takers(situation, goal);
    let mut seen = BTreeSet::new();
    for moved in &target.moves {
        let name = &moved.partition;
        let Some((replicas, size)) = after.get_mut(name) else { return Err(format!("{name:?} is not there")) };
        if !seen.insert(name) {
            return Err(format!("{name:?} moves twice"));
        }
        if *replicas != moved.from {
            return Err(format!("{name:?} is on {replicas:?} instead of {:?}", moved.from));
        }
        if moved.from == moved.to {
            return Err(format!("{name:?} does not change"));
        }
        if !is_meant(goal, name) || is_moving(situation, name) {
            return Err(format!("{name:?} is not to be touched"));
        }
        let distinct: BTreeSet<_> = moved.to.iter().collect();
        if distinct.len() != moved.to.len() || moved.to.is_empty() {
            return Err(format!("{name:?} would be on {:?}", moved.to));
        }
        let wanted = match goal {
            Goal::Spread(_) | Goal::Fill { .. } | Goal::Evacuate { .. } => moved.from.len(),
            Goal::Factor(factors) => factors[&name.topic],
            Goal::Place(places) => places[name].len(),
        };
        if moved.to.len() != wanted {
            return Err(format!("{name:?} has {} replicas instead of {wanted}", moved.to.len()));
        }
        let added: Vec<BrokerId> = moved.to.iter().copied().filter(|id| !moved.from.contains(id)).collect();
        for id in &added {
            if !takers.contains(id) {
                return Err(format!("{name:?} would come to {id}"));
            }
        }
        let bytes = match size {
            _ if added.is_empty() => Known::Known(0),
            Known::Known(size) => Known::Known(*size * added.len() as u64),
            Known::Unknown => Known::Unknown,
        };
        if bytes != moved.bytes {
            return Err(format!("{name:?} copies {bytes:?} instead of {:?}", moved.bytes));
        }
        replicas.clone_from(&moved.to);
    }
    Ok(after)
}

/// Every broker's replicas, leaders and bytes.
fn loads(placement: &Placement, id: BrokerId) -> (u64, u64, Volume) {
    let mut load = (0, 0, Volume::default());
    for (replicas, size) in placement.values() {
        load.1 += u64::from(replicas.first() == Some(&id));
        if replicas.contains(&id) {
            load.0 += 1;
            match size {
                Known::Known(bytes) => load.2.bytes += bytes,
                Known::Unknown => load.2.unknown += 1,
            }
        }
    }
    load
}

/// What the plan says of brokers against what is so.
pub(super) fn says_what_is_so(situation: &Situation, target: &Target, after: &Placement) -> Result<(), String> {
    let before = placement(situation);
    for id in situation.brokers.keys() {
        let told = target.brokers.get(id).ok_or_else(|| format!("nothing is said of {id}"))?;
        for (told, placement) in [(told.before, &before), (told.after, after)] {
            let is = loads(placement, *id);
            if (told.replicas, told.leaders, told.volume) != is {
                return Err(format!("{id} has {is:?} instead of {told:?}"));
            }
        }
        let mut incoming = Volume::default();
        for (name, (replicas, size)) in after {
            if replicas.contains(id) && !before[name].0.contains(id) {
                match size {
                    Known::Known(bytes) => incoming.bytes += bytes,
                    Known::Unknown => incoming.unknown += 1,
                }
            }
        }
        if target.incoming.get(id).copied().unwrap_or_default() != incoming {
            return Err(format!("{id} gets {incoming:?} instead of {:?}", target.incoming.get(id)));
        }
    }
    Ok(())
}

/// Nobody who gets something is left with less than the reserve, unless there was even less before.
pub(super) fn keeps_reserves(situation: &Situation, after: &Placement) -> Result<(), String> {
    let before = placement(situation);
    let sizes: Vec<u64> = before.values().filter_map(|(_, size)| size.value().copied()).collect();
    let average = sizes.iter().sum::<u64>() / (sizes.len() as u64).max(1);
    for (id, broker) in &situation.brokers {
        let Known::Known(disk) = broker.disk else { continue };
        let (mut used, mut gets) = (i128::from(disk.used), 0);
        for (name, (replicas, size)) in after {
            let size = i128::from(size.value().copied().unwrap_or(average));
            match (before[name].0.contains(id), replicas.contains(id)) {
                (true, false) => used -= size,
                (false, true) => {
                    used += size;
                    gets += 1;
                }
                (true, true) | (false, false) => {}
            }
        }
        let most = i128::from(disk.capacity) - i128::from(disk.capacity) * i128::from(situation.reserve.0) / 100;
        if gets > 0 && used > most && used >= i128::from(disk.used) {
            return Err(format!("{id} would use {used} of {most}"));
        }
    }
    Ok(())
}

/// In how many racks replicas are.
fn distinct(situation: &Situation, replicas: &[BrokerId]) -> usize {
    replicas.iter().map(|id| rack_of(situation, *id)).collect::<BTreeSet<_>>().len()
}

/// Partitions that could be in more racks than they are.
pub(super) fn in_fewer_racks_than_possible(
    situation: &Situation,
    goal: &Goal,
    after: &Placement,
) -> Vec<NamedPartition> {
    let racks = racks(situation, goal).len();
    let worse = |(name, (replicas, _)): &(&NamedPartition, &(Vec<BrokerId>, Known<u64>))| {
        // Two that stay because they may come back may share a rack.
        let stay = replicas.iter().any(|id| situation.brokers.get(id).is_none_or(|of| of.standing == Standing::Gone));
        is_meant(goal, name) && !stay && distinct(situation, replicas) < racks.min(replicas.len())
    };
    after.iter().filter(worse).map(|(name, _)| name.clone()).collect()
}

/// Partitions that are in fewer racks than before, or not in one more for each replica that came, though there are enough.
pub(super) fn in_fewer_racks_than_before(situation: &Situation, goal: &Goal, after: &Placement) -> Vec<NamedPartition> {
    let before = placement(situation);
    let racks = racks(situation, goal).len();
    let worse = |(name, (replicas, _)): &(&NamedPartition, &(Vec<BrokerId>, Known<u64>))| {
        let before = &before[*name].0;
        let kept: Vec<BrokerId> = before.iter().copied().filter(|id| replicas.contains(id)).collect();
        let might = distinct(situation, &kept) + replicas.iter().filter(|id| !kept.contains(id)).count();
        let was = distinct(situation, before).max(might);
        distinct(situation, replicas) < was.min(racks).min(replicas.len())
    };
    after.iter().filter(worse).map(|(name, _)| name.clone()).collect()
}

/// How many replicas a broker has of partitions that the goal means.
pub(super) fn count(goal: &Goal, placement: &Placement, id: BrokerId) -> usize {
    placement.iter().filter(|(name, (replicas, _))| is_meant(goal, name) && replicas.contains(&id)).count()
}

/// Brokers of a rack differ by one at most.
pub(super) fn is_level_within_racks(situation: &Situation, goal: &Goal, after: &Placement) -> Result<(), String> {
    for (rack, brokers) in racks(situation, goal) {
        let counts: Vec<usize> = brokers.iter().map(|id| count(goal, after, *id)).collect();
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        if most - least > 1 {
            return Err(format!("rack {rack:?} has {counts:?}"));
        }
    }
    Ok(())
}

/// Racks differ only as far as the rule for racks forces it: there is no replica, and no chain of replicas from rack to rack, that could
/// make them more level.
pub(super) fn is_level_between_racks(situation: &Situation, goal: &Goal, after: &Placement) -> Result<(), String> {
    let racks = racks(situation, goal);
    let names: Vec<_> = racks.keys().copied().collect();
    let totals: Vec<usize> =
        racks.values().map(|brokers| brokers.iter().map(|id| count(goal, after, *id)).sum()).collect();
    let sizes: Vec<usize> = racks.values().map(BTreeSet::len).collect();
    let takers = takers(situation, goal);
    let may_give = |from: usize, to: usize| {
        after.iter().filter(|(name, _)| is_meant(goal, name) && !is_moving(situation, name)).any(
            |(_, (replicas, _))| {
                let mut by_rack: Vec<usize> = names
                    .iter()
                    .map(|rack| replicas.iter().filter(|id| rack_of(situation, **id) == *rack).count())
                    .collect();
                let is_there = replicas.iter().any(|id| rack_of(situation, *id) == names[from] && takers.contains(id));
                let squares = |by_rack: &[usize]| by_rack.iter().map(|of| of * of).sum::<usize>();
                let before = squares(&by_rack);
                if !is_there || by_rack[to] >= sizes[to] {
                    return false;
                }
                by_rack[from] -= 1;
                by_rack[to] += 1;
                // As even as before: who is spread as well as possible has the least sum of squares.
                squares(&by_rack) <= before
            },
        )
    };
    for from in 0..names.len() {
        let mut reached = BTreeSet::from([from]);
        loop {
            let next = (0..names.len()).find(|to| !reached.contains(to) && reached.iter().any(|at| may_give(*at, *to)));
            let Some(next) = next else { break };
            reached.insert(next);
        }
        let most = totals[from].div_ceil(sizes[from]);
        if let Some(to) = reached.into_iter().find(|to| most >= totals[*to] / sizes[*to] + 2) {
            return Err(format!("rack {:?} could give to {:?}: {totals:?} on {sizes:?}", names[from], names[to]));
        }
    }
    Ok(())
}

/// Nobody has more than a quarter above its share of a topic within a rack, or one above it, or two where the topic has many replicas.
pub(super) fn bunches_no_topic(situation: &Situation, goal: &Goal, after: &Placement) -> Result<(), String> {
    let topics: BTreeSet<&TopicName> = after.keys().map(|name| &name.topic).collect();
    for topic in topics {
        if !after.keys().any(|name| name.topic == *topic && is_meant(goal, name)) {
            continue;
        }
        let in_all = |(name, (replicas, _)): (&NamedPartition, &(Vec<BrokerId>, Known<u64>))| {
            if name.topic == *topic { replicas.len() } else { 0 }
        };
        let more = if after.iter().map(in_all).sum::<usize>() < 32 { 1 } else { 2 };
        for (rack, brokers) in racks(situation, goal) {
            let of = |id: &BrokerId| {
                after.iter().filter(|(name, (replicas, _))| name.topic == *topic && replicas.contains(id)).count()
            };
            let counts: Vec<usize> = brokers.iter().map(of).collect();
            let sum: usize = counts.iter().sum();
            let allowed = sum.div_ceil(counts.len()) + (sum / (4 * counts.len())).max(more);
            if counts.iter().any(|of| *of > allowed) {
                return Err(format!("{topic} is bunched in rack {rack:?}: {counts:?}"));
            }
        }
    }
    Ok(())
}
