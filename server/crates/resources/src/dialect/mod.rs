//! The topic ConfigMaps of the systems before Klamm: told apart by labels and data keys, read into one
//! [`TopicDeclaration`], and printed back. A dialect decides only how text is read; what happens to the topic is the
//! cluster's.

mod edition;
mod export;
mod print;
pub mod properties;
mod read;
#[cfg(test)]
mod tests;

pub use edition::edition;
pub use export::export_name;
pub use print::{PrintError, print};
pub use read::{is_declaration, parse};

/// Label selector of the talk's ConfigMaps, both of its dialects.
pub const SELECTOR_NB: &str = "config=kafka-topic";
/// Label selector of Strimzi 0.2's ConfigMaps.
pub const SELECTOR_STRIMZI_02: &str = "strimzi.io/kind=topic";

const LABEL_NB: (&str, &str) = ("config", "kafka-topic");
const LABEL_STRIMZI_02: (&str, &str) = ("strimzi.io/kind", "topic");
const ANNOTATION_ALPHA_DELETED: &str = "alpha.topic.kafka.nb/deleted";

const KEY_NAME: &str = "name";
const KEY_PARTITIONS: &str = "partitions";
const KEY_FACTOR_NB: &str = "replication-factor";
const KEY_PROPERTIES: &str = "properties";
const KEY_PARTITIONS_ALPHA: &str = "num.partitions";
const KEY_FACTOR_ALPHA: &str = "repl.factor";
const KEY_FACTOR_STRIMZI: &str = "replicas";
const KEY_CONFIG_STRIMZI: &str = "config";
