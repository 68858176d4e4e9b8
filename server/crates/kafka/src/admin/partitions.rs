//! More partitions for topics that exist.

use super::{
    Apply, PerTopic,
    batch::{Lanes, cut, gather},
    words,
};
use crate::{Client, ClientError, KafkaError, client::Ask};
use kafka_protocol::messages::{CreatePartitionsRequest, create_partitions_request::CreatePartitionsTopic};
use klamm_model::TopicName;
use std::collections::BTreeMap;

/// The controller writes a record for each new partition; how many a topic has is not known here.
const TOPICS: usize = 100;

impl Client {
    /// Grows topics to the given totals; the controller chooses the brokers. `INVALID_PARTITIONS` when a topic has as many
    /// already, or more.
    pub async fn create_partitions(
        &self,
        totals: BTreeMap<TopicName, u32>,
        apply: Apply,
    ) -> Result<PerTopic<()>, ClientError> {
        let send = |_, topics: Vec<(TopicName, u32)>| async move {
            let topic = |(name, total): &(TopicName, u32)| {
                CreatePartitionsTopic::default()
                    .with_name(words::topic(name))
                    .with_count(i32::try_from(*total).unwrap_or(i32::MAX))
                    .with_assignments(None)
            };
            let request = CreatePartitionsRequest::default()
                .with_topics(topics.iter().map(topic).collect())
                .with_timeout_ms(self.broker_timeout_ms())
                .with_validate_only(apply.is_validation());
            let response = self.ask(Ask::change(&request)).await?;
            let outcomes = response.results.iter().filter_map(|result| {
                let checked = KafkaError::check(result.error_code, result.error_message.as_deref());
                Some((words::topic_name(&result.name)?, checked))
            });
            Ok(outcomes.collect())
        };
        let totals = totals.into_iter().collect();
        gather(cut(totals, TOPICS, |_| 1), Lanes::One, |(name, _)| name.clone(), send).await
    }
}
