//! Replicas on their way to where they are to be: what goes next, and what is waited for.

use super::super::roll::unseen;
use super::super::{
    Act, Door, Guard, Next, Ours, Pace, PartitionSeen, Plan, Refusal, Replicas, Rules, Scene, Step, StepKind,
    StepState, Throttle, TopicSeen, Window, words,
};
use super::aim::Aim;
use super::away::{away, is_for_want_of_brokers};
use super::choice::{Chosen, size};
use super::lanes::Lanes;
use super::situation::situation;
use crate::mover::{
    self, Move, Volume,
    batch::{Held, Limits, seconds_left},
};
use klamm_model::{BrokerId, Known, NamedPartition, PartitionId, Reassignment, TopicName, human_bytes};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Bytes a second that moving replicas may take on a broker where nobody says: about half of what a gigabit carries.
const RATE: u64 = 50 << 20;

/// What decides about replicas on their way.
pub(super) struct Moving<'a> {
    pub(super) scene: &'a Scene,
    pub(super) rules: &'a Rules,
    pub(super) ours: &'a Ours,
    pub(super) pace: &'a Pace,
    /// Brokers that get nothing any more.
    pub(super) leaving: &'a BTreeSet<BrokerId>,
}

/// How far replicas are on their way.
pub(super) struct Course {
    /// None once all of them are there, and nothing of ours slows replication down.
    pub(super) next: Option<Next>,
    pub(super) partitions: u64,
    pub(super) bytes: Known<u64>,
    pub(super) eta: Known<u64>,
    pub(super) remarks: Vec<String>,
    /// How many go at once, where that was looked at.
    lanes: Option<Lanes>,
    /// Where they are to go, once one of them has been set on its way.
    aim: Option<Arc<Aim>>,
}

impl Course {
    fn of(next: Next) -> Self {
        Self {
            next: Some(next),
            partitions: 0,
            bytes: Known::Unknown,
            eta: Known::Unknown,
            remarks: Vec::new(),
            lanes: None,
            aim: None,
        }
    }

    /// The step of the moves.
    pub(super) fn step(&self, target: &str, why: &str) -> Step {
        let bytes = self.bytes.value().map(|bytes| format!(", {}", human_bytes(*bytes))).unwrap_or_default();
        let state = match &self.next {
            Some(Next::Act(_)) => StepState::Running,
            Some(Next::Wait(guards)) if guards.iter().any(|guard| matches!(guard, Guard::Moving { .. })) => {
                StepState::Running
            }
            Some(Next::Wait(_) | Next::Done | Next::Refuse(_)) => StepState::Planned,
            None => StepState::Done,
        };
        Step {
            kind: StepKind::MovePartitions,
            target: target.to_owned(),
            reason: format!("{why}: {}{bytes}", words::count(self.partitions, "partition")),
            state,
            door: Door::Open,
        }
    }

    /// The plan with these steps; what comes `after` is asked for once all replicas are there.
    pub(super) fn plan(&self, steps: Vec<Step>, after: impl FnOnce(Vec<String>) -> Plan) -> Plan {
        let mut plan = match &self.next {
            Some(next) => Plan { remarks: self.remarks.clone(), ..Plan::only(next.clone()) },
            None => after(self.remarks.clone()),
        };
        (plan.bytes_left, plan.partitions_left) = (self.bytes, self.partitions);
        (plan.lanes, plan.aim) = (self.lanes, self.aim.clone());
        plan.eta_seconds = if plan.next == Next::Done { Known::Known(0) } else { self.eta };
        if plan.next != Next::Done {
            plan.steps = steps.into_iter().filter(|step| step.state != StepState::Done).collect();
        }
        plan
    }
}

