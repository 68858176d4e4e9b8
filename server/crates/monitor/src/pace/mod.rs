//! How quickly logs grow, and how far groups are behind, in seconds. Brokers tell neither: both come from offsets over time.
//!
//! Pure: what is seen goes in, numbers come out. No clock, no client.

mod ends;
mod group;
mod rhythm;
mod topic;
mod trend;
mod unread;

pub use unread::Unread;

use ends::Ends;
use group::GroupTrack;
use klamm_model::{Group, GroupId, Inventory, Known, LagTrend, PartitionId, TopicName, UnixMillis};
use std::collections::{HashMap, HashSet};
use topic::TopicTrack;

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
    /// That nobody is in it though there is ever more to read.
    pub unread: Option<Unread>,
    /// Records a second that it committed past, since the look before.
    pub consumed_per_second: Known<f64>,
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
/// How often it is noted where logs end that groups read, in milliseconds: how late a group is cannot be told more exactly than that.
pub(crate) const NOTED_MILLIS: i64 = 5_000;

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

    /// Between two times that everything is taken in: notes where logs end that groups read, and says by that anew how far groups are
    /// behind, who got on like this before. Rates are told by [`Self::observe`] alone.
    pub(crate) fn note(&mut self, inventory: &Inventory, before: &[GroupPace], now: UnixMillis) -> Vec<GroupPace> {
        let groups = inventory.groups.value().map(Vec::as_slice).unwrap_or_default();
        let read: HashSet<&TopicName> =
            groups.iter().flat_map(|group| group.offsets.value().into_iter().flatten()).map(|one| &one.topic).collect();
        for topic in inventory.topics.iter().filter(|topic| read.contains(&topic.name)) {
            // What is new is taken in with everything else.
            if let Some(track) = self.topics.get_mut(&topic.name).filter(|track| *track.id == *topic.id) {
                track.note(topic, now);
            }
        }
        let mut logs = group::Logs::new(&self.topics);
        let of_each = groups.iter().map(|group| {
            let known = GroupPace::of(before, &group.id).cloned();
            let known = known.unwrap_or_else(|| GroupPace::unknown(group.id.clone()));
            GroupPace { behind: logs.behind(group, now), ..known }
        });
        of_each.collect()
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
        self.rate_over(topic, |ends| ends.watched().clamp(RATE_MILLIS, LONG_RATE_MILLIS))
    }

    /// Records a second that were appended to a topic over about the last minute: what its partitions come to together.
    pub(crate) fn minute_rate(&self, topic: &TopicName) -> Known<f64> {
        self.rate_over(topic, |_| RATE_MILLIS)
    }

    /// Records a second over so many milliseconds, of all partitions together that were watched for so long; unknown where none was.
    fn rate_over(&self, topic: &TopicName, millis: impl Fn(&Ends) -> i64) -> Known<f64> {
        let ends = self.topics.get(topic).map(|track| track.ends.as_slice()).unwrap_or_default();
        let mut rates = ends.iter().filter_map(|ends| ends.rate(millis(ends))).peekable();
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

    /// Records a second that came to a topic without a pause until it was last written to; none where it pauses by itself, or was not
    /// watched for long enough to say.
    pub(crate) fn steady(&self, topic: &TopicName) -> Option<f64> {
        self.topics.get(topic).and_then(|track| track.rhythm.steady())
    }

    /// Whether a topic has been watched, was not written to, and brokers have not said anything of its newest record.
    pub(crate) fn is_unasked(&self, topic: &TopicName) -> bool {
        self.topics.get(topic).is_some_and(TopicTrack::is_unasked)
    }

    /// Takes in what brokers say of the newest record of a topic of this id.
    pub(crate) fn tell_newest(&mut self, topic: &TopicName, id: &str, at: Known<UnixMillis>) {
        if let Some(track) = self.topics.get_mut(topic).filter(|track| *track.id == *id) {
            track.tell_newest(at);
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
            unread: None,
            consumed_per_second: Known::Unknown,
        }
    }
}

/// Counts and milliseconds are far below the 2^53 up to which this is exact, or need no more digits.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn figure(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
