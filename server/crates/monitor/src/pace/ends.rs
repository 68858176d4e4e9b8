//! Where the end of one log was over time, and from that when each of its records was written. Pure.

use klamm_model::UnixMillis;

/// Points that are kept of a log. Those that are missed least go first, so that what is recent is told to seconds, and what is days
/// ago to hours, unless the log has grown evenly: then to seconds, too.
const KEPT: usize = 16;
/// A clock that jumps back by more than this begins anew.
const TOO_FAR_BACK: i64 = 3_600_000;
/// What is younger than this counts as that old where points are compared by how long ago they are.
const YOUNG: i64 = 15_000;

/// The end of a log at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Point {
    at: i64,
    end: i64,
}

/// Where the end of one log was over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends {
    /// In order; neither moments nor ends ever go back.
    points: Vec<Point>,
}

/// When a record was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// About then.
    At(UnixMillis),
    /// Before anybody watched, which has been since then.
    Before(UnixMillis),
    /// It has not been.
    NotYet,
}

impl Ends {
    /// Takes in where the end is now. An end that went back belongs to another log, and everything begins anew.
    pub(crate) fn note(&mut self, now: UnixMillis, end: i64) {
        let new = Point { at: now.0, end };
        if let Some(last) = self.points.last().copied() {
            if end < last.end || last.at.saturating_sub(new.at) > TOO_FAR_BACK {
                self.points.clear();
            } else if new.at <= last.at {
                return;
            }
        }
        // Of a time in which nothing was written beginning and end tell everything.
        if let [.., before, last] = self.points.as_mut_slice()
            && before.end == end
        {
            last.at = new.at;
            return;
        }
        // Before the new one is there: room for one more would be made of every log.
        if self.points.len() >= KEPT {
            self.make_room_for(new);
        }
        if self.points.len() == self.points.capacity() {
            self.points.reserve_exact(KEPT.div_ceil(4));
        }
        self.points.push(new);
    }

    /// Leaves out the point that is missed least once there is a new one: by how far its moment would be off, compared with how long ago
    /// it is. That it leaves a large gap counts a little, too, so that many small errors do not add up.
    fn make_room_for(&mut self, new: Point) {
        let missed = |place: usize| {
            let (before, at) = (self.points.get(place.checked_sub(1)?)?, self.points.get(place)?);
            let after = self.points.get(place + 1).copied().unwrap_or(new);
            let off = (moment_of(*before, after, at.end) - at.at).unsigned_abs();
            let gap = after.at.abs_diff(before.at);
            Some(ratio(off + gap / 16, new.at.abs_diff(at.at).max(YOUNG.unsigned_abs())))
        };
        let inner = 1..self.points.len();
        let least = inner.filter_map(|place| Some((place, missed(place)?))).min_by(|(_, a), (_, b)| a.total_cmp(b));
        if let Some((place, _)) = least {
            self.points.remove(place);
        }
    }

    /// When the record at this offset was written.
    pub(crate) fn written(&self, offset: i64) -> Written {
        let Some((first, last)) = self.points.first().zip(self.points.last()) else { return Written::NotYet };
        if offset >= last.end {
            return Written::NotYet;
        }
        if offset < first.end {
            return Written::Before(UnixMillis(first.at));
        }
        // The record is there as soon as the end is behind it.
        let after = self.points.partition_point(|point| point.end <= offset);
        let found = after.checked_sub(1).and_then(|before| self.points.get(before).zip(self.points.get(after)));
        found.map_or(Written::NotYet, |(before, after)| {
            Written::At(UnixMillis(moment_of(*before, *after, offset.saturating_add(1))))
        })
    }

    /// Records a second over about the last so many milliseconds; none where that was not watched.
    pub(crate) fn rate(&self, millis: i64) -> Option<f64> {
        let last = self.points.last()?;
        let from = last.at - millis;
        let after = self.points.partition_point(|point| point.at <= from);
        let (before, after) = (self.points.get(after.checked_sub(1)?)?, self.points.get(after)?);
        let grown = ratio(after.end.abs_diff(before.end), 1);
        let part = ratio(from.abs_diff(before.at), after.at.abs_diff(before.at).max(1));
        let end = ratio(before.end.unsigned_abs(), 1) + grown * part;
        Some(((ratio(last.end.unsigned_abs(), 1) - end) * 1000.0 / ratio(millis.unsigned_abs(), 1)).max(0.0))
    }

