//! How topics and their configuration are told, in words. Pure.

use crate::clusters::counted;
use klamm_model::{ConfigSource, Health, Known, Owner, OwnerKind, PartitionView, TopicView, human_bytes, human_count};

/// The state of a topic, in a sentence that begins with its name.
pub(super) fn sentence(topic: &TopicView) -> String {
    let all = topic.partitions.len() as u64;
    let offline = count(topic, |partition| partition.leader.is_none());
    let behind = count(topic, |partition| partition.in_sync.len() < partition.replicas.len());
    let name = &topic.name;
    match topic.health {
        Health::Healthy => format!("{name} is served, every replica in sync"),
        Health::Unavailable if offline > 0 => {
            format!("{name} does not serve {} of {}", human_count(offline), counted(all, "partition", "partitions"))
        }
        Health::Unavailable => format!("{name} is not served"),
        Health::Degraded if behind > 0 => {
            format!(
                "{name} is served, {} of {} short of a replica",
                human_count(behind),
                counted(all, "partition", "partitions")
            )
        }
        Health::Degraded => format!("{name} is served, with less safety than asked for"),
        Health::Unknown => format!("{name} is there, its state unknown"),
    }
}

fn count(topic: &TopicView, is: impl Fn(&PartitionView) -> bool) -> u64 {
    topic.partitions.iter().filter(|partition| is(partition)).count() as u64
}

/// Records between the first and the next offset of all partitions; unknown when one of them is.
pub(super) fn records(partitions: &[PartitionView]) -> Known<u64> {
    partitions
        .iter()
        .map(|partition| match (partition.earliest_offset, partition.latest_offset) {
            (Known::Known(earliest), Known::Known(latest)) => u64::try_from(latest.saturating_sub(earliest)).ok(),
            (Known::Unknown, _) | (_, Known::Unknown) => None,
        })
        .sum::<Option<u64>>()
        .into()
}

/// `ConfigMap payments/sample-topic`.
pub(crate) fn owner(owner: &Owner) -> String {
    let kind = match owner.kind {
        OwnerKind::KafkaTopic => "KafkaTopic",
        OwnerKind::ConfigMap => "ConfigMap",
    };
    format!("{kind} {}/{}", owner.namespace, owner.name)
}

pub(super) fn source(source: ConfigSource) -> &'static str {
    match source {
        ConfigSource::Topic => "this topic",
        ConfigSource::DynamicBroker => "one broker, while running",
        ConfigSource::DynamicDefaultBroker => "all brokers, while running",
        ConfigSource::StaticBroker => "brokers' configuration",
        ConfigSource::Default => "Kafka's default",
        ConfigSource::Group => "the group",
        ConfigSource::Unknown => "unknown",
    }
}

/// What a value means to people, where its key says how to read it: `7 days`, `1 GiB`, `without limit`.
pub(super) fn meaning(key: &str, value: &str) -> Option<String> {
    let number: i64 = value.parse().ok()?;
    if number == -1 {
        return ["retention.ms", "retention.bytes", "local.retention.ms", "local.retention.bytes"]
            .contains(&key)
            .then(|| "without limit".to_owned());
    }
    let number = u64::try_from(number).ok()?;
    match key.rsplit('.').next() {
        Some("ms") => Some(duration(number)),
        Some("bytes") => Some(human_bytes(number)).filter(|words| !words.ends_with(" B")),
        Some(_) | None => None,
    }
}

/// A duration in the largest unit that divides it: `7 days`, `36 h`, `90 s`, `1500 ms`.
fn duration(millis: u64) -> String {
    const UNITS: [(u64, &str, &str); 4] =
        [(86_400_000, "day", "days"), (3_600_000, "h", "h"), (60_000, "min", "min"), (1000, "s", "s")];
    let unit = UNITS.iter().find(|(size, _, _)| millis >= *size && millis.is_multiple_of(*size));
    match unit {
        Some((size, one, many)) => counted(millis / size, one, many),
        None => format!("{} ms", human_count(millis)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::{BrokerId, PartitionId};

    #[test]
    fn values_are_told_in_the_units_their_keys_name() {
        assert_eq!(meaning("retention.ms", "604800000").unwrap(), "7 days");
        assert_eq!(meaning("retention.ms", "-1").unwrap(), "without limit");
        assert_eq!(meaning("segment.ms", "5400000").unwrap(), "90 min");
        assert_eq!(meaning("delete.retention.ms", "1500").unwrap(), "1\u{202f}500 ms");
        assert_eq!(meaning("segment.bytes", "1073741824").unwrap(), "1 GiB");
        assert_eq!(meaning("flush.messages", "9223372036854775807"), None);
        assert_eq!(meaning("cleanup.policy", "compact"), None);
        assert_eq!(meaning("min.insync.replicas", "2"), None);
    }

    fn partition(earliest: Known<i64>, latest: Known<i64>) -> PartitionView {
        PartitionView {
            id: PartitionId(0),
            leader: Some(BrokerId(0)),
            replicas: vec![BrokerId(0)],
            in_sync: vec![BrokerId(0)],
            earliest_offset: earliest,
            latest_offset: latest,
            size_bytes: Known::Unknown,
        }
    }

    #[test]
    fn records_are_unknown_as_soon_as_one_partition_is() {
        let known = partition(Known::Known(10), Known::Known(25));
        assert_eq!(records(&[known.clone(), known.clone()]), Known::Known(30));
        assert_eq!(records(&[known, partition(Known::Known(0), Known::Unknown)]), Known::Unknown);
    }
}
