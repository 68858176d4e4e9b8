//! What if these brokers were gone? Thought through on what was observed, with unclean elections ruled out.

use super::count;
use klamm_model::{
    BrokerId, Harmed, HarmedPartition, InvalidName, Inventory, Known, Loss, Lost, MinInSync, NodeRole, Partition,
    Topic, TopicDefaults,
};
use std::collections::BTreeSet;

/// As many as a page shows; the totals count all of them.
const SHOWN: usize = 200;

/// The brokers that `lost` means; refused when it means none of this cluster.
pub(crate) fn brokers(inventory: &Inventory, lost: &Lost) -> Result<BTreeSet<BrokerId>, InvalidName> {
    let is_meant = |id: BrokerId, rack: Option<&str>| match lost {
        Lost::Broker(broker) => *broker == id,
        Lost::Rack(wanted) => rack == Some(wanted),
    };
    let meant: BTreeSet<_> = inventory
        .brokers
        .iter()
        .filter(|broker| broker.roles.contains(&NodeRole::Broker))
        .filter(|broker| is_meant(broker.id, broker.rack.as_deref()))
        .map(|broker| broker.id)
        .collect();
    if meant.is_empty() {
        return Err(InvalidName {
            kind: "loss",
            value: lost.to_string().chars().take(80).collect(),
            rule: "broker:<id> or rack:<name>, of brokers of this cluster",
        });
    }
    Ok(meant)
}

/// What the loss of `brokers` would do to these topics.
pub(crate) fn thought_through<'a>(
    without: Lost,
    brokers: &BTreeSet<BrokerId>,
    topics: impl Iterator<Item = &'a Topic>,
    defaults: Option<&TopicDefaults>,
) -> Loss {
    let mut loss = Loss {
        lost: without,
        brokers: brokers.iter().copied().collect(),
        without_leader: Harmed::default(),
        below_minimum: Harmed::default(),
        minimum_unknown: 0,
        led_elsewhere: 0,
    };
    for topic in topics {
        let minimum = MinInSync::of(topic);
        for partition in &topic.partitions {
            consider(&mut loss, brokers, (topic, partition), |leader| minimum.at(defaults, leader));
        }
    }
    loss
}

fn consider(
    loss: &mut Loss,
    gone: &BTreeSet<BrokerId>,
    (topic, partition): (&Topic, &Partition),
    minimum: impl Fn(BrokerId) -> Known<u32>,
) {
    let left: Vec<_> = partition.in_sync.iter().copied().filter(|replica| !gone.contains(replica)).collect();
    // What loses nobody in sync fares as before, and what has no leader now has none to lose.
    let Some(leader) = partition.leader.filter(|_| left.len() < partition.in_sync.len()) else { return };
    let goes = gone.contains(&leader);
    // Of those in sync the first in the order of replicas leads.
    let next = if goes { partition.replicas.iter().find(|replica| left.contains(replica)) } else { Some(&leader) };
    let minimum = minimum(next.copied().unwrap_or(leader));
    let harmed =
        |in_sync_left| HarmedPartition { topic: topic.name.clone(), partition: partition.id, in_sync_left, minimum };
    if left.is_empty() {
        add(&mut loss.without_leader, harmed(left));
        return;
    }
    loss.led_elsewhere += u32::from(goes);
    match minimum {
        Known::Known(minimum) if count(left.len()) < minimum && minimum <= count(partition.in_sync.len()) => {
            add(&mut loss.below_minimum, harmed(left));
        }
        Known::Known(_) => {}
        Known::Unknown => loss.minimum_unknown += 1,
    }
}

