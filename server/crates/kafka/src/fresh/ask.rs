//! Asking: who there is and how far each has read, then everything else at once. What is being moved is asked before topics and after.

use super::{FreshLook, FreshPart, OfBrokers, Unseen, Wanted, gather};
use crate::{
    ApiTable, AskedOf, Client, ClientError, ClusterDescription, ConfigValue, LogDirDescription, PerTopic,
    QuorumDescription, TopicDescription, TopicSelection,
};
use futures::{StreamExt, stream};
use klamm_model::{BrokerId, BrokerState, Reassignment, TopicName};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    time::Duration,
};

/// For short questions: who takes longer is silent in this look.
const PROBE: Duration = Duration::from_secs(3);
/// For all topics, or all that lies on a disk.
const ANSWER: Duration = Duration::from_secs(10);
/// Who had everything so long ago has it now, as far as anybody can know: controllers think the same of each other.
const FRESH_MILLIS: u64 = 2000;
/// Brokers asked at once.
const BROKERS: usize = 16;
/// Brokers that are asked for all topics, one after the other until one answers.
const WITNESSES: usize = 3;

pub(super) const MINIMUM: &str = "min.insync.replicas";
pub(super) const FETCH_TIMEOUT: &str = "controller.quorum.fetch.timeout.ms";

/// What one broker said of itself.
pub(super) struct OfBroker {
    pub(super) table: Result<ApiTable, ClientError>,
    pub(super) keys: Result<BTreeMap<String, ConfigValue>, ClientError>,
    /// None where they are not wanted.
    pub(super) disks: Option<Result<Vec<LogDirDescription>, ClientError>>,
}

/// Who told of all topics, and what.
pub(super) struct Told {
    pub(super) by: Option<BrokerId>,
    pub(super) topics: PerTopic<TopicDescription>,
    /// Brokers, by the same one.
    pub(super) cluster: ClusterDescription,
}

/// All answers.
pub(super) struct Answers {
    pub(super) quorum: Result<QuorumDescription, ClientError>,
    pub(super) told: Result<Told, ClientError>,
    pub(super) brokers: BTreeMap<BrokerId, OfBroker>,
    pub(super) moves: Result<Vec<Reassignment>, ClientError>,
    /// By topic, for those where it is wanted.
    pub(super) minimums: Result<PerTopic<BTreeMap<String, ConfigValue>>, ClientError>,
}

impl Client {
    /// Looks once, at what is wanted.
    pub async fn look_fresh(&self, wanted: &Wanted) -> FreshLook {
        let (short, long) = (&self.with_timeout(PROBE), &self.with_timeout(ANSWER));
        let (cluster, quorum, moves) = tokio::join!(
            patiently(|| short.describe_cluster()),
            patiently(|| short.describe_quorum()),
            patiently(|| short.list_reassignments()),
        );
        let cluster = match cluster {
            Ok(cluster) => cluster,
            Err(error) => {
                let reason = error.explain();
                return FreshLook::of_nothing(Unseen { part: FreshPart::Cluster, broker: None, reason });
            }
        };
        let witnesses = witnesses(&cluster, quorum.as_ref().ok());
        let (told, brokers) =
            tokio::join!(all_topics(long, &witnesses), each_broker(short, long, &cluster, &wanted.disks));
        let minimums = async {
            match &told {
                Ok(told) => minimums(long, told, &wanted.minimums).await,
                Err(_) => Ok(PerTopic::new()),
            }
        };
        let (minimums, moves) = tokio::join!(minimums, then_or_now(short, moves));
        gather::put_together(cluster, Answers { quorum, told, brokers, moves, minimums }, wanted)
    }
}

/// Asks somebody else when the first does not answer, or cannot be reached, in time.
async fn patiently<T, F>(ask: impl Fn() -> F) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    match ask().await {
        Err(ClientError::TimedOut { .. } | ClientError::Disconnected { .. } | ClientError::Unreachable { .. }) => {
            ask().await
        }
        answered => answered,
    }
}

