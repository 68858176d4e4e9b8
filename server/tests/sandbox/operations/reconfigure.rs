//! A changed `spec.config`: a setting that brokers take while they run restarts nothing, another one rolls.

use super::{A_ROLL, NOTICED};
use crate::{
    shop::admin,
    three::{CLUSTER, Three, WHOLE_WITHIN},
};
use klamm_kafka::ConfigResource;
use klamm_model::BrokerId;
use klamm_resources::{KafkaCluster, OperationPhase, is_dynamic_setting};
use klamm_testkit::{eventually, wait_for_object};
use kube::Api;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak runs it"]
async fn a_dynamic_setting_restarts_nothing_and_a_static_one_rolls() {
    let three = Three::open("reconfigure", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let kafka = admin(&three.client, &three.namespace, CLUSTER).await.unwrap();
    let value = async |node: i32, key: &str| -> anyhow::Result<Option<String>> {
        let keys = kafka.describe_broker_keys(BrokerId(node), &[key]).await?;
        Ok(keys.get(key).and_then(|value| value.value.clone()))
    };
    let before = three.uids().await;
    three.declare(json!({ "config": { "log.retention.ms": 7_200_000 } })).await;
    let name = three.made("reconfigure").await;
    three.phase(&name, OperationPhase::Done, NOTICED).await;
    for node in 0..3 {
        eventually("the broker to take it", NOTICED, || async {
            let retention = value(node, "log.retention.ms").await?;
            anyhow::ensure!(retention.as_deref() == Some("7200000"), "{retention:?}");
            Ok(())
        })
        .await
        .unwrap();
    }
    assert_eq!(three.uids().await, before, "nothing was restarted");
    let clusters: Api<KafkaCluster> = Api::namespaced(three.client.clone(), &three.namespace);
    let noted = |cluster: &KafkaCluster| {
        cluster.status.as_ref().is_some_and(|status| status.dynamic_config == ["log.retention.ms"])
    };
    wait_for_object(&clusters, CLUSTER, NOTICED, noted).await.unwrap();

    let watcher = three.watched().await;
    three.declare(json!({ "config": { "num.partitions": 5, "log.retention.ms": null } })).await;
    let rolled = wait_for_object(&three.operations(), "trio-reconfigure-3", NOTICED, |_| true).await.unwrap();
    assert_eq!(rolled.status.unwrap_or_default().cluster_generation.unwrap_or(3), 3);
    three.phase("trio-reconfigure-3", OperationPhase::Done, A_ROLL).await;
    three.replaced(&before, 3, NOTICED).await;
    for node in 0..3 {
        assert_eq!(value(node, "num.partitions").await.unwrap().as_deref(), Some("5"));
        assert_eq!(value(node, "log.retention.ms").await.unwrap().as_deref(), Some("604800000"), "as Kafka has it");
    }
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();
    let verdict = watcher.end().await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");

    // The table of settings, against what a broker of this version says of itself.
    let resources = [ConfigResource::Broker(BrokerId(0))].into();
    let told = kafka.describe_configs(&resources, klamm_kafka::ConfigDetail::Values).await.unwrap();
    let told = told.into_values().next().unwrap().unwrap();
    let version = "4.1.2".parse().unwrap();
    let wrong: Vec<&String> = told
        .iter()
        .filter(|(key, value)| is_dynamic_setting(key, version) && value.read_only)
        .map(|(key, _)| key)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    three.close().await;
}
