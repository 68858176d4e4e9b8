//! A user's Secret: what is in it, whether it is ours, whether somebody changed it. Passwords stay within this file and
//! the call that sends them.

use super::{injected, object::Declared};
use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use klamm_kafka::Password;
use klamm_model::ObjectName;
use klamm_planner::users::{Half, PasswordDigest, SecretObserved, SecretTexts};
use klamm_resources::{
    KEY_PASSWORD, KEY_USERNAME, KafkaUser, Unquotable,
    names::{annotation, label},
    secret_data,
};
use kube::Resource;
use rand::{Rng, TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Letters and digits that nobody mistakes for each other and that need no quoting anywhere.
const ALPHABET: &[u8; 57] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
/// 32 of 57 characters: 186 bits.
const PASSWORD_LENGTH: usize = 32;
/// What the Secret is for, in [`label::COMPONENT`].
const COMPONENT: &str = "credentials";

/// A new password from the system's source of randomness.
pub(super) fn new_password() -> Password {
    let mut random = OsRng.unwrap_err();
    let text: String =
        (0..PASSWORD_LENGTH).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())])).collect();
    Password::new(text)
}

/// Salted with the object's uid: the same password of another object has another digest.
pub(super) fn digest(uid: &str, password: &Password) -> PasswordDigest {
    let mut hasher = Sha256::new();
    hasher.update(uid);
    hasher.update([0]);
    hasher.update(password.reveal());
    let text = hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    PasswordDigest(text)
}

/// What the Secret holds, for the planner; and its password, for Kafka.
pub(super) struct SecretSeen {
    /// Its name: the wanted one, or while that is taken the one it has.
    pub(super) name: ObjectName,
    pub(super) observed: SecretObserved,
    pub(super) password: Option<Password>,
    /// None: it is not there, or not under that name yet.
    pub(super) uid: Option<String>,
    /// Ours under the name it had before.
    pub(super) former: Option<FormerSecret>,
    /// The wanted name, where it is somebody else's and another one of ours stays.
    pub(super) taken: Option<ObjectName>,
}

impl SecretSeen {
    /// The value of `rotate` that its password answers, as written on it.
    pub(super) fn answers(&self) -> Option<&str> {
        match &self.observed {
            SecretObserved::Ours { answers, .. } => answers.as_deref(),
            SecretObserved::Absent | SecretObserved::Foreign | SecretObserved::Tampered => None,
        }
    }
}

/// A Secret that goes once another one holds what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FormerSecret {
    pub(super) name: ObjectName,
    pub(super) uid: Option<String>,
}

/// The Secrets of a user: under the name that is wanted, and under the one it had before, where that is another.
pub(super) struct Found {
    pub(super) wanted: (ObjectName, Option<Secret>),
    pub(super) former: Option<(ObjectName, Option<Secret>)>,
}

/// Reads the Secrets of a user.
pub(super) fn read(declared: &Declared, found: &Found, bootstrap_servers: &str) -> SecretSeen {
    let (name, secret) = &found.wanted;
    let mut seen = read_one(declared, name, secret.as_ref(), bootstrap_servers);
    let Some((former_name, former_secret)) = &found.former else { return seen };
    let former = read_one(declared, former_name, former_secret.as_ref(), bootstrap_servers);
    if seen.observed == SecretObserved::Foreign {
        return SecretSeen { taken: Some(seen.name), ..former };
    }
    match former.observed {
        SecretObserved::Absent | SecretObserved::Foreign => return seen,
        SecretObserved::Ours { half, digest, answers, texts: _ } if seen.observed == SecretObserved::Absent => {
            seen.observed = SecretObserved::Ours { half, digest, answers, texts: SecretTexts::Outdated };
            seen.password = former.password;
        }
        SecretObserved::Ours { .. } | SecretObserved::Tampered => {}
    }
    seen.former = Some(FormerSecret { name: former.name, uid: former.uid });
    seen
}

fn read_one(declared: &Declared, name: &ObjectName, secret: Option<&Secret>, bootstrap_servers: &str) -> SecretSeen {
    let uid = secret.and_then(|secret| secret.metadata.uid.clone());
    let (observed, password) = match secret {
        None => (SecretObserved::Absent, None),
        Some(secret) if !is_ours(declared, secret) => (SecretObserved::Foreign, None),
        Some(secret) => contents(declared, secret, bootstrap_servers).unwrap_or((SecretObserved::Tampered, None)),
    };
    SecretSeen { name: name.clone(), observed, password, uid, former: None, taken: None }
}

