//! What a scene shows of nodes that may not be made.

use super::*;
use crate::cluster::labels;
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
