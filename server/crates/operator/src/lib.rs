//! Reconcilers: they make clusters, topics, users and the credentials of workloads so as they are declared,
//! say which grants count, and what they did.
//!
//! Begin with [`run`]. Only the holder of one Lease acts. What a reconciler knows is in the objects and in the brokers;
//! nothing is kept here between two looks that could not be read again.

mod batch;
mod cluster;
mod grant;
mod injection;
mod operation;
mod runtime;
mod topic;
mod user;

pub use runtime::{Exposition, Type as MetricType};
pub use runtime::{OperatorError, OperatorMetrics, OperatorOptions, run};
