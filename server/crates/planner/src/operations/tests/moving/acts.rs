//! Acts, and halves of them, have their effect.

use super::{
    super::world::{Place, Pod},
    fleet::{Fleet, Outcome, Whose},
};
use crate::operations::{Act, Ours, Replicas, Throttle};
use klamm_model::BrokerId;
use std::collections::BTreeSet;

/// How much of an act is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Much {
    All,
    /// Of what it does one after the other, the first half.
    Half,
}

fn taken<T>(all: impl ExactSizeIterator<Item = T>, much: Much) -> Vec<T> {
    let most = match much {
        Much::All => all.len(),
        Much::Half => all.len() / 2,
    };
    all.take(most).collect()
}

fn worst(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
    if outcomes.into_iter().any(|outcome| outcome == Outcome::Tripped) { Outcome::Tripped } else { Outcome::Done }
}

/// Whether nobody could do it without an active controller.
fn needs_controller(act: &Act) -> bool {
    match act {
        Act::Create(_) | Act::Remove(_) | Act::Replace(_) => false,
        Act::Configure(_)
        | Act::Cordon(_)
        | Act::Uncordon(_)
        | Act::Throttle(_)
        | Act::Unthrottle(_)
        | Act::Move(_)
        | Act::CancelMoves(_)
        | Act::Restore(_)
        | Act::Elect(_)
        | Act::AddVoter(_)
        | Act::RemoveVoter(_)
        | Act::Unregister(_)
        | Act::SetFeatures(_) => true,
    }
}

impl Fleet {
    /// Does it, or half of it. `own` is what is written down by then.
    pub(super) fn apply(&mut self, act: &Act, much: Much, own: &Ours) -> Result<Outcome, String> {
        if self.world.active.is_none() && needs_controller(act) {
            return Ok(Outcome::Tripped);
        }
        match act {
            Act::Create(ids) => {
                for id in taken(ids.iter(), much) {
                    self.create(*id);
                }
            }
            // Its StatefulSet goes first, and its pod is still there.
            Act::Remove(id) if much == Much::All => self.remove(*id),
            Act::Cordon(ids) => {
                // Only those that run can be told.
                let told =
                    taken(ids.iter(), much).into_iter().copied().filter(|id| self.serves(*id)).collect::<Vec<_>>();
                self.cordoned.extend(told);
            }
            Act::Uncordon(ids) => {
                let told: BTreeSet<BrokerId> = taken(ids.iter(), much).into_iter().copied().collect();
                self.cordoned.retain(|id| !told.contains(id));
            }
            // All that is written down, of which nobody may know that it was set.
            Act::Throttle(throttle) => self.limit(own.throttle.as_ref().unwrap_or(throttle), much),
            Act::Unthrottle(throttle) => self.unlimit(throttle, much),
            Act::Move(replicas) => return Ok(self.set_all_going(replicas, much, own)),
            Act::CancelMoves(places) => return Ok(self.call_all_back(places, much, own)),
            Act::Restore(replicas) => {
                for (place, to) in taken(replicas.iter(), much) {
                    self.order(place, to);
                }
            }
            Act::Elect(places) => {
                self.world.apply(&Act::Elect(taken(places.iter(), much).into_iter().cloned().collect()))?;
            }
            Act::AddVoter(id) if much == Much::All => self.world.node(*id)?.controller = true,
            Act::RemoveVoter(id) if much == Much::All => {
                self.world.node(*id)?.controller = false;
                self.world.active = self.world.active.filter(|active| active != id);
            }
            Act::Unregister(id) if much == Much::All => self.forget(*id),
            Act::Replace(id) => match much {
                Much::All => self.world.apply(act)?,
                Much::Half => self.world.write_template(*id)?,
            },
            Act::Remove(_) | Act::AddVoter(_) | Act::RemoveVoter(_) | Act::Unregister(_) => {}
            Act::Configure(_) | Act::SetFeatures(_) => return Err(format!("nothing that moves asks for {act:?}")),
        }
        Ok(Outcome::Done)
    }

