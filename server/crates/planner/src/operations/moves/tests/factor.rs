//! Topics get more or fewer replicas.

use super::*;

fn name(topic: usize) -> TopicName {
    format!("topic-{topic}").parse().unwrap()
}

fn factor(factors: &[(usize, u32)]) -> Goal {
    Goal::Factor { factors: factors.iter().map(|(topic, to)| (name(*topic), *to)).collect() }
}

impl World {
    fn planned(&self, goal: &Goal, rules: &Rules) -> Plan {
        plan_goal(goal, &self.scene, rules, &self.ours, &Pace::default())
    }

    fn needs(&mut self, topic: usize, minimum: u32) {
        self.topics().get_mut(&name(topic)).unwrap().min_in_sync = Known::Known(minimum);
    }

    fn partition(&mut self, topic: usize, id: i32) -> &mut PartitionSeen {
        self.topics().get_mut(&name(topic)).unwrap().partitions.get_mut(&PartitionId(id)).unwrap()
    }
}

#[test]
fn all_topics_that_are_named_are_planned_at_once() {
    let world = World::new(3, 3, &[(4, 1), (4, 1), (4, 1)]);
    let plan = world.planned(&factor(&[(0, 3), (1, 2)]), &rules());
    assert_eq!((plan.partitions_left, plan.bytes_left), (8, Known::Known((4 * 2 + 4) << 20)));
    assert!(matches!(plan.next, Next::Act(Act::Throttle(_))), "{:?}", plan.next);
    let nothing = world.planned(&factor(&[(2, 1)]), &rules());
    assert_eq!((nothing.next, nothing.steps.len(), nothing.partitions_left), (Next::Done, 0, 0));
}

#[test]
fn fewer_replicas_than_have_to_be_in_sync_are_refused_by_name() {
    let mut world = World::new(3, 0, &[(4, 3), (4, 1)]);
    world.needs(0, 2);
    world.needs(1, 2);
    let refused = [Refusal::BelowMinimum { topic: name(0), factor: 1, minimum: 2 }];
    assert_eq!(world.planned(&factor(&[(0, 1)]), &rules()).next, Next::Refuse(refused.to_vec()));
    let as_it_is = world.planned(&factor(&[(1, 1)]), &rules());
    assert_eq!(as_it_is.next, Next::Done, "what is so already is nobody's fault");
    world.live(&factor(&[(0, 2), (1, 2)]), &rules());
}

#[test]
fn more_replicas_than_brokers_are_refused() {
    let world = World::new(3, 0, &[(4, 3)]);
    let Next::Refuse(refusals) = world.planned(&factor(&[(0, 4)]), &rules()).next else { panic!("4 of 3") };
    let [Refusal::Replicas(why)] = refusals.as_slice() else { panic!("{refusals:?}") };
    assert!(why.contains("only 3 brokers"), "{why}");
}

#[test]
fn a_replica_in_sync_stays_as_long_as_one_that_is_to_stay_is_behind() {
    let mut world = World::new(3, 0, &[(1, 3)]);
    world.needs(0, 2);
    let goal = factor(&[(0, 2)]);
    let Next::Act(Act::Move(replicas)) = world.planned(&goal, &rules()).next else { panic!("nothing is copied") };
    let stays = replicas[&(name(0), PartitionId(0))].clone();
    world.partition(0, 0).in_sync.remove(&stays[1]);
    let lenient = Rules { max_under_replicated: 1, ..rules() };
    let Next::Wait(guards) = world.planned(&goal, &lenient).next else { panic!("it would be left with one") };
    assert_eq!(guards[0].partitions(), [(name(0), PartitionId(0))]);
    world.partition(0, 0).in_sync.insert(stays[1]);
    world.live(&goal, &rules());
    assert_eq!(world.partition(0, 0).replicas, stays);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_factor_that_there_are_brokers_for_is_reached_and_the_leader_stays(
        brokers in 3i32..6,
        racks in 0i32..4,
        topics in prop::collection::vec((1usize..8, 1usize..4), 1..4),
        to in prop::collection::vec(1u32..4, 3),
    ) {
        let mut world = World::new(brokers, racks, &topics);
        let wanted: Vec<(usize, u32)> = (0..topics.len()).map(|topic| (topic, to[topic])).collect();
        let led: Vec<Option<BrokerId>> =
            world.topics().values().flat_map(|topic| topic.partitions.values()).map(|one| one.leader).collect();
        let goal = factor(&wanted);
        world.live(&goal, &rules());
        let now: Vec<Option<BrokerId>> =
            world.topics().values().flat_map(|topic| topic.partitions.values()).map(|one| one.leader).collect();
        prop_assert_eq!(led, now);
        for (topic, to) in wanted {
            for one in world.topics()[&name(topic)].partitions.values() {
                prop_assert_eq!(one.replicas.len(), to as usize);
                prop_assert_eq!(one.replicas.iter().collect::<BTreeSet<_>>().len(), to as usize);
            }
        }
        prop_assert_eq!(world.planned(&goal, &rules()).next, Next::Done);
    }
}
