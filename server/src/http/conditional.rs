//! Conditional reads: an answer about clusters carries a tag of what it was made from, and whoever brings the tag of the newest
//! answer back is told in a word that nothing has changed, without anything being made.
//!
//! A tag holds who asks, what for, and the editions of the clusters concerned, mixed with the salt of this process. It is only
//! ever given out with a good answer, so a tag that fits proves that the same question would get a good answer again.

use super::api::ClusterPath;
use super::edge::Edge;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use klamm_model::{Actor, Known};
use std::hash::BuildHasher;

/// What an answer is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sources {
    /// The cluster of the path.
    Cluster(Times),
    /// The cluster of the path, and its operations.
    Operations,
    /// All clusters.
    Clusters(Times),
}

/// Whether an answer tells times that move from look to look though nothing else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    Told,
    NotTold,
}

/// Answers about a cluster that are of the moment and made from what moves all the time: whoever asks wants the newest.
#[cfg(test)]
pub(crate) const OF_THE_MOMENT: [&str; 4] = [
    "/api/v1/clusters/{namespace}/{name}/clients",
    "/api/v1/clusters/{namespace}/{name}/series",
    "/api/v1/clusters/{namespace}/{name}/series.csv",
    "/api/v1/clusters/{namespace}/{name}/targets",
];

impl Sources {
    /// Of the answers at a route; none for those that are made from anything else. A test holds this list to the routes.
    fn of(route: &str) -> Option<Self> {
        const CLUSTER: &str = "/api/v1/clusters/{namespace}/{name}";
        match route {
            // These have `observedAt`.
            "/api/v1/clusters" => Some(Self::Clusters(Times::Told)),
            "/api/v1/search" => Some(Self::Clusters(Times::NotTold)),
            _ => match route.strip_prefix(CLUSTER)? {
                // `observedAt` and the reasons of gaps; when a broker last had all metadata; consents that have run out.
                "" | "/brokers/{id}" | "/disks" | "/topics/{topic}/config" | "/topics/{topic}/access" => {
                    Some(Self::Cluster(Times::Told))
                }
                "/brokers"
                | "/placement"
                | "/topics"
                | "/topics/{topic}"
                | "/topics/{topic}/manifest"
                | "/groups"
                | "/findings"
                | "/groups/{group}" => Some(Self::Cluster(Times::NotTold)),
                "/operations" | "/operations/{operation}" => Some(Self::Operations),
                _ => None,
            },
        }
    }
}

/// Answers with the tag, or says that nothing has changed.
pub(crate) async fn answer(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    // Before the answer is made: what changes meanwhile is in it, and another tag will say so.
    let Some(tag) = tag(&edge, &mut parts).await else { return next.run(Request::from_parts(parts, body)).await };
    if brings(&parts.headers, &tag) {
        return not_modified(&tag);
    }
    let wants_none = brings_anything(&parts.headers);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    if wants_none {
        return not_modified(&tag);
    }
    label(response.headers_mut(), &tag);
    response
}

/// The tag of the answer to this request, without its quotes; none when it is no question about clusters, or when the caller
/// may not ask it.
async fn tag(edge: &Edge, parts: &mut Parts) -> Option<String> {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return None;
    }
    let sources = Sources::of(parts.extensions.get::<MatchedPath>()?.as_str())?;
    let actor = parts.extensions.get::<Actor>()?.clone();
    let editions = match sources {
        Sources::Cluster(_) | Sources::Operations => {
            let ClusterPath(cluster) = ClusterPath::from_request_parts(parts, &()).await.ok()?;
            edge.portal.editions(&actor, Some(&cluster))
        }
        Sources::Clusters(_) => edge.portal.editions(&actor, None),
    };
    let mut editions = editions.ok()?;
    for edition in &mut editions {
        match sources {
            Sources::Cluster(Times::Told) | Sources::Clusters(Times::Told) => edition.operations = 0,
            Sources::Operations => edition.observed_at = Known::Unknown,
            Sources::Cluster(Times::NotTold) | Sources::Clusters(Times::NotTold) => {
                edition.operations = 0;
                edition.observed_at = Known::Unknown;
            }
        }
    }
    // Who asks decides about what they see and about `allowedActions`.
    let made_from = (actor, parts.uri.path(), parts.uri.query(), editions);
    Some(format!("{:016x}", edge.salt.hash_one(made_from)))
}

fn values(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok())
}

/// Whether the tag is among those that the caller has. Compared weakly, as RFC 9110 wants it here.
fn brings(headers: &HeaderMap, tag: &str) -> bool {
    let mut tags = values(headers).flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|one| {
        one.strip_prefix("W/").unwrap_or(one).strip_prefix('"').and_then(|one| one.strip_suffix('"')) == Some(tag)
    })
}

/// Whether the caller wants no answer whatever it is, as long as there is one.
fn brings_anything(headers: &HeaderMap) -> bool {
    values(headers).any(|value| value.trim() == "*")
}

fn not_modified(tag: &str) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    label(response.headers_mut(), tag);
    response
}

/// Weak, because an answer says when it was made, and because it may be sent compressed.
fn label(headers: &mut HeaderMap, tag: &str) {
    const LABELS: [(HeaderName, &str); 2] =
        [(header::CACHE_CONTROL, "private, no-cache"), (header::VARY, "Cookie, Authorization, Accept-Encoding")];
    for (name, value) in LABELS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{tag}\"")) {
        headers.insert(header::ETAG, tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::api;

    /// A new route under these is thought of here, or its answers would be read again and again, or, worse, not at all.
    #[test]
    fn every_read_about_clusters_says_what_it_is_made_from() {
        let routes = api::routes().listed;
        let about_clusters = |path: &str| path.starts_with("/api/v1/clusters") || path.starts_with("/api/v1/search");
        for route in routes {
            let is_of_the_moment = OF_THE_MOMENT.contains(&route.path);
            let is_read = route.method == "GET" && about_clusters(route.path) && !is_of_the_moment;
            assert_eq!(Sources::of(route.path).is_some(), is_read, "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn a_tag_is_found_among_those_that_are_brought_whatever_they_look_like() {
        let brought = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_NONE_MATCH, HeaderValue::from_static(value));
            }
            (brings(&headers, "a1"), brings_anything(&headers))
        };
        for fits in ["\"a1\"", "W/\"a1\"", " \"x\" , W/\"a1\",\"y\"", "\"x,y\", \"a1\"", ",, \"a1\""] {
            assert_eq!(brought(&[fits]), (true, false), "{fits}");
        }
        assert_eq!(brought(&["\"x\"", "W/\"a1\""]), (true, false), "in a second line");
        for misses in ["", "a1", "\"a1", "a1\"", "w/\"a1\"", "W/a1", "\"A1\"", "\"a1 \"", "\"*\"", "\""] {
            assert_eq!(brought(&[misses]), (false, false), "{misses}");
        }
        assert_eq!(brought(&[" * "]), (false, true));
    }
}
