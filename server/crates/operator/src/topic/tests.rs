//! Decisions and reports of the room, on objects as Kubernetes would show them.

use super::{
    apply::{Created, Failure, Outcome},
    decide::{Case, Hold, LetGo, Rules, Verdict, decide, must_hold},
    index::{Index, Look, Place},
    object::{Declared, Origin, Pause, Record},
    place::{Surroundings, place},
    read,
    report::{Done, ObjectsFate, Report, report},
};
use crate::batch::Next;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use klamm_model::{ClusterRef, Known, Namespace, TopicName};
use klamm_planner::{
    tenancy::{Tenancy, Tenant},
    topics::{Deletion, FieldRefusal, RefusalReason, TopicField, TopicObserved, TopicPolicy, TopicState},
};
use klamm_resources::{ConditionType, KafkaCluster, KafkaTopic, KafkaTopicStatus, TopicReason, condition};
use kube::core::DeserializeGuard;
use serde_json::json;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

pub(super) fn cluster() -> ClusterRef {
    "kafka/demo".parse().unwrap()
}

pub(super) fn name(topic: &str) -> TopicName {
    TopicName::new(topic).unwrap()
}

pub(super) fn kafka_topic(namespace: &str, object: &str, spec: serde_json::Value) -> Declared {
    let mut spec = spec;
    spec["cluster"] = json!({ "namespace": "kafka", "name": "demo" });
    let object = json!({
        "apiVersion": "klamm.dev/v1alpha1",
        "kind": "KafkaTopic",
        "metadata": {
            "namespace": namespace, "name": object, "uid": format!("uid of {namespace}/{object}"), "generation": 1,
            "resourceVersion": "5", "creationTimestamp": "2026-11-23T10:00:00Z",
        },
        "spec": spec,
    });
    let object: DeserializeGuard<KafkaTopic> = serde_json::from_value(object).unwrap();
    read::kafka_topic(object).unwrap()
}

pub(super) fn config_map(object: &str, annotations: &serde_json::Value, data: &serde_json::Value) -> Declared {
    let object: ConfigMap = serde_json::from_value(json!({
        "metadata": {
            "namespace": "payments", "name": object, "uid": "uid", "resourceVersion": "5",
            "creationTimestamp": "2026-11-23T10:00:00Z", "labels": { "config": "kafka-topic" }, "annotations": annotations,
        },
        "data": data,
    }))
    .unwrap();
    read::config_map(&object).unwrap()
}

pub(super) fn rules() -> Rules {
    let tenant = |namespace: &str, prefixes: &[&str]| Tenant {
        namespace: namespace.parse().unwrap(),
        topic_prefixes: prefixes.iter().map(ToString::to_string).collect(),
        group_prefixes: Vec::new(),
    };
    Rules {
        cluster: cluster(),
        tenancy: Tenancy::new(
            "kafka".parse().unwrap(),
            vec![tenant("payments", &["payments.", "sample-topic"]), tenant("orders", &["orders."])],
        ),
        policy: TopicPolicy { brokers: Known::Known(3), ..TopicPolicy::default() },
        deletion: Deletion::Retain,
        pause: Pause::Active,
    }
}

pub(super) fn there(partitions: u32, factor: u32) -> TopicObserved {
    let state = TopicState { id: "id".to_owned(), partitions, replication_factor: factor, config: BTreeMap::new() };
    TopicObserved::Present(state)
}

pub(super) fn managed(mut declared: Declared, topic: &str) -> Declared {
    declared.record = Record {
        carried_out: Some(declared.edition.clone()),
        status: KafkaTopicStatus {
            cluster: Some("kafka/demo".to_owned()),
            topic_name: Some(topic.to_owned()),
            topic_id: Some("id".to_owned()),
            ..KafkaTopicStatus::default()
        },
    };
    declared
}

fn leaving(mut declared: Declared) -> Declared {
    declared.life = klamm_planner::topics::ClaimLife::Leaving;
    declared
}

pub(super) fn case(topic: &str, claims: Vec<Declared>, observed: TopicObserved) -> Case {
    Case { name: name(topic), claims: claims.into_iter().map(Arc::new).collect(), observed, namesakes: Vec::new() }
}

