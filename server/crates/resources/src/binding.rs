//! Which cluster an object means that does not say so in its spec: by annotation, by its namespace, or because there is
//! no doubt. Pure; who asks records the answer on the object, so that a changed default never moves a topic.

use crate::names::annotation;
use klamm_model::ClusterRef;
use std::fmt;

/// A cluster that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterCandidate {
    /// Which.
    pub cluster: ClusterRef,
    /// Whether its `spec.default` is set.
    pub is_default: bool,
}

/// Which cluster is meant, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The cluster.
    pub cluster: ClusterRef,
    /// Why it is the one.
    pub source: BindingSource,
}

/// Why a cluster is the one that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BindingSource {
    /// The object says so.
    Object,
    /// Its namespace says so.
    Namespace,
    /// It is the default.
    Default,
    /// There is no other.
    Only,
}

/// Who carries an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnotationHolder {
    /// The object itself.
    Object,
    /// Its namespace.
    Namespace,
}

impl fmt::Display for AnnotationHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Object => "this object",
            Self::Namespace => "its namespace",
        })
    }
}

/// Why it cannot be said which cluster is meant; the sentence says what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// The annotation is no name of a cluster.
    #[error("the annotation {key} on {holder} is {value:?}: write it as <namespace>/<name of the KafkaCluster>", key = annotation::CLUSTER)]
    InvalidAnnotation {
        /// Who carries it.
        holder: AnnotationHolder,
        /// What it says.
        value: String,
    },
    /// The annotation names a cluster that does not exist.
    #[error("the annotation {key} on {holder} names {cluster}, which does not exist: create that KafkaCluster or correct the annotation", key = annotation::CLUSTER)]
    UnknownCluster {
        /// Who carries it.
        holder: AnnotationHolder,
        /// The cluster it names.
        cluster: ClusterRef,
    },
    /// Several clusters say that they are the default.
    #[error("{} say that they are the default: write the annotation {key}: <namespace>/<name> on this object or its namespace, or set spec.default on one of them only", list(.clusters), key = annotation::CLUSTER)]
    SeveralDefaults {
        /// Those.
        clusters: Vec<ClusterRef>,
    },
    /// Nothing says which of several.
    #[error("it is not said which cluster is meant: write the annotation {key} with one of {} on this object or its namespace", list(.clusters), key = annotation::CLUSTER)]
    Ambiguous {
        /// Those there are.
        clusters: Vec<ClusterRef>,
    },
    /// There is none.
    #[error("there is no KafkaCluster: create one")]
    NoCluster,
}

fn list(clusters: &[ClusterRef]) -> String {
    let names: Vec<_> = clusters.iter().take(5).map(ToString::to_string).collect();
    let more = clusters.len().saturating_sub(names.len());
    if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
}

/// Decides which cluster an object means, from the annotation `klamm.dev/cluster` of the object and of its namespace.
pub fn bind(
    object: Option<&str>,
    namespace: Option<&str>,
    clusters: &[ClusterCandidate],
) -> Result<Binding, BindingError> {
    let annotated = [
        (object, AnnotationHolder::Object, BindingSource::Object),
        (namespace, AnnotationHolder::Namespace, BindingSource::Namespace),
    ];
    for (value, holder, source) in annotated {
        let Some(value) = value else { continue };
        let invalid = || BindingError::InvalidAnnotation { holder, value: value.chars().take(80).collect() };
        let cluster: ClusterRef = value.trim().parse().map_err(|_| invalid())?;
        if clusters.iter().all(|candidate| candidate.cluster != cluster) {
            return Err(BindingError::UnknownCluster { holder, cluster });
        }
        return Ok(Binding { cluster, source });
    }
    let names = |candidates: Vec<&ClusterCandidate>| candidates.iter().map(|c| c.cluster.clone()).collect();
    let defaults: Vec<_> = clusters.iter().filter(|candidate| candidate.is_default).collect();
    match (defaults.as_slice(), clusters) {
        ([one], _) => Ok(Binding { cluster: one.cluster.clone(), source: BindingSource::Default }),
        ([], [one]) => Ok(Binding { cluster: one.cluster.clone(), source: BindingSource::Only }),
        ([], []) => Err(BindingError::NoCluster),
        ([], several) => Err(BindingError::Ambiguous { clusters: names(several.iter().collect()) }),
        (_, _) => Err(BindingError::SeveralDefaults { clusters: names(defaults) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, is_default: bool) -> ClusterCandidate {
        ClusterCandidate { cluster: name.parse().unwrap(), is_default }
    }

    fn bound(object: Option<&str>, namespace: Option<&str>, clusters: &[ClusterCandidate]) -> (String, BindingSource) {
        let binding = bind(object, namespace, clusters).unwrap();
        (binding.cluster.to_string(), binding.source)
    }

    #[test]
    fn the_nearest_word_counts() {
        let clusters = [candidate("kafka/demo", true), candidate("kafka/prod", false), candidate("kafka/test", false)];
        let expect = |name: &str, source| (name.to_owned(), source);
        assert_eq!(
            bound(Some("kafka/prod"), Some("kafka/test"), &clusters),
            expect("kafka/prod", BindingSource::Object)
        );
        assert_eq!(bound(None, Some(" kafka/test "), &clusters), expect("kafka/test", BindingSource::Namespace));
        assert_eq!(bound(None, None, &clusters), expect("kafka/demo", BindingSource::Default));
        assert_eq!(bound(None, None, &clusters[1..2]), expect("kafka/prod", BindingSource::Only));
    }

    #[test]
    fn a_wrong_word_is_not_passed_over() {
        let clusters = [candidate("kafka/demo", true)];
        let unknown = bind(Some("kafka/gone"), None, &clusters).unwrap_err();
        assert!(matches!(unknown, BindingError::UnknownCluster { holder: AnnotationHolder::Object, .. }));
        let invalid = bind(None, Some("demo"), &clusters).unwrap_err();
        assert!(matches!(invalid, BindingError::InvalidAnnotation { holder: AnnotationHolder::Namespace, .. }));
    }

    #[test]
    fn doubt_says_what_to_write() {
        let clusters = [candidate("kafka/a", false), candidate("kafka/b", false)];
        let message = bind(None, None, &clusters).unwrap_err().to_string();
        assert!(message.contains("klamm.dev/cluster") && message.contains("kafka/a, kafka/b"), "{message}");
        let both = [candidate("kafka/a", true), candidate("kafka/b", true)];
        let message = bind(None, None, &both).unwrap_err().to_string();
        assert!(message.contains("kafka/a, kafka/b say that they are the default"), "{message}");
        assert_eq!(bind(None, None, &[]), Err(BindingError::NoCluster));
    }
}
