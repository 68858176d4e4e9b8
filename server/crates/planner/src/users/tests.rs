use super::{
    world::{Secret, World},
    *,
};
use crate::tenancy::Pattern;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn rule(resource: AclResource, name: &str, pattern: Pattern, operation: AclOperation) -> AclRule {
    AclRule {
        resource,
        name: name.to_owned(),
        pattern,
        operation,
        permission: AclPermission::Allow,
        host: "*".to_owned(),
    }
}

fn empty() -> World {
    World {
        credential: None,
        acls: BTreeSet::new(),
        quotas: BTreeMap::new(),
        secret: Secret::Absent,
        recorded: None,
        passwords_made: 0,
    }
}

#[test]
fn to_consume_is_to_read_and_describe_the_topic_and_read_the_group() {
    let grant = GrantWish {
        topic: Named::literal("orders"),
        access: Access::Consume,
        groups: vec![Named::prefixed("shop.")],
        transactional_ids: vec![Named::literal("tx")],
    };
    let expected: BTreeSet<_> = [
        rule(AclResource::Topic, "orders", Pattern::Literal, AclOperation::Read),
        rule(AclResource::Topic, "orders", Pattern::Literal, AclOperation::Describe),
        rule(AclResource::Group, "shop.", Pattern::Prefixed, AclOperation::Read),
    ]
    .into();
    assert_eq!(acls_of_grant(&grant), expected);
}

#[test]
fn to_produce_is_to_write_and_describe_the_topic_and_the_transactional_id() {
    let grant = GrantWish {
        topic: Named::prefixed("orders."),
        access: Access::Produce,
        groups: vec![Named::literal("g")],
        transactional_ids: vec![Named::literal("tx")],
    };
    let expected: BTreeSet<_> = [
        rule(AclResource::Topic, "orders.", Pattern::Prefixed, AclOperation::Write),
        rule(AclResource::Topic, "orders.", Pattern::Prefixed, AclOperation::Describe),
        rule(AclResource::TransactionalId, "tx", Pattern::Literal, AclOperation::Write),
        rule(AclResource::TransactionalId, "tx", Pattern::Literal, AclOperation::Describe),
    ]
    .into();
    assert_eq!(acls_of_grant(&grant), expected);
}

#[test]
fn a_new_user_gets_its_secret_before_its_credential() {
    let acls: BTreeSet<_> = [rule(AclResource::Topic, "t", Pattern::Literal, AclOperation::Read)].into();
    let wish = UserWish { acls: acls.clone(), quotas: BTreeMap::new() };
    let plan = plan_user(&wish, &empty().observe());
    assert_eq!(plan.acts, [UserAct::MakeSecret, UserAct::SetCredential, UserAct::AddAcls(acls)]);
}

#[test]
fn a_kafka_user_that_is_not_ours_is_neither_taken_over_nor_deleted() {
    let world = World { credential: Some(99), ..empty() };
    let plan = plan_user(&UserWish { acls: BTreeSet::new(), quotas: BTreeMap::new() }, &world.observe());
    assert_eq!((plan.acts.as_slice(), plan.hindrance), (&[][..], Some(UserHindrance::ForeignUser)));
    assert_eq!(plan_user_removal(&world.observe()), []);
}

#[test]
fn a_secret_that_is_not_ours_is_left_alone_while_revocations_still_count() {
    let old = rule(AclResource::Topic, "t", Pattern::Literal, AclOperation::Read);
    let world = World {
        secret: Secret::Foreign,
        recorded: Some(1),
        credential: Some(1),
        acls: [old.clone()].into(),
        ..empty()
    };
    let plan = plan_user(&UserWish { acls: BTreeSet::new(), quotas: BTreeMap::new() }, &world.observe());
    assert_eq!(plan.acts, [UserAct::RemoveAcls([old].into())]);
    assert_eq!(plan.hindrance, Some(UserHindrance::ForeignSecret));
}

