//! How quickly something grows: a line through what was measured that a few odd numbers do not turn.

use klamm_model::UnixMillis;

/// Points that are compared with each other; of more, every so-manieth.
const COMPARED: usize = 32;
/// Fewer say nothing.
const FEWEST: usize = 4;
const DAY: f64 = 86_400_000.0;

/// How far a line may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It was measured for less than an hour, or jumps about as much as it grows.
    Low,
    /// Something in between.
    Medium,
    /// It was measured for six hours or more, and is close to the line.
    High,
}

/// A line through what was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// By how much it grows in a day; less than nothing where it shrinks.
    pub per_day: f64,
    /// How large it is by now, on the line.
    pub now: f64,
    /// How far that may be believed.
    pub confidence: Confidence,
}

/// A minute of something that goes on evenly.
const AT_LEAST_HOURS: f64 = 0.7 / 60.0;

/// The line through what was measured, in order (Theil and Sen: the median of the slopes between any two points, so that less than
/// three of ten points may be anything). None where there is too little to say.
pub fn growth(points: &[(UnixMillis, f64)]) -> Option<Growth> {
    let Line { per_day, now, spread, grown, hours } = line(points)?;
    // What stands still to a thousandth stands still, however much it trembles.
    let clear = spread <= grown * CLEAR || spread.max(grown) <= now.abs() / 1000.0;
    let confidence = match hours {
        hours if hours >= 5.9 && clear => Confidence::High,
        hours if hours >= 0.9 && spread <= grown.max(now.abs() / 1000.0) => Confidence::Medium,
        _ => Confidence::Low,
    };
    Some(Growth { per_day, now, confidence })
}

/// The same of a flood, for which there is no time to measure for longer: where it is close to the line it is believed after a minute,
/// by whoever does not look much further ahead than it was measured.
pub fn flood(points: &[(UnixMillis, f64)]) -> Option<Growth> {
    let Line { per_day, now, spread, grown, hours } = line(points)?;
    let is_even = hours >= AT_LEAST_HOURS && spread <= grown * CLEAR;
    let confidence = if is_even { Confidence::Medium } else { Confidence::Low };
    Some(Growth { per_day, now, confidence })
}

/// Points of a clear line are no further off it than this part of what has come.
const CLEAR: f64 = 0.1;

struct Line {
    per_day: f64,
    now: f64,
    /// How far a point is off the line: half of them are nearer.
    spread: f64,
    grown: f64,
    hours: f64,
}

