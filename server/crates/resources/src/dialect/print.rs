use super::{
    KEY_CONFIG_STRIMZI, KEY_FACTOR_ALPHA, KEY_FACTOR_NB, KEY_FACTOR_STRIMZI, KEY_NAME, KEY_PARTITIONS,
    KEY_PARTITIONS_ALPHA, KEY_PROPERTIES, LABEL_NB, LABEL_STRIMZI_02, properties,
};
use crate::{Deletion, Dialect, TopicDeclaration, names::annotation};
use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use klamm_model::{Namespace, ObjectName};
use std::collections::BTreeMap;

/// A declaration cannot be said in its dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// A KafkaTopic is not a ConfigMap.
    #[error("a KafkaTopic cannot be written as a ConfigMap: choose one of the ConfigMap dialects")]
    NotAConfigMap,
    /// The dialect must say it.
    #[error("the dialect {dialect} needs {key}, which the declaration leaves to the cluster")]
    Missing {
        /// The dialect.
        dialect: Dialect,
        /// What is missing.
        key: &'static str,
    },
}

/// The ConfigMap that says what the declaration says, in its dialect.
pub fn print(
    declaration: &TopicDeclaration,
    namespace: &Namespace,
    object: &ObjectName,
) -> Result<ConfigMap, PrintError> {
    let dialect = declaration.dialect;
    let missing = |key| PrintError::Missing { dialect, key };
    let count = declaration.partitions.map(|count| count.to_string());
    let factor = declaration.replication_factor.map(|factor| factor.to_string());
    let mut data = BTreeMap::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            data.insert(key.to_owned(), value);
        }
    };
    if declaration.name.as_str() != object.as_str() {
        put(KEY_NAME, Some(declaration.name.to_string()));
    }
    let has_config = !declaration.config.is_empty();
    let properties = has_config.then(|| properties::print(&declaration.config));
    let (label, value) = match dialect {
        Dialect::Resource => return Err(PrintError::NotAConfigMap),
        Dialect::Nb => {
            put(KEY_PARTITIONS, count);
            put(KEY_FACTOR_NB, factor);
            put(KEY_PROPERTIES, properties);
            LABEL_NB
        }
        Dialect::NbAlpha => {
            put(KEY_PARTITIONS_ALPHA, count);
            put(KEY_FACTOR_ALPHA, factor);
            put(KEY_PROPERTIES, properties);
            LABEL_NB
        }
        Dialect::Strimzi02 => {
            put(KEY_PARTITIONS, Some(count.ok_or(missing(KEY_PARTITIONS))?));
            put(KEY_FACTOR_STRIMZI, Some(factor.ok_or(missing(KEY_FACTOR_STRIMZI))?));
            put(KEY_CONFIG_STRIMZI, Some(serde_json::json!(declaration.config).to_string()));
            LABEL_STRIMZI_02
        }
    };
    let mut annotations = BTreeMap::new();
    if let Some(deletion) = declaration.deletion {
        let policy = match deletion {
            Deletion::Retain => "retain",
            Deletion::Delete => "delete",
        };
        annotations.insert(annotation::DELETION.to_owned(), policy.to_owned());
    }
    if declaration.paused {
        annotations.insert(annotation::PAUSED.to_owned(), "true".to_owned());
    }
    Ok(ConfigMap {
        metadata: ObjectMeta {
            name: Some(object.to_string()),
            namespace: Some(namespace.to_string()),
            labels: Some(BTreeMap::from([(label.to_owned(), value.to_owned())])),
            annotations: (!annotations.is_empty()).then_some(annotations),
            ..ObjectMeta::default()
        },
        data: Some(data),
        ..ConfigMap::default()
    })
}
