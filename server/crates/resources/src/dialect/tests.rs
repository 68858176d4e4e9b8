#![expect(clippy::needless_pass_by_value, reason = "values of json! are made on the spot")]

use super::*;
use crate::{Deletion, Dialect, TopicDeclaration};
use k8s_openapi::api::core::v1::ConfigMap;
use klamm_model::TopicName;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

fn config_map(labels: &serde_json::Value, data: &serde_json::Value) -> ConfigMap {
    serde_json::from_value(json!({
        "metadata": { "name": "sample-topic", "namespace": "payments", "labels": labels },
        "data": data,
    }))
    .unwrap()
}

fn nb(data: serde_json::Value) -> ConfigMap {
    config_map(&json!({ "config": "kafka-topic" }), &data)
}

fn fields(config_map: &ConfigMap) -> Vec<String> {
    parse(config_map).unwrap_err().problems.into_iter().map(|problem| problem.field).collect()
}

#[test]
fn the_config_map_of_the_talk() {
    let declaration = parse(&nb(json!({
        "name": "sample-topic",
        "partitions": "20",
        "replication-factor": "2",
        "properties": "retention.ms=3600000\ncleanup.policy = delete\n",
    })))
    .unwrap();
    assert_eq!(declaration.dialect, Dialect::Nb);
    assert_eq!(declaration.name.as_str(), "sample-topic");
    assert_eq!((declaration.partitions, declaration.replication_factor), (Some(20), Some(2)));
    let config: Vec<_> = declaration.config.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(config, ["cleanup.policy=delete", "retention.ms=3600000"]);
    assert_eq!(declaration.warnings, Vec::<String>::new());
    assert_eq!(declaration.deletion, None);
}

#[test]
fn absent_keys_are_left_to_the_cluster_and_the_name_is_the_objects() {
    for config_map in [nb(json!({})), nb(json!(null))] {
        let declaration = parse(&config_map).unwrap();
        assert_eq!(declaration.name.as_str(), "sample-topic");
        assert_eq!((declaration.partitions, declaration.replication_factor), (None, None));
    }
}

#[test]
fn the_alpha_dialect_is_told_by_its_keys() {
    let declaration = parse(&nb(json!({ "num.partitions": "3", "repl.factor": "1" }))).unwrap();
    assert_eq!(declaration.dialect, Dialect::NbAlpha);
    assert_eq!((declaration.partitions, declaration.replication_factor), (Some(3), Some(1)));
    let mixed = parse(&nb(json!({ "partitions": "3", "num.partitions": "3", "repl.factor": "1" }))).unwrap();
    assert_eq!((mixed.dialect, mixed.replication_factor), (Dialect::Nb, Some(1)));
    assert_eq!(fields(&nb(json!({ "partitions": "3", "num.partitions": "4" }))), ["data[num.partitions]"]);
}

#[test]
fn strimzi_needs_both_numbers_and_reads_json() {
    let strimzi = |data| config_map(&json!({ "strimzi.io/kind": "topic" }), &data);
    let declaration = parse(&strimzi(json!({
        "name": "a_b",
        "partitions": "2",
        "replicas": "1",
        "config": "{\"retention.ms\": \"-1\", \"min.insync.replicas\": 1, \"preallocate\": false}",
    })))
    .unwrap();
    assert_eq!(declaration.dialect, Dialect::Strimzi02);
    let config: Vec<_> = declaration.config.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(config, ["min.insync.replicas=1", "preallocate=false", "retention.ms=-1"]);
    assert_eq!(fields(&strimzi(json!({}))), ["data[partitions]", "data[replicas]"]);
    let broken = strimzi(json!({ "partitions": "2", "replicas": "1", "config": "{\n\"a\": ,}" }));
    assert_eq!(fields(&broken), ["data[config], line 2"]);
    let nested = strimzi(json!({ "partitions": "2", "replicas": "1", "config": "{\"a\": [1]}" }));
    assert_eq!(fields(&nested), ["data[config][a]"]);
}

#[test]
fn numbers_that_are_none_say_what_to_write() {
    for bad in ["", "two", "0", "-1", "2.0", "0x10", "3000000000", "99999999999999999999", "+ 1"] {
        assert_eq!(fields(&nb(json!({ "partitions": bad }))), ["data[partitions]"], "{bad}");
        assert_eq!(fields(&nb(json!({ "replication-factor": bad }))), ["data[replication-factor]"], "{bad}");
    }
    let error = parse(&nb(json!({ "partitions": "-1" }))).unwrap_err();
    assert!(error.to_string().contains("leave it out"), "{error}");
    assert_eq!(parse(&nb(json!({ "partitions": " 7 " }))).unwrap().partitions, Some(7));
}

