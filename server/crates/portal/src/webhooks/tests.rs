//! Webhooks with receivers that listen: real connections on loopback, and a clock that tests move.

mod findings;
mod people;
mod receiver;
mod trouble;

use super::*;
use crate::requests::tests::{Bench, HERE, member, payments_dev};
use crate::{Filing, Portal};
use klamm_model::{DeliveriesRequest, DeliveryState, DeliveryView, RequestKind, TeamName, WebhookEvent, WebhookName};
use receiver::{Receiver, Reply};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What a webhook is made for.
#[derive(Default)]
struct For {
    events: Option<BTreeSet<WebhookEvent>>,
    teams: Option<BTreeSet<TeamName>>,
}

/// A portal with webhooks that lead to receivers.
struct Post {
    bench: Bench,
    secrets: tempfile::TempDir,
}

impl Post {
    async fn to(receivers: &[(&str, &Receiver)]) -> Self {
        Self::to_some(receivers.iter().map(|(name, receiver)| (*name, *receiver, For::default())).collect()).await
    }

    async fn to_some(receivers: Vec<(&str, &Receiver, For)>) -> Self {
        let (bench, secrets) = (Bench::new().await, tempfile::tempdir().unwrap());
        let file = secrets.path().join("secret");
        std::fs::write(&file, SECRET).unwrap();
        let webhook = |(name, receiver, wanted): (&str, &Receiver, For)| {
            Webhook::new(name.parse().unwrap(), &receiver.url, file.clone(), wanted.events, wanted.teams).unwrap()
        };
        let webhooks = receivers.into_iter().map(webhook).collect();
        bench.portal.tell(Told { webhooks, site: Some("https://klamm.example.org".to_owned()) });
        Self { bench, secrets }
    }

    fn portal(&self) -> &Arc<Portal> {
        &self.bench.portal
    }

    fn secret(&self) -> std::path::PathBuf {
        self.secrets.path().join("secret")
    }

    fn messenger(&self) -> Messenger {
        Messenger::new(Arc::clone(self.portal())).unwrap()
    }

    /// One look at everything, as the messenger takes by itself again and again.
    async fn look(&self, messenger: &Messenger) {
        messenger.make_out().await;
        for receiver in &messenger.receivers {
            messenger.deliver(receiver).await;
        }
    }

    /// The log, the newest first.
    async fn log(&self) -> Vec<DeliveryView> {
        let all = DeliveriesRequest::default();
        self.portal().delivery_page(&crate::requests::tests::operator(), &all).await.unwrap().items
    }
}

#[tokio::test]
async fn what_happens_is_told_in_words_that_the_receiver_can_verify() {
    let mut receiver = Receiver::start().await;
    let post = Post::to(&[("tickets", &receiver)]).await;
    let messenger = post.messenger();
    let view = post.bench.new_topic("payments.invoices").await;
    post.look(&messenger).await;
    let got = receiver.next().await;
    assert!(got.is_signed_with(SECRET), "{got:?}");
    assert_eq!(got.header("content-type"), "application/json");
    let log = post.log().await;
    assert_eq!(got.header("webhook-id"), log[0].id.as_str());
    let mut body = got.json();
    let waits = body["data"]["waitingFor"].take();
    assert!(waits.as_str().unwrap().contains("payments-lead"), "{waits}");
    assert!(body["timestamp"].take().as_str().unwrap().starts_with("2023-11-14T22:13:2"));
    assert_eq!(
        body,
        json!({
            "type": "requestNeedsApproval",
            "timestamp": null,
            "data": {
                "request": view.id, "kind": "topicCreate", "state": "needsApproval", "subject": "payments.invoices",
                "cluster": { "namespace": "kafka", "name": "prod" },
                "team": "payments", "owner": "payments", "requester": "payments-dev", "waitingFor": null,
                "url": format!("https://klamm.example.org/requests/{}", view.id),
            },
        }),
        "neither the manifest nor why it is asked for"
    );
    assert_eq!((log[0].state, log[0].status, log[0].attempts), (DeliveryState::Delivered, Some(204), 1));

    post.bench.approve(&member("payments-lead"), &view).await.unwrap();
    post.portal().cancel_request(&payments_dev(), &view.id, HERE).await.unwrap();
    post.look(&messenger).await;
    let told: BTreeSet<String> = [receiver.next().await, receiver.next().await]
        .iter()
        .map(|got| format!("{} {}", got.json()["type"], got.json()["data"]["message"]))
        .collect();
    let expected = ["\"requestApproved\" null", "\"requestCancelled\" \"taken back by payments-dev\""];
    assert_eq!(told, expected.map(str::to_owned).into());
    post.look(&messenger).await;
    assert!(receiver.heard_nothing(), "each is told once");
}

