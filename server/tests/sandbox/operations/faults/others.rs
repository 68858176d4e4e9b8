//! Others do something meanwhile: topics go and come while replicas move, and replicas move that nobody asked Klamm to move.

use super::super::{
    A_ROLL, NOTICED,
    stage::{BULKY, QUICKLY, SLOWLY},
};
use crate::three::{Three, make_topics, topic};
use anyhow::{Context as _, ensure};
use klamm_kafka::{Client, FactorRule, TopicSelection};
use klamm_model::{BrokerId, PartitionId, Throttle, ThrottledMove, TopicName};
use klamm_resources::OperationPhase;
use klamm_testkit::eventually;
use serde_json::json;
use std::collections::BTreeMap;

/// Bytes a second that somebody else allows: it does not end by itself.
const HARDLY: u64 = 20_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn topics_go_and_come_while_replicas_move_and_the_moves_end() {
    let three = Three::open("come-and-go", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    three.bulky().await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let generation = three.beside(1).await;
    let grown = three.made_for("scale", generation).await;
    three.change(&grown, json!({ "throttleBytesPerSecond": SLOWLY })).await;
    three.moves_of(&grown, BULKY).await;
    let kafka = three.kafka().await;
    let bulky: TopicName = BULKY.parse().unwrap();
    kafka.delete_topics(&[bulky].into()).await.unwrap();
    make_topics(&kafka, &[topic("late", 4, 3, 2)]).await;
    three.change(&grown, json!({ "throttleBytesPerSecond": QUICKLY })).await;
    three.phase(&grown, OperationPhase::Done, A_ROLL).await;

    // A topic that comes while a broker is emptied may get its replicas there: they are moved too.
    let generation = three.beside(0).await;
    let shrunk = three.made_for("scale", generation).await;
    three.moves(&shrunk).await;
    make_topics(&kafka, &[topic("later", 8, 3, 2)]).await;
    three.phase(&shrunk, OperationPhase::Done, A_ROLL).await;
    three.lies("nothing on the broker that is gone", |counts| !counts.contains_key(&BrokerId(3))).await;
    three.sound(load, watcher).await;
    three.close().await;
}

/// The replicas of a topic's first partition, and whether somebody moves them.
async fn lies(kafka: &Client, guest: &TopicName) -> anyhow::Result<(Vec<BrokerId>, bool)> {
    let moves = kafka.list_reassignments().await?;
    let topics = kafka.describe_topics(&TopicSelection::Names([guest.clone()].into())).await?;
    let described = topics.into_values().next().context("no topic")??;
    let first = described.partitions.first().context("no partition")?;
    Ok((first.replicas.to_vec(), moves.iter().any(|one| one.topic == *guest)))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn replicas_that_somebody_else_moves_are_waited_for_and_never_called_back() {
    let three = Three::open("foreign", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let kafka = three.kafka().await;
    let guest: TopicName = "guest".parse().unwrap();
    make_topics(&kafka, &[topic("guest", 1, 2, 1)]).await;
    three.bulk(("guest", 0), 10).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;

    // Somebody else's move, with somebody else's limit.
    let (from, _) = lies(&kafka, &guest).await.unwrap();
    let elsewhere = (0..3).map(BrokerId).find(|broker| !from.contains(broker)).unwrap();
    let to = vec![from[0], elsewhere];
    let moved = ThrottledMove { topic: &guest, partition: PartitionId(0), from: &from, to: &to };
    let limit = Throttle::of_moves(HARDLY, [moved]);
    assert!(kafka.set_throttle(&limit).await.unwrap().is_empty());
    let targets = BTreeMap::from([((guest.clone(), PartitionId(0)), to.clone())]);
    let moving = kafka.reassign(targets, FactorRule::MustStay).await.unwrap();
    assert!(moving.values().all(Result::is_ok), "{moving:?}");

    let is_foreign = |waiting: &klamm_resources::WaitingOn| waiting.reason == "ForeignMoves";
    three.operate("spread", json!({ "kind": "rebalance" })).await;
    let waits = three.waits("spread", is_foreign).await;
    assert_eq!(waits.partitions, ["guest-0"], "{waits:?}");
    three.change("spread", json!({ "cancel": true })).await;
    three.phase("spread", OperationPhase::Cancelled, NOTICED).await;
    three.operate("again", json!({ "kind": "restart" })).await;
    three.waits("again", is_foreign).await;
    load.flows(100, NOTICED).await.unwrap();
    three.waits("again", is_foreign).await;
    assert_eq!(three.uids().await, before, "nobody is restarted meanwhile");
    let (_, is_moving) = lies(&kafka, &guest).await.unwrap();
    assert!(is_moving, "it is theirs to end");

    kafka.remove_throttle(&limit).await.unwrap();
    three.phase("again", OperationPhase::Done, A_ROLL).await;
    eventually("replicas where somebody wanted them", NOTICED, || async {
        let (now, is_moving) = lies(&kafka, &guest).await?;
        ensure!(now == to && !is_moving, "{now:?}, {to:?}");
        Ok(())
    })
    .await
    .unwrap();
    three.sound(load, watcher).await;
    three.close().await;
}
