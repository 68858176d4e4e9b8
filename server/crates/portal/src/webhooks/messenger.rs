//! What is done about webhooks without anybody clicking: moves of requests are made out for those who want to be told,
//! messages are sent and sent again, and old ones forgotten.
//!
//! It holds no Lease: a move is made out in one transaction and a message taken by compare-and-set, so that of several replicas
//! one does it. A message that was taken by a process that died is taken again when its time is over: it may arrive
//! twice, under one id, and never not at all.

use super::attempt::{JITTER, after};
use super::configured::Webhook;
use super::message;
use super::send::Sender;
use super::tally::AttemptOutcome;
use crate::Portal;
use crate::audited::store_problem;
use crate::findings::{News, Teller};
use crate::requests::{Concerned, waits_for};
use futures::StreamExt;
use klamm_model::{Problem, UnixMillis, WebhookEvent, WebhookName, error_chain};
use klamm_store::{DueDelivery, NewDelivery, OutboxRow, RequestRow, Store, StoreError};
use rand::Rng;
use std::{convert::Infallible, io, sync::Arc, time::Duration};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Looks while nothing was said: other replicas move requests too.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two looks at what is old, and at how much is pending.
const TIDY_EVERY: Duration = Duration::from_secs(15);
/// How many moves are read at once.
const MOVES_AT_ONCE: u32 = 100;
/// How many messages one webhook gets at a time.
const MESSAGES_AT_ONCE: u32 = 8;
/// A message that was taken is tried by nobody else for so long: much longer than an attempt takes.
const TAKEN_MILLIS: i64 = 60_000;
/// How long the log reaches back.
const KEPT_MILLIS: i64 = 30 * 86_400_000;
/// How many deliveries are forgotten at once.
const FORGOTTEN_AT_ONCE: u32 = 500;

/// Tells webhooks what became of requests, and what is wrong with clusters.
pub struct Messenger {
    portal: Arc<Portal>,
    pub(super) receivers: Vec<Arc<Receiver>>,
}

