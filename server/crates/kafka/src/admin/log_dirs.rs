//! Disks: what lies in each log directory of each broker, and how much room is left (KIP-113, KIP-827).

use super::words;
use crate::{
    Client, ClientError, KafkaError,
    client::{Ask, Target},
};
use futures::{StreamExt, stream};
use kafka_protocol::messages::{
    DescribeLogDirsRequest,
    describe_log_dirs_response::{DescribeLogDirsResult, DescribeLogDirsTopic},
};
use klamm_model::{BrokerId, Known, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// One log directory of one broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDirDescription {
    /// Its path inside the broker.
    pub path: String,
    /// Why the broker gave it up, when it has.
    pub error: Option<KafkaError>,
    /// Size of the volume.
    pub total_bytes: Known<u64>,
    /// Bytes left on the volume.
    pub usable_bytes: Known<u64>,
    /// What lies in it.
    pub topics: BTreeMap<TopicName, Vec<ReplicaSize>>,
}

/// A replica in a log directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaSize {
    /// Of this partition.
    pub partition: PartitionId,
    /// Its bytes.
    pub bytes: u64,
    /// Records it is behind (of a replica being moved: behind the one it will replace).
    pub lag: Known<u64>,
    /// Whether it is being moved into this directory.
    pub future: bool,
}

/// Brokers asked at once.
const BROKERS: usize = 8;

impl Client {
    /// Log directories of each broker; a broker that does not answer has its own error.
    pub async fn describe_log_dirs(
        &self,
        brokers: &BTreeSet<BrokerId>,
    ) -> BTreeMap<BrokerId, Result<Vec<LogDirDescription>, ClientError>> {
        let ask = |broker: BrokerId| async move { (broker, self.log_dirs_of(broker).await) };
        stream::iter(brokers.iter().copied().map(ask)).buffer_unordered(BROKERS).collect().await
    }

    /// Log directories of one broker.
    pub async fn log_dirs_of(&self, broker: BrokerId) -> Result<Vec<LogDirDescription>, ClientError> {
        let request = DescribeLogDirsRequest::default().with_topics(None);
        let ask = Ask::look(&request)
            .to(Target::Broker(broker))
            .judged(|response| KafkaError::check(response.error_code, None));
        Ok(self.ask(ask).await?.results.iter().map(directory).collect())
    }
}

fn directory(result: &DescribeLogDirsResult) -> LogDirDescription {
    LogDirDescription {
        path: result.log_dir.to_string(),
        error: KafkaError::check(result.error_code, None).err(),
        total_bytes: words::known_size(result.total_bytes),
        usable_bytes: words::known_size(result.usable_bytes),
        topics: result
            .topics
            .iter()
            .filter_map(|topic| Some((words::topic_name(&topic.name)?, replicas(topic))))
            .collect(),
    }
}

fn replicas(topic: &DescribeLogDirsTopic) -> Vec<ReplicaSize> {
    let replica = |partition: &kafka_protocol::messages::describe_log_dirs_response::DescribeLogDirsPartition| {
        Some(ReplicaSize {
            partition: PartitionId(partition.partition_index),
            bytes: u64::try_from(partition.partition_size).ok()?,
            lag: words::known_size(partition.offset_lag),
            future: partition.is_future_key,
        })
    };
    topic.partitions.iter().filter_map(replica).collect()
}
