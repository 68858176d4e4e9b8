//! `Idempotency-Key` on changes of `/api/v1`: a repeat with the same key gets the first answer. Not where answers hold secrets:
//! no secret is kept for a replay.

use super::edge::Edge;
use super::limit::{MAX_BODY, too_large};
use super::problem::Refusal;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use klamm_model::{Actor, PersonName, ProblemKind};
use klamm_store::{KeptAnswer, Repeat};

/// Longest key.
const LONGEST: usize = 255;
/// Largest answer that is kept; larger ones are given once.
const LARGEST: usize = 1 << 20;

/// Answers a repeat, or lets the change be made and keeps what it was answered.
pub(crate) async fn answer(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").map(|key| key.to_str().map(str::to_owned));
    let actor = request.extensions().get::<Actor>().map(|actor| actor.name.clone());
    let (Some(key), Some(person), true) = (key, actor, takes_part(&request)) else { return next.run(request).await };
    let Some(key) = key.ok().filter(|key| (1..=LONGEST).contains(&key.len())) else {
        return Refusal::new(ProblemKind::Invalid, "Idempotency-Key: 1 to 255 visible characters").into_response();
    };
    once(&edge, (person, key), request, next).await.unwrap_or_else(IntoResponse::into_response)
}

fn takes_part(request: &Request) -> bool {
    let path = request.uri().path();
    let holds_secrets = path == "/api/v1/session"
        || ["/api/v1/tokens", "/api/v1/people"].iter().any(|about| path.starts_with(about))
        || ["/reveal", "/tokens", "/messages"].iter().any(|end| path.ends_with(end));
    request.method() == Method::POST && !holds_secrets
}

async fn once(
    edge: &Edge,
    (person, key): (PersonName, String),
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
    let away =
        || Refusal::new(ProblemKind::Unavailable, "The database does not answer just now. Try again in a moment.");
    let target = parts.uri.to_string();
    let asked: [&[u8]; 2] = [target.as_bytes(), &body];
    let known = edge.store.take_key(&person, &key, &asked, edge.portal.now()).await.map_err(|_| away())?;
    match known {
        Repeat::First => {}
        Repeat::Answered(kept) => return Ok(given_again(kept)),
        Repeat::Running => {
            let detail = "The first request with this Idempotency-Key is still being answered. Try again in a moment.";
            return Err(Refusal::new(ProblemKind::Conflict, detail));
        }
        Repeat::Other => {
            let detail = "Idempotency-Key: it named another request before. Use a key of its own for each.";
            return Err(Refusal::new(ProblemKind::Invalid, detail));
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (head, body) = response.into_parts();
    let body = to_bytes(body, LARGEST).await.map_err(|_| away())?;
    let text = std::str::from_utf8(&body).ok().filter(|_| !head.status.is_server_error());
    let settled = match text {
        Some(text) => {
            let location = head.headers.get(header::LOCATION).and_then(|place| place.to_str().ok()).map(str::to_owned);
            let kept = KeptAnswer { status: head.status.as_u16(), location, body: text.to_owned() };
            edge.store.keep_answer(&person, &key, &kept).await
        }
        // Whatever went wrong with us may go well the next time.
        None => edge.store.let_key_go(&person, &key).await,
    };
    if let Err(error) = settled {
        tracing::warn!(
            error = klamm_model::error_chain(&error),
            "the answer to a change could not be kept for its repeat"
        );
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

fn given_again(kept: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    let mut response = (status, [(header::CONTENT_TYPE, kind)], kept.body).into_response();
    if let Some(place) = kept.location.and_then(|place| HeaderValue::from_str(&place).ok()) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}
