//! Where a consumer group is to continue: what people write, and which offset that is in a log. Pure. Kafka's own tool
//! (`kafka-consumer-groups.sh --reset-offsets`) means the same by each of these words.

mod standing;
mod words;

pub use standing::{NotNow, NotOurs, at_rest, settable};
pub use words::NoTarget;

use klamm_model::UnixMillis;

/// Where a group is to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResetTo {
    /// At the first record that is still there.
    Earliest,
    /// At the next record that is written.
    Latest,
    /// At the first record of this moment or later.
    Moment(UnixMillis),
    /// The same, so many milliseconds before whoever resolves it looks at the clock.
    Back(u64),
    /// So many records from what is committed: forward, or back where it is negative.
    Shift(i64),
    /// At this very offset.
    Offset(u64),
}

impl ResetTo {
    /// The moment whose offsets brokers have to be asked for; none where no time is meant. Never before 1970: to brokers,
    /// negative times are no times.
    pub fn moment(self, now: UnixMillis) -> Option<UnixMillis> {
        let at = match self {
            Self::Moment(at) => at.0,
            Self::Back(millis) => now.0.saturating_sub_unsigned(millis),
            Self::Earliest | Self::Latest | Self::Shift(_) | Self::Offset(_) => return None,
        };
        Some(UnixMillis(at.max(0)))
    }
}

/// A log, as its leader tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// The first offset that is still there.
    pub earliest: i64,
    /// The next one to be written.
    pub latest: i64,
    /// The first offset of the moment that was asked about.
    pub at: AtMoment,
}

/// What a log has at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtMoment {
    /// Nobody asked.
    NotAsked,
    /// The first record of that moment or later.
    Record(i64),
    /// All records are older.
    PastTheEnd,
}

impl Log {
    /// The offset itself where the log has it, else the end of the log that is nearer.
    pub fn within(self, offset: i64) -> i64 {
        // Not `clamp`, which panics where somebody tells of a log that ends before it begins.
        offset.min(self.latest).max(self.earliest)
    }
}

/// Why no offset can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// There is nothing to count from.
    #[error("nothing is committed that could be shifted")]
    NothingCommitted,
    /// The leader did not say what the log has at that moment.
    #[error("its leader did not say which record is the first of that moment")]
    NotTold,
}

/// The offset that is meant in this log, which always lies within it.
pub fn resolve(to: ResetTo, log: Log, committed: Option<i64>) -> Result<i64, Unresolved> {
    let meant = match to {
        ResetTo::Earliest => log.earliest,
        ResetTo::Latest => log.latest,
        ResetTo::Moment(_) | ResetTo::Back(_) => match log.at {
            AtMoment::Record(offset) => offset,
            AtMoment::PastTheEnd => log.latest,
            AtMoment::NotAsked => return Err(Unresolved::NotTold),
        },
        ResetTo::Shift(by) => committed.ok_or(Unresolved::NothingCommitted)?.saturating_add(by),
        ResetTo::Offset(offset) => i64::try_from(offset).unwrap_or(i64::MAX),
    };
    Ok(log.within(meant))
}

/// How many records lie between what is committed and what would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Those that would be read again.
    pub again: u64,
    /// Those that would not be read at all.
    pub skipped: u64,
}

impl Moved {
    /// Between two offsets of a log. What the log has lost meanwhile is neither read again nor skipped.
    pub fn between(before: i64, after: i64, log: Log) -> Self {
        let before = log.within(before);
        let records = before.abs_diff(after);
        if after < before { Self { again: records, skipped: 0 } } else { Self { again: 0, skipped: records } }
    }

    /// As one number: negative where records are read again, positive where they are skipped.
    pub fn records(self) -> i64 {
        let number = |records: u64| i64::try_from(records).unwrap_or(i64::MAX);
        number(self.skipped).saturating_sub(number(self.again))
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { again: self.again.saturating_add(other.again), skipped: self.skipped.saturating_add(other.skipped) }
    }
}

#[cfg(test)]
mod tests;
