//! What is cancelled at whatever moment ends with what was on its way as it was, and with what had arrived as it is.

use super::super::super::{Throttle, is_back};
use super::*;

impl World {
    /// What the next look finds of what is ours.
    fn look(&mut self) {
        let on_their_way: BTreeSet<_> = self.moves().iter().map(|one| (one.topic.clone(), one.partition)).collect();
        self.ours.moving.retain(|at, _| on_their_way.contains(at));
        let scene = &self.scene;
        self.ours.returning.retain(|at, before| !is_back(scene, at, before));
    }

    /// Until nothing of it is left to be set right; the words of what was done.
    fn set_right(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        for _ in 0..50 {
            self.look();
            match cancel(&self.scene, &self.ours) {
                Next::Act(act) => {
                    self.apply(&act);
                    words.push(act.words());
                }
                Next::Done => return words,
                other @ (Next::Wait(_) | Next::Refuse(_)) => panic!("{other:?}"),
            }
        }
        panic!("it does not end: {words:?}");
    }

    fn all(&mut self) -> BTreeMap<(TopicName, PartitionId), PartitionSeen> {
        let topics = self.topics().iter();
        let all =
            topics.flat_map(|(topic, seen)| seen.partitions.iter().map(move |(id, one)| ((topic.clone(), *id), one)));
        all.map(|(at, one)| (at, one.clone())).collect()
    }
}

fn first() -> (TopicName, PartitionId) {
    ("topic-0".parse().unwrap(), PartitionId(0))
}

/// A partition whose leader moves away, and whose move is called back.
fn called_back() -> World {
    let mut world = World::new(4, 0, &[(1, 3)]);
    world.apply(&Act::Move(BTreeMap::from([(first(), vec![BrokerId(1), BrokerId(2), BrokerId(3)])])));
    assert_eq!(cancel(&world.scene, &world.ours), Next::Act(Act::CancelMoves([first()].into())));
    world.apply(&Act::CancelMoves([first()].into()));
    world.look();
    world
}

#[test]
fn replicas_that_come_back_get_their_order_and_their_leader_again() {
    let mut world = called_back();
    let now = |world: &mut World| world.all()[&first()].clone();
    assert_eq!(now(&mut world).replicas, [1, 2, 0].map(BrokerId), "as Kafka leaves them");
    world.topics().get_mut(&first().0).unwrap().partitions.get_mut(&first().1).unwrap().leader = Some(BrokerId(1));
    assert_eq!(
        world.set_right(),
        ["Putting replicas of topic-0-0 into the order of before.", "Having 1 partition led where it is preferred."]
    );
    assert_eq!(
        (now(&mut world).replicas, now(&mut world).leader),
        ([0, 1, 2].map(BrokerId).to_vec(), Some(BrokerId(0)))
    );
    assert!(world.ours.returning.is_empty());
}

#[test]
fn an_order_that_cannot_be_restored_slows_nobody_down_and_is_restored_on_brokers_that_take_replicas() {
    let mut world = called_back();
    let throttle = Throttle { rate: 1, brokers: BTreeSet::from([BrokerId(3)]), ..Throttle::default() };
    world.ours.throttle = Some(throttle.clone());
    world.ours.cordoned = BTreeSet::from([BrokerId(0)]);
    let mut blind = world.scene.clone();
    blind.topics = Known::Unknown;
    assert_eq!(cancel(&blind, &world.ours), Next::Act(Act::Unthrottle(throttle)), "whatever is not known");
    assert_eq!(
        world.set_right(),
        [
            "Taking away the limit on replication on node 3.",
            "Placing new replicas on node 0 again.",
            "Putting replicas of topic-0-0 into the order of before.",
        ]
    );
}

