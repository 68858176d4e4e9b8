//! From a declared user and what Kafka and Kubernetes have to acts. The order is what makes a crash harmless.
//!
//! A first user gets its Secret before its credential: a password nobody can read is no use. A rotation goes the other
//! way round, so that the Secret never names a user that cannot sign in: announce the other name, make it complete,
//! switch the Secret, write it down. The Secret itself says how far it got. Revocations come before additions, and
//! concern every name that can still sign in.

use super::{
    AclRule, Grace, Half, PasswordDigest, Presence, QuotaKey, Quotas, Recorded, SecretObserved, SecretTexts,
    UserObserved, acl_change,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a declaration comes to, once names and grants were judged.
#[derive(Clone, Debug, PartialEq)]
pub struct UserWish {
    /// ACLs that stand.
    pub acls: BTreeSet<AclRule>,
    /// Limits.
    pub quotas: Quotas,
    /// The password is to answer this; another value than it answers rotates it. None: any will do.
    pub rotate: Option<String>,
}

/// One change for one user, in the order it is to be made.
#[derive(Clone, Debug, PartialEq)]
pub enum UserAct {
    /// Write down that this name is about to be made.
    Announce(Half),
    /// Remove the credential.
    DeleteCredential(Half),
    /// Remove these ACLs.
    RemoveAcls(Half, BTreeSet<AclRule>),
    /// Write the Secret with this name and a new password, which answers the wish. What follows uses that password.
    MakeSecret(Half),
    /// Write the Secret anew with the name and password it has.
    RefreshSecret(Half),
    /// Set the credential to the Secret's password.
    SetCredential(Half),
    /// Add these ACLs.
    AddAcls(Half, BTreeSet<AclRule>),
    /// Change limits; none lifts one.
    SetQuotas(Half, BTreeMap<QuotaKey, Option<f64>>),
    /// Set the credential to a new password that is in no Secret yet, and wait until brokers take it.
    MakeCredential(Half),
    /// Write that name and password into the Secret.
    SwitchSecret(Half),
    /// Delete the Secret.
    DeleteSecret,
    /// Delete the Secret of the name it had before.
    DeleteFormerSecret,
    /// Write down how the user stands now, and the digest of the Secret's password.
    Record(Standing),
}

/// Which names work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The one in the Secret.
    pub current: Half,
    /// The one that was there before. Its grace begins when this is first written down.
    pub previous: Option<Half>,
    /// What the Secret's password answers.
    pub answers: Option<String>,
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

/// Where a rotation that is wanted stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// None is wanted, or this plan brings it to its end.
    Settled,
    /// Something else comes first: look again as soon as this plan was carried out.
    Next,
    /// It waits until the grace of the one before is over.
    Waits,
    /// The other name is somebody else's in Kafka.
    Foreign(Half),
}

/// What is to be done about a user, and why.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct UserPlan {
    /// In this order.
    pub acts: Vec<UserAct>,
    /// Why there are none.
    pub hindrance: Option<UserHindrance>,
    /// Holds back nothing but itself.
    pub rotation: Rotation,
}

/// What we wrote down, corrected by what the Secret says.
struct Believed<'a> {
    current: Half,
    previous: Option<(Half, Grace)>,
    secret: Believable<'a>,
}

/// The Secret, once it is known whether it may name the user it names.
enum Believable<'a> {
    Foreign,
    Lost,
    Ours { digest: &'a PasswordDigest, texts: SecretTexts, answers: Option<&'a String> },
}

fn believe(observed: &UserObserved) -> Believed<'_> {
    let Recorded { current, previous, next, answers: _ } = &observed.recorded;
    let recorded = current.as_ref().map(|(half, _)| *half);
    let named = match &observed.secret {
        SecretObserved::Ours { half, .. } => Some(*half),
        SecretObserved::Absent | SecretObserved::Foreign | SecretObserved::Tampered => None,
    };
    let (current, previous) = match (recorded, named) {
        // Switched, and not written down any more: the grace of the one before begins only now.
        (Some(recorded), Some(named)) if named != recorded && *next == Some(named) => {
            (named, Some((recorded, Grace::Running)))
        }
        (recorded, _) => (recorded.unwrap_or(Half::First), *previous),
    };
    let secret = match &observed.secret {
        SecretObserved::Foreign => Believable::Foreign,
        SecretObserved::Ours { half, digest, texts, answers } if *half == current => {
            Believable::Ours { digest, texts: *texts, answers: answers.as_ref() }
        }
        // A name that it cannot have from us: an old copy, or a forged one.
        SecretObserved::Ours { .. } | SecretObserved::Absent | SecretObserved::Tampered => Believable::Lost,
    };
    Believed { current, previous, secret }
}

