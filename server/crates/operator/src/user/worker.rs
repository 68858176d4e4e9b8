//! One worker for each cluster, in five steps for everybody who waits: gather, validate, decide, apply, report.

use super::{
    apply::{Failure, Outcome, Task, apply},
    gather::{InKafka, Seen, ask_kafka, read_secrets, seen},
    judge::{Judgement, Refusal, judge},
    object::{Declared, UserKey},
    report::{Blocked, Hold, Report, hindered, report, report_blocked, report_let_go, report_nothing, report_removed},
    room::{Belongs, Room, lock},
    write,
};
use crate::{
    batch::{News, Next, QUIET_FAILURES, Queue, tenancy, together},
    runtime::{chain, explain, is_conflict, is_forbidden, is_not_found},
};
use jiff::Timestamp;
use klamm_model::{ClusterRef, UnixMillis};
use klamm_planner::{
    tenancy::{NotAllowed, Tenancy},
    topics::ClaimLife,
    users::{UserHindrance, plan_user, plan_user_removal, reserved},
};
use klamm_resources::{Authentication, Exposure, KafkaCluster, UserReason, ValidatedGrant};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Users in one batch.
const BATCH: usize = 100;
/// Writes to Kubernetes at the same time.
const WRITES: usize = 24;

/// Works until the room is left.
pub(super) async fn work(room: Arc<Room>, belongs: Belongs, queue: Arc<Queue<UserKey>>) {
    loop {
        let keys = tokio::select! {
            () = room.stop.cancelled() => return,
            keys = queue.take(BATCH) => keys,
        };
        let users: Vec<_> = {
            let index = lock(&room.index);
            keys.iter().filter_map(|key| index.get(key)).collect()
        };
        let reports = process(&room, &belongs, users, &queue).await;
        let write = |(declared, report): (Arc<Declared>, Report)| {
            let room = room.clone();
            async move { (declared.key.clone(), write_one(&room, &declared, report).await) }
        };
        let mut nexts: BTreeMap<UserKey, Next> =
            together(WRITES, reports.into_iter().map(write)).await.into_iter().collect();
        for key in keys {
            let next = nexts.remove(&key).unwrap_or(Next::Settled);
            queue.done(key, next);
        }
    }
}

type Reports = Vec<(Arc<Declared>, Report)>;

async fn process(room: &Room, belongs: &Belongs, users: Vec<Arc<Declared>>, queue: &Queue<UserKey>) -> Reports {
    if users.is_empty() {
        return Vec::new();
    }
    let Some((cluster, object)) =
        belongs.as_ref().and_then(|cluster| Some((cluster, room.context.clusters.get(cluster)?)))
    else {
        return users.into_iter().map(|declared| without_cluster(declared, belongs)).collect();
    };
    if object.spec.paused {
        let message = format!("the cluster {cluster} is paused; whoever operates it takes spec.paused away");
        return all_blocked(users, UserReason::ClusterNotReady, &message, queue);
    }
    let rules = Rules::of(cluster, &object, room.grants(cluster));
    let (Some(bootstrap_servers), Ok(client)) = (&rules.bootstrap_servers, room.context.connections.get(cluster))
    else {
        let why = match room.context.connections.get(cluster) {
            Err(not_yet) => not_yet.to_string(),
            Ok(_) => format!(
                "the cluster {cluster} has no listener with a password for clients, or does not say its address yet"
            ),
        };
        return all_blocked(users, UserReason::ClusterNotReady, &format!("{why}; it is tried again"), queue);
    };
    let names: BTreeSet<String> = users.iter().map(|declared| declared.username()).collect();
    let in_kafka = match ask_kafka(&client, &names).await {
        Ok(in_kafka) => in_kafka,
        Err(error) => {
            tracing::warn!(%cluster, error = chain(&error), users = users.len(), "could not look at users");
            let (reason, why) = match Failure::of(&error) {
                Failure::Unreachable(why) => (UserReason::KafkaUnreachable, why),
                Failure::Rejected(why) | Failure::Failed(why) => (UserReason::Retrying, why),
            };
            return all_blocked(users, reason, &format!("{why}; it is tried again"), queue);
        }
    };
    let now = Timestamp::now();
    let mut reports = Vec::new();
    let mut decided = Vec::new();
    for (declared, secret) in read_secrets(&room.context.client, &users).await {
        match secret {
            Ok(secret) => match decide(declared, secret.as_ref(), &in_kafka, &rules, bootstrap_servers, now) {
                Ok(decision) => decided.push(decision),
                Err(report) => reports.push(*report),
            },
            Err(error) => {
                let reason = if is_forbidden(&error) { UserReason::ClusterNotReady } else { UserReason::Retrying };
                let message = format!("its Secret could not be read: {}; it is tried again", explain(&error));
                let report = report_blocked(&declared, Refusal { reason, message }, Blocked::ForNow, now);
                reports.push((declared, report));
            }
        }
    }
    reports.extend(carry_out(room, &client, cluster, decided).await);
    reports
}

