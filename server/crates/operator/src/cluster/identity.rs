//! What a cluster is, beyond its declaration: its id, who founded its quorum, its own passwords.
//!
//! Written once, before anything that depends on it, by a create that fails when it is there already. Whoever comes
//! later, after a crash at any point, reads it back and never makes a second one.

pub(crate) use klamm_resources::managed::{ADMIN_USER, BROKER_USER, CONTROLLER_USER};

use super::labels;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Secret},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use klamm_kafka::{Credentials, Password};
use klamm_model::{ClusterRef, PoolName};
use klamm_resources::managed;
use rand::{Rng, RngCore, distr::Alphanumeric};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A node that was there from the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Founder {
    /// Its pool.
    pub(crate) pool: PoolName,
    /// Whether it votes.
    pub(crate) votes: bool,
    /// For those who vote: the id of the directory that holds the metadata log. None when nobody knows it any more,
    /// and then nobody needs it: the quorum has formed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) directory_id: Option<String>,
    /// Whether an operation took it away since. It still counts where it matters how many there were in the beginning.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) removed: bool,
}

/// What a cluster is. Kept in the ConfigMap `<cluster>-identity`, which nodes read before they format their storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Kafka's cluster id.
    pub(crate) cluster_id: String,
    /// The nodes it was founded with, by id.
    pub(crate) founders: BTreeMap<i32, Founder>,
    /// The metadata version it was founded with, if not the newest of its Kafka.
    pub(crate) release_version: Option<String>,
    /// Whether the quorum has ever had a leader. From then on an empty volume is a loss, not a beginning.
    pub(crate) formed: bool,
}

/// Why the kept identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokenIdentity {
    /// A key is missing.
    #[error(
        "the ConfigMap {name} has no key {key}; restore it from a backup, or take cluster-id from cluster.id in meta.properties on any volume"
    )]
    Missing {
        /// Of which object.
        name: String,
        /// Which one.
        key: &'static str,
    },
    /// The founders do not parse.
    #[error("the key founders of the ConfigMap {name} cannot be read; restore it from a backup")]
    Founders {
        /// Of which object.
        name: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl Identity {
    /// The name of its ConfigMap.
    pub(crate) fn name(cluster: &ClusterRef) -> String {
        format!("{}-identity", cluster.name)
    }

    /// Reads what was kept.
    pub(crate) fn read(object: &ConfigMap) -> Result<Self, BrokenIdentity> {
        let name = object.metadata.name.clone().unwrap_or_default();
        let get = |key: &'static str| {
            let value = object.data.as_ref().and_then(|data| data.get(key)).map(|value| value.trim());
            value.ok_or_else(|| BrokenIdentity::Missing { name: name.clone(), key })
        };
        let cluster_id = get("cluster-id").and_then(|id| {
            if id.is_empty() { Err(BrokenIdentity::Missing { name: name.clone(), key: "cluster-id" }) } else { Ok(id) }
        })?;
        let founders = serde_json::from_str(get("founders")?)
            .map_err(|source| BrokenIdentity::Founders { name: name.clone(), source })?;
        Ok(Self {
            cluster_id: cluster_id.to_owned(),
            founders,
            release_version: get("release-version").ok().filter(|text| !text.is_empty()).map(str::to_owned),
            formed: get("formed")? == "true",
        })
    }

    /// The ConfigMap that keeps it.
    pub(crate) fn object(&self, cluster: &ClusterRef, metadata: ObjectMeta) -> ConfigMap {
        let founders = serde_json::to_string(&self.founders).unwrap_or_default();
        ConfigMap {
            metadata: ObjectMeta { name: Some(Self::name(cluster)), ..metadata },
            data: Some(BTreeMap::from([
                ("cluster-id".to_owned(), self.cluster_id.clone()),
                ("founders".to_owned(), founders),
                ("initial-controllers".to_owned(), self.initial_controllers(cluster)),
                ("release-version".to_owned(), self.release_version.clone().unwrap_or_default()),
                ("formed".to_owned(), self.formed.to_string()),
            ])),
            ..ConfigMap::default()
        }
    }

    /// The founders that vote, by id.
    pub(crate) fn voters(&self) -> impl Iterator<Item = (i32, &Founder)> {
        self.founders.iter().filter(|(_, founder)| founder.votes).map(|(id, founder)| (*id, founder))
    }

    /// As `kafka-storage format --initial-controllers` takes it.
    fn initial_controllers(&self, cluster: &ClusterRef) -> String {
        self.voters()
            .filter_map(|(id, founder)| {
                let directory = founder.directory_id.as_deref()?;
                let host = labels::pod_host(cluster, &founder.pool, id);
                Some(format!("{id}@{host}:{}:{directory}", managed::CONTROLLER_PORT))
            })
            .collect::<Vec<_>>()
            .join(",")
    }

    /// Where nodes look for the quorum (`controller.quorum.bootstrap.servers`).
    pub(crate) fn quorum_servers(&self, cluster: &ClusterRef) -> String {
        let is_there = |(_, founder): &(i32, &Founder)| !founder.removed;
        // Without any of them nobody would find the quorum by this list; then the old one does no harm.
        let has_any = self.voters().any(|voter| is_there(&voter));
        self.voters()
            .filter(|voter| is_there(voter) || !has_any)
            .map(|(id, founder)| {
                format!("{}:{}", labels::pod_host(cluster, &founder.pool, id), managed::CONTROLLER_PORT)
            })
            .collect::<Vec<_>>()
            .join(",")
    }
}

/// The passwords Klamm made for a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterCredentials {
    /// Of [`ADMIN_USER`].
    pub(crate) admin: Password,
    /// Of [`BROKER_USER`].
    pub(crate) broker: Password,
    /// Of [`CONTROLLER_USER`].
    pub(crate) controller: Password,
}

