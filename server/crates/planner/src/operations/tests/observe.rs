//! What is seen of the model world.

use super::world::{Part, Pod, World, WorldNode};
use crate::operations::{
    Features, Formation, Life, METADATA, Made, Node, PartitionSeen, Quorum, Release, Scene, Storage, TopicSeen, Voter,
    Window,
};
use klamm_model::{BrokerId, BrokerState, Known, NodeRole, Reassignment, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn millis(seconds: i64) -> UnixMillis {
    UnixMillis(seconds * 1000)
}

/// Levels that a version can do.
pub(super) fn features_of(version: &str) -> Known<Features> {
    let Some(release) = Release::of(version) else { return Known::Unknown };
    let names = release.features.iter().map(|(name, _)| *name).chain([METADATA]);
    Known::Known(names.map(|name| (name.to_owned(), release.range(name))).collect())
}

impl World {
    fn sees<T>(&self, part: Part, value: T) -> Known<T> {
        if self.blind.contains_key(&part) { Known::Unknown } else { Known::Known(value) }
    }

    pub(super) fn observe(&self) -> Scene {
        let someone_answers = self.nodes.values().any(|node| node.serves(self.now));
        let when_answered = |value: bool| value && someone_answers;
        Scene {
            now: millis(self.now),
            nodes: self.nodes.iter().map(|(id, node)| (*id, self.node_seen(node))).collect(),
            hosts: self.hosts.clone(),
            quorum: if when_answered(!self.blind.contains_key(&Part::Quorum)) {
                Known::Known(self.quorum_seen())
            } else {
                Known::Unknown
            },
            topics: if when_answered(!self.blind.contains_key(&Part::Topics)) {
                Known::Known(self.topics_seen())
            } else {
                Known::Unknown
            },
            moves: self.sees(
                Part::Moves,
                self.foreign
                    .keys()
                    .map(|(topic, partition)| Reassignment {
                        topic: topic.clone(),
                        partition: *partition,
                        adding: Box::from([BrokerId(0)]),
                        removing: Box::from([]),
                    })
                    .collect(),
            ),
            features: self.sees(Part::Features, self.features.clone()),
            edits: self.edits.clone(),
            settings: BTreeMap::new(),
            dynamic: Known::Known(BTreeMap::new()),
            old_clients: Known::Known(Vec::new()),
            formation: Formation::Formed,
            window: match self.opens {
                None => Window::Always,
                Some(opens) if opens <= self.now => Window::OpenUntil(millis(i64::from(u32::MAX))),
                Some(opens) => Window::ClosedUntil(millis(opens)),
            },
            gaps: Vec::new(),
            arrived: BTreeMap::new(),
        }
    }

    fn node_seen(&self, node: &WorldNode) -> Node {
        let is_there = !matches!(node.pod, Pod::Absent { .. });
        let make = if is_there { &node.runs } else { &node.template };
        let mut differs = BTreeSet::new();
        if make.version != self.declared.version {
            differs.insert(Made::VERSION.to_owned());
        }
        if make.config != self.declared.config {
            differs.insert("config num.io.threads".to_owned());
        }
        let roles = [(node.broker, NodeRole::Broker), (node.controller, NodeRole::Controller)];
        Node {
            pool: "nodes".parse().unwrap(),
            roles: roles.into_iter().filter(|(has, _)| *has).map(|(_, role)| role).collect(),
            rack: node.rack.clone(),
            storage: if self.ephemeral { Storage::Ephemeral } else { Storage::Persistent },
            life: match node.pod {
                Pod::Absent { .. } => Life::Absent,
                Pod::Ending { .. } => Life::Ending,
                Pod::Starting { .. } => Life::Starting,
                // It has nothing to read, and waits for a controller.
                Pod::Recovering { until } if until <= self.now => Life::Starting,
                Pod::Recovering { .. } => Life::Recovering,
                Pod::Ready => Life::Ready,
                Pod::Stuck { .. } => Life::Stuck("its image is not there".to_owned()),
            },
            serving: match (self.blind.contains_key(&Part::Serving), node.serves(self.now), &node.pod) {
                (true, _, _) => BrokerState::Unknown,
                (false, true, _) => BrokerState::Running,
                (false, false, Pod::Ready) => BrokerState::Fenced,
                (false, false, _) => BrokerState::Down,
            },
            made: if differs.is_empty() { Made::Current } else { Made::Other(differs) },
            born: if is_there { self.sees(Part::Born, millis(node.born)) } else { Known::Unknown },
            ready_since: if node.pod == Pod::Ready {
                self.sees(Part::ReadySince, millis(node.ready_since))
            } else {
                Known::Unknown
            },
            version: if is_there { Known::Known(node.runs.version.clone()) } else { Known::Unknown },
            features: if node.is_up() { features_of(&node.runs.version) } else { Known::Unknown },
            disk: Known::Unknown,
            replicas_on_disk: Known::Unknown,
        }
    }

    fn quorum_seen(&self) -> Quorum {
        let voters = self.nodes.iter().filter(|(_, node)| node.controller);
        Quorum {
            leader: self.active,
            voters: voters
                .map(|(id, node)| {
                    let is_caught_up = node.is_up() && node.behind == 0;
                    (*id, if is_caught_up { Voter::CaughtUp } else { Voter::Behind(Known::Known(node.behind)) })
                })
                .collect(),
            observers: BTreeMap::new(),
        }
    }

    fn topics_seen(&self) -> BTreeMap<klamm_model::TopicName, TopicSeen> {
        let seen = self.topics.iter().map(|(name, topic)| {
            let partitions = topic.partitions.iter().map(|(id, partition)| {
                let seen = PartitionSeen {
                    replicas: partition.replicas.clone(),
                    in_sync: partition.in_sync.clone(),
                    leader: partition.leader,
                    bytes: Known::Unknown,
                };
                (*id, seen)
            });
            let seen = TopicSeen {
                min_in_sync: self.sees(Part::Minimums, topic.minimum),
                partitions: partitions.collect(),
                config: Known::Known(BTreeMap::new()),
            };
            (name.clone(), seen)
        });
        seen.collect()
    }
}
