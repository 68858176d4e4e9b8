//! The pure halves together: a scene from objects, the planner's answer, the status that tells it.
#![expect(clippy::needless_pass_by_value, reason = "values of json! are made on the spot")]

mod asked;
mod limits;
mod moved;
mod sights;

use super::{
    edits::Dynamic,
    goal::{self, Asked},
    line::{line, outlived},
    made::{self, Barred},
    ours::Own,
    scene::{Sight, scene},
    status::{NewsKind, Told, Turn, called, status, versions},
};
use crate::cluster::tests::{THREE, World, running};
use jiff::Timestamp;
use klamm_kafka::{
    FreshBroker, FreshLook, FreshTopic, LogDirDescription, PartitionDescription, QuorumDescription, QuorumReplica,
    ReplicaSize, TopicId,
};
use klamm_model::{BrokerId, BrokerState, Known, PartitionId, Reassignment, TopicName, UnixMillis};
use klamm_planner::operations::{
    Act, CordonedHost, Declared, Goal, Guard, Life, Made, Next, Pace, Plan, Reach, Replicas, Rules, Scene, due, plan,
};
use klamm_resources::{
    ConditionType, KafkaCluster, KafkaOperation, KafkaOperationStatus, OperationPhase, OperationReason, OperationStep,
    StepState, condition,
};
use kube::ResourceExt;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A cluster of three that has formed, with one topic of three replicas, at a moment that only goes on when told.
struct Stage {
    world: World,
    now: i64,
    in_sync: BTreeMap<i32, BTreeSet<i32>>,
    hosts: BTreeMap<BrokerId, CordonedHost>,
    moving: Replicas,
}

const T0: i64 = 1_795_000_000_000;

impl Stage {
    fn new() -> Self {
        let mut stage = Self {
            world: World::up(THREE),
            now: T0,
            in_sync: BTreeMap::new(),
            hosts: BTreeMap::new(),
            moving: Replicas::new(),
        };
        for id in 0..3 {
            stage.in_sync.insert(id, (0..3).collect());
            stage.well(id);
        }
        stage.now += 3_600_000;
        stage
    }

    fn time(&self, millis: i64) -> String {
        let _ = self;
        Timestamp::from_millisecond(millis).unwrap().to_string()
    }

    /// A pod that was made now and is ready.
    fn well(&mut self, id: i32) {
        self.world.observed.pods.remove(&format!("demo-main-{id}-0"));
        let mut status = running();
        status["conditions"][0]["lastTransitionTime"] = json!(self.time(self.now));
        self.world.pods(&status);
        let time = serde_json::from_value(json!(self.time(self.now))).unwrap();
        let pod = self.world.observed.pods.get_mut(&format!("demo-main-{id}-0")).unwrap();
        pod.metadata.creation_timestamp = Some(time);
        pod.metadata.uid = Some(format!("{id}-{}", self.now));
    }

