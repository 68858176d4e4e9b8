use super::*;
use crate::{
    ApiTable, ClientError, ClusterNode, ErrorCode, GroupListing, GroupListings, KafkaError, LogDirDescription,
    PartitionDescription, QuorumReplica, ReplicaSize, TopicId,
};
use klamm_model::{
    Broker, BrokerId, BrokerState, ConfigEntry, ConfigSource, Gap, GapCause, GroupId, GroupKind, NodeRole, Owner,
    OwnerKind, PartitionId, Topic,
};
use std::sync::Arc;

fn name(text: &str) -> TopicName {
    text.parse().unwrap()
}

fn unseen() -> Inventory {
    Inventory::unseen("kafka/demo".parse().unwrap())
}

fn described(id: u8, replicas: &[i32]) -> TopicDescription {
    let brokers: Box<[BrokerId]> = replicas.iter().copied().map(BrokerId).collect();
    let partition = PartitionDescription {
        id: PartitionId(0),
        leader: brokers.first().copied(),
        leader_epoch: 0,
        replicas: brokers.clone(),
        in_sync: brokers,
        offline: [].into(),
    };
    TopicDescription { id: TopicId::from_bytes([id; 16]), internal: false, partitions: vec![partition] }
}

fn topics(described: &[(&str, TopicDescription)]) -> BTreeMap<TopicName, TopicDescription> {
    described.iter().map(|(text, topic)| (name(text), topic.clone())).collect()
}

fn dir(topic: &str, bytes: u64, error: Option<ErrorCode>) -> LogDirDescription {
    let replica = ReplicaSize { partition: PartitionId(0), bytes, lag: Known::Known(0), future: false };
    LogDirDescription {
        path: "/data".to_owned(),
        error: error.map(KafkaError::from),
        total_bytes: Known::Known(1000),
        usable_bytes: Known::Unknown,
        topics: [(name(topic), vec![replica])].into(),
    }
}

fn with_log_dirs(dirs: Vec<(i32, Result<Vec<LogDirDescription>, ClientError>)>) -> Seen {
    let small = |dirs: Vec<LogDirDescription>| disks::Disks::of(&dirs, &[&name("t")]);
    let by_broker = dirs.into_iter().map(|(id, dirs)| (BrokerId(id), dirs.map(small))).collect();
    Seen { log_dirs: Some(by_broker), ..Seen::default() }
}

fn silent() -> ClientError {
    ClientError::Disconnected { what: "DescribeLogDirs" }
}

#[test]
fn sizes_add_up_and_are_unknown_when_a_replica_was_not_seen() {
    let wanted = || topics(&[("t", described(1, &[1, 2]))]);
    let mut both = with_log_dirs(vec![(1, Ok(vec![dir("t", 10, None)])), (2, Ok(vec![dir("t", 30, None)]))]);
    let topic = &topics::put_together(&unseen(), wanted(), &mut both)[0];
    assert_eq!((topic.size_bytes, topic.partitions[0].size_bytes), (Known::Known(40), Known::Known(10)));

    let mut one = with_log_dirs(vec![(1, Ok(vec![dir("t", 10, None)])), (2, Err(silent()))]);
    let topic = &topics::put_together(&unseen(), wanted(), &mut one)[0];
    assert_eq!((topic.size_bytes, topic.partitions[0].size_bytes), (Known::Unknown, Known::Known(10)));

    let broken_disk = dir("other", 0, Some(ErrorCode::StorageError));
    let mut broken = with_log_dirs(vec![(1, Ok(vec![dir("t", 10, None)])), (2, Ok(vec![broken_disk]))]);
    assert_eq!(topics::put_together(&unseen(), wanted(), &mut broken)[0].size_bytes, Known::Unknown);

    let mut just_assigned =
        with_log_dirs(vec![(1, Ok(vec![dir("t", 10, None)])), (2, Ok(vec![dir("other", 5, None)]))]);
    assert_eq!(topics::put_together(&unseen(), wanted(), &mut just_assigned)[0].size_bytes, Known::Known(10));
}

fn entry(value: &str) -> BTreeMap<String, ConfigEntry> {
    [("retention.ms".to_owned(), ConfigEntry { value: Some(value.to_owned()), source: ConfigSource::Topic })].into()
}

