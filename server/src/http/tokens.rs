//! The forms of `/tokens`, which work before any script has loaded.
//!
//! A new token leaves in the answer to the form that made it, and stays nowhere: a redirect would need a place to keep it
//! meanwhile, on whichever replica the browser comes back to. What a reload would send again makes nothing, because a form
//! carries the id of the one token it may make.

use super::client::Client;
use super::door::see_other;
use super::edge::Edge;
use super::forms::Refusals;
use super::pages;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use klamm_app::NewToken;
use klamm_model::{Actor, Scope, TokenId};
use klamm_portal::{Asker, TokenRequest};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const PAGE: &str = "/tokens";

const REFUSALS: Refusals =
    Refusals { conflict: "sent-twice", forbidden: "full", missing: "no-such", invalid: "invalid" };

pub(crate) fn routes() -> Router<Edge> {
    let back = || async { see_other(PAGE.to_owned()) };
    Router::new().route(PAGE, post(make)).route("/tokens/end", get(back).post(end))
}

#[derive(Deserialize)]
struct MakeForm {
    /// Will name the token; handed out with the form.
    id: TokenId,
    label: String,
    access: Access,
    days: u32,
}

/// What a token may, as forms say it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Access {
    Read,
    ReadWrite,
}

impl Access {
    pub(crate) fn scopes(self) -> BTreeSet<Scope> {
        match self {
            Self::Read => BTreeSet::from([Scope::Read]),
            Self::ReadWrite => BTreeSet::from([Scope::Read, Scope::Write]),
        }
    }
}

#[derive(Deserialize)]
struct EndForm {
    id: TokenId,
}

async fn make(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let form = Form::<MakeForm>::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let Ok(Form(MakeForm { id, label, access, days })) = form else {
        return told("invalid");
    };
    let wish = TokenRequest {
        person: actor.name.clone(),
        label,
        scopes: access.scopes(),
        lives: Duration::from_hours(24) * days,
    };
    match edge.portal.create_token_as(Asker::Actor(&actor), id, wish, Some(client.address)).await {
        Ok(issued) => {
            let origin = client.origin.map_or_else(String::new, |origin| origin.shown().to_owned());
            let new = NewToken { issued: Arc::new(issued), origin };
            pages::with_new_token(&edge, Request::from_parts(parts, Body::empty()), new).await
        }
        Err(problem) => told(REFUSALS.word(&problem)),
    }
}

async fn end(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    form: Result<Form<EndForm>, FormRejection>,
) -> Response {
    let Ok(Form(EndForm { id })) = form else {
        return told("no-such");
    };
    match edge.portal.revoke_token(Asker::Actor(&actor), &id, Some(client.address)).await {
        Ok(()) => see_other(format!("{PAGE}?ended={id}")),
        Err(problem) => told(REFUSALS.word(&problem)),
    }
}

/// Back to the page, with a word of ours and nothing that was typed.
fn told(word: &str) -> Response {
    see_other(format!("{PAGE}?problem={word}"))
}
