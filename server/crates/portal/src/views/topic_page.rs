//! What the page of one topic shows beside its row in a list. Of very many partitions a part.

use super::{
    count, meaning,
    pace::{PartitionRate, tell_rates},
    topic,
};
use klamm_model::{ConfigEntry, ConfigLine, PARTITIONS_SHOWN, PartitionSpread, PartitionView, Topic, TopicOverview};

/// What comes to the hottest partition is as good as even up to so many times the mean.
const EVEN: f64 = 1.2;

/// The first tab, with partitions beginning after the first `from`; from the beginning where there are none so far.
pub(crate) fn overview(topic: &Topic, rates: &[PartitionRate], from: u32) -> TopicOverview {
    let from = if (from as usize) < topic.partitions.len() { from } else { 0 };
    let shown = topic.partitions.iter().skip(from as usize).take(PARTITIONS_SHOWN as usize);
    let lines = |(key, entry): (&String, &ConfigEntry)| line(key, entry);
    let mut partitions: Vec<PartitionView> = shown.map(topic::partition).collect();
    tell_rates(&mut partitions, rates);
    TopicOverview {
        id: topic.id.clone(),
        spread: spread(rates).into(),
        partitions,
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

/// How evenly records come to partitions, those left out whose rates nobody knows; none where that is all of them.
fn spread(rates: &[PartitionRate]) -> Option<PartitionSpread> {
    let known: Vec<_> = rates.iter().filter_map(|(id, rate)| Some((*id, *rate.value()?))).collect();
    // Of several that get as many, the first.
    let (hottest, most) = known.iter().copied().reduce(|most, next| if next.1 > most.1 { next } else { most })?;
    let sum: f64 = known.iter().map(|(_, rate)| rate).sum();
    if sum <= 0.0 {
        return Some(PartitionSpread::Even);
    }
    let times_mean = most * f64::from(count(known.len())) / sum;
    Some(if times_mean <= EVEN { PartitionSpread::Even } else { PartitionSpread::Skewed { hottest, times_mean } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::topic;
    use klamm_model::{Known, PartitionId};

    #[test]
    fn the_hottest_partition_is_told_by_how_far_it_is_above_the_mean() {
        let told = |rates: &[Option<f64>]| {
            let rates = rates.iter().map(|rate| Known::from(*rate));
            spread(&(0..).map(PartitionId).zip(rates).collect::<Vec<_>>())
        };
        let hottest = |id, times_mean| Some(PartitionSpread::Skewed { hottest: PartitionId(id), times_mean });
        let even = Some(PartitionSpread::Even);
        assert_eq!(told(&[Some(10.0), Some(40.0), Some(10.0)]), hottest(1, 2.0));
        assert_eq!(told(&[Some(0.0), Some(8.0), Some(8.0), Some(0.0)]), hottest(1, 2.0), "the first of two");
        assert_eq!(told(&[Some(10.0), None, Some(30.0)]), hottest(2, 1.5), "nobody knows of partition 1");
        assert_eq!(told(&[Some(12.0), Some(8.0)]), even, "as near as that");
        assert_eq!(told(&[Some(12.5), Some(7.5)]), hottest(0, 1.25));
        assert_eq!((told(&[Some(0.0), Some(0.0)]), told(&[Some(3.0)])), (even, even));
        assert_eq!((told(&[None, None]), told(&[])), (None, None));
    }

    #[test]
    fn partitions_are_told_with_what_comes_to_each_on_whatever_page_they_stand() {
        let replicas: &[i32] = &[0];
        let topic = topic("a", &vec![(replicas, replicas); 201]);
        let rates = [(PartitionId(0), Known::Known(1.5)), (PartitionId(200), Known::Known(7.5))];
        let told = |from| {
            let overview = overview(&topic, &rates, from);
            let rates: Vec<_> = overview.partitions.iter().map(|partition| partition.records_per_second).collect();
            (overview.spread, rates[0], rates.last().copied())
        };
        let skewed = Known::Known(PartitionSpread::Skewed { hottest: PartitionId(200), times_mean: 7.5 / 4.5 });
        assert_eq!(told(0), (skewed, Known::Known(1.5), Some(Known::Unknown)));
        assert_eq!(told(200), (skewed, Known::Known(7.5), Some(Known::Known(7.5))));
    }

    #[test]
    fn a_page_shows_as_many_partitions_as_it_can_carry() {
        let replicas: &[i32] = &[0];
        let topic = topic("a", &vec![(replicas, replicas); 450]);
        let told = |from| {
            let overview = overview(&topic, &[], from);
            (overview.from, overview.partitions.len(), overview.partitions[0].id.0)
        };
        assert_eq!((told(0), told(200), told(400)), ((0, 200, 0), (200, 200, 200), (400, 50, 400)));
        assert_eq!(told(450), (0, 200, 0), "nothing stands there");
    }

    #[test]
    fn a_configuration_nobody_read_is_not_an_empty_one() {
        let mut topic = topic("a", &[]);
        assert_eq!(overview(&topic, &[], 0).config, Known::Known(Vec::new()));
        topic.config = Known::Unknown;
        assert_eq!(overview(&topic, &[], 0).config, Known::Unknown);
    }
}
