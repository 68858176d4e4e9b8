use super::input::{ClusterPath, GroupPath, Params};
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::{Extension, Json};
use klamm_model::{Actor, GroupRow, GroupView, GroupsRequest, Page};

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<GroupsRequest>,
) -> Result<Json<Page<GroupRow>>, Refusal> {
    Ok(Json(edge.portal.groups(&actor, &cluster, &request)?))
}

pub(super) async fn group(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    GroupPath(group): GroupPath,
) -> Result<Json<GroupView>, Refusal> {
    Ok(Json(edge.portal.group(&actor, &cluster, &group)?))
}
