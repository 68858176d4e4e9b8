//! Disks: two log directories for each broker, partitions in the one or the other.

use super::{Question, index, text};
use bytes::Bytes;
use kafka_protocol::messages::{
    DescribeLogDirsRequest, DescribeLogDirsResponse, TopicName,
    describe_log_dirs_response::{DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic},
};

const DISKS: usize = 2;
/// Of each disk, at least.
const LEAST_BYTES: i64 = 1 << 40;

pub(super) fn describe(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let results = (0..DISKS).map(|disk| directory(question, disk)).collect();
    question.heard.answer::<DescribeLogDirsRequest>(&DescribeLogDirsResponse::default().with_results(results))
}

fn directory(question: &Question<'_>, disk: usize) -> DescribeLogDirsResult {
    let mut used = 0;
    let mut topics = Vec::new();
    for topic in question.topics() {
        let here = topic.partitions.iter().enumerate().filter(|(n, _)| n % DISKS == disk);
        let replicas = here.filter(|(_, partition)| partition.replicas.contains(&question.broker));
        let sizes: Vec<DescribeLogDirsPartition> = replicas
            .map(|(n, partition)| {
                let bytes = partition.bytes_on(question.broker, question.condition.age);
                used += bytes;
                DescribeLogDirsPartition::default().with_partition_index(index(n)).with_partition_size(bytes)
            })
            .collect();
        if !sizes.is_empty() {
            let name = TopicName(topic.name.clone());
            topics.push(DescribeLogDirsTopic::default().with_name(name).with_partitions(sizes));
        }
    }
    // Full to between a third and nearly all, another share on every broker.
    let total = LEAST_BYTES.max(used + used / i64::from(question.broker.clamp(1, 2_000)) + used / 20);
    DescribeLogDirsResult::default()
        .with_log_dir(text(&format!("/var/lib/kafka/disk-{}", disk + 1)))
        .with_topics(topics)
        .with_total_bytes(total)
        .with_usable_bytes(total - used)
}
