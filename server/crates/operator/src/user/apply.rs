//! Carries out the plans of a batch of users, one kind of act after the other: a crash anywhere leaves something the next
//! look completes.

use super::{
    gather::{Seen, acl, kafka_quota_key, principal},
    object::UserKey,
    prove::signs_in,
    secret::{digest, new_password},
    store::Store,
};
use crate::batch::{Contact, contact, together};
use klamm_kafka::{
    Acl, Address, Apply, Client, ClientError, ErrorCode, KafkaError, Password, ScramChange, ScramIterations,
};
use klamm_planner::users::{AclRule, Half, PasswordDigest, Standing, UserAct};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// So many ACLs of one user are removed in one go; the controller takes 10,000 at most.
const MANY_ACLS: RangeInclusive<usize> = 200..=9_000;
/// Users that are tried at the same time.
const TRIES: usize = 16;

/// What became of a user's acts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// Why it did not come to an end; it is tried again.
    pub(super) failure: Option<Failure>,
    /// How it stands now, and the digest of its password: to be written down.
    pub(super) recorded: Option<(Standing, PasswordDigest)>,
    pub(super) password: PasswordFate,
    pub(super) changed_acls: bool,
    pub(super) changed_quotas: bool,
}

/// What became of the password in the Secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PasswordFate {
    #[default]
    Kept,
    /// A new one was written for the same user.
    Renewed,
    /// The Secret names the other user now, with a password of its own.
    Switched,
}

/// Why something did not come to an end.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    /// Brokers did not answer.
    Unreachable(String),
    /// Brokers refused.
    Rejected(String),
    /// A call failed.
    Failed(String),
}

impl Failure {
    pub(super) fn of(error: &ClientError) -> Self {
        match contact(error) {
            Contact::None => Self::Unreachable(error.explain()),
            Contact::Made => Self::Failed(error.explain()),
        }
    }

    fn refused(error: &KafkaError) -> Self {
        match error.retry() {
            klamm_kafka::Retry::Never => Self::Rejected(error.to_string()),
            klamm_kafka::Retry::Later | klamm_kafka::Retry::Elsewhere => Self::Failed(error.to_string()),
        }
    }
}

/// A user with what is to be done.
pub(super) struct Task {
    pub(super) seen: Seen,
    pub(super) acts: Vec<UserAct>,
    pub(super) bootstrap_servers: String,
    /// What a password that is made now answers.
    pub(super) rotate: Option<String>,
}

pub(super) type Outcomes = BTreeMap<UserKey, Outcome>;

/// Passwords at hand.
#[derive(Default)]
pub(super) struct Hand {
    /// Those that Secrets hold.
    pub(super) stored: BTreeMap<UserKey, Password>,
    /// Those that Kafka takes and no Secret holds yet.
    pub(super) next: BTreeMap<UserKey, Password>,
}

/// The brokers: whom to tell, and where each of them asks for a password.
pub(super) struct Brokers<'a> {
    pub(super) client: &'a Client,
    pub(super) doors: Vec<Address>,
}

/// Carries out all tasks.
pub(super) async fn apply(store: &Store<'_>, brokers: &Brokers<'_>, tasks: &[Task]) -> Outcomes {
    let kafka = brokers.client;
    let mut outcomes: Outcomes =
        tasks.iter().map(|task| (task.seen.declared.key.clone(), Outcome::default())).collect();
    let stored =
        tasks.iter().filter_map(|task| Some((task.seen.declared.key.clone(), task.seen.secret.password.clone()?)));
    let mut hand = Hand { stored: stored.collect(), next: BTreeMap::new() };
    delete_credentials(kafka, tasks, &mut outcomes).await;
    change_acls(kafka, tasks, Direction::Remove, &mut outcomes).await;
    store.write(tasks, &mut hand, &mut outcomes).await;
    set_credentials(kafka, tasks, &hand, &mut outcomes).await;
    change_acls(kafka, tasks, Direction::Add, &mut outcomes).await;
    change_quotas(kafka, tasks, &mut outcomes).await;
    // The credential last: brokers learn in this order, and whoever lets it in knows what it may.
    make_credentials(brokers, tasks, &mut hand, &mut outcomes).await;
    store.switch(tasks, &mut hand, &mut outcomes).await;
    store.delete(tasks, &mut outcomes).await;
    for (task, standing) in wanting(tasks, &outcomes, |act| match act {
        UserAct::Record(standing) => Some(standing),
        _ => None,
    }) {
        let declared = &task.seen.declared;
        let recorded =
            hand.stored.get(&declared.key).map(|password| (standing.clone(), digest(&declared.uid, password)));
        note(&mut outcomes, task, |outcome| outcome.recorded = recorded);
    }
    outcomes
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Remove,
    Add,
}

