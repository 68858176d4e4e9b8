//! Whether records come to a topic without a pause. Pure.

use klamm_model::UnixMillis;

const MINUTE: i64 = 60_000;
/// So many minutes before the last record are looked at,
const MINUTES: u32 = 30;
/// those of a bit each,
const LOOKED_AT: u64 = (1 << MINUTES) - 1;
/// of which so many may have been without one.
const MINUTES_MISSED: u32 = 1;
/// Minutes of a stretch. Those of the last 21 hours are remembered.
const STRETCH: i64 = 10;
/// Of stretches one of so many may have been without a record,
const STRETCHES_OF_ONE_MISSED: i64 = 20;
/// and always so many: what stopped once and went on is told when it stops again.
const STRETCHES_MISSED: i64 = 2;
/// How much of the usual rate the newest one is.
const NEWEST: f64 = 0.1;

/// In which minutes records came to a topic, and how many.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rhythm(Option<Beats>);

#[derive(Clone, Copy, Debug)]
struct Beats {
    /// The minute in which somebody began to look.
    first: i64,
    /// That of the last record, where there was one.
    last: i64,
    /// Bit for bit back from the last minute: whether records came in it.
    minutes: u64,
    /// The same of stretches.
    stretches: u128,
    /// Records a second while they come.
    rate: f64,
}

impl Rhythm {
    /// Somebody looks from now on. What comes to a topic that was idle until then is no habit yet.
    pub(super) fn begin(&mut self, now: UnixMillis) {
        if self.0.is_none() {
            let minute = now.0.div_euclid(MINUTE);
            self.0 = Some(Beats { first: minute, last: minute, minutes: 0, stretches: 0, rate: 0.0 });
        }
    }

    /// Records came, at this rate.
    pub(super) fn note(&mut self, now: UnixMillis, rate: f64) {
        let minute = now.0.div_euclid(MINUTE);
        match &mut self.0 {
            Some(beats) if minute >= beats.last => beats.go_on(minute, rate),
            // A clock that was put back begins anew.
            Some(_) | None => self.0 = Some(Beats { first: minute, last: minute, minutes: 1, stretches: 1, rate }),
        }
    }

    /// Records a second that came without a pause until the last one; none where that pauses by itself, or was not watched for long
    /// enough.
    pub(super) fn steady(&self) -> Option<f64> {
        let beats = self.0.as_ref().filter(|beats| beats.last - beats.first >= i64::from(MINUTES))?;
        let came = (beats.minutes & LOOKED_AT).count_ones();
        let watched = (beats.last.div_euclid(STRETCH) - beats.first.div_euclid(STRETCH) + 1).min(i64::from(u128::BITS));
        let missed = watched - i64::from(beats.stretches.count_ones());
        let may_miss = (watched / STRETCHES_OF_ONE_MISSED).max(STRETCHES_MISSED);
        (came + MINUTES_MISSED >= MINUTES && missed <= may_miss).then_some(beats.rate)
    }
}

impl Beats {
    fn go_on(&mut self, minute: i64, rate: f64) {
        let is_first = self.stretches == 0;
        let places = |passed: i64| u32::try_from(passed).unwrap_or(u32::MAX);
        let minutes = places(minute - self.last);
        let stretches = places(minute.div_euclid(STRETCH) - self.last.div_euclid(STRETCH));
        self.minutes = self.minutes.checked_shl(minutes).unwrap_or(0) | 1;
        self.stretches = self.stretches.checked_shl(stretches).unwrap_or(0) | 1;
        self.last = minute;
        self.rate = if is_first { rate } else { self.rate + NEWEST * (rate - self.rate) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A topic to which records come in these minutes, and how it is told after the last of them.
    fn after(minutes: impl IntoIterator<Item = i64>) -> Option<f64> {
        of(Rhythm::default(), minutes)
    }

    /// The same of one that is watched from minute 0 on.
    fn watched(minutes: impl IntoIterator<Item = i64>) -> Option<f64> {
        let mut rhythm = Rhythm::default();
        rhythm.begin(at(0));
        of(rhythm, minutes)
    }

    fn of(mut rhythm: Rhythm, minutes: impl IntoIterator<Item = i64>) -> Option<f64> {
        for minute in minutes {
            rhythm.begin(at(minute));
            rhythm.note(at(minute), 98.0);
        }
        rhythm.steady()
    }

    fn at(minute: i64) -> UnixMillis {
        UnixMillis(1_700_000_000_000 + minute * MINUTE)
    }

    #[test]
    fn records_of_half_an_hour_without_a_pause_are_steady() {
        assert_eq!(after(0..30), None, "not watched for long enough");
        assert_eq!(after(0..=30), Some(98.0));
        assert_eq!(after((0..=60).filter(|minute| *minute != 50)), Some(98.0), "a minute is no pause");
        assert_eq!(after((0..=60).filter(|minute| !(50..52).contains(minute))), None);
        assert_eq!(after((0..=600).step_by(2)), None);
        assert_eq!(after([]), None);
    }

    #[test]
    fn what_stopped_for_a_while_is_steady_again_half_an_hour_later() {
        assert_eq!(after((0..60).chain(75..95)), None);
        assert_eq!(after((0..60).chain(75..=105)), Some(98.0));
    }

    #[test]
    fn what_pauses_by_itself_is_not_steady_however_even_it_is_in_between() {
        let day = 24 * 60;
        assert_eq!(after((0..120).chain(day..day + 120)), None, "a batch of every night");
        let hourly = (0..12 * 60).filter(|minute| minute % 60 < 35);
        assert_eq!(after(hourly), None, "a batch of every hour");
        let office = (0..10 * 60).chain(day..day + 10 * 60);
        assert_eq!(after(office), None, "nobody works at night");
    }

    #[test]
    fn a_load_test_of_an_idle_topic_is_no_habit() {
        assert_eq!(watched(0..=30), Some(98.0), "the rate of the first record is the first rate");
        assert_eq!(watched(20..=60), Some(98.0), "two stretches are no pause");
        assert_eq!(watched(60..95), None);
        assert_eq!(watched(20 * 60..20 * 60 + 35), None);
        assert_eq!(watched(20 * 60..42 * 60), Some(98.0), "it has become one");
    }

    #[test]
    fn a_clock_that_is_put_back_begins_anew() {
        assert_eq!(after((0..=60).chain(0..10)), None);
    }

    proptest! {
        /// Whatever comes: who is called steady had records in nearly all minutes of the last half hour.
        #[test]
        fn nobody_is_steady_with_a_pause_in_the_last_half_hour(
            minutes in proptest::collection::btree_set(0_i64..400, 1..400),
        ) {
            let last = *minutes.last().unwrap();
            let came = (last - 29..=last).filter(|minute| minutes.contains(minute)).count();
            prop_assert!(after(minutes).is_none() || came >= 29, "{came} of 30 minutes");
        }
    }
}
