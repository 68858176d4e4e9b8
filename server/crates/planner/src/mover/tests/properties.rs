//! What holds whatever the cluster: small ones of all kinds, with brokers that leave, are gone or full, and partitions that others move.

use super::{
    bound::{copied, least},
    checker::*,
    leading,
    sample::*,
};
use crate::mover::*;
use klamm_model::{BrokerId, Known, NamedPartition, PartitionId, TopicName};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// How disks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disks {
    Unknown,
    Roomy,
    Tight,
}

/// A partition before anybody knows how many brokers there are: replicas by turns of a dial.
#[derive(Clone, Debug)]
struct Dialled {
    topic: usize,
    factor: usize,
    turns: Vec<usize>,
    size: Known<u64>,
}

fn some_partition() -> impl Strategy<Value = Dialled> {
    let size = prop_oneof![
        3 => (0..100_u64).prop_map(|mebibytes| Known::Known(mebibytes << 20)),
        2 => (0..100_000_u64).prop_map(|mebibytes| Known::Known(mebibytes << 20)),
        1 => Just(Known::Unknown),
    ];
    let turns = prop::collection::vec(0_usize..64, 4);
    (0..NAMES.len(), 1_usize..5, turns, size).prop_map(|(topic, factor, turns, size)| Dialled {
        topic,
        factor,
        turns,
        size,
    })
}

fn some_broker() -> impl Strategy<Value = (usize, Standing, u64)> {
    let standing = prop_oneof![
        8 => Just(Standing::Takes),
        1 => Just(Standing::Leaves),
        1 => Just(Standing::Gone),
    ];
    (0_usize..5, standing, 0..300_u64)
}

fn some_situation(disks: impl Strategy<Value = Disks>) -> impl Strategy<Value = Situation> {
    let brokers = prop::collection::vec(some_broker(), 1..9);
    let moving = prop::collection::vec((0..NAMES.len(), 0..10_i32), 0..3);
    let moving = prop_oneof![2 => Just(Vec::new()), 1 => moving];
    (brokers, 0_usize..5, prop::collection::vec(some_partition(), 0..41), moving, disks)
        .prop_map(|(brokers, racks, partitions, moving, disks)| made(&brokers, racks, &partitions, &moving, disks))
}

fn made(
    brokers: &[(usize, Standing, u64)],
    racks: usize,
    partitions: &[Dialled],
    moving: &[(usize, i32)],
    disks: Disks,
) -> Situation {
    let mut situation = Situation::default();
    for name in NAMES {
        situation.topics.push(TopicReplicas { topic: topic(name), partitions: Vec::new() });
    }
    for dialled in partitions {
        let mut left: Vec<usize> = (0..brokers.len()).collect();
        let turns = dialled.turns.iter().take(dialled.factor.min(brokers.len()));
        let replicas: Vec<i32> =
            turns.map(|turn| i32::try_from(left.remove(turn % left.len())).unwrap() * 10).collect();
        let of = &mut situation.topics[dialled.topic].partitions;
        let id = PartitionId(i32::try_from(of.len()).unwrap());
        of.push(PartitionReplicas { id, replicas: list(&replicas).into(), size: dialled.size });
    }
    let known: Vec<u64> = partitions.iter().filter_map(|of| of.size.value().copied()).collect();
    let average = known.iter().sum::<u64>() / (known.len() as u64).max(1);
    for (place, (rack, standing, percent)) in brokers.iter().enumerate() {
        let id = i32::try_from(place).unwrap() * 10;
        let rack = if racks == 0 { None } else { NAMES.get(rack % racks).copied() };
        add_broker(&mut situation, id, rack);
        stands(&mut situation, id, *standing);
        let has = |of: &PartitionReplicas| of.replicas.contains(&BrokerId(id));
        let sizes = situation.topics.iter().flat_map(|of| &of.partitions).filter(|of| has(of));
        let used: u64 = sizes.map(|of| of.size.value().copied().unwrap_or(average)).sum();
        match disks {
            Disks::Unknown => {}
            Disks::Roomy => with_disk(&mut situation, id, 1 << 50, used),
            Disks::Tight => with_disk(&mut situation, id, used + used * percent / 100 + (100 << 20), used),
        }
    }
    for (at, id) in moving {
        situation.moving.entry(topic(NAMES[*at])).or_default().insert(PartitionId(*id));
    }
    situation
}

fn some_ids() -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0_usize..8, 0..4)
}

/// A goal, as far as it can be said without the cluster.
#[derive(Clone, Debug)]
enum Wish {
    Spread,
    SpreadSome(BTreeSet<usize>),
    Fill(BTreeSet<usize>),
    Evacuate(BTreeSet<usize>),
    Factor(BTreeMap<usize, usize>),
    Place(usize, Vec<usize>),
}