    fn fresh(&self) -> FreshLook {
        let is_there = |id: i32| {
            let pod = self.world.observed.pods.get(&format!("demo-main-{id}-0"));
            pod.is_some_and(|pod| pod.metadata.deletion_timestamp.is_none())
        };
        let broker = |id: i32| FreshBroker {
            state: if is_there(id) { BrokerState::Running } else { BrokerState::Fenced },
            rack: None,
            supported: Known::Unknown,
            disks: Known::Unknown,
        };
        let voter = |id: i32| QuorumReplica {
            id: BrokerId(id),
            directory_id: None,
            log_end_offset: Known::Known(100),
            last_fetch: Known::Known(UnixMillis(self.now)),
            last_caught_up: Known::Known(UnixMillis(if is_there(id) { self.now } else { T0 })),
        };
        let partition = |id: i32| PartitionDescription {
            id: PartitionId(id),
            leader: Some(BrokerId(id)),
            leader_epoch: 1,
            replicas: [id, (id + 1) % 3, (id + 2) % 3].map(BrokerId).into(),
            in_sync: self.in_sync[&id].iter().copied().filter(|id| is_there(*id)).map(BrokerId).collect(),
            offline: Box::default(),
        };
        let orders = FreshTopic {
            id: TopicId::from_bytes([1; 16]),
            internal: false,
            min_in_sync: Known::Known(2),
            partitions: (0..3).map(partition).collect(),
        };
        FreshLook {
            cluster_id: Known::Unknown,
            older_by: Known::Known(10),
            brokers: Known::Known((0..3).map(|id| (BrokerId(id), broker(id))).collect()),
            quorum: Known::Known(QuorumDescription {
                leader: Some(BrokerId(2)),
                leader_epoch: 1,
                high_watermark: 100,
                voters: (0..3).map(voter).collect(),
                observers: Vec::new(),
            }),
            quorum_fetch_timeout: Known::Known(2000),
            topics: Known::Known(BTreeMap::from([("orders".parse().unwrap(), orders)])),
            moves: Known::Known(Vec::new()),
            features: Known::Known(BTreeMap::from([("metadata.version".to_owned(), 27)])),
            unseen: Vec::new(),
        }
    }

    fn scene(&self) -> Scene {
        self.scene_of(&self.fresh())
    }

    fn scene_of(&self, fresh: &FreshLook) -> Scene {
        self.world.with_blueprint(|blueprint| {
            scene(&Sight {
                blueprint,
                assignment: &self.world.assignment(),
                observed: &self.world.observed,
                previous: &self.world.status,
                fresh,
                moving: &self.moving,
                dynamic: &Dynamic::default(),
                topic_settings: Known::Unknown,
                recovering: &BTreeSet::new(),
                hosts: &self.hosts,
                old_clients: Known::Unknown,
                now: UnixMillis(self.now),
            })
        })
    }

    fn declared(&self) -> Declared {
        Declared { version: self.world.managed.version.to_string(), metadata: None }
    }

    fn asked(&self, operation: &KafkaOperation) -> Asked {
        goal::asked(operation, &object(), &self.world.cluster, &self.declared(), &self.scene())
    }

    fn plan(&self, operation: &KafkaOperation) -> Plan {
        let Asked::For(goal) = self.asked(operation) else { panic!("it is not asked for anything") };
        let rules: Rules = goal::rules(&self.world.managed, operation);
        plan(&goal, &self.scene(), &rules, &Own::default().planned(None), &Pace::default())
    }

    /// Looks once, as the operator does; answers what was done.
    fn look(&self, operation: &mut KafkaOperation) -> Option<Act> {
        let plan = self.plan(operation);
        let (turn, act) = match plan.next.clone() {
            Next::Act(act) => (Turn::Acts(act.words()), Some(act)),
            Next::Wait(guards) => (Turn::Waits(guards), None),
            Next::Done => (Turn::Ends(OperationPhase::Done, OperationReason::Done, "Done.".to_owned()), None),
            Next::Refuse(refusals) => panic!("{refusals:?}"),
        };
        let previous = operation.status.clone().unwrap_or_default();
        let (status, _) = status(&Told {
            previous: &previous,
            operation,
            cluster_generation: Some(7),
            plan: Some(&plan),
            turn,
            ours: &Own::default(),
            called: &called(&self.scene()),
            from: &versions(operation, &self.scene()),
            now: Timestamp::from_millisecond(self.now).unwrap(),
        });
        // What the next process knows is what stands in the object.
        operation.status = Some(serde_json::from_value(serde_json::to_value(&status).unwrap()).unwrap());
        act
    }
}

fn object() -> KafkaCluster {
    serde_json::from_value(json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaCluster",
        "metadata": { "name": "demo", "namespace": "kafka", "uid": "u-1", "generation": 7 },
        "spec": {},
    }))
    .unwrap()
}

