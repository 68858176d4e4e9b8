//! Replicas that are being moved: seen, set going, called back (KIP-455, KIP-860).

use super::{
    TopicPartition,
    batch::{Lanes, Outcomes, by_topic, cut, gather},
    words,
};
use crate::{Client, ClientError, ErrorCode, KafkaError, client::Ask};
use kafka_protocol::messages::{
    self, AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
    alter_partition_reassignments_request::{ReassignablePartition, ReassignableTopic},
};
use klamm_model::{BrokerId, PartitionId, Reassignment};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a move may give a partition more or fewer replicas than it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorRule {
    /// It may.
    MayChange,
    /// It may not: a move that was planned before somebody else changed the number is refused with
    /// `INVALID_REPLICATION_FACTOR`. Brokers before 4.1 cannot be told so, and take any number.
    MustStay,
}

/// What calling back the move of a partition came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// Its replicas are where they were before.
    Cancelled,
    /// It was not being moved, or had arrived.
    WasNotMoving,
}

/// The controller writes a record for each partition, at most 10,000 at once, and has one hand.
const PARTITIONS: usize = 1000;
/// The first version that can say that factors stay.
const KNOWS_FACTOR_RULE: i16 = 1;

/// Where a partition shall lie; none calls its move back.
type Target = Option<Vec<BrokerId>>;
type Change = (TopicPartition, Target);

impl Client {
    /// All that is being moved, by topic and partition. Brokers pass the question on to the controller.
    pub async fn list_reassignments(&self) -> Result<Vec<Reassignment>, ClientError> {
        let request = ListPartitionReassignmentsRequest::default()
            .with_timeout_ms(self.broker_timeout_ms())
            // Of all topics.
            .with_topics(None);
        let ask = Ask::look(&request)
            .judged(|response| KafkaError::check(response.error_code, response.error_message.as_deref()));
        self.ask(ask).await.map(|response| read(&response))
    }

    /// Sets replicas on their way to where they shall lie, the preferred leader first. Done again, it is the same; where replicas lie
    /// so already nothing happens. A move under way that is to go elsewhere is called back first: given another target it forgets
    /// what was there before, and called back then it leaves more replicas than there were.
    pub async fn reassign(
        &self,
        targets: BTreeMap<TopicPartition, Vec<BrokerId>>,
        factor: FactorRule,
    ) -> Result<BTreeMap<TopicPartition, Result<(), KafkaError>>, ClientError> {
        self.alter_reassignments(targets.into_iter().map(|(of, to)| (of, Some(to))).collect(), factor).await
    }

    /// Calls moves back: replicas that were to come are dropped, and those that were to go stay, but come last: the preferred leader
    /// may be another one until the partition is reassigned to its old order, which moves nothing. Refused where only replicas
    /// that came anew are in sync.
    pub async fn cancel_reassignments(
        &self,
        partitions: &BTreeSet<TopicPartition>,
    ) -> Result<BTreeMap<TopicPartition, Result<Cancelled, KafkaError>>, ClientError> {
        let changes = partitions.iter().map(|of| (of.clone(), None)).collect();
        let outcomes = self.alter_reassignments(changes, FactorRule::MayChange).await?;
        let cancelled = |outcome: Result<(), KafkaError>| match outcome {
            Ok(()) => Ok(Cancelled::Cancelled),
            Err(error) if error.code == ErrorCode::NoReassignmentInProgress => Ok(Cancelled::WasNotMoving),
            Err(error) => Err(error),
        };
        Ok(outcomes.into_iter().map(|(of, outcome)| (of, cancelled(outcome))).collect())
    }

    async fn alter_reassignments(
        &self,
        changes: Vec<Change>,
        factor: FactorRule,
    ) -> Result<Outcomes<TopicPartition, ()>, ClientError> {
        let send = |_, changes: Vec<Change>| async move {
            let topic = |(name, partitions): (_, Vec<(PartitionId, Target)>)| {
                ReassignableTopic::default()
                    .with_name(words::topic(&name))
                    .with_partitions(partitions.into_iter().map(reassignable).collect())
            };
            let request = AlterPartitionReassignmentsRequest::default()
                .with_timeout_ms(self.broker_timeout_ms())
                .with_allow_replication_factor_change(factor == FactorRule::MayChange)
                .with_topics(by_topic(changes).into_iter().map(topic).collect());
            let ask = Ask::change(&request)
                .fitted(|request, version| match version {
                    KNOWS_FACTOR_RULE.. => request,
                    _ => request.with_allow_replication_factor_change(true),
                })
                .judged(|response| KafkaError::check(response.error_code, response.error_message.as_deref()));
            Ok(outcomes(&self.ask(ask).await?))
        };
        gather(cut(changes, PARTITIONS, |_| 1), Lanes::One, |(of, _)| of.clone(), send).await
    }
}

