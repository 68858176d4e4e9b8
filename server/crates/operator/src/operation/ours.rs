//! What stands in an operation's status of its own doing, read back for the planner and written down. Pure.

use klamm_model::{BrokerId, BySide, PartitionId, Throttle, ThrottledReplica, TopicName};
use klamm_planner::operations::{
    Act, Aim, Door, Ours, Replicas, Scene, Step, StepKind, StepState, Throttle as Wished, Unsure, is_back,
};
use klamm_resources::{
    KafkaOperationStatus, MovingPartition, OperationOurs, OperationStep, OwnThrottle, StepState as WrittenState,
    ThrottledTopic, TopicPartitions,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What an operation has set going and sets right itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    /// A limit on replication.
    pub(super) limit: Option<Limit>,
    /// Partitions that were set on their way, with the replicas they had before.
    pub(super) moving: Replicas,
    /// Partitions that were called back, with the replicas they had before they moved.
    pub(super) returning: Replicas,
    /// Brokers that get no new replicas.
    pub(super) cordoned: BTreeSet<BrokerId>,
    /// Nodes that it made.
    pub(super) joined: BTreeSet<BrokerId>,
}

/// A limit on replication as it is wanted, and what of it is ours beside what others have set. Nobody wants one of which only rates
/// are left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) wished: Wished,
    /// To the last entry: just that is taken away again.
    pub(super) set: Throttle,
}

impl Limit {
    /// Rates that are left of a limit whose lists are gone.
    pub(super) fn spent(left: Throttle) -> Self {
        Self { wished: Wished { rate: left.rate, ..Wished::default() }, set: left }
    }

    /// Whether nobody wants it any more, and nothing is left but rates of brokers that did not answer: without lists those slow down
    /// nobody.
    fn is_spent(&self) -> bool {
        self.wished.brokers.is_empty() && self.wished.partitions.is_empty() && self.set.replicas.is_empty()
    }

    /// Without the rates of brokers that will not answer any more; none when nothing is left then.
    pub(super) fn without(self, gone: &BTreeSet<BrokerId>) -> Option<Self> {
        let theirs = Throttle { brokers: BySide::each(|_| gone.clone()), ..Throttle::default() };
        let set = self.set.without(&theirs);
        (!set.is_empty()).then_some(Self { set, ..self })
    }
}

impl Own {
    /// Reads it. What cannot be read was not written by us, and is left out.
    pub(super) fn read(written: &OperationOurs) -> Self {
        Self {
            limit: written.throttle.as_ref().map(limit),
            moving: read_moving(&written.moving),
            returning: read_moving(&written.returning),
            cordoned: written.cordoned.iter().copied().map(BrokerId).collect(),
            joined: written.joined.iter().copied().map(BrokerId).collect(),
        }
    }

    /// Writes it down.
    pub(super) fn write(&self) -> OperationOurs {
        OperationOurs {
            throttle: self.limit.as_ref().map(own_throttle),
            moving: write_moving(&self.moving),
            returning: write_moving(&self.returning),
            cordoned: self.cordoned.iter().map(|id| id.0).collect(),
            joined: self.joined.iter().map(|id| id.0).collect(),
        }
    }

    /// The limit, as long as it slows down somebody, or may.
    pub(super) fn in_force(&self) -> Option<&Limit> {
        self.limit.as_ref().filter(|limit| !limit.is_spent())
    }

    /// Whether nothing is left that would be in somebody's way. Nodes that were made stay; an order of replicas harms nobody.
    pub(super) fn is_nothing(&self) -> bool {
        self.limit.is_none() && self.moving.is_empty() && self.cordoned.is_empty()
    }

    /// As the planner has it, with where replicas are to go as far as that is remembered; as if all of it were known to be set.
    pub(super) fn planned(&self, aim: Option<Arc<Aim>>) -> Ours {
        Ours {
            throttle: self.in_force().map(|limit| limit.wished.clone()),
            moving: self.moving.clone(),
            returning: self.returning.clone(),
            cordoned: self.cordoned.clone(),
            joined: self.joined.clone(),
            aim,
            unsure: Unsure::default(),
            doubts: BTreeSet::new(),
        }
    }

