#![expect(clippy::needless_pass_by_value, reason = "values of json! are made on the spot")]

use super::*;
use crate::{InvalidSpec, Refusal};
use klamm_model::TopicName;
use serde_json::{Value, json};

fn cluster(spec: Value) -> KafkaCluster {
    serde_json::from_value(json!({
        "apiVersion": "klamm.dev/v1alpha1",
        "kind": "KafkaCluster",
        "metadata": { "name": "demo", "namespace": "kafka", "generation": 7 },
        "spec": spec,
    }))
    .unwrap()
}

fn good() -> Value {
    json!({
        "default": true,
        "version": "4.1.2",
        "environment": "dev",
        "pools": [{
            "name": "combined",
            "roles": ["broker", "controller"],
            "replicas": 3,
            "storage": { "type": "persistent", "size": "1Gi" },
            "resources": { "limits": { "memory": "512Mi" } },
        }],
        "rack": { "topologyKey": "topology.kubernetes.io/zone" },
        "config": { "min.insync.replicas": 1, "default.replication.factor": 3 },
        "listeners": [
            { "name": "clients", "port": 9092, "exposure": "internal" },
            { "name": "outside", "port": 9094, "exposure": "loopback" },
        ],
        "tenants": [
            { "namespace": "payments", "topicPrefixes": ["payments.", "sample-topic"], "groupPrefixes": ["payments."] },
            { "namespace": "orders", "topicPrefixes": ["orders.", "payments.orders."] },
        ],
        "roll": { "soakSeconds": 10, "finaliseSoakSeconds": 60 },
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut spec = good();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = spec.pointer_mut(parent).unwrap();
    match parent.as_array_mut() {
        Some(list) => list[key.parse::<usize>().unwrap()] = value,
        None => {
            parent.as_object_mut().unwrap().insert(key.to_owned(), value);
        }
    }
    spec
}

fn refused(spec: Value) -> InvalidSpec {
    ValidatedCluster::from_resource(&cluster(spec)).unwrap_err()
}

#[test]
fn the_demo_cluster_is_understood() {
    let valid = ValidatedCluster::from_resource(&cluster(good())).unwrap();
    assert_eq!(valid.cluster.to_string(), "kafka/demo");
    assert_eq!(valid.generation, Some(7));
    let managed = valid.managed().unwrap();
    assert_eq!(managed.version.to_string(), "4.1.2");
    assert_eq!((managed.broker_count(), managed.controller_count(), managed.node_count()), (3, 3, 3));
    assert_eq!(managed.pools[0].heap_bytes, 256 << 20, "half the memory limit");
    assert_eq!(managed.config["min.insync.replicas"], "1");
    assert_eq!((managed.exporter_port, managed.jolokia_port), (9779, 8778));
    assert_eq!(managed.listeners[0].authentication, Authentication::ScramSha512);
    assert_eq!(managed.listeners[1].exposure, Exposure::Loopback);
    assert_eq!(managed.roll.soak.as_secs(), 10);
    assert!(valid.warnings.is_empty());
}

#[test]
fn the_heap_is_what_is_given_else_half_of_what_there_is() {
    let heap = |pool: Value| {
        let mut spec = good();
        let target = spec["pools"][0].as_object_mut().unwrap();
        target.remove("resources");
        target.extend(pool.as_object().unwrap().clone());
        ValidatedCluster::from_resource(&cluster(spec)).map(|valid| valid.managed().unwrap().pools[0].heap_bytes)
    };
    assert_eq!(heap(json!({})), Ok(1 << 30));
    assert_eq!(heap(json!({ "resources": { "requests": { "memory": "4Gi" } } })), Ok(2 << 30));
    assert_eq!(
        heap(json!({ "resources": { "requests": { "memory": "1Gi" }, "limits": { "memory": "4Gi" } } })),
        Ok(2 << 30)
    );
    assert_eq!(
        heap(json!({ "jvm": { "heap": "300m" }, "resources": { "limits": { "memory": "4Gi" } } })),
        Ok(300 << 20)
    );
    assert!(heap(json!({ "jvm": { "heap": "4g" }, "resources": { "limits": { "memory": "4Gi" } } })).is_err());
    assert!(heap(json!({ "resources": { "limits": { "memory": "64Mi" } } })).is_err());
    assert!(heap(json!({ "resources": { "limits": { "memory": "much" } } })).is_err());
}

#[test]
fn each_problem_is_placed() {
    for (pointer, value, field) in [
        ("/version", json!("4.1"), "spec.version"),
        ("/metadataVersion", json!("IV1"), "spec.metadataVersion"),
        ("/pools/0/storage", json!({ "type": "ephemeral" }), "spec.pools[combined].storage.type"),
        ("/pools/0/storage", json!({ "type": "persistent" }), "spec.pools[combined].storage.size"),
        ("/pools/0/storage", json!({ "type": "persistent", "size": "big" }), "spec.pools[combined].storage.size"),
        ("/pools/0/storage", json!({ "type": "persistent", "size": "0" }), "spec.pools[combined].storage.size"),
        ("/pools/0/roles", json!(["broker"]), "spec.pools"),
        ("/pools/0/roles", json!(["controller"]), "spec.pools"),
        ("/pools/0/roles", json!([]), "spec.pools[combined].roles"),
        ("/pools/0/replicas", json!(-1), "spec.pools[combined].replicas"),
        ("/pools/0/jvm", json!({ "options": ["-Da=b c"] }), "spec.pools[combined].jvm.options"),
        ("/pools/0/affinity", json!({ "nodeAffinity": 3 }), "spec.pools[combined].affinity"),
        (
            "/pools/0/name",
            json!("x".repeat(60)),
            "spec.pools[xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx].name",
        ),
        ("/config", json!({ "log.dirs": "/x" }), "spec.config[log.dirs]"),
        ("/config", json!({ "a": { "b": 1 } }), "spec.config[a]"),
        ("/listeners/0/port", json!(9091), "spec.listeners[clients].port"),
        ("/listeners/0/port", json!(9094), "spec.listeners[outside].port"),
        ("/listeners/0/port", json!(80), "spec.listeners[clients].port"),
        ("/listeners/0/name", json!("controller"), "spec.listeners[controller].name"),
        ("/tenants/1/topicPrefixes", json!(["payments."]), "spec.tenants[orders].topicPrefixes"),
        ("/tenants/1/topicPrefixes", json!([""]), "spec.tenants[orders].topicPrefixes"),
        ("/tenants/1/namespace", json!("payments"), "spec.tenants[payments]"),
        ("/topics", json!({ "maxPartitions": 0 }), "spec.topics.maxPartitions"),
        ("/roll", json!({ "windows": [{ "from": "8", "to": "9" }] }), "spec.roll.windows[0]"),
        ("/external", json!({ "bootstrapServers": "a:1" }), "spec.external"),
    ] {
        let error = refused(with(pointer, value));
        assert!(error.problems.iter().any(|problem| problem.field == field), "{pointer}: {error}");
        assert!(!error.is_only_unsupported(), "{pointer}");
    }
}

#[test]
fn what_klamm_cannot_do_yet_is_told_apart() {
    let error = refused(with("/listeners/0/tls", json!(true)));
    assert!(error.is_only_unsupported());
    assert_eq!(error.problems[0].refusal, Refusal::NotSupported);
    assert!(refused(with("/version", json!("3.6.2"))).is_only_unsupported());
}

#[test]
fn all_problems_are_named_at_once() {
    let mut spec = with("/version", json!("latest"));
    spec["listeners"][0]["port"] = json!(9093);
    spec["pools"][0]["storage"]["size"] = json!("1 GB");
    assert_eq!(refused(spec).problems.len(), 3);
}

#[test]
fn an_external_cluster_needs_an_address_and_mostly_a_secret() {
    let external = |external: Value| ValidatedCluster::from_resource(&cluster(json!({ "external": external })));
    let valid = external(json!({ "bootstrapServers": "a:9092, b.example:9093", "secretName": "login" })).unwrap();
    let ClusterShape::External(shape) = &valid.shape else { panic!("managed") };
    let addresses: Vec<_> = shape.bootstrap_servers.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["a:9092", "b.example:9093"]);
    assert_eq!(shape.secret_name.as_ref().unwrap().as_str(), "login");
    assert!(external(json!({ "bootstrapServers": "a:9092", "authentication": "none" })).is_ok());
    assert!(external(json!({ "bootstrapServers": "a:9092" })).is_err());
    assert!(external(json!({ "bootstrapServers": "a", "authentication": "none" })).is_err());
    assert!(external(json!({ "bootstrapServers": "a:99999", "authentication": "none" })).is_err());
}

#[test]
fn topics_belong_to_the_longest_prefix() {
    let valid = ValidatedCluster::from_resource(&cluster(good())).unwrap();
    let topic = |name: &str| TopicName::new(name).unwrap();
    let [kafka, payments, orders, other] = ["kafka", "payments", "orders", "other"].map(|name| name.parse().unwrap());
    assert!(valid.may_declare(&payments, &topic("payments.settled")));
    assert!(valid.may_declare(&payments, &topic("sample-topic")));
    assert!(!valid.may_declare(&payments, &topic("payments.orders.new")));
    assert!(valid.may_declare(&orders, &topic("payments.orders.new")));
    assert!(!valid.may_declare(&payments, &topic("orders.new")));
    assert!(!valid.may_declare(&payments, &topic("nobodys")));
    assert!(!valid.may_declare(&other, &topic("nobodys")));
    assert!(valid.may_declare(&kafka, &topic("payments.settled")), "the cluster's own namespace may everything");
    assert_eq!(valid.tenancy(&other), Tenancy::Stranger);
    assert_eq!(valid.owner_of_topic(&topic("nobodys")), &kafka);
    assert_eq!(valid.owner_of_group("payments.app"), Some(&payments));
    assert_eq!(valid.owner_of_group("app"), None);
}

#[test]
fn an_even_number_of_controllers_is_warned_of() {
    let valid = ValidatedCluster::from_resource(&cluster(with("/pools/0/replicas", json!(4)))).unwrap();
    assert_eq!(valid.warnings, ["4 controllers tolerate no more failures than 3: use an odd number"]);
}

#[test]
fn windows_say_when_they_open_and_close() {
    let at = |text: &str| klamm_model::UnixMillis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let roll = |windows: Value| {
        let mut spec = good();
        spec["roll"]["windows"] = windows;
        ValidatedCluster::from_resource(&cluster(spec)).unwrap().managed().unwrap().roll.clone()
    };
    let nights = roll(json!([{ "days": ["saturday"], "from": "22:00", "to": "04:00" }]));
    let thursday = at("2026-11-26T12:00:30Z");
    assert!(!nights.is_open_at(thursday));
    assert_eq!(nights.turns_at(thursday), Some(at("2026-11-28T22:00:00Z")));
    assert_eq!(nights.turns_at(at("2026-11-28T23:59:59Z")), Some(at("2026-11-29T04:00:00Z")));
    assert_eq!(roll(json!([])).turns_at(thursday), None, "without windows it is never closed");
}
