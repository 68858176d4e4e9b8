//! Clusters that are too small to lose anybody: what becomes unavailable is named, and accepted by name.

use super::super::{
    A_ROLL, NOTICED,
    stage::{happened, whole},
};
use crate::three::{TOPICS, Three};
use klamm_resources::OperationPhase;
use klamm_testkit::eventually;
use serde_json::json;

/// Restarts all nodes of a cluster of so many, of which this has to be said.
async fn restarted_by_consent(nodes: u16, remark: &str) {
    let three = Three::of(nodes, "small", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let load = three.loaded().await;
    let before = three.uids().await;
    three.operate("again", json!({ "kind": "restart" })).await;
    let waits = three.waits("again", |waiting| waiting.reason == "AcceptUnavailable").await;
    for (topic, _) in TOPICS {
        assert!(waits.topics.iter().any(|named| named == topic), "{topic}: {waits:?}");
    }
    let remarks = three.operations().get("again").await.unwrap().status.unwrap().remarks;
    assert!(remarks.iter().any(|said| said.contains(remark)), "{remarks:?}");
    assert_eq!(three.uids().await, before, "nothing begins before that");

    // One is not enough where others are named too.
    three.change("again", json!({ "acceptUnavailable": [TOPICS[0].0] })).await;
    three
        .waits("again", |waiting| {
            waiting.reason == "AcceptUnavailable" && !waiting.topics.iter().any(|named| named == TOPICS[0].0)
        })
        .await;
    assert_eq!(three.uids().await, before);
    three.change("again", json!({ "acceptUnavailable": waits.topics })).await;
    let done = three.phase("again", OperationPhase::Done, A_ROLL).await;
    assert!(happened(&done, "Restarting node 0"), "{:?}", done.history);
    let after = three.uids().await;
    assert!(after.iter().all(|(pod, uid)| before.get(pod) != Some(uid)), "{before:?} {after:?}");
    let kafka = three.kafka().await;
    eventually("all brokers to be known", NOTICED, || async {
        let known = kafka.describe_cluster().await?.brokers.len();
        anyhow::ensure!(known == usize::from(nodes), "{known}");
        Ok(())
    })
    .await
    .unwrap();
    three.nothing_left().await;
    // What could not be written meanwhile was written afterwards.
    whole(load).await;
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn of_two_brokers_each_is_restarted_once_it_is_accepted_by_name_what_that_costs() {
    restarted_by_consent(2, "two controllers").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn the_only_broker_is_restarted_once_it_is_accepted_by_name_what_that_costs() {
    restarted_by_consent(1, "one broker only").await;
}