/// What a cluster says about its users.
struct Rules {
    tenancy: Tenancy,
    grants: Vec<ValidatedGrant>,
    powerful: BTreeSet<String>,
    bootstrap_servers: Option<String>,
}

impl Rules {
    fn of(cluster: &ClusterRef, object: &KafkaCluster, grants: Vec<ValidatedGrant>) -> Self {
        let super_users = &object.spec.authorization.super_users;
        Self {
            tenancy: tenancy(cluster, object),
            grants,
            powerful: super_users.iter().filter_map(|user| user.strip_prefix("User:")).map(str::to_owned).collect(),
            bootstrap_servers: bootstrap_servers(object),
        }
    }
}

/// The addresses that go into Secrets: of a listener that asks for a password, rather one for pods of the same Kubernetes.
fn bootstrap_servers(object: &KafkaCluster) -> Option<String> {
    let known = &object.status.as_ref()?.bootstrap_servers;
    let with = |exposure| {
        object
            .spec
            .listeners
            .iter()
            .filter(|listener| listener.authentication == Authentication::ScramSha512 && listener.exposure == exposure)
            .find_map(|listener| known.get(&listener.name))
    };
    let of_listeners = [Exposure::Internal, Exposure::Loopback, Exposure::NodePort].into_iter().find_map(with).cloned();
    of_listeners.or_else(|| object.spec.external.as_ref().map(|external| external.bootstrap_servers.clone()))
}

fn without_cluster(declared: Arc<Declared>, belongs: &Belongs) -> (Arc<Declared>, Report) {
    if declared.life == ClaimLife::Leaving {
        let report = report_let_go(&declared);
        return (declared, report);
    }
    let refusal = match (belongs, &declared.reading) {
        (Some(cluster), _) => Refusal {
            reason: UserReason::ClusterNotFound,
            message: format!("there is no KafkaCluster {cluster}; create it, or name another cluster"),
        },
        (None, Err(problem)) => Refusal { reason: UserReason::InvalidSpec, message: problem.clone() },
        (None, Ok(_)) => Refusal {
            reason: UserReason::InvalidSpec,
            message: "spec.cluster names no cluster that could exist".to_owned(),
        },
    };
    let report = report_blocked(&declared, refusal, Blocked::UntilChanged, Timestamp::now());
    (declared, report)
}

fn all_blocked(users: Vec<Arc<Declared>>, reason: UserReason, message: &str, queue: &Queue<UserKey>) -> Reports {
    let now = Timestamp::now();
    let blocked = |declared: Arc<Declared>| {
        let report = if declared.is_in_order() && queue.failures(&declared.key) < QUIET_FAILURES {
            report_nothing(&declared)
        } else {
            let refusal = Refusal { reason, message: message.to_owned() };
            report_blocked(&declared, refusal, Blocked::ForNow, now)
        };
        (declared, report)
    };
    users.into_iter().map(blocked).collect()
}

/// A user with its plan.
struct Decided {
    task: Task,
    /// None for one that goes.
    judgement: Option<Judgement>,
    hindrance: Option<UserHindrance>,
}

fn decide(
    declared: Arc<Declared>,
    secret: Option<&k8s_openapi::api::core::v1::Secret>,
    in_kafka: &InKafka,
    rules: &Rules,
    bootstrap_servers: &str,
    now: Timestamp,
) -> Result<Decided, Box<(Arc<Declared>, Report)>> {
    let seen: Seen = seen(declared, secret, in_kafka, bootstrap_servers);
    let bootstrap_servers = bootstrap_servers.to_owned();
    if seen.declared.life == ClaimLife::Leaving {
        let acts = plan_user_removal(&seen.observed);
        return Ok(Decided { task: Task { seen, acts, bootstrap_servers }, judgement: None, hindrance: None });
    }
    let judgement = match validate(&seen.declared, rules, now) {
        Ok(judgement) => judgement,
        Err(refusal) => {
            let report = report_blocked(&seen.declared, refusal, Blocked::UntilChanged, now);
            return Err(Box::new((seen.declared, report)));
        }
    };
    let plan = plan_user(&judgement.wish, &seen.observed);
    let task = Task { seen, acts: plan.acts, bootstrap_servers };
    Ok(Decided { task, judgement: Some(judgement), hindrance: plan.hindrance })
}

