//! The brokers themselves, asked through the connections that the monitor looks at them through.

mod trial;

use super::{
    Brokers, BrokersError, FetchedLogs, GroupLook, GroupQuestion, Logs, LogsFetch, LogsQuestion, PATIENCE, TopicLogs,
    TopicPartition, TopicTrial,
    logs::{fetched, topic_logs},
};
use futures::{FutureExt, future::BoxFuture};
use klamm_kafka::{
    Client, ClientError, ErrorCode, GroupListing, KafkaError, OffsetListing, OffsetSpec, PartitionDescription,
    PartitionsByLeader, TopicDescription, TopicSelection,
};
use klamm_model::{BrokerId, ClusterRef, GroupId, GroupKind, GroupMember, GroupOffset, PartitionId, TopicName};
use klamm_planner::offsets::{AtMoment, Log};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// The client of a cluster, where there is one.
type Ways = dyn Fn(&ClusterRef) -> Option<Client> + Send + Sync;

/// The brokers themselves.
#[derive(Clone)]
pub struct KafkaBrokers(Arc<Ways>);

impl fmt::Debug for KafkaBrokers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaBrokers").finish_non_exhaustive()
    }
}

impl KafkaBrokers {
    /// Asked through the clients that `ways` finds.
    pub fn new(ways: impl Fn(&ClusterRef) -> Option<Client> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ways))
    }

    fn client(&self, cluster: &ClusterRef) -> Result<Client, BrokersError> {
        // A call that nobody waits for any more should not go on for long.
        let client = (self.0)(cluster).map(|client| client.with_timeout(PATIENCE));
        client.ok_or_else(|| BrokersError::NoWay(cluster.clone()))
    }
}

impl Brokers for KafkaBrokers {
    fn look<'a>(
        &'a self,
        cluster: &'a ClusterRef,
        question: &'a GroupQuestion,
    ) -> BoxFuture<'a, Result<Option<GroupLook>, BrokersError>> {
        async move { look(&self.client(cluster)?, question).await }.boxed()
    }

    fn commit<'a>(
        &'a self,
        cluster: &'a ClusterRef,
        group: &'a GroupId,
        offsets: Vec<GroupOffset>,
    ) -> BoxFuture<'a, Result<(), BrokersError>> {
        async move { commit(&self.client(cluster)?, group, offsets).await }.boxed()
    }

    fn try_topic<'a>(&'a self, cluster: &'a ClusterRef, trial: TopicTrial) -> BoxFuture<'a, Result<(), BrokersError>> {
        async move { trial::examined(&self.client(cluster)?, trial).await }.boxed()
    }

    fn logs<'a>(
        &'a self,
        cluster: &'a ClusterRef,
        question: &'a LogsQuestion,
    ) -> BoxFuture<'a, Result<Option<TopicLogs>, BrokersError>> {
        async move { topic_logs(&self.client(cluster)?, question).await }.boxed()
    }

    fn fetch<'a>(
        &'a self,
        cluster: &'a ClusterRef,
        fetch: &'a LogsFetch,
    ) -> BoxFuture<'a, Result<FetchedLogs, BrokersError>> {
        async move { Ok(fetched(&self.client(cluster)?, fetch).await) }.boxed()
    }
}

async fn look(client: &Client, question: &GroupQuestion) -> Result<Option<GroupLook>, BrokersError> {
    let coordinator = client.find_coordinator(&question.group).await.map_err(BrokersError::Away)?;
    let mut listed = client.list_groups_at([coordinator]).await;
    if let Some(error) = listed.unanswered.remove(&coordinator) {
        return Err(BrokersError::Away(error));
    }
    let Some(listing) = listed.groups.remove(&question.group) else { return Ok(None) };
    let mut found = GroupLook {
        kind: listing.kind,
        state: listing.state.clone().unwrap_or_default(),
        members: Vec::new(),
        committed: BTreeMap::new(),
        logs: BTreeMap::new(),
        gone: BTreeSet::new(),
    };
    match listing.kind {
        GroupKind::Classic | GroupKind::Consumer => {}
        // There is nothing more to know: their offsets are not set.
        GroupKind::Share | GroupKind::Streams | GroupKind::Unknown => return Ok(Some(found)),
    }
    (found.state, found.members) = members(client, &listing).await?;
    found.committed = committed(client, &listing).await?;
    let wanted = match &question.logs {
        Logs::Of(topics) => topics.clone(),
        Logs::Committed => {
            let mut topics: BTreeMap<TopicName, Option<BTreeSet<PartitionId>>> = BTreeMap::new();
            for (topic, partition) in found.committed.keys() {
                topics.entry(topic.clone()).or_default().get_or_insert_default().insert(*partition);
            }
            topics
        }
    };
    let names = TopicSelection::Names(wanted.keys().cloned().collect());
    let mut partitions = Vec::new();
    for (name, topic) in client.describe_topics(&names).await.map_err(BrokersError::Away)? {
        let is_wanted = |partition: &PartitionDescription| {
            wanted.get(&name).is_some_and(|ids| ids.as_ref().is_none_or(|ids| ids.contains(&partition.id)))
        };
        match topic {
            Ok(TopicDescription { partitions: all, .. }) => {
                partitions.extend(all.into_iter().filter(is_wanted).map(|one| ((name.clone(), one.id), one.leader)));
            }
            Err(error) if error.code == ErrorCode::UnknownTopicOrPartition => drop(found.gone.insert(name)),
            Err(source) => {
                return Err(BrokersError::Away(ClientError::Broker { what: "the description of a topic", source }));
            }
        }
    }
    found.logs = logs(client, partitions, question).await?;
    Ok(Some(found))
}