/// What it holds; none when it is not what we wrote.
fn contents(
    declared: &Declared,
    secret: &Secret,
    bootstrap_servers: &str,
) -> Option<(SecretObserved, Option<Password>)> {
    let password = Password::new(text(secret, KEY_PASSWORD)?);
    let digest = digest(&declared.uid, &password);
    let half = declared.half(&text(secret, KEY_USERNAME)?)?;
    let annotations = secret.metadata.annotations.as_ref()?;
    if annotations.get(annotation::HASH) != Some(&digest.0) {
        return None;
    }
    let wanted = secret_data(&declared.username(half), password.reveal(), bootstrap_servers);
    let is_current = wanted.is_ok_and(|wanted| {
        let data = secret.data.as_ref();
        wanted.iter().all(|(key, value)| data.and_then(|data| data.get(key)) == Some(value))
    });
    let is_labelled = labels().iter().all(|(key, value)| {
        secret.metadata.labels.as_ref().and_then(|labels| labels.get(*key)).is_some_and(|found| found == value)
    });
    let is_dressed = is_labelled && injected::is_dressed(declared, secret);
    let texts = if is_current && is_dressed { SecretTexts::Current } else { SecretTexts::Outdated };
    let answers = annotations.get(annotation::ROTATED).cloned();
    Some((SecretObserved::Ours { half, digest, texts, answers }, Some(password)))
}

fn is_ours(declared: &Declared, secret: &Secret) -> bool {
    secret.metadata.owner_references.iter().flatten().any(|owner| owner.uid == declared.uid)
}

fn labels() -> [(&'static str, &'static str); 2] {
    [(label::MANAGED_BY, label::MANAGED_BY_KLAMM), (label::COMPONENT, COMPONENT)]
}

/// Finds all Secrets of users.
pub(super) fn selector() -> String {
    labels().map(|(key, value)| format!("{key}={value}")).join(",")
}

/// The KafkaUser that a Secret belongs to.
pub(super) fn owner(secret: &ObjectMeta) -> Option<ObjectName> {
    let kind = KafkaUser::kind(&());
    let owners = secret.owner_references.iter().flatten();
    owners.filter(|owner| owner.kind == kind).find_map(|owner| owner.name.parse().ok())
}

fn text(secret: &Secret, key: &str) -> Option<String> {
    let ByteString(bytes) = secret.data.as_ref()?.get(key)?;
    String::from_utf8(bytes.clone()).ok()
}

/// What a Secret is to hold.
pub(super) struct Contents<'a> {
    pub(super) name: &'a ObjectName,
    pub(super) half: Half,
    pub(super) password: &'a Password,
    /// The value of `rotate` that the password answers.
    pub(super) answers: Option<&'a str>,
    pub(super) bootstrap_servers: &'a str,
}

