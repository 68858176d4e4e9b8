//! Rolls one danger at a time.

use super::lives::{Kill, Life};
use super::lives::{live, plan_for, rules, topic_name, well};
use super::observe::millis;
use super::world::{Part, Pod, World};
use crate::operations::{
    Act, Goal, Guard, Made, Next, Ours, Pace, Refusal, RollGoal, Rules, StepKind, StepState, plan_roll,
};
use klamm_model::{BrokerId, Known, PartitionId};
use std::collections::{BTreeMap, BTreeSet};

fn all() -> Goal {
    Goal::Restart { nodes: BTreeSet::new(), asked: millis(0) }
}

fn replaced(acts: &[Act]) -> Vec<i32> {
    let replaced = acts.iter().filter_map(|act| match act {
        Act::Replace(id) => Some(id.0),
        _ => None,
    });
    replaced.collect()
}

fn carried_out(world: World, goal: &Goal) -> Vec<Act> {
    let life = Life { world, rules: rules(0), faults: Vec::new(), kills: BTreeMap::new() };
    live(&life, goal, |_| {}).unwrap().acts
}

fn guards(world: &World, rules: &Rules) -> Vec<Guard> {
    match plan_for(&all(), world, rules).next {
        Next::Wait(guards) => guards,
        other => panic!("{other:?}"),
    }
}

/// Three combined nodes with `orders-0` on all of them.
fn three() -> World {
    let mut world = well(3, 3, true, false, "4.1.2");
    world.add_topic(0, 1, 3, 2);
    world
}

#[test]
fn controllers_come_first_then_rack_by_rack_and_the_active_controller_last() {
    // Brokers 0 to 5 in racks a, b and c in turn, controllers 6 to 8.
    let mut world = well(6, 3, false, true, "4.1.2");
    world.add_topic(0, 6, 3, 2);
    assert_eq!(replaced(&carried_out(world.clone(), &all())), [7, 8, 0, 3, 1, 4, 2, 5, 6]);
    // One of rack c is done already: that rack is finished first.
    world.nodes.get_mut(&BrokerId(5)).unwrap().born = 0;
    assert_eq!(replaced(&carried_out(world, &all())), [8, 7, 2, 0, 3, 1, 4, 6]);
}

#[test]
fn of_two_racks_that_are_begun_one_is_finished_first() {
    let mut world = well(6, 1, false, false, "4.1.2");
    for (id, node) in world.nodes.iter_mut().filter(|(_, node)| node.broker) {
        node.rack = Some(if id.0 % 2 == 0 { "b" } else { "a" }.to_owned());
        node.born = if id.0 < 2 { 0 } else { -1000 };
    }
    assert_eq!(replaced(&carried_out(world, &all())), [3, 5, 2, 4, 6]);
}

#[test]
fn what_will_hold_back_later_nodes_is_told_ahead() {
    let mut world = three();
    world.add_topic(1, 1, 2, 1);
    // Broker 2 comes after broker 1, and is the only one that has it.
    world.topics.get_mut(&topic_name(1)).unwrap().partitions.get_mut(&PartitionId(0)).unwrap().in_sync =
        [BrokerId(2)].into();
    let lenient = Rules { max_under_replicated: 9, ..rules(0) };
    let plan = plan_for(&all(), &world, &lenient);
    assert_eq!(plan.next, Next::Act(Act::Replace(BrokerId(1))));
    let [Guard::InSync { broker, partitions }] = &plan.ahead[..] else { panic!("{:?}", plan.ahead) };
    assert_eq!((*broker, &partitions[0].partition), (BrokerId(2), &(topic_name(1), PartitionId(0))));
}

#[test]
fn after_each_restart_the_broker_leads_again_what_it_is_preferred_for() {
    let acts = carried_out(three(), &all());
    // Only broker 0 is preferred for anything, and it is the active controller, therefore last.
    assert_eq!(replaced(&acts), [1, 2, 0]);
    let elected = Act::Elect(BTreeSet::from([(topic_name(0), PartitionId(0))]));
    assert_eq!(acts.last(), Some(&elected));
}

