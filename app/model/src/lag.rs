//! How far groups are behind.

use crate::{GroupOffset, Inventory, Known, Partition, Topic};

/// Looks up where partitions end. Offsets come sorted by topic, so the topic found last is nearly always the next one too.
#[derive(Debug)]
pub struct Ends<'a> {
    topics: &'a [Topic],
    last: Option<&'a Topic>,
}

impl<'a> Ends<'a> {
    /// Among these topics, which are sorted by name.
    pub fn new(topics: &'a [Topic]) -> Self {
        Self { topics, last: None }
    }

    /// The next offset to be written; unknown for a partition that is gone or was not looked at.
    pub fn of(&mut self, offset: &GroupOffset) -> Known<i64> {
        if self.last.is_none_or(|topic| topic.name != offset.topic) {
            let found = self.topics.binary_search_by(|topic| topic.name.cmp(&offset.topic));
            self.last = found.ok().and_then(|at| self.topics.get(at));
        }
        self.last.and_then(|topic| partition(topic, offset)).map_or(Known::Unknown, |found| found.latest_offset)
    }

    /// Records of the partition that are still to be read.
    pub fn lag(&mut self, offset: &GroupOffset) -> Known<u64> {
        behind(offset.committed, self.of(offset))
    }
}

fn partition<'a>(topic: &'a Topic, offset: &GroupOffset) -> Option<&'a Partition> {
    let found = topic.partitions.binary_search_by_key(&offset.partition, |partition| partition.id).ok()?;
    topic.partitions.get(found)
}

/// Records between a committed offset and an end. Both are read at different times, so that a group that keeps up may seem
/// ahead: that is no lag.
pub fn behind(committed: i64, end: Known<i64>) -> Known<u64> {
    end.map(|end| u64::try_from(end.saturating_sub(committed)).unwrap_or(0))
}

/// Unknown as soon as one partition is, and where nothing was committed: then there is nothing to count from.
pub fn total_lag(lags: impl IntoIterator<Item = Known<u64>>) -> Known<u64> {
    let mut total = Known::Unknown;
    for lag in lags {
        match (lag, total) {
            (Known::Known(lag), Known::Known(sum)) => total = Known::Known(lag.saturating_add(sum)),
            (Known::Known(lag), Known::Unknown) => total = Known::Known(lag),
            (Known::Unknown, _) => return Known::Unknown,
        }
    }
    total
}

impl Inventory {
    /// Works out how far every group is behind. Done once for an inventory: ten thousand groups are sorted by it.
    pub fn work_out_lags(&mut self) {
        let Known::Known(groups) = &mut self.groups else { return };
        for group in groups {
            let mut ends = Ends::new(&self.topics);
            group.lag = total_lag(group.offsets.value().into_iter().flatten().map(|offset| ends.lag(offset)));
        }
    }
}