fn operation(name: &str, created: i64, spec: serde_json::Value, status: serde_json::Value) -> KafkaOperation {
    let mut spec = spec;
    spec["cluster"] = json!({ "name": "demo" });
    serde_json::from_value(json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaOperation",
        "metadata": {
            "name": name, "namespace": "kafka", "uid": name,
            "creationTimestamp": Timestamp::from_millisecond(created).unwrap().to_string(),
        },
        "spec": spec, "status": status,
    }))
    .unwrap()
}

fn restart(created: i64) -> KafkaOperation {
    operation("again", created, json!({ "kind": "restart" }), json!({}))
}

#[test]
fn a_restart_takes_one_node_after_the_other_and_tells_when_each_began_and_ended() {
    let mut stage = Stage::new();
    let mut operation = restart(stage.now);
    let mut replaced = Vec::new();
    for _ in 0..100 {
        stage.now += 5000;
        match stage.look(&mut operation) {
            Some(Act::Replace(node)) => {
                let away = (0..3).filter(|id| !stage.world.observed.pods.contains_key(&format!("demo-main-{id}-0")));
                assert_eq!(away.count(), 0, "nobody is taken down beside another one");
                replaced.push(node.0);
                stage.world.observed.pods.remove(&format!("demo-main-{}-0", node.0));
                assert!(matches!(stage.plan(&operation).next, Next::Wait(_)), "it waits for the node it took down");
                stage.now += 5000;
                assert_eq!(stage.look(&mut operation), None);
                let status = operation.status.as_ref().unwrap();
                assert_eq!(status.phase, Some(OperationPhase::Running), "{:?} {:?}", status.waiting_on, status.steps);
                let is_restart = |step: &&OperationStep| step.kind == "restartBroker";
                let under_way = status.steps.iter().filter(is_restart).filter(|step| step.state == StepState::Running);
                assert_eq!(under_way.count(), 1, "{:?}", status.steps);
                stage.well(node.0);
            }
            Some(other) => panic!("{other:?}"),
            None if operation.status.as_ref().unwrap().phase == Some(OperationPhase::Done) => break,
            None => {}
        }
    }
    assert_eq!(replaced, [0, 1, 2], "the active controller last");
    let status = operation.status.unwrap();
    assert_eq!((status.phase, status.progress.as_deref()), (Some(OperationPhase::Done), Some("4/4")));
    assert!(status.steps.iter().all(|step| step.started_at.is_some() && step.ended_at.is_some()), "{:?}", status.steps);
    assert!(status.started.is_some() && status.ended.is_some() && status.waiting_on.is_empty());
    let history: Vec<&str> = status.history.iter().map(|event| event.message.as_str()).collect();
    assert_eq!(history.iter().filter(|line| line.starts_with("Restarting node")).count(), 3, "{history:?}");
    assert_eq!(history.first().copied(), Some("It began."));
}

#[test]
fn what_holds_back_a_step_is_told_with_partitions_and_brokers_and_once() {
    let mut stage = Stage::new();
    stage.in_sync.insert(0, BTreeSet::from([0, 1]));
    let mut operation = restart(stage.now);
    stage.now += 5000;
    assert_eq!(stage.look(&mut operation), None);
    let status = operation.status.clone().unwrap();
    assert_eq!(status.phase, Some(OperationPhase::Waiting));
    assert!(status.waiting_on.iter().any(|waiting| waiting.partitions == ["orders-0"]), "{:?}", status.waiting_on);
    let waiting = condition(&status.conditions, ConditionType::Waiting).unwrap();
    assert_eq!(waiting.reason, "GuardBlocked");
    stage.now += 5000;
    stage.look(&mut operation);
    assert_eq!(operation.status.unwrap().history.len(), status.history.len(), "the same again is no news");
}

