//! Replicas of all partitions in one piece of memory, and how many of a topic a broker has.

/// The index of a broker.
pub(super) type BrokerIx = u32;
/// The index of a partition, counted over all topics.
pub(super) type PartitionIx = u32;
/// The index of a topic.
pub(super) type TopicIx = u32;
/// The index of a rack.
pub(super) type RackIx = u32;

/// As an index. There are no more than 2^32 of anything here.
pub(super) fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// The replicas of every partition, each with room for as many as it may get.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    start: Vec<u32>,
    len: Vec<u32>,
    brokers: Vec<BrokerIx>,
}

impl Lists {
    /// Adds a partition, which may come to have so many.
    pub(super) fn push(&mut self, replicas: impl Iterator<Item = BrokerIx>, room: usize) {
        let start = self.brokers.len();
        self.brokers.extend(replicas);
        let len = self.brokers.len() - start;
        self.brokers.resize(start + room.max(len), BrokerIx::MAX);
        self.start.push(index(start));
        self.len.push(index(len));
    }

    pub(super) fn of(&self, partition: PartitionIx) -> &[BrokerIx] {
        let start = self.start[partition as usize] as usize;
        &self.brokers[start..start + self.len[partition as usize] as usize]
    }

    pub(super) fn holds(&self, partition: PartitionIx, broker: BrokerIx) -> bool {
        self.of(partition).contains(&broker)
    }

    fn slots(&mut self, partition: PartitionIx) -> &mut [BrokerIx] {
        let start = self.start[partition as usize] as usize;
        &mut self.brokers[start..start + self.len[partition as usize] as usize]
    }

    /// `to` takes the place of `from`, also as preferred leader.
    pub(super) fn replace(&mut self, partition: PartitionIx, from: BrokerIx, to: BrokerIx) {
        if let Some(slot) = self.slots(partition).iter_mut().find(|slot| **slot == from) {
            *slot = to;
        }
    }

    /// `broker` comes to the front, and who was there takes its place.
    pub(super) fn lead(&mut self, partition: PartitionIx, broker: BrokerIx) {
        let slots = self.slots(partition);
        if let Some(place) = slots.iter().position(|slot| *slot == broker) {
            slots.swap(0, place);
        }
    }

    /// `broker` comes to the front, and the others keep their order.
    pub(super) fn put_first(&mut self, partition: PartitionIx, broker: BrokerIx) {
        let slots = self.slots(partition);
        if let Some(place) = slots.iter().position(|slot| *slot == broker) {
            slots[..=place].rotate_right(1);
        }
    }

    /// Adds `broker` at the end.
    pub(super) fn append(&mut self, partition: PartitionIx, broker: BrokerIx) {
        let end = self.start[partition as usize] as usize + self.len[partition as usize] as usize;
        self.brokers[end] = broker;
        self.len[partition as usize] += 1;
    }

    /// Takes `broker` away; the others keep their order.
    pub(super) fn remove(&mut self, partition: PartitionIx, broker: BrokerIx) {
        let slots = self.slots(partition);
        if let Some(place) = slots.iter().position(|slot| *slot == broker) {
            slots[place..].rotate_left(1);
            self.len[partition as usize] -= 1;
        }
    }
}

/// How many replicas of a topic a broker has.
///
/// A number for each topic and broker would be 20 million of them at 200,000 topics on 100 brokers. Topics that have fewer replicas
/// than a quarter of the brokers are counted when somebody asks; for the others there is a row, which is at most four times as
/// long as the topic has replicas.
#[derive(Clone, Debug, Default)]
pub(super) struct TopicCounts {
    brokers: usize,
    /// Where the row of a topic begins.
    rows: Vec<Option<usize>>,
    counts: Vec<u32>,
}

impl TopicCounts {
    /// For topics with so many replicas each.
    pub(super) fn new(brokers: usize, replicas: &[usize]) -> Self {
        let mut rows = Vec::with_capacity(replicas.len());
        let mut end = 0;
        for of in replicas {
            let has_row = of * 4 >= brokers;
            rows.push(has_row.then_some(end));
            end += if has_row { brokers } else { 0 };
        }
        Self { brokers, rows, counts: vec![0; end] }
    }

    pub(super) fn add(&mut self, topic: TopicIx, broker: BrokerIx) {
        if let Some(row) = self.rows[topic as usize] {
            self.counts[row + broker as usize] += 1;
        }
    }

    pub(super) fn take(&mut self, topic: TopicIx, broker: BrokerIx) {
        if let Some(row) = self.rows[topic as usize] {
            self.counts[row + broker as usize] -= 1;
        }
    }

    /// Every broker's number, where there is a row.
    pub(super) fn row(&self, topic: TopicIx) -> Option<&[u32]> {
        self.rows[topic as usize].map(|row| &self.counts[row..row + self.brokers])
    }
}