#[test]
fn a_partition_at_its_minimum_holds_back_the_broker_it_needs_and_names_who_is_behind() {
    let mut world = three();
    world
        .topics
        .get_mut(&topic_name(0))
        .unwrap()
        .partitions
        .get_mut(&PartitionId(0))
        .unwrap()
        .in_sync
        .remove(&BrokerId(2));
    let guards = guards(&world, &rules(0));
    let told: Vec<String> = guards.iter().map(Guard::message).collect();
    assert_eq!(
        told[0],
        "Waiting before restarting broker 1: t0-0 has 2 of 3 replicas in sync and needs 2 without broker 1. Broker 2 is catching up."
    );
    assert_eq!(told[1], "Waiting because 1 partition lacks replicas: t0-0.");
    assert_eq!(guards.len(), 2, "{told:?}");
    assert_eq!(guards[0].reason(), "InSync");
    assert_eq!(guards[0].partitions(), [(topic_name(0), PartitionId(0))]);
    assert_eq!(guards[0].brokers(), [BrokerId(1), BrokerId(2)]);
}

#[test]
fn headroom_is_kept_where_there_are_replicas_enough_and_told_where_there_are_not() {
    let mut world = three();
    world.add_topic(1, 1, 3, 1);
    let headroom = Rules { isr_headroom: 1, max_under_replicated: 9, ..rules(0) };
    let lag = |world: &mut World, at: usize| {
        let topic = world.topics.get_mut(&topic_name(at)).unwrap();
        topic.partitions.get_mut(&PartitionId(0)).unwrap().in_sync.remove(&BrokerId(2));
    };
    lag(&mut world, 1);
    // A minimum of 1 and a headroom of 1: two others have to be in sync. Without the headroom one would do.
    let [Guard::InSync { partitions, .. }] = &guards(&world, &headroom)[..] else { panic!() };
    assert_eq!((partitions[0].left, partitions[0].needs), (1, 2));
    let plan = plan_for(&all(), &world, &Rules { isr_headroom: 0, ..headroom.clone() });
    assert_eq!(plan.next, Next::Act(Act::Replace(BrokerId(1))));
    // A minimum of 2 of 3 leaves no room for one: all others, and not the impossible.
    let plan = plan_for(&all(), &three(), &headroom);
    assert_eq!(plan.next, Next::Act(Act::Replace(BrokerId(1))));
    assert!(plan.remarks.iter().any(|remark| remark.starts_with("t0 cannot keep the headroom")), "{:?}", plan.remarks);
}

#[test]
fn what_cannot_be_helped_is_listed_before_the_first_step_and_needs_somebody_who_accepts_it() {
    let mut world = three();
    world.add_topic(1, 1, 1, 1);
    world.add_topic(2, 1, 2, 2);
    let named = BTreeSet::from([topic_name(1), topic_name(2)]);
    assert_eq!(guards(&world, &rules(0)), [Guard::AcceptUnavailable(named.clone())]);
    let plan = plan_for(&all(), &world, &Rules { accept_unavailable: named, ..rules(0) });
    assert_eq!(plan.next, Next::Act(Act::Replace(BrokerId(1))));
    assert!(
        plan.remarks.contains(&"t1 and t2 will be unavailable while a broker restarts, as was accepted.".to_owned())
    );
}

#[test]
fn on_ephemeral_storage_the_only_copy_is_never_thrown_away() {
    let mut world = three();
    world.ephemeral = true;
    world.topics.get_mut(&topic_name(0)).unwrap().partitions.get_mut(&PartitionId(0)).unwrap().in_sync =
        [BrokerId(1)].into();
    let lenient = Rules { max_under_replicated: 9, ..rules(0) };
    let reasons: Vec<&str> = guards(&world, &lenient).iter().map(Guard::reason).collect();
    assert_eq!(reasons, ["InSync", "OnlyCopy", "UnderReplicated"]);
    // Even when its pod is stuck: it may come to run where it is.
    world.nodes.get_mut(&BrokerId(1)).unwrap().pod = Pod::Stuck { until: i64::MAX };
    world.nodes.get_mut(&BrokerId(1)).unwrap().behind = 9;
    let found = guards(&world, &lenient);
    assert_eq!(found.iter().map(Guard::reason).collect::<Vec<_>>(), ["OnlyCopy"]);
    assert_eq!(
        found[0].message(),
        "Waiting before restarting broker 1, whose storage goes with its pod: no other replica in sync has t0-0."
    );
}

