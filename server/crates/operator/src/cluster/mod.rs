//! From a `KafkaCluster` to running brokers. Each look at a cluster has five steps, one file each:
//! `gather` (with `ask` for the brokers) reads, the declaration is validated in klamm-resources, `decide` and `build`
//! are pure, `apply` writes in a fixed order, `report` says what was seen.
//!
//! Nothing in here changes a node of a cluster that has formed: that is for operations, which have a room of their own
//! and their turn at the end of each look.

pub(crate) mod apply;
pub(crate) mod ask;
pub(crate) mod build;
mod conditions;
pub(crate) mod decide;
mod external;
mod founding;
pub(crate) mod gather;
pub(crate) mod identity;
pub(crate) mod labels;
pub(crate) mod node;
pub(crate) mod nodes;
pub(crate) mod observed;
mod publish;
mod reconcile;
mod report;
mod rights;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod trouble;
pub(crate) mod voters;
mod worker;

pub(crate) use worker::run;
