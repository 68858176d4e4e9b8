//! New places for replicas that have none any more, for those that are added, and for those that share a rack.

use super::{
    lists::{BrokerIx, PartitionIx, RackIx, index},
    state::{Mobility, Part, State},
};
use std::cmp::Reverse;

/// How places are chosen. The first way gives the best plan; where disks are nearly full, another one may still find room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// Topic by topic, each to whoever has the fewest.
    Level,
    /// The largest first, each to where most room is.
    Tight,
    /// The same, and racks are shared where there is no other room.
    Anywhere,
}

impl Packing {
    /// In the order in which they are tried.
    pub(super) const ALL: [Self; 3] = [Self::Level, Self::Tight, Self::Anywhere];
}

/// A replica for which there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unplaced {
    pub(super) partition: PartitionIx,
}

/// Moves everything away from brokers that leave. Says what found no place.
pub(super) fn vacate(state: &mut State, packing: Packing) -> Result<(), Unplaced> {
    let mut displaced: Vec<(PartitionIx, BrokerIx)> = Vec::new();
    for (partition, facts) in (0_u32..).zip(&state.partitions) {
        if facts.part == Part::Moves {
            let leave = state.now.of(partition).iter().filter(|broker| state.broker(**broker).leaves);
            displaced.extend(leave.map(|broker| (partition, *broker)));
        }
    }
    order(state, &mut displaced, packing);
    for (partition, from) in displaced {
        let to = best_place(state, partition, Some(from), packing).ok_or(Unplaced { partition })?;
        state.replace(partition, from, to);
    }
    Ok(())
}

/// Adds replicas to every partition that moves, until each has as many as its topic is to have. Says what found no place.
pub(super) fn add(state: &mut State, factors: &[usize], packing: Packing) -> Result<(), Unplaced> {
    let mut missing: Vec<(PartitionIx, BrokerIx)> = Vec::new();
    for (partition, facts) in (0_u32..).zip(&state.partitions) {
        if facts.part == Part::Moves {
            let lacks = factors[facts.topic as usize].saturating_sub(state.now.of(partition).len());
            missing.extend(std::iter::repeat_n((partition, BrokerIx::MAX), lacks));
        }
    }
    order(state, &mut missing, packing);
    for (partition, _) in missing {
        let to = best_place(state, partition, None, packing).ok_or(Unplaced { partition })?;
        state.add(partition, to);
    }
    Ok(())
}

fn order(state: &State, replicas: &mut [(PartitionIx, BrokerIx)], packing: Packing) {
    match packing {
        Packing::Level => {}
        Packing::Tight | Packing::Anywhere => {
            replicas.sort_by_key(|(partition, _)| Reverse(state.facts(*partition).size));
        }
    }
}

/// Where a replica goes that leaves `from`, or comes new: to the rack that lacks it most, of equal ones to the emptiest, and there to
/// the broker with the fewest.
fn best_place(state: &State, partition: PartitionIx, from: Option<BrokerIx>, packing: Packing) -> Option<BrokerIx> {
    let mut by_rack = Vec::new();
    state.by_rack(partition, &mut by_rack);
    if let Some(from) = from {
        by_rack[state.rack_of(from) as usize] -= 1;
    }
    // What is added makes a partition with one replica more, which has another rule.
    let factor = state.now.of(partition).len() + usize::from(from.is_none());
    let rule = state.rules.get(factor)?;
    let mut racks: Vec<(i64, Emptiness, RackIx)> = (0_u32..)
        .zip(&state.racks)
        .filter(|(_, of)| of.size() > 0)
        .map(|(rack, of)| (rule.of_one_more(rack, by_rack[rack as usize]), Emptiness::of(of.replicas, of.size()), rack))
        .collect();
    racks.sort_unstable();
    let best = racks.iter().map(|(change, ..)| *change).min()?;
    let within = |change: i64| match packing {
        Packing::Level | Packing::Tight => change == best,
        Packing::Anywhere => true,
    };
    let racks = racks.into_iter().filter(|(change, ..)| within(*change));
    match packing {
        Packing::Level => racks.map(|(_, _, rack)| rack).find_map(|rack| state.taker(partition, rack, u32::MAX)),
        Packing::Tight | Packing::Anywhere => racks
            .filter_map(|(change, _, rack)| {
                roomiest(state, partition, rack).map(|(room, to)| (change, Reverse(room), to))
            })
            .min()
            .map(|(_, _, to)| to),
    }
}

