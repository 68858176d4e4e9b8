//! Configuration changed key by key (KIP-339): what is not named stays as it is.

use super::{
    Apply,
    batch::{Lanes, Outcomes, cut, gather},
    configs::ConfigResource,
    words,
};
use crate::{
    Client, ClientError, KafkaError,
    client::{Ask, Target},
};
use kafka_protocol::messages::{
    IncrementalAlterConfigsRequest,
    incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig},
};
use std::collections::BTreeMap;

/// A change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// The key.
    pub key: String,
    /// What to do with it.
    pub edit: ConfigEdit,
}

/// What to do with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigEdit {
    /// Give it this value.
    Set(String),
    /// Take the setting away: what it hid comes into force.
    Delete,
    /// Add to a list.
    Append(String),
    /// Take from a list.
    Subtract(String),
}

/// The controller writes one record for each key, at most 10,000 at once.
const KEYS: usize = 1000;

type Change = (ConfigResource, Vec<ConfigChange>);

impl Client {
    /// Changes configurations. All changes of one resource succeed or fail together.
    pub async fn alter_configs(
        &self,
        changes: BTreeMap<ConfigResource, Vec<ConfigChange>>,
        apply: Apply,
    ) -> Result<BTreeMap<ConfigResource, Result<(), KafkaError>>, ClientError> {
        let send = |_, changes: Vec<Change>| async move {
            let target =
                changes.first().and_then(|(resource, _)| resource.only_at()).map_or(Target::Any, Target::Broker);
            let request = IncrementalAlterConfigsRequest::default()
                .with_resources(changes.iter().map(resource).collect())
                .with_validate_only(apply.is_validation());
            let response = self.ask(Ask::change(&request).to(target)).await?;
            let outcomes = response.responses.iter().filter_map(|result| {
                let resource = ConfigResource::read(result.resource_type, &result.resource_name)?;
                Some((resource, KafkaError::check(result.error_code, result.error_message.as_deref())))
            });
            Ok(outcomes.collect::<Outcomes<_, _>>())
        };
        let (alone, together): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(r, _)| r.only_at().is_some());
        let mut pieces = cut(together, KEYS, |(_, changes)| changes.len() + 4);
        pieces.extend(alone.into_iter().map(|change| vec![change]));
        gather(pieces, Lanes::One, |(resource, _)| resource.clone(), send).await
    }
}

fn resource((resource, changes): &Change) -> AlterConfigsResource {
    AlterConfigsResource::default()
        .with_resource_type(resource.wire_type())
        .with_resource_name(words::text(&resource.wire_name()))
        .with_configs(changes.iter().map(alterable).collect())
}

fn alterable(change: &ConfigChange) -> AlterableConfig {
    let (operation, value) = match &change.edit {
        ConfigEdit::Set(value) => (0, Some(value)),
        ConfigEdit::Delete => (1, None),
        ConfigEdit::Append(value) => (2, Some(value)),
        ConfigEdit::Subtract(value) => (3, Some(value)),
    };
    AlterableConfig::default()
        .with_name(words::text(&change.key))
        .with_config_operation(operation)
        .with_value(value.map(|value| words::text(value)))
}
