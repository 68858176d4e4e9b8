//! From a declared user and what Kafka and Kubernetes have to acts. The order is what makes a crash harmless: the Secret
//! before the credential (a password nobody can read is no use), revocations before additions, the Secret last to go.

use super::{AclRule, acl_change};
use std::collections::{BTreeMap, BTreeSet};

/// A salted digest of a password: equal digests are equal passwords, and nothing else can be learned from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PasswordDigest(pub String);

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Present,
    /// It is not.
    Absent,
}

/// What Kafka limits per user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaKey {
    /// Bytes per second written.
    ProducerByteRate,
    /// Bytes per second read.
    ConsumerByteRate,
    /// Share of request threads, in percent of one.
    RequestPercentage,
    /// Changes of topics and partitions per second.
    ControllerMutationRate,
}

/// Limits by key; an absent key is no limit.
pub type Quotas = BTreeMap<QuotaKey, f64>;

/// What a declaration comes to, once names and grants were judged.
#[derive(Clone, Debug, PartialEq)]
pub struct UserWish {
    /// ACLs that stand.
    pub acls: BTreeSet<AclRule>,
    /// Limits.
    pub quotas: Quotas,
}

/// The Secret, as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretObserved {
    /// There is none.
    Absent,
    /// There is one of that name that is not ours.
    Foreign,
    /// It is ours and its password is the one we put there.
    Ours {
        /// Of its password.
        digest: PasswordDigest,
        /// Whether its other texts are as they should be.
        texts: SecretTexts,
    },
    /// It is ours and somebody changed or lost the password.
    Tampered,
}

/// Whether the texts beside the password are as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretTexts {
    /// They are.
    Current,
    /// They are not: written anew with the same password.
    Outdated,
}

/// What was found of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct UserObserved {
    /// Its SCRAM credential. What password is in there, nobody can read back.
    pub scram: Presence,
    /// Its ACLs.
    pub acls: BTreeSet<AclRule>,
    /// Its limits.
    pub quotas: Quotas,
    /// Its Secret.
    pub secret: SecretObserved,
    /// What we recorded when we last set the credential; none when we never did.
    pub recorded: Option<PasswordDigest>,
}

impl UserObserved {
    /// Whether the Kafka user is ours: we recorded that we made it, or our Secret, which is written before it, is there.
    pub fn is_ours(&self) -> bool {
        self.recorded.is_some() || matches!(self.secret, SecretObserved::Ours { .. } | SecretObserved::Tampered)
    }

    fn is_in_kafka(&self) -> bool {
        self.scram == Presence::Present || !self.acls.is_empty() || !self.quotas.is_empty()
    }
}

/// One change for one user, in the order it is to be made.
#[derive(Clone, Debug, PartialEq)]
pub enum UserAct {
    /// Write the Secret with a new password. What follows uses that password.
    MakeSecret,
    /// Write the Secret anew with the password it has.
    RefreshSecret,
    /// Remove these ACLs.
    RemoveAcls(BTreeSet<AclRule>),
    /// Set the credential to the Secret's password, and record its digest.
    SetCredential,
    /// Add these ACLs.
    AddAcls(BTreeSet<AclRule>),
    /// Change limits; none lifts one.
    SetQuotas(BTreeMap<QuotaKey, Option<f64>>),
    /// Remove the credential.
    DeleteCredential,
    /// Delete the Secret.
    DeleteSecret,
}

/// Why nothing at all is done about a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserHindrance {
    /// Somebody else's Kafka user.
    #[error(
        "Kafka has a user of this name already that Klamm did not make (a credential, ACLs or quotas); remove them in Kafka, or choose another name"
    )]
    ForeignUser,
    /// Somebody else's Secret.
    #[error("a Secret of this name exists and is not Klamm's; delete it, or name another one in spec.secretName")]
    ForeignSecret,
}

