use super::*;
use proptest::prelude::*;

fn ns(value: &str) -> Namespace {
    Namespace::new(value).unwrap()
}

fn topic(value: &str) -> TopicName {
    TopicName::new(value).unwrap()
}

fn tenant(namespace: &str, topics: &[&str], groups: &[&str]) -> Tenant {
    Tenant {
        namespace: ns(namespace),
        topic_prefixes: topics.iter().map(ToString::to_string).collect(),
        group_prefixes: groups.iter().map(ToString::to_string).collect(),
    }
}

fn demo() -> Tenancy {
    Tenancy::new(
        ns("kafka"),
        vec![
            tenant("payments", &["payments.", "sample-topic"], &["payments."]),
            tenant("orders", &["orders."], &["orders."]),
            tenant("fraud", &["payments.fraud."], &["fraud."]),
        ],
    )
}

#[test]
fn a_tenant_declares_within_its_prefixes_and_nowhere_else() {
    let demo = demo();
    assert_eq!(demo.may_declare(&ns("payments"), &topic("payments.a")), Ok(()));
    assert_eq!(demo.may_declare(&ns("payments"), &topic("sample-topic")), Ok(()));
    assert!(matches!(
        demo.may_declare(&ns("payments"), &topic("orders.a")),
        Err(NotAllowed::OutsidePrefixes { allowed, .. }) if allowed == "payments., sample-topic"
    ));
    assert!(matches!(demo.may_declare(&ns("other"), &topic("x")), Err(NotAllowed::NotATenant { .. })));
    assert_eq!(demo.may_declare(&ns("kafka"), &topic("orders.a")), Ok(()));
}

#[test]
fn the_longer_prefix_wins() {
    let demo = demo();
    assert_eq!(
        demo.may_declare(&ns("payments"), &topic("payments.fraud.x")),
        Err(NotAllowed::Anothers { name: "payments.fraud.x".to_owned(), owner: ns("fraud") })
    );
    assert_eq!(demo.may_declare(&ns("fraud"), &topic("payments.fraud.x")), Ok(()));
}

#[test]
fn a_prefix_that_reaches_into_anothers_is_not_ones_own() {
    let demo = demo();
    assert!(demo.owns_topics(&ns("payments"), "payments.", Pattern::Prefixed).is_err());
    assert_eq!(demo.owns_topics(&ns("payments"), "payments.cards.", Pattern::Prefixed), Ok(()));
    assert_eq!(
        demo.owners_of_topics("payments.", Pattern::Prefixed),
        [ns("payments"), ns("fraud")].into_iter().collect()
    );
    assert_eq!(demo.owners_of_topics("unclaimed", Pattern::Literal), [ns("kafka")].into_iter().collect());
}

#[test]
fn a_topic_that_nobody_declares_is_at_home_with_the_only_tenant_whose_it_is() {
    let both = [tenant("orders", &["orders."], &[]), tenant("also-orders", &["orders."], &[])];
    let tenancy =
        Tenancy::new(ns("kafka"), [tenant("payments", &["payments."], &[])].into_iter().chain(both).collect());
    for (name, namespace) in [("payments.a", "payments"), ("elsewhere", "kafka"), ("orders.a", "kafka")] {
        assert_eq!(tenancy.home_of(&topic(name)), ns(namespace), "{name}");
    }
}

#[test]
fn two_tenants_may_share_a_prefix() {
    let shared = Tenancy::new(ns("kafka"), vec![tenant("a", &["x."], &[]), tenant("b", &["x."], &[])]);
    assert_eq!(shared.may_declare(&ns("a"), &topic("x.1")), Ok(()));
    assert_eq!(shared.owns_topics(&ns("b"), "x.", Pattern::Prefixed), Ok(()));
}

#[test]
fn a_group_belongs_to_whoever_has_its_longest_prefix_and_else_to_the_cluster() {
    let groups = [("a", "x."), ("b", "x."), ("c", "x.y.")];
    let tenancy = Tenancy::new(ns("kafka"), groups.map(|(name, prefix)| tenant(name, &[], &[prefix])).into());
    assert_eq!(tenancy.owners_of_group("x.1"), [ns("a"), ns("b")].into());
    assert_eq!(tenancy.owners_of_group("x.y.1"), [ns("c")].into());
    assert_eq!(tenancy.owners_of_group("x"), [ns("kafka")].into());
}

#[test]
fn an_empty_prefix_is_nothing() {
    let careless = Tenancy::new(ns("kafka"), vec![tenant("a", &[""], &[""])]);
    assert!(careless.may_declare(&ns("a"), &topic("anything")).is_err());
    assert!(careless.may_use_group(&ns("a"), "", Pattern::Prefixed).is_err());
}