#[test]
fn the_quorum_has_to_do_without_the_candidate() {
    let mut world = three();
    world.nodes.get_mut(&BrokerId(2)).unwrap().behind = 120;
    let guards = guards(&world, &rules(0));
    assert_eq!(
        guards[0].message(),
        "Waiting before restarting controller 1: 1 other controller has everything, and 2 are needed. Controller 2 is 120 records behind."
    );
    world.active = None;
    assert_eq!(super::rolls::guards(&world, &rules(0)), [Guard::NoController]);
    // Of five, one may be behind.
    let mut five = well(5, 5, true, false, "4.1.2");
    five.nodes.get_mut(&BrokerId(4)).unwrap().behind = 1;
    assert_eq!(plan_for(&all(), &five, &rules(0)).next, Next::Act(Act::Replace(BrokerId(1))));
}

#[test]
fn one_or_two_controllers_are_restarted_and_what_that_means_is_told() {
    for (controllers, told) in [(1, "The quorum has one controller only"), (2, "The quorum has two controllers only")] {
        let world = well(3, controllers, false, false, "4.1.2");
        let plan = plan_for(&all(), &world, &rules(0));
        assert!(plan.remarks.iter().any(|remark| remark.starts_with(told)), "{:?}", plan.remarks);
        assert_eq!(replaced(&carried_out(world, &all())).len(), 3 + controllers);
    }
}

#[test]
fn what_is_not_known_never_passes() {
    for part in [Part::Topics, Part::Minimums, Part::Quorum, Part::Moves, Part::Serving, Part::ReadySince, Part::Born] {
        let mut world = three();
        world.blind.insert(part, 100);
        let plan = plan_for(&all(), &world, &rules(5));
        let Next::Wait(guards) = plan.next else { panic!("{part:?}: {:?}", plan.next) };
        assert!(guards.iter().any(|guard| guard.reason() == "Unseen"), "{part:?}: {guards:?}");
    }
}

#[test]
fn one_that_does_not_come_back_stops_everything_and_is_explained() {
    let mut world = three();
    world.declared.config = 1;
    world.bad.push(world.declared.clone());
    world.apply(&Act::Replace(BrokerId(1))).unwrap();
    for _ in 0..20 {
        world.tick();
    }
    let Next::Wait(guards) = plan_for(&Goal::Reconfigure, &world, &rules(0)).next else { panic!() };
    assert_eq!(
        guards[0].message(),
        "Node 1 does not come up as it is declared now: its image is not there. No other node is taken down before it is well."
    );
    // Declared as before, it is the one that differs, and is brought back although nothing else is asked.
    world.declared.config = 0;
    let plan = plan_for(&Goal::Reconfigure, &world, &rules(0));
    assert_eq!(plan.next, Next::Act(Act::Replace(BrokerId(1))));
    assert!(plan.steps[0].reason.ends_with("is down, so that nothing is taken from anybody"), "{:?}", plan.steps);
}

#[test]
fn log_recovery_is_never_interrupted() {
    let mut world = three();
    world.nodes.get_mut(&BrokerId(2)).unwrap().pod = Pod::Recovering { until: 99 };
    let guards = guards(&world, &rules(0));
    assert_eq!(guards[0], Guard::LogRecovery(BrokerId(2)));
    assert!(guards[0].message().contains("reads its logs"));
}