#[test]
fn numbers_of_64_bits_in_properties_are_only_texts() {
    let declaration =
        parse(&nb(json!({ "properties": "retention.ms=9223372036854775807\nretention.bytes: -1" }))).unwrap();
    assert_eq!(declaration.config["retention.ms"], "9223372036854775807");
    assert_eq!(declaration.config["retention.bytes"], "-1");
}

#[test]
fn names_and_properties_that_do_not_parse_are_placed() {
    let error = parse(&nb(json!({
        "name": "no spaces please",
        "properties": "# fine\nretention.ms=1\nbad=\\u12\n",
    })))
    .unwrap_err();
    let fields: Vec<_> = error.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["data[name]", "data[properties], line 3"]);
    assert_eq!(self::fields(&nb(json!({ "name": " " }))), ["data[name]"]);
    assert_eq!(self::fields(&nb(json!({ "properties": "a=1\n=2" }))), ["data[properties], line 2"]);
}

#[test]
fn internal_names_are_read_for_others_to_refuse() {
    assert!(parse(&nb(json!({ "name": "__consumer_offsets" }))).unwrap().name.is_internal());
}

#[test]
fn what_means_nothing_is_warned_of() {
    let mut config_map = nb(json!({ "acl": "true", "Partitions": "3", "properties": "a=1\na=2" }));
    config_map.metadata.annotations =
        Some(BTreeMap::from([("alpha.topic.kafka.nb/deleted".to_owned(), "true".to_owned())]));
    let declaration = parse(&config_map).unwrap();
    assert_eq!(declaration.config["a"], "2");
    let warnings = declaration.warnings.join("\n");
    for part in ["data[acl]", "data[Partitions]", "set twice", "deletes nothing"] {
        assert!(warnings.contains(part), "{part} in {warnings}");
    }
}

#[test]
fn the_deletion_policy_is_an_annotation() {
    let mut config_map = nb(json!({}));
    for (text, wanted) in [("delete", Deletion::Delete), ("retain", Deletion::Retain)] {
        config_map.metadata.annotations = Some(BTreeMap::from([("klamm.dev/deletion".to_owned(), text.to_owned())]));
        assert_eq!(parse(&config_map).unwrap().deletion, Some(wanted));
    }
    config_map.metadata.annotations = Some(BTreeMap::from([("klamm.dev/deletion".to_owned(), "yes".to_owned())]));
    assert_eq!(fields(&config_map), ["metadata.annotations[klamm.dev/deletion]"]);
}

#[test]
fn labels_decide_what_is_a_declaration() {
    assert!(is_declaration(&nb(json!({}))));
    assert!(!is_declaration(&config_map(&json!({ "config": "other" }), &json!({}))));
    let both = config_map(&json!({ "config": "kafka-topic", "strimzi.io/kind": "topic" }), &json!({}));
    assert_eq!(fields(&both), ["metadata.labels"]);
    assert_eq!(fields(&config_map(&json!({}), &json!({}))), ["metadata.labels"]);
}

#[test]
fn export_names_follow_the_rule() {
    let export = |name: &str| export_name(&TopicName::new(name).unwrap()).unwrap().to_string();
    assert_eq!(export("payments.settled"), "payments.settled");
    assert_eq!(export("__consumer_offsets"), "consumer-offsets---84e7a678d08f4bd226872e5cdd4eb527fadc1c6a");
    assert!(export("A_B").starts_with("a-b---"));
    assert!(export("___").starts_with("topic---"));
    assert!(export("a._b").starts_with("a.b---"));
    assert_eq!(export(&"X".repeat(249)).len(), 253);
    let made = export("__consumer_offsets");
    assert_ne!(export(&made), made, "a topic that is named like a made name does not meet it");
}

#[test]
fn what_a_dialect_cannot_say_is_refused() {
    let mut declaration = parse(&nb(json!({}))).unwrap();
    let (namespace, object) = ("payments".parse().unwrap(), "x".parse().unwrap());
    declaration.dialect = Dialect::Strimzi02;
    let missing = PrintError::Missing { dialect: Dialect::Strimzi02, key: "partitions" };
    assert_eq!(print(&declaration, &namespace, &object), Err(missing));
    declaration.dialect = Dialect::Resource;
    assert_eq!(print(&declaration, &namespace, &object), Err(PrintError::NotAConfigMap));
}

