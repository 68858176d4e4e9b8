use super::*;
use serde_json::{Value, json};

fn demo() -> ClusterRef {
    "kafka/demo".parse().unwrap()
}

fn topic(name: &str, created: &str, extra: &Value) -> KafkaTopic {
    let mut object = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaTopic",
        "metadata": {
            "name": name, "namespace": "payments", "creationTimestamp": created, "resourceVersion": "7",
            "managedFields": [{ "manager": "kubectl" }],
        },
        "spec": { "cluster": { "name": "demo", "namespace": "kafka" }, "topicName": "payments.a" },
    });
    merge(&mut object, extra);
    serde_json::from_value(object).unwrap()
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn inventory(topics: &[&str]) -> Inventory {
    let topic = |name: &&str| klamm_model::Topic::unseen(name.parse().unwrap(), "id".to_owned());
    Inventory { topics: topics.iter().map(topic).collect(), ..Inventory::unseen(demo()) }
}

#[test]
fn the_oldest_claim_owns_a_topic_and_its_namespace_says_the_team() {
    let declarations = Declarations::default();
    let config_map = json!({
        "metadata": {
            "name": "a", "namespace": "orders", "creationTimestamp": "2026-01-02T00:00:00Z",
            "annotations": { "klamm.dev/cluster": "kafka/demo" },
        },
        "data": { "name": "payments.a" },
    });
    declarations.saw_config_map(&serde_json::from_value(config_map).unwrap());
    let namespace = json!({ "metadata": { "name": "payments", "annotations": { "klamm.dev/team": "paying" } } });
    declarations.saw_namespace(&serde_json::from_value(namespace).unwrap());
    let owner = |declarations: &Declarations| {
        let mut inventory = inventory(&["other", "payments.a"]);
        declarations.fill(&demo(), &mut inventory);
        assert_eq!(inventory.topics[0].owner, None);
        let topic = inventory.topics.remove(1);
        (topic.owner.unwrap(), topic.team.map(String::from))
    };
    assert_eq!(owner(&declarations).0.kind, OwnerKind::ConfigMap);
    declarations.saw_topic(&topic("younger", "2026-01-03T00:00:00Z", &json!({})));
    assert_eq!(owner(&declarations).0.kind, OwnerKind::ConfigMap);
    declarations.saw_topic(&topic("older", "2026-01-01T00:00:00Z", &json!({})));
    let (owner, team) = owner(&declarations);
    assert_eq!((owner.name.as_str(), team.as_deref()), ("older", Some("paying")));
    let manifest = declarations.manifest(&owner).unwrap().yaml().unwrap();
    assert!(manifest.contains("topicName: payments.a") && !manifest.contains("managedFields"), "{manifest}");
}

#[test]
fn a_status_or_a_version_changes_nothing_that_pages_tell_and_a_wish_does() {
    let declarations = Declarations::default();
    let written = |extra: &Value| declarations.saw_topic(&topic("a", "2026-01-01T00:00:00Z", extra));
    written(&json!({}));
    let first = declarations.edition(&demo());
    written(&json!({ "metadata": { "resourceVersion": "8" }, "status": { "partitions": 3 } }));
    assert_eq!(declarations.edition(&demo()), first);
    written(&json!({ "spec": { "partitions": 6 } }));
    assert_eq!(declarations.edition(&demo()), first + 1);
    assert_eq!(declarations.edition(&"kafka/prod".parse().unwrap()), 0, "no other cluster's pages");
}

#[test]
fn a_user_lives_where_it_was_bound_and_a_consent_that_is_going_is_none() {
    let declarations = Declarations::default();
    let user = json!({
        "metadata": { "name": "app", "namespace": "payments" },
        "spec": { "cluster": { "name": "other" } },
        "status": { "cluster": "kafka/demo", "username": "payments.app.b" },
    });
    declarations.saw_user(&serde_json::from_value(user).unwrap());
    let user = declarations.user(&"payments".parse().unwrap(), &"app".parse().unwrap()).unwrap();
    assert_eq!((&user.cluster, user.username.as_deref()), (&demo(), Some("payments.app.b")));

    let grant = |deleted: Value| {
        let grant = json!({
            "metadata": { "name": "g", "namespace": "payments", "deletionTimestamp": deleted },
            "spec": {
                "cluster": { "name": "demo", "namespace": "kafka" }, "access": "consume",
                "topics": [{ "name": "payments.", "pattern": "prefixed" }], "to": { "namespaces": ["orders"] },
            },
        });
        declarations.saw_grant(&serde_json::from_value(grant).unwrap());
        let on = |topic: &str| declarations.grants(&demo(), &topic.parse().unwrap()).len();
        (on("payments.a"), on("orders.a"))
    };
    assert_eq!(grant(Value::Null), (1, 0));
    assert_eq!(grant(json!("2026-01-01T00:00:00Z")), (0, 0));
}

#[test]
fn operations_are_those_beside_their_cluster_and_wake_nobody_but_their_own_readers() {
    let declarations = Declarations::default();
    let mut news = declarations.operations_news();
    let saw = |namespace: &str, status: Value| {
        let operation = json!({
            "metadata": { "name": "upgrade-421", "namespace": namespace, "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": { "cluster": { "name": "demo", "namespace": "kafka" }, "kind": "upgrade", "version": "4.2.1" },
            "status": status,
        });
        declarations.saw_operation(&serde_json::from_value(operation).unwrap());
    };
    saw("payments", json!({ "phase": "running" }));
    assert!(declarations.operations(&demo()).is_empty(), "a tenant operates no cluster");
    assert!(!news.has_changed().unwrap());
    saw("kafka", json!({ "phase": "running" }));
    assert!(news.has_changed().unwrap());
    news.mark_unchanged();
    let edition = declarations.operations_edition(&demo());
    saw("kafka", json!({ "phase": "running" }));
    assert_eq!(declarations.operations_edition(&demo()), edition, "said again");
    assert!(!news.has_changed().unwrap());
    saw("kafka", json!({ "phase": "done" }));
    assert_eq!(declarations.operations_edition(&demo()), edition + 1);
    assert_eq!(declarations.edition(&demo()), 0, "pages of topics are as they were");
    let name = "upgrade-421".parse().unwrap();
    let operation = declarations.operation(&demo(), &name).unwrap();
    assert_eq!(operation.status.phase, Some(klamm_resources::OperationPhase::Done));
    assert!(declarations.operation(&"kafka/prod".parse().unwrap(), &name).is_none());
}
