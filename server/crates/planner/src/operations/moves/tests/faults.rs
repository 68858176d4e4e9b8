//! What dies, and what fills, while replicas move.

use super::super::super::{follow, unheard};
use super::*;

impl World {
    fn at(&mut self, id: i32) -> &mut Node {
        self.scene.nodes.get_mut(&BrokerId(id)).unwrap()
    }

    fn plan_of(&self, goal: &Goal) -> Plan {
        plan_goal(goal, &self.scene, &rules(), &self.ours, &Pace::default())
    }

    /// Its pod does not come to run as it is made.
    fn is_stuck(&mut self, id: i32) {
        let node = self.at(id);
        (node.life, node.serving) = (Life::Stuck("crash loop".to_owned()), BrokerState::Fenced);
    }

    /// Another thing is declared for it.
    fn is_declared_otherwise(&mut self, id: i32) {
        self.at(id).made = Made::Other(BTreeSet::from(["resources".to_owned()]));
    }

    /// The controller says that nothing is on its way any more, and brokers say what they did before; what was on its way.
    fn ends_unheard(&mut self) -> Vec<Reassignment> {
        std::mem::take(self.moves())
    }

    fn unheard(&mut self) -> Vec<Reassignment> {
        let moving = self.ours.moving.clone();
        unheard(self.topics(), &[], &moving)
    }

    /// A broker dies; what it led others lead.
    fn falls(&mut self, id: i32) {
        let id = BrokerId(id);
        let node = self.scene.nodes.get_mut(&id).unwrap();
        (node.life, node.serving) = (Life::Absent, BrokerState::Fenced);
        for one in self.topics().values_mut().flat_map(|topic| topic.partitions.values_mut()) {
            one.in_sync.remove(&id);
            if one.leader == Some(id) {
                one.leader = one.in_sync.first().copied();
            }
        }
    }

    /// It is back, and has everything.
    fn comes_back(&mut self, id: i32) {
        let id = BrokerId(id);
        let node = self.scene.nodes.get_mut(&id).unwrap();
        (node.life, node.serving) = (Life::Ready, BrokerState::Running);
        for one in self.topics().values_mut().flat_map(|topic| topic.partitions.values_mut()) {
            if one.replicas.contains(&id) {
                one.in_sync.insert(id);
            }
        }
    }

    /// What is waited for, as words with the nodes they are about.
    fn waits(&self, goal: &Goal) -> Vec<(&'static str, Vec<BrokerId>)> {
        let plan = plan_goal(goal, &self.scene, &rules(), &self.ours, &Pace::default());
        let Next::Wait(guards) = plan.next else { panic!("{:?}", plan.next) };
        guards.iter().map(|guard| (guard.reason(), guard.brokers())).collect()
    }

    /// Acts until replicas are on their way.
    fn until_moving(&mut self, goal: &Goal) {
        self.count_on_disk();
        while self.moves().is_empty() {
            let plan = plan_goal(goal, &self.scene, &rules(), &self.ours, &Pace::default());
            let Next::Act(act) = plan.next else { panic!("{:?}", plan.next) };
            self.apply(&act);
        }
    }
}

fn drain(id: i32) -> Goal {
    Goal::Drain { brokers: BTreeSet::from([BrokerId(id)]) }
}

#[test]
fn a_broker_without_which_nothing_can_be_placed_is_waited_for_and_then_it_goes_on() {
    let mut world = World::new(4, 0, &[(12, 3)]);
    world.count_on_disk();
    world.falls(1);
    // With two others three replicas have no place; that is no reason to give up.
    assert_eq!(world.waits(&drain(3)), [("NodesAway", vec![BrokerId(1)])]);
    let why = "crash loop".to_owned();
    world.scene.nodes.get_mut(&BrokerId(1)).unwrap().life = Life::Stuck(why);
    assert_eq!(world.waits(&drain(3)), [("NodeStuck", vec![BrokerId(1)])]);
    world.comes_back(1);
    world.live(&drain(3), &rules());
    assert_eq!(world.replicas()[&BrokerId(3)], 0);
}

