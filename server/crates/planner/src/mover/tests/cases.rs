//! Cases that people would recognise.

use super::{
    bound::{copied, least},
    checker::*,
    sample::*,
};
use crate::mover::*;
use klamm_model::{BrokerId, Known, PartitionId};
use std::collections::BTreeMap;

const THREE: [(i32, Option<&str>); 3] = [(0, Some("a")), (1, Some("b")), (2, Some("c"))];

/// The demo: three brokers in three racks, with topics of all factors.
fn demo() -> Situation {
    let mut demo = cluster(&THREE);
    add_round_robin(&mut demo, "__consumer_offsets", 1 << 20, 50, 3, &[0, 1, 2]);
    add_round_robin(&mut demo, "orders.placed", 100 << 20, 12, 3, &[1, 2, 0]);
    add_round_robin(&mut demo, "payments.log", 3 << 30, 7, 1, &[2, 0, 1]);
    add_round_robin(&mut demo, "sample-topic", 10 << 20, 20, 2, &[1, 0, 2]);
    demo
}

/// The plan, checked against all rules that hold whatever the goal; and nothing is left to do once it was carried out.
pub(super) fn planned(situation: &Situation, goal: &Goal) -> (Target, Situation) {
    let target = plan(situation, goal).unwrap();
    let placement = followed(situation, goal, &target).unwrap();
    says_what_is_so(situation, &target, &placement).unwrap();
    keeps_reserves(situation, &placement).unwrap();
    let after = carried_out(situation, &target);
    assert_eq!(plan(&after, goal).unwrap().moves, [], "planned again, nothing is left to do");
    (target, after)
}

fn is_level(situation: &Situation, goal: &Goal) {
    let now = placement(situation);
    is_level_within_racks(situation, goal, &now).unwrap();
    is_level_between_racks(situation, goal, &now).unwrap();
    assert_eq!(in_fewer_racks_than_possible(situation, goal, &now), []);
}

fn spread() -> Goal {
    Goal::Spread(Scope::Everything)
}

#[test]
fn what_is_good_already_stays() {
    let (target, _) = planned(&demo(), &spread());
    assert!(target.moves.iter().all(|moved| moved.bytes == Known::Known(0)), "{:?}", target.moves);
    let mut one = cluster(&[(7, None)]);
    add_round_robin(&mut one, "t", GIB, 5, 1, &[7]);
    assert_eq!(planned(&one, &spread()).0.moves, []);
    assert_eq!(planned(&cluster(&THREE), &spread()).0.moves, [], "a cluster without topics");
}

#[test]
fn three_brokers_more_in_three_racks_are_filled_and_emptied_again() {
    let mut grown = demo();
    for (id, rack) in [(3, "a"), (4, "b"), (5, "c")] {
        add_broker(&mut grown, id, Some(rack));
    }
    let fill = Goal::Fill { joined: ids(&[3, 4, 5]) };
    let (target, filled) = planned(&grown, &fill);
    is_level(&filled, &fill);
    bunches_no_topic(&filled, &fill, &placement(&filled)).unwrap();
    assert!(target.remarks.iter().all(|remark| matches!(remark, Remark::DiskUnknown { .. })), "{:?}", target.remarks);
    let leaders: Vec<u64> = target.brokers.values().map(|of| of.after.leaders).collect();
    assert!(leaders.iter().all(|of| (14..=16).contains(of)), "89 partitions on 6 brokers: {leaders:?}");
    let (bytes, moved) = copied(&target);
    let (least_bytes, least_moved) = least(&grown, &fill, &target);
    assert_eq!(moved, least_moved);
    assert!(bytes * 2 <= least_bytes * 3, "{bytes} bytes, and {least_bytes} are the least");
    let new: u64 = [3, 4, 5].map(|id| target.brokers[&BrokerId(id)].after.volume.bytes).iter().sum();
    let old: u64 = [0, 1, 2].map(|id| target.brokers[&BrokerId(id)].after.volume.bytes).iter().sum();
    assert!(new * 3 > old * 2, "new brokers get bytes as well, not only many small partitions: {new} beside {old}");

    let evacuate = Goal::Evacuate { leaving: ids(&[3, 4, 5]) };
    let (target, emptied) = planned(&filled, &evacuate);
    assert_eq!(replicas(&emptied)[3..], [(3, 0), (4, 0), (5, 0)]);
    assert_eq!(copied(&target), least(&filled, &evacuate, &target), "only what was there is copied");
    let now = placement(&emptied);
    is_level_within_racks(&emptied, &evacuate, &now).unwrap();
    assert_eq!(in_fewer_racks_than_possible(&emptied, &evacuate, &now), []);
}

