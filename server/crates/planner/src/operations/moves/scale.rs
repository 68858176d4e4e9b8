//! Nodes come and go. First those that come are made, vote where that is their turn, and get their share; then those that
//! go are emptied, lose their vote, and are taken away one by one. Volumes go or stay as declared.

use super::super::roll::{quorum, unseen};
use super::super::voters::MOST_VOTERS;
use super::super::{
    Act, Guard, Life, Made, Next, Node, Ours, Pace, Plan, Refusal, Rules, Scene, Step, StepKind, StepState, Voter,
    Window, enlisted, host, words,
};
use super::away::away;
use super::course::Moving;
use super::{cordon_first, leaders, not_empty, step};
use crate::mover;
use klamm_model::{BrokerId, Known};
use std::collections::BTreeSet;

struct Scale<'a> {
    scene: &'a Scene,
    missing: BTreeSet<BrokerId>,
    /// Made by this operation.
    joined: BTreeSet<BrokerId>,
    surplus: BTreeSet<BrokerId>,
}

/// What is left, and what of it may be done now.
pub(super) fn plan(scene: &Scene, rules: &Rules, ours: &Ours, pace: &Pace) -> Plan {
    let mut plan = to_size(scene, rules, ours, pace);
    free_again(&mut plan, scene, ours);
    plan
}

/// Brokers that were to go, and stay by now, get new replicas again: Kafka places none there for as long as it is told so. Those that
/// are kept empty for the sake of their Kubernetes nodes are not meant.
fn free_again(plan: &mut Plan, scene: &Scene, ours: &Ours) {
    // What would fill a disk is called back first, and what cannot be done is set right in the end.
    if matches!(plan.next, Next::Act(Act::CancelMoves(_)) | Next::Refuse(_)) {
        return;
    }
    let kept_empty = host::kept_empty(scene);
    let stays = |id: &BrokerId| scene.nodes.get(id).is_some_and(|node| node.stays() && node.is_broker());
    let is_well = |id: &BrokerId| scene.nodes.get(id).is_some_and(Node::is_well);
    let free = ours.cordoned.difference(&kept_empty).copied().filter(stays);
    // Only itself can be told, so that one that is away is waited for in the end.
    let (here, elsewhere): (BTreeSet<BrokerId>, BTreeSet<BrokerId>) = free.partition(is_well);
    if !here.is_empty() {
        plan.next = Next::Act(Act::Uncordon(here));
    } else if plan.next == Next::Done && !elsewhere.is_empty() {
        let others = scene.nodes.keys().copied().filter(|id| !elsewhere.contains(id)).collect();
        plan.next = Next::Wait(away(scene, &others));
    }
}

fn to_size(scene: &Scene, rules: &Rules, ours: &Ours, pace: &Pace) -> Plan {
    let so = |made: &Made| scene.nodes.iter().filter(|(_, node)| node.made == *made).map(|(id, _)| *id).collect();
    let joined = ours.joined.iter().copied().filter(|id| scene.nodes.get(id).is_some_and(Node::stays));
    let scale = Scale { scene, missing: so(&Made::Missing), surplus: so(&Made::Surplus), joined: joined.collect() };
    let refusals = scale.refusals();
    if !refusals.is_empty() {
        return Plan::only(Next::Refuse(refusals));
    }
    let surplus_brokers = scale.brokers(&scale.surplus);
    let kept_empty = host::kept_empty(scene);
    let leaving = &surplus_brokers | &kept_empty;
    let moving = Moving { scene, rules, ours, pace, leaving: &leaving };
    let mut goals = Vec::new();
    if !surplus_brokers.is_empty() {
        goals.push(mover::Goal::Evacuate { leaving: surplus_brokers.clone() });
    }
    let joined_brokers = &scale.brokers(&scale.joined) - &kept_empty;
    if !joined_brokers.is_empty() {
        goals.push(mover::Goal::Fill { joined: joined_brokers.clone() });
    }
    let steps = scale.steps(&surplus_brokers);
    if let Some(next) = scale.coming() {
        return Plan { steps, remarks: scale.remarks(), ..Plan::only(next) };
    }
    let course = moving.towards(&goals);
    let target = match (joined_brokers.is_empty(), surplus_brokers.is_empty()) {
        (false, true) => format!("to {}", words::brokers(&joined_brokers)),
        (true, false) => format!("away from {}", words::brokers(&surplus_brokers)),
        (false, false) | (true, true) => "replicas".to_owned(),
    };
    let mut all = vec![course.step(&target, "moved")];
    all.retain(|_| !goals.is_empty());
    all.splice(0..0, steps.iter().filter(|step| step.kind == StepKind::Cordon).cloned());
    all.extend(steps.into_iter().filter(|step| step.kind != StepKind::Cordon));
    all.push(leaders::step());
    let mut plan = course.plan(all.clone(), |remarks| match scale.going(&surplus_brokers) {
        Some(next) => Plan {
            steps: all.into_iter().filter(|step| step.kind != StepKind::MovePartitions).collect(),
            remarks,
            ..Plan::only(next)
        },
        None => leaders::settle(&moving, remarks),
    });
    plan.remarks.extend(scale.remarks());
    if !surplus_brokers.is_empty() {
        cordon_first(&mut plan, &surplus_brokers, scene, ours);
    }
    plan
}

