//! Committing for a group that has no members: how its offsets are set from outside.

use super::{
    batch::{Lanes, Outcomes, cut, gather},
    groups::wire_group,
    words,
};
use crate::{
    Client, ClientError, KafkaError,
    client::{Ask, Target},
};
use kafka_protocol::messages::{
    FindCoordinatorRequest, FindCoordinatorResponse, OffsetCommitRequest,
    offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic},
    offset_commit_response::OffsetCommitResponseTopic,
};
use klamm_model::{BrokerId, GroupId, GroupOffset, PartitionId, TopicName};
use std::collections::BTreeMap;

/// A partition of a topic.
pub type TopicPartition = (TopicName, PartitionId);

/// The last version that names topics; later ones have ids only.
const NAMES_TOPICS: i16 = 9;
/// The first version that asks about several keys.
const SEVERAL_KEYS: i16 = 4;
/// Whoever commits is no member.
const NO_MEMBER: i32 = -1;
/// Partitions in one request, which the coordinator writes as one batch.
const PARTITIONS: usize = 5000;

impl Client {
    /// The broker that coordinates a group, or would, if there were such a group.
    pub async fn find_coordinator(&self, group: &GroupId) -> Result<BrokerId, ClientError> {
        let key = words::text(group.as_str());
        let request = FindCoordinatorRequest::default().with_coordinator_keys(vec![key]);
        let ask = Ask::look(&request).fitted(with_one_key).judged(|response| {
            let (code, message) = response.coordinators.first().map_or_else(
                || (response.error_code, response.error_message.as_deref()),
                |found| (found.error_code, found.error_message.as_deref()),
            );
            KafkaError::check(code, message)
        });
        Ok(coordinator(&self.ask(ask).await?))
    }

    /// Sets what a group has committed. Its coordinator refuses that as long as the group has members. Done again, it is the same.
    pub async fn commit_offsets(
        &self,
        group: &GroupId,
        coordinator: BrokerId,
        offsets: Vec<GroupOffset>,
    ) -> Result<BTreeMap<TopicPartition, Result<(), KafkaError>>, ClientError> {
        let send = |_, offsets: Vec<GroupOffset>| self.commit_batch(group, coordinator, offsets);
        let key = |offset: &GroupOffset| (offset.topic.clone(), offset.partition);
        gather(cut(offsets, PARTITIONS, |_| 1), Lanes::One, key, send).await
    }

    async fn commit_batch(
        &self,
        group: &GroupId,
        coordinator: BrokerId,
        offsets: Vec<GroupOffset>,
    ) -> Result<Outcomes<TopicPartition, ()>, ClientError> {
        let mut topics: BTreeMap<TopicName, Vec<OffsetCommitRequestPartition>> = BTreeMap::new();
        for offset in offsets {
            let partition = OffsetCommitRequestPartition::default()
                .with_partition_index(offset.partition.0)
                .with_committed_offset(offset.committed)
                .with_committed_leader_epoch(-1)
                .with_committed_metadata(Some(words::text("")));
            topics.entry(offset.topic).or_default().push(partition);
        }
        let topic = |(name, partitions): (TopicName, Vec<_>)| {
            OffsetCommitRequestTopic::default().with_name(words::topic(&name)).with_partitions(partitions)
        };
        let request = OffsetCommitRequest::default()
            .with_group_id(wire_group(group))
            .with_generation_id_or_member_epoch(NO_MEMBER)
            .with_topics(topics.into_iter().map(topic).collect());
        let ask = Ask::change(&request).to(Target::Broker(coordinator)).up_to(NAMES_TOPICS);
        let response = self.ask(ask).await?;
        Ok(response.topics.iter().flat_map(outcomes).collect())
    }
}

fn with_one_key(request: FindCoordinatorRequest, version: i16) -> FindCoordinatorRequest {
    match (version < SEVERAL_KEYS, request.coordinator_keys.first().cloned()) {
        (true, Some(key)) => request.with_coordinator_keys(Vec::new()).with_key(key),
        (true, None) | (false, _) => request,
    }
}

fn coordinator(response: &FindCoordinatorResponse) -> BrokerId {
    BrokerId(response.coordinators.first().map_or(response.node_id, |found| found.node_id).0)
}

