//! Which series there are.

use super::{
    Figures, Kind, OperatorState,
    exposition::{Exposition, Type},
};
use crate::batch::QueueFigures;
use klamm_model::ClusterRef;
use std::fmt::Display;

pub(super) fn text(operator_id: &str, state: OperatorState, figures: &Figures) -> String {
    let mut out = Exposition::default();
    talk(&mut out, operator_id, state, figures);
    own(&mut out, figures);
    out.into_text()
}

/// The gauges of the talk's operator (nbogojevic/kafka-operator, 2019). `username_pool` is not among them: there is no pool
/// to run dry.
fn talk(out: &mut Exposition, operator_id: &str, state: OperatorState, figures: &Figures) {
    let id = ("operator_id", operator_id);
    out.family("operator_state", Type::Gauge, "0 created, 1 running, 2 stopped, 3 failed.");
    out.line("operator_state", &[id], state as u8);
    out.family("managed_topics", Type::Gauge, "Topics that an object manages.");
    out.line("managed_topics", &[id], figures.managed.len());
    out.family("managed_topic", Type::Gauge, "1 for every topic that an object manages.");
    for (cluster, topic) in &figures.managed {
        let cluster = cluster.to_string();
        out.line("managed_topic", &[id, ("topic_name", topic.as_str()), ("cluster", &cluster)], 1);
    }
}

fn own(out: &mut Exposition, figures: &Figures) {
    type Column = (&'static str, Type, &'static str, fn(&QueueFigures) -> f64);
    #[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur")]
    const COLUMNS: [Column; 4] = [
        (
            "klamm_reconcile_seconds_total",
            Type::Counter,
            "Time from taking up an object to being done with it, summed.",
            |work| work.seconds,
        ),
        ("klamm_queue_ready", Type::Gauge, "Objects to be looked at now.", |work| work.ready as f64),
        ("klamm_queue_busy", Type::Gauge, "Objects that are being looked at.", |work| work.busy as f64),
        ("klamm_queue_later", Type::Gauge, "Objects to be looked at again at a later time.", |work| work.later as f64),
    ];
    out.family("klamm_reconciles_total", Type::Counter, "Looks at objects, by whether they have to be repeated.");
    for ((kind, cluster), work) in &figures.work {
        for (outcome, count) in [("settled", work.settled), ("again", work.again)] {
            labelled(out, "klamm_reconciles_total", *kind, cluster.as_ref(), &[("outcome", outcome)], count);
        }
    }
    for (name, type_, help, value) in COLUMNS {
        out.family(name, type_, help);
        for ((kind, cluster), work) in &figures.work {
            labelled(out, name, *kind, cluster.as_ref(), &[], value(work));
        }
    }
    out.family("klamm_waiting", Type::Gauge, "Objects that wait, by what they wait for.");
    for ((kind, reason), count) in &figures.waiting {
        out.line("klamm_waiting", &[("kind", kind.label()), ("reason", reason)], count);
    }
}

fn labelled(
    out: &mut Exposition,
    name: &str,
    kind: Kind,
    cluster: Option<&ClusterRef>,
    more: &[(&str, &str)],
    value: impl Display,
) {
    let cluster = cluster.map(ToString::to_string).unwrap_or_default();
    let labels: Vec<_> =
        [("kind", kind.label()), ("cluster", cluster.as_str())].into_iter().chain(more.iter().copied()).collect();
    out.line(name, &labels, value);
}
