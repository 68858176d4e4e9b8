use super::input::JsonBody;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::{Extension, Json};
use klamm_model::{Actor, PoliciesView, WishRequest, WishVerdict};

pub(super) async fn rules(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<PoliciesView>, Refusal> {
    Ok(Json(edge.portal.policies(&actor)?))
}

pub(super) async fn try_wish(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    JsonBody(wish): JsonBody<WishRequest>,
) -> Result<Json<WishVerdict>, Refusal> {
    Ok(Json(edge.portal.try_wish(&actor, &wish).await?))
}
