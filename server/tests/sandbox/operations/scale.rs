//! Nodes that come and get their share, and go when nothing lies on them any more; brokers that are emptied.

use super::{A_ROLL, NOTICED};
use crate::{
    shop::admin,
    three::{CLUSTER, FLOWS_WITHIN, Three, WHOLE_WITHIN},
};
use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::PersistentVolumeClaim};
use klamm_kafka::{Client, TopicSelection};
use klamm_model::BrokerId;
use klamm_resources::{KafkaCluster, OperationPhase};
use klamm_testkit::eventually;
use kube::Api;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Replicas by broker.
async fn replicas(kafka: &Client) -> BTreeMap<BrokerId, usize> {
    let topics = kafka.describe_topics(&TopicSelection::All).await.unwrap();
    let mut counts = BTreeMap::new();
    for partition in topics.into_values().flatten().flat_map(|topic| topic.partitions) {
        for broker in partition.replicas {
            *counts.entry(broker).or_insert(0) += 1;
        }
    }
    counts
}

impl Three {
    /// The pools as they are declared, with another one of brokers beside it that has so many nodes.
    async fn beside(&self, nodes: u32) {
        let clusters: Api<KafkaCluster> = Api::namespaced(self.client.clone(), &self.namespace);
        let cluster = clusters.get(CLUSTER).await.unwrap();
        let mut pools: Vec<Value> = cluster
            .spec
            .pools
            .iter()
            .map(|pool| serde_json::to_value(pool).unwrap())
            .filter(|p| p["name"] != "more")
            .collect();
        let mut more = pools[0].clone();
        more["name"] = json!("more");
        more["roles"] = json!(["broker"]);
        more["replicas"] = json!(nodes);
        pools.push(more);
        self.declare(json!({ "pools": pools })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_joins_gets_its_share_is_emptied_and_goes_and_nothing_is_lost() {
    let three = Three::open("scale", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    three.beside(1).await;
    let grown = three.made("scale").await;
    three.phase(&grown, OperationPhase::Done, A_ROLL).await;
    let kafka = admin(&three.client, &three.namespace, CLUSTER).await.unwrap();
    let spread = replicas(&kafka).await;
    assert!(spread.get(&BrokerId(3)).is_some_and(|count| *count > 0), "{spread:?}");
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();

    // A drain keeps it, and empties it; no limit on replication is left behind.
    three.operate("empty", json!({ "kind": "drain", "brokers": [3] })).await;
    let drained = three.phase("empty", OperationPhase::Done, A_ROLL).await;
    assert_eq!(drained.ours.cordoned, [3], "it stays so while the operation is kept");
    assert!(drained.ours.throttle.is_none() && drained.ours.moving.is_empty(), "{:?}", drained.ours);
    assert_eq!(replicas(&kafka).await.get(&BrokerId(3)), None);
    let brokers: BTreeSet<BrokerId> = (0..4).map(BrokerId).collect();
    let topics = kafka.describe_topics(&TopicSelection::All).await.unwrap().into_keys().collect();
    let left = kafka.throttles_seen(&brokers, &topics).await.unwrap();
    assert!(left.rates.values().flatten().all(|rates| rates.leader == klamm_kafka::RateSeen::None), "{:?}", left.rates);

    three.beside(0).await;
    eventually("the node to be gone", A_ROLL, || async {
        let sets: Api<StatefulSet> = Api::namespaced(three.client.clone(), &three.namespace);
        anyhow::ensure!(sets.get_opt("trio-more-3").await?.is_none(), "its StatefulSet is there");
        let clusters: Api<KafkaCluster> = Api::namespaced(three.client.clone(), &three.namespace);
        let status = clusters.get(CLUSTER).await?.status.unwrap_or_default();
        anyhow::ensure!(status.brokers.len() == 3 && status.operation.is_none(), "{:?}", status.brokers);
        let claims: Api<PersistentVolumeClaim> = Api::namespaced(three.client.clone(), &three.namespace);
        anyhow::ensure!(claims.get_opt("data-trio-more-3").await?.is_none(), "its volume is there");
        Ok(())
    })
    .await
    .unwrap();
    let known = kafka.describe_cluster().await.unwrap();
    assert_eq!(known.brokers.iter().map(|broker| broker.id.0).collect::<Vec<_>>(), [0, 1, 2]);

    let verdict = watcher.end().await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    load.flows(20, FLOWS_WITHIN).await.unwrap();
    let report = load.finish(WHOLE_WITHIN).await.unwrap();
    assert!(report.is_whole(), "{report}");
    // What cannot be done is said, and nothing begins: factor 3 needs three brokers.
    three.operate("too-much", json!({ "kind": "drain", "brokers": [2] })).await;
    let failed = three.phase("too-much", OperationPhase::Failed, NOTICED).await;
    assert!(failed.ours.is_nothing() && failed.history.last().is_some(), "{:?}", failed.history);
    three.close().await;
}
