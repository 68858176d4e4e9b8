use super::{world::World, *};
use klamm_model::{Known, TopicName};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const THROTTLE: &str = "leader.replication.throttled.replicas";

fn name(value: &str) -> TopicName {
    TopicName::new(value).unwrap()
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn wish() -> TopicWish {
    TopicWish {
        name: name("t"),
        partitions: None,
        replication_factor: None,
        config: BTreeMap::new(),
        formerly_declared: BTreeSet::new(),
        declaration: Declaration::New,
        collides_with: None,
    }
}

fn state(partitions: u32, replication_factor: u32, config: &[(&str, &str)]) -> TopicState {
    let config = texts(config).into_iter().map(|(key, value)| (key, Some(value))).collect();
    TopicState { id: "id".to_owned(), partitions, replication_factor, config }
}

fn reasons(plan: &TopicPlan) -> Vec<&RefusalReason> {
    plan.refusals.iter().map(|refusal| &refusal.reason).collect()
}

#[test]
fn a_missing_topic_is_created_with_what_is_declared_and_the_clusters_defaults() {
    let wanted = TopicWish { partitions: Some(20), config: texts(&[("retention.ms", "1000")]), ..wish() };
    let policy = TopicPolicy { default_partitions: Some(3), default_replication_factor: Some(2), ..Default::default() };
    let plan = plan_topic(&wanted, &TopicObserved::Absent, &policy);
    assert_eq!(plan.standing, Standing::Missing);
    assert_eq!(
        plan.acts,
        [TopicAct::Create {
            partitions: Some(20),
            replication_factor: Some(2),
            config: texts(&[("retention.ms", "1000")])
        }]
    );
}

#[test]
fn a_refused_field_does_not_hold_back_the_others() {
    let wanted = TopicWish {
        partitions: Some(2),
        replication_factor: Some(3),
        config: texts(&[("retention.ms", "5000")]),
        ..wish()
    };
    let plan = plan_topic(&wanted, &TopicObserved::Present(state(4, 2, &[])), &TopicPolicy::default());
    assert_eq!(
        reasons(&plan),
        [&RefusalReason::FewerPartitions { wanted: 2, have: 4 }, &RefusalReason::FactorDiffers { wanted: 3, have: 2 }]
    );
    assert_eq!(plan.acts, [TopicAct::AlterConfig { set: texts(&[("retention.ms", "5000")]), unset: BTreeSet::new() }]);
}

#[test]
fn a_topic_is_not_created_with_other_numbers_than_were_asked_for() {
    let policy = TopicPolicy { brokers: Known::Known(3), max_partitions: Some(2000), ..Default::default() };
    for (partitions, factor, reason) in [
        (Some(2001), None, RefusalReason::TooManyPartitions { wanted: 2001, cap: 2000 }),
        (Some(0), None, RefusalReason::OutOfRange { wanted: 0, most: i64::from(i32::MAX) }),
        (Some(-1), None, RefusalReason::OutOfRange { wanted: -1, most: i64::from(i32::MAX) }),
        (Some(1 << 40), None, RefusalReason::OutOfRange { wanted: 1 << 40, most: i64::from(i32::MAX) }),
        (None, Some(4), RefusalReason::FactorAboveBrokers { wanted: 4, brokers: 3 }),
    ] {
        let wanted = TopicWish { partitions, replication_factor: factor, ..wish() };
        let plan = plan_topic(&wanted, &TopicObserved::Absent, &policy);
        assert_eq!(plan.acts, []);
        assert_eq!(plan.standing, Standing::CannotBeCreated);
        assert_eq!(reasons(&plan), [&reason]);
    }
}

#[test]
fn retention_is_capped_in_64_bits_and_for_ever_is_above_every_cap() {
    let policy = TopicPolicy { max_retention_ms: Some(604_800_000), ..Default::default() };
    for (value, refused) in
        [("604800000", false), ("604800001", true), ("2147483648", true), ("-1", true), ("99999999999999999999", true)]
    {
        let wanted = TopicWish { config: texts(&[("retention.ms", value)]), ..wish() };
        let plan = plan_topic(&wanted, &TopicObserved::Present(state(1, 1, &[])), &policy);
        assert_eq!(!plan.refusals.is_empty(), refused, "{value}");
        assert_eq!(plan.acts.is_empty(), refused, "{value}");
    }
}

#[test]
fn a_lower_cap_does_not_make_an_existing_topic_wrong() {
    let wanted = TopicWish { partitions: Some(50), config: texts(&[("retention.ms", "-1")]), ..wish() };
    let policy = TopicPolicy { max_partitions: Some(10), max_retention_ms: Some(10), ..Default::default() };
    let plan = plan_topic(&wanted, &TopicObserved::Present(state(50, 1, &[("retention.ms", "-1")])), &policy);
    assert_eq!((plan.acts.as_slice(), plan.refusals.as_slice(), plan.standing), (&[][..], &[][..], Standing::InStep));
}

#[test]
fn keys_no_longer_declared_go_back_and_foreign_keys_stay() {
    let wanted = TopicWish { formerly_declared: ["a", "gone", THROTTLE].map(str::to_owned).into(), ..wish() };
    let topic = state(1, 1, &[("a", "1"), ("foreign", "2"), (THROTTLE, "0:1")]);
    let plan = plan_topic(&wanted, &TopicObserved::Present(topic), &TopicPolicy::default());
    assert_eq!(plan.acts, [TopicAct::AlterConfig { set: BTreeMap::new(), unset: ["a".to_owned()].into() }]);
}

#[test]
fn throttles_cannot_be_declared() {
    let wanted = TopicWish { config: texts(&[(THROTTLE, "*")]), ..wish() };
    for topic in [state(1, 1, &[]), state(1, 1, &[(THROTTLE, "*")])] {
        let plan = plan_topic(&wanted, &TopicObserved::Present(topic), &TopicPolicy::default());
        assert_eq!(reasons(&plan), [&RefusalReason::BelongsToOperations]);
        assert_eq!(plan.acts, []);
    }
}

#[test]
fn kafkas_own_topics_are_left_alone() {
    let wanted = TopicWish { name: name("__consumer_offsets"), partitions: Some(100), ..wish() };
    let plan = plan_topic(&wanted, &TopicObserved::Present(state(50, 1, &[])), &TopicPolicy::default());
    assert_eq!((plan.acts.as_slice(), reasons(&plan)), (&[][..], vec![&RefusalReason::InternalTopic]));
    let removal = Removal { name: wanted.name, deletion: Deletion::Delete, recorded_id: None };
    let plan = plan_removal(&removal, &TopicObserved::Present(state(50, 1, &[])));
    assert_eq!(plan, RemovalPlan { acts: vec![], outcome: RemovalOutcome::Protected });
}

#[test]
fn names_that_collide_in_metrics_are_refused_before_creation_only() {
    let wanted = TopicWish { collides_with: Some(name("a_b")), name: name("a.b"), ..wish() };
    let refused = plan_topic(&wanted, &TopicObserved::Absent, &TopicPolicy::default());
    assert_eq!(reasons(&refused), [&RefusalReason::CollidesInMetrics { with: name("a_b") }]);
    assert_eq!(refused.acts, []);
    let there = plan_topic(&wanted, &TopicObserved::Present(state(1, 1, &[])), &TopicPolicy::default());
    assert_eq!(there.refusals, []);
}

#[test]
fn drift_is_reverted_or_reported_with_key_wanted_and_found() {
    let wanted =
        TopicWish { config: texts(&[("retention.ms", "1000")]), declaration: Declaration::CarriedOut, ..wish() };
    let found = TopicObserved::Present(state(1, 1, &[("retention.ms", "7"), ("other", "x")]));
    let reverted = plan_topic(&wanted, &found, &TopicPolicy::default());
    assert_eq!(reverted.standing, Standing::Drifted);
    assert_eq!(reverted.acts.len(), 1);
    let report = TopicPolicy { drift: DriftPolicy::Report, ..Default::default() };
    let reported = plan_topic(&wanted, &found, &report);
    assert_eq!((reported.standing, reported.acts.len()), (Standing::DriftLeft, 0));
    assert_eq!(
        reported.differences,
        [Difference {
            field: TopicField::Config("retention.ms".to_owned()),
            wanted: "1000".to_owned(),
            found: Some("7".to_owned())
        }]
    );
    let news = TopicWish { declaration: Declaration::New, ..wanted };
    assert_eq!(plan_topic(&news, &found, &report).standing, Standing::Differs);
}

#[test]
fn a_topic_goes_only_by_policy_and_only_the_one_that_was_managed() {
    let there = TopicObserved::Present(state(1, 1, &[]));
    let removal =
        |deletion, id: Option<&str>| Removal { name: name("t"), deletion, recorded_id: id.map(str::to_owned) };
    let outcome = |removal: Removal, observed: &TopicObserved| plan_removal(&removal, observed).outcome;
    assert_eq!(outcome(removal(Deletion::Retain, Some("id")), &there), RemovalOutcome::Retained);
    assert_eq!(outcome(removal(Deletion::Delete, Some("id")), &there), RemovalOutcome::Deleted);
    assert_eq!(outcome(removal(Deletion::Delete, None), &there), RemovalOutcome::Deleted);
    assert_eq!(outcome(removal(Deletion::Delete, Some("older")), &there), RemovalOutcome::AnotherTopic);
    assert_eq!(outcome(removal(Deletion::Delete, None), &TopicObserved::Absent), RemovalOutcome::AlreadyGone);
}

#[test]
fn a_topic_that_a_lagging_broker_does_not_show_is_deleted_by_its_id() {
    let removal = Removal { name: name("t"), deletion: Deletion::Delete, recorded_id: Some("id".to_owned()) };
    let plan = plan_removal(&removal, &TopicObserved::Absent);
    assert_eq!(plan.acts, [TopicAct::Delete { id: "id".to_owned() }]);
    let kept = plan_removal(&Removal { deletion: Deletion::Retain, ..removal }, &TopicObserved::Absent);
    assert_eq!(kept.acts, []);
}

fn keys() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "retention.ms", THROTTLE]).prop_map(str::to_owned)
}

