use super::{Drift, Import, TopicRules};
use crate::{Deletion, invalid::Problems};
use std::collections::BTreeMap;

/// What is allowed of topics and what happens to them, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicPolicy {
    /// Where a declaration says nothing; none: the broker's default.
    pub default_partitions: Option<i32>,
    /// Where a declaration says nothing; none: the broker's default.
    pub default_replication_factor: Option<i16>,
    /// Where a declaration says nothing.
    pub default_config: BTreeMap<String, String>,
    /// Most partitions of a topic.
    pub max_partitions: Option<i32>,
    /// Most replicas of a partition.
    pub max_replication_factor: Option<i16>,
    /// Longest retention; -1 is longer.
    pub max_retention_ms: Option<i64>,
    /// Whether topics that nobody declared get a declaration.
    pub import: Import,
    /// What happens when a topic no longer is as declared.
    pub drift: Drift,
    /// What becomes of a topic when its declaration goes.
    pub deletion: Deletion,
}

pub(super) fn validate(problems: &mut Problems, rules: &TopicRules) -> TopicPolicy {
    let mut factor = |field: &str, value: Option<i32>| {
        let factor = i16::try_from(value?).ok().filter(|factor| *factor >= 1);
        problems.take(field, factor.ok_or("a replication factor must be from 1 to 32767"))
    };
    let default_replication_factor =
        factor("spec.topics.defaults.replicationFactor", rules.defaults.replication_factor);
    let max_replication_factor = factor("spec.topics.maxReplicationFactor", rules.max_replication_factor);
    for (field, value) in [
        ("spec.topics.defaults.partitions", rules.defaults.partitions),
        ("spec.topics.maxPartitions", rules.max_partitions),
    ] {
        if value.is_some_and(|partitions| partitions < 1) {
            problems.invalid(field, "a number of partitions must be 1 at least");
        }
    }
    if rules.max_retention_ms.is_some_and(|retention| retention < 1) {
        problems
            .invalid("spec.topics.maxRetentionMs", "a longest retention must be 1 at least; leave it out to allow any");
    }
    TopicPolicy {
        default_partitions: rules.defaults.partitions,
        default_replication_factor,
        default_config: problems.config("spec.topics.defaults.config", &rules.defaults.config),
        max_partitions: rules.max_partitions,
        max_replication_factor,
        max_retention_ms: rules.max_retention_ms,
        import: rules.import,
        drift: rules.drift,
        deletion: rules.deletion,
    }
}