/// The Secret as it should be.
pub(super) fn render(declared: &Declared, contents: &Contents<'_>) -> Result<Secret, Unquotable> {
    let hash = (annotation::HASH.to_owned(), digest(&declared.uid, contents.password).0);
    let rotated = contents.answers.map(|answers| (annotation::ROTATED.to_owned(), answers.to_owned()));
    let username = declared.username(contents.half);
    Ok(Secret {
        metadata: ObjectMeta {
            name: Some(contents.name.to_string()),
            namespace: Some(declared.key.namespace.to_string()),
            labels: Some(labels().into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()),
            annotations: Some([hash].into_iter().chain(rotated).collect()),
            owner_references: Some(vec![OwnerReference {
                api_version: KafkaUser::api_version(&()).into_owned(),
                kind: KafkaUser::kind(&()).into_owned(),
                name: declared.key.name.to_string(),
                uid: declared.uid.clone(),
                controller: Some(true),
                block_owner_deletion: Some(false),
            }]),
            ..ObjectMeta::default()
        },
        type_: Some("Opaque".to_owned()),
        data: Some(secret_data(&username, contents.password.reveal(), contents.bootstrap_servers)?),
        ..Secret::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::object::UserKey;
    use klamm_planner::topics::ClaimLife;

    const HERE: &str = "a:9092";

    fn declared() -> Declared {
        Declared {
            key: UserKey { namespace: "payments".parse().unwrap(), name: "app".parse().unwrap() },
            uid: "uid".to_owned(),
            version: 1,
            generation: Some(1),
            life: ClaimLife::Living,
            finalizers: Vec::new(),
            reading: Err("not needed here".to_owned()),
            status: klamm_resources::KafkaUserStatus::default(),
        }
    }

    fn name(text: &str) -> ObjectName {
        text.parse().unwrap()
    }

    fn rendered(half: Half, password: &Password) -> Secret {
        let contents = Contents { name: &name("app"), half, password, answers: Some("7"), bootstrap_servers: HERE };
        render(&declared(), &contents).unwrap()
    }

    fn observed(secret: Option<Secret>, bootstrap_servers: &str) -> SecretObserved {
        let found = Found { wanted: (name("app"), secret), former: None };
        read(&declared(), &found, bootstrap_servers).observed
    }

    fn ours(half: Half, password: &Password, texts: SecretTexts) -> SecretObserved {
        SecretObserved::Ours { half, digest: digest("uid", password), texts, answers: Some("7".to_owned()) }
    }

    #[test]
    fn passwords_are_long_plain_and_never_the_same() {
        let (one, other) = (new_password(), new_password());
        assert_eq!(one.reveal().len(), 32);
        assert!(one.reveal().bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(one.reveal(), other.reveal());
    }

    #[test]
    fn what_was_rendered_is_read_as_ours_and_current() {
        let password = new_password();
        for half in Half::BOTH {
            let secret = rendered(half, &password);
            assert_eq!(observed(Some(secret.clone()), HERE), ours(half, &password, SecretTexts::Current));
            assert_eq!(observed(Some(secret.clone()), "b:9092"), ours(half, &password, SecretTexts::Outdated));
            let mut unlabelled = secret;
            unlabelled.metadata.labels = None;
            assert_eq!(observed(Some(unlabelled), HERE), ours(half, &password, SecretTexts::Outdated));
        }
    }

    #[test]
    fn a_changed_or_missing_name_or_password_is_noticed() {
        let secret = rendered(Half::First, &new_password());
        for (key, change) in [
            (KEY_PASSWORD, Some("guessed")),
            (KEY_PASSWORD, None),
            (KEY_USERNAME, Some("orders.app")),
            (KEY_USERNAME, None),
        ] {
            let mut changed = secret.clone();
            let data = changed.data.as_mut().unwrap();
            match change {
                Some(text) => drop(data.insert(key.to_owned(), ByteString(text.into()))),
                None => drop(data.remove(key)),
            }
            assert_eq!(observed(Some(changed), HERE), SecretObserved::Tampered);
        }
    }

    #[test]
    fn a_secret_of_somebody_else_is_foreign_whatever_it_says() {
        let mut secret = rendered(Half::First, &new_password());
        secret.metadata.owner_references = None;
        assert_eq!(observed(Some(secret), HERE), SecretObserved::Foreign);
        assert_eq!(observed(None, HERE), SecretObserved::Absent);
    }

    #[test]
    fn under_a_new_name_the_password_stays_and_the_old_secret_goes_unless_the_name_is_taken() {
        let password = new_password();
        let old = rendered(Half::Second, &password);
        let seen = |wanted: Option<Secret>| {
            let found = Found { wanted: (name("new"), wanted), former: Some((name("app"), Some(old.clone()))) };
            read(&declared(), &found, HERE)
        };
        let moved = seen(None);
        assert_eq!(moved.observed, ours(Half::Second, &password, SecretTexts::Outdated));
        assert_eq!((moved.name, moved.uid, moved.taken), (name("new"), None, None));
        assert_eq!(moved.former.unwrap().name, name("app"));
        assert_eq!(moved.password.unwrap().reveal(), password.reveal());

        let mut theirs = old.clone();
        theirs.metadata.owner_references = None;
        let taken = seen(Some(theirs));
        assert_eq!(taken.observed, ours(Half::Second, &password, SecretTexts::Current));
        assert_eq!((taken.name, taken.former, taken.taken), (name("app"), None, Some(name("new"))));

        let written = seen(Some(rendered(Half::Second, &password)));
        assert_eq!(written.observed, ours(Half::Second, &password, SecretTexts::Current));
        assert!(written.former.is_some(), "killed before the old one went");
    }
}