#[test]
fn a_user_that_may_no_longer_be_loses_its_acls_and_one_that_is_not_ours_nothing() {
    let acls: BTreeSet<_> = [rule(AclResource::Topic, "t", Pattern::Literal, AclOperation::Read)].into();
    let ours = World { recorded: Some(1), credential: Some(1), acls: acls.clone(), ..empty() };
    assert_eq!(plan_user_suspension(&ours.observe()), [UserAct::RemoveAcls(acls.clone())]);
    let foreign = World { credential: Some(1), acls, ..empty() };
    assert_eq!(plan_user_suspension(&foreign.observe()), []);
}

#[test]
fn names_for_rotation_and_names_with_powers_are_kept() {
    let powerful = ["payments.root".to_owned()].into();
    assert!(reserved("payments.app.b", &powerful));
    assert!(reserved("payments.root", &powerful));
    assert!(!reserved("payments.app", &powerful));
}

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

fn some_world() -> impl Strategy<Value = World> {
    let texts = prop::sample::select(vec![SecretTexts::Current, SecretTexts::Outdated]);
    let secret = prop_oneof![
        Just(Secret::Absent),
        Just(Secret::Foreign),
        Just(Secret::Tampered),
        (0u32..3, texts).prop_map(|(password, texts)| Secret::Ours { password, texts }),
    ];
    (prop::option::of(0u32..3), some_rules(), some_quotas(), secret, prop::option::of(0u32..3)).prop_map(
        |(credential, acls, quotas, secret, recorded)| World {
            credential,
            acls,
            quotas,
            secret,
            // What we recorded is what we last set: a credential that is there holds just that.
            recorded: recorded.map(|recorded| credential.unwrap_or(recorded)),
            passwords_made: 10,
        },
    )
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
    fn a_plan_reaches_the_wish_and_then_plans_nothing_even_when_killed_between_any_two_acts(
        acls in some_rules(), quotas in some_quotas(), world in some_world(),
    ) {
        let wish = UserWish { acls, quotas };
        let plan = plan_user(&wish, &world.observe());
        let mut done = world.clone();
        for act in &plan.acts {
            prop_assert_eq!(done.apply(act), Ok(()));
        }
        if plan.hindrance.is_none() {
            prop_assert_eq!(&done.acls, &wish.acls);
            prop_assert_eq!(&done.quotas, &wish.quotas);
            // The password that people read is the one that Kafka accepts.
            let Secret::Ours { password, texts: SecretTexts::Current } = done.secret else {
                return Err(TestCaseError::fail(format!("{:?}", done.secret)));
            };
            prop_assert_eq!(done.credential, Some(password));
        } else {
            prop_assert!(done.acls.is_subset(&world.acls));
            prop_assert_eq!((done.credential, done.secret), (world.credential, world.secret));
        }
        prop_assert_eq!(plan_user(&wish, &done.observe()).acts, vec![]);
        for killed_after in 0..plan.acts.len() {
            let mut resumed = world.clone();
            for act in &plan.acts[..killed_after] {
                prop_assert_eq!(resumed.apply(act), Ok(()));
            }
            for act in plan_user(&wish, &resumed.observe()).acts {
                prop_assert_eq!(resumed.apply(&act), Ok(()));
            }
            prop_assert_eq!(&resumed, &done);
        }
    }

    #[test]
    fn a_removal_leaves_nothing_of_ours_and_everything_else(world in some_world(), killed_after in 0usize..4) {
        let ours = world.observe().is_ours();
        let mut done = world.clone();
        for act in plan_user_removal(&world.observe()).iter().take(killed_after) {
            prop_assert_eq!(done.apply(act), Ok(()));
        }
        for act in plan_user_removal(&done.observe()) {
            prop_assert_eq!(done.apply(&act), Ok(()));
        }
        if ours {
            prop_assert_eq!(done.credential, None);
            prop_assert!(done.acls.is_empty() && done.quotas.is_empty());
            prop_assert!(matches!(done.secret, Secret::Absent | Secret::Foreign));
            prop_assert_eq!(done.secret == Secret::Foreign, world.secret == Secret::Foreign);
        } else {
            prop_assert_eq!(done, world);
        }
    }
}
