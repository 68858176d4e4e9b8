//! Asking: who answers first, then everything of those who do. A broker that does not answer is waited for once.

use super::{
    Collector, Depth, access,
    defaults::{self, Told},
    disks::{self, DisksByBroker},
    gaps::Gaps,
    groups::{Committed, Members, member_list},
    moves,
    rarely::Rarities,
    topics,
};
use crate::{
    ApiTable, Client, ClientError, ClusterDescription, GroupListings, OffsetListing, OffsetSpec, PartitionsByLeader,
    PerTopic, TopicDescription, TopicSelection,
};
use klamm_model::{
    Authorization, BrokerId, BrokerState, BrokerThrottle, ConfigEntry, Inventory, Part, Reassignment, TopicName,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// For short questions: whoever takes longer counts as silent in this look.
const PROBE: Duration = Duration::from_secs(3);
/// For everything else one broker has to say.
const ANSWER: Duration = Duration::from_secs(4);

/// Answers to everything that was asked in one look; none for what was not asked.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) settings: PerTopic<BTreeMap<String, ConfigEntry>>,
    pub(super) log_dirs: Option<DisksByBroker>,
    pub(super) earliest: Option<OffsetListing>,
    pub(super) latest: Option<OffsetListing>,
    pub(super) groups: Option<GroupListings>,
    pub(super) committed: Committed,
    pub(super) members: Option<Members>,
    pub(super) defaults: Option<Told>,
    pub(super) authorization: Option<Result<Authorization, ClientError>>,
    pub(super) throttles: Option<Result<Vec<BrokerThrottle>, ClientError>>,
    pub(super) reassignments: Option<Result<Vec<Reassignment>, ClientError>>,
}

/// Which brokers answer, and what each can do.
pub(super) struct Roll {
    pub(super) tables: BTreeMap<BrokerId, ApiTable>,
    /// Registered as running, but silent; with the reason.
    silent: BTreeMap<BrokerId, Arc<ClientError>>,
    /// Running, and answering.
    present: BTreeSet<BrokerId>,
}

impl Collector {
    /// Short questions, that can be put to anybody, are put to somebody else when the first does not answer in time.
    pub(super) fn probing(&self) -> Client {
        self.client.with_timeout(PROBE)
    }

    /// Who there is, as told by the first who answers.
    pub(super) async fn cluster(&self) -> Result<ClusterDescription, ClientError> {
        let client = self.probing();
        match client.describe_cluster().await {
            Err(ClientError::TimedOut { .. } | ClientError::Disconnected { .. }) => client.describe_cluster().await,
            answered => answered,
        }
    }

    /// Who answers, and all topics.
    pub(super) async fn structure(
        &self,
        cluster: &ClusterDescription,
        gaps: &mut Gaps,
    ) -> Result<(Roll, BTreeMap<TopicName, TopicDescription>), ClientError> {
        let client = self.client.with_timeout(ANSWER);
        let (roll, topics) = tokio::join!(self.call_roll(cluster, gaps), client.describe_topics(&TopicSelection::All));
        let topics = match topics {
            // By now it is known who does not answer, and others are asked.
            Err(error) if error.is_transient() => client.describe_topics(&TopicSelection::All).await,
            answered => answered,
        };
        Ok((roll, topics::answered(topics?, gaps)))
    }

    async fn call_roll(&self, cluster: &ClusterDescription, gaps: &mut Gaps) -> Roll {
        let client = self.probing();
        let ask = |id| {
            let client = client.clone();
            async move { (id, client.api_versions(id).await) }
        };
        let answers = futures::future::join_all(cluster.brokers.iter().map(|broker| ask(broker.id))).await;
        let running: BTreeSet<BrokerId> =
            cluster.brokers.iter().filter(|b| b.state == BrokerState::Running).map(|b| b.id).collect();
        let mut roll = Roll { tables: BTreeMap::new(), silent: BTreeMap::new(), present: BTreeSet::new() };
        let mut unheard = BTreeSet::new();
        for (id, answer) in answers {
            match answer {
                Ok(table) => {
                    roll.tables.insert(id, table);
                    if running.contains(&id) {
                        roll.present.insert(id);
                    }
                }
                Err(error) => {
                    gaps.of_broker(Part::Broker, id, &error);
                    unheard.insert(id);
                    if running.contains(&id) {
                        roll.silent.insert(id, Arc::new(error));
                    }
                }
            }
        }
        self.client.ask_last(unheard);
        roll
    }

