//! No topic is bunched on one broker: whoever has more than its share of one, and a quarter of that or one or two replicas on top, gives
//! replicas to whoever has less, and gets replicas of other topics back for them. Numbers of replicas stay as level as they are.
//!
//! Between two brokers of a rack this is always possible: when one has two more of a topic than the other, and no two more in
//! all, the other has more of some other topic.

use super::{
    lists::{BrokerIx, PartitionIx, RackIx, TopicIx, index},
    pick::nearest,
    read::allowance,
    state::{Part, State},
};

/// How many replicas are looked at for one that goes the other way, and how many brokers that could take one, where racks differ: there it
/// may be that nobody can, and then it is not worth trying all of them for each topic.
const LOOKED_AT: usize = 64;
const TAKERS_TRIED: usize = 8;

/// Goes through all topics once.
pub(super) fn break_up(state: &mut State) {
    let mut of_brokers: Vec<u32> = Vec::new();
    for topic in 0..index(state.topics.len()) {
        numbers(state, topic, &mut of_brokers);
        let most = of_brokers.iter().copied().max().unwrap_or_default();
        // Nobody's share is below one.
        if most < 3 {
            continue;
        }
        let mut bunched: Vec<BrokerIx> =
            (0_u32..).zip(&of_brokers).filter(|(_, of)| **of > 2).map(|(at, _)| at).collect();
        bunched.sort_by_key(|broker| std::cmp::Reverse(of_brokers[*broker as usize]));
        for giver in bunched {
            while give_one(state, topic, giver, &mut of_brokers) {}
        }
    }
}

fn numbers(state: &State, topic: TopicIx, of_brokers: &mut Vec<u32>) {
    of_brokers.clear();
    of_brokers.resize(state.brokers.len(), 0);
    if let Some(row) = state.counts.row(topic) {
        of_brokers.copy_from_slice(row);
        return;
    }
    for partition in state.topics[topic as usize].clone().filter(|at| state.facts(*at).part != Part::Outside) {
        state.now.of(partition).iter().for_each(|broker| of_brokers[*broker as usize] += 1);
    }
}

/// Moves one replica of a topic away from a broker that has too many; says whether it did.
fn give_one(state: &mut State, topic: TopicIx, giver: BrokerIx, of_brokers: &mut [u32]) -> bool {
    let rack = state.rack_of(giver);
    if !state.broker(giver).takes {
        return false;
    }
    let has = of_brokers[giver as usize];
    let in_racks = by_rack(state, of_brokers);
    let allowed = allowed_in(state, topic, in_racks[rack as usize], rack);
    let mut takers: Vec<(u32, BrokerIx)> = (0_u32..)
        .zip(of_brokers.iter())
        .filter(|(taker, of)| state.broker(*taker).takes && **of + 2 <= has)
        .filter(|(taker, of)| match state.rack_of(*taker) {
            same if same == rack => has > allowed && **of < allowed,
            // Between racks, the racks themselves have to have too many and too few of it.
            other => {
                has > state.allowed[topic as usize]
                    && is_bunched(state, topic, in_racks[rack as usize], rack)
                    && is_short(state, topic, in_racks[other as usize], other)
            }
        })
        .map(|(taker, of)| (*of, taker))
        .collect();
    // Those of its own rack first.
    takers.sort_unstable_by_key(|(of, taker)| (state.rack_of(*taker) != rack, *of, *taker));
    let within = takers.iter().filter(|(_, taker)| state.rack_of(*taker) == rack).count();
    takers.truncate(within + TAKERS_TRIED);
    for (_, taker) in takers {
        if let Some((partition, back)) = exchange(state, topic, giver, taker) {
            state.replace(partition, giver, taker);
            if let Some(back) = back {
                state.replace(back, taker, giver);
            }
            of_brokers[giver as usize] -= 1;
            of_brokers[taker as usize] += 1;
            return true;
        }
    }
    false
}

