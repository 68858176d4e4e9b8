#![expect(clippy::needless_pass_by_value, reason = "values of json! are made on the spot")]

use super::*;
use crate::{Access, NamePattern, TopicPattern};
use klamm_model::UnixMillis;
use serde_json::json;

fn grant(spec: serde_json::Value) -> KafkaGrant {
    serde_json::from_value(json!({
        "apiVersion": "klamm.dev/v1alpha1",
        "kind": "KafkaGrant",
        "metadata": { "name": "to-orders", "namespace": "payments" },
        "spec": spec,
    }))
    .unwrap()
}

fn at(text: &str) -> UnixMillis {
    UnixMillis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

#[test]
fn a_grant_allows_what_it_says_until_it_ends() {
    let valid = ValidatedGrant::from_resource(&grant(json!({
        "cluster": { "name": "demo", "namespace": "kafka" },
        "topics": [{ "name": "payments.public.", "pattern": "prefixed" }],
        "to": { "namespaces": ["orders"], "users": ["shop/web"] },
        "access": "consume",
        "expires": "2027-01-31T00:00:00Z",
    })))
    .unwrap();
    let (orders, shop) = ("orders".parse().unwrap(), "shop".parse().unwrap());
    let (web, app) = ("web".parse().unwrap(), "app".parse().unwrap());
    let topic = TopicPattern::new("payments.public.x", NamePattern::Literal).unwrap();
    let other = TopicPattern::new("payments.private", NamePattern::Literal).unwrap();
    let before = at("2027-01-30T23:59:59Z");
    assert!(valid.allows(&orders, &app, &topic, Access::Consume, before));
    assert!(valid.allows(&shop, &web, &topic, Access::Consume, before));
    assert!(
        !valid.allows(&shop, &app, &topic, Access::Consume, before),
        "another user of a namespace that has no grant"
    );
    assert!(!valid.allows(&orders, &app, &topic, Access::Both, before), "more than was granted");
    assert!(!valid.allows(&orders, &app, &other, Access::Consume, before), "another topic");
    assert!(!valid.allows(&orders, &app, &topic, Access::Consume, at("2027-01-31T00:00:00Z")), "too late");
}

#[test]
fn problems_are_named() {
    let error = ValidatedGrant::from_resource(&grant(json!({
        "cluster": { "name": "demo" },
        "topics": [{ "name": "a b" }],
        "to": { "namespaces": ["No"], "users": ["no-slash"] },
        "access": "both",
        "expires": "tomorrow",
    })))
    .unwrap_err();
    let fields: Vec<_> = error.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["spec.topics[0].name", "spec.to.namespaces", "spec.to.users", "spec.expires"]);
}
