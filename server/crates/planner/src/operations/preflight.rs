//! What has to be right before software is exchanged: the path, settings, features in force; and what people should know.

use super::settings::{self, Place};
use super::versions::{self, parsed};
use super::{Refusal, Scene};
use klamm_model::Known;
use std::collections::BTreeMap;

/// What was found.
#[derive(Default)]
pub(super) struct Preflight {
    pub(super) refusals: Vec<Refusal>,
    /// What decides and could not be seen.
    pub(super) blind: Vec<String>,
    pub(super) remarks: Vec<String>,
}

/// Looks at everything for a version.
pub(super) fn preflight(to: &str, scene: &Scene) -> Preflight {
    let mut found = Preflight::default();
    let staying = || scene.nodes.iter().filter(|(_, node)| node.stays());
    let others = staying().filter_map(|(_, node)| node.version.value()).filter(|version| *version != to);
    let from = others.min_by_key(|version| parsed(version)).map_or(to, String::as_str);
    let nothing_known = BTreeMap::new();
    let in_force = scene.features.value().unwrap_or(&nothing_known);
    found.refusals.extend(versions::path(from, to, in_force).err());
    if scene.features == Known::Unknown {
        found.blind.push("Which features are in force is not known.".to_owned());
    }
    let (Some((source, _)), Some((target, patch))) = (parsed(from), parsed(to)) else { return found };
    let is_new = |since: (u16, u16)| source < since && since <= target;
    if is_new(V4_0) {
        look_at_settings(scene, &mut found);
        match &scene.old_clients {
            Known::Known(clients) => found.remarks.extend(clients.iter().cloned()),
            Known::Unknown => found.remarks.push(
                "Whether there are clients from before Kafka 2.1 is not known; Kafka 4 does not answer them."
                    .to_owned(),
            ),
        }
    }
    if (target, patch) == ((4, 2), 0) {
        found.remarks.push("Kafka 4.2.0 has a fault (KAFKA-20254) that 4.2.1 has not.".to_owned());
    }
    for (id, node) in staying() {
        if let Known::Known(disk) = node.disk
            && let Some(percent) = disk.used.saturating_mul(100).checked_div(disk.total)
            && percent >= NEARLY_FULL
        {
            found.remarks.push(format!("The disk of {} is {percent} % full.", node.called(*id)));
        }
    }
    found
}

/// Percent of a disk from which on people should know before a restart.
const NEARLY_FULL: u64 = 90;

/// The release that removed settings of ZooKeeper's time, and set limits to others.
const V4_0: (u16, u16) = (4, 0);

fn look_at_settings(scene: &Scene, found: &mut Preflight) {
    let mut of_brokers = vec![(Place::Declared, &scene.settings)];
    match &scene.dynamic {
        Known::Known(scopes) => of_brokers.extend(scopes.iter().map(|(scope, keys)| (Place::Dynamic(*scope), keys))),
        Known::Unknown => found.blind.push("The dynamic configuration of brokers is not known.".to_owned()),
    }
    let mut of_topics = Vec::new();
    match &scene.topics {
        Known::Known(topics) => {
            let (known, unknown): (Vec<_>, Vec<_>) =
                topics.iter().partition(|(_, topic)| topic.config.value().is_some());
            of_topics.extend(known.into_iter().filter_map(|(name, topic)| Some((name, topic.config.value()?))));
            if !unknown.is_empty() {
                let names = super::words::topics(unknown.iter().map(|(name, _)| *name));
                found.blind.push(format!("The settings of {names} are not known."));
            }
        }
        Known::Unknown => found.blind.push("The settings of topics are not known.".to_owned()),
    }
    let (refused, ignored) = settings::removed_in_4_0(&of_brokers, &of_topics);
    if !refused.is_empty() {
        found.refusals.push(Refusal::Settings(refused));
    }
    found.remarks.extend(ignored);
}
