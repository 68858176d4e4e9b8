//! What the page of one topic shows beside its row in a list. Of very many partitions a part.

use super::{meaning, topic};
use klamm_model::{ConfigEntry, ConfigLine, Known, PARTITIONS_SHOWN, Partition, Topic, TopicOverview};

/// The first tab, with partitions beginning after the first `from`; from the beginning where there are none so far.
pub(crate) fn overview(topic: &Topic, from: u32) -> TopicOverview {
    let from = if (from as usize) < topic.partitions.len() { from } else { 0 };
    let shown = topic.partitions.iter().skip(from as usize).take(PARTITIONS_SHOWN as usize);
    let lines = |(key, entry): (&String, &ConfigEntry)| line(key, entry);
    TopicOverview {
        id: topic.id.clone(),
        records: records(&topic.partitions),
        partitions: shown.map(topic::partition).collect(),
        from,
        config: topic.config.value().map(|config| config.iter().map(lines).collect()).into(),
    }
}

fn line(key: &str, entry: &ConfigEntry) -> ConfigLine {
    ConfigLine {
        key: key.to_owned(),
        words: entry.value.as_deref().and_then(|value| meaning::in_words(key, value)),
        value: entry.value.clone(),
        source: entry.source,
    }
}

/// Records between the first and the next offset of all partitions; unknown when one of them is.
fn records(partitions: &[Partition]) -> Known<u64> {
    let kept = |partition: &Partition| match (partition.earliest_offset, partition.latest_offset) {
        (Known::Known(earliest), Known::Known(latest)) => u64::try_from(latest.saturating_sub(earliest)).ok(),
        (Known::Unknown, _) | (_, Known::Unknown) => None,
    };
    partitions.iter().map(kept).sum::<Option<u64>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::topic;

    #[test]
    fn records_are_unknown_as_soon_as_one_partition_is() {
        let mut topic = topic("a", &[(&[0], &[0]), (&[1], &[1])]);
        assert_eq!(overview(&topic, 0).records, Known::Known(20));
        topic.partitions[1].latest_offset = Known::Unknown;
        assert_eq!(overview(&topic, 0).records, Known::Unknown);
    }

    #[test]
    fn a_page_shows_as_many_partitions_as_it_can_carry() {
        let replicas: &[i32] = &[0];
        let topic = topic("a", &vec![(replicas, replicas); 450]);
        let told = |from| {
            let overview = overview(&topic, from);
            (overview.from, overview.partitions.len(), overview.partitions[0].id.0)
        };
        assert_eq!((told(0), told(200), told(400)), ((0, 200, 0), (200, 200, 200), (400, 50, 400)));
        assert_eq!(told(450), (0, 200, 0), "nothing stands there");
    }

    #[test]
    fn a_configuration_nobody_read_is_not_an_empty_one() {
        let mut topic = topic("a", &[]);
        assert_eq!(overview(&topic, 0).config, Known::Known(Vec::new()));
        topic.config = Known::Unknown;
        assert_eq!(overview(&topic, 0).config, Known::Unknown);
    }
}
