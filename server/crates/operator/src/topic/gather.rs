//! Looks at the topics of a batch: one question for each kind of answer, whatever the number of topics.

use klamm_kafka::{Client, ClientError, ConfigDetail, ConfigResource, ErrorCode, TopicDescription, TopicSelection};
use klamm_model::{BrokerState, ConfigSource, Known, TopicName};
use klamm_planner::topics::{TopicObserved, TopicPolicy, TopicState};
use std::collections::{BTreeMap, BTreeSet};

/// Whether the number of brokers matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brokers {
    Count,
    DoNotCare,
}

/// What Kafka has of these names; a name of which nothing certain can be said is left out. The number of brokers goes into the policy.
pub(super) async fn gather(
    client: &Client,
    names: BTreeSet<TopicName>,
    policy: &mut TopicPolicy,
    brokers: &Brokers,
) -> Result<BTreeMap<TopicName, TopicObserved>, ClientError> {
    let selection = TopicSelection::Names(names.clone());
    let resources: BTreeSet<_> = names.iter().cloned().map(ConfigResource::Topic).collect();
    let count = async {
        match brokers {
            Brokers::Count => client.describe_cluster().await.map(Some),
            Brokers::DoNotCare => Ok(None),
        }
    };
    let (described, configs, cluster) = futures::future::try_join3(
        client.describe_topics(&selection),
        client.describe_configs(&resources, ConfigDetail::Values),
        count,
    )
    .await?;
    if let Some(cluster) = cluster {
        let running = cluster.brokers.iter().filter(|broker| broker.state == BrokerState::Running).count();
        policy.brokers = u32::try_from(running).ok().into();
    } else {
        policy.brokers = Known::Unknown;
    }
    let mut observed = BTreeMap::new();
    for (name, result) in described {
        match result {
            Ok(topic) => {
                let set = configs.get(&ConfigResource::Topic(name.clone())).and_then(|result| result.as_ref().ok());
                let Some(set) = set else {
                    // Made or deleted between the two answers: half an observation is none, so it is left out.
                    continue;
                };
                let config = set.iter().filter(|(_, value)| value.source == ConfigSource::Topic);
                let config = config.map(|(key, value)| (key.clone(), value.value.clone())).collect();
                observed.insert(name, TopicObserved::Present(state(&topic, config)));
            }
            Err(error) if error.code == ErrorCode::UnknownTopicOrPartition => {
                observed.insert(name, TopicObserved::Absent);
            }
            Err(error) if error.code == ErrorCode::InvalidTopic => {
                observed.insert(name, TopicObserved::Absent);
            }
            Err(source) => return Err(ClientError::Broker { what: "describing a topic", source }),
        }
    }
    Ok(observed)
}

fn state(topic: &TopicDescription, config: BTreeMap<String, Option<String>>) -> TopicState {
    TopicState {
        id: topic.id.to_string(),
        partitions: u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX),
        replication_factor: topic
            .partitions
            .iter()
            .map(|partition| u32::try_from(partition.replicas.len()).unwrap_or(u32::MAX))
            .max()
            .unwrap_or(0),
        config,
    }
}
