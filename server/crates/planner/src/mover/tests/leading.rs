//! Preferred leaders.

use super::{checker::*, sample::*};
use crate::mover::*;
use klamm_model::BrokerId;
use std::collections::{BTreeMap, BTreeSet};

/// Nobody could hand a partition to somebody who leads two fewer, neither directly nor by way of others.
pub(super) fn is_level(situation: &Situation, goal: &Goal, after: &Placement) -> Result<(), String> {
    let takers = takers(situation, goal);
    let mut leads: BTreeMap<BrokerId, usize> = takers.iter().map(|id| (*id, 0)).collect();
    for (name, (replicas, _)) in after.iter().filter(|(name, _)| is_meant(goal, name)) {
        if let Some(of) = replicas.first().and_then(|leader| leads.get_mut(leader)) {
            *of += 1;
        }
        assert!(after.contains_key(name));
    }
    let may_hand_over = |from: &BrokerId, to: &BrokerId| {
        after.iter().any(|(name, (replicas, _))| {
            is_meant(goal, name)
                && !is_moving(situation, name)
                && replicas.first() == Some(from)
                && replicas.contains(to)
        })
    };
    for from in &takers {
        let mut reached = BTreeSet::from([*from]);
        loop {
            let next = takers.iter().find(|to| !reached.contains(to) && reached.iter().any(|at| may_hand_over(at, to)));
            let Some(next) = next else { break };
            reached.insert(*next);
        }
        if let Some(to) = reached.iter().find(|to| leads[to] + 2 <= leads[from]) {
            return Err(format!("{from} could lead less and {to} more: {leads:?}"));
        }
    }
    Ok(())
}

#[test]
fn who_leads_everything_hands_over_without_a_copy() {
    let mut one = cluster(&[(0, None), (1, None), (2, None)]);
    let partitions: Vec<&[i32]> = vec![&[0, 1, 2]; 9];
    add_topic(&mut one, "t", GIB, &partitions);
    let (target, _) = super::cases::planned(&one, &Goal::Spread(Scope::Everything));
    assert_eq!(target.copied(), Volume::default());
    assert_eq!(target.brokers.values().map(|of| of.after.leaders).collect::<Vec<_>>(), [3, 3, 3]);
    assert_eq!(target.moves.len(), 6);
}

#[test]
fn who_cannot_hand_over_directly_does_so_by_way_of_others() {
    let mut chain = cluster(&[(0, None), (1, None), (2, None)]);
    add_topic(&mut chain, "t", GIB, &[&[0, 1], &[0, 1], &[0, 1], &[1, 2], &[1, 2], &[2, 1], &[0, 1], &[2, 0]]);
    let goal = Goal::Spread(Scope::Everything);
    let (target, after) = super::cases::planned(&chain, &goal);
    is_level(&after, &goal, &placement(&after)).unwrap();
    let leaders: Vec<u64> = target.brokers.values().map(|of| of.after.leaders).collect();
    assert!(leaders.iter().all(|of| (2..=3).contains(of)), "{leaders:?}");
}

#[test]
fn a_topic_is_not_led_by_one_broker() {
    let mut two = cluster(&[(0, None), (1, None), (2, None), (3, None)]);
    for name in ["a", "b", "c", "d"] {
        let partitions: Vec<&[i32]> =
            vec![&[0, 1, 2], &[0, 1, 3], &[0, 2, 3], &[0, 1, 2], &[0, 1, 3], &[0, 2, 3], &[0, 3, 1], &[0, 3, 2]];
        add_topic(&mut two, name, GIB, &partitions);
    }
    let goal = Goal::Spread(Scope::Everything);
    let (_, after) = super::cases::planned(&two, &goal);
    is_level(&after, &goal, &placement(&after)).unwrap();
    for topic in &after.topics {
        for id in [0, 1, 2, 3].map(BrokerId) {
            let leads = topic.partitions.iter().filter(|of| of.replicas.first() == Some(&id)).count();
            assert!(leads <= 4, "{} of 8 partitions of {} are led by {id}", leads, topic.topic);
        }
    }
}

#[test]
fn new_brokers_lead_their_share() {
    let mut grown = cluster(&[(0, None), (1, None)]);
    add_round_robin(&mut grown, "t", GIB, 40, 2, &[0, 1]);
    add_broker(&mut grown, 2, None);
    add_broker(&mut grown, 3, None);
    let (target, _) = super::cases::planned(&grown, &Goal::Fill { joined: ids(&[2, 3]) });
    let leaders: Vec<u64> = target.brokers.values().map(|of| of.after.leaders).collect();
    assert!(leaders.iter().all(|of| (9..=11).contains(of)), "{leaders:?}");
}
