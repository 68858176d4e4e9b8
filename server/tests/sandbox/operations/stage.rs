//! What tests of operations do and wait for. Whatever is asked of Kubernetes is asked again while it does not answer, and what goes
//! on may go on: time is up when nothing got any further.

use crate::{
    shop::admin,
    three::{CLUSTER, FLOWS_WITHIN, Three, WHOLE_WITHIN, make_topics, topic},
};
use anyhow::{bail, ensure};
use k8s_openapi::api::core::v1::Pod;
use klamm_kafka::{Client, ListSeen, RateSeen, TopicSelection};
use klamm_model::BrokerId;
use klamm_resources::{
    KafkaCluster, KafkaClusterStatus, KafkaOperation, KafkaOperationStatus, OperationPhase, WaitingOn,
};
use klamm_testkit::{
    NotYet, SampleRecord, Service, eventually,
    load::Load,
    wait_for_object,
    watcher::{Verdict, Watcher},
    while_it_goes_on,
};
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How long an operation may get no further. A node is back within seconds, and within minutes where others use the machine.
pub(super) const A_ROLL: Duration = Duration::from_mins(8);
/// Until the operator has noticed something and said so.
pub(super) const NOTICED: Duration = Duration::from_mins(4);

/// Bytes a second at which a move takes until a test has done what it wants to do meanwhile.
pub(super) const SLOWLY: i64 = 100_000;
/// And at which it ends then.
pub(super) const QUICKLY: i64 = 200_000_000;

/// Records that only take room: so many make a megabyte, and not more than so many are written at once.
const OF_A_MEGABYTE: usize = 10;
const AT_ONCE: usize = 100;

/// A topic that takes minutes to be moved slowly, with its partitions and the megabytes of each.
pub(super) const BULKY: &str = "bulky";
const BULKY_PARTITIONS: u32 = 3;
const BULKY_MEGABYTES: usize = 6;

impl Three {
    pub(super) fn operations(&self) -> Api<KafkaOperation> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    fn clusters(&self) -> Api<KafkaCluster> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Klamm's own way to the brokers that there are now.
    pub(super) async fn kafka(&self) -> Client {
        let way = || admin(&self.client, &self.namespace, CLUSTER);
        eventually("the way to brokers", NOTICED, way).await.unwrap()
    }

    /// Makes an operation; `spec` lacks the cluster.
    pub(super) async fn operate(&self, name: &str, mut spec: Value) {
        spec["cluster"] = json!({ "name": CLUSTER });
        let operation = json!({ "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaOperation",
            "metadata": { "name": name }, "spec": spec })
        .to_string();
        let apply = || self.sandbox.apply(&self.client, &self.namespace, &operation);
        eventually("the operation to be made", NOTICED, apply).await.unwrap();
    }

    /// Changes the spec of an operation.
    pub(super) async fn change(&self, name: &str, spec: Value) {
        let patch = Patch::Merge(json!({ "spec": spec }));
        eventually("the operation to be changed", NOTICED, || async {
            self.operations().patch(name, &PatchParams::default(), &patch).await?;
            Ok(())
        })
        .await
        .unwrap();
    }

    /// Changes the spec of the cluster; answers the `metadata.generation` it has then.
    pub(super) async fn declare(&self, spec: Value) -> i64 {
        let patch = Patch::Merge(json!({ "spec": spec }));
        eventually("the cluster to be declared", NOTICED, || async {
            let declared = self.clusters().patch(CLUSTER, &PatchParams::default(), &patch).await?;
            Ok(declared.metadata.generation.unwrap_or_default())
        })
        .await
        .unwrap()
    }

    /// The pools as they are declared, without the one beside the three.
    pub(super) async fn pools(&self) -> Vec<Value> {
        let cluster = eventually("the cluster", NOTICED, || async { Ok(self.clusters().get(CLUSTER).await?) }).await;
        let declared = cluster.unwrap().spec.pools;
        let pools = declared.iter().map(|pool| serde_json::to_value(pool).unwrap());
        pools.filter(|pool| pool["name"] != "more").collect()
    }

    /// Declares so many brokers in a pool of their own beside the three, which `change` is done to before; answers the generation.
    pub(super) async fn beside_as(&self, nodes: u32, change: impl FnOnce(&mut Value)) -> i64 {
        let mut pools = self.pools().await;
        let mut more = pools[0].clone();
        more["name"] = json!("more");
        more["roles"] = json!(["broker"]);
        more["replicas"] = json!(nodes);
        change(&mut more);
        pools.push(more);
        self.declare(json!({ "pools": pools })).await
    }

