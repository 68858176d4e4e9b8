//! From a wish to a manifest.

use super::*;

async fn refusal(bench: &Bench, kind: RequestKind, spec: Value) -> String {
    let problem = bench.ask(&payments_dev(), kind, spec).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Invalid, "{problem}");
    problem.detail
}

#[tokio::test]
async fn what_cannot_be_had_is_refused_at_once_and_says_why() {
    let bench = Bench::new().await;
    let create = RequestKind::TopicCreate;
    for (kind, spec, word) in [
        (create, json!({ "topicName": "orders.b" }), "belongs to team orders"),
        (create, json!({ "topicName": "nobodys" }), "begin with payments."),
        (create, json!({ "topicName": "payments.a" }), "already; ask to change it"),
        (create, json!({ "topicName": "payments.found" }), "already; ask to adopt it"),
        (create, json!({ "topicName": "payments.b", "partitions": 51 }), "50 is the most"),
        (create, json!({ "topicName": "payments.b", "partitions": 0 }), "spec.partitions"),
        (create, json!({ "topicName": "__x" }), "Kafka's own"),
        (create, json!({ "topicName": "payments.b", "colour": "red" }), "colour"),
        (create, json!({ "topicName": "payments.b", "link": "javascript:alert(1)" }), "spec.link"),
        (create, json!("payments.b"), "spec"),
        (RequestKind::TopicChange, json!({ "topicName": "payments.found" }), "adopt it first"),
        (RequestKind::TopicChange, json!({ "topicName": "payments.a", "partitions": 3 }), "nothing to change"),
        (RequestKind::TopicAdopt, json!({ "topicName": "payments.a" }), "already"),
        (RequestKind::AccessRevoke, json!({ "namespace": "payments", "name": "x" }), "no KafkaGrant"),
        (RequestKind::CredentialCreate, json!({ "namespace": "orders", "name": "x" }), "team orders"),
        (RequestKind::CredentialCreate, json!({ "namespace": "payments", "name": "admin.b" }), "spec"),
        (RequestKind::OffsetsReset, json!({}), "group"),
    ] {
        let detail = refusal(&bench, kind, spec.clone()).await;
        assert!(detail.contains(word), "{spec}: {detail}");
    }
}

#[tokio::test]
async fn a_change_names_what_is_other_and_asks_only_beyond_the_limits() {
    let bench = Bench::new().await;
    let spec = json!({ "topicName": "payments.a", "partitions": 6, "config": { "retention.ms": null, "cleanup.policy": "compact" } });
    let view = bench.ask(&payments_dev(), RequestKind::TopicChange, spec).await.unwrap();
    assert_eq!(view.state, RequestState::Approved, "{view:?}");
    let lines: Vec<_> =
        view.changes.iter().map(|c| (c.field.as_str(), c.before.as_deref(), c.after.as_deref())).collect();
    assert_eq!(
        lines,
        [
            ("spec.partitions", Some("3"), Some("6")),
            ("spec.config.\"cleanup.policy\"", None, Some("compact")),
            ("spec.config.\"retention.ms\"", Some("1000"), None),
        ]
    );
    let another = bench
        .ask(&payments_dev(), RequestKind::TopicChange, json!({ "topicName": "payments.a", "partitions": 9 }))
        .await;
    let problem = another.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Conflict);
    assert!(problem.detail.contains(view.id.as_str()), "{problem}");
}

#[tokio::test]
async fn access_is_asked_of_the_owners_and_a_credential_is_a_kafka_user() {
    let bench = Bench::new().await;
    let spec = json!({ "topic": "payments.a", "access": "consume", "users": ["orders/billing"] });
    let view = bench.ask(&member("orders-dev"), RequestKind::AccessGrant, spec).await.unwrap();
    assert_eq!((view.team.as_str(), view.owner.as_str()), ("orders", "payments"));
    assert!(
        view.manifest.contains("kind: KafkaGrant") && view.manifest.contains("namespace: payments"),
        "{}",
        view.manifest
    );
    // Those who ask may not decide, even if they lead.
    assert_eq!(kind(bench.approve(&member("orders-lead"), &view).await), ProblemKind::Forbidden);
    assert_eq!(bench.approve(&member("payments-lead"), &view).await.unwrap().state, RequestState::Approved);

    let grants = json!([{ "topic": "payments.a", "access": "both", "groups": ["payments.x"] }]);
    let spec = json!({ "namespace": "payments", "name": "billing", "grants": grants });
    let view = bench.ask(&payments_dev(), RequestKind::CredentialCreate, spec).await.unwrap();
    assert_eq!((view.state, view.subject.as_str()), (RequestState::Approved, "payments.billing"));
    assert!(view.manifest.contains("kind: KafkaUser"), "{}", view.manifest);
}

#[tokio::test]
async fn consent_is_given_for_longer_by_asking_again_and_not_twice_for_the_same() {
    let bench = Bench::new().await;
    let spec = |expires: &str| json!({ "topic": "payments.a", "access": "consume", "users": ["orders/app"], "expires": expires });
    let orders = member("orders-dev");
    let ask = async |expires: &str| bench.ask(&orders, RequestKind::AccessGrant, spec(expires)).await;
    let asked = ask("2027-01-31T00:00:00Z").await.unwrap();
    assert!(asked.before.is_none() && asked.manifest.contains("expires: "), "{}", asked.manifest);
    let object: Value = serde_saphyr::from_str(&asked.manifest).unwrap();
    bench.estate.declarations.saw_grant(&serde_json::from_value(object).unwrap());
    bench.portal.cancel_request(&orders, &asked.id, HERE).await.unwrap();
    let again = ask("2027-01-31T00:00:00Z").await.unwrap_err();
    assert!(again.detail.contains("already"), "{again}");
    let longer = ask("2027-06-30T00:00:00Z").await.unwrap();
    assert!(longer.before.is_some(), "what is there now is told");
    let [change] = longer.changes.as_slice() else { panic!("{:?}", longer.changes) };
    assert_eq!((change.field.as_str(), change.after.as_deref()), ("spec.expires", Some("2027-06-30T00:00:00Z")));
}
