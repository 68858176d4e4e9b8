//! The course of one subject through all looks: who stood when, who left since when, and whether too few are left.

use super::seen::{Moment, Standing, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// Whether enough copies are in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// They are, or never were.
    Enough,
    /// Only these, of so many.
    Short { in_step: BTreeSet<i32>, least: usize },
}

/// Metadata tells of a death after seconds, a closed port at once, but that may be a moment between two processes. So a
/// subject that only closed ports make short has to be short in so many looks.
const LOOKS_AT_CLOSED_PORTS: usize = 2;

#[derive(Debug, Default)]
pub(super) struct Course {
    /// Who was in step, as the cluster told, from which look on.
    told: Vec<(Moment, BTreeSet<i32>)>,
    /// Who has been in step and is still a member.
    known: BTreeSet<i32>,
    /// Who of those is not there now, and in which look first.
    absent: BTreeMap<i32, Moment>,
    widest: usize,
    was_whole: bool,
    closed_ports: usize,
}

impl Course {
    /// Goes on by one look.
    pub(super) fn take(&mut self, at: Moment, subject: &Subject, standing: &Standing, gone: &BTreeSet<i32>) -> Level {
        let told = told(subject, standing);
        let now: BTreeSet<i32> = told.difference(gone).copied().collect();
        self.widest = self.widest.max(standing.members.len());
        // A topic of one replica never has two, whatever is configured.
        let least = standing.least.min(self.widest);
        self.known.retain(|node| standing.members.contains(node));
        self.absent.retain(|node, _| standing.members.contains(node) && !now.contains(node));
        self.known.extend(&now);
        for node in self.known.difference(&now) {
            self.absent.entry(*node).or_insert(at);
        }
        if self.told.last().is_none_or(|(_, last)| *last != told) {
            self.told.push((at, told.clone()));
        }
        self.was_whole |= now.len() >= least;
        if now.len() >= least || !self.was_whole {
            self.closed_ports = 0;
            return Level::Enough;
        }
        self.closed_ports += 1;
        if told.len() >= least && self.closed_ports < LOOKS_AT_CLOSED_PORTS {
            return Level::Enough;
        }
        Level::Short { in_step: now, least }
    }

    /// Who was in step directly before that moment, as the cluster told then.
    pub(super) fn told_before(&self, moment: Moment) -> Option<&BTreeSet<i32>> {
        let after = self.told.partition_point(|(at, _)| *at < moment);
        self.told[..after].last().map(|(_, told)| told)
    }

    /// Who has left, and since when.
    pub(super) fn absent(&self) -> impl Iterator<Item = (i32, Moment)> {
        self.absent.iter().map(|(node, since)| (*node, *since))
    }
}

/// Who is in step as the cluster tells. The last in-sync replica stays listed when it is dead, and then nobody leads.
pub(super) fn told(subject: &Subject, standing: &Standing) -> BTreeSet<i32> {
    match (subject, standing.leader) {
        (Subject::Partition(..), None) => BTreeSet::new(),
        (Subject::Partition(..), Some(_)) | (Subject::Quorum, _) => standing.in_step.clone(),
    }
}