fn values() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["1", "2", "-1", "x", " 1 ", "30"]).prop_map(str::to_owned)
}

fn some_wish() -> impl Strategy<Value = TopicWish> {
    (
        prop::option::of(-1i64..6),
        prop::option::of(0i64..5),
        prop::collection::btree_map(keys(), values(), 0..4),
        prop::collection::btree_set(keys(), 0..3),
        prop::sample::select(vec![Declaration::New, Declaration::CarriedOut]),
    )
        .prop_map(|(partitions, replication_factor, config, formerly_declared, declaration)| TopicWish {
            partitions,
            replication_factor,
            config,
            formerly_declared,
            declaration,
            ..wish()
        })
}

fn some_topic() -> impl Strategy<Value = TopicState> {
    (1u32..6, 1u32..4, prop::collection::btree_map(keys(), prop::option::of(values()), 0..4))
        .prop_map(|(partitions, factor, config)| TopicState { config, ..state(partitions, factor, &[]) })
}

fn some_world() -> impl Strategy<Value = World> {
    (prop::option::of(some_topic()), 1u32..5).prop_map(|(topic, brokers)| {
        let mut world = World::new(brokers);
        world.topics.extend(topic.map(|topic| (name("t"), topic)));
        world
    })
}

fn some_policy() -> impl Strategy<Value = TopicPolicy> {
    (
        prop::option::of(1i64..5),
        prop::option::of(1i64..4),
        prop::option::of(1i64..20),
        prop::option::of(Just(1i64)),
        prop::sample::select(vec![DriftPolicy::Revert, DriftPolicy::Report]),
    )
        .prop_map(|(max_partitions, max_replication_factor, max_retention_ms, default, drift)| TopicPolicy {
            max_partitions,
            max_replication_factor,
            max_retention_ms,
            default_partitions: default,
            default_replication_factor: default,
            default_config: BTreeMap::new(),
            drift,
            brokers: Known::Unknown,
        })
}

