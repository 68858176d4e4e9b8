//! What holds of operations that move replicas, whatever befalls a fleet while one runs in it: it ends, as it was asked for. On the
//! way each act is judged, and each move of ours ([`super::judge`], [`super::fleet`]).

use super::{
    super::{lives as rolls, world::Make, world::Pod},
    ends::carried_out,
    errands::{Errand, one_of_each, some_down, some_drain, some_exchange, some_factor, some_rebalance, some_up},
    fleet::Fleet,
    lives::{End, Kill, Life, some_life},
};
use crate::operations::Act;
use klamm_model::BrokerId;
use proptest::prelude::*;

/// A few seconds for all of them, without optimisation.
const CASES: u32 = 24;

/// Four brokers, of which one or three are controllers, and a topic of every factor.
fn small(controllers: usize) -> Fleet {
    let mut world = rolls::well(4, controllers, true, true, "4.1.2");
    for (at, factor) in [1, 2, 3].into_iter().enumerate() {
        world.add_topic(at, 3, factor, 1);
    }
    Fleet::new(world)
}

#[test]
fn where_nothing_happens_each_operation_ends_as_it_was_asked_for_and_moves_something() {
    for (errand, controllers) in one_of_each().into_iter().flat_map(|errand| [(errand.clone(), 1), (errand, 3)]) {
        let told = carried_out(&Life::quiet(small(controllers), errand.clone())).unwrap();
        assert_eq!(told.end, End::Done, "{errand:?} of {controllers} controllers");
        let moves = told.acts.iter().filter(|act| matches!(act, Act::Move(_))).count();
        assert!(moves > 0, "{errand:?} moved nothing: {:?}", told.acts);
    }
}

#[test]
fn killed_at_any_of_its_acts_in_any_way_each_operation_ends_all_the_same() {
    for errand in one_of_each() {
        // One controller gets others beside it, and one of three goes.
        let controllers = if matches!(errand, Errand::Up { .. }) { 1 } else { 3 };
        let life = Life::quiet(small(controllers), errand.clone());
        let acts = carried_out(&life).unwrap().acts;
        for (at, kill) in (0..acts.len()).flat_map(|at| Kill::ALL.map(|kill| (at, kill))) {
            let killed = Life { kills: [(at, kill)].into(), ..life.clone() };
            let told = carried_out(&killed)
                .unwrap_or_else(|error| panic!("{errand:?}, killed {kill:?} at {:?}: {error}", acts[at]));
            assert_eq!(told.end, End::Done, "{errand:?}, killed {kill:?} at {:?}", acts[at]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn whatever_befalls_it_nodes_that_come_get_their_share(life in some_life(some_up())) {
        carried_out(&life)?;
    }

    #[test]
    fn whatever_befalls_it_nodes_that_go_are_emptied_and_gone(life in some_life(some_down())) {
        carried_out(&life)?;
    }

    #[test]
    fn nodes_that_are_declared_again_on_the_way_stay(mut life in some_life(some_down()), at in 1i64..60) {
        life.taken_back_at = Some(at);
        carried_out(&life)?;
    }

    #[test]
    fn whatever_befalls_it_nodes_take_the_place_of_others(life in some_life(some_exchange())) {
        carried_out(&life)?;
    }

    #[test]
    fn whatever_befalls_it_a_broker_is_drained(life in some_life(some_drain())) {
        carried_out(&life)?;
    }

    #[test]
    fn whatever_befalls_it_replicas_are_spread(life in some_life(some_rebalance())) {
        carried_out(&life)?;
    }

    #[test]
    fn whatever_befalls_it_topics_get_their_factors(life in some_life(some_factor())) {
        carried_out(&life)?;
    }

    /// With what it is made from it never comes up, and something else is declared by now. As long as an operation runs nothing else
    /// mends it.
    #[test]
    fn a_node_that_is_stuck_and_declared_otherwise_holds_up_no_operation_for_ever(
        mut life in some_life(prop_oneof![some_down(), some_drain(), some_rebalance(), some_factor()]),
        stuck in 0usize..6,
    ) {
        life.troubles.clear();
        let (leaving, controllers) = (life.fleet.leaving(), life.fleet.controllers.clone());
        let is_quorum = |id: &BrokerId| controllers.len() == 1 && controllers.contains(id);
        let world = &mut life.fleet.world;
        let staying: Vec<BrokerId> =
            world.nodes.keys().copied().filter(|id| !leaving.contains(id) && !is_quorum(id)).collect();
        let bad = Make { config: 9, ..world.declared.clone() };
        world.bad = vec![bad.clone()];
        if let Some(node) = world.nodes.get_mut(&staying[stuck % staying.len()]) {
            (node.runs, node.template, node.pod) = (bad.clone(), bad, Pod::Stuck { until: i64::MAX });
        }
        carried_out(&life)?;
    }
}
