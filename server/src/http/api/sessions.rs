use super::input::{PersonPath, SessionPath};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use klamm_model::{Actor, Page, SessionId, SessionView};

type Current = Option<Extension<SessionId>>;

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    current: Current,
) -> Result<Json<Page<SessionView>>, Refusal> {
    let current = current.as_ref().map(|Extension(id)| id);
    Ok(page(edge.portal.session_list(&actor, &actor.name, current).await?))
}

pub(super) async fn list_of(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    PersonPath(person): PersonPath,
    current: Current,
) -> Result<Json<Page<SessionView>>, Refusal> {
    let current = current.as_ref().map(|Extension(id)| id);
    Ok(page(edge.portal.session_list(&actor, &person, current).await?))
}

fn page(items: Vec<SessionView>) -> Json<Page<SessionView>> {
    let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
    Json(Page { items, total, next_cursor: None })
}

pub(super) async fn end(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    SessionPath(id): SessionPath,
) -> Result<StatusCode, Refusal> {
    edge.portal.end_session(&actor, &id, Some(client.address)).await?;
    edge.ended.tell(id);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn end_others(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    current: Current,
) -> Result<StatusCode, Refusal> {
    let current = current.as_ref().map(|Extension(id)| id);
    for id in edge.portal.end_sessions(&actor, &actor.name, current, Some(client.address)).await? {
        edge.ended.tell(id);
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn end_of(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    PersonPath(person): PersonPath,
) -> Result<StatusCode, Refusal> {
    for id in edge.portal.end_sessions(&actor, &person, None, Some(client.address)).await? {
        edge.ended.tell(id);
    }
    Ok(StatusCode::NO_CONTENT)
}
