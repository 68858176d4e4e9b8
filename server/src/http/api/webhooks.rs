use super::input::{DeliveryPath, Params, WebhookPath};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use klamm_model::{Actor, DeliveriesRequest, DeliveryView, Page, WebhookView};

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Page<WebhookView>>, Refusal> {
    let items = edge.portal.webhooks(&actor).await?;
    let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
    Ok(Json(Page { items, total, next_cursor: None }))
}

pub(super) async fn deliveries(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<DeliveriesRequest>,
) -> Result<Json<Page<DeliveryView>>, Refusal> {
    Ok(Json(edge.portal.delivery_page(&actor, &request).await?))
}

pub(super) async fn retry(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    DeliveryPath(id): DeliveryPath,
) -> Result<Json<DeliveryView>, Refusal> {
    Ok(Json(edge.portal.retry_delivery(&actor, &id, Some(client.address)).await?))
}

pub(super) async fn test(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    WebhookPath(name): WebhookPath,
) -> Result<(StatusCode, Json<DeliveryView>), Refusal> {
    let view = edge.portal.test_webhook(&actor, &name, Some(client.address)).await?;
    Ok((StatusCode::CREATED, Json(view)))
}
