//! What holds whatever befalls a cluster while an operation runs in it.

use super::lives::{Life, Told, live, plan_for, some_life, well};
use super::observe::millis;
use super::world::{Make, Pod, World, WorldNode};
use crate::operations::{Act, Goal, Guard, Next, StepKind, StepState, levels};
use klamm_model::BrokerId;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// All is as it should be at the end, as the world itself sees it.
fn check_end(goal: &Goal, told: &Told) -> Result<(), TestCaseError> {
    let Told { world, rules, steps, acts } = told;
    let soak = i64::try_from(rules.soak_seconds).unwrap();
    let concerned = |id: &BrokerId| match goal {
        Goal::Restart { nodes, .. } => nodes.is_empty() || nodes.contains(id),
        _ => true,
    };
    for (id, node) in world.nodes.iter().filter(|(id, _)| concerned(id)) {
        prop_assert!(node.pod == Pod::Ready && (!node.broker || node.serves(world.now)), "node {} is away", id);
        prop_assert!(node.ready_since + soak <= world.now, "node {} was not watched for long enough", id);
        if let Goal::Restart { asked, .. } = goal {
            prop_assert!(node.born * 1000 >= asked.0, "node {} was not restarted", id);
        } else {
            prop_assert_eq!(&node.runs, &world.declared, "node {} is not as declared", id);
        }
    }
    let partitions = || world.topics.values().flat_map(|topic| topic.partitions.values());
    let mut lacking = 0;
    for partition in partitions() {
        let misses = |id: &&BrokerId| !partition.in_sync.contains(*id) && concerned(id);
        lacking += u64::from(partition.replicas.iter().any(|id| misses(&id)));
        let preferred = partition.replicas[0];
        let may_lead = concerned(&preferred) && partition.in_sync.contains(&preferred);
        prop_assert!(
            !may_lead || partition.leader == Some(preferred) || !world.foreign.is_empty(),
            "a leader is not back"
        );
    }
    let allowed = if world.ephemeral { 0 } else { rules.max_under_replicated };
    prop_assert!(lacking <= allowed || !world.foreign.is_empty(), "{} partitions lack replicas", lacking);
    prop_assert!(world.lost.is_subset(&rules.accept_unavailable), "lost: {:?}", world.lost);
    for step in steps {
        prop_assert!(matches!(step.state, StepState::Done | StepState::Skipped), "{:?} is not over", step);
    }
    for act in acts {
        if let Act::Replace(id) = act {
            let told = steps.iter().any(|step| {
                step.kind == StepKind::RestartBroker
                    && step.state == StepState::Done
                    && step.target.split(',').next().unwrap().ends_with(&format!(" {id}"))
            });
            prop_assert!(told, "the restart of node {} is not told: {:?}", id, steps);
        }
    }
    let again = plan_for(goal, world, rules);
    prop_assert_eq!(again.next, Next::Done);
    prop_assert!(again.steps.is_empty());
    Ok(())
}

