//! Replicas that are being moved, and limits on replication that are set on brokers.

use super::Depth;
use crate::{Client, ClientError, ConfigValue, TopicDescription};
use futures::{StreamExt, stream};
use klamm_model::{BrokerId, BrokerThrottle, ConfigSource, Reassignment, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Brokers asked at once.
const BROKERS: usize = 4;

/// What is being moved. Asked for seldom, and at once where replicas are missing: these may be on their way.
pub(super) async fn reassignments(
    client: &Client,
    described: &BTreeMap<TopicName, TopicDescription>,
    depth: Depth,
) -> Option<Result<Vec<Reassignment>, ClientError>> {
    let mut partitions = described.values().flat_map(|topic| &topic.partitions);
    let is_due = depth == Depth::Everything || partitions.any(|one| one.in_sync.len() < one.replicas.len());
    if is_due { Some(client.list_reassignments().await) } else { None }
}

/// The limits of all of these brokers that tell; when none does, why.
pub(super) async fn throttles(
    client: &Client,
    brokers: &BTreeSet<BrokerId>,
) -> Result<Vec<BrokerThrottle>, ClientError> {
    let ask =
        |broker: BrokerId| async move { (broker, client.describe_broker_keys(broker, &BrokerThrottle::KEYS).await) };
    let answers: Vec<_> = stream::iter(brokers.iter().copied().map(ask)).buffer_unordered(BROKERS).collect().await;
    let (mut told, mut refused) = (Vec::new(), Vec::new());
    for (broker, answer) in answers {
        match answer {
            Ok(keys) => told.push(of_broker(broker, keys)),
            Err(error) => refused.push(error),
        }
    }
    if told.is_empty()
        && let Some(error) = refused.pop()
    {
        return Err(error);
    }
    let mut all: Vec<BrokerThrottle> = told.into_iter().flatten().collect();
    all.sort_by(|a, b| (a.broker, &a.key).cmp(&(b.broker, &b.key)));
    Ok(all)
}

/// What somebody set; Kafka's own value is no limit.
fn of_broker(broker: BrokerId, keys: BTreeMap<String, ConfigValue>) -> Vec<BrokerThrottle> {
    let throttle = |(key, ConfigValue { value, source, .. }): (String, ConfigValue)| match source {
        ConfigSource::DynamicBroker | ConfigSource::DynamicDefaultBroker | ConfigSource::StaticBroker => {
            Some(BrokerThrottle { broker, key, rate: value? })
        }
        ConfigSource::Topic | ConfigSource::Default | ConfigSource::Group | ConfigSource::Unknown => None,
    };
    keys.into_iter().filter_map(throttle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConfigType;

    #[test]
    fn only_limits_that_somebody_set_are_limits() {
        let value = |value: &str, source| ConfigValue {
            value: Some(value.to_owned()),
            source,
            read_only: false,
            sensitive: false,
            kind: ConfigType::Long,
            synonyms: Vec::new(),
            documentation: None,
        };
        let [leader, follower, dirs] = BrokerThrottle::KEYS.map(str::to_owned);
        let keys = [
            (leader.clone(), value("9223372036854775807", ConfigSource::Default)),
            (follower.clone(), value("1000", ConfigSource::DynamicBroker)),
            (dirs.clone(), value("2000", ConfigSource::DynamicDefaultBroker)),
        ];
        let told = of_broker(BrokerId(2), keys.into());
        let expected = [(follower, "1000"), (dirs, "2000")].map(|(key, rate)| BrokerThrottle {
            broker: BrokerId(2),
            key,
            rate: rate.to_owned(),
        });
        assert_eq!(told, expected);
    }
}
