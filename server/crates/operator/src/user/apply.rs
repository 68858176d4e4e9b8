//! Carries out the plans of a batch of users, one kind of act after the other: a crash anywhere leaves something the next
//! look completes.

use super::{
    gather::{Seen, acl, kafka_quota_key, principal},
    injected,
    object::UserKey,
    secret::{digest, new_password, render},
};
use crate::{
    batch::{Contact, contact, together},
    runtime::{self, explain, is_conflict, is_forbidden, is_not_found},
};
use k8s_openapi::api::core::v1::Secret;
use klamm_kafka::{Acl, Apply, Client, ClientError, ErrorCode, KafkaError, Password, ScramChange, ScramIterations};
use klamm_planner::users::{AclRule, PasswordDigest, UserAct};
use kube::{
    Api,
    api::{DeleteParams, Preconditions},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

const WRITES: usize = 24;
/// So many ACLs of one user are removed in one go; the controller takes 10,000 at most.
const MANY_ACLS: RangeInclusive<usize> = 200..=9_000;

/// What became of a user's acts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// Why it did not come to an end; it is tried again.
    pub(super) failure: Option<Failure>,
    /// The credential was set to the password of this digest.
    pub(super) credential: Option<PasswordDigest>,
    /// A new password was made.
    pub(super) made_password: bool,
    pub(super) changed_acls: bool,
    pub(super) changed_quotas: bool,
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
}

type Outcomes = BTreeMap<UserKey, Outcome>;

/// Carries out all tasks.
pub(super) async fn apply(kube: &kube::Client, kafka: &Client, tasks: &[Task]) -> Outcomes {
    let mut outcomes: Outcomes =
        tasks.iter().map(|task| (task.seen.declared.key.clone(), Outcome::default())).collect();
    delete_credentials(kafka, tasks, &mut outcomes).await;
    change_acls(kafka, tasks, Direction::Remove, &mut outcomes).await;
    let passwords = write_secrets(kube, tasks, &mut outcomes).await;
    set_credentials(kafka, tasks, &passwords, &mut outcomes).await;
    change_acls(kafka, tasks, Direction::Add, &mut outcomes).await;
    change_quotas(kafka, tasks, &mut outcomes).await;
    delete_secrets(kube, tasks, &mut outcomes).await;
    outcomes
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Remove,
    Add,
}

/// Tasks that have not failed yet, with what they want of one kind.
fn wanting<'a, T>(
    tasks: &'a [Task],
    outcomes: &Outcomes,
    want: impl Fn(&'a UserAct) -> Option<T>,
) -> Vec<(&'a Task, T)> {
    tasks
        .iter()
        .filter(|task| outcomes.get(&task.seen.declared.key).is_none_or(|outcome| outcome.failure.is_none()))
        .filter_map(|task| task.acts.iter().find_map(&want).map(|what| (task, what)))
        .collect()
}

fn note(outcomes: &mut Outcomes, task: &Task, edit: impl FnOnce(&mut Outcome)) {
    edit(outcomes.entry(task.seen.declared.key.clone()).or_default());
}

fn all_failed<T>(outcomes: &mut Outcomes, tasks: &[(&Task, T)], error: &ClientError) {
    for (task, _) in tasks {
        note(outcomes, task, |outcome| outcome.failure = Some(Failure::of(error)));
    }
}

async fn delete_credentials(kafka: &Client, tasks: &[Task], outcomes: &mut Outcomes) {
    let wanted = wanting(tasks, outcomes, |act| matches!(act, UserAct::DeleteCredential).then_some(()));
    if wanted.is_empty() {
        return;
    }
    let changes = wanted.iter().map(|(task, ())| ScramChange::Delete { user: task.seen.declared.username() }).collect();
    match kafka.alter_scram(changes).await {
        Ok(results) => {
            for (task, ()) in &wanted {
                if let Some(Err(error)) = results.get(&task.seen.declared.username())
                    && error.code != ErrorCode::ResourceNotFound
                {
                    note(outcomes, task, |outcome| outcome.failure = Some(Failure::refused(error)));
                }
            }
        }
        Err(error) => all_failed(outcomes, &wanted, &error),
    }
}

