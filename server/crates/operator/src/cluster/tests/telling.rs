//! What people are told of a cluster: conditions, Events, states of nodes.

use super::*;

#[test]
fn creation_is_told_step_by_step() {
    let mut world = World::new(THREE);
    world.found(1);
    world.apply(usize::MAX);
    let (status, _) = world.report(&KafkaSeen::NotAsked, &[]);
    assert_eq!(ready(&status), ("False".to_owned(), "CreatingBrokers".to_owned()));
    assert!(klamm_resources::holds(&status.conditions, ConditionType::Progressing));
    assert!(status.brokers.iter().all(|broker| broker.state == NodeState::Creating && broker.directory_id.is_some()));

    world.pods(&running());
    let leaderless = KafkaSeen::Answered(Box::new(Answer {
        cluster_id: status.cluster_id.clone().unwrap(),
        brokers: (0..3).map(|id| (id, BrokerState::Running)).collect(),
        ..Answer::default()
    }));
    assert_eq!(ready(&world.report(&leaderless, &[]).0).1, "FormingQuorum");

    let seen = world.answer(&[0, 1, 2]);
    let (status, news) = world.report(&seen, &[]);
    assert_eq!(ready(&status), ("True".to_owned(), "Serving".to_owned()));
    assert_eq!(status.conditions.len(), 1, "{:?}", status.conditions);
    assert_eq!(status.brokers_ready.as_deref(), Some("3/3"));
    assert_eq!(status.metadata_version.as_deref(), Some("4.1-IV1"));
    assert_eq!(news.len(), 1);
    assert!(world.report(&seen, &[]).1.is_empty(), "the same again is no news");
}

#[test]
fn a_broker_that_goes_is_named_and_the_cluster_is_degraded() {
    let mut world = World::up(THREE);
    let seen = world.answer(&[0, 1, 2]);
    world.report(&seen, &[]);
    world.observed.pods.remove("demo-main-1-0");
    let (status, news) = world.report(&seen, &[]);
    assert_eq!(ready(&status), ("False".to_owned(), "BrokersDown".to_owned()));
    let degraded = condition(&status.conditions, ConditionType::Degraded).unwrap();
    assert!(degraded.message.contains("1 (down)"), "{}", degraded.message);
    assert_eq!(status.brokers[1].state, NodeState::Down);
    assert!(news.iter().any(|news| news.is_warning));
}

#[test]
fn brokers_of_another_cluster_are_not_taken_for_ours() {
    let mut world = World::up(THREE);
    let KafkaSeen::Answered(mut answer) = world.answer(&[0, 1, 2]) else { unreachable!() };
    answer.cluster_id = "other".to_owned();
    let (status, _) = world.report(&KafkaSeen::Answered(answer), &[]);
    assert_eq!(ready(&status), ("False".to_owned(), "ResourceConflict".to_owned()));
}

#[test]
fn silence_is_not_absence() {
    let mut world = World::up(THREE);
    let seen = world.answer(&[0, 1, 2]);
    world.report(&seen, &[]);
    let (status, _) = world.report(&KafkaSeen::Silent("timed out".to_owned()), &[]);
    assert!(status.brokers.iter().all(|broker| broker.state == NodeState::Unknown));
    assert_eq!(ready(&status).1, "KafkaUnreachable");
    assert_eq!(status.metadata_version.as_deref(), Some("4.1-IV1"), "the last known value stays");
}

#[test]
fn a_problem_of_the_surroundings_is_told_while_the_cluster_serves() {
    let mut world = World::up(THREE);
    let seen = world.answer(&[0, 1, 2]);
    let problem = Trouble { reason: ClusterReason::TenantRoleMissing, message: "apply this".to_owned() };
    let (status, _) = world.report(&seen, &[problem]);
    assert_eq!(ready(&status).0, "True");
    assert_eq!(condition(&status.conditions, ConditionType::Degraded).unwrap().reason, "TenantRoleMissing");
}

#[test]
fn a_paused_cluster_says_so_and_a_zone_is_shown_as_the_pod_has_it() {
    let mut world = World::up(THREE);
    world.paused = true;
    let pod = world.observed.pods.get_mut("demo-main-2-0").unwrap();
    pod.metadata.annotations.get_or_insert_default().insert(annotation::RACK.to_owned(), "zone-c".to_owned());
    let seen = world.answer(&[0, 1, 2]);
    let (status, _) = world.report(&seen, &[]);
    assert_eq!(condition(&status.conditions, ConditionType::Waiting).unwrap().reason, "Paused");
    assert_eq!(status.brokers[2].rack.as_deref(), Some("zone-c"));
    assert_eq!(status.brokers[0].rack, None);
    assert_eq!(
        status.bootstrap_servers["clients"].split(',').next(),
        Some("demo-main-0-0.demo-brokers.kafka.svc:9092")
    );
}

