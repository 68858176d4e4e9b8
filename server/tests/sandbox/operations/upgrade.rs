//! Another version: the software is exchanged under guard, and what finalises it is an act of its own.

use super::{A_ROLL, NOTICED};
use crate::three::{CLUSTER, FLOWS_WITHIN, Three, WHOLE_WITHIN};
use klamm_resources::{KafkaCluster, OperationPhase};
use klamm_testkit::{Service, wait_for_object};
use kube::Api;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_loaded_cluster_gets_another_version_with_klamm_killed_in_the_middle_and_is_finalised_on_request() {
    let roll = json!({ "soakSeconds": 2, "finaliseSoakSeconds": 5 });
    let three = Three::open("upgrade", |spec| spec["roll"] = roll).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;
    three.declare(json!({ "version": "4.2.1" })).await;
    let name = three.made("upgrade").await;
    assert_eq!(name, "trio-upgrade-2");
    three.replaced(&before, 1, A_ROLL).await;
    three.sandbox.kill_service(Service::Klamm).await.unwrap();
    let done = three.phase(&name, OperationPhase::Done, A_ROLL).await;
    assert!(done.started.is_some(), "{done:?}");
    let clusters: Api<KafkaCluster> = Api::namespaced(three.client.clone(), &three.namespace);
    let is_there = |cluster: &KafkaCluster| {
        cluster
            .status
            .as_ref()
            .is_some_and(|status| status.kafka_version.as_deref() == Some("4.2.1") && status.operation.is_none())
    };
    let cluster = wait_for_object(&clusters, CLUSTER, NOTICED, is_there).await.unwrap();
    assert_eq!(cluster.status.unwrap().metadata_version.as_deref(), Some("4.1-IV1"), "features are held");
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();

    three.declare(json!({ "metadataVersion": "4.2-IV1" })).await;
    let finalise = three.made("finalise").await;
    let done = three.phase(&finalise, OperationPhase::Done, NOTICED).await;
    assert!(!done.remarks.is_empty() || !done.steps.is_empty(), "{done:?}");
    let raised = |cluster: &KafkaCluster| {
        cluster.status.as_ref().is_some_and(|status| status.metadata_version.as_deref() == Some("4.2-IV1"))
    };
    wait_for_object(&clusters, CLUSTER, NOTICED, raised).await.unwrap();

    let verdict = watcher.end().await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    load.flows(20, FLOWS_WITHIN).await.unwrap();
    let report = load.finish(WHOLE_WITHIN).await.unwrap();
    assert!(report.is_whole(), "{report}");
    three.close().await;
}
