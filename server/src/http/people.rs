//! The forms about people, which work before any script has loaded. Each answers by leading to a page that says what came of
//! it; only a password that Klamm made is in the answer itself, and nowhere else.

use super::client::Client;
use super::door::{encode, see_other};
use super::edge::Edge;
use super::forms::Refusals;
use super::pages;
use super::sessions;
use axum::body::Body;
use axum::extract::{FromRequest, Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use klamm_app::PasswordMade;
use klamm_model::{Actor, PersonName, Problem, Role, SessionId};
use klamm_portal::{IssuedPassword, Password, PersonChange, PersonWish, Standing};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

const PAGE: &str = "/people";

pub(crate) fn routes() -> Router<Edge> {
    let to_person = |Path((person, _)): Path<(String, String)>| async move { see_other(page_of(&person, "")) };
    let to_its_person = |Path(person): Path<String>| async move { see_other(page_of(&person, "")) };
    Router::new()
        .route(PAGE, post(create))
        .route("/people/{person}/sessions", get(to_its_person).post(end_sessions))
        .route("/people/{person}/{act}", get(to_person).post(act))
}

/// What the forms send; each of them a part of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    name: String,
    password: String,
    roles: String,
    confirm: String,
}

impl Sent {
    /// A password that was typed; none is as good as an empty one.
    fn password(&self) -> Option<Password> {
        Some(self.password.clone()).filter(|typed| !typed.is_empty()).map(Password::new)
    }

    fn roles(&self) -> Option<BTreeSet<Role>> {
        self.roles.split_whitespace().map(Role::named).collect()
    }
}

async fn sent(request: Request) -> (axum::http::request::Parts, Sent) {
    let (parts, body) = request.into_parts();
    let form = Form::<Sent>::from_request(Request::from_parts(parts.clone(), body), &()).await;
    (parts, form.map(|Form(sent)| sent).unwrap_or_default())
}

async fn create(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let (parts, sent) = sent(request).await;
    let (Ok(name), Some(roles)) = (sent.name.trim().parse::<PersonName>(), sent.roles()) else {
        return told("problem=name");
    };
    let wish = PersonWish { name, password: sent.password(), roles };
    match edge.portal.create_person(&actor, wish, Some(client.address)).await {
        Ok(issued) => shown(&edge, parts, issued, "made").await,
        Err(problem) => told(&format!("problem={}", word(&problem, "exists"))),
    }
}

async fn act(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path((person, act)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (mut parts, sent) = sent(request).await;
    let Ok(name) = person.parse::<PersonName>() else { return told("") };
    let from = Some(client.address);
    let change = |change: PersonChange| {
        let (portal, actor, name) = (edge.portal.clone(), actor.clone(), name.clone());
        async move { portal.change_person(&actor, &name, &change, from).await.map(drop) }
    };
    let standing = |standing| PersonChange { roles: None, standing: Some(standing) };
    let (done, words) = match act.as_str() {
        "roles" => (change(PersonChange { roles: sent.roles(), standing: None }).await, "roles"),
        "enable" => (change(standing(Standing::Enabled)).await, "enabled"),
        "disable" if sent.confirm.trim() != name.as_str() => return see_other(page_of(&person, "problem=confirm")),
        "disable" => (change(standing(Standing::Disabled)).await, "disabled"),
        "password" => match edge.portal.replace_password(&actor, &name, sent.password(), from).await {
            Ok(issued) => {
                // What is shown once is shown on the page of the person.
                if let Ok(page) = page_of(&person, "").parse() {
                    parts.uri = page;
                }
                return shown(&edge, parts, issued, "password").await;
            }
            Err(problem) => (Err(problem), ""),
        },
        _ => return see_other(page_of(&person, "")),
    };
    match done {
        Ok(()) => see_other(page_of(&person, &format!("done={words}"))),
        Err(problem) => see_other(page_of(&person, &format!("problem={}", word(&problem, "last")))),
    }
}

async fn end_sessions(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    current: Option<Extension<SessionId>>,
    Path(person): Path<String>,
    body: String,
) -> Response {
    let Ok(name) = person.parse::<PersonName>() else { return told("") };
    let current = current.as_ref().map(|Extension(id)| id);
    let word = sessions::end(&edge, (&actor, client.address), &name, current, &body).await;
    see_other(page_of(&person, word))
}

/// The page with a password that Klamm made, or the way to the person's where it was typed.
async fn shown(edge: &Edge, parts: axum::http::request::Parts, issued: IssuedPassword, done: &str) -> Response {
    if issued.made().is_none() {
        return see_other(page_of(issued.view.name.as_str(), &format!("done={done}")));
    }
    pages::with_new_password(edge, Request::from_parts(parts, Body::empty()), PasswordMade(Arc::new(issued))).await
}

/// Back to the list, with words of ours and nothing that was typed.
fn told(query: &str) -> Response {
    see_other(if query.is_empty() { PAGE.to_owned() } else { format!("{PAGE}?{query}") })
}

fn page_of(person: &str, query: &str) -> String {
    let page = format!("{PAGE}/{}", encode(person).replace('/', "%2F"));
    if query.is_empty() { page } else { format!("{page}?{query}") }
}

/// What a conflict is about depends on what was tried.
fn word(problem: &Problem, conflict: &'static str) -> &'static str {
    let is_password = problem.detail.starts_with("password");
    let invalid = if is_password { "password" } else { "name" };
    Refusals { conflict, forbidden: "forbidden", missing: "forbidden", invalid }.word(problem)
}
