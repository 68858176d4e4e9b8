//! From a `KafkaCluster` to running brokers: the creation half. Each look at a cluster has five steps, one file each:
//! `gather` (with `ask` for the brokers) reads, the declaration is validated in klamm-resources, `decide` and `build`
//! are pure, `apply` writes in a fixed order, `report` says what was seen.
//!
//! Nothing in here restarts a broker that runs: a change that needs it is told, and waits for an operation.

mod apply;
mod ask;
mod build;
mod decide;
mod external;
mod gather;
mod identity;
mod labels;
mod nodes;
mod observed;
mod publish;
mod reconcile;
mod report;
mod rights;
#[cfg(test)]
mod tests;
mod trouble;
mod voters;
mod worker;

pub(crate) use worker::run;
