//! The form that looks at messages. It answers with the page itself, as the form of a credential does: neither what was found
//! nor what was looked for stands in an address, and nothing of it is kept here.

use super::client::Client;
use super::door::see_other;
use super::edge::Edge;
use super::pages;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};
use klamm_app::{Peeked, peek_asked};
use klamm_model::Actor;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Edge> {
    Router::new().route("/clusters/{namespace}/{name}/topics/{topic}/messages", post(peek))
}

async fn peek(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path((namespace, name, topic)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let page = parts.uri.path().to_owned();
    // Longer ones do not come here.
    let Ok(body) = to_bytes(body, super::limit::MAX_BODY).await else { return see_other(page) };
    let (Ok(cluster), Ok(topic)) = (format!("{namespace}/{name}").parse(), topic.parse()) else {
        return see_other(page);
    };
    let filled = peek_asked(&String::from_utf8_lossy(&body));
    let answer = match filled.request() {
        Ok(asked) => {
            let seen = edge.portal.messages(&actor, &cluster, &topic, &asked, Some(client.address)).await;
            seen.map_err(|problem| problem.detail)
        }
        Err(why) => Err(why),
    };
    let peeked = Peeked { filled, answer: Arc::new(answer) };
    pages::with_messages(&edge, Request::from_parts(parts, Body::empty()), peeked).await
}