fn carried_out(life: &Life, goal: &Goal, changes: impl FnMut(&mut World)) -> Result<Told, TestCaseError> {
    let told = live(life, goal, changes)?;
    check_end(goal, &told)?;
    Ok(told)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_befalls_it_a_restart_of_all_ends_and_takes_nothing_from_anybody(life in some_life()) {
        carried_out(&life, &Goal::Restart { nodes: BTreeSet::new(), asked: millis(0) }, |_| {})?;
    }

    #[test]
    fn a_restart_of_some_leaves_the_others_alone(life in some_life(), which in prop::collection::btree_set(0i32..5, 1..3)) {
        let nodes: BTreeSet<BrokerId> =
            which.into_iter().map(BrokerId).filter(|id| life.world.nodes.contains_key(id)).collect();
        prop_assume!(!nodes.is_empty());
        let told = carried_out(&life, &Goal::Restart { nodes: nodes.clone(), asked: millis(0) }, |_| {})?;
        let taken: BTreeSet<BrokerId> = told.acts.iter().filter_map(|act| match act {
            Act::Replace(id) => Some(*id),
            _ => None,
        }).collect();
        prop_assert!(taken.is_subset(&nodes), "{:?}", taken);
    }

    #[test]
    fn whatever_befalls_it_a_reconfiguration_ends(mut life in some_life()) {
        life.world.declared.config = 1;
        carried_out(&life, &Goal::Reconfigure, |_| {})?;
    }

    #[test]
    fn a_setting_with_which_no_broker_starts_takes_down_one_and_is_mended_by_another(
        mut life in some_life(), quiet in any::<bool>(), mended_at in 1i64..200, mended_to in prop::sample::select(vec![0u32, 2]),
    ) {
        let bad = Make { config: 1, ..life.world.declared.clone() };
        life.world.declared = bad.clone();
        life.world.bad = vec![bad.clone()];
        if quiet {
            life.faults.clear();
        }
        let mut most = 0;
        let told = carried_out(&life, &Goal::Reconfigure, |world| {
            if world.now == mended_at {
                world.declared.config = mended_to;
            }
            let took = |node: &&WorldNode| node.taken && matches!(node.pod, Pod::Stuck { .. });
            most = most.max(world.nodes.values().filter(took).count());
        })?;
        prop_assert!(most <= 1 || !quiet, "{} nodes were down through us", most);
        prop_assert!(told.world.nodes.values().all(|node| node.runs.config == mended_to));
    }

    #[test]
    fn whatever_befalls_it_an_upgrade_ends_and_features_stay(mut life in some_life()) {
        life.world.declared.version = "4.2.1".to_owned();
        let before = life.world.features.clone();
        let told = carried_out(&life, &Goal::Upgrade { to: "4.2.1".to_owned() }, |_| {})?;
        prop_assert_eq!(told.world.features, before);
    }

    #[test]
    fn an_image_that_is_not_there_stops_an_upgrade_until_it_is(mut life in some_life(), quiet in any::<bool>(), there_at in 1i64..200) {
        life.world.declared.version = "4.2.1".to_owned();
        let bad = life.world.declared.clone();
        life.world.bad = vec![bad.clone()];
        if quiet {
            life.faults.clear();
        }
        let mut most = 0;
        carried_out(&life, &Goal::Upgrade { to: "4.2.1".to_owned() }, |world| {
            let took = |node: &&WorldNode| node.taken && matches!(node.pod, Pod::Stuck { .. });
            most = most.max(world.nodes.values().filter(took).count());
            if world.now == there_at {
                world.bad.clear();
                for node in world.nodes.values_mut().filter(|node| matches!(node.pod, Pod::Stuck { .. })) {
                    node.pod = Pod::Stuck { until: there_at };
                }
            }
        })?;
        prop_assert!(most <= 1 || !quiet, "{} nodes were down through us", most);
    }

    #[test]
    fn whatever_befalls_it_levels_are_raised_in_the_end_and_never_too_soon(
        mut life in some_life(), young in prop::option::of(0i64..50),
    ) {
        for node in life.world.nodes.values_mut() {
            node.runs.version = "4.2.1".to_owned();
            node.template.version = "4.2.1".to_owned();
            node.born = young.map_or(-1000, |ago| -ago);
        }
        life.world.declared.version = "4.2.1".to_owned();
        let wanted = levels("4.2").unwrap();
        let goal = Goal::Finalise { name: "4.2-IV1".to_owned(), levels: wanted.clone() };
        let told = live(&life, &goal, |_| {})?;
        prop_assert_eq!(&told.world.features, &wanted);
        prop_assert!(told.acts.iter().all(|act| matches!(act, Act::SetFeatures(_))), "{:?}", told.acts);
        prop_assert_eq!(plan_for(&goal, &told.world, &told.rules).next, Next::Done);
    }

    #[test]
    fn nothing_begins_before_what_cannot_be_helped_is_accepted(mut life in some_life()) {
        life.faults.clear();
        life.world.opens = None;
        let unavoidable = life.world.unavoidable();
        prop_assume!(!unavoidable.is_empty());
        life.rules.accept_unavailable.clear();
        let plan = plan_for(&Goal::Restart { nodes: BTreeSet::new(), asked: millis(0) }, &life.world, &life.rules);
        let Next::Wait(guards) = plan.next else {
            return Err(TestCaseError::fail(format!("{:?}", plan.next)));
        };
        prop_assert!(guards.contains(&Guard::AcceptUnavailable(unavoidable)), "{:?}", guards);
    }

    #[test]
    fn where_all_is_down_on_a_bad_make_a_good_one_brings_all_back(
        controllers in 1usize..=5, brokers in 0usize..3, soak in 0u64..5,
    ) {
        let mut world = if brokers == 0 {
            well(controllers, controllers, true, false, "4.1.2")
        } else {
            well(brokers, controllers, false, false, "4.1.2")
        };
        for node in world.nodes.values_mut() {
            node.pod = Pod::Stuck { until: i64::MAX };
            node.behind = 3;
        }
        world.active = None;
        world.bad = vec![world.declared.clone()];
        world.declared.config = 1;
        let life = Life { world, rules: super::lives::rules(soak), faults: Vec::new(), kills: BTreeMap::new() };
        carried_out(&life, &Goal::Reconfigure, |_| {})?;
    }
}
