//! Which operations are made, which is next, and what each asks for.

use super::super::{cordons, pass::Memory};
use super::*;
use klamm_planner::operations::Aim;
use klamm_resources::BrokerStatus;
use std::sync::Arc;

#[test]
fn more_nodes_wait_for_an_operation_once_a_cluster_has_formed() {
    let mut stage = Stage::new();
    stage.world.declare(&THREE.replace("replicas: 3", "replicas: 4"));
    assert_eq!(stage.scene().nodes[&BrokerId(3)].made, Made::Missing);
    assert_eq!(due(&stage.scene(), &stage.declared()), Some(Goal::Scale));
    stage.world.apply(usize::MAX);
    assert!(!stage.world.observed.stateful_sets.contains_key("demo-main-3"));
    stage.world.declare(&THREE.replace("replicas: 3", "replicas: 2"));
    assert_eq!(stage.scene().nodes[&BrokerId(2)].made, Made::Surplus);
}

#[test]
fn the_oldest_begins_and_what_has_begun_goes_on() {
    let began = json!({ "phase": "waiting", "started": "2026-11-28T12:00:00Z" });
    let operations = [
        operation("b", T0, json!({ "kind": "restart" }), json!({})),
        operation("a", T0, json!({ "kind": "restart" }), json!({})),
        operation("running", T0 + 5000, json!({ "kind": "rebalance" }), began),
        operation("over", T0 - 5000, json!({ "kind": "restart" }), json!({ "phase": "done" })),
    ];
    let names: Vec<String> = line(&operations).into_iter().map(ResourceExt::name_any).collect();
    assert_eq!(names, ["running", "a", "b"]);
}

#[test]
fn twenty_that_are_over_stay() {
    let over = |n: i64| {
        let ended = Timestamp::from_millisecond(T0 + n * 1000).unwrap().to_string();
        operation(&format!("o{n}"), T0, json!({ "kind": "restart" }), json!({ "phase": "done", "ended": ended }))
    };
    let operations: Vec<KafkaOperation> = (0..22).map(over).collect();
    let gone: BTreeSet<String> = outlived(&operations).into_iter().map(ResourceExt::name_any).collect();
    assert_eq!(gone, BTreeSet::from(["o0".to_owned(), "o1".to_owned()]));
}

#[test]
fn emptied_brokers_are_given_free_by_a_rebalance_alone_or_once_all_of_them_are_gone() {
    let spreads = |spec: serde_json::Value| cordons::spreads(&operation("o", T0, spec, json!({})));
    assert!(spreads(json!({ "kind": "rebalance" })));
    assert!(!spreads(json!({ "kind": "rebalance", "paused": true })));
    assert!(
        !spreads(json!({ "kind": "rebalance", "topics": ["orders"], "replicationFactor": 3 })),
        "it moves nothing else"
    );
    assert!(!spreads(json!({ "kind": "drain", "brokers": [1] })));
    let there = |ids: &[i32]| -> Vec<BrokerStatus> {
        let of = |id: &i32| json!({ "id": id, "pod": format!("demo-main-{id}-0"), "pool": "main", "state": "running" });
        ids.iter().map(|id| serde_json::from_value(of(id)).unwrap()).collect()
    };
    let cordoned = BTreeSet::from([BrokerId(3), BrokerId(4)]);
    assert!(cordons::are_gone(&cordoned, &there(&[0, 1, 2])));
    assert!(!cordons::are_gone(&cordoned, &there(&[0, 1, 2, 4])), "one is there still");
    assert!(!cordons::are_gone(&BTreeSet::new(), &there(&[0])), "nobody is kept empty");
    assert!(!cordons::are_gone(&cordoned, &[]), "nobody has said who is there");
}

#[test]
fn where_replicas_go_is_remembered_for_its_own_operation_until_that_is_over() {
    let mut memory = Memory::default();
    memory.remember("u-1".to_owned(), Arc::new(Aim::default()));
    assert_eq!(memory.aim("u-1").as_deref(), Some(&Aim::default()));
    assert_eq!(memory.aim("u-2"), None);
    memory.forget_aim();
    assert_eq!(memory.aim("u-1"), None);
}

