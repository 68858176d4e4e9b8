use super::*;
use crate::{
    Declared, DeclaredTenant,
    views::samples::{NOW, inventory, topic},
};
use klamm_model::{Gap, GapCause, Inventory, Operations, RulePattern, Shared};
use klamm_planner::tenancy::Tenant;
use serde_json::json;

fn rule(name: &str, pattern: RulePattern, allows: &[TopicOperation], denies: &[TopicOperation]) -> TopicRule {
    let set = |operations: &[TopicOperation]| operations.iter().copied().collect::<Operations>();
    TopicRule { name: name.into(), pattern, host: None, allows: set(allows), denies: set(denies) }
}

const READ: &[TopicOperation] = &[TopicOperation::Read, TopicOperation::Describe];
const WRITE: &[TopicOperation] = &[TopicOperation::Write, TopicOperation::Describe];

fn seen(rules: &[(&str, TopicRule)]) -> ObservedCluster {
    let mut all = TopicRules::default();
    for (principal, rule) in rules {
        all.by_principal.entry((*principal).into()).or_default().push(rule.clone());
    }
    let tenant = |namespace: &str| DeclaredTenant {
        tenant: Tenant {
            namespace: namespace.parse().unwrap(),
            topic_prefixes: vec![format!("{namespace}.")],
            group_prefixes: Vec::new(),
        },
        team: None,
    };
    let topics = vec![topic("orders.a", &[(&[0], &[0])])];
    let authorization = Known::Known(Authorization::Rules(Shared::new(all)));
    ObservedCluster {
        inventory: Inventory { authorization, ..inventory("kafka/demo", topics) }.into(),
        declared: Declared {
            tenants: ["orders", "payments"].map(tenant).into(),
            super_users: Known::Known(vec!["User:klamm-admin".to_owned()]),
            ..Declared::default()
        },
    }
}

fn users(names: &[(&str, &str)]) -> Declarations {
    let declarations = Declarations::default();
    for (name, current) in names {
        let user = json!({
            "metadata": { "name": name, "namespace": "payments" },
            "spec": { "cluster": { "name": "demo", "namespace": "kafka" } },
            "status": { "username": current },
        });
        declarations.saw_user(&serde_json::from_value(user).unwrap());
    }
    let namespace = json!({ "metadata": { "name": "payments", "annotations": { "klamm.dev/team": "paying" } } });
    declarations.saw_namespace(&serde_json::from_value(namespace).unwrap());
    declarations
}

fn grant(declarations: &Declarations, namespace: &str, to: &serde_json::Value, expires: Option<&str>) {
    let grant = json!({
        "metadata": { "name": "g", "namespace": namespace },
        "spec": {
            "cluster": { "name": "demo", "namespace": "kafka" }, "access": "consume",
            "topics": [{ "name": "orders.", "pattern": "prefixed" }], "to": to, "expires": expires,
        },
    });
    declarations.saw_grant(&serde_json::from_value(grant).unwrap());
}

fn access(seen: &ObservedCluster, declarations: &Declarations, request: &PageRequest) -> TopicAccess {
    let sources = Sources { seen, declarations, now: NOW };
    of_topic(&sources, &seen.inventory.topics[0], request).unwrap()
}

fn operations(principal: &PrincipalAccess) -> Vec<TopicOperation> {
    principal.rights.iter().map(|right| right.operation).collect()
}

#[test]
fn principals_are_told_with_the_kafka_user_that_made_them_and_whose_turn_it_is() {
    let by_name = |allows| rule("orders.a", RulePattern::Literal, allows, &[]);
    let seen = seen(&[
        ("User:payments.app", by_name(READ)),
        ("User:payments.app.b", by_name(READ)),
        ("User:payments.stranger", by_name(WRITE)),
        ("User:elsewhere", rule("payments.", RulePattern::Prefixed, READ, &[])),
    ]);
    let access = access(&seen, &users(&[("app", "payments.app.b")]), &PageRequest::default());
    let told: Vec<_> = access
        .principals
        .items
        .iter()
        .map(|p| {
            (p.principal.as_str(), p.user.as_ref().map(|user| user.turn), p.team.as_ref().map(ToString::to_string))
        })
        .collect();
    let paying = Some("paying".to_owned());
    let expected = [
        ("User:payments.app", Some(Turn::Other), paying.clone()),
        ("User:payments.app.b", Some(Turn::Now), paying),
        ("User:payments.stranger", None, None),
    ];
    assert_eq!(told, expected, "and whoever has rights elsewhere is not told here");
    assert_eq!((access.readers, access.writers, access.unmentioned), (2, 1, None));
    assert_eq!(operations(&access.principals.items[0]), READ);
}

#[test]
fn a_user_of_another_cluster_made_nobody_here() {
    let mut seen = seen(&[("User:payments.app", rule("*", RulePattern::Literal, READ, &[]))]);
    let declarations = users(&[("app", "payments.app")]);
    assert!(access(&seen, &declarations, &PageRequest::default()).principals.items[0].user.is_some());
    let mut inventory = Inventory::clone(&seen.inventory);
    inventory.cluster = "kafka/prod".parse().unwrap();
    seen.inventory = inventory.into();
    assert_eq!(access(&seen, &declarations, &PageRequest::default()).principals.items[0].user, None);
}