async fn members(client: &Client, listing: &GroupListing) -> Result<(String, Vec<GroupMember>), BrokersError> {
    let described = client.describe_groups([listing]).await.remove(&listing.id).unwrap_or_else(no_answer);
    let group = described.map_err(BrokersError::Away)?;
    let member = |member: klamm_kafka::GroupMemberDescription| GroupMember {
        id: member.id,
        client_id: member.client_id,
        host: member.host,
    };
    Ok((group.state, group.members.into_iter().map(member).collect()))
}

async fn committed(client: &Client, listing: &GroupListing) -> Result<BTreeMap<TopicPartition, i64>, BrokersError> {
    let fetched = client.fetch_group_offsets([listing]).await.remove(&listing.id).unwrap_or_else(no_answer);
    let offsets = fetched.map_err(BrokersError::Away)?;
    Ok(offsets.into_iter().map(|offset| ((offset.topic, offset.partition), offset.committed)).collect())
}

fn no_answer<T>() -> Result<T, ClientError> {
    Err(ClientError::Disconnected { what: "the description of a group" })
}

/// Where these partitions begin and end, and what they have at the moment that is asked about.
async fn logs(
    client: &Client,
    partitions: Vec<(TopicPartition, Option<BrokerId>)>,
    question: &GroupQuestion,
) -> Result<BTreeMap<TopicPartition, Option<Log>>, BrokersError> {
    let mut leaders = PartitionsByLeader::default();
    for ((topic, id), leader) in &partitions {
        if let Some(leader) = leader {
            leaders.add(*leader, topic, *id);
        }
    }
    let earliest = told(client.list_offsets(&leaders, OffsetSpec::Earliest).await)?;
    let at = match question.moment {
        Some(moment) => Some(told(client.list_offsets(&leaders, OffsetSpec::At(moment)).await)?),
        None => None,
    };
    // The end comes last, so that no record seems to lie beyond it.
    let latest = told(client.list_offsets(&leaders, OffsetSpec::Latest).await)?;
    let log = |(topic, id): &TopicPartition| {
        let at = match &at {
            None => AtMoment::NotAsked,
            Some(at) if at.is_past_the_end(topic, *id) => AtMoment::PastTheEnd,
            Some(at) => AtMoment::Record(at.get(topic, *id)?),
        };
        Some(Log { earliest: earliest.get(topic, *id)?, latest: latest.get(topic, *id)?, at })
    };
    Ok(partitions.into_iter().map(|(place, _)| (place.clone(), log(&place))).collect())
}

fn told(mut listing: OffsetListing) -> Result<OffsetListing, BrokersError> {
    match listing.unanswered.pop_first() {
        Some((_, error)) => Err(BrokersError::Away(error)),
        None => Ok(listing),
    }
}

async fn commit(client: &Client, group: &GroupId, offsets: Vec<GroupOffset>) -> Result<(), BrokersError> {
    let coordinator = client.find_coordinator(group).await.map_err(BrokersError::Away)?;
    let said = client.commit_offsets(group, coordinator, offsets).await.map_err(BrokersError::Away)?;
    refusals(said.into_iter().filter_map(|(place, outcome)| Some((place, outcome.err()?))).collect())
}

/// Refusals that are named.
const NAMED: usize = 3;

/// What became of a commit, from the partitions that were not set.
fn refusals(refused: Vec<(TopicPartition, KafkaError)>) -> Result<(), BrokersError> {
    let is_of_members = |code: ErrorCode| {
        matches!(
            code,
            ErrorCode::UnknownMemberId
                | ErrorCode::IllegalGeneration
                | ErrorCode::RebalanceInProgress
                | ErrorCode::StaleMemberEpoch
                | ErrorCode::FencedMemberEpoch
                | ErrorCode::NonEmptyGroup
        )
    };
    if refused.iter().any(|(_, error)| is_of_members(error.code)) {
        return Err(BrokersError::HasMembers);
    }
    let total = refused.len();
    if let Some((_, source)) = refused.iter().find(|(_, error)| error.retry() != klamm_kafka::Retry::Never) {
        // The coordinator moves, or loads: nothing of it was refused for good.
        return Err(BrokersError::Away(ClientError::Broker { what: "OffsetCommit", source: source.clone() }));
    }
    if total == 0 {
        return Ok(());
    }
    let named =
        refused.into_iter().take(NAMED).map(|((topic, partition), error)| format!("{topic}-{partition}: {error}"));
    let more = if total > NAMED { format!(" And {} more partitions.", total - NAMED) } else { String::new() };
    Err(BrokersError::Refused(named.collect::<Vec<_>>().join(" ") + &more))
}

#[cfg(test)]
mod tests;
