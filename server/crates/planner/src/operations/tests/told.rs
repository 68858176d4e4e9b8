//! What is told, what is due, and what is set right: small functions by themselves.

use super::lives::{topic_name, well};
use super::observe::features_of;
use crate::operations::{
    Act, Declared, DeclaredLevels, Door, Formation, Goal, Guard, Made, Next, Ours, Plan, Refusal, STEPS_KEPT, Scene,
    Scope, Step, StepKind, StepState, Throttle, cancel, due, follow, levels,
};
use klamm_model::{BrokerId, Known, PartitionId, Reassignment, TopicName, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

fn scene() -> Scene {
    well(3, 3, true, false, "4.1.2").observe()
}

fn declared() -> Declared {
    Declared { version: "4.1.2".to_owned(), metadata: None }
}

fn differs(field: &str) -> Made {
    Made::Other([field.to_owned()].into())
}

#[test]
fn what_is_due_comes_one_after_the_other() {
    let mut scene = scene();
    assert_eq!(due(&scene, &declared()), None);
    let node = |scene: &mut Scene, made: Made| scene.nodes.get_mut(&BrokerId(1)).unwrap().made = made;
    scene.edits = vec![(Scope::Cluster, "log.retention.ms".to_owned(), None)];
    assert_eq!(due(&scene, &declared()), Some(Goal::Reconfigure));
    node(&mut scene, differs("config num.io.threads"));
    scene.edits.clear();
    assert_eq!(due(&scene, &declared()), Some(Goal::Reconfigure));
    scene.nodes.get_mut(&BrokerId(2)).unwrap().made = Made::Surplus;
    assert_eq!(due(&scene, &declared()), Some(Goal::Scale));
    scene.nodes.get_mut(&BrokerId(2)).unwrap().made = Made::Missing;
    assert_eq!(due(&scene, &declared()), Some(Goal::Scale));
    node(&mut scene, differs(Made::VERSION));
    assert_eq!(due(&scene, &declared()), Some(Goal::Upgrade { to: "4.1.2".to_owned() }));
    scene.formation = Formation::Forming;
    assert_eq!(due(&scene, &declared()), None);
}

#[test]
fn levels_are_due_once_all_nodes_can_do_them() {
    let mut scene = well(3, 3, true, false, "4.2.1").observe();
    let levels = levels("4.2-IV1").unwrap();
    let metadata = Some(DeclaredLevels { name: "4.2-IV1".to_owned(), levels: levels.clone() });
    let declared = Declared { version: "4.2.1".to_owned(), metadata };
    assert_eq!(due(&scene, &declared), None, "in force already");
    scene.features = Known::Known(crate::operations::levels("4.1").unwrap());
    assert_eq!(due(&scene, &declared), Some(Goal::Finalise { name: "4.2-IV1".to_owned(), levels }));
    scene.nodes.get_mut(&BrokerId(0)).unwrap().features = features_of("4.1.2");
    assert_eq!(due(&scene, &declared), None);
    scene.nodes.get_mut(&BrokerId(0)).unwrap().features = Known::Unknown;
    assert_eq!(due(&scene, &declared), None);
}

#[test]
fn what_is_ours_is_set_right_in_order_and_nothing_of_others() {
    let mut scene = scene();
    let place = (topic_name(0), PartitionId(0));
    let way = |at: usize| Reassignment {
        topic: topic_name(at),
        partition: PartitionId(0),
        adding: Box::from([BrokerId(2)]),
        removing: Box::from([]),
    };
    scene.moves = Known::Known(vec![way(0), way(1)]);
    assert_eq!(cancel(&scene, &Ours::default()), Next::Done, "somebody else's");
    let throttle = Throttle { rate: 1, ..Throttle::default() };
    let mut ours = Ours {
        throttle: Some(throttle.clone()),
        moving: BTreeMap::from([(place.clone(), vec![BrokerId(0)])]),
        returning: BTreeMap::from([(place.clone(), vec![BrokerId(1), BrokerId(0)])]),
        cordoned: [BrokerId(2)].into(),
        ..Ours::default()
    };
    assert_eq!(cancel(&scene, &ours), Next::Act(Act::CancelMoves([place].into())));
    scene.moves = Known::Unknown;
    assert!(matches!(cancel(&scene, &ours), Next::Wait(_)));
    scene.moves = Known::Known(vec![way(1)]);
    assert_eq!(cancel(&scene, &ours), Next::Act(Act::Unthrottle(throttle)));
    ours.throttle = None;
    assert_eq!(cancel(&scene, &ours), Next::Act(Act::Uncordon([BrokerId(2)].into())));
    ours.cordoned.clear();
    scene.topics = Known::Unknown;
    assert!(matches!(cancel(&scene, &ours), Next::Wait(_)), "the order of before comes last");
    ours.returning.clear();
    assert_eq!(cancel(&scene, &ours), Next::Done);
}

fn step(kind: StepKind, target: &str, state: StepState) -> Step {
    Step { kind, target: target.to_owned(), reason: "because".to_owned(), state, door: Door::Open }
}

fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        steps,
        next: Next::Done,
        ahead: Vec::new(),
        remarks: Vec::new(),
        bytes_left: Known::Unknown,
        partitions_left: 0,
        eta_seconds: Known::Unknown,
        lanes: None,
        aim: None,
    }
}

