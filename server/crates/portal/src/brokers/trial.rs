//! Brokers try what they would be told about a topic and say whether they would take it; nothing of it is done.
//!
//! Only so a value that brokers refuse is found out before anybody has agreed to it: what a key may hold differs between versions
//! of Kafka, and their own policies may forbid more.

use super::BrokersError;
use crate::Portal;
use klamm_kafka::NewTopic;
use klamm_model::{ClusterRef, TopicName, error_chain};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What brokers would be told about a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicTrial {
    /// To make it.
    Made(NewTopic),
    /// To change one that is there.
    Changed {
        /// Which.
        topic: TopicName,
        /// How many partitions it would have, where that is another number.
        partitions: Option<u32>,
        /// What would be set on it.
        config: BTreeMap<String, String>,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    /// They would take it.
    Takes,
    /// They would not, in their own words.
    Refuses(String),
    /// They did not say.
    Silent,
}

/// Whose turn it is at each cluster: however many people type, its brokers are asked one thing at a time.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<BTreeMap<ClusterRef, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    fn of(&self, cluster: &ClusterRef) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(cluster.clone()).or_default())
    }
}

impl Portal {
    /// Whether brokers would take it, as far as they say within this time. Whoever asks has been authorised.
    pub(crate) async fn try_topic(&self, cluster: &ClusterRef, trial: TopicTrial, patience: Duration) -> Trial {
        let turn = self.turns.of(cluster);
        let asking = async {
            let way = self.way(cluster)?;
            let _turn = turn.lock().await;
            way.try_topic(cluster, trial).await
        };
        let said = tokio::time::timeout(patience, asking).await.unwrap_or(Err(BrokersError::TimedOut(patience)));
        match said {
            Ok(()) => Trial::Takes,
            Err(BrokersError::Refused(words)) => Trial::Refuses(words),
            Err(
                error @ (BrokersError::NoWay(_)
                | BrokersError::Away(_)
                | BrokersError::TimedOut(_)
                | BrokersError::HasMembers),
            ) => {
                tracing::debug!(%cluster, error = error_chain(&error), "brokers do not say whether they would take a topic");
                Trial::Silent
            }
        }
    }
}
