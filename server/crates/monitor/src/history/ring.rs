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
                self.push(f32::NAN, at_most);
            }
        }
        if ahead == 0 {
            self.values.pop_back();
        }
        self.push(narrow(value), at_most);
        self.newest = step;
    }

    /// What is too much goes first: room for one more would be made of every series.
    fn push(&mut self, value: f32, at_most: usize) {
        while !self.values.is_empty() && self.values.len() >= at_most {
            self.values.pop_front();
        }
        if self.values.len() == self.values.capacity() {
            self.values.reserve_exact(MORE.min(at_most.saturating_sub(self.values.len())).max(1));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_for_what_is_kept_and_no_more() {
        for at_most in [1, 40, 64] {
            let mut ring = Ring::default();
            // With gaps now and then, and one that nothing of before outlasts.
            let steps = (0..200).filter(|step| step % 7 != 3).chain([201, 202, 400, 401]);
            for step in steps {
                ring.put(step, f64::from(u16::try_from(step).unwrap()), at_most);
                assert!(
                    ring.values.len() <= at_most && ring.bytes() <= at_most * size_of::<f32>(),
                    "{at_most}, {step}"
                );
                assert_eq!(ring.get(step), Some(f64::from(u16::try_from(step).unwrap())));
            }
        }
        let mut ring = Ring::default();
        for step in 0..10 {
            ring.put(step, 1.0, 4);
        }
        assert_eq!((ring.oldest(), ring.get(5), ring.get(6)), (Some(6), None, Some(1.0)));
    }
}
