//! What was measured of one cluster over time: recent detail in memory.
//!
//! Inside: numbers by what they measure and whom, and how they are asked for. What they mean is nobody's business here.

use klamm_model::{Breakdown, Measured, Measurement, Metric, UnixMillis};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// From one measurement to the next, in milliseconds.
pub const DETAIL_MILLIS: i64 = 15_000;
/// Measurements kept in detail: an hour of them.
const DETAIL_POINTS: usize = 240;

/// What is asked of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesQuestion {
    /// What was measured.
    pub metric: Metric,
    /// Told apart by this.
    pub by: Breakdown,
    /// Only this one.
    pub only: Option<Measured>,
    /// From when.
    pub from: UnixMillis,
    /// Until when.
    pub to: UnixMillis,
    /// Milliseconds from one point to the next; at least [`DETAIL_MILLIS`].
    pub step_millis: i64,
    /// How many series at most, those with the most first.
    pub limit: usize,
}

/// A series: moments with what was measured, in order, a point for each step; none where nothing was measured.
pub type Points = Vec<(UnixMillis, Option<f64>)>;

/// What a history answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesAnswer {
    /// Those with the most first.
    pub series: Vec<(Measured, Points)>,
    /// How many more there are.
    pub left_out: usize,
}

/// What was measured of one cluster.
#[derive(Debug, Default)]
pub struct History(Mutex<Kept>);

type Kept = BTreeMap<(Metric, Measured), VecDeque<(UnixMillis, f64)>>;

impl History {
    /// Writes down what was measured at a moment.
    pub fn record(&self, at: UnixMillis, measurements: &[Measurement]) {
        let mut kept = self.locked();
        for Measurement { metric, of, value } in measurements {
            let points = kept.entry((*metric, of.clone())).or_default();
            points.push_back((at, *value));
            while points.len() > DETAIL_POINTS {
                points.pop_front();
            }
        }
    }

    /// What was measured last of something, unless that is too long ago to say so.
    pub fn latest(&self, metric: Metric, of: &Measured, now: UnixMillis) -> Option<f64> {
        let kept = self.locked();
        let (at, value) = *kept.get(&(metric, of.clone()))?.back()?;
        (now.0.saturating_sub(at.0) <= 3 * DETAIL_MILLIS).then_some(value)
    }

    /// Answers from memory.
    pub fn recent(&self, question: &SeriesQuestion) -> SeriesAnswer {
        let kept = self.locked();
        let wanted = kept.iter().filter(|((metric, of), _)| {
            *metric == question.metric
                && of.breakdown() == question.by
                && question.only.as_ref().is_none_or(|only| only == of)
        });
        let mut series: Vec<(Measured, Points)> =
            wanted.map(|((_, of), points)| (of.clone(), in_steps(points, question))).collect();
        let most = |points: &Points| points.iter().filter_map(|(_, value)| *value).fold(f64::MIN, f64::max);
        series.sort_by(|(_, a), (_, b)| most(b).total_cmp(&most(a)));
        let left_out = series.len().saturating_sub(question.limit);
        series.truncate(question.limit);
        SeriesAnswer { series, left_out }
    }

    /// Entries are only ever added to, so a panic elsewhere leaves them whole.
    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mean of each step; none where nothing was measured.
fn in_steps(points: &VecDeque<(UnixMillis, f64)>, question: &SeriesQuestion) -> Points {
    let step = question.step_millis.max(DETAIL_MILLIS);
    let first = question.from.0.div_euclid(step);
    let last = question.to.0.div_euclid(step);
    let mut sums: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for (at, value) in points {
        let place = at.0.div_euclid(step);
        if (first..=last).contains(&place) {
            let sum = sums.entry(place).or_default();
            sum.0 += value;
            sum.1 += 1.0;
        }
    }
    (first..=last).map(|place| (UnixMillis(place * step), sums.get(&place).map(|(sum, count)| sum / count))).collect()
}
