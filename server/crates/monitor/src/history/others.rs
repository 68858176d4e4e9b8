//! What is told in one number of everything that is not told by itself. Pure.

use super::column::{Column, ROLLED, TIERS};
use klamm_model::{Measured, Metric};
use std::collections::BTreeMap;

/// Steps of the finest tier in one of the coarsest.
const FINE: i64 = TIERS[ROLLED].step / TIERS[0].step;

/// Whether it is what others come to.
pub(super) fn is_others(of: &Measured) -> bool {
    matches!(of, Measured::OtherTopics | Measured::OtherGroups)
}

/// What two of them come to: of what cannot be added, the larger.
fn both(metric: Metric, one: f64, other: f64) -> f64 {
    if metric == Metric::LagSeconds { one.max(other) } else { one + other }
}

/// What others come to at a moment.
#[derive(Debug, Default)]
pub(super) struct Others(BTreeMap<(Metric, Measured), f64>);

impl Others {
    pub(super) fn add(&mut self, metric: Metric, of: Measured, value: f64) {
        self.0.entry((metric, of)).and_modify(|all| *all = both(metric, *all, value)).or_insert(value);
    }

    pub(super) fn told(self) -> impl Iterator<Item = ((Metric, Measured), f64)> {
        self.0.into_iter()
    }
}

/// What the series of others come to in whole steps of the coarsest tier.
#[derive(Debug, Default)]
pub(super) struct OtherSteps {
    /// Mean, and the most that one of them alone had, by step.
    steps: BTreeMap<i64, (f64, f64)>,
    /// What they came to in steps of the finest tier, which are kept for a while: not all have their most at the same time.
    fine: BTreeMap<i64, f64>,
}

impl OtherSteps {
    /// Adds these steps of another one.
    pub(super) fn add(&mut self, metric: Metric, column: &Column, (first, last): (i64, i64)) {
        for (step, mean) in column.means(ROLLED, first, last) {
            let most = column.most(step).unwrap_or(mean);
            self.steps
                .entry(step)
                .and_modify(|all| *all = (both(metric, all.0, mean), all.1.max(most)))
                .or_insert((mean, most));
        }
        for (step, value) in column.means(0, first * FINE, (last + 1) * FINE - 1) {
            self.fine.entry(step).and_modify(|all| *all = both(metric, *all, value)).or_insert(value);
        }
    }

    /// Each step with its mean and its most.
    pub(super) fn told(self) -> impl Iterator<Item = (i64, f64, f64)> {
        let Self { steps, fine } = self;
        steps.into_iter().map(move |(step, (mean, most))| {
            let together = fine.range(step * FINE..(step + 1) * FINE).map(|(_, value)| *value);
            (step, mean, together.fold(mean.max(most), f64::max))
        })
    }
}
