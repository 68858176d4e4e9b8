//! What is found wrong with real brokers, and that it is gone with its cause.

use crate::{
    portal::json_of,
    sandbox,
    shop::{admin, one_broker, ready},
};
use anyhow::ensure;
use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::Pod};
use klamm_kafka::{Apply, NewTopic};
use klamm_resources::KafkaCluster;
use klamm_testkit::eventually;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// What an on-call person is promised.
const TOLD_WITHIN: Duration = Duration::from_secs(15);
const RECOVERED_WITHIN: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_is_told_with_its_partitions_and_no_more_when_it_is_back() {
    let sandbox = sandbox().await;
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "found").await.unwrap();
    let mut manifest: Value = serde_json::from_str(&one_broker("trio", &[], &json!({}))).unwrap();
    manifest["spec"]["pools"][0]["replicas"] = json!(3);
    manifest["spec"]["pools"][0]["storage"]["keepOnDelete"] = json!(false);
    sandbox.apply(&client, &namespace, &manifest.to_string()).await.unwrap();
    ready(&client, &namespace, "trio").await.unwrap();
    let topic = NewTopic {
        name: "watched".parse().unwrap(),
        partitions: Some(6),
        replication_factor: Some(3),
        config: BTreeMap::new(),
    };
    let kafka = admin(&client, &namespace, "trio").await.unwrap();
    kafka.create_topics(vec![topic], Apply::Commit).await.unwrap();

    let path = format!("/api/v1/clusters/{namespace}/trio/findings");
    let wants_somebody = async || {
        let found = json_of(sandbox, &path).await?;
        let items = found["items"].as_array().cloned().unwrap_or_default();
        anyhow::Ok(items.into_iter().filter(|one| one["severity"] != "info").collect::<Vec<_>>())
    };
    let is_well = || async {
        let cluster = json_of(sandbox, &format!("/api/v1/clusters/{namespace}/trio")).await?;
        ensure!(cluster["health"] == "healthy" && cluster["topics"] == 1, "{cluster}");
        let found = wants_somebody().await?;
        ensure!(found.is_empty(), "{found:?}");
        anyhow::Ok(())
    };
    eventually("a healthy cluster to have no findings", RECOVERED_WITHIN, is_well).await.unwrap();

    // Nobody starts it again: the operator changes nothing meanwhile.
    let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), &namespace);
    let paused = |paused: bool| Patch::Merge(json!({ "spec": { "paused": paused } }));
    clusters.patch("trio", &PatchParams::default(), &paused(true)).await.unwrap();
    let sets: Api<StatefulSet> = Api::namespaced(client.clone(), &namespace);
    let scaled = |replicas: u32| Patch::Merge(json!({ "spec": { "replicas": replicas } }));
    sets.patch("trio-nodes-2", &PatchParams::default(), &scaled(0)).await.unwrap();
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let at_once = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    // The StatefulSet may be quicker.
    pods.delete("trio-nodes-2-0", &at_once).await.ok();

    eventually("the broker to be told with its partitions", TOLD_WITHIN, || async {
        let found = wants_somebody().await?;
        let down = found.iter().find(|one| one["rule"] == "brokerDown");
        let named = down.is_some_and(|down| {
            down["subject"] == json!({ "kind": "broker", "name": 2 })
                && down["partitionTotal"].as_u64() >= Some(6)
                && down["message"].as_str().is_some_and(|message| message.contains("watched-0"))
        });
        ensure!(named, "{found:?}");
        Ok(())
    })
    .await
    .unwrap();
    eventually("the partitions to be told that are short of a replica", TOLD_WITHIN * 2, || async {
        let found = wants_somebody().await?;
        let short = found.iter().find(|one| one["rule"] == "underReplicated");
        ensure!(short.is_some_and(|short| short["partitionTotal"].as_u64() >= Some(6)), "{found:?}");
        Ok(())
    })
    .await
    .unwrap();

    sets.patch("trio-nodes-2", &PatchParams::default(), &scaled(1)).await.unwrap();
    clusters.patch("trio", &PatchParams::default(), &paused(false)).await.unwrap();
    eventually("everything to be well again", RECOVERED_WITHIN, is_well).await.unwrap();
    clusters.delete("trio", &DeleteParams::default()).await.unwrap();
}
