//! Where replicas are, broker by broker.

use super::{count, loss, paging::invalid, topic};
use klamm_model::{
    BrokerId, BrokerPlacement, BrokerState, Inventory, Lost, NodeRole, Partition, PlacementView, Problem, Racks, Topic,
};
use std::collections::BTreeMap;

/// Brokers with what they hold of these topics. `only` is the one topic that is looked at, if it is not all of them.
pub(crate) fn view<'a>(
    inventory: &'a Inventory,
    only: Option<&'a Topic>,
    without: Option<Lost>,
    may_see: impl Fn(&Topic) -> bool,
) -> Result<PlacementView, Problem> {
    let topics: Vec<&Topic> = match only {
        Some(topic) => vec![topic],
        None => inventory.topics.iter().filter(|topic| may_see(topic)).collect(),
    };
    let loss = match without {
        Some(without) => {
            let brokers = loss::brokers(inventory, &without).map_err(|error| invalid(&format!("lose: {error}")))?;
            Some(loss::thought_through(without, &brokers, topics.iter().copied(), inventory.defaults.value()))
        }
        None => None,
    };
    let racks = Racks::of(inventory);
    let partitions = topics.iter().flat_map(|topic| &topic.partitions);
    let violations = partitions.filter(|partition| racks.are_violated_by(&partition.replicas)).count();
    Ok(PlacementView {
        topic: only.map(|topic| topic.name.clone()),
        partition_count: count(topics.iter().map(|topic| topic.partitions.len()).sum()),
        rack_violations: count(violations),
        brokers: brokers(inventory, &topics),
        partitions: only.into_iter().flat_map(|topic| &topic.partitions).map(topic::partition).collect(),
        loss,
        revisions: inventory.revisions,
    })
}

/// By rack, then id; those without a rack last. A broker that replicas name and nobody has seen is there too.
fn brokers(inventory: &Inventory, topics: &[&Topic]) -> Vec<BrokerPlacement> {
    let known = inventory.brokers.iter().filter(|broker| broker.roles.contains(&NodeRole::Broker));
    let mut placed: BTreeMap<BrokerId, BrokerPlacement> =
        known.map(|broker| (broker.id, nothing_on(broker.id, broker.rack.clone(), broker.state))).collect();
    for partition in topics.iter().flat_map(|topic| &topic.partitions) {
        for (rank, replica) in partition.replicas.iter().enumerate() {
            let broker = placed.entry(*replica).or_insert_with(|| nothing_on(*replica, None, BrokerState::Unknown));
            add(broker, partition, rank);
        }
    }
    let mut placed: Vec<_> = placed.into_values().collect();
    placed.sort_by(|a, b| (a.rack.is_none(), &a.rack, a.id).cmp(&(b.rack.is_none(), &b.rack, b.id)));
    placed
}

fn nothing_on(id: BrokerId, rack: Option<String>, state: BrokerState) -> BrokerPlacement {
    BrokerPlacement { id, rack, state, leaders: 0, followers: 0, out_of_sync: 0, preferred_elsewhere: 0 }
}

fn add(broker: &mut BrokerPlacement, partition: &Partition, rank: usize) {
    let leads = partition.leader == Some(broker.id);
    if leads {
        broker.leaders += 1;
    } else if partition.in_sync.contains(&broker.id) {
        broker.followers += 1;
    } else {
        broker.out_of_sync += 1;
    }
    broker.preferred_elsewhere += u32::from(rank == 0 && !leads);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::{inventory, topic};
    use klamm_model::ProblemKind;

    #[test]
    fn brokers_are_told_by_rack_with_what_they_hold() {
        let topics = vec![topic("a", &[(&[0, 1], &[1]), (&[2, 1], &[2, 1])]), topic("__b", &[(&[7, 0], &[0])])];
        let mut inventory = inventory("kafka/demo", topics);
        inventory.brokers[0].rack = Some("zone-9".to_owned());
        let all = view(&inventory, None, None, |_| true).unwrap();
        let held: Vec<_> = all
            .brokers
            .iter()
            .map(|b| (b.id.0, b.leaders, b.followers, b.out_of_sync, b.preferred_elsewhere))
            .collect();
        assert_eq!(held, [(1, 1, 1, 0, 0), (2, 1, 0, 0, 0), (0, 1, 0, 1, 1), (7, 0, 0, 1, 1)]);
        assert_eq!((all.partition_count, all.partitions.len(), all.brokers[3].state), (3, 0, BrokerState::Unknown));

        assert_eq!(all.rack_violations, 0);
        inventory.brokers[1].rack = Some("zone-2".to_owned());
        assert_eq!(view(&inventory, None, None, |_| true).unwrap().rack_violations, 1, "both copies of a-1");

        let only = inventory.topics.iter().find(|topic| topic.name.as_str() == "a");
        let one = view(&inventory, only, Some(Lost::Broker(BrokerId(1))), |_| true).unwrap();
        assert_eq!((one.partition_count, one.partitions.len(), one.brokers.len()), (2, 2, 3));
        assert_eq!(one.loss.unwrap().without_leader.total, 1);
        let refused = view(&inventory, None, Some(Lost::Rack("nowhere".to_owned())), |_| true).unwrap_err();
        assert_eq!(refused.kind, ProblemKind::Invalid);
        assert!(refused.detail.starts_with("lose: "), "{}", refused.detail);
    }
}