#[test]
fn an_operation_is_made_once_for_a_declaration_and_not_again_after_it_was_cancelled() {
    let cluster = "kafka/demo".parse().unwrap();
    let goal = Goal::Upgrade { to: "4.2.1".to_owned() };
    let make = |there: &[KafkaOperation]| made::operation(&goal, &cluster, &object(), there);
    let first = make(&[]).unwrap();
    assert_eq!(first.name_any(), "demo-upgrade-7");
    assert_eq!(first.spec.version.as_deref(), Some("4.2.1"));
    assert!(made::is_ours(&first, &object()));
    assert_eq!(make(std::slice::from_ref(&first)), Err(Barred::Open("demo-upgrade-7".to_owned())));
    let ended = |phase: &str| {
        let mut ended = first.clone();
        ended.status = serde_json::from_value(json!({ "phase": phase })).unwrap();
        ended
    };
    assert_eq!(make(&[ended("cancelled")]), Err(Barred::Ended("demo-upgrade-7".to_owned())));
    assert_eq!(make(&[ended("failed")]), Err(Barred::Ended("demo-upgrade-7".to_owned())));
    assert_eq!(make(&[ended("done")]).unwrap().name_any(), "demo-upgrade-7-2", "somebody changed it back by hand");
    let mut later = object();
    later.metadata.generation = Some(8);
    let again = made::operation(&goal, &cluster, &later, &[ended("cancelled")]).unwrap();
    assert_eq!(again.name_any(), "demo-upgrade-8");
}

#[test]
fn what_is_made_by_hand_and_should_not_be_says_what_to_change_instead() {
    let stage = Stage::new();
    let upgrade = operation("mine", T0, json!({ "kind": "upgrade", "version": "4.2.1" }), json!({}));
    let Asked::Wrong(sentence) = stage.asked(&upgrade) else { panic!("it was taken") };
    assert!(sentence.contains("spec.version of kafka/demo"), "{sentence}");
    let strange = operation("strange", T0, json!({ "kind": "restart", "brokers": [1, 7] }), json!({}));
    let Asked::Wrong(sentence) = stage.asked(&strange) else { panic!("it was taken") };
    assert!(sentence.contains("no 7") && sentence.contains("0, 1, 2"), "{sentence}");
    let cluster = "kafka/demo".parse().unwrap();
    let old = made::operation(&Goal::Upgrade { to: "4.9.9".to_owned() }, &cluster, &object(), &[]).unwrap();
    assert!(matches!(stage.asked(&old), Asked::Superseded(_)), "4.1.2 is declared");
}

#[test]
fn a_rebalance_that_says_how_many_replicas_is_for_the_topics_it_names() {
    let stage = Stage::new();
    let asked = |spec: serde_json::Value| {
        let spec = json!({ "kind": "rebalance", "topics": spec["topics"], "replicationFactor": spec["factor"] });
        stage.asked(&operation("mine", T0, spec, json!({})))
    };
    let factors = BTreeMap::from([("orders".parse().unwrap(), 2)]);
    assert_eq!(asked(json!({ "topics": ["orders"], "factor": 2 })), Asked::For(Goal::Factor { factors }));
    for (spec, word) in [
        (json!({ "topics": [], "factor": 2 }), "name them in topics"),
        (json!({ "topics": ["orders"], "factor": 0 }), "at least 1"),
        (json!({ "topics": ["orders", "gone"], "factor": 2 }), "no topic gone"),
    ] {
        let Asked::Wrong(sentence) = asked(spec) else { panic!("{word}: it was taken") };
        assert!(sentence.contains(word), "{sentence}");
    }
}

#[test]
fn an_upgrade_knows_where_it_came_from() {
    let stage = Stage::new();
    let to = |version: &str| operation("mine", T0, json!({ "kind": "upgrade", "version": version }), json!({}));
    assert_eq!(versions(&to("4.2.1"), &stage.scene()), ["4.1.2"]);
    assert_eq!(versions(&to("4.1.2"), &stage.scene()), [""; 0]);
    assert_eq!(versions(&restart(T0), &stage.scene()), [""; 0]);
}