#[test]
fn a_broker_that_dies_while_replicas_move_is_named_and_nothing_more_is_set_going() {
    let mut world = World::new(4, 0, &[(40, 3)]);
    world.until_moving(&drain(3));
    world.falls(1);
    assert_eq!(world.waits(&drain(3)), [("Moving", vec![]), ("NodesAway", vec![BrokerId(1)])]);
    world.comes_back(1);
    world.live(&drain(3), &rules());
    assert_eq!(world.replicas()[&BrokerId(3)], 0);
}

#[test]
fn whoever_lacks_replicas_is_named_beside_them() {
    let mut world = World::new(4, 0, &[(12, 2)]);
    world.declare(4..5, 0);
    *world.scene.nodes.get_mut(&BrokerId(4)).unwrap() = node(4, 0, &[NodeRole::Broker]);
    world.ours.joined = BTreeSet::from([BrokerId(4)]);
    world.count_on_disk();
    world.falls(1);
    assert_eq!(world.waits(&Goal::Scale), [("NodesAway", vec![BrokerId(1)]), ("UnderReplicated", vec![])]);
    // Who is to be emptied is not waited for, however long it is gone.
    let mut gone = World::new(4, 0, &[(12, 3)]);
    gone.falls(3);
    gone.until_moving(&drain(3));
}

#[test]
fn replicas_that_outgrow_their_target_are_left_where_they_were_before_its_disk_is_full() {
    let mut world = World::new(4, 0, &[(1, 3)]);
    let size = Known::Known(100 << 20);
    let bulk = "topic-0".parse().unwrap();
    world.topics().get_mut(&bulk).unwrap().partitions.get_mut(&PartitionId(0)).unwrap().bytes = size;
    let used = |world: &mut World, used: u64| {
        let disk = Disk { used: used << 20, total: 200 << 20 };
        world.scene.nodes.get_mut(&BrokerId(3)).unwrap().disk = Known::Known(disk);
    };
    used(&mut world, 10);
    world.until_moving(&drain(2));
    let on_the_way = world.moves().clone();
    assert_eq!(on_the_way[0].adding, Box::from([BrokerId(3)]));
    // A tenth is kept free, and half of that is there for what comes meanwhile.
    used(&mut world, 190);
    assert_eq!(world.waits(&drain(2)), [("Moving", vec![])]);
    used(&mut world, 191);
    let plan = plan_goal(&drain(2), &world.scene, &rules(), &world.ours, &Pace::default());
    assert_eq!(plan.next, Next::Act(Act::CancelMoves(BTreeSet::from([(bulk, PartitionId(0))]))));
    let Next::Act(act) = plan.next else { panic!("it was one") };
    world.apply(&act);
    world.ours.moving.clear();
    let refused = plan_goal(&drain(2), &world.scene, &rules(), &world.ours, &Pace::default());
    let Next::Refuse(refusals) = refused.next else { panic!("{:?}", refused.next) };
    assert_eq!(
        refusals.iter().map(Refusal::message).collect::<Vec<_>>(),
        ["there is no room: 100 MiB have to be copied, and topic-0-0 with 100 MiB does not fit on broker 3, which \
          would have 0 B left above its reserve."]
    );
    // What others move there is theirs to take back.
    let mut foreign = World::new(4, 0, &[(1, 3)]);
    foreign.moves().extend(on_the_way);
    used(&mut foreign, 199);
    assert_eq!(foreign.waits(&drain(2)), [("ForeignMoves", vec![])]);
}

#[test]
fn another_limit_holds_for_what_is_on_its_way_too() {
    let mut world = World::new(4, 0, &[(4, 3)]);
    world.until_moving(&drain(3));
    let set = world.ours.throttle.clone().unwrap();
    assert_eq!(world.waits(&drain(3)), [("Moving", vec![])], "all are on their way");
    let slower = Rules { throttle: Some(7), ..rules() };
    let plan = plan_goal(&drain(3), &world.scene, &slower, &world.ours, &Pace::default());
    let wanted = super::super::super::Throttle { rate: 7, ..set };
    assert_eq!(plan.next, Next::Act(Act::Throttle(wanted.clone())));
    world.apply(&Act::Throttle(wanted));
    let plan = plan_goal(&drain(3), &world.scene, &slower, &world.ours, &Pace::default());
    assert!(matches!(plan.next, Next::Wait(_)), "{:?}", plan.next);
}

