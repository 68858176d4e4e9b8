//! Webhooks and the log of their deliveries, as operators and auditors see them; operators send again, and send tests.

use super::{Webhook, message};
use crate::{
    Action, Asker, Kind, Object, Portal,
    audited::store_problem,
    authorise::allowed_of,
    portal::{look, named},
    views::paging::invalid,
};
use klamm_model::{
    Actor, DeliveriesRequest, DeliveryId, DeliveryState, DeliveryView, Page, Problem, ProblemKind, WebhookEvent,
    WebhookName, WebhookView, checked_limit,
};
use klamm_store::{DeliveryFilter, DeliveryRow, NewDelivery, Store, WebhookFigures};
use std::net::IpAddr;

impl Portal {
    /// Names of what somebody may do about webhooks.
    pub fn webhook_actions(&self, actor: &Actor) -> Vec<String> {
        allowed_of(Asker::Actor(actor), &Object::all(Kind::Webhook), &[Action::View, Action::Retry, Action::Test])
    }

    /// The webhooks that are configured, and how they fare.
    pub async fn webhooks(&self, actor: &Actor) -> Result<Vec<WebhookView>, Problem> {
        look(actor, Object::all(Kind::Webhook))?;
        let figures = self.store.webhook_figures().await.map_err(store_problem)?;
        Ok(self.webhooks.all().iter().map(|webhook| view(actor, webhook, &figures)).collect())
    }

    /// A page of the log of deliveries, the newest first.
    pub async fn delivery_page(
        &self,
        actor: &Actor,
        request: &DeliveriesRequest,
    ) -> Result<Page<DeliveryView>, Problem> {
        look(actor, Object::all(Kind::Webhook))?;
        let filter = filter(request)?;
        let page = self.store.deliveries(&filter).await.map_err(store_problem)?;
        let more = page.items.len() >= filter.limit as usize;
        let mut rows = page.items;
        if more {
            rows.pop();
        }
        let next_cursor = rows.last().filter(|_| more).map(|row| row.id.to_string());
        let items = rows.into_iter().map(|row| self.delivery_view(actor, row)).collect();
        Ok(Page { items, total: page.total, next_cursor })
    }

    /// Has a message sent again, with the id it has, whatever became of it.
    pub async fn retry_delivery(
        &self,
        actor: &Actor,
        id: &DeliveryId,
        from: Option<IpAddr>,
    ) -> Result<DeliveryView, Problem> {
        let object = Object::webhook(id.as_str());
        let permit = self.permit(Asker::Actor(actor), Action::Retry, object, from).await?;
        self.during(&permit, from, async {
            let row = self.delivery_row(id).await?;
            if self.webhooks.find(&row.webhook).is_none() {
                let detail = format!("The webhook {} is not configured any more.", row.webhook);
                return Err(Problem::new(ProblemKind::Conflict, detail));
            }
            self.store.resend_delivery(&row, self.now()).await.map_err(store_problem)
        })
        .await?;
        Ok(self.delivery_view(actor, self.delivery_row(id).await?))
    }

    /// Sends a webhook a message that tells of nothing.
    pub async fn test_webhook(
        &self,
        actor: &Actor,
        name: &WebhookName,
        from: Option<IpAddr>,
    ) -> Result<DeliveryView, Problem> {
        let object = Object::webhook(name.as_str());
        let permit = self.permit(Asker::Actor(actor), Action::Test, object, from).await?;
        let now = self.now();
        let id = Store::new_delivery_id(now).map_err(store_problem)?;
        self.during(&permit, from, async {
            if self.webhooks.find(name).is_none() {
                let detail = format!("There is no webhook {name} in the configuration.");
                return Err(Problem::new(ProblemKind::NotFound, detail));
            }
            let body = message::of_test(name, now);
            let (id, webhook) = (id.clone(), name.clone());
            let test = NewDelivery { id, webhook, event: WebhookEvent::Test, request: None, body };
            self.store.add_delivery(&test, now).await.map_err(store_problem)
        })
        .await?;
        Ok(self.delivery_view(actor, self.delivery_row(&id).await?))
    }

    async fn delivery_row(&self, id: &DeliveryId) -> Result<DeliveryRow, Problem> {
        let row = self.store.delivery(id).await.map_err(store_problem)?;
        row.ok_or_else(|| Problem::new(ProblemKind::NotFound, format!("There is no delivery {id}.")))
    }

    fn delivery_view(&self, actor: &Actor, row: DeliveryRow) -> DeliveryView {
        let actions: &[Action] = match self.webhooks.find(&row.webhook) {
            Some(_) => &[Action::View, Action::Retry],
            None => &[Action::View],
        };
        DeliveryView {
            allowed_actions: allowed_of(Asker::Actor(actor), &Object::webhook(row.id.as_str()), actions),
            id: row.id,
            webhook: row.webhook,
            event: row.event,
            request: row.request,
            state: row.state,
            attempts: u64::try_from(row.attempts).unwrap_or(0),
            status: row.status,
            error: row.error,
            created_at: row.created_at,
            attempted_at: row.attempted_at,
            next_attempt_at: match row.state {
                DeliveryState::Pending => Some(row.next_attempt_at),
                DeliveryState::Delivered | DeliveryState::GaveUp => None,
            },
        }
    }
}

fn view(actor: &Actor, webhook: &Webhook, figures: &[WebhookFigures]) -> WebhookView {
    let of = |state: DeliveryState| figures.iter().find(|one| one.webhook == webhook.name && one.state == state);
    let count = |state: DeliveryState| of(state).map_or(0, |figures| figures.count);
    let object = Object::webhook(webhook.name.as_str());
    WebhookView {
        name: webhook.name.clone(),
        origin: webhook.origin(),
        events: webhook.events.iter().copied().collect(),
        teams: webhook.teams.iter().cloned().collect(),
        pending: count(DeliveryState::Pending),
        retrying: of(DeliveryState::Pending).map_or(0, |figures| figures.failed),
        delivered: count(DeliveryState::Delivered),
        gave_up: count(DeliveryState::GaveUp),
        delivered_at: of(DeliveryState::Delivered).map(|figures| figures.changed_at),
        allowed_actions: allowed_of(Asker::Actor(actor), &object, &[Action::View, Action::Test]),
    }
}

fn filter(request: &DeliveriesRequest) -> Result<DeliveryFilter, Problem> {
    let limit = checked_limit(request.limit).map_err(|error| invalid(&error.to_string()))?;
    Ok(DeliveryFilter {
        webhook: named(request.webhook.as_deref(), "webhook", |text| text.parse().ok())?,
        state: named(request.state.as_deref(), "state", DeliveryState::named)?,
        request: named(request.request.as_deref(), "request", |text| text.parse().ok())?,
        before: named(request.cursor.as_deref(), "cursor", |text| text.parse().ok())?,
        // One more tells whether there is another page.
        limit: u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1),
    })
}
