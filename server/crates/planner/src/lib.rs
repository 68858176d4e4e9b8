//! Pure decisions: which node gets which id, what is to be done to a topic or a user, who may have what, who
//! has to agree, where replicas are to be.
//!
//! Everything here is a synchronous function from what is wanted and what was observed to a plan with its reasons. No
//! clock, no IO, no randomness, no Kubernetes and no Kafka types may enter: that is what makes the plans testable
//! against model worlds, killed between any two acts.

pub mod disks;
pub mod mover;
pub mod nodes;
pub mod offsets;
pub mod operations;
pub mod policy;
pub mod requests;
pub mod tenancy;
pub mod topics;
pub mod users;
