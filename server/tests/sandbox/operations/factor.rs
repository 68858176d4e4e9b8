//! Topics get more and fewer replicas while records are written to them.

use super::{A_ROLL, NOTICED};
use crate::{
    shop::admin,
    three::{CLUSTER, FLOWS_WITHIN, Three, WHOLE_WITHIN},
};
use klamm_kafka::{Apply, Client, NewTopic, PartitionDescription, TopicSelection};
use klamm_model::{BrokerId, TopicName};
use klamm_resources::OperationPhase;
use klamm_testkit::eventually;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

async fn partitions(kafka: &Client, topic: &str) -> anyhow::Result<Vec<PartitionDescription>> {
    let topic: TopicName = topic.parse()?;
    let mut all = kafka.describe_topics(&TopicSelection::All).await?;
    let described = all.remove(&topic).ok_or_else(|| anyhow::anyhow!("{topic} is not there"))??;
    Ok(described.partitions)
}

/// Waits until every partition has so many replicas, all of them in sync; answers who is preferred to lead, in order.
async fn settles(kafka: &Client, topic: &str, factor: usize) -> Vec<BrokerId> {
    eventually("replicas to be in sync", NOTICED, || async {
        let partitions = partitions(kafka, topic).await?;
        for partition in &partitions {
            let distinct: BTreeSet<BrokerId> = partition.replicas.iter().copied().collect();
            anyhow::ensure!(partition.replicas.len() == factor && distinct.len() == factor, "{partition:?}");
            anyhow::ensure!(partition.in_sync.len() == factor, "{partition:?}");
        }
        Ok(partitions.iter().filter_map(|partition| partition.replicas.first().copied()).collect())
    })
    .await
    .unwrap()
}

impl Three {
    async fn factor(&self, name: &str, topics: &[&str], factor: u32) {
        self.operate(name, json!({ "kind": "rebalance", "topics": topics, "replicationFactor": factor })).await;
        let done = self.phase(name, OperationPhase::Done, A_ROLL).await;
        assert!(done.ours.is_nothing(), "{:?}", done.ours);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak runs it"]
async fn a_factor_grows_and_shrinks_under_load_and_nothing_is_lost() {
    let three = Three::open("factor", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let kafka = admin(&three.client, &three.namespace, CLUSTER).await.unwrap();
    let lone = NewTopic {
        name: "lone".parse().unwrap(),
        partitions: Some(4),
        replication_factor: Some(1),
        config: BTreeMap::from([("min.insync.replicas".to_owned(), "1".to_owned())]),
    };
    let made = kafka.create_topics(vec![lone], Apply::Commit).await.unwrap();
    assert!(made.values().all(Result::is_ok), "{made:?}");
    let load = three.loaded().await;
    let watcher = three.watched().await;

    let before = settles(&kafka, "lone", 1).await;
    three.factor("one-to-three", &["lone"], 3).await;
    assert_eq!(settles(&kafka, "lone", 3).await, before, "whoever led leads");
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();

    let preferred = settles(&kafka, "ledger", 3).await;
    three.factor("three-to-two", &["lone", "ledger"], 2).await;
    assert_eq!(settles(&kafka, "lone", 2).await, before);
    assert_eq!(settles(&kafka, "ledger", 2).await, preferred);
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();

    // Fewer than have to be in sync are refused, and nothing begins.
    three
        .operate("two-to-one", json!({ "kind": "rebalance", "topics": ["lone", "ledger"], "replicationFactor": 1 }))
        .await;
    let failed = three.phase("two-to-one", OperationPhase::Failed, NOTICED).await;
    assert!(failed.history.iter().any(|event| event.message.contains("min.insync.replicas")), "{:?}", failed.history);
    assert_eq!(settles(&kafka, "lone", 2).await, before, "all or nothing");

    // What is written to is copied, too.
    three.factor("two-to-three", &["ledger"], 3).await;
    assert_eq!(settles(&kafka, "ledger", 3).await, preferred);
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();
    let verdict = watcher.end().await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    load.flows(20, FLOWS_WITHIN).await.unwrap();
    let report = load.finish(WHOLE_WITHIN).await.unwrap();
    assert!(report.is_whole(), "{report}");
    three.close().await;
}
