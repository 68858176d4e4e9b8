//! What is declared badly, and what it is told.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_refused_holds_back_no_other() {
    let stage = Stage::new().await;
    let name = "alpha.refused";
    stage.declare(name, json!({ "partitions": 4 })).await;
    stage.judged(name, "True/InSync").await;

    stage.declare(name, json!({ "partitions": 2, "config": { "retention.ms": 5000 } })).await;
    let status = stage.judged(name, "False/PartitionsReductionNotAllowed").await;
    assert_eq!(status.fields[0].field, "partitions");
    stage.becomes(name, 4, &[("retention.ms", "5000")]).await;
    assert!(stage.told(name, "PartitionsReductionNotAllowed").await.contains("declare at least 4"));

    let config = json!({ "retention.ms": "soon", "cleanup.policy": "compact", "no.such.key": 1 });
    stage.declare(name, json!({ "partitions": 6, "config": config })).await;
    let status = stage.judged(name, "False/RejectedByKafka").await;
    let refused: Vec<_> = status.fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(refused, ["config.no.such.key", "config.retention.ms"]);
    // The key that was set before keeps its last good value.
    stage.becomes(name, 6, &[("retention.ms", "5000"), ("cleanup.policy", "compact")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_topic_with_a_value_kafka_refuses_is_made_without_it() {
    let stage = Stage::new().await;
    let name = "alpha.half";
    stage.declare(name, json!({ "partitions": 1, "config": { "retention.ms": "soon", "segment.ms": 100_000 } })).await;
    stage.judged(name, "False/RejectedByKafka").await;
    stage.becomes(name, 1, &[("segment.ms", "100000")]).await;
    stage.declare(name, json!({ "partitions": 1, "config": { "retention.ms": 1000, "segment.ms": 100_000 } })).await;
    stage.judged(name, "True/InSync").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_not_made_and_says_what_to_do() {
    let stage = Stage::new().await;
    let bad = [
        ("alpha.factor", json!({ "replicationFactor": 3 }), "NotEnoughBrokers", "declare at most 1"),
        ("alpha.wide", json!({ "partitions": 51 }), "ExceedsMaxPartitions", "declare at most 50"),
        ("beta.theirs", json!({}), "NameNotAllowed", "alpha."),
    ];
    for (name, spec, ..) in &bad {
        stage.declare(name, spec.clone()).await;
    }
    stage.declare("alpha.good", json!({ "partitions": 1 })).await;
    for (name, _, reason, advice) in &bad {
        stage.judged(name, &format!("False/{reason}")).await;
        assert!(stage.told(name, reason).await.contains(advice), "{name}");
        assert_eq!(stage.in_kafka(name).await, None);
    }
    stage.judged("alpha.good", "True/InSync").await;
    let retention = json!({ "partitions": 1, "config": { "retention.ms": -1 } });
    stage.declare("alpha.forever", retention).await;
    stage.judged("alpha.forever", "False/ExceedsMaxRetention").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_refuses_what_breaks_the_schema_in_our_words() {
    let stage = Stage::new().await;
    let refused = |spec: serde_json::Value| {
        let manifest = stage.topic("alpha.schema", spec).to_string();
        let stage = &stage;
        async move { stage.sandbox.apply(&stage.client, &stage.namespace, &manifest).await.unwrap_err() }
    };
    let said = format!("{:#}", refused(json!({ "partitions": 0 })).await);
    assert!(said.contains("partitions must be from 1 to 1000000"), "{said}");
    let said = format!("{:#}", refused(json!({ "topicName": "a b" })).await);
    assert!(said.contains("topicName must be 1 to 249 letters"), "{said}");
    let said = format!("{:#}", refused(json!({ "topicName": "__consumer_offsets" })).await);
    assert!(said.contains("Kafka's own"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_map_that_cannot_be_read_says_so_and_disturbs_nobody() {
    let stage = Stage::new().await;
    let bad = [
        ("number", json!({ "name": "alpha.number", "partitions": "many" }), "InvalidSpec"),
        ("zero", json!({ "name": "alpha.zero", "partitions": "0" }), "InvalidSpec"),
        ("huge", json!({ "name": "alpha.huge", "partitions": "99999999999999999999" }), "InvalidSpec"),
        ("name", json!({ "name": "alpha name", "partitions": "1" }), "InvalidSpec"),
        ("properties", json!({ "name": "alpha.properties", "properties": "retention.ms=\\u12" }), "InvalidSpec"),
    ];
    for (name, data, _) in &bad {
        stage.declare_config_map(name, data.clone()).await;
    }
    stage.declare_config_map("good", json!({ "name": "alpha.good-map", "partitions": "1" })).await;
    stage.config_map_judged("good", "True/InSync").await;
    for (name, data, reason) in &bad {
        stage.config_map_judged(name, &format!("False/{reason}")).await;
        assert!(!stage.told(name, reason).await.is_empty());
        if let Ok(topic) = TopicName::new(data["name"].as_str().unwrap()) {
            assert_eq!(stage.in_kafka(topic.as_str()).await, None);
        }
    }
    // Corrected, it is made.
    stage.declare_config_map("number", json!({ "name": "alpha.number", "partitions": "2" })).await;
    assert_eq!(stage.config_map_judged("number", "True/InSync").await.partitions, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn kafkas_own_topics_are_not_declared_not_even_by_the_clusters_namespace() {
    let stage = Stage::new().await;
    let manifest = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": "offsets", "labels": { "config": "kafka-topic" },
            "annotations": { "klamm.dev/cluster": format!("{}/shop", stage.home) },
        },
        "data": { "name": "__consumer_offsets", "partitions": "7" },
    });
    stage.apply(&stage.home, manifest).await;
    let config_maps: Api<ConfigMap> = Api::namespaced(stage.client.clone(), &stage.home);
    let judged =
        |object: &ConfigMap| status_of(object).is_some_and(|s| readiness(&s.conditions) == "False/ProtectedTopic");
    wait_for_object(&config_maps, "offsets", SOON, judged).await.unwrap();
}