async fn change_acls(kafka: &Client, tasks: &[Task], direction: Direction, outcomes: &mut Outcomes) {
    let mut wanted = wanting(tasks, outcomes, |act| match (act, direction) {
        (UserAct::RemoveAcls(rules), Direction::Remove) | (UserAct::AddAcls(rules), Direction::Add) => Some(rules),
        _ => None,
    });
    if direction == Direction::Remove {
        let all: Vec<_> =
            wanted.extract_if(.., |(task, rules)| is_everything(rules, &task.seen.observed.acls)).collect();
        clear_acls(kafka, &all, outcomes).await;
    }
    let acls_of = |task: &Task, rules: &BTreeSet<_>| -> BTreeSet<Acl> {
        rules.iter().map(|rule| acl(&task.seen.declared.username(), rule)).collect()
    };
    let all: BTreeSet<Acl> = wanted.iter().flat_map(|(task, rules)| acls_of(task, rules)).collect();
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
    for (task, rules) in &wanted {
        let refused = acls_of(task, rules).iter().find_map(|acl| results.get(acl)?.as_ref().err());
        note(outcomes, task, |outcome| {
            outcome.changed_acls = true;
            outcome.failure = refused.map(Failure::refused);
        });
    }
}

/// Whether these are all ACLs of a user, and so many that removing one by one would keep the controller busy for long.
fn is_everything(rules: &BTreeSet<AclRule>, found: &BTreeSet<AclRule>) -> bool {
    MANY_ACLS.contains(&rules.len()) && rules == found
}

async fn clear_acls(kafka: &Client, wanted: &[(&Task, &BTreeSet<AclRule>)], outcomes: &mut Outcomes) {
    for (task, _) in wanted {
        let result = kafka.delete_acls_of(&principal(&task.seen.declared.username())).await;
        note(outcomes, task, |outcome| {
            outcome.changed_acls = true;
            outcome.failure = match result {
                Ok(result) => result.err().as_ref().map(Failure::refused),
                Err(error) => Some(Failure::of(&error)),
            };
        });
    }
}

/// Writes Secrets; the passwords that credentials are to be set to come back.
async fn write_secrets(kube: &kube::Client, tasks: &[Task], outcomes: &mut Outcomes) -> BTreeMap<UserKey, Password> {
    let mut passwords: BTreeMap<UserKey, Password> = BTreeMap::new();
    for task in tasks {
        if let Some(password) = &task.seen.secret.password {
            passwords.insert(task.seen.declared.key.clone(), password.clone());
        }
    }
    let wanted = wanting(tasks, outcomes, |act| match act {
        UserAct::MakeSecret => Some(Write::NewPassword),
        UserAct::RefreshSecret => Some(Write::SamePassword),
        _ => None,
    });
    let results: Vec<_> = together(
        WRITES,
        wanted.into_iter().map(|(task, write)| async move { (task, write, write_secret(kube, task, write).await) }),
    )
    .await;
    for (task, write, result) in results {
        match result {
            Ok(password) => {
                passwords.insert(task.seen.declared.key.clone(), password);
                note(outcomes, task, |outcome| outcome.made_password = write == Write::NewPassword);
            }
            Err(why) => note(outcomes, task, |outcome| outcome.failure = Some(Failure::Failed(why))),
        }
    }
    passwords
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    NewPassword,
    SamePassword,
}

async fn write_secret(kube: &kube::Client, task: &Task, write: Write) -> Result<Password, String> {
    let declared = &task.seen.declared;
    let password = match (write, &task.seen.secret.password) {
        (Write::SamePassword, Some(password)) => password.clone(),
        (Write::SamePassword | Write::NewPassword, _) => new_password(),
    };
    let mut secret = render(declared, &password, &task.bootstrap_servers).map_err(|error| error.to_string())?;
    injected::dress(&mut secret, declared);
    let api: Api<Secret> = Api::namespaced(kube.clone(), declared.key.namespace.as_str());
    let written = match &task.seen.secret.uid {
        None => runtime::create(&api, &secret).await,
        Some(uid) => {
            // The uid: applied to a Secret that went meanwhile, this would make a new one unseen.
            secret.metadata.uid = Some(uid.clone());
            runtime::apply(&api, &secret).await
        }
    };
    match written {
        Ok(_) => Ok(password),
        Err(error) if is_conflict(&error) => Err("the Secret changed meanwhile".to_owned()),
        Err(error) => Err(format!("the Secret could not be written: {}", explain(&error))),
    }
}

