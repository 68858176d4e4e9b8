//! What a node's pod is made from, field by field. Comparing it with what a running pod was made from tells whether a
//! restart is needed, and names why. Only short hashes are kept: a setting may be a secret.

use super::{Blueprint, config_map::short_hex};
use klamm_resources::{PoolStorage, ValidatedPool, is_dynamic_setting};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Raised whenever this program renders pods otherwise than its predecessor did, so that running ones are told to be
/// older. A test holds it against the rendered pods.
const RENDERING: u32 = 2;
/// What differs when nothing does but this number: no reason to restart anything by itself.
pub(crate) const OWN_TEMPLATE: &str = "Klamm's own pod template";
/// Stands for the value of a setting that brokers take while they run: another value restarts nothing.
const WHILE_RUNNING: &str = "while running";

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

    /// One hash over all that a restart is needed for.
    pub(crate) fn hash(&self) -> String {
        let lasting: BTreeMap<&String, &String> = self.0.iter().filter(|(_, part)| *part != WHILE_RUNNING).collect();
        hash(&lasting)
    }

    /// What a node made from this lacks to be as `wanted`, in words. A setting that brokers take while they run counts
    /// only when it is gone: its value stands in the file the node was started with.
    pub(crate) fn differences(&self, wanted: &Self) -> BTreeSet<String> {
        let keys: BTreeSet<&String> = self.0.keys().chain(wanted.0.keys()).collect();
        let differs = |key: &&String| match (self.0.get(*key), wanted.0.get(*key)) {
            (_, Some(wanted)) if wanted == WHILE_RUNNING => false,
            (own, wanted) => own != wanted,
        };
        keys.into_iter().filter(differs).cloned().collect()
    }
}

/// What the pods of a pool are made from now.
pub(crate) fn made_from(blueprint: &Blueprint<'_>, pool: &ValidatedPool) -> MadeFrom {
    let managed = blueprint.managed;
    let mut parts = BTreeMap::new();
    let mut add = |name: &str, value: String| {
        parts.insert(name.to_owned(), value);
    };
    add(OWN_TEMPLATE, hash(&RENDERING));
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
        let is_dynamic = is_dynamic_setting(key, managed.version);
        let part = if is_dynamic { WHILE_RUNNING.to_owned() } else { hash(value) };
        add(&format!("config {key}"), part);
    }
    MadeFrom(parts)
}

fn hash(value: &(impl Serialize + ?Sized)) -> String {
    // Plain data of strings and numbers always serialises; if it ever does not, all such values compare as equal, which
    // restarts nothing.
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    short_hex(&Sha256::digest(&bytes))
}
