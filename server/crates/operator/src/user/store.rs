//! Writes and deletes the Secrets of a batch of users.

use super::{
    apply::{Failure, Hand, Outcomes, PasswordFate, Task, note, wanting},
    injected,
    secret::{Contents, new_password, render},
    versions::SecretVersions,
};
use crate::{
    batch::{ObjectKey, together},
    runtime::{self, explain, is_conflict, is_forbidden, is_not_found},
};
use k8s_openapi::api::core::v1::Secret;
use klamm_kafka::Password;
use klamm_model::ObjectName;
use klamm_planner::users::{Half, UserAct};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Preconditions},
};

const WRITES: usize = 24;

/// Kubernetes, and the memory of what was written there.
pub(super) struct Store<'a> {
    pub(super) kube: &'a kube::Client,
    pub(super) versions: &'a SecretVersions,
}

/// Which password is written.
#[derive(Clone, Copy)]
enum Write {
    /// A new one, that no Kafka user has yet.
    Fresh,
    /// The one that is there.
    Same,
    /// The one that the other Kafka user was just given.
    Next,
}

impl Store<'_> {
    /// Writes Secrets that are missing, damaged or out of date.
    pub(super) async fn write(&self, tasks: &[Task], hand: &mut Hand, outcomes: &mut Outcomes) {
        let wanted = wanting(tasks, outcomes, |act| match act {
            UserAct::MakeSecret(half) => Some((*half, Write::Fresh)),
            UserAct::RefreshSecret(half) => Some((*half, Write::Same)),
            _ => None,
        });
        self.write_all(wanted, hand, outcomes).await;
    }

    /// Writes Secrets with the users that were just made.
    pub(super) async fn switch(&self, tasks: &[Task], hand: &mut Hand, outcomes: &mut Outcomes) {
        let wanted = wanting(tasks, outcomes, |act| match act {
            UserAct::SwitchSecret(half) => Some((*half, Write::Next)),
            _ => None,
        });
        self.write_all(wanted, hand, outcomes).await;
    }

    async fn write_all(&self, wanted: Vec<(&Task, (Half, Write))>, hand: &mut Hand, outcomes: &mut Outcomes) {
        let next = &hand.next;
        let each = wanted.into_iter().map(|(task, (half, write))| async move {
            let password = match write {
                Write::Fresh => Some(new_password()),
                Write::Same => task.seen.secret.password.clone(),
                Write::Next => next.get(&task.seen.declared.key).cloned(),
            };
            let written = match password {
                Some(password) => self.write_one(task, half, write, password).await,
                None => Err("its password is not at hand".to_owned()),
            };
            (task, write, written)
        });
        for (task, write, written) in together(WRITES, each).await {
            match written {
                Ok(password) => {
                    hand.stored.insert(task.seen.declared.key.clone(), password);
                    note(outcomes, task, |outcome| {
                        outcome.password = match write {
                            Write::Fresh => PasswordFate::Renewed,
                            Write::Next => PasswordFate::Switched,
                            Write::Same => PasswordFate::Kept,
                        }
                    });
                }
                Err(why) => note(outcomes, task, |outcome| outcome.failure = Some(Failure::Failed(why))),
            }
        }
    }

    async fn write_one(&self, task: &Task, half: Half, write: Write, password: Password) -> Result<Password, String> {
        let (declared, seen) = (&task.seen.declared, &task.seen.secret);
        let contents = Contents {
            name: &seen.name,
            half,
            password: &password,
            answers: match write {
                Write::Fresh | Write::Next => task.rotate.as_deref(),
                Write::Same => seen.answers(),
            },
            bootstrap_servers: &task.bootstrap_servers,
        };
        let mut secret = render(declared, &contents).map_err(|error| error.to_string())?;
        injected::dress(&mut secret, declared);
        let api: Api<Secret> = Api::namespaced(self.kube.clone(), declared.key.namespace.as_str());
        let key = ObjectKey { namespace: declared.key.namespace.clone(), name: seen.name.clone() };
        self.versions.writing(key.clone(), &declared.key);
        let written = match &seen.uid {
            None => runtime::create(&api, &secret).await,
            Some(uid) => {
                // The uid: applied to a Secret that went meanwhile, this would make a new one unseen.
                secret.metadata.uid = Some(uid.clone());
                runtime::apply(&api, &secret).await
            }
        };
        let version = written.as_ref().ok().and_then(ResourceExt::resource_version);
        self.versions.know(&key, &declared.key, version.as_deref());
        match written {
            Ok(_) => Ok(password),
            Err(error) if is_conflict(&error) => Err("the Secret changed meanwhile".to_owned()),
            Err(error) => Err(format!("the Secret could not be written: {}", explain(&error))),
        }
    }

    /// Deletes Secrets of users that go, and those that another one has replaced.
    pub(super) async fn delete(&self, tasks: &[Task], outcomes: &mut Outcomes) {
        let wanted = wanting(tasks, outcomes, |act| match act {
            UserAct::DeleteSecret => Some(Gone::All),
            UserAct::DeleteFormerSecret => Some(Gone::Former),
            _ => None,
        });
        let which = |(task, gone): (&Task, Gone)| {
            let seen = &task.seen.secret;
            let secret = match gone {
                Gone::All => Some((seen.name.clone(), seen.uid.clone())),
                Gone::Former => seen.former.clone().map(|former| (former.name, former.uid)),
            };
            secret.map(|(name, uid)| (task.seen.declared.key.clone(), name, uid))
        };
        let delete = |(key, name, uid): (ObjectKey, ObjectName, Option<String>)| async move {
            let api: Api<Secret> = Api::namespaced(self.kube.clone(), key.namespace.as_str());
            let only_this = Preconditions { uid, resource_version: None };
            let parameters = DeleteParams::default().preconditions(only_this);
            (key, api.delete(name.as_str(), &parameters).await)
        };
        let wanted: Vec<_> = wanted.into_iter().filter_map(which).collect();
        for (key, result) in together(WRITES, wanted.into_iter().map(delete)).await {
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
}

#[derive(Clone, Copy)]
enum Gone {
    All,
    Former,
}
