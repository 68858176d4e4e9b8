//! What is declared otherwise, short of another version.

use super::lives::{Life, live, plan_for, rules, topic_name, well};
use super::observe::millis;
use super::world::{Make, Pod, World};
use crate::operations::{
    Act, Goal, Guard, MIN_IN_SYNC, Next, Ours, Pace, Plan, Refusal, RollGoal, Scene, Scope, StepKind, plan_roll,
};
use klamm_model::{BrokerId, Known, PartitionId};
use std::collections::BTreeMap;

#[test]
fn what_can_change_in_running_brokers_is_changed_first_and_restarts_nothing() {
    let mut world = well(3, 3, true, false, "4.1.2");
    world.edits = vec![
        (Scope::Broker(BrokerId(2)), "log.cleaner.threads".to_owned(), None),
        (Scope::Cluster, "log.retention.ms".to_owned(), Some("1000".to_owned())),
    ];
    let plan = plan_for(&Goal::Reconfigure, &world, &rules(0));
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.kind, step.target.as_str())).collect();
    assert_eq!(steps[..2], [(StepKind::Reconfigure, "all brokers"), (StepKind::Reconfigure, "broker 2")]);
    let life = Life { world, rules: rules(0), faults: Vec::new(), kills: BTreeMap::new() };
    let acts = live(&life, &Goal::Reconfigure, |_| {}).unwrap().acts;
    assert!(acts.iter().all(|act| matches!(act, Act::Configure(_))), "{acts:?}");
    assert_eq!(acts.len(), 2);
}

#[test]
fn settings_of_running_brokers_wait_for_a_window_and_a_controller() {
    let mut world = well(3, 3, true, false, "4.1.2");
    world.edits = vec![(Scope::Cluster, "log.retention.ms".to_owned(), None)];
    world.opens = Some(50);
    let next = |world: &super::world::World| plan_for(&Goal::Reconfigure, world, &rules(0)).next;
    assert_eq!(next(&world), Next::Wait(vec![Guard::WindowClosed(millis(50))]));
    world.opens = None;
    world.active = None;
    assert_eq!(next(&world), Next::Wait(vec![Guard::NoController]));
}

#[test]
fn nodes_that_wait_for_another_version_are_left_to_the_upgrade() {
    let mut world = well(3, 3, true, false, "4.1.2");
    world.declared.version = "4.2.1".to_owned();
    world.declared.config = 1;
    assert_eq!(plan_for(&Goal::Reconfigure, &world, &rules(0)).next, Next::Done);
    let plan = plan_for(&Goal::Upgrade { to: "4.2.1".to_owned() }, &world, &rules(0));
    assert_eq!(plan.next, Next::Act(Act::Replace(BrokerId(1))));
    assert_eq!(plan.steps.iter().filter(|step| step.kind == StepKind::RestartBroker).count(), 3);
}

/// Brokers are to ask for so many replicas in sync where topics say nothing themselves.
fn asked(mut world: World, minimum: u32) -> World {
    world.edits = vec![(Scope::Cluster, MIN_IN_SYNC.to_owned(), Some(minimum.to_string()))];
    world
}

fn planned(scene: &Scene) -> Plan {
    plan_roll(RollGoal::Reconfigure, scene, &rules(0), &Ours::default(), &Pace::default())
}

fn configures(plan: &Plan, key: &str) -> bool {
    let Next::Act(Act::Configure(scopes)) = &plan.next else { return false };
    scopes.values().flatten().map(|(key, _)| key).eq([key])
}

/// Of three replicas of one partition the one on broker 0 is behind.
fn one_behind() -> World {
    let mut world = well(3, 3, true, false, "4.1.2");
    world.add_topic(0, 3, 3, 1);
    let topic = world.topics.get_mut(&topic_name(0)).unwrap();
    topic.partitions.get_mut(&PartitionId(1)).unwrap().in_sync.remove(&BrokerId(0));
    world
}