async fn set_credentials(
    kafka: &Client,
    tasks: &[Task],
    passwords: &BTreeMap<UserKey, Password>,
    outcomes: &mut Outcomes,
) {
    let wanted = wanting(tasks, outcomes, |act| matches!(act, UserAct::SetCredential).then_some(()));
    let change = |(task, ()): &(&Task, ())| {
        Some(ScramChange::Upsert {
            user: task.seen.declared.username(),
            password: passwords.get(&task.seen.declared.key)?.clone(),
            iterations: ScramIterations::default(),
        })
    };
    let changes: Vec<_> = wanted.iter().filter_map(change).collect();
    if changes.is_empty() {
        return;
    }
    let results = match kafka.alter_scram(changes).await {
        Ok(results) => results,
        Err(error) => return all_failed(outcomes, &wanted, &error),
    };
    for (task, ()) in &wanted {
        let declared = &task.seen.declared;
        let password = passwords.get(&declared.key);
        note(outcomes, task, |outcome| match (results.get(&declared.username()), password) {
            (Some(Ok(())), Some(password)) => outcome.credential = Some(digest(&declared.uid, password)),
            (Some(Err(error)), _) => outcome.failure = Some(Failure::refused(error)),
            (None, _) | (_, None) => {
                outcome.failure = Some(Failure::Failed("the brokers did not answer for this user".to_owned()));
            }
        });
    }
}

async fn change_quotas(kafka: &Client, tasks: &[Task], outcomes: &mut Outcomes) {
    let wanted = wanting(tasks, outcomes, |act| match act {
        UserAct::SetQuotas(quotas) => Some(quotas),
        _ => None,
    });
    if wanted.is_empty() {
        return;
    }
    let changes = wanted.iter().map(|(task, quotas)| {
        let quotas = quotas.iter().map(|(key, value)| (kafka_quota_key(*key), *value)).collect();
        (task.seen.declared.username(), quotas)
    });
    match kafka.alter_user_quotas(changes.collect(), Apply::Commit).await {
        Ok(results) => {
            for (task, _) in &wanted {
                let refused = results.get(&task.seen.declared.username()).and_then(|result| result.as_ref().err());
                note(outcomes, task, |outcome| {
                    outcome.changed_quotas = true;
                    outcome.failure = refused.map(Failure::refused);
                });
            }
        }
        Err(error) => all_failed(outcomes, &wanted, &error),
    }
}

async fn delete_secrets(kube: &kube::Client, tasks: &[Task], outcomes: &mut Outcomes) {
    let wanted = wanting(tasks, outcomes, |act| matches!(act, UserAct::DeleteSecret).then_some(()));
    let delete = |(task, ()): (&'_ Task, ())| {
        let api: Api<Secret> = Api::namespaced(kube.clone(), task.seen.declared.key.namespace.as_str());
        let only_this = Preconditions { uid: task.seen.secret.uid.clone(), resource_version: None };
        let parameters = DeleteParams::default().preconditions(only_this);
        let (key, name) = (task.seen.declared.key.clone(), task.seen.declared.secret_name());
        async move { (key, api.delete(name.as_str(), &parameters).await) }
    };
    let results = together(WRITES, wanted.into_iter().map(delete)).await;
    for (key, result) in results {
        // Without the right to delete it, it still goes with its owner.
        if let Err(error) = result
            && !is_not_found(&error)
            && !is_forbidden(&error)
        {
            let why = format!("the Secret could not be deleted: {}", explain(&error));
            outcomes.entry(key).or_default().failure = Some(Failure::Failed(why));
        }
    }
}
