//! How quickly logs grow, and how far groups are behind, in seconds. Brokers tell neither: both come from offsets over time.
//!
//! Pure: what is seen goes in, numbers come out. No clock, no client.

mod ends;
mod group;
mod trend;

use ends::{Ends, Written};
use group::GroupTrack;
use klamm_model::{Group, GroupId, Inventory, Known, LagTrend, PartitionId, TopicName, UnixMillis};
use std::collections::HashMap;

/// How far somebody is behind, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Behind {
    /// The record that is read next was written so long ago; 0 where everything is read.
    Seconds(f64),
    /// It was written before anybody watched, which has been for so long.
    MoreThan(f64),
    /// Nobody can say.
    #[default]
    Unknown,
}

impl Behind {
    /// The larger of two; unknown as soon as one is. What is only known to be more hides how much it is.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Seconds(a), Self::Seconds(b)) => Self::Seconds(a.max(b)),
            (Self::MoreThan(a), Self::MoreThan(b) | Self::Seconds(b)) | (Self::Seconds(a), Self::MoreThan(b)) => {
                Self::MoreThan(a.max(b))
            }
        }
    }
}

/// How a group gets on.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupPace {
    /// Which group.
    pub id: GroupId,
    /// How far it is behind with the partition that is furthest behind.
    pub behind: Behind,
    /// Where that is going, in records; unknown for the first minutes.
    pub trend: Known<LagTrend>,
    /// Since when one of its partitions has not moved though there is something to read and somebody who could.
    pub stuck_since: Option<UnixMillis>,
    /// Since when its members are being arranged.
    pub rebalancing_since: Option<UnixMillis>,
    /// Records a second that it committed past, since the look before.
    pub consumed_per_second: Known<f64>,
}

/// A topic's logs over time.
#[derive(Debug)]
struct TopicTrack {
    /// Another number means another topic, be it of the same name.
    number: u32,
    id: Box<str>,
    ends: Vec<Ends>,
    /// Records a second since the look before.
    rate: Known<f64>,
    /// When records were last seen to be written.
    written_at: Known<UnixMillis>,
    newest: Newest,
}

/// What brokers say of the newest record of a topic that nobody has seen grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Newest {
    /// Nobody has asked them.
    #[default]
    NotAsked,
    /// They did say, or that there is none.
    Told(Known<UnixMillis>),
}

/// All logs and groups of a cluster over time.
#[derive(Debug, Default)]
pub(crate) struct Paces {
    topics: HashMap<TopicName, TopicTrack>,
    groups: HashMap<GroupId, GroupTrack>,
    numbers: u32,
}

/// Over what time the rates are told that forecasts are made from.
const LONG_RATE_MILLIS: i64 = 3_600_000;
/// Over what time the rates of partitions are told.
const RATE_MILLIS: i64 = 60_000;

impl Paces {
    /// Takes in what is seen now, and says how groups get on, by id.
    pub(crate) fn observe(&mut self, inventory: &Inventory, now: UnixMillis) -> Vec<GroupPace> {
        for topic in &inventory.topics {
            let known = self.topics.get(&topic.name).is_some_and(|track| *track.id == *topic.id);
            if !known {
                self.numbers = self.numbers.wrapping_add(1);
                let track = TopicTrack::new(self.numbers, &topic.id);
                self.topics.insert(topic.name.clone(), track);
            }
            if let Some(track) = self.topics.get_mut(&topic.name) {
                track.observe(topic, now);
            }
        }
        let groups = inventory.groups.value().into_iter().flatten();
        groups.map(|group| self.observe_group(group, now)).collect()
    }

    fn observe_group(&mut self, group: &Group, now: UnixMillis) -> GroupPace {
        if !self.groups.contains_key(&group.id) {
            self.groups.insert(group.id.clone(), GroupTrack::default());
        }
        let (topics, track) = (&self.topics, self.groups.get_mut(&group.id));
        match track {
            Some(track) => track.observe(group, &mut group::Logs::new(topics), now),
            None => GroupPace::unknown(group.id.clone()),
        }
    }

    /// Forgets topics and groups that are gone.
    pub(crate) fn forget_all_but(&mut self, topic: impl Fn(&TopicName) -> bool, group: impl Fn(&GroupId) -> bool) {
        self.topics.retain(|name, _| topic(name));
        self.groups.retain(|id, _| group(id));
    }

    /// Records a second that were appended to a topic, between the last two looks.
    pub(crate) fn rate(&self, topic: &TopicName) -> Known<f64> {
        self.topics.get(topic).map_or(Known::Unknown, |track| track.rate)
    }

    /// Records a second that were appended to a topic over the last hour, or as long as it was watched, but a minute at least.
    pub(crate) fn long_rate(&self, topic: &TopicName) -> Known<f64> {
        let ends = self.topics.get(topic).map(|track| track.ends.as_slice()).unwrap_or_default();
        let rates = ends.iter().filter_map(|ends| ends.rate(ends.watched().clamp(RATE_MILLIS, LONG_RATE_MILLIS)));
        let mut rates = rates.peekable();
        if rates.peek().is_none() { Known::Unknown } else { Known::Known(rates.sum()) }
    }

    /// Records a second of each partition over about the last minute, by index.
    pub(crate) fn partition_rates(&self, topic: &TopicName) -> Vec<(PartitionId, Known<f64>)> {
        let ends = self.topics.get(topic).into_iter().flat_map(|track| &track.ends);
        (0..).map(PartitionId).zip(ends.map(|ends| ends.rate(RATE_MILLIS).into())).collect()
    }

