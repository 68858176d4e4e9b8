//! Whether a lag grows. Pure.

use super::unread::Attendance;
use klamm_model::{Known, LagTrend};

/// Lags that are compared, the newest last: three minutes of them.
const COMPARED: usize = 12;
/// A change counts from this part of what there was.
const COUNTS: f32 = 0.05;
/// Where nobody reads nobody commits, and what has grown at so many looks in a row will not go down again by itself.
const GROWN_UNREAD: u8 = 3;

/// The last lags of a group, in records.
#[derive(Clone, Debug, Default)]
pub(super) struct Lags {
    values: [f32; COMPARED],
    count: usize,
    /// At how many looks in a row it has grown while nobody read.
    grown_unread: u8,
}

impl Lags {
    /// Takes in the lag of a look, and who reads; what is unknown is a gap that begins anew.
    pub(super) fn note(&mut self, lag: Known<u64>, attendance: Attendance) {
        let before = self.last();
        match lag {
            Known::Unknown => self.count = 0,
            Known::Known(lag) => {
                self.values.rotate_left(1);
                if let Some(last) = self.values.last_mut() {
                    *last = narrow(lag);
                }
                self.count = (self.count + 1).min(COMPARED);
            }
        }
        let has_grown = before.zip(self.last()).is_some_and(|(before, now)| now > before);
        self.grown_unread = match attendance {
            Attendance::Nobody if has_grown => self.grown_unread.saturating_add(1),
            Attendance::Nobody | Attendance::Somebody | Attendance::Unknown => 0,
        };
    }

    fn last(&self) -> Option<f32> {
        self.values.last().copied().filter(|_| self.count > 0)
    }

    /// A consumer commits now and then, so that a lag goes up and down though it keeps up: it grows when all that was seen in the
    /// newer half of the time is above all of the older half. Where nobody reads there is no such doubt.
    pub(super) fn trend(&self) -> Known<LagTrend> {
        if self.grown_unread >= GROWN_UNREAD {
            return Known::Known(LagTrend::Growing);
        }
        if self.count < COMPARED {
            return Known::Unknown;
        }
        let (older, newer) = self.values.split_at(COMPARED / 2);
        let least = |half: &[f32]| half.iter().copied().fold(f32::MAX, f32::min);
        let most = |half: &[f32]| half.iter().copied().fold(0.0, f32::max);
        let far = (most(older).max(most(newer)) * COUNTS).max(1.0);
        Known::Known(if least(newer) >= most(older) + far {
            LagTrend::Growing
        } else if most(newer) + far <= least(older) {
            LagTrend::Shrinking
        } else {
            LagTrend::Steady
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a comparison needs no more digits")]
fn narrow(lag: u64) -> f32 {
    lag as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(lags: impl IntoIterator<Item = u64>) -> Known<LagTrend> {
        let mut kept = Lags::default();
        for lag in lags {
            kept.note(Known::Known(lag), Attendance::Somebody);
        }
        kept.trend()
    }

    #[test]
    fn a_lag_grows_when_it_is_above_all_that_it_was() {
        assert_eq!(trend((0..12).map(|look| look * 1500)), Known::Known(LagTrend::Growing));
        assert_eq!(trend((0..12).map(|look| (12 - look) * 1500)), Known::Known(LagTrend::Shrinking));
        assert_eq!(trend([0; 12]), Known::Known(LagTrend::Steady));
        assert_eq!(trend([500_000; 12]), Known::Known(LagTrend::Steady));
        let commits = (0..24).map(|look| (look * 150) % 520);
        assert_eq!(trend(commits), Known::Known(LagTrend::Steady), "up and down with every commit");
        assert_eq!(trend((0..12).map(|look| 1_000_000 + look)), Known::Known(LagTrend::Steady), "hardly");
        assert_eq!(trend([0; 11]), Known::Unknown, "not watched for long enough");
    }

    #[test]
    fn a_gap_begins_anew() {
        let mut kept = Lags::default();
        for look in 0..12 {
            kept.note(Known::Known(look * 1500), Attendance::Nobody);
        }
        kept.note(Known::Unknown, Attendance::Nobody);
        for lag in [20_000, 21_500, 23_000] {
            kept.note(Known::Known(lag), Attendance::Nobody);
        }
        assert_eq!(kept.trend(), Known::Unknown, "it has grown twice since");
    }

    #[test]
    fn where_nobody_reads_a_lag_grows_as_soon_as_it_has_at_three_looks_in_a_row() {
        let told = |looks: &[(u64, Attendance)]| {
            let mut kept = Lags::default();
            for _ in 0..COMPARED {
                kept.note(Known::Known(0), Attendance::Nobody);
            }
            for (lag, attendance) in looks {
                kept.note(Known::Known(*lag), *attendance);
            }
            kept.trend()
        };
        let (nobody, somebody) = (Attendance::Nobody, Attendance::Somebody);
        let (growing, steady) = (Known::Known(LagTrend::Growing), Known::Known(LagTrend::Steady));
        assert_eq!(told(&[(1500, nobody), (3000, nobody), (4500, nobody)]), growing);
        assert_eq!(told(&[(1500, nobody), (3000, nobody)]), steady, "too early to say");
        assert_eq!(told(&[(1500, nobody), (3000, nobody), (3000, nobody), (4500, nobody)]), steady, "now and then");
        assert_eq!(told(&[(1500, somebody), (3000, somebody), (4500, somebody)]), steady, "it may commit at the next");
        assert_eq!(told(&[(1500, nobody), (3000, somebody), (4500, nobody), (6000, nobody)]), steady);
        assert_eq!(told(&[(1500, Attendance::Unknown), (3000, nobody), (4500, nobody)]), steady);
    }
}
