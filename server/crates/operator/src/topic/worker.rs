//! One worker for each cluster. It takes what waits, however much that is, and goes through five steps for all of it at
//! once: gather, validate, decide, apply, report. There is no lingering for company: whoever comes while a batch is
//! under way makes the next one.

use super::{
    apply::{Failure, Outcome, Outcomes, apply},
    decide::{Case, Decision, Hold, Rules, decide, must_hold},
    gather::gather,
    object::{Declared, Pause},
    report::{Done, Report, report, report_unreachable},
    room::{Room, lock},
    rules::rules,
    write,
};
use crate::{
    batch::{News, Next, QUIET_FAILURES, Queue, together},
    runtime::{NotConnected, chain, explain, is_conflict, is_forbidden, is_not_found},
};
use jiff::Timestamp;
use klamm_model::{ClusterRef, TopicName};
use klamm_planner::topics::{ClaimLife, TopicObserved};
use klamm_resources::{TopicReason, names::FINALIZER};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::Semaphore;

/// Topics in one batch. More would only make the first of them wait for the last.
const BATCH: usize = 200;
/// Writes to Kubernetes at the same time.
const WRITES: usize = 24;
/// Batches whose reports are still being written while the next one is worked on.
const REPORTING: usize = 2;

/// Works until the room is left.
pub(super) async fn work(room: Arc<Room>, cluster: ClusterRef, queue: Arc<Queue<TopicName>>) {
    let reporting = Arc::new(Semaphore::new(REPORTING));
    loop {
        let names = tokio::select! {
            () = room.stop.cancelled() => return,
            names = queue.take(BATCH) => names,
        };
        let Ok(permit) = reporting.clone().acquire_owned().await else { return };
        let Some(batch) = process(&room, &cluster, names, &queue).await else { continue };
        let (room, queue) = (room.clone(), queue.clone());
        let tasks = room.tasks.clone();
        tasks.spawn(async move {
            write_reports(&room, batch, &queue).await;
            drop(permit);
        });
    }
}

/// What is to be written about each object of a topic.
struct Told {
    name: TopicName,
    reports: Vec<(Arc<Declared>, Report)>,
}

async fn process(
    room: &Room,
    cluster: &ClusterRef,
    names: Vec<TopicName>,
    queue: &Queue<TopicName>,
) -> Option<Vec<Told>> {
    let cases = claimed(room, cluster, names, queue);
    if cases.is_empty() {
        return None;
    }
    let Some(object) = room.context.clusters.get(cluster) else {
        // The cluster is gone; the directory's change puts the objects where they belong.
        give_back(cases, queue, Next::Settled);
        return None;
    };
    let mut rules = rules(cluster, &object);
    if rules.pause == Pause::Paused {
        let cases = with(room, &rules, cases, &BTreeMap::new());
        let decisions: Vec<_> = cases.iter().map(|case| decide(case, &rules)).collect();
        return Some(tell(&cases, &decisions, &Outcomes::new(), &rules));
    }
    let client = match room.context.connections.get(cluster) {
        Ok(client) => client,
        Err(not_yet) => {
            // Before the cluster has been looked at in this process, there is nothing to tell about it.
            let whom = match not_yet {
                NotConnected::UnknownCluster(_) => Patience::WithAll,
                NotConnected::NotReadyYet(_) => Patience::WithThoseInOrder,
            };
            return Some(unreachable(cases, TopicReason::ClusterNotReady, &not_yet.to_string(), whom, queue));
        }
    };
    let observed =
        match gather(&client, cases.keys().cloned().collect(), &mut rules.policy, &wants_brokers(&cases)).await {
            Ok(observed) => observed,
            Err(error) => {
                tracing::warn!(%cluster, error = chain(&error), topics = cases.len(), "could not look at topics");
                return Some(match Failure::of(&error) {
                    Failure::Unreachable(why) => {
                        unreachable(cases, TopicReason::KafkaUnreachable, &why, Patience::WithThoseInOrder, queue)
                    }
                    Failure::Failed(why) => {
                        unreachable(cases, TopicReason::Retrying, &why, Patience::WithThoseInOrder, queue)
                    }
                    Failure::Stale => {
                        give_back(cases, queue, Next::Later);
                        return None;
                    }
                });
            }
        };
    let (cases, uncertain): (Claims, Claims) = cases.into_iter().partition(|(name, _)| observed.contains_key(name));
    give_back(uncertain, queue, Next::Later);
    let cases = with(room, &rules, cases, &observed);
    let mut decisions: Vec<_> = cases.iter().map(|case| decide(case, &rules)).collect();
    let unheld = hold_first(room, &decisions, &rules).await;
    decisions.retain(|decision| !unheld.contains_key(&decision.name));
    if room.stop.is_cancelled() {
        return None;
    }
    let outcomes = apply(&client, &decisions).await;
    let cases: Vec<_> = cases.into_iter().filter(|case| !unheld.contains_key(&case.name)).collect();
    let told = tell(&cases, &decisions, &outcomes, &rules);
    for (name, next) in unheld {
        queue.done(name, next);
    }
    Some(told)
}

