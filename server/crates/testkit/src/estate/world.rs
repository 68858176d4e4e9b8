//! What there is in an estate while everything works: grown from a seed, the same every time.

use super::{EstateSize, access, changes::ARRIVES_AFTER, dice::Dice, names};
use kafka_protocol::protocol::StrBytes;

/// Everything in an estate.
#[derive(Debug)]
pub(super) struct World {
    pub(super) size: EstateSize,
    pub(super) topics: Vec<Topic>,
    pub(super) groups: Vec<Group>,
    pub(super) access: Vec<access::Named>,
}

#[derive(Clone, Debug)]
pub(super) struct Topic {
    pub(super) name: StrBytes,
    pub(super) id: [u8; 16],
    pub(super) partitions: Vec<Partition>,
    /// Configuration set on the topic itself.
    pub(super) set: Vec<(StrBytes, StrBytes)>,
}

#[derive(Clone, Debug)]
pub(super) struct Partition {
    /// The preferred leader first; those on their way are among them.
    pub(super) replicas: Vec<i32>,
    /// Which of the replicas leads while all of them live.
    pub(super) leads: usize,
    pub(super) earliest: i64,
    /// The next offset, when the estate begins.
    pub(super) latest: i64,
    /// Records written in a second.
    pub(super) rate: i64,
    pub(super) record_bytes: i64,
    /// Replicas on their way.
    pub(super) moving: Option<Moving>,
}

/// Replicas on their way.
#[derive(Clone, Debug)]
pub(super) struct Moving {
    pub(super) adding: Vec<i32>,
    pub(super) removing: Vec<i32>,
    /// Those that do not have everything yet.
    pub(super) pending: Vec<i32>,
    /// The age at which they do.
    pub(super) due: i64,
}

impl Partition {
    /// The next offset after `age` seconds.
    pub(super) fn latest_at(&self, age: i64) -> i64 {
        self.latest + self.rate * age
    }

    /// The first record of a time, in milliseconds since the estate began, or later; what was there then counts as of time 0.
    pub(super) fn first_since(&self, time: i64, age: i64) -> Option<i64> {
        let seconds = time.max(0).saturating_add(999) / 1000;
        let offset = if seconds == 0 { self.earliest } else { self.latest_at(seconds.min(age.saturating_add(1)) - 1) };
        (offset < self.latest_at(age)).then_some(offset)
    }

    /// The newest record with its time; what was there when the estate began counts as of time 0.
    pub(super) fn newest(&self, age: i64) -> Option<(i64, i64)> {
        let newest = self.latest_at(age) - 1;
        let time = if self.rate > 0 { age * 1000 } else { 0 };
        (newest >= self.earliest).then_some((newest, time))
    }

    pub(super) fn bytes_at(&self, age: i64) -> i64 {
        (self.latest_at(age) - self.earliest) * self.record_bytes
    }

    /// The bytes of the replica on this broker, which may still be on its way.
    pub(super) fn bytes_on(&self, broker: i32, age: i64) -> i64 {
        let moving = self.moving.as_ref().filter(|moving| moving.pending.contains(&broker));
        let left = moving.map_or(0, |moving| (moving.due - age).clamp(0, ARRIVES_AFTER));
        let whole = self.bytes_at(age);
        whole - whole / ARRIVES_AFTER * left
    }
}

/// Which protocol a group speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Classic,
    Consumer,
    Share,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: StrBytes,
    pub(super) protocol: Protocol,
    pub(super) state: &'static str,
    /// Grows into the id of the coordinator: which of the living brokers it is.
    pub(super) coordinator: usize,
    pub(super) members: usize,
    /// Topics it reads, by their place in the estate.
    pub(super) reads: Vec<usize>,
    /// Records behind, in every partition.
    pub(super) lag: i64,
}

impl Group {
    /// Without members nothing more is committed.
    pub(super) fn committed(&self, partition: &Partition, age: i64) -> i64 {
        let read = if self.members > 0 { partition.latest_at(age) } else { partition.latest };
        (read - self.lag).max(partition.earliest)
    }
}

impl World {
    pub(super) fn grow(size: EstateSize) -> Self {
        let topics: Vec<Topic> =
            partition_counts(size).into_iter().enumerate().map(|(n, p)| topic(size, n, p)).collect();
        let groups = (0..size.groups).map(|n| group(size, n, topics.len())).collect();
        Self { size, access: access::grow(size, &topics), topics, groups }
    }
}

/// How many partitions each topic has: few have many; together exactly as many as wanted, at least one each.
fn partition_counts(size: EstateSize) -> Vec<usize> {
    const USUAL: &[usize] = &[1, 3, 6, 3, 12, 1, 6, 3, 9, 6];
    let mut counts: Vec<usize> = USUAL.iter().copied().cycle().take(size.topics).collect();
    if let (true, Some(first)) = (size.topics >= 1000, counts.first_mut()) {
        *first = 200;
    }
    let mut sum: usize = counts.iter().sum();
    while sum < size.partitions && !counts.is_empty() {
        for count in counts.iter_mut().take(size.partitions - sum) {
            *count += 1;
            sum += 1;
        }
    }
    while sum > size.partitions && counts.iter().any(|count| *count > 1) {
        for count in counts.iter_mut().rev().filter(|count| **count > 1).take(sum - size.partitions) {
            *count -= 1;
            sum -= 1;
        }
    }
    counts
}

