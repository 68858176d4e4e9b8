//! The text format of Prometheus, version 0.0.4.

use super::{Figures, Kind, OperatorState};
use crate::batch::QueueFigures;
use klamm_model::ClusterRef;
use std::fmt::{Display, Write};

pub(super) fn text(operator_id: &str, state: OperatorState, figures: &Figures) -> String {
    let mut out = String::new();
    talk(&mut out, operator_id, state, figures);
    own(&mut out, figures);
    out
}

/// The gauges of the talk's operator (nbogojevic/kafka-operator, 2019). `username_pool` is not among them: there is no pool
/// to run dry.
fn talk(out: &mut String, operator_id: &str, state: OperatorState, figures: &Figures) {
    let id = ("operator_id", operator_id);
    family(out, "operator_state", "gauge", "0 created, 1 running, 2 stopped, 3 failed.");
    line(out, "operator_state", &[id], state as u8);
    family(out, "managed_topics", "gauge", "Topics that an object manages.");
    line(out, "managed_topics", &[id], figures.managed.len());
    family(out, "managed_topic", "gauge", "1 for every topic that an object manages.");
    for (cluster, topic) in &figures.managed {
        let cluster = cluster.to_string();
        line(out, "managed_topic", &[id, ("topic_name", topic.as_str()), ("cluster", &cluster)], 1);
    }
}

fn own(out: &mut String, figures: &Figures) {
    type Column = (&'static str, &'static str, &'static str, fn(&QueueFigures) -> f64);
    #[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur")]
    const COLUMNS: [Column; 4] = [
        (
            "klamm_reconcile_seconds_total",
            "counter",
            "Time from taking up an object to being done with it, summed.",
            |work| work.seconds,
        ),
        ("klamm_queue_ready", "gauge", "Objects to be looked at now.", |work| work.ready as f64),
        ("klamm_queue_busy", "gauge", "Objects that are being looked at.", |work| work.busy as f64),
        ("klamm_queue_later", "gauge", "Objects to be looked at again at a later time.", |work| work.later as f64),
    ];
    family(out, "klamm_reconciles_total", "counter", "Looks at objects, by whether they have to be repeated.");
    for ((kind, cluster), work) in &figures.work {
        for (outcome, count) in [("settled", work.settled), ("again", work.again)] {
            labelled(out, "klamm_reconciles_total", *kind, cluster.as_ref(), &[("outcome", outcome)], count);
        }
    }
    for (name, type_, help, value) in COLUMNS {
        family(out, name, type_, help);
        for ((kind, cluster), work) in &figures.work {
            labelled(out, name, *kind, cluster.as_ref(), &[], value(work));
        }
    }
    family(out, "klamm_waiting", "gauge", "Objects that wait, by what they wait for.");
    for ((kind, reason), count) in &figures.waiting {
        line(out, "klamm_waiting", &[("kind", kind.label()), ("reason", reason)], count);
    }
}

fn labelled(
    out: &mut String,
    name: &str,
    kind: Kind,
    cluster: Option<&ClusterRef>,
    more: &[(&str, &str)],
    value: impl Display,
) {
    let cluster = cluster.map(ToString::to_string).unwrap_or_default();
    let labels: Vec<_> =
        [("kind", kind.label()), ("cluster", cluster.as_str())].into_iter().chain(more.iter().copied()).collect();
    line(out, name, &labels, value);
}

// Writing into a text cannot fail.
fn family(out: &mut String, name: &str, type_: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {type_}");
}

fn line(out: &mut String, name: &str, labels: &[(&str, &str)], value: impl Display) {
    out.push_str(name);
    for (i, (key, text)) in labels.iter().enumerate() {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(out, "{}{key}=\"{text}\"", if i == 0 { '{' } else { ',' });
    }
    let _ = writeln!(out, "{} {value}", if labels.is_empty() { "" } else { "}" });
}
