//! Bad input and bad intent: each has a clear answer.

use super::*;

#[tokio::test]
async fn nobody_asks_for_a_team_they_are_not_in_and_the_attempt_is_told() {
    let bench = Bench::new().await;
    let mut request = new(&payments_dev(), RequestKind::TopicCreate, json!({ "topicName": "orders.b" }));
    request.team = "orders".parse().unwrap();
    assert_eq!(kind(bench.portal.create_request(&payments_dev(), &request, HERE).await), ProblemKind::Forbidden);
    let told = bench.audit("payments-dev").await.pop().unwrap();
    assert_eq!(
        (told.action.as_str(), told.decision.as_str(), told.object_name.as_str()),
        ("create", "denied", "orders.b")
    );
    assert_eq!((told.object_kind.as_str(), told.source.as_deref()), ("KafkaTopic", Some("192.0.2.1")));
}

#[tokio::test]
async fn whoever_was_removed_from_the_team_decides_nothing_any_more() {
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    let (team, lead) = ("payments".parse().unwrap(), member("payments-lead"));
    bench.portal.remove_team_member(Asker::Console, &team, &lead.name).await.unwrap();
    // A page that was opened before still says that they belong to the team; what counts is read at the click.
    assert_eq!(kind(bench.approve(&lead, &asked).await), ProblemKind::Forbidden);
    bench.portal.disable_user(Asker::Console, &"payments-lead2".parse().unwrap()).await.unwrap();
    let view = bench.portal.request(&payments_dev(), &asked.id).await.unwrap();
    assert!(view.waiting_for.unwrap().ends_with("nobody is left who could"));
}

#[tokio::test]
async fn an_object_that_changed_meanwhile_asks_again() {
    let bench = Bench::new().await;
    let spec = json!({ "topicName": "payments.a", "partitions": 12 });
    let asked = bench.ask(&payments_dev(), RequestKind::TopicChange, spec).await.unwrap();
    bench.estate.declarations.saw_topic(&declared_topic(4));
    let lead = member("payments-lead");
    assert_eq!(kind(bench.approve(&lead, &asked).await), ProblemKind::Conflict);
    let anew = bench.portal.request(&lead, &asked.id).await.unwrap();
    assert_ne!(anew.hash, asked.hash);
    assert_eq!(anew.changes[0].before.as_deref(), Some("4"));
    assert!(anew.approvals.is_empty());
    // What was looked at before cannot be agreed to any more; what is there now can.
    assert_eq!(kind(bench.approve(&lead, &asked).await), ProblemKind::Conflict);
    assert_eq!(bench.approve(&lead, &anew).await.unwrap().state, RequestState::Approved);
}

#[tokio::test]
async fn rules_that_changed_meanwhile_count() {
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    let lead = member("payments-lead");
    bench.portal.take_policies(Ok(&RULES.replace("{ max = 50 }", "{ max = 1 }")));
    let refused = bench.approve(&lead, &asked).await.unwrap_err();
    assert_eq!((refused.kind, refused.detail.contains("1 is the most")), (ProblemKind::Conflict, true));
    bench.portal.take_policies(Ok(&RULES.replace("[\"ownerTeam\"], expires", "[\"operators\"], expires")));
    assert_eq!(kind(bench.approve(&lead, &asked).await), ProblemKind::Forbidden);
    let bound = klamm_store::RequestFilter {
        seen_by: klamm_store::SeenBy::All(lead.name.clone()),
        state: None,
        kind: None,
        team: None,
        cluster: None,
        requester: None,
        search: None,
        waits_for: None,
        order: klamm_model::SortOrder::Desc,
        after: None,
        limit: 10,
    };
    assert_eq!(bench.portal.store.count_requests(&bound).await.unwrap(), 1);
}

#[tokio::test]
async fn a_namespace_that_moved_to_another_team_is_not_decided_by_the_old_one() {
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    let mut namespace = NamespaceObject::default();
    namespace.metadata.name = Some("payments".to_owned());
    namespace.metadata.annotations = Some([("klamm.dev/team".to_owned(), "orders".to_owned())].into());
    bench.estate.declarations.saw_namespace(&namespace);
    let refused = bench.approve(&member("payments-lead"), &asked).await.unwrap_err();
    assert_eq!(refused.kind, ProblemKind::Conflict);
    assert!(refused.detail.contains("team orders"), "{refused}");
}

#[tokio::test]
async fn words_are_kept_as_they_are_and_only_so_many() {
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    let text = "<script>alert(1)</script> 'quoted' \"; DROP TABLE requests; --";
    let view = bench.portal.comment_request(&member("payments-lead"), &asked.id, text, HERE).await.unwrap();
    assert_eq!((view.comments[0].text.as_str(), view.comments[0].by.as_str()), (text, "payments-lead"));
    // Browsers send two characters for a line break.
    let lines = format!("one\r\ntwo\n\n{}\r\n", "x".repeat(1990));
    let view = bench.portal.comment_request(&payments_dev(), &asked.id, &lines, HERE).await.unwrap();
    assert_eq!(view.comments[1].text, format!("one\ntwo\n\n{}", "x".repeat(1990)));
    for bad in ["", " ", "\r\n", &"x".repeat(2001), "a\u{7}b"] {
        let said = bench.portal.comment_request(&member("payments-lead"), &asked.id, bad, HERE).await;
        assert_eq!(kind(said), ProblemKind::Invalid, "{bad:?}");
    }
    assert_eq!(
        kind(bench.portal.comment_request(&member("orders-dev"), &asked.id, "hm", HERE).await),
        ProblemKind::NotFound
    );
}

#[tokio::test]
async fn reasons_have_lines_too() {
    let bench = Bench::new().await;
    let mut wish = new(&payments_dev(), RequestKind::TopicCreate, json!({ "topicName": "payments.b" }));
    wish.reason = Some("for the sale\r\nand after".to_owned());
    let asked = bench.portal.create_request(&payments_dev(), &wish, HERE).await.unwrap();
    assert_eq!(asked.reason.as_deref(), Some("for the sale\nand after"));
    let (lead, no) = (member("payments-lead"), "not this one\r\nuse the other");
    let declined = bench.portal.decline_request(&lead, &asked.id, no, HERE).await.unwrap();
    assert_eq!(declined.message.as_deref(), Some("payments-lead: not this one\nuse the other"));
    wish.reason = Some("x\u{7}".to_owned());
    assert_eq!(kind(bench.portal.create_request(&payments_dev(), &wish, HERE).await), ProblemKind::Invalid);
    assert_eq!(kind(bench.portal.preview_request(&payments_dev(), &wish, None).await), ProblemKind::Invalid);
}

#[tokio::test]
async fn a_token_that_only_reads_decides_nothing() {
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    let reads = Actor { scopes: [klamm_model::Scope::Read].into(), ..member("payments-lead") };
    assert_eq!(kind(bench.approve(&reads, &asked).await), ProblemKind::Forbidden);
}
