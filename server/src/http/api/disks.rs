use super::input::{ClusterPath, Params};
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::{Extension, Json};
use klamm_model::{Actor, DisksRequest, DisksView};

pub(super) async fn disks(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<DisksRequest>,
) -> Result<Json<DisksView>, Refusal> {
    Ok(Json(edge.portal.disks(&actor, &cluster, &request)?))
}