/// Acts of one kind, of tasks that have not failed yet.
pub(super) fn wanting<'a, T>(
    tasks: &'a [Task],
    outcomes: &Outcomes,
    want: impl Fn(&'a UserAct) -> Option<T>,
) -> Vec<(&'a Task, T)> {
    let going = tasks
        .iter()
        .filter(|task| outcomes.get(&task.seen.declared.key).is_none_or(|outcome| outcome.failure.is_none()));
    let mut all = Vec::new();
    for task in going {
        all.extend(task.acts.iter().filter_map(&want).map(|what| (task, what)));
    }
    all
}

pub(super) fn note(outcomes: &mut Outcomes, task: &Task, edit: impl FnOnce(&mut Outcome)) {
    edit(outcomes.entry(task.seen.declared.key.clone()).or_default());
}

fn fail(outcomes: &mut Outcomes, task: &Task, failure: Failure) {
    note(outcomes, task, |outcome| outcome.failure = Some(failure));
}

fn all_failed<T>(outcomes: &mut Outcomes, tasks: &[(&Task, T)], error: &ClientError) {
    for (task, _) in tasks {
        fail(outcomes, task, Failure::of(error));
    }
}

async fn delete_credentials(kafka: &Client, tasks: &[Task], outcomes: &mut Outcomes) {
    let wanted = wanting(tasks, outcomes, |act| match act {
        UserAct::DeleteCredential(half) => Some(*half),
        _ => None,
    });
    if wanted.is_empty() {
        return;
    }
    let user = |task: &Task, half| task.seen.declared.username(half);
    let changes = wanted.iter().map(|(task, half)| ScramChange::Delete { user: user(task, *half) }).collect();
    match kafka.alter_scram(changes).await {
        Ok(results) => {
            for (task, half) in &wanted {
                if let Some(Err(error)) = results.get(&user(task, *half))
                    && error.code != ErrorCode::ResourceNotFound
                {
                    fail(outcomes, task, Failure::refused(error));
                }
            }
        }
        Err(error) => all_failed(outcomes, &wanted, &error),
    }
}

async fn change_acls(kafka: &Client, tasks: &[Task], direction: Direction, outcomes: &mut Outcomes) {
    let mut wanted = wanting(tasks, outcomes, |act| match (act, direction) {
        (UserAct::RemoveAcls(half, rules), Direction::Remove) | (UserAct::AddAcls(half, rules), Direction::Add) => {
            Some((*half, rules))
        }
        _ => None,
    });
    if direction == Direction::Remove {
        let everything = |(task, (half, rules)): &mut (&Task, (Half, &BTreeSet<AclRule>))| {
            is_everything(rules, &task.seen.observed.kafka.of(*half).acls)
        };
        let all: Vec<_> = wanted.extract_if(.., everything).collect();
        clear_acls(kafka, &all, outcomes).await;
    }
    let acls_of = |task: &Task, half: Half, rules: &BTreeSet<_>| -> BTreeSet<Acl> {
        rules.iter().map(|rule| acl(&task.seen.declared.username(half), rule)).collect()
    };
    let all: BTreeSet<Acl> = wanted.iter().flat_map(|(task, (half, rules))| acls_of(task, *half, rules)).collect();
    if all.is_empty() {
        return;
    }
    let results: Result<BTreeMap<Acl, Result<(), KafkaError>>, ClientError> = match direction {
        Direction::Remove => kafka
            .delete_acls(&all)
            .await
            .map(|results| results.into_iter().map(|(acl, result)| (acl, result.map(drop))).collect()),
        Direction::Add => kafka.create_acls(&all).await,
    };
    let results = match results {
        Ok(results) => results,
        Err(error) => return all_failed(outcomes, &wanted, &error),
    };
    for (task, (half, rules)) in &wanted {
        let refused = acls_of(task, *half, rules).iter().find_map(|acl| results.get(acl)?.as_ref().err());
        note(outcomes, task, |outcome| {
            outcome.changed_acls = true;
            outcome.failure = refused.map(Failure::refused).or(outcome.failure.take());
        });
    }
}