#[test]
fn a_cordoned_broker_is_emptied_by_a_rebalance_too() {
    let mut demo = demo();
    add_broker(&mut demo, 3, Some("a"));
    stands(&mut demo, 0, Standing::Leaves);
    let (_, after) = planned(&demo, &spread());
    assert_eq!(replicas(&after)[0], (0, 0));
    is_level(&after, &spread());
}

#[test]
fn one_rack_or_none_is_like_no_rule_for_racks() {
    for rack in [None, Some("only")] {
        let mut one = cluster(&[(0, rack), (1, rack), (2, rack), (3, rack)]);
        add_round_robin(&mut one, "t", GIB, 30, 3, &[0, 1, 2]);
        let (target, after) = planned(&one, &spread());
        is_level(&after, &spread());
        let few = target
            .remarks
            .iter()
            .any(|remark| matches!(remark, Remark::FewRacks { racks: 1, factor: 3, partitions: 30 }));
        assert_eq!(few, rack.is_some(), "{:?}", target.remarks);
        assert_eq!(replicas(&after), [(0, 23), (1, 23), (2, 22), (3, 22)].map(|of| of), "{:?}", replicas(&after));
    }
}

#[test]
fn a_rack_of_one_broker_gets_as_many_as_the_rule_forces() {
    let mut uneven = cluster(&[(0, Some("a")), (1, Some("a")), (2, Some("b"))]);
    add_round_robin(&mut uneven, "t", GIB, 12, 2, &[0, 1]);
    let (target, after) = planned(&uneven, &spread());
    assert_eq!(
        replicas(&after),
        [(0, 6), (1, 6), (2, 12)],
        "each partition has one of its two replicas in the rack of 2"
    );
    is_level(&after, &spread());
    assert_eq!(copied(&target).1, 12);
    let mut single = cluster(&[(0, Some("a")), (1, Some("a")), (2, Some("b"))]);
    add_round_robin(&mut single, "t", GIB, 12, 1, &[0, 1]);
    let (_, after) = planned(&single, &spread());
    assert_eq!(replicas(&after), [(0, 4), (1, 4), (2, 4)], "with one replica there is nothing that forces anything");
}

#[test]
fn a_topic_with_a_replica_on_every_broker_does_not_move() {
    let mut full = cluster(&THREE);
    add_round_robin(&mut full, "everywhere", GIB, 9, 3, &[0, 1, 2]);
    add_round_robin(&mut full, "t", GIB, 9, 1, &[0]);
    let (target, after) = planned(&full, &spread());
    assert!(target.moves.iter().all(|moved| moved.partition.topic == topic("t") || moved.adding().next().is_none()));
    assert_eq!(replicas(&after), [(0, 12), (1, 12), (2, 12)]);
}

#[test]
fn a_full_disk_gets_nothing_and_is_named() {
    let mut full = cluster(&[(0, None), (1, None), (2, None)]);
    add_round_robin(&mut full, "t", GIB, 20, 1, &[0, 1]);
    with_disk(&mut full, 0, 100 * GIB, 10 * GIB);
    with_disk(&mut full, 1, 100 * GIB, 10 * GIB);
    with_disk(&mut full, 2, 100 * GIB, 88 * GIB);
    let (target, after) = planned(&full, &spread());
    assert_eq!(replicas(&after), [(0, 9), (1, 9), (2, 2)], "two fit above the reserve of ten percent");
    let full_one = Remark::Full { broker: BrokerId(2), free: 0 };
    assert!(target.remarks.contains(&full_one), "{:?}", target.remarks);
    assert!(target.remarks.contains(&Remark::Uneven { rack: None, fewest: 2, most: 9 }));
}

