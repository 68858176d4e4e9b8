use super::input::{ClusterPath, Params};
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use klamm_model::{Actor, SeriesRequest, SeriesView};

pub(super) async fn series(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<SeriesRequest>,
) -> Result<Json<SeriesView>, Refusal> {
    Ok(Json(edge.portal.series(&actor, &cluster, &request).await?))
}

pub(super) async fn csv(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    ClusterPath(cluster): ClusterPath,
    Params(request): Params<SeriesRequest>,
) -> Result<Response, Refusal> {
    let table = edge.portal.series_csv(&actor, &cluster, &request).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"series.csv\""),
    ];
    Ok((headers, table).into_response())
}