fn reassignable((partition, target): (PartitionId, Target)) -> ReassignablePartition {
    let ids = |brokers: Vec<BrokerId>| brokers.into_iter().map(|id| messages::BrokerId(id.0)).collect();
    ReassignablePartition::default().with_partition_index(partition.0).with_replicas(target.map(ids))
}

fn outcomes(response: &AlterPartitionReassignmentsResponse) -> Outcomes<TopicPartition, ()> {
    let of_topics = response.responses.iter().filter_map(|topic| Some((words::topic_name(&topic.name)?, topic)));
    let outcomes = of_topics.flat_map(|(name, topic)| {
        topic.partitions.iter().map(move |partition| {
            let checked = KafkaError::check(partition.error_code, partition.error_message.as_deref());
            ((name.clone(), PartitionId(partition.partition_index)), checked)
        })
    });
    outcomes.collect()
}

fn read(response: &ListPartitionReassignmentsResponse) -> Vec<Reassignment> {
    let of_topics = response.topics.iter().filter_map(|topic| Some((words::topic_name(&topic.name)?, topic)));
    let mut all: Vec<Reassignment> = of_topics
        .flat_map(|(name, topic)| {
            topic.partitions.iter().map(move |partition| Reassignment {
                topic: name.clone(),
                partition: PartitionId(partition.partition_index),
                adding: words::brokers(&partition.adding_replicas),
                removing: words::brokers(&partition.removing_replicas),
            })
        })
        .collect();
    all.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ClientConfig,
        stand_in::{Heard, Reply, StandIn, api_versions_but},
    };
    use kafka_protocol::{
        messages::{
            ApiVersionsRequest,
            alter_partition_reassignments_response::{ReassignablePartitionResponse, ReassignableTopicResponse},
        },
        protocol::Request,
    };

    fn client(broker: &StandIn) -> Client {
        Client::new(ClientConfig { bootstrap: vec![broker.address.clone()], ..ClientConfig::new() })
    }

    fn partition(topic: &str, index: i32) -> TopicPartition {
        (topic.parse().unwrap(), PartitionId(index))
    }

    /// Answers every partition with the code that `code` finds for its index and target.
    fn answer(heard: &Heard, code: impl Fn(i32, Option<&[messages::BrokerId]>) -> i16) -> Reply {
        let request = heard.read::<AlterPartitionReassignmentsRequest>();
        let topics = request.topics.iter().map(|topic| {
            let partition = |asked: &ReassignablePartition| {
                ReassignablePartitionResponse::default()
                    .with_partition_index(asked.partition_index)
                    .with_error_code(code(asked.partition_index, asked.replicas.as_deref()))
            };
            ReassignableTopicResponse::default()
                .with_name(topic.name.clone())
                .with_partitions(topic.partitions.iter().map(partition).collect())
        });
        let response = AlterPartitionReassignmentsResponse::default().with_responses(topics.collect());
        heard.answer::<AlterPartitionReassignmentsRequest>(&response)
    }

    #[tokio::test]
    async fn every_partition_has_an_outcome_of_its_own_in_batches() {
        let broker = StandIn::usual(|heard| {
            answer(&heard, |index, target| match (index, target) {
                (_, None) => 85,
                (7, Some(_)) => ErrorCode::InvalidReplicaAssignment.to_wire(),
                (_, Some(_)) => 0,
            })
        })
        .await;
        let client = client(&broker);
        let targets = (0..1500).map(|index| (partition("orders", index), vec![BrokerId(2), BrokerId(3)]));
        let outcomes = client.reassign(targets.collect(), FactorRule::MustStay).await.unwrap();
        assert_eq!(broker.heard::<AlterPartitionReassignmentsRequest>(), 2);
        let refused: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).collect();
        assert_eq!((outcomes.len(), refused.len()), (1500, 1));
        assert_eq!(refused[0].0.1, PartitionId(7));

        let cancelled = client.cancel_reassignments(&[partition("orders", 1)].into()).await.unwrap();
        assert_eq!(cancelled[&partition("orders", 1)], Ok(Cancelled::WasNotMoving));
    }

    #[tokio::test]
    async fn brokers_that_do_not_know_the_rule_of_factors_are_not_told_of_it() {
        let broker = StandIn::start(|heard| {
            if heard.is::<ApiVersionsRequest>() {
                return api_versions_but(&heard, AlterPartitionReassignmentsRequest::KEY, 0);
            }
            assert_eq!(heard.version, 0);
            answer(&heard, |_, _| 0)
        })
        .await;
        let targets = [(partition("orders", 0), vec![BrokerId(1)])].into();
        let outcomes = client(&broker).reassign(targets, FactorRule::MustStay).await.unwrap();
        assert!(outcomes.values().all(Result::is_ok), "{outcomes:?}");
    }
}
