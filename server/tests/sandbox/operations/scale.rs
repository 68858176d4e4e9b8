//! Nodes that come and get their share, and go when nothing lies on them any more; brokers that are emptied.

use super::{
    A_ROLL, NOTICED,
    stage::{QUICKLY, SLOWLY, is_for_want_of},
};
use crate::three::{CLUSTER, FLOWS_WITHIN, Three, WHOLE_WITHIN};
use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::PersistentVolumeClaim};
use klamm_model::BrokerId;
use klamm_resources::OperationPhase;
use klamm_testkit::{chaos::Mischief, eventually};
use kube::Api;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_joins_gets_its_share_is_emptied_while_another_dies_and_goes_and_nothing_is_lost() {
    let three = Three::open("scale", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let generation = three.beside(1).await;
    let grown = three.made_for("scale", generation).await;
    three.phase(&grown, OperationPhase::Done, A_ROLL).await;
    three.lies("the broker to have its share", |counts| counts.get(&BrokerId(3)).is_some_and(|count| *count > 0)).await;
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();

    // A drain keeps it, and empties it. A broker that has to send what is on its way dies in the middle: that is waited for, told,
    // and nothing else is set going meanwhile.
    let slowly = json!({ "kind": "drain", "brokers": [3], "throttleBytesPerSecond": SLOWLY });
    three.operate("empty", slowly).await;
    three.moves("empty").await;
    let chaos = three.chaos(&watcher);
    let killed = Mischief::NodeKilled { node: 1 };
    let (died, waits) = tokio::join!(chaos.one(&killed), three.waits("empty", |waiting| is_for_want_of(waiting, 1)));
    died.unwrap();
    assert!(waits.message.contains('1'), "{waits:?}");
    three.change("empty", json!({ "throttleBytesPerSecond": QUICKLY })).await;
    let drained = three.phase("empty", OperationPhase::Done, A_ROLL).await;
    assert_eq!(drained.ours.cordoned, [3], "it stays so while the operation is kept");
    three.lies("the broker to be empty", |counts| !counts.contains_key(&BrokerId(3))).await;
    three.nothing_left().await;

    let generation = three.beside(0).await;
    let shrunk = three.made_for("scale", generation).await;
    three.phase(&shrunk, OperationPhase::Done, A_ROLL).await;
    let settled = three.settled(|status| status.brokers.len() == 3).await;
    assert!(settled.brokers.iter().all(|broker| broker.id < 3), "{:?}", settled.brokers);
    eventually("nothing of the node to be left", NOTICED, || async {
        let sets: Api<StatefulSet> = Api::namespaced(three.client.clone(), &three.namespace);
        anyhow::ensure!(sets.get_opt(&format!("{CLUSTER}-more-3")).await?.is_none(), "its StatefulSet is there");
        let claims: Api<PersistentVolumeClaim> = Api::namespaced(three.client.clone(), &three.namespace);
        anyhow::ensure!(claims.get_opt(&format!("data-{CLUSTER}-more-3")).await?.is_none(), "its volume is there");
        // One broker may hear of it later than another.
        let known = three.kafka().await.describe_cluster().await?.brokers;
        let known: Vec<i32> = known.iter().map(|broker| broker.id.0).collect();
        anyhow::ensure!(known == [0, 1, 2], "brokers know {known:?}");
        Ok(())
    })
    .await
    .unwrap();

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
