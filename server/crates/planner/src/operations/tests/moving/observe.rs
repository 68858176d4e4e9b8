//! What is seen of replicas on their way, of disks, and of nodes that come and go.

use super::{
    super::world::Part,
    fleet::{DISK, Fleet, bytes},
};
use crate::operations::{Disk, Life, Made, Node, Replicas, Scene, TopicSeen, Voter, unheard};
use klamm_model::{BrokerId, BrokerState, Known, NodeRole, Reassignment, TopicName};
use std::collections::BTreeMap;

impl Fleet {
    /// `moving` is what is written down as set on its way, and what others were seen to move.
    pub(super) fn observe(&self, moving: &Replicas) -> Scene {
        let mut scene = self.world.observe();
        for (id, node) in &mut scene.nodes {
            self.complete(*id, node);
        }
        if let Known::Known(quorum) = &mut scene.quorum {
            quorum.observers = self.observers();
        }
        if let Known::Known(topics) = &mut scene.topics {
            self.complete_topics(topics);
        }
        scene.moves = self.moves_seen();
        if let (Known::Known(topics), Known::Known(moves)) = (&scene.topics, &mut scene.moves) {
            let unheard = unheard(topics, moves, moving);
            moves.extend(unheard);
        }
        scene
    }

    fn complete(&self, id: BrokerId, node: &mut Node) {
        if self.controllers.contains(&id) {
            node.roles.insert(NodeRole::Controller);
        }
        if self.missing.contains(&id) {
            node.made = Made::Missing;
        } else if self.surplus.contains(&id) {
            node.made = Made::Surplus;
            // Its pod comes back, as long as it was not taken away.
            if node.life == Life::Absent && !self.removed.contains(&id) {
                node.life = Life::Starting;
            }
        }
        let is_silent = self.silent.contains_key(&id);
        if is_silent && node.life == Life::Ready {
            node.serving = BrokerState::Unknown;
        }
        if self.serves(id) && !is_silent {
            node.disk = Known::Known(Disk { used: self.used(id), total: DISK });
            node.replicas_on_disk = Known::Known(self.on_disk(id) as u64);
        }
    }

    fn observers(&self) -> BTreeMap<BrokerId, Voter> {
        let follows = self.world.nodes.iter().filter(|(id, node)| self.controllers.contains(id) && !node.controller);
        let there = follows.filter(|(id, _)| !self.missing.contains(id));
        there
            .map(|(id, node)| {
                let is_caught_up = node.is_up() && node.behind == 0;
                (*id, if is_caught_up { Voter::CaughtUp } else { Voter::Behind(Known::Known(node.behind)) })
            })
            .collect()
    }

    fn complete_topics(&self, topics: &mut BTreeMap<TopicName, TopicSeen>) {
        for (topic, seen) in topics {
            for (id, partition) in &mut seen.partitions {
                let place = (topic.clone(), *id);
                partition.bytes = Known::Known(bytes(&place));
                if let Some((before, _)) = self.shown.get(&place) {
                    partition.replicas.clone_from(before);
                }
            }
        }
    }

    /// Only the active controller knows what is on its way, and a broker has to pass the question on.
    fn moves_seen(&self) -> Known<Vec<Reassignment>> {
        let is_answered = self.world.active.is_some() && !self.serving().is_empty();
        if !is_answered || self.world.blind.contains_key(&Part::Moves) {
            return Known::Unknown;
        }
        let told = self.moves.iter().map(|((topic, partition), way)| Reassignment {
            topic: topic.clone(),
            partition: *partition,
            adding: way.adding.clone().into(),
            removing: way.removing.clone().into(),
        });
        Known::Known(told.collect())
    }
}
