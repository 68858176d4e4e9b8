//! One worker for each cluster. It takes what waits, however much that is, and goes through five steps for all of it at
//! once: gather, validate, decide, apply, report. There is no lingering for company: whoever comes while a batch is
//! under way makes the next one.

use super::{
    apply::{Failure, Outcomes, apply},
    decide::{Case, Decision, Hold, Rules, Verdict, decide, must_hold},
    doubt::{Belief, Doubts},
    gather::{Brokers, Question, gather},
    journal,
    object::{AbsentPartitions, Declared, Pause, Reading},
    room::{Post, Room, lock},
    rules::rules,
    shown,
    telling::{Patience, Told, after_failed_write, tell, unreachable, write_reports},
    write,
};
use crate::{
    batch::{Next, Queue, together},
    runtime::{NotConnected, chain},
};
use klamm_kafka::Client;
use klamm_model::{ClusterRef, TopicName};
use klamm_planner::topics::{ClaimLife, Difference, Standing, TopicField, TopicObserved};
use klamm_resources::{KafkaCluster, TopicReason};
use std::{collections::BTreeMap, sync::Arc, time::Instant};
use tokio::sync::Semaphore;

/// Topics in one batch. More would only make the first of them wait for the last.
const BATCH: usize = 200;
/// Finalizers written at the same time.
const WRITES: usize = 24;
/// Batches that were decided and are not told yet. Brokers make the logs of a few hundred topics in a second; waiting for
/// them costs nothing but the batch's memory.
const UNDER_WAY: u32 = 8;
/// What a batch that is not full counts: two of them, and whoever comes meanwhile makes the next one bigger.
const SMALL: u32 = UNDER_WAY / 2;
/// Batches whose reports are written at the same time.
const REPORTING: usize = 2;

/// Works until the room is left.
pub(super) async fn work(room: Arc<Room>, cluster: ClusterRef, post: Arc<Post>) {
    let under_way = Arc::new(Semaphore::new(UNDER_WAY as usize));
    let reporting = Arc::new(Semaphore::new(REPORTING));
    loop {
        let names = tokio::select! {
            () = room.stop.cancelled() => return,
            names = post.queue.take(BATCH) => names,
        };
        let weight = if names.len() < BATCH { SMALL } else { 1 };
        let Ok(permit) = under_way.clone().acquire_many_owned(weight).await else { return };
        let Some(finished) = process(&room, &cluster, names, &post).await else { continue };
        let (room, post, reporting) = (room.clone(), post.clone(), reporting.clone());
        let tasks = room.tasks.clone();
        tasks.spawn(async move {
            let told = match finished {
                Finished::Told(told) => told,
                Finished::Acted(acted) => acted.told().await,
            };
            let Ok(_writing) = reporting.acquire().await else { return };
            let topics = told.len();
            write_reports(&room, told, &post).await;
            tracing::debug!(topics, "told what became of topics");
            drop(permit);
        });
    }
}

/// A batch that only has to be told.
enum Finished {
    Told(Vec<Told>),
    /// What was done is told when brokers show it.
    Acted(Box<Acted>),
}

struct Acted {
    client: Client,
    cases: Vec<Case>,
    decisions: Vec<Decision>,
    outcomes: Outcomes,
    rules: Rules,
}

impl Acted {
    async fn told(mut self) -> Vec<Told> {
        shown::wait(&self.client, &mut self.cases, &self.decisions, &mut self.outcomes, &self.rules).await;
        tracing::debug!(cluster = %self.rules.cluster, topics = self.outcomes.len(), "brokers show what was done");
        tell(&self.cases, &self.decisions, &self.outcomes, &self.rules)
    }
}

