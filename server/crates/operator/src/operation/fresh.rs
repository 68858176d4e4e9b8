//! The look that guards judge by: pods and brokers, read directly before an act.

use super::{
    agents::{self, Agent},
    edits::{self, Dynamic, Wanted as WantedConfig},
};
use crate::{
    cluster::gather::{self, GatherError},
    cluster::observed::{Observed, address, is_ready, is_running, node_of},
    runtime::{Context, NotConnected},
};
use k8s_openapi::api::core::v1::Pod;
use klamm_kafka::{Client, FreshLook, FreshPart, OfBrokers, Unseen, Wanted};
use klamm_model::{BrokerId, BrokerState, ClusterRef, Known, TopicName};
use klamm_planner::operations::{Disk, MIN_IN_SYNC, Node};
use klamm_resources::OperationKind;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// How long configuration that was as declared is believed to be so.
const CONFIG_FOR: Duration = Duration::from_mins(1);
/// The same while an operation runs.
const CONFIG_FOR_NOW: Duration = Duration::from_secs(10);
/// How long what topics set themselves is believed: it decides about a preflight, and about settings for all topics, alone.
const TOPICS_FOR: Duration = Duration::from_secs(30);

/// How long what disks have is believed in an upgrade: it is told, and decides nothing, and brokers take their time to say it.
const DISKS_FOR: Duration = Duration::from_mins(1);

/// Keys that topics set themselves.
pub(super) type TopicSettings = BTreeMap<TopicName, BTreeMap<String, String>>;

/// What was asked a moment ago and costs much.
#[derive(Default)]
pub(super) struct Kept {
    old_clients: Option<(Instant, Known<Vec<String>>)>,
    dynamic: Option<(Instant, WantedConfig, Dynamic)>,
    topics: Option<(Instant, TopicSettings)>,
    disks: Option<(Instant, BTreeMap<BrokerId, Disk>)>,
}

impl Kept {
    /// Disks that were told within that time.
    fn disks(&self, within: Duration) -> Option<&BTreeMap<BrokerId, Disk>> {
        self.disks.as_ref().filter(|(at, _)| at.elapsed() < within).map(|(_, disks)| disks)
    }
}

/// What a look is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// Whether anything is to be done at all.
    Difference,
    /// An operation of that kind.
    Operation(OperationKind),
}

impl For {
    /// What brokers are asked for it.
    pub(super) fn wanted(self, kept: &Kept) -> Wanted {
        let (minimums, disks) = match self {
            Self::Difference => (OfBrokers::none(), OfBrokers::none()),
            Self::Operation(kind) => match kind {
                OperationKind::Upgrade if kept.disks(DISKS_FOR).is_none() => (OfBrokers::All, OfBrokers::All),
                OperationKind::Restart
                | OperationKind::Reconfigure
                | OperationKind::Upgrade
                | OperationKind::Finalise => (OfBrokers::All, OfBrokers::none()),
                OperationKind::Scale | OperationKind::Rebalance | OperationKind::Drain => {
                    (OfBrokers::All, OfBrokers::All)
                }
            },
        };
        Wanted { minimums, disks }
    }
}

/// Pods and StatefulSets once more, the rest as it was read before.
pub(super) async fn pods(
    context: &Context,
    cluster: &ClusterRef,
    observed: &Observed,
) -> Result<Observed, GatherError> {
    let (stateful_sets, pods) = gather::nodes(context, cluster).await?;
    Ok(Observed { stateful_sets, pods, ..observed.clone() })
}

/// What the brokers say now.
pub(super) async fn brokers(context: &Context, cluster: &ClusterRef, wanted: &Wanted) -> FreshLook {
    match context.connections.get(cluster) {
        Ok(client) => client.look_fresh(wanted).await,
        Err(NotConnected::UnknownCluster(_)) => silent("Klamm has not reached a broker yet".to_owned()),
        Err(NotConnected::NotReadyYet(reason)) => silent(reason),
    }
}

