//! Racks: what the word means wherever pages, answers and findings say it.

use crate::{BrokerId, BrokerPlacement, BrokerState, Inventory, NodeRole};
use std::collections::{BTreeMap, BTreeSet};

/// The racks of a cluster's brokers. Controllers hold no replicas, so that theirs are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Racks<'a> {
    by_broker: BTreeMap<BrokerId, &'a str>,
    serving: BTreeSet<&'a str>,
}

impl<'a> Racks<'a> {
    /// Those of the brokers of a cluster.
    pub fn of(inventory: &'a Inventory) -> Self {
        let brokers = inventory.brokers.iter().filter(|broker| broker.roles.contains(&NodeRole::Broker));
        brokers.map(|broker| (broker.id, broker.state, broker.rack.as_deref())).collect()
    }

    /// Those of brokers as placement tells them.
    pub fn of_placed(brokers: &'a [BrokerPlacement]) -> Self {
        brokers.iter().map(|broker| (broker.id, broker.state, broker.rack.as_deref())).collect()
    }

    /// How many there are: those with a broker that serves, because nothing can be put in any other.
    pub fn count(&self) -> usize {
        self.serving.len()
    }

    /// Whether replicas on these brokers, the copies of one partition, are a violation: there are several, all in one rack, though
    /// there are several racks. Where the rack of one of them is not known, nobody can say so.
    pub fn are_violated_by(&self, replicas: &[BrokerId]) -> bool {
        let mut racks = replicas.iter().map(|broker| self.by_broker.get(broker));
        let first = racks.next().flatten();
        self.count() > 1 && replicas.len() > 1 && first.is_some() && racks.all(|rack| rack == first)
    }
}

/// Brokers with how they are and their `broker.rack`.
impl<'a> FromIterator<(BrokerId, BrokerState, Option<&'a str>)> for Racks<'a> {
    fn from_iter<I: IntoIterator<Item = (BrokerId, BrokerState, Option<&'a str>)>>(brokers: I) -> Self {
        let mut racks = Self::default();
        for (id, state, rack) in brokers {
            let Some(rack) = rack else { continue };
            racks.by_broker.insert(id, rack);
            if state == BrokerState::Running {
                racks.serving.insert(rack);
            }
        }
        racks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BrokerState::{Down, Running};

    fn ids<const N: usize>(ids: [i32; N]) -> [BrokerId; N] {
        ids.map(BrokerId)
    }

    #[test]
    fn a_rack_counts_while_one_of_its_brokers_serves() {
        let brokers = [(0, Running, Some("a")), (1, Down, Some("a")), (2, Down, Some("b")), (3, Running, None)];
        let racks: Racks<'_> = brokers.into_iter().map(|(id, state, rack)| (BrokerId(id), state, rack)).collect();
        assert_eq!(racks.count(), 1);
    }

    #[test]
    fn copies_in_one_rack_are_a_violation_where_there_are_several_racks() {
        let of = |b| -> Racks<'static> {
            let brokers = [(0, Running, Some("a")), (1, Down, Some("a")), (2, b, Some("b")), (3, Running, None)];
            brokers.into_iter().map(|(id, state, rack)| (BrokerId(id), state, rack)).collect()
        };
        let racks = of(Running);
        assert!(racks.are_violated_by(&ids([0, 1])), "also where one of them is down");
        assert!(!racks.are_violated_by(&ids([0, 2])));
        assert!(!racks.are_violated_by(&ids([0])), "one copy is nowhere twice");
        assert!(!racks.are_violated_by(&ids([0, 3])) && !racks.are_violated_by(&ids([3, 9])), "nobody knows where");
        assert!(!of(Down).are_violated_by(&ids([0, 1])), "there is no other rack to go to");
        assert!(!racks.are_violated_by(&[]));
    }
}