    /// For how many milliseconds it has been watched.
    pub(crate) fn watched(&self) -> i64 {
        self.points.first().zip(self.points.last()).map_or(0, |(first, last)| last.at - first.at)
    }

    /// Where the end was when it was last looked at.
    pub(crate) fn last(&self) -> Option<(UnixMillis, i64)> {
        self.points.last().map(|last| (UnixMillis(last.at), last.end))
    }

    /// What it takes up.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.points.capacity() * size_of::<Point>()
    }
}

/// When the line from one point to a later one reaches an end between theirs.
fn moment_of(before: Point, after: Point, end: i64) -> i64 {
    let (rise, run) = (i128::from(after.end) - i128::from(before.end), i128::from(after.at) - i128::from(before.at));
    if rise <= 0 {
        return after.at;
    }
    let part = i128::from(end) - i128::from(before.end);
    let moment = i128::from(before.at) + part * run / rise;
    i64::try_from(moment).unwrap_or(after.at).clamp(before.at, after.at)
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_700_000_000_000;

    fn watched(ends: impl IntoIterator<Item = (i64, i64)>) -> Ends {
        let mut log = Ends::default();
        for (seconds, end) in ends {
            log.note(UnixMillis(START + seconds * 1000), end);
        }
        log
    }

    fn seconds(written: Written) -> Option<i64> {
        match written {
            Written::At(at) => Some((at.0 - START) / 1000),
            Written::Before(_) | Written::NotYet => None,
        }
    }

    #[test]
    fn a_record_is_as_old_as_the_line_between_two_looks_says() {
        let log = watched([(0, 100), (15, 115), (30, 145)]);
        assert_eq!(seconds(log.written(100)), Some(1));
        assert_eq!(seconds(log.written(114)), Some(15));
        assert_eq!(seconds(log.written(129)), Some(22));
        assert_eq!(log.written(99), Written::Before(UnixMillis(START)));
        assert_eq!((log.written(145), log.written(i64::MAX)), (Written::NotYet, Written::NotYet));
        assert_eq!(Ends::default().written(0), Written::NotYet);
    }

    #[test]
    fn what_was_written_after_a_long_rest_is_not_older_than_that() {
        let rest = (1..240).map(|look| (look * 15, 100));
        let log = watched([(0, 90)].into_iter().chain(rest).chain([(3600, 200)]));
        assert!(seconds(log.written(100)).is_some_and(|at| at >= 3585));
        assert_eq!(log.points.len(), 4);
    }

    #[test]
    fn room_is_made_for_what_is_kept_and_no_more() {
        let mut log = Ends::default();
        for look in 0..1000 {
            log.note(UnixMillis(START + look * 15_000), look * look);
            assert!(log.points.capacity() <= KEPT, "{look}");
        }
        assert_eq!(log.points.len(), KEPT);
        assert_eq!(log.watched(), 999 * 15_000, "the first stays");
        assert_eq!(log.last(), Some((UnixMillis(START + 999 * 15_000), 999 * 999)));
    }

    #[test]
    fn an_end_that_goes_back_is_another_log() {
        let log = watched([(0, 100), (15, 200), (30, 50), (45, 60)]);
        assert_eq!(log.written(49), Written::Before(UnixMillis(START + 30_000)));
        assert!(seconds(log.written(55)).is_some());
        let log = watched([(0, 100), (15, 200), (15, 300), (10, 300)]);
        assert_eq!(log.last(), Some((UnixMillis(START + 15_000), 200)), "what is said twice, or late");
    }

    #[test]
    fn a_rate_is_told_over_the_time_that_was_watched() {
        let log = watched((0..100).map(|look| (look * 15, look * 150)));
        assert!(log.rate(60_000).is_some_and(|rate| (rate - 10.0).abs() < 0.01));
        assert_eq!(watched([(0, 5)]).rate(60_000), None);
        assert_eq!(watched([(0, 5), (15, 5)]).rate(60_000), None);
    }
}
