//! One partition while it is read: which offsets come next, and when there is nothing more. No clock, no broker.

use super::question::Start;
use crate::brokers::TopicLog;
use klamm_kafka::FetchPlace;
use klamm_model::{BrokerId, PartitionId, PeekedPartition, UnixMillis};
use klamm_planner::offsets::AtMoment;
use std::ops::Range;

/// Offsets that are looked at first when reading goes back. Few, because a step is read forwards: were records large, nobody would
/// get as far as the newest.
const FIRST_STEP: i64 = 4;
/// Offsets in one step back, at most.
const LONGEST_STEP: i64 = 4096;
/// Bytes in one step back, as far as anybody can tell.
const STEP_BYTES: i64 = 1024 * 1024;
/// Bytes that a question asks for, where nobody knows how large records are.
const USUAL_BYTES: u32 = 64 * 1024;
/// Bytes that it asks for at least, and at most.
const BYTES: Range<i64> = 4 * 1024..512 * 1024;

/// A partition while it is read.
#[derive(Clone, Debug)]
pub(super) struct Track {
    pub(super) id: PartitionId,
    pub(super) leader: Option<BrokerId>,
    ends: Option<(i64, i64)>,
    /// Offsets that may be read.
    reach: Range<i64>,
    /// Those that are read now, forwards, whichever way reading goes.
    window: Range<i64>,
    /// The next one of them.
    cursor: i64,
    /// How many the next step back is.
    step: i64,
    /// The smallest offset that was seen of this window; a batch may begin before the window does.
    lowest: i64,
    way: Way,
    /// Bytes and offsets that came, for what a record is likely to take.
    came: (i64, i64),
    /// Records that fit.
    pub(super) found: usize,
    /// The oldest time in this window.
    pub(super) oldest: Option<UnixMillis>,
    read: Option<Range<i64>>,
    pub(super) standing: Standing,
    problem: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Forwards,
    Back,
}

/// How a partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Something is left to read.
    Open,
    /// Nothing came although something should: others came first, and it has to stand before them.
    Starved,
    /// Nothing more is wanted, or there.
    Done,
}

impl Track {
    pub(super) fn new(id: PartitionId, seen: &TopicLog, start: Start) -> Self {
        let (log, nothing) = (seen.log, (0, 0));
        let (earliest, latest) = log.map_or(nothing, |log| (log.earliest, log.latest));
        let begin = match (start, log) {
            (Start::Offset(offset), _) => offset.max(earliest),
            (Start::Time(_), Some(log)) => match log.at {
                AtMoment::Record(offset) => offset.max(earliest),
                AtMoment::PastTheEnd | AtMoment::NotAsked => latest,
            },
            (Start::Newest | Start::Oldest | Start::Time(_), _) => earliest,
        };
        let reach = begin..latest.max(begin);
        let problem = match (seen.leader, log) {
            (None, _) => Some("nobody leads it at the moment".to_owned()),
            (Some(_), None) => Some("its leader did not say where it begins and ends".to_owned()),
            (Some(_), Some(_)) => None,
        };
        let is_empty = problem.is_some() || reach.is_empty();
        let mut track = Self {
            id,
            leader: seen.leader,
            ends: log.map(|log| (log.earliest, log.latest)),
            window: reach.clone(),
            cursor: reach.start,
            step: FIRST_STEP,
            lowest: reach.end,
            way: if start == Start::Newest { Way::Back } else { Way::Forwards },
            came: (0, 0),
            found: 0,
            oldest: None,
            read: None,
            standing: if is_empty { Standing::Done } else { Standing::Open },
            problem,
            reach,
        };
        if track.way == Way::Back {
            track.open_window(track.reach.end);
        }
        track
    }

    /// The next step back, up to here.
    fn open_window(&mut self, end: i64) {
        let fits = match self.came {
            (_, 0) => self.step,
            (bytes, offsets) => (STEP_BYTES / (bytes / offsets + 1)).max(1),
        };
        let begin = end.saturating_sub(self.step.min(fits)).max(self.reach.start);
        self.step = (self.step * 2).min(LONGEST_STEP);
        (self.window, self.cursor, self.lowest, self.oldest) = (begin..end, begin, end, None);
    }

