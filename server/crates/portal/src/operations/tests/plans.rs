//! Plans from what the monitor sees: what each kind would do, and what is said when it cannot be done.

use super::*;
use klamm_model::{BrokerFate, Inventory, PlanOutcome, PlanView};

/// Three brokers that are voters, with these topics.
async fn planned(topics: Vec<Topic>, kind: OperationKind, spec: Value) -> Result<PlanView, String> {
    planned_for(topics, (kind, spec), |_| {}).await
}

/// The same, but for what is different.
async fn planned_for(
    topics: Vec<Topic>,
    (kind, spec): (OperationKind, Value),
    differs: impl FnOnce(&mut Inventory),
) -> Result<PlanView, String> {
    let estate = Estate::new();
    let mut seen = inventory("kafka/demo", topics);
    for broker in &mut seen.brokers {
        broker.pool = Some("main".parse().unwrap());
    }
    let voter = |id: i32| QuorumVoter { id: BrokerId(id), lag: Known::Known(0), last_caught_up: Known::Known(NOW) };
    seen.quorum =
        Known::Known(Quorum { leader: Some(BrokerId(1)), voters: [0, 1, 2].map(voter).into(), observers: Vec::new() });
    seen.reassignments = Known::Known(Vec::new());
    differs(&mut seen);
    estate.put(seen, Declared::default());
    estate.put_resource("kafka/demo", declared(&json!([])));
    let (portal, _database) = portal(&estate).await;
    portal.plan(&actor("ada"), &demo(), (kind, spec)).await.map_err(|problem| problem.detail)
}

fn kinds(plan: &PlanView) -> Vec<&str> {
    plan.steps.iter().map(|step| step.kind.as_str()).collect()
}

fn targets<'a>(plan: &'a PlanView, kind: &str) -> Vec<&'a str> {
    plan.steps.iter().filter(|step| step.kind == kind).map(|step| step.target.as_str()).collect()
}

/// What brokers have before and after.
fn replicas(plan: &PlanView) -> Vec<(i32, u64, u64)> {
    plan.brokers.iter().map(|of| (of.id.0, of.replicas_before, of.replicas_after)).collect()
}

const ALL: &[i32] = &[0, 1, 2];

fn safe() -> Vec<Topic> {
    vec![with_minimum(topic("a", &[(ALL, ALL), (&[1, 2, 0], &[1, 2, 0])]), 2)]
}

#[tokio::test]
async fn a_restart_leaves_the_leader_of_the_quorum_for_last() {
    let plan = planned(safe(), OperationKind::Restart, json!({})).await.unwrap();
    assert_eq!((plan.sentence.as_str(), plan.outcome), ("Restart all nodes of demo", PlanOutcome::Begins), "{plan:#?}");
    let restarts = targets(&plan, "restartBroker");
    assert_eq!((restarts.len(), restarts.last().copied()), (3, Some("broker 1")), "{plan:#?}");
    assert!(plan.brokers.is_empty(), "nothing moves");
    let one = planned(safe(), OperationKind::Restart, json!({ "brokers": [2] })).await.unwrap();
    assert_eq!(targets(&one, "restartBroker"), ["broker 2"]);
}

#[tokio::test]
async fn a_topic_with_one_replica_has_to_be_accepted_by_name() {
    let topics = || vec![with_minimum(topic("single", &[(&[2], &[2])]), 1)];
    let plan = planned(topics(), OperationKind::Restart, json!({ "brokers": [2] })).await.unwrap();
    assert_eq!((plan.outcome, &plan.accept_unavailable), (PlanOutcome::Waits, &vec!["single".to_owned()]), "{plan:#?}");
    let named = json!({ "brokers": [2], "acceptUnavailable": ["single"] });
    let plan = planned(topics(), OperationKind::Restart, named).await.unwrap();
    assert_eq!((plan.outcome, plan.accept_unavailable.len()), (PlanOutcome::Begins, 0), "{plan:#?}");
}

#[tokio::test]
async fn an_upgrade_tells_both_versions_and_is_refused_where_there_is_no_way() {
    let plan = planned(safe(), OperationKind::Upgrade, json!({ "version": "4.2.1" })).await.unwrap();
    assert_eq!(plan.sentence, "Upgrade demo from 4.1.2 to 4.2.1");
    assert_eq!((plan.outcome, targets(&plan, "restartBroker").len()), (PlanOutcome::Begins, 3), "{plan:#?}");
    assert!(plan.steps.iter().all(|step| step.one_way.is_none()), "finalising is asked for on its own");
    let none = planned(safe(), OperationKind::Upgrade, json!({ "version": "9.9.0" })).await;
    match none {
        Ok(plan) => {
            assert_eq!(plan.outcome, PlanOutcome::Refused);
            assert!(!plan.refusals.is_empty(), "{plan:#?}");
        }
        Err(why) => assert!(why.contains("9.9"), "{why}"),
    }
}