#[test]
fn a_minimum_above_the_replicas_of_topics_is_refused_with_their_names() {
    let mut world = well(4, 3, true, false, "4.1.2");
    world.add_topic(0, 2, 3, 1);
    world.add_topic(1, 2, 2, 1);
    // Nobody can write to it as it is.
    world.add_topic(2, 1, 1, 2);
    let mut scene = asked(world.clone(), 3).observe();
    let plan = planned(&scene);
    let Next::Refuse(refusals) = plan.next else { panic!("{:?}", plan.next) };
    assert_eq!(
        refusals.iter().map(Refusal::message).collect::<Vec<_>>(),
        [
            "With min.insync.replicas 3 nobody could write with acks=all to t1, which has fewer replicas (as few as 2): declare 2 at \
             most, or give them more replicas or a min.insync.replicas of their own first."
        ]
    );
    assert!(configures(&planned(&asked(world, 2).observe()), MIN_IN_SYNC), "as many as it has");
    let Known::Known(topics) = &mut scene.topics else { panic!("they are seen") };
    let own = BTreeMap::from([(MIN_IN_SYNC.to_owned(), "1".to_owned())]);
    topics.get_mut(&topic_name(1)).unwrap().config = Known::Known(own);
    assert!(configures(&planned(&scene), MIN_IN_SYNC), "what a topic says itself holds for it");
}

#[test]
fn a_minimum_waits_until_as_many_are_in_sync_everywhere_and_other_settings_do_not() {
    let mut world = asked(one_behind(), 3);
    let plan = planned(&world.observe());
    let Next::Wait(guards) = &plan.next else { panic!("{:?}", plan.next) };
    let [guard] = guards.as_slice() else { panic!("{guards:?}") };
    assert_eq!(
        guard.message(),
        "Waiting before min.insync.replicas becomes 3: t0-1 has 2 of 3 replicas in sync. Broker 0 is catching up."
    );
    let about = (guard.reason(), guard.partitions(), guard.brokers());
    assert_eq!(about, ("Minimum", vec![(topic_name(0), PartitionId(1))], vec![BrokerId(0)]));
    assert_eq!((plan.steps[0].kind, plan.steps[0].reason.as_str()), (StepKind::Reconfigure, MIN_IN_SYNC));
    assert!(configures(&planned(&asked(one_behind(), 2).observe()), MIN_IN_SYNC), "there are as many");

    world.edits.push((Scope::Cluster, "log.retention.ms".to_owned(), Some("1000".to_owned())));
    assert!(configures(&planned(&world.observe()), "log.retention.ms"), "without the minimum");
    world.edits.pop();
    let life = Life { world, rules: rules(0), faults: Vec::new(), kills: BTreeMap::new() };
    let told = live(&life, &Goal::Reconfigure, |world| {
        let whole = world.topics.values().flat_map(|topic| topic.partitions.values()).all(|one| one.in_sync.len() == 3);
        assert!(whole || !world.edits.is_empty(), "second {}: it was written too soon", world.now);
    });
    assert_eq!(told.unwrap().acts.len(), 1, "once it is whole");
}

#[test]
fn a_node_that_is_down_is_mended_while_a_minimum_waits_for_its_replicas() {
    let mut world = asked(one_behind(), 3);
    let bad = Make { config: 9, ..world.declared.clone() };
    let node = world.nodes.get_mut(&BrokerId(0)).unwrap();
    (node.runs, node.template, node.pod) = (bad.clone(), bad, Pod::Stuck { until: i64::MAX });
    assert_eq!(planned(&world.observe()).next, Next::Act(Act::Replace(BrokerId(0))));
}

#[test]
fn a_lower_minimum_waits_for_nobody_and_what_is_not_known_is_waited_for() {
    let mut world = one_behind();
    world.topics.get_mut(&topic_name(0)).unwrap().minimum = 3;
    assert!(configures(&planned(&asked(world.clone(), 2).observe()), MIN_IN_SYNC));
    world.edits = vec![(Scope::Cluster, MIN_IN_SYNC.to_owned(), None)];
    assert!(configures(&planned(&world.observe()), MIN_IN_SYNC), "Kafka asks for one");
    let mut scene = asked(one_behind(), 2).observe();
    let Known::Known(topics) = &mut scene.topics else { panic!("they are seen") };
    topics.get_mut(&topic_name(0)).unwrap().config = Known::Unknown;
    let plan = planned(&scene);
    let Next::Wait(guards) = &plan.next else { panic!("{:?}", plan.next) };
    assert_eq!(
        guards[0],
        Guard::Unseen(vec![
            "What min.insync.replicas is for t0, and whether it is set there, is not known.".to_owned()
        ])
    );
    scene.topics = Known::Unknown;
    assert!(matches!(planned(&scene).next, Next::Wait(_)));
}
