//! Cordoned Kubernetes nodes: brokers and controllers whose pods stand there, where else those could go, and what is to be
//! done about it. A pod that is made anew is taken by no cordoned Kubernetes node, its own included.

use super::restart::waits_for_another_version;
use super::{Formation, Goal, Guard, Life, Node, PartitionSeen, Scene, words};
use klamm_model::{BrokerId, Known, PartitionId, TopicName};
use std::collections::BTreeSet;

/// A cordoned Kubernetes node on which a node's pod stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CordonedHost {
    /// Its name.
    pub name: String,
    /// Who would take the pod if it were made anew.
    pub reach: Reach,
}

/// Where a pod that is made anew could go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To these Kubernetes nodes, which are fit for it and take pods.
    Open(BTreeSet<String>),
    /// Nowhere.
    Closed {
        /// Kubernetes nodes that are fit for it, all of them cordoned.
        hosts: BTreeSet<String>,
        /// The volume that cannot go along, where without it others would take the pod.
        volume: Option<String>,
    },
    /// That could not be seen; why, in a sentence.
    Unknown(String),
}

/// What is to be done about cordoned Kubernetes nodes, and for whom nothing can be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Displaced {
    /// What comes first; none: nothing is left to be done.
    pub goal: Option<Goal>,
    /// The Kubernetes nodes that the goal is about.
    pub hosts: BTreeSet<String>,
    /// Those that stay where they are.
    pub stranded: Vec<Stranded>,
}

/// A node that stays on a cordoned Kubernetes node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranded {
    /// The node.
    pub node: BrokerId,
    /// What people call it.
    pub called: String,
    /// The Kubernetes node.
    pub host: String,
    /// Why.
    pub why: Strand,
}

/// Why a node stays on a cordoned Kubernetes node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strand {
    /// Its volume cannot go along, and without it there would be too few brokers for a topic.
    TooFewBrokers {
        /// The volume.
        volume: String,
        /// The topic.
        topic: TopicName,
        /// Its replicas.
        factor: u32,
        /// Brokers there would be.
        brokers: u32,
    },
    /// Its volume cannot go along, and nothing lies on it any more.
    Empty {
        /// The volume.
        volume: String,
    },
    /// It is a controller alone, and its volume cannot go along.
    Controller {
        /// The volume.
        volume: String,
    },
    /// No other Kubernetes node that takes pods is fit for it.
    NoOther,
    /// Its pod could go, and another version is declared for it: that is for an upgrade to do.
    AnotherVersion,
    /// What decides could not be seen; why, in a sentence.
    Unseen(String),
}

/// What holds back making a node anew, for the sake of where its pod could go.
pub(super) fn guard(scene: &Scene, node: BrokerId) -> Option<Guard> {
    match &scene.hosts.get(&node)?.reach {
        Reach::Open(_) => None,
        // Where nobody is fit any more the declaration is to be mended, and a new pod may be just what does so.
        Reach::Closed { hosts, .. } if hosts.is_empty() => None,
        Reach::Closed { hosts, volume } => {
            Some(Guard::NodeCordoned { node, hosts: hosts.clone(), volume: volume.clone() })
        }
        Reach::Unknown(why) => Some(Guard::Unseen(vec![why.clone()])),
    }
}

/// Brokers that stand empty on cordoned Kubernetes nodes which their volumes cannot leave. Whatever was put there would have to go
/// again, and what is emptied next would fill what was emptied before.
pub(super) fn kept_empty(scene: &Scene) -> BTreeSet<BrokerId> {
    let is_bound = |host: &CordonedHost| matches!(host.reach, Reach::Closed { volume: Some(_), .. });
    let is_empty = |id: &BrokerId| {
        scene.nodes.get(id).is_some_and(|node| node.is_broker() && node.replicas_on_disk == Known::Known(0))
    };
    let bound = scene.hosts.iter().filter(|(_, host)| is_bound(host)).map(|(id, _)| *id);
    bound.filter(is_empty).collect()
}

/// Looks at everybody whose pod stands on a cordoned Kubernetes node. Pods that can go come first, since that is soon done;
/// then brokers whose volumes cannot are emptied, as long as there are others enough for every factor.
pub fn displaced(scene: &Scene) -> Displaced {
    match scene.formation {
        Formation::Forming => return Displaced::default(),
        Formation::Formed => {}
    }
    let mut displaced = Displaced::default();
    let mut going = BTreeSet::new();
    let mut bound: Vec<Bound<'_>> = Vec::new();
    for (id, host) in &scene.hosts {
        let Some(node) = scene.nodes.get(id).filter(|node| node.stays() && node.life != Life::Ending) else { continue };
        let strand = match &host.reach {
            // A leaving would pass it over, and be made again and again.
            Reach::Open(_) if waits_for_another_version(node) => Strand::AnotherVersion,
            Reach::Open(_) => {
                going.insert(*id);
                continue;
            }
            Reach::Closed { volume: Some(volume), .. } if node.is_broker() => {
                bound.push(Bound { id: *id, node, host, volume });
                continue;
            }
            Reach::Closed { volume: Some(volume), .. } => Strand::Controller { volume: volume.clone() },
            Reach::Closed { volume: None, .. } => Strand::NoOther,
            Reach::Unknown(why) => Strand::Unseen(why.clone()),
        };
        displaced.stranded.push(stranded(*id, node, host, strand));
    }
    let emptied = emptied(scene, &bound, &mut displaced.stranded);
    let (concerned, goal) = match (going.is_empty(), emptied.is_empty()) {
        (false, _) => (going.clone(), Some(Goal::Leave { nodes: going })),
        (true, false) => (emptied.clone(), Some(Goal::Drain { brokers: emptied })),
        (true, true) => (BTreeSet::new(), None),
    };
    displaced.hosts = concerned.iter().filter_map(|id| Some(scene.hosts.get(id)?.name.clone())).collect();
    displaced.goal = goal;
    displaced
}

