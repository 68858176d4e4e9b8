//! Cordoned Kubernetes nodes: brokers leave them where their volumes go along, are emptied where others are enough, and say so
//! where neither can be.

use super::{A_ROLL, NOTICED, reasons};
use crate::{
    shop::admin,
    three::{CLUSTER, FLOWS_WITHIN, Three, WHOLE_WITHIN},
};
use k8s_openapi::api::core::v1::{Node, Pod};
use klamm_kafka::TopicSelection;
use klamm_model::BrokerId;
use klamm_resources::{ConditionType, KafkaCluster, KafkaOperation, OperationPhase, StepState, condition};
use klamm_testkit::wait_for_object;
use kube::{Api, ResourceExt, api::ListParams};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::Mutex;

/// Kubernetes nodes are everybody's: in one process, what one test cordons would be missing to the pods of another.
static NODES: Mutex<()> = Mutex::const_new(());

impl Three {
    fn kubernetes_nodes(&self) -> Api<Node> {
        Api::all(self.client.clone())
    }

    /// The Kubernetes node of each pod.
    async fn hosts(&self) -> BTreeMap<String, String> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let of_cluster = ListParams::default().labels(&format!("klamm.dev/cluster={CLUSTER}"));
        let pods = pods.list(&of_cluster).await.unwrap();
        let host = |pod: &Pod| pod.spec.as_ref().unwrap().node_name.clone().unwrap_or_default();
        pods.iter().map(|pod| (pod.name_any(), host(pod))).collect()
    }

    /// Waits until the cluster says that of who stays on a cordoned Kubernetes node, and answers all it says of it.
    async fn stranded(&self, words: &str) -> String {
        let clusters: Api<KafkaCluster> = Api::namespaced(self.client.clone(), &self.namespace);
        let told = |cluster: &KafkaCluster| {
            let conditions = cluster.status.as_ref().map(|status| status.conditions.clone()).unwrap_or_default();
            let waiting = condition(&conditions, ConditionType::Waiting).cloned();
            let waiting = waiting.filter(|waiting| waiting.reason == "NodeCordoned").map(|waiting| waiting.message);
            waiting.filter(|message| message.contains(words))
        };
        let found = wait_for_object(&clusters, CLUSTER, NOTICED, |cluster| told(cluster).is_some()).await;
        told(&found.unwrap()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak runs it"]
async fn a_broker_whose_volume_goes_along_leaves_a_cordoned_kubernetes_node_and_nothing_is_lost() {
    let _nodes = NODES.lock().await;
    let three = Three::open("cordon", |spec| {
        spec["pools"][0]["storage"]["class"] = json!("klamm-shared");
        spec["roll"] = json!({ "soakSeconds": 2 });
    })
    .await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;
    let hosts = three.hosts().await;
    let host = hosts[&Three::pod(1)].clone();
    let there: BTreeSet<&String> = hosts.iter().filter(|(_, on)| **on == host).map(|(pod, _)| pod).collect();

    three.kubernetes_nodes().cordon(&host).await.unwrap();
    let name = three.made("restart").await;
    assert_eq!(name, format!("{CLUSTER}-leave-{host}"));
    let done = three.phase(&name, OperationPhase::Done, A_ROLL).await;
    assert!(done.remarks.iter().any(|remark| remark.contains(&host)), "{:?}", done.remarks);
    let restarts: Vec<_> = done.steps.iter().filter(|step| step.kind == "restartBroker").collect();
    assert_eq!(restarts.len(), there.len(), "{restarts:?}");
    for step in restarts {
        assert_eq!(step.state, StepState::Done);
        assert!(step.reason.as_ref().is_some_and(|reason| reason.contains(&host)), "{step:?}");
    }
    let after = three.uids().await;
    let changed: BTreeSet<&String> =
        after.iter().filter(|(pod, uid)| before[*pod] != **uid).map(|(pod, _)| pod).collect();
    assert_eq!(changed, there, "nobody else is restarted");
    let now = three.hosts().await;
    assert!(now.values().all(|on| *on != host), "{now:?}");

    // Once it takes pods again nothing more is done.
    three.kubernetes_nodes().uncordon(&host).await.unwrap();
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();
    let verdict = watcher.end().await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    load.flows(20, FLOWS_WITHIN).await.unwrap();
    let report = load.finish(WHOLE_WITHIN).await.unwrap();
    assert!(report.is_whole(), "{report}");
    assert_eq!(three.uids().await, after);
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak runs it"]
async fn a_broker_whose_volume_cannot_go_is_not_restarted_before_its_kubernetes_node_takes_pods_again() {
    let _nodes = NODES.lock().await;
    let three = Three::open("cordon-local", |spec| spec["roll"] = json!({ "soakSeconds": 1 })).await;
    let before = three.uids().await;
    let host = three.hosts().await[&Three::pod(1)].clone();
    three.kubernetes_nodes().cordon(&host).await.unwrap();
    let told = three.stranded("there would be only 2 brokers").await;
    assert!(told.contains(&host), "{told}");

    three.operate("one", json!({ "kind": "restart", "brokers": [1] })).await;
    let is_held = |operation: &KafkaOperation| {
        operation.status.as_ref().is_some_and(|status| reasons(status).contains(&"NodeCordoned"))
    };
    let held = wait_for_object(&three.operations(), "one", NOTICED, is_held).await.unwrap().status.unwrap();
    assert_eq!(held.phase, Some(OperationPhase::Waiting));
    let waiting = held.waiting_on.iter().find(|waiting| waiting.reason == "NodeCordoned").unwrap();
    assert!(waiting.message.contains(&host) && waiting.brokers == [1], "{waiting:?}");
    assert_eq!(three.uids().await, before, "nothing is restarted");

    three.kubernetes_nodes().uncordon(&host).await.unwrap();
    three.phase("one", OperationPhase::Done, A_ROLL).await;
    let now = three.hosts().await;
    assert_eq!(now[&Three::pod(1)], host, "its volume is there");
    three.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak runs it"]
async fn a_broker_whose_volume_cannot_go_is_emptied_where_others_are_enough() {
    let _nodes = NODES.lock().await;
    let three = Three::open("cordon-spare", |spec| {
        let mut more = spec["pools"][0].clone();
        more["name"] = json!("more");
        more["roles"] = json!(["broker"]);
        more["replicas"] = json!(1);
        spec["pools"].as_array_mut().unwrap().push(more);
        spec["roll"] = json!({ "soakSeconds": 1 });
    })
    .await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let before = three.uids().await;
    let host = three.hosts().await[&Three::pod(1)].clone();
    three.kubernetes_nodes().cordon(&host).await.unwrap();
    let name = three.made("drain").await;
    let done = three.phase(&name, OperationPhase::Done, A_ROLL).await;
    assert!(done.remarks.iter().any(|remark| remark.contains(&host)), "{:?}", done.remarks);
    let operation = three.operations().get(&name).await.unwrap();
    // Of two on one host only one can be spared.
    let [emptied] = &operation.spec.brokers[..] else { panic!("{:?}", operation.spec.brokers) };
    let kafka = admin(&three.client, &three.namespace, CLUSTER).await.unwrap();
    let topics = kafka.describe_topics(&TopicSelection::All).await.unwrap();
    let mut partitions = topics.values().flatten().flat_map(|topic| &topic.partitions);
    assert!(partitions.all(|partition| !partition.replicas.contains(&BrokerId(*emptied))), "{emptied} is not empty");
    assert_eq!(three.uids().await, before, "nobody is restarted");
    let told = three.stranded("No replica lies on it any more").await;
    assert!(told.contains(&host), "{told}");
    three.kubernetes_nodes().uncordon(&host).await.unwrap();

    watcher.until_whole(WHOLE_WITHIN).await.unwrap();
    let verdict = watcher.end().await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    load.flows(20, FLOWS_WITHIN).await.unwrap();
    let report = load.finish(WHOLE_WITHIN).await.unwrap();
    assert!(report.is_whole(), "{report}");
    three.close().await;
}