/// What a topic must be after its declaration was carried out, said without the planner's words.
fn check(wish: &TopicWish, plan: &TopicPlan, before: Option<&TopicState>, after: &TopicState) -> Result<(), String> {
    let refused: BTreeSet<_> = plan.refusals.iter().map(|refusal| refusal.field.clone()).collect();
    if let Some(wanted) = wish.partitions
        && !refused.contains(&TopicField::Partitions)
        && i64::from(after.partitions) != wanted
    {
        return Err(format!("{wanted} partitions wanted, {} there", after.partitions));
    }
    if let Some(before) = before
        && (after.partitions < before.partitions || after.replication_factor != before.replication_factor)
    {
        return Err("partitions were lost or the factor changed".to_owned());
    }
    for key in ["a", "b", "c", "retention.ms", THROTTLE] {
        let old = before.and_then(|before| before.config.get(key));
        let new = after.config.get(key);
        let declared = wish.config.get(key).filter(|_| !refused.contains(&TopicField::Config(key.to_owned())));
        let right = match (declared, wish.config.contains_key(key), wish.formerly_declared.contains(key)) {
            // Hidden by Kafka and carried out before: believed.
            (Some(_), ..) if new == Some(&None) => wish.declaration == Declaration::CarriedOut,
            (Some(value), ..) => new.and_then(Option::as_ref).is_some_and(|new| new.trim() == value.trim()),
            (None, false, true) if key != THROTTLE => new.is_none(),
            (None, _, _) => new == old,
        };
        if !right {
            return Err(format!("{key}: {old:?} became {new:?}, declared {declared:?}"));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_topic_declared_as_it_is_needs_nothing(topic in some_topic(), policy in some_policy()) {
        let mut config: BTreeMap<_, _> = topic.config.iter().filter_map(|(k, v)| Some((k.clone(), v.clone()?))).collect();
        config.remove(THROTTLE);
        let same = TopicWish {
            partitions: Some(i64::from(topic.partitions)),
            replication_factor: Some(i64::from(topic.replication_factor)),
            formerly_declared: config.keys().cloned().collect(),
            config,
            ..wish()
        };
        let plan = plan_topic(&same, &TopicObserved::Present(topic), &policy);
        prop_assert_eq!(plan, TopicPlan { acts: vec![], refusals: vec![], differences: vec![], standing: Standing::InStep });
    }

    #[test]
    fn a_plan_reaches_the_wish_and_then_plans_nothing_even_when_killed_between_any_two_acts(
        wish in some_wish(), world in some_world(), policy in some_policy(),
    ) {
        let policy = TopicPolicy { brokers: Known::Known(world.brokers), drift: DriftPolicy::Revert, ..policy };
        let plan = plan_topic(&wish, &world.observe(&wish.name), &policy);
        let mut done = world.clone();
        for act in &plan.acts {
            prop_assert_eq!(done.apply(&wish.name, act), Ok(()));
        }
        if let Some(after) = done.topics.get(&wish.name) {
            prop_assert_eq!(check(&wish, &plan, world.topics.get(&wish.name), after), Ok(()));
        } else {
            prop_assert_eq!(plan.standing, Standing::CannotBeCreated);
        }
        let again = plan_topic(&wish, &done.observe(&wish.name), &policy);
        prop_assert_eq!(&again.acts, &vec![]);
        let blocks = |plan: &TopicPlan| plan.refusals.iter().map(|refusal| refusal.field.clone()).collect::<Vec<_>>();
        prop_assert_eq!(blocks(&again), blocks(&plan));
        for killed_after in 0..plan.acts.len() {
            let mut resumed = world.clone();
            for act in &plan.acts[..killed_after] {
                prop_assert_eq!(resumed.apply(&wish.name, act), Ok(()));
            }
            for act in plan_topic(&wish, &resumed.observe(&wish.name), &policy).acts {
                prop_assert_eq!(resumed.apply(&wish.name, &act), Ok(()));
            }
            prop_assert_eq!(&resumed, &done);
        }
    }

    #[test]
    fn reported_drift_is_never_acted_on(wish in some_wish(), world in some_world(), policy in some_policy()) {
        let wish = TopicWish { declaration: Declaration::CarriedOut, ..wish };
        let policy = TopicPolicy { drift: DriftPolicy::Report, ..policy };
        let plan = plan_topic(&wish, &world.observe(&wish.name), &policy);
        prop_assert_eq!(plan.acts, vec![]);
    }

    #[test]
    fn refusals_tell_what_to_do(wish in some_wish(), world in some_world(), policy in some_policy()) {
        for refusal in plan_topic(&wish, &world.observe(&wish.name), &policy).refusals {
            let sentence = refusal.to_string();
            let advice = ["declare", "leave it out", "choose another"];
            prop_assert!(advice.iter().any(|words| sentence.contains(words)), "{sentence}");
        }
    }
}
