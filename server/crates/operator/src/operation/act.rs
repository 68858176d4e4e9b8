//! Carries out one act. Each can be done again: a crash may hide that it was done.

use super::ours::{Limit, Own};
use crate::{
    cluster::{
        apply::ApplyError,
        build::Blueprint,
        decide::refusal,
        labels,
        node::{self, Made},
        nodes::Assignment,
        observed::Observed,
        voters,
    },
    runtime::{Context, NotConnected, explain},
};
use klamm_kafka::{
    Apply, Cancelled, Client, ClientError, ConfigChange, ConfigEdit, ConfigResource, ErrorCode, FactorRule,
    FeatureChange, FeatureUpdate, FreshLook, KafkaError, TakenAway,
};
use klamm_model::{
    BrokerId, BrokerState, ClusterRef, PartitionId, PoolName, Throttle as OwnLimit, ThrottledMove, TopicName,
};
use klamm_planner::operations::{Act, Replicas, Scope, Throttle, TopicSeen};
use std::collections::{BTreeMap, BTreeSet};

/// Why an act was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum ActError {
    /// Something could not be written to Kubernetes.
    #[error(transparent)]
    Kubernetes(#[from] ApplyError),
    /// Nobody could be asked.
    #[error(transparent)]
    NotConnected(#[from] NotConnected),
    /// A call to brokers failed.
    #[error("brokers did not do it")]
    Kafka(#[from] ClientError),
    /// Brokers refused a part of it; which, in a sentence.
    #[error("{0}")]
    Refused(String),
    /// It concerns something that is not there; what, in a sentence.
    #[error("{0}")]
    Missing(String),
    /// A limit on replication could not be taken away altogether.
    #[error("{sentence}")]
    LimitLeft {
        /// What of it is there still: just that is tried again.
        left: Box<Limit>,
        /// Why.
        sentence: String,
    },
}

impl ActError {
    /// What people read.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Kubernetes(ApplyError::Kubernetes { source, .. }) => format!("{self}: {}", explain(source)),
            Self::Kubernetes(ApplyError::Foreign { .. }) | Self::NotConnected(_) => self.to_string(),
            Self::Kafka(error) => error.explain(),
            Self::Refused(sentence) | Self::Missing(sentence) | Self::LimitLeft { sentence, .. } => sentence.clone(),
        }
    }
}

/// What acts are carried out with.
pub(super) struct Hands<'a> {
    pub(super) context: &'a Context,
    pub(super) cluster: &'a ClusterRef,
    pub(super) blueprint: &'a Blueprint<'a>,
    pub(super) assignment: &'a Assignment,
    /// What the act was judged by.
    pub(super) observed: &'a Observed,
    pub(super) fresh: &'a FreshLook,
    /// What is the operation's own, as it is written down.
    pub(super) own: &'a Own,
}

