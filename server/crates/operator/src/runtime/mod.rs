//! What every reconciler stands on: who may act (the Lease), which clusters there are, how brokers are reached, how
//! things are written to Kubernetes and what is told to people.
//!
//! Nothing in here knows what a broker pod, a topic or a user should look like.

mod apply;
mod clusters;
mod connections;
mod context;
mod errors;
mod events;
mod lead;
mod lease;
mod metrics;
mod options;

pub(crate) use apply::{apply, apply_status, apply_status_on, create};
pub(crate) use clusters::{ClusterDirectory, watch_clusters};
pub(crate) use connections::{ClusterConnections, Dial, NotConnected};
pub(crate) use context::Context;
pub(crate) use errors::{chain, explain, is_conflict, is_forbidden, is_invalid, is_not_found};
pub(crate) use events::EventRecorder;
pub use lead::{OperatorError, run};
use metrics::OperatorState;
pub(crate) use metrics::{Census, Figures, Kind};
pub use metrics::{Exposition, OperatorMetrics, Type};
pub use options::OperatorOptions;