#[test]
fn what_somebody_else_has_put_elsewhere_meanwhile_is_theirs() {
    let mut world = called_back();
    let replicas = |world: &mut World, to: &[i32]| {
        let partition = world.topics().get_mut(&first().0).unwrap().partitions.get_mut(&first().1).unwrap();
        partition.replicas = to.iter().copied().map(BrokerId).collect();
    };
    replicas(&mut world, &[3, 2, 0]);
    assert_eq!(world.set_right(), [""; 0]);
    assert!(world.ours.returning.is_empty());
    let mut world = called_back();
    replicas(&mut world, &[1, 2, 3, 0]);
    assert_eq!(world.set_right(), [""; 0], "nobody can say, and nobody waits for it");
    let mut world = called_back();
    world.scene.topics = Known::Unknown;
    assert!(matches!(cancel(&world.scene, &world.ours), Next::Wait(_)), "what cannot be seen is waited for");
}

#[test]
fn whoever_cannot_lead_is_not_waited_for() {
    let mut world = called_back();
    world.apply(&Act::Restore(BTreeMap::from([(first(), [0, 1, 2].map(BrokerId).to_vec())])));
    let partition = world.topics().get_mut(&first().0).unwrap().partitions.get_mut(&first().1).unwrap();
    (partition.leader, partition.in_sync) = (Some(BrokerId(1)), BTreeSet::from([BrokerId(1), BrokerId(2)]));
    assert_eq!(world.set_right(), [""; 0]);
}

fn goal(kind: usize, brokers: i32, factor: u32) -> Goal {
    match kind {
        0 => Goal::Drain { brokers: BTreeSet::from([BrokerId(brokers - 1)]) },
        1 => Goal::Rebalance { topics: BTreeSet::new() },
        2 => Goal::Factor { factors: BTreeMap::from([(first().0, factor)]) },
        3 => Goal::Place { replicas: BTreeMap::from([(first(), (0..3).rev().map(BrokerId).collect())]) },
        _ => Goal::Scale,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn a_cancel_at_any_step_of_any_move_restores_what_was_on_its_way(
        brokers in 4i32..7,
        topics in prop::collection::vec((1usize..9, 1usize..4), 1..4),
        (kind, factor) in (0usize..5, 1u32..4),
        arrivals in prop::collection::vec(0usize..4, 0..30),
    ) {
        let mut world = World::new(brokers, 0, &topics);
        let goal = goal(kind, brokers, factor);
        if goal == Goal::Scale {
            world.surplus([brokers - 1]);
        }
        world.count_on_disk();
        let mut before = world.all();
        for arrive in arrivals {
            match plan_goal(&goal, &world.scene, &rules(), &world.ours, &Pace::default()).next {
                Next::Act(act) => world.apply(&act),
                Next::Wait(_) => {
                    world.arrive(arrive);
                    world.count_on_disk();
                }
                Next::Done | Next::Refuse(_) => break,
            }
            world.look();
            // What has arrived, or was elected, is as it is from now on.
            let now = world.all();
            before.extend(now.into_iter().filter(|(at, _)| !world.ours.moving.contains_key(at)));
        }
        // Whoever is preferred in the meantime may come to lead.
        for (topic, id) in world.ours.moving.clone().into_keys() {
            let partition = world.topics().get_mut(&topic).unwrap().partitions.get_mut(&id).unwrap();
            let preferred = partition.replicas.first().copied();
            partition.leader = preferred.filter(|first| partition.in_sync.contains(first)).or(partition.leader);
        }
        world.set_right();
        prop_assert!(world.ours.is_nothing() && world.ours.returning.is_empty(), "{:?}", world.ours);
        prop_assert!(world.moves().is_empty());
        for (at, now) in world.all() {
            let was = &before[&at];
            prop_assert_eq!(&now.replicas, &was.replicas, "{:?}", at);
            let leads = now.leader == was.leader || now.leader == was.replicas.first().copied();
            prop_assert!(leads, "{:?} is led by {:?}, and was by {:?}", at, now.leader, was.leader);
        }
    }
}
