//! The forms of `/webhooks`, which work before any script has loaded. Each leads back to the page, which says what came of it.

use super::client::Client;
use super::door::see_other;
use super::edge::Edge;
use super::forms::values;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use klamm_model::{Actor, WebhookName};

const PAGE: &str = "/webhooks";

pub(crate) fn routes() -> Router<Edge> {
    let back = || async { see_other(PAGE.to_owned()) };
    Router::new().route("/webhooks/test", get(back).post(test)).route("/webhooks/retry", get(back).post(retry))
}

async fn test(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    body: String,
) -> Response {
    let name = values(&body, "webhook").next().and_then(|name| name.parse::<WebhookName>().ok());
    let sent = match name {
        Some(name) => edge.portal.test_webhook(&actor, &name, Some(client.address)).await.is_ok(),
        None => false,
    };
    told(u32::from(sent), u32::from(!sent))
}

/// Every delivery that was ticked is sent again by itself: one that cannot be does not hold back the others.
async fn retry(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    body: String,
) -> Response {
    let (mut sent, mut not) = (0, 0);
    if values(&body, "take").next().is_none() {
        return see_other(format!("{PAGE}?problem=nothing"));
    }
    for id in values(&body, "take") {
        let done = match id.parse() {
            Ok(id) => edge.portal.retry_delivery(&actor, &id, Some(client.address)).await.is_ok(),
            Err(_) => false,
        };
        if done {
            sent += 1;
        } else {
            not += 1;
        }
    }
    told(sent, not)
}

/// Back to the page, with numbers and nothing that was typed.
fn told(sent: u32, not: u32) -> Response {
    see_other(format!("{PAGE}?sent={sent}&not={not}"))
}
