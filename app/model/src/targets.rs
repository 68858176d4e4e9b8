//! Where numbers are read from, and how well that goes.

use crate::{BrokerId, ObjectName, UnixMillis};
use serde::{Deserialize, Serialize};

/// A place that numbers of a cluster are read from: the exporter of a pod, known from Kubernetes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetState {
    /// The pod.
    pub pod: ObjectName,
    /// The broker that it runs, where it runs one.
    pub broker: Option<BrokerId>,
    /// How it is read.
    pub source: TargetSource,
    /// Host and port, without path.
    pub address: String,
    /// How the last look went.
    pub answer: TargetAnswer,
    /// When it last answered with numbers; none when it never did.
    pub answered_at: Option<UnixMillis>,
    /// Lines of its last answer that could not be read, or say what cannot be: labels that are cut, numbers that are none.
    pub rejects: u32,
    /// One of those, cut short, so that somebody can find the cause.
    pub reject: Option<String>,
    /// Size of its last answer, unpacked, in bytes.
    pub bytes: u64,
    /// How long it took, in milliseconds.
    pub millis: u32,
}

/// How a target is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TargetSource {
    /// Prometheus' text format 0.0.4 over HTTP.
    Prometheus,
    /// Jolokia: JMX as JSON over HTTP.
    Jolokia,
}

/// How a look at a target went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum TargetAnswer {
    /// Nobody has looked yet.
    NotYet,
    /// It told numbers.
    Numbers,
    /// It did not, or told what cannot be believed.
    Trouble {
        /// What is wrong with it.
        kind: TargetTrouble,
        /// The same in a sentence for people.
        reason: String,
        /// Since when.
        since: UnixMillis,
    },
}

/// What is wrong with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TargetTrouble {
    /// No connection.
    Unreachable,
    /// It took too long.
    Slow,
    /// More than anybody would read.
    TooLarge,
    /// It sends elsewhere; nobody is followed.
    Redirects,
    /// It wants a password that Klamm does not have, or does not take the one it has.
    WantsPassword,
    /// It answers with an error.
    Refuses,
    /// What it says is not metrics.
    NotMetrics,
    /// Metrics, but none that Klamm knows.
    NothingKnown,
    /// Numbers that cannot be: its clock, a counter or a gauge lies.
    Lies,
}
