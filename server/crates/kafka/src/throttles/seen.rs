//! What is set just now, by whomever.

use crate::{AskedOf, Client, ClientError, ConfigValue, KafkaError, PerTopic};
use futures::{StreamExt, stream};
use klamm_model::{BrokerId, BySide, ConfigSource, ThrottleSide, ThrottledReplica, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Limits on replication as brokers tell them.
#[derive(Debug, Default)]
pub struct ThrottlesSeen {
    /// The rates of each broker; why not, where it does not tell.
    pub rates: BTreeMap<BrokerId, Result<BySide<RateSeen>, ClientError>>,
    /// The replicas that each topic lists.
    pub lists: PerTopic<BySide<ListSeen>>,
}

/// A rate of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RateSeen {
    /// Nobody set one.
    None,
    /// It is set on this broker.
    OnBroker(String),
    /// It is set for all brokers, or in the broker's file.
    Elsewhere(String),
}

/// Replicas that a topic lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListSeen {
    /// The topic sets no list.
    None,
    /// These; it may be an empty list.
    Replicas(BTreeSet<ThrottledReplica>),
    /// All at once.
    All,
    /// Something that is not read here.
    Strange(String),
}

/// Brokers asked at once.
const BROKERS: usize = 8;

impl Client {
    /// What is set on these brokers and topics.
    pub async fn throttles_seen(
        &self,
        brokers: &BTreeSet<BrokerId>,
        topics: &BTreeSet<TopicName>,
    ) -> Result<ThrottlesSeen, ClientError> {
        let (rates, lists) = tokio::join!(self.rates_seen(brokers), self.lists_seen(topics));
        Ok(ThrottlesSeen { rates, lists: lists? })
    }

    pub(super) async fn rates_seen(
        &self,
        brokers: &BTreeSet<BrokerId>,
    ) -> BTreeMap<BrokerId, Result<BySide<RateSeen>, ClientError>> {
        let keys = ThrottleSide::BOTH.map(ThrottleSide::rate_key);
        let ask = |broker: BrokerId| async move {
            let told = self.describe_broker_keys(broker, &keys).await;
            (broker, told.map(|told| BySide::each(|side| rate(told.get(side.rate_key())))))
        };
        stream::iter(brokers.iter().copied().map(ask)).buffer_unordered(BROKERS).collect().await
    }

    pub(super) async fn lists_seen(
        &self,
        topics: &BTreeSet<TopicName>,
    ) -> Result<PerTopic<BySide<ListSeen>>, ClientError> {
        let keys = ThrottleSide::BOTH.map(ThrottleSide::replicas_key);
        let told = self.describe_topic_keys(topics, &keys, AskedOf::Anybody).await?;
        let lists = |told: BTreeMap<String, ConfigValue>| BySide::each(|side| list(told.get(side.replicas_key())));
        Ok(told.into_iter().map(|(topic, outcome): (_, Result<_, KafkaError>)| (topic, outcome.map(lists))).collect())
    }
}

/// Kafka's own value is no limit.
fn rate(told: Option<&ConfigValue>) -> RateSeen {
    let Some(ConfigValue { value: Some(value), source, .. }) = told else { return RateSeen::None };
    match source {
        ConfigSource::DynamicBroker => RateSeen::OnBroker(value.clone()),
        ConfigSource::Default => RateSeen::None,
        ConfigSource::DynamicDefaultBroker
        | ConfigSource::StaticBroker
        | ConfigSource::Topic
        | ConfigSource::Group
        | ConfigSource::Unknown => RateSeen::Elsewhere(value.clone()),
    }
}

fn list(told: Option<&ConfigValue>) -> ListSeen {
    let Some(ConfigValue { value: Some(value), source: ConfigSource::Topic, .. }) = told else { return ListSeen::None };
    let mut entries = value.split(',').map(str::trim).filter(|entry| !entry.is_empty()).peekable();
    if entries.peek() == Some(&"*") {
        return ListSeen::All;
    }
    let replicas: Result<_, _> = entries.map(str::parse).collect();
    replicas.map_or_else(|_| ListSeen::Strange(value.clone()), ListSeen::Replicas)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConfigType;

    fn value(text: &str, source: ConfigSource) -> ConfigValue {
        ConfigValue {
            value: Some(text.to_owned()),
            source,
            read_only: false,
            sensitive: false,
            kind: ConfigType::List,
            synonyms: Vec::new(),
            documentation: None,
        }
    }

    #[test]
    fn lists_are_read_as_brokers_write_them() {
        let set = |text: &str| list(Some(&value(text, ConfigSource::Topic)));
        assert_eq!(list(None), ListSeen::None);
        assert_eq!(list(Some(&value("", ConfigSource::Default))), ListSeen::None);
        assert_eq!(set(""), ListSeen::Replicas(BTreeSet::new()));
        assert_eq!(set("0:1, 1:2"), ListSeen::Replicas(["0:1", "1:2"].map(|one| one.parse().unwrap()).into()));
        assert_eq!((set("*"), set("none")), (ListSeen::All, ListSeen::Strange("none".to_owned())));
    }

    #[test]
    fn a_rate_is_that_of_the_broker_or_somebody_elses() {
        assert_eq!((rate(None), rate(Some(&value("9", ConfigSource::Default)))), (RateSeen::None, RateSeen::None));
        assert_eq!(rate(Some(&value("9", ConfigSource::DynamicBroker))), RateSeen::OnBroker("9".to_owned()));
        assert_eq!(rate(Some(&value("9", ConfigSource::StaticBroker))), RateSeen::Elsewhere("9".to_owned()));
    }
}
