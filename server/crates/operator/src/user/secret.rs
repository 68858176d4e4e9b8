//! A user's Secret: what is in it, whether it is ours, whether somebody changed it. Passwords stay within this file and
//! the call that sends them.

use super::{injected, object::Declared};
use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use klamm_kafka::Password;
use klamm_planner::users::{PasswordDigest, SecretObserved, SecretTexts};
use klamm_resources::{
    KEY_PASSWORD, KEY_USERNAME, KafkaUser, Unquotable,
    names::{annotation, label},
    secret_data,
};
use kube::Resource;
use rand::{Rng, TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};

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
    pub(super) observed: SecretObserved,
    pub(super) password: Option<Password>,
    pub(super) uid: Option<String>,
}

/// Reads the Secret of a user.
pub(super) fn read(declared: &Declared, secret: Option<&Secret>, bootstrap_servers: &str) -> SecretSeen {
    let Some(secret) = secret else {
        return SecretSeen { observed: SecretObserved::Absent, password: None, uid: None };
    };
    let uid = secret.metadata.uid.clone();
    if !is_ours(declared, secret) {
        return SecretSeen { observed: SecretObserved::Foreign, password: None, uid };
    }
    let Some(password) = text(secret, KEY_PASSWORD).map(Password::new) else {
        return SecretSeen { observed: SecretObserved::Tampered, password: None, uid };
    };
    let digest = digest(&declared.uid, &password);
    let noted = secret.metadata.annotations.as_ref().and_then(|annotations| annotations.get(annotation::HASH));
    let named = text(secret, KEY_USERNAME).as_deref() == Some(declared.username().as_str());
    if noted != Some(&digest.0) || !named {
        return SecretSeen { observed: SecretObserved::Tampered, password: None, uid };
    }
    let current = secret_data(&declared.username(), password.reveal(), bootstrap_servers).is_ok_and(|wanted| {
        let data = secret.data.as_ref();
        wanted.iter().all(|(key, value)| data.and_then(|data| data.get(key)) == Some(value))
    });
    let texts =
        if current && injected::is_dressed(declared, secret) { SecretTexts::Current } else { SecretTexts::Outdated };
    SecretSeen { observed: SecretObserved::Ours { digest, texts }, password: Some(password), uid }
}

fn is_ours(declared: &Declared, secret: &Secret) -> bool {
    secret.metadata.owner_references.iter().flatten().any(|owner| owner.uid == declared.uid)
}

fn text(secret: &Secret, key: &str) -> Option<String> {
    let ByteString(bytes) = secret.data.as_ref()?.get(key)?;
    String::from_utf8(bytes.clone()).ok()
}

/// The Secret as it should be.
pub(super) fn render(declared: &Declared, password: &Password, bootstrap_servers: &str) -> Result<Secret, Unquotable> {
    let labels = [(label::MANAGED_BY, label::MANAGED_BY_KLAMM.to_owned()), (label::COMPONENT, COMPONENT.to_owned())];
    let annotations = [(annotation::HASH.to_owned(), digest(&declared.uid, password).0)];
    Ok(Secret {
        metadata: ObjectMeta {
            name: Some(declared.secret_name().to_string()),
            namespace: Some(declared.key.namespace.to_string()),
            labels: Some(labels.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
            annotations: Some(BTreeMap::from(annotations)),
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
        data: Some(secret_data(&declared.username(), password.reveal(), bootstrap_servers)?),
        ..Secret::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::object::UserKey;
    use klamm_planner::topics::ClaimLife;

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

    #[test]
    fn passwords_are_long_plain_and_never_the_same() {
        let (one, other) = (new_password(), new_password());
        assert_eq!(one.reveal().len(), 32);
        assert!(one.reveal().bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(one.reveal(), other.reveal());
    }

    #[test]
    fn what_was_rendered_is_read_as_ours_and_current() {
        let (declared, password) = (declared(), new_password());
        let secret = render(&declared, &password, "a:9092").unwrap();
        let seen = read(&declared, Some(&secret), "a:9092");
        assert_eq!(
            seen.observed,
            SecretObserved::Ours { digest: digest("uid", &password), texts: SecretTexts::Current }
        );
        assert_eq!(seen.password.unwrap().reveal(), password.reveal());
        let moved = read(&declared, Some(&secret), "b:9092");
        assert!(matches!(moved.observed, SecretObserved::Ours { texts: SecretTexts::Outdated, .. }));
    }

    #[test]
    fn a_changed_or_missing_password_is_noticed() {
        let declared = declared();
        let secret = render(&declared, &new_password(), "a:9092").unwrap();
        for change in [Some("guessed"), None] {
            let mut changed = secret.clone();
            let data = changed.data.as_mut().unwrap();
            match change {
                Some(text) => drop(data.insert(KEY_PASSWORD.to_owned(), ByteString(text.into()))),
                None => drop(data.remove(KEY_PASSWORD)),
            }
            assert_eq!(read(&declared, Some(&changed), "a:9092").observed, SecretObserved::Tampered);
        }
    }

    #[test]
    fn a_secret_of_somebody_else_is_foreign_whatever_it_says() {
        let declared = declared();
        let mut secret = render(&declared, &new_password(), "a:9092").unwrap();
        secret.metadata.owner_references = None;
        assert_eq!(read(&declared, Some(&secret), "a:9092").observed, SecretObserved::Foreign);
        assert_eq!(read(&declared, None, "a:9092").observed, SecretObserved::Absent);
    }
}
