//! Disks: what lies in each log directory of each broker, and how much room is left (KIP-113, KIP-827).

use super::{TopicPartition, words};
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

/// What lies on a broker, by its own log directories: they also tell what metadata no longer does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Partitions it has a replica of, on their way into another directory or not.
    pub partitions: BTreeSet<TopicPartition>,
    /// Those on their way into another directory, which have two copies here.
    pub arriving: BTreeSet<TopicPartition>,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Directories it gave up, of which it does not tell what lies in them.
    pub unread: Vec<String>,
}

impl Holdings {
    /// What these directories hold together.
    pub fn of(dirs: &[LogDirDescription]) -> Self {
        let mut holdings = Self::default();
        for dir in dirs {
            if dir.error.is_some() {
                holdings.unread.push(dir.path.clone());
            }
            for (topic, replicas) in &dir.topics {
                for replica in replicas {
                    let partition = (topic.clone(), replica.partition);
                    if replica.future {
                        holdings.arriving.insert(partition.clone());
                    }
                    holdings.partitions.insert(partition);
                    holdings.bytes += replica.bytes;
                }
            }
        }
        holdings
    }

    /// How many partitions lie here; unknown while a directory cannot be read.
    pub fn count(&self) -> Known<u64> {
        let count = u64::try_from(self.partitions.len()).ok();
        count.filter(|_| self.unread.is_empty()).into()
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;

    fn dir(path: &str, replicas: &[(&str, i32, bool)]) -> LogDirDescription {
        let mut topics: BTreeMap<TopicName, Vec<ReplicaSize>> = BTreeMap::new();
        for (topic, partition, future) in replicas {
            let partition = PartitionId(*partition);
            let replica = ReplicaSize { partition, bytes: 10, lag: Known::Known(0), future: *future };
            topics.entry(topic.parse().unwrap()).or_default().push(replica);
        }
        let path = path.to_owned();
        LogDirDescription { path, error: None, total_bytes: Known::Unknown, usable_bytes: Known::Unknown, topics }
    }

    #[test]
    fn a_broker_is_empty_only_when_all_its_directories_say_so() {
        let orders: TopicName = "orders".parse().unwrap();
        let empty = [dir("/a", &[]), dir("/b", &[])];
        assert_eq!(Holdings::of(&empty).count(), Known::Known(0));

        let moving = [dir("/a", &[("orders", 0, false), ("orders", 1, false)]), dir("/b", &[("orders", 0, true)])];
        let holdings = Holdings::of(&moving);
        assert_eq!((holdings.count(), holdings.bytes), (Known::Known(2), 30));
        assert_eq!(holdings.arriving, [(orders, PartitionId(0))].into());

        let broken = LogDirDescription { error: Some(ErrorCode::StorageError.into()), ..dir("/b", &[]) };
        let holdings = Holdings::of(&[dir("/a", &[]), broken]);
        assert_eq!((holdings.count(), holdings.unread), (Known::Unknown, vec!["/b".to_owned()]));
    }
}
