//! Nodes that are declared and may not be made.

use super::*;

#[test]
fn a_node_that_may_not_be_made_is_told_and_nobody_is_made_beside_it() {
    let mut world = World::new(3, 0, &[(4, 3)]);
    world.declare(3..5, 0);
    let made = |world: &World| plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default()).next;
    let both = Next::Act(Act::Create(BTreeSet::from([BrokerId(3), BrokerId(4)])));
    assert_eq!(made(&world), both);
    let why = "the volume data-demo-main-4 holds data of another cluster: delete the claim".to_owned();
    world.scene.nodes.get_mut(&BrokerId(4)).unwrap().life = Life::Stuck(why.clone());
    assert_eq!(made(&world), Next::Wait(vec![Guard::NodeStuck(BrokerId(4), why)]));
    // Whoever declares fewer again need not delete anything.
    world.scene.nodes.remove(&BrokerId(4));
    assert_eq!(made(&world), Next::Act(Act::Create(BTreeSet::from([BrokerId(3)]))));
}
