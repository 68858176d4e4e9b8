//! What an operation is to reach, from its spec. Pure.

use super::made;
use klamm_model::{BrokerId, ClusterRef, NodeRole, TopicName, UnixMillis};
use klamm_planner::operations::{DISK_RESERVE_PERCENT, Declared, Goal, Life, Made, Node, Rules, Scene};
use klamm_resources::{KafkaCluster, KafkaOperation, ManagedCluster, OperationKind};
use kube::ResourceExt;
use std::collections::BTreeSet;

/// What a spec comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// This is to be reached.
    For(Goal),
    /// The declaration of the cluster says something else by now; what, in a sentence.
    Superseded(String),
    /// It cannot be what is meant; why, in a sentence that says what to do.
    Wrong(String),
}

/// What is asked for.
pub(super) fn asked(
    operation: &KafkaOperation,
    object: &KafkaCluster,
    cluster: &ClusterRef,
    declared: &Declared,
    scene: &Scene,
) -> Asked {
    let spec = &operation.spec;
    if let Some(sentence) = wrong_kind(operation, object, cluster) {
        return Asked::Wrong(sentence);
    }
    let brokers: BTreeSet<BrokerId> = spec.brokers.iter().copied().map(BrokerId).collect();
    match spec.kind {
        OperationKind::Restart => match strangers(&brokers, scene, |_| true) {
            Some(sentence) => Asked::Wrong(format!("{sentence}; name others in brokers, or none for all nodes.")),
            None if made::cordoned_for(operation, object).is_some() => Asked::For(Goal::Leave { nodes: brokers }),
            None => Asked::For(Goal::Restart { nodes: brokers, asked: since(operation) }),
        },
        OperationKind::Drain => match strangers(&brokers, scene, |node| node.roles.contains(&NodeRole::Broker)) {
            Some(sentence) => Asked::Wrong(format!("{sentence}; name others in brokers.")),
            None => match made::cordoned_for(operation, object).filter(|_| stand_well(&brokers, scene)) {
                Some(hosts) => Asked::Superseded(format!(
                    "It was to empty what stands on Kubernetes nodes that were cordoned ({hosts}), and nothing stands on cordoned \
                     ones any more."
                )),
                None => Asked::For(Goal::Drain { brokers }),
            },
        },
        OperationKind::Rebalance => replicas(&spec.topics, spec.replication_factor, scene),
        OperationKind::Reconfigure => Asked::For(Goal::Reconfigure),
        OperationKind::Scale => Asked::For(Goal::Scale),
        OperationKind::Upgrade => match spec.version.as_deref() {
            Some(version) if version == declared.version => Asked::For(Goal::Upgrade { to: version.to_owned() }),
            Some(version) => Asked::Superseded(format!(
                "It was to bring the nodes to {version}, and {cluster} is declared with {} by now.",
                declared.version
            )),
            None => Asked::Wrong("It does not say which version is to be reached.".to_owned()),
        },
        OperationKind::Finalise => finalise(spec.metadata_version.as_deref(), cluster, declared),
    }
}

/// Why an operation of its kind cannot be made by hand, if it was.
pub(super) fn wrong_kind(operation: &KafkaOperation, object: &KafkaCluster, cluster: &ClusterRef) -> Option<String> {
    let kind = operation.spec.kind;
    (kind.is_declared() && !made::is_ours(operation, object)).then(|| by_hand(kind, cluster))
}

fn by_hand(kind: OperationKind, cluster: &ClusterRef) -> String {
    let field = match kind {
        OperationKind::Upgrade => "spec.version",
        OperationKind::Finalise => "spec.metadataVersion",
        OperationKind::Scale => "spec.pools (replicas, leaving)",
        OperationKind::Reconfigure => "spec.config, or whatever is to change,",
        OperationKind::Restart | OperationKind::Rebalance | OperationKind::Drain => "it",
    };
    format!(
        "Klamm itself makes operations of kind {}, from what the KafkaCluster says: change {field} of {cluster} instead.",
        kind.name()
    )
}

