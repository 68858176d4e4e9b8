//! Versions: which ways there are, what stands in them, and from where there is no way back.

use super::lives::Life;
use super::lives::{live, plan_for, rules, topic_name, well};
use super::observe::{features_of, millis};
use super::world::World;
use crate::operations::{
    Act, Disk, Door, Goal, Guard, METADATA, Made, Next, Ours, Pace, Plan, Refusal, RollGoal, Scene, Scope, StepKind,
    StepState, door, level_name, level_of, levels, one_way, path, plan_roll,
};
use klamm_model::{BrokerId, Known};
use std::collections::BTreeMap;

fn in_force(metadata: i16) -> BTreeMap<String, i16> {
    levels(&level_name(metadata)).unwrap()
}

fn upgrade(to: &str, scene: &Scene) -> Plan {
    plan_roll(RollGoal::Upgrade { to }, scene, &rules(0), &Ours::default(), &Pace::default())
}

fn world(from: &str, to: &str) -> World {
    let mut world = well(3, 3, true, false, from);
    world.add_topic(0, 3, 3, 2);
    world.declared.version = to.to_owned();
    world
}

#[test]
fn software_goes_up_over_releases_and_down_as_far_as_what_is_in_force_allows() {
    for (from, to) in
        [("3.9.2", "4.0.2"), ("4.0.2", "4.1.2"), ("3.9.2", "4.3.1"), ("4.1.2", "4.1.1"), ("4.2.0", "4.2.1")]
    {
        let before = level_of(&from[..3]).unwrap();
        assert_eq!(path(from, to, &in_force(before)), Ok(()), "{from} to {to}");
        assert_eq!(path(to, from, &in_force(before)), Ok(()), "and back, as long as nothing is finalised");
    }
    let refused = |from: &str, to: &str, metadata: i16| match path(from, to, &in_force(metadata)) {
        Err(refusal) => refusal.message(),
        Ok(()) => panic!("{from} to {to} at {metadata}"),
    };
    assert_eq!(refused("4.1.2", "4.9.0", 27), "Klamm does not know Kafka 4.9.0; it knows 3.9, 4.0, 4.1, 4.2, 4.3.");
    assert_eq!(
        refused("3.9.2", "4.0.2", 6),
        "Kafka 4.0.2 needs metadata.version 3.3-IV3 at least, and 3.3-IV2 is in force: it has to be finalised with Kafka 3.9.2 first."
    );
    // 4.2 is finalised, and nothing on the way changed how metadata is written: bring it down first. 3.9 is out of reach.
    assert_eq!(
        refused("4.2.1", "4.1.2", 29),
        "metadata.version 4.2-IV1 is in force, and Kafka 4.1.2 can do 4.1-IV1 at most: bring it to 4.1-IV1 first."
    );
    assert_eq!(
        refused("4.0.2", "3.9.2", 25),
        "group.version 1 is in force, and Kafka 3.9.2 can do 0 at most: bring it to 0 first."
    );
    let only_metadata = BTreeMap::from([(METADATA.to_owned(), 25)]);
    assert_eq!(
        path("4.0.2", "3.9.2", &only_metadata).unwrap_err().message(),
        "metadata.version 4.0-IV3 is in force, and Kafka 3.9.2 can do 3.9-IV0 at most. There is no way back from 4.0-IV1 to 3.9-IV0."
    );
}

