//! One worker for each cluster, in five steps for everybody who waits: gather, validate, decide, apply, report.

use super::{
    apply::{Brokers, Failure, Outcome, Task, apply},
    gather::{Seen, ask_kafka, prove, read_secrets, seen, usernames},
    injected,
    judge::{Judgement, Refusal},
    object::{Declared, UserKey},
    report::{
        Around, Blocked, Hold, Report, report, report_blocked, report_hindered, report_let_go, report_nothing,
        report_removed, set_back,
    },
    room::{Belongs, Room, lock},
    rules::{Refused, Rules, validate},
    secret::{Found, owner},
    store::Store,
    write,
};
use crate::{
    batch::{News, Next, QUIET_FAILURES, Queue, together},
    runtime::{NotConnected, chain, explain, is_conflict, is_forbidden, is_not_found},
};
use jiff::Timestamp;
use klamm_model::ClusterRef;
use klamm_planner::{
    topics::ClaimLife,
    users::{Rotation, UserAct, UserHindrance, plan_user, plan_user_removal, plan_user_suspension, plan_user_upkeep},
};
use klamm_resources::UserReason;
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
        for user in room.secrets.missed() {
            room.look_at_one(&user);
        }
        if let Some(cluster) = belongs.as_ref().filter(|_| queue.is_idle()) {
            room.consents.users_are_counted(cluster);
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
    let rules = Rules::of(cluster, &object, room.consents.of(cluster));
    let client = match room.context.connections.get(cluster) {
        Ok(client) => client,
        // Before the cluster has been looked at in this process, there is nothing to tell about it.
        Err(NotConnected::UnknownCluster(_)) if users.iter().all(|user| queue.failures(&user.key) < QUIET_FAILURES) => {
            return users.into_iter().map(|declared| (declared.clone(), report_nothing(&declared))).collect();
        }
        Err(not_yet) => {
            return all_blocked(users, UserReason::ClusterNotReady, &format!("{not_yet}; it is tried again"), queue);
        }
    };
    let Some(bootstrap_servers) = rules.bootstrap_servers.as_deref() else {
        let message = format!(
            "the cluster {cluster} has no listener with a password for clients, or does not say its address yet; it is tried again"
        );
        return all_blocked(users, UserReason::ClusterNotReady, &message, queue);
    };
    let in_kafka = match ask_kafka(&client, &usernames(&users)).await {
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
    let look = |declared, found: &Found| seen(declared, found, &in_kafka, bootstrap_servers, now);
    let mut reports = Vec::new();
    let mut looked_at = Vec::new();
    for (declared, found) in read_secrets(&room.context.client, &users).await {
        match found {
            Ok(found) => {
                remember(room, &declared, &found);
                looked_at.push(look(declared, &found));
            }
            // In a namespace that is being deleted our rights go first; the Secret goes with it, or with its owner.
            Err(error) if is_forbidden(&error) && declared.life == ClaimLife::Leaving => {
                let nothing = Found { wanted: (declared.wanted_secret(), None), former: None };
                looked_at.push(look(declared, &nothing));
            }
            Err(error) => {
                let reason = if is_forbidden(&error) { UserReason::ClusterNotReady } else { UserReason::Retrying };
                let message = format!("its Secret could not be read: {}; it is tried again", explain(&error));
                let report = report_blocked(&declared, Refusal { reason, message }, Blocked::ForNow, now);
                reports.push((declared, report));
            }
        }
    }
    let brokers = Brokers { client: &client, doors: room.context.connections.doors(cluster) };
    prove(&brokers.doors, &mut looked_at).await;
    let decided = looked_at.into_iter().map(|seen| decide(seen, &rules, bootstrap_servers, now)).collect();
    reports.extend(carry_out(room, &brokers, cluster, &rules, decided).await);
    reports
}

/// What the watch tells of these versions is no news any more. Somebody else's Secret that a user only asks for is not
/// its to remember.
fn remember(room: &Room, declared: &Declared, found: &Found) {
    for (name, secret) in [Some(&found.wanted), found.former.as_ref()].into_iter().flatten() {
        if let Some(secret) =
            secret.as_ref().filter(|secret| owner(&secret.metadata).as_ref() == Some(&declared.key.name))
        {
            let key = UserKey { namespace: declared.key.namespace.clone(), name: name.clone() };
            room.secrets.know(&key, &declared.key, secret.metadata.resource_version.as_deref());
        }
    }
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
    verdict: Verdict,
}

/// What a user is told when its plan was carried out.
enum Verdict {
    Stands(Judgement, Rotation),
    Hindered(UserHindrance),
    Refused(Refusal),
    Goes,
}

fn decide(seen: Seen, rules: &Rules, bootstrap_servers: &str, now: Timestamp) -> Decided {
    let mut rotate = None;
    let (acts, verdict) = match (seen.declared.life, validate(&seen.declared, rules, now)) {
        (ClaimLife::Leaving, _) => (plan_user_removal(&seen.observed), Verdict::Goes),
        (ClaimLife::Living, Err(Refused::Unclear(refusal))) => {
            (plan_user_upkeep(&seen.observed), Verdict::Refused(refusal))
        }
        (ClaimLife::Living, Err(Refused::Forbidden(refusal))) => {
            (plan_user_suspension(&seen.observed), Verdict::Refused(refusal))
        }
        (ClaimLife::Living, Ok(judgement)) if injected::has_to_wait(&seen, &judgement) => {
            let nothing = injected::without_anything(judgement);
            (plan_user_suspension(&seen.observed), Verdict::Stands(nothing, Rotation::Settled))
        }
        (ClaimLife::Living, Ok(mut judgement)) => {
            let plan = plan_user(&judgement.wish, &seen.observed);
            let refusals = set_back(&seen, plan.rotation).into_iter();
            judgement.refusals.extend(refusals.map(|refusal| injected::in_its_words(&seen.declared, refusal)));
            rotate.clone_from(&judgement.wish.rotate);
            let verdict = match plan.hindrance {
                Some(hindrance) => Verdict::Hindered(hindrance),
                None => Verdict::Stands(judgement, plan.rotation),
            };
            (plan.acts, verdict)
        }
    };
    Decided { task: Task { seen, acts, bootstrap_servers: bootstrap_servers.to_owned(), rotate }, verdict }
}

async fn carry_out(
    room: &Room,
    brokers: &Brokers<'_>,
    cluster: &ClusterRef,
    rules: &Rules,
    decided: Vec<Decided>,
) -> Reports {
    let (decided, mut reports) = prepare(room, decided).await;
    let nothing = BTreeSet::new();
    let mut verdicts = BTreeMap::new();
    let mut tasks = Vec::new();
    for Decided { task, verdict } in decided {
        let uses = match &verdict {
            Verdict::Stands(judgement, _) => &judgement.uses,
            Verdict::Hindered(_) | Verdict::Refused(_) | Verdict::Goes => &nothing,
        };
        room.consents.used(&task.seen.declared.key, uses);
        verdicts.insert(task.seen.declared.key.clone(), verdict);
        tasks.push(task);
    }
    if room.stop.is_cancelled() {
        return Vec::new();
    }
    let store = Store { kube: &room.context.client, versions: &room.secrets };
    let outcomes = apply(&store, brokers, &tasks).await;
    let now = Timestamp::now();
    let nothing = Outcome::default();
    for Task { seen, .. } in tasks {
        let outcome = outcomes.get(&seen.declared.key).unwrap_or(&nothing);
        let blocked = |refusal| match &outcome.failure {
            None => report_blocked(&seen.declared, refusal, Blocked::UntilChanged, now),
            Some(_) => report_blocked(&seen.declared, refusal, Blocked::ForNow, now),
        };
        let report = match verdicts.remove(&seen.declared.key) {
            Some(Verdict::Stands(judgement, rotation)) => {
                let around = Around { cluster, grace: rules.grace, now };
                report(&seen, &judgement, rotation, outcome, &around)
            }
            Some(Verdict::Hindered(hindrance)) => report_hindered(&seen.declared, &hindrance, outcome, now),
            Some(Verdict::Refused(refusal)) => blocked(refusal),
            Some(Verdict::Goes) => report_removed(&seen.declared, &seen.observed, outcome, now),
            None => continue,
        };
        reports.push((seen.declared, report));
    }
    reports
}

/// Puts our finalizer on those who get something that has to be cleaned up, and writes down what is about to be made;
/// those where that fails wait.
async fn prepare(room: &Room, decided: Vec<Decided>) -> (Vec<Decided>, Reports) {
    let hold = |mut decision: Decided| async move {
        let held = match decision.verdict {
            Verdict::Hindered(_) | Verdict::Refused(_) | Verdict::Goes => Ok(()),
            Verdict::Stands(..) => prepare_one(room, &mut decision.task).await,
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
                let message = format!("the object could not be written: {}; it is tried again", explain(&error));
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

async fn prepare_one(room: &Room, task: &mut Task) -> Result<(), kube::Error> {
    let (client, index) = (&room.context.client, &room.index);
    write::hold(client, index, &task.seen.declared, Hold::Ours).await?;
    let announced = task.acts.iter().find_map(|act| match act {
        UserAct::Announce(half) => Some(*half),
        _ => None,
    });
    if let Some(half) = announced {
        task.seen.declared = Arc::new(write::announce(client, index, &task.seen.declared, half).await?);
    }
    Ok(())
}

async fn write_one(room: &Room, declared: &Declared, report: Report) -> Next {
    if room.stop.is_cancelled() {
        return Next::Settled;
    }
    match write::write(&room.context.client, &room.index, declared, &report).await {
        Ok(()) => {
            let about = write::reference(declared);
            let news = report.news.into_iter().map(|headline| News {
                about: about.clone(),
                tone: headline.tone,
                reason: klamm_resources::Reason::as_str(headline.reason),
                action: headline.action,
                note: headline.note,
            });
            room.news.take(news.flat_map(|news| [injected::to_the_workload(declared, &news), Some(news)]).flatten());
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
