//! Signing in and out by plain HTML forms, which work before any script has loaded.

use super::client::Client;
use super::edge::Edge;
use super::problem::Refusal;
use super::session;
use axum::extract::rejection::FormRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Form, Router};
use klamm_model::{Actor, Problem, ProblemKind};
use klamm_portal::Password;
use serde::Deserialize;
use std::fmt::Write;
use tower_sessions::Session;

/// Browsers drop what they cached of pages that only somebody signed in may see.
pub(crate) const CLEAR_CACHE: (HeaderName, &str) = (HeaderName::from_static("clear-site-data"), "\"cache\"");

pub(crate) fn routes() -> Router<Edge> {
    Router::new().route("/login", post(sign_in)).route("/logout", post(sign_out))
}

#[derive(Deserialize)]
struct SignInForm {
    username: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Default, Deserialize)]
struct NextQuery {
    #[serde(default)]
    next: String,
}

async fn sign_in(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    session: Session,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Response {
    let Ok(Form(SignInForm { username, password, next })) = form else {
        return see_other("/login?problem=incomplete".to_owned());
    };
    let password = Password::new(password);
    let signed_in = match edge.portal.sign_in(&username, password, client.address).await {
        Ok(actor) => session::begin(&edge, &session, &actor, &client).await.map_err(|refusal| refusal.0),
        Err(problem) => Err(problem),
    };
    match signed_in {
        Ok(_) => see_other(safe_next(&next).to_owned()),
        Err(problem) => see_other(back_to_form(&problem, &next)),
    }
}

async fn sign_out(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    session: Session,
) -> Result<Response, Refusal> {
    edge.portal.sign_out(&actor, client.address).await?;
    session::end(&edge, &session).await?;
    Ok(([CLEAR_CACHE], see_other("/login?problem=signed-out".to_owned())).into_response())
}

/// Only the kind of the refusal goes into the address, and nothing that was typed.
fn back_to_form(problem: &Problem, next: &str) -> String {
    let word = match problem.kind {
        ProblemKind::WrongCredentials => "wrong-credentials",
        ProblemKind::TooManyAttempts => "too-many-attempts",
        ProblemKind::Unauthenticated
        | ProblemKind::Forbidden
        | ProblemKind::ForeignOrigin
        | ProblemKind::NotFound
        | ProblemKind::MethodNotAllowed
        | ProblemKind::Conflict
        | ProblemKind::Gone
        | ProblemKind::Invalid
        | ProblemKind::TooLarge
        | ProblemKind::Unavailable
        | ProblemKind::Internal => "unavailable",
    };
    match safe_next(next) {
        "/" => format!("/login?problem={word}"),
        next => format!("/login?problem={word}&next={}", encode(next)),
    }
}

/// Where somebody wanted to go who turns out to be signed in.
pub(crate) fn to_next(asked: &Uri) -> Response {
    let Query(NextQuery { next }) = Query::try_from_uri(asked).unwrap_or_default();
    see_other(safe_next(&next).to_owned())
}

/// Elsewhere, by GET.
pub(crate) fn see_other(location: String) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// A path of ours, or the start page. Browsers read `//host`, `/\host` and what has tabs in it as other sites.
fn safe_next(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    let is_plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let is_door = ["/login", "/logout"].iter().any(|door| next.strip_prefix(door).is_some_and(is_end_of_path));
    if is_path && is_plain && !is_door { next } else { "/" }
}

fn is_end_of_path(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['?', '#', '/'])
}

/// A text as the value of a parameter.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for good in ["/", "/clusters/kafka/demo?search=a%20b&sort=name", "/loginx"] {
            assert_eq!(safe_next(good), good);
        }
        for bad in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\\\\evil",
            "javascript:x",
            "/a b",
            "/ä",
            "/a\r\nSet-Cookie: x=y",
            "/login",
            "/login?next=/login",
            "/logout",
        ] {
            assert_eq!(safe_next(bad), "/", "{bad:?}");
        }
    }

    #[test]
    fn a_path_survives_being_a_parameter() {
        let asked = "/clusters/kafka/demo/topics?search=a&sort=name#x";
        let uri: Uri = format!("/login?next={}", encode(asked)).parse().unwrap();
        let Query(NextQuery { next }) = Query::try_from_uri(&uri).unwrap();
        assert_eq!(next, asked);
    }
}