fn owner() -> Owner {
    Owner { kind: OwnerKind::KafkaTopic, namespace: "payments".parse().unwrap(), name: "t".parse().unwrap() }
}

#[test]
fn what_was_not_looked_at_stays_unless_the_topic_is_another() {
    let mut before = unseen();
    let mut seen = Seen {
        settings: [(name("t"), Ok(entry("1")))].into(),
        ..with_log_dirs(vec![(1, Ok(vec![dir("t", 10, None)]))])
    };
    before.topics = topics::put_together(&before, topics(&[("t", described(1, &[1]))]), &mut seen);
    before.topics[0].owner = Some(owner());
    let mut nothing = Seen::default();

    let same = topics(&[("t", described(1, &[1]))]);
    assert!(topics::settings_wanted(&before, &same, Depth::Numbers).is_empty());
    assert_eq!(topics::settings_wanted(&before, &same, Depth::Everything).len(), 1);
    let topic = &topics::put_together(&before, same, &mut nothing)[0];
    assert_eq!((&topic.config, topic.size_bytes), (&Known::Known(entry("1")), Known::Known(10)));
    assert_eq!(topic.owner, Some(owner()));

    let remade = topics(&[("t", described(2, &[1]))]);
    assert_eq!(topics::settings_wanted(&before, &remade, Depth::Structure).len(), 1);
    let topic = &topics::put_together(&before, remade, &mut nothing)[0];
    assert_eq!((&topic.config, topic.size_bytes), (&Known::Unknown, Known::Unknown));
}

#[test]
fn a_refused_configuration_is_unknown_not_empty_and_one_that_did_not_arrive_stays() {
    let with = |outcome| Seen { settings: [(name("t"), outcome)].into(), ..Seen::default() };
    let look = |before: &Inventory, outcome| {
        topics::put_together(before, topics(&[("t", described(1, &[1]))]), &mut with(outcome)).remove(0)
    };
    let before = Inventory { topics: vec![look(&unseen(), Ok(entry("1")))], ..unseen() };
    let refused = Err(ErrorCode::TopicAuthorizationFailed.into());
    assert_eq!(look(&before, refused).config, Known::Unknown);
    let lost = || Err(ErrorCode::NetworkException.into());
    assert_eq!(look(&before, lost()).config, Known::Known(entry("1")));
    assert_eq!(look(&unseen(), lost()).config, Known::Unknown);
}

fn grown(latest: Known<i64>, id: &str) -> Vec<Topic> {
    let mut list = topics::put_together(&unseen(), topics(&[("t", described(1, &[1]))]), &mut Seen::default());
    list[0].partitions[0].latest_offset = latest;
    list[0].id = id.to_owned();
    list
}

#[test]
fn rates_need_two_looks_at_the_same_topic() {
    let mut appended = Appended::default();
    let mut look = |latest, id, at| {
        let mut list = grown(latest, id);
        appended.rate(&mut list, UnixMillis(at));
        list[0].records_per_second
    };
    assert_eq!(look(Known::Known(100), "a", 10_000), Known::Unknown);
    assert_eq!(look(Known::Known(300), "a", 12_000), Known::Known(100.0));
    assert_eq!(look(Known::Known(300), "a", 14_000), Known::Known(0.0));
    assert_eq!(look(Known::Unknown, "a", 16_000), Known::Unknown);
    assert_eq!(look(Known::Known(900), "a", 18_000), Known::Unknown, "one look was missing");
    assert_eq!(look(Known::Known(5), "b", 20_000), Known::Unknown, "made again");
    assert_eq!(look(Known::Known(3), "b", 22_000), Known::Unknown, "records do not unhappen");
}

fn node(id: i32, state: BrokerState) -> ClusterNode {
    ClusterNode { id: BrokerId(id), host: format!("b{id}"), port: 9091, rack: None, state }
}

fn put_brokers(nodes: Vec<ClusterNode>, answering: &[i32], replicas: &[i32]) -> Vec<Broker> {
    let cluster = ClusterDescription { cluster_id: "c".to_owned(), controller: None, brokers: nodes };
    let tables = answering.iter().map(|id| (BrokerId(*id), ApiTable::default())).collect();
    brokers::put_together(&unseen(), &cluster, &tables, None, &topics(&[("t", described(1, replicas))]))
}

