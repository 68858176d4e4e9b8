//! What brokers tell: every partition, the quorum, and what is being moved.

use super::seen::{Deed, Standing, Subject};
use anyhow::Context;
use k8s_openapi::api::core::v1::Secret;
use klamm_kafka::{
    Address, Addresses, Authentication, ClientConfig, ConfigDetail, ConfigResource, Credentials, Password, PerTopic,
    QuorumDescription, QuorumReplica, Timeouts, TopicDescription, TopicSelection,
};
use klamm_model::{BrokerId, Known, Reassignment, TopicName};
use klamm_resources::managed;
use kube::Api;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

/// A look that takes longer is no look.
const PATIENCE: Timeouts = Timeouts {
    connect: Duration::from_millis(1_500),
    reach: Duration::from_millis(1_500),
    request: Duration::from_secs(2),
};
/// A voter that has not had everything for so long is not caught up. One that runs is told of every half second.
const CAUGHT_UP_WITHIN_MS: i64 = 6_000;
/// `min.insync.replicas` is read anew after so many looks.
const MINIMUM_EVERY: usize = 10;

/// A connection of the watcher's own.
pub(super) struct Brokers {
    client: klamm_kafka::Client,
    /// `min.insync.replicas` by topic.
    minimums: BTreeMap<TopicName, usize>,
    until_minimums: usize,
    moving: BTreeSet<Reassigned>,
}

/// What brokers told in one look.
pub(super) struct Told {
    /// Every partition.
    pub(super) partitions: anyhow::Result<BTreeMap<Subject, Standing>>,
    /// The quorum.
    pub(super) quorum: anyhow::Result<Standing>,
    /// What has begun to move since the last time.
    pub(super) began: anyhow::Result<Vec<Deed>>,
}

/// A move, as far as it tells it from others.
type Reassigned = (Subject, Vec<i32>, Vec<i32>);

impl Brokers {
    /// With the rights of Klamm's own user.
    pub(super) async fn of(client: &kube::Client, namespace: &str, cluster: &str) -> anyhow::Result<Self> {
        let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
        let secret = secrets.get(&managed::admin_secret(cluster)).await.context("read the admin's Secret")?;
        let text = |key: &str| -> anyhow::Result<String> {
            let value = secret.data.as_ref().and_then(|data| data.get(key));
            let value = value.with_context(|| format!("the admin's Secret has no {key}"))?;
            String::from_utf8(value.0.clone()).context("the admin's Secret is not text")
        };
        let credentials = Credentials::new(text("username")?, Password::new(text("password")?));
        let config = ClientConfig {
            addresses: Addresses::Explicit(BTreeMap::new()),
            authentication: Authentication::ScramSha512(credentials),
            client_id: "klamm-watcher".to_owned(),
            timeouts: PATIENCE,
            ..ClientConfig::new()
        };
        let client = klamm_kafka::Client::new(config);
        Ok(Self { client, minimums: BTreeMap::new(), until_minimums: 0, moving: BTreeSet::new() })
    }

    /// Nodes are there now; those that are no brokers are not asked.
    pub(super) async fn are_at(&self, places: &BTreeMap<i32, SocketAddr>) {
        let places = places.iter().filter(|(_, place)| place.port() == managed::INTERNAL_PORT);
        let address = |place: &SocketAddr| Address::new(place.ip().to_string(), place.port()).ok();
        let addresses = places.filter_map(|(id, place)| Some((BrokerId(*id), address(place)?)));
        self.client.set_addresses(Addresses::Explicit(addresses.collect())).await;
    }

    /// Asks everything at once.
    pub(super) async fn look(&mut self) -> Told {
        let client = &self.client;
        let (topics, quorum, moves) = tokio::join!(
            client.describe_topics(&TopicSelection::All),
            client.describe_quorum(),
            client.list_reassignments()
        );
        let partitions = match topics {
            Ok(topics) => Ok(self.partitions(topics).await),
            Err(error) => Err(error.into()),
        };
        let began = moves.map(|moves| self.began(&moves));
        Told {
            partitions,
            quorum: quorum.map(|told| standing(&told)).map_err(Into::into),
            began: began.map_err(Into::into),
        }
    }

    async fn partitions(&mut self, described: PerTopic<TopicDescription>) -> BTreeMap<Subject, Standing> {
        let topics: BTreeMap<_, _> = described.into_iter().filter_map(|(name, one)| Some((name, one.ok()?))).collect();
        let unknown: BTreeSet<_> = topics.keys().filter(|name| !self.minimums.contains_key(*name)).cloned().collect();
        if self.until_minimums == 0 {
            self.read_minimums(topics.keys().cloned().collect()).await;
            self.until_minimums = MINIMUM_EVERY;
        } else if !unknown.is_empty() {
            self.read_minimums(unknown).await;
        }
        self.until_minimums -= 1;
        // A topic whose minimum is not known yet is looked at next time.
        let known = topics.iter().filter_map(|(name, topic)| Some((name, topic, *self.minimums.get(name)?)));
        known.flat_map(|(name, topic, least)| standings(name, topic, least)).collect()
    }

