//! The forms that end sessions: one's own, and for operators those of others.

use super::client::Client;
use super::door::see_other;
use super::edge::Edge;
use super::forms::values;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};
use klamm_model::{Actor, PersonName, SessionId};
use std::net::IpAddr;

const PAGE: &str = "/sessions";

pub(crate) fn routes() -> Router<Edge> {
    Router::new().route(PAGE, post(own))
}

async fn own(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    current: Option<Extension<SessionId>>,
    body: String,
) -> Response {
    let current = current.as_ref().map(|Extension(id)| id);
    let word = end(&edge, (&actor, client.address), &actor.name, current, &body).await;
    see_other(format!("{PAGE}?{word}"))
}

/// Ends what a form ticks, or all but the one that asks; says what to tell.
pub(crate) async fn end(
    edge: &Edge,
    (actor, from): (&Actor, IpAddr),
    person: &PersonName,
    current: Option<&SessionId>,
    form: &str,
) -> &'static str {
    if values(form, "act").any(|act| act == "all") {
        return match edge.portal.end_sessions(actor, person, current, Some(from)).await {
            Ok(ended) => {
                for id in ended {
                    edge.ended.tell(id);
                }
                "done=ended"
            }
            Err(_) => "problem=forbidden",
        };
    }
    let mut outcomes = Vec::new();
    for id in values(form, "take") {
        let ended = match id.parse::<SessionId>() {
            Ok(id) => {
                let done = edge.portal.end_session(actor, &id, Some(from)).await.is_ok();
                if done {
                    edge.ended.tell(id);
                }
                done
            }
            Err(_) => false,
        };
        outcomes.push(ended);
    }
    match (outcomes.is_empty(), outcomes.contains(&false)) {
        (true, _) => "problem=none",
        (false, true) => "problem=some",
        (false, false) => "done=ended",
    }
}
