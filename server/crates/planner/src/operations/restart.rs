//! Nodes are restarted because somebody asked.

use super::roll::Roll;
use super::{Life, Made, Next, Node, Ours, Pace, Plan, Reach, Refusal, Rules, Scene, words};
use klamm_model::{BrokerId, Known, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

/// Everything named, or every node, has been made anew since it was asked.
pub(super) fn plan(
    nodes: &BTreeSet<BrokerId>,
    asked: UnixMillis,
    scene: &Scene,
    rules: &Rules,
    ours: &Ours,
    pace: &Pace,
) -> Plan {
    let is_there = |id: &BrokerId| scene.nodes.get(id).is_some_and(|node| node.made != Made::Missing);
    let strangers: BTreeSet<BrokerId> = nodes.iter().filter(|id| !is_there(id)).copied().collect();
    if !strangers.is_empty() {
        return Plan::only(Next::Refuse(vec![Refusal::NoSuchNode(strangers)]));
    }
    let named = || scene.nodes.iter().filter(|(id, node)| node.stays() && (nodes.is_empty() || nodes.contains(id)));
    let mut left = mended(scene);
    let mut blind = Vec::new();
    let mut remarks = Vec::new();
    for (id, node) in named() {
        match node.born {
            _ if waits_for_another_version(node) => {
                let name = node.called(*id);
                remarks.push(format!("Another version is declared for {name}: the upgrade restarts it."));
            }
            Known::Known(born) if born < asked && node.life != Life::Absent => {
                left.insert(*id, "was asked for".to_owned());
            }
            Known::Known(_) => {}
            Known::Unknown if node.life == Life::Absent => {}
            Known::Unknown => blind.push(format!("When the pod of {} was made is not known.", node.called(*id))),
        }
    }
    for (id, node) in scene.nodes.iter().filter(|(id, node)| nodes.contains(id) && node.made == Made::Surplus) {
        remarks.push(format!("{} is about to leave and is not restarted.", words::capital(&node.called(*id))));
    }
    let concerned = named().map(|(id, _)| *id).collect();
    let mut plan = Roll { scene, rules, ours, left, concerned, blind }.plan(pace);
    plan.remarks.extend(remarks);
    plan
}

/// None of the named stands on a cordoned Kubernetes node any more. One that is uncordoned in time needs nothing, and one that nobody
/// would take any more stays: as long as this waited for it nothing else could be done for it, such as emptying it.
pub(super) fn leave(nodes: &BTreeSet<BrokerId>, scene: &Scene, rules: &Rules, ours: &Ours, pace: &Pace) -> Plan {
    let named = || scene.nodes.iter().filter(|(id, node)| node.stays() && nodes.contains(id));
    let mut left = mended(scene);
    let mut remarks = Vec::new();
    for (id, node) in named() {
        let Some(host) = scene.hosts.get(id) else { continue };
        let name = node.called(*id);
        let stays = || format!("{} stays on Kubernetes node {}", words::capital(&name), host.name);
        match &host.reach {
            _ if node.life == Life::Ending => {}
            Reach::Open(_) if waits_for_another_version(node) => {
                remarks.push(format!("Another version is declared for {name}: the upgrade restarts it."));
            }
            Reach::Open(_) => {
                left.insert(*id, format!("leaves Kubernetes node {}, which is cordoned", host.name));
            }
            Reach::Closed { .. } => remarks.push(format!("{}: nobody else would take its pod now.", stays())),
            Reach::Unknown(why) => remarks.push(format!("{}. {why}", stays())),
        }
    }
    let concerned = named().map(|(id, _)| *id).collect();
    let mut plan = Roll { scene, rules, ours, left, concerned, blind: Vec::new() }.plan(pace);
    plan.remarks.extend(remarks);
    plan
}

/// Nodes that are down and made from something else than is declared now: whatever is rolled, they are brought back.
/// Another version is no reason: it has a preflight.
pub(super) fn mended(scene: &Scene) -> BTreeMap<BrokerId, String> {
    let is_down = |node: &Node| match node.life {
        Life::Absent | Life::Stuck(_) => true,
        Life::Ending | Life::Starting | Life::Recovering | Life::Ready => false,
    };
    let down = scene.nodes.iter().filter(|(_, node)| is_down(node) && !waits_for_another_version(node));
    down.filter_map(|(id, node)| match &node.made {
        Made::Other(fields) => Some((*id, differs(fields))),
        Made::Current | Made::Missing | Made::Surplus => None,
    })
    .collect()
}

/// Whether it is for an upgrade to make it anew.
pub(super) fn waits_for_another_version(node: &Node) -> bool {
    match &node.made {
        Made::Other(fields) => fields.contains(Made::VERSION),
        Made::Current | Made::Missing | Made::Surplus => false,
    }
}

/// Why a node whose pod is made from something else has to be made anew.
pub(super) fn differs(fields: &BTreeSet<String>) -> String {
    const NAMED: usize = 4;
    let named: Vec<&str> = fields.iter().take(NAMED).map(String::as_str).collect();
    match fields.len().saturating_sub(NAMED) {
        0 if named.is_empty() => "is made from something else than is declared".to_owned(),
        0 => format!("for {}", named.join(", ")),
        more => format!("for {} and {more} more", named.join(", ")),
    }
}
