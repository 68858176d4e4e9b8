use super::input::Params;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::{Extension, Json};
use klamm_model::{Actor, SearchRequest, SearchView};

pub(super) async fn everything(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<SearchRequest>,
) -> Result<Json<SearchView>, Refusal> {
    Ok(Json(edge.portal.search(&actor, &request)?))
}
