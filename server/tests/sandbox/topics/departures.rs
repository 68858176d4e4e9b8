//! What becomes of topics when those who declare them go, one by one or with everything around them.

use super::*;
use k8s_openapi::api::core::v1::Namespace;
use klamm_resources::KafkaCluster;

/// Admits a namespace to the cluster as a tenant, or no longer, beside what others have written there.
async fn tenants(stage: &Stage<'_>, manager: &str, tenants: serde_json::Value) {
    let clusters: Api<KafkaCluster> = Api::namespaced(stage.client.clone(), &stage.home);
    let patch = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaCluster",
        "metadata": { "name": stage.cluster }, "spec": { "tenants": tenants },
    });
    clusters.patch(&stage.cluster, &PatchParams::apply(manager).force(), &Patch::Apply(&patch)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_deleted_with_everything_in_it_ends_and_kafka_is_left_as_the_policies_say() {
    let shop = shop().await;
    let client = shop.sandbox.client().await.unwrap();
    let namespace = shop.sandbox.namespace(&client, "leaving").await.unwrap();
    let stage = Stage::of(shop.sandbox, &shop.home, "shop", &namespace).await;
    let tenant = json!({ "namespace": namespace, "topicPrefixes": ["leaving."], "groupPrefixes": ["leaving."] });
    tenants(&stage, "leaving-tests", json!([tenant])).await;

    for (name, deletion) in [("leaving.topic-goes", "delete"), ("leaving.topic-stays", "retain")] {
        stage.declare(name, json!({ "partitions": 1, "deletion": deletion })).await;
    }
    for (object, topic, deletion) in [("goes", "leaving.map-goes", "delete"), ("stays", "leaving.map-stays", "retain")]
    {
        let data = json!({ "name": topic, "partitions": "1" });
        stage.apply(&namespace, stage.config_map(object, deletion, data)).await;
    }
    let grants = json!([{ "topic": "leaving.topic-goes", "access": "both" }]);
    stage.apply(&namespace, shop.user("client", json!({ "grants": grants }))).await;
    for name in ["leaving.topic-goes", "leaving.topic-stays"] {
        stage.judged(name, "True/InSync").await;
    }
    for name in ["goes", "stays"] {
        stage.config_map_judged(name, "True/InSync").await;
    }
    let users: Api<klamm_resources::KafkaUser> = Api::namespaced(client.clone(), &namespace);
    let is_ready = |user: &klamm_resources::KafkaUser| {
        user.status.as_ref().is_some_and(|status| readiness(&status.conditions).starts_with("True/"))
    };
    wait_for_object(&users, "client", SOON, is_ready).await.unwrap();
    stage.journal_has(1, "leaving.").await;

    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces.delete(&namespace, &DeleteParams::default()).await.unwrap();
    eventually("the namespace to end", SOON, || async {
        let left = namespaces.get_opt(&namespace).await?;
        anyhow::ensure!(left.is_none(), "{:?}", left.and_then(|namespace| namespace.status));
        Ok(())
    })
    .await
    .unwrap();
    stage.gone_from_kafka("leaving.topic-goes").await;
    stage.gone_from_kafka("leaving.map-goes").await;
    stage.journal_has(0, "leaving.").await;
    stage.becomes("leaving.topic-stays", 1, &[]).await;
    stage.becomes("leaving.map-stays", 1, &[]).await;
    tenants(&stage, "leaving-tests", json!([])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_or_a_right_that_is_taken_away_is_no_deletion() {
    let stage = Stage::new().await;
    let name = "alpha.unlabelled";
    let data = json!({ "name": name, "partitions": "1" });
    stage.apply(&stage.namespace, stage.config_map("unlabelled", "delete", data.clone())).await;
    let before = stage.config_map_judged("unlabelled", "True/InSync").await;
    stage.journal_has(1, name).await;
    let label = |label: serde_json::Value| json!({ "metadata": { "labels": { "config": label } } });
    let patch = async |body| {
        let parameters = PatchParams::default();
        stage.config_maps.patch("unlabelled", &parameters, &Patch::Merge(body)).await.unwrap();
    };
    patch(label(json!(null))).await;
    stage.journal_has(0, name).await;
    stage.becomes(name, 1, &[]).await;

    // Declared again it is managed again, and ends with its object.
    patch(label(json!("kafka-topic"))).await;
    stage.journal_has(1, name).await;
    assert_eq!(stage.config_map_judged("unlabelled", "True/InSync").await.topic_id, before.topic_id);
    stage.config_maps.delete("unlabelled", &DeleteParams::default()).await.unwrap();
    stage.gone_from_kafka(name).await;
    stage.journal_has(0, name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_of_an_older_version_is_taken_off_a_config_map() {
    let stage = Stage::new().await;
    let name = "alpha.older";
    let mut manifest = stage.config_map("older", "delete", json!({ "name": name, "partitions": "1" }));
    manifest["metadata"]["finalizers"] = json!(["klamm.dev/operator"]);
    stage.apply(&stage.namespace, manifest).await;
    let free = |object: &ConfigMap| object.metadata.finalizers.iter().flatten().next().is_none();
    wait_for_object(&stage.config_maps, "older", SOON, free).await.unwrap();
    stage.config_map_judged("older", "True/InSync").await;
    stage.journal_has(1, name).await;
    stage.config_maps.delete("older", &DeleteParams::default()).await.unwrap();
    stage.gone_from_kafka(name).await;
}
