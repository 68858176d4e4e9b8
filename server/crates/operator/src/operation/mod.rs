//! Operations: changes of a whole cluster, carried out one act at a time by the one task that tends the cluster.
//!
//! Each look at a cluster ends with [`attend`]: the operations of the cluster are read, the one whose turn it is gets a
//! fresh look at pods and brokers and a plan (`klamm_planner::operations`), and either one act is done or the reasons to
//! wait are told. All that is known from look to look stands in the operation's status, and what an act sets going in
//! Kafka stands there before it is done.
//!
//! Whose turn it is: one that has begun goes on to its end; among the others the oldest begins. What the operator makes
//! itself waits in the same line, so that nobody's restart is overtaken.
//!
//! No judgement about partitions or quorums may enter: guards are the planner's.

mod act;
mod agents;
mod cordons;
mod departure;
mod edits;
mod eyes;
mod fresh;
mod gather;
mod goal;
mod hearing;
mod hosts;
mod line;
mod made;
mod ours;
mod pace;
mod pass;
mod rates;
mod scene;
mod status;
mod strays;
mod sure;
#[cfg(test)]
mod tests;
mod turn;
mod words;

pub(crate) use pass::{Attended, Memory, Running, Stage, attend};
pub(crate) use strays::run;
