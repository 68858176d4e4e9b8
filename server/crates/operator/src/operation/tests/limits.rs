//! Limits on replication of which something is left, because brokers do not answer any more.

use super::super::{
    act::{ActError, left},
    ours::Limit,
    rates,
    sure::Sure,
};
use super::*;
use klamm_kafka::{LeftAlone, TakenAway};
use klamm_model::{Throttle, ThrottledMove};
use klamm_planner::operations::{self, Unsure, cancel};
use klamm_resources::BrokerStatus;

/// For a partition on brokers 1 and 4 that goes to 1 and 3.
fn limit() -> Limit {
    let topic: TopicName = "orders".parse().unwrap();
    let (from, to) = ([1, 4].map(BrokerId), [1, 3].map(BrokerId));
    let moved = ThrottledMove { topic: &topic, partition: PartitionId(0), from: &from, to: &to };
    let set = Throttle::of_moves(1000, [moved]);
    let wished = operations::Throttle {
        rate: 1000,
        brokers: BTreeSet::from([1, 3, 4].map(BrokerId)),
        partitions: BTreeMap::from([(topic, BTreeSet::from([PartitionId(0)]))]),
    };
    Limit { wished, set }
}

/// What comes of taking it away when broker 4 is silent.
fn taken() -> TakenAway {
    let mut left = Throttle { rate: 1000, ..Throttle::default() };
    left.brokers.leader.insert(BrokerId(4));
    let silent = LeftAlone::SilentBroker { broker: BrokerId(4), reason: "nobody is there".to_owned() };
    TakenAway { left, left_alone: vec![silent] }
}

#[test]
fn a_broker_that_never_answers_again_holds_back_nothing_and_is_remembered_until_it_is_gone() {
    let scene = Stage::new().scene();
    let before = Own { limit: Some(limit()), ..Own::default() };
    assert!(matches!(cancel(&scene, &before.planned(None)), Next::Act(Act::Unthrottle(_))));
    let spent = left(&limit(), taken(), |_| false).unwrap();
    let own = Own::read(&Own { limit: spent, ..Own::default() }.write());
    assert_eq!(own.limit.as_ref().unwrap().set, taken().left);
    assert_eq!((own.planned(None).throttle, own.in_force()), (None, None));
    assert_eq!(cancel(&scene, &own.planned(None)), Next::Done);
    assert!(!own.is_nothing(), "whoever has its id next would have its rate");
    assert!(own.after(&Act::Unregister(BrokerId(4))).is_nothing());
    assert_eq!(left(&limit(), TakenAway::default(), |_| true).unwrap(), None);
}

#[test]
fn what_was_taken_away_is_not_taken_again() {
    // A broker that serves will answer.
    let Err(ActError::LimitLeft { left: of_rates, sentence }) = left(&limit(), taken(), |_| true) else {
        panic!("it is tried again")
    };
    assert_eq!(*of_rates, Limit { set: taken().left, ..limit() });
    assert!(sentence.contains("Broker 4"), "{sentence}");
    // Lists slow down whoever stands in them.
    let with_lists = TakenAway { left: Throttle { replicas: limit().set.replicas, ..taken().left }, ..taken() };
    let Err(ActError::LimitLeft { left: of_lists, .. }) = left(&limit(), with_lists, |_| false) else {
        panic!("it is tried again")
    };
    assert_eq!(of_lists.set.limited(), BTreeSet::from([BrokerId(4)]));
    let own = Own { limit: Some(*of_lists), ..Own::default() };
    assert!(own.in_force().is_some() && own.planned(None).throttle.is_some());
}

#[test]
fn rates_of_brokers_that_are_gone_are_let_go() {
    let there = |ids: &[i32]| -> Vec<BrokerStatus> {
        let of = |id: &i32| json!({ "id": id, "pod": format!("demo-main-{id}-0"), "pool": "main", "state": "down" });
        ids.iter().map(|id| serde_json::from_value(of(id)).unwrap()).collect()
    };
    let spent = || Limit::spent(taken().left);
    assert_eq!(rates::of_those_there(spent(), &there(&[0, 1, 4])), Some(spent()), "it may come back");
    assert_eq!(rates::of_those_there(spent(), &there(&[0, 1])), None);
    assert_eq!(rates::of_those_there(spent(), &[]), Some(spent()), "nobody has said who is there");
}

#[test]
fn what_is_written_down_counts_as_set_for_whoever_remembers_that_it_was() {
    let own = Own { limit: Some(limit()), cordoned: BTreeSet::from([1, 2].map(BrokerId)), ..Own::default() };
    let throttle = Act::Throttle(limit().wished);
    let cordon = Act::Cordon(own.cordoned.clone());
    let mut sure = Sure::default();
    // A crash, or a call that failed, comes between.
    sure.before(&throttle);
    sure.before(&cordon);
    assert_eq!(sure.unsure(&own), Unsure { throttle: true, cordoned: own.cordoned.clone() });
    let serving = BTreeSet::from([BrokerId(1)]);
    sure.after(&throttle, &own, &serving);
    sure.after(&cordon, &own, &serving);
    assert_eq!(sure.unsure(&own), Unsure { throttle: false, cordoned: BTreeSet::from([BrokerId(2)]) });
    let wider = operations::Throttle { brokers: BTreeSet::from([BrokerId(9)]), ..limit().wished };
    let written = Own { limit: Some(Limit { wished: wider, ..limit() }), ..own.clone() };
    assert!(sure.unsure(&written).throttle, "somebody else has written down more");
    sure.before(&Act::Unthrottle(limit().wished));
    sure.before(&Act::Uncordon(serving));
    assert_eq!(sure.unsure(&own), Unsure { throttle: true, cordoned: own.cordoned.clone() });
    assert_eq!(sure.unsure(&Own::default()), Unsure::default());
}
