//! `/api/v1`: what programs ask, in the shapes of the model. Each handler reads its input, asks the portal once, and
//! answers; `openapi.json` describes exactly the routes below, and a test holds it to them.

mod audit;
mod catalogue;
mod clusters;
mod credentials;
mod disks;
mod events;
mod findings;
mod groups;
mod input;
mod messages;
mod operations;
mod people;
mod policies;
mod requests;
mod search;
mod series;
mod session;
mod sessions;
mod teams;
mod tokens;
mod topics;
mod webhooks;

pub(crate) use input::ClusterPath;

use super::edge::Edge;
use super::problem::Refusal;
use axum::Router;
use axum::handler::Handler;
use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, any, on};
use klamm_model::ProblemKind;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};

/// A route as it is registered.
pub(crate) struct Listed {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
}

/// The routes, and the list of them.
pub(crate) struct Api {
    pub(crate) router: Router<Edge>,
    pub(crate) listed: Vec<Listed>,
}

/// All of them.
pub(crate) fn routes() -> Api {
    let mut api = Api { router: Router::new(), listed: Vec::new() };
    api.post("/api/v1/session", session::create);
    api.delete("/api/v1/session", session::end);
    api.get("/api/v1/me", session::me);
    api.get("/api/v1/clusters", clusters::list);
    api.get("/api/v1/clusters/{namespace}/{name}", clusters::overview);
    api.get("/api/v1/clusters/{namespace}/{name}/brokers", clusters::brokers);
    api.get("/api/v1/clusters/{namespace}/{name}/brokers/{id}", clusters::broker);
    api.get("/api/v1/clusters/{namespace}/{name}/disks", disks::disks);
    api.get("/api/v1/clusters/{namespace}/{name}/placement", clusters::placement);
    api.get("/api/v1/clusters/{namespace}/{name}/clients", clusters::clients);
    api.get("/api/v1/clusters/{namespace}/{name}/targets", clusters::targets);
    api.get("/api/v1/clusters/{namespace}/{name}/topics", topics::list);
    api.get("/api/v1/clusters/{namespace}/{name}/topics/{topic}", topics::topic);
    api.get("/api/v1/clusters/{namespace}/{name}/topics/{topic}/config", topics::config);
    api.get("/api/v1/clusters/{namespace}/{name}/topics/{topic}/access", topics::access);
    api.get("/api/v1/clusters/{namespace}/{name}/topics/{topic}/manifest", topics::manifest);
    api.post("/api/v1/clusters/{namespace}/{name}/topics/{topic}/messages", messages::peek);
    api.get("/api/v1/clusters/{namespace}/{name}/groups", groups::list);
    api.get("/api/v1/clusters/{namespace}/{name}/groups/{group}", groups::group);
    api.get("/api/v1/clusters/{namespace}/{name}/series", series::series);
    api.get("/api/v1/clusters/{namespace}/{name}/series.csv", series::csv);
    api.get("/api/v1/clusters/{namespace}/{name}/findings", findings::list);
    api.post("/api/v1/clusters/{namespace}/{name}/findings/{id}/acknowledge", findings::acknowledge);
    api.delete("/api/v1/clusters/{namespace}/{name}/findings/{id}/acknowledge", findings::take_back);
    api.get("/api/v1/clusters/{namespace}/{name}/operations", operations::list);
    api.get("/api/v1/clusters/{namespace}/{name}/operations/{operation}", operations::operation);
    api.post("/api/v1/clusters/{namespace}/{name}/operations/{operation}/pause", operations::pause);
    api.post("/api/v1/clusters/{namespace}/{name}/operations/{operation}/resume", operations::resume);
    api.post("/api/v1/clusters/{namespace}/{name}/operations/{operation}/cancel", operations::cancel);
    api.post("/api/v1/clusters/{namespace}/{name}/plans", operations::plan);
    api.get("/api/v1/topics", catalogue::list);
    api.get("/api/v1/topics/{topic}", catalogue::entry);
    api.get("/api/v1/search", search::everything);
    api.get("/api/v1/policies", policies::rules);
    api.post("/api/v1/policies/try", policies::try_wish);
    api.get("/api/v1/requests", requests::list);
    api.post("/api/v1/requests", requests::create);
    api.get("/api/v1/requests/{id}", requests::request);
    api.put("/api/v1/requests/{id}", requests::edit);
    api.get("/api/v1/requests/{id}/manifest", requests::manifest);
    api.post("/api/v1/requests/{id}/submit", requests::submit);
    api.post("/api/v1/requests/{id}/approve", requests::approve);
    api.post("/api/v1/requests/{id}/decline", requests::decline);
    api.post("/api/v1/requests/{id}/cancel", requests::cancel);
    api.post("/api/v1/requests/{id}/retry", requests::retry);
    api.post("/api/v1/requests/{id}/comments", requests::comment);
    api.get("/api/v1/credentials", credentials::list);
    api.get("/api/v1/credentials/{id}", credentials::credential);
    api.get("/api/v1/credentials/{id}/uses", credentials::uses);
    api.post("/api/v1/credentials/{id}/reveal", credentials::reveal);
    api.get("/api/v1/people", people::list);
    api.post("/api/v1/people", people::create);
    api.get("/api/v1/people/{person}", people::person);
    api.patch("/api/v1/people/{person}", people::change);
    api.post("/api/v1/people/{person}/password", people::replace_password);
    api.get("/api/v1/people/{person}/sessions", sessions::list_of);
    api.delete("/api/v1/people/{person}/sessions", sessions::end_of);
    api.get("/api/v1/sessions", sessions::list);
    api.delete("/api/v1/sessions", sessions::end_others);
    api.delete("/api/v1/sessions/{id}", sessions::end);
    api.get("/api/v1/teams", teams::list);
    api.post("/api/v1/teams", teams::create);
    api.get("/api/v1/teams/{team}", teams::team);
    api.delete("/api/v1/teams/{team}", teams::remove);
    api.get("/api/v1/teams/{team}/tokens", tokens::list_of_team);
    api.post("/api/v1/teams/{team}/tokens", tokens::create_of_team);
    api.put("/api/v1/teams/{team}/members/{person}", teams::put_member);
    api.delete("/api/v1/teams/{team}/members/{person}", teams::take_member);
    api.get("/api/v1/audit", audit::page);
    api.get("/api/v1/audit/export.csv", audit::csv);
    api.get("/api/v1/audit/export.jsonl", audit::json_lines);
    api.get("/api/v1/webhooks", webhooks::list);
    api.get("/api/v1/webhooks/deliveries", webhooks::deliveries);
    api.post("/api/v1/webhooks/deliveries/{id}/retry", webhooks::retry);
    api.post("/api/v1/webhooks/{name}/test", webhooks::test);
    api.get("/api/v1/tokens", tokens::list);
    api.post("/api/v1/tokens", tokens::create);
    api.delete("/api/v1/tokens/{id}", tokens::end);
    api.get("/api/v1/events", events::stream);
    api.get("/api/v1/openapi.json", openapi);
    api.router = api
        .router
        .method_not_allowed_fallback(wrong_method)
        .route("/api", any(no_such_path))
        .route("/api/", any(no_such_path))
        .route("/api/{*rest}", any(no_such_path));
    api
}

