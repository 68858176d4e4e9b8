//! What was declared cannot be: brokers do not start with it, it does not exist, or nobody could carry it out.

use super::super::{
    A_ROLL, NOTICED,
    stage::{happened, is_for_want_of},
};
use crate::three::Three;
use klamm_resources::OperationPhase;
use serde_json::{Value, json};

/// Declares something that no node comes up with, sees that one node is stuck, told with these words, and no other one is taken
/// down, and takes it back: then all of them are well, by the same operation.
async fn stuck_and_taken_back(test: &str, wrong: Value, right: Value, words: &str) {
    let three = Three::open(test, |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;
    let generation = three.declare(wrong).await;
    let name = three.made_for("reconfigure", generation).await;
    let stuck = three.waits(&name, |waiting| waiting.reason == "NodeStuck").await;
    assert!(stuck.message.contains(words), "{stuck:?}");
    assert_eq!(stuck.brokers.len(), 1, "{stuck:?}");
    let node = stuck.brokers[0];
    // It is looked at many times meanwhile, and stays so.
    load.flows(200, NOTICED).await.unwrap();
    three.waits(&name, |waiting| is_for_want_of(waiting, node)).await;
    let now = three.uids().await;
    let others = before.iter().filter(|(pod, _)| **pod != Three::pod(node));
    for (pod, uid) in others {
        assert_eq!(now.get(pod), Some(uid), "{pod} was taken down too");
    }

    three.declare(right).await;
    three.phase(&name, OperationPhase::Done, A_ROLL).await;
    three.sound(load, watcher).await;
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn a_setting_that_brokers_do_not_start_with_stops_at_the_first_and_goes_when_it_is_taken_back() {
    let setting = |value: Value| json!({ "config": { "num.partitions": value } });
    stuck_and_taken_back("setting", setting(json!("many")), setting(Value::Null), "num.partitions").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn an_image_that_is_not_there_stops_at_the_first_and_goes_when_it_is_taken_back() {
    let image = "klamm.dev/kafka:0.7";
    stuck_and_taken_back("missing", json!({ "image": image }), json!({ "image": null }), image).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn versions_without_a_way_and_fewer_brokers_than_replicas_are_refused_and_nothing_is_touched() {
    let three = Three::open("refusals", |_| {}).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;
    // The features in force are newer than what that release can do; and nobody knows the other one.
    for (version, words) in [("3.9.2", "Kafka 3.9.2 can do"), ("4.9.9", "does not know Kafka 4.9.9")] {
        let generation = three.declare(json!({ "version": version })).await;
        let name = three.made_for("upgrade", generation).await;
        let failed = three.phase(&name, OperationPhase::Failed, NOTICED).await;
        assert!(happened(&failed, words) && failed.ours.is_nothing(), "{:?}", failed.history);
    }
    three.declare(json!({ "version": "4.1.2" })).await;
    three.settled(|status| status.kafka_version.as_deref() == Some("4.1.2")).await;

    let mut pools = three.pools().await;
    pools[0]["replicas"] = json!(2);
    let generation = three.declare(json!({ "pools": pools })).await;
    let name = three.made_for("scale", generation).await;
    let failed = three.phase(&name, OperationPhase::Failed, NOTICED).await;
    let words = "has 3 replicas and there would be only 2 brokers";
    assert!(happened(&failed, words) && failed.ours.is_nothing(), "{:?}", failed.history);
    pools[0]["replicas"] = json!(3);
    three.declare(json!({ "pools": pools })).await;
    three.settled(|status| status.brokers.len() == 3).await;
    assert_eq!(three.uids().await, before);
    three.sound(load, watcher).await;
    three.close().await;
}
