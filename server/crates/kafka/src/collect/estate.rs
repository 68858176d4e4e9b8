//! A cluster of one stand-in broker with any number of topics, for tests of the collector.

use crate::{
    Address,
    stand_in::{Heard, Reply, StandIn, cluster},
};
use kafka_protocol::{
    messages::{
        BrokerId, DescribeClusterRequest, DescribeConfigsRequest, DescribeConfigsResponse, DescribeLogDirsRequest,
        DescribeLogDirsResponse, DescribeQuorumRequest, DescribeQuorumResponse, ListGroupsRequest, ListGroupsResponse,
        ListOffsetsRequest, ListOffsetsResponse, MetadataRequest, MetadataResponse, TopicName,
        describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult},
        describe_log_dirs_response::{DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic},
        list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse},
        metadata_response::{MetadataResponsePartition, MetadataResponseTopic},
    },
    protocol::{Request, StrBytes},
};
use std::sync::{Arc, OnceLock};

/// How large it is, and which request it refuses.
#[derive(Clone, Copy)]
pub(super) struct Estate {
    pub(super) topics: usize,
    pub(super) partitions: i32,
    pub(super) refuses: Option<i16>,
}

impl Estate {
    pub(super) async fn start(self) -> StandIn {
        let own = Arc::new(OnceLock::<Address>::new());
        let told = own.clone();
        let broker = StandIn::usual(move |heard| self.reply(&heard, told.get())).await;
        own.get_or_init(|| broker.address.clone());
        broker
    }

    fn reply(self, heard: &Heard, own: Option<&Address>) -> Reply {
        if self.refuses == Some(heard.key) {
            return Reply::HangUp;
        }
        match heard.key {
            DescribeClusterRequest::KEY => cluster(heard, own.map(std::slice::from_ref).unwrap_or_default()),
            MetadataRequest::KEY => heard.answer::<MetadataRequest>(&self.metadata()),
            DescribeLogDirsRequest::KEY => heard.answer::<DescribeLogDirsRequest>(&self.log_dirs()),
            ListOffsetsRequest::KEY => offsets(heard),
            DescribeConfigsRequest::KEY => configs(heard),
            ListGroupsRequest::KEY => heard.answer::<ListGroupsRequest>(&ListGroupsResponse::default()),
            DescribeQuorumRequest::KEY => {
                heard.answer::<DescribeQuorumRequest>(&DescribeQuorumResponse::default().with_error_code(31))
            }
            _ => Reply::HangUp,
        }
    }

    fn names(self) -> impl Iterator<Item = TopicName> {
        (0..self.topics).map(|n| TopicName(StrBytes::from_string(format!("topic-{n}"))))
    }

    fn metadata(self) -> MetadataResponse {
        let partition = |index| {
            MetadataResponsePartition::default()
                .with_partition_index(index)
                .with_leader_id(BrokerId(1))
                .with_replica_nodes(vec![BrokerId(1)])
                .with_isr_nodes(vec![BrokerId(1)])
        };
        let topic = |name| {
            let partitions = (0..self.partitions).map(partition).collect();
            MetadataResponseTopic::default().with_name(Some(name)).with_partitions(partitions)
        };
        MetadataResponse::default().with_topics(self.names().map(topic).collect())
    }

    fn log_dirs(self) -> DescribeLogDirsResponse {
        let partition =
            |index| DescribeLogDirsPartition::default().with_partition_index(index).with_partition_size(100);
        let topic = |name| {
            let partitions = (0..self.partitions).map(partition).collect();
            DescribeLogDirsTopic::default().with_name(name).with_partitions(partitions)
        };
        let dir = DescribeLogDirsResult::default()
            .with_log_dir(StrBytes::from_static_str("/data"))
            .with_topics(self.names().map(topic).collect())
            .with_total_bytes(1 << 40)
            .with_usable_bytes(-1);
        DescribeLogDirsResponse::default().with_results(vec![dir])
    }
}

fn offsets(heard: &Heard) -> Reply {
    let topics = heard.read::<ListOffsetsRequest>().topics.into_iter().map(|topic| {
        let offset = |partition: &kafka_protocol::messages::list_offsets_request::ListOffsetsPartition| {
            ListOffsetsPartitionResponse::default()
                .with_partition_index(partition.partition_index)
                .with_offset(if partition.timestamp == -1 { 50 } else { 20 })
        };
        let partitions = topic.partitions.iter().map(offset).collect();
        ListOffsetsTopicResponse::default().with_name(topic.name).with_partitions(partitions)
    });
    heard.answer::<ListOffsetsRequest>(&ListOffsetsResponse::default().with_topics(topics.collect()))
}

/// One key set on the topic, and forty defaults, as real brokers answer.
fn configs(heard: &Heard) -> Reply {
    let config = |(key, source): (String, i8)| {
        DescribeConfigsResourceResult::default()
            .with_name(StrBytes::from_string(key))
            .with_value(Some(StrBytes::from_static_str("60000")))
            .with_config_source(source)
    };
    let results = heard.read::<DescribeConfigsRequest>().resources.into_iter().map(|resource| {
        let keys = [("retention.ms".to_owned(), 1)].into_iter().chain((0..40).map(|n| (format!("default.{n}"), 5)));
        DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name)
            .with_configs(keys.map(config).collect())
    });
    heard.answer::<DescribeConfigsRequest>(&DescribeConfigsResponse::default().with_results(results.collect()))
}