    /// When records were last seen to be written to a topic; where nobody has watched that, what brokers say of its newest record.
    pub(crate) fn written_at(&self, topic: &TopicName) -> Known<UnixMillis> {
        self.topics.get(topic).map_or(Known::Unknown, TopicTrack::written_at)
    }

    /// Whether a topic has been watched, was not written to, and brokers have not said anything of its newest record.
    pub(crate) fn is_unasked(&self, topic: &TopicName) -> bool {
        self.topics.get(topic).is_some_and(|track| {
            let is_watched = track.ends.iter().any(|ends| ends.watched() > 0);
            is_watched && track.written_at == Known::Unknown && track.newest == Newest::NotAsked
        })
    }

    /// Takes in what brokers say of the newest record of a topic of this id.
    pub(crate) fn tell_newest(&mut self, topic: &TopicName, id: &str, at: Known<UnixMillis>) {
        if let Some(track) = self.topics.get_mut(topic).filter(|track| *track.id == *id) {
            track.newest = Newest::Told(at);
        }
    }

    /// How far somebody is behind who reads on at this offset.
    ///
    /// `lag` is what is left to be read by now, some of which may have been written since what was noted last.
    pub(crate) fn behind(
        &self,
        topic: &TopicName,
        partition: PartitionId,
        (committed, lag): (i64, u64),
        now: UnixMillis,
    ) -> Behind {
        let Some(track) = self.topics.get(topic) else { return Behind::Unknown };
        match track.behind(partition, committed, now) {
            Behind::Seconds(0.0) if lag > 0 => track.behind_since_noted(partition, lag),
            told => told,
        }
    }

    /// How many bytes that takes up.
    pub(crate) fn bytes(&self) -> usize {
        let topics = self.topics.iter().map(|(name, track)| {
            size_of::<TopicTrack>() + name.as_str().len() + track.ends.iter().map(Ends::bytes).sum::<usize>()
        });
        let groups = self.groups.iter().map(|(id, track)| id.as_str().len() + track.bytes());
        topics.chain(groups).sum()
    }
}

impl GroupPace {
    /// Of a group of which nothing is known.
    fn unknown(id: GroupId) -> Self {
        Self {
            id,
            behind: Behind::Unknown,
            trend: Known::Unknown,
            stuck_since: None,
            rebalancing_since: None,
            consumed_per_second: Known::Unknown,
        }
    }
}

impl TopicTrack {
    fn new(number: u32, id: &str) -> Self {
        let (rate, written_at, newest) = (Known::Unknown, Known::Unknown, Newest::NotAsked);
        Self { number, id: id.into(), ends: Vec::new(), rate, written_at, newest }
    }

    fn written_at(&self) -> Known<UnixMillis> {
        match (self.written_at, self.newest) {
            (Known::Known(at), _) | (Known::Unknown, Newest::Told(Known::Known(at))) => Known::Known(at),
            (Known::Unknown, Newest::Told(Known::Unknown) | Newest::NotAsked) => Known::Unknown,
        }
    }

    /// Partitions are numbered from 0 without a gap.
    fn observe(&mut self, topic: &klamm_model::Topic, now: UnixMillis) {
        let mut rates = None;
        if self.ends.len() < topic.partitions.len() {
            self.ends.reserve_exact(topic.partitions.len() - self.ends.len());
            self.ends.resize_with(topic.partitions.len(), Ends::default);
        }
        for partition in &topic.partitions {
            let place = usize::try_from(partition.id.0).ok();
            let ends = place.and_then(|place| self.ends.get_mut(place));
            let Some((ends, end)) = ends.zip(partition.latest_offset.value().copied()) else { continue };
            let before = ends.last();
            ends.note(now, end);
            let Some((at, before)) = before.filter(|(at, before)| now > *at && end >= *before) else { continue };
            let grown = figure(end.saturating_sub(before));
            *rates.get_or_insert(0.0) += grown * 1000.0 / figure(now.0.saturating_sub(at.0));
            if grown > 0.0 {
                self.written_at = Known::Known(now);
            }
        }
        self.rate = rates.into();
    }

    fn behind(&self, partition: PartitionId, committed: i64, now: UnixMillis) -> Behind {
        let ends = usize::try_from(partition.0).ok().and_then(|place| self.ends.get(place));
        let since = |at: UnixMillis| figure(now.0.saturating_sub(at.0).max(0)) / 1000.0;
        match ends.filter(|ends| ends.last().is_some()).map(|ends| ends.written(committed)) {
            None => Behind::Unknown,
            Some(Written::NotYet) => Behind::Seconds(0.0),
            Some(Written::At(at)) => Behind::Seconds(since(at)),
            Some(Written::Before(at)) => Behind::MoreThan(since(at)),
        }
    }

    /// Of records that all came after what was noted last: as long as it takes to write so many, and no longer than between two notes.
    fn behind_since_noted(&self, partition: PartitionId, lag: u64) -> Behind {
        let ends = usize::try_from(partition.0).ok().and_then(|place| self.ends.get(place));
        let rate = ends.and_then(|ends| ends.rate(RATE_MILLIS)).filter(|rate| *rate > 0.0);
        let longest = figure(ends::ONE_LOOK) / 1000.0;
        let lag = figure(i64::try_from(lag).unwrap_or(i64::MAX));
        Behind::Seconds(rate.map_or(longest, |rate| (lag / rate).min(longest)))
    }
}

/// Counts and milliseconds are far below the 2^53 up to which this is exact, or need no more digits.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn figure(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
