//! Preferred leaders become level: everybody leads as many partitions as the places of replicas allow. Only the order of replicas
//! changes, so that nothing is copied.

use super::{
    lists::{BrokerIx, PartitionIx, TopicCounts, TopicIx, index},
    state::{Part, State},
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::ControlFlow,
};

/// Of which partitions the order may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reorder {
    /// Of all that may move.
    Everything,
    /// Of those that have a replica on a broker that joined.
    OnJoined,
    /// Of those that change anyway.
    Changed,
}

/// How many partitions are compared, of those that one broker can hand to another.
const COMPARED: usize = 8;

/// Who leads what, and who could instead.
struct Leaders<'a> {
    state: &'a mut State,
    /// Partitions that each one leads.
    leads: Vec<u32>,
    /// Those who may lead, by that.
    order: BTreeSet<(u32, BrokerIx)>,
    /// By leader and other replica: partitions that may be handed over. Some are handed over already, which is seen when they are taken.
    offers: Vec<BTreeMap<BrokerIx, Vec<PartitionIx>>>,
    /// How many partitions of a topic each one leads.
    of_topics: TopicCounts,
}

/// Levels preferred leaders. Whoever leads two more than somebody else hands one over, directly or by way of others, until nobody
/// can: then the sum of squares is as small as it can be.
pub(super) fn level(state: &mut State, reorder: Reorder) {
    let mut leaders = Leaders::of(state, reorder);
    while leaders.pass() == ControlFlow::Continue(()) {}
}

impl<'a> Leaders<'a> {
    fn of(state: &'a mut State, reorder: Reorder) -> Self {
        let partitions: Vec<usize> = state.topics.iter().map(ExactSizeIterator::len).collect();
        let mut of_topics = TopicCounts::new(state.brokers.len(), &partitions);
        let mut leads = vec![0; state.brokers.len()];
        let mut offers: Vec<BTreeMap<BrokerIx, Vec<PartitionIx>>> = vec![BTreeMap::new(); state.brokers.len()];
        for (partition, facts) in (0_u32..).zip(&state.partitions) {
            let replicas = state.now.of(partition);
            let (Some(leader), true) = (replicas.first(), facts.part != Part::Outside) else { continue };
            leads[*leader as usize] += 1;
            of_topics.add(facts.topic, *leader);
            if facts.part == Part::Moves && state.broker(*leader).takes && may_reorder(state, partition, reorder) {
                for other in replicas.iter().skip(1).filter(|other| state.broker(**other).takes) {
                    offers[*leader as usize].entry(*other).or_default().push(partition);
                }
            }
        }
        let takers = (0_u32..).zip(&leads).filter(|(broker, _)| state.broker(*broker).takes);
        let order = takers.map(|(broker, leads)| (*leads, broker)).collect();
        Self { state, leads, order, offers, of_topics }
    }

    /// Goes through everybody once, those who lead most first; goes on where something changed.
    fn pass(&mut self) -> ControlFlow<()> {
        let mut settled = vec![false; self.leads.len()];
        let mut outcome = ControlFlow::Break(());
        while let Some(giver) = self.order.iter().rev().map(|(_, broker)| *broker).find(|at| !settled[*at as usize]) {
            if self.hand_over(giver) {
                outcome = ControlFlow::Continue(());
                continue;
            }
            let (reached, way) = self.way_from(giver);
            if way.len() > 1 {
                way.windows(2).for_each(|pair| {
                    if let [from, to] = *pair {
                        self.hand_to(from, to);
                    }
                });
                outcome = ControlFlow::Continue(());
            } else {
                // Whoever can be reached leads at most one fewer, and reaches nobody else.
                for broker in reached {
                    settled[broker as usize] = true;
                }
            }
        }
        outcome
    }