/// Named nodes that are not there, in a sentence with those that are.
fn strangers(named: &BTreeSet<BrokerId>, scene: &Scene, counts: impl Fn(&Node) -> bool) -> Option<String> {
    let there: BTreeSet<BrokerId> =
        scene.nodes.iter().filter(|(_, node)| node.made != Made::Missing && counts(node)).map(|(id, _)| *id).collect();
    let strange: Vec<String> = named.difference(&there).map(ToString::to_string).collect();
    let there: Vec<String> = there.iter().map(ToString::to_string).collect();
    (!strange.is_empty()).then(|| format!("There is no {} here, only {}", strange.join(", "), there.join(", ")))
}

/// Whether all of them are well and none stands on a cordoned Kubernetes node. Of a pod that is away just now nobody can say so.
fn stand_well(nodes: &BTreeSet<BrokerId>, scene: &Scene) -> bool {
    nodes.iter().all(|id| {
        let is_ready = scene.nodes.get(id).is_some_and(|node| node.life == Life::Ready);
        is_ready && !scene.hosts.contains_key(id)
    })
}

fn since(operation: &KafkaOperation) -> UnixMillis {
    UnixMillis(operation.creation_timestamp().map_or(0, |time| time.0.as_millisecond()))
}

/// Replicas are spread; or, where somebody says how many there are to be, these topics get so many.
fn replicas(named: &[String], factor: Option<i32>, scene: &Scene) -> Asked {
    let Some(factor) = factor else { return topics(named, scene, |topics| Goal::Rebalance { topics }) };
    let factor = match u32::try_from(factor) {
        Ok(factor @ 1..) if !named.is_empty() => factor,
        Ok(1..) => {
            return Asked::Wrong(
                "It does not say of which topics the replication factor is to change; name them in topics.".to_owned(),
            );
        }
        Ok(0) | Err(_) => return Asked::Wrong("A replicationFactor is at least 1.".to_owned()),
    };
    topics(named, scene, |topics| Goal::Factor { factors: topics.into_iter().map(|topic| (topic, factor)).collect() })
}

fn topics(named: &[String], scene: &Scene, goal: impl FnOnce(BTreeSet<TopicName>) -> Goal) -> Asked {
    let mut topics = BTreeSet::new();
    for name in named {
        let Ok(topic) = name.parse::<TopicName>() else {
            return Asked::Wrong(format!(
                "{name:?} is not the name of a topic; name others in topics, or none for all."
            ));
        };
        // What could not be seen is not missing.
        if scene.topics.value().is_some_and(|there| !there.contains_key(&topic)) {
            return Asked::Wrong(format!("There is no topic {topic}; name others in topics, or none for all."));
        }
        topics.insert(topic);
    }
    Asked::For(goal(topics))
}

fn finalise(version: Option<&str>, cluster: &ClusterRef, declared: &Declared) -> Asked {
    match (version, &declared.metadata) {
        (None, _) => Asked::Wrong("It does not say which metadata version is to be reached.".to_owned()),
        (Some(name), Some(metadata)) if *name == metadata.name => {
            Asked::For(Goal::Finalise { name: metadata.name.clone(), levels: metadata.levels.clone() })
        }
        (Some(name), other) => {
            let now = other.as_ref().map_or("none", |metadata| metadata.name.as_str());
            Asked::Superseded(format!(
                "It was to finalise the metadata version {name}, and {cluster} is declared with {now} by now."
            ))
        }
    }
}

/// The rules that hold for an operation.
pub(super) fn rules(managed: &ManagedCluster, operation: &KafkaOperation) -> Rules {
    let roll = &managed.roll;
    Rules {
        isr_headroom: roll.isr_headroom,
        soak_seconds: roll.soak.as_secs(),
        finalise_soak_seconds: roll.finalise_soak.as_secs(),
        max_under_replicated: roll.max_under_replicated.into(),
        accept_unavailable: operation.spec.accept_unavailable.iter().filter_map(|name| name.parse().ok()).collect(),
        throttle: operation.spec.throttle_bytes_per_second.and_then(|rate| u64::try_from(rate).ok()),
        disk_reserve_percent: DISK_RESERVE_PERCENT,
    }
}
