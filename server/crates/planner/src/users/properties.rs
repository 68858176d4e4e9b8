//! What holds whatever happens: histories of wishes, kills and mishaps on the model world.

use super::{
    tests::{read, rule, settle},
    world::{InKafka, Secret, World},
    *,
};
use crate::tenancy::Pattern;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn some_rules() -> impl Strategy<Value = BTreeSet<AclRule>> {
    let resource = prop::sample::select(vec![AclResource::Topic, AclResource::Group]);
    let operation = prop::sample::select(vec![AclOperation::Read, AclOperation::Write]);
    let pattern = prop::sample::select(vec![Pattern::Literal, Pattern::Prefixed]);
    let one = (resource, "[ab]", pattern, operation).prop_map(|(r, name, pattern, op)| rule(r, &name, pattern, op));
    prop::collection::btree_set(one, 0..6)
}

fn some_quotas() -> impl Strategy<Value = Quotas> {
    let key = prop::sample::select(vec![QuotaKey::ProducerByteRate, QuotaKey::ConsumerByteRate]);
    prop::collection::btree_map(key, prop::sample::select(vec![1.0, 2.0]), 0..3)
}

fn some_wish() -> impl Strategy<Value = UserWish> {
    let rotate = prop::option::of(prop::sample::select(vec!["1".to_owned(), "2".to_owned(), "3".to_owned()]));
    (some_rules(), some_quotas(), rotate).prop_map(|(acls, quotas, rotate)| UserWish { acls, quotas, rotate })
}

/// What happens to a user that nobody planned.
#[derive(Clone, Debug)]
enum Mishap {
    None,
    GraceOver,
    SecretLost,
    SecretTampered,
    SecretForeign,
    SecretMoved,
    CredentialLost(Half),
    AclsLost(Half),
    ForeignSecond,
}

impl Mishap {
    fn happen(&self, world: &mut World) {
        match self {
            Self::None => {}
            Self::GraceOver => world.previous = world.previous.map(|(half, _)| (half, Grace::Over)),
            Self::SecretLost => world.secret = Secret::Absent,
            Self::SecretTampered => world.secret = Secret::Tampered,
            Self::SecretForeign => world.secret = Secret::Foreign,
            Self::SecretMoved => {
                if let Secret::Ours { texts, .. } = &mut world.secret {
                    *texts = SecretTexts::Outdated;
                    world.former = Presence::Present;
                }
            }
            Self::CredentialLost(half) => {
                world.kafka.of_mut(*half).credential = None;
                world.forget_what_is_gone(*half);
            }
            Self::AclsLost(half) => {
                world.kafka.of_mut(*half).acls.clear();
                world.forget_what_is_gone(*half);
            }
            // Somebody makes it in Kafka by hand, where there is none. Between the end of ours and the note of it nobody could
            // tell theirs from ours.
            Self::ForeignSecond => {
                let is_ours = [world.recorded.map(|(half, _)| half), world.previous.map(|(half, _)| half), world.next]
                    .contains(&Some(Half::Second));
                let second = &mut world.kafka.second;
                if *second == InKafka::default() && !is_ours {
                    *second = InKafka {
                        credential: Some(99),
                        acls: [read("theirs")].into(),
                        foreign: true,
                        ..InKafka::default()
                    };
                }
            }
        }
    }

    /// Whether it leaves a Secret that cannot sign in, until somebody looks.
    fn breaks_the_secret(&self) -> bool {
        match self {
            Self::None | Self::GraceOver | Self::SecretMoved | Self::AclsLost(_) | Self::ForeignSecond => false,
            Self::SecretLost | Self::SecretTampered | Self::SecretForeign | Self::CredentialLost(_) => true,
        }
    }
}

fn some_mishap() -> impl Strategy<Value = Mishap> {
    let half = || prop::sample::select(Half::BOTH.to_vec());
    prop_oneof![
        Just(Mishap::None),
        Just(Mishap::GraceOver),
        Just(Mishap::GraceOver),
        Just(Mishap::SecretLost),
        Just(Mishap::SecretTampered),
        Just(Mishap::SecretForeign),
        Just(Mishap::SecretMoved),
        Just(Mishap::ForeignSecond),
        half().prop_map(Mishap::CredentialLost),
        half().prop_map(Mishap::AclsLost),
    ]
}

/// Some history: wishes one after the other, each cut off somewhere, each followed by a mishap.
fn some_history() -> impl Strategy<Value = Vec<(UserWish, usize, Mishap)>> {
    prop::collection::vec((some_wish(), 0usize..12, some_mishap()), 0..5)
}

/// Plans and acts, killed after so many acts.
fn interrupted(world: &mut World, wish: &UserWish, acts: usize) -> Result<(), String> {
    world.rotate.clone_from(&wish.rotate);
    for act in plan_user(wish, &world.observe()).acts.iter().take(acts) {
        world.apply(act).map_err(|why| format!("{act:?}: {why}"))?;
    }
    *world = world.clone().killed();
    Ok(())
}

fn lived(history: &[(UserWish, usize, Mishap)]) -> Result<World, TestCaseError> {
    let mut world = World::empty();
    for (wish, acts, mishap) in history {
        interrupted(&mut world, wish, *acts).map_err(TestCaseError::fail)?;
        mishap.happen(&mut world);
    }
    Ok(world)
}

fn signs_in(world: &World) -> bool {
    matches!(&world.secret, Secret::Ours { half, password, .. } if world.kafka.of(*half).credential == Some(*password))
}

