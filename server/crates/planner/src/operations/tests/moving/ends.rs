//! How a fleet has to be once an operation in it is over.

use super::{
    errands::Errand,
    fleet::Whose,
    lives::{End, Life, Told, live},
};
use crate::operations::{Next, Ours, Pace, plan};
use klamm_model::BrokerId;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Carries it out, and looks at what came of it.
pub(super) fn carried_out(life: &Life) -> Result<Told, TestCaseError> {
    let told = live(life)?;
    nothing_is_left(&told)?;
    match told.end {
        End::Done => everything_is_there(life, &told)?,
        End::Cancelled | End::Failed => everything_is_back(&told)?,
    }
    Ok(told)
}

/// Whatever came of it, nothing of ours is in anybody's way.
fn nothing_is_left(told: &Told) -> Result<(), TestCaseError> {
    let Told { fleet, ours, .. } = told;
    let still: Vec<_> = fleet.moves.iter().filter(|(_, way)| way.whose == Whose::Ours).collect();
    prop_assert!(still.is_empty(), "on their way still: {still:?}");
    prop_assert!(ours.moving.is_empty(), "written down as on their way still: {:?}", ours.moving);
    prop_assert!(ours.throttle.is_none(), "written down as limited still: {:?}", ours.throttle);
    prop_assert!(fleet.limits.is_empty(), "brokers are limited still: {:?}", fleet.limits);
    prop_assert!(fleet.limited.is_empty(), "partitions are limited still: {:?}", fleet.limited);
    Ok(())
}

/// Brokers of those that are there which were told to take nothing.
fn cordoned(told: &Told) -> BTreeSet<BrokerId> {
    told.fleet.cordoned.iter().copied().filter(|id| told.fleet.world.nodes.contains_key(id)).collect()
}

/// What was on its way is as it was, in its order, unless somebody else has moved it.
fn everything_is_back(told: &Told) -> Result<(), TestCaseError> {
    let fleet = &told.fleet;
    prop_assert!(told.ours.is_nothing(), "{:?}", told.ours);
    let cordoned = cordoned(told);
    prop_assert!(cordoned.is_empty(), "{cordoned:?} take no replicas still");
    for place in fleet.places().iter().filter(|place| !fleet.touched.contains(*place)) {
        let now = fleet.partition(place).map(|partition| &partition.replicas);
        prop_assert_eq!(now, fleet.rightful.get(place), "{:?} is not as it was", place);
    }
    Ok(())
}

fn everything_is_there(life: &Life, told: &Told) -> Result<(), TestCaseError> {
    let fleet = &told.fleet;
    prop_assert!(fleet.moves.is_empty(), "somebody else still moves {:?}", fleet.moves);
    let there: BTreeSet<BrokerId> =
        fleet.world.nodes.keys().copied().filter(|id| !fleet.missing.contains(id)).collect();
    for place in fleet.places() {
        let replicas = fleet.partition(&place).map(|partition| partition.replicas.clone()).unwrap_or_default();
        let brokers: BTreeSet<BrokerId> = replicas.iter().copied().collect();
        prop_assert_eq!(brokers.len(), fleet.factors[&place.0], "replicas of {:?}: {:?}", place, replicas);
        prop_assert_eq!(replicas.len(), brokers.len(), "two replicas of {:?} on a broker: {:?}", place, replicas);
        prop_assert!(brokers.is_subset(&there), "{place:?} lies on {replicas:?}, and only {there:?} are there");
    }
    for id in &fleet.drained {
        let held = fleet.held(*id);
        prop_assert!(held.is_empty(), "broker {id} was to be emptied, and has {held:?}");
    }
    prop_assert!(fleet.missing.is_empty(), "{:?} were to come", fleet.missing);
    let stay: Vec<_> = fleet.surplus.iter().filter(|id| there.contains(id)).collect();
    prop_assert!(stay.is_empty(), "{stay:?} were to go");
    let voters: BTreeSet<BrokerId> =
        fleet.world.nodes.iter().filter(|(_, node)| node.controller).map(|(id, _)| *id).collect();
    prop_assert!(!voters.is_empty() && voters.is_subset(&there), "{voters:?} vote, and {there:?} are there");
    let cordoned = cordoned(told);
    prop_assert!(cordoned.is_subset(&fleet.drained), "{cordoned:?} take no replicas still");
    if life.is_quiet() {
        for place in fleet.places() {
            let led = fleet.partition(&place).map(|of| (of.leader, of.replicas.first().copied()));
            prop_assert!(led.is_some_and(|(now, preferred)| now == preferred), "{place:?} is led by {led:?}");
        }
    }
    nothing_is_left_to_do(life, told)
}

/// A second plan finds everything as it is to be. What was only to become more even is so as of when it was planned, which is still
/// remembered; where nothing has happened meanwhile, that is now.
fn nothing_is_left_to_do(life: &Life, told: &Told) -> Result<(), TestCaseError> {
    let joined_anew = matches!(life.errand, Errand::Down { .. }) && !told.ours.joined.is_empty();
    let ours = if life.is_quiet() || (life.errand.is_lasting() && !joined_anew) {
        Ours { aim: None, ..told.ours.clone() }
    } else {
        told.ours.clone()
    };
    let again = plan(&life.goal, &told.fleet.observe(&ours.moving), &told.rules, &ours, &Pace::default());
    prop_assert_eq!(&again.next, &Next::Done, "planned once more after {} acts", told.acts.len());
    prop_assert!(again.steps.is_empty(), "{:?}", again.steps);
    Ok(())
}