#[test]
fn a_broker_is_down_when_it_is_fenced_and_silent_or_missed_by_its_replicas() {
    let nodes = vec![
        node(1, BrokerState::Running),
        node(2, BrokerState::Fenced),
        node(3, BrokerState::Fenced),
        node(4, BrokerState::Running),
    ];
    let brokers = put_brokers(nodes, &[1, 2], &[1, 9]);
    let states: Vec<_> = brokers.iter().map(|broker| (broker.id.0, broker.state)).collect();
    let expected = [
        (1, BrokerState::Running),
        (2, BrokerState::Fenced),
        (3, BrokerState::Down),
        (4, BrokerState::Unknown),
        (9, BrokerState::Down),
    ];
    assert_eq!(states, expected);
    assert_eq!(brokers[4].log_dirs, Known::Unknown);
}

fn replica(id: i32, fetched: i64, end: i64) -> QuorumReplica {
    QuorumReplica {
        id: BrokerId(id),
        directory_id: None,
        log_end_offset: Known::Known(end),
        last_fetch: Known::Known(UnixMillis(fetched)),
        last_caught_up: Known::Unknown,
    }
}

#[test]
fn roles_come_from_the_quorum_and_survive_its_silence() {
    let quorum = QuorumDescription {
        leader: Some(BrokerId(1)),
        leader_epoch: 4,
        high_watermark: 90,
        voters: vec![replica(1, 50_000, 100), replica(5, 49_500, 60), replica(6, 1_000, 10)],
        observers: vec![replica(2, 49_900, 100), replica(7, 1_000, 3)],
    };
    let listed = || put_brokers(vec![node(1, BrokerState::Running), node(2, BrokerState::Running)], &[1, 2], &[1]);
    let mut nodes = listed();
    brokers::give_roles(&mut nodes, Some(&quorum), &unseen());
    let roles: Vec<_> = nodes.iter().map(|broker| (broker.id.0, broker.roles.clone(), broker.state)).collect();
    let expected = [
        (1, vec![NodeRole::Broker, NodeRole::Controller], BrokerState::Running),
        (2, vec![NodeRole::Broker], BrokerState::Running),
        (5, vec![NodeRole::Controller], BrokerState::Running),
        (6, vec![NodeRole::Controller], BrokerState::Down),
    ];
    assert_eq!(roles, expected, "7 follows no more and never voted");
    assert_eq!(brokers::quorum(&quorum).voters[1].lag, Known::Known(40));

    let before = Inventory { brokers: nodes, ..unseen() };
    let mut later = listed();
    brokers::give_roles(&mut later, None, &before);
    let roles: Vec<_> = later.iter().map(|broker| (broker.id.0, broker.roles.len(), broker.state)).collect();
    let expected = [
        (1, 2, BrokerState::Running),
        (2, 1, BrokerState::Running),
        (5, 1, BrokerState::Unknown),
        (6, 1, BrokerState::Unknown),
    ];
    assert_eq!(roles, expected);
}

fn listing(id: &str) -> (GroupId, GroupListing) {
    let id: GroupId = id.parse().unwrap();
    let listing = GroupListing {
        id: id.clone(),
        kind: GroupKind::Classic,
        state: Some("Stable".to_owned()),
        protocol_type: "consumer".to_owned(),
        coordinator: BrokerId(1),
    };
    (id, listing)
}

#[test]
fn groups_of_a_silent_coordinator_stay_with_nothing_known_of_them() {
    let all = GroupListings { groups: [listing("a"), listing("b")].into(), ..GroupListings::default() };
    let before = Inventory {
        groups: groups::put_together(&unseen(), Seen { groups: Some(all), ..Seen::default() }),
        ..unseen()
    };
    let half = GroupListings { groups: [listing("a")].into(), unanswered: [(BrokerId(2), silent())].into() };
    let seen = groups::put_together(&before, Seen { groups: Some(half), ..Seen::default() });
    let states: Vec<_> =
        seen.value().unwrap().iter().map(|group| (group.id.as_str().to_owned(), group.state.clone())).collect();
    assert_eq!(states, [("a".to_owned(), Known::Known("Stable".to_owned())), ("b".to_owned(), Known::Unknown)]);

    let gone = GroupListings { groups: [listing("a")].into(), ..GroupListings::default() };
    let seen = groups::put_together(&before, Seen { groups: Some(gone), ..Seen::default() });
    assert_eq!(seen.value().unwrap().len(), 1, "everybody answered, so b is really gone");

    let nobody = GroupListings { unanswered: [(BrokerId(2), silent())].into(), ..GroupListings::default() };
    let seen = groups::put_together(&unseen(), Seen { groups: Some(nobody), ..Seen::default() });
    assert_eq!(seen, Known::Unknown);
}

