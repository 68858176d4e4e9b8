//! The cluster itself: what brokers can do, who they are, who leads the quorum.

use super::{ANSWERED, Question, text, uuid};
use crate::estate::Fault;
use bytes::Bytes;
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, ApiVersionsResponse, BrokerId, DescribeClusterRequest, DescribeClusterResponse,
    DescribeQuorumRequest, DescribeQuorumResponse, TopicName,
    api_versions_response::{ApiVersion, FinalizedFeatureKey, SupportedFeatureKey},
    describe_cluster_response::DescribeClusterBroker,
    describe_quorum_response::{PartitionData, ReplicaState, TopicData},
};
use std::time::{SystemTime, UNIX_EPOCH};

/// 4.1-IV1.
const METADATA_VERSION: i16 = 27;
const CLUSTER_ID: &str = "c3RhbmQtaW4tZXN0YXRlMQ";
/// Nobody to lead; as the protocol says it.
const NOBODY: BrokerId = BrokerId(-1);
/// Records of metadata at the beginning.
const METADATA_END: i64 = 250_000;

pub(super) fn versions(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let api = |key: &ApiKey| {
        let range = key.valid_versions();
        ApiVersion::default().with_api_key(*key as i16).with_min_version(range.min).with_max_version(range.max)
    };
    let name = || text("metadata.version");
    let supported =
        SupportedFeatureKey::default().with_name(name()).with_min_version(7).with_max_version(METADATA_VERSION);
    let finalized = FinalizedFeatureKey::default()
        .with_name(name())
        .with_min_version_level(METADATA_VERSION)
        .with_max_version_level(METADATA_VERSION);
    let response = ApiVersionsResponse::default()
        .with_api_keys(ANSWERED.iter().map(api).collect())
        .with_supported_features(vec![supported])
        .with_finalized_features_epoch(1)
        .with_finalized_features(vec![finalized]);
    question.heard.answer::<ApiVersionsRequest>(&response)
}

pub(super) fn describe(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let broker = |(id, address): (i32, std::net::SocketAddr)| {
        DescribeClusterBroker::default()
            .with_broker_id(BrokerId(id))
            .with_host(text(&address.ip().to_string()))
            .with_port(i32::from(address.port()))
            .with_rack(Some(text(&question.shared.world.size.rack(id))))
            .with_is_fenced(question.condition.is_dead(id))
    };
    let fenced_too = question.heard.read::<DescribeClusterRequest>()?.include_fenced_brokers;
    let listed = question.brokers().filter(|(id, _)| fenced_too || !question.condition.is_dead(*id));
    let response = DescribeClusterResponse::default()
        .with_cluster_id(text(CLUSTER_ID))
        .with_controller_id(BrokerId(question.broker))
        .with_brokers(listed.map(broker).collect());
    question.heard.answer::<DescribeClusterRequest>(&response)
}

/// The first three brokers vote; the first of them that lives leads.
pub(super) fn quorum(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let end = METADATA_END + question.condition.age;
    let replica = |id: i32| {
        let dead = question.condition.is_dead(id);
        let mut directory = [7; 16];
        directory[12..].copy_from_slice(&id.to_be_bytes());
        let seen = if dead { now - 60_000 } else { now };
        ReplicaState::default()
            .with_replica_id(BrokerId(id))
            .with_replica_directory_id(uuid(&directory))
            .with_log_end_offset(if dead { end - 1_000 } else { end })
            .with_last_fetch_timestamp(seen)
            .with_last_caught_up_timestamp(seen)
    };
    let all: Vec<i32> = question.brokers().map(|(id, _)| id).collect();
    let (voters, observers): (Vec<i32>, Vec<i32>) = all.into_iter().partition(|id| *id <= 3);
    let leader = voters.iter().find(|id| !question.condition.is_dead(**id)).map_or(NOBODY, |id| BrokerId(*id));
    let leaderless = question.condition.has(Fault::NoController);
    let partition = PartitionData::default()
        .with_leader_id(if leaderless { NOBODY } else { leader })
        .with_leader_epoch(3)
        .with_high_watermark(end)
        .with_current_voters(voters.into_iter().map(replica).collect())
        .with_observers(observers.into_iter().map(replica).collect());
    let topic =
        TopicData::default().with_topic_name(TopicName(text("__cluster_metadata"))).with_partitions(vec![partition]);
    let response = DescribeQuorumResponse::default()
        // Brokers pass the question on, and nobody is there to take it: REQUEST_TIMED_OUT.
        .with_error_code(if leaderless { 7 } else { 0 })
        .with_topics(vec![topic]);
    question.heard.answer::<DescribeQuorumRequest>(&response)
}
