//! What a topic comes to once its retention takes effect, and which retention fits.

/// How full a volume is to become at most by what is recommended: the rest is for what nobody foresees.
pub const TARGET: f64 = 0.8;
const DAY_MILLIS: f64 = 86_400_000.0;
/// Nobody wants less by mistake.
const LEAST_RETENTION_MILLIS: f64 = 600_000.0;

/// When records of a topic go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retention {
    /// After so many milliseconds; none where time alone lets none go.
    pub millis: Option<f64>,
    /// When a partition has more than so many bytes; none where size lets none go.
    pub partition_bytes: Option<f64>,
    /// Records go by whole segments: those are closed after so many milliseconds,
    pub segment_millis: f64,
    /// or when they have so many bytes.
    pub segment_bytes: f64,
}

/// What is written to a topic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Bytes in a day, all replicas together.
    pub per_day: f64,
    /// Replicas of all partitions, among which they are spread.
    pub replicas: f64,
}

/// Bytes that are appended in a day, by what records take up that are there: compression and all. None where there is nothing to
/// conclude from.
pub fn appended_per_day(bytes: f64, records: f64, records_per_second: f64) -> Option<f64> {
    let fits = bytes >= 0.0 && records >= 1.0 && records_per_second >= 0.0;
    fits.then(|| bytes / records * records_per_second * 86_400.0).filter(|per_day| per_day.is_finite())
}

/// Milliseconds until a segment is closed.
fn segment_millis(load: Load, retention: &Retention) -> f64 {
    let of_one = load.per_day / load.replicas.max(1.0);
    let filled = if of_one > 0.0 { retention.segment_bytes / of_one * DAY_MILLIS } else { f64::INFINITY };
    filled.min(retention.segment_millis).max(0.0)
}

/// What the topic comes to, all replicas together, once its retention takes effect; none where it grows without end.
///
/// A record goes with its segment, when the newest record in that is old enough: so there is always a segment more.
pub fn settled(load: Load, retention: &Retention) -> Option<f64> {
    let by_time = retention.millis.map(|millis| load.per_day * (millis + segment_millis(load, retention)) / DAY_MILLIS);
    let segment =
        retention.segment_bytes.min(load.per_day / load.replicas.max(1.0) * retention.segment_millis / DAY_MILLIS);
    let by_size = retention.partition_bytes.map(|bytes| (bytes + segment.max(0.0)) * load.replicas);
    match (by_time, by_size) {
        (Some(time), Some(size)) => Some(time.min(size)),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => (load.per_day <= 0.0).then_some(0.0),
    }
}

/// A retention that fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitting {
    /// `retention.ms`.
    pub millis: f64,
    /// `segment.ms`, where segments would stay open for too long.
    pub segment_millis: Option<f64>,
}

/// The longest retention with which a topic takes up no more than `room`, all replicas together; none where none does. What is
/// recommended is rounded down to what people say.
pub fn fitting(load: Load, retention: &Retention, room: f64) -> Option<Fitting> {
    if load.per_day <= 0.0 || room <= 0.0 {
        return None;
    }
    let in_all = room / load.per_day * DAY_MILLIS;
    let open = segment_millis(load, retention);
    // A segment that is open for more than a fifth of the time would take room that records could have.
    let (millis, segment) =
        if open > in_all / 5.0 { (in_all * 0.8, Some(in_all * 0.2)) } else { (in_all - open, None) };
    let fitting = Fitting { millis: rounded(millis), segment_millis: segment.map(rounded) };
    (fitting.millis >= LEAST_RETENTION_MILLIS).then_some(fitting)
}

