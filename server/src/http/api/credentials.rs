use super::input::Params;
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use klamm_model::{Actor, CredentialUses, CredentialView, Page, PageRequest};
use serde::Serialize;
use std::collections::BTreeMap;

/// The only answer that holds a password.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Revealed<'a> {
    username: &'a str,
    password: &'a str,
    bootstrap_servers: &'a str,
    snippets: BTreeMap<&'a str, &'a str>,
}

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<PageRequest>,
) -> Result<Json<Page<CredentialView>>, Refusal> {
    Ok(Json(edge.portal.credential_page(&actor, &request).await?))
}

pub(super) async fn credential(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Json<CredentialView>, Refusal> {
    Ok(Json(edge.portal.credential(&actor, &id).await?))
}

pub(super) async fn uses(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Json<CredentialUses>, Refusal> {
    Ok(Json(edge.portal.credential_uses(&actor, &id).await?))
}

pub(super) async fn reveal(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let shown = edge.portal.reveal_credential(&actor, &id, Some(client.address)).await?;
    let answer = Json(Revealed {
        username: &shown.username,
        password: shown.password(),
        bootstrap_servers: &shown.bootstrap_servers,
        snippets: shown.snippets().collect(),
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], answer).into_response())
}