/// Whether these are all ACLs of a user, and so many that removing one by one would keep the controller busy for long.
fn is_everything(rules: &BTreeSet<AclRule>, found: &BTreeSet<AclRule>) -> bool {
    MANY_ACLS.contains(&rules.len()) && rules == found
}

async fn clear_acls<T>(kafka: &Client, wanted: &[(&Task, (Half, T))], outcomes: &mut Outcomes) {
    for (task, (half, _)) in wanted {
        let result = kafka.delete_acls_of(&principal(&task.seen.declared.username(*half))).await;
        note(outcomes, task, |outcome| outcome.changed_acls = true);
        match result {
            Ok(Ok(())) => {}
            Ok(Err(error)) => fail(outcomes, task, Failure::refused(&error)),
            Err(error) => fail(outcomes, task, Failure::of(&error)),
        }
    }
}

async fn set_credentials(kafka: &Client, tasks: &[Task], hand: &Hand, outcomes: &mut Outcomes) {
    let wanted = wanting(tasks, outcomes, |act| match act {
        UserAct::SetCredential(half) => Some(*half),
        _ => None,
    });
    upsert(kafka, &wanted, &hand.stored, outcomes).await;
}

/// Makes users with passwords that no Secret holds yet, and waits until every broker lets them in.
async fn make_credentials(brokers: &Brokers<'_>, tasks: &[Task], hand: &mut Hand, outcomes: &mut Outcomes) {
    let wanted = wanting(tasks, outcomes, |act| match act {
        UserAct::MakeCredential(half) => Some(*half),
        _ => None,
    });
    hand.next = wanted.iter().map(|(task, _)| (task.seen.declared.key.clone(), new_password())).collect();
    upsert(brokers.client, &wanted, &hand.next, outcomes).await;
    let set = wanting(tasks, outcomes, |act| match act {
        UserAct::MakeCredential(half) => Some(*half),
        _ => None,
    });
    let next = &hand.next;
    let tries = set.into_iter().filter_map(|(task, half)| {
        let password = next.get(&task.seen.declared.key)?;
        let user = task.seen.declared.username(half);
        Some(async move { (task, signs_in(&brokers.doors, &user, password).await) })
    });
    for (task, result) in together(TRIES, tries).await {
        if let Err(why) = result {
            fail(outcomes, task, Failure::Failed(why));
        }
    }
}

async fn upsert(
    kafka: &Client,
    wanted: &[(&Task, Half)],
    passwords: &BTreeMap<UserKey, Password>,
    outcomes: &mut Outcomes,
) {
    let change = |(task, half): &(&Task, Half)| {
        Some(ScramChange::Upsert {
            user: task.seen.declared.username(*half),
            password: passwords.get(&task.seen.declared.key)?.clone(),
            iterations: ScramIterations::default(),
        })
    };
    let changes: Vec<_> = wanted.iter().filter_map(change).collect();
    let results = if changes.is_empty() { Ok(BTreeMap::new()) } else { kafka.alter_scram(changes).await };
    let results = match results {
        Ok(results) => results,
        Err(error) => return all_failed(outcomes, wanted, &error),
    };
    for (task, half) in wanted {
        match results.get(&task.seen.declared.username(*half)) {
            Some(Ok(())) => {}
            Some(Err(error)) => fail(outcomes, task, Failure::refused(error)),
            None => {
                let why = "the brokers did not answer for this user".to_owned();
                fail(outcomes, task, Failure::Failed(why));
            }
        }
    }
}

async fn change_quotas(kafka: &Client, tasks: &[Task], outcomes: &mut Outcomes) {
    let wanted = wanting(tasks, outcomes, |act| match act {
        UserAct::SetQuotas(half, quotas) => Some((*half, quotas)),
        _ => None,
    });
    if wanted.is_empty() {
        return;
    }
    let changes = wanted.iter().map(|(task, (half, quotas))| {
        let quotas = quotas.iter().map(|(key, value)| (kafka_quota_key(*key), *value)).collect();
        (task.seen.declared.username(*half), quotas)
    });
    match kafka.alter_user_quotas(changes.collect(), Apply::Commit).await {
        Ok(results) => {
            for (task, (half, _)) in &wanted {
                let user = task.seen.declared.username(*half);
                let refused = results.get(&user).and_then(|result| result.as_ref().err());
                note(outcomes, task, |outcome| {
                    outcome.changed_quotas = true;
                    outcome.failure = refused.map(Failure::refused).or(outcome.failure.take());
                });
            }
        }
        Err(error) => all_failed(outcomes, &wanted, &error),
    }
}
