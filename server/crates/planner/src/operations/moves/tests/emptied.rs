//! Brokers that were emptied, or stand empty where nothing should be put: they stay so.

use super::super::super::{CordonedHost, Reach, Scope, displaced};
use super::*;

impl World {
    /// The Kubernetes node of a broker is cordoned, and its volume lies there alone.
    fn cordon_host(&mut self, id: i32) {
        let name = format!("node-{id}");
        let reach = Reach::Closed { hosts: BTreeSet::from([name.clone()]), volume: Some(format!("data-{id}")) };
        self.scene.hosts.insert(BrokerId(id), CordonedHost { name, reach });
    }

    /// A broker that is there already, and has nothing.
    fn with_empty(mut self, id: i32) -> Self {
        self.scene.nodes.insert(BrokerId(id), node(id, 0, &[NodeRole::Broker]));
        self
    }
}

fn drain(id: i32) -> Goal {
    Goal::Drain { brokers: BTreeSet::from([BrokerId(id)]) }
}

fn rebalance() -> Goal {
    Goal::Rebalance { topics: BTreeSet::new() }
}

fn three_replicas() -> Goal {
    Goal::Factor { factors: BTreeMap::from([("topic-0".parse().unwrap(), 3)]) }
}

#[test]
fn two_hosts_that_are_cordoned_one_after_the_other_are_emptied_once_each() {
    let mut world = World::new(5, 0, &[(20, 3)]);
    world.count_on_disk();
    for id in [3, 4] {
        world.cordon_host(id);
        assert_eq!(displaced(&world.scene).goal, Some(drain(id)));
        world.live(&drain(id), &rules());
    }
    assert_eq!(displaced(&world.scene).goal, None, "nothing was put back on the first");
    let replicas = world.replicas();
    assert_eq!((replicas[&BrokerId(3)], replicas[&BrokerId(4)]), (0, 0));
}

#[test]
fn what_stands_empty_on_a_cordoned_host_gets_nothing_until_it_is_uncordoned() {
    let mut world = World::new(4, 0, &[(20, 2)]).with_empty(4);
    world.cordon_host(4);
    for goal in [rebalance(), three_replicas(), drain(3)] {
        world.live(&goal, &rules());
        assert_eq!(world.replicas()[&BrokerId(4)], 0, "{goal:?}");
    }
    world.scene.hosts.clear();
    world.live(&rebalance(), &rules());
    assert!(world.replicas()[&BrokerId(4)] > 0);
}

#[test]
fn one_that_came_to_a_host_that_is_cordoned_meanwhile_does_not_fail_the_scale() {
    let mut world = World::new(4, 0, &[(20, 2)]).with_empty(4).with_empty(5);
    world.ours.joined = BTreeSet::from([BrokerId(4), BrokerId(5)]);
    world.cordon_host(4);
    world.live(&Goal::Scale, &rules());
    let replicas = world.replicas();
    assert!(replicas[&BrokerId(4)] == 0 && replicas[&BrokerId(5)] > 0, "{replicas:?}");
}

#[test]
fn what_is_told_to_stay_empty_gets_none_of_the_replicas_that_a_topic_gets_more() {
    let mut world = World::new(4, 0, &[(20, 2)]).with_empty(4);
    let told = BTreeMap::from([("cordoned.log.dirs".to_owned(), "*".to_owned())]);
    world.scene.dynamic = Known::Known(BTreeMap::from([(Scope::Broker(BrokerId(4)), told)]));
    world.live(&three_replicas(), &rules());
    assert_eq!(world.replicas()[&BrokerId(4)], 0);
    world.live(&rebalance(), &rules());
    assert!(world.replicas()[&BrokerId(4)] > 0, "a rebalance gives them free");
}

#[test]
fn a_drain_goes_on_when_its_broker_is_to_leave_by_now() {
    let mut world = World::new(4, 0, &[(12, 3)]);
    world.surplus([3]);
    world.live(&drain(3), &rules());
    assert_eq!(world.replicas()[&BrokerId(3)], 0);
}

#[test]
fn a_broker_that_is_to_stay_after_all_gets_new_replicas_again() {
    let mut world = World::new(4, 0, &[(20, 3)]);
    world.count_on_disk();
    world.ours.cordoned = BTreeSet::from([BrokerId(3)]);
    let next = |world: &World| plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default()).next;
    let free = Act::Uncordon(BTreeSet::from([BrokerId(3)]));
    assert_eq!(next(&world), Next::Act(free.clone()));
    let is = |world: &mut World, life: Life, serving: BrokerState| {
        let node = world.scene.nodes.get_mut(&BrokerId(3)).unwrap();
        (node.life, node.serving) = (life, serving);
    };
    is(&mut world, Life::Absent, BrokerState::Fenced);
    assert_eq!(next(&world), Next::Wait(vec![Guard::NodesAway(BTreeSet::from([BrokerId(3)]))]), "only itself is told");
    is(&mut world, Life::Ready, BrokerState::Running);
    world.apply(&free);
    assert_eq!(next(&world), Next::Done);
}

#[test]
fn a_broker_that_is_kept_empty_for_its_host_or_goes_stays_cordoned_while_another_is_given_free() {
    let mut world = World::new(4, 0, &[(20, 2)]).with_empty(4).with_empty(5);
    world.count_on_disk();
    world.cordon_host(4);
    world.surplus([5]);
    world.ours.cordoned = BTreeSet::from([BrokerId(3), BrokerId(4), BrokerId(5)]);
    let next = |world: &World| plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default()).next;
    assert_eq!(next(&world), Next::Act(Act::Uncordon(BTreeSet::from([BrokerId(3)]))));
    world.ours.cordoned.remove(&BrokerId(3));
    assert_eq!(next(&world), Next::Act(Act::Remove(BrokerId(5))));
    world.scene.hosts.clear();
    assert_eq!(next(&world), Next::Act(Act::Uncordon(BTreeSet::from([BrokerId(4)]))));
}
