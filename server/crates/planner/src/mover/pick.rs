//! Which replica of a broker is the best one to go to another.
//!
//! Replicas that are copied anyway cost nothing more. Of the others, one that is about as large as what has to move on average, so
//! that bytes become level together with numbers: were the smallest taken, new brokers would get their share of replicas and
//! next to no bytes. Among those of similar size, one whose topic is less bunched afterwards.

use super::{
    lists::{BrokerIx, PartitionIx, RackIx},
    state::State,
};
use std::{cmp::Reverse, collections::BTreeSet};

/// How many replicas of similar size are compared.
const COMPARED: usize = 16;
/// How many are looked at to find those.
const LOOKED_AT: usize = 64;
/// How many brokers with as many replicas are compared.
const TAKERS_COMPARED: usize = 8;
/// More than this much better does not matter.
const MOST_GAIN: i64 = 3;

/// Partitions by size, the nearest to `wanted` first, and of two as near the smaller one.
pub(super) fn nearest(sizes: &BTreeSet<(u64, PartitionIx)>, wanted: u64) -> impl Iterator<Item = PartitionIx> + '_ {
    let mut below = sizes.range(..(wanted, 0)).rev().peekable();
    let mut above = sizes.range((wanted, 0)..).peekable();
    std::iter::from_fn(move || {
        let next = match (below.peek(), above.peek()) {
            (Some((small, _)), Some((large, _))) if wanted - small <= large - wanted => below.next(),
            (_, Some(_)) => above.next(),
            (_, None) => below.next(),
        };
        next.map(|(_, partition)| *partition)
    })
}

/// How much a topic becomes less bunched when a replica moves: large is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Gain {
    bunches: Reverse<bool>,
    by: i64,
}

impl State {
    fn gain(&self, partition: PartitionIx, from: BrokerIx, to: BrokerIx) -> Gain {
        let topic = self.facts(partition).topic;
        let (here, there) = (self.of_topic(topic, from), self.of_topic(topic, to));
        let by = (i64::from(here) - i64::from(there)).min(MOST_GAIN);
        Gain { bunches: Reverse(by < 1 && there >= self.allowed[topic as usize]), by }
    }

    /// Whether the replica could go from broker to broker, racks aside.
    pub(super) fn could_go(&self, partition: PartitionIx, to: BrokerIx) -> bool {
        !self.now.holds(partition, to) && self.fits(self.facts(partition).size, to)
    }

    /// About how large what moves from broker to broker should be, when both are to come to `mean` bytes once one has got rid of
    /// `surplus` replicas and the other has got `lacks`.
    pub(super) fn wanted_size(&self, from: BrokerIx, to: BrokerIx, mean: u64, surplus: u64, lacks: u64) -> u64 {
        let over = self.broker(from).volume.saturating_sub(mean) / surplus.max(1);
        let under = mean.saturating_sub(self.broker(to).volume) / lacks.max(1);
        over.min(under)
    }

    /// The best replica to go from broker to broker of the same rack; none where none can.
    pub(super) fn pick(&mut self, from: BrokerIx, to: BrokerIx, wanted: u64) -> Option<PartitionIx> {
        let found = self.best(from, to, wanted);
        if found.is_none() {
            self.brokers[to as usize].refused |= self.is_refused(from, to);
        }
        found
    }

    fn best(&self, from: BrokerIx, to: BrokerIx, wanted: u64) -> Option<PartitionIx> {
        let at = self.broker(from);
        for sizes in [&at.fresh, &at.movable] {
            let near = nearest(sizes, wanted).take(LOOKED_AT).filter(|partition| self.could_go(*partition, to));
            // Of equal ones the first, which is nearest.
            if let Some(best) = near.take(COMPARED).min_by_key(|partition| Reverse(self.gain(*partition, from, to))) {
                return Some(best);
            }
        }
        let room = u64::try_from(self.broker(to).room.max(0)).unwrap_or(u64::MAX);
        let fits = [&at.fresh, &at.movable].into_iter().flat_map(|sizes| sizes.range(..=(room, PartitionIx::MAX)));
        fits.map(|(_, partition)| *partition).find(|partition| self.could_go(*partition, to))
    }

    /// Whether it is room that is missing.
    fn is_refused(&self, from: BrokerIx, to: BrokerIx) -> bool {
        let at = self.broker(from);
        at.fresh.iter().chain(&at.movable).any(|(_, partition)| !self.now.holds(*partition, to))
    }

    /// The best broker of a rack for one replica more of a partition: with the fewest replicas, and among those with the fewest of
    /// the topic. It has `below` replicas at most.
    pub(super) fn taker(&self, partition: PartitionIx, rack: RackIx, below: u32) -> Option<BrokerIx> {
        let facts = self.facts(partition);
        let order = self.racks[rack as usize].order.iter().take_while(|(replicas, ..)| *replicas <= below);
        let mut takers = order
            .map(|(replicas, _, broker)| (*replicas, *broker))
            .filter(|(_, broker)| self.may_get(*broker) && self.could_go(partition, *broker));
        let (fewest, first) = takers.next()?;
        let equals = takers.take_while(|(replicas, _)| *replicas == fewest).take(TAKERS_COMPARED - 1);
        let all = std::iter::once(first).chain(equals.map(|(_, broker)| broker));
        all.min_by_key(|broker| self.of_topic(facts.topic, *broker))
    }

    /// The best replica of a broker to go to a rack, and who gets it there; none where none of the first ones can.
    pub(super) fn pick_across(
        &self,
        from: BrokerIx,
        to: RackIx,
        wanted: u64,
        below: u32,
    ) -> Option<(PartitionIx, BrokerIx)> {
        let at = self.broker(from);
        for sizes in [&at.fresh, &at.movable] {
            let near = nearest(sizes, wanted).take(LOOKED_AT);
            let possible = near.filter_map(|partition| self.goes_to(partition, from, to, below));
            if let Some(best) =
                possible.take(COMPARED).min_by_key(|(partition, taker)| Reverse(self.gain(*partition, from, *taker)))
            {
                return Some(best);
            }
        }
        None
    }

    /// The same, where all of its replicas are tried.
    pub(super) fn find_across(&self, from: BrokerIx, to: RackIx, below: u32) -> Option<(PartitionIx, BrokerIx)> {
        let at = self.broker(from);
        let all = at.fresh.iter().chain(&at.movable);
        all.map(|(_, partition)| *partition).find_map(|partition| self.goes_to(partition, from, to, below))
    }

    fn goes_to(
        &self,
        partition: PartitionIx,
        from: BrokerIx,
        to: RackIx,
        below: u32,
    ) -> Option<(PartitionIx, BrokerIx)> {
        let is_legal = self.rack_change(partition, self.rack_of(from), to) <= 0;
        if !is_legal {
            return None;
        }
        self.taker(partition, to, below).map(|taker| (partition, taker))
    }
}
