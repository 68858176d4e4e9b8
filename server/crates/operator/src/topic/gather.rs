//! Looks at the topics of a batch: one question for each kind of answer, whatever the number of topics.

use klamm_kafka::{Client, ClientError, ErrorCode, TopicDescription, TopicSelection};
use klamm_model::{BrokerState, Known, TopicName};
use klamm_planner::topics::{TopicObserved, TopicPolicy, TopicState};
use std::collections::{BTreeMap, BTreeSet};

/// Whether the number of brokers matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brokers {
    Count,
    DoNotCare,
}

/// What is asked about.
pub(super) struct Question {
    pub(super) names: BTreeSet<TopicName>,
    /// Those of them of whose configuration nobody wants to know: it is told as empty.
    pub(super) without_config: BTreeSet<TopicName>,
    pub(super) brokers: Brokers,
}

/// What Kafka has of these names; a name of which nothing certain can be said is left out. The number of brokers goes into the policy.
pub(super) async fn gather(
    client: &Client,
    question: Question,
    policy: &mut TopicPolicy,
) -> Result<BTreeMap<TopicName, TopicObserved>, ClientError> {
    let Question { names, without_config, brokers } = question;
    let with_config: BTreeSet<_> = names.difference(&without_config).cloned().collect();
    let selection = TopicSelection::Names(names);
    let count = async {
        match brokers {
            Brokers::Count => client.describe_cluster().await.map(Some),
            Brokers::DoNotCare => Ok(None),
        }
    };
    let (described, mut configs, cluster) = futures::future::try_join3(
        client.describe_topics(&selection),
        client.describe_topic_settings(&with_config),
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
                let config = match configs.remove(&name) {
                    Some(Ok(set)) => set.into_iter().map(|(key, entry)| (key, entry.value)).collect(),
                    None if without_config.contains(&name) => BTreeMap::new(),
                    // Made or deleted between the two answers: half an observation is none, so it is left out.
                    Some(Err(_)) | None => continue,
                };
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