/// Decides what is to be done so that a user becomes as declared.
pub fn plan_user(wish: &UserWish, observed: &UserObserved) -> UserPlan {
    let Believed { current, previous, secret } = believe(observed);
    if observed.kafka.of(current).is_there() && !observed.owns(current) {
        let hindrance = Some(UserHindrance::ForeignUser);
        return UserPlan { acts: Vec::new(), hindrance, rotation: Rotation::Settled };
    }
    let recorded = &observed.recorded;
    let is_recorded =
        |digest| recorded.current.as_ref().is_some_and(|(half, known)| *half == current && known == digest);
    let (credential_is_set, is_current, answers) = match &secret {
        Believable::Foreign | Believable::Lost => (false, false, wish.rotate.clone()),
        Believable::Ours { digest, texts, answers } => (
            is_recorded(*digest) && observed.kafka.of(current).scram == Presence::Present,
            *texts == SecretTexts::Current,
            // What is written on a Secret counts only until it is written down where its readers cannot write.
            if is_recorded(*digest) { recorded.answers.clone() } else { (*answers).cloned() },
        ),
    };
    let other = current.other();
    let rotation = if wish.rotate.is_none() || wish.rotate == answers {
        Rotating::Not
    } else if !credential_is_set || !is_current {
        Rotating::Held(Rotation::Next)
    } else {
        match previous {
            Some((_, Grace::Running)) => Rotating::Held(Rotation::Waits),
            Some((_, Grace::Over)) | None if observed.kafka.of(other).is_there() && !observed.owns(other) => {
                Rotating::Held(Rotation::Foreign(other))
            }
            // One whose grace is over is given a new password, not removed and made again: brokers would still show for a
            // while what is gone.
            Some((_, Grace::Over)) | None => Rotating::Goes,
        }
    };
    let previous = previous.filter(|(_, grace)| *grace == Grace::Running).map(|(half, _)| half);
    // Who can sign in after this plan, and is to be allowed the same.
    let kept: Vec<Half> = match rotation {
        Rotating::Goes => vec![current, other],
        Rotating::Not | Rotating::Held(_) => [current].into_iter().chain(previous).collect(),
    };
    let mut acts = Vec::new();
    if matches!(rotation, Rotating::Goes) && recorded.next != Some(other) {
        acts.push(UserAct::Announce(other));
    }
    for half in Half::BOTH {
        if kept.contains(&half) {
            let gone = acl_change(&wish.acls, &observed.kafka.of(half).acls).remove;
            // What was revoked ends even where the rest is hindered.
            acts.extend((!gone.is_empty()).then_some(UserAct::RemoveAcls(half, gone)));
        } else if observed.owns(half) {
            acts.extend(end(observed, half));
        }
    }
    match secret {
        Believable::Foreign => {
            let hindrance = Some(UserHindrance::ForeignSecret);
            return UserPlan { acts, hindrance, rotation: Rotation::Settled };
        }
        Believable::Lost => acts.push(UserAct::MakeSecret(current)),
        Believable::Ours { texts: SecretTexts::Outdated, .. } => acts.push(UserAct::RefreshSecret(current)),
        Believable::Ours { texts: SecretTexts::Current, .. } => {}
    }
    if !credential_is_set {
        acts.push(UserAct::SetCredential(current));
    }
    for half in kept {
        acts.extend(complete(wish, observed, half));
    }
    let standing = match rotation {
        Rotating::Goes => {
            acts.extend([UserAct::MakeCredential(other), UserAct::SwitchSecret(other)]);
            Standing { current: other, previous: Some(current), answers: wish.rotate.clone() }
        }
        Rotating::Not | Rotating::Held(_) => Standing { current, previous, answers },
    };
    if observed.former_secret == Presence::Present {
        acts.push(UserAct::DeleteFormerSecret);
    }
    let is_written_down = credential_is_set && is_written_down(recorded, &standing);
    if !is_written_down {
        acts.push(UserAct::Record(standing));
    }
    let rotation = match rotation {
        Rotating::Not | Rotating::Goes => Rotation::Settled,
        Rotating::Held(why) => why,
    };
    UserPlan { acts, hindrance: None, rotation }
}

