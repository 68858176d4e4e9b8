//! One series: the same numbers at three resolutions, the finer ones for a shorter time.

use super::ring::Ring;
use klamm_model::Aggregate;

/// A resolution, and for how long it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tier {
    /// Milliseconds from one step to the next.
    pub(super) step: i64,
    /// How many steps are kept.
    pub(super) kept: usize,
}

/// 15 seconds for an hour, a minute for six, five minutes for a day.
pub(super) const TIERS: [Tier; 3] = [
    Tier { step: super::DETAIL_MILLIS, kept: 240 },
    Tier { step: 60_000, kept: 360 },
    Tier { step: klamm_store::ROLLED_MILLIS, kept: 288 },
];
/// The coarsest of them, which is what the database keeps too.
pub(super) const ROLLED: usize = 2;

/// A clock that jumps back by more than this begins every series anew; by less, what it brings is left out until it has caught up.
const TOO_FAR_BACK: i64 = 3_600_000;

/// A step that is not over.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    step: i64,
    sum: f64,
    count: u32,
    most: f64,
}

/// What was measured of one thing.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    open: [Open; TIERS.len()],
    means: [Ring; TIERS.len()],
    /// The most of each step of the coarsest tier.
    most: Ring,
    /// What was measured last.
    last: Option<(i64, f64)>,
}

impl Column {
    /// Takes in what was measured. Several numbers of one step are its mean.
    pub(super) fn add(&mut self, at: i64, value: f64) {
        if let Some((last, _)) = self.last {
            if last.saturating_sub(at) > TOO_FAR_BACK {
                *self = Self::default();
            } else if at < last {
                return;
            }
        }
        self.last = Some((at, value));
        let tiers = TIERS.iter().zip(&mut self.open).zip(&mut self.means);
        for ((tier, open), means) in tiers {
            let step = at.div_euclid(tier.step);
            if open.count == 0 || open.step != step {
                *open = Open { step, sum: 0.0, count: 0, most: f64::MIN };
            }
            open.sum += value;
            open.count += 1;
            open.most = open.most.max(value);
            means.put(step, open.sum / f64::from(open.count), tier.kept);
        }
        let rolled = &self.open[ROLLED];
        self.most.put(rolled.step, rolled.most, TIERS[ROLLED].kept);
    }

    /// What was measured last, and when.
    pub(super) fn last(&self) -> Option<(i64, f64)> {
        self.last
    }

    /// The means of these steps of a tier.
    pub(super) fn means(&self, tier: usize, first: i64, last: i64) -> impl Iterator<Item = (i64, f64)> + '_ {
        self.means.get(tier).into_iter().flat_map(move |ring| ring.between(first, last))
    }

    /// What is told of these steps of a tier.
    pub(super) fn told(
        &self,
        aggregate: Aggregate,
        tier: usize,
        (first, last): (i64, i64),
    ) -> impl Iterator<Item = (i64, f64)> + '_ {
        self.ring(aggregate, tier).into_iter().flat_map(move |ring| ring.between(first, last))
    }

    /// The most is kept of the steps of the coarsest tier; those of others have one number, or few.
    fn ring(&self, aggregate: Aggregate, tier: usize) -> Option<&Ring> {
        match (aggregate, tier) {
            (Aggregate::Most, ROLLED) => Some(&self.most),
            (Aggregate::Most | Aggregate::Mean, _) => self.means.get(tier),
        }
    }

    /// Whether a tier can tell of a step, be it that nothing was measured then: it still has it, or never had more than the
    /// coarsest has. The coarsest tells of everything.
    pub(super) fn knows(&self, tier: usize, step: i64) -> bool {
        let Some((ring, Tier { step: millis, .. })) = self.means.get(tier).zip(TIERS.get(tier)) else { return false };
        let Some(oldest) = ring.oldest() else { return tier == ROLLED };
        let has_all = || self.means[ROLLED].oldest() == Some((oldest * millis).div_euclid(TIERS[ROLLED].step));
        tier == ROLLED || oldest <= step || has_all()
    }

    /// The most of a step of the coarsest tier.
    pub(super) fn most(&self, step: i64) -> Option<f64> {
        self.most.get(step)
    }

    /// Puts before what is there what was kept elsewhere, as steps of the coarsest tier with mean and most, in order.
    pub(super) fn restore(&mut self, earlier: &[(i64, f64, f64)]) {
        let kept = TIERS[ROLLED].kept;
        self.means[ROLLED].put_before(earlier.iter().map(|(step, mean, _)| (*step, *mean)), kept);
        self.most.put_before(earlier.iter().map(|(step, _, most)| (*step, *most)), kept);
    }

    /// What it takes up.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.means.iter().chain([&self.most]).map(Ring::bytes).sum::<usize>()
    }
}
