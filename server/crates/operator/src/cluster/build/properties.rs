//! `server.properties` of a pool, as a template: the start script fills in what differs between its nodes.

use super::Blueprint;
use klamm_resources::{Authentication, Exposure, KafkaVersion, ValidatedListener, ValidatedPool, managed};
use std::fmt::Write as _;

use crate::cluster::identity::{ADMIN_USER, BROKER_USER, CONTROLLER_USER};

/// Where a node keeps everything of Kafka's, one level below the volume: a volume's root may hold what is not Kafka's.
const LOG_DIR: &str = "/var/lib/kafka/data/kafka";
/// Below this heap the default buffer of the log cleaner alone (128 MiB) ends a recovery with an OutOfMemoryError.
const SMALL_HEAP: u64 = 512 << 20;

/// Name of a listener in Kafka: upper case, as everybody writes them.
pub(super) fn kafka_listener(listener: &ValidatedListener) -> String {
    listener.name.to_ascii_uppercase()
}

/// The template of a pool.
pub(super) fn server_properties(blueprint: &Blueprint<'_>, pool: &ValidatedPool) -> String {
    let mut text = String::new();
    let managed_config = owned(blueprint, pool);
    for (key, value) in managed_config.iter().chain(&settings(blueprint, pool)) {
        let _ = writeln!(text, "{}={}", escape_key(key), escape(value));
    }
    text
}

/// What people may set, as it is declared.
pub(super) fn settings(blueprint: &Blueprint<'_>, pool: &ValidatedPool) -> Vec<(String, String)> {
    let mut settings = defaults(blueprint, pool);
    for (key, value) in &blueprint.managed.config {
        settings.retain(|(name, _)| name != key);
        settings.push((key.clone(), value.clone()));
    }
    settings
}