fn some_wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        4 => Just(Wish::Spread),
        1 => prop::collection::btree_set(0..NAMES.len(), 1..3).prop_map(Wish::SpreadSome),
        2 => some_ids().prop_map(Wish::Fill),
        3 => some_ids().prop_map(Wish::Evacuate),
        2 => prop::collection::btree_map(0..NAMES.len(), 0_usize..5, 1..3).prop_map(Wish::Factor),
        1 => (0..NAMES.len(), prop::collection::vec(0_usize..8, 0..4)).prop_map(|(topic, to)| Wish::Place(topic, to)),
    ]
}

fn goal(situation: &Situation, wish: &Wish) -> Goal {
    let brokers: Vec<BrokerId> = situation.brokers.keys().copied().collect();
    let chosen = |places: &BTreeSet<usize>| -> BTreeSet<BrokerId> {
        places.iter().filter_map(|place| brokers.get(*place).copied()).collect()
    };
    match wish {
        Wish::Spread => Goal::Spread(Scope::Everything),
        Wish::SpreadSome(topics) => Goal::Spread(Scope::Topics(topics.iter().map(|at| topic(NAMES[*at])).collect())),
        Wish::Fill(joined) => {
            let takes = |id: &BrokerId| situation.brokers[id].standing == Standing::Takes;
            Goal::Fill { joined: chosen(joined).into_iter().filter(takes).collect() }
        }
        Wish::Evacuate(leaving) => Goal::Evacuate { leaving: chosen(leaving) },
        Wish::Factor(factors) => Goal::Factor(factors.iter().map(|(at, to)| (topic(NAMES[*at]), *to)).collect()),
        Wish::Place(at, to) => {
            let to = to.iter().map(|place| brokers[place % brokers.len()]).collect();
            Goal::Place(BTreeMap::from([(NamedPartition { topic: topic(NAMES[*at]), partition: PartitionId(0) }, to)]))
        }
    }
}

/// What every plan keeps to, however little room there is.
fn keeps_to_the_rules(situation: &Situation, goal: &Goal, target: &Target) -> Result<Placement, TestCaseError> {
    let wrong = TestCaseError::fail;
    let after = followed(situation, goal, target).map_err(wrong)?;
    says_what_is_so(situation, target, &after).map_err(wrong)?;
    keeps_reserves(situation, &after).map_err(wrong)?;
    let worse = in_fewer_racks_than_before(situation, goal, &after);
    let is_said = target.remarks.iter().any(|remark| matches!(remark, Remark::RacksShared { .. }));
    prop_assert!(worse.is_empty() || is_said, "{worse:?} are in fewer racks, and nothing is said of it");
    let leaves = |id: &BrokerId| match goal {
        Goal::Evacuate { leaving } => leaving.contains(id),
        Goal::Spread(Scope::Everything) => situation.brokers[id].standing == Standing::Leaves,
        Goal::Spread(Scope::Topics(_)) | Goal::Fill { .. } | Goal::Factor(_) | Goal::Place(_) => false,
    };
    let left = after.iter().find(|(name, (replicas, _))| !is_moving(situation, name) && replicas.iter().any(leaves));
    prop_assert!(left.is_none(), "{left:?} is still on a broker that leaves");
    Ok(after)
}

/// No broker that joined could get something from one that has two more, without a partition being spread over fewer racks.
fn could_get_no_more(
    situation: &Situation,
    goal: &Goal,
    joined: &BTreeSet<BrokerId>,
    after: &Placement,
) -> Result<(), TestCaseError> {
    let takers = takers(situation, goal);
    for to in joined {
        for from in takers.iter().filter(|from| count(goal, after, **from) >= count(goal, after, *to) + 2) {
            let (here, there) = (rack_of(situation, *from), rack_of(situation, *to));
            let fits = after.values().find(|(replicas, _)| {
                let in_rack = |rack| replicas.iter().filter(|id| rack_of(situation, **id) == rack).count();
                // Who has as many in the other rack as here, or more, would be spread worse.
                let is_even = here == there || in_rack(there) < in_rack(here);
                replicas.contains(from) && !replicas.contains(to) && is_even
            });
            prop_assert!(fits.is_none(), "{from} has two more than {to}, which could get {fits:?}");
        }
    }
    Ok(())
}

/// The same with everybody serving: what is level is told of those that take replicas, and what others keep is not theirs to even out.
fn with_everybody_serving(mut situation: Situation) -> Situation {
    for broker in situation.brokers.values_mut().filter(|broker| broker.standing == Standing::Gone) {
        broker.standing = Standing::Leaves;
    }
    situation
}

