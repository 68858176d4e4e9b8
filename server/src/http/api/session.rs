use super::input::JsonBody;
use crate::http::client::Client;
use crate::http::door::CLEAR_CACHE;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use crate::http::session;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use klamm_model::{Actor, CsrfToken, Me};
use klamm_portal::Password;
use serde::Deserialize;
use tower_sessions::Session;

#[derive(Deserialize)]
pub(super) struct SignIn {
    username: String,
    password: String,
}

pub(super) async fn create(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    session: Session,
    JsonBody(SignIn { username, password }): JsonBody<SignIn>,
) -> Result<Json<Me>, Refusal> {
    let actor = edge.portal.sign_in(&username, Password::new(password), client.address).await?;
    let csrf = session::begin(&edge, &session, &actor, &client).await?;
    Ok(Json(Me { actor, csrf_token: Some(csrf.0) }))
}

pub(super) async fn end(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    session: Session,
) -> Result<impl IntoResponse, Refusal> {
    edge.portal.sign_out(&actor, client.address).await?;
    session::end(&edge, &session).await?;
    Ok((StatusCode::NO_CONTENT, [CLEAR_CACHE]))
}

pub(super) async fn me(Extension(actor): Extension<Actor>, csrf: Option<Extension<CsrfToken>>) -> Json<Me> {
    Json(Me { actor, csrf_token: csrf.map(|Extension(csrf)| csrf.0) })
}
