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
        (RequestKind::TopicChange, json!({ "topicName": "payments.a", "replicationFactor": 2 }), "by a rebalance"),
        (RequestKind::TopicAdopt, json!({ "topicName": "payments.found", "replicationFactor": 2 }), "by a rebalance"),
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
async fn looking_says_whether_there_is_anybody_who_could_agree() {
    let bench = Bench::new().await;
    let look = async |spec: Value| {
        let wish = new(&payments_dev(), RequestKind::TopicCreate, spec);
        bench.portal.preview_request(&payments_dev(), &wish, None).await.unwrap()
    };
    let wish = || json!({ "topicName": "payments.b", "partitions": 2 });
    assert_eq!(look(wish()).await.nobody_agrees, None);
    let much = look(json!({ "topicName": "payments.b", "partitions": 51 })).await;
    assert!(much.verdict.is_err() && much.nobody_agrees.is_none(), "{much:?}");
    for lead in ["payments-lead", "payments-lead2"] {
        bench.portal.disable_user(Asker::Console, &lead.parse().unwrap()).await.unwrap();
    }
    let alone = look(wish()).await;
    let why = alone.nobody_agrees.unwrap();
    assert!(why.contains("nobody could approve it") && alone.verdict.unwrap_err().contains(&why), "{why}");
    bench.portal.take_policies(Ok("[environments.prod]"));
    assert!(look(wish()).await.nobody_agrees.unwrap().contains("nobody may create a topic"));
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

#[tokio::test]
async fn the_page_of_a_topic_offers_the_form_that_changes_it_to_those_who_may_ask() {
    let bench = Bench::new().await;
    let cluster = "kafka/prod".parse().unwrap();
    let offered = |who: Actor, topic: &str| {
        let offer = bench.portal.topic_offer(&who, &cluster, &topic.parse().unwrap()).unwrap();
        offer.map(|offer| (offer.kind, offer.team.map(|team| team.to_string()), offer.why_not))
    };
    let payments = || Some("payments".to_owned());
    for who in [payments_dev(), operator()] {
        assert_eq!(offered(who.clone(), "payments.a"), Some((RequestKind::TopicChange, payments(), None)));
        assert_eq!(offered(who, "payments.found"), Some((RequestKind::TopicAdopt, payments(), None)));
    }
    let why = Some("The topic belongs to team payments. Its members can ask for that.".to_owned());
    assert_eq!(offered(member("orders-dev"), "payments.a"), Some((RequestKind::TopicChange, payments(), why)));
    bench.estate.put(inventory("kafka/prod", vec![topic("__x", &[]), topic("nobodys", &[])]), Declared::default());
    assert_eq!(offered(operator(), "__x"), None, "Kafka's own");
    let why = Some("The topic belongs to namespace kafka, which belongs to no team.".to_owned());
    assert_eq!(offered(operator(), "nobodys"), Some((RequestKind::TopicAdopt, None, why)));
}