fn roomiest(state: &State, partition: PartitionIx, rack: RackIx) -> Option<(i128, BrokerIx)> {
    let order = state.racks[rack as usize].order.iter().map(|(_, _, broker)| *broker);
    let possible = order.filter(|broker| state.may_get(*broker) && state.could_go(partition, *broker));
    possible
        .map(|broker| (state.broker(broker).room, Reverse(broker)))
        .max()
        .map(|(room, Reverse(broker))| (room, broker))
}

/// Replicas by broker, as a fraction that can be compared.
#[derive(Clone, Copy, Debug)]
struct Emptiness {
    replicas: u64,
    brokers: u64,
}

impl Emptiness {
    fn of(replicas: u64, brokers: u64) -> Self {
        Self { replicas, brokers }
    }
}

impl Ord for Emptiness {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let (ours, theirs) = (u128::from(self.replicas), u128::from(other.replicas));
        (ours * u128::from(other.brokers)).cmp(&(theirs * u128::from(self.brokers)))
    }
}

impl PartialEq for Emptiness {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Emptiness {}

impl PartialOrd for Emptiness {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Takes replicas away from every partition that moves, until none has more than its topic is to have: first those on brokers that do
/// not serve or leave, then those that share a rack, then those of the fullest brokers. The preferred leader goes last: no client has
/// to look for another one, and it takes nothing from the racks, as every rack that takes replicas may have one.
pub(super) fn take_away(state: &mut State, factors: &[usize], serves: &[bool]) {
    for partition in 0..index(state.partitions.len()) {
        if state.facts(partition).part != Part::Moves {
            continue;
        }
        let factor = factors[state.facts(partition).topic as usize];
        while state.now.of(partition).len() > factor {
            let Some(worst) = most_dispensable(state, partition, factor, serves) else { break };
            state.remove(partition, worst);
        }
    }
}

fn most_dispensable(state: &State, partition: PartitionIx, factor: usize, serves: &[bool]) -> Option<BrokerIx> {
    let rule = state.rules.get(factor)?;
    let topic = state.facts(partition).topic;
    let replicas = state.now.of(partition);
    let cost = |(place, broker): (usize, &BrokerIx)| {
        let facts = state.broker(*broker);
        let racks = rule.of_one_fewer(facts.rack, state.in_rack(partition, facts.rack));
        let fullness = Reverse((state.of_topic(topic, *broker), facts.total));
        (serves[*broker as usize], facts.takes, place == 0, racks, fullness, *broker)
    };
    replicas.iter().enumerate().min_by_key(|replica| cost(*replica)).map(|(_, broker)| *broker)
}

/// Moves replicas of partitions that are spread over racks worse than they could be.
pub(super) fn spread_over_racks(state: &mut State) {
    if state.mobility == Mobility::NewOnes {
        return;
    }
    let mut by_rack = Vec::new();
    for partition in 0..index(state.partitions.len()) {
        if state.facts(partition).part != Part::Moves {
            continue;
        }
        loop {
            state.by_rack(partition, &mut by_rack);
            if state.rule(partition).penalty_of(&by_rack) == 0 {
                break;
            }
            let Some((from, to)) = best_repair(state, partition) else { break };
            state.replace(partition, from, to);
        }
    }
}

/// The move that makes a partition better spread by most; none where none does.
fn best_repair(state: &State, partition: PartitionIx) -> Option<(BrokerIx, BrokerIx)> {
    let mut possible: Vec<(i64, bool, Emptiness, Reverse<u32>, BrokerIx, RackIx)> = Vec::new();
    for from in state.now.of(partition).iter().filter(|from| state.may_leave(partition, **from)) {
        for (rack, of) in (0_u32..).zip(&state.racks).filter(|(_, of)| of.size() > 0) {
            let change = state.rack_change(partition, state.rack_of(*from), rack);
            if change < 0 {
                let is_old = state.origin.holds(partition, *from);
                let emptiness = Emptiness::of(of.replicas, of.size());
                possible.push((change, is_old, emptiness, Reverse(state.broker(*from).replicas), *from, rack));
            }
        }
    }
    possible.sort_unstable();
    possible.into_iter().find_map(|(.., from, rack)| {
        let to = state.taker(partition, rack, u32::MAX)?;
        Some((from, to))
    })
}
