//! Which of very many are told one by one: those with the most going on. Who is told stays told until others have clearly more,
//! so that lines of charts do not come and go.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

/// Somebody who is told counts for so much more than they have.
const STAYS: f32 = 1.5;
/// How much of a score the newest number is: what was busy half an hour ago is so no longer.
const NEWEST: f32 = 0.1;

/// What goes on with each, and who is told.
#[derive(Clone, Debug)]
pub(super) struct Busiest<K> {
    scores: HashMap<K, f32>,
    told: HashSet<K>,
    at_most: usize,
}

impl<K: Clone + Eq + Hash + Ord> Busiest<K> {
    pub(super) fn new(at_most: usize) -> Self {
        Self { scores: HashMap::new(), told: HashSet::new(), at_most }
    }

    /// Takes in how much goes on with one.
    pub(super) fn note(&mut self, who: &K, much: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "a rank needs no more digits")]
        let much = much as f32;
        match self.scores.get_mut(who) {
            Some(score) => *score += NEWEST * (much - *score),
            None => drop(self.scores.insert(who.clone(), much)),
        }
    }

    /// Whether it is told. Whoever comes while there is room is.
    pub(super) fn tells(&mut self, who: &K) -> bool {
        if self.told.contains(who) {
            return true;
        }
        let room = self.told.len() < self.at_most;
        if room {
            self.told.insert(who.clone());
            self.scores.entry(who.clone()).or_default();
        }
        room
    }

    /// How many are told, where this one is none of them and there is no room for it.
    pub(super) fn told_without(&self, who: &K) -> Option<usize> {
        (self.told.len() >= self.at_most && !self.told.contains(who)).then_some(self.at_most)
    }

    /// Chooses anew. What is told no longer comes back.
    pub(super) fn choose(&mut self) -> Vec<K> {
        let mut all: Vec<(&K, f32)> = self
            .scores
            .iter()
            .map(|(who, score)| (who, if self.told.contains(who) { score * STAYS } else { *score }))
            .collect();
        // Equal ones keep the order of those who are told, then that of their names.
        all.sort_unstable_by(|(a, a_score), (b, b_score)| {
            let told = self.told.contains(*b).cmp(&self.told.contains(*a));
            b_score.total_cmp(a_score).then(told).then_with(|| a.cmp(b))
        });
        all.truncate(self.at_most);
        let chosen: HashSet<K> = all.into_iter().map(|(who, _)| who.clone()).collect();
        let no_longer = self.told.difference(&chosen).cloned().collect();
        self.told = chosen;
        no_longer
    }

    /// Leaves out who is not there any more.
    pub(super) fn retain(&mut self, stays: impl Fn(&K) -> bool) {
        self.scores.retain(|who, _| stays(who));
        self.told.retain(stays);
    }

    /// Those that are told with the most going on, at most so many.
    pub(super) fn first(&self, at_most: usize) -> HashSet<K> {
        let mut told: Vec<(&K, f32)> =
            self.told.iter().map(|who| (who, self.scores.get(who).copied().unwrap_or_default())).collect();
        told.sort_unstable_by(|(a, a_score), (b, b_score)| b_score.total_cmp(a_score).then_with(|| a.cmp(b)));
        told.into_iter().take(at_most).map(|(who, _)| who.clone()).collect()
    }
}
