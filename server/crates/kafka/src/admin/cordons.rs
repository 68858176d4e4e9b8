//! Brokers that get no new replicas from Kafka itself (KIP-1066, from 4.3 on).

use super::{Apply, ConfigChange, ConfigEdit, ConfigResource, Features};
use crate::{Client, ClientError};
use klamm_model::{BrokerId, ConfigSource};
use std::collections::BTreeMap;

/// Whether the controller places new replicas on a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cordon {
    /// It does.
    None,
    /// It does not.
    Whole,
    /// Somebody keeps it from some of the broker's log directories only, or has it in the broker's file: that is left alone.
    Other(String),
    /// The brokers are too old to be told, or their `metadata.version` is.
    Unsupported,
}

const KEY: &str = "cordoned.log.dirs";
/// All directories, whatever their paths.
const ALL: &str = "*";
/// 4.3-IV0.
const SINCE: i16 = 30;

impl Features {
    /// Whether brokers can be told to take no new replicas.
    pub fn knows_cordons(&self) -> bool {
        self.metadata_version().is_some_and(|version| version.level() >= SINCE)
    }
}

impl Client {
    /// Whether a broker is cordoned, as it tells itself.
    pub async fn cordon_of(&self, broker: BrokerId) -> Result<Cordon, ClientError> {
        let features = Features::from(self.api_versions(broker).await?);
        if !features.knows_cordons() {
            return Ok(Cordon::Unsupported);
        }
        let keys = self.describe_broker_keys(broker, &[KEY]).await?;
        let set = keys.into_values().next().and_then(|value| Some((value.source, value.value?)));
        Ok(match set {
            None => Cordon::None,
            Some((_, dirs)) if dirs.is_empty() => Cordon::None,
            Some((ConfigSource::DynamicBroker, dirs)) if dirs == ALL => Cordon::Whole,
            Some((_, dirs)) => Cordon::Other(dirs),
        })
    }

    /// Has no new replicas placed on a broker; answers what holds from now on.
    pub async fn cordon(&self, broker: BrokerId) -> Result<Cordon, ClientError> {
        match self.cordon_of(broker).await? {
            Cordon::None => self.write_cordon(broker, ConfigEdit::Set(ALL.to_owned())).await.map(|()| Cordon::Whole),
            as_it_is @ (Cordon::Whole | Cordon::Other(_) | Cordon::Unsupported) => Ok(as_it_is),
        }
    }

    /// Lets new replicas be placed on a broker again. To be called while it runs: only a broker itself takes changes of its
    /// configuration, which outlives it and counts for whoever has its id next.
    pub async fn uncordon(&self, broker: BrokerId) -> Result<Cordon, ClientError> {
        match self.cordon_of(broker).await? {
            Cordon::Whole => self.write_cordon(broker, ConfigEdit::Delete).await.map(|()| Cordon::None),
            as_it_is @ (Cordon::None | Cordon::Other(_) | Cordon::Unsupported) => Ok(as_it_is),
        }
    }

    async fn write_cordon(&self, broker: BrokerId, edit: ConfigEdit) -> Result<(), ClientError> {
        let change = vec![ConfigChange { key: KEY.to_owned(), edit }];
        let outcomes =
            self.alter_configs(BTreeMap::from([(ConfigResource::Broker(broker), change)]), Apply::Commit).await?;
        let refused = outcomes.into_values().find_map(Result::err);
        refused.map_or(Ok(()), |source| Err(ClientError::Broker { what: "IncrementalAlterConfigs", source }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cordons_are_known_from_their_metadata_version_on() {
        let at = |level| Features { finalized: [("metadata.version".to_owned(), level)].into(), ..Features::default() };
        assert!(!at(29).knows_cordons() && at(30).knows_cordons() && !Features::default().knows_cordons());
    }
}