fn topic(size: EstateSize, n: usize, partitions: usize) -> Topic {
    const SETTINGS: &[(&str, &str)] = &[
        ("retention.ms", "604800000"),
        ("cleanup.policy", "compact"),
        ("min.insync.replicas", "2"),
        ("max.message.bytes", "2097164"),
        ("compression.type", "zstd"),
        ("segment.bytes", "268435456"),
    ];
    let mut dice = Dice::of(size.seed, "topic", n);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&dice.next().to_be_bytes());
    id[8..].copy_from_slice(&(n as u64 + 1).to_be_bytes());
    let factor = dice.weighted(&[(3, 1), (7, 2), (90, 3)]);
    let busy = dice.weighted(&[(60, 0), (30, 3), (8, 40), (2, 900)]);
    let first_setting = dice.below(SETTINGS.len());
    let text = |(key, value): &(&'static str, &'static str)| {
        (StrBytes::from_static_str(key), StrBytes::from_static_str(value))
    };
    let set = SETTINGS.iter().cycle().skip(first_setting).take(dice.below(4)).map(text).collect();
    Topic {
        name: StrBytes::from_string(names::topic(size.seed, n)),
        id,
        partitions: (0..partitions).map(|p| partition(size, &mut dice, n + p, factor, busy)).collect(),
        set,
    }
}

/// Replicas go to neighbours, which are in different racks, beginning somewhere else for every partition.
fn partition(size: EstateSize, dice: &mut Dice, turn: usize, factor: usize, busy: i64) -> Partition {
    let brokers = size.brokers.max(1);
    let replica = |n: usize| i32::try_from((turn + n) % brokers + 1).unwrap_or(1);
    let earliest = dice.between(0, 1_000_000);
    Partition {
        replicas: (0..factor.min(brokers)).map(replica).collect(),
        leads: usize::from(factor.min(brokers) > 1 && dice.below(50) == 0),
        earliest,
        latest: earliest + if dice.below(5) > 0 { dice.between(0, 2_000_000) } else { 0 },
        rate: busy,
        record_bytes: dice.between(80, 2_000),
        moving: None,
    }
}

fn group(size: EstateSize, n: usize, topics: usize) -> Group {
    let mut dice = Dice::of(size.seed, "group", n);
    let protocol = dice.weighted(&[(60, Protocol::Classic), (37, Protocol::Consumer), (3, Protocol::Share)]);
    let state = match protocol {
        Protocol::Classic => dice.weighted(&[
            (62, "Stable"),
            (30, "Empty"),
            (4, "Dead"),
            (2, "PreparingRebalance"),
            (2, "CompletingRebalance"),
        ]),
        Protocol::Consumer => dice.weighted(&[(66, "Stable"), (28, "Empty"), (3, "Assigning"), (3, "Reconciling")]),
        Protocol::Share => dice.weighted(&[(70, "Stable"), (30, "Empty")]),
    };
    let idle = matches!(state, "Empty" | "Dead");
    let mut reads: Vec<usize> = match (state, topics) {
        ("Dead", _) | (_, 0) => Vec::new(),
        _ => (0..=dice.below(2)).map(|_| dice.below(topics)).collect(),
    };
    reads.sort_unstable();
    reads.dedup();
    Group {
        id: StrBytes::from_string(names::group(size.seed, n)),
        protocol,
        state,
        coordinator: dice.below(50),
        members: if idle { 0 } else { 1 + dice.below(4) },
        reads,
        lag: dice.weighted(&[(50, 0), (30, 12), (15, 4_000), (5, 1_500_000)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estate_is_as_large_as_wanted_and_the_same_every_time() {
        let (one, other) = (World::grow(EstateSize::FULL), World::grow(EstateSize::FULL));
        assert_eq!((one.topics.len(), one.groups.len()), (10_000, 10_000));
        assert_eq!(one.topics.iter().map(|topic| topic.partitions.len()).sum::<usize>(), 50_000);
        assert_eq!(format!("{:?}", one.topics[4321]), format!("{:?}", other.topics[4321]));
        assert_eq!(format!("{:?}", one.groups[4321]), format!("{:?}", other.groups[4321]));
    }

    #[test]
    fn replicas_of_a_partition_are_in_different_racks() {
        let size = EstateSize::FULL;
        for partition in World::grow(size).topics.iter().flat_map(|topic| &topic.partitions) {
            let mut racks: Vec<String> = partition.replicas.iter().map(|id| size.rack(*id)).collect();
            racks.sort();
            racks.dedup();
            assert_eq!(racks.len(), partition.replicas.len());
        }
    }
}
