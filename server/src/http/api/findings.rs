use super::clusters::{Item, with_actions};
use super::input::{ClusterPath, FindingPath, JsonBody, Params};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::{Extension, Json};
use klamm_model::{Actor, ClusterFinding, FindingsRequest, Page};
use klamm_portal::FindingWish;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wish {
    reason: String,
    hours: u32,
}

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<FindingsRequest>,
) -> Result<Json<Page<Item<ClusterFinding>>>, Refusal> {
    let page = edge.portal.finding_page(&actor, &cluster, &request)?;
    Ok(with_actions(page, |finding| edge.portal.finding_actions(&actor, &cluster, &finding.id)))
}

pub(super) async fn acknowledge(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    FindingPath(id): FindingPath,
    JsonBody(Wish { reason, hours }): JsonBody<Wish>,
) -> Result<Json<Item<ClusterFinding>>, Refusal> {
    let wish = FindingWish { reason, hours };
    let from = Some(client.address);
    let item = edge.portal.acknowledge_finding(&actor, (&cluster, &id), &wish, from).await?;
    Ok(Json(Item { allowed_actions: edge.portal.finding_actions(&actor, &cluster, &item.id), item }))
}

pub(super) async fn take_back(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    FindingPath(id): FindingPath,
) -> Result<Json<Item<ClusterFinding>>, Refusal> {
    let item = edge.portal.take_back_finding(&actor, (&cluster, &id), Some(client.address)).await?;
    Ok(Json(Item { allowed_actions: edge.portal.finding_actions(&actor, &cluster, &item.id), item }))
}
