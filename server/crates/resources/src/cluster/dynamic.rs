//! Broker settings that change in a running broker (KIP-226), for the whole cluster at once.
//!
//! Taken from `DynamicBrokerConfig.dynamicConfigUpdateModes` of each line. Settings of single brokers are left out: Klamm
//! sets those itself. So are `metric.reporters` and `config.providers`, whose classes are surely loaded by a restart alone,
//! the limits of replication, which operations set and take away, and the few that a newer line no longer knows.

use crate::KafkaVersion;

/// Whether brokers of that version take another value of a setting while they run.
pub fn is_dynamic_setting(key: &str, version: KafkaVersion) -> bool {
    SINCE.iter().any(|(since, keys)| (version.major, version.minor) >= *since && keys.contains(&key))
}

/// The release line that began to take them, and the keys.
const SINCE: &[((u16, u16), &[&str])] = &[
    (
        (0, 0),
        &[
            "background.threads",
            "compression.gzip.level",
            "compression.lz4.level",
            "compression.type",
            "compression.zstd.level",
            "log.cleaner.backoff.ms",
            "log.cleaner.dedupe.buffer.size",
            "log.cleaner.delete.retention.ms",
            "log.cleaner.io.buffer.load.factor",
            "log.cleaner.io.buffer.size",
            "log.cleaner.io.max.bytes.per.second",
            "log.cleaner.max.compaction.lag.ms",
            "log.cleaner.min.cleanable.ratio",
            "log.cleaner.min.compaction.lag.ms",
            "log.cleaner.threads",
            "log.cleanup.policy",
            "log.flush.interval.messages",
            "log.flush.interval.ms",
            "log.index.interval.bytes",
            "log.index.size.max.bytes",
            "log.local.retention.bytes",
            "log.local.retention.ms",
            "log.message.timestamp.after.max.ms",
            "log.message.timestamp.before.max.ms",
            "log.message.timestamp.type",
            "log.preallocate",
            "log.retention.bytes",
            "log.retention.ms",
            "log.roll.jitter.ms",
            "log.roll.ms",
            "log.segment.bytes",
            "log.segment.delete.delay.ms",
            "max.connection.creation.rate",
            "max.connections",
            "max.connections.per.ip",
            "max.connections.per.ip.overrides",
            "message.max.bytes",
            "min.insync.replicas",
            "num.io.threads",
            "num.network.threads",
            "num.recovery.threads.per.data.dir",
            "num.replica.fetchers",
            "producer.id.expiration.ms",
            "remote.fetch.max.wait.ms",
            "remote.log.index.file.cache.total.size.bytes",
            "remote.log.manager.copy.max.bytes.per.second",
            "remote.log.manager.fetch.max.bytes.per.second",
            "transaction.partition.verification.enable",
            "unclean.leader.election.enable",
        ],
    ),
    (
        (4, 0),
        &[
            "remote.list.offsets.request.timeout.ms",
            "remote.log.manager.copier.thread.pool.size",
            "remote.log.manager.expiration.thread.pool.size",
            "remote.log.reader.threads",
        ],
    ),
    ((4, 2), &["remote.log.manager.follower.thread.pool.size"]),
    (
        (4, 3),
        &[
            "follower.fetch.last.tiered.offset.enable",
            "group.consumer.assignment.interval.ms",
            "group.coordinator.cached.buffer.max.bytes",
            "group.share.assignment.interval.ms",
            "group.streams.assignment.interval.ms",
            "share.coordinator.cached.buffer.max.bytes",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_brokers_learned_later_takes_a_restart_before() {
        let version = |text: &str| text.parse::<KafkaVersion>().unwrap();
        for old in ["3.9.2", "4.3.1"] {
            assert!(is_dynamic_setting("log.retention.ms", version(old)));
            assert!(is_dynamic_setting("min.insync.replicas", version(old)));
            assert!(!is_dynamic_setting("num.partitions", version(old)));
            assert!(!is_dynamic_setting("log.retention.hours", version(old)));
        }
        assert!(!is_dynamic_setting("remote.log.reader.threads", version("3.9.2")));
        assert!(is_dynamic_setting("remote.log.reader.threads", version("4.0.2")));
        assert!(!is_dynamic_setting("group.consumer.assignment.interval.ms", version("4.2.1")));
        assert!(is_dynamic_setting("group.consumer.assignment.interval.ms", version("4.3.1")));
    }
}
