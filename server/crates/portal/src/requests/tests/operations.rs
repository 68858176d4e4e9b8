//! Changes of whole clusters: who asks, what is agreed to, what is written, and when it counts as done.

use super::{kubernetes::Kubernetes, *};
use crate::Applier;
use klamm_model::{BrokerId, Known, OperationKind, Quorum, QuorumVoter};

/// `kafka/prod` as it is declared, and as the operator says that it is.
fn cluster(version: &str, generation: i64) -> Value {
    let broker = |id: i32| json!({ "id": id, "pod": format!("p{id}"), "pool": "main", "state": "running" });
    let brokers = [0, 1, 2].map(broker);
    json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaCluster",
        "metadata": { "name": "prod", "namespace": "kafka", "generation": generation, "uid": "0d0f" },
        "spec": {
            "version": version, "environment": "prod", "config": { "num.io.threads": 8 },
            "pools": [{
                "name": "main", "roles": ["broker", "controller"], "replicas": 3,
                "storage": { "type": "persistent", "size": "1Gi" },
            }],
            "listeners": [{ "name": "plain", "port": 9092, "exposure": "internal" }],
        },
        "status": {
            "observedGeneration": generation, "kafkaVersion": "4.1.2",
            "brokers": brokers,
        },
    })
}

fn operation(name: &str, spec: &Value, status: &Value) -> klamm_resources::KafkaOperation {
    let mut object = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaOperation",
        "metadata": { "name": name, "namespace": "kafka", "creationTimestamp": "2023-11-14T22:20:00Z" },
        "spec": { "cluster": { "name": "prod" } }, "status": status,
    });
    for (field, value) in spec.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    serde_json::from_value(object).unwrap()
}

fn operator2() -> Actor {
    Actor { roles: [Role::Operator].into(), ..actor("operator2") }
}

/// With two operators, a quorum that is well, and topics on all three brokers but for `payments.a`, of one replica.
async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.portal.add_user(Asker::Console, user("operator2", &[Role::Operator])).await.unwrap();
    let seen = crate::Observations::cluster(&bench.estate, &"kafka/prod".parse().unwrap()).unwrap();
    let mut inventory = (*seen.inventory).clone();
    let voter = |id: i32| QuorumVoter { id: BrokerId(id), lag: Known::Known(0), last_caught_up: Known::Known(NOW) };
    let voters = (0..3).map(voter).collect();
    inventory.quorum = Known::Known(Quorum { leader: Some(BrokerId(1)), voters, observers: Vec::new() });
    inventory.reassignments = Known::Known(Vec::new());
    bench.estate.put(inventory, seen.declared.clone());
    bench.estate.put_resource("kafka/prod", serde_json::from_value(cluster("4.1.2", 5)).unwrap());
    bench
}

fn wish(kind: RequestKind, spec: Value) -> NewRequest {
    NewRequest { team: asking_team(kind, None).unwrap(), ..new(&operator(), kind, spec) }
}

async fn ask(bench: &Bench, kind: RequestKind, spec: Value) -> Result<RequestView, Problem> {
    bench.portal.create_request(&operator(), &wish(kind, spec), HERE).await
}

/// Those of one replica.
const ALONE: [&str; 3] = ["orders.a", "payments.a", "payments.found"];

