//! The HTTP edge: pages, server functions, `/api/v1`, files, and on a port of its own metrics and health.
//!
//! Here a request becomes an actor and a question, and an answer or a [`klamm_model::Problem`] becomes a response. Nothing is
//! decided here that the portal decides: who may do what. What the edge alone knows is checked here, before anything else
//! sees the request: where it comes from, whose session it is, and that no other site sent it.

mod api;
mod client;
mod conditional;
mod door;
mod edge;
mod exposure;
mod files;
mod findings;
mod forms;
mod guard;
mod headers;
mod limit;
mod messages;
mod metrics;
mod observe;
mod operations;
mod origin;
mod pages;
mod people;
mod problem;
mod repeats;
mod requests;
mod session;
mod sessions;
mod team_tokens;
mod teams;
#[cfg(test)]
mod tests;
mod tokens;
mod webhooks;

pub(crate) use exposure::{Exposure, check_exposure, site_address};

use crate::config::Config;
use axum::{Router, middleware};
use edge::Edge;
use klamm_operator::OperatorMetrics;
use klamm_portal::Portal;
use klamm_store::Store;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

/// The two doors.
pub(crate) struct Site {
    /// Pages, API and files.
    pub(crate) pages: Router,
    /// Metrics and health, for a port that only machines reach.
    pub(crate) metrics: Router,
}

/// Everything that is served over HTTP. Ended sessions are swept away in the background until `stop`.
pub(crate) fn site(
    config: &Config,
    portal: Arc<Portal>,
    store: Store,
    operator: Option<Arc<OperatorMetrics>>,
    stop: &CancellationToken,
) -> Result<Site, exposure::ExposureError> {
    let options = edge::EdgeOptions::of(&config.http)?;
    tokio::spawn(session::sweep(store.clone(), Arc::clone(&portal), stop.clone()));
    Ok(assemble(Edge::new(options, portal, store, stop.clone()), operator))
}

fn assemble(edge: Edge, operator: Option<Arc<OperatorMetrics>>) -> Site {
    let api = api::routes();
    let pages = pages::routes(&edge);
    edge.metrics.register(api.listed.iter().map(|route| (route.method, route.path)));
    edge.metrics.register(pages.listed.iter().map(|path| ("GET", path.as_str())));

    // Whoever comes here has a name, or is sent to sign in.
    let api_routes = api
        .router
        .layer(middleware::from_fn_with_state(edge.clone(), conditional::answer))
        .layer(middleware::from_fn_with_state(edge.clone(), repeats::answer))
        .layer(api::compression());
    let forms = door::routes()
        .merge(tokens::routes())
        .merge(requests::routes())
        .merge(people::routes())
        .merge(sessions::routes())
        .merge(teams::routes())
        .merge(team_tokens::routes())
        .merge(webhooks::routes())
        .merge(messages::routes())
        .merge(findings::routes())
        .merge(operations::routes());
    let inside = api_routes.merge(forms).merge(pages.router).layer(
        ServiceBuilder::new()
            .layer(session::layer(&edge))
            .layer(middleware::from_fn_with_state(edge.clone(), guard::identify))
            .layer(middleware::from_fn(origin::check)),
    );
    let all = inside.merge(files::routes(&edge)).layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn_with_state(edge.clone(), client::recognise))
            .layer(middleware::from_fn_with_state(edge.clone(), observe::request))
            .layer(middleware::from_fn_with_state(edge.clone(), headers::secure))
            .layer(CatchPanicLayer::custom(problem::after_panic))
            .layer(middleware::from_fn(limit::body)),
    );
    Site { pages: all.with_state(edge.clone()), metrics: metrics::router(edge, operator) }
}