/// All but which passwords they are.
fn shape(world: &World) -> impl PartialEq + std::fmt::Debug + use<> {
    let kafka = |half: Half| {
        let found = world.kafka.of(half);
        (found.credential.is_some(), found.acls.clone(), found.quotas.clone(), found.foreign)
    };
    let secret = match &world.secret {
        Secret::Ours { half, texts, .. } => Some((*half, *texts)),
        Secret::Absent | Secret::Foreign | Secret::Tampered => None,
    };
    let recorded = world.recorded.map(|(half, _)| half);
    (kafka(Half::First), kafka(Half::Second), secret, recorded, world.previous, world.next, world.answers.clone())
}

proptest! {
    #[test]
    fn the_difference_of_a_set_with_itself_is_nothing(rules in some_rules()) {
        prop_assert_eq!(acl_change(&rules, &rules), AclChange::default());
    }

    #[test]
    fn the_difference_leads_from_one_set_to_the_other(wanted in some_rules(), found in some_rules()) {
        let change = acl_change(&wanted, &found);
        let mut reached = found;
        for rule in &change.remove {
            prop_assert!(reached.remove(rule));
        }
        for rule in &change.add {
            prop_assert!(reached.insert(rule.clone()));
        }
        prop_assert_eq!(reached, wanted);
    }

    #[test]
    fn whatever_happened_the_wish_is_reached_and_then_nothing_is_planned(
        history in some_history(), last in some_wish(),
    ) {
        let mut world = lived(&history)?;
        let before = world.clone();
        settle(&mut world, &last).map_err(TestCaseError::fail)?;
        let plan = plan_user(&last, &world.observe());
        prop_assert_eq!(&plan.acts, &vec![]);
        for half in Half::BOTH {
            let (before, after) = (before.kafka.of(half), world.kafka.of(half));
            prop_assert!(!before.foreign || before == after, "somebody else's user was touched");
        }
        if plan.hindrance.is_some() {
            return Ok(());
        }
        prop_assert!(signs_in(&world), "{:?}", world);
        let Secret::Ours { half: current, password, texts: SecretTexts::Current, .. } = world.secret else {
            return Err(TestCaseError::fail(format!("{:?}", world.secret)));
        };
        prop_assert_eq!((world.recorded, world.next, world.former), (Some((current, password)), None, Presence::Absent));
        let works = |half: Half| half == current || world.previous == Some((half, Grace::Running));
        for half in Half::BOTH {
            let found = world.kafka.of(half);
            if works(half) {
                prop_assert_eq!((&found.acls, &found.quotas), (&last.acls, &last.quotas));
            } else if !found.foreign {
                prop_assert_eq!(found, &InKafka::default());
            }
        }
        match plan.rotation {
            Rotation::Settled => prop_assert!(last.rotate.is_none() || world.answers == last.rotate),
            Rotation::Waits => prop_assert!(world.previous.is_some() && world.answers != last.rotate),
            Rotation::Foreign(half) => prop_assert!(world.kafka.of(half).foreign && half != current),
            Rotation::Next => return Err(TestCaseError::fail("something comes first, and nothing is planned")),
        }
    }

    #[test]
    fn killed_between_any_two_acts_and_resumed_it_comes_to_the_same_end(
        history in some_history(), last in some_wish(),
    ) {
        let world = lived(&history)?;
        let mut done = world.clone();
        settle(&mut done, &last).map_err(TestCaseError::fail)?;
        let acts = plan_user(&last, &world.observe()).acts.len();
        for killed_after in 0..=acts {
            let mut resumed = world.clone();
            interrupted(&mut resumed, &last, killed_after).map_err(TestCaseError::fail)?;
            settle(&mut resumed, &last).map_err(TestCaseError::fail)?;
            prop_assert_eq!(shape(&resumed), shape(&done), "killed after {}", killed_after);
        }
    }

    #[test]
    fn the_secret_of_a_user_that_works_names_at_every_moment_one_that_works(
        first in some_wish(), wishes in prop::collection::vec((some_wish(), 0usize..12, some_mishap()), 1..6),
    ) {
        let mut world = World::empty();
        settle(&mut world, &first).map_err(TestCaseError::fail)?;
        for (wish, acts, mishap) in wishes.iter().filter(|(_, _, mishap)| !mishap.breaks_the_secret()) {
            world.rotate.clone_from(&wish.rotate);
            for act in plan_user(wish, &world.observe()).acts.iter().take(*acts) {
                prop_assert_eq!(world.apply(act), Ok(()));
                prop_assert!(signs_in(&world), "after {:?}: {:?}", act, world);
                if let UserAct::SwitchSecret(half) = act {
                    prop_assert_eq!(&world.kafka.of(*half).acls, &wish.acls, "and may do what was granted");
                }
            }
            world = world.killed();
            mishap.happen(&mut world);
        }
    }

    #[test]
    fn a_removal_leaves_nothing_of_ours_and_everything_else(history in some_history(), killed_after in 0usize..6) {
        let world = lived(&history)?;
        let mut done = world.clone();
        for act in plan_user_removal(&world.observe()).iter().take(killed_after) {
            prop_assert_eq!(done.apply(act), Ok(()));
        }
        for act in plan_user_removal(&done.observe()) {
            prop_assert_eq!(done.apply(&act), Ok(()));
        }
        for half in Half::BOTH {
            let (before, after) = (world.kafka.of(half), done.kafka.of(half));
            if before.foreign || !world.observe().owns(half) {
                prop_assert_eq!(before, after);
            } else {
                prop_assert_eq!(after, &InKafka::default());
            }
        }
        prop_assert!(matches!(done.secret, Secret::Absent | Secret::Foreign));
        prop_assert_eq!(done.secret == Secret::Foreign, world.secret == Secret::Foreign);
    }
}
