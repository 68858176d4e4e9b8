//! A topic as somebody wants it, whoever wrote it down: `KafkaTopic`, or one of the ConfigMap dialects.

mod declaration;
mod spec;
#[cfg(test)]
mod tests;

pub use declaration::{Dialect, TopicDeclaration, ValidatedTopic};
pub(crate) use declaration::{partitions, replication_factor};
pub use spec::{FieldOutcome, FieldState, KafkaTopic, KafkaTopicSpec, KafkaTopicStatus};