impl Scale<'_> {
    fn brokers(&self, of: &BTreeSet<BrokerId>) -> BTreeSet<BrokerId> {
        of.iter().copied().filter(|id| self.scene.nodes.get(id).is_some_and(Node::is_broker)).collect()
    }

    fn controllers(&self) -> impl Iterator<Item = (BrokerId, &Node)> {
        self.scene.nodes.iter().filter(|(_, node)| node.is_controller()).map(|(id, node)| (*id, node))
    }

    /// What can never be, however long it is waited for.
    fn refusals(&self) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        if !self.controllers().any(|(_, node)| node.made != Made::Surplus) {
            refusals.push(Refusal::Quorum("no controller would be left".to_owned()));
        }
        let brokers = self.scene.nodes.values().filter(|node| node.is_broker() && node.made != Made::Surplus).count();
        let Known::Known(topics) = &self.scene.topics else { return refusals };
        let factors = topics.iter().filter_map(|(topic, seen)| {
            let factor = seen.partitions.values().map(|one| one.replicas.len()).max()?;
            (factor > brokers && !self.surplus.is_empty()).then_some((factor, topic))
        });
        // A partition on its way has more replicas than it will have.
        let is_calm = self.scene.moves.value().is_some_and(Vec::is_empty);
        if let Some((factor, topic)) =
            factors.max_by_key(|(factor, topic)| (*factor, !topic.is_internal())).filter(|_| is_calm)
        {
            refusals.push(Refusal::Factor {
                topic: topic.clone(),
                factor: u32::try_from(factor).unwrap_or(u32::MAX),
                brokers: u32::try_from(brokers).unwrap_or(u32::MAX),
            });
        }
        refusals
    }

    /// Nodes that come.
    fn coming(&self) -> Option<Next> {
        // One that cannot be made holds back the others too: whoever declared them has to say what is meant.
        let refused = self.stuck(&self.missing);
        if !refused.is_empty() {
            return Some(Next::Wait(refused));
        }
        if !self.missing.is_empty() {
            return Some(match self.scene.window {
                Window::ClosedUntil(opens) => Next::Wait(vec![Guard::WindowClosed(opens)]),
                Window::Always | Window::OpenUntil(_) => Next::Act(Act::Create(self.missing.clone())),
            });
        }
        let node = |id: &BrokerId| self.scene.nodes.get(id);
        let stuck = self.stuck(&self.joined);
        if !stuck.is_empty() {
            return Some(Next::Wait(stuck));
        }
        let away: BTreeSet<BrokerId> =
            self.joined.iter().copied().filter(|id| node(id).is_some_and(|node| !node.is_well())).collect();
        if !away.is_empty() {
            return Some(Next::Wait(vec![Guard::NodesAway(away)]));
        }
        let id = *self.to_vote().first()?;
        let Known::Known(quorum) = &self.scene.quorum else {
            return Some(Next::Wait(vec![unseen(self.scene, "the quorum of controllers")]));
        };
        Some(match (quorum.leader, quorum.observers.get(&id)) {
            (None, _) => Next::Wait(vec![Guard::NoController]),
            (Some(_), Some(Voter::CaughtUp)) => Next::Act(Act::AddVoter(id)),
            (Some(_), Some(Voter::Behind(_)) | None) => {
                Next::Wait(vec![Guard::NotShownYet(format!("Controller {id} has not caught up with the quorum yet."))])
            }
        })
    }

    /// Those of them that do not come up by waiting.
    fn stuck(&self, of: &BTreeSet<BrokerId>) -> Vec<Guard> {
        let why = |id: &BrokerId| match &self.scene.nodes.get(id)?.life {
            Life::Stuck(why) => Some(Guard::NodeStuck(*id, why.clone())),
            Life::Absent | Life::Ending | Life::Starting | Life::Recovering | Life::Ready => None,
        };
        of.iter().filter_map(why).collect()
    }

    /// Controllers that get a vote.
    fn to_vote(&self) -> Vec<BrokerId> {
        let Known::Known(quorum) = &self.scene.quorum else { return Vec::new() };
        let (voters, others): (Vec<BrokerId>, Vec<BrokerId>) = self
            .controllers()
            .filter(|(_, node)| node.stays())
            .map(|(id, _)| id)
            .partition(|id| quorum.voters.contains_key(id));
        enlisted(voters.len(), others)
    }

    /// Nodes that go, once they are empty: voters that are down or behind first, the active controller last.
    fn going(&self, surplus_brokers: &BTreeSet<BrokerId>) -> Option<Next> {
        if self.surplus.is_empty() {
            return None;
        }
        let serving = |id: &BrokerId| self.scene.nodes.get(id).is_some_and(|node| node.life == Life::Ready);
        let alive = surplus_brokers.iter().copied().filter(serving).collect();
        if let Some(guard) = not_empty(self.scene, &alive) {
            return Some(Next::Wait(vec![guard]));
        }
        let Known::Known(quorum) = &self.scene.quorum else {
            return Some(Next::Wait(vec![unseen(self.scene, "the quorum of controllers")]));
        };
        let mut order: Vec<BrokerId> = self.surplus.iter().copied().collect();
        // Of voters, those first that do not have everything: without one that has, too few might be left for the others.
        let is_behind = |id: &BrokerId| matches!(quorum.voters.get(id), Some(Voter::Behind(_)));
        order.sort_by_key(|id| (quorum.leader == Some(*id), !is_behind(id), std::cmp::Reverse(*id)));
        let id = *order.first()?;
        let node = self.scene.nodes.get(&id)?;
        if let Window::ClosedUntil(opens) = self.scene.window {
            return Some(Next::Wait(vec![Guard::WindowClosed(opens)]));
        }
        if quorum.voters.contains_key(&id) {
            return Some(match quorum::guards(self.scene, id) {
                Some(guard) => Next::Wait(vec![guard]),
                None => Next::Act(Act::RemoveVoter(id)),
            });
        }
        Some(match (&node.life, node.is_broker()) {
            (Life::Ending, _) => Next::Wait(vec![Guard::NotShownYet(format!("Node {id} has not ended yet."))]),
            (Life::Absent, true) => Next::Act(Act::Unregister(id)),
            (Life::Absent | Life::Starting | Life::Recovering | Life::Ready | Life::Stuck(_), _) => {
                Next::Act(Act::Remove(id))
            }
        })
    }

    fn steps(&self, surplus_brokers: &BTreeSet<BrokerId>) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.missing.is_empty() {
            let mut made = step(StepKind::AddBroker, &words::nodes(&self.missing), "declared, and not there yet");
            made.state = StepState::Running;
            steps.push(made);
        }
        let coming: BTreeSet<BrokerId> = self
            .joined
            .iter()
            .copied()
            .filter(|id| self.scene.nodes.get(id).is_some_and(|node| !node.is_well()))
            .collect();
        if !coming.is_empty() {
            let mut wait = step(StepKind::WaitFor, &words::nodes(&coming), "come up and serve");
            wait.state = StepState::Running;
            steps.push(wait);
        }
        for id in self.to_vote() {
            steps.push(step(StepKind::AddVoter, &format!("controller {id}"), "takes part in the quorum"));
        }
        if !surplus_brokers.is_empty() {
            let called = words::brokers(surplus_brokers);
            steps.push(step(StepKind::Cordon, &called, "get no new replicas meanwhile"));
            steps.push(step(StepKind::WaitFor, &called, "have nothing left in their own log dirs"));
        }
        for id in &self.surplus {
            let Some(node) = self.scene.nodes.get(id) else { continue };
            let votes = self.scene.quorum.value().is_some_and(|quorum| quorum.voters.contains_key(id));
            if votes {
                steps.push(step(StepKind::RemoveVoter, &format!("controller {id}"), "leaves the quorum"));
            }
            steps.push(step(StepKind::Unregister, &node.called(*id), "is empty, and taken away"));
        }
        steps
    }

    fn remarks(&self) -> Vec<String> {
        let Known::Known(quorum) = &self.scene.quorum else { return Vec::new() };
        let to_vote = self.to_vote();
        let without: BTreeSet<BrokerId> = self
            .controllers()
            .filter(|(id, node)| node.stays() && !quorum.voters.contains_key(id) && !to_vote.contains(id))
            .map(|(id, _)| id)
            .collect();
        let mut remarks = Vec::new();
        if !without.is_empty() {
            remarks.push(format!(
                "{} would be controllers without a vote: a quorum has an odd number of voters, at most {MOST_VOTERS}.",
                words::capital(&words::nodes(&without))
            ));
        }
        let voters = to_vote.len()
            + self.controllers().filter(|(id, node)| node.stays() && quorum.voters.contains_key(id)).count();
        if voters > 0 && voters.is_multiple_of(2) {
            remarks.push(format!("The quorum would have {voters} voters: with one less it survives as many failures."));
        }
        remarks
    }
}