    fn create(&mut self, id: BrokerId) {
        self.missing.remove(&id);
        self.removed.remove(&id);
        let (now, declared) = (self.world.now, self.world.declared.clone());
        let Some(node) = self.world.nodes.get_mut(&id) else { return };
        node.template = declared;
        node.behind = 3;
        // One that is just ending comes back by itself.
        if matches!(node.pod, Pod::Absent { .. }) {
            node.pod = Pod::Absent { until: now + 1 };
        }
    }

    fn remove(&mut self, id: BrokerId) {
        // It is told to take replicas again: that outlives it.
        if self.serves(id) {
            self.cordoned.remove(&id);
        }
        self.removed.insert(id);
        let now = self.world.now;
        if let Some(node) = self.world.nodes.get_mut(&id)
            && !matches!(node.pod, Pod::Absent { .. } | Pod::Ending { .. })
        {
            node.pod = Pod::Ending { until: now + 2 };
        }
    }

    fn forget(&mut self, id: BrokerId) {
        self.world.nodes.remove(&id);
        for of in [&mut self.removed, &mut self.surplus, &mut self.controllers, &mut self.dead] {
            of.remove(&id);
        }
    }

    /// What of a limit of ours is taken away before another one is written down, because its rate is to be another.
    pub(super) fn make_way(&mut self, act: &Act, own: &Ours) {
        if let (Act::Throttle(wished), Some(set)) = (act, &own.throttle)
            && wished.rate != set.rate
        {
            self.unlimit(set, Much::All);
        }
    }

    fn limit(&mut self, throttle: &Throttle, much: Much) {
        for id in taken(throttle.brokers.iter(), much) {
            if !self.foreign_limits.contains(id) {
                self.limits.insert(*id, throttle.rate);
            }
        }
        if much == Much::All {
            for (topic, partitions) in &throttle.partitions {
                if self.world.topics.contains_key(topic) {
                    self.limited.entry(topic.clone()).or_default().extend(partitions);
                }
            }
        }
    }

    fn unlimit(&mut self, throttle: &Throttle, much: Much) {
        for id in taken(throttle.brokers.iter(), much) {
            self.limits.remove(id);
        }
        if much == Much::All {
            for (topic, partitions) in &throttle.partitions {
                if let Some(limited) = self.limited.get_mut(topic) {
                    limited.retain(|partition| !partitions.contains(partition));
                }
            }
            self.limited.retain(|_, limited| !limited.is_empty());
        }
    }

    fn set_all_going(&mut self, replicas: &Replicas, much: Much, own: &Ours) -> Outcome {
        let outcomes: Vec<Outcome> = taken(replicas.iter(), much)
            .into_iter()
            .map(|(place, to)| {
                let Some(partition) = self.partition(place) else { return Outcome::Tripped };
                // Kafka is told to change no factor, unless just that is asked for (KIP-860).
                let stays = own.moving.get(place).is_none_or(|before| before.len() == to.len());
                if stays && partition.replicas.len() != to.len() {
                    return Outcome::Tripped;
                }
                self.set_going(place, to, Whose::Ours);
                Outcome::Done
            })
            .collect();
        worst(outcomes)
    }

    /// What is called back gets its order again, unless a kill comes between.
    fn call_all_back(&mut self, places: &BTreeSet<Place>, much: Much, own: &Ours) -> Outcome {
        let mut outcomes = Vec::new();
        for place in taken(places.iter(), much) {
            let was_on_its_way = self.moves.contains_key(place);
            let outcome = self.call_back(place);
            outcomes.push(outcome);
            if let Some(before) = own.returning.get(place)
                && outcome == Outcome::Done
                && was_on_its_way
                && much == Much::All
            {
                self.order(place, before);
            }
        }
        worst(outcomes)
    }

    /// The same replicas in another order; whatever else is asked for is refused.
    fn order(&mut self, place: &Place, to: &[BrokerId]) {
        let is_moving = self.moves.contains_key(place);
        let Some(partition) = self.partition_mut(place) else { return };
        let set = |of: &[BrokerId]| of.iter().copied().collect::<BTreeSet<_>>();
        if !is_moving && set(&partition.replicas) == set(to) {
            partition.replicas = to.to_vec();
        }
    }
}