#[test]
fn soak_and_windows_hold_back_the_next_node_but_not_what_is_begun() {
    let mut world = three();
    world.opens = Some(50);
    assert_eq!(guards(&world, &rules(0)), [Guard::WindowClosed(millis(50))]);
    world.opens = Some(2);
    world.now = 3;
    world.apply(&Act::Replace(BrokerId(0))).unwrap();
    world.opens = Some(1000);
    for _ in 0..20 {
        world.tick();
    }
    // It leads again though the window has closed; the next one waits for it.
    assert!(matches!(plan_for(&all(), &world, &rules(60)).next, Next::Act(Act::Elect(_))));
    let Next::Act(elect) = plan_for(&all(), &world, &rules(60)).next else { panic!() };
    world.apply(&elect).unwrap();
    let ready = world.nodes[&BrokerId(0)].ready_since;
    assert_eq!(
        guards(&world, &rules(60)),
        [Guard::Soak(BrokerId(0), millis(ready + 60)), Guard::WindowClosed(millis(1000))]
    );
}

#[test]
fn replicas_on_their_way_hold_back_a_roll_whoever_moves_them() {
    let mut world = three();
    let place = (topic_name(0), PartitionId(0));
    world.foreign.insert(place.clone(), 100);
    assert_eq!(guards(&world, &rules(0)), [Guard::ForeignMoves(BTreeSet::from([place.clone()]))]);
    let ours = Ours { moving: BTreeMap::from([(place, vec![BrokerId(0)])]), ..Ours::default() };
    let nobody = BTreeSet::new();
    let goal = RollGoal::Restart { nodes: &nobody, asked: millis(0) };
    let plan = plan_roll(goal, &world.observe(), &rules(0), &ours, &Pace::default());
    assert_eq!(plan.next, Next::Wait(vec![Guard::Moving { partitions: 1, bytes: Known::Unknown }]));
}

#[test]
fn a_broker_that_is_ready_and_not_let_in_may_be_restarted_though_it_is_what_partitions_lack() {
    let mut world = three();
    world.nodes.get_mut(&BrokerId(2)).unwrap().fenced_until = i64::MAX;
    world.tick();
    let lacking = world.topics[&topic_name(0)].partitions[&PartitionId(0)].in_sync.len();
    assert_eq!(lacking, 2);
    let plan = plan_for(&all(), &world, &rules(0));
    assert_eq!(plan.next, Next::Act(Act::Replace(BrokerId(2))), "the one that is ill comes first");
    let goal = Goal::Restart { nodes: [BrokerId(1)].into(), asked: millis(0) };
    let Next::Wait(guards) = plan_for(&goal, &world, &rules(0)).next else { panic!() };
    assert_eq!(guards[0], Guard::NodesAway([BrokerId(2)].into()));
}

#[test]
fn a_roll_is_over_when_the_last_controller_has_caught_up() {
    let mut world = three();
    world.nodes.get_mut(&BrokerId(2)).unwrap().behind = 7;
    let done = Goal::Restart { nodes: BTreeSet::new(), asked: millis(-2000) };
    let Next::Wait(guards) = plan_for(&done, &world, &rules(0)).next else { panic!() };
    assert_eq!(guards[0].message(), "Controller 2 is still catching up with the quorum, 7 records behind.");
    world.nodes.get_mut(&BrokerId(2)).unwrap().behind = 0;
    assert_eq!(plan_for(&done, &world, &rules(0)).next, Next::Done);
}

#[test]
fn a_restart_of_one_brings_back_another_that_is_down_and_declared_otherwise() {
    let mut world = three();
    world.nodes.get_mut(&BrokerId(2)).unwrap().pod = Pod::Stuck { until: i64::MAX };
    let goal = Goal::Restart { nodes: [BrokerId(1)].into(), asked: millis(0) };
    let Next::Wait(guards) = plan_for(&goal, &world, &rules(0)).next else { panic!() };
    assert_eq!(guards[0].reason(), "NodeStuck", "as it is declared now");
    world.declared.config = 1;
    assert_eq!(plan_for(&goal, &world, &rules(0)).next, Next::Act(Act::Replace(BrokerId(2))));
    // Another version has a preflight, which a restart has not.
    world.declared.version = "4.2.1".to_owned();
    let plan = plan_for(&goal, &world, &rules(0));
    assert!(matches!(plan.next, Next::Wait(_)), "{:?}", plan.next);
    assert_eq!(plan.remarks[0], "Another version is declared for broker 1: the upgrade restarts it.");
}

