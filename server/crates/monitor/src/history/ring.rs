//! Numbers of equal steps of time in a row, as small as they can be kept.

use std::collections::{BTreeMap, VecDeque};

/// The newest numbers, one for each step; a gap is no number. Four bytes each: a 24 bits' mantissa is enough to draw, and to tell
/// growth of volumes.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring {
    newest: i64,
    values: VecDeque<f32>,
}

/// Room is made for so many more at a time: doubling would waste half of it.
const MORE: usize = 32;

impl Ring {
    /// Puts the number of a step, and keeps `at_most` of them. What is older than the newest is left as it is.
    pub(super) fn put(&mut self, step: i64, value: f64, at_most: usize) {
        let ahead = if self.values.is_empty() { 1 } else { step.saturating_sub(self.newest) };
        let Ok(ahead) = usize::try_from(ahead) else { return };
        if ahead >= at_most {
            self.values.clear();
        } else {
            for _ in 1..ahead {
                self.push(f32::NAN);
            }
        }
        if ahead == 0 {
            self.values.pop_back();
        }
        self.push(narrow(value));
        self.newest = step;
        while self.values.len() > at_most {
            self.values.pop_front();
        }
    }

    fn push(&mut self, value: f32) {
        if self.values.len() == self.values.capacity() {
            self.values.reserve_exact(MORE);
        }
        self.values.push_back(value);
    }

    /// The number of a step.
    pub(super) fn get(&self, step: i64) -> Option<f64> {
        let back = usize::try_from(self.newest.checked_sub(step)?).ok()?;
        let place = self.values.len().checked_sub(back + 1)?;
        self.values.get(place).filter(|value| !value.is_nan()).map(|value| f64::from(*value))
    }

    /// The numbers of these steps, from the first to the last of them.
    pub(super) fn between(&self, first: i64, last: i64) -> impl Iterator<Item = (i64, f64)> + '_ {
        let first = first.max(self.oldest().unwrap_or(i64::MAX));
        (first..=last.min(self.newest)).filter_map(|step| Some((step, self.get(step)?)))
    }

    /// The first step of which something is kept.
    pub(super) fn oldest(&self) -> Option<i64> {
        let before = i64::try_from(self.values.len()).ok()?.checked_sub(1)?;
        (before >= 0).then(|| self.newest - before)
    }

    /// Puts these before what is there, and into its gaps.
    pub(super) fn put_before(&mut self, earlier: impl IntoIterator<Item = (i64, f64)>, at_most: usize) {
        let later = std::mem::take(self);
        let mut all: BTreeMap<i64, f64> = earlier.into_iter().collect();
        if let Some(oldest) = later.oldest() {
            all.extend(later.between(oldest, later.newest));
        }
        for (step, value) in all {
            self.put(step, value, at_most);
        }
    }

    /// What it takes up.
    pub(super) fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<f32>()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "seven digits are enough, and what is too large becomes infinite")]
fn narrow(value: f64) -> f32 {
    value as f32
}
