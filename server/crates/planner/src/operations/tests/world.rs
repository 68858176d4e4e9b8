//! A model of a cluster on Kubernetes, for plans to be carried out on: pods that come and go, replicas that catch up,
//! leaders that move and do not come back by themselves, a quorum. It knows nothing of the planner but its acts.

use crate::operations::{Act, CordonedHost, Reach, Scope};
use klamm_model::{BrokerId, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Place = (TopicName, PartitionId);

/// What a pod is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Make {
    pub(super) version: String,
    pub(super) config: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pod {
    Absent {
        until: i64,
    },
    Ending {
        until: i64,
    },
    /// Its process comes up then.
    Starting {
        until: i64,
        then_reads_until: i64,
    },
    Recovering {
        until: i64,
    },
    Ready,
    /// Nothing comes of it before then.
    Stuck {
        until: i64,
    },
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a model of facts, each of which is or is not so")]
pub(super) struct WorldNode {
    pub(super) broker: bool,
    pub(super) controller: bool,
    pub(super) rack: Option<String>,
    pub(super) pod: Pod,
    /// What the pod there is runs, and what the next one will.
    pub(super) runs: Make,
    pub(super) template: Make,
    pub(super) born: i64,
    pub(super) ready_since: i64,
    /// Not let in by the controller until then, though it is ready.
    pub(super) fenced_until: i64,
    /// Records of metadata it lacks.
    pub(super) behind: u64,
    /// We took it down, and it has not come back.
    pub(super) taken: bool,
    /// Its pod has not been ready yet: where storage goes with pods, nothing is in it.
    pub(super) is_new: bool,
}

#[derive(Clone, Debug)]
pub(super) struct WorldPartition {
    pub(super) replicas: Vec<BrokerId>,
    pub(super) in_sync: BTreeSet<BrokerId>,
    pub(super) leader: Option<BrokerId>,
    /// When followers that run will have caught up.
    pub(super) catches_up: BTreeMap<BrokerId, i64>,
}

#[derive(Clone, Debug)]
pub(super) struct WorldTopic {
    pub(super) minimum: u32,
    pub(super) partitions: BTreeMap<PartitionId, WorldPartition>,
}

/// Parts that cannot be seen for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Topics,
    Minimums,
    Quorum,
    Moves,
    Features,
    Serving,
    ReadySince,
    Born,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) now: i64,
    pub(super) nodes: BTreeMap<BrokerId, WorldNode>,
    pub(super) ephemeral: bool,
    pub(super) topics: BTreeMap<TopicName, WorldTopic>,
    pub(super) active: Option<BrokerId>,
    pub(super) features: BTreeMap<String, i16>,
    pub(super) declared: Make,
    /// Makes with which no pod comes up.
    pub(super) bad: Vec<Make>,
    pub(super) edits: Vec<(Scope, String, Option<String>)>,
    pub(super) foreign: BTreeMap<Place, i64>,
    pub(super) blind: BTreeMap<Part, i64>,
    /// Steps may begin from then on.
    pub(super) opens: Option<i64>,
    /// How long a replica needs to catch up, how long a pod to come up, how long a broker reads after a hard end.
    pub(super) catch_up: i64,
    pub(super) start: i64,
    pub(super) reading: i64,
    /// Cordoned Kubernetes nodes, by the nodes whose pods stand there.
    pub(super) hosts: BTreeMap<BrokerId, CordonedHost>,
    /// Topics whose data went with a pod that we took.
    pub(super) lost: BTreeSet<TopicName>,
}

impl WorldNode {
    /// Whether its process runs, be it ready or not.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.pod, Pod::Recovering { .. } | Pod::Ready)
    }

    pub(super) fn serves(&self, now: i64) -> bool {
        self.broker && self.pod == Pod::Ready && self.fenced_until <= now
    }
}

impl World {
    pub(super) fn node(&mut self, id: BrokerId) -> Result<&mut WorldNode, String> {
        self.nodes.get_mut(&id).ok_or_else(|| format!("there is no node {id}"))
    }

    /// Whether its pod would be taken by nobody if it were made anew.
    pub(super) fn is_barred(&self, id: BrokerId) -> bool {
        self.hosts.get(&id).is_some_and(|host| !matches!(host.reach, Reach::Open(_)))
    }

    /// Whether controllers are enough for a leader.
    fn quorate(&self) -> bool {
        let all = self.nodes.values().filter(|node| node.controller).count();
        let up = self.nodes.values().filter(|node| node.controller && node.is_up()).count();
        up > all / 2
    }

    /// A second goes by.
    pub(super) fn tick(&mut self) {
        self.now += 1;
        let now = self.now;
        let quorate = self.quorate();
        let (start, reading) = (self.start, self.reading);
        for node in self.nodes.values_mut() {
            node.pod = match std::mem::replace(&mut node.pod, Pod::Ready) {
                Pod::Ending { until } if until <= now => Pod::Absent { until: now + 1 },
                Pod::Absent { until } if until <= now => {
                    node.runs = node.template.clone();
                    node.born = now;
                    if self.bad.contains(&node.runs) {
                        Pod::Stuck { until: i64::MAX }
                    } else {
                        Pod::Starting { until: now + start, then_reads_until: 0 }
                    }
                }
                Pod::Stuck { until } if until <= now && !self.bad.contains(&node.runs) => {
                    Pod::Starting { until: now + start, then_reads_until: now + start + reading }
                }
                // It is up, and ready once a controller lets it in.
                Pod::Starting { until, then_reads_until } if until <= now => {
                    Pod::Recovering { until: then_reads_until }
                }
                Pod::Recovering { until } if until <= now && quorate => {
                    node.ready_since = now;
                    node.taken = false;
                    node.is_new = false;
                    Pod::Ready
                }
                other => other,
            };
            if node.is_up() && quorate {
                node.behind = node.behind.saturating_sub(1);
            }
        }
        self.elect_controller();
        self.replicate();
        self.foreign.retain(|_, until| *until > now);
        self.blind.retain(|_, until| *until > now);
    }

