//! A topic's logs over time: how quickly they grow, when they last did, and how far somebody is behind. Pure.

use super::{
    Behind, NOTED_MILLIS, RATE_MILLIS,
    ends::{Ends, Written},
    figure,
    rhythm::Rhythm,
};
use klamm_model::{Known, PartitionId, Topic, UnixMillis};

/// A topic's logs over time.
#[derive(Debug)]
pub(super) struct TopicTrack {
    /// Another number means another topic, be it of the same name.
    pub(super) number: u32,
    pub(super) id: Box<str>,
    pub(super) ends: Vec<Ends>,
    /// Records a second since the look before.
    pub(super) rate: Known<f64>,
    /// In which minutes records came since somebody looks.
    pub(super) rhythm: Rhythm,
    counted: Counted,
    /// When records were last seen to be written.
    written_at: Known<UnixMillis>,
    newest: Newest,
}

/// Records that came since a rate was told.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    /// How many; none where no log was seen twice.
    records: Option<f64>,
    /// When a rate was told last.
    since: Option<UnixMillis>,
    /// When the logs were looked at last.
    at: Option<UnixMillis>,
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

impl TopicTrack {
    pub(super) fn new(number: u32, id: &str) -> Self {
        Self {
            number,
            id: id.into(),
            ends: Vec::new(),
            rate: Known::Unknown,
            rhythm: Rhythm::default(),
            counted: Counted::default(),
            written_at: Known::Unknown,
            newest: Newest::NotAsked,
        }
    }

    pub(super) fn written_at(&self) -> Known<UnixMillis> {
        match (self.written_at, self.newest) {
            (Known::Known(at), _) | (Known::Unknown, Newest::Told(Known::Known(at))) => Known::Known(at),
            (Known::Unknown, Newest::Told(Known::Unknown) | Newest::NotAsked) => Known::Unknown,
        }
    }

    /// Whether it has been watched, was not written to, and brokers have not said anything of its newest record.
    pub(super) fn is_unasked(&self) -> bool {
        let is_watched = self.ends.iter().any(|ends| ends.watched() > 0);
        is_watched && self.written_at == Known::Unknown && self.newest == Newest::NotAsked
    }

    /// Takes in what brokers say of its newest record.
    pub(super) fn tell_newest(&mut self, at: Known<UnixMillis>) {
        self.newest = Newest::Told(at);
    }

    /// Takes in where its logs end now, and tells by that at what rate records came since this was told last.
    pub(super) fn observe(&mut self, topic: &Topic, now: UnixMillis) {
        self.rhythm.begin(now);
        self.note(topic, now);
        let records = self.counted.records.take();
        let since = self.counted.since.replace(now);
        let passed = since.map(|since| figure(now.0.saturating_sub(since.0))).filter(|passed| *passed > 0.0);
        let rate = records.zip(passed).map(|(records, passed)| records * 1000.0 / passed);
        if let Some(rate) = rate.filter(|rate| *rate > 0.0) {
            self.rhythm.note(now, rate);
        }
        self.rate = rate.into();
    }

    /// Takes in where its logs end now. Partitions are numbered from 0 without a gap.
    pub(super) fn note(&mut self, topic: &Topic, now: UnixMillis) {
        if self.ends.len() < topic.partitions.len() {
            self.ends.reserve_exact(topic.partitions.len() - self.ends.len());
            self.ends.resize_with(topic.partitions.len(), Ends::default);
        }
        let looked = self.counted.at.replace(now);
        let passed = looked.map(|at| figure(now.0.saturating_sub(at.0))).filter(|passed| *passed > 0.0);
        for partition in &topic.partitions {
            let place = usize::try_from(partition.id.0).ok();
            let ends = place.and_then(|place| self.ends.get_mut(place));
            let Some((ends, end)) = ends.zip(partition.latest_offset.value().copied()) else { continue };
            let before = ends.last();
            ends.note(now, end);
            let Some((at, before)) = before.filter(|(at, before)| now > *at && end >= *before) else { continue };
            let grown = figure(end.saturating_sub(before));
            if let Some(passed) = passed {
                // What could not be seen for a while is spread over that time.
                *self.counted.records.get_or_insert(0.0) += grown * (passed / figure(now.0.saturating_sub(at.0)));
            }
            if grown > 0.0 {
                self.written_at = Known::Known(now);
            }
        }
    }

    pub(super) fn behind(&self, partition: PartitionId, committed: i64, now: UnixMillis) -> Behind {
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
    pub(super) fn behind_since_noted(&self, partition: PartitionId, lag: u64) -> Behind {
        let ends = usize::try_from(partition.0).ok().and_then(|place| self.ends.get(place));
        let rate = ends.and_then(|ends| ends.rate(RATE_MILLIS)).filter(|rate| *rate > 0.0);
        let longest = figure(NOTED_MILLIS) / 1000.0;
        let lag = figure(i64::try_from(lag).unwrap_or(i64::MAX));
        Behind::Seconds(rate.map_or(longest, |rate| (lag / rate).min(longest)))
    }
}
