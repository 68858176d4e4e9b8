//! Credentials for workloads, as the talk of 2017 showed them: a label and annotations on a Deployment say which topics it
//! reads and writes, and a Secret appears for it. Here is how that is read, printed and marked; nobody in here acts.

mod annotations;
mod mark;
#[cfg(test)]
mod tests;
mod workload;

pub use annotations::{
    ANNOTATION_CONSUMES, ANNOTATION_PRODUCES, ANNOTATION_SECRET, Injection, InjectionProblem, InjectionReading,
};
pub use mark::InjectedFor;
pub use workload::{NoWorkload, Workload, WorkloadKind};

/// Label selector of workloads that want a credential.
pub const SELECTOR: &str = "kafka-operator=inject-credentials";
/// The label of [`SELECTOR`].
pub const LABEL: (&str, &str) = ("kafka-operator", "inject-credentials");

/// Label on what was made for a workload: the operator's own name.
pub const LABEL_GENERATOR: &str = "generator";
/// Label on a workload's Secret.
pub const LABEL_SECRET: (&str, &str) = ("config", "kafka-topic-credentials");
/// Annotation on a workload's Secret: when its credential was made.
pub const ANNOTATION_GENERATED: &str = "topic.kafka.nb/generated";

/// In `app.kubernetes.io/component` of a KafkaUser that was made for a workload.
pub const COMPONENT: &str = "injected-credential";

/// The operator's name in [`LABEL_GENERATOR`] where nobody configured another.
pub const DEFAULT_GENERATOR: &str = "kafka-topic-operator";

/// Whether a text may stand in a label: what [`LABEL_GENERATOR`] needs.
pub fn is_label_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
