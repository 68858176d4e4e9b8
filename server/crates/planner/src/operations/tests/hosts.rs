//! Cordoned Kubernetes nodes: who leaves them, who is emptied, who stays, and what holds back a roll.

use super::lives::{Kill, Life, live, plan_for, rules, some_life, topic_name, well};
use super::observe::millis;
use super::world::{Pod, World};
use crate::operations::{
    Act, CordonedHost, Displaced, Formation, Goal, Guard, Made, Next, Reach, Scene, StepKind, Strand, Stranded,
    displaced,
};
use klamm_model::{BrokerId, Known, PartitionId, Reassignment};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn host(name: &str, reach: Reach) -> CordonedHost {
    CordonedHost { name: name.to_owned(), reach }
}

fn open(name: &str) -> CordonedHost {
    host(name, Reach::Open(["node-z".to_owned()].into()))
}

/// A volume that lies there alone.
fn local(name: &str) -> CordonedHost {
    host(name, Reach::Closed { hosts: [name.to_owned()].into(), volume: Some(format!("data-{name}")) })
}

fn ids(of: impl IntoIterator<Item = i32>) -> BTreeSet<BrokerId> {
    of.into_iter().map(BrokerId).collect()
}

/// So many combined nodes with a topic of three replicas.
fn world(nodes: usize) -> World {
    let mut world = well(nodes, 3, true, false, "4.1.2");
    world.add_topic(0, nodes, 3, 2);
    world
}

fn scene(nodes: usize, hosts: impl IntoIterator<Item = (i32, CordonedHost)>) -> Scene {
    let mut scene = world(nodes).observe();
    scene.hosts = hosts.into_iter().map(|(id, host)| (BrokerId(id), host)).collect();
    scene
}

fn replaced(acts: &[Act]) -> Vec<i32> {
    let replaced = acts.iter().filter_map(|act| match act {
        Act::Replace(id) => Some(id.0),
        _ => None,
    });
    replaced.collect()
}

#[test]
fn pods_that_can_go_elsewhere_leave_first_and_then_brokers_whose_volumes_cannot_are_emptied() {
    let all = scene(5, [(1, open("node-b")), (2, local("node-c")), (4, open("node-b"))]);
    let found = displaced(&all);
    assert_eq!(found.goal, Some(Goal::Leave { nodes: ids([1, 4]) }));
    assert_eq!(found.hosts, BTreeSet::from(["node-b".to_owned()]));
    assert!(found.stranded.is_empty(), "{:?}", found.stranded);
    let found = displaced(&scene(5, [(2, local("node-c"))]));
    assert_eq!(found.goal, Some(Goal::Drain { brokers: ids([2]) }));
    assert_eq!(found.hosts, BTreeSet::from(["node-c".to_owned()]));
    assert_eq!(displaced(&scene(5, [])), Displaced::default());
}

#[test]
fn a_broker_that_every_factor_needs_stays_and_says_what_can_be_done() {
    let found = displaced(&scene(3, [(2, local("node-c"))]));
    assert_eq!(found.goal, None);
    let told: Vec<String> = found.stranded.iter().map(Stranded::message).collect();
    assert_eq!(
        told,
        [
            "Broker 2 stands on Kubernetes node node-c, which is cordoned, and its volume data-node-c cannot go elsewhere. It \
          cannot be emptied either: topic t0 has 3 replicas, and there would be only 2 brokers. Add a broker (replicas of a \
          pool), and it is emptied by itself; or kubectl uncordon node-c."
        ]
    );
    // Of two only one can be spared.
    let found = displaced(&scene(4, [(1, local("node-b")), (2, local("node-c"))]));
    assert_eq!(found.goal, Some(Goal::Drain { brokers: ids([1]) }));
    assert_eq!(found.stranded.iter().map(|one| one.node).collect::<Vec<_>>(), [BrokerId(2)]);
}

