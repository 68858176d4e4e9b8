//! Writing down what became of a batch: status, annotations, finalizers, news, and what the journal may forget.

use super::{
    apply::{Outcome, Outcomes},
    decide::{Case, Decision, Hold, Rules},
    journal::{self, Wanted},
    object::{Declared, Presence},
    report::{Done, ObjectsFate, Report, report, report_unreachable},
    room::{Post, Room},
    worker::Claims,
    write,
};
use crate::{
    batch::{News, Next, QUIET_FAILURES, Queue, together},
    runtime::{chain, explain, is_conflict, is_forbidden, is_not_found},
};
use jiff::Timestamp;
use klamm_model::TopicName;
use klamm_planner::topics::ClaimLife;
use klamm_resources::{TopicReason, names::FINALIZER};
use std::{collections::BTreeSet, sync::Arc};

/// Writes to objects at the same time.
const WRITES: usize = 24;
/// Objects that are gone cost a line of the journal each, and those of a whole batch are written together.
const DEPARTURES: usize = 1000;

/// What is to be written about each object of a topic.
pub(super) struct Told {
    name: TopicName,
    reports: Vec<(Arc<Declared>, Report)>,
}

pub(super) fn tell(cases: &[Case], decisions: &[Decision], outcomes: &Outcomes, rules: &Rules) -> Vec<Told> {
    let now = Timestamp::now();
    let nothing = Outcome::default();
    cases
        .iter()
        .zip(decisions)
        .map(|(case, decision)| {
            let done = Done {
                name: &case.name,
                observed: &case.observed,
                outcome: outcomes.get(&case.name).unwrap_or(&nothing),
                rules,
            };
            let reports = decision
                .verdicts
                .iter()
                .map(|(declared, verdict)| (declared.clone(), report(declared, verdict, &done, now)));
            Told { name: case.name.clone(), reports: reports.collect() }
        })
        .collect()
}

/// Who is told only when waiting does not help.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    WithAll,
    WithThoseInOrder,
}

pub(super) fn unreachable(
    cases: Claims,
    reason: TopicReason,
    why: &str,
    patience: Patience,
    queue: &Queue<TopicName>,
) -> Vec<Told> {
    let now = Timestamp::now();
    let mut told = Vec::new();
    for (name, claims) in cases {
        let may_wait = patience == Patience::WithAll || claims.iter().all(|declared| declared.is_in_order());
        if may_wait && queue.failures(&name) < QUIET_FAILURES {
            queue.done(name, Next::Later);
            continue;
        }
        let report = |declared: Arc<Declared>| {
            let report = report_unreachable(&declared, reason, format!("{why}; it is tried again"), now);
            (declared, report)
        };
        told.push(Told { reports: claims.into_iter().map(report).collect(), name });
    }
    told
}

pub(super) async fn write_reports(room: &Room, batch: Vec<Told>, post: &Post) {
    let write = |told: Told| async move {
        let mut nexts = BTreeSet::new();
        // One after the other: those that are let go before the one that decided.
        for (declared, report) in told.reports {
            if room.stop.is_cancelled() {
                return;
            }
            let next = match declared.presence {
                Presence::Seen => write_one(room, &declared, report).await,
                Presence::Gone => forget(room, &declared, report, post).await,
            };
            if next == Next::Settled
                && let Some(line) = post.journal.line(&declared.uid)
            {
                // Before the topic is given back: whoever takes it next may have more to write down.
                post.journal.change([(declared.uid.clone(), journal::after(&line, &told.name, declared.life))]);
            }
            nexts.insert(Urgency(next));
        }
        post.queue.done(told.name, nexts.into_iter().next().map_or(Next::Settled, |urgency| urgency.0));
    };
    let (departed, seen): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .partition(|told| told.reports.iter().all(|(declared, _)| declared.presence == Presence::Gone));
    tokio::join!(together(WRITES, seen.into_iter().map(write)), together(DEPARTURES, departed.into_iter().map(write)));
    if let Err(error) = post.journal.write().await {
        // Nothing is lost: it says more than it has to until the next write.
        tracing::warn!(error = chain(&error), "could not write the journal of topics");
    }
}

pub(super) async fn write_one(room: &Room, declared: &Declared, report: Report) -> Next {
    let client = &room.context.client;
    let written = match report.object {
        ObjectsFate::Stays => write::write(client, &room.index, declared, &report).await,
        ObjectsFate::Goes => write::remove(client, declared).await,
    };
    match written {
        Ok(()) => {
            let next = report.next;
            take_news(room, declared, report);
            next
        }
        Err(error) => after_failed_write(declared, &error),
    }
}

/// The journal forgets an object that is gone, once its topic has been decided about.
async fn forget(room: &Room, declared: &Declared, report: Report, post: &Post) -> Next {
    match report.hold {
        // There is no status to write to: it stays in the journal until the decision can be carried out.
        Hold::Ours | Hold::Keep => report.next,
        Hold::Free => {
            post.journal.change([(declared.uid.clone(), Wanted::None)]);
            if let Err(error) = post.journal.write().await {
                tracing::warn!(object = %declared.key, error = chain(&error), "could not write the journal of topics");
                return Next::Later;
            }
            let next = report.next;
            take_news(room, declared, report);
            next
        }
    }
}

fn take_news(room: &Room, declared: &Declared, report: Report) {
    let about = write::reference(declared);
    room.news.take(report.news.into_iter().map(|headline| News {
        about: about.clone(),
        tone: headline.tone,
        reason: klamm_resources::Reason::as_str(headline.reason),
        action: headline.action,
        note: headline.note,
    }));
}

pub(super) fn after_failed_write(declared: &Declared, error: &kube::Error) -> Next {
    if is_not_found(error) {
        return Next::Settled;
    }
    if is_conflict(error) {
        // Somebody changed it meanwhile; the watch brings what they wrote.
        return Next::Later;
    }
    if is_forbidden(error) && declared.life == ClaimLife::Leaving {
        // In a namespace that is being deleted the RoleBinding goes as early as the ConfigMaps, and none can be added.
        tracing::warn!(
            object = %declared.key,
            error = explain(error),
            finalizer = FINALIZER,
            "no right any more to let go of an object that is being deleted; a cluster admin has to take our finalizer off it"
        );
        return Next::Later;
    }
    tracing::warn!(object = %declared.key, error = explain(error), "could not write to an object that declares a topic");
    Next::Later
}

/// Orders what is to happen next, the most urgent first.
#[derive(PartialEq, Eq)]
struct Urgency(Next);

impl Ord for Urgency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let rank = |next: &Next| match next {
            Next::Later => 0,
            Next::In(_) => 1,
            Next::Settled => 2,
        };
        rank(&self.0).cmp(&rank(&other.0))
    }
}

impl PartialOrd for Urgency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