    /// What is asked for next.
    pub(super) fn place(&self) -> FetchPlace {
        let left = self.window.end.saturating_sub(self.cursor);
        let bytes = match self.came {
            (_, 0) => USUAL_BYTES,
            (bytes, offsets) => {
                // Half as much again, because records differ.
                let wanted = left.saturating_mul(bytes / offsets + 1).saturating_mul(3) / 2;
                u32::try_from(wanted.clamp(BYTES.start, BYTES.end)).unwrap_or(USUAL_BYTES)
            }
        };
        FetchPlace { partition: self.id, offset: self.cursor, bytes }
    }

    /// Whether a record at this offset is looked at: the batch that holds the cursor comes whole.
    pub(super) fn wants(&self, offset: i64) -> bool {
        let begin = match self.way {
            // What stands before the window in its first batch need not be sent again.
            Way::Back if self.cursor == self.window.start => self.reach.start,
            Way::Forwards | Way::Back => self.cursor,
        };
        (begin..self.window.end).contains(&offset)
    }

    /// Whether a batch that begins here is no longer of interest.
    pub(super) fn is_beyond(&self, base_offset: i64) -> bool {
        base_offset >= self.window.end
    }

    pub(super) fn sees(&mut self, offset: i64, at: Option<UnixMillis>) {
        self.oldest = match (self.oldest, at) {
            (Some(known), Some(at)) => Some(known.min(at)),
            (known, at) => known.or(at),
        };
        let read = self.read.get_or_insert(offset..offset);
        *read = read.start.min(offset)..read.end.max(offset.saturating_add(1));
    }

    /// A batch was gone through.
    pub(super) fn passed(&mut self, base_offset: i64, last_offset: i64, bytes: usize) {
        let offsets = last_offset.saturating_sub(base_offset).saturating_add(1);
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.came = (self.came.0.saturating_add(bytes), self.came.1.saturating_add(offsets));
        self.lowest = self.lowest.min(base_offset.max(self.reach.start));
    }

    /// An answer was gone through, up to here. One that does not go on is made to.
    pub(super) fn went_to(&mut self, next: i64) {
        self.standing = Standing::Open;
        self.cursor = next.max(self.cursor.saturating_add(1));
    }

    /// Nothing came: nothing is there, or others came first.
    pub(super) fn got_nothing(&mut self, first: First) {
        match first {
            First::InLine => self.went_to(self.window.end),
            First::Others => self.standing = Standing::Starved,
        }
    }

    /// Whether everything of this window was read; then the next one begins, if one is left and wanted.
    pub(super) fn turn_over(&mut self, wanted: Wanted) {
        if self.standing == Standing::Done || self.cursor < self.window.end {
            return;
        }
        let lowest = self.lowest.min(self.window.start);
        match (self.way, wanted) {
            (Way::Back, Wanted::More) if lowest > self.reach.start => self.open_window(lowest),
            (Way::Back | Way::Forwards, Wanted::More | Wanted::NoMore) => self.standing = Standing::Done,
        }
    }

    pub(super) fn end(&mut self) {
        self.standing = Standing::Done;
    }

    pub(super) fn fail(&mut self, why: String) {
        self.problem = Some(why);
        self.standing = Standing::Done;
    }

    pub(super) fn failed(&self) -> bool {
        self.problem.is_some()
    }

    pub(super) fn view(self) -> PeekedPartition {
        let (read_from, read_to) = self.read.map(|read| (read.start, read.end)).unzip();
        let (earliest, latest) = self.ends.unzip();
        PeekedPartition { id: self.id, earliest, latest, read_from, read_to, problem: self.problem }
    }
}

/// Whether a partition was the first that its leader was asked for, which always gets something where there is anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    InLine,
    Others,
}

/// Whether more of a partition is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    More,
    NoMore,
}