#[test]
fn what_everybody_may_each_may_and_a_rule_that_denies_wins() {
    let deny = rule("orders.", RulePattern::Prefixed, &[], &[TopicOperation::Write]);
    let seen = seen(&[
        ("User:*", rule("*", RulePattern::Literal, READ, &[])),
        ("User:intern", deny),
        ("User:intern", rule("orders.a", RulePattern::Literal, WRITE, &[])),
    ]);
    let access = access(&seen, &Declarations::default(), &PageRequest::default());
    let [everybody, intern] = access.principals.items.as_slice() else { panic!("{access:?}") };
    assert_eq!((everybody.principal.as_str(), everybody.rules.len()), ("User:*", 1));
    assert_eq!((operations(intern), intern.rule_count), (READ.to_vec(), 3));
    let whose: Vec<_> = intern.rules.iter().map(|rule| (rule.principal.as_str(), rule.effect)).collect();
    let expected =
        [("User:intern", RuleEffect::Deny), ("User:intern", RuleEffect::Allow), ("User:*", RuleEffect::Allow)];
    assert_eq!(whose, expected);
    assert_eq!((access.readers, access.writers), (2, 0));
}

#[test]
fn consents_count_from_those_who_own_the_topic_and_until_they_end() {
    let seen = seen(&[("User:payments.app", rule("orders.", RulePattern::Prefixed, READ, &[]))]);
    let declarations = users(&[("app", "payments.app")]);
    let counted = |declarations: &Declarations| {
        let access = access(&seen, declarations, &PageRequest::default());
        let of_user =
            access.principals.items[0].consents.iter().map(|grant| grant.namespace.to_string()).collect::<Vec<_>>();
        (access.consent_count, of_user)
    };
    grant(&declarations, "payments", &json!({ "namespaces": ["payments"] }), None);
    assert_eq!(counted(&declarations), (0, vec![]), "the topic is not theirs to give");
    grant(&declarations, "orders", &json!({ "users": ["payments/other"] }), None);
    assert_eq!(counted(&declarations), (1, vec![]), "it is for somebody else");
    grant(&declarations, "orders", &json!({ "users": ["payments/app"] }), Some("2099-01-01T00:00:00Z"));
    assert_eq!(counted(&declarations), (1, vec!["orders".to_owned()]));
    grant(&declarations, "kafka", &json!({ "namespaces": ["payments"] }), None);
    assert_eq!(counted(&declarations).1, ["kafka", "orders"], "the cluster's own namespace speaks for everybody");
    grant(&declarations, "orders", &json!({ "users": ["payments/app"] }), Some("2001-01-01T00:00:00Z"));
    assert_eq!(counted(&declarations), (1, vec!["kafka".to_owned()]));
}

#[test]
fn very_many_are_paged_and_searched_by_either_name() {
    let by_name = || rule("orders.a", RulePattern::Literal, READ, &[]);
    let names: Vec<String> =
        (0..450).map(|n| format!("User:crowd-{n:03}")).chain(["User:payments.app".to_owned()]).collect();
    let rules: Vec<_> = names.iter().map(|name| (name.as_str(), by_name())).collect();
    let (seen, declarations) = (seen(&rules), users(&[("app", "payments.app")]));
    let ask = |search: Option<&str>, cursor: Option<String>| {
        let search = search.map(str::to_owned);
        access(&seen, &declarations, &PageRequest { search, cursor, limit: Some(200), ..PageRequest::default() })
    };
    let first = ask(None, None);
    assert_eq!((first.principals.items.len(), first.principals.total, first.readers), (200, 451, 451));
    let second = ask(None, first.principals.next_cursor);
    assert_eq!(second.principals.items[0].principal, "User:crowd-200");
    for search in ["payments/app", "PAYMENTS.A"] {
        assert_eq!(ask(Some(search), None).principals.total, 1, "{search}");
    }
}

#[test]
fn nobody_decides_nobody_says_and_nobody_is_mentioned_are_three_things() {
    let with = |authorization| {
        let mut seen = seen(&[]);
        let mut inventory = Inventory::clone(&seen.inventory);
        let reason = "not allowed".to_owned();
        let refused = Gap { part: Part::Access, broker: None, missing: 1, cause: GapCause::Refusal, reason };
        inventory.gaps = if authorization == Known::Unknown { vec![refused] } else { Vec::new() };
        inventory.authorization = authorization;
        seen.inventory = inventory.into();
        let access = access(&seen, &Declarations::default(), &PageRequest::default());
        (access.decided, access.reason, access.unmentioned)
    };
    let rules = |unmentioned| {
        let rules = TopicRules { unmentioned, ..TopicRules::default() };
        Known::Known(Authorization::Rules(Shared::new(rules)))
    };
    assert_eq!(with(Known::Known(Authorization::Open)), (Known::Known(DecidedBy::Nobody), None, None));
    assert_eq!(with(Known::Unknown), (Known::Unknown, Some("not allowed".to_owned()), None));
    let by_rules = Known::Known(DecidedBy::Rules);
    for told in [Unmentioned::Nothing, Unmentioned::NotTold] {
        assert_eq!(with(rules(told)), (by_rules, None, Some(Unmentioned::Nothing)), "Klamm sets these brokers up");
        assert_eq!(unmentioned(told, &Known::Unknown), told, "somebody else does");
    }
}