/// What has to be so in the end, whichever way it came about.
fn keeps_to_the_rules_in_the_end(before: &Situation, after: &Situation, goal: &Goal) -> Result<(), TestCaseError> {
    let nothing = Target { brokers: BTreeMap::new(), ..Target::default() };
    let now = followed(after, goal, &nothing).map_err(TestCaseError::fail)?;
    keeps_reserves(before, &now).map_err(TestCaseError::fail)?;
    let is_free = before.moving.is_empty();
    if matches!(goal, Goal::Spread(_)) && is_free {
        is_level_within_racks(after, goal, &now).map_err(TestCaseError::fail)?;
    }
    Ok(())
}

/// Whether there is no plan because there can be none.
fn is_rightly_refused(situation: &Situation, goal: &Goal, refusal: &Refusal) -> bool {
    let takers = takers(situation, goal);
    let of_topic = |topic: &TopicName| {
        situation.topics.iter().filter(|of| of.topic == *topic).flat_map(|of| &of.partitions).collect::<Vec<_>>()
    };
    match refusal {
        Refusal::NobodyTakes => takers.is_empty(),
        Refusal::NoSuchBroker { broker } => !situation.brokers.contains_key(broker),
        Refusal::TakesNothing { broker } => situation.brokers[broker].standing != Standing::Takes,
        Refusal::NoSuchTopic { topic } => situation.topics.iter().all(|of| of.topic != *topic),
        Refusal::NoSuchPartition { partition } => {
            of_topic(&partition.topic).iter().all(|of| of.id != partition.partition)
        }
        Refusal::NoReplicas { partition } => {
            let Goal::Place(places) = goal else { return false };
            let to = &places[partition];
            to.is_empty() || to.iter().collect::<BTreeSet<_>>().len() < to.len()
        }
        Refusal::NoFactor => matches!(goal, Goal::Factor(factors) if factors.values().any(|to| *to == 0)),
        Refusal::TooFewBrokers { example, factor, brokers, .. } => {
            let found = of_topic(&example.topic);
            let Some(found) = found.iter().find(|of| of.id == example.partition) else { return false };
            let leaves = |id: &BrokerId| match goal {
                Goal::Evacuate { leaving } => leaving.contains(id),
                Goal::Spread(_) => situation.brokers[id].standing == Standing::Leaves,
                Goal::Fill { .. } | Goal::Factor(_) | Goal::Place(_) => false,
            };
            let stays = found.replicas.iter().filter(|id| !takers.contains(id) && !leaves(id)).count();
            *brokers == takers.len() && *factor > takers.len() + stays
        }
        // Nobody who could take it has room for it.
        Refusal::NoRoom { needed, free, largest, .. } => {
            largest <= needed && !free.is_empty() && free.iter().all(|(_, free)| free < largest)
        }
        Refusal::MovedByOthers { partition } => is_moving(situation, partition),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_keeps_to_the_rules_or_is_rightly_refused(
        situation in some_situation(prop_oneof![Just(Disks::Unknown), Just(Disks::Roomy), Just(Disks::Tight)]),
        wish in some_wish(),
    ) {
        let goal = goal(&situation, &wish);
        match plan(&situation, &goal) {
            Ok(target) => {
                keeps_to_the_rules(&situation, &goal, &target)?;
            }
            Err(refusal) => prop_assert!(is_rightly_refused(&situation, &goal, &refusal), "{refusal:?}"),
        }
    }

    #[test]
    fn planned_again_nothing_is_left_to_do(
        situation in some_situation(prop_oneof![Just(Disks::Unknown), Just(Disks::Roomy), Just(Disks::Tight)]),
        wish in some_wish(),
    ) {
        let goal = goal(&situation, &wish);
        if let Ok(target) = plan(&situation, &goal) {
            prop_assert_eq!(&plan(&situation, &goal).unwrap(), &target, "the same situation gets the same plan");
            let after = carried_out(&situation, &target);
            prop_assert_eq!(plan(&after, &goal).unwrap().moves, []);
        }
    }

    /// A batch here and a batch there, each of another plan: that is how plans are carried out.
    #[test]
    fn carried_out_bit_by_bit_it_comes_to_an_end(
        situation in some_situation(prop_oneof![Just(Disks::Unknown), Just(Disks::Roomy)]),
        wish in some_wish(),
        dice in any::<u64>(),
    ) {
        let situation = with_everybody_serving(situation);
        let goal = goal(&situation, &wish);
        let Ok(first) = plan(&situation, &goal) else { return Ok(()) };
        let (mut now, mut dice, mut sum, mut bits) = (situation.clone(), dice, 0, 0);
        loop {
            let mut target = plan(&now, &goal).unwrap();
            if target.moves.is_empty() {
                break;
            }
            let next = (dice % target.moves.len() as u64, target.moves.len() / 3 + 1);
            target.moves.rotate_left(usize::try_from(next.0).unwrap());
            target.moves.truncate(next.1);
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 1;
            sum += target.moves.iter().map(|moved| moved.adding().count()).sum::<usize>();
            now = carried_out(&now, &target);
            bits += 1;
            prop_assert!(bits < 100, "it does not come to an end");
        }
        keeps_to_the_rules_in_the_end(&situation, &now, &goal)?;
        let at_once = usize::try_from(copied(&first).1).unwrap();
        // Every plan is the best from where things stand, which is not where the first one would have led: some move twice.
        prop_assert!(sum <= at_once * 3 + 3, "{sum} replicas instead of {at_once}");
    }

    #[test]
    fn where_there_is_room_everything_becomes_level(
        situation in some_situation(prop_oneof![Just(Disks::Unknown), Just(Disks::Roomy)]),
        wish in prop_oneof![Just(Wish::Spread), prop::collection::btree_set(0..NAMES.len(), 1..3).prop_map(Wish::SpreadSome)],
    ) {
        let situation = Situation { moving: BTreeMap::new(), ..with_everybody_serving(situation) };
        let goal = goal(&situation, &wish);
        let Ok(target) = plan(&situation, &goal) else { return Ok(()) };
        let after = keeps_to_the_rules(&situation, &goal, &target)?;
        is_level_within_racks(&situation, &goal, &after).map_err(TestCaseError::fail)?;
        is_level_between_racks(&situation, &goal, &after).map_err(TestCaseError::fail)?;
        prop_assert_eq!(in_fewer_racks_than_possible(&situation, &goal, &after), []);
        bunches_no_topic(&situation, &goal, &after).map_err(TestCaseError::fail)?;
        leading::is_level(&situation, &goal, &after).map_err(TestCaseError::fail)?;
        let (bytes, replicas) = copied(&target);
        let (least_bytes, least_replicas) = least(&situation, &goal, &target);
        prop_assert!(bytes >= least_bytes && replicas >= least_replicas, "less than the least is copied");
    }

    #[test]
    fn no_more_replicas_move_than_have_to(mut situation in some_situation(Just(Disks::Unknown))) {
        situation.moving.clear();
        // Without what comes on top: topics that are bunched, disks that differ, replicas that share a rack or have to go where there
        // are enough already.
        for of in &mut situation.topics {
            of.partitions.truncate(2);
            of.partitions.iter_mut().for_each(|of| of.size = Known::Known(GIB));
        }
        for broker in situation.brokers.values_mut() {
            (broker.rack, broker.standing) = (None, Standing::Takes);
        }
        let goal = Goal::Spread(Scope::Everything);
        let Ok(target) = plan(&situation, &goal) else { return Ok(()) };
        prop_assert_eq!(copied(&target), least(&situation, &goal, &target));
    }

    #[test]
    fn whoever_joins_gets_its_share_and_nothing_more_moves(
        situation in some_situation(prop_oneof![Just(Disks::Unknown), Just(Disks::Roomy)]),
        joins in 1_usize..4,
    ) {
        let mut situation = Situation { moving: BTreeMap::new(), ..with_everybody_serving(situation) };
        let Ok(settled) = plan(&situation, &Goal::Spread(Scope::Everything)) else { return Ok(()) };
        situation = carried_out(&situation, &settled);
        let racks: Vec<Option<String>> = situation.brokers.values().map(|of| of.rack.clone()).collect();
        for place in 0..joins {
            let id = 100 + i32::try_from(place).unwrap();
            add_broker(&mut situation, id, racks[place % racks.len()].as_deref());
        }
        let goal = Goal::Fill { joined: (100..100 + i32::try_from(joins).unwrap()).map(BrokerId).collect() };
        let target = plan(&situation, &goal).unwrap();
        let after = keeps_to_the_rules(&situation, &goal, &target)?;
        is_level_within_racks(&situation, &goal, &after).map_err(TestCaseError::fail)?;
        prop_assert!(copied(&target).1 >= least(&situation, &goal, &target).1);
        let Goal::Fill { joined } = &goal else { unreachable!() };
        let to_others: usize =
            target.moves.iter().flat_map(Move::adding).filter(|id| !joined.contains(id)).count();
        prop_assert!(to_others < situation.brokers.len(), "{to_others} replicas come to brokers that were there");
        could_get_no_more(&situation, &goal, joined, &after)?;
        let filled = carried_out(&situation, &target);
        let again = plan(&filled, &Goal::Evacuate { leaving: (100..110).map(BrokerId).collect() }).unwrap();
        prop_assert_eq!(copied(&again), least(&filled, &Goal::Evacuate { leaving: (100..110).map(BrokerId).collect() }, &again));
    }
}
