//! A model of what Kafka and Kubernetes keep about one user, for plans to be carried out on.

use super::{AclRule, PasswordDigest, Presence, QuotaKey, SecretObserved, SecretTexts, UserAct, UserObserved};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct World {
    pub(super) credential: Option<u32>,
    pub(super) acls: BTreeSet<AclRule>,
    pub(super) quotas: BTreeMap<QuotaKey, f64>,
    pub(super) secret: Secret,
    pub(super) recorded: Option<u32>,
    pub(super) passwords_made: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Secret {
    Absent,
    Foreign,
    Ours { password: u32, texts: SecretTexts },
    Tampered,
}

fn digest(password: u32) -> PasswordDigest {
    PasswordDigest(format!("digest of {password}"))
}

impl World {
    pub(super) fn observe(&self) -> UserObserved {
        UserObserved {
            scram: if self.credential.is_some() { Presence::Present } else { Presence::Absent },
            acls: self.acls.clone(),
            quotas: self.quotas.clone(),
            secret: match self.secret {
                Secret::Absent => SecretObserved::Absent,
                Secret::Foreign => SecretObserved::Foreign,
                Secret::Ours { password, texts } => SecretObserved::Ours { digest: digest(password), texts },
                Secret::Tampered => SecretObserved::Tampered,
            },
            recorded: self.recorded.map(digest),
        }
    }

    /// Carries out an act, or says why it makes no sense.
    pub(super) fn apply(&mut self, act: &UserAct) -> Result<(), &'static str> {
        match (act, self.secret) {
            (UserAct::MakeSecret | UserAct::RefreshSecret | UserAct::DeleteSecret, Secret::Foreign) => {
                return Err("not our Secret");
            }
            (UserAct::MakeSecret, Secret::Absent | Secret::Tampered | Secret::Ours { .. }) => {
                self.passwords_made += 1;
                self.secret = Secret::Ours { password: self.passwords_made, texts: SecretTexts::Current };
            }
            (UserAct::RefreshSecret | UserAct::SetCredential, Secret::Absent | Secret::Tampered)
            | (UserAct::SetCredential, Secret::Foreign) => return Err("no password to use"),
            (UserAct::RefreshSecret, Secret::Ours { password, .. }) => {
                self.secret = Secret::Ours { password, texts: SecretTexts::Current };
            }
            (UserAct::SetCredential, Secret::Ours { password, .. }) => {
                self.credential = Some(password);
                self.recorded = Some(password);
            }
            (UserAct::DeleteSecret, _) => self.secret = Secret::Absent,
            (UserAct::RemoveAcls(gone), _) => {
                if gone.is_empty() || !gone.is_subset(&self.acls) {
                    return Err("nothing to remove");
                }
                self.acls.retain(|rule| !gone.contains(rule));
            }
            (UserAct::AddAcls(new), _) => {
                if new.is_empty() || !new.is_disjoint(&self.acls) {
                    return Err("there already");
                }
                self.acls.extend(new.iter().cloned());
            }
            (UserAct::SetQuotas(change), _) => {
                for (key, value) in change {
                    match value {
                        Some(value) => self.quotas.insert(*key, *value),
                        None => self.quotas.remove(key),
                    };
                }
            }
            (UserAct::DeleteCredential, _) => {
                self.credential.take().ok_or("no credential")?;
            }
        }
        Ok(())
    }
}