impl Moving<'_> {
    /// How far replicas are on the way to the first of these goals that is not reached.
    pub(super) fn towards(&self, goals: &[mover::Goal]) -> Course {
        let (Known::Known(topics), Known::Known(moves)) = (&self.scene.topics, &self.scene.moves) else {
            let what = if self.scene.topics == Known::Unknown { "topics" } else { "replicas on their way" };
            return Course::of(Next::Wait(vec![unseen(self.scene, what)]));
        };
        let situation = situation(self.scene, self.rules, topics, moves, self.leaving);
        let (outgrown, full) = self.outgrown(&situation, moves);
        if !outgrown.is_empty() {
            let aim = self.ours.aim.as_ref().map(|aim| Arc::new(aim.without(&outgrown, &full)));
            let remarks = aim.as_ref().map(|aim| aim.remarks().to_vec()).unwrap_or_default();
            return Course { remarks, aim, ..self.under_way(Next::Act(Act::CancelMoves(outgrown)), moves) };
        }
        let kept = self.ours.aim.as_deref().filter(|aim| aim.is_for(goals, &situation));
        let planned = match kept {
            Some(kept) => {
                let left = kept.left(topics, moves, |broker| self.comes_back(broker), &situation);
                if left.moves().is_empty() { left.once_more(goals, &situation) } else { Ok(left) }
            }
            None => Aim::planned(goals, &situation),
        };
        let aim = match planned {
            Ok(aim) => aim,
            Err(refusal) => return self.refused(&refusal, topics, moves),
        };
        let lacking = self.lacking(topics, moves);
        let chosen = self.choose(&aim, &situation, topics, moves, lacking.len() as u64);
        let next = self.next(&aim, &chosen, lacking, topics, moves);
        let left = aim.copied().and(self.flying(topics, moves.iter().filter(|one| self.is_ours(one))));
        let is_begun = kept.is_some() || matches!(next, Some(Next::Act(_)));
        let mut course = Course {
            next,
            partitions: (aim.moves().len() + moves.iter().filter(|one| self.is_ours(one)).count()) as u64,
            bytes: left.known(),
            eta: seconds_left(left, self.pace.speed()),
            remarks: aim.remarks().to_vec(),
            lanes: Some(chosen.lanes).filter(|_| !aim.moves().is_empty() || !moves.is_empty()),
            aim: None,
        };
        course.aim = is_begun.then(|| Arc::new(chosen.without_room(aim, moves)));
        course
    }

    /// What it means that there is no plan: what moves may be in the way, which comes to an end; and brokers that come back may be
    /// all that is missing.
    fn refused(
        &self,
        refusal: &mover::Refusal,
        topics: &BTreeMap<TopicName, TopicSeen>,
        moves: &[Reassignment],
    ) -> Course {
        let away = away(self.scene, self.leaving);
        if !moves.is_empty() {
            let mut guards = self.on_their_way(topics, moves);
            guards.extend(away);
            return self.under_way(Next::Wait(guards), moves);
        }
        if is_for_want_of_brokers(refusal) && !away.is_empty() {
            return Course::of(Next::Wait(away));
        }
        Course::of(Next::Refuse(vec![Refusal::Replicas(refusal.to_string())]))
    }

    /// Whether a broker that takes nothing now will again.
    fn comes_back(&self, broker: BrokerId) -> bool {
        !self.leaving.contains(&broker) && self.scene.nodes.get(&broker).is_some_and(super::super::Node::stays)
    }

    /// What comes after what is on its way cannot be told yet, nor how much that is.
    fn under_way(&self, next: Next, moves: &[Reassignment]) -> Course {
        let partitions = moves.iter().filter(|one| self.is_ours(one)).count() as u64;
        Course { partitions, ..Course::of(next) }
    }

    pub(super) fn is_ours(&self, one: &Reassignment) -> bool {
        self.ours.moving.contains_key(&(one.topic.clone(), one.partition))
    }

    fn next(
        &self,
        aim: &Aim,
        chosen: &Chosen,
        lacking: BTreeSet<(TopicName, PartitionId)>,
        topics: &BTreeMap<TopicName, TopicSeen>,
        moves: &[Reassignment],
    ) -> Option<Next> {
        let mut guards = self.on_their_way(topics, moves);
        // What is on its way to or from them waits for them, and nothing more is set going beside it.
        if !guards.is_empty() {
            guards.extend(away(self.scene, self.leaving));
        }
        if aim.moves().is_empty() {
            return match (&self.ours.throttle, guards.is_empty()) {
                (_, false) => Some(Next::Wait(guards)),
                (Some(throttle), true) => Some(Next::Act(Act::Unthrottle(throttle.clone()))),
                (None, true) => None,
            };
        }
        let is_foreign = moves.iter().any(|one| !self.is_ours(one));
        let allowed = self.rules.max_under_replicated;
        if lacking.len() as u64 > allowed {
            if guards.is_empty() {
                guards.extend(away(self.scene, self.leaving));
            }
            guards.push(Guard::UnderReplicated { partitions: lacking, allowed });
        }
        if let Window::ClosedUntil(opens) = self.scene.window {
            guards.push(Guard::WindowClosed(opens));
        }
        if is_foreign || guards.iter().any(|guard| !matches!(guard, Guard::Moving { .. })) {
            return Some(Next::Wait(guards));
        }
        let start: BTreeSet<&NamedPartition> = chosen.batch.start.iter().collect();
        if start.is_empty() {
            guards.extend(chosen.batch.held.iter().filter_map(held));
            if guards.is_empty() {
                guards.extend(away(self.scene, self.leaving));
            }
            if guards.is_empty() {
                guards.push(Guard::NotShownYet("Replicas wait for their turn.".to_owned()));
            }
            return Some(Next::Wait(guards));
        }
        let starts: Vec<&Move> = aim.moves().iter().filter(|one| start.contains(&one.partition)).collect();
        // All that moves of these topics is limited at once: otherwise every batch takes an act more.
        let is_limited = |one: &&Move| one.adding().next().is_some() && self.is_limited(chosen.limits, size(one));
        let of_topics: BTreeSet<&TopicName> =
            starts.iter().copied().filter(is_limited).map(|one| &one.partition.topic).collect();
        let limited = aim.moves().iter().filter(|one| of_topics.contains(&one.partition.topic)).filter(is_limited);
        let throttle = self.throttle(limited, chosen.limits, topics, moves);
        let is_set = |wanted: &Throttle| !self.ours.unsure.throttle && covers(self.ours.throttle.as_ref(), wanted);
        if let Some(throttle) = throttle.filter(|throttle| !is_set(throttle)) {
            return Some(Next::Act(Act::Throttle(throttle)));
        }
        let to = |one: &&Move| ((one.partition.topic.clone(), one.partition.partition), one.to.clone());
        Some(Next::Act(Act::Move(starts.iter().map(to).collect::<Replicas>())))
    }

    /// Replicas of ours on their way to brokers whose disks others fill meanwhile, and those brokers: going on would end with a broker
    /// that stops because its disk is full.
    fn outgrown(
        &self,
        situation: &mover::Situation,
        moves: &[Reassignment],
    ) -> (BTreeSet<(TopicName, PartitionId)>, BTreeSet<BrokerId>) {
        let is_nearly_full = |broker: &BrokerId| {
            let disk = situation.brokers.get(broker).and_then(|room| room.disk.value());
            // They were planned to leave the reserve free; half of it is for what is written while they are copied.
            disk.is_some_and(|disk| {
                let reserve = disk.capacity.saturating_sub(situation.reserve.usable(disk.capacity));
                disk.used > disk.capacity.saturating_sub(reserve / 2)
            })
        };
        let (mut outgrown, mut full) = (BTreeSet::new(), BTreeSet::new());
        for one in moves.iter().filter(|one| self.is_ours(one)) {
            for broker in one.adding.iter().filter(|broker| is_nearly_full(broker)) {
                outgrown.insert((one.topic.clone(), one.partition));
                full.insert(*broker);
            }
        }
        (outgrown, full)
    }

    /// What is on its way, as something that is waited for.
    fn on_their_way(&self, topics: &BTreeMap<TopicName, TopicSeen>, moves: &[Reassignment]) -> Vec<Guard> {
        let (ours, foreign): (Vec<&Reassignment>, Vec<&Reassignment>) = moves.iter().partition(|one| self.is_ours(one));
        let mut guards = Vec::new();
        if !ours.is_empty() {
            let bytes = self.flying(topics, ours.iter().copied()).known();
            guards.push(Guard::Moving { partitions: ours.len() as u64, bytes });
        }
        if !foreign.is_empty() {
            let named = foreign.iter().map(|one| (one.topic.clone(), one.partition)).collect();
            guards.push(Guard::ForeignMoves(named));
        }
        guards
    }

    /// Bytes that have still to come of what is on its way.
    fn flying<'m>(
        &self,
        topics: &BTreeMap<TopicName, TopicSeen>,
        moves: impl Iterator<Item = &'m Reassignment>,
    ) -> Volume {
        let mut volume = Volume::default();
        for one in moves {
            let copies = one.adding.len() as u64;
            match self.still_to_come(topics, one) {
                Known::Known(bytes) => volume.bytes = volume.bytes.saturating_add(bytes),
                Known::Unknown => volume.unknown += copies,
            }
        }
        volume
    }

    /// Bytes that have still to come of all new replicas of a partition.
    pub(super) fn still_to_come(&self, topics: &BTreeMap<TopicName, TopicSeen>, one: &Reassignment) -> Known<u64> {
        let size = seen(topics, &one.topic, one.partition).map_or(Known::Unknown, |partition| partition.bytes);
        let arrived = self.scene.arrived.get(&(one.topic.clone(), one.partition)).copied().unwrap_or_default();
        size.map(|size| size.saturating_mul(one.adding.len() as u64).saturating_sub(arrived))
    }

    /// Partitions that lack replicas and are not mended by moving them: what is copied slows down their catching up.
    fn lacking(
        &self,
        topics: &BTreeMap<TopicName, TopicSeen>,
        moves: &[Reassignment],
    ) -> BTreeSet<(TopicName, PartitionId)> {
        let moving: BTreeSet<(&TopicName, PartitionId)> = moves.iter().map(|one| (&one.topic, one.partition)).collect();
        let mut partitions = BTreeSet::new();
        for (topic, seen) in topics {
            for (id, partition) in &seen.partitions {
                let missing = || partition.replicas.iter().filter(|broker| !partition.in_sync.contains(broker));
                let is_lacking = missing().any(|broker| !self.leaving.contains(broker));
                if is_lacking && !moving.contains(&(topic, *id)) {
                    partitions.insert((topic.clone(), *id));
                }
            }
        }
        partitions
    }

    /// Somebody wants what is on its way to go at another pace, or nobody knows whether it is limited at all: that holds at once, whatever
    /// else is waited for, and however much is still to be set on its way.
    pub(super) fn set_rate(&self, plan: &mut Plan) {
        match plan.next {
            // What would fill a disk is called back first; and what goes next is limited together with what is on its way.
            Next::Act(Act::CancelMoves(_) | Act::Throttle(_)) | Next::Done | Next::Refuse(_) => return,
            Next::Act(_) | Next::Wait(_) => {}
        }
        let is_off = |set: &&Throttle| set.rate != self.rate() || self.ours.unsure.throttle;
        let Some(set) = self.ours.throttle.as_ref().filter(is_off) else { return };
        if self.scene.moves.value().into_iter().flatten().any(|one| self.is_ours(one)) {
            plan.next = Next::Act(Act::Throttle(Throttle { rate: self.rate(), ..set.clone() }));
        }
    }

    /// Bytes a second that moving replicas may take on a broker.
    pub(super) fn rate(&self) -> u64 {
        self.rules.throttle.unwrap_or(RATE)
    }

    /// Whether replicas of that size are slowed down: not those that are nearly empty, which take nothing from anybody, and may be of
    /// very many topics; but for all where somebody has said how much may be taken.
    fn is_limited(&self, limits: Limits, size: Known<u64>) -> bool {
        self.rules.throttle.is_some() || !limits.is_light(size)
    }

    /// The limit for what goes now and what is on its way; none where next to nothing is copied.
    fn throttle<'m>(
        &self,
        limited: impl Iterator<Item = &'m Move>,
        limits: Limits,
        topics: &BTreeMap<TopicName, TopicSeen>,
        moves: &[Reassignment],
    ) -> Option<Throttle> {
        let mut throttle = Throttle { rate: self.rate(), ..Throttle::default() };
        for one in limited {
            throttle.brokers.extend(one.from.iter().copied().chain(one.to.iter().copied()));
            let NamedPartition { topic, partition } = &one.partition;
            throttle.partitions.entry(topic.clone()).or_default().insert(*partition);
        }
        if throttle.partitions.is_empty() {
            return None;
        }
        for one in moves.iter().filter(|one| self.is_ours(one) && !one.adding.is_empty()) {
            let Some(seen) = seen(topics, &one.topic, one.partition) else { continue };
            if self.is_limited(limits, seen.bytes) {
                throttle.brokers.extend(seen.replicas.iter().copied());
                throttle.partitions.entry(one.topic.clone()).or_default().insert(one.partition);
            }
        }
        Some(throttle)
    }
}