#[tokio::test]
async fn operators_ask_for_operations_and_nobody_else_whatever_their_team() {
    let bench = bench().await;
    let spec = json!({ "brokers": [1], "acceptUnavailable": ALONE });
    let restart = wish(RequestKind::Operation(OperationKind::Restart), spec.clone());
    let theirs = NewRequest { team: "payments".parse().unwrap(), ..restart.clone() };
    for (who, wish) in [(payments_dev(), &theirs), (member("payments-lead"), &theirs), (actor("ada"), &restart)] {
        let refused = bench.portal.create_request(&who, wish, HERE).await;
        assert_eq!(kind(refused), ProblemKind::Forbidden, "{who:?}");
        assert_eq!(kind(bench.portal.preview_request(&who, wish, None).await), ProblemKind::Forbidden);
    }
    let made = bench.portal.create_request(&operator(), &restart, HERE).await.unwrap();
    assert_eq!((made.team.as_str(), made.state), ("operators", RequestState::Approved));
    assert!(
        made.manifest.contains("kind: KafkaOperation") && made.manifest.contains("kind: restart"),
        "{}",
        made.manifest
    );
    assert_eq!(made.subject, "Restart broker 1 of prod");
    let tried = &bench.audit("payments-dev").await[0];
    assert_eq!((tried.object_kind.as_str(), tried.decision.as_str()), ("KafkaOperation", "denied"));
    // For a team, where somebody says which; there has to be one.
    let named = NewRequest {
        team: "payments".parse().unwrap(),
        ..wish(RequestKind::Operation(OperationKind::Drain), json!({ "brokers": [2] }))
    };
    assert_eq!(
        kind(
            bench
                .portal
                .create_request(&operator(), &NewRequest { team: "ghosts".parse().unwrap(), ..named }, HERE)
                .await
        ),
        ProblemKind::Invalid
    );
}