    fn elect_controller(&mut self) {
        let stands = |node: &WorldNode| node.controller && node.is_up();
        if !self.quorate() {
            self.active = None;
        } else if !self.active.is_some_and(|id| self.nodes.get(&id).is_some_and(stands)) {
            let best = self.nodes.iter().filter(|(_, node)| stands(node)).min_by_key(|(id, node)| (node.behind, **id));
            self.active = best.map(|(id, _)| *id);
            if let Some(active) = self.active.and_then(|id| self.nodes.get_mut(&id)) {
                active.behind = 0;
            }
        }
    }

    fn replicate(&mut self) {
        let (now, catch_up) = (self.now, self.catch_up);
        let serving: BTreeSet<BrokerId> =
            self.nodes.iter().filter(|(_, node)| node.serves(now)).map(|(id, _)| *id).collect();
        // Without a controller nobody is taken out or in, and nobody gets to lead.
        if self.active.is_none() {
            return;
        }
        for partition in self.topics.values_mut().flat_map(|topic| topic.partitions.values_mut()) {
            for id in partition.replicas.clone() {
                if !serving.contains(&id) {
                    partition.catches_up.remove(&id);
                    if partition.in_sync.len() > 1 {
                        partition.in_sync.remove(&id);
                    }
                }
            }
            if partition.leader.is_none_or(|id| !serving.contains(&id) || !partition.in_sync.contains(&id)) {
                let heirs = partition.replicas.iter().find(|id| serving.contains(id) && partition.in_sync.contains(id));
                partition.leader = heirs.copied();
            }
            if partition.leader.is_none() {
                continue;
            }
            for id in partition.replicas.iter().filter(|id| serving.contains(id)) {
                if !partition.in_sync.contains(id) && *partition.catches_up.entry(*id).or_insert(now + catch_up) <= now
                {
                    partition.in_sync.insert(*id);
                }
            }
        }
    }

    /// The pod ends hard: what was not flushed has to be read again.
    pub(super) fn crash(&mut self, id: BrokerId) {
        let (now, start, reading) = (self.now, self.start, self.reading);
        if let Some(node) = self.nodes.get_mut(&id)
            && node.is_up()
        {
            node.pod = Pod::Starting { until: now + start, then_reads_until: now + start + reading };
            node.behind = 3;
        }
    }

    /// The pod goes, and what it had with it where nothing outlives it.
    pub(super) fn delete_pod(&mut self, id: BrokerId, back: i64) -> Result<(), String> {
        let node = self.node(id)?;
        node.behind = 3;
        node.is_new = true;
        node.pod = Pod::Absent { until: back };
        Ok(())
    }

    pub(super) fn apply(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::Configure(scopes) => {
                let written =
                    |scope: &Scope, key: &String| scopes.get(scope).is_some_and(|keys| keys.contains_key(key));
                self.edits.retain(|(scope, key, _)| !written(scope, key));
            }
            Act::Replace(id) => {
                self.write_template(*id)?;
                self.end_pod(*id)?;
            }
            Act::Elect(places) => {
                let now = self.now;
                let serving: BTreeSet<BrokerId> =
                    self.nodes.iter().filter(|(_, node)| node.serves(now)).map(|(id, _)| *id).collect();
                if self.active.is_none() {
                    return Err("nobody can elect without a controller".to_owned());
                }
                for (topic, id) in places {
                    let Some(partition) = self.topics.get_mut(topic).and_then(|one| one.partitions.get_mut(id)) else {
                        continue;
                    };
                    let preferred = partition.replicas.first().copied();
                    if preferred.is_some_and(|id| serving.contains(&id) && partition.in_sync.contains(&id)) {
                        partition.leader = preferred;
                    }
                }
            }
            Act::SetFeatures(levels) => self.features.extend(levels.clone()),
            other => return Err(format!("nothing in a roll asks for {other:?}")),
        }
        Ok(())
    }

    /// The first half of making a node anew; a kill may come after it.
    pub(super) fn write_template(&mut self, id: BrokerId) -> Result<(), String> {
        let declared = self.declared.clone();
        self.node(id)?.template = declared;
        Ok(())
    }

    fn end_pod(&mut self, id: BrokerId) -> Result<(), String> {
        let (now, ephemeral) = (self.now, self.ephemeral);
        match self.hosts.remove(&id).map(|host| host.reach) {
            None | Some(Reach::Open(_)) => {}
            Some(reach) => return Err(format!("node {id} comes up nowhere: {reach:?}")),
        }
        let node = self.node(id)?;
        node.taken = true;
        let was_there = !matches!(node.pod, Pod::Absent { .. });
        node.pod = if was_there { Pod::Ending { until: now + 2 } } else { Pod::Absent { until: now + 1 } };
        node.behind = 3;
        if ephemeral && was_there && !std::mem::replace(&mut node.is_new, true) {
            let only_there = |partition: &WorldPartition| partition.in_sync == BTreeSet::from([id]);
            let lost = self.topics.iter().filter(|(_, topic)| topic.partitions.values().any(only_there));
            self.lost.extend(lost.map(|(name, _)| name.clone()));
        }
        Ok(())
    }
}