/// Where a partition is, or will be once it has arrived.
pub(super) fn placed(seen: &PartitionSeen, on_its_way: Option<&Reassignment>) -> Vec<BrokerId> {
    let leaves = |broker: &BrokerId| on_its_way.is_some_and(|one| one.removing.contains(broker));
    seen.replicas.iter().copied().filter(|broker| !leaves(broker)).collect()
}

pub(super) fn seen<'a>(
    topics: &'a BTreeMap<TopicName, TopicSeen>,
    topic: &TopicName,
    partition: PartitionId,
) -> Option<&'a PartitionSeen> {
    topics.get(topic)?.partitions.get(&partition)
}

/// Whether a limit that is set holds for everything that another one is for.
fn covers(set: Option<&Throttle>, wanted: &Throttle) -> bool {
    set.is_some_and(|set| {
        let has = |(topic, partitions): (&TopicName, &BTreeSet<PartitionId>)| {
            set.partitions.get(topic).is_some_and(|known| partitions.is_subset(known))
        };
        set.rate == wanted.rate && wanted.brokers.is_subset(&set.brokers) && wanted.partitions.iter().all(has)
    })
}

/// Why something waits, where it is not its turn only.
fn held(held: &Held) -> Option<Guard> {
    match held {
        Held::Turn { .. } => None,
        Held::Room { broker, partitions, needed, free } => {
            Some(Guard::NoRoom { broker: *broker, partitions: *partitions as u64, needed: *needed, free: *free })
        }
        Held::NoLeader { partitions, example } => {
            let example = (example.topic.clone(), example.partition);
            Some(Guard::NoLeader { partitions: *partitions as u64, example })
        }
    }
}
