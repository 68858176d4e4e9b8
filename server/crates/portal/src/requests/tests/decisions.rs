//! Who decides, and what becomes of it.

use super::*;
use klamm_model::RequestsRequest;

#[tokio::test]
async fn a_request_is_told_whole_decided_by_whoever_is_asked_and_written_into_the_audit() {
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    assert_eq!(asked.state, RequestState::NeedsApproval);
    assert_eq!(
        asked.waiting_for.as_deref(),
        Some("1 of 1 approvals by approvers of team payments: payments-lead, payments-lead2")
    );
    assert!(
        asked.manifest.contains("kind: KafkaTopic") && asked.manifest.contains("partitions: 2"),
        "{}",
        asked.manifest
    );
    assert!(asked.effect.words[0].contains("Nothing limits"), "{:?}", asked.effect);
    assert_eq!(asked.effect.quota[0].most, 5);
    assert_eq!(asked.allowed_actions, ["view", "change", "cancel", "comment"]);

    let own = bench.approve(&payments_dev(), &asked).await.unwrap_err();
    assert_eq!((own.kind, own.detail.contains("of their own")), (ProblemKind::Forbidden, true));
    // To another team it does not exist, whatever they try.
    assert_eq!(kind(bench.approve(&member("orders-dev"), &asked).await), ProblemKind::NotFound);
    assert_eq!(kind(bench.portal.request(&member("orders-lead"), &asked.id).await), ProblemKind::NotFound);

    let lead = member("payments-lead");
    let agreed = bench.approve(&lead, &asked).await.unwrap();
    assert_eq!((agreed.state, agreed.approvals[0].by.as_str()), (RequestState::Approved, "payments-lead"));
    // A second click finds it done; the other approver comes too late, and is told.
    assert_eq!(bench.approve(&lead, &asked).await.unwrap().state, RequestState::Approved);
    assert_eq!(kind(bench.approve(&member("payments-lead2"), &asked).await), ProblemKind::Conflict);

    let tried: Vec<_> =
        [bench.audit("payments-dev").await, bench.audit("orders-dev").await, bench.audit("payments-lead").await]
            .concat()
            .into_iter()
            .map(|item| (item.action, item.decision, item.rule, item.outcome.unwrap(), item.request.unwrap()))
            .collect();
    let id = asked.id.to_string();
    let row = |action: &str, decision: &str, rule: &str, outcome: &str| {
        (action.to_owned(), decision.to_owned(), rule.to_owned(), outcome.to_owned(), id.clone())
    };
    assert_eq!(
        tried,
        [
            row("create", "allowed", "teamMember", "done"),
            row("approve", "denied", "ownRequest", "refused"),
            row("approve", "denied", "notAsked", "refused"),
            row("approve", "allowed", "asked", "done"),
            row("approve", "allowed", "asked", "done"),
        ]
    );
}

#[tokio::test]
async fn two_approvers_at_once_and_many_clicks_do_it_once() {
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    let (lead, other) = (member("payments-lead"), member("payments-lead2"));
    let all =
        futures::future::join_all((0..10).map(|n| bench.approve(if n % 2 == 0 { &lead } else { &other }, &asked)))
            .await;
    assert!(all.iter().any(Result::is_ok));
    for result in all {
        match result {
            Ok(view) => assert_eq!(view.state, RequestState::Approved),
            Err(problem) => assert_eq!(problem.kind, ProblemKind::Conflict, "{problem}"),
        }
    }
}

#[tokio::test]
async fn where_two_have_to_agree_one_is_not_enough_and_nobody_counts_twice() {
    let bench = Bench::new().await;
    let spec = json!({ "topicName": "payments.a" });
    let asked = bench.ask(&payments_dev(), RequestKind::TopicDelete, spec).await.unwrap();
    assert!(asked.manifest.contains("deletion: delete"), "{}", asked.manifest);
    assert_eq!(asked.effect.words, ["15 B of records in 3 partitions would be lost for good."]);
    let once = bench.approve(&member("payments-lead"), &asked).await.unwrap();
    assert_eq!(once.state, RequestState::NeedsApproval);
    assert!(once.waiting_for.unwrap().contains("1 of 1 approvals by operators: operator"));
    let twice = bench.approve(&member("payments-lead2"), &asked).await.unwrap();
    assert_eq!(twice.state, RequestState::NeedsApproval);
    assert_eq!(bench.approve(&operator(), &asked).await.unwrap().state, RequestState::Approved);
}

