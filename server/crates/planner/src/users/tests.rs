use super::{
    world::{InKafka, Secret, World},
    *,
};
use crate::tenancy::Pattern;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn rule(resource: AclResource, name: &str, pattern: Pattern, operation: AclOperation) -> AclRule {
    AclRule {
        resource,
        name: name.to_owned(),
        pattern,
        operation,
        permission: AclPermission::Allow,
        host: "*".to_owned(),
    }
}

fn wish(acls: impl IntoIterator<Item = AclRule>, rotate: Option<&str>) -> UserWish {
    UserWish { acls: acls.into_iter().collect(), quotas: BTreeMap::new(), rotate: rotate.map(str::to_owned) }
}

pub(super) fn read(topic: &str) -> AclRule {
    rule(AclResource::Topic, topic, Pattern::Literal, AclOperation::Read)
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

/// Plans and acts until nothing is left to do.
pub(super) fn settle(world: &mut World, wish: &UserWish) -> Result<(), String> {
    world.rotate.clone_from(&wish.rotate);
    for _ in 0..8 {
        let plan = plan_user(wish, &world.observe());
        if plan.acts.is_empty() {
            return Ok(());
        }
        for act in &plan.acts {
            world.apply(act).map_err(|why| format!("{act:?}: {why}\n{world:?}"))?;
        }
    }
    Err(format!("never at rest: {world:?}"))
}

fn settled(wish: &UserWish) -> World {
    let mut world = World::empty();
    settle(&mut world, wish).unwrap();
    world
}

#[test]
fn a_new_user_gets_its_secret_before_its_credential() {
    let plan = plan_user(&wish([read("t")], Some("1")), &World::empty().observe());
    let standing = Standing { current: Half::First, previous: None, answers: Some("1".to_owned()) };
    assert_eq!(
        plan.acts,
        [
            UserAct::MakeSecret(Half::First),
            UserAct::SetCredential(Half::First),
            UserAct::AddAcls(Half::First, [read("t")].into()),
            UserAct::Record(standing),
        ]
    );
}

#[test]
fn a_rotation_completes_the_other_user_before_the_secret_names_it() {
    let mut world = settled(&wish([read("t")], None));
    let rotating = wish([read("t")], Some("1"));
    let plan = plan_user(&rotating, &world.observe());
    let standing = Standing { current: Half::Second, previous: Some(Half::First), answers: Some("1".to_owned()) };
    assert_eq!(
        plan.acts,
        [
            UserAct::Announce(Half::Second),
            UserAct::AddAcls(Half::Second, [read("t")].into()),
            UserAct::MakeCredential(Half::Second),
            UserAct::SwitchSecret(Half::Second),
            UserAct::Record(standing),
        ]
    );
    settle(&mut world, &rotating).unwrap();
    assert!(world.kafka.first.credential.is_some(), "the one before works on");
    world.previous = Some((Half::First, Grace::Over));
    settle(&mut world, &rotating).unwrap();
    assert_eq!((&world.kafka.first, world.previous), (&InKafka::default(), None));
}

#[test]
fn a_second_rotation_waits_for_the_grace_of_the_first_and_returns_to_the_first_name() {
    let mut world = settled(&wish([], Some("1")));
    settle(&mut world, &wish([], Some("2"))).unwrap();
    let third = wish([], Some("3"));
    settle(&mut world, &third).unwrap();
    assert_eq!(plan_user(&third, &world.observe()).rotation, Rotation::Waits);
    assert_eq!(world.recorded.unwrap().0, Half::Second);
    world.previous = Some((Half::First, Grace::Over));
    let before = world.kafka.first.credential;
    settle(&mut world, &third).unwrap();
    assert_eq!((world.recorded.unwrap().0, world.previous), (Half::First, Some((Half::Second, Grace::Running))));
    assert_ne!(world.kafka.first.credential, before, "with a password of its own");
}

#[test]
fn what_is_revoked_during_the_grace_ends_for_both() {
    let mut world = settled(&wish([read("t"), read("u")], Some("1")));
    settle(&mut world, &wish([read("t"), read("u")], Some("2"))).unwrap();
    let plan = plan_user(&wish([read("u")], Some("2")), &world.observe());
    let gone: BTreeSet<_> = [read("t")].into();
    let expected = Half::BOTH.map(|half| UserAct::RemoveAcls(half, gone.clone()));
    assert_eq!(plan.acts, expected);
}

#[test]
fn a_rotation_does_not_take_over_anothers_second_user_and_holds_back_nothing_else() {
    let mut world = settled(&wish([], Some("1")));
    world.kafka.second = InKafka { credential: Some(99), foreign: true, ..InKafka::default() };
    let rotating = wish([read("t")], Some("2"));
    settle(&mut world, &rotating).unwrap();
    let plan = plan_user(&rotating, &world.observe());
    assert_eq!((plan.rotation, plan.hindrance), (Rotation::Foreign(Half::Second), None));
    assert_eq!(world.kafka.first.acls, [read("t")].into());
    assert_eq!(world.kafka.second.credential, Some(99));
}

#[test]
fn a_rotation_that_is_taken_back_half_way_leaves_nothing() {
    let before = settled(&wish([read("t")], Some("1")));
    let mut world = before.clone();
    world.rotate = Some("2".to_owned());
    for act in plan_user(&wish([read("t")], Some("2")), &world.observe()).acts.iter().take(3) {
        world.apply(act).unwrap();
    }
    assert!(world.kafka.second.credential.is_some());
    settle(&mut world, &wish([read("t")], Some("1"))).unwrap();
    assert_eq!((world.kafka, world.secret, world.next), (before.kafka, before.secret, None));
}

#[test]
fn a_switch_that_was_not_written_down_is_known_by_the_secret() {
    let mut world = settled(&wish([], Some("1")));
    let second = wish([], Some("2"));
    world.rotate = Some("2".to_owned());
    let acts = plan_user(&second, &world.observe()).acts;
    for act in &acts[..acts.len() - 1] {
        world.apply(act).unwrap();
    }
    // Asked for once more while nobody could answer: the password made for the second time does not answer the third.
    let plan = plan_user(&wish([], Some("3")), &world.observe());
    let standing = Standing { current: Half::Second, previous: Some(Half::First), answers: Some("2".to_owned()) };
    assert_eq!(plan.acts, [UserAct::SetCredential(Half::Second), UserAct::Record(standing)]);
    let switched = world.secret.clone();
    settle(&mut world, &second).unwrap();
    assert_eq!((world.secret, world.previous), (switched, Some((Half::First, Grace::Running))));
}

#[test]
fn an_old_copy_of_the_secret_and_a_forged_name_are_not_believed() {
    let mut world = settled(&wish([], Some("1")));
    let old = world.secret.clone();
    settle(&mut world, &wish([], Some("2"))).unwrap();
    world.secret = old;
    let plan = plan_user(&wish([], Some("2")), &world.observe());
    assert_eq!(plan.acts[..2], [UserAct::MakeSecret(Half::Second), UserAct::SetCredential(Half::Second)]);

    let mut forged = settled(&wish([], None));
    forged.kafka.second = InKafka { credential: Some(99), foreign: true, ..InKafka::default() };
    forged.secret = Secret::Ours { half: Half::Second, password: 99, texts: SecretTexts::Current, answers: None };
    settle(&mut forged, &wish([], None)).unwrap();
    assert_eq!(forged.kafka.second.credential, Some(99));
}

#[test]
fn a_secret_whose_name_changed_is_written_anew_before_the_old_one_goes() {
    let mut world = settled(&wish([], None));
    let Secret::Ours { texts, .. } = &mut world.secret else { panic!() };
    *texts = SecretTexts::Outdated;
    world.former = Presence::Present;
    let plan = plan_user(&wish([], None), &world.observe());
    assert_eq!(plan.acts, [UserAct::RefreshSecret(Half::First), UserAct::DeleteFormerSecret]);
}

#[test]
fn a_kafka_user_that_is_not_ours_is_neither_taken_over_nor_deleted() {
    let mut world = World::empty();
    world.kafka.first = InKafka { credential: Some(99), foreign: true, ..InKafka::default() };
    let plan = plan_user(&wish([], None), &world.observe());
    assert_eq!((plan.acts.as_slice(), plan.hindrance), (&[][..], Some(UserHindrance::ForeignUser)));
    assert_eq!(plan_user_removal(&world.observe()), []);

    // A Secret that looks like ours, made by whoever may make Secrets there, speaks for nobody.
    world.secret = Secret::Ours { half: Half::First, password: 7, texts: SecretTexts::Current, answers: None };
    let plan = plan_user(&wish([], None), &world.observe());
    assert_eq!((plan.acts.as_slice(), plan.hindrance), (&[][..], Some(UserHindrance::ForeignUser)));
    assert_eq!(plan_user_removal(&world.observe()), [UserAct::DeleteSecret]);
}

#[test]
fn a_secret_that_is_not_ours_is_left_alone_while_revocations_still_count() {
    let mut world = settled(&wish([read("t")], None));
    world.secret = Secret::Foreign;
    let plan = plan_user(&wish([], None), &world.observe());
    assert_eq!(plan.acts, [UserAct::RemoveAcls(Half::First, [read("t")].into())]);
    assert_eq!(plan.hindrance, Some(UserHindrance::ForeignSecret));
}

#[test]
fn a_user_that_may_no_longer_be_loses_its_acls_and_one_that_is_not_ours_nothing() {
    let ours = settled(&wish([read("t")], None));
    let expected = [UserAct::RemoveAcls(Half::First, [read("t")].into())];
    assert_eq!(plan_user_suspension(&ours.observe()), expected);
    let mut foreign = World::empty();
    foreign.kafka.first =
        InKafka { credential: Some(1), acls: [read("t")].into(), foreign: true, ..InKafka::default() };
    assert_eq!(plan_user_suspension(&foreign.observe()), []);
}

#[test]
fn a_password_that_was_to_end_ends_even_when_nobody_understands_the_declaration_any_more() {
    let mut world = settled(&wish([read("t")], Some("1")));
    settle(&mut world, &wish([read("t")], Some("2"))).unwrap();
    assert_eq!(plan_user_upkeep(&world.observe()), []);
    world.previous = Some((Half::First, Grace::Over));
    let ends = [UserAct::DeleteCredential(Half::First), UserAct::RemoveAcls(Half::First, [read("t")].into())];
    assert_eq!(plan_user_upkeep(&world.observe()), ends);
    let suspended = [ends.to_vec(), vec![UserAct::RemoveAcls(Half::Second, [read("t")].into())]].concat();
    assert_eq!(plan_user_suspension(&world.observe()), suspended);
}

#[test]
fn names_for_rotation_and_names_with_powers_are_kept() {
    let powerful = ["payments.root".to_owned()].into();
    assert!(reserved("payments.app.b", &powerful));
    assert!(reserved("payments.root", &powerful));
    assert!(!reserved("payments.app", &powerful));
}
