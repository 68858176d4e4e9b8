//! What was measured of one cluster over time: recent detail in memory, and means of five minutes in the database.
//!
//! Inside: numbers by what they measure and whom, and how they are asked for. What they mean is nobody's business here.

mod busiest;
mod column;
mod keeper;
mod kept;
mod others;
mod ring;
mod steps;

pub(crate) use keeper::keep;
pub(crate) use kept::Present;

use klamm_model::{Aggregate, Breakdown, ClusterRef, Measured, Measurement, Metric, UnixMillis};
use klamm_store::{MeasuredFilter, Store, StoreError};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// From one measurement to the next, in milliseconds.
pub const DETAIL_MILLIS: i64 = 15_000;
/// Points that a series has at most, whatever is asked for.
const MOST_POINTS: i64 = 12_000;

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
    /// What of each step is told.
    pub aggregate: Aggregate,
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
    /// How many topics, or groups, are told one by one, where the one that was asked for is none of them at present: what is measured of
    /// it is in the sum of all others.
    pub only_busiest: Option<usize>,
}

/// A step that suits a range of so many milliseconds: round, and a few hundred points.
pub fn step_for(range_millis: i64) -> i64 {
    const POINTS: i64 = 400;
    const MINUTE: i64 = 60_000;
    const STEPS: [i64; 13] = [
        DETAIL_MILLIS,
        MINUTE,
        2 * MINUTE,
        5 * MINUTE,
        10 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        60 * MINUTE,
        120 * MINUTE,
        180 * MINUTE,
        360 * MINUTE,
        720 * MINUTE,
        1440 * MINUTE,
    ];
    STEPS.into_iter().find(|step| range_millis / step <= POINTS).unwrap_or(1440 * MINUTE)
}

/// What was measured of one cluster.
#[derive(Debug, Default)]
pub struct History {
    kept: Mutex<kept::Kept>,
    /// Where older numbers are, and under which name.
    older: Option<(Store, ClusterRef)>,
}

impl History {
    /// The history of a cluster, in this database too where there is one.
    pub(crate) fn new(cluster: ClusterRef, store: Option<Store>) -> Self {
        Self { kept: Mutex::default(), older: store.map(|store| (store, cluster)) }
    }

    /// Writes down what was measured at a moment. What is said of topics, and of groups, by one metric is said all at once:
    /// those that are not told one by one are told as a sum.
    pub fn record(&self, at: UnixMillis, measurements: &[Measurement]) {
        self.locked().record(at, measurements);
    }

    /// What was measured last of something, unless that is too long ago to say so.
    pub fn latest(&self, metric: Metric, of: &Measured, now: UnixMillis) -> Option<f64> {
        let (at, value) = self.locked().last(metric, of)?;
        (now.0.saturating_sub(at) <= 3 * DETAIL_MILLIS).then_some(value)
    }

    /// When something was last told of by one of these metrics.
    pub fn last_told(&self, metrics: &[Metric], of: &Measured) -> Option<UnixMillis> {
        let kept = self.locked();
        metrics.iter().filter_map(|metric| kept.last(*metric, of)).map(|(at, _)| UnixMillis(at)).max()
    }

    /// Answers from memory.
    pub fn recent(&self, question: &SeriesQuestion) -> SeriesAnswer {
        self.locked().answer(question)
    }

    /// Answers from memory, and from the database what memory does not reach back to.
    pub async fn series(&self, question: &SeriesQuestion) -> Result<SeriesAnswer, StoreError> {
        let since = self.locked().since();
        let before = since.map_or(question.to.0, |since| since.0.min(question.to.0));
        let Some((store, cluster)) = self.older.as_ref().filter(|_| question.from.0 < before) else {
            return Ok(self.recent(question));
        };
        let places = steps::places(question);
        let filter = MeasuredFilter {
            cluster,
            metric: Some(question.metric),
            by: Some(question.by),
            only: question.only.as_ref(),
            from: UnixMillis(places.first * places.step),
            before: UnixMillis(before),
            step_millis: places.step,
        };
        let earlier = steps::of_rows(&store.measured(&filter).await?, question);
        let later = self.recent(&SeriesQuestion { limit: usize::MAX, ..question.clone() });
        let only_busiest = later.only_busiest;
        let shared = UnixMillis(before.div_euclid(places.step) * places.step);
        let all = steps::together(earlier, later.series, shared, question.aggregate);
        Ok(SeriesAnswer { only_busiest, ..steps::best(all, question.limit) })
    }

    /// Forgets what is not there any more.
    pub(crate) fn forget_all_but(&self, present: &impl Present) {
        self.locked().forget_all_but(present);
    }

    /// How many series are in memory, and how many bytes they take up there.
    pub fn weight(&self) -> (usize, usize) {
        self.locked().weight()
    }

    /// Entries are only ever added to, so a panic elsewhere leaves them whole.
    fn locked(&self) -> MutexGuard<'_, kept::Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