#[test]
fn what_fits_nowhere_is_a_refusal_with_brokers_and_bytes() {
    let mut tight = cluster(&[(0, None), (1, None), (2, None)]);
    add_round_robin(&mut tight, "t", 10 * GIB, 6, 1, &[0, 1, 2]);
    for id in [0, 1, 2] {
        with_disk(&mut tight, id, 40 * GIB, 20 * GIB);
    }
    let evacuate = Goal::Evacuate { leaving: ids(&[2]) };
    planned(&tight, &evacuate);
    with_disk(&mut tight, 1, 40 * GIB, 30 * GIB);
    let refusal = plan(&tight, &evacuate).unwrap_err();
    let Refusal::NoRoom { needed, free, largest, .. } = &refusal else { panic!("{refusal:?}") };
    assert_eq!((*needed, *largest), (20 * GIB, 10 * GIB));
    assert_eq!(*free, [(BrokerId(0), 6 * GIB), (BrokerId(1), 6 * GIB)]);
    assert_eq!(
        refusal.to_string(),
        "there is no room: 20 GiB have to be copied, and t-5 with 10 GiB does not fit on broker 0, which would have 6 GiB \
         left above its reserve, nor on broker 1, which would have 6 GiB left above its reserve"
    );
}

#[test]
fn the_last_room_is_found_though_racks_are_shared_for_it() {
    let mut tight = cluster(&[(0, Some("a")), (1, Some("a")), (2, Some("b")), (3, Some("b"))]);
    add_topic(&mut tight, "t", 10 * GIB, &[&[0, 2], &[0, 2]]);
    for (id, used) in [(0, 20), (1, 0), (2, 20), (3, 95)] {
        with_disk(&mut tight, id, 100 * GIB, used * GIB);
    }
    let (target, after) = planned(&tight, &Goal::Evacuate { leaving: ids(&[2]) });
    assert_eq!(replicas(&after), [(0, 2), (1, 2), (2, 0), (3, 0)]);
    let shared = |remark: &Remark| {
        matches!(remark, Remark::RacksShared { partitions: 2, because: RacksSharedBecause::Room, .. })
    };
    assert!(target.remarks.iter().any(shared), "{:?}", target.remarks);
}

#[test]
fn more_replicas_than_brokers_are_refused() {
    let refusal = plan(&demo(), &Goal::Evacuate { leaving: ids(&[2]) }).unwrap_err();
    assert!(matches!(refusal, Refusal::TooFewBrokers { factor: 3, brokers: 2, partitions: 62, .. }), "{refusal:?}");
    let factor = |to| Goal::Factor(BTreeMap::from([(topic("sample-topic"), to)]));
    let refusal = plan(&demo(), &factor(4)).unwrap_err();
    assert!(matches!(refusal, Refusal::TooFewBrokers { factor: 4, brokers: 3, partitions: 20, .. }), "{refusal:?}");
    assert_eq!(plan(&demo(), &factor(0)), Err(Refusal::NoFactor));
    let missing = Goal::Factor(BTreeMap::from([(topic("nothing"), 1)]));
    assert_eq!(plan(&demo(), &missing), Err(Refusal::NoSuchTopic { topic: topic("nothing") }));
}

#[test]
fn a_factor_grows_into_racks_that_lack_it_and_shrinks_where_replicas_are_dispensable() {
    let more = Goal::Factor(BTreeMap::from([(topic("sample-topic"), 3)]));
    let (target, after) = planned(&demo(), &more);
    assert_eq!(target.moves.len(), 20);
    assert!(target.moves.iter().all(|moved| moved.to[..2] == moved.from[..]), "who leads stays, and so do the others");
    is_level(&after, &more);
    let fewer = Goal::Factor(BTreeMap::from([(topic("orders.placed"), 2)]));
    let (target, after) = planned(&demo(), &fewer);
    assert!(target.moves.iter().all(|moved| moved.to[0] == moved.from[0]), "who leads stays");
    assert_eq!(copied(&target), (0, 0));
    is_level(&after, &fewer);
    let mut broken = demo();
    stands(&mut broken, 1, Standing::Gone);
    let (target, _) = planned(&broken, &fewer);
    assert!(target.moves.iter().all(|moved| !moved.to.contains(&BrokerId(1))), "replicas that do not serve go first");
}

