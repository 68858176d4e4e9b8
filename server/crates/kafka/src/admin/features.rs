//! Features of the cluster (KIP-584): what is finalised, what could be.

use super::{Apply, words};
use crate::{
    ApiTable, Client, ClientError, FeatureRange, KafkaError, MetadataVersion, SoftwareLine, client::Ask,
    connection::handshake,
};
use kafka_protocol::messages::{ApiVersionsRequest, UpdateFeaturesRequest, update_features_request::FeatureUpdateKey};
use std::collections::BTreeMap;

/// Features as one broker tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Levels in force in the cluster, by name.
    pub finalized: BTreeMap<String, i16>,
    /// Levels the software of the broker that was asked supports, by name.
    pub supported: BTreeMap<String, FeatureRange>,
}

const METADATA_VERSION: &str = "metadata.version";

impl Features {
    /// As the broker tells them that heard from the controller last; none where nobody has heard from it yet.
    pub(crate) fn newest<'a>(tables: impl IntoIterator<Item = &'a ApiTable>) -> Option<Self> {
        let told = tables.into_iter().filter(|table| table.finalized_epoch.is_some());
        told.max_by_key(|table| table.finalized_epoch).cloned().map(Self::from)
    }

    /// The cluster's `metadata.version`; none when the broker does not know it (yet).
    pub fn metadata_version(&self) -> Option<MetadataVersion> {
        self.finalized.get(METADATA_VERSION).copied().map(MetadataVersion::from_level)
    }

    /// The highest `metadata.version` the broker that was asked supports.
    pub fn newest_metadata_version(&self) -> Option<MetadataVersion> {
        self.supported.get(METADATA_VERSION).map(|range| MetadataVersion::from_level(range.max))
    }

    /// The release line of the broker that was asked; see [`SoftwareLine`] for how that is known.
    pub fn software(&self) -> Option<SoftwareLine> {
        self.newest_metadata_version()?.line()
    }
}

impl From<ApiTable> for Features {
    fn from(table: ApiTable) -> Self {
        // Epoch -1 means that the broker has not heard from the controller yet.
        let finalized = if table.finalized_epoch.is_some() { table.finalized } else { BTreeMap::new() };
        Self { finalized, supported: table.supported }
    }
}

/// A feature to be brought to a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureUpdate {
    /// Such as `metadata.version`.
    pub feature: String,
    /// The level wanted; 0 takes the feature away.
    pub level: i16,
    /// In which direction.
    pub change: FeatureChange,
}

/// In which direction a level may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureChange {
    /// Only up.
    Upgrade,
    /// Down, as long as no metadata is lost.
    SafeDowngrade,
    /// Down, even if metadata is lost.
    UnsafeDowngrade,
}

impl Client {
    /// Features in force, and those the broker that happened to answer supports.
    pub async fn describe_features(&self) -> Result<Features, ClientError> {
        let request = ApiVersionsRequest::default()
            .with_client_software_name(words::text("klamm"))
            .with_client_software_version(words::text(env!("CARGO_PKG_VERSION")));
        let ask = Ask::look(&request).judged(|response| KafkaError::check(response.error_code, None));
        self.ask(ask).await.map(|response| Features::from(handshake::table(&response)))
    }

    /// Brings features to levels: all, or none.
    pub async fn update_features(&self, updates: &[FeatureUpdate], apply: Apply) -> Result<(), ClientError> {
        let update = |update: &FeatureUpdate| {
            FeatureUpdateKey::default()
                .with_feature(words::text(&update.feature))
                .with_max_version_level(update.level)
                .with_upgrade_type(match update.change {
                    FeatureChange::Upgrade => 1,
                    FeatureChange::SafeDowngrade => 2,
                    FeatureChange::UnsafeDowngrade => 3,
                })
        };
        let request = UpdateFeaturesRequest::default()
            .with_timeout_ms(self.broker_timeout_ms())
            .with_feature_updates(updates.iter().map(update).collect())
            .with_validate_only(apply.is_validation());
        let ask = Ask::change(&request).judged(|response| {
            KafkaError::check(response.error_code, response.error_message.as_deref())?;
            // Before version 2 each feature had an outcome of its own.
            response.results.iter().try_for_each(|r| KafkaError::check(r.error_code, r.error_message.as_deref()))
        });
        self.ask(ask).await.map(drop)
    }
}

impl ApiTable {
    /// The release line of this broker's software; see [`SoftwareLine`] for how that is known.
    pub fn software(&self) -> Option<SoftwareLine> {
        self.supported.get(METADATA_VERSION).and_then(|range| MetadataVersion::from_level(range.max).line())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(epoch: Option<i64>, levels: &[(&str, i16)]) -> ApiTable {
        let finalized = levels.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect();
        ApiTable { finalized, finalized_epoch: epoch, ..ApiTable::default() }
    }

    #[test]
    fn what_is_in_force_is_told_by_whoever_heard_of_it_last() {
        let older = table(Some(7), &[(METADATA_VERSION, 25)]);
        let newer = table(Some(9), &[(METADATA_VERSION, 27), ("group.version", 1)]);
        let deaf = table(None, &[]);
        let told = Features::newest([&newer, &deaf, &older]).unwrap();
        assert_eq!(told.finalized, newer.finalized);
        assert_eq!(told.metadata_version().map(MetadataVersion::level), Some(27));
        assert_eq!(Features::newest([&deaf]), None, "nothing in force would be something else");
    }
}
