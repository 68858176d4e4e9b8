//! Groups that nobody is in, though there is ever more to read for them. Pure.

use klamm_model::{Group, Known, UnixMillis};

/// That nobody reads for a group, and what has come since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Since when it has been more than it was, as far as anybody watched: a group may be empty for weeks before a record comes.
    pub since: UnixMillis,
    /// Records that it has still to read.
    pub lag: u64,
    /// By how many more that is than it was.
    pub grown: u64,
}

/// Whether somebody reads for a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attendance {
    /// Members, or somebody who commits without being one.
    Somebody,
    /// Nobody.
    Nobody,
    /// Nobody can say.
    Unknown,
}

impl Attendance {
    /// By what brokers say of the group. Its state is asked for at every look, its members seldom.
    pub(super) fn of(group: &Group) -> Self {
        let is_empty = match group.state.value() {
            Some(state) => Some(state == "Empty"),
            None => group.members.value().map(Vec::is_empty),
        };
        match is_empty {
            Some(true) => Self::Nobody,
            Some(false) => Self::Somebody,
            None => Self::Unknown,
        }
    }
}

/// What there has been to read for a group since nobody has read for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unattended(Option<Begun>);

#[derive(Clone, Copy, Debug)]
struct Begun {
    /// The least and the last that there was to read since.
    lags: Option<(u64, u64)>,
    /// When it was first seen to be more than the least.
    grown_at: Option<UnixMillis>,
}

impl Unattended {
    /// Takes in who reads and what is left to be read, and says whether it grows while nobody does.
    pub(super) fn note(&mut self, attendance: Attendance, lag: Known<u64>, now: UnixMillis) -> Option<Unread> {
        match attendance {
            Attendance::Somebody => self.0 = None,
            Attendance::Nobody if self.0.is_none() => self.0 = Some(Begun { lags: None, grown_at: None }),
            Attendance::Nobody | Attendance::Unknown => {}
        }
        let begun = self.0.as_mut()?;
        if let Known::Known(lag) = lag {
            // Offsets that were set forward leave less to read than there was, and it grows from there.
            let least = begun.lags.map_or(lag, |(least, _)| least.min(lag));
            begun.lags = Some((least, lag));
        }
        let (least, lag) = begun.lags?;
        if lag <= least {
            begun.grown_at = None;
            return None;
        }
        let since = *begun.grown_at.get_or_insert(now);
        Some(Unread { since, lag, grown: lag - least })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Attendance::{Nobody, Somebody, Unknown};

    /// What is told after these looks, a second apart from the first on.
    fn after(looks: &[(Attendance, Option<u64>)]) -> Option<(i64, u64, u64)> {
        let mut kept = Unattended::default();
        let mut told = None;
        for ((attendance, lag), at) in looks.iter().zip(1..) {
            told = kept.note(*attendance, (*lag).into(), UnixMillis(at));
        }
        told.map(|Unread { since, lag, grown }| (since.0, lag, grown))
    }

    #[test]
    fn what_grows_while_nobody_reads_is_told_from_when_it_began_to_grow() {
        assert_eq!(after(&[(Somebody, Some(5)), (Nobody, Some(7)), (Nobody, Some(9))]), Some((3, 9, 2)));
        assert_eq!(after(&[(Nobody, Some(7)), (Unknown, None), (Unknown, Some(9))]), Some((3, 9, 2)));
        assert_eq!(after(&[(Nobody, Some(7)), (Nobody, Some(9)), (Nobody, None)]), Some((2, 9, 2)), "it may be hidden");
    }

    #[test]
    fn a_group_that_was_empty_for_long_is_told_from_the_first_record_that_came() {
        let quiet = [(Nobody, Some(7)); 500];
        let then = |lags: &[u64]| {
            let more: Vec<_> = quiet.into_iter().chain(lags.iter().map(|lag| (Nobody, Some(*lag)))).collect();
            after(&more)
        };
        assert_eq!(then(&[8]), Some((501, 8, 1)));
        assert_eq!(then(&[8, 8, 9]), Some((501, 9, 2)));
        assert_eq!(then(&[8, 7]), None, "somebody set the offsets forward");
        assert_eq!(then(&[8, 7, 9]), Some((503, 9, 2)));
    }

    #[test]
    fn a_topic_that_nobody_writes_to_needs_no_reader() {
        assert_eq!(after(&[(Nobody, Some(7)), (Nobody, Some(7))]), None, "it has been so for long");
        assert_eq!(after(&[(Nobody, Some(0)), (Nobody, Some(0))]), None);
        assert_eq!(after(&[(Nobody, None), (Nobody, None)]), None, "it committed nothing");
        assert_eq!(after(&[(Unknown, Some(1)), (Unknown, Some(9))]), None);
    }

    #[test]
    fn whoever_comes_back_ends_it_and_offsets_that_are_set_forward_begin_from_there() {
        assert_eq!(after(&[(Nobody, Some(1)), (Nobody, Some(9)), (Somebody, Some(9))]), None);
        assert_eq!(after(&[(Nobody, Some(1)), (Nobody, Some(9)), (Somebody, Some(9)), (Nobody, Some(9))]), None);
        assert_eq!(after(&[(Nobody, Some(90)), (Nobody, Some(10)), (Nobody, Some(12))]), Some((3, 12, 2)));
    }
}
