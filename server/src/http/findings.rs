//! The forms of `/clusters/{namespace}/{name}/findings`, which work before any script has loaded. They lead back to the page, which says
//! what came of it.

use super::client::Client;
use super::door::see_other;
use super::edge::Edge;
use super::forms::{Refusals, values};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use klamm_model::{Actor, ClusterRef};
use klamm_portal::FindingWish;

const REFUSALS: Refusals = Refusals { conflict: "gone", forbidden: "forbidden", missing: "gone", invalid: "reason" };

pub(crate) fn routes() -> Router<Edge> {
    let back = |Path((namespace, name)): Path<(String, String)>| async move { told(&namespace, &name, "") };
    Router::new()
        .route("/clusters/{namespace}/{name}/findings/acknowledge", get(back).post(acknowledge))
        .route("/clusters/{namespace}/{name}/findings/take-back", get(back).post(take_back))
}

/// Every finding that was ticked is acknowledged by itself: one that is gone does not hold back the others.
async fn acknowledge(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path((namespace, name)): Path<(String, String)>,
    body: String,
) -> Response {
    let (Ok(of), Ok(called)) = (namespace.parse(), name.parse()) else { return see_other("/clusters".to_owned()) };
    let cluster = ClusterRef { namespace: of, name: called };
    let value = |name| values(&body, name).next().unwrap_or_default();
    let wish = FindingWish { reason: value("reason"), hours: value("hours").trim().parse().unwrap_or_default() };
    let mut known = 0_u32;
    let mut problem = "none";
    for id in values(&body, "take") {
        match edge.portal.acknowledge_finding(&actor, (&cluster, &id), &wish, Some(client.address)).await {
            Ok(_) => known += 1,
            Err(refused) => problem = REFUSALS.word(&refused),
        }
    }
    let query = if known > 0 { format!("known={known}") } else { format!("problem={problem}") };
    told(&namespace, &name, &query)
}

/// What one button names is taken back.
async fn take_back(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path((namespace, name)): Path<(String, String)>,
    body: String,
) -> Response {
    let (Ok(of), Ok(called)) = (namespace.parse(), name.parse()) else { return see_other("/clusters".to_owned()) };
    let cluster = ClusterRef { namespace: of, name: called };
    let id = values(&body, "back").next().unwrap_or_default();
    let query = match edge.portal.take_back_finding(&actor, (&cluster, &id), Some(client.address)).await {
        Ok(_) => "back=1".to_owned(),
        Err(refused) => format!("stays={}", REFUSALS.word(&refused)),
    };
    told(&namespace, &name, &query)
}

/// Back to the page of a cluster, with words of ours and nothing that was typed.
fn told(namespace: &str, name: &str, query: &str) -> Response {
    let (Ok(namespace), Ok(name)) = (namespace.parse(), name.parse()) else { return see_other("/clusters".to_owned()) };
    let page = format!("/clusters/{}/findings", ClusterRef { namespace, name });
    see_other(if query.is_empty() { page } else { format!("{page}?{query}") })
}
