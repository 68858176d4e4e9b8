//! When a volume is full.

use super::Growth;
use klamm_model::VolumeView;

/// What is further away is not foreseen: nobody can say what goes on in five years.
const FURTHEST_DAYS: f64 = 1825.0;

/// Days until something that grows like this has filled so much; 0 where it has already, none where that is not foreseen.
pub fn days_to_full(growth: &Growth, capacity: f64) -> Option<f64> {
    let left = capacity - growth.now;
    if capacity <= 0.0 || !left.is_finite() {
        return None;
    }
    if left <= 0.0 {
        return Some(0.0);
    }
    (growth.per_day > 0.0).then(|| left / growth.per_day).filter(|days| *days <= FURTHEST_DAYS)
}

/// The same of something that levels off at so many bytes: what comes to no more than there is room for is never full, unless it is. A
/// level is an estimate, so that it needs some room ([`VolumeView::LEVELS_OFF_BELOW`]).
pub fn days_to_full_unless_level(growth: &Growth, capacity: f64, levels_off_at: Option<f64>) -> Option<f64> {
    let fits = levels_off_at.is_some_and(|level| level <= capacity * VolumeView::LEVELS_OFF_BELOW);
    days_to_full(growth, capacity).filter(|days| *days <= 0.0 || !fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disks::{Confidence, growth};
    use klamm_model::UnixMillis;
    use proptest::prelude::*;

    fn grows(now: f64, per_day: f64) -> Growth {
        Growth { per_day, now, confidence: Confidence::High }
    }

    #[test]
    fn what_does_not_grow_is_never_full() {
        assert_eq!(days_to_full(&grows(50.0, 10.0), 100.0), Some(5.0));
        assert_eq!(days_to_full(&grows(100.0, -1.0), 100.0), Some(0.0));
        assert_eq!(days_to_full(&grows(50.0, 0.0), 100.0), None);
        assert_eq!(days_to_full(&grows(50.0, -10.0), 100.0), None);
        assert_eq!(days_to_full(&grows(50.0, 0.001), 100.0), None, "in fifty thousand days");
        assert_eq!(days_to_full(&grows(0.0, 1.0), 0.0), None, "nobody knows how large it is");
    }

    #[test]
    fn what_levels_off_below_the_brim_is_never_full() {
        let told = |now, level| days_to_full_unless_level(&grows(now, 10.0), 100.0, level);
        assert_eq!([told(50.0, None), told(50.0, Some(95.1))], [Some(5.0), Some(5.0)]);
        assert_eq!([told(50.0, Some(95.0)), told(50.0, Some(40.0))], [None, None]);
        assert_eq!(told(100.0, Some(40.0)), Some(0.0), "it is full now");
    }

    proptest! {
        /// Where it levels off says whether it is ever full, and never when.
        #[test]
        fn a_level_takes_forecasts_away_and_changes_none(
            now in 0.0..200.0_f64,
            per_day in -10.0..10.0_f64,
            level in proptest::option::of(0.0..200.0_f64),
        ) {
            let told = days_to_full_unless_level(&grows(now, per_day), 100.0, level);
            let before = days_to_full(&grows(now, per_day), 100.0);
            let fits = now < 100.0 && level.is_some_and(|level| level <= 95.0);
            prop_assert_eq!(told, if fits { None } else { before });
        }

        /// Whoever fills it as foreseen finds it full on that day and not before, and quicker growth is never later.
        #[test]
        fn it_is_full_when_it_is_said_to_be(
            capacity in 1e6..1e13_f64,
            part in 0.0..0.99_f64,
            hourly in 0.0001..0.02_f64,
            hours in 8_i64..48,
            quicker in 1.0..5.0_f64,
        ) {
            let start = capacity * part;
            #[expect(clippy::cast_precision_loss, reason = "a test")]
            let points: Vec<_> = (0..hours)
                .map(|hour| (UnixMillis(hour * 3_600_000), start + capacity * hourly * hour as f64))
                .collect();
            let found = growth(&points).unwrap();
            match days_to_full(&found, capacity) {
                None => prop_assert!((capacity - found.now) / found.per_day > FURTHEST_DAYS),
                Some(days) => {
                    let then = found.now.max(0.0) + found.per_day * days;
                    prop_assert!(then >= capacity * 0.999 && (days <= 0.0 || then <= capacity * 1.001), "{then} of {capacity}");
                    let sooner = Growth { per_day: found.per_day * quicker, ..found };
                    prop_assert!(days_to_full(&sooner, capacity).unwrap() <= days + 1e-9);
                }
            }
        }
    }
}