fn outcomes(topic: &OffsetCommitResponseTopic) -> Vec<(TopicPartition, Result<(), KafkaError>)> {
    let Some(name) = words::topic_name(&topic.name) else { return Vec::new() };
    let of = |partition: &kafka_protocol::messages::offset_commit_response::OffsetCommitResponsePartition| {
        let place = (name.clone(), PartitionId(partition.partition_index));
        (place, KafkaError::check(partition.error_code, None))
    };
    topic.partitions.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Addresses, ClientConfig, ErrorCode,
        stand_in::{Heard, Reply, StandIn, cluster},
    };
    use kafka_protocol::messages::{
        self, OffsetCommitResponse, find_coordinator_response::Coordinator,
        offset_commit_response::OffsetCommitResponsePartition,
    };

    const ILLEGAL: i16 = 25;

    /// Coordinates everything as broker 1, and refuses to commit for partition 7.
    fn script(heard: &Heard) -> Reply {
        if heard.is::<FindCoordinatorRequest>() {
            let keys = heard.read::<FindCoordinatorRequest>().coordinator_keys;
            let found = |key| Coordinator::default().with_key(key).with_node_id(messages::BrokerId(1));
            let answer = FindCoordinatorResponse::default().with_coordinators(keys.into_iter().map(found).collect());
            return heard.answer::<FindCoordinatorRequest>(&answer);
        }
        if !heard.is::<OffsetCommitRequest>() {
            return cluster(heard, &[]);
        }
        let request = heard.read::<OffsetCommitRequest>();
        assert_eq!((request.generation_id_or_member_epoch, &*request.member_id), (-1, ""));
        let partition = |asked: &OffsetCommitRequestPartition| {
            let code = if asked.partition_index == 7 { ILLEGAL } else { 0 };
            OffsetCommitResponsePartition::default().with_partition_index(asked.partition_index).with_error_code(code)
        };
        let topic = |asked: &OffsetCommitRequestTopic| {
            OffsetCommitResponseTopic::default()
                .with_name(asked.name.clone())
                .with_partitions(asked.partitions.iter().map(partition).collect())
        };
        let topics = request.topics.iter().map(topic).collect();
        heard.answer::<OffsetCommitRequest>(&OffsetCommitResponse::default().with_topics(topics))
    }

    fn offset(topic: &str, partition: i32, committed: i64) -> GroupOffset {
        GroupOffset { topic: topic.parse().unwrap(), partition: PartitionId(partition), committed }
    }

    #[tokio::test]
    async fn the_coordinator_is_found_and_says_of_every_partition_what_became_of_it() {
        let broker = StandIn::usual(|heard| script(&heard)).await;
        let addresses = Addresses::Explicit([(BrokerId(1), broker.address.clone())].into());
        let bootstrap = vec![broker.address.clone()];
        let client = Client::new(ClientConfig { bootstrap, addresses, ..ClientConfig::new() });
        let group: GroupId = "app".parse().unwrap();
        let found = client.find_coordinator(&group).await.unwrap();
        assert_eq!(found, BrokerId(1));
        let wanted = vec![offset("a", 0, 5), offset("b", 7, i64::MAX), offset("a", 1, 0)];
        let said = client.commit_offsets(&group, found, wanted).await.unwrap();
        let said: Vec<_> = said
            .into_iter()
            .map(|((topic, partition), outcome)| (topic.to_string(), partition.0, outcome.err().map(|e| e.code)))
            .collect();
        let a = |partition| ("a".to_owned(), partition, None);
        assert_eq!(said, [a(0), a(1), ("b".to_owned(), 7, Some(ErrorCode::UnknownMemberId))]);
        assert_eq!(broker.heard::<OffsetCommitRequest>(), 1, "all of it at once");
    }

    #[test]
    fn older_brokers_are_asked_for_one_key() {
        let request = FindCoordinatorRequest::default().with_coordinator_keys(vec![words::text("g")]);
        let old = with_one_key(request.clone(), 3);
        assert_eq!((&*old.key, old.coordinator_keys.len()), ("g", 0));
        assert_eq!(with_one_key(request.clone(), 4), request);
        let answer = FindCoordinatorResponse::default().with_node_id(messages::BrokerId(4));
        assert_eq!(coordinator(&answer), BrokerId(4));
    }
}