/// What finalising 4.2 would do where 4.1 is in force, with these features; targets, each with where it comes from.
async fn finalised(features: Known<BTreeMap<String, i16>>) -> (PlanView, Vec<(String, String)>) {
    let finalise = (OperationKind::Finalise, json!({ "metadataVersion": "4.2-IV1" }));
    let plan = planned_for(safe(), finalise, |seen| {
        seen.features = features;
        for broker in &mut seen.brokers {
            broker.version = Known::Known("4.2.1".to_owned());
        }
    });
    let plan = plan.await.unwrap();
    let steps = plan.steps.iter().map(|step| (step.target.clone(), step.reason.clone())).collect();
    (plan, steps)
}

#[tokio::test]
async fn finalising_tells_each_feature_from_the_level_that_it_has() {
    let in_force = [
        ("metadata.version", 27),
        ("group.version", 1),
        ("transaction.version", 2),
        ("eligible.leader.replicas.version", 1),
    ];
    let in_force = in_force.map(|(feature, level)| (feature.to_owned(), level));
    let (plan, steps) = finalised(Known::Known(in_force.into())).await;
    let told = |target: &str, reason: &str| (target.to_owned(), reason.to_owned());
    assert_eq!(
        steps,
        [
            told("metadata.version to 4.2-IV1", "from 4.1-IV1"),
            told("share.version to 1", "from 0"),
            told("streams.version to 1", "from 0"),
        ]
    );
    assert!(plan.remarks.iter().all(|remark| !remark.contains("not seen")), "{:?}", plan.remarks);
}

#[tokio::test]
async fn finalising_says_which_features_were_not_seen_and_tells_no_steps_of_them() {
    let (plan, steps) = finalised(Known::Unknown).await;
    assert_eq!(steps, [("metadata.version to 4.2-IV1".to_owned(), "from 4.1-IV1".to_owned())]);
    let unseen = plan.remarks.iter().find(|remark| remark.contains("not seen")).unwrap();
    assert!(unseen.contains("group.version") && !unseen.contains("metadata.version"), "{unseen}");
}

#[tokio::test]
async fn settings_that_running_brokers_take_restart_nobody() {
    let plan = planned(safe(), OperationKind::Reconfigure, json!({ "config": { "log.cleaner.threads": 2 } }));
    let plan = plan.await.unwrap();
    assert!(targets(&plan, "restartBroker").is_empty(), "{plan:#?}");
    let plan = planned(
        safe(),
        OperationKind::Reconfigure,
        json!({ "config": { "num.partitions": 6, "queued.max.requests": 9 } }),
    );
    let plan = plan.await.unwrap();
    assert_eq!(targets(&plan, "restartBroker").len(), 3, "{plan:#?}");
}

#[tokio::test]
async fn a_minimum_for_all_is_held_against_topics_that_set_none() {
    let to = |minimum: u32| json!({ "config": { "min.insync.replicas": minimum } });
    let plan = planned(safe(), OperationKind::Reconfigure, to(3)).await.unwrap();
    assert_eq!(plan.outcome, PlanOutcome::Begins, "each sets its own: {plan:#?}");
    // What holds for it now nobody has told.
    let plan = planned(vec![topic("bare", &[(ALL, ALL)])], OperationKind::Reconfigure, to(3)).await.unwrap();
    let reasons: Vec<&str> = plan.waiting_on.iter().map(|wait| wait.reason.as_str()).collect();
    assert_eq!((plan.outcome, reasons), (PlanOutcome::Waits, vec!["Unseen"]));
}

#[tokio::test]
async fn a_drained_broker_has_nothing_afterwards() {
    let topics = || vec![with_minimum(topic("a", &[(&[0, 2], &[0, 2]), (&[2, 1], &[2, 1])]), 1)];
    let plan = planned(topics(), OperationKind::Drain, json!({ "brokers": [2] })).await.unwrap();
    assert_eq!(replicas(&plan), [(0, 1, 2), (1, 1, 2), (2, 2, 0)], "{plan:#?}");
    assert_eq!((plan.partitions, plan.bytes), (2, Known::Known(10)));
    assert!(plan.brokers.iter().all(|broker| broker.fate == BrokerFate::Stays));
    let nowhere = planned(safe(), OperationKind::Drain, json!({ "brokers": [2] })).await.unwrap();
    assert_eq!((nowhere.outcome, nowhere.brokers.len()), (PlanOutcome::Refused, 0), "{nowhere:#?}");
    assert!(!nowhere.refusals.is_empty());
}

#[tokio::test]
async fn what_is_even_is_not_moved_and_what_is_not_is() {
    let even = planned(safe(), OperationKind::Rebalance, json!({})).await.unwrap();
    assert_eq!((even.outcome, even.partitions), (PlanOutcome::Nothing, 0), "{even:#?}");
    let on: (&[i32], &[i32]) = (&[0], &[0]);
    let uneven = vec![topic("a", &[on, on, on, on, on, on])];
    let plan = planned(uneven, OperationKind::Rebalance, json!({ "topics": ["a"] })).await.unwrap();
    assert_eq!(replicas(&plan), [(0, 6, 2), (1, 0, 2), (2, 0, 2)], "{plan:#?}");
    assert_eq!(plan.partitions, 4);
}

