//! The two pure halves together: what is decided from what was seen, and what is told of it.

use super::{
    build::Blueprint,
    conditions,
    decide::{NodeAct, Plan, assign_nodes, found, plan},
    identity::Identity,
    labels,
    nodes::Assignment,
    observed::{Answer, KafkaSeen, Observed, QuorumSeen},
    report::{self, Facts},
    trouble::Trouble,
    voters::{Change, due},
};
use crate::operation::{Attended, Running};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{PersistentVolumeClaim, Pod},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use klamm_kafka::DirectoryId;
use klamm_model::{BrokerState, ClusterRef, PoolName};
use klamm_resources::{
    ClusterReason, ConditionType, KafkaCluster, KafkaClusterStatus, ManagedCluster, NodeState, OperationKind,
    OperationPhase, ValidatedCluster, condition, names::annotation,
};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;
use std::collections::BTreeMap;

mod telling;

/// A cluster in a world without Kubernetes: objects are made when the plan says so, pods follow their StatefulSets.
pub(crate) struct World {
    pub(crate) cluster: ClusterRef,
    pub(crate) owner: OwnerReference,
    pub(crate) managed: ManagedCluster,
    pub(crate) observed: Observed,
    pub(crate) status: KafkaClusterStatus,
    pub(crate) paused: bool,
    pub(crate) attended: Attended,
}

pub(crate) fn declared(spec: &str) -> ManagedCluster {
    let yaml = format!(
        "apiVersion: klamm.dev/v1alpha1\nkind: KafkaCluster\nmetadata: {{name: demo, namespace: kafka}}\n{spec}"
    );
    let resource: KafkaCluster = serde_saphyr::from_str(&yaml).unwrap();
    ValidatedCluster::from_resource(&resource).unwrap().managed().unwrap().clone()
}

pub(crate) const THREE: &str = "
spec:
  version: 4.1.2
  config: {num.partitions: 3}
  pools:
  - {name: main, roles: [broker, controller], replicas: 3, storage: {type: persistent, size: 1Gi}}
  listeners: [{name: clients, port: 9092}]
";

impl World {
    pub(crate) fn new(spec: &str) -> Self {
        Self {
            cluster: "kafka/demo".parse().unwrap(),
            owner: OwnerReference::default(),
            managed: declared(spec),
            observed: Observed::default(),
            status: KafkaClusterStatus::default(),
            paused: false,
            attended: Attended::default(),
        }
    }

    pub(crate) fn declare(&mut self, spec: &str) {
        self.managed = declared(spec);
    }

    pub(crate) fn assignment(&self) -> Assignment {
        assign_nodes(&self.managed, &self.observed, Some(&self.status))
    }

    pub(crate) fn found(&mut self, seed: u64) {
        if self.observed.identity.is_none() {
            let mut random = StdRng::seed_from_u64(seed);
            let assignment = self.assignment();
            let identity = found(&self.managed, &assignment, &self.observed, Some(&self.status), &mut random).unwrap();
            self.observed.identity = Some(identity);
        }
    }