#[tokio::test]
async fn each_is_told_of_what_it_is_for_and_nobody_of_a_draft() {
    let (mut all, mut ends, mut orders) = (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let only_ends = For { events: Some([WebhookEvent::RequestDeclined].into()), teams: None };
    let only_orders = For { events: None, teams: Some(["orders".parse().unwrap()].into()) };
    let receivers = vec![("all", &all, For::default()), ("ends", &ends, only_ends), ("orders", &orders, only_orders)];
    let post = Post::to_some(receivers).await;
    let messenger = post.messenger();
    let mut draft = crate::requests::tests::new(
        &payments_dev(),
        RequestKind::TopicCreate,
        json!({ "topicName": "payments.draft", "partitions": 2 }),
    );
    draft.filing = Filing::Draft;
    let draft = post.portal().create_request(&payments_dev(), &draft, HERE).await.unwrap();
    post.portal().cancel_request(&payments_dev(), &draft.id, HERE).await.unwrap();
    let view = post.bench.new_topic("payments.b").await;
    post.portal().decline_request(&member("payments-lead"), &view.id, "too many", HERE).await.unwrap();
    post.look(&messenger).await;
    let told = [all.next().await, all.next().await].map(|got| got.json()["type"].as_str().unwrap().to_owned());
    assert_eq!(BTreeSet::from(told), ["requestDeclined", "requestNeedsApproval"].map(str::to_owned).into());
    let declined = ends.next().await.json();
    assert_eq!(
        (&declined["type"], &declined["data"]["message"]),
        (&json!("requestDeclined"), &json!("payments-lead: too many"))
    );
    assert!(all.heard_nothing() && ends.heard_nothing() && orders.heard_nothing());

    let spec = json!({ "topic": "payments.a", "access": "consume", "users": ["orders/billing"] });
    post.bench.ask(&member("orders-dev"), RequestKind::AccessGrant, spec).await.unwrap();
    post.look(&messenger).await;
    assert_eq!(orders.next().await.json()["data"]["owner"], "payments", "they ask, and others own");
    assert_eq!(post.portal().store.outbox(9).await.unwrap(), [], "the outbox is empty");
}

#[tokio::test]
async fn without_webhooks_the_outbox_is_emptied_for_nobody() {
    let post = Post::to(&[]).await;
    post.bench.new_topic("payments.b").await;
    assert_eq!(post.portal().store.outbox(9).await.unwrap().len(), 1);
    post.look(&post.messenger()).await;
    assert_eq!((post.portal().store.outbox(9).await.unwrap(), post.log().await), (vec![], vec![]));
}

#[tokio::test]
async fn what_is_older_than_a_month_is_forgotten() {
    let receiver = Receiver::start().await;
    let post = Post::to(&[("tickets", &receiver)]).await;
    let messenger = post.messenger();
    post.bench.new_topic("payments.b").await;
    post.look(&messenger).await;
    post.bench.later(29 * 86_400_000);
    messenger.forget().await;
    assert_eq!(post.log().await.len(), 1);
    post.bench.later(2 * 86_400_000);
    messenger.forget().await;
    assert_eq!(post.log().await, []);
}
