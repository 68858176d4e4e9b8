use super::{
    ANNOTATION_ALPHA_DELETED, KEY_CONFIG_STRIMZI, KEY_FACTOR_ALPHA, KEY_FACTOR_NB, KEY_FACTOR_STRIMZI, KEY_NAME,
    KEY_PARTITIONS, KEY_PARTITIONS_ALPHA, KEY_PROPERTIES, LABEL_NB, LABEL_STRIMZI_02, properties,
};
use crate::{
    Config, Deletion, Dialect, InvalidSpec, TopicDeclaration,
    invalid::Problems,
    names::annotation,
    topic::{partitions, replication_factor},
};
use k8s_openapi::api::core::v1::ConfigMap;
use klamm_model::TopicName;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a ConfigMap's labels say that it declares a topic.
pub fn is_declaration(config_map: &ConfigMap) -> bool {
    has_label(config_map, LABEL_NB) || has_label(config_map, LABEL_STRIMZI_02)
}

/// Reads a ConfigMap that declares a topic; every problem is named.
pub fn parse(config_map: &ConfigMap) -> Result<TopicDeclaration, InvalidSpec> {
    let mut reader = Reader {
        data: config_map.data.as_ref(),
        problems: Problems::default(),
        warnings: Vec::new(),
        known: BTreeSet::from([KEY_NAME]),
    };
    let dialect = reader.dialect(config_map);
    let name = reader.name(config_map);
    let (count, factor, config) = match dialect {
        Dialect::Strimzi02 => {
            let count = reader.number(KEY_PARTITIONS, partitions);
            let factor = reader.number(KEY_FACTOR_STRIMZI, replication_factor);
            for key in [KEY_PARTITIONS, KEY_FACTOR_STRIMZI] {
                if reader.get(key).is_none() {
                    reader.problems.invalid(field(key), format!("{key} is missing: this dialect needs it"));
                }
            }
            (count, factor, reader.json())
        }
        // The talk's two dialects were often mixed in one object; each key is taken from where it stands.
        Dialect::Nb | Dialect::NbAlpha | Dialect::Resource => {
            let count = reader.either(KEY_PARTITIONS, KEY_PARTITIONS_ALPHA, partitions);
            let factor = reader.either(KEY_FACTOR_NB, KEY_FACTOR_ALPHA, replication_factor);
            (count, factor, reader.properties())
        }
    };
    let deletion = reader.deletion(config_map);
    let paused = annotation_of(config_map, annotation::PAUSED) == Some("true");
    reader.warn_about_the_rest(config_map);
    match name {
        Some(name) if reader.problems.is_empty() => Ok(TopicDeclaration {
            dialect,
            name,
            partitions: count,
            replication_factor: factor,
            config,
            deletion,
            paused,
            warnings: reader.warnings,
        }),
        _ => Err(reader.problems.into_error()),
    }
}

fn has_label(config_map: &ConfigMap, (key, value): (&str, &str)) -> bool {
    let labels = config_map.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get(key)).is_some_and(|found| found == value)
}

fn annotation_of<'a>(config_map: &'a ConfigMap, key: &str) -> Option<&'a str> {
    config_map.metadata.annotations.as_ref()?.get(key).map(String::as_str)
}

fn field(key: &str) -> String {
    format!("data[{key}]")
}

struct Reader<'a> {
    data: Option<&'a BTreeMap<String, String>>,
    problems: Problems,
    warnings: Vec<String>,
    known: BTreeSet<&'a str>,
}