#[test]
fn who_stays_on_a_cordoned_kubernetes_node_is_told_while_the_cluster_serves_and_when_an_operation_runs() {
    let mut world = World::up(THREE);
    let seen = world.answer(&[0, 1, 2]);
    world.report(&seen, &[]);
    world.attended.stranded = vec!["Broker 2 stands on Kubernetes node node-c, which is cordoned.".to_owned()];
    let (status, news) = world.report(&seen, &[]);
    assert_eq!(ready(&status).0, "True");
    let waiting = condition(&status.conditions, ConditionType::Waiting).unwrap();
    assert_eq!((waiting.reason.as_str(), &waiting.message), ("NodeCordoned", &world.attended.stranded[0]));
    assert!(news.iter().any(|news| news.is_warning && news.reason == "NodeCordoned"), "{news:?}");
    world.attended.running = Some(Running {
        name: "again".to_owned(),
        kind: OperationKind::Restart,
        phase: OperationPhase::Running,
        progress: None,
        sentence: "Restarting node 0 as it is declared.".to_owned(),
        handled: [].into(),
    });
    let (status, _) = world.report(&seen, &[]);
    assert_eq!(condition(&status.conditions, ConditionType::Waiting).unwrap().reason, "NodeCordoned");
    world.attended = Attended::default();
    let (status, _) = world.report(&seen, &[]);
    assert_eq!(condition(&status.conditions, ConditionType::Waiting), None);
}

/// A node that an operation has made, and that runs.
fn joins(world: &mut World, id: i32) {
    let pool = world.assignment().nodes[&id].clone();
    let set = world.with_blueprint(|blueprint| {
        let none = BTreeMap::new();
        blueprint.stateful_set(&super::super::build::Node { id, pool: blueprint.pool(&pool).unwrap(), ports: &none })
    });
    world.observed.stateful_sets.insert(set.metadata.name.clone().unwrap(), set);
    world.pods(&running());
}

#[test]
fn a_controller_that_is_not_meant_to_vote_is_nothing_to_wait_for() {
    let mut world = World::up(THREE);
    world.declare(&THREE.replace("replicas: 3", "replicas: 4"));
    joins(&mut world, 3);
    let seen = world.answer(&[0, 1, 2, 3]);
    let (status, _) = world.report(&seen, &[]);
    assert_eq!(
        ready(&status),
        ("True".to_owned(), "Serving".to_owned()),
        "three vote, and four would be no odd number"
    );
    assert!(condition(&status.conditions, ConditionType::Degraded).is_none());
    // Five vote: two are still to get their votes.
    world.declare(&THREE.replace("replicas: 3", "replicas: 5"));
    joins(&mut world, 4);
    let seen = world.answer(&[0, 1, 2, 3, 4]);
    let (status, _) = world.report(&seen, &[]);
    assert_eq!(ready(&status), ("False".to_owned(), "FormingQuorum".to_owned()));
    assert!(condition(&status.conditions, ConditionType::Ready).unwrap().message.contains("controllers 3, 4"));
}

#[test]
fn a_controller_without_a_vote_serves_by_following_and_a_founder_does_not() {
    const APART: &str = "
spec:
  version: 4.1.2
  pools:
  - {name: controllers, roles: [controller], replicas: 3, storage: {type: persistent, size: 1Gi}}
  - {name: brokers, roles: [broker], replicas: 1, storage: {type: persistent, size: 1Gi}}
  listeners: [{name: clients, port: 9092}]
";
    let mut world = World::up(APART);
    world.declare(&APART.replace("replicas: 3", "replicas: 4"));
    joins(&mut world, 4);
    let seen = world.answer(&[3]);
    let (status, _) = world.report(&seen, &[]);
    assert!(status.brokers.iter().all(|node| node.state == NodeState::Running), "{:?}", status.brokers);
    assert_eq!(ready(&status).0, "True");
    let KafkaSeen::Answered(mut answer) = seen else { unreachable!() };
    answer.quorum.as_mut().unwrap().voters.remove(&2);
    let (status, _) = world.report(&KafkaSeen::Answered(answer), &[]);
    let fenced: Vec<i32> =
        status.brokers.iter().filter(|node| node.state == NodeState::Fenced).map(|node| node.id).collect();
    assert_eq!((fenced, ready(&status).0.as_str()), (vec![2], "False"));
}

#[test]
fn a_controller_whose_vote_was_taken_because_it_leaves_is_not_missed() {
    let mut world = World::up(THREE);
    world.declare(&THREE.replace("replicas: 3", "replicas: 2"));
    let KafkaSeen::Answered(mut answer) = world.answer(&[0, 1, 2]) else { unreachable!() };
    answer.quorum.as_mut().unwrap().voters.remove(&2);
    let (status, _) = world.report(&KafkaSeen::Answered(answer), &[]);
    assert_eq!(ready(&status), ("True".to_owned(), "Serving".to_owned()));
}

#[test]
fn a_controller_that_came_later_or_lost_its_volume_gets_a_vote() {
    let world = World::up(THREE);
    let (lost, fresh) = (DirectoryId::from_bytes([1; 16]), DirectoryId::from_bytes([2; 16]));
    let change = |voters: &[(i32, Option<DirectoryId>)], observers: &[(i32, DirectoryId)]| {
        let quorum = QuorumSeen {
            leader: Some(0),
            voters: voters.iter().copied().collect(),
            observers: observers.iter().copied().collect(),
        };
        world.with_blueprint(|blueprint| due(blueprint, &world.assignment(), &quorum))
    };
    let voting = [(0, Some(lost)), (1, Some(lost)), (2, Some(lost))];
    assert_eq!(change(&voting, &[]), None);
    assert_eq!(change(&voting[..2], &[(2, fresh)]), Some(Change::Add(2, fresh)));
    assert_eq!(change(&voting, &[(2, fresh)]), Some(Change::Remove(2, lost)));
    assert_eq!(change(&voting, &[(7, fresh)]), None, "nobody declared node 7");
}
