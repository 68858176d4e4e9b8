//! What a pool's nodes are started with. Its name carries a hash of its content: a container that restarts in place
//! finds what it was started with, or all of something new, never half of it.

use super::{Blueprint, properties::server_properties};
use crate::cluster::labels;
use k8s_openapi::api::core::v1::ConfigMap;
use klamm_resources::{ValidatedPool, names::label};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};

const START: &str = include_str!("files/start.sh");
const EXPORTER: &str = include_str!("files/jmx-exporter.yaml");
const JOLOKIA: &str = include_str!("files/jolokia-access.xml");
const LOG4J2: &str = include_str!("files/log4j2.yaml");
const LOG4J1: &str = include_str!("files/log4j.properties");

pub(super) fn config_map(blueprint: &Blueprint<'_>, pool: &ValidatedPool) -> ConfigMap {
    let logging = logging(blueprint);
    let data: BTreeMap<String, String> = [
        ("start.sh", START.to_owned()),
        ("server.properties", server_properties(blueprint, pool)),
        ("jmx-exporter.yaml", EXPORTER.to_owned()),
        ("jolokia-access.xml", JOLOKIA.to_owned()),
        (logging.file, logging.text.to_owned()),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text))
    .collect();
    let name = format!("{}-{}-{}", blueprint.cluster.name, pool.name, content_hash(&data));
    let mut metadata = labels::owned(name, blueprint.cluster, blueprint.owner);
    let extra = [(label::POOL, pool.name.as_str()), (label::COMPONENT, "node-config")];
    metadata
        .labels
        .get_or_insert_default()
        .extend(extra.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())));
    ConfigMap { metadata, data: Some(data), immutable: Some(true), ..ConfigMap::default() }
}

/// How a node is told what to log.
pub(super) struct Logging {
    /// The system property that names the file.
    pub(super) property: &'static str,
    pub(super) file: &'static str,
    text: &'static str,
}

/// Kafka left log4j 1 with version 4.
pub(super) fn logging(blueprint: &Blueprint<'_>) -> Logging {
    if blueprint.managed.version.major >= 4 {
        Logging { property: "log4j2.configurationFile", file: "log4j2.yaml", text: LOG4J2 }
    } else {
        Logging { property: "log4j.configuration", file: "log4j.properties", text: LOG4J1 }
    }
}

fn content_hash(data: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (name, text) in data {
        for part in [name, text] {
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    short_hex(&hash.finalize())
}

/// The first ten digits: enough to tell a few dozen apart.
pub(super) fn short_hex(hash: &[u8]) -> String {
    hash.iter().take(5).fold(String::with_capacity(10), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
