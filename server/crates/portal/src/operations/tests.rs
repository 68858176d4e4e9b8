mod plans;

use super::{
    Steer,
    safety::{safety, window},
    view::sentence,
};
use crate::{
    Declared, Portal,
    views::samples::{Estate, NOW, actor, cluster_ref, inventory, portal, topic},
};
use http::{Request, Response};
use klamm_model::{
    Actor, BrokerId, ClusterRef, ConfigEntry, ConfigSource, Known, OperationKind, OperationPhase, OperationWindow,
    OperationWish, ProblemKind, Quorum, QuorumVoter, Role, Topic, UnixMillis,
};
use klamm_resources::KafkaCluster;
use klamm_store::AuditFilter;
use kube::client::Body;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

fn demo() -> ClusterRef {
    cluster_ref("kafka/demo")
}

fn declared(windows: &Value) -> KafkaCluster {
    let object = json!({
        "metadata": { "name": "demo", "namespace": "kafka" },
        "spec": {
            "version": "4.1.2",
            "pools": [{
                "name": "main", "roles": ["broker", "controller"], "replicas": 3,
                "storage": { "type": "persistent", "size": "1Gi" },
            }],
            "roll": { "soakSeconds": 7, "windows": windows },
        },
    });
    serde_json::from_value(object).unwrap()
}

fn with_minimum(mut topic: Topic, minimum: u32) -> Topic {
    let entry = ConfigEntry { value: Some(minimum.to_string()), source: ConfigSource::Topic };
    topic.config = Known::Known(BTreeMap::from([("min.insync.replicas".to_owned(), entry)]));
    topic
}

#[test]
fn safety_names_the_partition_that_is_nearest_to_its_minimum() {
    let all: &[i32] = &[0, 1, 2];
    let topics = vec![
        with_minimum(topic("a", &[(all, all), (all, &[0, 1])]), 2),
        with_minimum(topic("b", &[(all, &[0, 1]), (all, all)]), 2),
        // Nobody knows its minimum.
        Topic { config: Known::Unknown, ..topic("c", &[(all, &[0])]) },
    ];
    let seen = inventory("kafka/demo", topics);
    let now = safety(&seen, Some(&declared(&json!([]))), NOW);
    let lowest = now.lowest_headroom.value().unwrap();
    assert_eq!((lowest.partition.as_str(), lowest.in_sync, lowest.minimum), ("a-1", 2, 2));
    assert_eq!((now.under_replicated, now.soak_seconds), (Known::Known(3), Known::Known(7)));
    assert_eq!(now.window, Known::Known(OperationWindow::Always));

    let below = vec![with_minimum(topic("a", &[(all, all)]), 3), with_minimum(topic("b", &[(all, &[0])]), 3)];
    let now = safety(&inventory("kafka/demo", below), None, NOW);
    assert_eq!(now.lowest_headroom.value().unwrap().partition, "b-0");
    assert_eq!((now.soak_seconds, now.window), (Known::Unknown, Known::Unknown), "nobody has seen its declaration");
    let unseen = safety(&klamm_model::Inventory::unseen(demo()), None, NOW);
    assert_eq!((unseen.under_replicated, unseen.lowest_headroom), (Known::Unknown, Known::Unknown));
}

#[test]
fn voters_have_everything_when_they_had_it_as_lately_as_their_leader() {
    let voter = |id: i32, at: Option<i64>, lag: Option<u64>| QuorumVoter {
        id: BrokerId(id),
        lag: lag.into(),
        last_caught_up: at.map(UnixMillis).into(),
    };
    let caught_up = |leader: Option<i32>, voters: Vec<QuorumVoter>| {
        let mut seen = inventory("kafka/demo", Vec::new());
        seen.quorum = Known::Known(Quorum { leader: leader.map(BrokerId), voters, observers: Vec::new() });
        let now = safety(&seen, None, NOW);
        assert_eq!(now.quorum_voters, Known::Known(3));
        now.quorum_caught_up
    };
    let at = |at: i64| Some(at);
    let all = |other: i64| vec![voter(0, at(10_000), None), voter(1, at(9_000), Some(3)), voter(2, at(other), None)];
    assert_eq!(caught_up(Some(0), all(8_001)), Known::Known(3));
    assert_eq!(caught_up(Some(0), all(8_000)), Known::Known(2), "as long as it is given to fetch");
    assert_eq!(caught_up(None, all(10_000)), Known::Unknown, "an election is going on");
    let by_lag = vec![voter(0, None, Some(0)), voter(1, None, Some(0)), voter(2, None, Some(9))];
    assert_eq!(caught_up(Some(0), by_lag), Known::Known(2));
    let silent = vec![voter(0, at(1), None), voter(1, at(1), None), voter(2, None, None)];
    assert_eq!(caught_up(Some(0), silent), Known::Known(2), "of whom nobody knows it, it is not said");
}

