//! What is written down of an operation, as its status has it: before an act, after it, and at every look.

use super::super::world::Place;
use crate::operations::{Act, Ours, Replicas, Scene, Throttle, Unsure, is_back};
use klamm_model::{BrokerId, Known};
use std::collections::BTreeSet;

/// What is ours once the act is done, or may be.
pub(super) fn before(ours: &mut Ours, act: &Act, scene: &Scene) {
    match act {
        Act::Move(replicas) => {
            for (place, now) in where_they_are(replicas, scene) {
                let older = ours.returning.remove(&place).filter(|older| set(older) == set(&now));
                ours.moving.insert(place, older.unwrap_or(now));
            }
        }
        Act::CancelMoves(places) => {
            let called_back = ours.moving.iter().filter(|(place, _)| places.contains(place));
            let called_back: Replicas = called_back.map(|(place, before)| (place.clone(), before.clone())).collect();
            ours.returning.extend(called_back);
        }
        Act::Cordon(ids) => {
            ours.unsure.cordoned.extend(ids.difference(&ours.cordoned));
            ours.cordoned.extend(ids);
        }
        Act::Create(ids) => ours.joined.extend(ids),
        Act::Throttle(wished) => {
            let mut limit = wished.clone();
            // One of another rate is taken away before this is written down.
            if let Some(Throttle { brokers, partitions, .. }) =
                ours.throttle.take().filter(|set| set.rate == wished.rate)
            {
                limit.brokers.extend(brokers);
                for (topic, of) in partitions {
                    limit.partitions.entry(topic).or_default().extend(of);
                }
            }
            ours.throttle = Some(limit);
            ours.unsure.throttle = true;
        }
        Act::Unthrottle(_) => ours.unsure.throttle = true,
        Act::Uncordon(ids) => ours.unsure.cordoned.extend(ids),
        Act::Configure(_)
        | Act::Replace(_)
        | Act::Restore(_)
        | Act::Elect(_)
        | Act::AddVoter(_)
        | Act::RemoveVoter(_)
        | Act::Unregister(_)
        | Act::Remove(_)
        | Act::SetFeatures(_) => {}
    }
}

/// Whoever knew what was set does not run any more.
pub(super) fn forgotten(ours: &mut Ours) {
    ours.aim = None;
    ours.unsure = Unsure { throttle: ours.throttle.is_some(), cordoned: ours.cordoned.clone() };
}

/// What is ours after an act, and known to be set. Only brokers that were `serving` could be told to take nothing.
pub(super) fn after(ours: &mut Ours, act: &Act, serving: &BTreeSet<BrokerId>) {
    match act {
        Act::Throttle(_) => ours.unsure.throttle = false,
        Act::Cordon(ids) => ours.unsure.cordoned.retain(|id| !ids.contains(id) || !serving.contains(id)),
        Act::CancelMoves(places) => ours.moving.retain(|place, _| !places.contains(place)),
        Act::Elect(places) => ours.returning.retain(|place, _| !places.contains(place)),
        Act::Uncordon(ids) => {
            ours.cordoned.retain(|id| !ids.contains(id));
            ours.unsure.cordoned.retain(|id| !ids.contains(id));
        }
        Act::Unregister(id) => {
            ours.cordoned.remove(id);
            ours.unsure.cordoned.remove(id);
        }
        Act::Unthrottle(_) => (ours.throttle, ours.unsure.throttle) = (None, false),
        Act::Move(_)
        | Act::Configure(_)
        | Act::Replace(_)
        | Act::Create(_)
        | Act::Restore(_)
        | Act::AddVoter(_)
        | Act::RemoveVoter(_)
        | Act::Remove(_)
        | Act::SetFeatures(_) => {}
    }
}

/// Without what has arrived, is gone, or is back as it was.
pub(super) fn still_moving(ours: &mut Ours, scene: &Scene) {
    if let Known::Known(moves) = &scene.moves {
        let moving: BTreeSet<_> = moves.iter().map(|one| (one.topic.clone(), one.partition)).collect();
        ours.moving.retain(|place, _| moving.contains(place));
    }
    ours.returning.retain(|place, before| !is_back(scene, place, before));
}

fn where_they_are(replicas: &Replicas, scene: &Scene) -> Replicas {
    let Known::Known(topics) = &scene.topics else { return Replicas::new() };
    let now = |(topic, id): &Place| Some(topics.get(topic)?.partitions.get(id)?.replicas.clone());
    replicas.keys().filter_map(|place| Some((place.clone(), now(place)?))).collect()
}

fn set(of: &[BrokerId]) -> BTreeSet<BrokerId> {
    of.iter().copied().collect()
}