impl Hands<'_> {
    /// Does it; answers what is the operation's own from then on.
    pub(super) async fn carry_out(&self, act: &Act) -> Result<Own, ActError> {
        let mut own = self.own.clone();
        match act {
            Act::Configure(scopes) => self.configure(scopes).await?,
            Act::Replace(node) => self.replace(*node).await?,
            Act::Create(nodes) => self.create(nodes).await?,
            Act::Remove(node) => self.remove(*node).await?,
            Act::Elect(partitions) => self.elect(partitions).await?,
            Act::Restore(replicas) => self.restore(replicas.clone()).await?,
            Act::SetFeatures(levels) => self.set_features(levels).await?,
            Act::AddVoter(controller) => self.add_voter(*controller).await?,
            Act::RemoveVoter(controller) => self.remove_voter(*controller).await?,
            Act::Unregister(broker) => self.unregister(*broker).await?,
            Act::Cordon(brokers) => self.cordon(brokers).await?,
            Act::Uncordon(brokers) => self.uncordon(brokers).await?,
            Act::Move(replicas) => self.set_moving(replicas).await?,
            Act::CancelMoves(partitions) => self.cancel_moves(partitions).await?,
            Act::Throttle(_) => self.throttle().await?,
            Act::Unthrottle(_) => own.limit = self.unthrottle().await?,
        }
        Ok(own.after(act))
    }

    fn client(&self) -> Result<Client, ActError> {
        Ok(self.context.connections.get(self.cluster)?)
    }

    fn pool(&self, node: BrokerId) -> Result<&PoolName, ActError> {
        let pool = self.assignment.nodes.get(&node.0).or_else(|| self.assignment.surplus.get(&node.0));
        pool.ok_or_else(|| ActError::Missing(format!("Node {node} is not there any more.")))
    }

    /// Writes the node as it is declared, and then deletes exactly the pod that was judged.
    async fn replace(&self, node: BrokerId) -> Result<(), ActError> {
        self.write(node).await?;
        let pod = labels::pod(self.cluster, self.pool(node)?, node.0);
        if self.observed.pods.contains_key(&pod) {
            node::replace_pod(self.context, self.cluster, self.observed, &pod).await?;
        }
        Ok(())
    }

    async fn create(&self, nodes: &BTreeSet<BrokerId>) -> Result<(), ActError> {
        for node in nodes {
            self.write(*node).await?;
        }
        Ok(())
    }

    async fn write(&self, node: BrokerId) -> Result<(), ActError> {
        let name = self.pool(node)?;
        let Some(pool) = self.blueprint.pool(name) else {
            return Err(ActError::Missing(format!("Pool {name} of node {node} is not declared any more.")));
        };
        if let Some(why) = refusal(self.blueprint, node.0, pool, self.observed) {
            return Err(ActError::Refused(format!("Node {node} is not made: {why}.")));
        }
        match node::make(self.context, self.blueprint, node.0, pool, self.observed).await? {
            Made::Written => Ok(()),
            Made::WaitsForPorts => {
                Err(ActError::Missing(format!("Kubernetes has not given ports to the Services of node {node} yet.")))
            }
        }
    }

    async fn remove(&self, node: BrokerId) -> Result<(), ActError> {
        if self.own.cordoned.contains(&node) && self.state(node) == Some(BrokerState::Running) {
            // It outlives the broker, and would count for whoever has its id next.
            if let Err(error) = self.client()?.uncordon(node).await {
                tracing::warn!(cluster = %self.cluster, %node, error = error.explain(), "a broker leaves as one that takes no replicas");
            }
        }
        Ok(node::remove(self.context, self.cluster, self.observed, node.0, self.pool(node)?).await?)
    }

    async fn configure(&self, scopes: &BTreeMap<Scope, BTreeMap<String, Option<String>>>) -> Result<(), ActError> {
        let change = |(key, value): (&String, &Option<String>)| ConfigChange {
            key: key.clone(),
            edit: value.clone().map_or(ConfigEdit::Delete, ConfigEdit::Set),
        };
        let changes = scopes.iter().map(|(scope, keys)| {
            let resource = match scope {
                Scope::Cluster => ConfigResource::BrokerDefaults,
                Scope::Broker(id) => ConfigResource::Broker(*id),
            };
            (resource, keys.iter().map(change).collect())
        });
        let outcomes = self.client()?.alter_configs(changes.collect(), Apply::Commit).await?;
        refused(outcomes.into_values(), |error| {
            format!("Brokers do not take what is declared: {error}; correct spec.config, or restart the nodes.")
        })
    }

    async fn elect(&self, partitions: &BTreeSet<(TopicName, PartitionId)>) -> Result<(), ActError> {
        let outcomes = self.client()?.elect_preferred_leaders(partitions).await?;
        for ((topic, partition), outcome) in outcomes {
            if let Err(error) = outcome {
                // The next look shows who leads; a replica that fell out meanwhile is told there.
                tracing::debug!(cluster = %self.cluster, %topic, %partition, %error, "no election");
            }
        }
        Ok(())
    }

    /// Asks first whether it would be done: an error after half of it would be hard to explain.
    async fn set_features(&self, levels: &BTreeMap<String, i16>) -> Result<(), ActError> {
        let client = self.client()?;
        let in_force = self.fresh.features.value();
        let update = |(feature, level): (&String, &i16)| {
            let current = in_force.and_then(|levels| levels.get(feature)).copied().unwrap_or(0);
            let change = if *level < current { FeatureChange::SafeDowngrade } else { FeatureChange::Upgrade };
            FeatureUpdate { feature: feature.clone(), level: *level, change }
        };
        let updates: Vec<FeatureUpdate> = levels.iter().map(update).collect();
        client.update_features(&updates, Apply::ValidateOnly).await?;
        Ok(client.update_features(&updates, Apply::Commit).await?)
    }

    async fn add_voter(&self, controller: BrokerId) -> Result<(), ActError> {
        let quorum = self.fresh.quorum.value();
        let observer = quorum.and_then(|quorum| quorum.observers.iter().find(|replica| replica.id == controller));
        let Some(directory) = observer.and_then(|observer| observer.directory_id) else {
            return Err(ActError::Missing(format!("Controller {controller} does not follow the quorum yet.")));
        };
        let voter = voters::candidate(self.cluster, self.pool(controller)?, controller.0, directory);
        Ok(self.client()?.add_raft_voter(&voter).await?)
    }

    async fn remove_voter(&self, controller: BrokerId) -> Result<(), ActError> {
        let quorum = self.fresh.quorum.value();
        let voter = quorum.and_then(|quorum| quorum.voters.iter().find(|replica| replica.id == controller));
        let Some(directory) = voter.and_then(|voter| voter.directory_id) else {
            return Err(ActError::Missing(format!("Controller {controller} has no vote that could be taken.")));
        };
        Ok(self.client()?.remove_raft_voter(controller, directory).await?)
    }

    async fn unregister(&self, broker: BrokerId) -> Result<(), ActError> {
        if self.own.limit.as_ref().is_some_and(|limit| limit.set.limited().contains(&broker)) {
            // It outlives the broker, which alone could have dropped it.
            tracing::warn!(cluster = %self.cluster, %broker, "a broker is gone with a limit on replication: whoever has its id next has it too");
        }
        match self.client()?.unregister_broker(broker).await {
            Err(error) if error.kafka().is_some_and(|error| error.code == ErrorCode::BrokerIdNotRegistered) => Ok(()),
            outcome => Ok(outcome?),
        }
    }

    async fn cordon(&self, brokers: &BTreeSet<BrokerId>) -> Result<(), ActError> {
        let client = self.client()?;
        // Nothing is placed on a broker that does not serve, and only itself could be told.
        for broker in brokers.iter().filter(|broker| self.state(**broker) == Some(BrokerState::Running)) {
            client.cordon(*broker).await?;
        }
        Ok(())
    }

    async fn uncordon(&self, brokers: &BTreeSet<BrokerId>) -> Result<(), ActError> {
        let client = self.client()?;
        for broker in brokers.iter().filter(|broker| self.state(**broker).is_some()) {
            client.uncordon(*broker).await?;
        }
        Ok(())
    }

    /// How a broker is; none where the controller does not know it any more.
    fn state(&self, broker: BrokerId) -> Option<BrokerState> {
        Some(self.fresh.brokers.value()?.get(&broker)?.state)
    }

    async fn set_moving(&self, replicas: &Replicas) -> Result<(), ActError> {
        // How many there were is written down: what somebody else made another number of meanwhile is not touched.
        let keeps = |partition: &(TopicName, PartitionId), to: &Vec<BrokerId>| {
            self.own.moving.get(partition).is_none_or(|before| before.len() == to.len())
        };
        let (same, others): (Replicas, Replicas) =
            replicas.clone().into_iter().partition(|(partition, to)| keeps(partition, to));
        for (replicas, rule) in [(same, FactorRule::MustStay), (others, FactorRule::MayChange)] {
            if !replicas.is_empty() {
                let outcomes = self.client()?.reassign(replicas, rule).await?;
                refused(outcomes.into_values(), |error| format!("Replicas could not be set on their way: {error}"))?;
            }
        }
        Ok(())
    }

    async fn cancel_moves(&self, partitions: &BTreeSet<(TopicName, PartitionId)>) -> Result<(), ActError> {
        let outcomes = self.client()?.cancel_reassignments(partitions).await?;
        // What had arrived by then lies elsewhere, and stays there.
        let was_called_back =
            |partition: &(TopicName, PartitionId)| matches!(outcomes.get(partition), Some(Ok(Cancelled::Cancelled)));
        let before = self.own.returning.iter().filter(|(partition, _)| was_called_back(partition));
        self.restore(before.map(|(partition, before)| (partition.clone(), before.clone())).collect()).await?;
        refused(outcomes.into_values().map(|outcome| outcome.map(drop)), |error| {
            format!("Replicas could not be left where they were: {error}")
        })
    }

    /// The same replicas in another order, which moves nothing.
    async fn restore(&self, replicas: Replicas) -> Result<(), ActError> {
        if replicas.is_empty() {
            return Ok(());
        }
        let outcomes = self.client()?.reassign(replicas, FactorRule::MustStay).await?;
        refused(outcomes.into_values(), |error| format!("Replicas could not be put into the order of before: {error}"))
    }

    /// What of a limit can be set beside what others have set, with what is ours already. A limit of ours with another rate
    /// is taken away first.
    pub(super) async fn plan_limit(
        &self,
        wished: &Throttle,
        topics: Option<&BTreeMap<TopicName, TopicSeen>>,
    ) -> Result<Limit, ActError> {
        let before = match &self.own.limit {
            Some(limit) if limit.wished.rate != wished.rate => {
                self.make_way().await?;
                Limit::default()
            }
            Some(limit) => limit.clone(),
            None => Limit::default(),
        };
        let wish = limit(wished, topics);
        let seen = self.client()?.throttles_seen(&wish.limited(), &wish.replicas.keys().cloned().collect()).await?;
        let planned = seen.plan(&wish, &before.set);
        for left_alone in &planned.left_alone {
            tracing::info!(cluster = %self.cluster, %left_alone, "a limit on replication is left alone");
        }
        let mut wished = wished.clone();
        wished.brokers.extend(before.wished.brokers);
        for (topic, partitions) in before.wished.partitions {
            wished.partitions.entry(topic).or_default().extend(partitions);
        }
        Ok(Limit { wished, set: planned.ours })
    }

    async fn throttle(&self) -> Result<(), ActError> {
        if let Some(limit) = &self.own.limit {
            self.client()?.set_throttle(&limit.set).await?;
        }
        Ok(())
    }

    /// Takes a limit away that gets another rate: what is ours has one rate, so that brokers which stay are waited for.
    async fn make_way(&self) -> Result<(), ActError> {
        let Some(left) = self.unthrottle().await? else { return Ok(()) };
        let stays = |broker: &BrokerId| self.assignment.nodes.contains_key(&broker.0);
        let gone: BTreeSet<BrokerId> = left.set.limited().into_iter().filter(|broker| !stays(broker)).collect();
        let Some(left) = left.without(&gone) else { return Ok(()) };
        let silent: Vec<String> = left.set.limited().iter().map(ToString::to_string).collect();
        let sentence = format!(
            "The limit on replication gets another rate once these brokers serve again: {}.",
            silent.join(", ")
        );
        Err(ActError::LimitLeft { left: Box::new(left), sentence })
    }

    /// Takes away what is ours of the limit; answers what is left of it.
    async fn unthrottle(&self) -> Result<Option<Limit>, ActError> {
        let Some(limit) = &self.own.limit else { return Ok(None) };
        let taken = self.client()?.remove_throttle(&limit.set).await?;
        left(limit, taken, |broker| self.state(broker) == Some(BrokerState::Running))
    }
}

