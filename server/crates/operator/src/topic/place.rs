//! Which cluster an object means, and whether there is one.

use super::{
    index::Place,
    object::{Declared, NamedCluster},
};
use klamm_model::{ClusterRef, Namespace};
use klamm_resources::{BindingError, ClusterCandidate, KafkaCluster, TopicReason, bind};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Why an object belongs to no topic of any cluster.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Misplaced {
    pub(super) reason: TopicReason,
    pub(super) message: String,
}

/// What there is to choose from.
pub(super) struct Surroundings {
    pub(super) clusters: BTreeMap<ClusterRef, Arc<KafkaCluster>>,
    /// The annotation `klamm.dev/cluster` of namespaces that have one.
    pub(super) namespaces: HashMap<Namespace, String>,
}

/// Where an object belongs. The cluster it was bound to first stays its cluster.
pub(super) fn place(declared: &Declared, around: &Surroundings) -> Place {
    let cluster = match bound(declared).map_or_else(|| chosen(declared, around), Ok) {
        Ok(cluster) => cluster,
        Err(misplaced) => return Place::Nowhere(misplaced),
    };
    match (declared.topic(), &declared.reading) {
        (Some(topic), _) if around.clusters.contains_key(&cluster) => Place::Topic(cluster, topic),
        (_, Err(problem)) => Place::Nowhere(Misplaced { reason: TopicReason::InvalidSpec, message: problem.clone() }),
        (_, Ok(_)) => Place::Nowhere(Misplaced {
            reason: TopicReason::ClusterNotFound,
            message: format!("there is no KafkaCluster {cluster}; create it, or name another cluster"),
        }),
    }
}

fn bound(declared: &Declared) -> Option<ClusterRef> {
    declared.record.status.cluster.as_deref()?.parse().ok()
}

fn chosen(declared: &Declared, around: &Surroundings) -> Result<ClusterRef, Misplaced> {
    match &declared.names_cluster {
        NamedCluster::Spec(cluster) => Ok(cluster.clone()),
        NamedCluster::Annotation(written) => binding(declared, written.as_deref(), around),
        NamedCluster::Unreadable => {
            let message = match &declared.reading {
                Err(problem) => problem.clone(),
                Ok(_) => "spec.cluster names no cluster that could exist; write the name of a KafkaCluster".to_owned(),
            };
            Err(Misplaced { reason: TopicReason::InvalidSpec, message })
        }
    }
}

fn binding(declared: &Declared, written: Option<&str>, around: &Surroundings) -> Result<ClusterRef, Misplaced> {
    let candidate = |(cluster, object): (&ClusterRef, &Arc<KafkaCluster>)| ClusterCandidate {
        cluster: cluster.clone(),
        is_default: object.spec.default,
    };
    let candidates: Vec<_> = around.clusters.iter().map(candidate).collect();
    let of_namespace = around.namespaces.get(&declared.key.namespace).map(String::as_str);
    bind(written, of_namespace, &candidates).map(|binding| binding.cluster).map_err(|error| Misplaced {
        reason: match &error {
            BindingError::InvalidAnnotation { .. } => TopicReason::InvalidSpec,
            BindingError::UnknownCluster { .. } | BindingError::NoCluster => TopicReason::ClusterNotFound,
            BindingError::SeveralDefaults { .. } | BindingError::Ambiguous { .. } => TopicReason::ClusterAmbiguous,
        },
        message: error.to_string(),
    })
}
