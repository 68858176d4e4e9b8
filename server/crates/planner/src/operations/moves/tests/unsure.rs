//! What is written down, and was perhaps never set; and what seems to be gone, and is not.

use super::super::super::Unsure;
use super::*;

fn drain() -> Goal {
    Goal::Drain { brokers: BTreeSet::from([BrokerId(3)]) }
}

fn next(world: &World) -> Next {
    plan_goal(&drain(), &world.scene, &rules(), &world.ours, &Pace::default()).next
}

/// Where the first replicas are about to go.
fn about_to_move() -> World {
    let mut world = World::new(4, 0, &[(40, 3)]);
    world.count_on_disk();
    for _ in 0..3 {
        match next(&world) {
            Next::Act(Act::Move(_)) => return world,
            Next::Act(act) => world.apply(&act),
            other @ (Next::Wait(_) | Next::Done | Next::Refuse(_)) => panic!("{other:?}"),
        }
    }
    panic!("nothing moves");
}

#[test]
fn a_limit_that_was_perhaps_never_set_is_set_before_anything_moves_and_for_what_is_on_its_way() {
    let mut world = about_to_move();
    let set = world.ours.throttle.clone().unwrap();
    world.ours.unsure = Unsure { throttle: true, ..Unsure::default() };
    let Next::Act(Act::Throttle(again)) = next(&world) else { panic!("{:?}", next(&world)) };
    assert_eq!(again.rate, set.rate);
    world.ours.unsure = Unsure::default();
    let Next::Act(moves @ Act::Move(_)) = next(&world) else { panic!("{:?}", next(&world)) };
    world.apply(&moves);
    world.ours.unsure = Unsure { throttle: true, ..Unsure::default() };
    assert!(matches!(next(&world), Next::Act(Act::Throttle(_))), "at once: {:?}", next(&world));
}

#[test]
fn a_broker_that_was_perhaps_never_cordoned_is_told_before_anything_moves_and_in_the_end_once_it_serves() {
    let mut world = about_to_move();
    let again = Next::Act(Act::Cordon(BTreeSet::from([BrokerId(3)])));
    world.ours.unsure = Unsure { cordoned: BTreeSet::from([BrokerId(3)]), ..Unsure::default() };
    assert_eq!(next(&world), again);
    world.ours.unsure = Unsure::default();
    world.live(&drain(), &rules());
    world.ours.cordoned = BTreeSet::from([BrokerId(3)]);
    assert_eq!(next(&world), Next::Done);
    world.ours.unsure = Unsure { cordoned: BTreeSet::from([BrokerId(3)]), ..Unsure::default() };
    assert_eq!(next(&world), again);
    world.scene.nodes.get_mut(&BrokerId(3)).unwrap().serving = BrokerState::Down;
    assert_ne!(next(&world), again, "nobody else could be told");
}

#[test]
fn one_that_is_empty_and_whose_pod_comes_back_is_taken_away_before_it_is_forgotten() {
    let mut world = World::new(4, 0, &[(1, 3)]);
    world.surplus([3]);
    world.ours.cordoned = BTreeSet::from([BrokerId(3)]);
    let next = |world: &World| plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default()).next;
    let mut lives = |life: Life| {
        let node = world.scene.nodes.get_mut(&BrokerId(3)).unwrap();
        (node.life, node.serving) = (life, BrokerState::Down);
        next(&world)
    };
    assert_eq!(lives(Life::Starting), Next::Act(Act::Remove(BrokerId(3))));
    assert_eq!(lives(Life::Absent), Next::Act(Act::Unregister(BrokerId(3))));
}

#[test]
fn of_two_voters_that_go_the_one_that_is_down_goes_first() {
    let mut world = World::new(5, 0, &[(1, 1)]);
    world.surplus([1, 2]);
    world.ours.cordoned = BTreeSet::from([1, 2].map(BrokerId));
    let down = world.scene.nodes.get_mut(&BrokerId(1)).unwrap();
    (down.life, down.serving) = (Life::Starting, BrokerState::Down);
    world.quorum().voters.insert(BrokerId(1), Voter::Behind(Known::Unknown));
    let next = |world: &World| plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default()).next;
    let first = Act::RemoveVoter(BrokerId(1));
    assert_eq!(next(&world), Next::Act(first.clone()));
    world.apply(&first);
    assert_eq!(next(&world), Next::Act(Act::RemoveVoter(BrokerId(2))));
}