#[test]
fn factors_of_several_topics_change_in_one_plan() {
    let both = Goal::Factor(BTreeMap::from([(topic("sample-topic"), 3), (topic("orders.placed"), 2)]));
    let (target, after) = planned(&demo(), &both);
    let of = |name: &str| target.moves.iter().filter(|moved| moved.partition.topic == topic(name)).collect::<Vec<_>>();
    assert!(of("sample-topic").iter().all(|moved| moved.to.len() == 3), "{:?}", target.moves);
    assert!(!of("orders.placed").is_empty() && of("orders.placed").iter().all(|moved| moved.to.len() == 2));
    assert!(target.moves.iter().all(|moved| moved.to[0] == moved.from[0]), "who leads stays");
    assert_eq!(plan(&after, &both).unwrap().moves, [], "what is so already moves nothing");
}

#[test]
fn partitions_go_where_somebody_says() {
    let mut grown = demo();
    add_broker(&mut grown, 3, Some("a"));
    let place = |to: &[i32]| Goal::Place(BTreeMap::from([(partition("sample-topic", 4), list(to))]));
    let (target, _) = planned(&grown, &place(&[3, 0, 2]));
    assert_eq!(target.moves.len(), 1);
    assert_eq!(target.moves[0].to, list(&[3, 0, 2]));
    let asked = |remark: &Remark| matches!(remark, Remark::RacksShared { because: RacksSharedBecause::Asked, .. });
    assert!(target.remarks.iter().any(asked), "three replicas in two racks are asked for, and three racks are there");
    assert_eq!(plan(&grown, &place(&[])), Err(Refusal::NoReplicas { partition: partition("sample-topic", 4) }));
    assert_eq!(plan(&grown, &place(&[1, 1])), Err(Refusal::NoReplicas { partition: partition("sample-topic", 4) }));
    assert_eq!(plan(&grown, &place(&[9])), Err(Refusal::NoSuchBroker { broker: BrokerId(9) }));
    stands(&mut grown, 3, Standing::Leaves);
    assert_eq!(plan(&grown, &place(&[3])), Err(Refusal::TakesNothing { broker: BrokerId(3) }));
    let nowhere = Goal::Place(BTreeMap::from([(partition("sample-topic", 99), list(&[0]))]));
    assert_eq!(plan(&grown, &nowhere), Err(Refusal::NoSuchPartition { partition: partition("sample-topic", 99) }));
    with_disk(&mut grown, 2, GIB, GIB);
    let there = Goal::Place(BTreeMap::from([(partition("payments.log", 1), list(&[2]))]));
    let refusal = plan(&grown, &there).unwrap_err();
    assert!(matches!(&refusal, Refusal::NoRoom { free, .. } if *free == [(BrokerId(2), 0)]), "{refusal:?}");
}

#[test]
fn what_others_move_is_left_alone() {
    let mut grown = demo();
    add_broker(&mut grown, 3, Some("a"));
    grown.moving.entry(topic("sample-topic")).or_default().extend((0..20).map(PartitionId));
    let (target, _) = planned(&grown, &Goal::Fill { joined: ids(&[3]) });
    assert!(target.moves.iter().all(|moved| moved.partition.topic != topic("sample-topic")));
    assert!(target.remarks.contains(&Remark::LeftAlone { partitions: 20, example: partition("sample-topic", 0) }));
    let by_hand = Goal::Place(BTreeMap::from([(partition("sample-topic", 4), list(&[3, 1]))]));
    assert_eq!(plan(&grown, &by_hand), Err(Refusal::MovedByOthers { partition: partition("sample-topic", 4) }));
}

