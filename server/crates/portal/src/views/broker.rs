use super::{
    count,
    paging::{Search, by_name},
};
use klamm_model::{
    Broker, BrokerDetail, BrokerId, BrokerView, HeldPartition, Inventory, Known, Page, PageRequest, Partition, Problem,
    QuorumPart, QuorumRole, ReplicaRole, Topic,
};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Default)]
struct Held {
    leaders: u32,
    replicas: u32,
    out_of_sync: u32,
}

/// All nodes, by id, with what each holds: one pass over all partitions.
pub(crate) fn views(inventory: &Inventory) -> Vec<BrokerView> {
    let mut held: BTreeMap<BrokerId, Held> = BTreeMap::new();
    for partition in inventory.topics.iter().flat_map(|topic| &topic.partitions) {
        if let Some(leader) = partition.leader {
            held.entry(leader).or_default().leaders += 1;
        }
        for replica in &partition.replicas {
            let held = held.entry(*replica).or_default();
            held.replicas += 1;
            held.out_of_sync += u32::from(!partition.in_sync.contains(replica));
        }
    }
    inventory
        .brokers
        .iter()
        .map(|broker| view(inventory, broker, held.get(&broker.id).copied().unwrap_or_default()))
        .collect()
}

fn view(inventory: &Inventory, broker: &Broker, held: Held) -> BrokerView {
    let dirs = broker.log_dirs.value();
    BrokerView {
        id: broker.id,
        rack: broker.rack.clone(),
        pool: broker.pool.clone(),
        roles: broker.roles.clone(),
        state: broker.state,
        is_active_controller: inventory.controller == Known::Known(broker.id),
        version: broker.version.clone(),
        leaders: held.leaders,
        replicas: held.replicas,
        out_of_sync: held.out_of_sync,
        used_bytes: dirs.map(|dirs| dirs.iter().map(|dir| dir.used_bytes).sum()).into(),
        // One volume of unknown size makes the sum unknown, not smaller.
        total_bytes: dirs
            .filter(|dirs| !dirs.is_empty())
            .and_then(|dirs| dirs.iter().map(|dir| dir.total_bytes.value().copied()).sum::<Option<u64>>())
            .into(),
        log_dir_count: dirs.map(|dirs| count(dirs.len())).into(),
        offline_log_dirs: dirs.map(|dirs| count(dirs.iter().filter(|dir| dir.offline).count())).into(),
    }
}

/// A node on its own page, with a page of what it holds; none when there is no such node.
pub(crate) fn detail(
    inventory: &Inventory,
    id: BrokerId,
    request: &PageRequest,
    may_see: impl Fn(&Topic) -> bool,
) -> Result<Option<BrokerDetail>, Problem> {
    let Some(broker) = inventory.brokers.iter().find(|broker| broker.id == id) else { return Ok(None) };
    let Some(node) = views(inventory).into_iter().find(|node| node.id == id) else { return Ok(None) };
    Ok(Some(BrokerDetail {
        node,
        host: broker.host.clone(),
        pod: broker.pod.clone(),
        log_dirs: broker.log_dirs.clone(),
        quorum: quorum_part(inventory, id),
        largest: largest_of(inventory, id, &may_see),
        partitions: partitions_of(inventory, id, request, may_see)?,
        revisions: inventory.revisions,
    }))
}

fn quorum_part(inventory: &Inventory, id: BrokerId) -> Known<QuorumPart> {
    let Known::Known(quorum) = &inventory.quorum else { return Known::Unknown };
    let voter = quorum.voters.iter().find(|voter| voter.id == id);
    let observer = quorum.observers.iter().find(|observer| observer.id == id);
    let role = match (voter, observer) {
        _ if quorum.leader == Some(id) => QuorumRole::Leader,
        (Some(_), _) => QuorumRole::Voter,
        (None, Some(_)) => QuorumRole::Observer,
        (None, None) => QuorumRole::None,
    };
    let known = voter.or(observer);
    Known::Known(QuorumPart {
        role,
        lag: known.map_or(Known::Unknown, |member| member.lag),
        last_caught_up: known.map_or(Known::Unknown, |member| member.last_caught_up),
    })
}

/// More than these are found by looking for their topics.
const LARGEST: usize = 10;

/// The largest that a broker holds, of those whose sizes are known.
fn largest_of(inventory: &Inventory, id: BrokerId, may_see: impl Fn(&Topic) -> bool) -> Vec<HeldPartition> {
    let topics = inventory.topics.iter().filter(|topic| may_see(topic));
    let held = topics.flat_map(|topic| topic.partitions.iter().map(move |partition| (topic, partition)));
    let mut held: Vec<_> = held
        .filter(|(_, partition)| partition.replicas.contains(&id))
        .filter_map(|(topic, partition)| Some((*partition.size_bytes.value()?, topic, partition)))
        .collect();
    // By name where sizes are equal, so that the order stays from look to look.
    held.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (&a.1.name, a.2.id.0).cmp(&(&b.1.name, b.2.id.0))));
    held.truncate(LARGEST);
    held.into_iter().filter_map(|(_, topic, partition)| held_partition(topic, partition, id)).collect()
}

