//! Changes: replicas set on their way, elections, keys; and what is on its way.

use super::{Question, ids};
use crate::estate::{Fault, changes::Edit};
use bytes::Bytes;
use kafka_protocol::messages::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ElectLeadersRequest, ElectLeadersResponse,
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse, TopicName,
    alter_partition_reassignments_response::{ReassignablePartitionResponse, ReassignableTopicResponse},
    elect_leaders_response::{PartitionResult, ReplicaElectionResult},
    incremental_alter_configs_response::AlterConfigsResourceResponse,
    list_partition_reassignments_response::{OngoingPartitionReassignment, OngoingTopicReassignment},
};

const REQUEST_TIMED_OUT: i16 = 7;
const INVALID_REQUEST: i16 = 42;
const TOPIC: i8 = 2;

impl Question<'_> {
    /// Brokers pass changes on to the controller: the code of there being none.
    fn controller(&self) -> i16 {
        if self.condition.has(Fault::NoController) { REQUEST_TIMED_OUT } else { 0 }
    }

    fn place(&self, topic: &str) -> Option<usize> {
        self.shared.places.topics.get(topic).copied().filter(|_| !self.condition.has(Fault::NoTopics))
    }
}

pub(super) fn list(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let topics = question.topics().iter().filter_map(|topic| {
        let moving = (0..).zip(&topic.partitions).filter_map(|(index, partition)| {
            let moving = partition.moving.as_ref()?;
            let ongoing = OngoingPartitionReassignment::default()
                .with_partition_index(index)
                .with_replicas(ids(&partition.replicas))
                .with_adding_replicas(ids(&moving.adding))
                .with_removing_replicas(ids(&moving.removing));
            Some(ongoing)
        });
        let moving: Vec<_> = moving.collect();
        let ongoing = OngoingTopicReassignment::default().with_name(TopicName(topic.name.clone()));
        (!moving.is_empty()).then(|| ongoing.with_partitions(moving))
    });
    let response = ListPartitionReassignmentsResponse::default()
        .with_error_code(question.controller())
        .with_error_message(None)
        .with_topics(topics.collect());
    question.heard.answer::<ListPartitionReassignmentsRequest>(&response)
}

pub(super) fn reassign(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<AlterPartitionReassignmentsRequest>()?;
    let mut response = AlterPartitionReassignmentsResponse::default()
        .with_error_code(question.controller())
        .with_error_message(None)
        .with_allow_replication_factor_change(request.allow_replication_factor_change);
    if response.error_code == 0 {
        let world = &question.shared.world;
        question.shared.change(|condition| {
            for topic in request.topics {
                let place = question.place(&topic.name);
                let outcomes = topic.partitions.into_iter().map(|asked| {
                    let target = asked.replicas.map(|brokers| brokers.into_iter().map(|id| id.0).collect());
                    ReassignablePartitionResponse::default()
                        .with_partition_index(asked.partition_index)
                        .with_error_code(condition.reassign(world, (place, asked.partition_index), target))
                        .with_error_message(None)
                });
                let outcomes = outcomes.collect();
                response
                    .responses
                    .push(ReassignableTopicResponse::default().with_name(topic.name).with_partitions(outcomes));
            }
        });
    }
    question.heard.answer::<AlterPartitionReassignmentsRequest>(&response)
}

pub(super) fn elect(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<ElectLeadersRequest>()?;
    let mut response = ElectLeadersResponse::default().with_error_code(question.controller());
    if response.error_code == 0 {
        let world = &question.shared.world;
        question.shared.change(|condition| {
            for topic in request.topic_partitions.into_iter().flatten() {
                let place = question.place(&topic.topic);
                let outcome = |index: i32| {
                    PartitionResult::default()
                        .with_partition_id(index)
                        .with_error_code(condition.elect(world, place, index))
                        .with_error_message(None)
                };
                let outcomes = topic.partitions.into_iter().map(outcome).collect();
                let result = ReplicaElectionResult::default().with_topic(topic.topic).with_partition_result(outcomes);
                response.replica_election_results.push(result);
            }
        });
    }
    question.heard.answer::<ElectLeadersRequest>(&response)
}

pub(super) fn configure(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<IncrementalAlterConfigsRequest>()?;
    let world = &question.shared.world;
    let mut responses = Vec::new();
    question.shared.change(|condition| {
        for resource in request.resources {
            let edits = resource.configs.iter().map(|config| Edit {
                key: &config.name,
                operation: config.config_operation,
                value: config.value.as_deref(),
            });
            let edits: Vec<Edit<'_>> = edits.collect();
            let own = question.broker.to_string();
            let code = match (question.controller(), resource.resource_type) {
                (0, TOPIC) => {
                    let place = question.place(&resource.resource_name);
                    condition.configure_topic(world, place, if request.validate_only { &[] } else { &edits })
                }
                (0, _) if resource.resource_name.is_empty() || *resource.resource_name == *own => {
                    if !request.validate_only {
                        condition.configure_broker(&resource.resource_name, &edits);
                    }
                    0
                }
                (0, _) => INVALID_REQUEST,
                (missing, _) => missing,
            };
            responses.push(
                AlterConfigsResourceResponse::default()
                    .with_error_code(code)
                    .with_error_message(None)
                    .with_resource_type(resource.resource_type)
                    .with_resource_name(resource.resource_name.clone()),
            );
        }
    });
    let response = IncrementalAlterConfigsResponse::default().with_responses(responses);
    question.heard.answer::<IncrementalAlterConfigsRequest>(&response)
}
