//! `KafkaGrant`: the consent of those who own topics, in their namespace.

mod spec;
#[cfg(test)]
mod tests;
mod validated;

pub use spec::{GrantedTopic, Grantees, KafkaGrant, KafkaGrantSpec, KafkaGrantStatus};
pub use validated::{GrantedUser, ValidatedGrant};
