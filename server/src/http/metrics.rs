//! Metrics and health, on a port of their own. Requests are counted by route, so that strangers add no labels; names of
//! topics are in here because the talk's operator told them, which is one more reason to let only machines reach the port.

use super::edge::Edge;
use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use klamm_operator::{Exposition, MetricType, OperatorMetrics};
use klamm_portal::{FindingCount, WebhookCounts};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// What is not a route of ours counts under one name, whatever strangers ask for.
const NO_ROUTE: &str = "(none)";

#[derive(Clone, Copy, Debug, Default)]
struct Answered {
    count: u64,
    seconds: f64,
}

type Series = (&'static str, String, &'static str);

/// What is counted while it runs.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    answered: Mutex<BTreeMap<Series, Answered>>,
    streams: AtomicI64,
}

impl Metrics {
    /// Shows every series from the beginning, so that a rate is right from the first request.
    pub(crate) fn register<'a>(&self, routes: impl Iterator<Item = (&'a str, &'a str)>) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        for (method, route) in routes {
            for class in &CLASSES[1..] {
                answered.entry((method_label(method), route.to_owned(), class)).or_default();
            }
        }
    }

    pub(crate) fn count(&self, method: &Method, route: Option<&str>, status: StatusCode, elapsed: Duration) {
        let class = CLASSES.get(usize::from(status.as_u16() / 100).saturating_sub(1)).copied().unwrap_or("5xx");
        let series = (method_label(method.as_str()), route.unwrap_or(NO_ROUTE).to_owned(), class);
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = answered.entry(series).or_default();
        answered.count += 1;
        answered.seconds += elapsed.as_secs_f64();
    }

    /// Counts an open event stream for as long as the value lives.
    pub(crate) fn stream(self: &Arc<Self>) -> OpenStream {
        self.streams.fetch_add(1, Ordering::Relaxed);
        OpenStream(Arc::clone(self))
    }

    fn print(
        &self,
        ages: &[(klamm_model::ClusterRef, Option<u64>)],
        findings: &[FindingCount],
        webhooks: &[WebhookCounts],
    ) -> String {
        let mut out = Exposition::default();
        out.family("klamm_build_info", MetricType::Gauge, "Which Klamm this is.");
        out.line("klamm_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        out.family(
            "klamm_http_requests_total",
            MetricType::Counter,
            "Requests answered, by route and class of status.",
        );
        for ((method, route, class), answered) in &answered {
            let labels = [("method", *method), ("route", route), ("status", class)];
            out.line("klamm_http_requests_total", &labels, answered.count);
        }
        out.family(
            "klamm_http_request_seconds_total",
            MetricType::Counter,
            "Time until the head of the answer, summed.",
        );
        for ((method, route, class), answered) in &answered {
            let labels = [("method", *method), ("route", route), ("status", class)];
            out.line("klamm_http_request_seconds_total", &labels, answered.seconds);
        }
        out.family("klamm_http_event_streams", MetricType::Gauge, "Open streams of /api/v1/events.");
        out.line("klamm_http_event_streams", &[], self.streams.load(Ordering::Relaxed));
        out.family("klamm_inventory_age_seconds", MetricType::Gauge, "Since brokers of a cluster last answered.");
        for (cluster, age) in ages {
            let labels = [("namespace", cluster.namespace.as_str()), ("cluster", cluster.name.as_str())];
            match age {
                Some(age) => out.line("klamm_inventory_age_seconds", &labels, age),
                // Never seen is not the same as just seen.
                None => out.line("klamm_inventory_age_seconds", &labels, "NaN"),
            }
        }
        print_findings(&mut out, findings);
        print_webhooks(&mut out, webhooks);
        out.into_text()
    }
}

/// As many lines as there are rules and clusters, at most, times three: what findings are about is not among the labels.
fn print_findings(out: &mut Exposition, findings: &[FindingCount]) {
    let mut family = |name, help, count: fn(&FindingCount) -> u32| {
        out.family(name, MetricType::Gauge, help);
        for finding in findings {
            let labels = [
                ("namespace", finding.cluster.namespace.as_str()),
                ("cluster", finding.cluster.name.as_str()),
                ("rule", finding.rule.name()),
                ("severity", finding.severity.name()),
            ];
            out.line(name, &labels, count(finding));
        }
    };
    family("klamm_finding", "What is wrong with clusters and nobody said that they know of.", |found| found.open);
    family("klamm_finding_acknowledged", "What is wrong and somebody knows of.", |found| found.acknowledged);
}

