#![expect(clippy::needless_pass_by_value, reason = "values of json! are made on the spot")]

use super::*;
use crate::{Config, Deletion, Scalar};
use serde_json::json;

fn topic(spec: serde_json::Value) -> KafkaTopic {
    serde_json::from_value(json!({
        "apiVersion": "klamm.dev/v1alpha1",
        "kind": "KafkaTopic",
        "metadata": { "name": "payments.settled", "namespace": "payments" },
        "spec": spec,
    }))
    .unwrap()
}

#[test]
fn what_is_absent_is_left_to_the_cluster() {
    let valid = ValidatedTopic::from_resource(&topic(json!({ "cluster": { "name": "demo" } }))).unwrap();
    assert_eq!(valid.cluster.to_string(), "payments/demo");
    assert_eq!(valid.declaration.name.as_str(), "payments.settled");
    assert_eq!(valid.declaration.partitions, None);
    assert_eq!(valid.declaration.replication_factor, None);
    assert_eq!(valid.declaration.deletion, None);
    assert!(valid.declaration.config.is_empty());
}

#[test]
fn values_reach_kafka_as_they_were_written() {
    let valid = ValidatedTopic::from_resource(&topic(json!({
        "cluster": { "name": "demo", "namespace": "kafka" },
        "topicName": "Payments.Settled_v2",
        "partitions": 12,
        "replicationFactor": 3,
        "config": {
            "retention.ms": 604_800_000_000_i64,
            "cleanup.policy": "compact,delete",
            "preallocate": true,
            "min.cleanable.dirty.ratio": 0.5,
            "retention.bytes": -1,
            "compression.type": " zstd ",
        },
        "deletion": "delete",
    })))
    .unwrap();
    assert_eq!(valid.cluster.to_string(), "kafka/demo");
    let declaration = valid.declaration;
    assert_eq!(declaration.name.as_str(), "Payments.Settled_v2");
    assert_eq!((declaration.partitions, declaration.replication_factor), (Some(12), Some(3)));
    assert_eq!(declaration.deletion, Some(Deletion::Delete));
    let config: Vec<_> = declaration.config.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        config,
        [
            "cleanup.policy=compact,delete",
            "compression.type=zstd",
            "min.cleanable.dirty.ratio=0.5",
            "preallocate=true",
            "retention.bytes=-1",
            "retention.ms=604800000000",
        ]
    );
}

#[test]
fn every_problem_is_named_with_its_field() {
    let error = ValidatedTopic::from_resource(&topic(json!({
        "cluster": { "name": "De mo" },
        "topicName": "a b",
        "partitions": 0,
        "replicationFactor": 40_000,
        "config": { "retention.ms": [1], "x y": 1, "segment.ms": null },
    })))
    .unwrap_err();
    let fields: Vec<_> = error.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "spec.cluster",
            "spec.topicName",
            "spec.partitions",
            "spec.replicationFactor",
            "spec.config[retention.ms]",
            "spec.config[segment.ms]",
            "spec.config[\"x y\"]",
        ]
    );
    assert!(error.to_string().contains("leave it out"), "{error}");
    assert!(!error.is_only_unsupported());
}

#[test]
fn a_spec_survives_json() {
    let mut config = Config::new();
    config.insert("retention.ms".to_owned(), Scalar::from(1000));
    let resource = topic(json!({ "cluster": { "name": "demo" }, "config": config, "partitions": 3 }));
    let again: KafkaTopic = serde_json::from_value(serde_json::to_value(&resource).unwrap()).unwrap();
    assert_eq!(again, resource);
}