fn silent(reason: String) -> FreshLook {
    FreshLook {
        cluster_id: Known::Unknown,
        older_by: Known::Unknown,
        brokers: Known::Unknown,
        quorum: Known::Unknown,
        quorum_fetch_timeout: Known::Unknown,
        topics: Known::Unknown,
        moves: Known::Unknown,
        features: Known::Unknown,
        unseen: vec![Unseen { part: FreshPart::Cluster, broker: None, reason }],
    }
}

/// Configuration of running brokers. What differed a moment ago is asked again, the rest now and then.
pub(super) async fn configuration(
    client: Option<&Client>,
    look: &FreshLook,
    wanted: &WantedConfig,
    purpose: For,
    kept: &mut Kept,
) -> Dynamic {
    let for_now = match purpose {
        For::Difference => CONFIG_FOR,
        For::Operation(_) => CONFIG_FOR_NOW,
    };
    if let Some((at, of, dynamic)) = &kept.dynamic
        && at.elapsed() < for_now
        && of == wanted
        && dynamic.edits.is_empty()
        && dynamic.gaps.is_empty()
    {
        return dynamic.clone();
    }
    let Some(client) = client else { return Dynamic::default() };
    let brokers = look.brokers.value().into_iter().flatten();
    let running: BTreeSet<BrokerId> =
        brokers.filter(|(_, broker)| broker.state == BrokerState::Running).map(|(id, _)| *id).collect();
    let dynamic = edits::look(client, &running, wanted).await;
    kept.dynamic = Some((Instant::now(), wanted.clone(), dynamic.clone()));
    dynamic
}

/// What disks have, where it was not asked for just now: as it was a moment ago.
pub(super) fn disks(nodes: &mut BTreeMap<BrokerId, Node>, purpose: For, kept: &mut Kept) {
    if purpose != For::Operation(OperationKind::Upgrade) {
        return;
    }
    let told: BTreeMap<BrokerId, Disk> =
        nodes.iter().filter_map(|(id, node)| Some((*id, *node.disk.value()?))).collect();
    if !told.is_empty() {
        kept.disks = Some((Instant::now(), told));
        return;
    }
    // Asked again before they are too old to be told.
    let Some(known) = kept.disks(DISKS_FOR * 2) else { return };
    for (id, node) in nodes {
        node.disk = known.get(id).copied().into();
    }
}

/// Whether what topics set themselves decides: whether a version takes them, or whether what is set for all holds for them.
fn settings_decide(purpose: For, dynamic: &Dynamic) -> bool {
    match purpose {
        For::Operation(OperationKind::Upgrade) => true,
        For::Operation(OperationKind::Reconfigure) => dynamic.edits.iter().any(|(_, key, _)| key == MIN_IN_SYNC),
        For::Difference
        | For::Operation(
            OperationKind::Restart
            | OperationKind::Finalise
            | OperationKind::Scale
            | OperationKind::Rebalance
            | OperationKind::Drain,
        ) => false,
    }
}

/// What topics set themselves, where it decides.
pub(super) async fn topic_settings<'a>(
    client: Option<&Client>,
    look: &FreshLook,
    (purpose, dynamic): (For, &Dynamic),
    kept: &'a mut Kept,
) -> Known<&'a TopicSettings> {
    if !settings_decide(purpose, dynamic) {
        return Known::Unknown;
    }
    let is_recent = kept.topics.as_ref().is_some_and(|(at, _)| at.elapsed() < TOPICS_FOR);
    if !is_recent
        && let (Some(client), Some(topics)) = (client, look.topics.value())
        && let Ok(answers) = client.describe_topic_settings(&topics.keys().cloned().collect()).await
    {
        let settings = answers.into_iter().filter_map(|(topic, keys)| {
            let keys = keys.ok()?.into_iter().filter_map(|(key, entry)| Some((key, entry.value?))).collect();
            Some((topic, keys))
        });
        kept.topics = Some((Instant::now(), settings.collect()));
    }
    kept.topics.as_ref().map(|(_, settings)| settings).into()
}