/// What every object of a topic is told, by the object's name.
fn reports(case: &Case, rules: &Rules, outcome: &Outcome) -> BTreeMap<String, (Verdict, Report)> {
    let decision = decide(case, rules);
    let done = Done { name: &case.name, observed: &case.observed, outcome, rules };
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    decision
        .verdicts
        .iter()
        .map(|(declared, verdict)| {
            (declared.key.name.to_string(), (verdict.clone(), report(declared, verdict, &done, now)))
        })
        .collect()
}

fn ready(report: &Report) -> (String, String) {
    let ready = condition(&report.record.status.conditions, ConditionType::Ready).unwrap();
    (ready.status.clone(), ready.reason.clone())
}

fn created() -> Outcome {
    let created = Created { id: Some("new".to_owned()), partitions: Some(20), replication_factor: Some(2) };
    Outcome { created: Some(created), ..Outcome::default() }
}

#[test]
fn a_created_topic_is_told_with_its_id_and_what_is_ours() {
    let spec = json!({ "partitions": 20, "config": { "retention.ms": 1000 } });
    let case = case("payments.a", vec![kafka_topic("payments", "payments.a", spec)], TopicObserved::Absent);
    let (_, report) = &reports(&case, &rules(), &created())["payments.a"];
    assert_eq!(ready(report), ("True".to_owned(), "InSync".to_owned()));
    let status = &report.record.status;
    assert_eq!(
        (status.topic_id.as_deref(), status.partitions, status.replication_factor),
        (Some("new"), Some(20), Some(2))
    );
    assert_eq!((status.observed_generation, status.cluster.as_deref()), (Some(1), Some("kafka/demo")));
    assert_eq!(status.config_keys, ["retention.ms"]);
    assert_eq!(report.news[0].reason, TopicReason::Created);
}

#[test]
fn a_tenants_declaration_of_anothers_topic_is_refused_and_touches_nothing() {
    let theirs = kafka_topic("payments", "orders.a", json!({}));
    let case = case("orders.a", vec![theirs], TopicObserved::Absent);
    assert_eq!(decide(&case, &rules()).acts(), []);
    let (_, report) = &reports(&case, &rules(), &Outcome::default())["orders.a"];
    assert_eq!(ready(report), ("False".to_owned(), "NameNotAllowed".to_owned()));
    let stranger = kafka_topic("elsewhere", "x", json!({}));
    let case = self::case("x", vec![stranger], TopicObserved::Absent);
    assert_eq!(ready(&reports(&case, &rules(), &Outcome::default())["x"].1).1, "NotATenant");
}

#[test]
fn a_declaration_that_is_not_allowed_neither_owns_nor_ends_a_topic() {
    let rules = Rules { deletion: Deletion::Delete, ..rules() };
    let theirs = leaving(managed(kafka_topic("payments", "orders.a", json!({})), "orders.a"));
    let case = case("orders.a", vec![theirs], there(1, 1));
    let reports = reports(&case, &rules, &Outcome::default());
    let (verdict, report) = &reports["orders.a"];
    assert_eq!((verdict, report.hold), (&Verdict::LetGo(LetGo::NotAllowed), Hold::Free));
    assert_eq!(decide(&case, &rules).acts(), []);
}

#[test]
fn of_two_claims_the_older_counts_and_the_deletion_of_either_deletes_nothing() {
    let rules = Rules { deletion: Deletion::Delete, ..rules() };
    let older = managed(kafka_topic("payments", "a", json!({ "topicName": "payments.x" })), "payments.x");
    let mut newer = kafka_topic("payments", "b", json!({ "topicName": "payments.x" }));
    newer.created += 1;
    let both = case("payments.x", vec![newer.clone(), older.clone()], there(1, 1));
    let told = reports(&both, &rules, &Outcome::default());
    assert_eq!(ready(&told["a"].1).0, "True");
    assert_eq!(ready(&told["b"].1).1, "ResourceConflict");
    for (one, other) in [(leaving(older.clone()), newer.clone()), (older, leaving(newer))] {
        let case = case("payments.x", vec![one, other], there(1, 1));
        assert_eq!(decide(&case, &rules).acts(), []);
    }
}