#[test]
fn what_is_empty_already_is_told_so_and_is_none_of_those_that_are_left() {
    let mut scene = scene(5, [(3, local("node-d")), (4, local("node-e"))]);
    let topics = match &mut scene.topics {
        Known::Known(topics) => topics,
        Known::Unknown => panic!("it is seen"),
    };
    for partition in topics.values_mut().flat_map(|topic| topic.partitions.values_mut()) {
        partition.replicas = vec![BrokerId(0), BrokerId(1), BrokerId(3)];
    }
    let found = displaced(&scene);
    assert_eq!(found.goal, Some(Goal::Drain { brokers: ids([3]) }));
    assert_eq!(found.stranded[0].why, Strand::Empty { volume: "data-node-e".to_owned() });
    // With one less there would be two for three replicas.
    scene.nodes.remove(&BrokerId(2));
    let found = displaced(&scene);
    assert_eq!(found.goal, None);
    let whys: Vec<&Strand> = found.stranded.iter().map(|one| &one.why).collect();
    assert!(
        matches!(&whys[..], [Strand::Empty { .. }, Strand::TooFewBrokers { brokers: 2, factor: 3, .. }]),
        "{whys:?}"
    );
}

#[test]
fn replicas_that_are_about_to_go_do_not_count_while_a_broker_is_emptied() {
    let mut scene = scene(4, [(3, local("node-d"))]);
    let topics = match &mut scene.topics {
        Known::Known(topics) => topics,
        Known::Unknown => panic!("it is seen"),
    };
    let partition = topics.get_mut(&topic_name(0)).unwrap().partitions.get_mut(&PartitionId(1)).unwrap();
    partition.replicas = [0, 1, 2, 3].map(BrokerId).to_vec();
    let on_its_way = Reassignment {
        topic: topic_name(0),
        partition: PartitionId(1),
        adding: Box::from([BrokerId(0)]),
        removing: Box::from([BrokerId(3)]),
    };
    scene.moves = Known::Known(vec![on_its_way]);
    let found = displaced(&scene);
    assert_eq!((found.goal, found.stranded), (Some(Goal::Drain { brokers: ids([3]) }), Vec::new()));
}

#[test]
fn controllers_alone_those_that_nobody_fits_and_what_could_not_be_seen_are_never_passed_over() {
    let mut scene = well(3, 3, false, false, "4.1.2").observe();
    let nobody = Reach::Closed { hosts: ["node-b".to_owned()].into(), volume: None };
    let unseen = Reach::Unknown("Nobody says where the volume is.".to_owned());
    scene.hosts = BTreeMap::from([
        (BrokerId(0), host("node-b", nobody)),
        (BrokerId(1), host("node-c", unseen)),
        (BrokerId(4), local("node-d")),
    ]);
    let found = displaced(&scene);
    assert_eq!(found.goal, None);
    let told: Vec<String> = found.stranded.iter().map(Stranded::message).collect();
    assert!(told[0].contains("no other Kubernetes node is fit for its pod"), "{}", told[0]);
    assert!(told[1].ends_with("Nobody says where the volume is."), "{}", told[1]);
    assert!(told[2].starts_with("Controller 4 stands on Kubernetes node node-d"), "{}", told[2]);
    scene.topics = Known::Unknown;
    scene.hosts = BTreeMap::from([(BrokerId(2), local("node-b"))]);
    let found = displaced(&scene);
    assert_eq!((found.goal, found.stranded.len()), (None, 1), "what lies there is not known");
}

#[test]
fn nodes_that_leave_the_cluster_or_have_never_formed_one_are_left_alone() {
    let mut leaving = scene(5, [(4, open("node-b"))]);
    leaving.nodes.get_mut(&BrokerId(4)).unwrap().made = Made::Surplus;
    assert_eq!(displaced(&leaving), Displaced::default());
    let mut forming = scene(3, [(1, open("node-b"))]);
    forming.formation = Formation::Forming;
    assert_eq!(displaced(&forming), Displaced::default());
}

