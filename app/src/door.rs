//! The way from a server function to the portal. Nothing is decided here: the portal authorises.

use crate::{AppError, SERVER_FN_PREFIX};
use klamm_model::{Actor, ClusterRef, CsrfToken, Problem, ProblemKind};
use klamm_portal::Portal;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use std::sync::Arc;

/// Asks the portal on behalf of whoever is signed in.
pub(crate) fn ask<T>(question: impl FnOnce(&Portal, &Actor) -> Result<T, Problem>) -> Result<T, AppError> {
    let (portal, actor) = asking()?;
    question(&portal, &actor).map_err(refuse)
}

/// The portal and who asks it, for questions that take their time.
pub(crate) fn asking() -> Result<(Arc<Portal>, Actor), AppError> {
    let portal = use_context::<Arc<Portal>>().ok_or_else(|| {
        refuse(Problem::new(ProblemKind::Unavailable, "Klamm is still starting. Try again in a moment."))
    })?;
    Ok((portal, actor().map_err(refuse)?))
}

/// Who is signed in.
pub(crate) fn actor() -> Result<Actor, Problem> {
    use_context::<Actor>()
        .ok_or_else(|| Problem::new(ProblemKind::Unauthenticated, "You are not signed in, or no longer."))
}

/// What forms of this browser must send back.
pub(crate) fn csrf_token() -> Option<String> {
    use_context::<CsrfToken>().map(|token| token.0)
}

/// A cluster as it stands in an address; whatever cannot be one does not exist.
pub(crate) fn parse_cluster(namespace_and_name: &str) -> Result<ClusterRef, AppError> {
    namespace_and_name.parse().map_err(|_| refuse(Problem::new(ProblemKind::NotFound, "There is no such cluster.")))
}

/// Gives an answer of a server function its HTTP status. Inside a page the page itself decides.
pub(crate) fn refuse(problem: Problem) -> AppError {
    let asked_directly =
        use_context::<http::request::Parts>().is_some_and(|parts| parts.uri.path().starts_with(SERVER_FN_PREFIX));
    if asked_directly {
        answer_status(problem.kind.status());
    }
    AppError(problem)
}

/// Sets the status of the response being made.
pub(crate) fn answer_status(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), http::StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}