    /// The same, with volumes like those of the three.
    pub(super) async fn beside(&self, nodes: u32) -> i64 {
        self.beside_as(nodes, |_| {}).await
    }

    /// Waits until `look` is content with an operation. It may take long, but not without getting any further; one that is over
    /// and not as wanted is waited for no more.
    async fn until<T>(
        &self,
        name: &str,
        what: &str,
        quiet: Duration,
        look: impl Fn(&KafkaOperationStatus) -> Option<T>,
    ) -> T {
        let operations = self.operations();
        while_it_goes_on(&format!("{name} to {what}"), quiet, || async {
            let seen = operations.get_opt(name).await.map_err(anyhow::Error::from)?;
            let Some(operation) = seen else { return Err(anyhow::anyhow!("{name} does not exist").into()) };
            let status = operation.status.clone().unwrap_or_default();
            if let Some(found) = look(&status) {
                return Ok(Ok(found));
            }
            let seen = anyhow::anyhow!("{}", told(&status));
            if status.phase.is_some_and(OperationPhase::is_over) {
                return Ok(Err(seen));
            }
            Err(NotYet { progress: Some(far([&operation])), seen })
        })
        .await
        .unwrap()
        .unwrap()
    }

    /// Waits until an operation is in that phase; `within` is how long it may get no further.
    pub(super) async fn phase(&self, name: &str, phase: OperationPhase, within: Duration) -> KafkaOperationStatus {
        let is_there = |status: &KafkaOperationStatus| (status.phase == Some(phase)).then(|| status.clone());
        self.until(name, &format!("be {phase:?}"), within, is_there).await
    }

    /// Waits until an operation is over, however; `within` is how long it may get no further.
    pub(super) async fn over(&self, name: &str, within: Duration) -> KafkaOperationStatus {
        let is_over =
            |status: &KafkaOperationStatus| status.phase.is_some_and(OperationPhase::is_over).then(|| status.clone());
        self.until(name, "be over", within, is_over).await
    }

    /// Waits until an operation waits for something, and answers that.
    pub(super) async fn waits(&self, name: &str, wanted: impl Fn(&WaitingOn) -> bool) -> WaitingOn {
        let waits = |status: &KafkaOperationStatus| status.waiting_on.iter().find(|one| wanted(one)).cloned();
        self.until(name, "wait for it", A_ROLL, waits).await
    }

    /// Waits until an operation has replicas on their way.
    pub(super) async fn moves(&self, name: &str) -> KafkaOperationStatus {
        let moves = |status: &KafkaOperationStatus| (!status.ours.moving.is_empty()).then(|| status.clone());
        self.until(name, "move replicas", A_ROLL, moves).await
    }

    /// The same of this topic.
    pub(super) async fn moves_of(&self, name: &str, topic: &str) {
        let moves =
            |status: &KafkaOperationStatus| status.ours.moving.iter().any(|one| one.topic == topic).then_some(());
        self.until(name, &format!("move {topic}"), A_ROLL, moves).await;
    }

    /// Waits until an operation has got further than it is now, or is over.
    pub(super) async fn gets_on(&self, name: &str) {
        let now =
            eventually("the operation", NOTICED, || async { Ok(self.operations().get(name).await?) }).await.unwrap();
        let before = steps(&now.status.unwrap_or_default());
        let further = |status: &KafkaOperationStatus| {
            let is_over = status.phase.is_some_and(OperationPhase::is_over);
            (is_over || steps(status) != before).then_some(())
        };
        self.until(name, "get on", A_ROLL, further).await;
    }

    /// Waits until the operator has made an operation of that kind, and answers its name.
    pub(super) async fn made(&self, kind: &str) -> String {
        eventually(&format!("an operation of kind {kind}"), NOTICED, || async {
            let all = self.operations().list(&ListParams::default()).await?;
            let found = all.into_iter().find(|operation| operation.spec.kind.name() == kind);
            found.map(|operation| operation.name_any()).ok_or_else(|| anyhow::anyhow!("none of kind {kind}"))
        })
        .await
        .unwrap()
    }

    /// The same of the one for this generation of the declaration.
    pub(super) async fn made_for(&self, kind: &str, generation: i64) -> String {
        let name = format!("{CLUSTER}-{kind}-{generation}");
        wait_for_object(&self.operations(), &name, NOTICED, |_| true).await.unwrap();
        name
    }