#[test]
fn a_scene_tells_how_nodes_are_and_what_they_are_made_from() {
    let mut stage = Stage::new();
    stage.world.declare(&THREE.replace("num.partitions: 3", "num.partitions: 6"));
    stage.world.observed.pods.remove("demo-main-1-0");
    let ending = stage.world.observed.pods.get_mut("demo-main-2-0").unwrap();
    ending.metadata.deletion_timestamp = Some(serde_json::from_value(json!("2026-11-28T12:00:00Z")).unwrap());
    let scene = stage.scene();
    let node = |id: i32| &scene.nodes[&BrokerId(id)];
    assert_eq!((&node(0).life, &node(1).life, &node(2).life), (&Life::Ready, &Life::Absent, &Life::Ending));
    assert_eq!(node(0).made, Made::Other(BTreeSet::from(["config num.partitions".to_owned()])));
    assert_eq!(node(0).version, Known::Known("4.1.2".to_owned()));
    assert_eq!(node(0).born, Known::Known(UnixMillis(T0)));
    assert_eq!(scene.topics.value().unwrap()[&"orders".parse().unwrap()].min_in_sync, Known::Known(2));
    assert_eq!(due(&scene, &stage.declared()), Some(Goal::Reconfigure));
}

#[test]
fn what_brokers_have_of_replicas_on_their_way_is_counted_together() {
    let stage = Stage::new();
    let mut fresh = stage.fresh();
    let topic: TopicName = "orders".parse().unwrap();
    let of = |partition: i32, bytes: u64| ReplicaSize {
        partition: PartitionId(partition),
        bytes,
        lag: Known::Unknown,
        future: false,
    };
    let dir = |replicas: Vec<ReplicaSize>| LogDirDescription {
        path: "/data".to_owned(),
        error: None,
        total_bytes: Known::Unknown,
        usable_bytes: Known::Unknown,
        topics: BTreeMap::from([(topic.clone(), replicas)]),
    };
    let Known::Known(brokers) = &mut fresh.brokers else { panic!("they are known here") };
    brokers.get_mut(&BrokerId(0)).unwrap().disks = Known::Known(vec![dir(vec![of(0, 100), of(1, 100)])]);
    brokers.get_mut(&BrokerId(1)).unwrap().disks = Known::Known(vec![dir(vec![of(0, 30), of(1, 100)])]);
    brokers.get_mut(&BrokerId(2)).unwrap().disks = Known::Known(vec![dir(vec![of(0, 10)])]);
    fresh.moves = Known::Known(vec![Reassignment {
        topic: topic.clone(),
        partition: PartitionId(0),
        adding: Box::from([BrokerId(1), BrokerId(2), BrokerId(7)]),
        removing: Box::from([]),
    }]);
    assert_eq!(stage.scene_of(&fresh).arrived, BTreeMap::from([((topic, PartitionId(0)), 40)]));
}

#[test]
fn a_setting_that_brokers_take_while_they_run_restarts_nothing_until_it_is_gone() {
    let with =
        |value: &str| THREE.replace("num.partitions: 3", &format!("num.partitions: 3, log.retention.ms: {value}"));
    let mut stage = Stage::new();
    stage.world.declare(&with("1000"));
    assert!(stage.scene().nodes.values().all(|node| node.made == Made::Current), "it is only added");
    stage.world.apply(usize::MAX);
    for id in 0..3 {
        stage.well(id);
    }
    stage.world.declare(&with("2000"));
    assert!(stage.scene().nodes.values().all(|node| node.made == Made::Current));
    stage.world.declare(THREE);
    let gone = Made::Other(BTreeSet::from(["config log.retention.ms".to_owned()]));
    assert!(stage.scene().nodes.values().all(|node| node.made == gone), "it stands in the file they were started with");
}