fn line(points: &[(UnixMillis, f64)]) -> Option<Line> {
    let every = points.len().div_ceil(COMPARED).max(1);
    // Counted from the newest, which is always among them.
    let points: Vec<(f64, f64)> = points
        .iter()
        .rev()
        .step_by(every)
        .filter(|(_, value)| value.is_finite())
        .map(|(at, value)| (days(*at), *value))
        .collect();
    let (newest, _) = *points.first()?;
    let (oldest, _) = *points.last()?;
    if points.len() < FEWEST || newest <= oldest {
        return None;
    }
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    for (place, (at, value)) in points.iter().enumerate() {
        let earlier = points.get(place + 1..).unwrap_or_default();
        slopes.extend(earlier.iter().filter(|(then, _)| then < at).map(|(then, was)| (value - was) / (at - then)));
    }
    let per_day = median(&mut slopes)?;
    let mut levels: Vec<f64> = points.iter().map(|(at, value)| value + per_day * (newest - at)).collect();
    let now = median(&mut levels)?;
    let mut off: Vec<f64> = levels.iter().map(|level| (level - now).abs()).collect();
    let spread = median(&mut off)?;
    let grown = (per_day * (newest - oldest)).abs();
    Some(Line { per_day, now, spread, grown, hours: (newest - oldest) * 24.0 })
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds are far below 2^53")]
fn days(at: UnixMillis) -> f64 {
    at.0 as f64 / DAY
}

fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let (upper, lower) = (*upper, below.iter().copied().fold(f64::MIN, f64::max));
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000;

    fn line(start: f64, per_day: f64, minutes: &[i64]) -> Vec<(UnixMillis, f64)> {
        let at = |minute: i64| UnixMillis(1_700_000_000_000 + minute * MINUTE);
        #[expect(clippy::cast_precision_loss, reason = "a test")]
        let value = |minute: i64| start + per_day * minute as f64 / 1440.0;
        minutes.iter().map(|minute| (at(*minute), value(*minute))).collect()
    }

    fn is_close(a: f64, b: f64, to: f64) -> bool {
        (a - b).abs() <= to.max(1e-9)
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(growth(&[]), None);
        assert_eq!(growth(&line(1.0, 1.0, &[0, 1, 2])), None);
        assert_eq!(growth(&line(1.0, 1.0, &[5, 5, 5, 5])), None);
        let unknown = [(UnixMillis(0), f64::NAN); 9];
        assert_eq!(growth(&unknown), None);
    }

    #[test]
    fn what_is_measured_for_longer_is_believed_more() {
        let believed = |minutes: i64| {
            let minutes: Vec<i64> = (0..=minutes).collect();
            growth(&line(1e9, 1e8, &minutes)).unwrap().confidence
        };
        assert_eq!(
            [believed(10), believed(60), believed(720)],
            [Confidence::Low, Confidence::Medium, Confidence::High]
        );
        let still: Vec<i64> = (0..720).collect();
        assert_eq!(growth(&line(1e9, 0.0, &still)).unwrap().confidence, Confidence::High, "it stands still for sure");
        let mut jumps = line(1e9, 1e6, &still);
        jumps.iter_mut().enumerate().for_each(|(place, (_, value))| *value += if place % 2 == 0 { 1e9 } else { 0.0 });
        assert_eq!(growth(&jumps).unwrap().confidence, Confidence::Low);
    }

    #[test]
    fn a_flood_is_believed_soon_where_it_is_even() {
        let believed = |points: &[(UnixMillis, f64)]| flood(points).map(|growth| growth.confidence);
        let steady = line(1e9, 1e12, &[0, 1, 2, 3]);
        assert_eq!((believed(&steady), believed(&steady[..3])), (Some(Confidence::Medium), None));
        assert_eq!(growth(&steady).unwrap().confidence, Confidence::Low, "whoever looks far ahead waits");
        let mut uneven = steady;
        uneven[1].1 += 2e9;
        uneven[3].1 += 2e9;
        assert_eq!(believed(&uneven), Some(Confidence::Low));
        assert_eq!(believed(&line(1e9, 0.0, &[0, 1, 2, 3])), Some(Confidence::Medium), "it stands still");
    }

    proptest! {
        /// Whatever the line and whenever it is looked at, it is found again; a tenth of nonsense does not turn it.
        #[test]
        fn a_line_is_found_again_among_nonsense(
            start in 0.0..1e12_f64,
            per_day in -1e12..1e12_f64,
            gaps in proptest::collection::vec(1_i64..40, 20..200),
            odd in proptest::collection::vec((0.0..1.0_f64, -1e13..1e13_f64), 0..2),
        ) {
            let minutes: Vec<i64> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).collect();
            let mut points = line(start, per_day, &minutes);
            let newest = points.last().unwrap().1;
            let count = points.len();
            for (place, value) in odd {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a test")]
                let place = (place * count as f64) as usize;
                points[place.min(count - 1)].1 = value;
            }
            let found = growth(&points).unwrap();
            prop_assert!(is_close(found.per_day, per_day, 1e-3 * per_day.abs() + 1.0), "{found:?} is not {per_day}");
            prop_assert!(is_close(found.now, newest, 1e-3 * newest.abs() + 10.0), "{found:?} is not {newest}");
        }

        /// The median says what sorting everything says.
        #[test]
        fn a_median_is_in_the_middle(mut values in proptest::collection::vec(-1e6..1e6_f64, 1..60)) {
            let found = median(&mut values.clone()).unwrap();
            values.sort_by(f64::total_cmp);
            let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
            prop_assert!(is_close(found, f64::midpoint(low, high), 1e-9));
        }
    }
}