#[test]
fn one_way_levels_are_those_of_the_field_notes() {
    let rows: &[&[i16]] = &[&[7], &[8, 9, 10], &[11, 12], &[13], &[14], &[15, 16], &[17, 18, 19, 20, 21, 22]];
    let rows = rows.iter().copied().chain([&[23, 24, 25, 26, 27, 28, 29][..], &[30]]);
    let row_of = |level: i16| rows.clone().position(|row| row.contains(&level)).unwrap();
    for from in 7..=30 {
        for to in from..=30 {
            assert_eq!(one_way(from, to).is_empty(), row_of(from) == row_of(to), "{from} to {to}");
        }
    }
    assert_eq!(door(METADATA, 27, 29), Door::Open);
    assert_eq!(door(METADATA, 29, 30), Door::OneWay("There is no way back from 4.3-IV0 to 4.2-IV1.".to_owned()));
    let far = "It crosses 2 levels that cannot be left again (4.0-IV1, 4.3-IV0): there is no way back from 4.3-IV0 to 3.9-IV0.";
    assert_eq!(door(METADATA, 21, 30), Door::OneWay(far.to_owned()));
    assert_eq!(door("group.version", 0, 1), Door::Open);
    assert!(matches!(door("kraft.version", 0, 1), Door::OneWay(_)));
}

#[test]
fn a_release_by_name_finalises_what_it_finalises_by_default() {
    assert_eq!(level_of("4.2"), Some(29));
    assert_eq!(level_of("4.2-IV0"), Some(28));
    assert_eq!(level_of("5.0"), None);
    let told: Vec<(String, i16)> = levels("4.1").unwrap().into_iter().collect();
    let expected = [
        ("eligible.leader.replicas.version", 1),
        ("group.version", 1),
        (METADATA, 27),
        ("share.version", 0),
        ("streams.version", 0),
        ("transaction.version", 2),
    ];
    assert_eq!(told, expected.map(|(feature, level)| (feature.to_owned(), level)));
}

#[test]
fn settings_that_4_0_does_not_know_are_named_with_where_they_are() {
    let mut scene = world("3.9.2", "4.2.1").observe();
    let set = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
    scene.settings = set("log.message.format.version", "2.8");
    scene.settings.insert("inter.broker.protocol.version".to_owned(), "3.9".to_owned());
    scene.dynamic = Known::Known(BTreeMap::from([
        (Scope::Cluster, set("log.segment.bytes", "65536")),
        (Scope::Broker(BrokerId(2)), set("zookeeper.connect", "zk:2181")),
    ]));
    let Known::Known(topics) = &mut scene.topics else { panic!() };
    topics.get_mut(&topic_name(0)).unwrap().config =
        Known::Known(set("message.format.version", "2.8").into_iter().chain(set("segment.bytes", "1000")).collect());
    let plan = upgrade("4.2.1", &scene);
    let Next::Refuse(refusals) = &plan.next else { panic!("{:?}", plan.next) };
    let [Refusal::Settings(settings)] = &refusals[..] else { panic!("{refusals:?}") };
    assert_eq!(
        settings,
        &[
            "log.message.format.version in spec.config does not exist any more in Kafka 4.0: take it away",
            "log.segment.bytes in the dynamic configuration of all brokers is 65536, and Kafka 4.0 takes 1048576 at least",
            "zookeeper.connect in the dynamic configuration of broker 2 is of ZooKeeper, which Kafka 4.0 does not know: take it away",
            "message.format.version is set by t0 and does not exist any more in Kafka 4.0: take it away",
            "segment.bytes of t0 is below 1048576, the least that Kafka 4.0 takes",
        ]
    );
    assert_eq!(plan.remarks, ["inter.broker.protocol.version in spec.config is ignored from Kafka 4.0 on."]);
    assert_eq!((plan.steps[0].kind, plan.steps[0].state), (StepKind::Preflight, StepState::Running));
    // A cluster that is past 4.0 already runs with them.
    for node in scene.nodes.values_mut() {
        node.version = Known::Known("4.1.2".to_owned());
        node.features = features_of("4.1.2");
    }
    scene.features = Known::Known(in_force(27));
    assert!(matches!(upgrade("4.2.1", &scene).next, Next::Act(Act::Replace(_))));
}

