//! Broker settings that Klamm decides itself. Setting them by hand would break what it makes around the brokers.

/// Why a setting may not stand in `spec.config`; none if it may.
pub fn is_reserved_setting(key: &str) -> Option<&'static str> {
    let exact = RESERVED.iter().find(|(name, _)| *name == key);
    let prefixed = || RESERVED_PREFIXES.iter().find(|(prefix, _)| key.starts_with(prefix));
    exact.or_else(prefixed).map(|(_, instead)| *instead)
}

const NODES: &str = "Klamm gives every node its identity: remove it";
const QUORUM: &str = "Klamm forms and keeps the quorum: remove it";
const LISTENERS: &str = "Klamm sets this from spec.listeners: declare a listener there";
const SECURITY: &str = "Klamm sets this from the listeners' authentication: remove it";
const STORAGE: &str = "Klamm sets this from the pool's storage: remove it";
const ZOOKEEPER: &str = "Klamm runs Kafka without ZooKeeper: remove it";

const RESERVED: &[(&str, &str)] = &[
    ("node.id", NODES),
    ("broker.id", NODES),
    ("broker.id.generation.enable", NODES),
    ("process.roles", "Klamm sets this from the pool's roles: remove it"),
    ("broker.rack", "Klamm sets this from the node's zone: use spec.rack.topologyKey"),
    ("listeners", LISTENERS),
    ("advertised.listeners", LISTENERS),
    ("early.start.listeners", LISTENERS),
    ("control.plane.listener.name", LISTENERS),
    ("inter.broker.listener.name", LISTENERS),
    ("security.inter.broker.protocol", SECURITY),
    ("inter.broker.protocol.version", "use spec.metadataVersion"),
    ("authorizer.class.name", SECURITY),
    ("super.users", "use spec.authorization.superUsers"),
    ("allow.everyone.if.no.acl.found", "access is granted by KafkaUser and KafkaGrant: remove it"),
    ("log.dir", STORAGE),
    ("log.dirs", STORAGE),
    ("metadata.log.dir", STORAGE),
];

const RESERVED_PREFIXES: &[(&str, &str)] = &[
    ("listener.", LISTENERS),
    ("controller.quorum.voters", QUORUM),
    ("controller.quorum.bootstrap.servers", QUORUM),
    ("controller.listener.names", QUORUM),
    ("sasl.", SECURITY),
    ("ssl.", SECURITY),
    ("zookeeper.", ZOOKEEPER),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_klamm_decides_is_reserved_and_the_rest_is_not() {
        for key in
            ["node.id", "listeners", "listener.name.clients.sasl.mechanisms", "sasl.enabled.mechanisms", "log.dirs"]
        {
            assert!(is_reserved_setting(key).is_some(), "{key}");
        }
        for key in [
            "min.insync.replicas",
            "log.retention.ms",
            "log.cleaner.dedupe.buffer.size",
            "controller.quorum.election.timeout.ms",
            "auto.create.topics.enable",
            "num.partitions",
        ] {
            assert!(is_reserved_setting(key).is_none(), "{key}");
        }
    }
}
