//! What a node's pod is made from, field by field. Comparing it with what a running pod was made from tells whether a
//! restart is needed, and names why. Only short hashes are kept: a setting may be a secret.

use super::{Blueprint, config_map::short_hex};
use klamm_resources::{PoolStorage, ValidatedPool};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Raised whenever this program renders pods otherwise than its predecessor did, so that running ones are told to be
/// older. A test holds it against the rendered pods.
const RENDERING: u32 = 1;

/// Hashes of what a pod was made from, by the name people know it by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MadeFrom(BTreeMap<String, String>);

impl MadeFrom {
    /// Reads what a StatefulSet was annotated with. Something unreadable equals nothing.
    pub(crate) fn read(annotation: &str) -> Self {
        Self(serde_json::from_str(annotation).unwrap_or_default())
    }

    /// For the annotation.
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// One hash over all.
    pub(crate) fn hash(&self) -> String {
        hash(&self.0)
    }

    /// What differs, in words.
    pub(crate) fn differences(&self, other: &Self) -> BTreeSet<String> {
        let keys: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        keys.into_iter().filter(|key| self.0.get(*key) != other.0.get(*key)).cloned().collect()
    }
}

/// What the pods of a pool are made from now.
pub(crate) fn made_from(blueprint: &Blueprint<'_>, pool: &ValidatedPool) -> MadeFrom {
    let managed = blueprint.managed;
    let mut parts = BTreeMap::new();
    let mut add = |name: &str, value: String| {
        parts.insert(name.to_owned(), value);
    };
    add("Klamm's own pod template", hash(&RENDERING));
    add("version", hash(&managed.version.to_string()));
    add("image", hash(&blueprint.image()));
    add("roles", hash(&(pool.is_broker(), pool.is_controller())));
    add("jvm.heap", hash(&pool.heap_bytes));
    add("jvm.options", hash(&pool.jvm_options));
    add("resources", hash(&pool.resources));
    add("nodeSelector", hash(&pool.node_selector));
    add("affinity", hash(&pool.affinity));
    add("tolerations", hash(&pool.tolerations));
    add("topologySpreadConstraints", hash(&pool.topology_spread_constraints));
    add("rack.topologyKey", hash(&managed.rack_topology_key));
    add("authorization.superUsers", hash(&managed.super_users));
    add("readiness", hash(&managed.readiness));
    add("monitoring", hash(&(managed.exporter_port, managed.jolokia_port)));
    add(
        "storage.type",
        match &pool.storage {
            PoolStorage::Persistent { .. } => hash(&"persistent"),
            PoolStorage::Ephemeral { size, .. } => hash(&("ephemeral", size)),
        },
    );
    if pool.is_broker() {
        for listener in &managed.listeners {
            let value = (listener.port, listener.authentication, listener.exposure);
            add(&format!("listener {}", listener.name), hash(&value));
        }
    }
    for (key, value) in &managed.config {
        add(&format!("config {key}"), hash(value));
    }
    MadeFrom(parts)
}

fn hash(value: &(impl Serialize + ?Sized)) -> String {
    // Plain data of strings and numbers always serialises; if it ever does not, all such values compare as equal, which
    // restarts nothing.
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    short_hex(&Sha256::digest(&bytes))
}
