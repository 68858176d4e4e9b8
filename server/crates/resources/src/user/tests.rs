#![expect(clippy::needless_pass_by_value, reason = "values of json! are made on the spot")]

use super::*;
use crate::NamePattern;
use klamm_model::TopicName;
use serde_json::json;

fn user(name: &str, spec: serde_json::Value) -> KafkaUser {
    serde_json::from_value(json!({
        "apiVersion": "klamm.dev/v1alpha1",
        "kind": "KafkaUser",
        "metadata": { "name": name, "namespace": "payments" },
        "spec": spec,
    }))
    .unwrap()
}

#[test]
fn a_user_is_named_after_namespace_and_name() {
    let spec = json!({
        "cluster": { "name": "demo", "namespace": "kafka" },
        "grants": [
            { "topic": "sample-topic", "access": "consume", "groups": ["payments.consumer", "payments.*", "*"] },
            { "topic": "payments.", "pattern": "prefixed", "access": "both", "transactionalIds": ["payments.tx-*"] },
        ],
        "rotate": 3,
    });
    let valid = ValidatedUser::from_resource(&user("consumer", spec)).unwrap();
    assert_eq!(valid.username, "payments.consumer");
    assert_eq!(valid.second_username, "payments.consumer.b");
    assert_eq!(valid.secret_name.as_str(), "consumer");
    assert_eq!(valid.rotate.as_deref(), Some("3"));
    let groups: Vec<_> = valid.grants[0].groups.iter().map(|group| (group.name.as_str(), group.pattern)).collect();
    assert_eq!(
        groups,
        [
            ("payments.consumer", NamePattern::Literal),
            ("payments.", NamePattern::Prefixed),
            ("*", NamePattern::Literal),
        ]
    );
    assert_eq!(valid.grants[1].topic, TopicPattern::Prefixed("payments.".to_owned()));
}

#[test]
fn reserved_names_are_refused() {
    for name in ["consumer.b", "admin", "klamm", "klamm-operator", "klamm.x"] {
        let error = ValidatedUser::from_resource(&user(name, json!({ "cluster": { "name": "demo" } }))).unwrap_err();
        assert_eq!(error.problems.len(), 1, "{name}");
        assert_eq!(error.problems[0].field, "metadata.name");
    }
}

#[test]
fn problems_of_grants_and_quotas_are_named() {
    let spec = json!({
        "cluster": { "name": "demo" },
        "grants": [
            { "topic": "__consumer_offsets", "access": "consume" },
            { "topic": "_", "pattern": "prefixed", "access": "consume" },
            { "topic": "a", "access": "produce", "groups": ["g"] },
            { "topic": "a", "access": "consume", "transactionalIds": ["t"] },
        ],
        "quotas": { "producerByteRate": 0, "requestPercentage": -1.0 },
    });
    let error = ValidatedUser::from_resource(&user("app", spec)).unwrap_err();
    let fields: Vec<_> = error.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "spec.grants[0].topic",
            "spec.grants[1].topic",
            "spec.grants[2].groups",
            "spec.grants[3].transactionalIds",
            "spec.quotas.producerByteRate",
            "spec.quotas.requestPercentage",
        ]
    );
}

#[test]
fn patterns_match_and_cover() {
    let pattern = |name: &str, pattern| TopicPattern::new(name, pattern).unwrap();
    let wide = pattern("payments.", NamePattern::Prefixed);
    let narrow = pattern("payments.eu.", NamePattern::Prefixed);
    let one = pattern("payments.eu.x", NamePattern::Literal);
    assert!(wide.matches(&TopicName::new("payments.a").unwrap()));
    assert!(!wide.matches(&TopicName::new("payment").unwrap()));
    assert!(wide.covers(&narrow) && narrow.covers(&one) && one.covers(&one));
    assert!(!narrow.covers(&wide) && !one.covers(&narrow));
}

#[test]
fn the_jaas_file_is_laid_out_as_the_talk_did() {
    assert_eq!(
        jaas_file("payments.producer", "s3cret").unwrap(),
        "KafkaClient {\n org.apache.kafka.common.security.scram.ScramLoginModule required\n \
         username=\"payments.producer\"\n password=\"s3cret\";\n};"
    );
    assert_eq!(
        sasl_jaas_config("u", "p").unwrap(),
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"u\" password=\"p\";"
    );
}

#[test]
fn what_would_break_out_of_the_quotes_is_refused_and_not_told() {
    for password in ["a\"b", "a\\b", "a\nb", "a\u{0}b"] {
        let error = secret_data("u", password, "b:9092").unwrap_err();
        assert_eq!(error.what, "password");
        assert!(!error.to_string().contains(password));
    }
    assert_eq!(jaas_file("u\"", "p").unwrap_err().what, "user name");
}

#[test]
fn a_secret_has_the_keys_of_the_talk_and_the_one_line_form() {
    let data = secret_data("u", "p", "b:9092").unwrap();
    let keys: Vec<_> = data.keys().map(String::as_str).collect();
    assert_eq!(keys, ["bootstrap.server", "kafka-client-jaas.conf", "password", "sasl.jaas.config", "username"]);
    assert_eq!(data["bootstrap.server"].0, b"b:9092");
}