#[test]
fn what_is_being_moved_does_not_count_as_lacking() {
    let mut world = three();
    let place = (topic_name(0), PartitionId(0));
    let in_sync = &mut world.topics.get_mut(&place.0).unwrap().partitions.get_mut(&place.1).unwrap().in_sync;
    in_sync.remove(&BrokerId(2));
    let done = Goal::Restart { nodes: BTreeSet::new(), asked: millis(-2000) };
    assert!(matches!(plan_for(&done, &world, &rules(0)).next, Next::Wait(_)));
    world.foreign.insert(place, 100);
    assert_eq!(plan_for(&done, &world, &rules(0)).next, Next::Done);
}

#[test]
fn a_node_that_is_not_there_cannot_be_restarted() {
    let goal = Goal::Restart { nodes: [BrokerId(7)].into(), asked: millis(0) };
    let plan = plan_for(&goal, &three(), &rules(0));
    assert_eq!(plan.next, Next::Refuse(vec![Refusal::NoSuchNode([BrokerId(7)].into())]));
    // One that leaves is there, and is let go.
    let mut scene = three().observe();
    scene.nodes.get_mut(&BrokerId(2)).unwrap().made = Made::Surplus;
    let nodes = BTreeSet::from([BrokerId(2)]);
    let goal = RollGoal::Restart { nodes: &nodes, asked: millis(0) };
    let plan = plan_roll(goal, &scene, &rules(0), &Ours::default(), &Pace::default());
    assert_eq!((plan.next, &plan.remarks[0][..]), (Next::Done, "Broker 2 is about to leave and is not restarted."));
}

#[test]
fn how_long_it_takes_comes_from_restarts_that_were_measured() {
    let world = three();
    let none = BTreeSet::new();
    let goal = RollGoal::Restart { nodes: &none, asked: millis(0) };
    let eta =
        |pace: &Pace, world: &World| plan_roll(goal, &world.observe(), &rules(10), &Ours::default(), pace).eta_seconds;
    assert_eq!(eta(&Pace::default(), &world), Known::Unknown);
    let pace = Pace { restarts: BTreeMap::from([(BrokerId(0), 30), (BrokerId(1), 20)]), ..Pace::default() };
    // 20 and 30 as measured, with their soak, and 25 for the one that was not.
    assert_eq!(eta(&pace, &world), Known::Known(20 + 30 + 25));
    let mut world = world;
    world.apply(&Act::Replace(BrokerId(1))).unwrap();
    world.nodes.get_mut(&BrokerId(1)).unwrap().born = 5;
    world.now = 10;
    assert_eq!(eta(&pace, &world), Known::Known(15 + 30 + 25), "5 of the 20 seconds are over");
}

#[test]
fn killed_between_all_acts_it_tells_the_same_steps() {
    let told = |kills| {
        let life = Life { world: three(), rules: rules(2), faults: Vec::new(), kills };
        live(&life, &all(), |_| {}).unwrap().steps
    };
    let unhurt = told(BTreeMap::new());
    let killed =
        told((0..40).step_by(2).map(|at| (at, if at % 4 == 0 { Kill::Before } else { Kill::Halfway })).collect());
    assert_eq!(unhurt, killed);
    let kinds: Vec<_> = unhurt.iter().map(|step| (step.kind, step.target.as_str(), step.state)).collect();
    assert_eq!(
        kinds,
        [
            (StepKind::RestartBroker, "broker 1", StepState::Done),
            (StepKind::RestartBroker, "broker 2", StepState::Done),
            (StepKind::RestartBroker, "broker 0", StepState::Done),
            (StepKind::WaitFor, "every partition", StepState::Done),
        ]
    );
    assert_eq!(unhurt[2].reason, "was asked for; active controller, therefore last");
}
