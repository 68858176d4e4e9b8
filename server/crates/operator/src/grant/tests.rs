//! Verdicts and reports, on objects as Kubernetes would show them.

use super::{consents::Consents, object::Declared, report::report, rules::judge};
use crate::batch::{Next, ObjectKey};
use jiff::Timestamp;
use klamm_model::ClusterRef;
use klamm_resources::{ConditionType, GrantReason, KafkaCluster, KafkaGrant, condition};
use kube::core::DeserializeGuard;
use serde_json::{Value, json};
use std::time::Duration;

const NOW: &str = "2026-11-23T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn key(namespace: &str, name: &str) -> ObjectKey {
    ObjectKey { namespace: namespace.parse().unwrap(), name: name.parse().unwrap() }
}

fn declared(namespace: &str, topics: &Value, expires: Option<&str>) -> Declared {
    let mut spec = json!({
        "cluster": { "namespace": "kafka", "name": "demo" }, "topics": topics,
        "to": { "namespaces": ["orders"] }, "access": "consume",
    });
    if let Some(expires) = expires {
        spec["expires"] = json!(expires);
    }
    let object = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaGrant",
        "metadata": { "namespace": namespace, "name": "g", "uid": "uid", "generation": 2, "resourceVersion": "5" },
        "spec": spec,
    });
    let object: DeserializeGuard<KafkaGrant> = serde_json::from_value(object).unwrap();
    Declared::read(key(namespace, "g"), object)
}

fn cluster() -> KafkaCluster {
    let tenant = |namespace: &str, prefix: &str| json!({ "namespace": namespace, "topicPrefixes": [prefix] });
    let object = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaCluster",
        "metadata": { "namespace": "kafka", "name": "demo" },
        "spec": { "tenants": [tenant("payments", "payments."), tenant("fraud", "payments.fraud."), tenant("orders", "orders.")] },
    });
    serde_json::from_value(object).unwrap()
}

fn reason(declared: &Declared) -> GrantReason {
    judge(declared, Some(&cluster()), now()).reason
}

#[test]
fn a_grant_of_ones_own_topics_counts_and_is_looked_at_when_it_ends() {
    let own = declared("payments", &json!([{ "name": "payments.a" }]), Some("2026-11-23T12:00:09Z"));
    let verdict = judge(&own, Some(&cluster()), now());
    assert_eq!(verdict.reason, GrantReason::InEffect);
    let report = report(&own, verdict, Some(3), now());
    assert_eq!((report.next, report.status.users, report.news), (Next::In(Duration::from_secs(9)), Some(3), None));
    assert_eq!(report.status.observed_generation, Some(2));
    assert_eq!(condition(&report.status.conditions, ConditionType::Ready).unwrap().status, "True");
}

#[test]
fn a_grant_of_what_is_anothers_says_whose_it_is_once() {
    let mut theirs = declared("payments", &json!([{ "name": "payments.a" }, { "name": "orders.x" }]), None);
    let verdict = judge(&theirs, Some(&cluster()), now());
    assert_eq!(verdict.reason, GrantReason::NotOwner);
    assert!(verdict.message.contains("orders.x belongs to namespace orders"), "{}", verdict.message);
    let first = report(&theirs, verdict.clone(), None, now());
    assert_eq!(first.news.unwrap().reason, "NotOwner");
    theirs.status = first.status;
    assert_eq!(report(&theirs, verdict, None, now()).news, None);
}

#[test]
fn every_other_way_not_to_count_has_its_reason() {
    let topics = json!([{ "name": "payments.a" }]);
    assert_eq!(reason(&declared("payments", &topics, Some(NOW))), GrantReason::Expired);
    assert_eq!(reason(&declared("strangers", &topics, None)), GrantReason::NotATenant);
    assert_eq!(reason(&declared("payments", &json!([{ "name": "a b" }]), None)), GrantReason::InvalidSpec);
    assert_eq!(reason(&declared("kafka", &json!([{ "name": "orders.x" }]), None)), GrantReason::InEffect);
    let spans = json!([{ "name": "payments.", "pattern": "prefixed" }]);
    assert_eq!(reason(&declared("payments", &spans, None)), GrantReason::InEffect, "its part of it");
    let verdict = judge(&declared("payments", &topics, None), None, now());
    assert_eq!(verdict.reason, GrantReason::ClusterNotFound);
}

#[test]
fn consents_tell_which_cluster_changed_and_who_uses_them() {
    let consents = Consents::default();
    let demo: ClusterRef = "kafka/demo".parse().unwrap();
    let grant = declared("payments", &json!([{ "name": "payments.a" }]), None);
    consents.saw(grant.clone());
    assert_eq!(consents.editions().borrow().get(&demo), Some(&1));
    consents.saw(grant.clone());
    assert_eq!(consents.editions().borrow().get(&demo), Some(&1), "nothing new");
    assert_eq!(consents.of(&demo).len(), 1);

    assert_eq!(consents.users(&grant), None, "nobody has counted");
    consents.users_are_listed([demo.clone()].into());
    consents.used(&key("orders", "app"), &[key("payments", "g")].into());
    assert_eq!(consents.users(&grant), None);
    consents.users_are_counted(&demo);
    assert_eq!(consents.users(&grant), Some(1));
    consents.used(&key("orders", "app"), &[].into());
    assert_eq!(consents.users(&grant), Some(0));

    consents.forget(|_| true);
    assert_eq!((consents.of(&demo).len(), consents.editions().borrow()[&demo]), (0, 2));
}
