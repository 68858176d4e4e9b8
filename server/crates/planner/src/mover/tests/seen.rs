//! From what was observed.

use super::sample::*;
use crate::mover::*;
use klamm_model::{
    Broker, BrokerId, BrokerState, Inventory, Known, LogDir, NodeRole, Partition, PartitionId, Reassignment, Topic,
};

fn broker(id: i32, state: BrokerState, roles: Vec<NodeRole>, total: Known<u64>) -> Broker {
    let dir = LogDir {
        path: "/data".to_owned(),
        offline: false,
        used_bytes: 3,
        total_bytes: total,
        usable_bytes: Known::Known(40),
    };
    Broker { log_dirs: Known::Known(vec![dir]), ..Broker::unseen(BrokerId(id), state, roles) }
}

#[test]
fn what_was_observed_is_what_is_planned_on() {
    let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
    let both = vec![NodeRole::Broker, NodeRole::Controller];
    inventory.brokers = vec![
        broker(0, BrokerState::Running, both.clone(), Known::Known(100)),
        broker(1, BrokerState::Running, both.clone(), Known::Unknown),
        broker(2, BrokerState::Fenced, both, Known::Known(100)),
        broker(3, BrokerState::Running, vec![NodeRole::Controller], Known::Known(100)),
    ];
    let partition = Partition {
        id: PartitionId(0),
        leader: Some(BrokerId(0)),
        replicas: list(&[0, 1, 2]).into(),
        in_sync: list(&[0]).into(),
        earliest_offset: Known::Unknown,
        latest_offset: Known::Unknown,
        size_bytes: Known::Known(7),
    };
    let topic_seen = Topic {
        name: topic("t"),
        id: String::new(),
        partitions: vec![partition],
        config: Known::Unknown,
        size_bytes: Known::Unknown,
        records_per_second: Known::Unknown,
        owner: None,
        team: None,
    };
    inventory.topics = vec![topic_seen];
    inventory.reassignments = Known::Known(vec![Reassignment {
        topic: topic("t"),
        partition: PartitionId(0),
        adding: list(&[1]).into(),
        removing: list(&[2]).into(),
    }]);
    let seen = Situation::seen(&inventory, &ids(&[1]));
    let standings: Vec<_> = seen.brokers.iter().map(|(id, of)| (id.0, of.standing, of.disk)).collect();
    let disk = Known::Known(Disk { capacity: 100, used: 60 });
    assert_eq!(
        standings,
        [(0, Standing::Takes, disk), (1, Standing::Leaves, Known::Unknown), (2, Standing::Gone, disk)],
        "controllers hold no partitions"
    );
    assert_eq!(
        seen.topics[0].partitions[0].replicas[..],
        list(&[0, 1]),
        "where it goes, instead of where it is on its way"
    );
}

#[test]
fn a_reserve_is_rounded_in_favour_of_what_stays_free() {
    assert_eq!(Reserve(10).usable(100), 90);
    assert_eq!(Reserve(0).usable(u64::MAX), u64::MAX);
    assert_eq!(Reserve(250).usable(100), 0);
}