impl ClusterCredentials {
    /// The name of the Secret with the passwords of nodes; that of the admin is [`managed::admin_secret`].
    pub(crate) fn nodes_secret(cluster: &ClusterRef) -> String {
        format!("{}-credentials", cluster.name)
    }

    /// How the operator signs in.
    pub(crate) fn admin_credentials(&self) -> Credentials {
        Credentials::new(ADMIN_USER, self.admin.clone())
    }

    /// The Secret for the operator and for people.
    pub(crate) fn admin_object(&self, cluster: &ClusterRef, metadata: ObjectMeta) -> Secret {
        secret(
            managed::admin_secret(cluster.name.as_str()),
            metadata,
            [("username", ADMIN_USER), ("password", self.admin.reveal())],
        )
    }

    /// The Secret for the nodes.
    pub(crate) fn nodes_object(&self, cluster: &ClusterRef, metadata: ObjectMeta) -> Secret {
        secret(
            Self::nodes_secret(cluster),
            metadata,
            [("broker-password", self.broker.reveal()), ("controller-password", self.controller.reveal())],
        )
    }
}

fn secret<const N: usize>(name: String, metadata: ObjectMeta, entries: [(&str, &str); N]) -> Secret {
    Secret {
        metadata: ObjectMeta { name: Some(name), ..metadata },
        type_: Some("Opaque".to_owned()),
        data: Some(
            entries.into_iter().map(|(key, value)| (key.to_owned(), ByteString(value.as_bytes().to_vec()))).collect(),
        ),
        ..Secret::default()
    }
}

/// A password out of one key of a Secret.
pub(crate) fn password(secret: &Secret, key: &str) -> Option<Password> {
    let bytes = &secret.data.as_ref()?.get(key)?.0;
    let text = std::str::from_utf8(bytes).ok()?.trim_end_matches('\n');
    (!text.is_empty()).then(|| Password::new(text))
}

/// A new password: about 190 bits, of characters that need no quoting anywhere.
pub(crate) fn new_password(random: &mut impl Rng) -> Password {
    Password::new((0..32).map(|_| char::from(random.sample(Alphanumeric))).collect::<String>())
}

/// A new id in Kafka's form (`org.apache.kafka.common.Uuid`): never one that a command line takes for an option.
pub(crate) fn new_kafka_id(random: &mut impl RngCore) -> String {
    loop {
        let mut bytes = [0; 16];
        random.fill_bytes(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let id = URL_SAFE_NO_PAD.encode(bytes);
        if !id.starts_with('-') {
            return id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    fn identity() -> Identity {
        let founder = |directory: Option<&str>| Founder {
            pool: PoolName::new("main").unwrap(),
            votes: directory.is_some(),
            directory_id: directory.map(str::to_owned),
            removed: false,
        };
        Identity {
            cluster_id: "pmyVc4stTbuuYqy4opmROg".to_owned(),
            founders: BTreeMap::from([(0, founder(Some("17pesw-7SHWF7F1QHR5EKg"))), (1, founder(None))]),
            release_version: None,
            formed: false,
        }
    }

    #[test]
    fn an_identity_is_read_back_as_it_was_written() {
        let cluster: ClusterRef = "kafka/demo".parse().unwrap();
        for wanted in [identity(), Identity { formed: true, release_version: Some("4.1-IV0".to_owned()), ..identity() }]
        {
            let object = wanted.object(&cluster, ObjectMeta::default());
            assert_eq!(Identity::read(&object).unwrap(), wanted);
        }
        let data = identity().object(&cluster, ObjectMeta::default()).data.unwrap();
        assert_eq!(data["initial-controllers"], "0@demo-main-0-0.demo-brokers.kafka.svc:9093:17pesw-7SHWF7F1QHR5EKg",);
    }

    #[test]
    fn a_damaged_identity_is_an_error_that_names_the_key() {
        let cluster: ClusterRef = "kafka/demo".parse().unwrap();
        for key in ["cluster-id", "founders", "formed"] {
            let mut object = identity().object(&cluster, ObjectMeta::default());
            object.data.as_mut().unwrap().remove(key);
            let error = Identity::read(&object).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains("demo-identity"), "{error}");
        }
    }

    #[test]
    fn new_ids_look_like_kafkas_own() {
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..1000 {
            let id = new_kafka_id(&mut random);
            assert_eq!(id.len(), 22);
            assert!(!id.starts_with('-'));
        }
    }

    #[test]
    fn new_passwords_need_no_quoting_and_differ() {
        let mut random = StdRng::seed_from_u64(1);
        let (a, b) = (new_password(&mut random), new_password(&mut random));
        assert_ne!(a, b);
        assert!(a.reveal().len() == 32 && a.reveal().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn secrets_are_read_back_and_never_printed() {
        let cluster: ClusterRef = "kafka/demo".parse().unwrap();
        let mut random = StdRng::seed_from_u64(1);
        let credentials = ClusterCredentials {
            admin: new_password(&mut random),
            broker: new_password(&mut random),
            controller: new_password(&mut random),
        };
        let admin = credentials.admin_object(&cluster, ObjectMeta::default());
        assert_eq!(password(&admin, "password").unwrap(), credentials.admin);
        let nodes = credentials.nodes_object(&cluster, ObjectMeta::default());
        assert_eq!(password(&nodes, "controller-password").unwrap(), credentials.controller);
        assert_eq!(password(&nodes, "nothing"), None);
        assert!(!format!("{credentials:?}").contains(credentials.admin.reveal()));
    }
}