#[test]
fn a_cluster_that_does_not_answer_keeps_its_inventory_and_since_when() {
    let before = Inventory { topics: grown(Known::Known(1), "a"), reachability: Reachability::Reachable, ..unseen() };
    let first = unanswered(&before, "nobody is there".to_owned(), UnixMillis(5));
    assert_eq!(first.topics, before.topics);
    assert_eq!(first.revisions.structure, before.revisions.structure + 1);
    let second = unanswered(&first, "nobody is there".to_owned(), UnixMillis(9));
    assert!(matches!(second.reachability, Reachability::Unreachable { since: UnixMillis(5), .. }));
    assert_eq!(second.revisions, first.revisions, "nothing new to tell");
}

#[test]
fn revisions_tell_structure_from_numbers() {
    let before = Inventory { topics: grown(Known::Known(1), "a"), ..unseen() };
    let mut same = before.clone();
    same.observed_at = Known::Known(UnixMillis(77));
    revise(&before, &mut same);
    assert_eq!(same.revisions, before.revisions);
    let mut moved = before.clone();
    moved.topics[0].partitions[0].latest_offset = Known::Known(2);
    revise(&before, &mut moved);
    assert_eq!((moved.revisions.structure, moved.revisions.numbers), (0, 1));
    let mut opened = before.clone();
    opened.authorization = Known::Known(klamm_model::Authorization::Open);
    opened.defaults = Known::Known(klamm_model::TopicDefaults::default());
    revise(&before, &mut opened);
    assert_eq!((opened.revisions.structure, opened.revisions.numbers), (1, 0));
    let mut finalised = before.clone();
    finalised.features = Known::Known([("group.version".to_owned(), 1)].into());
    revise(&before, &mut finalised);
    assert_eq!((finalised.revisions.structure, finalised.revisions.numbers), (1, 0));
    let mut owned = before.clone();
    owned.topics[0].owner = Some(owner());
    revise(&before, &mut owned);
    revise(&before, &mut owned);
    assert_eq!((owned.revisions.structure, owned.revisions.numbers), (1, 0));

    let gap = |missing, cause, reason: &str| Inventory {
        gaps: vec![Gap { part: Part::Topics, broker: None, missing, cause, reason: reason.to_owned() }],
        ..before.clone()
    };
    let silent = gap(2, GapCause::Silence, "no answer for 3 s");
    let revised = |mut next: Inventory| {
        revise(&silent, &mut next);
        next.revisions.structure
    };
    assert_eq!(revised(gap(2, GapCause::Silence, "no answer for 4 s")), 0, "the same in other words");
    assert_eq!(revised(gap(3, GapCause::Silence, "no answer for 4 s")), 1, "the sentence has the number");
    assert_eq!(revised(gap(2, GapCause::Refusal, "not allowed")), 1, "health depends on the cause");
}

#[test]
fn a_thousand_refusals_are_one_gap_with_their_number() {
    let refused = |n: usize| (name(&format!("t{n}")), Err(ErrorCode::TopicAuthorizationFailed.into()));
    let mut gaps = Gaps::default();
    gaps.note_all(&Seen { settings: (0..1000).map(refused).collect(), ..Seen::default() });
    let list = gaps.list();
    assert_eq!((list.len(), list[0].part, list[0].missing), (1, Part::Config, 1000));
    assert!(list[0].reason.starts_with("t0: "), "{}", list[0].reason);
    assert_eq!(list[0].cause, GapCause::Refusal);
    let silent = ClientError::TimedOut { what: "ListGroups", after: std::time::Duration::from_secs(1) };
    assert_eq!(GapCause::from(&ClientError::Shared(Arc::new(silent))), GapCause::Silence);
}
