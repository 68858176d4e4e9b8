//! Nice numbers along the edges. Pure.

use klamm_model::MetricUnit;

/// Ticks along the left edge, at most one more on each side of what they have to hold.
const TICKS: f64 = 4.0;
/// What is drawn stays far from where sums of numbers overflow.
const MOST: f64 = 1e300;

/// What the left edge reaches from and to, and where it is marked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<f64>,
}

/// A scale that holds zero and all these values; what is not finite is none.
pub(super) fn scale(unit: MetricUnit, values: impl Iterator<Item = f64>) -> Scale {
    let finite = values.filter(|value| value.is_finite());
    let (least, most) = finite.fold((0.0_f64, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
    let (least, most) = (least.max(-MOST), most.min(MOST));
    let step = nice_step(unit, ((most - least) / TICKS).max(smallest(unit)));
    let low = (least / step).floor() * step;
    let mut high = (most / step).ceil() * step;
    if high <= low {
        high = low + step;
    }
    if unit == MetricUnit::Ratio && most <= 1.0 {
        high = high.min(1.0).max(low + step);
    }
    let mut ticks = vec![low];
    // Few steps fit, whatever the numbers are; the bound holds where they are too large to tell a step apart.
    for nth in 1_u32..=8 {
        let tick = low + f64::from(nth) * step;
        if tick > high * (1.0 + 1e-9) {
            break;
        }
        ticks.push(tick.min(high));
    }
    Scale { low, high, ticks }
}

/// A step below which nothing is to be told apart.
fn smallest(unit: MetricUnit) -> f64 {
    match unit {
        MetricUnit::Records | MetricUnit::Count | MetricUnit::Bytes | MetricUnit::BytesPerSecond => 1.0,
        MetricUnit::RecordsPerSecond | MetricUnit::PerSecond => 0.01,
        MetricUnit::Seconds => 0.001,
        MetricUnit::Ratio => 0.0005,
    }
}

const SECONDS: [f64; 20] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 21_600.0,
    43_200.0, 86_400.0, 172_800.0, 432_000.0,
];

/// The smallest nice step that is not below `wanted`.
fn nice_step(unit: MetricUnit, wanted: f64) -> f64 {
    let decimal = || {
        let power = 10_f64.powf(wanted.log10().floor());
        let nice = [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| *step >= wanted * (1.0 - 1e-9));
        nice.unwrap_or(10.0 * power)
    };
    match unit {
        MetricUnit::Bytes | MetricUnit::BytesPerSecond => 2_f64.powf(wanted.log2().ceil()),
        MetricUnit::Seconds if wanted > 0.5 => {
            SECONDS.into_iter().find(|step| *step >= wanted).unwrap_or_else(|| (wanted / 864_000.0).ceil() * 864_000.0)
        }
        MetricUnit::Seconds
        | MetricUnit::Records
        | MetricUnit::RecordsPerSecond
        | MetricUnit::PerSecond
        | MetricUnit::Ratio
        | MetricUnit::Count => decimal(),
    }
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const TIMES: [i64; 19] = [
    1000,
    5000,
    15_000,
    30_000,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
];
/// Marks along the lower edge at most.
const TIME_TICKS: i64 = 6;

/// Whole moments between two, in UTC, at most seven of them.
pub(super) fn times(from: i64, to: i64) -> Vec<i64> {
    let range = to.saturating_sub(from);
    if range <= 0 {
        return Vec::new();
    }
    let suits = TIMES.into_iter().find(|step| range / step <= TIME_TICKS);
    let step = suits.unwrap_or_else(|| (range / TIME_TICKS / DAY + 1).saturating_mul(DAY));
    let first = from.div_euclid(step) + i64::from(from.rem_euclid(step) != 0);
    (first..=to.div_euclid(step)).map(|nth| nth * step).collect()
}
