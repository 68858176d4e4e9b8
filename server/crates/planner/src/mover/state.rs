//! The plan while it is being made: where every replica is by now, and whatever has to be known to move the next one without
//! looking at everything again. Brokers, racks, topics and partitions are indices here.

use super::{
    exchange::Exchange,
    lists::{BrokerIx, Lists, PartitionIx, RackIx, TopicCounts, TopicIx},
    racks::RackRule,
};
use std::{collections::BTreeSet, ops::Range};

/// What may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mobility {
    /// Every replica, to every broker that takes some.
    Anything,
    /// Every replica, to brokers that joined.
    OntoJoined,
    /// Replicas that are to be copied anyway: it costs nothing to copy them to somebody else.
    NewOnes,
}

/// What becomes of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It is counted, and may move.
    Moves,
    /// It is counted, and stays.
    Stays,
    /// It is not meant by the goal.
    Outside,
}

/// A partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartitionFacts {
    pub(super) topic: TopicIx,
    /// Bytes of a replica; the average of the others where that is unknown.
    pub(super) size: u64,
    pub(super) part: Part,
}

/// A broker. Numbers are those of partitions that the goal means, but for `total` and `room`.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "facts, each of which is or is not so")]
pub(super) struct BrokerFacts {
    pub(super) rack: RackIx,
    /// Whether it takes replicas.
    pub(super) takes: bool,
    /// Whether its replicas have to go to others.
    pub(super) leaves: bool,
    /// Whether its replicas stay because it may come back.
    pub(super) keeps: bool,
    /// Whether it is one of those that are to be filled.
    pub(super) joined: bool,
    /// Whether something did not fit.
    pub(super) refused: bool,
    pub(super) replicas: u32,
    pub(super) total: u32,
    pub(super) volume: u64,
    /// Bytes left above the reserve once everything is where it is to be; less than nothing where it is too full.
    pub(super) room: i128,
    /// Replicas that may move, by size; left out where only new ones may.
    pub(super) movable: BTreeSet<(u64, PartitionIx)>,
    /// Those that this plan brings: they are copied anyway.
    pub(super) fresh: BTreeSet<(u64, PartitionIx)>,
}

/// The brokers of a rack that take replicas.
#[derive(Clone, Debug, Default)]
pub(super) struct Rack {
    pub(super) replicas: u64,
    pub(super) volume: u64,
    /// By replicas, then by those outside the goal as well.
    pub(super) order: BTreeSet<(u32, u32, BrokerIx)>,
}

impl Rack {
    /// How many brokers.
    pub(super) fn size(&self) -> u64 {
        self.order.len() as u64
    }

    /// Replicas on the fullest and on the emptiest broker, once they are level; none where nobody takes any.
    pub(super) fn level(&self) -> Option<(u64, u64)> {
        let size = self.size();
        (size > 0).then(|| (self.replicas.div_ceil(size), self.replicas / size))
    }

    /// Bytes of a broker on average.
    pub(super) fn mean_volume(&self) -> u64 {
        self.volume / self.size().max(1)
    }
}

/// The plan while it is being made.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) mobility: Mobility,
    pub(super) brokers: Vec<BrokerFacts>,
    pub(super) racks: Vec<Rack>,
    pub(super) partitions: Vec<PartitionFacts>,
    /// Partitions of each topic.
    pub(super) topics: Vec<Range<PartitionIx>>,
    /// Replicas of each topic.
    pub(super) in_all: Vec<u32>,
    /// Most replicas of a topic that a broker may have before they are bunched on it, over all racks.
    pub(super) allowed: Vec<u32>,
    pub(super) origin: Lists,
    pub(super) now: Lists,
    pub(super) counts: TopicCounts,
    /// By factor.
    pub(super) rules: Vec<RackRule>,
    /// Which racks can give replicas to which; made when somebody needs it.
    pub(super) exchange: Option<Exchange>,
    /// Whether racks are shared because there was no room elsewhere.
    pub(super) is_packed: bool,
    /// How many replicas have moved so far.
    pub(super) steps: u64,
}

impl State {
    pub(super) fn facts(&self, partition: PartitionIx) -> PartitionFacts {
        self.partitions[partition as usize]
    }

    pub(super) fn broker(&self, broker: BrokerIx) -> &BrokerFacts {
        &self.brokers[broker as usize]
    }

    pub(super) fn rack_of(&self, broker: BrokerIx) -> RackIx {
        self.broker(broker).rack
    }

    /// Whether replicas may come to it.
    pub(super) fn may_get(&self, broker: BrokerIx) -> bool {
        let facts = self.broker(broker);
        match self.mobility {
            Mobility::Anything | Mobility::NewOnes => facts.takes,
            Mobility::OntoJoined => facts.takes && facts.joined,
        }
    }

    pub(super) fn fits(&self, size: u64, broker: BrokerIx) -> bool {
        self.broker(broker).room >= i128::from(size)
    }

    /// How many replicas of a topic a broker has.
    pub(super) fn of_topic(&self, topic: TopicIx, broker: BrokerIx) -> u32 {
        if let Some(row) = self.counts.row(topic) {
            return row[broker as usize];
        }
        let holds = self.topics[topic as usize].clone().filter(|partition| self.now.holds(*partition, broker));
        super::lists::index(holds.count())
    }