fn add(harmed: &mut Harmed, partition: HarmedPartition) {
    harmed.total += 1;
    if harmed.partitions.len() < SHOWN {
        harmed.partitions.push(partition);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::{inventory, topic};
    use klamm_model::{ConfigEntry, ConfigSource, KeyDefault};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn with_minimum(mut topic: Topic, minimum: u32) -> Topic {
        let entry = ConfigEntry { value: Some(minimum.to_string()), source: ConfigSource::Topic };
        topic.config = Known::Known(BTreeMap::from([("min.insync.replicas".to_owned(), entry)]));
        topic
    }

    fn ids(ids: &[i32]) -> BTreeSet<BrokerId> {
        ids.iter().copied().map(BrokerId).collect()
    }

    fn lose(brokers: &BTreeSet<BrokerId>, topics: &[Topic]) -> Loss {
        thought_through(Lost::Rack("any".to_owned()), brokers, topics.iter(), None)
    }

    fn named(harmed: &Harmed) -> BTreeSet<(String, i32)> {
        harmed.partitions.iter().map(|p| (p.topic.to_string(), p.partition.0)).collect()
    }

    #[test]
    fn a_loss_is_told_by_what_it_does_to_each_partition() {
        let all: &[i32] = &[0, 1, 2];
        let table: &[(&[i32], &[i32], u32, &str)] = &[
            (all, all, 2, "safe"),
            (all, all, 3, "below"),
            (all, &[0, 1], 2, "below"),
            (all, &[0, 1], 3, "safe"), // it is below already
            (all, &[1, 2], 2, "safe"), // broker 0 is out of sync anyway
            (&[0], &[0], 1, "leaderless"),
            (all, &[0], 1, "leaderless"),
            (all, &[], 1, "safe"), // offline already
            (&[1, 2], &[1, 2], 2, "safe"),
        ];
        for (replicas, in_sync, minimum, expected) in table {
            let loss = lose(&ids(&[0]), &[with_minimum(topic("a", &[(*replicas, *in_sync)]), *minimum)]);
            let told = match (loss.without_leader.total, loss.below_minimum.total) {
                (0, 0) => "safe",
                (1, 0) => "leaderless",
                (0, 1) => "below",
                _ => "both",
            };
            assert_eq!(told, *expected, "{replicas:?} {in_sync:?} {minimum}");
        }
    }

    #[test]
    fn a_minimum_nobody_read_is_said_to_be_unknown() {
        let placed = [topic("a", &[(&[0, 1], &[0, 1]), (&[1], &[1]), (&[1, 0], &[1, 0])])];
        let loss = lose(&ids(&[0]), &placed);
        assert_eq!((loss.minimum_unknown, loss.below_minimum.total, loss.led_elsewhere), (2, 0, 1));
        // What a topic sets may be anything, as long as nobody could read it.
        let blind = [Topic { config: Known::Unknown, ..placed[0].clone() }];
        let loss = thought_through(Lost::Broker(BrokerId(0)), &ids(&[0]), blind.iter(), Some(&defaults(&[(1, "2")])));
        assert_eq!((loss.minimum_unknown, loss.below_minimum.total), (2, 0));
    }

    /// What each of these brokers has for it.
    fn defaults(minimums: &[(i32, &str)]) -> TopicDefaults {
        let entry = |value: &str| {
            Known::Known(ConfigEntry { value: Some(value.to_owned()), source: ConfigSource::StaticBroker })
        };
        let elsewhere = minimums.iter().map(|(id, value)| (BrokerId(*id), entry(value))).collect();
        TopicDefaults {
            told_by: minimums.iter().map(|(id, _)| BrokerId(*id)).collect(),
            keys: [("min.insync.replicas".to_owned(), KeyDefault { usual: entry("1"), elsewhere })].into(),
        }
    }

    #[test]
    fn a_topic_that_sets_no_minimum_has_that_of_the_broker_that_would_lead() {
        let all: &[i32] = &[0, 1, 2];
        let topics = [topic("a", &[(all, all), (&[0, 2], &[0, 2]), (&[1, 0, 2], all)])];
        let lose = |minimums: &[(i32, &str)]| {
            let loss = thought_through(Lost::Broker(BrokerId(0)), &ids(&[0]), topics.iter(), Some(&defaults(minimums)));
            (named(&loss.below_minimum).into_iter().map(|(_, id)| id).collect::<Vec<_>>(), loss.minimum_unknown)
        };
        assert_eq!(lose(&[(0, "2"), (1, "2"), (2, "2")]), (vec![1], 0));
        assert_eq!(lose(&[(0, "3"), (1, "3"), (2, "1")]), (vec![0, 2], 0), "broker 2 is content with one");
        assert_eq!(lose(&[(0, "2"), (2, "2")]), (vec![1], 2), "broker 1 did not tell");
    }

    #[test]
    fn a_rack_means_its_brokers_and_a_stranger_is_refused() {
        let inventory = inventory("kafka/demo", Vec::new());
        assert_eq!(brokers(&inventory, &Lost::Rack("zone-1".to_owned())), Ok(ids(&[1])));
        assert_eq!(brokers(&inventory, &Lost::Broker(BrokerId(2))), Ok(ids(&[2])));
        assert!(brokers(&inventory, &Lost::Broker(BrokerId(9))).is_err());
        assert!(brokers(&inventory, &Lost::Rack("zone-9".to_owned())).is_err());
    }

    proptest! {
        #[test]
        fn losing_more_never_harms_less(
            partitions in proptest::collection::vec((proptest::collection::btree_set(0..6, 1..4), 0_usize..4), 1..8),
            minimum in 1_u32..4,
            some in proptest::collection::btree_set(0..6, 0..6),
            more in proptest::collection::btree_set(0..6, 0..6),
        ) {
            let placed: Vec<(Vec<i32>, Vec<i32>)> = partitions
                .into_iter()
                .map(|(replicas, in_sync)| {
                    let replicas: Vec<i32> = replicas.into_iter().collect();
                    let in_sync = replicas.iter().copied().take(in_sync).collect();
                    (replicas, in_sync)
                })
                .collect();
            let told: Vec<_> = placed.iter().map(|(replicas, in_sync)| (replicas.as_slice(), in_sync.as_slice())).collect();
            let topics = [with_minimum(topic("a", &told), minimum)];
            let some: Vec<i32> = some.into_iter().collect();
            let all: Vec<i32> = some.iter().copied().chain(more).collect();
            let (few, many) = (lose(&ids(&some), &topics), lose(&ids(&all), &topics));
            prop_assert!(named(&few.without_leader).is_subset(&named(&many.without_leader)));
            let harmed = |loss: &Loss| &named(&loss.without_leader) | &named(&loss.below_minimum);
            prop_assert!(harmed(&few).is_subset(&harmed(&many)));
            prop_assert!(named(&few.without_leader).is_disjoint(&named(&few.below_minimum)));

            let nothing = lose(&BTreeSet::new(), &topics);
            prop_assert_eq!((nothing.without_leader.total, nothing.below_minimum.total, nothing.led_elsewhere), (0, 0, 0));
            let everything = lose(&ids(&[0, 1, 2, 3, 4, 5]), &topics);
            let led = topics[0].partitions.iter().filter(|partition| partition.leader.is_some()).count();
            prop_assert_eq!(everything.without_leader.total as usize, led);
        }
    }
}
