//! What topic configuration means, in plain words: what each key is for, and values in the units their keys name.

use klamm_model::{ConfigSubject, human_bytes, human_count};

/// What a key is about, and what it means in a sentence; none for keys that came after this program.
pub(crate) fn of_key(key: &str) -> Option<(ConfigSubject, &'static str)> {
    KEYS.binary_search_by_key(&key, |(known, _, _)| known).ok().and_then(|place| {
        let (_, subject, sentence) = KEYS.get(place)?;
        Some((*subject, *sentence))
    })
}

/// Topic configuration of Kafka 3.9 to 4.3, by key.
const KEYS: &[(&str, ConfigSubject, &str)] = &[
    (
        "cleanup.policy",
        ConfigSubject::Keeping,
        "What becomes of old records: delete drops them by age or size, compact keeps the newest of each key; both can be set together.",
    ),
    (
        "compression.gzip.level",
        ConfigSubject::Writing,
        "How hard brokers try where they compress with gzip: higher is smaller and slower.",
    ),
    (
        "compression.lz4.level",
        ConfigSubject::Writing,
        "How hard brokers try where they compress with lz4: higher is smaller and slower.",
    ),
    (
        "compression.type",
        ConfigSubject::Writing,
        "How brokers store batches: producer leaves them as they come, any other value compresses them anew.",
    ),
    (
        "compression.zstd.level",
        ConfigSubject::Writing,
        "How hard brokers try where they compress with zstd: higher is smaller and slower.",
    ),
    (
        "delete.retention.ms",
        ConfigSubject::Compaction,
        "How long the mark of a deleted key stays, so that readers that are behind still learn of the deletion.",
    ),
    (
        "file.delete.delay.ms",
        ConfigSubject::Files,
        "How long a deleted file still lies on the disk, so that whoever reads from it can finish.",
    ),
    (
        "flush.messages",
        ConfigSubject::Safety,
        "After how many records a broker makes the disk write; usually left to replicas and the operating system.",
    ),
    (
        "flush.ms",
        ConfigSubject::Safety,
        "After how long a broker makes the disk write; usually left to replicas and the operating system.",
    ),
    (
        "follower.replication.throttled.replicas",
        ConfigSubject::Moving,
        "Which replicas fetch at reduced speed, as partition:broker pairs; set and cleared by whoever moves partitions.",
    ),
    (
        "index.interval.bytes",
        ConfigSubject::Files,
        "After how many bytes the index of a file gets another entry: less finds a record faster, with a larger index.",
    ),
    (
        "leader.replication.throttled.replicas",
        ConfigSubject::Moving,
        "Which replicas are sent to at reduced speed, as partition:broker pairs; set and cleared by whoever moves partitions.",
    ),
    (
        "local.retention.bytes",
        ConfigSubject::Tiered,
        "How much of a partition stays on the brokers' own disks once it has been copied away.",
    ),
    (
        "local.retention.ms",
        ConfigSubject::Tiered,
        "How long records stay on the brokers' own disks once they have been copied away.",
    ),
    (
        "max.compaction.lag.ms",
        ConfigSubject::Compaction,
        "After how long at the latest a record is looked at by compaction, however little there is to gain.",
    ),
    (
        "max.message.bytes",
        ConfigSubject::Writing,
        "The largest batch of records that is accepted, counted after compression.",
    ),
    (
        "message.downconversion.enable",
        ConfigSubject::Writing,
        "Whether brokers rewrite records for clients so old that they cannot read the present format.",
    ),
    (
        "message.format.version",
        ConfigSubject::Writing,
        "The format records were once stored in; brokers of today ignore it.",
    ),
    (
        "message.timestamp.after.max.ms",
        ConfigSubject::Writing,
        "How far in the future the time may lie that a producer gives a record; what lies further is refused.",
    ),
    (
        "message.timestamp.before.max.ms",
        ConfigSubject::Writing,
        "How far in the past the time may lie that a producer gives a record; what lies further is refused.",
    ),
    (
        "message.timestamp.difference.max.ms",
        ConfigSubject::Writing,
        "How far the time that a producer gives a record may be from the broker's; newer brokers ask for past and future apart.",
    ),
    (
        "message.timestamp.type",
        ConfigSubject::Writing,
        "Which time a record carries: CreateTime is what the producer says, LogAppendTime is when the broker wrote it down.",
    ),
    (
        "min.cleanable.dirty.ratio",
        ConfigSubject::Compaction,
        "What share of a log has to be new before it is compacted again: less saves disk, more saves work.",
    ),
    (
        "min.compaction.lag.ms",
        ConfigSubject::Compaction,
        "How long every record can be read before compaction may drop it for a newer one of its key.",
    ),
    (
        "min.insync.replicas",
        ConfigSubject::Safety,
        "How many replicas must be in sync for writes that want acks=all; with fewer such writes are refused.",
    ),
    ("preallocate", ConfigSubject::Files, "Whether a file takes its full size on the disk as soon as it is begun."),
    (
        "remote.log.copy.disable",
        ConfigSubject::Tiered,
        "Whether nothing more is copied to remote storage; what is there already can still be read.",
    ),
    (
        "remote.log.delete.on.disable",
        ConfigSubject::Tiered,
        "Whether what lies in remote storage is deleted when remote storage is switched off.",
    ),
    (
        "remote.storage.enable",
        ConfigSubject::Tiered,
        "Whether closed files are also copied to the remote storage that the brokers are set up with.",
    ),
    (
        "retention.bytes",
        ConfigSubject::Keeping,
        "How large one partition may grow before its oldest records are deleted.",
    ),
    (
        "retention.ms",
        ConfigSubject::Keeping,
        "How long records are kept before they may be deleted. Whole files go at once, so some stay longer.",
    ),
    (
        "segment.bytes",
        ConfigSubject::Files,
        "How large a file of the log grows before the next is begun. Only closed files are deleted or compacted.",
    ),
    ("segment.index.bytes", ConfigSubject::Files, "How large the index beside a file of the log may become."),
    (
        "segment.jitter.ms",
        ConfigSubject::Files,
        "A random time that is taken off segment.ms, so that not all partitions begin a file at the same moment.",
    ),
    ("segment.ms", ConfigSubject::Files, "After how long the next file is begun though this one is not full."),
    (
        "unclean.leader.election.enable",
        ConfigSubject::Safety,
        "Whether a replica that is behind may lead when nobody else is left: the topic serves again, and records may be lost.",
    ),
];

