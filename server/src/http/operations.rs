//! The forms of `/clusters/{namespace}/{name}/operations/{operation}`, which work before any script has loaded. Each leads back to the
//! page, which says what came of it.

use super::client::Client;
use super::door::see_other;
use super::edge::Edge;
use super::forms::Refusals;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use klamm_model::{Actor, ClusterRef, ObjectName};
use klamm_portal::Steer;

const REFUSALS: Refusals =
    Refusals { conflict: "over", forbidden: "forbidden", missing: "gone", invalid: "unavailable" };

pub(crate) fn routes() -> Router<Edge> {
    let back = |Path((namespace, name, operation, _)): Path<(String, String, String, String)>| async move {
        match target(&namespace, &name, &operation) {
            Some((cluster, operation)) => told(&cluster, &operation, ""),
            None => see_other("/clusters".to_owned()),
        }
    };
    Router::new().route("/clusters/{namespace}/{name}/operations/{operation}/{act}", get(back).post(steer))
}

async fn steer(
    State(edge): State<Edge>,
    Extension(client): Extension<Client>,
    Extension(actor): Extension<Actor>,
    Path((namespace, name, operation, act)): Path<(String, String, String, String)>,
) -> Response {
    let Some((cluster, operation)) = target(&namespace, &name, &operation) else {
        return see_other("/clusters".to_owned());
    };
    let steer = match act.as_str() {
        "pause" => Steer::Pause,
        "resume" => Steer::Resume,
        "cancel" => Steer::Cancel,
        _ => return told(&cluster, &operation, ""),
    };
    let done = edge.portal.steer_operation(&actor, (&cluster, &operation), steer, Some(client.address)).await;
    told(&cluster, &operation, done.err().map_or("", |problem| REFUSALS.word(&problem)))
}

fn target(namespace: &str, name: &str, operation: &str) -> Option<(ClusterRef, ObjectName)> {
    let cluster = ClusterRef { namespace: namespace.parse().ok()?, name: name.parse().ok()? };
    Some((cluster, operation.parse().ok()?))
}

/// Back to the page of an operation, with a word of ours.
fn told(cluster: &ClusterRef, operation: &ObjectName, problem: &str) -> Response {
    let page = format!("/clusters/{cluster}/operations/{operation}");
    see_other(if problem.is_empty() { page } else { format!("{page}?problem={problem}") })
}
