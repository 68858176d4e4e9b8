//! What a scene does not show, and what it shows of nodes that may not be made.

use super::*;
use crate::cluster::labels;
use klamm_kafka::{FreshPart, Unseen};
use klamm_resources::names::label;

fn planned(stage: &Stage, goal: &Goal, scene: &Scene) -> Plan {
    let rules = goal::rules(&stage.world.managed, &restart(stage.now));
    plan(goal, scene, &rules, &Own::default().planned(None), &Pace::default())
}

#[test]
fn a_node_is_not_made_on_a_volume_of_another_cluster_and_people_are_told_so() {
    let mut stage = Stage::new();
    stage.world.declare(&THREE.replace("replicas: 3", "replicas: 4"));
    assert_eq!(
        planned(&stage, &Goal::Scale, &stage.scene()).next,
        Next::Act(Act::Create(BTreeSet::from([BrokerId(3)])))
    );
    let mut claim = stage.world.observed.claims["data-demo-main-0"].clone();
    claim.metadata.name = Some("data-demo-main-3".to_owned());
    claim.metadata.labels.as_mut().unwrap().insert(label::NODE_ID.to_owned(), "3".to_owned());
    claim.metadata.annotations.as_mut().unwrap().insert(labels::CLUSTER_ID.to_owned(), "other".to_owned());
    stage.world.observed.claims.insert("data-demo-main-3".to_owned(), claim);
    let why = stage.world.plan().refused.first().unwrap().clone();
    assert!(why.contains("data-demo-main-3"), "{why}");
    let scene = stage.scene();
    let node = &scene.nodes[&BrokerId(3)];
    assert_eq!((&node.made, &node.life), (&Made::Missing, &Life::Stuck(why.clone())));
    let next = planned(&stage, &Goal::Scale, &scene).next;
    assert_eq!(next, Next::Wait(vec![Guard::NodeStuck(BrokerId(3), why)]));
}

#[test]
fn what_brokers_say_of_topics_counts_where_it_is_known_how_new_it_is() {
    let stage = Stage::new();
    let mut fresh = stage.fresh();
    let again = Goal::Restart { nodes: BTreeSet::new(), asked: UnixMillis(stage.now) };
    let scene = stage.scene_of(&fresh);
    assert!(matches!(planned(&stage, &again, &scene).next, Next::Act(Act::Replace(_))));
    // As where only a broker answers that has lost the controllers: everything is in sync there.
    let reason = "no broker that has read everything answered".to_owned();
    fresh.older_by = Known::Unknown;
    fresh.unseen = vec![Unseen { part: FreshPart::Age, broker: None, reason }];
    let scene = stage.scene_of(&fresh);
    assert_eq!(scene.topics, Known::Unknown);
    for goal in [again, Goal::Rebalance { topics: BTreeSet::new() }] {
        let Next::Wait(guards) = planned(&stage, &goal, &scene).next else { panic!("{goal:?}: it acts blindly") };
        let is_told = |guard: &Guard| guard.reason() == "Unseen" && guard.message().contains("how new");
        assert!(guards.iter().any(is_told), "{guards:?}");
    }
}

#[test]
fn a_broker_that_goes_and_was_evicted_comes_back_as_long_as_nobody_has_taken_it_away() {
    let mut stage = Stage::new();
    stage.world.declare(&THREE.replace("replicas: 3", "replicas: 2"));
    stage.world.observed.pods.remove("demo-main-2-0");
    let scene = stage.scene();
    let node = &scene.nodes[&BrokerId(2)];
    assert_eq!((&node.made, &node.life), (&Made::Surplus, &Life::Starting));
}