#[test]
fn a_topic_alone_is_spread_as_if_there_were_no_other() {
    let mut lopsided = cluster(&[(0, None), (1, None), (2, None)]);
    add_round_robin(&mut lopsided, "busy", GIB, 9, 1, &[0]);
    add_round_robin(&mut lopsided, "other", GIB, 9, 1, &[1]);
    let only = Goal::Spread(Scope::Topics([topic("busy")].into()));
    let (target, after) = planned(&lopsided, &only);
    assert!(target.moves.iter().all(|moved| moved.partition.topic == topic("busy")));
    assert_eq!(replicas(&after), [(0, 3), (1, 12), (2, 3)]);
}

#[test]
fn a_topic_that_is_bunched_is_exchanged_for_others() {
    let mut bunched = cluster(&[(0, None), (1, None), (2, None)]);
    add_round_robin(&mut bunched, "one", GIB, 9, 1, &[0]);
    add_round_robin(&mut bunched, "two", GIB, 9, 1, &[1]);
    add_round_robin(&mut bunched, "three", GIB, 9, 1, &[2]);
    let (_, after) = planned(&bunched, &spread());
    bunches_no_topic(&after, &spread(), &placement(&after)).unwrap();
    let mut racks = cluster(&THREE);
    racks.topics.clone_from(&bunched.topics);
    let (_, after) = planned(&racks, &spread());
    let first = &after.topics[0];
    let on_first = first.partitions.iter().filter(|of| of.replicas.contains(&BrokerId(0))).count();
    assert!(on_first <= 5, "with a rack for each broker as well: {on_first}");
}

#[test]
fn a_disk_far_above_others_gives_large_partitions_for_small_ones() {
    let mut lopsided = cluster(&[(0, None), (1, None), (2, None)]);
    let large: Vec<&[i32]> = vec![&[0]; 12];
    let small: Vec<&[i32]> = [[1], [2]].iter().cycle().take(24).map(|of| &of[..]).collect();
    add_topic(&mut lopsided, "large", 10 * GIB, &large);
    add_topic(&mut lopsided, "small", GIB / 16, &small);
    let (target, after) = planned(&lopsided, &spread());
    is_level(&after, &spread());
    let volumes: Vec<u64> = target.brokers.values().map(|of| of.after.volume.bytes / GIB).collect();
    assert!(volumes.iter().all(|of| (32..=50).contains(of)), "{volumes:?}");
}

/// Found by the properties: disks of which nothing is known have no end, and that end was looked for.
#[test]
fn what_is_unlike_most_of_a_broker_is_found_among_many() {
    let mut two = cluster(&[(0, None), (1, None)]);
    let both: Vec<&[i32]> = vec![&[0, 1]; 100];
    add_topic(&mut two, "both", GIB, &both);
    add_topic(&mut two, "one", 0, &[&[0], &[1], &[1], &[1]]);
    let (target, after) = planned(&two, &spread());
    assert_eq!(replicas(&after), [(0, 102), (1, 102)]);
    assert_eq!(copied(&target), (0, 1));
}

#[test]
fn partitions_on_a_dead_broker_get_new_places() {
    let mut demo = demo();
    add_broker(&mut demo, 3, Some("b"));
    stands(&mut demo, 1, Standing::Gone);
    for other in [spread(), Goal::Fill { joined: ids(&[3]) }] {
        let (target, after) = planned(&demo, &other);
        assert_eq!(replicas(&after)[1], (1, 77), "it may come back");
        assert!(target.moves.iter().all(|moved| moved.removing().all(|broker| broker != BrokerId(1))));
    }
    let evacuate = Goal::Evacuate { leaving: ids(&[1]) };
    let (_, after) = planned(&demo, &evacuate);
    assert_eq!(replicas(&after)[1], (1, 0));
    demo.brokers.remove(&BrokerId(1));
    let (_, after) = planned(&demo, &evacuate);
    let everywhere = after.topics.iter().flat_map(|of| &of.partitions).flat_map(|of| &of.replicas);
    assert!(everywhere.into_iter().all(|broker| *broker != BrokerId(1)), "one that nobody lists counts as gone");
}