/// Running brokers that have just read everything, whoever leads first: it writes what others read.
fn witnesses(cluster: &ClusterDescription, quorum: Option<&QuorumDescription>) -> Vec<BrokerId> {
    let Some(quorum) = quorum else { return Vec::new() };
    let running = cluster.brokers.iter().filter(|broker| broker.state == BrokerState::Running).map(|broker| broker.id);
    let behind = |id: BrokerId| {
        let replica = quorum.replicas().find(|replica| replica.id == id)?;
        quorum.millis_behind(replica).value().copied().filter(|millis| *millis < FRESH_MILLIS)
    };
    let mut fresh: Vec<(u64, BrokerId)> = running.filter_map(|id| Some((behind(id)?, id))).collect();
    fresh.sort_by_key(|(millis, id)| (Some(*id) != quorum.leader, *millis));
    fresh.into_iter().take(WITNESSES).map(|(_, id)| id).collect()
}

/// All topics as the first of these tells that answers, or else as anybody does.
async fn all_topics(client: &Client, witnesses: &[BrokerId]) -> Result<Told, ClientError> {
    for by in witnesses {
        let (topics, cluster) = tokio::join!(client.describe_all_topics_at(*by), client.describe_cluster_at(*by));
        if let (Ok(topics), Ok(cluster)) = (topics, cluster) {
            return Ok(Told { by: Some(*by), topics, cluster });
        }
    }
    let everything = TopicSelection::All;
    let (topics, cluster) =
        tokio::join!(patiently(|| client.describe_topics(&everything)), patiently(|| client.describe_cluster()));
    Ok(Told { by: None, topics: topics?, cluster: cluster? })
}

/// What was on its way before topics were told, with what is now: a move that ended or began meanwhile may show in them as one that
/// goes on.
async fn then_or_now(
    client: &Client,
    then: Result<Vec<Reassignment>, ClientError>,
) -> Result<Vec<Reassignment>, ClientError> {
    let then = then?;
    Ok(either(then, patiently(|| client.list_reassignments()).await?))
}

/// By topic and partition; of those that both have, what is said now.
fn either(then: Vec<Reassignment>, now: Vec<Reassignment>) -> Vec<Reassignment> {
    let all = then.into_iter().chain(now).map(|one| ((one.topic.clone(), one.partition), one));
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}

async fn each_broker(
    short: &Client,
    long: &Client,
    cluster: &ClusterDescription,
    disks: &OfBrokers,
) -> BTreeMap<BrokerId, OfBroker> {
    let ask = |id: BrokerId| async move {
        let dirs = async { if disks.has(id) { Some(long.log_dirs_of(id).await) } else { None } };
        let (table, keys, disks) =
            tokio::join!(short.api_versions(id), short.describe_broker_keys(id, &[MINIMUM, FETCH_TIMEOUT]), dirs);
        (id, OfBroker { table, keys, disks })
    };
    let ids: BTreeSet<BrokerId> = cluster.brokers.iter().map(|broker| broker.id).collect();
    let answers: BTreeMap<BrokerId, OfBroker> = stream::iter(ids).map(ask).buffer_unordered(BROKERS).collect().await;
    let silent = answers.iter().filter(|(_, answer)| answer.table.is_err()).map(|(id, _)| *id);
    short.ask_last(silent.collect());
    answers
}