/// A broker whose volume cannot leave its cordoned Kubernetes node.
struct Bound<'a> {
    id: BrokerId,
    node: &'a Node,
    host: &'a CordonedHost,
    volume: &'a String,
}

/// Those of them that can be emptied; the others are stranded.
fn emptied(scene: &Scene, bound: &[Bound<'_>], all: &mut Vec<Stranded>) -> BTreeSet<BrokerId> {
    let mut emptied = BTreeSet::new();
    let mut strand = |broker: &Bound<'_>, why| all.push(stranded(broker.id, broker.node, broker.host, why));
    let Known::Known(topics) = &scene.topics else {
        for broker in bound {
            strand(broker, Strand::Unseen(format!("What lies on broker {} is not known at this moment.", broker.id)));
        }
        return emptied;
    };
    let mut holders: BTreeSet<BrokerId> = BTreeSet::new();
    let mut largest: Option<(usize, bool, &TopicName)> = None;
    let removing = scene.removing();
    for (topic, seen) in topics {
        // A partition on its way has more replicas than it will have.
        let will_have = |(id, one): (&PartitionId, &PartitionSeen)| {
            one.replicas.len().saturating_sub(removing.get(&(topic, *id)).copied().unwrap_or_default())
        };
        let factor = seen.partitions.iter().map(will_have).max().unwrap_or(0);
        largest = largest.max(Some((factor, !topic.is_internal(), topic)));
        holders.extend(seen.partitions.values().flat_map(|one| &one.replicas));
    }
    let brokers = scene.nodes.values().filter(|node| node.is_broker() && node.stays()).count();
    // Those that are empty already take nothing, and are none of those that are left.
    let (holding, empty): (Vec<_>, Vec<_>) = bound.iter().partition(|broker| holders.contains(&broker.id));
    let mut left = brokers.saturating_sub(empty.len());
    for broker in empty {
        strand(broker, Strand::Empty { volume: broker.volume.clone() });
    }
    for broker in holding {
        match largest {
            Some((factor, _, topic)) if left <= factor => strand(
                broker,
                Strand::TooFewBrokers {
                    volume: broker.volume.clone(),
                    topic: topic.clone(),
                    factor: u32::try_from(factor).unwrap_or(u32::MAX),
                    brokers: u32::try_from(left.saturating_sub(1)).unwrap_or(u32::MAX),
                },
            ),
            Some(_) | None => {
                emptied.insert(broker.id);
                left = left.saturating_sub(1);
            }
        }
    }
    emptied
}

fn stranded(id: BrokerId, node: &Node, host: &CordonedHost, why: Strand) -> Stranded {
    Stranded { node: id, called: node.called(id), host: host.name.clone(), why }
}

impl Stranded {
    /// What people read: why it stays, and what they can do.
    pub fn message(&self) -> String {
        let Self { node, called, host, why } = self;
        let stands = format!("{} stands on Kubernetes node {host}, which is cordoned", words::capital(called));
        let uncordon = format!("kubectl uncordon {host}");
        match why {
            Strand::TooFewBrokers { volume, topic, factor, brokers } => format!(
                "{stands}, and its volume {volume} cannot go elsewhere. It cannot be emptied either: topic {topic} has {}, and \
                 there would be only {}. Add a broker (replicas of a pool), and it is emptied by itself; or {uncordon}.",
                words::count(u64::from(*factor), "replica"),
                words::count(u64::from(*brokers), "broker"),
            ),
            Strand::Empty { volume } => format!(
                "{stands}, and its volume {volume} cannot go elsewhere. No replica lies on it any more: let it go for good (one \
                 less in replicas of its pool, with {node} in leaving), or {uncordon} and ask for a rebalance."
            ),
            Strand::Controller { volume } => format!(
                "{stands}, and its volume {volume} cannot go elsewhere. Declare another controller before you take it away \
                 (replicas and leaving of its pool), or {uncordon}."
            ),
            Strand::NoOther => format!(
                "{stands}, and no other Kubernetes node is fit for its pod. Add one with the labels that its pool asks for, and it \
                 is restarted there by itself; or {uncordon}."
            ),
            Strand::AnotherVersion => format!(
                "{stands}, and another version is declared for it: the upgrade restarts it elsewhere. If that was cancelled, or could \
                 not be done, ask for it again, or declare the version that it runs."
            ),
            Strand::Unseen(why) => format!("{stands}, and stays there for now. {why}"),
        }
    }
}

/// `Kubernetes node node-b`, `Kubernetes nodes node-a and node-b`.
pub(super) fn called(hosts: &BTreeSet<String>) -> String {
    let many = if hosts.len() == 1 { "" } else { "s" };
    format!("Kubernetes node{many} {}", words::names(hosts))
}
