use super::pace::Paces;
use super::samples::{Estate, NOW, actor, broker, cluster_ref, group, inventory, portal, topic};
use crate::Declared;
use klamm_model::{
    BrokerCounts, BrokerId, BrokerState, Gap, GapCause, GroupId, Health, Inventory, Known, PageRequest, Part,
    ProblemKind, Quorum, QuorumView, QuorumVoter, Reachability, SortOrder, TopicSort, UnixMillis,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

const ALL: &[i32] = &[0, 1, 2];

fn declared(hint: Option<&str>) -> Declared {
    Declared { broker_total: 3, sentence_hint: hint.map(str::to_owned), ..Declared::default() }
}

fn said(inventory: Inventory, declared: Declared) -> (Health, String) {
    let seen = crate::ObservedCluster { inventory: inventory.into(), declared };
    let view = super::cluster::view(&seen);
    (view.health, view.sentence)
}

#[test]
fn a_sentence_says_how_the_cluster_is() {
    let whole = || topic("a", &[(ALL, ALL), (ALL, ALL)]);
    let one_out = || topic("b", &[(ALL, &[0, 1])]);
    let dead = || topic("c", &[(ALL, &[])]);
    let with = |topics| inventory("kafka/demo", topics);
    let hint = Some("is being created: 1 of 3 brokers are ready");

    let check = |inventory, hint, health, sentence: &str| {
        assert_eq!(said(inventory, declared(hint)), (health, sentence.to_owned()));
    };
    check(with(vec![whole()]), None, Health::Healthy, "is serving");
    check(with(vec![whole(), one_out()]), None, Health::Degraded, "is serving, and 1 partition is under-replicated");
    check(with(vec![whole(), dead()]), None, Health::Unavailable, "is serving, but 1 partition is offline");

    let mut down = with(vec![whole(), one_out(), one_out()]);
    down.brokers[2] = broker(2, BrokerState::Down);
    check(
        down.clone(),
        hint,
        Health::Degraded,
        "is serving, and 1 of 3 brokers is down, 2 partitions are under-replicated",
    );
    down.topics.push(dead());
    check(
        down,
        None,
        Health::Unavailable,
        "is serving, but 1 partition is offline; 1 of 3 brokers is down, 2 partitions are under-replicated",
    );

    let mut growing = with(vec![topic("a", &[(&[0], &[0])])]);
    growing.brokers.truncate(1);
    check(growing.clone(), hint, Health::Degraded, "is being created: 1 of 3 brokers are ready");
    check(growing, None, Health::Degraded, "is serving, and 2 of 3 brokers are down");

    let mut none = with(vec![]);
    none.brokers.clear();
    check(none, None, Health::Unavailable, "has no broker that serves");
}

#[test]
fn what_could_not_be_seen_is_never_healthy() {
    let whole = || inventory("kafka/demo", vec![topic("a", &[(ALL, ALL), (ALL, ALL)])]);
    let gap = |part, broker: Option<i32>, cause| {
        let reason = "no answer".to_owned();
        Gap { part, broker: broker.map(BrokerId), missing: 2, cause, reason }
    };
    let with = |gaps| Inventory { gaps, ..whole() };
    let check = |inventory, health, sentence: &str| {
        assert_eq!(said(inventory, declared(None)), (health, sentence.to_owned()));
    };
    let mut silent = with(vec![gap(Part::Broker, Some(2), GapCause::Silence)]);
    silent.brokers[2] = broker(2, BrokerState::Unknown);
    check(silent.clone(), Health::Degraded, "is serving, and broker 2 does not answer");
    silent.brokers[1] = broker(1, BrokerState::Fenced);
    check(silent, Health::Degraded, "is serving, and broker 1 is fenced, broker 2 does not answer");
    let half =
        with(vec![gap(Part::LogDirs, Some(1), GapCause::Silence), gap(Part::Groups, Some(2), GapCause::Silence)]);
    check(half, Health::Degraded, "is serving, and brokers 1 and 2 leave questions unanswered");
    let topics = with(vec![gap(Part::Topics, None, GapCause::Silence)]);
    check(topics, Health::Degraded, "is serving, and 2 topics could not be seen");

    let no_answer = with(vec![gap(Part::Quorum, None, GapCause::Silence)]);
    check(no_answer, Health::Degraded, "is serving, and no controller answers");
    let election = Quorum { leader: None, voters: Vec::new(), observers: Vec::new() };
    let election = Inventory { quorum: Known::Known(election), ..whole() };
    check(election, Health::Degraded, "is serving, and there is no active controller");

    // What Klamm was not allowed to see is no trouble of the cluster's; pages say that it is not seen.
    let refused = with(vec![gap(Part::Quorum, None, GapCause::Refusal), gap(Part::Topics, None, GapCause::Refusal)]);
    check(refused, Health::Healthy, "is serving");
}

#[test]
fn a_silent_cluster_says_why_and_since_when_it_was_seen() {
    let gone = Reachability::Unreachable { since: NOW, reason: "connection refused.".to_owned() };
    let creating = "is being created: 0 of 3 brokers are ready";
    let hint = Some(creating);
    let unseen = || Inventory::unseen(cluster_ref("kafka/demo"));

    assert_eq!(said(unseen(), declared(None)), (Health::Unknown, "has not been looked at yet".to_owned()));
    assert_eq!(said(unseen(), declared(hint)).1, creating);
    let never = Inventory { reachability: gone.clone(), ..unseen() };
    assert_eq!(said(never.clone(), declared(hint)), (Health::Unknown, creating.to_owned()));
    assert_eq!(said(never, declared(None)).1, "does not answer: connection refused");

    let silent = Inventory { reachability: gone, ..inventory("kafka/demo", vec![topic("a", &[(ALL, ALL)])]) };
    let seen = crate::ObservedCluster { inventory: silent.clone().into(), declared: declared(hint) };
    let overview = super::cluster::overview(&seen, UnixMillis(NOW.0 + 5));
    assert_eq!(overview.cluster.health, Health::Unavailable);
    assert_eq!(overview.cluster.sentence, "does not answer: connection refused");
    // What was seen last stays, with its age; the topic's health does not.
    assert_eq!((overview.topics, overview.cluster.observed_at), (1, Known::Known(NOW)));
    assert_eq!(super::topic::row(&silent, &silent.topics[0]).health, Health::Unknown);
}

#[test]
fn records_are_unknown_as_soon_as_one_partition_is() {
    let mut topic = topic("a", &[(&[0], &[0]), (&[1], &[1])]);
    assert_eq!(super::topic::records(&topic.partitions), Known::Known(20));
    topic.partitions[1].latest_offset = Known::Unknown;
    assert_eq!(super::topic::records(&topic.partitions), Known::Unknown);
}

#[test]
fn an_overview_counts_and_keeps_the_unknown_apart() {
    let mut internal = topic("__consumer_offsets", &[(&[0, 1], &[0, 1])]);
    internal.records_per_second = Known::Unknown;
    let mut inventory = inventory("kafka/demo", vec![internal, topic("payments.a", &[(ALL, &[1, 2]), (ALL, ALL)])]);
    inventory.groups = Known::Known(vec![group("g", &["payments.a"])]);
    let overview = |inventory: &Inventory| {
        let seen = crate::ObservedCluster { inventory: inventory.clone().into(), declared: declared(None) };
        super::cluster::overview(&seen, NOW)
    };
    let all = overview(&inventory);
    assert_eq!((all.topics, all.partitions, all.replicas, all.under_replicated, all.offline), (1, 3, 8, 1, 0));
    assert_eq!((all.racks, all.groups), (3, Known::Known(1)));
    assert_eq!((all.records_per_second, all.size_bytes), (Known::Known(1.5), Known::Known(30)));
    assert_eq!(all.cluster.brokers, BrokerCounts { ready: 3, total: 3 });
    assert_eq!(all.cluster.kafka_version.as_deref(), Some("4.1.2"));
    let held: Vec<_> = all.nodes.iter().map(|node| (node.leaders, node.replicas, node.out_of_sync)).collect();
    assert_eq!(held, [(2, 3, 1), (1, 3, 0), (0, 2, 0)]);
    assert!(all.nodes[1].is_active_controller && !all.nodes[0].is_active_controller);
    assert_eq!((all.nodes[0].used_bytes, all.nodes[0].total_bytes), (Known::Known(100), Known::Known(1000)));

    inventory.topics[0].size_bytes = Known::Unknown;
    inventory.groups = Known::Unknown;
    inventory.brokers[0].log_dirs = Known::Unknown;
    let partly = overview(&inventory);
    assert_eq!((partly.size_bytes, partly.groups), (Known::Unknown, Known::Unknown));
    assert_eq!((partly.nodes[0].used_bytes, partly.nodes[0].total_bytes), (Known::Unknown, Known::Unknown));
}

#[test]
fn an_overview_tells_how_many_voters_have_everything_and_who_leads_them() {
    let voter = |id, lag: Option<u64>, at| QuorumVoter {
        id: BrokerId(id),
        lag: lag.into(),
        last_caught_up: Known::Known(UnixMillis(at)),
    };
    let told = |quorum: Known<Quorum>| {
        let seen = Inventory { quorum, ..inventory("kafka/demo", Vec::new()) };
        let seen = crate::ObservedCluster { inventory: seen.into(), declared: declared(None) };
        super::cluster::overview(&seen, NOW).quorum
    };
    let quorum = |leader: Option<i32>| Quorum {
        leader: leader.map(BrokerId),
        voters: vec![voter(0, Some(4_000), 1_000), voter(1, Some(0), 90_000), voter(2, None, 90_000)],
        observers: vec![voter(3, Some(9_000), 1_000)],
    };
    let (leader, lag) = (Some(BrokerId(1)), Known::Known(4_000));
    let behind = QuorumView { leader, voters: 3, caught_up: Known::Known(2), lag };
    assert_eq!(told(Known::Known(quorum(Some(1)))), Known::Known(behind), "observers do not vote");
    let election = QuorumView { leader: None, caught_up: Known::Unknown, ..behind };
    assert_eq!(told(Known::Known(quorum(None))), Known::Known(election));
    assert_eq!(told(Known::Unknown), Known::Unknown);
}

#[tokio::test]
async fn a_topic_names_its_groups_and_what_may_be_done() {
    let estate = Estate::new();
    let mut inventory = inventory("kafka/demo", vec![topic("payments.a", &[(ALL, ALL)]), topic("b", &[(ALL, ALL)])]);
    inventory.groups =
        Known::Known(vec![group("one", &["payments.a"]), group("two", &["b", "payments.a"]), group("three", &[])]);
    estate.put(inventory, declared(None));
    let (portal, _database) = portal(&estate).await;
    let demo = cluster_ref("kafka/demo");
    let view = portal.topic(&actor("ada"), &demo, &"payments.a".parse().unwrap()).unwrap();
    assert_eq!(view.groups.iter().map(GroupId::as_str).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!((view.group_count, view.records), (Known::Known(2), Known::Known(10)));
    assert_eq!(view.allowed_actions, ["view"]);
    assert_eq!(view.partitions[0].leader, Some(BrokerId(0)));
    let page = portal.topics(&actor("ada"), &demo, &PageRequest::default()).unwrap();
    assert_eq!(page.items[1], view);

    let missing = portal.topic(&actor("ada"), &demo, &"nope".parse().unwrap()).unwrap_err();
    assert_eq!(missing.kind, ProblemKind::NotFound);
    let missing = portal.cluster(&actor("ada"), &cluster_ref("kafka/nope")).unwrap_err();
    assert_eq!(missing.kind, ProblemKind::NotFound);
    let mut blind = actor("ada");
    blind.scopes.clear();
    assert_eq!(portal.clusters(&blind).unwrap_err().kind, ProblemKind::Forbidden);
    assert_eq!(portal.topic(&blind, &demo, &"b".parse().unwrap()).unwrap_err().kind, ProblemKind::Forbidden);
    assert!(portal.live(&blind).is_err());
}

fn names(inventory: &Inventory, request: &PageRequest) -> (Vec<String>, u64, Option<String>) {
    let page = super::paging::topics(inventory, request, &Paces::default(), |_| true).unwrap();
    (page.items.iter().map(|t| t.name.to_string()).collect(), page.total, page.next_cursor)
}

#[test]
fn a_list_is_filtered_then_counted_then_cut() {
    let topics = ["__internal", "payments.b", "payments.a", "orders.a", "Payments-Upper"];
    let inventory = inventory("kafka/demo", topics.iter().map(|name| topic(name, &[(ALL, ALL)])).collect());
    let request = |search: &str, limit| PageRequest {
        search: Some(search.to_owned()),
        limit: Some(limit),
        ..PageRequest::default()
    };
    let (page, total, next) = names(&inventory, &request("PAYMENTS", 2));
    assert_eq!((page, total), (vec!["Payments-Upper".to_owned(), "payments.a".to_owned()], 3));
    let rest = PageRequest { cursor: next, ..request("PAYMENTS", 2) };
    assert_eq!(names(&inventory, &rest), (vec!["payments.b".to_owned()], 3, None));

    assert_eq!(names(&inventory, &PageRequest::default()).1, 4);
    assert_eq!(names(&inventory, &PageRequest { internal: true, ..PageRequest::default() }).1, 5);
    let team = PageRequest { team: Some("orders".to_owned()), ..PageRequest::default() };
    assert_eq!(names(&inventory, &team).0, ["orders.a"]);
    let backwards = PageRequest { order: SortOrder::Desc, limit: Some(1), ..PageRequest::default() };
    assert_eq!(names(&inventory, &backwards).0, ["payments.b"]);
}

#[test]
fn what_is_unknown_sorts_below_everything_and_names_break_ties() {
    let mut topics: Vec<_> = ["c", "a", "b", "d"].iter().map(|name| topic(name, &[(ALL, ALL)])).collect();
    topics[3].records_per_second = Known::Unknown;
    topics[0].records_per_second = Known::Known(1_000_000.5);
    let inventory = inventory("kafka/demo", topics);
    let by_rate = |order| PageRequest { sort: TopicSort::RecordsPerSecond, order, ..PageRequest::default() };
    assert_eq!(names(&inventory, &by_rate(SortOrder::Desc)).0, ["c", "a", "b", "d"]);
    assert_eq!(names(&inventory, &by_rate(SortOrder::Asc)).0, ["d", "a", "b", "c"]);
}

#[test]
fn a_bad_page_request_is_refused_in_words() {
    let inventory = inventory("kafka/demo", (0..9).map(|n| topic(&format!("t{n}"), &[(ALL, ALL)])).collect());
    let refused = |request: PageRequest| {
        let problem = super::paging::topics(&inventory, &request, &Paces::default(), |_| true).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Invalid);
        problem.detail
    };
    assert!(refused(PageRequest { limit: Some(0), ..PageRequest::default() }).contains("1 to 1000"));
    assert!(refused(PageRequest { limit: Some(1001), ..PageRequest::default() }).contains("1 to 1000"));
    for cursor in ["x", "!!!", "bnVsbA", "WzIsIm5hbWUiLCJhc2MiLG51bGwsImEiXQ"] {
        refused(PageRequest { cursor: Some(cursor.to_owned()), ..PageRequest::default() });
    }
    let next = names(&inventory, &PageRequest { limit: Some(1), ..PageRequest::default() }).2;
    refused(PageRequest { cursor: next, order: SortOrder::Desc, ..PageRequest::default() });
}

proptest! {
    /// Every topic that stays is shown exactly once, in order, whatever else comes and goes between two pages.
    #[test]
    fn pages_stay_stable_while_topics_come_and_go(
        stay in proptest::collection::btree_set("[a-m][a-z]{0,3}", 1..30),
        go in proptest::collection::btree_set("[n-z][a-z]{0,3}", 0..10),
        come in proptest::collection::btree_set("[n-z]_[a-z]{0,3}", 0..10),
        sizes in proptest::collection::vec(proptest::option::of(0_u64..4), 30),
        limit in 1_u32..7,
        descending in proptest::bool::ANY,
        sort in proptest::sample::select(vec![TopicSort::Name, TopicSort::SizeBytes]),
    ) {
        let with = |names: BTreeSet<&String>| {
            let topics = names.iter().map(|name| {
                let mut topic = topic(name, &[(ALL, ALL)]);
                topic.size_bytes = sizes[name.bytes().map(usize::from).sum::<usize>() % sizes.len()].into();
                topic
            });
            inventory("kafka/demo", topics.collect())
        };
        let (before, after) = (with(stay.union(&go).collect()), with(stay.union(&come).collect()));
        let order = if descending { SortOrder::Desc } else { SortOrder::Asc };
        let mut request = PageRequest { limit: Some(limit), sort, order, ..PageRequest::default() };
        let mut shown = Vec::new();
        let mut current = &before;
        loop {
            let (page, _, next) = names(current, &request);
            shown.extend(page.into_iter().filter(|name| stay.contains(name)));
            current = &after;
            let Some(next) = next else { break };
            request.cursor = Some(next);
        }
        let all = PageRequest { limit: Some(1000), cursor: None, ..request };
        let expected: Vec<String> =
            names(&after, &all).0.into_iter().filter(|name| stay.contains(name)).collect();
        prop_assert_eq!(shown, expected);
    }
}
