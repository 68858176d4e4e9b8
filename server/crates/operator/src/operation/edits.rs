//! Configuration of running brokers (KIP-226) against what is declared.

use klamm_kafka::{Client, ConfigDetail, ConfigResource, ConfigValue};
use klamm_model::{BrokerId, ConfigSource, Known};
use klamm_planner::{operations::Scope, topics::same_value};
use std::collections::{BTreeMap, BTreeSet};

/// An edit of a dynamic configuration; none takes the key away.
pub(super) type Edit = (Scope, String, Option<String>);

/// What was told of configuration that can change while brokers run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dynamic {
    /// What has to be written so that brokers run as declared.
    pub(super) edits: Vec<Edit>,
    /// What is set dynamically, declared or not.
    pub(super) set: Known<BTreeMap<Scope, BTreeMap<String, String>>>,
    /// Why something is not known.
    pub(super) gaps: Vec<String>,
}

/// The configuration of each broker that tells.
pub(super) type Told = BTreeMap<BrokerId, BTreeMap<String, ConfigValue>>;

/// Asks brokers for their configuration, and compares.
pub(super) async fn look(client: &Client, brokers: &BTreeSet<BrokerId>, wanted: &Wanted) -> Dynamic {
    let mut resources: BTreeSet<ConfigResource> = brokers.iter().copied().map(ConfigResource::Broker).collect();
    resources.insert(ConfigResource::BrokerDefaults);
    let mut gaps = Vec::new();
    let mut told = Told::new();
    let mut defaults = Known::Unknown;
    match client.describe_configs(&resources, ConfigDetail::Values).await {
        Err(error) => gaps.push(format!("Brokers do not tell their configuration: {}", error.explain())),
        Ok(answers) => {
            for (resource, answer) in answers {
                match (resource, answer) {
                    (ConfigResource::Broker(id), Ok(values)) => drop(told.insert(id, values)),
                    (ConfigResource::BrokerDefaults, Ok(values)) => defaults = Known::Known(values),
                    (ConfigResource::Topic(_) | ConfigResource::Group(_), Ok(_)) => {}
                    (ConfigResource::Broker(id), Err(error)) => {
                        gaps.push(format!("Broker {id} does not tell its configuration: {error}"));
                    }
                    (_, Err(error)) => gaps.push(format!("Brokers do not tell their common configuration: {error}")),
                }
            }
        }
    }
    let set = defaults.map(|defaults| set(&told, &defaults));
    Dynamic { edits: edits(&told, wanted), set, gaps }
}

fn set(told: &Told, defaults: &BTreeMap<String, ConfigValue>) -> BTreeMap<Scope, BTreeMap<String, String>> {
    let from = |values: &BTreeMap<String, ConfigValue>, source: ConfigSource| -> BTreeMap<String, String> {
        let of_source = values.iter().filter(|(_, value)| value.source == source);
        of_source.filter_map(|(key, value)| Some((key.clone(), value.value.clone()?))).collect()
    };
    let of_brokers = told.iter().map(|(id, values)| (Scope::Broker(*id), from(values, ConfigSource::DynamicBroker)));
    let common = (Scope::Cluster, from(defaults, ConfigSource::DynamicDefaultBroker));
    of_brokers.chain([common]).filter(|(_, keys)| !keys.is_empty()).collect()
}

/// How brokers shall run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Declared values of keys that brokers take while they run.
    pub(super) values: BTreeMap<String, String>,
    /// Keys that were set in running brokers for a declaration of before.
    pub(super) ours: BTreeSet<String>,
}

