//! Names of findings: the same for as long as it is the same trouble, and after a restart.

use klamm_model::{ClusterRef, FindingRule, FindingSubject};

/// `fnd_<rule>_<sixteen digits>`, made from cluster, rule and subject.
pub(super) fn of(cluster: &ClusterRef, rule: FindingRule, subject: &FindingSubject) -> String {
    let about = format!("{cluster} {} {}", rule.name(), words(subject));
    format!("fnd_{}_{:016x}", rule.name(), fnv(about.as_bytes()))
}

fn words(subject: &FindingSubject) -> String {
    match subject {
        FindingSubject::Cluster => "cluster".to_owned(),
        FindingSubject::Broker(id) => format!("broker {id}"),
        FindingSubject::Volume(id, path) => format!("volume {id} {path}"),
        FindingSubject::Topic(name) => format!("topic {name}"),
        FindingSubject::Group(id) => format!("group {id}"),
        FindingSubject::Target(pod) => format!("target {pod}"),
        FindingSubject::Credential(name) => format!("credential {name}"),
    }
}

/// FNV-1a of 64 bits: the database keeps what it gives, so it must never become another one.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::BrokerId;

    #[test]
    fn names_stay_what_they_are_and_differ_by_cluster_rule_and_subject() {
        let (demo, prod): (ClusterRef, ClusterRef) = ("kafka/demo".parse().unwrap(), "kafka/prod".parse().unwrap());
        let broker = |id| FindingSubject::Broker(BrokerId(id));
        let first = of(&demo, FindingRule::BrokerDown, &broker(1));
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c, "as others count it");
        assert!(first.starts_with("fnd_brokerDown_") && first.len() == 31, "{first}");
        let others = [
            of(&prod, FindingRule::BrokerDown, &broker(1)),
            of(&demo, FindingRule::BrokerDown, &broker(2)),
            of(&demo, FindingRule::QuorumLag, &broker(1)),
            of(&demo, FindingRule::BrokerDown, &FindingSubject::Cluster),
        ];
        assert!(others.iter().all(|other| *other != first), "{others:?}");
    }
}