    /// Hands one partition over to whoever leads fewest of those who can take one.
    fn hand_over(&mut self, giver: BrokerIx) -> bool {
        let leads = self.leads[giver as usize];
        let takers: Vec<BrokerIx> =
            self.order.iter().take_while(|(fewer, _)| fewer + 2 <= leads).map(|(_, broker)| *broker).collect();
        takers.into_iter().any(|taker| self.hand_to(giver, taker))
    }

    /// Everybody whom partitions can reach from a broker, and the shortest way to somebody who leads two fewer, if there is one.
    fn way_from(&mut self, giver: BrokerIx) -> (Vec<BrokerIx>, Vec<BrokerIx>) {
        let mut before: Vec<Option<BrokerIx>> = vec![None; self.leads.len()];
        let mut reached = vec![giver];
        let mut next = VecDeque::from([giver]);
        while let Some(here) = next.pop_front() {
            let others: Vec<BrokerIx> = self.offers[here as usize].keys().copied().collect();
            for there in others {
                let is_new = there != giver && before[there as usize].is_none();
                if !is_new || self.best_offer(here, there).is_none() {
                    continue;
                }
                before[there as usize] = Some(here);
                if self.leads[there as usize] + 2 <= self.leads[giver as usize] {
                    let mut way: Vec<BrokerIx> =
                        std::iter::successors(Some(there), |at| before[*at as usize]).collect();
                    way.reverse();
                    return (reached, way);
                }
                reached.push(there);
                next.push_back(there);
            }
        }
        (reached, Vec::new())
    }

    /// Makes another replica of one of a broker's partitions the preferred leader; says whether there was one.
    fn hand_to(&mut self, from: BrokerIx, to: BrokerIx) -> bool {
        let Some(partition) = self.best_offer(from, to) else { return false };
        let topic = self.state.facts(partition).topic;
        self.state.now.lead(partition, to);
        self.of_topics.take(topic, from);
        self.of_topics.add(topic, to);
        self.move_place(from, |leads| leads - 1);
        self.move_place(to, |leads| leads + 1);
        let others = self.state.now.of(partition).iter().skip(1).copied();
        for other in others.filter(|other| self.state.broker(*other).takes) {
            self.offers[to as usize].entry(other).or_default().push(partition);
        }
        true
    }

    fn move_place(&mut self, broker: BrokerIx, change: impl Fn(u32) -> u32) {
        let leads = &mut self.leads[broker as usize];
        self.order.remove(&(*leads, broker));
        *leads = change(*leads);
        self.order.insert((*leads, broker));
    }

    /// Of the partitions that a broker can hand to another, one whose topic becomes less bunched by it.
    fn best_offer(&mut self, from: BrokerIx, to: BrokerIx) -> Option<PartitionIx> {
        let offers = self.offers[from as usize].get_mut(&to)?;
        let state = &*self.state;
        let is_true = |partition: &PartitionIx| state.now.of(*partition).first() == Some(&from);
        while offers.last().is_some_and(|last| !is_true(last)) {
            offers.pop();
        }
        let newest = offers.iter().rev().take(COMPARED).filter(|partition| is_true(partition)).copied();
        newest.max_by_key(|partition| {
            let topic = state.facts(*partition).topic;
            i64::from(leads_of(state, &self.of_topics, topic, from))
                - i64::from(leads_of(state, &self.of_topics, topic, to))
        })
    }
}

fn leads_of(state: &State, of_topics: &TopicCounts, topic: TopicIx, broker: BrokerIx) -> u32 {
    if let Some(row) = of_topics.row(topic) {
        return row[broker as usize];
    }
    let leads = |partition: &PartitionIx| state.now.of(*partition).first() == Some(&broker);
    index(state.topics[topic as usize].clone().filter(leads).count())
}

fn may_reorder(state: &State, partition: PartitionIx, reorder: Reorder) -> bool {
    let replicas = state.now.of(partition);
    match reorder {
        Reorder::Everything => true,
        Reorder::OnJoined => replicas.iter().any(|broker| state.broker(*broker).joined),
        Reorder::Changed => replicas.iter().any(|broker| !state.origin.holds(partition, *broker)),
    }
}
