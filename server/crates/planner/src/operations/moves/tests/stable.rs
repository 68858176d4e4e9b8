//! Sizes change, leaders move and topics come while replicas are moved: no partition moves twice, and nothing is copied in vain.

use super::super::super::Replicas;
use super::*;

/// For so many looks something else happens in the cluster.
const BUSY_LOOKS: usize = 60;

/// Somebody who looks on, and shares nothing with the planner.
#[derive(Default)]
struct Watcher {
    /// Bytes of one replica, as they were in the beginning.
    sizes: BTreeMap<(TopicName, PartitionId), u64>,
    moved: BTreeMap<(TopicName, PartitionId), usize>,
    copied: u64,
}

impl Watcher {
    fn sees(&mut self, world: &mut World, replicas: &Replicas) {
        for (at, to) in replicas {
            *self.moved.entry(at.clone()).or_default() += 1;
            let from = world.topics()[&at.0].partitions[&at.1].replicas.clone();
            let copies = to.iter().filter(|broker| !from.contains(broker)).count() as u64;
            self.copied += self.sizes[at] * copies;
        }
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

impl World {
    /// Partitions of very different sizes, some of them empty.
    fn fill(&mut self, dice: &mut Dice) -> BTreeMap<(TopicName, PartitionId), u64> {
        let mut sizes = BTreeMap::new();
        for (topic, seen) in self.topics() {
            for (id, one) in &mut seen.partitions {
                let bytes = (dice.below(200) as u64).saturating_sub(50) << 20;
                one.bytes = Known::Known(bytes);
                sizes.insert((topic.clone(), *id), bytes);
            }
        }
        sizes
    }

    /// Every partition grows or shrinks by up to three tenths, and one gets another leader.
    fn drift(&mut self, sizes: &BTreeMap<(TopicName, PartitionId), u64>, dice: &mut Dice) {
        let led_anew = dice.below(sizes.len());
        for (nth, (at, size)) in sizes.iter().enumerate() {
            let one = self.topics().get_mut(&at.0).unwrap().partitions.get_mut(&at.1).unwrap();
            one.bytes = Known::Known(size / 100 * (70 + dice.below(61) as u64));
            if nth == led_anew {
                one.leader = one.in_sync.iter().nth(dice.below(one.in_sync.len())).copied();
            }
        }
    }

    /// A topic comes, as Kafka places it: on all brokers that serve, on those that are being emptied, too; answers its bytes.
    fn create(&mut self, sizes: &mut BTreeMap<(TopicName, PartitionId), u64>, dice: &mut Dice) -> u64 {
        let serving = self.scene.nodes.iter().filter(|(_, node)| node.life == Life::Ready);
        let brokers: Vec<BrokerId> = serving.map(|(id, _)| *id).collect();
        let first = dice.below(brokers.len());
        let mut partitions = BTreeMap::new();
        let topic: TopicName = "that-comes".parse().unwrap();
        for id in 0..6 {
            let replicas: Vec<BrokerId> =
                (0..2).map(|replica| brokers[(first + id + replica) % brokers.len()]).collect();
            let id = PartitionId(i32::try_from(id).unwrap());
            let seen = PartitionSeen {
                in_sync: replicas.iter().copied().collect(),
                leader: replicas.first().copied(),
                replicas,
                bytes: Known::Known(3 << 20),
            };
            partitions.insert(id, seen);
            sizes.insert((topic.clone(), id), 3 << 20);
        }
        let seen = TopicSeen { min_in_sync: Known::Known(1), partitions, config: Known::Known(BTreeMap::new()) };
        self.topics().insert(topic, seen);
        6 * 2 * (3 << 20)
    }

    /// Brokers that are there already, and have nothing.
    fn empty(&mut self, ids: std::ops::Range<i32>, racks: i32) {
        for id in ids {
            self.scene.nodes.insert(BrokerId(id), node(id, racks, &[NodeRole::Broker]));
        }
    }
}

/// Whether where replicas are to go is remembered from look to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    Keeps,
    Forgets,
}

/// Carries it out while the cluster is busy with other things; what was seen, what was planned at first, and bytes that came.
fn carried_out(world: &mut World, goal: &Goal, seed: u64, memory: Memory) -> (Watcher, u64) {
    let mut dice = Dice(seed);
    let mut watcher = Watcher { sizes: world.fill(&mut dice), ..Watcher::default() };
    let comes_at = dice.below(12);
    let mut allowed: Option<u64> = None;
    let mut busy = 0;
    world.count_on_disk();
    for _ in 0..4000 {
        let plan = plan_goal(goal, &world.scene, &rules(), &world.ours, &Pace::default());
        if plan.aim.is_some() && allowed.is_none() {
            allowed = plan.bytes_left.value().copied();
        }
        world.ours.aim = match memory {
            Memory::Keeps => plan.aim.or(world.ours.aim.take()),
            Memory::Forgets => None,
        };
        match plan.next {
            Next::Act(act) => {
                if let Act::Move(replicas) = &act {
                    watcher.sees(world, replicas);
                }
                world.apply(&act);
            }
            Next::Wait(guards) => {
                assert!(!guards.is_empty());
                world.tick();
            }
            Next::Done => return (watcher, allowed.unwrap_or_default()),
            Next::Refuse(refusals) => panic!("{refusals:?}"),
        }
        let Some(allowed) = &mut allowed else { continue };
        if busy < BUSY_LOOKS {
            world.drift(&watcher.sizes, &mut dice);
        }
        if busy == comes_at {
            *allowed += world.create(&mut watcher.sizes, &mut dice);
            world.count_on_disk();
        }
        busy += 1;
    }
    panic!("it does not end");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn a_partition_moves_once_at_most_whatever_else_happens(
        brokers in 4i32..7,
        racks in 0i32..4,
        topics in prop::collection::vec((1usize..24, 1usize..4), 1..5),
        kind in 0usize..4,
        seed in any::<u64>(),
    ) {
        let mut world = World::new(brokers, racks, &topics);
        let leaves = BTreeSet::from([BrokerId(brokers - 1)]);
        let goal = match kind {
            0 => {
                world.declare(brokers..brokers + 2, racks);
                Goal::Scale
            }
            1 => {
                world.surplus([brokers - 1]);
                Goal::Scale
            }
            2 => {
                world.empty(brokers..brokers + 2, racks);
                Goal::Rebalance { topics: BTreeSet::new() }
            }
            _ => Goal::Drain { brokers: leaves.clone() },
        };
        let (watcher, allowed) = carried_out(&mut world, &goal, seed, Memory::Keeps);
        let twice: Vec<_> = watcher.moved.iter().filter(|(_, times)| **times > 1).collect();
        prop_assert!(twice.is_empty(), "{:?}", twice);
        prop_assert!(watcher.copied <= allowed, "{} were copied, and {} planned", watcher.copied, allowed);
        let is_left = |one: &PartitionSeen| one.replicas.iter().any(|broker| leaves.contains(broker));
        let anything_left = world.topics().values().any(|topic| topic.partitions.values().any(is_left));
        prop_assert!(!anything_left || kind % 2 == 0, "what is to be empty is");
        world.ours.throttle = None;
        let again = plan_goal(&goal, &world.scene, &rules(), &world.ours, &Pace::default());
        prop_assert_eq!(again.next, Next::Done);
    }

    /// What has to be empty is planned alike by whoever knows nothing of before: a crash at every look moves nothing twice.
    #[test]
    fn brokers_are_emptied_with_one_move_each_even_if_everything_is_forgotten(
        brokers in 4i32..7,
        racks in 0i32..4,
        topics in prop::collection::vec((1usize..24, 1usize..4), 1..5),
        seed in any::<u64>(),
    ) {
        let mut world = World::new(brokers, racks, &topics);
        let goal = Goal::Drain { brokers: BTreeSet::from([BrokerId(brokers - 1)]) };
        let (watcher, allowed) = carried_out(&mut world, &goal, seed, Memory::Forgets);
        prop_assert!(watcher.moved.values().all(|times| *times == 1), "{:?}", watcher.moved);
        prop_assert!(watcher.copied <= allowed, "{} were copied, and {} planned", watcher.copied, allowed);
    }
}

/// Acts until replicas are on their way, and remembers where they are to go.
fn begin(world: &mut World, goal: &Goal) {
    while world.moves().is_empty() {
        let plan = plan_goal(goal, &world.scene, &rules(), &world.ours, &Pace::default());
        world.ours.aim = plan.aim.or(world.ours.aim.take());
        let Next::Act(act) = plan.next else { panic!("{:?}", plan.next) };
        world.apply(&act);
    }
}

#[test]
fn what_has_arrived_already_is_not_told_as_left() {
    let mut world = World::new(4, 0, &[(4, 3)]);
    world.count_on_disk();
    let goal = Goal::Drain { brokers: BTreeSet::from([BrokerId(3)]) };
    begin(&mut world, &goal);
    let pace = Pace { bytes_per_second: Known::Known(f64::from(1 << 10)), ..Pace::default() };
    let told = |world: &World| {
        let plan = plan_goal(&goal, &world.scene, &rules(), &world.ours, &pace);
        (plan.bytes_left, plan.eta_seconds)
    };
    assert_eq!(told(&world), (Known::Known(3 << 20), Known::Known(3 << 10)));
    let first = world.moves()[0].clone();
    world.scene.arrived.insert((first.topic, first.partition), 1 << 19);
    assert_eq!(told(&world), (Known::Known((3 << 20) - (1 << 19)), Known::Known((3 << 10) - (1 << 9))));
}

#[test]
fn what_cannot_get_there_any_more_is_left_out_and_told() {
    let mut world = World::new(3, 0, &[(60, 2)]);
    world.empty(3..5, 0);
    world.count_on_disk();
    let goal = Goal::Rebalance { topics: BTreeSet::new() };
    begin(&mut world, &goal);
    world.tick();
    let before = plan_goal(&goal, &world.scene, &rules(), &world.ours, &Pace::default());
    // It is away, and comes back: what was to go there still is.
    let id = BrokerId(4);
    world.scene.nodes.get_mut(&id).unwrap().life = Life::Absent;
    let away = plan_goal(&goal, &world.scene, &rules(), &world.ours, &Pace::default());
    assert_eq!(away.partitions_left, before.partitions_left);
    let Next::Act(Act::Move(replicas)) = &away.next else { panic!("{:?}", away.next) };
    let was = |at: &(TopicName, PartitionId)| {
        world.scene.topics.value().unwrap()[&at.0].partitions[&at.1].replicas.contains(&id)
    };
    assert!(replicas.iter().all(|(at, to)| !to.contains(&id) || was(at)), "nothing new goes there meanwhile");
    world.scene.nodes.remove(&id);
    let gone = plan_goal(&goal, &world.scene, &rules(), &world.ours, &Pace::default());
    assert!(gone.partitions_left < before.partitions_left);
    let sentence = "What was to go to broker 4 does not go there, because it takes no replicas any more.";
    assert!(gone.remarks.iter().any(|remark| remark == sentence), "{:?}", gone.remarks);
}

#[test]
fn what_is_taken_back_for_want_of_room_is_told() {
    let mut world = World::new(3, 0, &[(60, 2)]);
    world.empty(3..4, 0);
    world.count_on_disk();
    let goal = Goal::Rebalance { topics: BTreeSet::new() };
    begin(&mut world, &goal);
    world.scene.nodes.get_mut(&BrokerId(3)).unwrap().disk = Known::Known(Disk { used: 1 << 40, total: 1 << 40 });
    let sentence = "What was to go to broker 3 does not go there, because it has no room left above its reserve.";
    let is_told = |plan: &Plan| plan.remarks.iter().any(|remark| remark == sentence);
    let plan = plan_goal(&goal, &world.scene, &rules(), &world.ours, &Pace::default());
    assert!(is_told(&plan), "{:?}", plan.remarks);
    let Next::Act(act @ Act::CancelMoves(_)) = plan.next else { panic!("{:?}", plan.next) };
    world.ours.aim = plan.aim;
    world.apply(&act);
    world.ours.moving.clear();
    let after = plan_goal(&goal, &world.scene, &rules(), &world.ours, &Pace::default());
    assert!(is_told(&after), "{:?}", after.remarks);
}

#[test]
fn a_scale_down_that_is_taken_back_moves_nothing_more() {
    let mut world = World::new(4, 0, &[(80, 3)]);
    world.surplus([3]);
    world.count_on_disk();
    begin(&mut world, &Goal::Scale);
    let on_their_way = world.moves().len();
    assert!(on_their_way < 60, "not all at once: {on_their_way}");
    world.scene.nodes.get_mut(&BrokerId(3)).unwrap().made = Made::Current;
    for _ in 0..20 {
        let plan = plan_goal(&Goal::Scale, &world.scene, &rules(), &world.ours, &Pace::default());
        world.ours.aim = plan.aim.or(world.ours.aim.take());
        match plan.next {
            Next::Act(Act::Move(replicas)) => panic!("it goes on: {replicas:?}"),
            Next::Act(act) => world.apply(&act),
            Next::Wait(_) => world.tick(),
            Next::Done => {
                assert!(world.ours.cordoned.is_empty(), "it gets new replicas again");
                return;
            }
            Next::Refuse(refusals) => panic!("{refusals:?}"),
        }
    }
    panic!("it does not end");
}

#[test]
fn as_many_go_at_once_as_lanes_allow_and_what_is_empty_goes_beside_them_without_a_limit() {
    let mut world = World::new(4, 0, &[(160, 3)]);
    world.count_on_disk();
    let goal = Goal::Drain { brokers: BTreeSet::from([BrokerId(3)]) };
    world.ours.cordoned = BTreeSet::from([BrokerId(3)]);
    let with = |world: &World, per_broker: u32| {
        let lanes = Lanes { per_broker, ..Lanes::default() };
        plan_goal(&goal, &world.scene, &rules(), &world.ours, &Pace { lanes: Some(lanes), ..Pace::default() })
    };
    let Next::Act(limit @ Act::Throttle(_)) = with(&world, 1).next else { panic!("it is limited first") };
    world.apply(&limit);
    let started = |plan: Plan| match plan.next {
        Next::Act(Act::Move(replicas)) => replicas.len(),
        other => panic!("{other:?}"),
    };
    let one = started(with(&world, 1));
    assert!((1..=3).contains(&one), "three brokers get one each at most: {one}");
    let many = started(with(&world, 4));
    assert!(many > one && many <= 12, "{many}");
    assert_eq!(with(&world, 400).lanes.map(|lanes| lanes.per_broker), Some(12), "whatever was written down");
    world.ours.throttle = None;
    for one in world.topics().values_mut().flat_map(|topic| topic.partitions.values_mut()) {
        one.bytes = Known::Known(0);
    }
    assert_eq!(started(with(&world, 1)), 100, "of 120, and nothing is limited for them");
    let told = Rules { throttle: Some(1 << 20), ..rules() };
    let limited = plan_goal(&goal, &world.scene, &told, &world.ours, &Pace::default());
    assert!(matches!(limited.next, Next::Act(Act::Throttle(_))), "but where somebody says so: {:?}", limited.next);
}