    /// Everything of this depth.
    pub(super) async fn everything(
        &self,
        previous: &Inventory,
        roll: &Roll,
        described: &BTreeMap<TopicName, TopicDescription>,
        (depth, rarities): (Depth, Rarities),
        gaps: &mut Gaps,
    ) -> Seen {
        let client = self.client.with_timeout(ANSWER);
        let wanted = topics::settings_wanted(previous, described, depth);
        let settings = async {
            if wanted.is_empty() { Ok(PerTopic::new()) } else { client.describe_topic_settings(&wanted).await }
        };
        if depth == Depth::Structure {
            let settings = gaps.noted(Part::Config, settings.await).unwrap_or_default();
            return Seen { settings, ..Seen::default() };
        }
        let mut leaders = PartitionsByLeader::of(described);
        let names: Vec<&TopicName> = described.keys().collect();
        let lost = leaders.leave_out(roll.silent.keys());
        let about = defaults::topic_to_ask_about(previous, described);
        let rarely = async {
            let asked = match rarities {
                Rarities::Asked => &roll.present,
                Rarities::AsBefore => return (None, None, None),
            };
            let defaults = async {
                // Without a topic there is none whose configuration anybody wants to know.
                match about {
                    Some(about) => Some(defaults::ask(&client, asked, about).await),
                    None => None,
                }
            };
            let (defaults, access, throttles) =
                tokio::join!(defaults, access::ask(&client, asked), moves::throttles(&client, asked));
            (defaults, Some(access), Some(throttles))
        };
        let (settings, mut log_dirs, mut earliest, mut latest, (mut groups, committed, members), rarely, reassignments) = tokio::join!(
            settings,
            disks::ask(&client, &roll.present, &names),
            client.list_offsets(&leaders, OffsetSpec::Earliest),
            client.list_offsets(&leaders, OffsetSpec::Latest),
            groups(&client, &roll.present, depth),
            rarely,
            moves::reassignments(&client, described, depth),
        );
        let why = |error: &Arc<ClientError>| ClientError::Shared(error.clone());
        log_dirs.extend(roll.silent.iter().map(|(id, error)| (*id, Err(why(error)))));
        groups.unanswered.extend(roll.silent.iter().map(|(id, error)| (*id, why(error))));
        for listing in [&mut earliest, &mut latest] {
            let of_silent = lost.iter().filter_map(|id| Some((*id, why(roll.silent.get(id)?))));
            listing.unanswered.extend(of_silent);
        }
        Seen {
            settings: gaps.noted(Part::Config, settings).unwrap_or_default(),
            log_dirs: Some(log_dirs),
            earliest: Some(earliest),
            latest: Some(latest),
            groups: Some(groups),
            committed,
            members,
            defaults: rarely.0,
            authorization: rarely.1,
            throttles: rarely.2,
            reassignments,
        }
    }
}

/// Groups with what they committed; who is in them only at full depth.
async fn groups(
    client: &Client,
    present: &BTreeSet<BrokerId>,
    depth: Depth,
) -> (GroupListings, Committed, Option<Members>) {
    let listings = client.list_groups_at(present.iter().copied()).await;
    let members = async {
        let all = listings.groups.values();
        if depth == Depth::Everything { Some(client.describe_groups_as(all, member_list).await) } else { None }
    };
    let (committed, members) = tokio::join!(client.fetch_group_offsets(listings.groups.values()), members);
    (listings, committed, members)
}