#[test]
fn steps_that_are_not_left_any_more_are_done_or_were_not_needed() {
    use StepKind::{RestartBroker, WaitFor};
    use StepState::{Done, Planned, Running, Skipped};
    let said =
        follow(&[], &plan(vec![step(RestartBroker, "broker 0", Running), step(RestartBroker, "broker 1", Planned)]));
    // While broker 0 comes back the step is still its restart.
    let said = follow(&said, &plan(vec![step(WaitFor, "broker 0", Running), step(RestartBroker, "broker 1", Planned)]));
    assert_eq!(said, [step(RestartBroker, "broker 0", Running), step(RestartBroker, "broker 1", Planned)]);
    let said = follow(&said, &plan(vec![step(RestartBroker, "broker 2", Planned)]));
    let told: Vec<_> = said.iter().map(|step| (step.target.as_str(), step.state)).collect();
    assert_eq!(told, [("broker 0", Done), ("broker 1", Skipped), ("broker 2", Planned)]);
    // What was done and has to be done once more is another step, and goes its own way.
    let said = follow(&said, &plan(vec![step(RestartBroker, "broker 0", Planned)]));
    let said = follow(&said, &plan(vec![step(RestartBroker, "broker 0", Running)]));
    let said = follow(&said, &plan(vec![step(WaitFor, "broker 0", Running)]));
    let said = follow(&said, &plan(Vec::new()));
    let told: Vec<_> = said.iter().map(|step| (step.target.as_str(), step.state)).collect();
    assert_eq!(told, [("broker 0", Done), ("broker 1", Skipped), ("broker 2", Skipped), ("broker 0, once more", Done)]);
}

#[test]
fn the_list_of_steps_is_bounded_and_keeps_what_is_left() {
    let many = |from: usize, state: StepState| -> Vec<Step> {
        (from..from + 200).map(|at| step(StepKind::RestartBroker, &format!("broker {at}"), state)).collect()
    };
    let said = follow(&many(0, StepState::Done), &plan(many(200, StepState::Planned)));
    assert_eq!(said.len(), STEPS_KEPT);
    assert_eq!(said[0].target, "broker 150");
    assert_eq!(said.last().unwrap().target, "broker 399");
}

fn topic(name: &str) -> TopicName {
    name.parse().unwrap()
}

#[test]
fn sentences_name_a_few_and_say_how_many_there_are() {
    let places: BTreeSet<(TopicName, PartitionId)> = ["__consumer_offsets", "orders", "payments"]
        .iter()
        .flat_map(|name| (0..40).map(|at| (topic(name), PartitionId(at))))
        .collect();
    let guard = Guard::UnderReplicated { partitions: places.clone(), allowed: 2 };
    assert_eq!(
        guard.message(),
        "Waiting because 120 partitions lack replicas, and 2 may: orders-0, orders-1, orders-2 and 117 more."
    );
    assert_eq!(guard.partitions().len(), 120);
    assert_eq!(guard.partitions()[79], (topic("payments"), PartitionId(39)), "Kafka's own come last");
    let told = [
        Guard::NodesAway([BrokerId(1)].into()).message(),
        Guard::NodesAway([BrokerId(1), BrokerId(2)].into()).message(),
        Guard::WindowClosed(UnixMillis(1_764_432_005_000)).message(),
        Guard::Moving { partitions: 1, bytes: Known::Known(3 << 30) }.message(),
        Guard::NotEmpty(BrokerId(3), 12).message(),
        Guard::AcceptUnavailable([topic("orders"), topic("a")].into()).message(),
        Refusal::Factor { topic: topic("orders"), factor: 3, brokers: 2 }.message(),
        Refusal::BelowMinimum { topic: topic("orders"), factor: 1, minimum: 2 }.message(),
        Refusal::NoSuchNode([BrokerId(7)].into()).message(),
        Act::Replace(BrokerId(1)).words(),
        Act::Configure(BTreeMap::from([(Scope::Broker(BrokerId(2)), BTreeMap::from([("a.b".to_owned(), None)]))]))
            .words(),
        Act::SetFeatures(BTreeMap::from([("group.version".to_owned(), 1)])).words(),
        Act::Elect([(topic("orders"), PartitionId(1))].into()).words(),
        Act::Restore([((topic("orders"), PartitionId(1)), vec![BrokerId(0)])].into()).words(),
    ];
    assert_eq!(
        told,
        [
            "Waiting because node 1 does not serve.",
            "Waiting because nodes 1 and 2 do not serve.",
            "Waiting for the next maintenance window, which opens on 29 Nov 2025, 16:00:05 UTC.",
            "Waiting for 1 partition whose replicas are on their way, with 3 GiB still to come.",
            "Broker 3 still has 12 replicas in its log dirs.",
            "Waiting until an operator accepts by name (acceptUnavailable) that a and orders will be unavailable while brokers \
             restart, or lose what only one broker has: there is no replica to spare.",
            "Topic orders has 3 replicas and there would be only 2 brokers.",
            "Topic orders would have 1 replica and needs 2 in sync: lower its min.insync.replicas first, or ask for at least 2.",
            "There is no node 7.",
            "Restarting node 1 as it is declared.",
            "Changing a.b for broker 2 without a restart.",
            "Setting group.version to 1.",
            "Having 1 partition led where it is preferred.",
            "Putting replicas of orders-1 into the order of before.",
        ]
    );
}
