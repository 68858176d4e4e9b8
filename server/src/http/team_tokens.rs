//! The forms about tokens of a team. A new token leaves in the answer to the form that made it, and stays nowhere; a form carries
//! the id of the one token it may make, so that sending it again makes none.

use super::client::Client;
use super::door::see_other;
use super::edge::Edge;
use super::forms::{Refusals, values};
use super::pages;
use super::teams::page_of;
use super::tokens::Access;
use axum::body::Body;
use axum::extract::{FromRequest, Path, Request, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Form, Router};
use klamm_app::TeamTokenMade;
use klamm_model::{Actor, TeamName, TokenId};
use klamm_portal::{Asker, TokenWish};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

const REFUSALS: Refusals =
    Refusals { conflict: "sent-twice", forbidden: "forbidden", missing: "forbidden", invalid: "token" };

pub(crate) fn routes() -> Router<Edge> {
    let to_team = |Path(team): Path<String>| async move { see_other(page_of(&team, "")) };
    Router::new()
        .route("/teams/{team}/tokens", get(to_team).post(make))
        .route("/teams/{team}/tokens/end", get(to_team).post(end))
}

#[derive(Deserialize)]
struct MakeForm {
    /// Will name the token; handed out with the form.
    id: TokenId,
    label: String,
    access: Access,
    days: u32,
}

async fn make(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path(team): Path<String>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let form = Form::<MakeForm>::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let (Ok(name), Ok(Form(MakeForm { id, label, access, days }))) = (team.parse::<TeamName>(), form) else {
        return see_other(page_of(&team, "problem=token"));
    };
    let wish = TokenWish { label, scopes: access.scopes(), lives: Duration::from_hours(24) * days };
    let made = edge.portal.create_team_token(Asker::Actor(&actor), &name, (id, wish), Some(client.address)).await;
    match made {
        Ok(issued) => {
            // What is shown once is shown on the page of the team.
            if let Ok(page) = page_of(&team, "").parse() {
                parts.uri = page;
            }
            let request = Request::from_parts(parts, Body::empty());
            pages::with_team_token(&edge, request, TeamTokenMade(Arc::new(issued))).await
        }
        Err(problem) => see_other(page_of(&team, &format!("problem={}", REFUSALS.word(&problem)))),
    }
}

/// Every token that was ticked ends by itself.
async fn end(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path(team): Path<String>,
    body: String,
) -> Response {
    let mut outcomes = Vec::new();
    for id in values(&body, "take") {
        let ended = match id.parse::<TokenId>() {
            Ok(id) => edge.portal.revoke_token(Asker::Actor(&actor), &id, Some(client.address)).await.is_ok(),
            Err(_) => false,
        };
        outcomes.push(ended);
    }
    let query = match (outcomes.is_empty(), outcomes.contains(&false)) {
        (true, _) => "problem=no-token",
        (false, true) => "problem=some",
        (false, false) => "done=ended",
    };
    see_other(page_of(&team, query))
}
