//! What may rest on a move that is just over, of whose end brokers have not heard.

use super::super::super::{Doubt, Replicas, theirs, unheard};
use super::*;

fn place() -> (TopicName, PartitionId) {
    ("topic-0".parse().unwrap(), PartitionId(0))
}

fn lies(world: &mut World, replicas: &[i32]) {
    let partition = world.topics().get_mut(&place().0).unwrap().partitions.get_mut(&place().1).unwrap();
    partition.replicas = replicas.iter().copied().map(BrokerId).collect();
}

#[test]
fn nothing_is_refused_for_too_many_replicas_before_that_was_concluded_again() {
    let mut world = World::new(3, 0, &[(4, 3)]);
    world.surplus([2]);
    let next = |world: &World| plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default()).next;
    world.ours.doubts = BTreeSet::from(Doubt::ALL);
    let Next::Wait(guards) = next(&world) else { panic!("{:?}", next(&world)) };
    assert_eq!(guards.iter().map(Guard::reason).collect::<Vec<_>>(), ["Unheard"]);
    assert_eq!(Doubt::of(&Next::Wait(guards)), Some(Doubt::Refused));
    world.ours.doubts.remove(&Doubt::Refused);
    assert!(matches!(next(&world), Next::Refuse(_)));
    assert_eq!(Doubt::of(&next(&world)), Some(Doubt::Refused), "while what is ours is set right");
}

#[test]
fn what_was_called_back_gets_its_order_once_brokers_have_heard_of_it() {
    let mut world = World::new(4, 0, &[(1, 3)]);
    let before = [0, 1, 2].map(BrokerId).to_vec();
    world.ours.returning = BTreeMap::from([(place(), before.clone())]);
    world.ours.doubts = BTreeSet::from(Doubt::ALL);
    lies(&mut world, &[3, 1, 2, 0]);
    assert_eq!(Doubt::of(&cancel(&world.scene, &world.ours)), Some(Doubt::Returned));
    lies(&mut world, &[1, 2, 0]);
    assert_eq!(cancel(&world.scene, &world.ours), Next::Act(Act::Restore(BTreeMap::from([(place(), before)]))));
    lies(&mut world, &[3, 1, 2, 0]);
    world.ours.doubts.clear();
    assert_eq!(cancel(&world.scene, &world.ours), Next::Done, "somebody else has added one for good");
}

#[test]
fn what_somebody_else_has_moved_counts_as_on_its_way_until_brokers_have_heard_of_its_end() {
    let mut world = World::new(4, 0, &[(1, 3)]);
    lies(&mut world, &[3, 1, 2, 0]);
    let (topic, partition) = place();
    let one = Reassignment { topic, partition, adding: Box::from([BrokerId(3)]), removing: Box::from([BrokerId(0)]) };
    world.moves().push(one.clone());
    let seen = theirs(&world.scene, &Replicas::new());
    assert_eq!(seen, BTreeMap::from([(place(), [1, 2, 0].map(BrokerId).to_vec())]));
    assert_eq!(theirs(&world.scene, &seen), Replicas::new(), "what is ours is written down");
    assert_eq!(unheard(world.topics(), &[], &seen), [one]);
    lies(&mut world, &[3, 1, 2]);
    assert_eq!(unheard(world.topics(), &[], &seen), []);
    // Somebody gives it one replica more: that is no move that will show fewer once it is over.
    lies(&mut world, &[3, 0, 1, 2]);
    world.moves()[0].removing = Box::from([]);
    assert_eq!(theirs(&world.scene, &Replicas::new()), Replicas::new());
}