    /// What is ours once the act is done, or may be: written down before it is. Limits are planned by who sets them.
    #[must_use]
    pub(super) fn before(mut self, act: &Act, scene: &Scene) -> Self {
        match act {
            Act::Move(replicas) => {
                for (partition, now) in where_they_are(replicas, scene) {
                    // One that was called back, and not put in order, has an older one to go back to.
                    let older = self.returning.remove(&partition).filter(|older| has_the_same(older, &now));
                    self.moving.insert(partition, older.unwrap_or(now));
                }
            }
            Act::CancelMoves(partitions) => {
                let before = |partition: &(TopicName, PartitionId)| {
                    Some((partition.clone(), self.moving.get(partition)?.clone()))
                };
                let called_back: Replicas = partitions.iter().filter_map(before).collect();
                self.returning.extend(called_back);
            }
            Act::Cordon(brokers) => self.cordoned.extend(brokers),
            Act::Create(nodes) => self.joined.extend(nodes),
            Act::Throttle(_)
            | Act::Configure(_)
            | Act::Replace(_)
            | Act::Uncordon(_)
            | Act::Unthrottle(_)
            | Act::Restore(_)
            | Act::Elect(_)
            | Act::AddVoter(_)
            | Act::RemoveVoter(_)
            | Act::Unregister(_)
            | Act::Remove(_)
            | Act::SetFeatures(_) => {}
        }
        self
    }

    /// What is ours after an act that took something back. What is left of a limit says who took it away.
    #[must_use]
    pub(super) fn after(mut self, act: &Act) -> Self {
        match act {
            Act::CancelMoves(partitions) => self.moving.retain(|partition, _| !partitions.contains(partition)),
            // Whoever does not come to lead is not asked again.
            Act::Elect(partitions) => self.returning.retain(|partition, _| !partitions.contains(partition)),
            Act::Uncordon(brokers) => self.cordoned.retain(|broker| !brokers.contains(broker)),
            // Who is gone has nothing that could be taken back.
            Act::Unregister(broker) => {
                self.cordoned.remove(broker);
                self.limit = self.limit.and_then(|limit| limit.without(&BTreeSet::from([*broker])));
            }
            Act::Unthrottle(_)
            | Act::Throttle(_)
            | Act::Move(_)
            | Act::Cordon(_)
            | Act::Configure(_)
            | Act::Replace(_)
            | Act::Create(_)
            | Act::Restore(_)
            | Act::AddVoter(_)
            | Act::RemoveVoter(_)
            | Act::Remove(_)
            | Act::SetFeatures(_) => {}
        }
        self
    }

    /// Without the partitions that have arrived, or whose topic is gone: nothing is on its way any more; and without those that are
    /// back as they were.
    #[must_use]
    pub(super) fn still_moving(mut self, scene: &Scene) -> Self {
        if let Some(moves) = scene.moves.value() {
            let moving: BTreeSet<_> = moves.iter().map(|one| (&one.topic, one.partition)).collect();
            self.moving.retain(|(topic, partition), _| moving.contains(&(topic, *partition)));
        }
        self.returning.retain(|partition, before| !is_back(scene, partition, before));
        self
    }
}

fn read_moving(written: &[MovingPartition]) -> Replicas {
    let read = |moving: &MovingPartition| {
        let topic: TopicName = moving.topic.parse().ok()?;
        Some(((topic, PartitionId(moving.partition)), moving.before.iter().copied().map(BrokerId).collect()))
    };
    written.iter().filter_map(read).collect()
}

fn write_moving(replicas: &Replicas) -> Vec<MovingPartition> {
    let write = |((topic, partition), before): (&(TopicName, PartitionId), &Vec<BrokerId>)| MovingPartition {
        topic: topic.to_string(),
        partition: partition.0,
        before: before.iter().map(|id| id.0).collect(),
    };
    replicas.iter().map(write).collect()
}

/// Whether both are the same brokers, in whatever order.
fn has_the_same(one: &[BrokerId], other: &[BrokerId]) -> bool {
    one.len() == other.len() && one.iter().all(|broker| other.contains(broker))
}