/// What Klamm sets and nobody may override.
fn owned(blueprint: &Blueprint<'_>, pool: &ValidatedPool) -> Vec<(String, String)> {
    let cluster = blueprint.cluster;
    let mut listeners = Vec::new();
    let mut advertised = Vec::new();
    let mut protocols = vec!["CONTROLLER:SASL_PLAINTEXT".to_owned(), "INTERNAL:SASL_PLAINTEXT".to_owned()];
    let host = format!("@POD_NAME@.{}.{}.svc", managed::brokers_service(cluster.name.as_str()), cluster.namespace);
    let mut add = |name: &str, port: u16, advertise: String| {
        listeners.push(format!("{name}://@ADDRESS@:{port}"));
        advertised.push(format!("{name}://{advertise}"));
    };
    if pool.is_controller() {
        // By name: the voters remember each other's addresses, and a pod's address changes.
        add("CONTROLLER", managed::CONTROLLER_PORT, format!("{host}:{}", managed::CONTROLLER_PORT));
    }
    let mut sasl = Vec::new();
    if pool.is_broker() {
        add("INTERNAL", managed::INTERNAL_PORT, format!("{host}:{}", managed::INTERNAL_PORT));
        for listener in &blueprint.managed.listeners {
            let name = kafka_listener(listener);
            let advertise = match listener.exposure {
                Exposure::Internal => format!("{host}:{}", listener.port),
                Exposure::Loopback => format!("@ADDRESS@:{}", listener.port),
                Exposure::NodePort => format!("@HOST_IP@:@NODE_PORT_{name}@"),
            };
            add(&name, listener.port, advertise);
            match listener.authentication {
                Authentication::None => protocols.push(format!("{name}:PLAINTEXT")),
                Authentication::ScramSha512 => {
                    protocols.push(format!("{name}:SASL_PLAINTEXT"));
                    sasl.push((
                        format!("listener.name.{}.scram-sha-512.sasl.jaas.config", listener.name),
                        "org.apache.kafka.common.security.scram.ScramLoginModule required;".to_owned(),
                    ));
                }
            }
        }
    }
    let roles = match (pool.is_broker(), pool.is_controller()) {
        (true, true) => "broker,controller",
        (true, false) => "broker",
        (false, _) => "controller",
    };
    let super_users = [ADMIN_USER, BROKER_USER, CONTROLLER_USER]
        .into_iter()
        .map(|user| format!("User:{user}"))
        .chain(blueprint.managed.super_users.iter().cloned())
        .collect::<Vec<_>>()
        .join(";");
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let mut settings = vec![
        pair("process.roles", roles),
        pair("node.id", "@NODE_ID@"),
        pair("controller.quorum.bootstrap.servers", &blueprint.identity.quorum_servers(cluster)),
        pair("controller.listener.names", "CONTROLLER"),
        pair("listeners", &listeners.join(",")),
        pair("advertised.listeners", &advertised.join(",")),
        pair("listener.security.protocol.map", &protocols.join(",")),
        pair("sasl.mechanism.inter.broker.protocol", "SCRAM-SHA-512"),
        pair("sasl.mechanism.controller.protocol", "PLAIN"),
        pair("sasl.enabled.mechanisms", "SCRAM-SHA-512"),
        pair("listener.name.controller.sasl.enabled.mechanisms", "PLAIN"),
        pair("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
        pair("super.users", &super_users),
        pair("allow.everyone.if.no.acl.found", "false"),
        pair("log.dirs", LOG_DIR),
    ];
    if pool.is_broker() {
        // A node that is only a controller has no such listener, and Kafka refuses the name of one.
        settings.insert(5, pair("inter.broker.listener.name", "INTERNAL"));
    }
    settings.extend(sasl);
    settings
}

/// What Klamm sets unless the declaration says otherwise.
fn defaults(blueprint: &Blueprint<'_>, pool: &ValidatedPool) -> Vec<(String, String)> {
    let brokers = blueprint.founding_brokers();
    let factor = brokers.clamp(1, 3);
    // One replica may be missing, where there are three.
    let in_sync = if factor >= 3 { 2 } else { 1 };
    let mut settings: Vec<(String, String)> = [
        ("auto.create.topics.enable", "false".to_owned()),
        ("default.replication.factor", factor.to_string()),
        ("min.insync.replicas", in_sync.to_string()),
        ("offsets.topic.replication.factor", factor.to_string()),
        ("transaction.state.log.replication.factor", factor.to_string()),
        ("transaction.state.log.min.isr", in_sync.to_string()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    if knows_share_groups(blueprint.managed.version) {
        settings.push(("share.coordinator.state.topic.replication.factor".to_owned(), factor.to_string()));
        settings.push(("share.coordinator.state.topic.min.isr".to_owned(), in_sync.to_string()));
    }
    if pool.heap_bytes < SMALL_HEAP {
        settings.push(("log.cleaner.dedupe.buffer.size".to_owned(), (8 << 20).to_string()));
    }
    settings
}

fn knows_share_groups(version: KafkaVersion) -> bool {
    (version.major, version.minor) >= (4, 1)
}

/// A value in a Java properties file.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for (i, character) in value.chars().enumerate() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            ' ' if i == 0 => escaped.push_str("\\ "),
            ' '..='~' => escaped.push(character),
            other => {
                let mut units = [0; 2];
                for unit in other.encode_utf16(&mut units) {
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
    }
    escaped
}

/// A key in a Java properties file.
fn escape_key(key: &str) -> String {
    let mut escaped = String::with_capacity(key.len());
    for character in escape(key).chars() {
        if matches!(character, ' ' | ':' | '=' | '#' | '!') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_become_another_setting() {
        assert_eq!(escape("a\nsuper.users=User:me"), "a\\nsuper.users=User:me");
        assert_eq!(escape("c:\\d"), "c:\\\\d");
        assert_eq!(escape(" x"), "\\ x");
        assert_eq!(escape("ü😀"), "\\u00fc\\ud83d\\ude00");
        assert_eq!(escape_key("a=b c"), "a\\=b\\ c");
    }
}
