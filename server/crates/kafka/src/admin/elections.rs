//! Which replica leads (KIP-460).

use super::{
    TopicPartition,
    batch::{Lanes, Outcomes, by_topic, cut, gather},
    words,
};
use crate::{Client, ClientError, ErrorCode, KafkaError, client::Ask};
use kafka_protocol::messages::{ElectLeadersRequest, ElectLeadersResponse, elect_leaders_request::TopicPartitions};
use klamm_model::PartitionId;
use std::collections::{BTreeMap, BTreeSet};

/// What an election came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elected {
    /// Its preferred replica leads from now on.
    Elected,
    /// It did already.
    NotNeeded,
}

/// The first of the replicas, and none that is not in sync.
const PREFERRED: i8 = 0;
/// Each of these makes clients look for a new leader.
const PARTITIONS: usize = 1000;

impl Client {
    /// Has the first of each partition's replicas lead. `PREFERRED_LEADER_NOT_AVAILABLE` where that one is not in sync.
    pub async fn elect_preferred_leaders(
        &self,
        partitions: &BTreeSet<TopicPartition>,
    ) -> Result<BTreeMap<TopicPartition, Result<Elected, KafkaError>>, ClientError> {
        let send = |_, partitions: Vec<TopicPartition>| async move {
            let by_topic = by_topic(partitions.into_iter().map(|of| (of, ())).collect());
            let topics = by_topic.into_iter().map(|(name, partitions)| {
                TopicPartitions::default()
                    .with_topic(words::topic(&name))
                    .with_partitions(partitions.into_iter().map(|(id, ())| id.0).collect())
            });
            let request = ElectLeadersRequest::default()
                .with_election_type(PREFERRED)
                .with_topic_partitions(Some(topics.collect()))
                .with_timeout_ms(self.broker_timeout_ms());
            let ask = Ask::change(&request).judged(|response| KafkaError::check(response.error_code, None));
            Ok(outcomes(&self.ask(ask).await?))
        };
        let partitions = partitions.iter().cloned().collect();
        gather(cut(partitions, PARTITIONS, |_| 1), Lanes::One, TopicPartition::clone, send).await
    }
}

fn outcomes(response: &ElectLeadersResponse) -> Outcomes<TopicPartition, Elected> {
    let results = response.replica_election_results.iter();
    let of_topics = results.filter_map(|topic| Some((words::topic_name(&topic.topic)?, topic)));
    let outcomes = of_topics.flat_map(|(name, topic)| {
        topic.partition_result.iter().map(move |result| {
            let outcome = match KafkaError::check(result.error_code, result.error_message.as_deref()) {
                Ok(()) => Ok(Elected::Elected),
                Err(error) if error.code == ErrorCode::ElectionNotNeeded => Ok(Elected::NotNeeded),
                Err(error) => Err(error),
            };
            ((name.clone(), PartitionId(result.partition_id)), outcome)
        })
    });
    outcomes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::elect_leaders_response::{PartitionResult, ReplicaElectionResult};

    #[test]
    fn a_leader_that_leads_already_is_no_error() {
        let result = |id, code: Option<ErrorCode>| {
            PartitionResult::default().with_partition_id(id).with_error_code(code.map_or(0, ErrorCode::to_wire))
        };
        let results = vec![
            result(0, None),
            result(1, Some(ErrorCode::ElectionNotNeeded)),
            result(2, Some(ErrorCode::PreferredLeaderNotAvailable)),
        ];
        let topic = ReplicaElectionResult::default()
            .with_topic(words::topic(&"orders".parse().unwrap()))
            .with_partition_result(results);
        let outcomes = outcomes(&ElectLeadersResponse::default().with_replica_election_results(vec![topic]));
        let of = |id| &outcomes[&("orders".parse().unwrap(), PartitionId(id))];
        assert_eq!((of(0), of(1)), (&Ok(Elected::Elected), &Ok(Elected::NotNeeded)));
        assert_eq!(of(2).as_ref().unwrap_err().code, ErrorCode::PreferredLeaderNotAvailable);
    }
}