enum Rotating {
    Not,
    Goes,
    Held(Rotation),
}

fn is_written_down(recorded: &Recorded, standing: &Standing) -> bool {
    let Standing { current, previous, answers } = standing;
    recorded.current.as_ref().is_some_and(|(half, _)| half == current)
        && recorded.previous.map(|(half, _)| half) == *previous
        && recorded.next.is_none()
        && recorded.answers == *answers
}

/// What a name lacks of the wish.
fn complete(wish: &UserWish, observed: &UserObserved, half: Half) -> Vec<UserAct> {
    let found = observed.kafka.of(half);
    let mut acts = Vec::new();
    let lacks = acl_change(&wish.acls, &found.acls).add;
    if !lacks.is_empty() {
        acts.push(UserAct::AddAcls(half, lacks));
    }
    let quotas = quota_change(&wish.quotas, &found.quotas);
    if !quotas.is_empty() {
        acts.push(UserAct::SetQuotas(half, quotas));
    }
    acts
}

/// Takes a name out of Kafka. The credential first: from then on nobody new comes in, whatever else is still there.
fn end(observed: &UserObserved, half: Half) -> Vec<UserAct> {
    let found = observed.kafka.of(half);
    let mut acts = Vec::new();
    if found.scram == Presence::Present {
        acts.push(UserAct::DeleteCredential(half));
    }
    if !found.acls.is_empty() {
        acts.push(UserAct::RemoveAcls(half, found.acls.clone()));
    }
    if !found.quotas.is_empty() {
        acts.push(UserAct::SetQuotas(half, found.quotas.keys().map(|key| (*key, None)).collect()));
    }
    acts
}

/// Decides what is to be done about a user whose declaration goes. What is not ours stays.
pub fn plan_user_removal(observed: &UserObserved) -> Vec<UserAct> {
    let owned = Half::BOTH.into_iter().filter(|half| observed.owns(*half));
    let mut acts: Vec<UserAct> = owned.flat_map(|half| end(observed, half)).collect();
    if observed.recorded.current.is_none() {
        // Nothing but its credential proves that it is ours, so that goes last.
        acts.reverse();
    }
    match observed.secret {
        SecretObserved::Ours { .. } | SecretObserved::Tampered => acts.push(UserAct::DeleteSecret),
        SecretObserved::Absent | SecretObserved::Foreign => {}
    }
    if observed.former_secret == Presence::Present {
        acts.push(UserAct::DeleteFormerSecret);
    }
    acts
}

/// Decides what is to be done about a user that may no longer be what it is: it loses what it was allowed. Its credential
/// and its Secret stay, so that nothing has to be handed out again when it may.
pub fn plan_user_suspension(observed: &UserObserved) -> Vec<UserAct> {
    let mut acts = plan_user_upkeep(observed);
    for half in Half::BOTH.into_iter().filter(|half| observed.owns(*half) && overdue(observed) != Some(*half)) {
        let allowed = &observed.kafka.of(half).acls;
        acts.extend((!allowed.is_empty()).then(|| UserAct::RemoveAcls(half, allowed.clone())));
    }
    acts
}

/// Decides what is to be done about a user whose declaration nobody understands: it stays as it is, but a password that
/// was to end ends.
pub fn plan_user_upkeep(observed: &UserObserved) -> Vec<UserAct> {
    overdue(observed).map(|half| end(observed, half)).unwrap_or_default()
}

/// The name of before a rotation, when its grace is over.
fn overdue(observed: &UserObserved) -> Option<Half> {
    observed.recorded.previous.filter(|(_, grace)| *grace == Grace::Over).map(|(half, _)| half)
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
