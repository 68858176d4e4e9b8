use super::input::{JsonBody, PersonPath, TeamPath, invalid};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use klamm_model::{Actor, Page, TeamDetail, TeamRole, TeamView};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTeam {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seat {
    role: String,
}

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Page<TeamView>>, Refusal> {
    let items = edge.portal.team_list(&actor).await?;
    let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
    Ok(Json(Page { items, total, next_cursor: None }))
}

pub(super) async fn create(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    JsonBody(NewTeam { name }): JsonBody<NewTeam>,
) -> Result<(StatusCode, Json<TeamDetail>), Refusal> {
    let name = name.parse().map_err(|error| invalid(format!("name: {error}")))?;
    let made = edge.portal.create_team(&actor, &name, Some(client.address)).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

pub(super) async fn team(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    TeamPath(name): TeamPath,
) -> Result<Json<TeamDetail>, Refusal> {
    Ok(Json(edge.portal.team(&actor, &name).await?))
}

pub(super) async fn remove(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    TeamPath(name): TeamPath,
) -> Result<StatusCode, Refusal> {
    edge.portal.remove_team(&actor, &name, Some(client.address)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn put_member(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    TeamPath(team): TeamPath,
    PersonPath(person): PersonPath,
    JsonBody(Seat { role }): JsonBody<Seat>,
) -> Result<Json<TeamDetail>, Refusal> {
    let role = TeamRole::named(&role).ok_or_else(|| invalid("role: there are member and approver, and no others"))?;
    Ok(Json(edge.portal.put_member(&actor, (&team, &person), role, Some(client.address)).await?))
}

pub(super) async fn take_member(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    TeamPath(team): TeamPath,
    PersonPath(person): PersonPath,
) -> Result<StatusCode, Refusal> {
    edge.portal.take_member(&actor, (&team, &person), Some(client.address)).await?;
    Ok(StatusCode::NO_CONTENT)
}