/// Down to whole days, hours or minutes, so that at most a tenth is lost by it.
fn rounded(millis: f64) -> f64 {
    const UNITS: [f64; 3] = [DAY_MILLIS, 3_600_000.0, 60_000.0];
    let unit = UNITS.into_iter().find(|unit| millis >= 10.0 * unit).unwrap_or(60_000.0);
    (millis / unit).floor() * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GIB: f64 = 1_073_741_824.0;

    fn kept(days: f64) -> Retention {
        let (segment_millis, segment_bytes) = (7.0 * DAY_MILLIS, GIB);
        Retention { millis: Some(days * DAY_MILLIS), partition_bytes: None, segment_millis, segment_bytes }
    }

    #[test]
    fn what_is_appended_follows_from_what_is_there() {
        assert_eq!(appended_per_day(1000.0, 10.0, 1.0), Some(8_640_000.0));
        assert_eq!(appended_per_day(1000.0, 0.0, 1.0), None);
        assert_eq!(appended_per_day(0.0, 10.0, 0.0), Some(0.0));
    }

    #[test]
    fn there_is_always_a_segment_more() {
        let busy = Load { per_day: 100.0 * GIB, replicas: 10.0 };
        let settles = settled(busy, &kept(7.0)).unwrap();
        assert!((settles / GIB - 710.0).abs() < 0.1, "{}", settles / GIB);
        let calm = Load { per_day: 0.1 * GIB, replicas: 1.0 };
        let settles = settled(calm, &kept(1.0)).unwrap();
        assert!((settles / GIB - 0.8).abs() < 0.01, "a segment stays open for a week: {}", settles / GIB);
    }

    #[test]
    fn what_grows_without_end_settles_nowhere() {
        let forever = Retention { millis: None, ..kept(1.0) };
        assert_eq!(settled(Load { per_day: 1.0, replicas: 1.0 }, &forever), None);
        assert_eq!(settled(Load { per_day: 0.0, replicas: 1.0 }, &forever), Some(0.0));
        let bounded = Retention { partition_bytes: Some(GIB), ..forever };
        assert_eq!(settled(Load { per_day: 100.0 * GIB, replicas: 2.0 }, &bounded), Some(4.0 * GIB));
    }

    #[test]
    fn what_is_recommended_is_what_people_say() {
        let load = Load { per_day: 10.0 * GIB, replicas: 10.0 };
        let fits = fitting(load, &kept(30.0), 101.0 * GIB).unwrap();
        assert_eq!((fits.millis / 3_600_000.0, fits.segment_millis), (218.0, None));
        let small = fitting(load, &kept(30.0), GIB).unwrap();
        assert_eq!(
            (small.millis / 60_000.0, small.segment_millis.map(|millis| millis / 60_000.0)),
            (115.0, Some(28.0))
        );
        assert_eq!(fitting(load, &kept(30.0), 0.0), None);
        assert_eq!(fitting(load, &kept(30.0), 0.001 * GIB), None, "nobody wants a minute");
        assert_eq!(fitting(Load { per_day: 0.0, ..load }, &kept(30.0), GIB), None, "nothing has to be done");
    }

    proptest! {
        /// What is recommended fits, and is not much less than what would.
        #[test]
        fn what_is_recommended_fits(
            per_day in 1e3..1e13_f64,
            replicas in 1.0..300.0_f64,
            room in 1e6..1e14_f64,
            segment_hours in 1.0..200.0_f64,
            segment_bytes in 1e6..2e9_f64,
        ) {
            let load = Load { per_day, replicas };
            let before = Retention { segment_millis: segment_hours * 3.6e6, segment_bytes, ..kept(1e6) };
            if let Some(fits) = fitting(load, &before, room) {
                let segment_millis = fits.segment_millis.unwrap_or(before.segment_millis);
                let after = Retention { millis: Some(fits.millis), segment_millis, ..before };
                let settles = settled(load, &after).unwrap();
                prop_assert!(settles <= room * 1.000_001, "{settles} in {room}");
                prop_assert!(settles >= room * 0.7 || fits.millis < 20.0 * 60_000.0, "{settles} of {room}: {fits:?}");
            }
        }

        /// More retention never takes less.
        #[test]
        fn more_retention_takes_more(per_day in 0.0..1e12_f64, replicas in 1.0..100.0_f64, days in 0.01..100.0_f64, more in 0.0..10.0_f64) {
            let load = Load { per_day, replicas };
            prop_assert!(settled(load, &kept(days + more)).unwrap() >= settled(load, &kept(days)).unwrap());
        }
    }
}