async fn process(room: &Arc<Room>, cluster: &ClusterRef, names: Vec<TopicName>, post: &Arc<Post>) -> Option<Finished> {
    let queue = &post.queue;
    let Some(object) = room.context.clusters.get(cluster) else {
        // The cluster is gone; the directory's change puts the objects where they belong.
        for name in names {
            queue.done(name, Next::Settled);
        }
        return None;
    };
    if let Err(error) = open_journal(room, cluster, &object, post).await {
        let cases = claimed(room, cluster, names, post);
        return Some(Finished::Told(unreachable(cases, TopicReason::Retrying, &error, Patience::WithAll, queue)));
    }
    let cases = claimed(room, cluster, names, post);
    if cases.is_empty() {
        return None;
    }
    let mut rules = rules(cluster, &object);
    if rules.pause == Pause::Paused {
        let cases = with(room, &rules, cases, &BTreeMap::new());
        let decisions: Vec<_> = cases.iter().map(|case| decide(case, &rules)).collect();
        return Some(Finished::Told(tell(&cases, &decisions, &Outcomes::new(), &rules)));
    }
    let client = match room.context.connections.get(cluster) {
        Ok(client) => client,
        Err(not_yet) => {
            // Before the cluster has been looked at in this process, there is nothing to tell about it.
            let whom = match not_yet {
                NotConnected::UnknownCluster(_) => Patience::WithAll,
                NotConnected::NotReadyYet(_) => Patience::WithThoseInOrder,
            };
            let told = unreachable(cases, TopicReason::ClusterNotReady, &not_yet.to_string(), whom, queue);
            return Some(Finished::Told(told));
        }
    };
    let observed = match gather(&client, question(&cases), &mut rules.policy).await {
        Ok(observed) => observed,
        Err(error) => {
            tracing::warn!(%cluster, error = chain(&error), topics = cases.len(), "could not look at topics");
            let (reason, why) = match Failure::of(&error) {
                Failure::Unreachable(why) => (TopicReason::KafkaUnreachable, why),
                Failure::Failed(why) => (TopicReason::Retrying, why),
                Failure::Stale => {
                    give_back(cases, queue, Next::Later);
                    return None;
                }
            };
            return Some(Finished::Told(unreachable(cases, reason, &why, Patience::WithThoseInOrder, queue)));
        }
    };
    tracing::debug!(%cluster, topics = observed.len(), "looked at topics");
    let (cases, uncertain): (Claims, Claims) = cases.into_iter().partition(|(name, _)| observed.contains_key(name));
    give_back(uncertain, queue, Next::Later);
    let mut cases = with(room, &rules, cases, &observed);
    let mut decisions: Vec<_> = cases.iter().map(|case| decide(case, &rules)).collect();
    let doubtful = doubt(&decisions, &mut lock(&post.doubts), Instant::now());
    set_aside(&mut cases, &mut decisions, doubtful, queue);
    let unheld = hold_first(room, &decisions, &rules).await;
    set_aside(&mut cases, &mut decisions, unheld, queue);
    if let Err(error) = write_down(&cases, &decisions, &rules, post).await {
        let cases = cases.into_iter().map(|case| (case.name, case.claims)).collect();
        return Some(Finished::Told(unreachable(
            cases,
            TopicReason::Retrying,
            &error,
            Patience::WithThoseInOrder,
            queue,
        )));
    }
    if room.stop.is_cancelled() {
        return None;
    }
    tracing::debug!(%cluster, topics = decisions.len(), "wrote down what is about to be done");
    let outcomes = apply(&client, &decisions).await;
    tracing::debug!(%cluster, topics = outcomes.len(), "carried out what was decided");
    note_ids(cluster, &decisions, &outcomes, post).await;
    Some(Finished::Acted(Box::new(Acted { client, cases, decisions, outcomes, rules })))
}

async fn open_journal(
    room: &Arc<Room>,
    cluster: &ClusterRef,
    object: &KafkaCluster,
    post: &Post,
) -> Result<(), String> {
    match post.journal.open(object).await {
        Ok(journal::Opened::Before) => Ok(()),
        Ok(journal::Opened::Now) => {
            room.audit(cluster).await;
            Ok(())
        }
        Err(error) => {
            tracing::warn!(%cluster, error = chain(&error), "the journal of topics is not at hand");
            Err(chain(&error))
        }
    }
}

pub(super) type Claims = BTreeMap<TopicName, Vec<Arc<Declared>>>;

/// Everybody who speaks of these topics, those included who are gone and have not been decided about.
fn claimed(room: &Room, cluster: &ClusterRef, names: Vec<TopicName>, post: &Post) -> Claims {
    let mut cases = Claims::new();
    for name in names {
        let mut claims = lock(&room.index).claims(cluster, &name);
        for declared in &mut claims {
            let intended = post.journal.intended(&declared.uid, &name);
            if !intended.is_empty() {
                Arc::make_mut(declared).intended = intended;
            }
        }
        claims.extend(post.journal.departed(&name));
        if claims.is_empty() {
            // Nobody speaks of it any more: it is none of our business.
            lock(&post.doubts).settle(&name);
            post.queue.done(name, Next::Settled);
        } else {
            cases.insert(name, claims);
        }
    }
    cases
}

fn give_back(cases: Claims, queue: &Queue<TopicName>, next: Next) {
    for name in cases.into_keys() {
        queue.done(name, next);
    }
}

