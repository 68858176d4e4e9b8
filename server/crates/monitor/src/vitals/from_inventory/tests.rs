use super::*;
use klamm_model::{
    Broker, BrokerState, ConfigEntry, ConfigSource, GroupId, GroupKind, GroupMember, GroupOffset, Partition,
    PartitionId, Quorum, QuorumVoter, Topic, TopicName, UnixMillis,
};

fn broker(id: i32, state: BrokerState) -> Broker {
    Broker { log_dirs: Known::Known(vec![dir(false)]), ..Broker::unseen(BrokerId(id), state, vec![NodeRole::Broker]) }
}

fn dir(offline: bool) -> LogDir {
    let path = "/data".to_owned();
    LogDir { path, offline, used_bytes: 30, total_bytes: Known::Known(100), usable_bytes: Known::Known(60) }
}

fn topic(name: &str, end: i64, in_sync: &[i32]) -> Topic {
    let ids = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Box<[_]>>();
    let minimum = ConfigEntry { value: Some("2".to_owned()), source: ConfigSource::Topic };
    Topic {
        partitions: vec![Partition {
            leader: in_sync.first().copied().map(BrokerId),
            in_sync: ids(in_sync),
            latest_offset: Known::Known(end),
            ..Partition::unseen(PartitionId(0), ids(&[0, 1, 2]))
        }],
        config: Known::Known([("min.insync.replicas".to_owned(), minimum)].into()),
        size_bytes: Known::Known(15),
        ..Topic::unseen(name.parse().unwrap(), format!("id of {name}"))
    }
}

fn group(id: &str, committed: i64, lag: u64) -> Group {
    let member = GroupMember { id: "m".to_owned(), client_id: "c".to_owned(), host: "h".to_owned() };
    Group {
        id: GroupId::new(id).unwrap(),
        kind: GroupKind::Consumer,
        state: Known::Known("Stable".to_owned()),
        members: Known::Known(vec![member]),
        offsets: Known::Known(vec![GroupOffset {
            topic: TopicName::new("a").unwrap(),
            partition: PartitionId(0),
            committed,
        }]),
        lag: Known::Known(lag),
    }
}

fn seen(end: i64, committed: i64) -> Inventory {
    let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
    inventory.reachability = Reachability::Reachable;
    inventory.brokers = (0..3).map(|id| broker(id, BrokerState::Running)).collect();
    inventory.topics = vec![topic("a", end, &[0, 1, 2])];
    inventory.groups = Known::Known(vec![group("g", committed, end.abs_diff(committed))]);
    inventory
}

/// What is told after these looks, 15 seconds apart.
fn told(looks: &[Inventory]) -> BTreeMap<(&'static str, Measured), f64> {
    let mut paces = Paces::default();
    let mut told = Vec::new();
    for (inventory, look) in looks.iter().zip(0..) {
        let groups = paces.observe(inventory, UnixMillis(1_700_000_000_000 + look * 15_000));
        told = measurements(inventory, &paces, &groups);
    }
    told.into_iter().map(|measured| ((measured.metric.name(), measured.of), measured.value)).collect()
}

fn of(told: &BTreeMap<(&'static str, Measured), f64>, name: &'static str, whom: &Measured) -> Option<f64> {
    assert!(Metric::named(name).is_some(), "{name}");
    told.get(&(name, whom.clone())).copied()
}

#[test]
fn of_what_is_not_known_nothing_is_said() {
    let unseen = Inventory::unseen("kafka/demo".parse().unwrap());
    assert_eq!(told(std::slice::from_ref(&unseen)), BTreeMap::new());
    let mut blind = seen(100, 100);
    blind.brokers[1].log_dirs = Known::Unknown;
    blind.groups = Known::Unknown;
    blind.topics[0].size_bytes = Known::Unknown;
    let told = told(&[blind]);
    let (whole, broker) = (Measured::Cluster, Measured::Broker(BrokerId(1)));
    for metric in ["disk_used_bytes", "disk_capacity_bytes", "size_bytes"] {
        assert_eq!((of(&told, metric, &whole), of(&told, metric, &broker)), (None, None), "{metric}");
    }
    for metric in ["messages_in", "messages_consumed", "quorum_lag"] {
        assert_eq!(of(&told, metric, &whole), None, "{metric} after one look");
    }
    assert_eq!(of(&told, "brokers_running", &whole), Some(3.0));
    assert_eq!(of(&told, "disk_used_bytes", &Measured::Broker(BrokerId(0))), Some(40.0));
}

#[test]
fn rates_are_made_from_offsets() {
    let told = told(&[seen(100, 40), seen(250, 100)]);
    let (a, g) = (Measured::Topic("a".parse().unwrap()), Measured::Group("g".parse().unwrap()));
    assert_eq!(of(&told, "messages_in", &a), Some(10.0));
    assert_eq!(of(&told, "messages_in", &Measured::Cluster), Some(10.0));
    assert_eq!(of(&told, "messages_consumed", &g), Some(4.0));
    assert_eq!(of(&told, "messages_consumed", &Measured::Cluster), Some(4.0));
    assert_eq!(of(&told, "lag_records", &g), Some(150.0));
    assert_eq!(of(&told, "group_members", &g), Some(1.0));
    let seconds = of(&told, "lag_seconds", &g).unwrap();
    assert!((seconds - 14.9).abs() < 0.01, "{seconds}");
}

#[test]
fn volumes_and_partitions_are_counted() {
    let mut inventory = seen(100, 100);
    inventory.topics.extend([topic("b", 1, &[0, 1]), topic("c", 1, &[2]), topic("d", 1, &[])]);
    inventory.brokers.push(Broker { roles: vec![NodeRole::Controller], ..broker(9, BrokerState::Running) });
    let voter = |id, lag| QuorumVoter { id: BrokerId(id), lag, last_caught_up: Known::Unknown };
    let voters = vec![voter(0, Known::Known(0)), voter(1, Known::Known(7)), voter(2, Known::Unknown)];
    inventory.quorum = Known::Known(Quorum { leader: None, voters, observers: Vec::new() });
    let told = told(&[inventory]);
    let whole = |metric| of(&told, metric, &Measured::Cluster);
    assert_eq!(whole("under_replicated_partitions"), Some(3.0));
    assert_eq!(whole("offline_partitions"), Some(1.0));
    assert_eq!(whole("under_min_isr_partitions"), Some(1.0));
    assert_eq!(whole("at_min_isr_partitions"), Some(1.0));
    assert_eq!((whole("disk_used_bytes"), whole("disk_capacity_bytes")), (Some(120.0), Some(300.0)));
    assert_eq!((whole("size_bytes"), whole("quorum_lag")), (Some(90.0), Some(7.0)));
    let leads = |id| of(&told, "leaders", &Measured::Broker(BrokerId(id)));
    assert_eq!([leads(0), leads(1), leads(2), leads(9)], [Some(2.0), Some(0.0), Some(1.0), None]);
    assert_eq!(of(&told, "under_replicated_partitions", &Measured::Broker(BrokerId(0))), Some(1.0));
    assert_eq!(of(&told, "disk_used_bytes", &Measured::Volume(BrokerId(0), "/data".into())), Some(40.0));
}

#[test]
fn a_log_dir_that_was_given_up_has_no_size() {
    assert_eq!(used_and_capacity(&dir(true)), (None, None));
    assert_eq!(used_and_capacity(&dir(false)), (Some(40), Some(100)));
    let silent = LogDir { total_bytes: Known::Unknown, ..dir(false) };
    assert_eq!(used_and_capacity(&silent), (Some(30), None));
}