impl Api {
    fn get<H: Handler<T, Edge>, T: 'static>(&mut self, path: &'static str, handler: H) {
        self.add("GET", MethodFilter::GET, path, handler);
    }

    fn post<H: Handler<T, Edge>, T: 'static>(&mut self, path: &'static str, handler: H) {
        self.add("POST", MethodFilter::POST, path, handler);
    }

    fn put<H: Handler<T, Edge>, T: 'static>(&mut self, path: &'static str, handler: H) {
        self.add("PUT", MethodFilter::PUT, path, handler);
    }

    fn patch<H: Handler<T, Edge>, T: 'static>(&mut self, path: &'static str, handler: H) {
        self.add("PATCH", MethodFilter::PATCH, path, handler);
    }

    fn delete<H: Handler<T, Edge>, T: 'static>(&mut self, path: &'static str, handler: H) {
        self.add("DELETE", MethodFilter::DELETE, path, handler);
    }

    fn add<H: Handler<T, Edge>, T: 'static>(
        &mut self,
        method: &'static str,
        filter: MethodFilter,
        path: &'static str,
        handler: H,
    ) {
        self.router = std::mem::take(&mut self.router).route(path, on(filter, handler));
        self.listed.push(Listed { method, path });
    }
}

/// A page of a thousand topics is large and regular. Compressing is safe here: no answer holds both a secret and something that
/// a stranger chose, but for those that nobody may keep, which stay as they are. So do streams.
pub(crate) fn compression() -> CompressionLayer<impl Predicate> {
    let may_be_kept = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        headers.get(header::CACHE_CONTROL).is_none_or(|kept| kept != "no-store")
    };
    CompressionLayer::new()
        .no_br()
        .quality(CompressionLevel::Fastest)
        .compress_when(DefaultPredicate::new().and(may_be_kept))
}

/// The description of these routes.
pub(crate) const OPENAPI: &str = include_str!("openapi.json");

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "private, max-age=300")], OPENAPI)
        .into_response()
}

async fn no_such_path() -> Refusal {
    Refusal::new(ProblemKind::NotFound, "There is nothing at this path. GET /api/v1/openapi.json lists what there is.")
}

async fn wrong_method() -> Refusal {
    Refusal::new(
        ProblemKind::MethodNotAllowed,
        "This path does not know that method. GET /api/v1/openapi.json lists what there is.",
    )
}
