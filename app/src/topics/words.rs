//! How topics and their configuration are told, in words. Pure.

#[cfg(feature = "ssr")]
use crate::clusters::counted;
#[cfg(feature = "ssr")]
use klamm_model::{ConfigSource, Health, TopicRow, human_count};
use klamm_model::{Owner, OwnerKind, human_bytes};

/// The state of a topic, in a sentence that begins with its name.
#[cfg(feature = "ssr")]
pub(super) fn sentence(topic: &TopicRow) -> String {
    let name = &topic.name;
    let of_all = |some: u32| {
        let all = counted(topic.partition_count.into(), "partition", "partitions");
        format!("{} of {all}", human_count(some.into()))
    };
    match topic.health {
        Health::Healthy => format!("{name} is served, every replica in sync"),
        Health::Unavailable if topic.offline > 0 => format!("{name} does not serve {}", of_all(topic.offline)),
        Health::Unavailable => format!("{name} is not served"),
        Health::Degraded if topic.under_replicated > 0 => {
            format!("{name} is served, {} short of a replica", of_all(topic.under_replicated))
        }
        Health::Degraded => format!("{name} is served, with less safety than asked for"),
        Health::Unknown => format!("{name} is there, its state unknown"),
    }
}

/// `+1.5 GiB/day`.
pub(crate) fn growth(bytes_per_day: i64) -> String {
    let sign = if bytes_per_day < 0 { "−" } else { "+" };
    format!("{sign}{}/day", human_bytes(bytes_per_day.unsigned_abs()))
}

/// `1.8 times the mean`, `20 times the mean`.
#[cfg(feature = "ssr")]
pub(super) fn times_the_mean(times: f64) -> String {
    let decimals = usize::from(times < 9.95);
    format!("{times:.decimals$} times the mean")
}

/// `ConfigMap payments/sample-topic`.
pub(crate) fn owner(owner: &Owner) -> String {
    let kind = match owner.kind {
        OwnerKind::KafkaTopic => "KafkaTopic",
        OwnerKind::ConfigMap => "ConfigMap",
    };
    format!("{kind} {}/{}", owner.namespace, owner.name)
}

#[cfg(feature = "ssr")]
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

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use klamm_model::Known;

    #[test]
    fn a_topic_is_told_by_its_worst_side() {
        let told = |health, under_replicated, offline| {
            sentence(&TopicRow {
                name: "t".parse().unwrap(),
                partition_count: 20,
                replication_factor: 2,
                under_replicated,
                offline,
                size_bytes: Known::Unknown,
                records_per_second: Known::Unknown,
                bytes_in_per_second: Known::Unknown,
                bytes_out_per_second: Known::Unknown,
                records: Known::Unknown,
                group_count: Known::Unknown,
                last_write_at: Known::Unknown,
                growth_bytes_per_day: Known::Unknown,
                owner: None,
                team: None,
                health,
            })
        };
        assert_eq!(told(Health::Healthy, 0, 0), "t is served, every replica in sync");
        assert_eq!(told(Health::Degraded, 3, 0), "t is served, 3 of 20 partitions short of a replica");
        assert_eq!(told(Health::Unavailable, 3, 1), "t does not serve 1 of 20 partitions");
        assert_eq!(told(Health::Unknown, 0, 0), "t is there, its state unknown");
    }

    #[test]
    fn how_far_a_partition_is_above_the_mean_is_told_as_exactly_as_it_matters() {
        let told = [1.87, 2.0, 9.97, 20.0].map(times_the_mean);
        assert_eq!(told, ["1.9", "2.0", "10", "20"].map(|times| format!("{times} times the mean")));
    }
}
