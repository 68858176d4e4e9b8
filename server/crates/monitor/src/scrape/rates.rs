//! From counters to rates. Pure.
//!
//! Brokers tell averages over fifteen minutes, too; those lag behind and forget nothing. A rate here is what was counted
//! between two looks, divided by the time between them.

use std::time::Duration;

/// A counter as it stood at a moment of a clock that never goes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stood {
    pub(super) at: Duration,
    pub(super) value: f64,
}

/// What was counted in a second, between the look before and now. None where that cannot be said: nobody looked before, no
/// time went by (the same answer again), so much that a mean would say little, or the counter fell, since it began anew then.
pub(super) fn rate(before: Option<Stood>, now: Stood, longest: Duration) -> Option<f64> {
    let before = before?;
    let between = now.at.checked_sub(before.at).filter(|between| !between.is_zero() && *between <= longest)?;
    let counted = now.value - before.value;
    (counted >= 0.0).then(|| counted / between.as_secs_f64()).filter(|rate| rate.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LONGEST: Duration = Duration::from_secs(45);

    fn stood(millis: u64, value: f64) -> Stood {
        Stood { at: Duration::from_millis(millis), value }
    }

    #[test]
    fn a_rate_is_told_only_where_there_is_one() {
        let rate_of = |before, now| rate(Some(before), now, LONGEST);
        assert_eq!(rate_of(stood(0, 100.0), stood(15_000, 250.0)), Some(10.0));
        assert_eq!(rate_of(stood(0, 100.0), stood(15_000, 100.0)), Some(0.0));
        assert_eq!(rate(None, stood(15_000, 100.0), LONGEST), None, "the first look");
        assert_eq!(rate_of(stood(15_000, 100.0), stood(15_000, 100.0)), None, "the same again");
        assert_eq!(rate_of(stood(15_000, 100.0), stood(14_000, 200.0)), None, "from before");
        assert_eq!(rate_of(stood(0, 100.0), stood(15_000, 99.0)), None, "begun anew");
        assert_eq!(rate_of(stood(0, 100.0), stood(45_001, 200.0)), None, "a gap");
    }

    proptest! {
        /// A counter of a known rate, read at moments that nobody chose, gives that rate.
        #[test]
        fn a_known_rate_comes_out(per_second in 0.0f64..1e9, from in 0.0f64..1e12, pauses in prop::collection::vec(1u64..45_000, 1..20)) {
            let mut before = stood(7, from);
            for pause in pauses {
                let at = before.at + Duration::from_millis(pause);
                let seconds = Duration::from_millis(pause).as_secs_f64();
                let now = Stood { at, value: before.value + per_second * seconds };
                let told = rate(Some(before), now, LONGEST).unwrap();
                // Numbers of twelve digits are kept to about a ten-thousandth here.
                let off = 1e-3 / seconds + per_second * 1e-9;
                prop_assert!((told - per_second).abs() <= off, "{told} instead of {per_second}");
                before = now;
            }
        }

        /// Whatever resets happen, no rate is below zero or above what the counter really did.
        #[test]
        fn resets_give_neither_negative_nor_giant_rates(steps in prop::collection::vec((0u32..1000, prop::bool::weighted(0.3), 1u64..60_000), 1..40)) {
            let (mut counter, mut at, mut before) = (0.0, 0, None);
            for (counted, begins_anew, pause) in steps {
                at += pause;
                counter = if begins_anew { f64::from(counted) } else { counter + f64::from(counted) };
                let now = stood(at, counter);
                if let Some(told) = rate(before, now, LONGEST) {
                    let seconds = Duration::from_millis(pause).as_secs_f64();
                    prop_assert!(told >= 0.0 && told <= f64::from(counted) / seconds + 1e-6, "{told}");
                }
                before = Some(now);
            }
        }
    }
}