#[tokio::test]
async fn two_people_upgrade_and_they_agree_to_what_will_be_unavailable() {
    let bench = bench().await;
    let silent =
        ask(&bench, RequestKind::Operation(OperationKind::Upgrade), json!({ "version": "4.2.1" })).await.unwrap_err();
    assert_eq!(silent.kind, ProblemKind::Invalid);
    assert!(ALONE.iter().all(|topic| silent.detail.contains(topic)), "{silent}");
    let upgrade = wish(RequestKind::Operation(OperationKind::Upgrade), json!({ "version": "4.2.1" }));
    let looked = bench.portal.preview_request(&operator(), &upgrade, None).await.unwrap();
    let plan = looked.effect.operation.unwrap();
    assert_eq!(plan.accept_unavailable, ALONE, "the plan is shown all the same");
    assert!(looked.verdict.unwrap_err().contains("acceptUnavailable"));

    let spec = json!({ "version": "4.2.1", "acceptUnavailable": ALONE });
    let asked = ask(&bench, RequestKind::Operation(OperationKind::Upgrade), spec).await.unwrap();
    assert_eq!(asked.state, RequestState::NeedsApproval);
    assert_eq!(asked.subject, "Upgrade prod from 4.1.2 to 4.2.1");
    let plan = asked.effect.operation.as_ref().unwrap();
    assert_eq!(plan.steps.iter().filter(|step| step.kind == "restartBroker").count(), 3, "{plan:?}");
    let changes: Vec<_> = asked
        .changes
        .iter()
        .map(|change| (change.field.as_str(), change.before.as_deref(), change.after.as_deref()))
        .collect();
    assert_eq!(changes, [("spec.version", Some("4.1.2"), Some("4.2.1"))]);
    assert!(!asked.manifest.contains("pools"), "{}", asked.manifest);
    assert_eq!(kind(bench.approve(&operator(), &asked).await), ProblemKind::Forbidden, "whoever asked");
    assert_eq!(kind(bench.approve(&payments_dev(), &asked).await), ProblemKind::NotFound);
    // Fewer topics are another wish.
    let edited = EditedRequest {
        spec: json!({ "version": "4.2.1", "acceptUnavailable": [ALONE[0], ALONE[1], ALONE[2], "other"] }),
        reason: None,
        about: None,
    };
    let other = bench.portal.edit_request(&operator(), &asked.id, edited, HERE).await.unwrap();
    assert_ne!(other.hash, asked.hash);
    assert_eq!(kind(bench.approve(&operator2(), &asked).await), ProblemKind::Conflict);
    assert_eq!(bench.approve(&operator2(), &other).await.unwrap().state, RequestState::Approved);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_the_plans_own_words() {
    let bench = bench().await;
    let accepting = |mut spec: Value| {
        spec["acceptUnavailable"] = json!(ALONE);
        spec
    };
    for (kind, spec, words) in [
        (
            RequestKind::Operation(OperationKind::Upgrade),
            accepting(json!({ "version": "9.9.9" })),
            "does not know Kafka 9.9.9",
        ),
        (RequestKind::Operation(OperationKind::Upgrade), json!({}), "spec.version: say which"),
        (RequestKind::Operation(OperationKind::Upgrade), json!({ "version": "4.2" }), "spec.version:"),
        (RequestKind::Operation(OperationKind::Upgrade), json!({ "version": "4.1.2" }), "declared so already"),
        (
            RequestKind::Operation(OperationKind::Upgrade),
            json!({ "version": "4.2.1", "pool": "main" }),
            "spec.pool: a upgrade does not take it",
        ),
        (
            RequestKind::Operation(OperationKind::Upgrade),
            accepting(json!({ "version": "4.2.1", "name": "mine" })),
            "are for restarts",
        ),
        (
            RequestKind::Operation(OperationKind::Finalise),
            json!({ "metadataVersion": "4.3-IV0" }),
            "can do metadata.version",
        ),
        (
            RequestKind::Operation(OperationKind::Finalise),
            json!({ "metadataVersion": "9.0-IV0" }),
            "does not know 9.0-IV0",
        ),
        (RequestKind::Operation(OperationKind::Reconfigure), json!({ "config": {} }), "spec.config: say which"),
        (
            RequestKind::Operation(OperationKind::Reconfigure),
            json!({ "config": { "node.id": 1 } }),
            "spec.config.node.id: Klamm gives",
        ),
        (RequestKind::Operation(OperationKind::Restart), accepting(json!({ "brokers": [7] })), "There is no node 7"),
        (RequestKind::Operation(OperationKind::Restart), json!({ "brokers": [-1] }), "spec.brokers:"),
        (RequestKind::Operation(OperationKind::Drain), json!({}), "spec.brokers: say which"),
        (
            RequestKind::Operation(OperationKind::Scale),
            json!({ "pool": "other", "replicas": 3 }),
            "there is no pool other; there is main",
        ),
        (RequestKind::Operation(OperationKind::Scale), json!({ "pool": "main", "replicas": -1 }), "spec.replicas:"),
        (
            RequestKind::Operation(OperationKind::Rebalance),
            json!({ "throttleBytesPerSecond": 0 }),
            "spec.throttleBytesPerSecond:",
        ),
    ] {
        let refused = ask(&bench, kind, spec.clone()).await.unwrap_err();
        assert!(refused.kind == ProblemKind::Invalid && refused.detail.contains(words), "{kind:?} {spec}: {refused}");
    }
}

#[tokio::test]
async fn each_kind_writes_what_it_is_about_and_nothing_else() {
    let bench = bench().await;
    let spec_of = |view: &RequestView| {
        let manifest: Value = serde_saphyr::from_str(&view.manifest).unwrap();
        (manifest["kind"].as_str().unwrap().to_owned(), manifest["spec"].clone())
    };
    let cluster = json!({ "name": "prod" });
    let operation = |spec: Value| {
        let mut whole = json!({ "cluster": cluster });
        whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        ("KafkaOperation".to_owned(), whole)
    };
    let declared = |spec: Value| ("KafkaCluster".to_owned(), spec);
    let wishes = [
        (
            RequestKind::Operation(OperationKind::Reconfigure),
            json!({ "config": { "log.retention.ms": 1000, "num.io.threads": null }, "acceptUnavailable": ALONE }),
            declared(json!({ "config": { "log.retention.ms": 1000, "num.io.threads": null } })),
        ),
        (
            RequestKind::Operation(OperationKind::Restart),
            json!({ "acceptUnavailable": ALONE }),
            operation(json!({ "kind": "restart", "acceptUnavailable": ALONE })),
        ),
        (
            RequestKind::Operation(OperationKind::Finalise),
            json!({ "metadataVersion": "4.1-IV1" }),
            declared(json!({ "metadataVersion": "4.1-IV1" })),
        ),
    ];
    for (kind, spec, written) in wishes {
        let looked = bench.portal.preview_request(&operator(), &wish(kind, spec), None).await.unwrap();
        let manifest: Value = serde_saphyr::from_str(&looked.manifest).unwrap();
        let told = (manifest["kind"].as_str().unwrap().to_owned(), manifest["spec"].clone());
        assert_eq!(told, written, "{kind:?}");
    }
    let asked = ask(&bench, RequestKind::Operation(OperationKind::Restart), json!({ "acceptUnavailable": ALONE }))
        .await
        .unwrap();
    assert_eq!(spec_of(&asked).0, "KafkaOperation");
    let again =
        ask(&bench, RequestKind::Operation(OperationKind::Restart), json!({ "acceptUnavailable": ALONE })).await;
    assert_eq!(kind(again), ProblemKind::Conflict, "within the second it would be called the same");
}

impl Bench {
    async fn applied(&self, kubernetes: &Kubernetes) {
        let applier = Applier::new(Arc::clone(&self.portal), kubernetes.client());
        for _ in 0..4 {
            self.later(60_000);
            applier.look(1).await;
        }
    }
}

#[tokio::test]
async fn an_upgrade_is_applied_when_its_operation_is_done_and_failed_when_that_failed() {
    for (phase, state, words) in [
        ("done", RequestState::Applied, "operation upgrade-421 is done"),
        ("failed", RequestState::Failed, "operation upgrade-421 failed: the brokers do not start"),
        ("cancelled", RequestState::Failed, "operation upgrade-421 was cancelled"),
    ] {
        let (bench, kubernetes) = (bench().await, Kubernetes::default());
        kubernetes.put_object(cluster("4.1.2", 5));
        let spec = json!({ "version": "4.2.1", "acceptUnavailable": ALONE });
        let asked = ask(&bench, RequestKind::Operation(OperationKind::Upgrade), spec).await.unwrap();
        bench.approve(&operator2(), &asked).await.unwrap();
        bench.applied(&kubernetes).await;
        let standing = kubernetes.object(&cluster("4.1.2", 5));
        assert_eq!(standing["spec"]["version"], "4.2.1");
        assert_eq!(
            (&standing["spec"]["pools"][0]["replicas"], &standing["spec"]["environment"]),
            (&json!(3), &json!("prod"))
        );
        let waits = bench.now(&asked).await;
        assert_eq!(waits.state, RequestState::Applying);
        assert_eq!(waits.message.as_deref(), Some("the operator, which has not begun it yet"));

        // One that was made for what was declared before is another.
        let of = |generation: i64, phase: &str| {
            let ready = json!({
                "type": "Ready", "status": "False", "reason": "Failed", "message": "the brokers do not start.",
                "lastTransitionTime": "2023-11-14T22:13:20Z",
            });
            let steps = json!([{ "kind": "restartBroker", "target": "broker 1", "state": "done" }]);
            json!({ "clusterGeneration": generation, "phase": phase, "conditions": [ready], "steps": steps })
        };
        let spec = json!({ "kind": "upgrade", "version": "4.2.1" });
        bench.estate.declarations.saw_operation(&operation("upgrade-1", &spec, &of(5, "done")));
        let running = operation("upgrade-421", &spec, &of(6, "waiting"));
        bench.estate.declarations.saw_operation(&running);
        kubernetes.put_object(serde_json::to_value(&running).unwrap());
        bench.applied(&kubernetes).await;
        let told = kubernetes.object(&serde_json::to_value(&running).unwrap());
        assert_eq!(told["spec"]["acceptUnavailable"], json!(ALONE), "as was agreed to");
        let accepts = json!({ "kind": "upgrade", "version": "4.2.1", "acceptUnavailable": ALONE });
        bench.estate.declarations.saw_operation(&operation("upgrade-421", &accepts, &of(6, "waiting")));
        bench.applied(&kubernetes).await;
        let waits = bench.now(&asked).await;
        assert_eq!(waits.message.as_deref(), Some("operation upgrade-421, waiting: 1 of 1 steps"));
        assert_eq!(
            bench.portal.subject_of(&operator(), &waits).await,
            Some(Subject::Cluster(Some("upgrade-421".parse().unwrap())))
        );
        let name = "upgrade-421".parse().unwrap();
        let detail = bench.portal.operation(&payments_dev(), &"kafka/prod".parse().unwrap(), &name).await.unwrap();
        let behind = detail.asked.unwrap();
        assert_eq!((behind.by.as_str(), behind.approved_by[0].as_str()), ("operator", "operator2"));
        assert_eq!(behind.request, None, "whose request it is, those whom it concerns see");

        bench.estate.declarations.saw_operation(&operation("upgrade-421", &accepts, &of(6, phase)));
        bench.applied(&kubernetes).await;
        let ended = bench.now(&asked).await;
        assert_eq!(ended.state, state);
        assert!(ended.message.as_deref().unwrap().starts_with(words), "{:?}", ended.message);
        let writes = kubernetes.writes();
        assert_eq!(writes, ["PATCH prod", "PATCH upgrade-421"], "nothing is written twice");
    }
}

#[tokio::test]
async fn settings_are_taken_away_without_taking_anything_else() {
    let (bench, kubernetes) = (bench().await, Kubernetes::default());
    kubernetes.put_object(cluster("4.1.2", 5));
    let spec = json!({ "config": { "num.io.threads": null, "log.retention.ms": 9 }, "acceptUnavailable": ALONE });
    let asked = ask(&bench, RequestKind::Operation(OperationKind::Reconfigure), spec).await.unwrap();
    bench.applied(&kubernetes).await;
    let standing = kubernetes.object(&cluster("4.1.2", 5));
    assert_eq!(standing["spec"]["config"], json!({ "log.retention.ms": 9 }));
    assert_eq!(standing["spec"]["version"], "4.1.2");
    assert_eq!(bench.now(&asked).await.state, RequestState::Applying);
    // The operator has nothing to do, and says that all is as declared.
    let mut heeded = standing.clone();
    heeded["status"]["observedGeneration"] = heeded["metadata"]["generation"].clone();
    let ready = json!({
        "type": "Ready", "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": "2023-11-14T22:13:20Z",
    });
    heeded["status"]["conditions"] = json!([ready]);
    kubernetes.put_object(heeded);
    bench.applied(&kubernetes).await;
    assert_eq!(bench.now(&asked).await.state, RequestState::Applied);
}

#[tokio::test]
async fn a_restart_is_an_object_of_its_own_that_is_followed_until_it_is_done() {
    let (bench, kubernetes) = (bench().await, Kubernetes::default());
    let asked = ask(
        &bench,
        RequestKind::Operation(OperationKind::Restart),
        json!({ "brokers": [1], "acceptUnavailable": ALONE }),
    )
    .await
    .unwrap();
    bench.applied(&kubernetes).await;
    let waits = bench.now(&asked).await;
    assert_eq!(waits.state, RequestState::Applying);
    assert_eq!(waits.message.as_deref(), Some("the operator, which has not looked at it yet"));
    let manifest: Value = serde_saphyr::from_str(&asked.manifest).unwrap();
    let name = manifest["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("restart-2023"), "{name}");
    let spec = json!({ "kind": "restart", "brokers": [1], "acceptUnavailable": ALONE });
    bench.estate.declarations.saw_operation(&operation(name, &spec, &json!({ "phase": "done" })));
    bench.applied(&kubernetes).await;
    assert_eq!(bench.now(&asked).await.state, RequestState::Applied);
    assert_eq!(kubernetes.writes(), [format!("PATCH {name}")]);
}
