//! Names and ids, validated once where they enter. A value of these types needs no further check.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Why a text is not a name of the wanted kind; the sentence says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a valid {kind}: {rule}")]
pub struct InvalidName {
    /// What was wanted: `topic name`, `namespace` and so on.
    pub kind: &'static str,
    /// What was given, cut to 80 characters.
    pub value: String,
    /// What is allowed, in words.
    pub rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $rule:literal, $valid:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Box<str>);

        impl $type {
            /// Checks `value` and keeps it.
            pub fn new(value: impl Into<String>) -> Result<Self, InvalidName> {
                let value = value.into();
                if $valid(&value) {
                    Ok(Self(value.into_boxed_str()))
                } else {
                    Err(InvalidName { kind: $kind, value: value.chars().take(80).collect(), rule: $rule })
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;
            fn from_str(value: &str) -> Result<Self, InvalidName> {
                Self::new(value)
            }
        }

        impl TryFrom<String> for $type {
            type Error = InvalidName;
            fn try_from(value: String) -> Result<Self, InvalidName> {
                Self::new(value)
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.0.into_string()
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// A Kafka topic (`org.apache.kafka.common.internals.Topic`): 1 to 249 of `[a-zA-Z0-9._-]`, neither `.` nor `..`.
    TopicName, "topic name", "1 to 249 letters, digits, dots, underscores and hyphens, and neither \".\" nor \"..\"",
    is_topic_name
);
name!(
    /// A Kubernetes namespace: an RFC 1123 label.
    Namespace, "namespace", "1 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit",
    is_label
);
name!(
    /// The name of a Kubernetes object: an RFC 1123 subdomain.
    ObjectName, "object name",
    "1 to 253 lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit",
    is_subdomain
);
name!(
    /// A pool of nodes of one cluster: an RFC 1123 label of at most 30 characters, so that pod names fit.
    PoolName, "pool name", "1 to 30 lower-case letters, digits and hyphens, beginning and ending with a letter or digit",
    is_short_label
);
name!(
    /// A team: an RFC 1123 label.
    TeamName, "team name", "1 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit",
    is_label
);
name!(
    /// Somebody who signs in.
    PersonName, "user name", "1 to 64 letters, digits and any of . _ - @",
    is_person
);
name!(
    /// A consumer group: whatever brokers accept, but not empty and at most 1,000 bytes.
    GroupId, "group id", "1 to 1000 bytes",
    is_group
);
name!(
    /// Names an API token in lists and in the audit; nothing can be done with it alone.
    TokenId, "token id", "tok_ and 26 digits or lower-case letters",
    is_token_id
);
name!(
    /// Names a browser session in lists and in the audit; nothing can be done with it alone.
    SessionId, "session id", "ses_ and 26 digits or lower-case letters",
    is_session_id
);
name!(
    /// Names a request.
    RequestId, "request id", "req_ and 26 digits or lower-case letters",
    is_request_id
);
name!(
    /// A webhook of the configuration: an RFC 1123 label.
    WebhookName, "webhook name",
    "1 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit",
    is_label
);
name!(
    /// Names a message to a webhook.
    DeliveryId, "delivery id", "dlv_ and 26 digits or lower-case letters",
    is_delivery_id
);
name!(
    /// What a request would do, as a digest: SHA-256 in hexadecimal.
    ManifestHash, "hash", "64 hexadecimal digits", is_hash
);

impl ManifestHash {
    /// The hash that was digested.
    pub fn of(digest: &[u8; 32]) -> Self {
        Self(hexadecimal(digest).into_boxed_str())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// What stands before the team's name where a token of it asks.
const TEAM_AT: &str = "team@";

impl PersonName {
    /// Who asks where a token of a team does: no person can be let in under this name.
    pub fn of_team(team: &TeamName) -> Self {
        Self(format!("{TEAM_AT}{team}").into_boxed_str())
    }

    /// The team whose token it is, if it is none of a person.
    pub fn team(&self) -> Option<TeamName> {
        self.0.strip_prefix(TEAM_AT)?.parse().ok()
    }
}

impl SessionId {
    /// Of the session whose secret has this digest. The beginning of a digest gives neither the secret nor the whole digest.
    pub fn of(digest: &[u8; 32]) -> Self {
        Self(format!("ses_{}", hexadecimal(&digest[..13])).into_boxed_str())
    }
}

impl TopicName {
    /// Topics of Kafka itself begin with two underscores; Klamm never creates, changes or deletes them.
    pub fn is_internal(&self) -> bool {
        self.0.starts_with("__")
    }

    /// The name as it appears in Kafka's metrics, where `.` and `_` are the same; two topics with one metric name collide.
    pub fn metric_name(&self) -> String {
        self.0.replace('.', "_")
    }
}

fn is_topic_name(value: &str) -> bool {
    (1..=249).contains(&value.len())
        && value != "."
        && value != ".."
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn is_label(value: &str) -> bool {
    let bytes = value.as_bytes();
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

fn is_short_label(value: &str) -> bool {
    value.len() <= 30 && is_label(value)
}

fn is_subdomain(value: &str) -> bool {
    value.len() <= 253 && value.split('.').all(|part| !part.is_empty() && is_label_part(part))
}

/// RFC 1123 does not bound the parts of a subdomain in Kubernetes' own check, only the whole.
fn is_label_part(part: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = part.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

fn is_person(value: &str) -> bool {
    let is_plain = (1..=64).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@'));
    is_plain || value.strip_prefix(TEAM_AT).is_some_and(is_label)
}

fn is_group(value: &str) -> bool {
    (1..=1000).contains(&value.len())
}

fn is_token_id(value: &str) -> bool {
    is_id(value, "tok_")
}

fn is_session_id(value: &str) -> bool {
    is_id(value, "ses_")
}

fn is_request_id(value: &str) -> bool {
    is_id(value, "req_")
}

fn is_delivery_id(value: &str) -> bool {
    is_id(value, "dlv_")
}

fn is_id(value: &str, prefix: &str) -> bool {
    value
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 26 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

fn is_hash(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// A cluster: the `KafkaCluster` of that name in that namespace. Prints as `namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClusterRef {
    /// The namespace of the `KafkaCluster`.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
}

impl fmt::Display for ClusterRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl FromStr for ClusterRef {
    type Err = InvalidName;
    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let (namespace, name) = value.split_once('/').ok_or_else(|| InvalidName {
            kind: "cluster",
            value: value.chars().take(80).collect(),
            rule: "write it as <namespace>/<name>",
        })?;
        Ok(Self { namespace: namespace.parse()?, name: name.parse()? })
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(pub i32);

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A node id (`node.id`) of a broker or controller.
    BrokerId
);
id!(
    /// The index of a partition within its topic.
    PartitionId
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn topic_names_follow_kafka() {
        for good in ["a", "sample-topic", "payments.orders_v2", "__consumer_offsets", &"x".repeat(249)] {
            assert!(TopicName::new(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a b", "ä", "a/b", &"x".repeat(250)] {
            assert!(TopicName::new(bad).is_err(), "{bad}");
        }
        assert!(TopicName::new("__x").unwrap().is_internal());
        assert_eq!(TopicName::new("a.b").unwrap().metric_name(), TopicName::new("a_b").unwrap().metric_name());
    }

    #[test]
    fn kubernetes_names_follow_rfc_1123() {
        assert!(Namespace::new("kafka").is_ok());
        assert!(Namespace::new("Kafka").is_err());
        assert!(Namespace::new("a.b").is_err());
        assert!(ObjectName::new("consumer-offsets---84e7.x").is_ok());
        assert!(ObjectName::new("a..b").is_err());
        assert!(ObjectName::new("-a").is_err());
        assert!(PoolName::new("x".repeat(31)).is_err());
    }

    #[test]
    fn what_asks_for_a_team_has_a_name_however_long_the_teams_is() {
        let team = TeamName::new("x".repeat(63)).unwrap();
        let asks = PersonName::of_team(&team);
        assert_eq!(PersonName::new(asks.as_str()).unwrap().team(), Some(team));
        assert_eq!(PersonName::new("me@team").unwrap().team(), None);
        assert_eq!(PersonName::new("team@Payments").unwrap().team(), None);
        assert!(PersonName::new("y".repeat(65)).is_err());
    }

    #[test]
    fn a_token_id_is_one_of_ours_or_none() {
        assert!(TokenId::new("tok_01kb4xyz0123456789abcdefgh").is_ok());
        for bad in ["", "tok_", "1", "klamm_x", "tok_01kb4xyz0123456789abcdefg", "tok_01KB4XYZ0123456789ABCDEFGH"] {
            assert!(TokenId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cluster_is_named_by_namespace_and_name() {
        let cluster: ClusterRef = "kafka/demo".parse().unwrap();
        assert_eq!(cluster.to_string(), "kafka/demo");
        assert!("demo".parse::<ClusterRef>().is_err());
        assert!("kafka/De mo".parse::<ClusterRef>().is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_a_name_survives_json(value in "\\PC{0,40}") {
            if let Ok(name) = TopicName::new(value) {
                let json = serde_json::to_string(&name).unwrap();
                prop_assert_eq!(serde_json::from_str::<TopicName>(&json).unwrap(), name);
            }
        }
    }
}
