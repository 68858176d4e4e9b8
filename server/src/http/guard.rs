//! Who asks. Runs before any handler and before rendering: whoever has no name gets no further than the sign-in page.

use super::client::Client;
use super::door;
use super::edge::Edge;
use super::problem::{Refusal, for_asker};
use super::session;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use klamm_model::{Actor, CsrfToken, ProblemKind};
use klamm_store::session_id;
use std::net::{IpAddr, Ipv4Addr};
use tower_sessions::Session;
use tower_sessions::session::Id;
use zeroize::Zeroizing;

/// What those who are not signed in may ask for, beside files. Everything else is denied; a test holds this list to it.
pub(crate) const OPEN: [(&str, &str); 4] =
    [("GET", "/login"), ("POST", "/login"), ("GET", "/api/fn/sign-in-form"), ("POST", "/api/v1/session")];

/// How the caller is known; beside the request for whoever has to know.
#[derive(Clone)]
pub(crate) enum Credential {
    /// By the cookie of this session.
    Session(Id, CsrfToken),
    /// By this token.
    Token(Zeroizing<String>),
}

/// Finds out who asks and puts the [`Actor`] beside the request, or refuses.
pub(crate) async fn identify(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let is_open = is_open(&parts.method, parts.uri.path());
    let caller = match caller(&edge, &parts).await {
        Ok(caller) => caller,
        Err(_) if is_open => None,
        Err(refusal) => return for_asker(refusal, &parts),
    };
    let Some((actor, credential)) = caller else {
        return if is_open { next.run(Request::from_parts(parts, body)).await } else { turn_away(&parts) };
    };
    if parts.method == Method::GET && parts.uri.path() == "/login" {
        return door::to_next(&parts.uri);
    }
    tracing::Span::current().record("actor", actor.name.as_str());
    if let Credential::Session(id, csrf) = &credential {
        parts.extensions.insert(csrf.clone());
        parts.extensions.insert(session_id(id));
    }
    parts.extensions.insert(actor);
    parts.extensions.insert(credential);
    next.run(Request::from_parts(parts, body)).await
}

fn is_open(method: &Method, path: &str) -> bool {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    OPEN.contains(&(method, path))
}

async fn caller(edge: &Edge, parts: &Parts) -> Result<Option<(Actor, Credential)>, Refusal> {
    let is_api = parts.uri.path().starts_with("/api/v1/");
    if let Some(authorization) = parts.headers.get(header::AUTHORIZATION).filter(|_| is_api) {
        let token = authorization
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| Zeroizing::new(token.trim().to_owned()))
            .ok_or_else(|| {
                Refusal::new(ProblemKind::Unauthenticated, "Send Authorization: Bearer and an API token.")
            })?;
        let from = address(parts);
        let actor = edge.portal.actor_of_token(&token, from).await?;
        return Ok(Some((actor, Credential::Token(token))));
    }
    let Some(session) = parts.extensions.get::<Session>() else { return Ok(None) };
    let Some(signed) = session::read(session, edge.portal.now()).await? else { return Ok(None) };
    let actor = edge.portal.actor_of_session(&signed.person).await?;
    Ok(actor.map(|actor| (actor, Credential::Session(signed.id, signed.csrf))))
}

fn address(parts: &Parts) -> IpAddr {
    parts.extensions.get::<Client>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client| client.address)
}

/// Programs get a problem, people the sign-in page, and neither a byte of what they asked for.
fn turn_away(parts: &Parts) -> Response {
    let path = parts.uri.path();
    let is_page = matches!(parts.method, Method::GET | Method::HEAD) && !path.starts_with("/api/") && path != "/api";
    if !is_page {
        // A form of a page that was left open for longer than its session lived is answered by a page.
        return for_asker(Refusal::new(ProblemKind::Unauthenticated, "Sign in, or send an API token."), parts);
    }
    let asked = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
    let location = if asked == "/" { "/login".to_owned() } else { format!("/login?next={}", door::encode(asked)) };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
