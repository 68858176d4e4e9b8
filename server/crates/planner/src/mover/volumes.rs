//! Disks become level where numbers of replicas already are: a broker with far more bytes than others of its rack gives a large
//! partition for a small one. Sizes change all the time, so that only what is far off is worth being copied.

use super::{
    lists::{BrokerIx, PartitionIx, RackIx, index},
    pick::nearest,
    state::State,
};

/// By how many percent of the average of its rack a broker may have more bytes.
const TOLERATED_PERCENT: u64 = 20;
/// Less than this on top of the average nobody notices, in bytes.
const UNNOTICED: u64 = 1 << 30;
/// How many small and how many large partitions are compared.
const COMPARED: usize = 8;
/// How many large ones are looked at to find those.
const LOOKED_AT: usize = 64;

/// Exchanges partitions between brokers of each rack until no broker is far above the average, and none uses its reserve, as far as that
/// is possible.
pub(super) fn level(state: &mut State) {
    for rack in 0..index(state.racks.len()) {
        // Each exchange brings a broker nearer to the average by more than a tenth of what it is off, so that this many are plenty.
        let mut left = 64 * state.racks[rack as usize].order.len();
        while left > 0 && exchange_in(state, rack) {
            left -= 1;
        }
    }
}

fn exchange_in(state: &mut State, rack: RackIx) -> bool {
    let of = &state.racks[rack as usize];
    let mean = of.mean_volume();
    let tolerated = mean.saturating_add((mean / 100 * TOLERATED_PERCENT).max(UNNOTICED));
    let mut brokers: Vec<BrokerIx> = of.order.iter().map(|(.., broker)| *broker).collect();
    brokers.sort_by_key(|broker| (std::cmp::Reverse(state.broker(*broker).volume), *broker));
    let too_full = brokers.iter().filter(|broker| {
        let facts = state.broker(**broker);
        facts.volume > tolerated || (facts.room < 0 && facts.volume > mean)
    });
    let found = too_full.copied().find_map(|giver| {
        let emptier = brokers.iter().rev().copied().filter(|taker| state.broker(*taker).volume < mean);
        emptier
            .take(COMPARED)
            .find_map(|taker| best_exchange(state, giver, taker, mean).map(|pair| (giver, taker, pair)))
    });
    let Some((giver, taker, (large, small))) = found else { return false };
    state.replace(large, giver, taker);
    state.replace(small, taker, giver);
    true
}

/// A large partition of one broker and a small one of another, whose exchange brings both nearest to the average.
fn best_exchange(state: &State, giver: BrokerIx, taker: BrokerIx, mean: u64) -> Option<(PartitionIx, PartitionIx)> {
    let (from, to) = (state.broker(giver), state.broker(taker));
    let wanted = (from.volume - mean).min(mean.saturating_sub(to.volume));
    let between = from.volume - to.volume;
    // The smallest come back, as they cost least.
    let smallest = to.movable.iter().map(|(_, partition)| *partition);
    let back = smallest.filter(|partition| !state.now.holds(*partition, giver)).take(COMPARED);
    let mut best: Option<(u64, PartitionIx, PartitionIx)> = None;
    for small in back {
        let size = state.facts(small).size;
        let large = nearest(&from.movable, size.saturating_add(wanted)).take(LOOKED_AT).filter(|large| {
            let by = state.facts(*large).size.saturating_sub(size);
            by > wanted / 10
                && by < between
                && to.room + i128::from(size) >= i128::from(state.facts(*large).size)
                && !state.now.holds(*large, taker)
                && bunches_nothing(state, *large, giver, taker)
                && bunches_nothing(state, small, taker, giver)
        });
        for large in large.take(COMPARED) {
            let off = (state.facts(large).size - size).abs_diff(wanted);
            if best.is_none_or(|(least, ..)| off < least) {
                best = Some((off, large, small));
            }
        }
    }
    best.map(|(_, large, small)| (large, small))
}

fn bunches_nothing(state: &State, partition: PartitionIx, from: BrokerIx, to: BrokerIx) -> bool {
    let topic = state.facts(partition).topic;
    let (here, there) = (state.of_topic(topic, from), state.of_topic(topic, to));
    there < here || there < 2
}
