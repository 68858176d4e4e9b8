//! Who sees webhooks, and who does something about them.

use super::*;
use crate::requests::tests::{kind, operator};
use crate::views::samples::actor;
use klamm_model::{Actor, ProblemKind, Role};

fn auditor() -> Actor {
    Actor { roles: [Role::Auditor].into(), ..actor("auditor") }
}

fn tickets() -> WebhookName {
    "tickets".parse().unwrap()
}

#[tokio::test]
async fn operators_and_auditors_see_how_webhooks_fare_and_nobody_sees_where_they_lead() {
    let mut receiver = Receiver::start().await;
    let teams = Some(["payments".parse().unwrap()].into());
    let post = Post::to_some(vec![("tickets", &receiver, For { events: None, teams })]).await;
    let messenger = post.messenger();
    for (name, status) in [("payments.b", 204), ("payments.c", 500)] {
        post.bench.new_topic(name).await;
        receiver.reply_status(status);
        post.look(&messenger).await;
        receiver.next().await;
    }
    let webhooks = post.portal().webhooks(&auditor()).await.unwrap();
    let [webhook] = webhooks.as_slice() else { panic!("{webhooks:?}") };
    assert_eq!((webhook.pending, webhook.retrying, webhook.delivered, webhook.gave_up), (1, 1, 1, 0));
    assert!(webhook.delivered_at.is_some());
    assert_eq!(webhook.events, WebhookEvent::ALL);
    assert_eq!(webhook.teams, ["payments".parse().unwrap()]);
    assert_eq!(Some(webhook.origin.as_str()), receiver.url.strip_suffix("/hook?key=hush"));
    assert_eq!(webhook.allowed_actions, ["view"]);
    assert_eq!(post.portal().webhooks(&operator()).await.unwrap()[0].allowed_actions, ["view", "test"]);
    let lead = member("payments-lead");
    assert_eq!(kind(post.portal().webhooks(&lead).await), ProblemKind::Forbidden);
    assert_eq!(kind(post.portal().delivery_page(&lead, &DeliveriesRequest::default()).await), ProblemKind::Forbidden);
    assert!(post.portal().webhook_actions(&lead).is_empty());
}

#[tokio::test]
async fn a_test_tells_of_nothing_and_is_audited_whoever_tries() {
    let mut receiver = Receiver::start().await;
    let post = Post::to(&[("tickets", &receiver)]).await;
    for who in [auditor(), member("payments-lead")] {
        assert_eq!(kind(post.portal().test_webhook(&who, &tickets(), HERE).await), ProblemKind::Forbidden);
    }
    let none = "none".parse().unwrap();
    assert_eq!(kind(post.portal().test_webhook(&operator(), &none, HERE).await), ProblemKind::NotFound);
    let view = post.portal().test_webhook(&operator(), &tickets(), HERE).await.unwrap();
    assert_eq!((view.event, &view.request), (WebhookEvent::Test, &None));
    post.look(&post.messenger()).await;
    let got = receiver.next().await;
    assert!(got.is_signed_with(SECRET) && got.header("webhook-id") == view.id.as_str());
    assert_eq!((&got.json()["type"], &got.json()["data"]["webhook"]), (&json!("test"), &json!("tickets")));
    assert!(receiver.heard_nothing());
    let told = async |who: &str| {
        let items = post.bench.audit(who).await;
        let told = |item: &klamm_store::AuditItem| {
            format!(
                "{} {} {} {}",
                item.action,
                item.object_kind,
                item.object_name,
                item.outcome.as_deref().unwrap_or("-")
            )
        };
        items.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(told("auditor").await, ["test webhook tickets refused"]);
    assert_eq!(told("operator").await, ["test webhook none failed", "test webhook tickets done"]);
}

#[tokio::test]
async fn only_operators_send_again_and_only_where_somebody_would_hear_it() {
    let mut receiver = Receiver::start().await;
    let post = Post::to(&[("tickets", &receiver)]).await;
    let messenger = post.messenger();
    let view = post.portal().test_webhook(&operator(), &tickets(), HERE).await.unwrap();
    post.look(&messenger).await;
    receiver.next().await;
    for who in [auditor(), member("payments-lead")] {
        assert_eq!(kind(post.portal().retry_delivery(&who, &view.id, HERE).await), ProblemKind::Forbidden);
    }
    let none = "dlv_00000000000000000000000000".parse().unwrap();
    assert_eq!(kind(post.portal().retry_delivery(&operator(), &none, HERE).await), ProblemKind::NotFound);
    post.portal().retry_delivery(&operator(), &view.id, HERE).await.unwrap();
    post.look(&messenger).await;
    assert_eq!(receiver.next().await.header("webhook-id"), view.id.as_str());

    let foreign = klamm_store::NewDelivery {
        id: klamm_store::Store::new_delivery_id(post.portal().now()).unwrap(),
        webhook: "gone".parse().unwrap(),
        event: WebhookEvent::RequestApplied,
        request: None,
        body: "{}".to_owned(),
    };
    post.portal().store.add_delivery(&foreign, post.portal().now()).await.unwrap();
    let problem = post.portal().retry_delivery(&operator(), &foreign.id, HERE).await.unwrap_err();
    assert!(problem.kind == ProblemKind::Conflict && problem.detail.contains("not configured"), "{problem}");
    assert_eq!(post.log().await[0].allowed_actions, ["view"]);
}

#[tokio::test]
async fn the_log_is_filtered_and_paged() {
    let receiver = Receiver::start().await;
    let post = Post::to(&[("tickets", &receiver), ("chat", &receiver)]).await;
    let view = post.bench.new_topic("payments.b").await;
    post.bench.new_topic("payments.c").await;
    post.messenger().make_out().await;
    let page = async |request: DeliveriesRequest| post.portal().delivery_page(&operator(), &request).await;
    let all = DeliveriesRequest::default;
    let about = page(DeliveriesRequest { request: Some(view.id.to_string()), ..all() }).await.unwrap();
    assert_eq!((about.total, about.next_cursor), (2, None));
    assert!(about.items.iter().all(|row| row.request.as_ref() == Some(&view.id)));
    let chat = page(DeliveriesRequest { webhook: Some("chat".to_owned()), ..all() }).await.unwrap();
    assert_eq!(chat.total, 2);
    let given_up = page(DeliveriesRequest { state: Some("gaveUp".to_owned()), ..all() }).await.unwrap();
    assert_eq!((given_up.total, given_up.items.len()), (0, 0));

    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let part = page(DeliveriesRequest { limit: Some(3), cursor, ..all() }).await.unwrap();
        assert_eq!(part.total, 4);
        seen.extend(part.items.into_iter().map(|row| row.id));
        cursor = part.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 4);
    assert!(seen.is_sorted_by(|a, b| a > b), "the newest first");
    for bad in [
        DeliveriesRequest { state: Some("lost".to_owned()), ..all() },
        DeliveriesRequest { request: Some("req_x".to_owned()), ..all() },
        DeliveriesRequest { webhook: Some("No Name".to_owned()), ..all() },
        DeliveriesRequest { cursor: Some("x".to_owned()), ..all() },
        DeliveriesRequest { limit: Some(0), ..all() },
    ] {
        assert_eq!(kind(page(bad).await), ProblemKind::Invalid);
    }
}