#[test]
fn what_is_called_back_is_written_down_with_the_order_it_had() {
    let scene = Stage::new().scene();
    let place: (TopicName, PartitionId) = ("orders".parse().unwrap(), PartitionId(0));
    let lies = scene.topics.value().unwrap()[&place.0].partitions[&place.1].replicas.clone();
    let back = Act::CancelMoves(BTreeSet::from([place.clone()]));
    let moving = Own::default().before(&Act::Move(BTreeMap::from([(place.clone(), vec![BrokerId(2)])])), &scene);
    let written = moving.before(&back, &scene).write();
    assert!(!written.is_nothing() && !written.moving.is_empty(), "it is written down before it is done");
    let read = Own::read(&written).after(&back);
    assert!(read.is_nothing() && read.planned(None).moving.is_empty());
    assert_eq!(read.planned(None).returning, BTreeMap::from([(place.clone(), lies.clone())]));
    let again = read.before(&Act::Move(BTreeMap::from([(place.clone(), vec![BrokerId(1)])])), &scene);
    assert_eq!((again.moving, again.returning), (BTreeMap::from([(place, lies)]), BTreeMap::new()));
}

#[test]
fn a_pause_and_a_topic_that_has_to_be_accepted_are_told_by_their_reasons() {
    let operation = restart(T0);
    let tell = |guard: Guard| {
        let (status, news) = status(&Told {
            previous: &KafkaOperationStatus::default(),
            operation: &operation,
            cluster_generation: Some(7),
            plan: None,
            turn: Turn::Waits(vec![guard]),
            ours: &Own::default(),
            called: &BTreeMap::new(),
            from: &[],
            now: Timestamp::UNIX_EPOCH,
        });
        assert_eq!(news.len(), 1);
        assert_eq!(news[0].kind, NewsKind::Normal);
        (status.phase.unwrap(), news[0].reason, status.waiting_on)
    };
    assert_eq!(tell(Guard::Paused).0, OperationPhase::Paused);
    let (phase, reason, waiting) = tell(Guard::AcceptUnavailable(BTreeSet::from(["lonely".parse().unwrap()])));
    assert_eq!((phase, reason), (OperationPhase::Waiting, OperationReason::AcceptUnavailable));
    assert_eq!(waiting[0].topics, ["lonely"]);
}

#[test]
fn what_was_made_for_cordoned_kubernetes_nodes_ends_when_nobody_stands_on_one_any_more() {
    let mut stage = Stage::new();
    let nodes = BTreeSet::from([BrokerId(1)]);
    let make = |goal: &Goal| {
        let (hosts, pods) = (BTreeSet::from(["node-b".to_owned()]), BTreeSet::from(["u".to_owned()]));
        made::leaving(goal, &hosts, &pods, &"kafka/demo".parse().unwrap(), &object(), &[]).unwrap()
    };
    let (leave, drain) = (Goal::Leave { nodes: nodes.clone() }, Goal::Drain { brokers: nodes });
    let closed = Reach::Closed { hosts: BTreeSet::from(["node-b".to_owned()]), volume: Some("pv".to_owned()) };
    stage.hosts.insert(BrokerId(1), CordonedHost { name: "node-b".to_owned(), reach: closed });
    assert_eq!(stage.asked(&make(&leave)), Asked::For(leave.clone()));
    assert_eq!(stage.asked(&make(&drain)), Asked::For(drain.clone()));
    stage.hosts.clear();
    assert_eq!(stage.plan(&make(&leave)).next, Next::Done, "uncordoned in time");
    let Asked::Superseded(sentence) = stage.asked(&make(&drain)) else { panic!("it goes on") };
    assert!(sentence.contains("node-b"), "{sentence}");
    // Where its pod will be nobody knows while it is away.
    stage.world.observed.pods.remove("demo-main-1-0");
    assert_eq!(stage.asked(&make(&drain)), Asked::For(drain));
    // What people ask for is carried out wherever it stands.
    stage.well(1);
    let theirs = operation("theirs", T0, json!({ "kind": "drain", "brokers": [1] }), json!({}));
    assert!(matches!(stage.asked(&theirs), Asked::For(Goal::Drain { .. })));
}