#[test]
fn the_last_declaration_ends_the_topic_only_by_policy_and_only_a_topic_it_managed() {
    let declared = kafka_topic("payments", "payments.a", json!({ "deletion": "delete" }));
    let fresh = case("payments.a", vec![leaving(declared.clone())], there(1, 1));
    assert_eq!(decide(&fresh, &rules()).acts(), [], "never managed");
    let ours = case("payments.a", vec![leaving(managed(declared, "payments.a"))], there(1, 1));
    assert_eq!(decide(&ours, &rules()).acts().len(), 1);
    let told = reports(&ours, &rules(), &Outcome::default());
    assert_eq!(told["payments.a"].1.hold, Hold::Free);
    let failed = Outcome { failure: Some(Failure::Failed("no".to_owned())), ..Outcome::default() };
    let told = reports(&ours, &rules(), &failed);
    assert_eq!((told["payments.a"].1.hold, told["payments.a"].1.next), (Hold::Keep, Next::Later));
    let retained = case(
        "payments.a",
        vec![leaving(managed(kafka_topic("payments", "payments.a", json!({})), "payments.a"))],
        there(1, 1),
    );
    assert_eq!(decide(&retained, &rules()).acts(), []);
}

#[test]
fn only_what_may_have_to_be_deleted_is_held() {
    let keep = kafka_topic("payments", "payments.a", json!({}));
    let delete = kafka_topic("payments", "payments.a", json!({ "deletion": "delete" }));
    for (declared, hold) in [(keep, Hold::Free), (delete, Hold::Ours)] {
        let case = case("payments.a", vec![declared], TopicObserved::Absent);
        let decision = decide(&case, &rules());
        let (declared, verdict) = &decision.verdicts[0];
        assert_eq!(must_hold(declared, verdict, &rules()), hold);
    }
}

#[test]
fn a_paused_declaration_is_left_alone_even_when_it_is_deleted() {
    let paused = managed(
        kafka_topic("payments", "payments.a", json!({ "partitions": 9, "paused": true, "deletion": "delete" })),
        "payments.a",
    );
    for declared in [paused.clone(), leaving(paused)] {
        let case = case("payments.a", vec![declared], there(1, 1));
        assert_eq!(decide(&case, &rules()).acts(), []);
    }
}

#[test]
fn a_key_that_kafka_refuses_is_told_and_is_not_ours() {
    let spec = json!({ "config": { "retention.ms": "soon", "cleanup.policy": "delete" } });
    let case = case("payments.a", vec![kafka_topic("payments", "payments.a", spec)], TopicObserved::Absent);
    let rejected = FieldRefusal {
        field: TopicField::Config("retention.ms".to_owned()),
        reason: RefusalReason::Rejected { message: "Kafka says no".to_owned() },
    };
    let outcome = Outcome { rejected: vec![rejected], ..created() };
    let (_, report) = &reports(&case, &rules(), &outcome)["payments.a"];
    assert_eq!(ready(report), ("False".to_owned(), "RejectedByKafka".to_owned()));
    assert_eq!(report.record.status.config_keys, ["cleanup.policy"]);
    assert_eq!(report.record.status.fields[0].field, "config.retention.ms");
}

#[test]
fn a_failure_forgets_nothing_that_may_have_been_set() {
    let spec = json!({ "config": { "a": 1 } });
    let mut declared = managed(kafka_topic("payments", "payments.a", spec), "payments.a");
    declared.record.carried_out = None;
    declared.record.status.config_keys = vec!["b".to_owned()];
    let case = case("payments.a", vec![declared], there(1, 1));
    let failed = Outcome { failure: Some(Failure::Unreachable("silence".to_owned())), ..Outcome::default() };
    let (_, report) = &reports(&case, &rules(), &failed)["payments.a"];
    assert_eq!(report.record.status.config_keys, ["a", "b"]);
    assert_eq!((ready(report).1.as_str(), report.next), ("KafkaUnreachable", Next::Later));
    assert_eq!(report.record.carried_out, None);
}