fn partitions_of(
    inventory: &Inventory,
    id: BrokerId,
    request: &PageRequest,
    may_see: impl Fn(&Topic) -> bool,
) -> Result<Page<HeldPartition>, Problem> {
    let search = Search::new(request.search.as_deref());
    let held =
        inventory.topics.iter().filter(|topic| search.finds(topic.name.as_str()) && may_see(topic)).flat_map(|topic| {
            topic.partitions.iter().filter_map(move |partition| held_partition(topic, partition, id))
        });
    // A null byte is in no topic's name, so that partitions of one topic stay together.
    by_name(held, request, |held| format!("{}\0{:010}", held.topic, held.partition.0))
}

fn held_partition(topic: &Topic, partition: &Partition, id: BrokerId) -> Option<HeldPartition> {
    let role = if partition.leader == Some(id) {
        ReplicaRole::Leader
    } else if !partition.replicas.contains(&id) {
        return None;
    } else if partition.in_sync.contains(&id) {
        ReplicaRole::Follower
    } else {
        ReplicaRole::OutOfSync
    };
    Some(HeldPartition {
        topic: topic.name.clone(),
        partition: partition.id,
        role,
        is_preferred_leader: partition.replicas.first() == Some(&id),
        size_bytes: partition.size_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::{inventory, topic};
    use klamm_model::{Quorum, QuorumVoter, UnixMillis};

    fn seen() -> Inventory {
        let voter = |id, lag| QuorumVoter { id: BrokerId(id), lag, last_caught_up: Known::Known(UnixMillis(5)) };
        Inventory {
            quorum: Known::Known(Quorum {
                leader: Some(BrokerId(1)),
                voters: vec![voter(0, Known::Known(3)), voter(1, Known::Known(0))],
                observers: vec![voter(2, Known::Unknown)],
            }),
            ..inventory(
                "kafka/demo",
                vec![topic("a", &[(&[0, 1], &[0, 1]), (&[1, 2], &[2])]), topic("a.b", &[(&[1], &[1]), (&[2], &[2])])],
            )
        }
    }

    fn broker(inventory: &Inventory, id: i32) -> BrokerDetail {
        detail(inventory, BrokerId(id), &PageRequest::default(), |_| true).unwrap().unwrap()
    }

    #[test]
    fn a_broker_is_told_with_what_it_holds_and_what_it_is_to_it() {
        let held: Vec<_> = broker(&seen(), 1)
            .partitions
            .items
            .iter()
            .map(|held| (held.topic.to_string(), held.partition.0, held.role, held.is_preferred_leader))
            .collect();
        let expected = [
            ("a", 0, ReplicaRole::Follower, false),
            ("a", 1, ReplicaRole::OutOfSync, true),
            ("a.b", 0, ReplicaRole::Leader, true),
        ];
        assert_eq!(held, expected.map(|(topic, id, role, preferred)| (topic.to_owned(), id, role, preferred)));
        let request = PageRequest { search: Some("A.B".to_owned()), ..PageRequest::default() };
        assert_eq!(detail(&seen(), BrokerId(1), &request, |_| true).unwrap().unwrap().partitions.total, 1);
        let part = PageRequest { limit: Some(2), ..PageRequest::default() };
        let first = detail(&seen(), BrokerId(1), &part, |_| true).unwrap().unwrap().partitions;
        let rest = PageRequest { cursor: first.next_cursor, ..part };
        let rest = detail(&seen(), BrokerId(1), &rest, |_| true).unwrap().unwrap().partitions;
        assert_eq!((first.total, rest.items.len(), rest.items[0].topic.as_str()), (3, 1, "a.b"));
    }

    #[test]
    fn the_largest_that_a_broker_holds_come_first_and_those_of_unknown_size_not_at_all() {
        let mut seen = seen();
        for (topic, partition, size) in [(0, 0, Known::Known(5)), (0, 1, Known::Unknown), (1, 0, Known::Known(90))] {
            seen.topics[topic].partitions[partition].size_bytes = size;
        }
        let largest = broker(&seen, 1).largest;
        let told: Vec<_> = largest.iter().map(|held| (held.topic.as_str(), held.partition.0)).collect();
        assert_eq!(told, [("a.b", 0), ("a", 0)]);
        assert!(detail(&seen, BrokerId(1), &PageRequest::default(), |_| false).unwrap().unwrap().largest.is_empty());
    }

    #[test]
    fn a_node_has_its_part_in_the_quorum_or_nobody_knows() {
        let part = |id| broker(&seen(), id).quorum.value().cloned().map(|part| (part.role, part.lag));
        assert_eq!(part(0), Some((QuorumRole::Voter, Known::Known(3))));
        assert_eq!(part(1), Some((QuorumRole::Leader, Known::Known(0))));
        assert_eq!(part(2), Some((QuorumRole::Observer, Known::Unknown)));
        let blind = Inventory { quorum: Known::Unknown, ..seen() };
        assert_eq!(broker(&blind, 0).quorum, Known::Unknown);
        assert_eq!(detail(&seen(), BrokerId(9), &PageRequest::default(), |_| true).unwrap(), None);
    }
}
