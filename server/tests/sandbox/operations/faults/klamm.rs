//! Klamm itself dies, is there twice, or reaches nobody.

use super::super::{
    A_ROLL,
    stage::{BULKY, QUICKLY, SLOWLY, taken},
};
use crate::three::Three;
use klamm_model::BrokerId;
use klamm_resources::OperationPhase;
use klamm_testkit::{Service, chaos::Mischief};
use serde_json::json;
use std::time::Duration;

/// How long the API server is away: longer than a Lease lasts.
const AWAY: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn killed_again_and_again_in_a_roll_klamm_restarts_every_node_once() {
    let three = Three::open("killed-roll", |spec| spec["roll"] = json!({ "soakSeconds": 2 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    three.operate("again", json!({ "kind": "restart" })).await;
    three.killing_klamm("again", 5).await;
    three.phase("again", OperationPhase::Done, A_ROLL).await;
    let verdict = watcher.verdict().await.unwrap();
    for node in 0..3 {
        assert_eq!(taken(&verdict, node), 1, "node {node}: {verdict}");
    }
    three.sound(load, watcher).await;
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn killed_again_and_again_in_moves_klamm_ends_them_and_leaves_no_limit() {
    let three = Three::open("killed-move", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    three.bulky().await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let generation = three.beside(1).await;
    let grown = three.made_for("scale", generation).await;
    three.change(&grown, json!({ "throttleBytesPerSecond": SLOWLY })).await;
    three.moves(&grown).await;
    three.killing_klamm(&grown, 3).await;
    three.change(&grown, json!({ "throttleBytesPerSecond": QUICKLY })).await;
    three.phase(&grown, OperationPhase::Done, A_ROLL).await;

    let slowly = json!({ "kind": "drain", "brokers": [3], "throttleBytesPerSecond": SLOWLY });
    three.operate("empty", slowly).await;
    three.moves("empty").await;
    three.killing_klamm("empty", 3).await;
    three.change("empty", json!({ "throttleBytesPerSecond": QUICKLY })).await;
    three.phase("empty", OperationPhase::Done, A_ROLL).await;
    three.lies("the broker to be empty", |counts| !counts.contains_key(&BrokerId(3))).await;

    // Cancelled, and killed before it has set everything right.
    let slowly = json!({ "kind": "rebalance", "throttleBytesPerSecond": SLOWLY });
    three.operate("spread", slowly).await;
    three.moves_of("spread", BULKY).await;
    three.change("spread", json!({ "cancel": true })).await;
    three.sandbox.kill_service(Service::Klamm).await.unwrap();
    three.phase("spread", OperationPhase::Cancelled, A_ROLL).await;
    three.sound(load, watcher).await;
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn of_two_klamms_one_acts_and_the_other_goes_on_when_that_one_is_held_up() {
    let three = Three::open("two-klamms", |spec| spec["roll"] = json!({ "soakSeconds": 5 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let mut second = three.sandbox.second_klamm().unwrap();
    let before = three.uids().await;
    three.operate("again", json!({ "kind": "restart" })).await;
    three.replaced(&before, 1, A_ROLL).await;
    // In the middle of something, and it does not know how much time has passed when it goes on.
    three.sandbox.freeze_service(Service::Klamm).await.unwrap();
    three.replaced(&before, 2, A_ROLL).await;
    three.sandbox.thaw_service(Service::Klamm).await.unwrap();
    three.phase("again", OperationPhase::Done, A_ROLL).await;
    assert!(second.runs().unwrap());
    let verdict = watcher.verdict().await.unwrap();
    for node in 0..3 {
        assert_eq!(taken(&verdict, node), 1, "node {node}: {verdict}");
    }
    // The one that acts now dies, and the first is there again.
    three.operate("once-more", json!({ "kind": "restart", "brokers": [1] })).await;
    three.gets_on("once-more").await;
    drop(second);
    three.phase("once-more", OperationPhase::Done, A_ROLL).await;
    three.sound(load, watcher).await;
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn a_roll_goes_on_by_itself_when_kubernetes_answers_again() {
    let three = Three::open("away", |spec| spec["roll"] = json!({ "soakSeconds": 2 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;
    three.operate("again", json!({ "kind": "restart" })).await;
    three.replaced(&before, 1, A_ROLL).await;
    let chaos = three.chaos(&watcher);
    chaos.one(&Mischief::Frozen { service: Service::ApiServer, lasts: AWAY }).await.unwrap();
    three.replaced(&before, 2, A_ROLL).await;
    chaos.one(&Mischief::Killed(Service::ApiServer)).await.unwrap();
    three.phase("again", OperationPhase::Done, A_ROLL).await;
    three.sound(load, watcher).await;
    three.close().await;
}
