//! Pages and server functions. Rendering begins only after the guard; the context carries who asks.

use super::edge::Edge;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, request::Parts};
use axum::response::Response;
use klamm_app::{App, NewToken, PasswordMade, Peeked, Shown, TeamTokenMade, shell};
use klamm_model::{Actor, CsrfToken, SessionId};
use leptos::config::LeptosOptions;
use leptos::context::{provide_context, use_context};
use leptos::nonce::Nonce;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use std::sync::OnceLock;

/// Pages with the paths they are at.
pub(crate) struct Pages {
    pub(crate) router: Router<Edge>,
    pub(crate) listed: Vec<String>,
}

pub(crate) fn routes(edge: &Edge) -> Pages {
    // Once in a process: while the list is made, leptos lets no resource of any other rendering begin, and one that wanted to
    // never ends (leptos-rs/leptos#4773). So it is made before there is anything to render with.
    static PATHS: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    let paths = PATHS.get_or_init(|| generate_route_list(App)).clone();
    let listed = paths.iter().map(|listing| listing.path().to_owned()).collect();
    let options = leptos_options(edge);
    let router = Router::new()
        .leptos_routes_with_context(edge, paths, context(edge), move || shell(options.clone()))
        .fallback(no_such_page);
    Pages { router, listed }
}

/// What pages and server functions find: the portal, who asks, what their forms must send back, and the nonce of the
/// policy that goes out with the page.
fn context(edge: &Edge) -> impl Fn() + Clone + Send + Sync + 'static {
    let portal = edge.portal.clone();
    move || {
        provide_context(portal.clone());
        let Some(parts) = use_context::<Parts>() else { return };
        if let Some(actor) = parts.extensions.get::<Actor>() {
            provide_context(actor.clone());
        }
        if let Some(csrf) = parts.extensions.get::<CsrfToken>() {
            provide_context(csrf.clone());
        }
        if let Some(session) = parts.extensions.get::<SessionId>() {
            provide_context(session.clone());
        }
        if let Some(nonce) = parts.extensions.get::<Nonce>() {
            provide_context(nonce.clone());
        }
    }
}

/// The application says in its own look that there is no such page; the status says it to everybody else.
async fn no_such_page(State(edge): State<Edge>, request: Request) -> Response<Body> {
    let options = leptos_options(&edge);
    let render = leptos_axum::render_app_async_with_context(context(&edge), move || shell(options.clone()));
    let mut response = render(request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The page of tokens with one that has just been made: in this answer and in no other.
pub(crate) async fn with_new_token(edge: &Edge, asked: Request, new: NewToken) -> Response<Body> {
    with(edge, asked, new).await
}

/// The page of a credential with its password: in this answer and in no other.
pub(crate) async fn with_password(edge: &Edge, asked: Request, shown: Shown) -> Response<Body> {
    with(edge, asked, shown).await
}

/// The page of a person, or of people, with a password that Klamm made: in this answer and in no other.
pub(crate) async fn with_new_password(edge: &Edge, asked: Request, made: PasswordMade) -> Response<Body> {
    with(edge, asked, made).await
}

/// The page of a team with a token that has just been made: in this answer and in no other.
pub(crate) async fn with_team_token(edge: &Edge, asked: Request, made: TeamTokenMade) -> Response<Body> {
    with(edge, asked, made).await
}

/// The page of a topic's messages with some of them: in this answer and in no other.
pub(crate) async fn with_messages(edge: &Edge, asked: Request, peeked: Peeked) -> Response<Body> {
    with(edge, asked, peeked).await
}

/// The page that was asked for, with something in its context that no other page finds.
async fn with<T: Clone + Send + Sync + 'static>(edge: &Edge, asked: Request, known: T) -> Response<Body> {
    let (options, context) = (leptos_options(edge), context(edge));
    let with_known = move || {
        context();
        provide_context(known.clone());
    };
    leptos_axum::render_app_async_with_context(with_known, move || shell(options.clone()))(asked).await
}

fn leptos_options(edge: &Edge) -> LeptosOptions {
    axum::extract::FromRef::from_ref(edge)
}
