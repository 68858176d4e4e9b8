//! What the journal has to say about the objects of a topic before anything is done in Kafka, and after. Pure.

use super::line::Line;
use crate::topic::{
    apply::Outcome,
    decide::{Decision, Rules, Verdict},
    object::{Declared, Kind, Pause, Presence},
};
use klamm_model::TopicName;
use klamm_planner::topics::{ClaimLife, Deletion, TopicAct, TopicObserved};
use std::collections::BTreeSet;

/// What is to become of an object's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// As it stands.
    Keep,
    /// There is none.
    None,
    /// This.
    Line(Line),
}

/// What has to be written down of an object before its decision is carried out. A ConfigMap whose topic goes with it needs a
/// line, because nothing holds ConfigMaps back from vanishing; so does every object that sets keys its status does not name
/// yet, because the declaration may lose them before the status says so.
pub(crate) fn before(
    decision: &Decision,
    declared: &Declared,
    verdict: &Verdict,
    observed: &TopicObserved,
    rules: &Rules,
) -> Wanted {
    if declared.presence == Presence::Gone {
        return Wanted::Keep;
    }
    let plan = match (verdict, declared.life) {
        (Verdict::Owner(plan), ClaimLife::Living) => plan,
        // They manage nothing.
        (Verdict::Rival(_) | Verdict::NotAllowed(_), ClaimLife::Living) => return Wanted::None,
        (Verdict::Paused(_), ClaimLife::Living) => return paused(decision, declared, rules),
        // While it is seen it decides for itself, and its line goes when that is done.
        (_, ClaimLife::Leaving) | (Verdict::Unreadable(_), ClaimLife::Living) => return Wanted::Keep,
        (Verdict::LetGo(_) | Verdict::Last(_) | Verdict::Held | Verdict::Abandoned, ClaimLife::Living) => {
            return Wanted::Keep;
        }
    };
    let mut keys = declared.intended.clone();
    let mut makes = false;
    for act in &plan.acts {
        match act {
            TopicAct::Create { config, .. } => {
                makes = true;
                keys.extend(own_keys(declared, config.keys()));
            }
            TopicAct::AlterConfig { set, .. } => keys.extend(own_keys(declared, set.keys())),
            TopicAct::GrowPartitions { .. } | TopicAct::Delete { .. } => {}
        }
    }
    let status = &declared.record.status;
    if declared.managed(&rules.cluster, &decision.name) {
        keys.retain(|key| !status.config_keys.contains(key));
    }
    let topic_id = match observed {
        TopicObserved::Present(topic) => Some(topic.id.clone()),
        TopicObserved::Absent if makes => None,
        TopicObserved::Absent => return Wanted::Keep,
    };
    let deletion = ends_with(declared, rules);
    if deletion == klamm_resources::Deletion::Retain && keys.is_empty() {
        return Wanted::None;
    }
    Wanted::Line(line(decision, declared, deletion, topic_id, keys))
}

/// What an object's line says once everything about the object is done and told.
pub(crate) fn after(written: &Line, topic: &TopicName, life: ClaimLife) -> Wanted {
    if written.topic != *topic {
        return Wanted::Keep;
    }
    match (life, written.deletion) {
        (ClaimLife::Living, _) if written.keys.is_empty() => Wanted::Keep,
        (ClaimLife::Living, klamm_resources::Deletion::Delete) => {
            Wanted::Line(Line { keys: BTreeSet::new(), ..written.clone() })
        }
        (ClaimLife::Living, klamm_resources::Deletion::Retain) | (ClaimLife::Leaving, _) => Wanted::None,
    }
}

/// The line with the id of the topic that was made now.
pub(crate) fn with_id(line: &Line, topic: &TopicName, outcome: &Outcome) -> Wanted {
    let id = outcome.created.as_ref().and_then(|created| created.id.clone());
    match id {
        Some(id) if line.topic == *topic && line.topic_id.as_ref() != Some(&id) => {
            Wanted::Line(Line { topic_id: Some(id), ..line.clone() })
        }
        Some(_) | None => Wanted::Keep,
    }
}

/// Only an object that managed its topic when it was paused has a say; what it says is that the topic stays.
fn paused(decision: &Decision, declared: &Declared, rules: &Rules) -> Wanted {
    let status = &declared.record.status;
    let deletion = ends_with(declared, rules);
    if deletion == klamm_resources::Deletion::Retain || !declared.managed(&rules.cluster, &decision.name) {
        return Wanted::Keep;
    }
    Wanted::Line(line(decision, declared, deletion, status.topic_id.clone(), declared.intended.clone()))
}

fn line(
    decision: &Decision,
    declared: &Declared,
    deletion: klamm_resources::Deletion,
    topic_id: Option<String>,
    keys: BTreeSet<String>,
) -> Line {
    Line {
        kind: declared.key.kind,
        namespace: declared.key.namespace.clone(),
        name: declared.key.name.clone(),
        created: declared.created,
        topic: decision.name.clone(),
        topic_id,
        deletion,
        pause: declared.reading.as_ref().map_or(Pause::Active, |reading| reading.pause),
        keys,
    }
}

/// A KafkaTopic is held by our finalizer and says itself what is to become of its topic.
fn ends_with(declared: &Declared, rules: &Rules) -> klamm_resources::Deletion {
    match (declared.key.kind, declared.deletion.unwrap_or(rules.deletion)) {
        (Kind::ConfigMap, Deletion::Delete) => klamm_resources::Deletion::Delete,
        (Kind::ConfigMap, Deletion::Retain) | (Kind::KafkaTopic, _) => klamm_resources::Deletion::Retain,
    }
}

/// Defaults of the cluster are set with a new topic as well; they are nobody's.
fn own_keys<'a>(declared: &'a Declared, keys: impl Iterator<Item = &'a String>) -> impl Iterator<Item = String> {
    let config = declared.reading.as_ref().ok().map(|reading| &reading.config);
    keys.filter(move |key| config.is_some_and(|config| config.contains_key(*key))).cloned()
}
