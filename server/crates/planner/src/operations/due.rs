//! Which operation the difference between a declaration and what runs asks for.

use super::restart::waits_for_another_version;
use super::versions::METADATA;
use super::{Formation, Goal, Made, Scene};
use klamm_model::Known;
use std::collections::BTreeMap;

/// What is declared of a cluster, as far as its nodes do not tell already ([`Made`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Kafka's version, such as `4.2.1`.
    pub version: String,
    /// The metadata version; none: it stays where it is.
    pub metadata: Option<DeclaredLevels>,
}

/// A metadata version and what goes with it ([`super::levels`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredLevels {
    /// Its name, such as `4.2-IV1`.
    pub name: String,
    /// By feature.
    pub levels: BTreeMap<String, i16>,
}

/// The first operation that is due. Software comes before everything else, since what else is declared may need it; a
/// level is finalised when nothing else is left. None while a cluster has never formed: its nodes are made as declared.
pub fn due(scene: &Scene, declared: &Declared) -> Option<Goal> {
    match scene.formation {
        Formation::Forming => return None,
        Formation::Formed => {}
    }
    let made = || scene.nodes.values().map(|node| &node.made);
    if scene.nodes.values().any(waits_for_another_version) {
        return Some(Goal::Upgrade { to: declared.version.clone() });
    }
    if made().any(|made| matches!(made, Made::Missing | Made::Surplus)) {
        return Some(Goal::Scale);
    }
    if made().any(|made| matches!(made, Made::Other(_))) || !scene.edits.is_empty() {
        return Some(Goal::Reconfigure);
    }
    let DeclaredLevels { name, levels } = declared.metadata.as_ref()?;
    let wanted = levels.get(METADATA)?;
    let in_force = scene.features.value()?.get(METADATA)?;
    let can = |node: &super::Node| match &node.features {
        Known::Known(ranges) => ranges.get(METADATA).is_some_and(|range| (range.min..=range.max).contains(wanted)),
        Known::Unknown => false,
    };
    (wanted != in_force && scene.nodes.values().all(can))
        .then(|| Goal::Finalise { name: name.clone(), levels: levels.clone() })
}
