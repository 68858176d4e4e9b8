//! How bad it got: the partition with the fewest replicas in step, measured by how many have to be.

use super::{
    course::told,
    seen::{Look, Moment, Subject},
};
use std::fmt;

/// A partition when fewest of its replicas were in step and ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worst {
    /// Which.
    pub subject: Subject,
    /// How many were in step and ran.
    pub in_step: usize,
    /// Of so many.
    pub of: usize,
    /// How many have to be.
    pub least: usize,
    /// The first look that showed it.
    pub at: Moment,
}

impl Worst {
    /// Whether it was worse than that: measured by how many have to be, then by how many are left at all.
    fn is_worse_than(&self, other: &Self) -> bool {
        (self.in_step + other.least, self.in_step) < (other.in_step + self.least, other.in_step)
    }
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} with least {} in {} at {}", self.in_step, self.of, self.least, self.subject, self.at)
    }
}

/// The worst of all looks. A partition of one replica has none to lose, and is left out.
pub(super) fn worst(looks: &[Look]) -> Option<Worst> {
    let mut worst: Option<Worst> = None;
    for look in looks {
        for (subject, standing) in look.partitions.iter().flat_map(|seen| seen.iter()) {
            let of = standing.members.len();
            if of < 2 {
                continue;
            }
            let in_step = told(subject, standing).difference(&look.gone).count();
            let now = Worst { subject: subject.clone(), in_step, of, least: standing.least.min(of), at: look.at };
            if worst.as_ref().is_none_or(|worst| now.is_worse_than(worst)) {
                worst = Some(now);
            }
        }
    }
    worst
}