/// What has to be written. Keys that nobody declares and that were not set by us are other people's.
fn edits(told: &Told, wanted: &Wanted) -> Vec<Edit> {
    let mut edits: BTreeSet<Edit> = BTreeSet::new();
    for (broker, values) in told {
        for (key, value) in &wanted.values {
            // What brokers keep to themselves cannot be compared.
            let Some(current) = values.get(key).filter(|current| !current.read_only && !current.sensitive) else {
                continue;
            };
            if current.value.as_ref().is_some_and(|text| same_value(text, value)) {
                continue;
            }
            // What is set on one broker hides what holds for all: it goes first.
            edits.insert(match current.source {
                ConfigSource::DynamicBroker => (Scope::Broker(*broker), key.clone(), None),
                _ => (Scope::Cluster, key.clone(), Some(value.clone())),
            });
        }
        for key in wanted.ours.iter().filter(|key| !wanted.values.contains_key(*key)) {
            if values.get(key).is_some_and(|current| current.source == ConfigSource::DynamicDefaultBroker) {
                edits.insert((Scope::Cluster, key.clone(), None));
            }
        }
    }
    edits.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_kafka::ConfigType;

    fn value(value: &str, source: ConfigSource) -> ConfigValue {
        ConfigValue {
            value: Some(value.to_owned()),
            source,
            read_only: false,
            sensitive: false,
            kind: ConfigType::Long,
            synonyms: Vec::new(),
            documentation: None,
        }
    }

    fn told(values: &[(i32, &str, ConfigValue)]) -> Told {
        let mut told = Told::new();
        for (broker, key, value) in values {
            told.entry(BrokerId(*broker)).or_default().insert((*key).to_owned(), value.clone());
        }
        told
    }

    fn wanted(values: &[(&str, &str)], ours: &[&str]) -> Wanted {
        Wanted {
            values: values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ours: ours.iter().map(|key| (*key).to_owned()).collect(),
        }
    }

    const KEY: &str = "log.retention.ms";

    #[test]
    fn a_value_that_differs_anywhere_is_set_for_all_and_one_that_is_written_otherwise_is_not() {
        let told = told(&[
            (0, KEY, value("3600000", ConfigSource::StaticBroker)),
            (1, KEY, value("7200000", ConfigSource::DynamicDefaultBroker)),
        ]);
        assert_eq!(
            edits(&told, &wanted(&[(KEY, "7200000")], &[])),
            [(Scope::Cluster, KEY.to_owned(), Some("7200000".to_owned()))]
        );
        let mut unset = value("", ConfigSource::Default);
        unset.value = None;
        assert_eq!(edits(&self::told(&[(0, KEY, unset)]), &wanted(&[(KEY, "5")], &[])).len(), 1, "it has no value yet");
        let same = self::told(&[(0, KEY, value("7200000", ConfigSource::StaticBroker))]);
        assert!(edits(&same, &wanted(&[(KEY, " 07200000")], &[])).is_empty());
    }

    #[test]
    fn what_one_broker_has_for_itself_is_taken_away_where_it_hides_what_is_declared() {
        let told = told(&[(2, KEY, value("1", ConfigSource::DynamicBroker))]);
        assert_eq!(edits(&told, &wanted(&[(KEY, "5")], &[])), [(Scope::Broker(BrokerId(2)), KEY.to_owned(), None)]);
        assert!(edits(&told, &wanted(&[(KEY, "1")], &[])).is_empty());
    }

    #[test]
    fn only_what_klamm_set_goes_with_its_declaration() {
        let told = told(&[(0, KEY, value("5", ConfigSource::DynamicDefaultBroker))]);
        assert!(edits(&told, &wanted(&[], &[])).is_empty(), "somebody else set it");
        assert_eq!(edits(&told, &wanted(&[], &[KEY])), [(Scope::Cluster, KEY.to_owned(), None)]);
    }

    #[test]
    fn brokers_that_would_need_a_restart_for_a_key_are_not_asked_to_take_it() {
        let mut old = value("1", ConfigSource::Default);
        old.read_only = true;
        assert!(edits(&told(&[(0, KEY, old)]), &wanted(&[(KEY, "5")], &[])).is_empty());
    }
}
