//! The judgement: what fell below its least, and whether an act of ours did it.
//!
//! Whenever a subject is short, everybody who has left it has a cause: the act that took the node, the fault that was
//! announced for it, or nothing. Of the acts, the last decides: had only acts taken nodes, from those that were in step
//! directly before it, would too few be left? Then it should not have been done, whatever died before or after. Otherwise a
//! fault explains it, or that the machine was overloaded; and where there is neither, nothing does.

use super::{
    course::{Course, Level},
    seen::{Act, Fault, Look, Moment, Notes, Standing, Subject},
    verdict::{ActRecord, Breach, Cause, Excuse, Explained, Verdict},
    worst::worst,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// A pod has two minutes to end, and its broker leaves at some moment of them.
const LEAVES_WITHIN: Duration = Duration::from_secs(150);
/// What is read from Kubernetes may be a little older or newer than what brokers say.
const AROUND: Duration = Duration::from_secs(2);
/// Brokers learn of a death after their session's time-out, and of one that came back when it registers again.
const SETTLES_WITHIN: Duration = Duration::from_secs(30);
/// Brokers that got too little time are behind for so long afterwards: that of `replica.lag.time.max.ms`, and of coming back.
const STARVES_ON: Duration = Duration::from_mins(1);
/// Longest that no broker may answer without a fault.
const BLIND_AT_MOST: Duration = Duration::from_secs(15);

/// Judges what was written down.
pub fn judge(notes: &Notes) -> Verdict {
    let mut judge =
        Judge { notes, ours: ours(notes), courses: BTreeMap::new(), open: BTreeMap::new(), found: Vec::new() };
    let mut partitions: Option<Arc<BTreeMap<Subject, Standing>>> = None;
    let mut quorum: Option<Standing> = None;
    let mut records = Vec::new();
    let mut acts = notes.acts.iter().peekable();
    for look in &notes.looks {
        while let Some(act) = acts.next_if(|act| act.at <= look.at) {
            records.push(judge.record(act));
        }
        if let Some(seen) = &look.partitions {
            judge.courses.retain(|subject, _| *subject == Subject::Quorum || seen.contains_key(subject));
            judge.open.retain(|subject, _| *subject == Subject::Quorum || seen.contains_key(subject));
            partitions = Some(Arc::clone(seen));
        }
        if look.quorum.is_some() {
            quorum.clone_from(&look.quorum);
        }
        for (subject, standing) in partitions.iter().flat_map(|seen| seen.iter()) {
            judge.look_at(look, subject, standing);
        }
        if let Some(standing) = &quorum {
            judge.look_at(look, &Subject::Quorum, standing);
        }
    }
    records.extend(acts.map(|act| judge.record(act)));
    let (breaches, explained) = judge.say();
    Verdict {
        breaches,
        explained,
        blind: blind(notes),
        unseen: unseen(notes),
        acts: records,
        faults: notes.faults.clone(),
        looks: notes.looks.len(),
        worst: worst(&notes.looks),
    }
}

/// Why a subject is short. Numbers are those of acts and faults in the notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Act(usize),
    Fault(usize),
    Accepted,
    /// Nothing was done, and the machine was overloaded.
    Starved,
    Nothing,
}

/// One reason for one subject's being short, for as long as it lasted.
struct Finding {
    subject: Subject,
    why: Why,
    from: Moment,
    until: Moment,
    before: Option<BTreeSet<i32>>,
    worst: BTreeSet<i32>,
    least: usize,
}

struct Judge<'a> {
    notes: &'a Notes,
    /// Acts that take a node and that no fault accounts for.
    ours: Vec<usize>,
    courses: BTreeMap<Subject, Course>,
    /// Of every subject that is short, its findings since then.
    open: BTreeMap<Subject, Vec<usize>>,
    found: Vec<Finding>,
}

fn ours(notes: &Notes) -> Vec<usize> {
    let injected = |act: &Act, node: i32| {
        let near = |fault: &Fault| fault.lasts_at(act.at) || fault.lasts_at(act.at.minus(AROUND));
        notes.faults.iter().any(|fault| fault.nodes.contains(&node) && near(fault))
    };
    let takes = |act: &Act| act.deed.takes().is_some_and(|node| !injected(act, node));
    notes.acts.iter().enumerate().filter(|(_, act)| takes(act)).map(|(number, _)| number).collect()
}