#[test]
fn a_renamed_declaration_says_what_it_left_behind() {
    let declared = managed(kafka_topic("payments", "a", json!({ "topicName": "payments.new" })), "payments.old");
    let case = case("payments.new", vec![declared], TopicObserved::Absent);
    let (_, report) = &reports(&case, &rules(), &created())["a"];
    assert!(report.news.iter().any(|news| news.reason == TopicReason::Renamed && news.note.contains("payments.old")));
    assert_eq!(report.record.status.topic_name.as_deref(), Some("payments.new"));
}

#[test]
fn the_talks_config_map_is_read_and_gets_as_many_partitions_as_brokers_unless_it_says() {
    let declared = config_map("sample-topic", &json!({}), &json!({ "properties": "retention.ms=1000" }));
    let case = case("sample-topic", vec![declared], TopicObserved::Absent);
    let decision = decide(&case, &rules());
    let [klamm_planner::topics::TopicAct::Create { partitions, config, .. }] = decision.acts() else {
        panic!("{:?}", decision.acts());
    };
    assert_eq!((*partitions, config["retention.ms"].as_str()), (Some(3), "1000"));
}

#[test]
fn what_we_write_on_a_config_map_is_no_news_and_what_people_write_is() {
    let data = json!({ "partitions": "3" });
    let before = config_map("sample-topic", &json!({}), &data);
    let record = serde_json::to_string(&managed(before.clone(), "sample-topic").record).unwrap();
    let ours = config_map("sample-topic", &json!({ "klamm.dev/status": record }), &data);
    assert!(before.same_wish(&ours));
    assert!(ours.managed(&cluster(), &name("sample-topic")));
    assert!(!before.same_wish(&config_map("sample-topic", &json!({}), &json!({ "partitions": "4" }))));
    assert!(!before.same_wish(&config_map("sample-topic", &json!({ "klamm.dev/deletion": "delete" }), &data)));
}

fn surroundings(clusters: &[(&str, bool)], namespaces: &[(&str, &str)]) -> Surroundings {
    let object = |is_default: bool| {
        let mut object = KafkaCluster::new("demo", klamm_resources::KafkaClusterSpec::default());
        object.spec.default = is_default;
        Arc::new(object)
    };
    Surroundings {
        clusters: clusters.iter().map(|(name, is_default)| (name.parse().unwrap(), object(*is_default))).collect(),
        namespaces: namespaces
            .iter()
            .map(|(namespace, cluster)| (namespace.parse::<Namespace>().unwrap(), (*cluster).to_owned()))
            .collect::<HashMap<_, _>>(),
    }
}

#[test]
fn a_config_map_belongs_where_it_says_or_its_namespace_or_the_default() {
    let around = surroundings(&[("kafka/demo", true), ("kafka/prod", false)], &[]);
    let belongs = |declared: &Declared, around: &Surroundings| match place(declared, around) {
        Place::Topic(cluster, _) => cluster.to_string(),
        Place::Nowhere(misplaced) => misplaced.reason.to_string(),
    };
    let plain = config_map("sample-topic", &json!({}), &json!({}));
    assert_eq!(belongs(&plain, &around), "kafka/demo");
    let named = config_map("sample-topic", &json!({ "klamm.dev/cluster": "kafka/prod" }), &json!({}));
    assert_eq!(belongs(&named, &around), "kafka/prod");
    let of_namespace = surroundings(&[("kafka/demo", true), ("kafka/prod", false)], &[("payments", "kafka/prod")]);
    assert_eq!(belongs(&plain, &of_namespace), "kafka/prod");
    assert_eq!(belongs(&managed(plain.clone(), "sample-topic"), &of_namespace), "kafka/demo", "bound is bound");
    assert_eq!(belongs(&plain, &surroundings(&[("a/a", false), ("b/b", false)], &[])), "ClusterAmbiguous");
    assert_eq!(belongs(&plain, &surroundings(&[], &[])), "ClusterNotFound");
}