impl<'a> Reader<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        self.data?.get(key).map(String::as_str)
    }

    fn dialect(&mut self, config_map: &ConfigMap) -> Dialect {
        match (has_label(config_map, LABEL_NB), has_label(config_map, LABEL_STRIMZI_02)) {
            (true, true) => {
                self.problems.invalid(
                    "metadata.labels",
                    "config=kafka-topic and strimzi.io/kind=topic are two dialects: remove one of the labels",
                );
                Dialect::Nb
            }
            (false, true) => Dialect::Strimzi02,
            (false, false) => {
                let message = "no label says that this declares a topic: add config=kafka-topic";
                self.problems.invalid("metadata.labels", message);
                Dialect::Nb
            }
            (true, false) => {
                let has = |key| self.get(key).is_some();
                let is_alpha =
                    (has(KEY_PARTITIONS_ALPHA) || has(KEY_FACTOR_ALPHA)) && !has(KEY_PARTITIONS) && !has(KEY_FACTOR_NB);
                if is_alpha { Dialect::NbAlpha } else { Dialect::Nb }
            }
        }
    }

    fn name(&mut self, config_map: &ConfigMap) -> Option<TopicName> {
        match self.get(KEY_NAME).map(str::trim) {
            Some("") => {
                let message =
                    "the name is empty: write the topic's name, or remove the key to take that of the ConfigMap";
                self.problems.invalid(field(KEY_NAME), message);
                None
            }
            Some(name) => self.problems.take(field(KEY_NAME), name.parse()),
            None => {
                self.problems.take("metadata.name", config_map.metadata.name.as_deref().unwrap_or_default().parse())
            }
        }
    }

    fn number<T>(&mut self, key: &'a str, check: fn(i64) -> Result<T, String>) -> Option<T> {
        self.known.insert(key);
        let text = self.get(key)?.trim();
        let number: Result<i64, String> = text.parse().map_err(|_| {
            format!("{text:?} is not a number: write a whole number, or remove the key to take what the cluster gives")
        });
        self.problems.take(field(key), number.and_then(check))
    }

    fn either<T: PartialEq>(&mut self, key: &'a str, alpha: &'a str, check: fn(i64) -> Result<T, String>) -> Option<T> {
        let (value, alpha_value) = (self.number(key, check), self.number(alpha, check));
        match (&value, &alpha_value) {
            (Some(a), Some(b)) if a != b => {
                self.problems.invalid(field(alpha), format!("it contradicts {key}: keep one of them"));
            }
            _ => {}
        }
        value.or(alpha_value)
    }

    fn properties(&mut self) -> BTreeMap<String, String> {
        self.known.insert(KEY_PROPERTIES);
        let Some(text) = self.get(KEY_PROPERTIES) else { return BTreeMap::new() };
        let mut config = BTreeMap::new();
        match properties::parse(text) {
            Ok(entries) => {
                for entry in entries {
                    let place = format!("{}, line {}", field(KEY_PROPERTIES), entry.line);
                    if entry.key.is_empty() || entry.key.contains(char::is_whitespace) {
                        self.problems.invalid(place, "there is no key here: write key=value");
                    } else if config.insert(entry.key.clone(), entry.value.trim().to_owned()).is_some() {
                        self.warnings.push(format!("{place}: {} is set twice; the last one counts", entry.key));
                    }
                }
            }
            Err(error) => {
                let place = format!("{}, line {}", field(KEY_PROPERTIES), error.line());
                self.problems.invalid(place, error.to_string());
            }
        }
        config
    }

    fn json(&mut self) -> BTreeMap<String, String> {
        self.known.insert(KEY_CONFIG_STRIMZI);
        let Some(text) = self.get(KEY_CONFIG_STRIMZI).map(str::trim).filter(|text| !text.is_empty()) else {
            return BTreeMap::new();
        };
        match serde_json::from_str::<Config>(text) {
            Ok(config) => self.problems.config(&field(KEY_CONFIG_STRIMZI), &config),
            Err(error) => {
                let place = format!("{}, line {}", field(KEY_CONFIG_STRIMZI), error.line());
                let message = format!(
                    "it is not a JSON object of settings, near column {}: write {{\"key\": \"value\"}}",
                    error.column()
                );
                self.problems.invalid(place, message);
                BTreeMap::new()
            }
        }
    }

    fn deletion(&mut self, config_map: &ConfigMap) -> Option<Deletion> {
        match annotation_of(config_map, annotation::DELETION)?.trim() {
            "retain" => Some(Deletion::Retain),
            "delete" => Some(Deletion::Delete),
            other => {
                let message = format!("{other:?} is no deletion policy: write retain or delete");
                self.problems.invalid(format!("metadata.annotations[{}]", annotation::DELETION), message);
                None
            }
        }
    }

    fn warn_about_the_rest(&mut self, config_map: &ConfigMap) {
        let unknown = self.data.into_iter().flat_map(BTreeMap::keys).filter(|key| !self.known.contains(key.as_str()));
        self.warnings.extend(unknown.map(|key| format!("{} means nothing here and is ignored", field(key))));
        if config_map.binary_data.as_ref().is_some_and(|data| !data.is_empty()) {
            self.warnings.push("binaryData means nothing here and is ignored".to_owned());
        }
        if annotation_of(config_map, ANNOTATION_ALPHA_DELETED) == Some("true") {
            self.warnings.push(format!(
                "the annotation {ANNOTATION_ALPHA_DELETED} deletes nothing: to delete the topic, annotate the ConfigMap \
                 with {}: delete and delete the ConfigMap",
                annotation::DELETION
            ));
        }
    }
}