#[tokio::test]
async fn what_is_declined_taken_back_or_expired_stays_so_and_says_why() {
    let bench = Bench::new().await;
    let lead = member("payments-lead");
    let asked = bench.new_topic("payments.b").await;
    assert_eq!(kind(bench.portal.decline_request(&lead, &asked.id, "  ", HERE).await), ProblemKind::Invalid);
    assert_eq!(
        kind(bench.portal.decline_request(&payments_dev(), &asked.id, "no", HERE).await),
        ProblemKind::Forbidden
    );
    let declined = bench.portal.decline_request(&lead, &asked.id, "too many <b>topics</b>", HERE).await.unwrap();
    assert_eq!(declined.message.as_deref(), Some("payments-lead: too many <b>topics</b>"));
    assert_eq!(kind(bench.approve(&lead, &asked).await), ProblemKind::Conflict);

    let asked = bench.new_topic("payments.b").await;
    let back = bench.portal.cancel_request(&payments_dev(), &asked.id, HERE).await.unwrap();
    assert_eq!(
        (back.state, back.allowed_actions),
        (RequestState::Cancelled, vec!["view".to_owned(), "comment".to_owned()])
    );
    assert_eq!(
        bench.portal.cancel_request(&payments_dev(), &asked.id, HERE).await.unwrap().state,
        RequestState::Cancelled
    );

    let asked = bench.new_topic("payments.b").await;
    bench.later(3 * 86_400_000);
    assert_eq!(kind(bench.approve(&lead, &asked).await), ProblemKind::Conflict);
    assert_eq!(bench.portal.request(&lead, &asked.id).await.unwrap().state, RequestState::Expired);
}

#[tokio::test]
async fn everybody_lists_what_concerns_them_and_the_inbox_holds_what_waits_for_them() {
    let bench = Bench::new().await;
    let first = bench.new_topic("payments.b").await;
    let second = bench.new_topic("payments.c").await;
    let mut draft = new(&payments_dev(), RequestKind::TopicCreate, json!({ "topicName": "payments.d" }));
    draft.filing = Filing::Draft;
    let draft = bench.portal.create_request(&payments_dev(), &draft, HERE).await.unwrap();
    assert_eq!(draft.state, RequestState::Draft);

    let list = async |who: &Actor, request: RequestsRequest| {
        let page = bench.portal.request_page(who, &request).await.unwrap();
        (page.items.into_iter().map(|view| view.id).collect::<Vec<_>>(), page.total, page.next_cursor)
    };
    let all = RequestsRequest::default;
    assert_eq!(list(&payments_dev(), all()).await.0, [draft.id.clone(), second.id.clone(), first.id.clone()]);
    assert_eq!(list(&member("payments-lead"), all()).await.0, [second.id.clone(), first.id.clone()]);
    assert_eq!(list(&member("orders-lead"), all()).await.1, 0);
    assert_eq!(list(&operator(), all()).await.1, 2);
    let page = list(&operator(), RequestsRequest { limit: Some(1), ..all() }).await;
    assert_eq!(
        (page.0.as_slice(), page.1, page.2.as_deref()),
        (std::slice::from_ref(&second.id), 2, Some(second.id.as_str()))
    );
    let next = list(&operator(), RequestsRequest { limit: Some(1), cursor: page.2, ..all() }).await;
    assert_eq!((next.0.as_slice(), next.1, next.2), (std::slice::from_ref(&first.id), 2, None));
    let named = list(&operator(), RequestsRequest { search: Some("TS.B".to_owned()), ..all() }).await;
    assert_eq!(named.0, std::slice::from_ref(&first.id));

    let inbox = || RequestsRequest { inbox: true, ..all() };
    assert_eq!(list(&member("payments-lead"), inbox()).await.1, 2);
    assert_eq!(bench.portal.inbox_count(&payments_dev()).await.unwrap(), 0);
    bench.approve(&member("payments-lead"), &first).await.unwrap();
    assert_eq!(bench.portal.inbox_count(&member("payments-lead2")).await.unwrap(), 1);

    let submitted = bench.portal.submit_request(&payments_dev(), &draft.id, HERE).await.unwrap();
    assert_eq!(submitted.state, RequestState::NeedsApproval);
    assert_eq!(bench.portal.inbox_count(&member("payments-lead")).await.unwrap(), 2);
}

fn edited(partitions: u32, reason: &str) -> EditedRequest {
    let spec = json!({ "topicName": "payments.b", "partitions": partitions });
    EditedRequest { spec, reason: Some(reason.to_owned()), about: None }
}