/// What is to be done about a user, and why.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct UserPlan {
    /// In this order.
    pub acts: Vec<UserAct>,
    /// Why there are none.
    pub hindrance: Option<UserHindrance>,
}

/// Decides what is to be done so that a user becomes as declared.
pub fn plan_user(wish: &UserWish, observed: &UserObserved) -> UserPlan {
    if observed.is_in_kafka() && !observed.is_ours() {
        return UserPlan { acts: Vec::new(), hindrance: Some(UserHindrance::ForeignUser) };
    }
    let change = acl_change(&wish.acls, &observed.acls);
    let mut acts = Vec::new();
    // What was revoked ends even where the rest is hindered.
    if !change.remove.is_empty() {
        acts.push(UserAct::RemoveAcls(change.remove));
    }
    let credential_is_set = match &observed.secret {
        SecretObserved::Foreign => return UserPlan { acts, hindrance: Some(UserHindrance::ForeignSecret) },
        SecretObserved::Absent | SecretObserved::Tampered => {
            acts.push(UserAct::MakeSecret);
            false
        }
        SecretObserved::Ours { digest, texts } => {
            if *texts == SecretTexts::Outdated {
                acts.push(UserAct::RefreshSecret);
            }
            observed.scram == Presence::Present && observed.recorded.as_ref() == Some(digest)
        }
    };
    if !credential_is_set {
        acts.push(UserAct::SetCredential);
    }
    if !change.add.is_empty() {
        acts.push(UserAct::AddAcls(change.add));
    }
    let quotas = quota_change(&wish.quotas, &observed.quotas);
    if !quotas.is_empty() {
        acts.push(UserAct::SetQuotas(quotas));
    }
    UserPlan { acts, hindrance: None }
}

/// Decides what is to be done about a user whose declaration goes. What is not ours stays.
pub fn plan_user_removal(observed: &UserObserved) -> Vec<UserAct> {
    if !observed.is_ours() {
        return Vec::new();
    }
    let mut acts = Vec::new();
    // The credential first: from then on nobody new comes in, whatever else is still there.
    if observed.scram == Presence::Present {
        acts.push(UserAct::DeleteCredential);
    }
    if !observed.acls.is_empty() {
        acts.push(UserAct::RemoveAcls(observed.acls.clone()));
    }
    if !observed.quotas.is_empty() {
        acts.push(UserAct::SetQuotas(observed.quotas.keys().map(|key| (*key, None)).collect()));
    }
    match observed.secret {
        SecretObserved::Ours { .. } | SecretObserved::Tampered => acts.push(UserAct::DeleteSecret),
        SecretObserved::Absent | SecretObserved::Foreign => {}
    }
    acts
}

/// Decides what is to be done about a user that may no longer be what it is: it loses what it was allowed. Its credential
/// and its Secret stay, so that nothing has to be handed out again when it may.
pub fn plan_user_suspension(observed: &UserObserved) -> Vec<UserAct> {
    if observed.is_ours() && !observed.acls.is_empty() {
        vec![UserAct::RemoveAcls(observed.acls.clone())]
    } else {
        Vec::new()
    }
}

fn quota_change(wanted: &Quotas, found: &Quotas) -> BTreeMap<QuotaKey, Option<f64>> {
    let set = wanted
        .iter()
        .filter(|(key, value)| found.get(key).map(|found| found.to_bits()) != Some(value.to_bits()))
        .map(|(key, value)| (*key, Some(*value)));
    let lift = found.keys().filter(|key| !wanted.contains_key(key)).map(|key| (*key, None));
    set.chain(lift).collect()
}

/// Whether a Kafka user's name is kept: for every second rotation (`.b`), or because the cluster gives that name powers.
pub fn reserved(kafka_user: &str, powerful: &BTreeSet<String>) -> bool {
    kafka_user.rsplit_once('.').is_some_and(|(_, last)| last == "b") || powerful.contains(kafka_user)
}
