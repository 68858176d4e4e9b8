//! Brokers that are to stay and do not serve: what they have cannot be sent, and nothing can come to them.

use super::super::{Guard, Life, Node, Scene};
use crate::mover::Refusal;
use klamm_model::{BrokerId, BrokerState};
use std::collections::BTreeSet;

/// Who does not serve, or does not say whether it does, but for those that are `leaving`.
pub(super) fn away(scene: &Scene, leaving: &BTreeSet<BrokerId>) -> Vec<Guard> {
    let mut guards = Vec::new();
    let mut away = BTreeSet::new();
    let mut silent = Vec::new();
    let stays = scene.nodes.iter().filter(|(id, node)| node.is_broker() && node.stays() && !leaving.contains(id));
    for (id, node) in stays {
        match (&node.life, node.serving) {
            (Life::Stuck(why), _) => guards.push(Guard::NodeStuck(*id, why.clone())),
            (Life::Recovering, _) => guards.push(Guard::LogRecovery(*id)),
            (Life::Absent | Life::Ending | Life::Starting, _)
            | (Life::Ready, BrokerState::Fenced | BrokerState::Down) => drop(away.insert(*id)),
            (Life::Ready, BrokerState::Unknown) => {
                silent.push(format!("Whether {} serves is not known.", node.called(*id)));
            }
            (Life::Ready, BrokerState::Running) => {}
        }
    }
    if !away.is_empty() {
        guards.push(Guard::NodesAway(away));
    }
    if !silent.is_empty() {
        guards.push(Guard::Unseen(silent));
    }
    guards
}

/// Whether it is known not to serve.
pub(super) fn is_away(node: &Node) -> bool {
    match (&node.life, node.serving) {
        (Life::Ready, BrokerState::Running | BrokerState::Unknown) => false,
        (Life::Ready, BrokerState::Fenced | BrokerState::Down)
        | (Life::Absent | Life::Ending | Life::Starting | Life::Recovering | Life::Stuck(_), _) => true,
    }
}

/// Whether there could be a plan with more brokers.
pub(super) fn is_for_want_of_brokers(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::NobodyTakes
        | Refusal::TakesNothing { .. }
        | Refusal::TooFewBrokers { .. }
        | Refusal::NoRoom { .. } => true,
        Refusal::NoSuchBroker { .. }
        | Refusal::NoSuchTopic { .. }
        | Refusal::NoSuchPartition { .. }
        | Refusal::NoReplicas { .. }
        | Refusal::NoFactor
        | Refusal::MovedByOthers { .. } => false,
    }
}
