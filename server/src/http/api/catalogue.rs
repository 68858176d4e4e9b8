use super::input::{Params, TopicPath};
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::{Extension, Json};
use klamm_model::{Actor, CatalogueEntry, CatalogueRequest, CatalogueTopic, Page};

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<CatalogueRequest>,
) -> Result<Json<Page<CatalogueTopic>>, Refusal> {
    Ok(Json(edge.portal.catalogue(&actor, &request)?))
}

pub(super) async fn entry(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    TopicPath(topic): TopicPath,
) -> Result<Json<CatalogueEntry>, Refusal> {
    Ok(Json(edge.portal.catalogue_entry(&actor, &topic)?))
}