#[test]
fn a_window_is_told_with_the_moment_at_which_that_changes() {
    let at = |text: &str| UnixMillis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let cluster = declared(&json!([{ "days": ["saturday"], "from": "22:00", "to": "04:00" }]));
    let roll = super::safety::roll(&cluster).unwrap();
    let (opens, closes) = (at("2026-11-28T22:00:00Z"), at("2026-11-29T04:00:00Z"));
    assert_eq!(window(&roll, at("2026-11-29T03:59:59.5Z")), OperationWindow::Open { until: closes });
    assert_eq!(window(&roll, at("2026-11-28T12:00:30Z")), OperationWindow::Closed { until: opens });
    let always = super::safety::roll(&declared(&json!([]))).unwrap();
    assert_eq!(window(&always, opens), OperationWindow::Always);
}

#[test]
fn sentences_say_what_is_done_to_what() {
    let told = |kind, wish: OperationWish| sentence(&demo(), (kind, &wish), None);
    let brokers = |ids: &[i32]| OperationWish {
        brokers: ids.iter().copied().map(BrokerId).collect(),
        ..OperationWish::default()
    };
    assert_eq!(told(OperationKind::Restart, brokers(&[])), "Restart all nodes of demo");
    assert_eq!(told(OperationKind::Restart, brokers(&[2])), "Restart broker 2 of demo");
    assert_eq!(told(OperationKind::Drain, brokers(&[1, 2, 5])), "Empty brokers 1, 2 and 5 of demo");
    assert_eq!(told(OperationKind::Drain, brokers(&[1, 2, 3, 4, 5])), "Empty 5 brokers of demo");
    let scale = OperationWish { pool: Some("main".to_owned()), replicas: Some(1), ..OperationWish::default() };
    assert_eq!(told(OperationKind::Scale, scale), "Scale pool main of demo to 1 node");
    let topics = OperationWish { topics: vec!["a".to_owned(), "b".to_owned()], ..OperationWish::default() };
    assert_eq!(told(OperationKind::Rebalance, topics.clone()), "Rebalance 2 topics of demo");
    let factor = |topics: OperationWish, to| OperationWish { replication_factor: Some(to), ..topics };
    let one = OperationWish { topics: vec!["a".to_owned()], ..OperationWish::default() };
    assert_eq!(told(OperationKind::Rebalance, factor(topics, 3)), "Give 2 topics of demo 3 replicas each");
    assert_eq!(told(OperationKind::Rebalance, factor(one, 1)), "Give a of demo 1 replica");
    let to = |to: &str, from: Option<&str>| {
        let wish = OperationWish { version: Some(to.to_owned()), ..OperationWish::default() };
        sentence(&demo(), (OperationKind::Upgrade, &wish), from)
    };
    assert_eq!(to("4.2.1", Some("4.1.2")), "Upgrade demo from 4.1.2 to 4.2.1");
    assert_eq!(to("4.1.2", Some("4.2.1")), "Bring demo back from 4.2.1 to 4.1.2");
    assert_eq!([to("4.2.1", None), to("4.2.1", Some("4.2.1"))], ["Bring demo to Kafka 4.2.1"; 2]);
}

/// As much of an API server as steering sees: it merges what it is sent.
#[derive(Clone, Default)]
struct Kubernetes(Arc<Mutex<Vec<(String, Value)>>>);