/// The agents of nodes whose pods run; of all of them, or of those that are not ready yet.
fn agents(observed: &Observed, port: u16, counts: impl Fn(&Pod) -> bool) -> Vec<Agent> {
    let pods = observed.pods.values().filter(|pod| is_running(pod) && counts(pod));
    pods.filter_map(|pod| {
        let (id, _) = node_of(pod)?;
        Some(Agent { node: BrokerId(id), host: address(pod)?.to_owned(), port })
    })
    .collect()
}

/// Nodes whose brokers read their logs after a hard end.
pub(super) async fn recovering(observed: &Observed, port: u16) -> BTreeSet<BrokerId> {
    agents::recovering(&agents(observed, port, |pod| !is_ready(pod))).await
}

/// Clients that the next major version would not answer; asked for a preflight alone.
pub(super) async fn old_clients(observed: &Observed, port: u16, purpose: For, kept: &mut Kept) -> Known<Vec<String>> {
    if purpose != For::Operation(OperationKind::Upgrade) {
        return Known::Unknown;
    }
    match &kept.old_clients {
        Some((at, told)) if at.elapsed() < TOPICS_FOR => told.clone(),
        Some(_) | None => {
            let told = agents::old_clients(&agents(observed, port, is_ready)).await;
            kept.old_clients = Some((Instant::now(), told.clone()));
            told
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_planner::operations::{Life, Made, Scope, Storage};

    const UPGRADE: For = For::Operation(OperationKind::Upgrade);

    fn node(disk: Option<Disk>) -> Node {
        Node {
            pool: "main".parse().unwrap(),
            roles: BTreeSet::new(),
            rack: None,
            storage: Storage::Persistent,
            life: Life::Ready,
            serving: BrokerState::Running,
            made: Made::Current,
            born: Known::Unknown,
            ready_since: Known::Unknown,
            version: Known::Unknown,
            features: Known::Unknown,
            disk: disk.into(),
            replicas_on_disk: Known::Unknown,
        }
    }

    fn nodes(disks: [Option<Disk>; 2]) -> BTreeMap<BrokerId, Node> {
        (0..).map(BrokerId).zip(disks.map(node)).collect()
    }

    #[test]
    fn an_upgrade_looks_at_disks_when_it_begins_and_remembers_them_for_a_while() {
        let nearly_full = Disk { used: 95, total: 100 };
        let mut kept = Kept::default();
        assert_eq!(UPGRADE.wanted(&kept).disks, OfBrokers::All);
        disks(&mut nodes([None, None]), UPGRADE, &mut kept);
        assert_eq!(UPGRADE.wanted(&kept).disks, OfBrokers::All, "nobody has told as yet");
        disks(&mut nodes([Some(nearly_full), None]), UPGRADE, &mut kept);
        assert_eq!(UPGRADE.wanted(&kept).disks, OfBrokers::none(), "it was just told");
        let mut later = nodes([None, None]);
        disks(&mut later, UPGRADE, &mut kept);
        let told: Vec<Known<Disk>> = later.values().map(|node| node.disk).collect();
        assert_eq!(told, [Known::Known(nearly_full), Known::Unknown]);
        let restart = For::Operation(OperationKind::Restart);
        let mut of_restart = nodes([None, None]);
        disks(&mut of_restart, restart, &mut kept);
        assert_eq!(of_restart[&BrokerId(0)].disk, Known::Unknown);
        assert_eq!(restart.wanted(&Kept::default()).disks, OfBrokers::none());
    }

    #[test]
    fn topics_are_asked_for_their_settings_where_those_decide() {
        let edits = |key: &str| Dynamic { edits: vec![(Scope::Cluster, key.to_owned(), None)], ..Dynamic::default() };
        let reconfigure = For::Operation(OperationKind::Reconfigure);
        assert!(settings_decide(reconfigure, &edits(MIN_IN_SYNC)));
        assert!(!settings_decide(reconfigure, &edits("log.retention.ms")));
        assert!(settings_decide(UPGRADE, &Dynamic::default()));
        assert!(!settings_decide(For::Difference, &edits(MIN_IN_SYNC)));
    }
}
