//! What is declared otherwise, short of another version.

use super::lives::{Life, live, plan_for, rules, well};
use super::observe::millis;
use crate::operations::{Act, Goal, Guard, Next, Scope, StepKind};
use klamm_model::BrokerId;
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