/// Topics that are not worked on now, and when they are.
type Aside = BTreeMap<TopicName, Next>;

fn set_aside(cases: &mut Vec<Case>, decisions: &mut Vec<Decision>, aside: Aside, queue: &Queue<TopicName>) {
    cases.retain(|case| !aside.contains_key(&case.name));
    decisions.retain(|decision| !aside.contains_key(&decision.name));
    for (name, next) in aside {
        queue.done(name, next);
    }
}

/// What looks as if it had been changed behind its declaration's back and has to be seen once more.
fn doubt(decisions: &[Decision], doubts: &mut Doubts, now: Instant) -> Aside {
    let mut aside = Aside::new();
    for decision in decisions {
        let suspicious = decision.verdicts.iter().find_map(|(declared, verdict)| match verdict {
            Verdict::Owner(plan) => {
                matches!(plan.standing, Standing::Drifted | Standing::DriftLeft).then(|| plan.differences.clone())
            }
            Verdict::Abandoned => {
                let wanted = declared.key.name.to_string();
                Some(vec![Difference { field: TopicField::Name, wanted, found: None }])
            }
            Verdict::Unreadable(_)
            | Verdict::Paused(_)
            | Verdict::Rival(_)
            | Verdict::NotAllowed(_)
            | Verdict::LetGo(_)
            | Verdict::Last(_)
            | Verdict::Held => None,
        });
        match suspicious.map(|differences| doubts.weigh(&decision.name, &differences, now)) {
            Some(Belief::In(wait)) => drop(aside.insert(decision.name.clone(), Next::In(wait))),
            Some(Belief::Believed) => {}
            None => doubts.settle(&decision.name),
        }
    }
    aside
}

/// Writes down what must not be forgotten whatever happens next: once for the whole batch.
async fn write_down(cases: &[Case], decisions: &[Decision], rules: &Rules, post: &Post) -> Result<(), String> {
    for (case, decision) in cases.iter().zip(decisions) {
        post.journal.change(decision.verdicts.iter().map(|(declared, verdict)| {
            (declared.uid.clone(), journal::before(decision, declared, verdict, &case.observed, rules))
        }));
    }
    post.journal.write().await.map_err(|error| {
        tracing::warn!(cluster = %rules.cluster, error = chain(&error), "could not write the journal of topics");
        chain(&error)
    })
}

/// Writes down the ids of topics that were made now. Where that fails it is written with whatever comes next.
async fn note_ids(cluster: &ClusterRef, decisions: &[Decision], outcomes: &Outcomes, post: &Post) {
    for decision in decisions {
        let Some(outcome) = outcomes.get(&decision.name) else { continue };
        post.journal.change(decision.verdicts.iter().filter_map(|(declared, _)| {
            let line = post.journal.line(&declared.uid)?;
            Some((declared.uid.clone(), journal::with_id(&line, &decision.name, outcome)))
        }));
    }
    if let Err(error) = post.journal.write().await {
        tracing::warn!(%cluster, error = chain(&error), "could not write the journal of topics");
    }
}

/// Everything that has to be known. How a topic is configured that everybody leaves decides nothing.
fn question(cases: &Claims) -> Question {
    let leaves = |claims: &[Arc<Declared>]| claims.iter().all(|declared| declared.life == ClaimLife::Leaving);
    let left = cases.iter().filter(|(_, claims)| leaves(claims)).map(|(name, _)| name.clone());
    Question { names: cases.keys().cloned().collect(), without_config: left.collect(), brokers: wants_brokers(cases) }
}

/// Whether anybody needs to know how many brokers there are.
fn wants_brokers(cases: &Claims) -> Brokers {
    let readings = cases.values().flatten().filter_map(|declared| declared.reading.as_ref().ok());
    let counts = |reading: &Reading| {
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
async fn hold_first(room: &Room, decisions: &[Decision], rules: &Rules) -> Aside {
    let holds = decisions.iter().flat_map(|decision| {
        let hold = |(declared, verdict): &(Arc<Declared>, _)| {
            (must_hold(declared, verdict, rules) == Hold::Ours).then(|| (decision.name.clone(), declared.clone()))
        };
        decision.verdicts.iter().filter_map(hold)
    });
    let holds: Vec<_> = holds.collect();
    let hold = |(name, declared): (TopicName, Arc<Declared>)| async move {
        let held = write::hold(&room.context.client, &room.index, &declared, Hold::Ours).await;
        held.err().map(|error| (name, after_failed_write(&declared, &error)))
    };
    together(WRITES, holds.into_iter().map(hold)).await.into_iter().flatten().collect()
}
