//! What the watcher says in the end.

use super::{
    seen::{Act, Fault, Moment, Subject},
    worst::Worst,
};
use std::{collections::BTreeSet, fmt};

/// How many of a kind are written out.
const WRITTEN: usize = 12;

/// What came of watching.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What fell below its least without a fault that explains it.
    pub breaches: Vec<Breach>,
    /// What fell below its least and may.
    pub explained: Vec<Explained>,
    /// Stretches in which no broker answered although no fault was announced.
    pub blind: Vec<(Moment, Moment)>,
    /// What was never seen at all, so that there is nothing to judge by.
    pub unseen: Vec<&'static str>,
    /// Every act, with who was in step directly before it.
    pub acts: Vec<ActRecord>,
    /// The faults that were announced.
    pub faults: Vec<Fault>,
    /// How often the cluster was looked at.
    pub looks: usize,
    /// How bad it got, whoever did it.
    pub worst: Option<Worst>,
}

impl Verdict {
    /// Whether nothing fell below its least through us, and enough was seen to say so.
    pub fn is_clean(&self) -> bool {
        self.breaches.is_empty() && self.blind.is_empty() && self.unseen.is_empty()
    }
}

/// A subject with too few copies in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The partition, or the quorum.
    pub subject: Subject,
    /// Why.
    pub cause: Cause,
    /// The first look that showed it.
    pub from: Moment,
    /// The last one.
    pub until: Moment,
    /// Who was in step directly before the act.
    pub before: Option<BTreeSet<i32>>,
    /// Who was left when it was worst.
    pub worst: BTreeSet<i32>,
    /// How many have to be.
    pub least: usize,
}

/// Why a subject has too few copies in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// This should not have been done.
    Act(Act),
    /// Neither an act nor a fault took those that are missing; this is what was done last before.
    Unexplained {
        /// The last act before.
        after: Option<Act>,
    },
}

/// A subject that had too few copies in step, and may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The partition, or the quorum.
    pub subject: Subject,
    /// Why it may.
    pub excuse: Excuse,
    /// The first look that showed it.
    pub from: Moment,
    /// The last one.
    pub until: Moment,
}

/// Why a subject may have too few copies in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Excuse {
    /// The test did it.
    Fault(Fault),
    /// An operation names its topic among those that may be unavailable.
    Accepted,
    /// Nobody took anything, and the machine had far too little to run brokers with.
    Starved,
}

/// An act with who was in step directly before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRecord {
    /// What was done.
    pub act: Act,
    /// Of what it concerned, who was in step.
    pub before: Vec<(Subject, BTreeSet<i32>)>,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, from, until, worst, least, .. } = self;
        write!(f, "{subject} had only {worst:?} in step of at least {least}, from {from} to {until}; ")?;
        match (&self.cause, &self.before) {
            (Cause::Act(act), Some(before)) => write!(f, "before the act {before:?} were; {act}"),
            (Cause::Act(act), None) => write!(f, "{act}"),
            (Cause::Unexplained { after: Some(act) }, _) => write!(f, "nothing explains it; the last act was {act}"),
            (Cause::Unexplained { after: None }, _) => f.write_str("nothing explains it, and nothing was done"),
        }
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was short from {} to {}, which may be: ", self.subject, self.from, self.until)?;
        match &self.excuse {
            Excuse::Fault(fault) => write!(f, "{fault}"),
            Excuse::Accepted => f.write_str("an operation names its topic"),
            Excuse::Starved => f.write_str("nothing was done, and the machine was overloaded"),
        }
    }
}

impl fmt::Display for ActRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.act)?;
        let fewest = self.before.iter().min_by_key(|(_, in_step)| in_step.len());
        match fewest {
            Some((subject, in_step)) => {
                write!(f, "; before it, of {}, fewest in step: {subject} on {in_step:?}", self.before.len())
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} breaches, {} explained, {} acts, {} faults, {} looks",
            self.breaches.len(),
            self.explained.len(),
            self.acts.len(),
            self.faults.len(),
            self.looks
        )?;
        for sentence in &self.unseen {
            writeln!(f, "  {sentence}")?;
        }
        for (from, to) in &self.blind {
            writeln!(f, "  no broker answered from {from} to {to}")?;
        }
        some_of(f, &self.breaches)?;
        some_of(f, &self.explained)?;
        some_of(f, &self.faults)?;
        some_of(f, &self.acts)
    }
}

fn some_of(f: &mut fmt::Formatter<'_>, all: &[impl fmt::Display]) -> fmt::Result {
    for one in all.iter().take(WRITTEN) {
        writeln!(f, "  {one}")?;
    }
    match all.len().saturating_sub(WRITTEN) {
        0 => Ok(()),
        more => writeln!(f, "  and {more} more"),
    }
}