fn validate(declared: &Declared, rules: &Rules, now: Timestamp) -> Result<Judgement, Refusal> {
    let user = declared
        .reading
        .as_ref()
        .map_err(|problem| Refusal { reason: UserReason::InvalidSpec, message: problem.clone() })?;
    rules
        .tenancy
        .admits(&declared.key.namespace)
        .map_err(|error: NotAllowed| Refusal { reason: UserReason::NotATenant, message: error.to_string() })?;
    if reserved(&user.username, &rules.powerful) {
        let message = format!("the Kafka user name {} is reserved on this cluster; choose another name", user.username);
        return Err(Refusal { reason: UserReason::ReservedName, message });
    }
    let mut judgement = judge(user, &rules.tenancy, &rules.grants, UnixMillis(now.as_millisecond()));
    judgement.refusals.extend(unchangeable(declared));
    Ok(judgement)
}

/// Fields that were changed and do not take effect.
fn unchangeable(declared: &Declared) -> Vec<Refusal> {
    let (Ok(user), status) = (&declared.reading, &declared.status) else { return Vec::new() };
    let mut refusals = Vec::new();
    let mut refuse = |message: String| refusals.push(Refusal { reason: UserReason::NotSupported, message });
    if let Some(bound) = status.cluster.as_ref().filter(|bound| **bound != user.cluster.to_string()) {
        refuse(format!(
            "the user lives on {bound} and does not move; name that cluster again, or delete this object and create it anew"
        ));
    }
    if let Some(has) = status.secret_name.as_ref().filter(|has| **has != user.secret_name.to_string()) {
        refuse(format!(
            "its Secret is {has} and is not renamed; write that name, or delete this object and create it anew"
        ));
    }
    if status.password_digest.is_some() && user.rotate != status.rotated {
        refuse(
            "rotation is not carried out yet, the password stays; delete the Secret to get a new one at once"
                .to_owned(),
        );
    }
    refusals
}

async fn carry_out(room: &Room, client: &klamm_kafka::Client, cluster: &ClusterRef, decided: Vec<Decided>) -> Reports {
    let (decided, mut reports) = hold_first(room, decided).await;
    let mut verdicts = BTreeMap::new();
    let mut tasks = Vec::new();
    for Decided { task, judgement, hindrance } in decided {
        verdicts.insert(task.seen.declared.key.clone(), (judgement, hindrance));
        tasks.push(task);
    }
    if room.stop.is_cancelled() {
        return Vec::new();
    }
    let outcomes = apply(&room.context.client, client, &tasks).await;
    let now = Timestamp::now();
    let nothing = Outcome::default();
    for Task { seen, .. } in tasks {
        let outcome = outcomes.get(&seen.declared.key).unwrap_or(&nothing);
        let report = match verdicts.remove(&seen.declared.key) {
            Some((Some(_), Some(hindrance))) => {
                report_blocked(&seen.declared, hindered(&hindrance), Blocked::UntilChanged, now)
            }
            Some((Some(judgement), None)) => report(&seen.declared, cluster, &judgement, &seen.observed, outcome, now),
            Some((None, _)) => report_removed(&seen.declared, &seen.observed, outcome, now),
            None => continue,
        };
        reports.push((seen.declared, report));
    }
    reports
}

/// Puts our finalizer on those who get something that has to be cleaned up; those where that fails wait.
async fn hold_first(room: &Room, decided: Vec<Decided>) -> (Vec<Decided>, Reports) {
    let hold = |decision: Decided| async move {
        let held = match decision.hindrance {
            Some(_) => Ok(()),
            None => write::hold(&room.context.client, &room.index, &decision.task.seen.declared, Hold::Hold).await,
        };
        (decision, held)
    };
    let results = together(WRITES, decided.into_iter().map(hold)).await;
    let now = Timestamp::now();
    let (mut ready, mut reports) = (Vec::new(), Vec::new());
    for (decision, result) in results {
        match result {
            Ok(()) => ready.push(decision),
            Err(error) if is_not_found(&error) => {}
            Err(error) => {
                let declared = decision.task.seen.declared;
                let message = format!("the finalizer could not be written: {}; it is tried again", explain(&error));
                // A conflict only means that somebody wrote at the same time; nothing to tell.
                let mut report =
                    report_blocked(&declared, Refusal { reason: UserReason::Retrying, message }, Blocked::ForNow, now);
                if is_conflict(&error) {
                    report.status = declared.status.clone();
                    report.news.clear();
                }
                reports.push((declared, report));
            }
        }
    }
    (ready, reports)
}

async fn write_one(room: &Room, declared: &Declared, report: Report) -> Next {
    if room.stop.is_cancelled() {
        return Next::Settled;
    }
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
        Err(error) if is_not_found(&error) => Next::Settled,
        Err(error) if is_conflict(&error) => Next::Later,
        Err(error) => {
            tracing::warn!(object = %declared.key, error = explain(&error), "could not write to a KafkaUser");
            Next::Later
        }
    }
}
