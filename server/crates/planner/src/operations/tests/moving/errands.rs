//! What is asked of a fleet.

use super::{super::world::Pod, fleet::Fleet};
use crate::operations::Goal;
use klamm_model::{BrokerId, TopicName};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Whether nodes that come are controllers too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Broker,
    Combined,
}

/// Which topics are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    First,
}

/// An operation, as far as it can be said without the fleet.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    /// Nodes come.
    Up { come: usize, role: Role },
    /// Nodes go; of controllers so many at most.
    Down { first: usize, go: usize, controllers: usize },
    /// Brokers come, and others go.
    Exchange { come: usize, first: usize, go: usize },
    /// One broker is emptied.
    Drain { which: usize },
    /// Replicas are spread over brokers of which so many are empty.
    Rebalance { empty: usize, scope: Scope },
    /// Topics get other factors.
    Factor { to: Vec<u32> },
}

pub(super) fn some_up() -> impl Strategy<Value = Errand> {
    let role = prop::sample::select(vec![Role::Broker, Role::Combined]);
    (1usize..=2, role).prop_map(|(come, role)| Errand::Up { come, role })
}

pub(super) fn some_down() -> impl Strategy<Value = Errand> {
    (0usize..6, 1usize..=2, 0usize..=2).prop_map(|(first, go, controllers)| Errand::Down { first, go, controllers })
}

pub(super) fn some_exchange() -> impl Strategy<Value = Errand> {
    (1usize..=2, 0usize..6, 1usize..=2).prop_map(|(come, first, go)| Errand::Exchange { come, first, go })
}

pub(super) fn some_drain() -> impl Strategy<Value = Errand> {
    (0usize..6).prop_map(|which| Errand::Drain { which })
}

pub(super) fn some_rebalance() -> impl Strategy<Value = Errand> {
    let scope = prop::sample::select(vec![Scope::All, Scope::First]);
    (1usize..=2, scope).prop_map(|(empty, scope)| Errand::Rebalance { empty, scope })
}

pub(super) fn some_factor() -> impl Strategy<Value = Errand> {
    prop::collection::vec(1u32..=3, 3).prop_map(|to| Errand::Factor { to })
}

/// One of each kind, and of each what takes the most acts.
pub(super) fn one_of_each() -> [Errand; 7] {
    [
        Errand::Up { come: 2, role: Role::Broker },
        Errand::Up { come: 2, role: Role::Combined },
        Errand::Down { first: 1, go: 1, controllers: 1 },
        Errand::Exchange { come: 1, first: 0, go: 1 },
        Errand::Drain { which: 0 },
        Errand::Rebalance { empty: 1, scope: Scope::All },
        Errand::Factor { to: vec![1, 3, 2] },
    ]
}

impl Errand {
    /// Declares it, and says what is to be reached.
    pub(super) fn begin(&self, fleet: &mut Fleet) -> Goal {
        match self {
            Self::Up { come, role } => {
                fleet.come(*come, *role);
                Goal::Scale
            }
            Self::Down { first, go, controllers } => {
                fleet.go(*first, *go, *controllers);
                Goal::Scale
            }
            Self::Exchange { come, first, go } => {
                fleet.come(*come, Role::Broker);
                fleet.go(*first, *go, 0);
                Goal::Scale
            }
            Self::Drain { which } => {
                let brokers: Vec<BrokerId> = fleet.world.nodes.keys().copied().collect();
                fleet.drained = BTreeSet::from([brokers[which % brokers.len()]]);
                Goal::Drain { brokers: fleet.drained.clone() }
            }
            Self::Rebalance { empty, scope } => {
                for _ in 0..*empty {
                    let id = fleet.free_id();
                    fleet.add_node(id, Pod::Ready);
                }
                let topics = match scope {
                    Scope::All => BTreeSet::new(),
                    Scope::First => fleet.world.topics.keys().take(1).cloned().collect(),
                };
                Goal::Rebalance { topics }
            }
            Self::Factor { to } => {
                let topics = fleet.world.topics.iter().zip(to.iter().cycle());
                let factors: BTreeMap<TopicName, u32> =
                    topics.map(|((name, topic), to)| (name.clone(), (*to).max(topic.minimum))).collect();
                fleet.factors.extend(factors.iter().map(|(name, to)| (name.clone(), *to as usize)));
                Goal::Factor { factors }
            }
        }
    }

    /// Whether what it asks for has to hold in the end, whatever came meanwhile; else things were only to become more even.
    pub(super) fn is_lasting(&self) -> bool {
        match self {
            Self::Drain { .. } | Self::Factor { .. } | Self::Down { .. } => true,
            Self::Up { .. } | Self::Exchange { .. } | Self::Rebalance { .. } => false,
        }
    }
}

impl Fleet {
    fn free_id(&self) -> BrokerId {
        BrokerId(self.world.nodes.keys().next_back().map_or(0, |last| last.0 + 1))
    }

    fn come(&mut self, come: usize, role: Role) {
        for _ in 0..come {
            let id = self.free_id();
            self.add_node(id, Pod::Absent { until: i64::MAX });
            self.missing.insert(id);
            if role == Role::Combined {
                self.controllers.insert(id);
            }
        }
    }

    /// Three brokers stay, which is enough for every factor, and a controller.
    fn go(&mut self, first: usize, most: usize, controllers: usize) {
        let mut ids: Vec<BrokerId> = self.world.nodes.keys().copied().filter(|id| !self.missing.contains(id)).collect();
        let spare = (ids.len() + self.missing.len()).saturating_sub(3).min(most);
        let voting = if self.controllers.len() > 1 { controllers } else { 0 };
        let turns = first % ids.len().max(1);
        ids.rotate_left(turns);
        let (of_quorum, others): (Vec<BrokerId>, Vec<BrokerId>) =
            ids.into_iter().partition(|id| self.controllers.contains(id));
        self.surplus = of_quorum.into_iter().take(voting).chain(others).take(spare).collect();
    }
}
