//! Restarts that people ask for: carried out, paused, cancelled, held back until somebody accepts, and survived.

use super::{A_ROLL, NOTICED, reasons};
use crate::{
    shop::admin,
    three::{CLUSTER, FLOWS_WITHIN, Three, WHOLE_WITHIN, make_topics},
};
use klamm_kafka::{NewTopic, TopicSelection};
use klamm_resources::{OperationPhase, StepState};
use klamm_testkit::{eventually, wait_for_object};
use serde_json::json;
use std::collections::BTreeMap;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak runs it"]
async fn all_three_are_restarted_one_by_one_and_nothing_is_lost() {
    let three = Three::open("restart", |spec| spec["roll"] = json!({ "soakSeconds": 2 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;

    // Paused before it begins: nothing happens, and it says so.
    three.operate("again", json!({ "kind": "restart", "paused": true })).await;
    let paused = three.phase("again", OperationPhase::Paused, NOTICED).await;
    assert_eq!(reasons(&paused), ["Paused"]);
    let restarts = paused.steps.iter().filter(|step| step.kind == "restartBroker").count();
    assert_eq!(restarts, 3, "{:?}", paused.steps);
    // Another one stands in line, and is taken out of it.
    three.operate("later", json!({ "kind": "restart", "brokers": [1] })).await;
    let later = three.phase("later", OperationPhase::Waiting, NOTICED).await;
    assert_eq!(reasons(&later), ["OtherOperation"]);
    three.change("later", json!({ "cancel": true })).await;
    three.phase("later", OperationPhase::Cancelled, NOTICED).await;
    assert_eq!(three.uids().await, before);

    three.change("again", json!({ "paused": false })).await;
    let done = three.phase("again", OperationPhase::Done, A_ROLL).await;
    assert!(done.steps.iter().all(|step| step.state == StepState::Done), "{:?}", done.steps);
    let after = three.uids().await;
    assert!(after.iter().all(|(name, uid)| before[name] != *uid), "{before:?} {after:?}");

    // What cannot be meant fails with a sentence.
    three.operate("strange", json!({ "kind": "restart", "brokers": [7] })).await;
    let strange = three.phase("strange", OperationPhase::Failed, NOTICED).await;
    assert!(strange.history.iter().any(|event| event.message.contains("no 7")), "{:?}", strange.history);
    three.operate("by-hand", json!({ "kind": "upgrade", "version": "4.2.1" })).await;
    let by_hand = three.phase("by-hand", OperationPhase::Failed, NOTICED).await;
    assert!(by_hand.history.iter().any(|event| event.message.contains("spec.version")), "{:?}", by_hand.history);

    watcher.until_whole(WHOLE_WITHIN).await.unwrap();
    let verdict = watcher.end().await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    load.flows(20, FLOWS_WITHIN).await.unwrap();
    let report = load.finish(WHOLE_WITHIN).await.unwrap();
    assert!(report.is_whole(), "{report}");
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_without_a_replica_to_spare_has_to_be_accepted_and_a_cancelled_roll_ends_where_it_is() {
    let three = Three::open("accept", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let kafka = admin(&three.client, &three.namespace, CLUSTER).await.unwrap();
    let lonely = NewTopic {
        name: "lonely".parse().unwrap(),
        partitions: Some(3),
        replication_factor: Some(1),
        config: BTreeMap::new(),
    };
    make_topics(&kafka, &[lonely]).await;
    let before = three.uids().await;
    three.operate("careful", json!({ "kind": "restart" })).await;
    let operations = three.operations();
    let status = wait_for_object(&operations, "careful", NOTICED, |operation| {
        operation.status.as_ref().is_some_and(|status| reasons(status).contains(&"AcceptUnavailable"))
    });
    let status = status.await.unwrap().status.unwrap();
    assert_eq!(status.phase, Some(OperationPhase::Waiting));
    let waiting = status.waiting_on.iter().find(|waiting| waiting.reason == "AcceptUnavailable").unwrap();
    assert_eq!(waiting.topics, ["lonely"]);
    assert_eq!(three.uids().await, before, "nothing begins before that");

    three.change("careful", json!({ "acceptUnavailable": ["lonely"] })).await;
    three.replaced(&before, 1, A_ROLL).await;
    three.change("careful", json!({ "cancel": true })).await;
    let cancelled = three.phase("careful", OperationPhase::Cancelled, NOTICED).await;
    assert!(cancelled.ours.is_nothing() && cancelled.ended.is_some());
    assert!(cancelled.steps.iter().any(|step| step.state == StepState::Skipped), "{:?}", cancelled.steps);
    eventually("every partition to be led", WHOLE_WITHIN, || async {
        let topics = kafka.describe_topics(&TopicSelection::All).await?;
        let leaderless = topics
            .values()
            .flatten()
            .flat_map(|topic| &topic.partitions)
            .filter(|partition| partition.leader.is_none())
            .count();
        anyhow::ensure!(leaderless == 0, "{leaderless} without a leader");
        Ok(())
    })
    .await
    .unwrap();
    three.close().await;
}
