//! A topic from its declaration to its end.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_made_changed_and_deleted_as_declared_and_foreign_keys_stay() {
    let stage = Stage::new().await;
    let name = "alpha.life";
    stage
        .declare(name, json!({ "partitions": 2, "config": { "retention.ms": 3_600_000, "cleanup.policy": "delete" } }))
        .await;
    let status = stage.judged(name, "True/InSync").await;
    assert_eq!(
        (status.partitions, status.replication_factor, status.topic_name.as_deref()),
        (Some(2), Some(1), Some(name))
    );
    assert!(status.topic_id.is_some_and(|id| id.len() == 22));
    stage.becomes(name, 2, &[("retention.ms", "3600000"), ("cleanup.policy", "delete")]).await;

    stage.set_by_hand(name, "max.message.bytes", "2000000").await;
    stage.declare(name, json!({ "partitions": 5, "config": { "retention.ms": 7_200_000 } })).await;
    stage.becomes(name, 5, &[("retention.ms", "7200000"), ("max.message.bytes", "2000000")]).await;
    assert_eq!(stage.judged(name, "True/InSync").await.partitions, Some(5));

    stage.topics.delete(name, &DeleteParams::default()).await.unwrap();
    stage.gone_from_kafka(name).await;
    eventually("the object to go", SOON, || async {
        anyhow::ensure!(stage.topics.get_opt(name).await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_talks_config_map_makes_a_topic_is_bound_and_ends_it_by_policy() {
    let stage = Stage::new().await;
    let name = "alpha.talk";
    let data =
        json!({ "name": name, "partitions": "3", "replication-factor": "1", "properties": "retention.ms=60000\n" });
    stage.declare_config_map("talk", data).await;
    let status = stage.config_map_judged("talk", "True/InSync").await;
    assert_eq!(status.partitions, Some(3));
    stage.becomes(name, 3, &[("retention.ms", "60000")]).await;
    let object = stage.config_maps.get("talk").await.unwrap();
    let annotations = object.metadata.annotations.unwrap();
    assert_eq!(annotations["klamm.dev/cluster"], format!("{}/shop", stage.home));
    assert!(stage.told("talk", "Created").await.contains(name));

    let keep = json!({ "metadata": { "annotations": { "klamm.dev/deletion": "retain" } } });
    stage.config_maps.patch("talk", &PatchParams::default(), &Patch::Merge(keep)).await.unwrap();
    stage.journal_has(0, name).await;
    stage.config_maps.delete("talk", &DeleteParams::default()).await.unwrap();
    let data = json!({ "name": name, "partitions": "3" });
    stage.declare_config_map("again", data).await;
    let again = stage.config_map_judged("again", "True/InSync").await;
    assert_eq!(again.topic_id, status.topic_id, "the retained topic is adopted");
    stage.journal_has(1, name).await;
    let object = stage.config_maps.get("again").await.unwrap();
    assert_eq!(object.metadata.finalizers, None, "nothing holds back a namespace that is deleted");
    stage.config_maps.delete("again", &DeleteParams::default()).await.unwrap();
    stage.gone_from_kafka(name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_in_kafka_is_changed_back_where_it_was_declared() {
    let stage = Stage::new().await;
    let name = "alpha.drift";
    stage.declare(name, json!({ "partitions": 1, "config": { "retention.ms": 60_000 } })).await;
    stage.judged(name, "True/InSync").await;
    stage.set_by_hand(name, "retention.ms", "1").await;
    stage.set_by_hand(name, "segment.ms", "100000").await;
    eventually("the operator to look again", A_ROUND, || async {
        let (_, set) = stage.in_kafka(name).await.ok_or_else(|| anyhow::anyhow!("no topic"))?;
        anyhow::ensure!(set == texts(&[("retention.ms", "60000"), ("segment.ms", "100000")]), "{set:?}");
        Ok(())
    })
    .await
    .unwrap();
    assert!(stage.told(name, "DriftReverted").await.contains("retention.ms"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_declaration_makes_the_new_topic_and_says_what_is_left_of_the_old_one() {
    let stage = Stage::new().await;
    stage.declare("renamed", json!({ "topicName": "alpha.old-name", "partitions": 1 })).await;
    let old = stage.judged("renamed", "True/InSync").await;
    stage.declare("renamed", json!({ "topicName": "alpha.new-name", "partitions": 2 })).await;
    let new = stage.judged("renamed", "True/InSync").await;
    assert_eq!(new.topic_name.as_deref(), Some("alpha.new-name"));
    assert_ne!(new.topic_id, old.topic_id);
    let note = stage.told("renamed", "Renamed").await;
    assert!(note.contains("alpha.old-name") && note.contains("declare it again"), "{note}");
    stage.becomes("alpha.old-name", 1, &[]).await;

    let data = |name: &str| json!({ "name": name, "partitions": "1" });
    stage.declare_config_map("renamed-map", data("alpha.old-map")).await;
    stage.config_map_judged("renamed-map", "True/InSync").await;
    stage.declare_config_map("renamed-map", data("alpha.new-map")).await;
    assert!(stage.told("renamed-map", "Renamed").await.contains("alpha.old-map"));
    stage.becomes("alpha.new-map", 1, &[]).await;
    stage.journal_has(1, "alpha.new-map").await;
    stage.config_maps.delete("renamed-map", &DeleteParams::default()).await.unwrap();
    stage.gone_from_kafka("alpha.new-map").await;
    stage.becomes("alpha.old-map", 1, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_declaration_is_left_alone_until_it_goes_on() {
    let stage = Stage::new().await;
    let name = "alpha.paused";
    let data = |partitions: &str| json!({ "name": name, "partitions": partitions });
    let paused = |partitions: &str, paused: &str| {
        let mut manifest = stage.config_map("paused", "delete", data(partitions));
        manifest["metadata"]["annotations"]["klamm.dev/paused"] = json!(paused);
        manifest
    };
    stage.apply(&stage.namespace, paused("1", "false")).await;
    stage.config_map_judged("paused", "True/InSync").await;
    stage.apply(&stage.namespace, paused("3", "true")).await;
    stage.config_map_judged("paused", "False/Paused").await;
    stage.becomes(name, 1, &[]).await;
    stage.apply(&stage.namespace, paused("3", "false")).await;
    stage.becomes(name, 3, &[]).await;
    stage.apply(&stage.namespace, paused("3", "true")).await;
    stage.config_map_judged("paused", "False/Paused").await;
    stage.config_maps.delete("paused", &DeleteParams::default()).await.unwrap();
    stage.journal_has(0, name).await;
    stage.becomes(name, 3, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialect_changed_in_place_is_the_same_topic() {
    let stage = Stage::new().await;
    let name = "alpha.dialect";
    let talk = stage.config_map(
        "dialect",
        "delete",
        json!({ "name": name, "partitions": "2", "properties": "retention.ms=1000" }),
    );
    stage.apply(&stage.namespace, talk).await;
    let before = stage.config_map_judged("dialect", "True/InSync").await;
    let mut strimzi = stage.config_map(
        "dialect",
        "delete",
        json!({
            "name": name, "partitions": "3", "replicas": "1", "config": "{\"segment.ms\": \"200000\"}",
        }),
    );
    strimzi["metadata"]["labels"] = json!({ "strimzi.io/kind": "topic" });
    stage.apply(&stage.namespace, strimzi).await;
    stage.becomes(name, 3, &[("segment.ms", "200000")]).await;
    let after = stage.config_map_judged("dialect", "True/InSync").await;
    assert_eq!(after.topic_id, before.topic_id);
}