#[test]
fn another_limit_holds_at_once_whatever_else_is_waited_for() {
    type Happens = fn(&mut World);
    let slower = Rules { throttle: Some(7), ..rules() };
    let is_set = |world: &World, goal: &Goal, why: &str| {
        let before = world.ours.throttle.clone().unwrap();
        let plan = plan_goal(goal, &world.scene, &slower, &world.ours, &Pace::default());
        let Next::Act(Act::Throttle(now)) = plan.next else { panic!("{why}: {:?}", plan.next) };
        assert_eq!(now.rate, 7, "{why}");
        assert!(before.brokers.is_subset(&now.brokers), "{why}");
    };
    let cases: [(&str, Happens); 4] = [
        ("lanes are full", |_| {}),
        ("a broker is away", |world| world.falls(1)),
        ("a window is closed", |world| world.scene.window = Window::ClosedUntil(UnixMillis(i64::MAX))),
        ("somebody else moves something", |world| {
            let topic: TopicName = "topic-0".parse().unwrap();
            let is_ours = |id: &PartitionId| world.ours.moving.contains_key(&(topic.clone(), *id));
            let partition = (0..40).map(PartitionId).find(|id| !is_ours(id)).unwrap();
            let foreign = Reassignment { topic, partition, adding: Box::from([]), removing: Box::from([]) };
            world.moves().push(foreign);
        }),
    ];
    for (why, happens) in cases {
        let mut world = World::new(4, 0, &[(40, 3)]);
        world.until_moving(&drain(3));
        assert!(world.plan_of(&drain(3)).partitions_left > world.ours.moving.len() as u64, "more is to come");
        happens(&mut world);
        is_set(&world, &drain(3), why);
    }
    let mut world = World::new(4, 0, &[(40, 3)]);
    world.surplus([3]);
    world.until_moving(&Goal::Scale);
    world.declare(4..5, 0);
    world.scene.window = Window::ClosedUntil(UnixMillis(i64::MAX));
    assert_eq!(world.waits(&Goal::Scale), [("WindowClosed", vec![])]);
    is_set(&world, &Goal::Scale, "a node is to come");
}

#[test]
fn a_broker_that_does_not_answer_for_a_moment_makes_nothing_fail() {
    let mut world = World::new(4, 0, &[(12, 3)]);
    world.count_on_disk();
    world.at(1).serving = BrokerState::Unknown;
    let everywhere = Goal::Factor { factors: BTreeMap::from([("topic-0".parse().unwrap(), 4)]) };
    for goal in [drain(3), everywhere.clone()] {
        assert_eq!(world.waits(&goal), [("Unseen", vec![])], "{goal:?}");
    }
    world.at(1).serving = BrokerState::Running;
    world.live(&everywhere, &rules());
    assert_eq!(world.replicas().into_values().collect::<Vec<_>>(), [12; 4]);
}

#[test]
fn what_has_arrived_and_is_not_heard_of_is_no_replica_too_many() {
    let goals = [Goal::Scale, drain(3)];
    for goal in goals {
        let mut world = World::new(4, 0, &[(12, 3)]);
        if goal == Goal::Scale {
            world.surplus([3]);
        }
        world.until_moving(&goal);
        let on_their_way = world.ends_unheard();
        assert!(matches!(world.plan_of(&goal).next, Next::Refuse(_)), "{goal:?}: taken by the word");
        assert_eq!(world.unheard(), on_their_way);
        *world.moves() = on_their_way;
        assert_eq!(world.waits(&goal), [("Moving", vec![])], "{goal:?}");
        world.tick();
        assert_eq!(world.unheard(), []);
        world.live(&goal, &rules());
        assert_eq!(world.replicas().get(&BrokerId(3)).copied().unwrap_or_default(), 0);
    }
}