type Claims = BTreeMap<TopicName, Vec<Arc<Declared>>>;

fn claimed(room: &Room, cluster: &ClusterRef, names: Vec<TopicName>, queue: &Queue<TopicName>) -> Claims {
    let index = lock(&room.index);
    let (claimed, free): (Vec<_>, Vec<_>) =
        names.into_iter().map(|name| (index.claims(cluster, &name), name)).partition(|(claims, _)| !claims.is_empty());
    drop(index);
    for (_, name) in free {
        // Nobody speaks of it any more: it is none of our business.
        queue.done(name, Next::Settled);
    }
    claimed.into_iter().map(|(claims, name)| (name, claims)).collect()
}

fn give_back(cases: Claims, queue: &Queue<TopicName>, next: Next) {
    for name in cases.into_keys() {
        queue.done(name, next);
    }
}

/// Whether anybody needs to know how many brokers there are.
fn wants_brokers(cases: &Claims) -> super::gather::Brokers {
    use super::{gather::Brokers, object::AbsentPartitions};
    let readings = cases.values().flatten().filter_map(|declared| declared.reading.as_ref().ok());
    let counts = |reading: &super::object::Reading| {
        reading.replication_factor.is_some()
            || (reading.partitions.is_none() && reading.absent_partitions == AbsentPartitions::BrokerCount)
    };
    if readings.into_iter().any(counts) { Brokers::Count } else { Brokers::DoNotCare }
}

fn with(room: &Room, rules: &Rules, claims: Claims, observed: &BTreeMap<TopicName, TopicObserved>) -> Vec<Case> {
    let index = lock(&room.index);
    claims
        .into_iter()
        .map(|(name, claims)| Case {
            observed: observed.get(&name).cloned().unwrap_or(TopicObserved::Absent),
            namesakes: index.namesakes(&rules.cluster, &name),
            name,
            claims,
        })
        .collect()
}

/// Puts our finalizer where it belongs before anything is made that it has to guard. Topics where that failed wait.
async fn hold_first(room: &Room, decisions: &[Decision], rules: &Rules) -> BTreeMap<TopicName, Next> {
    let holds = decisions.iter().flat_map(|decision| {
        let hold = |(declared, verdict): &(Arc<Declared>, _)| {
            (must_hold(declared, verdict, rules) == Hold::Hold).then(|| (decision.name.clone(), declared.clone()))
        };
        decision.verdicts.iter().filter_map(hold)
    });
    let holds: Vec<_> = holds.collect();
    let hold = |(name, declared): (TopicName, Arc<Declared>)| async move {
        let held = write::hold(&room.context.client, &room.index, &declared, Hold::Hold).await;
        held.err().map(|error| (name, after_failed_write(&declared, &error)))
    };
    together(WRITES, holds.into_iter().map(hold)).await.into_iter().flatten().collect()
}

fn tell(cases: &[Case], decisions: &[Decision], outcomes: &Outcomes, rules: &Rules) -> Vec<Told> {
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
enum Patience {
    WithAll,
    WithThoseInOrder,
}

fn unreachable(
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

async fn write_reports(room: &Room, batch: Vec<Told>, queue: &Queue<TopicName>) {
    let write = |told: Told| async move {
        let mut nexts = BTreeSet::new();
        // One after the other: those that are let go before the one that decided.
        for (declared, report) in told.reports {
            if room.stop.is_cancelled() {
                return;
            }
            nexts.insert(Urgency(write_one(room, &declared, report).await));
        }
        queue.done(told.name, nexts.into_iter().next().map_or(Next::Settled, |urgency| urgency.0));
    };
    together(WRITES, batch.into_iter().map(write)).await;
}

pub(super) async fn write_one(room: &Room, declared: &Declared, report: Report) -> Next {
    match write::write(&room.context.client, &room.index, declared, &report).await {
        Ok(()) => {
            let about = write::reference(declared);
            room.news.take(report.news.into_iter().map(|headline| News {
                about: about.clone(),
                tone: headline.tone,
                reason: klamm_resources::Reason::as_str(headline.reason),
                action: headline.action,
                note: headline.note,
            }));
            report.next
        }
        Err(error) => after_failed_write(declared, &error),
    }
}

fn after_failed_write(declared: &Declared, error: &kube::Error) -> Next {
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