fn where_they_are(replicas: &Replicas, scene: &Scene) -> Replicas {
    let topics = scene.topics.value();
    let now = |topic: &TopicName, partition: &PartitionId| {
        Some(topics?.get(topic)?.partitions.get(partition)?.replicas.clone())
    };
    replicas.keys().filter_map(|(topic, id)| Some(((topic.clone(), *id), now(topic, id)?))).collect()
}

fn limit(written: &OwnThrottle) -> Limit {
    let ids = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect();
    let rate = u64::try_from(written.bytes_per_second).unwrap_or(0);
    let partitions = written
        .partitions
        .iter()
        .filter_map(|of| Some((of.topic.parse().ok()?, of.partitions.iter().copied().map(PartitionId).collect())));
    let replicas = |texts: &[String]| texts.iter().filter_map(|text| text.parse().ok()).collect();
    let lists = written.topics.iter().filter_map(|of| {
        let sides = BySide { leader: replicas(&of.leader), follower: replicas(&of.follower) };
        Some((of.topic.parse().ok()?, sides))
    });
    Limit {
        wished: Wished { rate, brokers: ids(&written.brokers), partitions: partitions.collect() },
        set: Throttle {
            rate,
            brokers: BySide { leader: ids(&written.leader_brokers), follower: ids(&written.follower_brokers) },
            replicas: lists.collect(),
        },
    }
}

fn own_throttle(Limit { wished, set }: &Limit) -> OwnThrottle {
    let ids = |ids: &BTreeSet<BrokerId>| ids.iter().map(|id| id.0).collect();
    let texts = |replicas: &BTreeSet<ThrottledReplica>| replicas.iter().map(ToString::to_string).collect();
    let partitions = wished.partitions.iter().map(|(topic, partitions)| TopicPartitions {
        topic: topic.to_string(),
        partitions: partitions.iter().map(|partition| partition.0).collect(),
    });
    let lists = set.replicas.iter().map(|(topic, sides)| ThrottledTopic {
        topic: topic.to_string(),
        leader: texts(&sides.leader),
        follower: texts(&sides.follower),
    });
    OwnThrottle {
        bytes_per_second: i64::try_from(wished.rate).unwrap_or(i64::MAX),
        brokers: ids(&wished.brokers),
        partitions: partitions.collect(),
        leader_brokers: ids(&set.brokers.leader),
        follower_brokers: ids(&set.brokers.follower),
        topics: lists.collect(),
    }
}

/// The steps that were told.
pub(super) fn steps(status: &KafkaOperationStatus) -> Vec<Step> {
    let step = |written: &OperationStep| {
        Some(Step {
            kind: StepKind::named(&written.kind)?,
            target: written.target.clone(),
            reason: written.reason.clone().unwrap_or_default(),
            state: match written.state {
                WrittenState::Planned | WrittenState::Failed => StepState::Planned,
                WrittenState::Running => StepState::Running,
                WrittenState::Done => StepState::Done,
                WrittenState::Skipped => StepState::Skipped,
            },
            door: written.one_way.clone().map_or(Door::Open, Door::OneWay),
        })
    };
    status.steps.iter().filter_map(step).collect()
}

/// Seconds each node took when it was restarted, the last time it was, from the steps of operations.
pub(super) fn restarts<'a>(statuses: impl IntoIterator<Item = &'a KafkaOperationStatus>) -> BTreeMap<String, u64> {
    let mut seconds = BTreeMap::new();
    for step in statuses.into_iter().flat_map(|status| &status.steps) {
        let at = |text: &Option<String>| text.as_deref()?.parse::<jiff::Timestamp>().ok();
        if step.kind == StepKind::RestartBroker.as_str()
            && step.state == WrittenState::Done
            && let (Some(began), Some(ended)) = (at(&step.started_at), at(&step.ended_at))
        {
            let took = ended.as_second().saturating_sub(began.as_second());
            seconds.insert(step.target.clone(), u64::try_from(took).unwrap_or(0));
        }
    }
    seconds
}
