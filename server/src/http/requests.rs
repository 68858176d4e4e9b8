//! The forms about requests and credentials, which work before any script has loaded. Each answers by leading to a page that
//! says what came of it; only a revealed password is in the answer itself, and nowhere else.

use super::client::Client;
use super::door::see_other;
use super::edge::Edge;
use super::forms::{Refusals, values};
use super::pages;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use klamm_app::{Filled, Purpose, Shown, asked_for};
use klamm_model::{Actor, ManifestHash, Problem, RequestId, RequestView};
use klamm_portal::EditedRequest;
use serde::Deserialize;
use std::sync::Arc;

const REFUSALS: Refusals =
    Refusals { conflict: "conflict", forbidden: "forbidden", missing: "forbidden", invalid: "invalid" };

pub(crate) fn routes() -> Router<Edge> {
    let to_list = || async { see_other("/requests".to_owned()) };
    Router::new()
        .route("/requests", post(create))
        .route("/approvals", post(decide_many))
        .route("/requests/{id}/decide", get(to_list).post(decide))
        .route("/requests/{id}/{act}", get(to_list).post(act))
        .route("/credentials/{id}", post(reveal))
}

/// Of many decisions at once, so many are told one by one.
const MOST_TOLD: usize = 40;

type Asked = (State<Edge>, Extension<Client>, Extension<Actor>);

async fn create(edge: State<Edge>, client: Extension<Client>, actor: Extension<Actor>, body: String) -> Response {
    let Filled { edits, request, purpose, back } = asked_for(&body);
    if purpose == Purpose::Look {
        return see_other(back);
    }
    // Why it is refused is said by the page of the form, which finds the same reasons again.
    let refused = |word: &str| see_other(format!("{back}&said={word}"));
    let Ok(new) = request else { return refused(REFUSALS.invalid) };
    let from = Some(client.address);
    let done = match edits.map(|id| id.parse()) {
        None => edge.portal.create_request(&actor, &new, from).await,
        Some(Ok(id)) => edge.portal.edit_request(&actor, &id, EditedRequest::whole(new), from).await,
        Some(Err(_)) => return refused(REFUSALS.invalid),
    };
    match done {
        Ok(view) => see_other(page_of(&view.id, "")),
        Err(problem) => refused(REFUSALS.word(&problem)),
    }
}

#[derive(Deserialize)]
struct Decision {
    verdict: Verdict,
    hash: ManifestHash,
    #[serde(default)]
    reason: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Verdict {
    Approve,
    Decline,
}

async fn decide(
    edge: State<Edge>,
    client: Extension<Client>,
    actor: Extension<Actor>,
    Path(id): Path<String>,
    form: Result<Form<Decision>, FormRejection>,
) -> Response {
    let (Ok(id), Ok(Form(decision))) = (id.parse::<RequestId>(), form) else {
        return see_other("/requests".to_owned());
    };
    let asked = (edge, client, actor);
    let decided = one_decision(&asked, &id, decision.verdict, &decision.hash, &decision.reason).await;
    see_other(page_of(&id, decided.err().map_or("", |problem| REFUSALS.word(&problem))))
}

async fn one_decision(
    (State(edge), Extension(client), Extension(actor)): &Asked,
    id: &RequestId,
    verdict: Verdict,
    hash: &ManifestHash,
    reason: &str,
) -> Result<RequestView, Problem> {
    match verdict {
        Verdict::Approve => edge.portal.approve_request(actor, id, hash, Some(client.address)).await,
        Verdict::Decline => edge.portal.decline_request(actor, id, reason, Some(client.address)).await,
    }
}

/// Every request that was ticked is decided by itself: one that cannot be does not hold back the others.
async fn decide_many(edge: State<Edge>, client: Extension<Client>, actor: Extension<Actor>, body: String) -> Response {
    let value = |name| values(&body, name).next();
    let verdict = if value("verdict").as_deref() == Some("decline") { Verdict::Decline } else { Verdict::Approve };
    let reason = value("reason").unwrap_or_default();
    if value("take").is_none() {
        return see_other("/approvals?problem=nothing".to_owned());
    }
    if matches!(verdict, Verdict::Decline) && reason.trim().is_empty() {
        return see_other("/approvals?problem=reason".to_owned());
    }
    let asked = (edge, client, actor);
    let (mut done, mut not) = (0_u32, 0_u32);
    let mut results = Vec::new();
    for which in values(&body, "take") {
        let parsed = which.split_once(':').and_then(|(id, hash)| Some((id.parse().ok()?, hash.parse().ok()?)));
        let decided = match parsed {
            Some((id, hash)) => {
                let decided = one_decision(&asked, &id, verdict, &hash, &reason).await;
                results
                    .push(format!("{id}.{}", decided.as_ref().err().map_or("done", |problem| REFUSALS.word(problem))));
                decided.is_ok()
            }
            None => false,
        };
        if decided {
            done += 1;
        } else {
            not += 1;
        }
    }
    // As many as an address carries; the rest stand in the list as they are now.
    results.truncate(MOST_TOLD);
    see_other(format!("/approvals?done={done}&not={not}&results={}", results.join(",")))
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    text: String,
}

async fn act(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path((id, act)): Path<(String, String)>,
    form: Result<Form<Words>, FormRejection>,
) -> Response {
    let Ok(id) = id.parse::<RequestId>() else { return see_other("/requests".to_owned()) };
    let from = Some(client.address);
    let words = form.map(|Form(Words { text })| text).unwrap_or_default();
    let done = match act.as_str() {
        "submit" => edge.portal.submit_request(&actor, &id, from).await,
        "cancel" => edge.portal.cancel_request(&actor, &id, from).await,
        "retry" => edge.portal.retry_request(&actor, &id, from).await,
        "comment" => edge.portal.comment_request(&actor, &id, &words, from).await,
        _ => return see_other(page_of(&id, "")),
    };
    see_other(page_of(&id, done.err().map_or("", |problem| REFUSALS.word(&problem))))
}

/// The page of a credential with its password: in this answer and in no other.
async fn reveal(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match edge.portal.reveal_credential(&actor, &id, Some(client.address)).await {
        Ok(shown) => {
            pages::with_password(&edge, Request::from_parts(parts, Body::empty()), Shown(Arc::new(shown))).await
        }
        // The page says itself to whom it was shown, or what it waits for.
        Err(_) => see_other(parts.uri.path().to_owned()),
    }
}

fn page_of(id: &RequestId, problem: &str) -> String {
    if problem.is_empty() { format!("/requests/{id}") } else { format!("/requests/{id}?problem={problem}") }
}