#[test]
fn what_decides_an_upgrade_and_is_not_known_holds_it_back() {
    let unseen = |change: &dyn Fn(&mut Scene)| {
        let mut scene = world("3.9.2", "4.0.2").observe();
        change(&mut scene);
        match upgrade("4.0.2", &scene).next {
            Next::Wait(guards) => guards[0].message(),
            other => panic!("{other:?}"),
        }
    };
    let told = unseen(&|scene| scene.features = Known::Unknown);
    assert!(told.ends_with("Which features are in force is not known."), "{told}");
    let told = unseen(&|scene| scene.dynamic = Known::Unknown);
    assert!(told.ends_with("The dynamic configuration of brokers is not known."), "{told}");
    let told = unseen(&|scene| {
        let Known::Known(topics) = &mut scene.topics else { panic!() };
        topics.get_mut(&topic_name(0)).unwrap().config = Known::Unknown;
    });
    assert!(told.ends_with("The settings of t0 are not known."), "{told}");
}

#[test]
fn old_clients_and_full_disks_are_told_and_stop_nothing() {
    let mut scene = world("3.9.2", "4.0.2").observe();
    scene.old_clients =
        Known::Known(vec!["librdkafka 0.9 asks broker 1 to fetch in a version that is gone.".to_owned()]);
    scene.nodes.get_mut(&BrokerId(1)).unwrap().disk = Known::Known(Disk { used: 95, total: 100 });
    let plan = upgrade("4.0.2", &scene);
    assert!(matches!(plan.next, Next::Act(Act::Replace(_))), "{:?}", plan.next);
    assert_eq!(plan.remarks[0], "librdkafka 0.9 asks broker 1 to fetch in a version that is gone.");
    assert_eq!(plan.remarks[1], "The disk of broker 1 is 95 % full.");
    assert_eq!(
        plan.remarks[2],
        "Features stay where they are (metadata version 3.9-IV0): there is a way back. Finalising 4.0-IV3, from which there \
         is no way back, is asked for separately."
    );
}

#[test]
fn an_upgrade_can_be_turned_round_in_the_middle_of_it() {
    let mut world = world("4.1.2", "4.2.1");
    world.apply(&Act::Replace(BrokerId(1))).unwrap();
    for _ in 0..30 {
        world.tick();
    }
    world.declared.version = "4.1.2".to_owned();
    // Two nodes are as declared: the goal that was is no goal any more.
    let Next::Refuse(refusals) = plan_for(&Goal::Upgrade { to: "4.2.1".to_owned() }, &world, &rules(0)).next else {
        panic!()
    };
    assert!(refusals[0].message().contains("is not what is declared any more"), "{refusals:?}");
    let back = Goal::Upgrade { to: "4.1.2".to_owned() };
    let life = Life { world, rules: rules(0), faults: Vec::new(), kills: BTreeMap::new() };
    let told = live(&life, &back, |_| {}).unwrap();
    let replaced: Vec<&Act> = told.acts.iter().filter(|act| matches!(act, Act::Replace(_))).collect();
    assert_eq!(replaced, [&Act::Replace(BrokerId(1))]);
    assert_eq!(told.steps[0].kind, StepKind::Preflight);
    assert!(told.world.nodes.values().all(|node| node.runs.version == "4.1.2"));
}

fn finalise(name: &str, scene: &Scene) -> Plan {
    let levels = levels(name).unwrap();
    plan_roll(RollGoal::Finalise { name, levels: &levels }, scene, &rules(0), &Ours::default(), &Pace::default())
}

