//! Nodes that are made anew one after the other, and what has to be well before the next one, and at the end.
//!
//! Nobody is taken down beside another one. A node that is down already (its pod is stuck, or gone) may be made anew
//! without asking anybody, since it takes nothing from anybody; but one that does not come up as it is declared now
//! stops everything, because the next one would not either.

mod availability;
mod order;
pub(super) mod quorum;
mod steps;

use super::{Act, Guard, Life, Next, Node, Ours, Pace, Plan, Rules, Scene, Storage, Window, host};
use availability::Availability;
use klamm_model::{BrokerId, BrokerState, Known, PartitionId, TopicName, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be rolled.
pub(super) struct Roll<'a> {
    pub(super) scene: &'a Scene,
    pub(super) rules: &'a Rules,
    pub(super) ours: &'a Ours,
    /// Nodes that are still to be made anew, and why.
    pub(super) left: BTreeMap<BrokerId, String>,
    /// Nodes that have to be well, in sync, leading and soaked at the end, and those done before the next one.
    pub(super) concerned: BTreeSet<BrokerId>,
    /// What decides about nodes and could not be seen, in sentences.
    pub(super) blind: Vec<String>,
}

impl Roll<'_> {
    /// What is left of it, and what may be done now.
    pub(super) fn plan(&self, pace: &Pace) -> Plan {
        let order = order::order(self);
        let availability = Availability::of(self.scene, self.rules, &self.left);
        let unsettled = self.unsettled(availability.as_ref());
        let next = match order.first() {
            Some(candidate) => self.replace(*candidate, availability.as_ref()),
            None => self.settle(availability.as_ref()),
        };
        let ahead = self.ahead(&order, &next, availability.as_ref());
        Plan {
            steps: steps::steps(self, &order, &unsettled, &next),
            ahead,
            remarks: self.remarks(availability.as_ref()),
            bytes_left: Known::Known(0),
            partitions_left: 0,
            eta_seconds: steps::eta(self, &order, &unsettled, &next, pace),
            next,
            lanes: None,
            aim: None,
        }
    }

    fn node(&self, id: BrokerId) -> Option<&Node> {
        self.scene.nodes.get(&id)
    }

    /// Nodes that are to stay.
    fn staying(&self) -> impl Iterator<Item = (BrokerId, &Node)> {
        self.scene.nodes.iter().filter(|(_, node)| node.stays()).map(|(id, node)| (*id, node))
    }

    /// Whether nothing is taken from anybody by making it anew: its pod does not run.
    fn is_down(&self, id: BrokerId) -> bool {
        self.node(id).is_some_and(|node| match node.life {
            Life::Absent | Life::Stuck(_) => true,
            Life::Ending | Life::Starting | Life::Recovering | Life::Ready => false,
        })
    }

    /// Makes the first one anew, or says why not yet.
    fn replace(&self, candidate: BrokerId, availability: Option<&Availability<'_>>) -> Next {
        if self.is_down(candidate) {
            let guards = self.before_mending(candidate, availability);
            return act_or_wait(guards, || Act::Replace(candidate));
        }
        let mut guards = self.before_taking_down(candidate, availability);
        if guards.is_empty() {
            let elections = self.elections(availability);
            if !elections.is_empty() {
                return Next::Act(Act::Elect(elections));
            }
        }
        guards.extend(availability.and_then(Availability::to_be_accepted));
        guards.extend(self.soak(|id| id != candidate));
        guards.extend(self.window());
        act_or_wait(guards, || Act::Replace(candidate))
    }

    /// What holds back making anew a node that is down. Windows do not: a node that is down is no state to keep.
    fn before_mending(&self, candidate: BrokerId, availability: Option<&Availability<'_>>) -> Vec<Guard> {
        let mut guards = self.blind();
        guards.extend(self.stuck());
        guards.extend(host::guard(self.scene, candidate));
        let coming: BTreeSet<BrokerId> = self
            .staying()
            .filter(|(id, node)| match node.life {
                Life::Ending | Life::Starting | Life::Recovering => true,
                Life::Absent => !self.left.contains_key(id),
                Life::Ready | Life::Stuck(_) => false,
            })
            .map(|(id, _)| id)
            .collect();
        // Controllers that are few come to nothing without the one that is down: then waiting for them is no use.
        if !coming.is_empty() && quorum::can_come_together(self.scene) {
            guards.extend(self.recovering(|_| true));
            guards.push(Guard::NodesAway(coming));
        }
        let is_lost_with_its_pod = self
            .node(candidate)
            .is_some_and(|node| node.storage == Storage::Ephemeral && matches!(node.life, Life::Stuck(_)));
        if is_lost_with_its_pod && !quorum::waits_for(self.scene, candidate) {
            guards.extend(quorum::without_what_it_has(self.scene, candidate));
            guards.extend(self.without_what_it_stores(candidate, availability));
        }
        guards
    }

    /// What holds back losing what a broker has that is down already. What the only one has nobody can see before it is back.
    fn without_what_it_stores(&self, candidate: BrokerId, availability: Option<&Availability<'_>>) -> Vec<Guard> {
        let brokers = || self.staying().filter(|(_, node)| node.is_broker()).map(|(id, _)| id);
        if brokers().all(|id| id == candidate) || brokers().all(|id| id != candidate) {
            return Vec::new();
        }
        let Some(availability) = availability else { return vec![self.unseen("topics")] };
        availability.only_copy(candidate).into_iter().chain(availability.to_be_accepted()).collect()
    }

    /// What holds back taking down a node that runs.
    fn before_taking_down(&self, candidate: BrokerId, availability: Option<&Availability<'_>>) -> Vec<Guard> {
        let mut guards = self.blind();
        guards.extend(self.stuck());
        guards.extend(host::guard(self.scene, candidate));
        guards.extend(self.recovering(|_| true));
        let away = self.away(|id, node| id != candidate || node.life == Life::Ending);
        if !away.is_empty() {
            guards.push(Guard::NodesAway(away));
        }
        guards.extend(quorum::guards(self.scene, candidate));
        guards.extend(self.moves());
        let Some(availability) = availability else {
            guards.push(self.unseen("topics"));
            return guards;
        };
        guards.extend(availability.unknown_minimum(candidate));
        guards.extend(availability.short(candidate));
        guards.extend(availability.only_copy(candidate));
        let is_well = self.node(candidate).is_some_and(Node::is_well);
        // What lacks nothing but a replica of a node that does not serve gets it back by having that node back.
        let lacking = availability.under_replicated(|missing| is_well || missing.iter().any(|id| *id != candidate));
        guards.extend(self.too_many(lacking));
        guards
    }

    /// What has to be well after the last one.
    fn settle(&self, availability: Option<&Availability<'_>>) -> Next {
        let mut guards = self.blind();
        guards.extend(self.stuck());
        guards.extend(self.recovering(|id| self.concerned.contains(&id)));
        let away = self.away(|id, _| self.concerned.contains(&id));
        if !away.is_empty() {
            guards.push(Guard::NodesAway(away));
        }
        guards.extend(quorum::behind(self.scene, &self.concerned));
        match availability {
            Some(availability) => {
                let concerns = |missing: &[BrokerId]| missing.iter().any(|id| self.concerned.contains(id));
                guards.extend(self.too_many(availability.under_replicated(concerns)));
            }
            None => guards.push(self.unseen("topics")),
        }
        if guards.is_empty() {
            let elections = self.elections(availability);
            if !elections.is_empty() {
                return Next::Act(Act::Elect(elections));
            }
        }
        guards.extend(self.soak(|id| self.concerned.contains(&id)));
        if guards.is_empty() { Next::Done } else { Next::Wait(guards) }
    }

    /// What will hold back nodes after the first one, as things stand.
    fn ahead(&self, order: &[BrokerId], next: &Next, availability: Option<&Availability<'_>>) -> Vec<Guard> {
        let Some(availability) = availability else { return Vec::new() };
        let told: &[Guard] = match next {
            Next::Wait(guards) => guards,
            Next::Act(_) | Next::Done | Next::Refuse(_) => &[],
        };
        let later = order.iter().skip(1).filter(|id| !self.is_down(**id));
        let guards = later.flat_map(|id| {
            let of_host = host::guard(self.scene, *id).into_iter();
            of_host.chain(availability.short(*id)).chain(availability.only_copy(*id))
        });
        guards.filter(|guard| !told.contains(guard)).collect()
    }

    /// Things people should know and may not mind.
    fn remarks(&self, availability: Option<&Availability<'_>>) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.left.is_empty() {
            remarks.extend(quorum::remark(self.scene, &self.left));
            let brokers = self.staying().filter(|(_, node)| node.is_broker()).count();
            if brokers == 1 && self.left.keys().any(|id| self.node(*id).is_some_and(Node::is_broker)) {
                remarks.push("There is one broker only: clients reach nothing while it restarts.".to_owned());
            }
            remarks.extend(availability.into_iter().flat_map(Availability::remarks));
        }
        remarks
    }

    /// A node that does not come up as it is declared now.
    fn stuck(&self) -> impl Iterator<Item = Guard> {
        self.staying().filter(|(id, _)| !self.left.contains_key(id)).filter_map(|(id, node)| match &node.life {
            Life::Stuck(why) => Some(Guard::NodeStuck(id, why.clone())),
            Life::Absent | Life::Ending | Life::Starting | Life::Recovering | Life::Ready => None,
        })
    }

    /// Nodes that read their logs.
    fn recovering(&self, counts: impl Fn(BrokerId) -> bool) -> impl Iterator<Item = Guard> {
        let reads = self.staying().filter(move |(id, node)| node.life == Life::Recovering && counts(*id));
        reads.map(|(id, _)| Guard::LogRecovery(id))
    }

    /// Nodes that are not well, but for those that other guards tell of.
    fn away(&self, counts: impl Fn(BrokerId, &Node) -> bool) -> BTreeSet<BrokerId> {
        let is_away = |id: BrokerId, node: &Node| match &node.life {
            Life::Absent | Life::Ending | Life::Starting => true,
            Life::Recovering => false,
            Life::Stuck(_) => self.left.contains_key(&id),
            Life::Ready => match node.serving {
                BrokerState::Fenced | BrokerState::Down => node.is_broker(),
                BrokerState::Running | BrokerState::Unknown => false,
            },
        };
        let away = self.staying().filter(|(id, node)| counts(*id, node) && is_away(*id, node));
        away.map(|(id, _)| id).collect()
    }

    /// Replicas on their way.
    fn moves(&self) -> Option<Guard> {
        let Known::Known(moves) = &self.scene.moves else { return Some(self.unseen("replicas on their way")) };
        let (ours, foreign): (BTreeSet<_>, BTreeSet<_>) = moves
            .iter()
            .map(|one| (one.topic.clone(), one.partition))
            .partition(|partition| self.ours.moving.contains_key(partition));
        if !foreign.is_empty() {
            Some(Guard::ForeignMoves(foreign))
        } else if !ours.is_empty() {
            Some(Guard::Moving { partitions: ours.len() as u64, bytes: Known::Unknown })
        } else {
            None
        }
    }

    fn too_many(&self, partitions: BTreeSet<(TopicName, PartitionId)>) -> Option<Guard> {
        // What goes with a pod has to be whole again before the next pod goes.
        let is_ephemeral = |(_, node): (BrokerId, &Node)| node.is_broker() && node.storage == Storage::Ephemeral;
        let allowed = if self.staying().any(is_ephemeral) { 0 } else { self.rules.max_under_replicated };
        (partitions.len() as u64 > allowed).then_some(Guard::UnderReplicated { partitions, allowed })
    }

    /// Partitions that nodes which are done should lead, and can.
    fn elections(&self, availability: Option<&Availability<'_>>) -> BTreeSet<(TopicName, PartitionId)> {
        let is_back = |id: BrokerId| {
            self.concerned.contains(&id)
                && !self.left.contains_key(&id)
                && self.node(id).is_some_and(|node| node.is_well() && node.stays())
        };
        availability.map(|availability| availability.not_led_by_preferred(is_back)).unwrap_or_default()
    }

    /// The node that came back last, if that is too short ago.
    fn soak(&self, counts: impl Fn(BrokerId) -> bool) -> Vec<Guard> {
        let ready = || self.staying().filter(|(id, node)| counts(*id) && node.life == Life::Ready);
        let unknown: Vec<String> = ready()
            .filter(|(_, node)| node.ready_since == Known::Unknown)
            .map(|(id, node)| format!("Since when {} has been ready is not known.", node.called(id)))
            .collect();
        let mut guards = if unknown.is_empty() { Vec::new() } else { vec![Guard::Unseen(unknown)] };
        let last = ready().filter_map(|(id, node)| Some((self.soaked_at(node)?, id))).max();
        guards.extend(last.filter(|(until, _)| *until > self.scene.now).map(|(until, id)| Guard::Soak(id, until)));
        guards
    }

    /// Until when a node that is ready has to be watched.
    fn soaked_at(&self, node: &Node) -> Option<UnixMillis> {
        node.ready_since.value().map(|since| after(*since, self.rules.soak_seconds))
    }

    fn window(&self) -> Option<Guard> {
        match self.scene.window {
            Window::Always | Window::OpenUntil(_) => None,
            Window::ClosedUntil(opens) => Some(Guard::WindowClosed(opens)),
        }
    }

    /// Nodes that are done and not well, in sync, leading and soaked yet.
    fn unsettled(&self, availability: Option<&Availability<'_>>) -> BTreeSet<BrokerId> {
        let lacking = availability.map(Availability::lacking).unwrap_or_default();
        let done = self.staying().filter(|(id, _)| self.concerned.contains(id) && !self.left.contains_key(id));
        let is_unsettled = |id: BrokerId, node: &Node| {
            let is_soaked = self.soaked_at(node).is_some_and(|until| until <= self.scene.now);
            !node.is_well() || !is_soaked || lacking.contains(&id)
        };
        done.filter(|(id, node)| is_unsettled(*id, node)).map(|(id, _)| id).collect()
    }

    fn blind(&self) -> Vec<Guard> {
        let silent = self
            .staying()
            .filter(|(_, node)| node.is_broker() && node.life == Life::Ready && node.serving == BrokerState::Unknown);
        let mut sentences = self.blind.clone();
        sentences.extend(silent.map(|(id, node)| format!("Whether {} serves is not known.", node.called(id))));
        if sentences.is_empty() { Vec::new() } else { vec![Guard::Unseen(sentences)] }
    }

    fn unseen(&self, what: &str) -> Guard {
        unseen(self.scene, what)
    }
}

/// Why a part that decides is unknown.
pub(super) fn unseen(scene: &Scene, what: &str) -> Guard {
    let mut sentences = vec![format!("What is known of {what} is not enough.")];
    sentences.extend(scene.gaps.iter().cloned());
    Guard::Unseen(sentences)
}

/// The moment so many seconds later.
pub(super) fn after(moment: UnixMillis, seconds: u64) -> UnixMillis {
    let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
    UnixMillis(moment.0.saturating_add(millis))
}

fn act_or_wait(guards: Vec<Guard>, act: impl FnOnce() -> Act) -> Next {
    if guards.is_empty() { Next::Act(act()) } else { Next::Wait(guards) }
}
