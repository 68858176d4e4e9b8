//! Software is exchanged, node by node; features stay where they are. A downgrade is the same, to an older version.

use super::preflight::preflight;
use super::restart::mended;
use super::roll::Roll;
use super::versions::{self, METADATA, Release};
use super::{Door, Life, Made, Next, Node, Ours, Pace, Plan, Refusal, Rules, Scene, Step, StepKind, StepState};
use klamm_model::{BrokerId, Known};
use std::collections::{BTreeMap, BTreeSet};

/// The preflight, then the roll.
pub(super) fn plan(to: &str, scene: &Scene, rules: &Rules, ours: &Ours, pace: &Pace) -> Plan {
    let found = preflight(to, scene);
    if !found.refusals.is_empty() {
        let mut plan = Plan::only(Next::Refuse(found.refusals));
        plan.steps = vec![checked(to, StepState::Running)];
        plan.remarks = found.remarks;
        return plan;
    }
    let mut left: BTreeMap<BrokerId, String> = mended(scene);
    let mut strays = BTreeSet::new();
    for (id, node) in scene.nodes.iter().filter(|(_, node)| node.stays()) {
        let is_there_already = node.version.value().is_some_and(|version| version == to);
        match &node.made {
            Made::Other(fields) if fields.contains(Made::VERSION) && !is_there_already => {
                left.insert(*id, runs(node));
            }
            Made::Current if node.version.value().is_some_and(|version| version != to) => {
                strays.insert(*id);
            }
            Made::Current | Made::Other(_) | Made::Missing | Made::Surplus => {}
        }
    }
    // What would be made anew would come back as it was, for ever.
    if let Some(node) = strays.first() {
        let why = format!("Version {to} is not what is declared any more: node {node} is as declared and runs another");
        return Plan::only(Next::Refuse(vec![Refusal::Path(why)]));
    }
    let concerned: BTreeSet<BrokerId> =
        scene.nodes.iter().filter(|(_, node)| node.stays()).map(|(id, _)| *id).collect();
    let blind = found.blind.into_iter().chain(versionless(scene)).collect();
    let mut plan = Roll { scene, rules, ours, left, concerned, blind }.plan(pace);
    if !matches!(plan.next, Next::Done) {
        plan.steps.insert(0, checked(to, StepState::Done));
    }
    plan.remarks.splice(0..0, found.remarks);
    plan.remarks.extend(way_back(to, scene));
    plan
}

fn runs(node: &Node) -> String {
    match &node.version {
        Known::Known(version) => format!("runs {version}"),
        Known::Unknown => "runs another version".to_owned(),
    }
}

/// Nodes of which it is not known what they run, though they run.
fn versionless(scene: &Scene) -> Vec<String> {
    let unknown = scene.nodes.iter().filter(|(_, node)| {
        node.stays() && node.life != Life::Absent && node.version == Known::Unknown && node.made == Made::Current
    });
    unknown.map(|(id, node)| format!("Which version {} runs is not known.", node.called(*id))).collect()
}

fn checked(to: &str, state: StepState) -> Step {
    Step {
        kind: StepKind::Preflight,
        target: format!("for {to}"),
        reason: "path between versions, settings, features in force, clients".to_owned(),
        state,
        door: Door::Open,
    }
}

/// Whether software may go back, and what comes after.
fn way_back(to: &str, scene: &Scene) -> Option<String> {
    let release = Release::of(to)?;
    let level = *scene.features.value()?.get(METADATA)?;
    let newest = release.metadata.1;
    let here = versions::level_name(level);
    if newest <= level {
        return Some(format!("Features stay where they are (metadata version {here}): there is a way back."));
    }
    let after = match versions::door(METADATA, level, newest) {
        Door::Open => "which has a way back too".to_owned(),
        Door::OneWay(_) => "from which there is no way back".to_owned(),
    };
    Some(format!(
        "Features stay where they are (metadata version {here}): there is a way back. Finalising {}, {after}, is asked for \
         separately.",
        versions::level_name(newest)
    ))
}