impl Judge<'_> {
    fn look_at(&mut self, look: &Look, subject: &Subject, standing: &Standing) {
        let course = self.courses.entry(subject.clone()).or_default();
        let (in_step, least) = match course.take(look.at, subject, standing, &look.gone) {
            Level::Enough => {
                self.open.remove(subject);
                return;
            }
            Level::Short { in_step, least } => (in_step, least),
        };
        let course = &self.courses[subject];
        let why = self.why(look.at, subject, course, least);
        let open = self.open.entry(subject.clone()).or_default();
        if let Some(number) = open.iter().find(|number| self.found[**number].why == why) {
            let finding = &mut self.found[*number];
            finding.until = look.at;
            if in_step.len() < finding.worst.len() {
                finding.worst = in_step;
            }
            return;
        }
        let before = match why {
            Why::Act(number) => course.told_before(self.notes.acts[number].at).cloned(),
            Why::Fault(_) | Why::Accepted | Why::Starved | Why::Nothing => None,
        };
        let subject = subject.clone();
        open.push(self.found.len());
        self.found.push(Finding { subject, why, from: look.at, until: look.at, before, worst: in_step, least });
    }

    fn why(&self, now: Moment, subject: &Subject, course: &Course, least: usize) -> Why {
        if let Subject::Partition(topic, _) = subject
            && self.notes.accepted.get(topic).is_some_and(|since| *since <= now)
        {
            return Why::Accepted;
        }
        let mut taken = BTreeSet::new();
        let mut latest: Option<(usize, Moment)> = None;
        let mut fault = None;
        for (node, since) in course.absent() {
            match self.cause(node, since, course) {
                Why::Act(number) => {
                    taken.insert(node);
                    latest = latest.max(Some((number, since)));
                }
                Why::Fault(number) => fault = Some(number),
                Why::Accepted | Why::Starved | Why::Nothing => {}
            }
        }
        if let Some((number, since)) = latest {
            let before = course.told_before(self.notes.acts[number].at.min(since));
            let left = before.map_or(0, |before| before.difference(&taken).count());
            if left < least {
                return Why::Act(number);
            }
        }
        // Neither excuses an act that should not have been done.
        match fault {
            Some(number) => Why::Fault(number),
            None if self.notes.was_starved(now.minus(STARVES_ON), now) => Why::Starved,
            None => Why::Nothing,
        }
    }

    /// What took a node that has been absent since then: the later of the last act and the last fault.
    fn cause(&self, node: i32, since: Moment, course: &Course) -> Why {
        let act = self.ours.iter().rev().copied().find(|number| {
            let act = &self.notes.acts[*number];
            let stood = || course.told_before(act.at.min(since)).is_some_and(|told| told.contains(&node));
            act.deed.takes() == Some(node)
                && act.at <= since.plus(AROUND)
                && since <= act.at.plus(LEAVES_WITHIN)
                && stood()
        });
        let fault = self.notes.faults.iter().rposition(|fault| {
            fault.nodes.contains(&node)
                && fault.from <= since.plus(AROUND)
                && fault.until.is_none_or(|until| since <= until.plus(SETTLES_WITHIN))
        });
        match (act, fault) {
            (Some(act), Some(fault)) if self.notes.acts[act].at > self.notes.faults[fault].from => Why::Act(act),
            (_, Some(fault)) => Why::Fault(fault),
            (Some(act), None) => Why::Act(act),
            (None, None) => Why::Nothing,
        }
    }

    /// The act with everybody who was in step directly before it, of what its node takes part in.
    fn record(&self, act: &Act) -> ActRecord {
        let concerned = |subject: &Subject, told: &BTreeSet<i32>| match &act.deed {
            super::seen::Deed::Reassigned { subject: moved, .. } => subject == moved,
            deed => deed.takes().is_some_and(|node| told.contains(&node)),
        };
        let standing = |(subject, course): (&Subject, &Course)| {
            let told = course.told_before(act.at).filter(|told| concerned(subject, told))?;
            Some((subject.clone(), told.clone()))
        };
        ActRecord { act: act.clone(), before: self.courses.iter().filter_map(standing).collect() }
    }

    fn say(self) -> (Vec<Breach>, Vec<Explained>) {
        let (mut breaches, mut explained) = (Vec::new(), Vec::new());
        for Finding { subject, why, from, until, before, worst, least } in self.found {
            let cause = match why {
                Why::Act(number) => Cause::Act(self.notes.acts[number].clone()),
                Why::Nothing => {
                    Cause::Unexplained { after: self.notes.acts.iter().rev().find(|act| act.at <= from).cloned() }
                }
                Why::Fault(number) => {
                    let excuse = Excuse::Fault(self.notes.faults[number].clone());
                    explained.push(Explained { subject, excuse, from, until });
                    continue;
                }
                Why::Accepted => {
                    explained.push(Explained { subject, excuse: Excuse::Accepted, from, until });
                    continue;
                }
                Why::Starved => {
                    explained.push(Explained { subject, excuse: Excuse::Starved, from, until });
                    continue;
                }
            };
            breaches.push(Breach { subject, cause, from, until, before, worst, least });
        }
        (breaches, explained)
    }
}

/// Stretches in which no broker answered and that neither a fault nor an overloaded machine accounts for.
fn blind(notes: &Notes) -> Vec<(Moment, Moment)> {
    let accounted = |from: Moment, to: Moment| {
        let near = |fault: &Fault| fault.until.is_none_or(|until| until.plus(SETTLES_WITHIN) >= from);
        notes.faults.iter().any(|fault| fault.from <= to && near(fault))
    };
    let seeing: Vec<Moment> = notes.looks.iter().filter(|look| look.partitions.is_some()).map(|look| look.at).collect();
    let last = notes.looks.last().map(|look| look.at);
    let ends = seeing.iter().copied().skip(1).chain(last);
    let gaps = seeing.iter().copied().zip(ends).filter(|(from, to)| *to > from.plus(BLIND_AT_MOST));
    gaps.filter(|(from, to)| !accounted(*from, *to) && !notes.was_starved(from.minus(STARVES_ON), *to)).collect()
}

/// What a verdict needs and what was never seen.
fn unseen(notes: &Notes) -> Vec<&'static str> {
    let mut all = Vec::new();
    if !notes.looks.iter().any(|look| look.partitions.as_ref().is_some_and(|seen| !seen.is_empty())) {
        all.push("no broker ever told of a partition");
    }
    if !notes.looks.iter().any(|look| look.quorum.is_some()) {
        all.push("nobody ever told of the quorum");
    }
    all
}