    pub(crate) fn with_blueprint<T>(&self, act: impl FnOnce(&Blueprint<'_>) -> T) -> T {
        let identity: Identity = self.observed.identity.clone().unwrap();
        act(&Blueprint {
            cluster: &self.cluster,
            owner: &self.owner,
            managed: &self.managed,
            identity: &identity,
            tenants: &[],
            klamm_namespace: "klamm-system",
            image_repository: "klamm.dev/kafka",
        })
    }

    pub(crate) fn plan(&self) -> Plan {
        self.with_blueprint(|blueprint| plan(blueprint, &self.assignment(), &self.observed, &self.status))
    }

    /// Writes what the plan says, but no more than `at_most` nodes: then this process is killed.
    pub(crate) fn apply(&mut self, at_most: usize) {
        let plan = self.plan();
        let mut written = Vec::new();
        self.with_blueprint(|blueprint| {
            for (id, node) in plan.nodes.iter().take(at_most) {
                let none = BTreeMap::new();
                let to_render = super::build::Node { id: *id, pool: blueprint.pool(&node.pool).unwrap(), ports: &none };
                if matches!(node.act, NodeAct::Create | NodeAct::Write | NodeAct::Update) {
                    written.push((blueprint.claim(&to_render, None), blueprint.stateful_set(&to_render)));
                }
            }
        });
        for (claim, set) in written {
            if let Some(claim) = claim {
                self.observed.claims.entry(claim.metadata.name.clone().unwrap()).or_insert(claim);
            }
            self.observed.stateful_sets.insert(set.metadata.name.clone().unwrap(), set);
        }
        for pod in plan.replaced_pods {
            self.observed.pods.remove(&pod);
        }
    }

    /// Pods appear for StatefulSets that have none, in that state.
    pub(crate) fn pods(&mut self, status: &serde_json::Value) {
        for (name, set) in &self.observed.stateful_sets {
            let pod_name = format!("{name}-0");
            let template = set.spec.as_ref().unwrap().template.metadata.clone().unwrap();
            let mut pod: Pod = serde_json::from_value(json!({ "metadata": template, "status": status })).unwrap();
            pod.metadata.name = Some(pod_name.clone());
            self.observed.pods.entry(pod_name).or_insert(pod);
        }
    }

    pub(crate) fn report(
        &mut self,
        kafka: &KafkaSeen,
        problems: &[Trouble],
    ) -> (KafkaClusterStatus, Vec<conditions::News>) {
        let assignment = self.assignment();
        let plan = self.plan();
        let status = self.with_blueprint(|blueprint| {
            report::status(&Facts {
                cluster: &self.cluster,
                generation: Some(1),
                previous: &self.status,
                blueprint: Some(blueprint),
                assignment: &assignment,
                plan: &plan,
                attended: &self.attended,
                observed: &self.observed,
                kafka,
                problems,
                paused: self.paused,
                now: Timestamp::UNIX_EPOCH,
            })
        });
        let news = conditions::news(&self.status, &status);
        self.status = status.clone();
        (status, news)
    }

    pub(crate) fn answer(&self, running: &[i32]) -> KafkaSeen {
        KafkaSeen::Answered(Box::new(Answer {
            cluster_id: self.observed.identity.as_ref().unwrap().cluster_id.clone(),
            brokers: running.iter().map(|id| (*id, BrokerState::Running)).collect(),
            quorum: Some(QuorumSeen {
                leader: Some(0),
                voters: (0..3).map(|id| (id, None)).collect(),
                observers: BTreeMap::new(),
            }),
            metadata_version: Some("4.1-IV1".to_owned()),
            software: None,
        }))
    }

    pub(crate) fn up(spec: &str) -> Self {
        let mut world = Self::new(spec);
        world.found(1);
        world.apply(usize::MAX);
        world.pods(&running());
        world.observed.identity.as_mut().unwrap().formed = true;
        world
    }
}

pub(crate) fn running() -> serde_json::Value {
    json!({
        "podIP": "127.1.2.10",
        "conditions": [{ "type": "Ready", "status": "True" }],
        "containerStatuses": [{ "name": "kafka", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                                "state": { "running": {} } }],
    })
}

pub(crate) fn no_image() -> serde_json::Value {
    json!({ "containerStatuses": [{ "name": "kafka", "image": "klamm.dev/kafka:9.9.9", "imageID": "", "ready": false,
        "restartCount": 0, "state": { "waiting": { "reason": "ErrImagePull", "message": "no such image" } } }] })
}

pub(crate) fn ready(status: &KafkaClusterStatus) -> (String, String) {
    let ready = condition(&status.conditions, ConditionType::Ready).unwrap();
    (ready.status.clone(), ready.reason.clone())
}

#[test]
fn a_new_cluster_is_made_whole_and_looking_again_changes_nothing() {
    let mut world = World::new(THREE);
    world.found(1);
    let first = world.plan();
    assert!(first.nodes.values().all(|node| node.act == NodeAct::Create));
    assert_eq!(first.nodes.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
    world.apply(usize::MAX);
    let sets = world.observed.stateful_sets.clone();
    let second = world.plan();
    assert!(second.nodes.values().all(|node| node.act == NodeAct::Write));
    world.apply(usize::MAX);
    assert_eq!(world.observed.stateful_sets, sets);
}

#[test]
fn killed_between_any_two_nodes_it_goes_on_with_the_same_cluster() {
    let mut whole = World::new(THREE);
    whole.found(1);
    whole.apply(usize::MAX);
    for survived in 0..=3 {
        let mut world = World::new(THREE);
        world.found(1);
        world.apply(survived);
        // The next process knows nothing, not even a status, and would roll other dice.
        world.status = KafkaClusterStatus::default();
        world.found(99);
        world.apply(usize::MAX);
        assert_eq!(world.observed.identity, whole.observed.identity);
        assert_eq!(world.observed.stateful_sets, whole.observed.stateful_sets, "killed after {survived} nodes");
        assert_eq!(world.observed.claims.len(), 3);
    }
}

#[test]
fn founders_stay_founders_when_the_declaration_changes_before_they_are_made() {
    let mut world = World::new(THREE);
    world.found(1);
    world.apply(1);
    let other = "- {name: early, roles: [broker], replicas: 2, storage: {type: ephemeral}}";
    world.declare(&THREE.replace("  pools:", &format!("  pools:\n  {other}")));
    let assignment = world.assignment();
    let main = PoolName::new("main").unwrap();
    assert_eq!(
        assignment.nodes.iter().filter(|(_, pool)| **pool == main).map(|(id, _)| *id).collect::<Vec<_>>(),
        [0, 1, 2]
    );
    assert_eq!(assignment.nodes.len(), 5);
}

#[test]
fn a_lost_identity_is_recovered_from_volumes_and_never_invented() {
    let mut world = World::up(THREE);
    let cluster_id = world.observed.identity.take().unwrap().cluster_id;
    world.found(77);
    let recovered = world.observed.identity.clone().unwrap();
    assert_eq!(recovered.cluster_id, cluster_id);
    assert!(recovered.formed, "an empty volume would be a loss");
    assert!(recovered.voters().all(|(_, founder)| founder.directory_id.is_none()));
    // The quorum is looked for where it was: nothing about the pods changes.
    assert!(world.plan().nodes.values().all(|node| node.act == NodeAct::Write));
    assert!(world.plan().restarts.is_empty());
}

#[test]
fn volumes_of_several_clusters_are_not_guessed_about() {
    let mut world = World::up(THREE);
    world.observed.identity = None;
    let foreign: &mut PersistentVolumeClaim = world.observed.claims.values_mut().next().unwrap();
    foreign.metadata.annotations.as_mut().unwrap().insert(labels::CLUSTER_ID.to_owned(), "other".to_owned());
    let mut random = StdRng::seed_from_u64(1);
    let error = found(&world.managed, &world.assignment(), &world.observed, None, &mut random).unwrap_err();
    assert!(error.to_string().contains("other"), "{error}");
}

#[test]
fn a_volume_of_another_cluster_is_never_started_from() {
    let mut world = World::up(THREE);
    let set = "demo-main-1";
    world.observed.stateful_sets.remove(set);
    world.observed.pods.remove("demo-main-1-0");
    let claim = world.observed.claims.get_mut("data-demo-main-1").unwrap();
    claim.metadata.annotations.as_mut().unwrap().insert(labels::CLUSTER_ID.to_owned(), "other".to_owned());
    let plan = world.plan();
    assert_eq!(plan.nodes[&1].act, NodeAct::Refuse);
    assert!(plan.refused[0].contains("data-demo-main-1"), "{:?}", plan.refused);
}

#[test]
fn a_change_that_needs_a_restart_is_named_and_leaves_running_nodes_alone() {
    let mut world = World::up(THREE);
    world.declare(&THREE.replace("num.partitions: 3", "num.partitions: 6").replace("4.1.2", "4.2.1"));
    let plan = world.plan();
    assert!(plan.nodes.values().all(|node| node.act == NodeAct::Leave));
    assert_eq!(plan.restarts.keys().collect::<Vec<_>>(), ["config num.partitions", "image", "version"]);
    let seen = world.answer(&[0, 1, 2]);
    let (status, news) = world.report(&seen, &[]);
    let waiting = condition(&status.conditions, ConditionType::Waiting).unwrap();
    assert_eq!(waiting.reason, "RestartNeeded");
    assert!(waiting.message.contains("num.partitions") && waiting.message.contains("0, 1, 2"), "{}", waiting.message);
    assert_eq!(ready(&status).0, "True", "it serves as it did");
    assert_eq!(status.kafka_version.as_deref(), Some("4.1.2"), "what runs counts");
    assert!(news.iter().any(|news| news.reason == "RestartNeeded" && !news.is_warning));
}

#[test]
fn an_evicted_broker_comes_back_as_it_was() {
    let mut world = World::up(THREE);
    world.declare(&THREE.replace("num.partitions: 3", "num.partitions: 6"));
    world.observed.pods.remove("demo-main-1-0");
    assert_eq!(world.plan().nodes[&1].act, NodeAct::Leave);
}

#[test]
fn a_node_that_cannot_start_gets_what_is_declared_now() {
    let mut world = World::new(&THREE.replace("4.1.2", "9.9.9"));
    world.found(1);
    world.apply(usize::MAX);
    world.pods(&no_image());
    let (status, news) = world.report(&KafkaSeen::NotAsked, &[]);
    assert_eq!(ready(&status), ("False".to_owned(), "ImageUnavailable".to_owned()));
    assert!(news.iter().any(|news| news.is_warning && news.note.contains("klamm.dev/kafka:9.9.9")), "{news:?}");

    world.declare(THREE);
    let first = world.plan();
    assert!(first.nodes.values().all(|node| node.act == NodeAct::Update));
    assert!(first.replaced_pods.is_empty(), "the same pods would come back before the template is written");
    world.apply(usize::MAX);
    let second = world.plan();
    assert_eq!(second.replaced_pods.len(), 3);
    world.apply(usize::MAX);
    world.pods(&running());
    assert!(world.plan().replaced_pods.is_empty());
    assert!(world.plan().restarts.is_empty());
}

#[test]
fn nodes_that_are_no_longer_declared_stay_until_an_operation_has_taken_them_away() {
    let mut world = World::up(THREE);
    world.declare(&THREE.replace("replicas: 3", "replicas: 2"));
    let seen = world.answer(&[0, 1, 2]);
    let (status, _) = world.report(&seen, &[]);
    assert_eq!(status.brokers.len(), 3);
    assert_eq!(status.brokers_ready.as_deref(), Some("3/3"));
    let of_node = |name: &String| name.ends_with("-2") || name.ends_with("-2-0");
    world.observed.stateful_sets.retain(|name, _| !of_node(name));
    world.observed.pods.retain(|name, _| !of_node(name));
    world.observed.identity.as_mut().unwrap().founders.get_mut(&2).unwrap().removed = true;
    let (status, _) = world.report(&seen, &[]);
    assert_eq!(status.brokers.len(), 3, "the controller still knows it");
    world.attended.gone.insert(2);
    let (status, _) = world.report(&seen, &[]);
    assert_eq!(status.brokers.iter().map(|broker| broker.id).collect::<Vec<_>>(), [0, 1]);
    world.attended.gone.clear();
    assert_eq!(world.report(&seen, &[]).0.brokers.len(), 2, "nobody remembers it");
}

#[test]
fn a_cluster_serves_while_an_operation_restarts_one_of_its_nodes() {
    let mut world = World::up(THREE);
    let seen = world.answer(&[0, 1, 2]);
    world.report(&seen, &[]);
    world.observed.pods.remove("demo-main-1-0");
    world.attended.running = Some(Running {
        name: "again".to_owned(),
        kind: OperationKind::Restart,
        phase: OperationPhase::Running,
        progress: Some("1/3".to_owned()),
        sentence: "Restarting node 1 as it is declared.".to_owned(),
        handled: [1].into(),
    });
    let (status, news) = world.report(&seen, &[]);
    assert_eq!(ready(&status), ("True".to_owned(), "Serving".to_owned()));
    assert_eq!(status.operation.as_deref(), Some("again"));
    let progressing = condition(&status.conditions, ConditionType::Progressing).unwrap();
    assert_eq!(progressing.message, "restart again (1/3): Restarting node 1 as it is declared.");
    assert!(condition(&status.conditions, ConditionType::Degraded).is_none());
    assert!(news.iter().all(|news| !news.is_warning), "{news:?}");
    world.observed.pods.remove("demo-main-0-0");
    assert_eq!(ready(&world.report(&seen, &[]).0).1, "BrokersDown", "the other one is nobody's purpose");
}
