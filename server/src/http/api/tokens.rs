use super::input::{JsonBody, Params, TeamPath, TokenPath};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use klamm_model::{Actor, Page, ProblemKind, Scope, TokenView, TokensRequest};
use klamm_portal::{Asker, IssuedToken, TokenRequest, TokenWish};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wish {
    label: String,
    scopes: Vec<String>,
    expires_in_seconds: u64,
}

/// A token with all that lists say of it: the only answer that holds one.
#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    item: &'a TokenView,
    token: &'a str,
}

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<TokensRequest>,
) -> Result<Json<Page<TokenView>>, Refusal> {
    Ok(Json(edge.portal.token_page(&actor, &request, Some(client.address)).await?))
}

pub(super) async fn create(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Response, Refusal> {
    let request = TokenRequest {
        person: actor.name.clone(),
        label: wish.label,
        scopes: scopes(&wish.scopes)?,
        lives: Duration::from_secs(wish.expires_in_seconds),
    };
    Ok(answer(&edge.portal.create_token(Asker::Actor(&actor), request, Some(client.address)).await?))
}

pub(super) async fn list_of_team(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    TeamPath(team): TeamPath,
    Params(request): Params<TokensRequest>,
) -> Result<Json<Page<TokenView>>, Refusal> {
    Ok(Json(edge.portal.team_token_page(&actor, &team, &request).await?))
}

pub(super) async fn create_of_team(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    TeamPath(team): TeamPath,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Response, Refusal> {
    let lives = Duration::from_secs(wish.expires_in_seconds);
    let wish = TokenWish { label: wish.label, scopes: scopes(&wish.scopes)?, lives };
    let (id, from) = (edge.portal.new_token_id()?, Some(client.address));
    Ok(answer(&edge.portal.create_team_token(Asker::Actor(&actor), &team, (id, wish), from).await?))
}

fn answer(issued: &IssuedToken) -> Response {
    let made = Json(Made { item: &issued.view, token: issued.expose() });
    (StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], made).into_response()
}

pub(super) async fn end(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    TokenPath(id): TokenPath,
) -> Result<StatusCode, Refusal> {
    edge.portal.revoke_token(Asker::Actor(&actor), &id, Some(client.address)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn scopes(words: &[String]) -> Result<BTreeSet<Scope>, Refusal> {
    words
        .iter()
        .map(|word| match word.as_str() {
            "read" => Ok(Scope::Read),
            "write" => Ok(Scope::Write),
            _ => Err(Refusal::new(ProblemKind::Invalid, "scopes: there are read and write, and no others")),
        })
        .collect()
}
