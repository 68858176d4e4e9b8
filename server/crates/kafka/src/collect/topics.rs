//! Topics: structure from metadata, sizes from log directories, offsets from leaders, rates from two looks.

use super::{
    Depth,
    ask::Seen,
    disks::{Completeness, DisksByBroker},
    gaps::Gaps,
};
use crate::{ErrorCode, OffsetListing, PartitionDescription, PerTopic, TopicDescription};
use klamm_model::{BrokerId, Inventory, Known, Part, Partition, PartitionId, Topic, TopicName, UnixMillis};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The topics that were described; the others are gaps.
pub(super) fn answered(
    described: PerTopic<TopicDescription>,
    gaps: &mut Gaps,
) -> BTreeMap<TopicName, TopicDescription> {
    let mut answered = BTreeMap::new();
    for (name, outcome) in described {
        match outcome {
            Ok(topic) => drop(answered.insert(name, topic)),
            Err(error) => gaps.note(Part::Topics, None, Some(&name), &error),
        }
    }
    answered
}

/// Topics whose configuration is to be read.
pub(super) fn settings_wanted(
    previous: &Inventory,
    described: &BTreeMap<TopicName, TopicDescription>,
    depth: Depth,
) -> BTreeSet<TopicName> {
    let unknown = |name: &TopicName, topic: &TopicDescription| {
        same_topic(previous, name, topic).is_none_or(|before| before.config == Known::Unknown)
    };
    let wanted = described.iter().filter(|(name, topic)| depth == Depth::Everything || unknown(name, topic));
    wanted.map(|(name, _)| name.clone()).collect()
}

/// The topic as it was, unless another one has its name by now.
fn same_topic<'a>(previous: &'a Inventory, name: &TopicName, topic: &TopicDescription) -> Option<&'a Topic> {
    previous.topic(name).filter(|before| before.id == topic.id.to_string())
}

pub(super) fn put_together(
    previous: &Inventory,
    described: BTreeMap<TopicName, TopicDescription>,
    seen: &mut Seen,
) -> Vec<Topic> {
    let mut settings = std::mem::take(&mut seen.settings);
    let sizes = seen.log_dirs.as_ref().map(Sizes);
    let topic = |(place, (name, topic)): (usize, (TopicName, TopicDescription))| {
        let before = same_topic(previous, &name, &topic);
        let config = match settings.remove(&name) {
            Some(Ok(entries)) => Known::Known(entries),
            // Nobody answered, so what was set before is the best there is to say. A refusal is another matter.
            Some(Err(error)) if error.code != ErrorCode::NetworkException => Known::Unknown,
            Some(Err(_)) | None => before.map_or(Known::Unknown, |before| before.config.clone()),
        };
        let size_bytes = match &sizes {
            Some(sizes) => sizes.topic(place, &topic.partitions),
            None => before.map_or(Known::Unknown, |before| before.size_bytes),
        };
        Topic {
            id: topic.id.to_string(),
            partitions: partitions((place, &name), topic.partitions, before, sizes.as_ref(), seen),
            config,
            size_bytes,
            records_per_second: before.map_or(Known::Unknown, |before| before.records_per_second),
            owner: previous.topic(&name).and_then(|before| before.owner.clone()),
            team: previous.topic(&name).and_then(|before| before.team.clone()),
            name,
        }
    };
    described.into_iter().enumerate().map(topic).collect()
}

fn partitions(
    (place, name): (usize, &TopicName),
    described: Vec<PartitionDescription>,
    before: Option<&Topic>,
    sizes: Option<&Sizes<'_>>,
    seen: &Seen,
) -> Vec<Partition> {
    let offset = |listing: &Option<OffsetListing>, id, before: Option<Known<i64>>| match listing {
        Some(listing) => listing.get(name, id).into(),
        None => before.unwrap_or_default(),
    };
    let partition = |partition: PartitionDescription| {
        let id = partition.id;
        // Partitions are listed in order from 0.
        let before = usize::try_from(id.0).ok().and_then(|index| before?.partitions.get(index)).filter(|b| b.id == id);
        Partition {
            id,
            leader: partition.leader,
            replicas: partition.replicas,
            in_sync: partition.in_sync,
            earliest_offset: offset(&seen.earliest, id, before.map(|b| b.earliest_offset)),
            latest_offset: offset(&seen.latest, id, before.map(|b| b.latest_offset)),
            size_bytes: match sizes {
                Some(sizes) => partition.leader.and_then(|leader| sizes.replica(place, id, leader)).into(),
                None => before.map_or(Known::Unknown, |before| before.size_bytes),
            },
        }
    };
    described.into_iter().map(partition).collect()
}

/// Sizes of replicas, as far as brokers and their disks answered. Topics are known by their place among those described.
struct Sizes<'a>(&'a DisksByBroker);

impl Sizes<'_> {
    fn replica(&self, place: usize, partition: PartitionId, broker: BrokerId) -> Option<u64> {
        self.0.get(&broker)?.as_ref().ok()?.replica(place, partition)
    }

    /// The sum over all replicas; unknown when a broker that should have one did not answer in full.
    fn topic(&self, place: usize, partitions: &[PartitionDescription]) -> Known<u64> {
        let mut sum = 0;
        for partition in partitions {
            for broker in &partition.replicas {
                let Some(Ok(disks)) = self.0.get(broker) else { return Known::Unknown };
                match (disks.replica(place, partition.id), disks.completeness) {
                    (Some(bytes), _) => sum += bytes,
                    // A replica just assigned has no directory yet, and no bytes.
                    (None, Completeness::Complete) => {}
                    (None, Completeness::Partial) => return Known::Unknown,
                }
            }
        }
        Known::Known(sum)
    }
}

/// How far logs had grown at the last look at offsets.
#[derive(Debug, Default)]
pub(super) struct Appended {
    at: UnixMillis,
    totals: HashMap<TopicName, (String, i64)>,
}

/// Two looks closer together tell no rate.
const SHORTEST_MILLIS: i64 = 500;

impl Appended {
    /// Writes the rate since the last look into each topic, and remembers this one.
    pub(super) fn rate(&mut self, topics: &mut [Topic], now: UnixMillis) {
        let elapsed = now.0.saturating_sub(self.at.0);
        if !self.totals.is_empty() && elapsed < SHORTEST_MILLIS {
            return;
        }
        let mut totals = HashMap::with_capacity(topics.len());
        for topic in topics {
            let total: Option<i64> = topic.partitions.iter().map(|p| p.latest_offset.value().copied()).sum();
            let before = self.totals.get(&topic.name).filter(|(id, _)| *id == topic.id).map(|(_, total)| *total);
            let growth = total.zip(before).map(|(total, before)| total - before);
            topic.records_per_second =
                growth.filter(|growth| *growth >= 0).map(|growth| per_second(growth, elapsed)).into();
            if let Some(total) = total {
                totals.insert(topic.name.clone(), (topic.id.clone(), total));
            }
        }
        *self = Self { at: now, totals };
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people; 53 bits are plenty")]
fn per_second(growth: i64, millis: i64) -> f64 {
    growth as f64 * 1000.0 / millis as f64
}
