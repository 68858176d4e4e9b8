//! Numbers of replicas become level: between racks as far as the rule for racks allows, and within a rack to one.
//!
//! Between racks first, from what is too full to what is too empty, and only then within each: a replica that changes racks
//! then goes to the broker that lacks it, instead of being handed on there.

use super::{
    exchange::Exchange,
    lists::{BrokerIx, PartitionIx, RackIx},
    state::{Mobility, State},
};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, VecDeque},
};

/// A replica that moves: of which partition, from whom, to whom.
type Step = (PartitionIx, BrokerIx, BrokerIx);

/// Racks by how many replicas their brokers have once those of a rack are level among themselves.
#[derive(Clone, Debug)]
struct Levels {
    /// The fuller first, with most replicas on a broker.
    givers: Vec<(RackIx, u64)>,
    /// The emptier first, with fewest.
    takers: Vec<(RackIx, u64)>,
}

impl Levels {
    fn of(state: &State) -> Self {
        let levels = || (0_u32..).zip(&state.racks).filter_map(|(rack, of)| of.level().map(|level| (rack, level)));
        let mut givers: Vec<_> = levels().map(|(rack, (most, _))| (rack, most)).collect();
        let mut takers: Vec<_> = levels().map(|(rack, (_, fewest))| (rack, fewest)).collect();
        givers.sort_unstable_by_key(|(rack, most)| (Reverse(*most), *rack));
        takers.sort_unstable_by_key(|(rack, fewest)| (*fewest, *rack));
        Self { givers, takers }
    }

    /// Those that should get replicas of one that has so many.
    fn takers_of(&self, most: u64) -> impl Iterator<Item = RackIx> + '_ {
        self.takers.iter().take_while(move |(_, fewest)| fewest + 2 <= most).map(|(rack, _)| *rack)
    }

    /// The first two that fulfil it, of those of which one should give to the other.
    fn find(&self, is_wanted: impl Fn(RackIx, RackIx) -> bool) -> Option<(RackIx, RackIx)> {
        self.givers
            .iter()
            .find_map(|(from, most)| self.takers_of(*most).find(|to| is_wanted(*from, *to)).map(|to| (*from, to)))
    }
}

/// Pairs of racks that were tried in vain.
type Blocked = BTreeSet<(RackIx, RackIx)>;

/// Moves replicas between racks until nothing makes them more level.
pub(super) fn between_racks(state: &mut State) {
    let mut blocked = Blocked::new();
    while let Some((from, to)) = widest(state) {
        if state.exchange.is_none() {
            state.exchange = Some(Exchange::new(state));
        }
        // Nearly always these two: all others are looked at only where there is nothing that may go from the one to the other.
        if is_open(state, &blocked, from, to) {
            if let Some((partition, giver, taker)) = best_step(state, from, to) {
                state.replace(partition, giver, taker);
                continue;
            }
            blocked.insert((from, to));
        }
        let levels = Levels::of(state);
        let pair = levels.find(|from, to| is_open(state, &blocked, from, to));
        match (pair, state.mobility) {
            (Some((from, to)), _) => match best_step(state, from, to) {
                Some((partition, giver, taker)) => state.replace(partition, giver, taker),
                None => {
                    blocked.insert((from, to));
                }
            },
            (None, Mobility::Anything) => match through_others(state, &levels, &mut blocked) {
                Some(steps) => steps.into_iter().for_each(|(partition, from, to)| state.replace(partition, from, to)),
                None => break,
            },
            // What arrives in between would have to be what leaves.
            (None, Mobility::OntoJoined | Mobility::NewOnes) => break,
        }
    }
    state.exchange = None;
}

/// The two racks that differ most, the fuller one first; none where all are as level as can be.
fn widest(state: &State) -> Option<(RackIx, RackIx)> {
    let levels = || (0_u32..).zip(&state.racks).filter_map(|(rack, of)| of.level().map(|level| (rack, level)));
    let (from, (most, _)) = levels().max_by_key(|(rack, (most, _))| (*most, Reverse(*rack)))?;
    let (to, (_, fewest)) = levels().min_by_key(|(rack, (_, fewest))| (*fewest, *rack))?;
    (most >= fewest + 2).then_some((from, to))
}

fn is_open(state: &State, blocked: &Blocked, from: RackIx, to: RackIx) -> bool {
    from != to
        && !blocked.contains(&(from, to))
        && state.exchange.as_ref().is_some_and(|exchange| exchange.is_possible(from, to))
}

/// The replica that is best moved from rack to rack. Whoever gets it has to have two fewer than who gives it; where there is none such,
/// it is enough that both racks are level in themselves, as they can be made level again.
fn best_step(state: &State, from: RackIx, to: RackIx) -> Option<Step> {
    replica_across(state, from, to, |giver| giver.checked_sub(2))
        .or_else(|| replica_across(state, from, to, |_| can_level(state, from, to).then_some(u32::MAX)))
}

/// Whether what moves between two racks can be evened out within each.
fn can_level(state: &State, from: RackIx, to: RackIx) -> bool {
    state.mobility == Mobility::Anything
        && [from, to].iter().all(|rack| {
            let order = &state.racks[*rack as usize].order;
            let ends = order.first().zip(order.last());
            ends.is_none_or(|((fewest, ..), (most, ..))| most - fewest <= 1)
        })
}

