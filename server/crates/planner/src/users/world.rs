//! A model of what Kafka and Kubernetes keep about one user, for plans to be carried out on.

use super::{
    AclRule, Grace, Half, HalfObserved, Halves, PasswordDigest, Presence, QuotaKey, Recorded, SecretObserved,
    SecretProof, SecretTexts, Standing, UserAct, UserObserved,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct World {
    pub(super) kafka: Halves<InKafka>,
    pub(super) secret: Secret,
    pub(super) former: Presence,
    pub(super) recorded: Option<(Half, u32)>,
    pub(super) previous: Option<(Half, Grace)>,
    pub(super) next: Option<Half>,
    pub(super) answers: Option<String>,
    /// What `rotate` is now: a password that is made answers it.
    pub(super) rotate: Option<String>,
    pub(super) passwords_made: u32,
    /// Made, and in no Secret yet; gone with the process.
    pub(super) in_hand: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct InKafka {
    pub(super) credential: Option<u32>,
    pub(super) acls: BTreeSet<AclRule>,
    pub(super) quotas: BTreeMap<QuotaKey, f64>,
    /// Whether somebody else made it: nobody of ours may touch it.
    pub(super) foreign: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Secret {
    Absent,
    Foreign,
    Ours { half: Half, password: u32, texts: SecretTexts, answers: Option<String> },
    Tampered,
}

fn digest(password: u32) -> PasswordDigest {
    PasswordDigest(format!("digest of {password}"))
}

impl World {
    pub(super) fn empty() -> Self {
        Self {
            kafka: Halves::default(),
            secret: Secret::Absent,
            former: Presence::Absent,
            recorded: None,
            previous: None,
            next: None,
            answers: None,
            rotate: None,
            passwords_made: 10,
            in_hand: None,
        }
    }

    pub(super) fn observe(&self) -> UserObserved {
        let half = |half: &InKafka| HalfObserved {
            scram: if half.credential.is_some() { Presence::Present } else { Presence::Absent },
            acls: half.acls.clone(),
            quotas: half.quotas.clone(),
        };
        UserObserved {
            kafka: Halves { first: half(&self.kafka.first), second: half(&self.kafka.second) },
            secret: match &self.secret {
                Secret::Absent => SecretObserved::Absent,
                Secret::Foreign => SecretObserved::Foreign,
                Secret::Ours { half, password, texts, answers } => SecretObserved::Ours {
                    half: *half,
                    digest: digest(*password),
                    texts: *texts,
                    answers: answers.clone(),
                },
                Secret::Tampered => SecretObserved::Tampered,
            },
            proof: match &self.secret {
                Secret::Ours { half: Half::First, password, .. } if self.kafka.first.credential == Some(*password) => {
                    SecretProof::LetIn
                }
                Secret::Ours { .. } | Secret::Absent | Secret::Foreign | Secret::Tampered => SecretProof::None,
            },
            former_secret: self.former,
            recorded: Recorded {
                current: self.recorded.map(|(half, password)| (half, digest(password))),
                previous: self.previous,
                next: self.next,
                answers: self.answers.clone(),
            },
        }
    }

    /// A user of whom nothing is left is nobody's.
    pub(super) fn forget_what_is_gone(&mut self, half: Half) {
        let found = self.kafka.of_mut(half);
        if *found == (InKafka { foreign: true, ..InKafka::default() }) {
            *found = InKafka::default();
        }
    }

    /// The process is killed: what it only had in memory is gone.
    pub(super) fn killed(mut self) -> Self {
        self.in_hand = None;
        self
    }

    fn kafka(&mut self, half: Half) -> Result<&mut InKafka, &'static str> {
        let found = self.kafka.of_mut(half);
        if found.foreign { Err("somebody else's user") } else { Ok(found) }
    }

    fn new_password(&mut self) -> u32 {
        self.passwords_made += 1;
        self.passwords_made
    }

    /// Carries out an act, or says why it makes no sense.
    pub(super) fn apply(&mut self, act: &UserAct) -> Result<(), &'static str> {
        let writes_secret = matches!(
            act,
            UserAct::MakeSecret(_) | UserAct::RefreshSecret(_) | UserAct::SwitchSecret(_) | UserAct::DeleteSecret
        );
        if writes_secret && self.secret == Secret::Foreign {
            return Err("not our Secret");
        }
        match act {
            UserAct::Announce(half) => self.next = Some(*half),
            UserAct::MakeSecret(half) => {
                let password = self.new_password();
                let answers = self.rotate.clone();
                self.secret = Secret::Ours { half: *half, password, texts: SecretTexts::Current, answers };
            }
            UserAct::RefreshSecret(wanted) => match &mut self.secret {
                Secret::Ours { half, texts, .. } if half == wanted => *texts = SecretTexts::Current,
                Secret::Ours { .. } | Secret::Absent | Secret::Foreign | Secret::Tampered => {
                    return Err("no password to keep");
                }
            },
            UserAct::SetCredential(half) => {
                let Secret::Ours { half: named, password, .. } = self.secret else { return Err("no password to use") };
                if named != *half {
                    return Err("the Secret names another user");
                }
                self.kafka(*half)?.credential = Some(password);
            }
            UserAct::MakeCredential(half) => {
                let password = self.new_password();
                self.kafka(*half)?.credential = Some(password);
                self.in_hand = Some(password);
            }
            UserAct::SwitchSecret(half) => {
                let password = self.in_hand.take().ok_or("no new password in hand")?;
                let answers = self.rotate.clone();
                self.secret = Secret::Ours { half: *half, password, texts: SecretTexts::Current, answers };
            }
            UserAct::DeleteSecret => self.secret = Secret::Absent,
            UserAct::DeleteFormerSecret => self.former = Presence::Absent,
            UserAct::RemoveAcls(half, gone) => {
                let acls = &mut self.kafka(*half)?.acls;
                if gone.is_empty() || !gone.is_subset(acls) {
                    return Err("nothing to remove");
                }
                acls.retain(|rule| !gone.contains(rule));
            }
            UserAct::AddAcls(half, new) => {
                let acls = &mut self.kafka(*half)?.acls;
                if new.is_empty() || !new.is_disjoint(acls) {
                    return Err("there already");
                }
                acls.extend(new.iter().cloned());
            }
            UserAct::SetQuotas(half, change) => {
                let quotas = &mut self.kafka(*half)?.quotas;
                for (key, value) in change {
                    match value {
                        Some(value) => quotas.insert(*key, *value),
                        None => quotas.remove(key),
                    };
                }
            }
            UserAct::DeleteCredential(half) => drop(self.kafka(*half)?.credential.take().ok_or("no credential")?),
            UserAct::Record(Standing { current, previous, answers }) => {
                let Secret::Ours { half, password, .. } = &self.secret else { return Err("no password to write down") };
                if half != current {
                    return Err("the Secret names another user");
                }
                self.recorded = Some((*half, *password));
                let known = self.previous;
                self.previous =
                    previous.map(|half| known.filter(|known| known.0 == half).unwrap_or((half, Grace::Running)));
                self.next = None;
                self.answers.clone_from(answers);
            }
        }
        Ok(())
    }
}