#[test]
fn they_leave_one_after_the_other_under_guard_and_nobody_else_is_restarted() {
    let mut start = world(3);
    start.hosts = BTreeMap::from([(BrokerId(0), open("node-b")), (BrokerId(2), open("node-b"))]);
    let kills = BTreeMap::from([(0, Kill::Halfway), (2, Kill::Before)]);
    let life = Life { world: start, rules: rules(2), faults: Vec::new(), kills };
    let told = live(&life, &Goal::Leave { nodes: ids([0, 2]) }, |_| {}).unwrap();
    assert!(told.world.hosts.is_empty(), "{:?}", told.world.hosts);
    let acts = replaced(&told.acts);
    assert!(!acts.contains(&1) && acts.first() == Some(&2) && acts.last() == Some(&0), "the active one last: {acts:?}");
    let reasons: BTreeSet<&str> = told
        .steps
        .iter()
        .filter(|step| step.kind == StepKind::RestartBroker)
        .map(|step| step.reason.split(';').next().unwrap())
        .collect();
    assert_eq!(reasons, BTreeSet::from(["leaves Kubernetes node node-b, which is cordoned"]));
}

#[test]
fn a_node_that_is_uncordoned_in_time_is_not_restarted() {
    let goal = Goal::Leave { nodes: ids([1]) };
    assert_eq!(plan_for(&goal, &world(3), &rules(0)).next, Next::Done);
}

#[test]
fn whom_nobody_would_take_any_more_is_passed_over_with_a_word_and_stands_in_the_way_of_nothing_else() {
    let mut start = world(5);
    let unseen = Reach::Unknown("Nobody says where the volume is.".to_owned());
    start.hosts = BTreeMap::from([
        (BrokerId(1), local("node-b")),
        (BrokerId(2), open("node-c")),
        (BrokerId(3), host("node-d", unseen)),
    ]);
    let goal = Goal::Leave { nodes: ids([1, 2, 3]) };
    let remarks = plan_for(&goal, &start, &rules(0)).remarks;
    let told: Vec<&String> = remarks.iter().filter(|remark| remark.contains(" stays on ")).collect();
    assert_eq!(
        told,
        [
            "Broker 1 stays on Kubernetes node node-b: nobody else would take its pod now.",
            "Broker 3 stays on Kubernetes node node-d. Nobody says where the volume is."
        ]
    );
    let life = Life { world: start, rules: rules(0), faults: Vec::new(), kills: BTreeMap::new() };
    let told = live(&life, &goal, |_| {}).unwrap();
    assert_eq!(replaced(&told.acts), [2]);
    assert_eq!(displaced(&told.world.observe()).goal, Some(Goal::Drain { brokers: ids([1]) }));
}

#[test]
fn whoever_is_to_run_another_version_is_left_to_the_upgrade() {
    let mut scene = scene(3, [(1, open("node-b"))]);
    scene.nodes.get_mut(&BrokerId(1)).unwrap().made = Made::Other([Made::VERSION.to_owned()].into());
    let found = displaced(&scene);
    assert_eq!(found.goal, None, "an operation would do nothing, and be made again");
    let told: Vec<String> = found.stranded.iter().map(Stranded::message).collect();
    assert_eq!(
        told,
        [
            "Broker 1 stands on Kubernetes node node-b, which is cordoned, and another version is declared for it: the upgrade \
          restarts it elsewhere. If that was cancelled, or could not be done, ask for it again, or declare the version that it \
          runs."
        ]
    );
    scene.nodes.get_mut(&BrokerId(1)).unwrap().made = Made::Other(["image".to_owned()].into());
    assert_eq!(displaced(&scene).goal, Some(Goal::Leave { nodes: ids([1]) }));
}