fn declarations() -> impl Strategy<Value = TopicDeclaration> {
    let dialect = prop_oneof![Just(Dialect::Nb), Just(Dialect::NbAlpha), Just(Dialect::Strimzi02)];
    let deletion = prop_oneof![Just(None), Just(Some(Deletion::Retain)), Just(Some(Deletion::Delete))];
    let config = prop::collection::btree_map("[a-z.#!=:\\\\ä]{1,12}", "[ -~\\n\\tä😀]{0,20}", 0..6);
    (dialect, "[a-zA-Z0-9_-]{1,20}", 1..=i32::MAX, 1..=i16::MAX, config, deletion, any::<(bool, bool, bool)>())
        .prop_map(|(dialect, name, partitions, factor, config, deletion, (paused, with_partitions, with_factor))| {
            let needs_both = dialect == Dialect::Strimzi02;
            // The alpha dialect is told by its keys alone, so at least one of them must be there.
            let with_partitions = with_partitions || dialect == Dialect::NbAlpha;
            TopicDeclaration {
                dialect,
                name: TopicName::new(name).unwrap(),
                partitions: (with_partitions || needs_both).then_some(partitions),
                replication_factor: (with_factor || needs_both).then_some(factor),
                config: config.into_iter().map(|(key, value)| (key, value.trim().to_owned())).collect(),
                deletion,
                paused,
                warnings: Vec::new(),
            }
        })
}

proptest! {
    #[test]
    fn every_dialect_round_trips(declaration in declarations()) {
        let printed = print(&declaration, &"payments".parse().unwrap(), &"object".parse().unwrap()).unwrap();
        prop_assert!(is_declaration(&printed));
        prop_assert_eq!(parse(&printed).unwrap(), declaration);
    }

    #[test]
    fn printed_properties_read_as_they_were(entries in prop::collection::btree_map("\\PC{0,12}|[ \\n\\t=:#!\\\\]{0,4}", "\\PC{0,20}|[ \\n\\r\\t\\f=:#!\\\\\\x00]{0,6}", 0..8)) {
        let read = properties::parse(&properties::print(&entries)).unwrap();
        let read: BTreeMap<_, _> = read.into_iter().map(|entry| (entry.key, entry.value)).collect();
        prop_assert_eq!(read, entries);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a\\\\u0-9=: \\n\\r#!\\fé😀]{0,40}") {
        let _ = properties::parse(&text);
    }

    #[test]
    fn export_names_are_valid_and_differ(a in "[a-zA-Z0-9._-]{1,60}", b in "[a-zA-Z0-9._-]{1,60}") {
        if let (Ok(a), Ok(b)) = (TopicName::new(a), TopicName::new(b)) {
            let (name_a, name_b) = (export_name(&a).unwrap(), export_name(&b).unwrap());
            prop_assert_eq!(name_a == name_b, a == b);
        }
    }
}

#[test]
fn properties_are_read_as_java_does() {
    let read = |text: &str| -> Vec<(String, String)> {
        properties::parse(text).unwrap().into_iter().map(|entry| (entry.key, entry.value)).collect()
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(
        read("Truth = Beauty\n  Truth:Beauty\nTruth                    :Beauty"),
        pairs(&[("Truth", "Beauty"); 3])
    );
    assert_eq!(
        read("fruits                           apple, banana, pear, \\\n                                 cantaloupe"),
        pairs(&[("fruits", "apple, banana, pear, cantaloupe")])
    );
    assert_eq!(read("cheeses"), pairs(&[("cheeses", "")]));
    assert_eq!(read("# a\n! b\n \t\u{c}# c\n\n   \n"), pairs(&[]));
    assert_eq!(read("a=1\r\nb=2\rc=3"), pairs(&[("a", "1"), ("b", "2"), ("c", "3")]));
    assert_eq!(read("a\\=b\\:c\\ d = e\\\\"), pairs(&[("a=b:c d", "e\\")]));
    assert_eq!(read("k=v\\\n  # not a comment"), pairs(&[("k", "v# not a comment")]));
    assert_eq!(read("k=v\\\\\nx=y"), pairs(&[("k", "v\\"), ("x", "y")]));
    assert_eq!(read("k=\\u00e4\\uD83D\\uDE00\\z\\t"), pairs(&[("k", "ä😀z\t")]));
    assert_eq!(read("k = = v "), pairs(&[("k", "= v ")]));
    assert_eq!(read("k=v\\"), pairs(&[("k", "v")]));
    assert!(matches!(properties::parse("a=1\nb=\\uD83D"), Err(properties::PropertiesError::LoneSurrogate { line: 2 })));
    assert!(matches!(properties::parse("b=\\uzzzz"), Err(properties::PropertiesError::BadUnicodeEscape { line: 1 })));
}