#[test]
fn transactional_ids_begin_like_groups_or_topics() {
    let demo = demo();
    assert_eq!(demo.may_use_transactional_id(&ns("fraud"), "payments.fraud.tx", Pattern::Literal), Ok(()));
    assert_eq!(demo.may_use_transactional_id(&ns("fraud"), "fraud.tx", Pattern::Literal), Ok(()));
    assert!(demo.may_use_transactional_id(&ns("orders"), "fraud.tx", Pattern::Literal).is_err());
}

#[test]
fn a_workload_has_the_groups_of_its_name_unless_they_are_anothers() {
    let demo = demo();
    let may = |namespace: &str, workload: &str| demo.may_use_groups_of_workload(&ns(namespace), workload);
    assert!(may("payments", "consumer") && may("orders", "consumer") && may("kafka", "consumer"));
    assert!(may("payments", "payments.app") && may("payments", "payments"));
    assert!(!may("payments", "orders.app"), "another's");
    assert!(!may("payments", "orders"), "another's are among them");
    assert!(!may("kafka", "orders") && !may("payments", ""));
}

fn some_tenancy() -> impl Strategy<Value = Tenancy> {
    let prefixes = || prop::collection::vec("[ab]{1,3}", 0..3);
    prop::collection::vec((prefixes(), prefixes()), 0..4).prop_map(|tenants| {
        let tenants = tenants
            .into_iter()
            .enumerate()
            .map(|(i, (topic_prefixes, group_prefixes))| Tenant {
                namespace: ns(&format!("t{i}")),
                topic_prefixes,
                group_prefixes,
            })
            .collect();
        Tenancy::new(ns("home"), tenants)
    })
}

#[test]
fn everything_is_counted_once_with_whoever_is_closest() {
    let demo = demo();
    let topic = |name| demo.tenant_of_topic(name).map(|tenant| tenant.namespace.as_str());
    assert_eq!(topic("payments.a"), Some("payments"));
    assert_eq!(topic("payments.fraud.a"), Some("fraud"));
    assert_eq!((topic("payments"), topic("unclaimed")), (None, None));
    let group = |name| demo.tenant_of_group(name).map(|tenant| tenant.namespace.as_str());
    assert_eq!((group("fraud.a"), group("payments.fraud.a"), group("x")), (Some("fraud"), Some("payments"), None));
    let shared = Tenancy::new(ns("kafka"), vec![tenant("b", &["x.", ""], &[]), tenant("a", &["x."], &[])]);
    assert_eq!(shared.tenant_of_topic("x.1").map(|tenant| tenant.namespace.as_str()), Some("b"));
    assert_eq!(shared.tenant_of_topic("y"), None, "an empty prefix is nothing");
}

proptest! {
    #[test]
    fn whoever_something_is_counted_with_owns_it(tenancy in some_tenancy(), name in "[ab]{1,5}") {
        let owners = tenancy.owners_of_topics(&name, Pattern::Literal);
        if let Some(tenant) = tenancy.tenant_of_topic(&name) {
            prop_assert!(owners.contains(&tenant.namespace));
        } else {
            prop_assert_eq!(owners, [ns("home")].into_iter().collect());
        }
    }

    // Checked against the meaning of the words, not against the code: whoever owns a prefix owns every name in it.
    #[test]
    fn an_owned_prefix_holds_only_owned_names(tenancy in some_tenancy(), prefix in "[ab]{1,3}", rest in "[ab]{0,3}") {
        for tenant in tenancy.tenants() {
            if tenancy.owns_topics(&tenant.namespace, &prefix, Pattern::Prefixed).is_ok() {
                let name = format!("{prefix}{rest}");
                prop_assert_eq!(tenancy.owns_topics(&tenant.namespace, &name, Pattern::Literal), Ok(()));
            }
        }
    }

    #[test]
    fn groups_of_a_workload_are_nobody_elses(tenancy in some_tenancy(), workload in "[ab]{1,3}", rest in "[ab]{0,3}") {
        for tenant in tenancy.tenants() {
            if tenancy.may_use_groups_of_workload(&tenant.namespace, &workload) {
                let group = format!("{workload}{rest}");
                let others = tenancy.tenants().iter().filter(|other| other.namespace != tenant.namespace);
                for prefix in others.flat_map(|other| &other.group_prefixes) {
                    prop_assert!(!group.starts_with(prefix.as_str()), "{group} is under {prefix}");
                }
            }
        }
    }

    #[test]
    fn every_name_has_an_owner_and_only_owners_may_declare(tenancy in some_tenancy(), name in "[ab]{1,5}") {
        let owners = tenancy.owners_of_topics(&name, Pattern::Literal);
        prop_assert!(!owners.is_empty());
        for tenant in tenancy.tenants() {
            let may = tenancy.may_declare(&tenant.namespace, &topic(&name)).is_ok();
            prop_assert_eq!(may, owners.contains(&tenant.namespace));
        }
    }
}
