//! Clusters built by hand, for tests.

use klamm_model::{
    Broker, BrokerId, BrokerState, ConfigEntry, ConfigSource, Inventory, KeyDefault, Known, LogDir, NodeRole,
    Partition, PartitionId, Quorum, QuorumVoter, Reachability, Topic, TopicDefaults, UnixMillis,
};
use std::collections::BTreeMap;

pub(crate) const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

/// Three brokers in three racks, everything in sync.
pub(crate) fn healthy() -> Inventory {
    let topics = vec![topic("orders", 6, &[0, 1, 2], 3), topic("sample-topic", 4, &[0, 1, 2], 2)];
    cluster(3, &["a", "b", "c"], topics)
}

/// So many brokers that serve, in these racks in turn; with these topics.
pub(crate) fn cluster(brokers: i32, racks: &[&str], topics: Vec<Topic>) -> Inventory {
    let ids: Vec<BrokerId> = (0..brokers).map(BrokerId).collect();
    let voter = |id: &BrokerId| QuorumVoter { id: *id, lag: Known::Known(0), last_caught_up: Known::Known(NOW) };
    Inventory {
        observed_at: Known::Known(NOW),
        reachability: Reachability::Reachable,
        metadata_version: Known::Known("4.1-IV1".to_owned()),
        controller: Known::Known(BrokerId(0)),
        brokers: ids.iter().zip(racks.iter().cycle()).map(|(id, rack)| broker(*id, rack)).collect(),
        quorum: Known::Known(Quorum {
            leader: Some(BrokerId(0)),
            voters: ids.iter().take(3).map(voter).collect(),
            observers: Vec::new(),
        }),
        topics,
        groups: Known::Known(Vec::new()),
        defaults: Known::Known(defaults(&ids, "1")),
        reassignments: Known::Known(Vec::new()),
        throttles: Known::Known(Vec::new()),
        ..Inventory::unseen("kafka/demo".parse().unwrap())
    }
}

fn broker(id: BrokerId, rack: &str) -> Broker {
    let dir = LogDir {
        path: "/data/0".to_owned(),
        offline: false,
        used_bytes: 50,
        total_bytes: Known::Known(100),
        usable_bytes: Known::Known(50),
    };
    Broker {
        rack: Some(rack.to_owned()),
        version: Known::Known("4.1.2".to_owned()),
        log_dirs: Known::Known(vec![dir]),
        ..Broker::unseen(id, BrokerState::Running, vec![NodeRole::Broker, NodeRole::Controller])
    }
}

fn defaults(brokers: &[BrokerId], minimum: &str) -> TopicDefaults {
    let usual = ConfigEntry { value: Some(minimum.to_owned()), source: ConfigSource::StaticBroker };
    let key = KeyDefault { usual: Known::Known(usual), elsewhere: BTreeMap::new() };
    TopicDefaults { told_by: brokers.to_vec(), keys: [("min.insync.replicas".to_owned(), key)].into() }
}

/// A topic with its replicas on these brokers in turn, all in sync.
pub(crate) fn topic(name: &str, partitions: i32, brokers: &[i32], factor: usize) -> Topic {
    let partition = |id: i32| {
        let from = usize::try_from(id).unwrap();
        let replicas: Box<[BrokerId]> =
            brokers.iter().cycle().skip(from % brokers.len()).take(factor).copied().map(BrokerId).collect();
        Partition { latest_offset: Known::Known(100), ..Partition::unseen(PartitionId(id), replicas) }
    };
    Topic {
        partitions: (0..partitions).map(partition).collect(),
        config: Known::Known(BTreeMap::new()),
        ..Topic::unseen(name.parse().unwrap(), format!("id-of-{name}"))
    }
}

/// Sets a key on a topic.
pub(crate) fn set(topic: &mut Topic, key: &str, value: &str) {
    if let Known::Known(config) = &mut topic.config {
        config.insert(key.to_owned(), ConfigEntry { value: Some(value.to_owned()), source: ConfigSource::Topic });
    }
}

/// A broker is gone, and the controller has noticed.
pub(crate) fn take_down(inventory: &mut Inventory, id: i32) {
    let id = BrokerId(id);
    for broker in inventory.brokers.iter_mut().filter(|broker| broker.id == id) {
        broker.state = BrokerState::Down;
        broker.log_dirs = Known::Unknown;
    }
    for partition in inventory.topics.iter_mut().flat_map(|topic| &mut topic.partitions) {
        let left: Box<[BrokerId]> = partition.in_sync.iter().copied().filter(|broker| *broker != id).collect();
        if left.is_empty() {
            // The last one in sync stays in the list, and leads nothing.
            partition.leader = None;
            continue;
        }
        if partition.leader == Some(id) {
            partition.leader = left.first().copied();
        }
        partition.in_sync = left;
    }
}