/// What is left of a limit that was taken away. Rates of brokers that do not serve slow down nobody without lists, and may never be
/// taken away: nothing waits for them, and whoever tidies up after operations takes them once their brokers are back (`rates`).
/// Everything else is tried again.
pub(super) fn left(
    limit: &Limit,
    taken: TakenAway,
    serves: impl Fn(BrokerId) -> bool,
) -> Result<Option<Limit>, ActError> {
    let TakenAway { left, left_alone } = taken;
    if left.is_empty() {
        return Ok(None);
    }
    if left.replicas.is_empty() && !left.limited().into_iter().any(serves) {
        return Ok(Some(Limit::spent(left)));
    }
    let why: Vec<String> = left_alone.iter().map(ToString::to_string).collect();
    let sentence = format!("The limit on replication could not be taken away yet: {}.", why.join("; "));
    Err(ActError::LimitLeft { left: Box::new(Limit { wished: limit.wished.clone(), set: left }), sentence })
}

/// The limit for partitions that are about to be moved to some of these brokers: their replicas of now are fetched from,
/// and whoever else is concerned may fetch.
fn limit(wished: &Throttle, topics: Option<&BTreeMap<TopicName, TopicSeen>>) -> OwnLimit {
    let concerned: Vec<BrokerId> = wished.brokers.iter().copied().collect();
    let mut moves = Vec::new();
    for (topic, partitions) in &wished.partitions {
        let seen = topics.and_then(|topics| topics.get(topic));
        for partition in partitions {
            let from = seen.and_then(|seen| seen.partitions.get(partition)).map(|seen| seen.replicas.as_slice());
            moves.push(ThrottledMove { topic, partition: *partition, from: from.unwrap_or_default(), to: &concerned });
        }
    }
    OwnLimit::of_moves(wished.rate, moves)
}

/// The first refusal, if there is one.
fn refused(
    outcomes: impl IntoIterator<Item = Result<(), KafkaError>>,
    sentence: impl Fn(&KafkaError) -> String,
) -> Result<(), ActError> {
    match outcomes.into_iter().find_map(Result::err) {
        Some(error) => Err(ActError::Refused(sentence(&error))),
        None => Ok(()),
    }
}
