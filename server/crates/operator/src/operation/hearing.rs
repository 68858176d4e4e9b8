//! What one look after the other shows of the end of moves. Of one that was just over brokers may not have heard; what was over when
//! somebody looked before they have heard of, once what they say is newer than that look.

use jiff::Timestamp;
use klamm_model::Known;
use klamm_planner::operations::{Doubt, Replicas, Scene, theirs};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen up to now.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// What somebody else moved when that was seen last, with the replicas of before.
    theirs: Replicas,
    /// What every look has come to, since the end of the first of them.
    since: BTreeMap<Doubt, Timestamp>,
}

impl Hearing {
    pub(super) fn theirs(&self) -> &Replicas {
        &self.theirs
    }

    /// Remembers what others move; as long as that is not known, what they moved before.
    pub(super) fn sees(&mut self, scene: &Scene, ours: &Replicas) {
        if scene.moves != Known::Unknown && scene.topics != Known::Unknown {
            self.theirs = theirs(scene, ours);
        }
    }

    /// What may not be concluded yet by a look that `began` then, and of which what brokers say was `older_by` so many milliseconds.
    pub(super) fn doubts(&self, began: Timestamp, older_by: &Known<u64>) -> BTreeSet<Doubt> {
        let heard_until =
            older_by.value().and_then(|age| Some(began.as_millisecond().saturating_sub(i64::try_from(*age).ok()?)));
        let is_firm = |doubt: &Doubt| {
            let since = self.since.get(doubt).map(|since| since.as_millisecond());
            since.zip(heard_until).is_some_and(|(since, until)| since < until)
        };
        Doubt::ALL.into_iter().filter(|doubt| !is_firm(doubt)).collect()
    }

    /// A look has come to that, by then.
    pub(super) fn concludes(&mut self, doubted: &BTreeSet<Doubt>, now: Timestamp) {
        self.since.retain(|doubt, _| doubted.contains(doubt));
        for doubt in doubted {
            self.since.entry(*doubt).or_insert(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn what_two_looks_come_to_counts_once_brokers_have_heard_of_everything_that_was_over_at_the_first() {
        let mut hearing = Hearing::default();
        let refused = BTreeSet::from([Doubt::Refused]);
        let is_firm = |hearing: &Hearing, began: i64, older_by: Known<u64>| {
            !hearing.doubts(at(began), &older_by).contains(&Doubt::Refused)
        };
        assert!(!is_firm(&hearing, 10, Known::Known(0)), "nobody has looked before");
        hearing.concludes(&refused, at(10));
        assert!(is_firm(&hearing, 12, Known::Known(500)));
        assert!(!is_firm(&hearing, 12, Known::Known(2500)), "what brokers say is older");
        assert!(!is_firm(&hearing, 12, Known::Unknown));
        hearing.concludes(&refused, at(12));
        assert!(is_firm(&hearing, 13, Known::Known(2500)), "since the first of them");
        hearing.concludes(&BTreeSet::new(), at(14));
        assert!(!is_firm(&hearing, 20, Known::Known(0)), "something else came between");
    }
}