#[test]
fn a_pod_that_would_be_taken_by_nobody_is_not_taken_down_whatever_for() {
    let mut world = world(3);
    world.hosts.insert(BrokerId(1), local("node-b"));
    let goal = Goal::Restart { nodes: ids([1]), asked: millis(0) };
    let Next::Wait(guards) = plan_for(&goal, &world, &rules(0)).next else { panic!("it is restarted") };
    assert_eq!((guards[0].reason(), guards[0].brokers()), ("NodeCordoned", vec![BrokerId(1)]));
    assert_eq!(
        guards[0].message(),
        "Waiting before restarting node 1, which would not come up again: its volume data-node-b can be on Kubernetes node \
         node-b only, which is cordoned. It goes on when it is uncordoned (kubectl uncordon), or another one is fit."
    );
    let two = ["node-a".to_owned(), "node-b".to_owned()].into();
    let guard = Guard::NodeCordoned { node: BrokerId(1), hosts: two, volume: None };
    assert_eq!(
        guard.message(),
        "Waiting before restarting node 1, which would not come up again: only Kubernetes nodes node-a and node-b would be fit \
         for its pod, and are cordoned. It goes on when one of them is uncordoned (kubectl uncordon), or another one is fit."
    );
    // What runs in vain runs there at least.
    world.nodes.get_mut(&BrokerId(1)).unwrap().pod = Pod::Stuck { until: i64::MAX };
    world.declared.config = 1;
    let Next::Wait(guards) = plan_for(&Goal::Reconfigure, &world, &rules(0)).next else { panic!("it is restarted") };
    assert!(guards.iter().any(|guard| guard.reason() == "NodeCordoned"), "{guards:?}");
}

#[test]
fn the_others_are_rolled_before_one_that_cannot_come_back_and_it_is_told_ahead() {
    let mut start = world(3);
    start.hosts.insert(BrokerId(1), local("node-b"));
    let goal = Goal::Restart { nodes: BTreeSet::new(), asked: millis(0) };
    let plan = plan_for(&goal, &start, &rules(0));
    assert_eq!(plan.next, Next::Act(Act::Replace(BrokerId(2))));
    assert!(plan.ahead.iter().any(|guard| guard.reason() == "NodeCordoned"), "{:?}", plan.ahead);
    // It is uncordoned after a while; until then it stays up.
    let life = Life { world: start, rules: rules(0), faults: Vec::new(), kills: BTreeMap::new() };
    let told = live(&life, &goal, |world| {
        if world.now == 200 {
            assert_eq!(world.nodes[&BrokerId(1)].pod, Pod::Ready);
            world.hosts.clear();
        }
    });
    assert_eq!(replaced(&told.unwrap().acts).last(), Some(&1));
}

#[test]
fn where_no_kubernetes_node_is_fit_at_all_a_declaration_that_mends_it_is_carried_out() {
    let mut world = world(3);
    world.hosts.insert(BrokerId(1), host("node-b", Reach::Closed { hosts: BTreeSet::new(), volume: None }));
    let goal = Goal::Restart { nodes: ids([1]), asked: millis(0) };
    assert_eq!(plan_for(&goal, &world, &rules(0)).next, Next::Act(Act::Replace(BrokerId(1))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The world refuses an act that takes a pod which nobody would take again.
    #[test]
    fn whatever_befalls_it_a_leaving_comes_to_its_end_and_takes_no_pod_that_nobody_takes(
        mut life in some_life(),
        cordoned in prop::collection::btree_map(0i32..5, any::<bool>(), 1..4),
        uncordoned_at in 1i64..90,
    ) {
        for (id, is_local) in &cordoned {
            if life.world.nodes.contains_key(&BrokerId(*id)) {
                life.world.hosts.insert(BrokerId(*id), if *is_local { local("node-b") } else { open("node-b") });
            }
        }
        let goal = Goal::Leave { nodes: ids(cordoned.into_keys()) };
        let told = live(&life, &goal, |world| {
            if world.now >= uncordoned_at {
                world.hosts.retain(|_, host| matches!(host.reach, Reach::Open(_)));
            }
        })?;
        // Whom nobody takes is not waited for, be it uncordoned later or not.
        let is_open = |host: &CordonedHost| matches!(host.reach, Reach::Open(_));
        prop_assert!(!told.world.hosts.values().any(is_open), "{:?}", told.world.hosts);
    }
}