    /// Declares something, and waits until the operation of that kind that it makes is done.
    pub(super) async fn carried_out(&self, kind: &str, spec: Value) -> KafkaOperationStatus {
        let generation = self.declare(spec).await;
        let name = self.made_for(kind, generation).await;
        self.phase(&name, OperationPhase::Done, A_ROLL).await
    }

    /// Waits until the status of the cluster is as wanted and no operation runs.
    pub(super) async fn settled(&self, wanted: impl Fn(&KafkaClusterStatus) -> bool) -> KafkaClusterStatus {
        let is_so = |cluster: &KafkaCluster| {
            cluster.status.as_ref().is_some_and(|status| status.operation.is_none() && wanted(status))
        };
        wait_for_object(&self.clusters(), CLUSTER, NOTICED, is_so).await.unwrap().status.unwrap()
    }

    /// The Kubernetes node that a node of the cluster is on.
    pub(super) async fn host_of(&self, node: i32) -> String {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        eventually("the pod to be somewhere", NOTICED, || async {
            let host = pods.get(&Self::pod(node)).await?.spec.and_then(|spec| spec.node_name);
            host.ok_or_else(|| anyhow::anyhow!("node {node} is nowhere"))
        })
        .await
        .unwrap()
    }

    /// The uids of the pods, by name.
    pub(super) async fn uids(&self) -> BTreeMap<String, String> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let of_cluster = ListParams::default().labels(&format!("klamm.dev/cluster={CLUSTER}"));
        let pods = eventually("pods", NOTICED, || async { Ok(pods.list(&of_cluster).await?) }).await.unwrap();
        pods.into_iter().map(|pod| (pod.name_any(), pod.uid().unwrap())).collect()
    }

    /// Waits until so many pods differ from those; `within` is how long nothing may get any further.
    pub(super) async fn replaced(&self, before: &BTreeMap<String, String>, at_least: usize, within: Duration) {
        while_it_goes_on("pods to be replaced", within, || async {
            let now = self.uids().await;
            let replaced = now.iter().filter(|(name, uid)| before.get(*name).is_some_and(|old| old != *uid)).count();
            if replaced >= at_least {
                return Ok(());
            }
            let operations = self.operations().list(&ListParams::default()).await.map_err(anyhow::Error::from)?;
            let seen = anyhow::anyhow!("{replaced} of {at_least}");
            Err(NotYet { progress: Some((replaced, far(&operations.items))), seen })
        })
        .await
        .unwrap();
    }

    /// Waits until replicas lie so, by broker. One broker may hear of it later than another.
    pub(super) async fn lies(&self, what: &str, is_so: impl Fn(&BTreeMap<BrokerId, usize>) -> bool) {
        let kafka = self.kafka().await;
        eventually(what, NOTICED, || async {
            let mut counts = BTreeMap::new();
            for described in kafka.describe_topics(&TopicSelection::All).await?.into_values() {
                for broker in described?.partitions.iter().flat_map(|partition| partition.replicas.iter()) {
                    *counts.entry(*broker).or_insert(0) += 1;
                }
            }
            ensure!(is_so(&counts), "{counts:?}");
            Ok(())
        })
        .await
        .unwrap();
    }

    /// Writes so many megabytes of no use to a partition.
    pub(super) async fn bulk(&self, partition: (&str, i32), megabytes: usize) {
        let all = megabytes * OF_A_MEGABYTE;
        let records = vec![SampleRecord::new("", "x".repeat(1_000_000 / OF_A_MEGABYTE)); all.min(AT_ONCE)];
        for _ in 0..all.div_ceil(AT_ONCE) {
            let write = || self.outside.write(partition, &records, "none", None);
            eventually("records to be written", FLOWS_WITHIN, write).await.unwrap();
        }
    }

    /// Makes a topic of which every move takes a while.
    pub(super) async fn bulky(&self) {
        make_topics(&self.kafka().await, &[topic(BULKY, BULKY_PARTITIONS, 3, 2)]).await;
        for partition in 0..BULKY_PARTITIONS {
            self.bulk((BULKY, partition.try_into().unwrap()), BULKY_MEGABYTES).await;
        }
    }

    /// Has Klamm killed again and again while an operation goes on, each time after it got further.
    pub(super) async fn killing_klamm(&self, name: &str, times: u32) {
        for _ in 0..times {
            self.sandbox.kill_service(Service::Klamm).await.unwrap();
            self.gets_on(name).await;
        }
    }

    /// Waits until no replica is on its way, and nothing slows down replication.
    pub(super) async fn nothing_left(&self) {
        let kafka = self.kafka().await;
        eventually("nothing of ours to be left", NOTICED, || async {
            for operation in self.operations().list(&ListParams::default()).await? {
                let ours = operation.status.clone().unwrap_or_default().ours;
                ensure!(ours.throttle.is_none() && ours.moving.is_empty(), "{}: {ours:?}", operation.name_any());
            }
            let moves = kafka.list_reassignments().await?;
            ensure!(moves.is_empty(), "{moves:?}");
            let brokers: BTreeSet<BrokerId> =
                kafka.describe_cluster().await?.brokers.iter().map(|node| node.id).collect();
            let topics = kafka.describe_topics(&TopicSelection::All).await?.into_keys().collect();
            let seen = kafka.throttles_seen(&brokers, &topics).await?;
            for (broker, rates) in seen.rates {
                let rates = rates?;
                let is_free = [&rates.leader, &rates.follower].into_iter().all(|rate| *rate == RateSeen::None);
                ensure!(is_free, "broker {broker}: {rates:?}");
            }
            for (topic, lists) in seen.lists {
                let lists = lists?;
                for list in [&lists.leader, &lists.follower] {
                    match list {
                        ListSeen::None => {}
                        ListSeen::Replicas(replicas) if replicas.is_empty() => {}
                        ListSeen::Replicas(_) | ListSeen::All | ListSeen::Strange(_) => bail!("{topic}: {list:?}"),
                    }
                }
            }
            Ok(())
        })
        .await
        .unwrap();
    }

    /// The end of it: everything is in step again, nothing of ours is left, nothing fell below its least through us, and every
    /// acknowledged record is there.
    pub(super) async fn sound(&self, load: Load, watcher: Watcher) {
        watcher.until_whole(WHOLE_WITHIN).await.unwrap();
        self.nothing_left().await;
        let verdict = watcher.end().await.unwrap();
        assert!(verdict.is_clean(), "{verdict}");
        whole(load).await;
    }
}