#[tokio::test]
async fn an_edit_asks_again_and_consents_to_the_former_count_no_more() {
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    let lead = member("payments-lead");
    let agreed = bench.approve(&lead, &asked).await.unwrap();
    assert_eq!(agreed.state, RequestState::Approved);
    let edit = async |who: &Actor, edited| bench.portal.edit_request(who, &asked.id, edited, HERE).await;
    let other = edit(&payments_dev(), edited(9, "more load")).await.unwrap();
    assert_eq!((other.state, other.approvals.len()), (RequestState::NeedsApproval, 0));
    assert_ne!(other.hash, asked.hash);
    assert!(other.manifest.contains("partitions: 9") && other.reason.as_deref() == Some("more load"));
    assert_eq!(kind(bench.approve(&lead, &asked).await), ProblemKind::Conflict, "what was looked at is no more");
    assert_eq!(bench.approve(&lead, &other).await.unwrap().state, RequestState::Approved);

    // Other words for the same ask nobody again.
    let reworded = edit(&payments_dev(), edited(9, "for the sale")).await.unwrap();
    assert_eq!((reworded.state, reworded.approvals.len()), (RequestState::Approved, 1));
    assert_eq!(reworded.reason.as_deref(), Some("for the sale"));
}

#[tokio::test]
async fn nobody_edits_the_request_of_another_or_turns_it_into_another_wish() {
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    let edit = async |who: &Actor, edited| bench.portal.edit_request(who, &asked.id, edited, HERE).await;
    assert_eq!(kind(edit(&member("payments-lead"), edited(3, "")).await), ProblemKind::Forbidden);
    assert_eq!(kind(edit(&member("orders-dev"), edited(3, "")).await), ProblemKind::NotFound);
    assert_eq!(kind(bench.portal.request_as_written(&member("orders-dev"), &asked.id).await), ProblemKind::NotFound);
    let same = new(&payments_dev(), RequestKind::TopicCreate, json!({ "topicName": "payments.b", "partitions": 3 }));
    for elsewhere in [
        NewRequest { spec: json!({ "topicName": "payments.c" }), ..same.clone() },
        NewRequest { cluster: "kafka/demo".parse().unwrap(), ..same.clone() },
        NewRequest { team: "orders".parse().unwrap(), ..same.clone() },
        NewRequest { kind: RequestKind::TopicAdopt, ..same.clone() },
    ] {
        let refused = edit(&payments_dev(), EditedRequest::whole(elsewhere.clone())).await.unwrap_err();
        let is_clear = refused.detail.contains("about payments.b") && refused.detail.contains("ask anew");
        assert!(refused.kind == ProblemKind::Invalid && is_clear, "{refused}");
        // Looking says the same, unless there is nothing to look at.
        let looked = bench.portal.preview_request(&payments_dev(), &elsewhere, Some(&asked.id)).await;
        assert!(looked.is_err(), "{elsewhere:?}: {looked:?}");
    }
    let other = NewRequest { spec: json!({ "topicName": "payments.c" }), ..same.clone() };
    let looked = bench.portal.preview_request(&payments_dev(), &other, Some(&asked.id)).await.unwrap_err();
    assert!(looked.detail.contains("about payments.b"), "{looked}");
    let looked = bench.portal.preview_request(&payments_dev(), &same, Some(&asked.id)).await.unwrap();
    assert!(looked.verdict.is_ok() && looked.manifest.contains("partitions: 3"), "{looked:?}");
    let lead = member("payments-lead");
    assert_eq!(kind(bench.portal.preview_request(&lead, &same, Some(&asked.id)).await), ProblemKind::NotFound);
    assert_eq!(kind(edit(&payments_dev(), edited(51, "")).await), ProblemKind::Invalid, "the rules hold for edits");
    let denied = bench.audit("payments-lead").await;
    assert_eq!((denied[0].action.as_str(), denied[0].decision.as_str()), ("change", "denied"));
    bench.portal.cancel_request(&payments_dev(), &asked.id, HERE).await.unwrap();
    assert_eq!(kind(edit(&payments_dev(), edited(3, "")).await), ProblemKind::Conflict, "it is over");
}

#[tokio::test]
async fn a_draft_stays_one_while_it_is_edited() {
    let bench = Bench::new().await;
    let mut draft = new(&payments_dev(), RequestKind::TopicCreate, json!({ "topicName": "payments.b" }));
    draft.filing = Filing::Draft;
    let made = bench.portal.create_request(&payments_dev(), &draft, HERE).await.unwrap();
    let view = bench.portal.edit_request(&payments_dev(), &made.id, edited(4, "not yet"), HERE).await.unwrap();
    assert_eq!(view.state, RequestState::Draft);
    let written = bench.portal.request_as_written(&payments_dev(), &made.id).await.unwrap();
    assert_eq!(written.spec["partitions"], 4);
}