impl Kubernetes {
    fn client(&self, object: Value) -> kube::Client {
        let sent = Arc::clone(&self.0);
        let service = tower::service_fn(move |request: Request<Body>| {
            let (sent, object) = (Arc::clone(&sent), object.clone());
            async move {
                let (parts, body) = request.into_parts();
                let patch: Value = serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap();
                let mut answer = object;
                for (field, value) in patch["spec"].as_object().unwrap() {
                    answer["spec"][field] = value.clone();
                }
                sent.lock().unwrap().push((format!("{} {}", parts.method, parts.uri.path()), patch));
                Ok::<_, io::Error>(Response::new(Body::from(answer.to_string().into_bytes())))
            }
        });
        kube::Client::new(service, "default")
    }
}

fn operation(phase: &str, spec: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaOperation",
        "metadata": { "name": "restart-1", "namespace": "kafka" },
        "spec": { "cluster": { "name": "demo" }, "kind": "restart" },
        "status": { "phase": phase },
    });
    for (field, value) in spec.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    object
}

fn operator() -> Actor {
    Actor { roles: [Role::Operator].into(), ..actor("operator") }
}

async fn steer(portal: &Portal, who: &Actor, steer: Steer) -> Result<klamm_model::OperationView, ProblemKind> {
    let name = "restart-1".parse().unwrap();
    portal.steer_operation(who, (&demo(), &name), steer, None).await.map_err(|problem| problem.kind)
}

#[tokio::test]
async fn operators_steer_by_one_field_and_what_is_so_already_is_not_written_again() {
    let estate = Estate::new();
    estate.put(inventory("kafka/demo", Vec::new()), Declared::default());
    let saw = |object: Value| estate.declarations.saw_operation(&serde_json::from_value(object).unwrap());
    saw(operation("running", &json!({})));
    estate.put_resource("kafka/demo", declared(&json!([])));
    let (portal, _database) = portal(&estate).await;
    let seen = portal.operation(&actor("ada"), &demo(), &"restart-1".parse().unwrap()).await.unwrap();
    assert_eq!((seen.operation.phase, seen.safety.soak_seconds), (OperationPhase::Running, Known::Known(7)));
    assert_eq!(steer(&portal, &operator(), Steer::Pause).await, Err(ProblemKind::Unavailable), "no way there yet");
    let kubernetes = Kubernetes::default();
    portal.connect(kubernetes.client(operation("running", &json!({}))));

    assert_eq!(steer(&portal, &actor("ada"), Steer::Pause).await, Err(ProblemKind::Forbidden));
    assert!(!steer(&portal, &operator(), Steer::Resume).await.unwrap().paused, "it goes on already");
    let sent = || kubernetes.0.lock().unwrap().clone();
    assert!(sent().is_empty());
    assert!(steer(&portal, &operator(), Steer::Pause).await.unwrap().paused);
    assert!(steer(&portal, &operator(), Steer::Cancel).await.unwrap().cancel);
    let path = "PATCH /apis/klamm.dev/v1alpha1/namespaces/kafka/kafkaoperations/restart-1";
    assert_eq!(
        sent(),
        [
            (path.to_owned(), json!({ "spec": { "paused": true } })),
            (path.to_owned(), json!({ "spec": { "cancel": true } })),
        ]
    );

    saw(operation("running", &json!({ "cancel": true })));
    assert_eq!(steer(&portal, &operator(), Steer::Pause).await, Err(ProblemKind::Conflict), "it ends");
    saw(operation("done", &json!({})));
    assert_eq!(steer(&portal, &operator(), Steer::Cancel).await, Err(ProblemKind::Conflict), "it is over");
    assert_eq!(sent().len(), 2);
    let filter = AuditFilter { object_kind: Some("operation".to_owned()), limit: 100, ..AuditFilter::default() };
    let mut told: Vec<_> = portal
        .store
        .audit(&filter)
        .await
        .unwrap()
        .into_iter()
        .map(|item| format!("{} {} {}", item.action, item.actor, item.outcome.unwrap_or_default()))
        .collect();
    told.sort(); // several of them are of one moment
    assert_eq!(
        told,
        [
            "cancel operator done",
            "cancel operator refused",
            "pause ada refused",
            "pause operator done",
            "pause operator failed",
            "pause operator refused",
            "resume operator done",
        ]
    );
}