    /// The rule for the racks of a partition, as many replicas as it has.
    pub(super) fn rule(&self, partition: PartitionIx) -> &RackRule {
        &self.rules[self.now.of(partition).len()]
    }

    /// How many replicas of a partition a rack has.
    pub(super) fn in_rack(&self, partition: PartitionIx, rack: RackIx) -> u32 {
        let there = self.now.of(partition).iter().filter(|broker| self.rack_of(**broker) == rack);
        super::lists::index(there.count())
    }

    /// How many replicas of a partition each rack has.
    pub(super) fn by_rack(&self, partition: PartitionIx, counts: &mut Vec<u32>) {
        counts.clear();
        counts.resize(self.racks.len(), 0);
        for broker in self.now.of(partition) {
            counts[self.rack_of(*broker) as usize] += 1;
        }
    }

    /// What moving a replica from rack to rack changes in how well the partition is spread; below 0 where it becomes better.
    pub(super) fn rack_change(&self, partition: PartitionIx, from: RackIx, to: RackIx) -> i64 {
        if from == to {
            return 0;
        }
        let rule = self.rule(partition);
        rule.of_one_fewer(from, self.in_rack(partition, from)) + rule.of_one_more(to, self.in_rack(partition, to))
    }

    /// Replicas of a partition that may be moved away from a broker.
    pub(super) fn may_leave(&self, partition: PartitionIx, broker: BrokerIx) -> bool {
        self.facts(partition).part == Part::Moves
            && !self.broker(broker).keeps
            && match self.mobility {
                Mobility::Anything | Mobility::OntoJoined => true,
                Mobility::NewOnes => !self.origin.holds(partition, broker),
            }
    }

    /// Moves a replica; `to` takes the place of `from` in the order of replicas.
    pub(super) fn replace(&mut self, partition: PartitionIx, from: BrokerIx, to: BrokerIx) {
        self.change(partition, |state| {
            state.uncount(partition, from);
            state.now.replace(partition, from, to);
            state.count(partition, to);
        });
    }

    /// Adds a replica.
    pub(super) fn add(&mut self, partition: PartitionIx, broker: BrokerIx) {
        self.change(partition, |state| {
            state.now.append(partition, broker);
            state.count(partition, broker);
        });
    }

    /// Takes a replica away.
    pub(super) fn remove(&mut self, partition: PartitionIx, broker: BrokerIx) {
        self.change(partition, |state| {
            state.uncount(partition, broker);
            state.now.remove(partition, broker);
        });
    }

    fn change(&mut self, partition: PartitionIx, change: impl FnOnce(&mut Self)) {
        if let Some(mut exchange) = self.exchange.take() {
            exchange.forget(self, partition);
            change(self);
            exchange.note(self, partition);
            self.exchange = Some(exchange);
        } else {
            change(self);
        }
        self.steps += 1;
    }

    /// Counts a replica that is on `broker` from now on.
    pub(super) fn count(&mut self, partition: PartitionIx, broker: BrokerIx) {
        let facts = self.facts(partition);
        let is_old = self.origin.holds(partition, broker);
        self.reorder(broker, |broker| {
            broker.total += 1;
            broker.room -= i128::from(facts.size);
            if facts.part != Part::Outside {
                broker.replicas += 1;
                broker.volume += facts.size;
            }
        });
        let at = &mut self.brokers[broker as usize];
        if facts.part == Part::Moves {
            if !is_old {
                at.fresh.insert((facts.size, partition));
            }
            match self.mobility {
                Mobility::Anything | Mobility::OntoJoined => {
                    at.movable.insert((facts.size, partition));
                }
                Mobility::NewOnes => {}
            }
        }
        if facts.part != Part::Outside {
            self.counts.add(facts.topic, broker);
            let (takes, rack) = (at.takes, at.rack);
            if takes {
                self.racks[rack as usize].replicas += 1;
                self.racks[rack as usize].volume += facts.size;
            }
        }
    }

    fn uncount(&mut self, partition: PartitionIx, broker: BrokerIx) {
        let facts = self.facts(partition);
        self.reorder(broker, |broker| {
            broker.total -= 1;
            broker.room += i128::from(facts.size);
            if facts.part != Part::Outside {
                broker.replicas -= 1;
                broker.volume -= facts.size;
            }
        });
        let at = &mut self.brokers[broker as usize];
        at.fresh.remove(&(facts.size, partition));
        at.movable.remove(&(facts.size, partition));
        if facts.part != Part::Outside {
            self.counts.take(facts.topic, broker);
            let (takes, rack) = (at.takes, at.rack);
            if takes {
                self.racks[rack as usize].replicas -= 1;
                self.racks[rack as usize].volume -= facts.size;
            }
        }
    }

    /// Changes the numbers of a broker, and keeps its place among the others of its rack true.
    fn reorder(&mut self, broker: BrokerIx, change: impl FnOnce(&mut BrokerFacts)) {
        let at = &mut self.brokers[broker as usize];
        let order = &mut self.racks[at.rack as usize].order;
        let before = (at.replicas, at.total, broker);
        change(at);
        if at.takes && order.remove(&before) {
            order.insert((at.replicas, at.total, broker));
        }
    }
}
