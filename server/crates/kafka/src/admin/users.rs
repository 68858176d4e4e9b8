//! Users: their SCRAM-SHA-512 verifiers (KIP-554). Passwords leave this process only as salted hashes.

use super::{
    batch::{Lanes, Outcomes, cut, gather},
    words,
};
use crate::{Client, ClientError, ErrorCode, KafkaError, Password, client::Ask, scram};
use bytes::Bytes;
use kafka_protocol::messages::{
    AlterUserScramCredentialsRequest, DescribeUserScramCredentialsRequest,
    alter_user_scram_credentials_request::{ScramCredentialDeletion, ScramCredentialUpsertion},
    describe_user_scram_credentials_request::UserName,
    describe_user_scram_credentials_response::DescribeUserScramCredentialsResult,
};
use std::collections::{BTreeMap, BTreeSet};

/// How often a password is hashed: more makes guessing dearer, and every sign-in too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScramIterations(u32);

impl ScramIterations {
    /// What Kafka accepts: 4,096 to 16,384.
    pub fn new(iterations: u32) -> Option<Self> {
        (scram::MIN_ITERATIONS..=16_384).contains(&iterations).then_some(Self(iterations))
    }
}

impl Default for ScramIterations {
    /// 4,096, as Kafka's own tools use for SCRAM-SHA-512.
    fn default() -> Self {
        Self(scram::MIN_ITERATIONS)
    }
}

/// A change of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScramChange {
    /// Make the user, or give it another password.
    Upsert {
        /// The user.
        user: String,
        /// Its new password.
        password: Password,
        /// How often to hash it.
        iterations: ScramIterations,
    },
    /// Take its SCRAM-SHA-512 verifier away.
    Delete {
        /// The user.
        user: String,
    },
}

impl ScramChange {
    fn user(&self) -> &str {
        match self {
            Self::Upsert { user, .. } | Self::Delete { user } => user,
        }
    }
}

/// A verifier a user has; Kafka never tells the verifier itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScramInfo {
    /// Its mechanism.
    pub mechanism: ScramMechanism,
    /// How often its password is hashed.
    pub iterations: u32,
}

/// SCRAM mechanisms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScramMechanism {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512, the only one Klamm gives out.
    Sha512,
    /// Something newer than this program.
    Unknown,
}

const SHA_512: i8 = 2;
const USERS: usize = 100;

type PerUser<T> = BTreeMap<String, Result<T, KafkaError>>;

impl Client {
    /// Who has SCRAM verifiers. Of users asked for by name, those without any are `RESOURCE_NOT_FOUND`.
    pub async fn describe_scram(
        &self,
        users: Option<&BTreeSet<String>>,
    ) -> Result<PerUser<Vec<ScramInfo>>, ClientError> {
        let name = |user: &String| UserName::default().with_name(words::text(user));
        let request = DescribeUserScramCredentialsRequest::default()
            .with_users(users.map(|users| users.iter().map(name).collect()));
        let ask = Ask::look(&request)
            .judged(|response| KafkaError::check(response.error_code, response.error_message.as_deref()));
        let response = self.ask(ask).await?;
        let outcome = |result: &DescribeUserScramCredentialsResult| {
            let checked = KafkaError::check(result.error_code, result.error_message.as_deref());
            let infos = result.credential_infos.iter().map(|info| ScramInfo {
                mechanism: mechanism(info.mechanism),
                iterations: info.iterations.unsigned_abs(),
            });
            (result.user.to_string(), checked.map(|()| infos.collect()))
        };
        Ok(response.results.iter().map(outcome).collect())
    }

    /// Makes, changes and removes users, each named once. Removing one that has no verifier is `RESOURCE_NOT_FOUND`.
    pub async fn alter_scram(&self, changes: Vec<ScramChange>) -> Result<PerUser<()>, ClientError> {
        let send = |_, changes: Vec<ScramChange>| async move {
            let request = hashed(changes).await.ok_or(ClientError::Closed)?;
            let response = self.ask(Ask::change(&request)).await?;
            let outcomes = response.results.iter().map(|result| {
                (result.user.to_string(), KafkaError::check(result.error_code, result.error_message.as_deref()))
            });
            Ok(outcomes.collect::<Outcomes<_, _>>())
        };
        let mut once = BTreeSet::new();
        let (wanted, repeated): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| once.insert(change.user().to_owned()));
        let mut outcomes =
            gather(cut(wanted, USERS, |_| 1), Lanes::One, |change| change.user().to_owned(), send).await?;
        for change in repeated {
            outcomes.insert(change.user().to_owned(), Err(ErrorCode::DuplicateResource.into()));
        }
        Ok(outcomes)
    }
}

/// Hashing takes milliseconds for each user, so it is done where it holds up nobody. None when the runtime is shutting down.
async fn hashed(changes: Vec<ScramChange>) -> Option<AlterUserScramCredentialsRequest> {
    tokio::task::spawn_blocking(move || {
        let mut request = AlterUserScramCredentialsRequest::default();
        for change in &changes {
            match change {
                ScramChange::Upsert { user, password, iterations } => {
                    request.upsertions.push(upsertion(user, password, *iterations));
                }
                ScramChange::Delete { user } => request
                    .deletions
                    .push(ScramCredentialDeletion::default().with_name(words::text(user)).with_mechanism(SHA_512)),
            }
        }
        request
    })
    .await
    .ok()
}

fn upsertion(user: &str, password: &Password, iterations: ScramIterations) -> ScramCredentialUpsertion {
    let salt = scram::fresh_salt();
    let salted = scram::salted_password(password.reveal(), &salt, iterations.0);
    ScramCredentialUpsertion::default()
        .with_name(words::text(user))
        .with_mechanism(SHA_512)
        .with_iterations(iterations.0.cast_signed())
        .with_salt(Bytes::copy_from_slice(&salt))
        .with_salted_password(Bytes::copy_from_slice(salted.as_slice()))
}

fn mechanism(wire: i8) -> ScramMechanism {
    match wire {
        1 => ScramMechanism::Sha256,
        SHA_512 => ScramMechanism::Sha512,
        _ => ScramMechanism::Unknown,
    }
}