fn print_webhooks(out: &mut Exposition, webhooks: &[WebhookCounts]) {
    out.family(
        "klamm_webhook_deliveries_total",
        MetricType::Counter,
        "Attempts to tell webhooks, by what came of them.",
    );
    for counts in webhooks {
        for (outcome, count) in &counts.attempts {
            let labels = [("webhook", counts.webhook.as_str()), ("outcome", outcome.name())];
            out.line("klamm_webhook_deliveries_total", &labels, *count);
        }
    }
    out.family("klamm_webhook_pending", MetricType::Gauge, "Deliveries that are still to arrive.");
    for counts in webhooks {
        let labels = [("webhook", counts.webhook.as_str())];
        match counts.pending {
            Some(pending) => out.line("klamm_webhook_pending", &labels, pending),
            // Not counted yet is not the same as none.
            None => out.line("klamm_webhook_pending", &labels, "NaN"),
        }
    }
}

/// An event stream that is open.
#[derive(Debug)]
pub(crate) struct OpenStream(Arc<Metrics>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) fn router(edge: Edge, operator: Option<Arc<OperatorMetrics>>) -> Router {
    Router::new()
        .route("/metrics", get(move |State(edge): State<Edge>| async move { print(&edge, operator) }))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(edge)
}

fn print(edge: &Edge, operator: Option<Arc<OperatorMetrics>>) -> Response {
    let mut text =
        edge.metrics.print(&edge.portal.inventory_ages(), &edge.portal.finding_counts(), &edge.portal.webhook_counts());
    if let Some(operator) = operator {
        text.push_str(&operator.print());
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn ready(State(edge): State<Edge>) -> Response {
    if edge.stop.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response()
    } else if edge.portal.is_ready().await {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
    }
}

fn method_label(method: &str) -> &'static str {
    match method {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_portal::AttemptOutcome;

    #[test]
    fn series_begin_at_zero_and_strangers_add_none() {
        let metrics = Arc::new(Metrics::default());
        metrics.register([("GET", "/api/v1/me")].into_iter());
        let text = metrics.print(&[], &[], &[]);
        assert!(text.contains("klamm_http_requests_total{method=\"GET\",route=\"/api/v1/me\",status=\"5xx\"} 0\n"));
        for method in ["BREW", "PROPFIND"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            metrics.count(&method, None, StatusCode::NOT_FOUND, Duration::from_millis(500));
        }
        let stream = metrics.stream();
        let ages = [("kafka/demo".parse().unwrap(), Some(4)), ("kafka/new".parse().unwrap(), None)];
        let text = metrics.print(&ages, &[], &[]);
        assert!(
            text.contains("klamm_http_requests_total{method=\"other\",route=\"(none)\",status=\"4xx\"} 2\n"),
            "{text}"
        );
        assert!(
            text.contains("klamm_http_request_seconds_total{method=\"other\",route=\"(none)\",status=\"4xx\"} 1\n")
        );
        assert!(text.contains("klamm_http_event_streams 1\n"), "{text}");
        assert!(text.contains("klamm_inventory_age_seconds{namespace=\"kafka\",cluster=\"demo\"} 4\n"));
        assert!(text.contains("klamm_inventory_age_seconds{namespace=\"kafka\",cluster=\"new\"} NaN\n"));
        drop(stream);
        assert!(metrics.print(&[], &[], &[]).contains("klamm_http_event_streams 0\n"));
    }

    #[test]
    fn webhooks_are_told_of_before_anything_was_sent() {
        let counts = |pending| WebhookCounts {
            webhook: "tickets".parse().unwrap(),
            attempts: AttemptOutcome::ALL.map(|outcome| (outcome, 0)).to_vec(),
            pending,
        };
        let text = Metrics::default().print(&[], &[], &[counts(None)]);
        for outcome in ["delivered", "failed", "gaveUp"] {
            let line = format!("klamm_webhook_deliveries_total{{webhook=\"tickets\",outcome=\"{outcome}\"}} 0\n");
            assert!(text.contains(&line), "{text}");
        }
        assert!(text.contains("klamm_webhook_pending{webhook=\"tickets\"} NaN\n"));
        let text = Metrics::default().print(&[], &[], &[counts(Some(3))]);
        assert!(text.contains("klamm_webhook_pending{webhook=\"tickets\"} 3\n"), "{text}");
    }
}