/// What the topics that count say themselves, by whoever told of them.
async fn minimums(
    client: &Client,
    told: &Told,
    wanted: &OfBrokers,
) -> Result<PerTopic<BTreeMap<String, ConfigValue>>, ClientError> {
    let counts = |topic: &TopicDescription| {
        topic.partitions.iter().flat_map(|partition| &partition.replicas).any(|broker| wanted.has(*broker))
    };
    let topics = told.topics.iter().filter(|(_, topic)| topic.as_ref().is_ok_and(counts));
    let topics: BTreeSet<TopicName> = topics.map(|(name, _)| name.clone()).collect();
    if topics.is_empty() {
        return Ok(PerTopic::new());
    }
    client.describe_topic_keys(&topics, &[MINIMUM], told.by.map_or(AskedOf::Anybody, AskedOf::Broker)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClusterNode, QuorumReplica};
    use BrokerState::{Fenced, Running};
    use klamm_model::{Known, PartitionId, UnixMillis};

    fn cluster(brokers: &[(i32, BrokerState)]) -> ClusterDescription {
        let node = |(id, state): &(i32, BrokerState)| ClusterNode {
            id: BrokerId(*id),
            host: String::new(),
            port: 1,
            rack: None,
            state: *state,
        };
        let brokers = brokers.iter().map(node).collect();
        ClusterDescription { cluster_id: String::new(), controller: None, brokers }
    }

    /// Voters and observers, each with when it last had everything.
    fn quorum(leader: i32, voters: &[(i32, i64)], observers: &[(i32, i64)]) -> QuorumDescription {
        let replica = |(id, caught_up): &(i32, i64)| QuorumReplica {
            id: BrokerId(*id),
            directory_id: None,
            log_end_offset: Known::Unknown,
            last_fetch: Known::Unknown,
            last_caught_up: Known::Known(UnixMillis(*caught_up)),
        };
        QuorumDescription {
            leader: Some(BrokerId(leader)),
            leader_epoch: 1,
            high_watermark: 1,
            voters: voters.iter().map(replica).collect(),
            observers: observers.iter().map(replica).collect(),
        }
    }

    #[test]
    fn who_has_just_read_everything_is_asked_and_the_leader_first() {
        let cluster = cluster(&[(1, Running), (2, Running), (3, Running), (4, Fenced), (5, Running)]);
        let observers = [(1, 9_500), (3, 9_990), (4, 10_000), (5, 7_000)];
        let mut quorum = quorum(2, &[(2, 10_000), (9, 10_000)], &observers);
        assert_eq!(witnesses(&cluster, Some(&quorum)), [2, 3, 1].map(BrokerId), "5 is behind, 4 fenced, 9 no broker");
        quorum.leader = None;
        assert!(witnesses(&cluster, Some(&quorum)).is_empty(), "nobody's clock counts");
        assert!(witnesses(&cluster, None).is_empty());
    }

    #[test]
    fn what_ended_or_began_while_topics_were_told_counts_as_on_its_way() {
        let one = |partition: i32, to: i32| Reassignment {
            topic: "orders".parse().unwrap(),
            partition: PartitionId(partition),
            adding: Box::from([BrokerId(to)]),
            removing: Box::from([]),
        };
        let (then, now) = (vec![one(0, 3), one(1, 3)], vec![one(1, 4), one(2, 3)]);
        assert_eq!(either(then, now), [one(0, 3), one(1, 4), one(2, 3)]);
    }

    #[test]
    fn in_small_clusters_and_with_a_broker_down_there_is_somebody_to_ask() {
        let alone = cluster(&[(0, Running)]);
        assert_eq!(witnesses(&alone, Some(&quorum(0, &[(0, 10_000)], &[]))), [BrokerId(0)]);
        // The one that led died a while ago; another one of those that store partitions leads by now.
        let voters = [(0, 9_700), (1, 4_000), (2, 10_000)];
        let combined = cluster(&[(0, Running), (1, Fenced), (2, Running)]);
        assert_eq!(witnesses(&combined, Some(&quorum(2, &voters, &[]))), [2, 0].map(BrokerId));
        // Controllers apart; before Kafka 4.1 a broker that is down is not listed.
        let apart = quorum(9, &[(9, 10_000), (10, 9_800)], &[(1, 9_400), (2, 3_000)]);
        assert_eq!(witnesses(&cluster(&[(1, Running)]), Some(&apart)), [BrokerId(1)]);
    }
}
