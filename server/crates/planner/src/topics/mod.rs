//! What is to be done about one topic: who owns its declaration, what differs, what is refused, what follows.
//!
//! Absent fields of a wish mean "do not care". A refused field never holds back the others, with one exception: a topic
//! is not created with another number of partitions or replicas than was asked for, because neither can be taken back.

mod claims;
mod plan;
mod refusal;
mod removal;
mod value;
mod wish;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

pub use claims::{Claim, ClaimLife, Settlement, settle};
pub use plan::{Difference, Standing, TopicAct, TopicPlan, plan_topic};
pub use refusal::{FieldRefusal, RefusalReason, TopicField};
pub use removal::{Deletion, Removal, RemovalOutcome, RemovalPlan, plan_removal};
pub use value::same_value;
pub use wish::{Declaration, DriftPolicy, TopicObserved, TopicPolicy, TopicState, TopicWish};

/// Keys of a topic that operations set and clear. No declaration owns them, whatever it says.
const KEYS_OF_OPERATIONS: [&str; 2] =
    ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"];

/// Whether running operations set and clear this key.
pub fn belongs_to_operations(key: &str) -> bool {
    KEYS_OF_OPERATIONS.contains(&key)
}