#[test]
fn what_has_got_more_replicas_for_good_is_not_waited_for() {
    let mut world = World::new(5, 0, &[(1, 3)]);
    let at: (TopicName, PartitionId) = ("topic-0".parse().unwrap(), PartitionId(0));
    let ids = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Vec<_>>();
    world.ours.moving = BTreeMap::from([(at.clone(), ids(&[0, 1, 2]))]);
    for (lies, is_unheard) in [
        (&[3, 1, 2, 0][..], true),
        (&[3, 4, 2, 0, 1][..], true),
        (&[0, 1, 2][..], false),
        (&[3, 1, 2][..], false),
        (&[0, 1, 2, 3][..], false),
        (&[3, 1, 2, 4][..], false),
    ] {
        world.topics().get_mut(&at.0).unwrap().partitions.get_mut(&at.1).unwrap().replicas = ids(lies);
        assert_eq!(!world.unheard().is_empty(), is_unheard, "{lies:?}");
    }
    world.topics().clear();
    assert_eq!(world.unheard(), [], "a topic that is gone");
}

#[test]
fn a_broker_that_is_stuck_while_replicas_move_is_brought_back_as_it_is_declared_by_now() {
    let mut world = World::new(4, 0, &[(40, 3)]);
    world.until_moving(&drain(3));
    world.falls(1);
    world.is_stuck(1);
    assert_eq!(world.waits(&drain(3)), [("Moving", vec![]), ("NodeStuck", vec![BrokerId(1)])]);
    world.is_declared_otherwise(1);
    // What is down is no state to keep until a window opens.
    world.scene.window = Window::ClosedUntil(UnixMillis(i64::MAX));
    let first = world.plan_of(&drain(3));
    assert_eq!(first.next, Next::Act(Act::Replace(BrokerId(1))));
    world.scene.window = Window::Always;
    world.apply(&Act::Replace(BrokerId(1)));
    assert_eq!(world.waits(&drain(3)), [("Moving", vec![]), ("NodesAway", vec![BrokerId(1)])]);
    // It is told as one restart, which is over once the broker is back.
    let told = follow(&follow(&[], &first), &world.plan_of(&drain(3)));
    let restart = told.iter().find(|step| step.kind == StepKind::RestartBroker).unwrap();
    assert_eq!((restart.target.as_str(), restart.state), ("broker 1", StepState::Running));
    world.comes_back(1);
    let told = follow(&told, &world.plan_of(&drain(3)));
    assert!(told.iter().any(|step| step.kind == StepKind::RestartBroker && step.state == StepState::Done));
    world.live(&drain(3), &rules());
    assert_eq!(world.replicas()[&BrokerId(3)], 0);
}

#[test]
fn a_node_that_comes_and_is_stuck_is_made_anew_once_it_is_declared_otherwise() {
    let mut world = World::new(3, 0, &[(12, 2)]);
    world.declare(3..4, 0);
    assert_eq!(world.plan_of(&Goal::Scale).next, Next::Act(Act::Create(BTreeSet::from([BrokerId(3)]))));
    world.apply(&Act::Create(BTreeSet::from([BrokerId(3)])));
    world.is_stuck(3);
    assert_eq!(world.waits(&Goal::Scale), [("NodeStuck", vec![BrokerId(3)])]);
    world.is_declared_otherwise(3);
    let plan = world.plan_of(&Goal::Scale);
    assert_eq!(plan.next, Next::Act(Act::Replace(BrokerId(3))));
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.kind, step.target.as_str())).collect();
    assert_eq!(steps, [(StepKind::WaitFor, "node 3")], "it is still to come");
    world.live(&Goal::Scale, &rules());
    assert!(world.replicas()[&BrokerId(3)] > 0);
}

#[test]
fn whatever_holds_back_bringing_a_node_back_is_told_beside_the_rest() {
    let mut world = World::new(5, 0, &[(12, 3)]);
    world.count_on_disk();
    world.is_stuck(4);
    world.is_declared_otherwise(4);
    world.falls(1);
    world.at(1).life = Life::Recovering;
    let goal = Goal::Factor { factors: BTreeMap::from([("topic-0".parse().unwrap(), 4)]) };
    let reasons: Vec<&str> = world.waits(&goal).into_iter().map(|(reason, _)| reason).collect();
    assert_eq!(reasons, ["LogRecovery", "NodeStuck", "UnderReplicated", "NodesAway"]);
}
