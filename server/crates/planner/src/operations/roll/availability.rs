//! Which partitions would lose too much without a broker: one pass over all of them.

use super::super::{Guard, Rules, Scene, Short, Storage};
use klamm_model::{BrokerId, Known, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

type Place = (TopicName, PartitionId);

/// What was found.
pub(super) struct Availability<'a> {
    /// Partitions that lack replicas, and where those should be.
    lacking: Vec<(Key<'a>, Vec<BrokerId>)>,
    /// Partitions whose preferred leader is in sync and does not lead.
    unled: Vec<(Key<'a>, BrokerId)>,
    short: BTreeMap<BrokerId, Vec<Short>>,
    only: BTreeMap<BrokerId, BTreeSet<Place>>,
    unknown: BTreeMap<BrokerId, BTreeSet<&'a TopicName>>,
    unavoidable: BTreeSet<TopicName>,
    accepted: BTreeSet<&'a TopicName>,
    tight: BTreeSet<&'a TopicName>,
}

type Key<'a> = (&'a TopicName, PartitionId);

impl<'a> Availability<'a> {
    /// Looks at every partition, for brokers that are to be made anew. None while topics are unknown.
    pub(super) fn of(scene: &'a Scene, rules: &Rules, left: &BTreeMap<BrokerId, String>) -> Option<Self> {
        let topics = scene.topics.value()?;
        let moving: BTreeSet<Key<'_>> =
            scene.moves.value().into_iter().flatten().map(|one| (&one.topic, one.partition)).collect();
        let ephemeral: BTreeSet<BrokerId> =
            scene.nodes.iter().filter(|(_, node)| node.storage == Storage::Ephemeral).map(|(id, _)| *id).collect();
        let mut found = Self {
            lacking: Vec::new(),
            unled: Vec::new(),
            short: BTreeMap::new(),
            only: BTreeMap::new(),
            unknown: BTreeMap::new(),
            unavoidable: BTreeSet::new(),
            accepted: BTreeSet::new(),
            tight: BTreeSet::new(),
        };
        for (name, topic) in topics {
            let is_accepted = rules.accept_unavailable.contains(name);
            for (id, partition) in &topic.partitions {
                let replicas = &partition.replicas;
                let behind: Vec<BrokerId> =
                    replicas.iter().copied().filter(|id| !partition.in_sync.contains(id)).collect();
                if !moving.contains(&(name, *id)) {
                    if let Some(preferred) = replicas.first()
                        && partition.in_sync.contains(preferred)
                        && partition.leader != Some(*preferred)
                    {
                        found.unled.push(((name, *id), *preferred));
                    }
                    if !behind.is_empty() {
                        found.lacking.push(((name, *id), behind.clone()));
                    }
                }
                let factor = u32::try_from(replicas.len()).unwrap_or(u32::MAX);
                for candidate in replicas.iter().filter(|id| left.contains_key(id)) {
                    let without = partition.in_sync.iter().filter(|id| *id != candidate).count();
                    let remain = u32::try_from(without).unwrap_or(u32::MAX);
                    if ephemeral.contains(candidate) && factor > 1 && remain == 0 && !is_accepted {
                        found.only.entry(*candidate).or_default().insert((name.clone(), *id));
                    }
                    let minimum = match topic.min_in_sync {
                        // The only replica goes with its broker, whatever the minimum is.
                        _ if factor <= 1 => 1,
                        Known::Known(minimum) => minimum,
                        Known::Unknown => {
                            found.unknown.entry(*candidate).or_default().insert(name);
                            continue;
                        }
                    };
                    let is_unavoidable = factor <= minimum || factor <= 1;
                    if is_unavoidable && is_accepted {
                        found.accepted.insert(name);
                    } else if is_unavoidable {
                        found.unavoidable.insert(name.clone());
                    } else if minimum.saturating_add(rules.isr_headroom) >= factor {
                        found.tight.insert(name);
                    }
                    let needs = minimum.saturating_add(rules.isr_headroom).min(factor.saturating_sub(1));
                    if remain < needs {
                        found.short.entry(*candidate).or_default().push(Short {
                            partition: (name.clone(), *id),
                            replicas: factor,
                            in_sync: u32::try_from(partition.in_sync.len()).unwrap_or(u32::MAX),
                            behind: behind.clone(),
                            left: remain,
                            needs,
                        });
                    }
                }
            }
        }
        if rules.isr_headroom == 0 {
            found.tight.clear();
        }
        Some(found)
    }

    /// Partitions that lack replicas, as far as what they lack counts.
    pub(super) fn under_replicated(&self, counts: impl Fn(&[BrokerId]) -> bool) -> BTreeSet<Place> {
        let counted = self.lacking.iter().filter(|(_, missing)| counts(missing));
        counted.map(|((topic, partition), _)| ((*topic).clone(), *partition)).collect()
    }

    /// Brokers that lack replicas.
    pub(super) fn lacking(&self) -> BTreeSet<BrokerId> {
        self.lacking.iter().flat_map(|(_, missing)| missing.iter().copied()).collect()
    }

    /// Partitions that these brokers could lead, as is preferred, and do not.
    pub(super) fn not_led_by_preferred(&self, counts: impl Fn(BrokerId) -> bool) -> BTreeSet<Place> {
        let counted = self.unled.iter().filter(|(_, preferred)| counts(*preferred));
        counted.map(|((topic, partition), _)| ((*topic).clone(), *partition)).collect()
    }

    /// Partitions that would have too few in-sync replicas without this broker.
    pub(super) fn short(&self, broker: BrokerId) -> Option<Guard> {
        self.short.get(&broker).map(|partitions| Guard::InSync { broker, partitions: partitions.clone() })
    }

    /// Partitions that only this broker has, and that would go with its pod.
    pub(super) fn only_copy(&self, broker: BrokerId) -> Option<Guard> {
        self.only.get(&broker).map(|partitions| Guard::OnlyCopy { broker, partitions: partitions.clone() })
    }

    /// Topics on this broker whose minimum is not known.
    pub(super) fn unknown_minimum(&self, broker: BrokerId) -> Option<Guard> {
        let topics = self.unknown.get(&broker)?;
        let sentence = |topic: &&TopicName| format!("What min.insync.replicas of {topic} is, is not known.");
        Some(Guard::Unseen(topics.iter().take(NAMED).map(sentence).collect()))
    }

    /// Topics that will be unavailable whatever is done, and that nobody has accepted.
    pub(super) fn to_be_accepted(&self) -> Option<Guard> {
        (!self.unavoidable.is_empty()).then(|| Guard::AcceptUnavailable(self.unavoidable.clone()))
    }

    /// What is relaxed, and what was accepted.
    pub(super) fn remarks(&self) -> Vec<String> {
        let names = |topics: &BTreeSet<&TopicName>| super::super::words::topics(topics.iter().copied());
        let mut remarks = Vec::new();
        if !self.accepted.is_empty() {
            remarks.push(format!(
                "{} will be unavailable while a broker restarts, as was accepted.",
                names(&self.accepted)
            ));
        }
        if !self.tight.is_empty() {
            remarks.push(format!(
                "{} cannot keep the headroom above min.insync.replicas with so few replicas: all others have to be in sync.",
                names(&self.tight)
            ));
        }
        remarks
    }
}

/// Sentences of one kind that are worth reading.
const NAMED: usize = 5;