/// A webhook with the way to it.
pub(super) struct Receiver {
    webhook: Webhook,
    pub(super) sender: Sender,
    /// Rung when there is something for it.
    news: Notify,
}

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum MessengerError {
    /// Nobody could be known by their certificate.
    #[error("failed to read the certificates that this system trusts, which webhooks are known by")]
    Certificates(#[source] io::Error),
}

impl Messenger {
    /// A messenger for the webhooks that the portal was told of.
    pub fn new(portal: Arc<Portal>) -> Result<Self, MessengerError> {
        let receiver = |webhook: &Webhook| {
            let sender = Sender::new().map_err(MessengerError::Certificates)?;
            Ok(Arc::new(Receiver { webhook: webhook.clone(), sender, news: Notify::new() }))
        };
        let receivers = portal.webhooks.all().iter().map(receiver).collect::<Result<_, _>>()?;
        Ok(Self { portal, receivers })
    }

    /// Works until `stop`. Without webhooks too: the outbox is emptied for nobody.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        let messenger = Arc::new(self);
        let mut parts = JoinSet::new();
        parts.spawn(Arc::clone(&messenger).follow());
        parts.spawn(Arc::clone(&messenger).follow_findings());
        parts.spawn(Arc::clone(&messenger).tidy());
        for receiver in &messenger.receivers {
            parts.spawn(Arc::clone(&messenger).serve(Arc::clone(receiver)));
        }
        // None of them ends by itself, unless it panics.
        tokio::select! {
            () = stop.cancelled() => {}
            _ = parts.join_next() => {}
        }
        Ok(())
    }

    async fn follow(self: Arc<Self>) {
        let mut moved = self.portal.moved.subscribe();
        loop {
            self.make_out().await;
            tokio::select! {
                _ = moved.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn follow_findings(self: Arc<Self>) {
        let mut teller = Teller::default();
        loop {
            self.tell_findings(&mut teller).await;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn serve(self: Arc<Self>, receiver: Arc<Receiver>) {
        loop {
            if self.deliver(&receiver).await < MESSAGES_AT_ONCE as usize {
                tokio::select! {
                    () = receiver.news.notified() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        }
    }

    async fn tidy(self: Arc<Self>) {
        loop {
            self.forget().await;
            match self.portal.store.pending_deliveries().await {
                Ok(pending) => self.portal.webhooks.tally.pending(pending),
                Err(error) => tracing::debug!(error = error_chain(&error), "pending deliveries cannot be counted"),
            }
            tokio::time::sleep(TIDY_EVERY).await;
        }
    }

    /// Makes out all that is in the outbox.
    pub(super) async fn make_out(&self) {
        loop {
            let moves = match self.portal.store.outbox(MOVES_AT_ONCE).await {
                Ok(moves) => moves,
                Err(error) => {
                    tracing::warn!(error = error_chain(&error), "the outbox cannot be read; trying again");
                    return;
                }
            };
            for moved in &moves {
                if let Err(problem) = self.make_out_one(moved).await {
                    tracing::warn!(request = %moved.request, error = error_chain(&problem), "a move cannot be made out; trying again");
                    return;
                }
            }
            if moves.len() < MOVES_AT_ONCE as usize {
                return;
            }
        }
    }

    /// Makes out what was found wrong, and what is no more; also reads what people know of, which other replicas took.
    pub(crate) async fn tell_findings(&self, teller: &mut Teller) {
        let portal = &self.portal;
        portal.take_acknowledgements().await;
        if let Err(problem) = teller.begin(portal).await {
            tracing::debug!(error = error_chain(&problem), "which findings were told cannot be read; trying again");
            return;
        }
        for news in teller.news(portal) {
            match self.tell_finding(&news).await {
                Ok(()) => teller.told(portal, news),
                Err(problem) => {
                    tracing::warn!(error = error_chain(&problem), "a finding cannot be made out; trying again");
                    return;
                }
            }
        }
    }

    async fn tell_finding(&self, news: &News) -> Result<(), Problem> {
        let (portal, event) = (&self.portal, news.event());
        let body = message::of_finding(news, portal.webhooks.site(), portal.now());
        let wanting = || self.receivers.iter().filter(|receiver| receiver.webhook.wants_of_all(event));
        let delivery = |receiver: &Arc<Receiver>| {
            let id = Store::new_delivery_id(portal.now()).map_err(store_problem)?;
            let webhook = receiver.webhook.name.clone();
            Ok(NewDelivery { id, webhook, event, request: None, body: body.clone() })
        };
        let deliveries = wanting().map(delivery).collect::<Result<Vec<_>, Problem>>()?;
        news.settle(portal, &deliveries, portal.now()).await?;
        wanting().for_each(|receiver| receiver.news.notify_one());
        Ok(())
    }

    async fn make_out_one(&self, moved: &OutboxRow) -> Result<(), Problem> {
        let portal = &self.portal;
        let deliveries = match WebhookEvent::of_move(moved.before, moved.state) {
            Some(event) if self.receivers.iter().any(|receiver| receiver.webhook.events.contains(&event)) => {
                self.deliveries(event, moved).await?
            }
            Some(_) | None => Vec::new(),
        };
        match portal.store.make_out(moved, &deliveries, portal.now()).await {
            Ok(()) => {
                let is_for =
                    |receiver: &&Arc<Receiver>| deliveries.iter().any(|one| one.webhook == receiver.webhook.name);
                self.receivers.iter().filter(is_for).for_each(|receiver| receiver.news.notify_one());
                Ok(())
            }
            // Another replica was quicker.
            Err(StoreError::Changed { .. }) => Ok(()),
            Err(error) => Err(store_problem(error)),
        }
    }

    /// What those who want to be told of a move are told.
    async fn deliveries(&self, event: WebhookEvent, moved: &OutboxRow) -> Result<Vec<NewDelivery>, Problem> {
        let row = self.portal.row(&moved.request).await?;
        let concerned = [&row.request.team, &row.request.owner];
        let wants = |receiver: &&Arc<Receiver>| receiver.webhook.wants(event, concerned);
        let told: Vec<WebhookName> =
            self.receivers.iter().filter(wants).map(|receiver| receiver.webhook.name.clone()).collect();
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let waiting_for = self.waiting_for(moved, &row).await?;
        let body = message::of_move(event, (moved, &row), waiting_for.as_deref(), self.portal.webhooks.site());
        let delivery = |webhook| {
            Ok(NewDelivery {
                id: Store::new_delivery_id(self.portal.now()).map_err(store_problem)?,
                webhook,
                event,
                request: Some(moved.request.clone()),
                body: body.clone(),
            })
        };
        told.into_iter().map(delivery).collect()
    }

    /// What a request waits for, as long as it is where it moved to.
    async fn waiting_for(&self, moved: &OutboxRow, row: &RequestRow) -> Result<Option<String>, Problem> {
        if row.request.state != moved.state {
            return Ok(None);
        }
        let request = &row.request;
        let concerned = Concerned::read(&self.portal).await?;
        let agreed = self.portal.store.approvals(&request.id, &request.body.hash).await.map_err(store_problem)?;
        // What cannot be read is in the log by now, and is no reason to tell nobody anything.
        Ok(waits_for(row, agreed, &concerned, self.portal.now()).unwrap_or_default())
    }

    /// Tries all that is due at one webhook, at most so many, at the same time; says how many those were.
    pub(super) async fn deliver(&self, receiver: &Receiver) -> usize {
        let (store, name) = (&self.portal.store, &receiver.webhook.name);
        match store.deliveries_due(name, self.portal.now(), MESSAGES_AT_ONCE).await {
            Ok(due) => {
                let count = due.len();
                futures::stream::iter(due).for_each_concurrent(None, |due| self.attempt(receiver, due)).await;
                count
            }
            Err(error) => {
                tracing::warn!(webhook = %name, error = error_chain(&error), "deliveries cannot be read; trying again");
                0
            }
        }
    }

    async fn attempt(&self, receiver: &Receiver, due: DueDelivery) {
        let (portal, webhook, row) = (&self.portal, &receiver.webhook, &due.row);
        let now = portal.now();
        let until = UnixMillis(now.0.saturating_add(TAKEN_MILLIS));
        match portal.store.take_delivery(row, until, now).await {
            Ok(()) => {}
            Err(StoreError::Changed { .. }) => return,
            Err(error) => {
                tracing::warn!(delivery = %row.id, error = error_chain(&error), "a delivery cannot be taken; trying again");
                return;
            }
        }
        let answer = receiver.sender.send(webhook, &due, now).await;
        let now = portal.now();
        let jitter = rand::rng().random_range(JITTER);
        let change = after(row.attempts.saturating_add(1), &answer, now, jitter);
        let outcome = AttemptOutcome::of(&change);
        portal.webhooks.tally.count(&webhook.name, outcome);
        let (status, error) = (change.status, change.error.as_deref());
        match outcome {
            AttemptOutcome::Delivered => {
                tracing::info!(webhook = %webhook.name, delivery = %row.id, event = row.event.name(), status, "a webhook was told");
            }
            AttemptOutcome::Failed => {
                tracing::info!(webhook = %webhook.name, delivery = %row.id, event = row.event.name(), error, "a webhook could not be told; trying again");
            }
            AttemptOutcome::GaveUp => {
                tracing::warn!(webhook = %webhook.name, delivery = %row.id, event = row.event.name(), error, "a webhook is not told any more");
            }
        }
        match portal.store.settle_delivery(row, &change, now).await {
            // It took too long, and somebody else has it now.
            Ok(()) | Err(StoreError::Changed { .. }) => {}
            Err(error) => {
                tracing::warn!(delivery = %row.id, error = error_chain(&error), "what became of a delivery is not written down; it comes again");
            }
        }
    }

    /// Forgets what is older than the log reaches back.
    pub(super) async fn forget(&self) {
        let before = UnixMillis(self.portal.now().0.saturating_sub(KEPT_MILLIS));
        loop {
            match self.portal.store.forget_deliveries(before, FORGOTTEN_AT_ONCE).await {
                Ok(forgotten) if forgotten < u64::from(FORGOTTEN_AT_ONCE) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = error_chain(&error), "old deliveries cannot be forgotten; trying again");
                    return;
                }
            }
        }
    }
}