/// A value as people say it, where its key tells how to read it: `7 days`, `1 GiB`, `without limit`.
pub(crate) fn in_words(key: &str, value: &str) -> Option<String> {
    if key.strip_suffix(".ratio").is_some() {
        return percent(value);
    }
    let number: i64 = value.parse().ok()?;
    let limit = || Some("without limit".to_owned());
    match number {
        -1 if key.ends_with("retention.ms") || key.ends_with("retention.bytes") => return limit(),
        -2 => {
            return key
                .strip_prefix("local.")
                .filter(|key| key.starts_with("retention."))
                .map(|key| format!("like {key}"));
        }
        i64::MAX if key.starts_with("flush.") => return Some("never".to_owned()),
        i64::MAX => return limit(),
        _ => {}
    }
    let number = u64::try_from(number).ok()?;
    match key.rsplit('.').next() {
        Some("ms") => Some(duration(number)),
        Some("bytes") => Some(human_bytes(number)).filter(|words| !words.ends_with(" B")),
        Some(_) | None => None,
    }
}

/// `50 %` of `0.5`.
fn percent(value: &str) -> Option<String> {
    let share: f64 = value.parse().ok()?;
    (0.0..=1.0).contains(&share).then(|| format!("{:.0} %", share * 100.0))
}

/// A duration in the largest unit that divides it: `7 days`, `36 h`, `90 s`, `1500 ms`.
fn duration(millis: u64) -> String {
    const UNITS: [(u64, &str, &str); 4] =
        [(86_400_000, "day", "days"), (3_600_000, "h", "h"), (60_000, "min", "min"), (1000, "s", "s")];
    let unit = UNITS.iter().find(|(size, _, _)| millis >= *size && millis.is_multiple_of(*size));
    match unit {
        Some((size, one, many)) => {
            let count = millis / size;
            format!("{} {}", human_count(count), if count == 1 { one } else { many })
        }
        None => format!("{} ms", human_count(millis)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_in_the_units_their_keys_name() {
        let check =
            |key, value, words: Option<&str>| assert_eq!(in_words(key, value).as_deref(), words, "{key}={value}");
        check("retention.ms", "604800000", Some("7 days"));
        check("retention.ms", "-1", Some("without limit"));
        check("local.retention.bytes", "-2", Some("like retention.bytes"));
        check("segment.ms", "5400000", Some("90 min"));
        check("segment.jitter.ms", "0", Some("0 ms"));
        check("delete.retention.ms", "1500", Some("1\u{202f}500 ms"));
        check("segment.bytes", "1073741824", Some("1 GiB"));
        check("index.interval.bytes", "12", None);
        check("flush.messages", "9223372036854775807", Some("never"));
        check("message.timestamp.before.max.ms", "9223372036854775807", Some("without limit"));
        check("min.cleanable.dirty.ratio", "0.5", Some("50 %"));
        check("min.cleanable.dirty.ratio", "half", None);
        check("compression.gzip.level", "-1", None);
        check("cleanup.policy", "compact", None);
        check("min.insync.replicas", "2", None);
    }

    #[test]
    fn every_sentence_is_one_and_every_key_is_found() {
        assert!(KEYS.is_sorted_by_key(|(key, _, _)| *key));
        for (key, subject, sentence) in KEYS {
            assert_eq!(of_key(key), Some((*subject, *sentence)));
            assert!(sentence.ends_with('.') && sentence.len() < 140 && !sentence.contains(". \u{20}"), "{key}");
        }
        assert_eq!(of_key("something.new"), None);
    }
}