fn by_rack(state: &State, of_brokers: &[u32]) -> Vec<u32> {
    let mut racks = vec![0; state.racks.len()];
    for (broker, of) in (0_u32..).zip(of_brokers) {
        racks[state.rack_of(broker) as usize] += of;
    }
    racks
}

/// How many a broker of the rack may have of what the rack has.
fn allowed_in(state: &State, topic: TopicIx, has: u32, rack: RackIx) -> u32 {
    let brokers = index(state.racks[rack as usize].order.len());
    allowance(has, brokers.max(1), state.in_all[topic as usize])
}

/// What a rack has of a topic beside what would be its share by its brokers; both multiplied by all brokers.
fn beside_share(state: &State, topic: TopicIx, has: u32, rack: RackIx) -> (u64, u64) {
    let share = u64::from(state.in_all[topic as usize]) * state.racks[rack as usize].size();
    (u64::from(has) * takers(state), share)
}

fn takers(state: &State) -> u64 {
    state.racks.iter().map(super::state::Rack::size).sum()
}

fn is_bunched(state: &State, topic: TopicIx, has: u32, rack: RackIx) -> bool {
    let (has, share) = beside_share(state, topic, has, rack);
    // A quarter more than its share, and two replicas.
    has > share + (share / 4).max(2 * takers(state))
}

fn is_short(state: &State, topic: TopicIx, has: u32, rack: RackIx) -> bool {
    let (has, share) = beside_share(state, topic, has, rack);
    has < share
}

/// A replica of a topic that can go from broker to broker, and one of another topic that comes back for it; none comes back where
/// the giver has more replicas than the taker.
fn exchange(
    state: &State,
    topic: TopicIx,
    giver: BrokerIx,
    taker: BrokerIx,
) -> Option<(PartitionIx, Option<PartitionIx>)> {
    let (here, there) = (state.rack_of(giver), state.rack_of(taker));
    let goes = state.topics[topic as usize].clone().filter(|partition| {
        state.now.holds(*partition, giver)
            && !state.now.holds(*partition, taker)
            && state.may_leave(*partition, giver)
            && state.rack_change(*partition, here, there) <= 0
    });
    let mut goes: Vec<PartitionIx> = goes.collect();
    // What is copied anyway first, then what is small.
    goes.sort_by_key(|partition| (state.origin.holds(*partition, giver), state.facts(*partition).size, *partition));
    goes.into_iter().find_map(|goes| {
        let size = state.facts(goes).size;
        if here == there && state.broker(giver).replicas > state.broker(taker).replicas && state.fits(size, taker) {
            return Some((goes, None));
        }
        let comes = |partition: &PartitionIx| {
            let facts = state.facts(*partition);
            let lets_both_fit = state.broker(taker).room + i128::from(facts.size) >= i128::from(size)
                && state.broker(giver).room + i128::from(size) >= i128::from(facts.size);
            facts.topic != topic
                && lets_both_fit
                && !state.now.holds(*partition, giver)
                && state.rack_change(*partition, there, here) <= 0
                && is_no_bunch(state, facts.topic, taker, giver)
        };
        let at = state.broker(taker);
        let near = nearest(&at.movable, size).take(LOOKED_AT).find(comes);
        let all = || at.movable.iter().map(|(_, partition)| *partition).find(comes);
        let comes = if here == there { near.or_else(all) } else { near };
        comes.map(|comes| (goes, Some(comes)))
    })
}

/// Whether another topic is no more bunched when a replica of it goes from broker to broker.
fn is_no_bunch(state: &State, topic: TopicIx, from: BrokerIx, to: BrokerIx) -> bool {
    if state.of_topic(topic, from) <= state.of_topic(topic, to) {
        return false;
    }
    let (here, there) = (state.rack_of(from), state.rack_of(to));
    if here == there {
        return true;
    }
    let of_rack = state.racks[there as usize].order.iter().map(|(.., broker)| state.of_topic(topic, *broker));
    is_short(state, topic, of_rack.sum(), there)
}