/// Ends a load: records get through, and every one that was acknowledged is there.
pub(super) async fn whole(load: Load) {
    load.flows(20, FLOWS_WITHIN).await.unwrap();
    let report = load.finish(WHOLE_WITHIN).await.unwrap();
    assert!(report.is_whole(), "{report}");
}

/// How often the pod of a node was deleted before the eyes of the watcher.
pub(super) fn taken(verdict: &Verdict, node: i32) -> usize {
    verdict.acts.iter().filter(|record| record.act.deed.takes() == Some(node)).count()
}

/// Reasons an operation waits for.
pub(super) fn reasons(status: &KafkaOperationStatus) -> Vec<&str> {
    status.waiting_on.iter().map(|waiting| waiting.reason.as_str()).collect()
}

/// Whether something that is waited for is for want of this broker.
pub(super) fn is_for_want_of(waiting: &WaitingOn, broker: i32) -> bool {
    let reasons = ["NodesAway", "NodeStuck", "LogRecovery"];
    reasons.contains(&waiting.reason.as_str()) && waiting.brokers.contains(&broker)
}

/// Whether a sentence stands in what happened.
pub(super) fn happened(status: &KafkaOperationStatus, words: &str) -> bool {
    status.history.iter().any(|event| event.message.contains(words))
}

/// Steps, and how far each is.
fn steps(status: &KafkaOperationStatus) -> Vec<String> {
    let steps = status.steps.iter().map(|step| format!("{} {} {:?}", step.kind, step.target, step.state));
    steps.chain(status.partitions_left.map(|left| format!("{left} partitions left"))).collect()
}

/// How far operations are, as something that has not been seen before whenever they get further.
fn far<'a>(operations: impl IntoIterator<Item = &'a KafkaOperation>) -> Vec<(String, Vec<String>)> {
    let far = |operation: &KafkaOperation| {
        let status = operation.status.clone().unwrap_or_default();
        (format!("{} {:?}", operation.name_any(), status.phase), steps(&status))
    };
    operations.into_iter().map(far).collect()
}

/// What people are told of an operation, for who waits in vain. Everything else is told when the test has failed.
pub(super) fn told(status: &KafkaOperationStatus) -> String {
    let waits = status.waiting_on.iter().map(|waiting| format!("waits: {}: {}", waiting.reason, waiting.message));
    let newest = status.history.iter().rev().take(5).map(|event| format!("{} {}", event.at, event.message));
    let lines: Vec<String> = waits.chain(steps(status)).chain(newest).collect();
    format!("it is {:?}, {}", status.phase, lines.join("; "))
}
