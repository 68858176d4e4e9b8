//! From what is kept to the points that were asked for. Pure.

use super::{
    DETAIL_MILLIS, MOST_POINTS, Points, SeriesAnswer, SeriesQuestion,
    column::{Column, ROLLED, TIERS, Tier},
    others::is_others,
};
use klamm_model::{Aggregate, Measured, UnixMillis};
use klamm_store::{MeasuredRow, ROLLED_MILLIS};
use std::collections::{BTreeMap, HashMap};

/// Milliseconds from one point to the next, and the places of the first and the last, counted in those.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) step: i64,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// Never so many points that nobody could draw them.
pub(super) fn places(question: &SeriesQuestion) -> Places {
    let range = question.to.0.saturating_sub(question.from.0).max(0);
    let step = question.step_millis.max(DETAIL_MILLIS).max(range / MOST_POINTS);
    Places { step, first: question.from.0.div_euclid(step), last: question.to.0.div_euclid(step) }
}

impl Places {
    fn points(self, value: impl Fn(i64) -> Option<f64>) -> Points {
        (self.first..=self.last).map(|place| (UnixMillis(place * self.step), value(place))).collect()
    }
}

/// The mean or the most of each step, from numbers as coarse as it is, or the finest that know of it; none where nothing was measured.
/// Numbers that are coarser than what was asked for stand in every step that they are about.
pub(super) fn of_column(column: &Column, question: &SeriesQuestion) -> Points {
    let (places, aggregate) = (places(question), question.aggregate);
    let suits = TIERS.iter().rposition(|tier| places.step % tier.step == 0).unwrap_or(0);
    let enough = match aggregate {
        Aggregate::Mean => suits,
        Aggregate::Most if suits == ROLLED => ROLLED,
        // Means of minutes hide the most of them.
        Aggregate::Most => 0,
    };
    places.points(|place| {
        let (begins, ends) = (place * places.step, (place + 1) * places.step);
        for (tier, Tier { step, .. }) in TIERS.iter().enumerate().skip(enough) {
            let is_coarser = *step > places.step;
            let first = begins.div_euclid(*step) + i64::from(!is_coarser && begins.rem_euclid(*step) != 0);
            if !column.knows(tier, first) {
                continue;
            }
            let last = if is_coarser { first } else { (ends - 1).div_euclid(*step) };
            let told = column.told(aggregate, tier, (first, last)).map(|(_, value)| value);
            return one(aggregate, told);
        }
        None
    })
}

/// What these come to, if there are any.
fn one(aggregate: Aggregate, values: impl Iterator<Item = f64>) -> Option<f64> {
    match aggregate {
        Aggregate::Mean => {
            let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
            (count > 0.0).then(|| sum / count)
        }
        Aggregate::Most => values.reduce(f64::max),
    }
}

/// The same from the rows of the database, each of a series by itself, before a moment.
pub(super) fn of_rows(rows: &[MeasuredRow], question: &SeriesQuestion) -> Vec<(Measured, Points)> {
    let places = places(question);
    let grain = places.step.max(ROLLED_MILLIS);
    let series = rows.chunk_by(|a, b| a.of == b.of).filter_map(|rows| {
        let of = rows.first()?.of.clone();
        let told = |row: &MeasuredRow| match question.aggregate {
            Aggregate::Mean => row.mean,
            Aggregate::Most => row.most,
        };
        let values: HashMap<i64, f64> = rows.iter().map(|row| (row.at.0.div_euclid(grain), told(row))).collect();
        Some((of, places.points(|place| values.get(&(place * places.step).div_euclid(grain)).copied())))
    });
    series.collect()
}

/// What is known from two places, the second of which knows better; the most is the more of both. Both know of the step that begins at
/// `shared`.
pub(super) fn together(
    earlier: Vec<(Measured, Points)>,
    later: Vec<(Measured, Points)>,
    shared: UnixMillis,
    aggregate: Aggregate,
) -> Vec<(Measured, Points)> {
    let is_shared = |(at, _): &&mut (UnixMillis, Option<f64>)| *at == shared;
    let by_name = |(of, points): &(Measured, Points)| {
        !is_others(of) && points.iter().any(|(at, value)| *at == shared && value.is_some())
    };
    let mut all: BTreeMap<Measured, Points> = earlier.into_iter().collect();
    if aggregate == Aggregate::Mean && later.iter().any(by_name) {
        // Who is told by name in the rest of that step would count twice, once more among the others of its beginning.
        let others = all.iter_mut().filter(|(of, _)| is_others(of));
        for (_, value) in others.flat_map(|(_, points)| points.iter_mut().filter(is_shared)) {
            *value = None;
        }
    }
    for (of, better) in later {
        match all.get_mut(&of) {
            None => drop(all.insert(of, better)),
            Some(points) => {
                for ((_, value), (_, better)) in points.iter_mut().zip(better) {
                    *value = match aggregate {
                        Aggregate::Mean => better.or(*value),
                        Aggregate::Most => one(aggregate, better.into_iter().chain(*value)),
                    };
                }
            }
        }
    }
    all.into_iter().collect()
}

/// Those with the most, and how many more there are. What has no number at all in that time is no series.
pub(super) fn best(series: Vec<(Measured, Points)>, limit: usize) -> SeriesAnswer {
    let most = |points: &Points| points.iter().filter_map(|(_, value)| *value).reduce(f64::max);
    let mut ranked: Vec<(f64, Measured, Points)> =
        series.into_iter().filter_map(|(of, points)| Some((most(&points)?, of, points))).collect();
    ranked.sort_by(|(a, a_name, _), (b, b_name, _)| b.total_cmp(a).then_with(|| a_name.cmp(b_name)));
    let left_out = ranked.len().saturating_sub(limit);
    ranked.truncate(limit);
    let series = ranked.into_iter().map(|(_, of, points)| (of, points)).collect();
    SeriesAnswer { series, left_out, only_busiest: None }
}
