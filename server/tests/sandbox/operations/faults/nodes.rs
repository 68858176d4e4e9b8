//! Brokers do not come back, or others die meanwhile.

use super::super::{
    A_ROLL,
    stage::{QUICKLY, SLOWLY, is_for_want_of, taken},
};
use crate::three::{Three, WHOLE_WITHIN};
use klamm_resources::OperationPhase;
use klamm_testkit::{chaos::Mischief, watcher::Watcher};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// How long the host of a node is away: Kubernetes does not give up its pods yet.
const AWAY: Duration = Duration::from_secs(40);

impl Three {
    /// Begins to restart all nodes, and answers which was taken down first.
    async fn first_taken(&self, before: &BTreeMap<String, String>) -> i32 {
        self.operate("again", json!({ "kind": "restart" })).await;
        self.replaced(before, 1, A_ROLL).await;
        let now = self.uids().await;
        let is_new =
            |node: &i32| now.get(&Self::pod(*node)).is_some_and(|uid| before.get(&Self::pod(*node)) != Some(uid));
        (0..3).find(is_new).unwrap()
    }
}

/// How often each node was taken down.
async fn all_taken(watcher: &Watcher) -> Vec<usize> {
    let verdict = watcher.verdict().await.unwrap();
    (0..3).map(|node| taken(&verdict, node)).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn while_a_restarted_broker_does_not_come_back_no_other_one_is_taken_down() {
    // It cannot have soaked before its host is gone.
    let three = Three::open("gone", |spec| spec["roll"] = json!({ "soakSeconds": 20 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;
    let hosts = [three.host_of(0).await, three.host_of(1).await, three.host_of(2).await];
    let node = three.first_taken(&before).await;
    let host = &hosts[usize::try_from(node).unwrap()];
    watcher.fault("the host of the node that is restarted stopped", [node]);
    three.sandbox.stop_node(host).await.unwrap();
    three.waits("again", |waiting| is_for_want_of(waiting, node)).await;
    // The fault lasts so long; there is no state to wait for.
    tokio::time::sleep(AWAY).await;
    three.waits("again", |waiting| is_for_want_of(waiting, node)).await;
    assert_eq!(all_taken(&watcher).await.iter().filter(|times| **times > 0).count(), 1, "only node {node}");
    three.sandbox.start_node(host).await.unwrap();
    watcher.until_back(&[node], WHOLE_WITHIN).await.unwrap();
    watcher.fault_over();
    three.phase("again", OperationPhase::Done, A_ROLL).await;
    three.sound(load, watcher).await;
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn another_broker_dies_in_a_roll_which_waits_for_it() {
    let three = Three::open("dies-roll", |spec| spec["roll"] = json!({ "soakSeconds": 5 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;
    let node = three.first_taken(&before).await;
    let other = (node + 1) % 3;
    three.chaos(&watcher).one(&Mischief::NodeKilled { node: other }).await.unwrap();
    three.phase("again", OperationPhase::Done, A_ROLL).await;
    let all = all_taken(&watcher).await;
    assert!(all.iter().all(|times| *times >= 1), "{all:?}");
    three.sound(load, watcher).await;
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes minutes"]
async fn the_target_and_then_a_source_of_a_move_die_and_it_ends() {
    let three = Three::open("dies-move", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    three.bulky().await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let generation = three.beside(1).await;
    let grown = three.made_for("scale", generation).await;
    three.change(&grown, json!({ "throttleBytesPerSecond": SLOWLY })).await;
    let chaos = three.chaos(&watcher);
    for node in [3, 0] {
        three.moves(&grown).await;
        let killed = Mischief::NodeKilled { node };
        let (died, _) = tokio::join!(chaos.one(&killed), three.waits(&grown, |waiting| is_for_want_of(waiting, node)));
        died.unwrap();
    }
    three.change(&grown, json!({ "throttleBytesPerSecond": QUICKLY })).await;
    three.phase(&grown, OperationPhase::Done, A_ROLL).await;
    three.sound(load, watcher).await;
    three.close().await;
}