#[test]
fn all_levels_are_told_with_their_doors_and_set_at_once_after_the_soak() {
    let mut world = well(3, 3, true, false, "4.3.1");
    world.features = in_force(25);
    world.nodes.get_mut(&BrokerId(2)).unwrap().born = -20;
    let plan = finalise("4.3", &world.observe());
    assert_eq!(plan.next, Next::Wait(vec![Guard::FinaliseSoak(millis(40))]), "the youngest pod is 20 s old of 60");
    assert_eq!(plan.eta_seconds, Known::Known(40));
    let told: Vec<(&str, &str, bool)> =
        plan.steps.iter().map(|step| (step.target.as_str(), step.reason.as_str(), step.door == Door::Open)).collect();
    assert_eq!(
        told,
        [
            ("metadata.version to 4.3-IV0", "from 4.0-IV3", false),
            ("eligible.leader.replicas.version to 1", "from 0", true),
            ("share.version to 1", "from 0", true),
            ("streams.version to 1", "from 0", true),
        ]
    );
    assert_eq!(plan.remarks[0], "There is no way back from 4.3-IV0 to 4.0-IV3.");
    assert!(plan.remarks[1].contains("min.insync.replicas"), "{:?}", plan.remarks);
    world.now = 40;
    let Next::Act(act) = finalise("4.3", &world.observe()).next else { panic!() };
    let Act::SetFeatures(levels) = &act else { panic!("{act:?}") };
    assert_eq!(levels[METADATA], 30);
    world.apply(&act).unwrap();
    assert_eq!(finalise("4.3", &world.observe()).next, Next::Done);
}

#[test]
fn a_feature_that_somebody_set_by_hand_goes_no_other_way_than_all() {
    let mut world = well(3, 3, true, false, "4.2.1");
    world.features = in_force(27);
    // Ahead of what goes with 4.1, and behind it.
    world.features.insert("share.version".to_owned(), 1);
    world.features.insert("group.version".to_owned(), 0);
    let changed = |world: &World, name: &str| match finalise(name, &world.observe()).next {
        Next::Act(Act::SetFeatures(levels)) => levels.into_keys().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(changed(&world, "4.2"), ["group.version", METADATA, "streams.version"]);
    world.features.insert(METADATA.to_owned(), 29);
    assert_eq!(changed(&world, "4.1"), [METADATA, "share.version"]);
    // What goes down waits for nothing but nodes that are well.
    world.nodes.get_mut(&BrokerId(2)).unwrap().born = 0;
    assert_eq!(changed(&world, "4.1"), [METADATA, "share.version"]);
}

#[test]
fn levels_go_down_again_where_nothing_changed_and_not_where_something_did() {
    let mut world = well(3, 3, true, false, "4.2.1");
    let plan = finalise("4.1", &world.observe());
    let Next::Act(Act::SetFeatures(levels)) = &plan.next else { panic!("{:?}", plan.next) };
    assert_eq!(
        levels.iter().map(|(name, level)| (name.as_str(), *level)).collect::<Vec<_>>(),
        [(METADATA, 27), ("share.version", 0), ("streams.version", 0),]
    );
    assert!(plan.steps.iter().all(|step| step.door == Door::Open));
    world = well(3, 3, true, false, "4.3.1");
    let Next::Refuse(refusals) = finalise("4.2", &world.observe()).next else { panic!() };
    assert_eq!(
        refusals[0].message(),
        "metadata.version cannot be brought down: There is no way back from 4.3-IV0 to 4.2-IV1."
    );
}

#[test]
fn a_level_that_a_node_cannot_do_is_refused_and_one_that_does_not_tell_is_waited_for() {
    let mut scene = well(3, 3, true, false, "4.2.1").observe();
    scene.features = Known::Known(in_force(27));
    scene.nodes.get_mut(&BrokerId(1)).unwrap().features = features_of("4.1.2");
    let Next::Refuse(refusals) = finalise("4.2", &scene).next else { panic!() };
    assert_eq!(
        refusals.iter().map(Refusal::message).collect::<Vec<_>>(),
        [
            "Broker 1 can do metadata.version from 3.3-IV3 to 4.1-IV1, and not 4.2-IV1.",
            "Broker 1 can do streams.version from 0 to 0, and not 1."
        ]
    );
    // Nodes that leave have to be able to do it too, as long as they are there.
    scene.nodes.get_mut(&BrokerId(1)).unwrap().made = Made::Surplus;
    assert!(matches!(finalise("4.2", &scene).next, Next::Refuse(_)));
    scene.nodes.get_mut(&BrokerId(1)).unwrap().features = Known::Unknown;
    let Next::Wait(guards) = finalise("4.2", &scene).next else { panic!() };
    assert_eq!(guards[0].reason(), "Unseen");
}
