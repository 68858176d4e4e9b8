use super::input::{JsonBody, Params, PersonPath, invalid};
use crate::http::client::Client;
use crate::http::edge::Edge;
use crate::http::problem::Refusal;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use klamm_model::{Actor, Page, PageRequest, PersonView, Role};
use klamm_portal::{IssuedPassword, Password, PersonChange, PersonWish, Standing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    name: String,
    password: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    roles: Option<Vec<String>>,
    disabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    password: Option<String>,
}

/// Somebody with the password that Klamm made for them: the only answer that holds one.
#[derive(Serialize)]
struct Issued<'a> {
    #[serde(flatten)]
    person: &'a PersonView,
    password: Option<&'a str>,
}

pub(super) async fn list(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Params(request): Params<PageRequest>,
) -> Result<Json<Page<PersonView>>, Refusal> {
    Ok(Json(edge.portal.person_page(&actor, &request).await?))
}

pub(super) async fn create(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    JsonBody(NewPerson { name, password, roles }): JsonBody<NewPerson>,
) -> Result<Response, Refusal> {
    let name = name.parse().map_err(|error| invalid(format!("name: {error}")))?;
    let wish = PersonWish { name, password: password.map(Password::new), roles: named(&roles)? };
    let issued = edge.portal.create_person(&actor, wish, Some(client.address)).await?;
    Ok(answer(StatusCode::CREATED, &issued))
}

pub(super) async fn person(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    PersonPath(name): PersonPath,
) -> Result<Json<PersonView>, Refusal> {
    Ok(Json(edge.portal.person(&actor, &name).await?))
}

pub(super) async fn change(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    PersonPath(name): PersonPath,
    JsonBody(Change { roles, disabled }): JsonBody<Change>,
) -> Result<Json<PersonView>, Refusal> {
    let standing = disabled.map(|disabled| if disabled { Standing::Disabled } else { Standing::Enabled });
    let change = PersonChange { roles: roles.as_deref().map(named).transpose()?, standing };
    Ok(Json(edge.portal.change_person(&actor, &name, &change, Some(client.address)).await?))
}

pub(super) async fn replace_password(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    PersonPath(name): PersonPath,
    JsonBody(NewPassword { password }): JsonBody<NewPassword>,
) -> Result<Response, Refusal> {
    let password = password.map(Password::new);
    let issued = edge.portal.replace_password(&actor, &name, password, Some(client.address)).await?;
    Ok(answer(StatusCode::OK, &issued))
}

fn answer(status: StatusCode, issued: &IssuedPassword) -> Response {
    let told = Json(Issued { person: &issued.view, password: issued.made() });
    (status, [(header::CACHE_CONTROL, "no-store")], told).into_response()
}

fn named(words: &[String]) -> Result<BTreeSet<Role>, Refusal> {
    let role = |word: &String| Role::named(word).ok_or("roles: there are operator and auditor, and no others");
    words.iter().map(role).collect::<Result<_, _>>().map_err(invalid)
}