    /// What cannot be read stays as it was.
    async fn read_minimums(&mut self, topics: BTreeSet<TopicName>) {
        let resources = topics.into_iter().map(ConfigResource::Topic).collect();
        let Ok(configs) = self.client.describe_configs(&resources, ConfigDetail::Values).await else { return };
        for (resource, config) in configs {
            let (ConfigResource::Topic(name), Ok(config)) = (resource, config) else { continue };
            let value = config.get("min.insync.replicas").and_then(|value| value.value.as_deref()?.parse().ok());
            self.minimums.extend(value.map(|value| (name, value)));
        }
    }

    /// What has begun to move since the last time.
    fn began(&mut self, moves: &[Reassignment]) -> Vec<Deed> {
        let now: BTreeSet<Reassigned> = moves.iter().map(reassigned).collect();
        let new = now.difference(&self.moving).cloned();
        let deeds = new.map(|(subject, adding, removing)| Deed::Reassigned { subject, adding, removing }).collect();
        self.moving = now;
        deeds
    }
}

fn reassigned(one: &Reassignment) -> Reassigned {
    let ids = |brokers: &[BrokerId]| brokers.iter().map(|id| id.0).collect();
    (Subject::Partition(one.topic.to_string(), one.partition.0), ids(&one.adding), ids(&one.removing))
}

fn standings<'a>(
    name: &'a TopicName,
    topic: &'a TopicDescription,
    least: usize,
) -> impl Iterator<Item = (Subject, Standing)> + 'a {
    topic.partitions.iter().map(move |partition| {
        let standing = Standing {
            leader: partition.leader.map(|id| id.0),
            members: partition.replicas.iter().map(|id| id.0).collect(),
            in_step: partition.in_sync.iter().map(|id| id.0).collect(),
            least,
        };
        (Subject::Partition(name.to_string(), partition.id.0), standing)
    })
}

/// The quorum's standing: voters that had everything not long ago, by the leader's own clock. During an election, and until
/// the new leader has heard from anybody, nobody knows, and all are taken to be caught up; whether they run is seen at
/// their ports.
fn standing(told: &QuorumDescription) -> Standing {
    let leader = told.leader.and_then(|id| told.voters.iter().find(|voter| voter.id == id));
    let heard = |voter: &&QuorumReplica| Some(voter.id) != told.leader && voter.last_caught_up != Known::Unknown;
    let has_heard = told.voters.len() == 1 || told.voters.iter().any(|voter| heard(&voter));
    let now = leader.filter(|_| has_heard).map(|leader| leader.last_caught_up);
    let in_step = told.voters.iter().filter(|voter| match (now, voter.last_caught_up) {
        (Some(Known::Known(now)), Known::Known(then)) => now.0.saturating_sub(then.0) <= CAUGHT_UP_WITHIN_MS,
        (Some(Known::Known(_)), Known::Unknown) => false,
        (Some(Known::Unknown) | None, _) => true,
    });
    Standing {
        leader: told.leader.map(|id| id.0),
        members: told.voters.iter().map(|voter| voter.id.0).collect(),
        in_step: in_step.map(|voter| voter.id.0).collect(),
        least: told.voters.len() / 2 + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::UnixMillis;

    fn voter(id: i32, last_caught_up: Known<UnixMillis>) -> QuorumReplica {
        QuorumReplica {
            id: BrokerId(id),
            directory_id: None,
            log_end_offset: Known::Unknown,
            last_fetch: Known::Unknown,
            last_caught_up,
        }
    }

    fn told(leader: Option<i32>, voters: Vec<QuorumReplica>) -> QuorumDescription {
        let leader = leader.map(BrokerId);
        QuorumDescription { leader, leader_epoch: 1, high_watermark: 1, voters, observers: Vec::new() }
    }

    #[test]
    fn voters_are_in_step_when_they_had_everything_not_long_before_the_leaders_now() {
        let at = |millis| Known::Known(UnixMillis(millis));
        let voters = vec![
            voter(0, at(100_000)),
            voter(1, at(99_400)),
            voter(2, at(80_000)),
            voter(3, Known::Unknown),
            voter(4, at(95_000)),
        ];
        let standing = standing(&told(Some(0), voters));
        assert_eq!((standing.in_step, standing.least), ([0, 1, 4].into(), 3));
        assert_eq!(standing.members.len(), 5);
    }

    #[test]
    fn a_leader_that_has_heard_from_nobody_yet_blames_nobody() {
        let now = Known::Known(UnixMillis(100_000));
        let fresh = standing(&told(Some(0), vec![voter(0, now), voter(1, Known::Unknown), voter(2, Known::Unknown)]));
        assert_eq!(fresh.in_step, [0, 1, 2].into());
        let later = standing(&told(Some(0), vec![voter(0, now), voter(1, now), voter(2, Known::Unknown)]));
        assert_eq!(later.in_step, [0, 1].into());
    }

    #[test]
    fn during_an_election_voters_are_told_apart_by_their_ports() {
        let standing = standing(&told(None, vec![voter(0, Known::Unknown), voter(1, Known::Unknown)]));
        assert_eq!((standing.in_step, standing.leader), ([0, 1].into(), None));
    }
}