#[test]
fn the_index_looks_once_at_what_changed_and_never_because_of_our_own_writes() {
    let mut index = Index::default();
    let declared = kafka_topic("payments", "a", json!({ "topicName": "payments.x" }));
    let at = |topic: &str| Place::Topic(cluster(), name(topic));
    let look = |topic: &str| Look::Topic(cluster(), name(topic));
    assert_eq!(index.put(declared.clone(), at("payments.x")), [look("payments.x")]);
    assert_eq!(index.put(declared.clone(), at("payments.x")), []);
    let record = managed(declared.clone(), "payments.x").record;
    index.note(&declared.key, &declared.uid, 9, record.clone());
    // The watch tells of an older version now: what we wrote is not forgotten.
    let mut edited = declared.clone();
    (edited.version, edited.generation, edited.edition) = (7, Some(2), "2".to_owned());
    assert_eq!(index.put(edited, at("payments.y")), [look("payments.x"), look("payments.y")]);
    assert_eq!(index.claims(&cluster(), &name("payments.y"))[0].record, record);
    assert!(index.claims(&cluster(), &name("payments.x")).is_empty());
    let elsewhere = Place::Topic("kafka/prod".parse().unwrap(), name("payments.y"));
    let moved = index.replace(|_| elsewhere.clone());
    assert_eq!(moved, [look("payments.y"), Look::Topic("kafka/prod".parse().unwrap(), name("payments.y"))]);
    assert_eq!(index.replace(|_| elsewhere.clone()), []);
    index.replace(|_| at("payments.y"));
    assert_eq!(index.remove(&declared.key), [look("payments.y")]);
}

#[test]
fn a_topic_that_looks_alike_in_metrics_is_refused_to_the_later_one() {
    let older = Arc::new(kafka_topic("payments", "a", json!({ "topicName": "payments.x.y" })));
    let mut newer = kafka_topic("payments", "b", json!({ "topicName": "payments.x_y" }));
    newer.created += 1;
    let newer = Arc::new(newer);
    let against = |mine: &Arc<Declared>, topic: &str, other: &Arc<Declared>, other_topic: &str| Case {
        name: name(topic),
        claims: vec![mine.clone()],
        observed: TopicObserved::Absent,
        namesakes: vec![(name(other_topic), vec![other.clone()])],
    };
    let later = against(&newer, "payments.x_y", &older, "payments.x.y");
    assert_eq!(ready(&reports(&later, &rules(), &Outcome::default())["b"].1).1, "MetricNameCollision");
    let first = against(&older, "payments.x.y", &newer, "payments.x_y");
    assert_eq!(decide(&first, &rules()).acts().len(), 1);
}

#[test]
fn an_object_that_does_not_decode_says_so_and_keeps_its_topic() {
    let manifest = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaTopic",
        "metadata": { "namespace": "payments", "name": "broken", "uid": "u", "generation": 3 },
        "spec": { "cluster": { "namespace": "kafka", "name": "demo" }, "partitions": "many" },
    });
    let object: DeserializeGuard<KafkaTopic> = serde_json::from_value(manifest).unwrap();
    let declared = read::kafka_topic(object).unwrap();
    assert_eq!(declared.deletion, Some(Deletion::Retain));
    match place(&declared, &surroundings(&[("kafka/demo", true)], &[])) {
        Place::Nowhere(misplaced) => {
            assert_eq!(misplaced.reason, TopicReason::InvalidSpec);
            assert!(misplaced.message.contains("kubectl explain"), "{}", misplaced.message);
        }
        Place::Topic(..) => panic!("it declares nothing"),
    }
}

#[test]
fn an_imported_object_goes_with_its_topic_until_somebody_changes_it() {
    let mut imported = managed(kafka_topic("payments", "payments.a", json!({})), "payments.a");
    imported.origin = Origin::Imported;
    let told =
        reports(&case("payments.a", vec![imported.clone()], TopicObserved::Absent), &rules(), &Outcome::default());
    assert_eq!((&told["payments.a"].0, told["payments.a"].1.object), (&Verdict::Abandoned, ObjectsFate::Goes));
    let there = case("payments.a", vec![imported.clone()], there(1, 1));
    assert_eq!(reports(&there, &rules(), &Outcome::default())["payments.a"].1.object, ObjectsFate::Stays);
    imported.origin = Origin::Declared;
    let changed = case("payments.a", vec![imported], TopicObserved::Absent);
    assert_eq!(decide(&changed, &rules()).acts().len(), 1, "made again, as it is declared");
}
