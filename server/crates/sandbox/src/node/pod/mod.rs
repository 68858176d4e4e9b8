//! One pod: what has happened to its containers, what is to be done next, what is reported.
//!
//! `state`, `plan`, `backoff`, `probes` and `status` decide and are pure; `worker` and the rest do.

mod backoff;
mod context;
mod doing;
mod ending;
mod plan;
mod prober;
mod probes;
mod report;
mod start;
mod state;
mod status;
mod worker;

pub(super) use context::{NodeContext, NodePhase, PodInput};
pub(super) use worker::work;