/// The replica that is best moved from rack to rack: from a broker with as many as possible. `most` says how many a taker may have,
/// by how many the giver has.
fn replica_across(state: &State, from: RackIx, to: RackIx, most: impl Fn(u32) -> Option<u32>) -> Option<Step> {
    let givers = || state.racks[from as usize].order.iter().rev().map(|(replicas, _, broker)| (*replicas, *broker));
    let target = &state.racks[to as usize];
    let (_, emptiest) = target.level()?;
    let (_, _, lowest) = target.order.first()?;
    let mean = u64::midpoint(state.racks[from as usize].mean_volume(), target.mean_volume());
    let near = givers().find_map(|(replicas, giver)| {
        let surplus = u64::from(replicas).saturating_sub(emptiest);
        let wanted = state.wanted_size(giver, *lowest, mean, surplus, surplus);
        let (partition, taker) = state.pick_across(giver, to, wanted, most(replicas)?)?;
        Some((partition, giver, taker))
    });
    near.or_else(|| {
        givers().find_map(|(replicas, giver)| {
            let (partition, taker) = state.find_across(giver, to, most(replicas)?)?;
            Some((partition, giver, taker))
        })
    })
}

/// How a replica gets from rack to rack by way of others, where none can go directly: the first one gives to a second, which gives
/// another replica to a third, and so on.
fn through_others(state: &State, levels: &Levels, blocked: &mut Blocked) -> Option<Vec<Step>> {
    for (from, most) in &levels.givers {
        let takers: Vec<RackIx> = levels.takers_of(*most).collect();
        while let Some(way) = shortest_way(state, *from, &takers, blocked) {
            match steps_of(state, &way) {
                Ok(steps) => return Some(steps),
                Err(pair) => {
                    blocked.insert(pair);
                }
            }
        }
    }
    None
}

/// What moves along a way; else the two racks between which nothing can.
fn steps_of(state: &State, way: &[RackIx]) -> Result<Vec<Step>, (RackIx, RackIx)> {
    let mut steps: Vec<Step> = Vec::new();
    for (place, pair) in way.windows(2).enumerate() {
        let [here, there] = *pair else { continue };
        // Those in between give as many as they get. Whoever gets one in the end has to have fewer than who gives one.
        let is_last = place + 2 == way.len();
        let is_free = !is_last || way.first().is_some_and(|from| can_level(state, *from, there));
        let first = steps.first().map(|(_, giver, _)| state.broker(*giver).replicas);
        let most = |giver: u32| if is_free { Some(u32::MAX) } else { first.unwrap_or(giver).checked_sub(2) };
        match replica_across(state, here, there, most) {
            // A partition that moves twice would have to be looked at anew in between.
            Some(step) if steps.iter().all(|(other, ..)| *other != step.0) => steps.push(step),
            Some(_) | None => return Err((here, there)),
        }
    }
    Ok(steps)
}

/// The way from a rack to the nearest of those that should get something.
fn shortest_way(state: &State, from: RackIx, takers: &[RackIx], blocked: &Blocked) -> Option<Vec<RackIx>> {
    let mut before: Vec<Option<RackIx>> = vec![None; state.racks.len()];
    let mut next = VecDeque::from([from]);
    while let Some(here) = next.pop_front() {
        for (there, _) in (0_u32..).zip(&state.racks) {
            if there == from || before[there as usize].is_some() || !is_open(state, blocked, here, there) {
                continue;
            }
            before[there as usize] = Some(here);
            if takers.contains(&there) {
                let mut way: Vec<RackIx> = std::iter::successors(Some(there), |rack| before[*rack as usize]).collect();
                way.reverse();
                return Some(way);
            }
            next.push_back(there);
        }
    }
    None
}

/// Moves replicas within each rack until its brokers differ by one at most.
pub(super) fn within_racks(state: &mut State) {
    for rack in 0..state.racks.len() {
        let mut blocked = BTreeSet::new();
        while let Some((giver, taker)) = uneven_brokers(state, rack, &blocked) {
            let of = &state.racks[rack];
            let (most, fewest) = of.level().unwrap_or_default();
            let surplus = u64::from(state.broker(giver).replicas).saturating_sub(fewest);
            let lacks = most.saturating_sub(u64::from(state.broker(taker).replicas));
            let wanted = state.wanted_size(giver, taker, of.mean_volume(), surplus, lacks);
            match state.pick(giver, taker, wanted) {
                Some(partition) => state.replace(partition, giver, taker),
                None => {
                    blocked.insert((giver, taker));
                }
            }
        }
    }
}

/// The two brokers of a rack that differ most, of those that were not tried in vain.
fn uneven_brokers(
    state: &State,
    rack: usize,
    blocked: &BTreeSet<(BrokerIx, BrokerIx)>,
) -> Option<(BrokerIx, BrokerIx)> {
    let order = &state.racks[rack].order;
    for (most, _, giver) in order.iter().rev() {
        for (_, _, taker) in order.iter().take_while(|(fewest, ..)| fewest + 2 <= *most) {
            if state.may_get(*taker) && !blocked.contains(&(*giver, *taker)) {
                return Some((*giver, *taker));
            }
        }
    }
    None
}
