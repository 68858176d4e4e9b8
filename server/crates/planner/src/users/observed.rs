//! What is known of a user before anything is decided: in Kafka, in its Secret, and what we wrote down.

use super::{AclRule, Half, Halves};
use std::collections::{BTreeMap, BTreeSet};

/// A salted digest of a password: equal digests are equal passwords, and nothing else can be learned from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PasswordDigest(pub String);

/// Whether something is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Present,
    /// It is not.
    #[default]
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

/// What Kafka has under one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HalfObserved {
    /// The SCRAM credential. What password is in there, nobody can read back.
    pub scram: Presence,
    /// Its ACLs.
    pub acls: BTreeSet<AclRule>,
    /// Its limits.
    pub quotas: Quotas,
}

impl HalfObserved {
    /// Whether Kafka knows the name at all.
    pub fn is_there(&self) -> bool {
        self.scram == Presence::Present || !self.acls.is_empty() || !self.quotas.is_empty()
    }
}

/// The Secret, as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretObserved {
    /// There is none.
    Absent,
    /// There is one of that name that is not ours.
    Foreign,
    /// It is ours and its password is one we put there.
    Ours {
        /// The name in it.
        half: Half,
        /// Of its password.
        digest: PasswordDigest,
        /// Whether its other texts are as they should be.
        texts: SecretTexts,
        /// The value of `rotate` that its password answers, as written on it.
        answers: Option<String>,
    },
    /// It is ours and somebody changed or lost the name or the password.
    Tampered,
}

/// Whether the texts beside the password are as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretTexts {
    /// They are.
    Current,
    /// They are not, or they are in the Secret of a former name: written anew with the same password.
    Outdated,
}

/// Whether a user whose turn is over still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// It does.
    Running,
    /// Its time is over.
    Over,
}

/// What we wrote down about a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Which name has its turn, and the password it was given; none when it never had one.
    pub current: Option<(Half, PasswordDigest)>,
    /// The name that had its turn before.
    pub previous: Option<(Half, Grace)>,
    /// The name that is being made for a rotation: written down before Kafka knows it, and so the proof that it is ours.
    pub next: Option<Half>,
    /// The value of `rotate` that the password answers.
    pub answers: Option<String>,
}

/// Whether the Secret's password lets the first name in. Whoever wrote a Secret that looks like ours cannot know the
/// password of a user that somebody else made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretProof {
    /// It was tried, and a broker let it in.
    LetIn,
    /// It was refused, or there was no need to try.
    #[default]
    None,
}

/// What was found of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct UserObserved {
    /// What Kafka has.
    pub kafka: Halves<HalfObserved>,
    /// Its Secret.
    pub secret: SecretObserved,
    /// Tried where Kafka has the first name and nothing is written down of it.
    pub proof: SecretProof,
    /// A Secret of ours under the name it had before.
    pub former_secret: Presence,
    /// What we wrote down.
    pub recorded: Recorded,
}

impl UserObserved {
    /// Whether what Kafka has under that name is ours: we wrote down that we made it or are about to. A first user is
    /// written down only after it was made; until then the password in our Secret speaks for it, where it lets it in.
    pub fn owns(&self, half: Half) -> bool {
        let Recorded { current, previous, next, answers: _ } = &self.recorded;
        match current {
            None => half == Half::First && self.proof == SecretProof::LetIn,
            Some((current, _)) => {
                *current == half || previous.is_some_and(|(previous, _)| previous == half) || *next == Some(half)
            }
        }
    }

    /// Whether anything of it is ours.
    pub fn is_ours(&self) -> bool {
        self.recorded.current.is_some() || self.has_our_secret()
    }

    fn has_our_secret(&self) -> bool {
        matches!(self.secret, SecretObserved::Ours { .. } | SecretObserved::Tampered)
    }
}