#[tokio::test]
async fn a_broker_that_comes_is_told_with_what_it_will_get() {
    let on = |one: &'static [i32]| (one, one);
    let topics = vec![topic("a", &[on(&[0]), on(&[0]), on(&[1]), on(&[1]), on(&[2]), on(&[2]), on(&[0]), on(&[1])])];
    let plan = planned(topics, OperationKind::Scale, json!({ "pool": "main", "replicas": 4 })).await.unwrap();
    assert_eq!(plan.sentence, "Scale pool main of demo to 4 nodes");
    let comes = plan.brokers.iter().find(|broker| broker.fate == BrokerFate::Comes).unwrap();
    assert!(comes.replicas_before == 0 && comes.replicas_after > 0, "{plan:#?}");
    assert_eq!(comes.rack.as_deref(), Some("zone-0"), "where there are fewest");
    let at = |kind: &str| kinds(&plan).iter().position(|of| *of == kind);
    assert!(at("addBroker").is_some() && at("addBroker") < at("movePartitions"), "{plan:#?}");
    assert!(plan.remarks.iter().any(|remark| remark.starts_with("Kubernetes decides")), "{plan:#?}");
}

#[tokio::test]
async fn a_pool_does_not_shrink_below_what_replicas_need() {
    let plan = planned(safe(), OperationKind::Scale, json!({ "pool": "main", "replicas": 2 })).await.unwrap();
    assert_eq!((plan.outcome, plan.brokers.len()), (PlanOutcome::Refused, 0), "{plan:#?}");
    let topics = vec![with_minimum(topic("a", &[(&[0, 2], &[0, 2]), (&[2, 1], &[2, 1])]), 1)];
    let plan = planned(topics, OperationKind::Scale, json!({ "pool": "main", "replicas": 2 })).await.unwrap();
    let goes = plan.brokers.iter().find(|broker| broker.fate == BrokerFate::Goes).unwrap();
    assert_eq!((goes.id.0, goes.replicas_after), (2, 0), "{plan:#?}");
}

#[tokio::test]
async fn another_factor_is_planned_with_what_brokers_would_have() {
    let topics = || vec![with_minimum(topic("a", &[(&[0, 2], &[0, 2]), (&[2, 1], &[2, 1])]), 2)];
    let to = |factor: u32| json!({ "topics": ["a"], "replicationFactor": factor });
    let plan = planned(topics(), OperationKind::Rebalance, to(3)).await.unwrap();
    assert_eq!((plan.sentence.as_str(), plan.partitions), ("Give a of demo 3 replicas", 2));
    assert_eq!(plan.outcome, PlanOutcome::Begins, "{plan:#?}");
    assert!(plan.brokers.iter().all(|broker| broker.replicas_after == 2), "{plan:#?}");
    let same = planned(topics(), OperationKind::Rebalance, to(2)).await.unwrap();
    assert_eq!((same.outcome, same.steps.len(), same.partitions), (PlanOutcome::Nothing, 0, 0));
    let below = planned(topics(), OperationKind::Rebalance, to(1)).await.unwrap();
    assert_eq!(below.outcome, PlanOutcome::Refused);
    assert!(below.refusals[0].contains("min.insync.replicas"), "{:?}", below.refusals);
    let above = planned(topics(), OperationKind::Rebalance, to(4)).await.unwrap();
    assert!(above.refusals[0].contains("only 3 brokers"), "{:?}", above.refusals);
}

#[tokio::test]
async fn what_is_written_wrongly_is_said_by_the_name_of_its_field() {
    for (kind, spec, word) in [
        (OperationKind::Restart, json!({ "version": "4.2.1" }), "version"),
        (OperationKind::Upgrade, json!({}), "version"),
        (OperationKind::Upgrade, json!({ "version": "soon" }), "version"),
        (OperationKind::Scale, json!({ "pool": "none", "replicas": 3 }), "pool"),
        (OperationKind::Scale, json!({ "pool": "main", "replicas": -1 }), "replicas"),
        (OperationKind::Drain, json!({ "brokers": [] }), "brokers"),
        (OperationKind::Reconfigure, json!({ "config": { "node.id": 7 } }), "node.id"),
        (OperationKind::Rebalance, json!({ "topic": "a" }), "topic"),
        (OperationKind::Rebalance, json!({ "replicationFactor": 2 }), "topics"),
        (OperationKind::Rebalance, json!({ "topics": ["a"], "replicationFactor": 0 }), "replicationFactor"),
        (OperationKind::Drain, json!({ "brokers": [1], "replicationFactor": 2 }), "replicationFactor"),
        (OperationKind::Finalise, json!({ "metadataVersion": "x" }), "metadataVersion"),
        (OperationKind::Restart, json!({ "throttleBytesPerSecond": 0 }), "throttleBytesPerSecond"),
    ] {
        let why = planned(safe(), kind, spec.clone()).await.unwrap_err();
        assert!(why.contains(word), "{spec}: {why}");
    }
}
