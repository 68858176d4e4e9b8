//! Chaos from a seed beside operations from the same one: something breaks every few seconds, and whatever was asked for is done.
//!
//! `KLAMM_SOAK_SEED` and `KLAMM_SOAK_MINUTES` say which and how long; `make soak` sets both.

use super::A_ROLL;
use crate::three::{FLOWS_WITHIN, Three, WHOLE_WITHIN};
use klamm_resources::OperationPhase;
use klamm_testkit::{
    chaos::{Ground, Wish, schedule, wishes},
    load::LoadReport,
    soak::{Told, tell},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    str::FromStr,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

/// Versions that take turns. Features stay with the first.
const VERSIONS: [&str; 2] = ["4.1.2", "4.2.1"];

fn setting<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

impl Three {
    /// Asks for it, and waits until it is done.
    async fn grant(&self, number: usize, wish: &Wish) {
        let by_hand = |spec: Value| async move {
            let name = format!("wish-{number}");
            self.operate(&name, spec).await;
            name
        };
        let declared = |spec: Value| async move {
            let generation = self.declare(spec).await;
            self.made_for(wish.kind(), generation).await
        };
        let name = match wish {
            Wish::Restart { nodes } => by_hand(json!({ "kind": "restart", "brokers": nodes })).await,
            Wish::Drain { nodes } => by_hand(json!({ "kind": "drain", "brokers": nodes })).await,
            Wish::Rebalance => by_hand(json!({ "kind": "rebalance" })).await,
            Wish::RetentionMs(value) => declared(json!({ "config": { "log.retention.ms": value } })).await,
            Wish::Partitions(value) => declared(json!({ "config": { "num.partitions": value } })).await,
            Wish::Version(version) => declared(json!({ "version": version })).await,
            Wish::Beside(count) => {
                let generation = self.beside(*count).await;
                self.made_for(wish.kind(), generation).await
            }
        };
        self.phase(&name, OperationPhase::Done, A_ROLL).await;
        tell(Told::Deed(&format!("done: {wish}")));
    }
}

/// Whether every acknowledged record was read, as it was written. Two brokers may be dead at once here, which takes the memory of
/// producers along: a record may be there twice.
fn is_kept(report: &LoadReport) -> bool {
    let nothing_odd = report.refused.count == 0 && report.troubles.count == 0;
    let is_kept = [&report.followed, &report.reread].iter().all(|one| one.missing.count + one.corrupted.count == 0);
    report.acknowledged > 0 && nothing_odd && is_kept
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes as many minutes as it is told"]
async fn whatever_breaks_every_operation_is_done_in_the_end_and_no_record_is_lost() {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let seed = setting("KLAMM_SOAK_SEED").unwrap_or_else(now);
    let minutes = setting("KLAMM_SOAK_MINUTES").unwrap_or(20);
    tell(Told::Seed(seed));
    let three = Three::open("chaos", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let hosts = ["node-a", "node-b", "node-c"].map(str::to_owned).to_vec();
    let turns = schedule(seed, &Ground { hosts, nodes: vec![0, 1, 2] }, Duration::from_mins(minutes));
    let chaos = three.chaos(&watcher);
    let is_over = AtomicBool::new(false);
    let breaking = async {
        let happened = chaos.run(&turns).await;
        is_over.store(true, Ordering::Relaxed);
        happened
    };
    let asking = async {
        let (mut done, mut beside) = (0, 0);
        for (number, wish) in wishes(seed, VERSIONS).enumerate() {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            three.grant(number, &wish).await;
            done += 1;
            if let Wish::Beside(count) = wish {
                beside = count;
            }
        }
        (done, beside)
    };
    let (happened, (done, beside)) = tokio::join!(breaking, asking);
    let happened = happened.unwrap();
    if beside > 0 {
        // Nothing breaks any more; it ends with the three it began with.
        three.grant(usize::MAX, &Wish::Beside(0)).await;
    }
    assert!(done > 0, "nothing was done in {minutes} minutes");

    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for fault in &happened {
        *kinds.entry(fault.what.kind()).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, times)| format!("{times} × {kind}")).collect();
    tell(Told::Sum(&format!("{done} operations; {}", kinds.join(", "))));

    watcher.until_whole(WHOLE_WITHIN).await.unwrap();
    three.nothing_left().await;
    let verdict = watcher.end().await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    load.flows(20, FLOWS_WITHIN).await.unwrap();
    let report = load.finish(WHOLE_WITHIN).await.unwrap();
    assert!(is_kept(&report), "{report}");
    three.close().await;
}
