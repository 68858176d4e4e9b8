//! What a group committed over time: how quickly it reads, and whether it does. Pure.

use super::{
    Behind, GroupPace, TopicTrack, figure,
    trend::Lags,
    unread::{Attendance, Unattended},
};
use klamm_model::{Group, GroupOffset, Known, TopicName, UnixMillis};
use std::collections::HashMap;

/// An offset that has stood still for so long though there is something to read is stuck: most consumers commit every few seconds.
const STUCK_AFTER: i64 = 120_000;

/// What a group committed of one partition.
#[derive(Clone, Copy, Debug)]
struct Commit {
    /// The number of the topic, which another topic of the same name does not have.
    topic: u32,
    partition: i32,
    committed: i64,
    /// Since when it has stood still though there was something to read.
    still_since: i64,
}

/// A group over time.
#[derive(Debug, Default)]
pub(super) struct GroupTrack {
    commits: Vec<Commit>,
    seen_at: Option<UnixMillis>,
    lags: Lags,
    rebalancing_since: Option<UnixMillis>,
    unattended: Unattended,
}

/// Looks up topics. Offsets come sorted by topic, so the one found last is nearly always the next one too.
pub(super) struct Logs<'a> {
    topics: &'a HashMap<TopicName, TopicTrack>,
    last: Option<(&'a TopicName, &'a TopicTrack)>,
}

impl<'a> Logs<'a> {
    pub(super) fn new(topics: &'a HashMap<TopicName, TopicTrack>) -> Self {
        Self { topics, last: None }
    }

    fn of(&mut self, topic: &TopicName) -> Option<&'a TopicTrack> {
        if self.last.is_none_or(|(name, _)| name != topic) {
            self.last = self.topics.get_key_value(topic);
        }
        self.last.map(|(_, track)| track)
    }

    /// How far a group is behind by what it committed.
    pub(super) fn behind(&mut self, group: &Group, now: UnixMillis) -> Behind {
        let Known::Known(offsets) = &group.offsets else { return Behind::Unknown };
        if group.lag == Known::Known(0) {
            return Behind::Seconds(0.0);
        }
        let of_each = offsets.iter().map(|offset| {
            let track = self.of(&offset.topic);
            track.map_or(Behind::Unknown, |track| track.behind(offset.partition, offset.committed, now))
        });
        of_each.reduce(Behind::and).unwrap_or_default()
    }
}

impl GroupTrack {
    /// Takes in what is seen of the group now.
    pub(super) fn observe(&mut self, group: &Group, logs: &mut Logs<'_>, now: UnixMillis) -> GroupPace {
        self.rebalancing_since = is_rebalancing(group).then(|| self.rebalancing_since.unwrap_or(now));
        let mut pace = GroupPace { rebalancing_since: self.rebalancing_since, ..GroupPace::unknown(group.id.clone()) };
        let Known::Known(offsets) = &group.offsets else {
            self.lags.note(group.lag, Attendance::Unknown);
            pace.trend = self.lags.trend();
            pace.unread = self.unattended.note(Attendance::Unknown, Known::Unknown, now);
            return pace;
        };
        // Where nobody reads nothing is stuck, and whoever comes gets the time to begin.
        let somebody_reads = match &group.members {
            Known::Known(members) => !members.is_empty(),
            Known::Unknown => group.state.value().is_some_and(|state| state == "Stable"),
        };
        let passed = self.seen_at.map(|seen| now.0.saturating_sub(seen.0)).filter(|passed| *passed > 0);
        let mut before = Before::new(&self.commits);
        let (mut behind, mut consumed) = (None::<Behind>, None::<i64>);
        let mut attendance = Attendance::of(group);
        let mut commits = Vec::with_capacity(offsets.len());
        for offset in offsets {
            let Some(track) = logs.of(&offset.topic) else {
                behind = Some(Behind::Unknown);
                continue;
            };
            let of_it = track.behind(offset.partition, offset.committed, now);
            behind = Some(behind.map_or(of_it, |so_far| so_far.and(of_it)));
            let known = before.of(track.number, offset);
            if let Some(known) = known {
                let read = offset.committed.saturating_sub(known.committed).max(0);
                consumed = Some(consumed.unwrap_or(0).saturating_add(read));
                // Who chooses its partitions itself commits without being a member.
                if known.committed != offset.committed {
                    attendance = Attendance::Somebody;
                }
            }
            let stands = known.filter(|known| known.committed == offset.committed);
            let is_behind = of_it != Behind::Seconds(0.0) && of_it != Behind::Unknown;
            let still_since = stands.filter(|_| is_behind && somebody_reads).map_or(now.0, |known| known.still_since);
            let (topic, partition, committed) = (track.number, offset.partition.0, offset.committed);
            commits.push(Commit { topic, partition, committed, still_since });
        }
        let still = commits.iter().map(|commit| commit.still_since).min();
        pace.stuck_since =
            still.filter(|since| somebody_reads && now.0.saturating_sub(*since) >= STUCK_AFTER).map(UnixMillis);
        self.lags.note(group.lag, attendance);
        pace.trend = self.lags.trend();
        pace.unread = self.unattended.note(attendance, group.lag, now);
        pace.behind = behind.unwrap_or_default();
        pace.consumed_per_second =
            consumed.zip(passed).map(|(read, passed)| figure(read) * 1000.0 / figure(passed)).into();
        self.commits = commits;
        self.seen_at = Some(now);
        pace
    }

    /// What it takes up.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.commits.capacity() * size_of::<Commit>()
    }
}

/// What was committed before. Mostly it is of the same partitions in the same order.
struct Before<'a> {
    commits: &'a [Commit],
    next: usize,
    by_partition: Option<HashMap<(u32, i32), Commit>>,
}

impl<'a> Before<'a> {
    fn new(commits: &'a [Commit]) -> Self {
        Self { commits, next: 0, by_partition: None }
    }

    fn of(&mut self, topic: u32, offset: &GroupOffset) -> Option<Commit> {
        let partition = offset.partition.0;
        if self.by_partition.is_none() {
            let next = self.commits.get(self.next);
            if let Some(commit) = next.filter(|commit| commit.topic == topic && commit.partition == partition) {
                self.next += 1;
                return Some(*commit);
            }
        }
        let all = self.by_partition.get_or_insert_with(|| {
            self.commits.iter().map(|commit| ((commit.topic, commit.partition), *commit)).collect()
        });
        all.get(&(topic, partition)).copied()
    }
}

/// The states of both protocols in which members wait for what they are to read.
fn is_rebalancing(group: &Group) -> bool {
    const ARRANGING: [&str; 4] = ["PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling"];
    group.state.value().is_some_and(|state| ARRANGING.contains(&state.as_str()))
}
