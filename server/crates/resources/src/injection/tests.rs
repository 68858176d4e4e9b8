use super::*;
use crate::{Access, KafkaUser, crds, user::MAX_GRANTS};
use klamm_model::{ObjectName, TopicName};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

fn annotations(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn read(pairs: &[(&str, &str)]) -> InjectionReading {
    InjectionReading::of(&annotations(pairs))
}

fn names(topics: &BTreeSet<TopicName>) -> Vec<&str> {
    topics.iter().map(TopicName::as_str).collect()
}

fn sentences(reading: &InjectionReading) -> Vec<String> {
    reading.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_talks_annotations_and_those_of_its_readme_say_the_same() {
    let talk = read(&[("topic.kafka.nb/consumes", "a,b"), ("topic.kafka.nb/produces", "c")]);
    let readme = read(&[("topic.kafka.nb/consumes-topics", "a,b"), ("topic.kafka.nb/produces-topics", "c")]);
    assert_eq!(talk, readme);
    assert_eq!((names(&talk.injection.consumes), names(&talk.injection.produces)), (vec!["a", "b"], vec!["c"]));
    let both = read(&[("topic.kafka.nb/consumes", "a"), ("topic.kafka.nb/consumes-topics", "b,a")]);
    assert_eq!(names(&both.injection.consumes), ["a", "b"]);
}

#[test]
fn spaces_empty_entries_and_repetitions_are_no_problem() {
    let reading =
        read(&[(ANNOTATION_CONSUMES, " a ,, b,\n  c,\t,a,"), (ANNOTATION_PRODUCES, " , ,"), (ANNOTATION_SECRET, "  ")]);
    assert_eq!(names(&reading.injection.consumes), ["a", "b", "c"]);
    assert!(reading.injection.produces.is_empty() && reading.injection.secret.is_none());
    assert_eq!(sentences(&reading), [""; 0]);
    assert!(read(&[]).injection.is_empty());
}

#[test]
fn an_entry_that_is_no_topic_holds_back_no_other_and_says_what_to_write() {
    let reading = read(&[
        (ANNOTATION_CONSUMES, "a b,good,orders.*,__consumer_offsets,ä,\"quoted\",.."),
        (ANNOTATION_SECRET, "Not A Name"),
    ]);
    assert_eq!(names(&reading.injection.consumes), ["good"]);
    assert!(reading.has_unreadable_secret());
    insta::assert_snapshot!(sentences(&reading).join("\n"), @r#"
    annotation topic.kafka.nb/consumes: "a b" is no topic: write the names with commas between them
    annotation topic.kafka.nb/consumes: "orders.*" is no topic: write every topic by its name, or declare a KafkaUser with pattern: prefixed
    annotation topic.kafka.nb/consumes: "__consumer_offsets" is not a valid topic to grant: topics that begin with __ are Kafka's own; use spec.acls in the cluster's namespace
    annotation topic.kafka.nb/consumes: "ä" is not a valid topic name: 1 to 249 letters, digits, dots, underscores and hyphens, and neither "." nor ".."
    annotation topic.kafka.nb/consumes: "\"quoted\"" is not a valid topic name: 1 to 249 letters, digits, dots, underscores and hyphens, and neither "." nor ".."
    annotation topic.kafka.nb/consumes: ".." is not a valid topic name: 1 to 249 letters, digits, dots, underscores and hyphens, and neither "." nor ".."
    annotation topic.kafka.nb/topic-secret: "Not A Name" is not a valid object name: 1 to 253 lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit; correct it, or remove it to get the usual name
    "#);
}

#[test]
fn an_annotation_full_of_rubbish_is_told_in_a_few_sentences() {
    let rubbish = "!,".repeat(100_000);
    let reading = read(&[(ANNOTATION_CONSUMES, &rubbish), (ANNOTATION_SECRET, "-")]);
    assert_eq!((reading.problems.len(), reading.more_problems), (21, 99_980));
    let one_long = "x".repeat(250_000);
    assert!(sentences(&read(&[(ANNOTATION_PRODUCES, &one_long)]))[0].len() < 400);
}

fn many(prefix: &str, count: usize) -> String {
    (0..count).map(|i| format!("{prefix}{i:05}")).collect::<Vec<_>>().join(",")
}

#[test]
fn a_thousand_topics_read_and_written_are_fine_and_more_than_a_credential_takes_are_cut() {
    let list = many("t", 1000);
    let reading = read(&[(ANNOTATION_CONSUMES, &list), (ANNOTATION_PRODUCES, &list)]);
    assert!(reading.problems.is_empty());
    let grants = reading.injection.grants();
    assert_eq!(grants.len(), 2000);
    assert_eq!(grants.iter().filter(|grant| grant.access == Access::Produce).count(), 1000);

    let reading = read(&[(ANNOTATION_CONSUMES, &many("c", 3500)), (ANNOTATION_PRODUCES, &many("p", 3500))]);
    assert_eq!((reading.injection.consumes.len(), reading.injection.produces.len()), (3500, 500));
    assert_eq!(reading.problems, [InjectionProblem::TooMany { named: 7000 }]);
    let said = sentences(&reading).remove(0);
    assert!(said.contains("name 7000 topics") && said.contains("takes 4000: 3000 of them"), "{said}");
}

#[test]
fn the_schema_takes_what_is_kept() {
    let schema = serde_json::to_value(crds()).unwrap();
    let user = schema.as_array().unwrap().iter().find(|crd| crd["spec"]["names"]["kind"] == "KafkaUser").unwrap();
    let spec = &user["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
    assert_eq!(spec["grants"]["maxItems"], MAX_GRANTS);
}

fn workload(text: &str) -> Workload {
    text.parse().unwrap()
}

#[test]
fn names_follow_the_workload_and_fit_kubernetes() {
    let producer = workload("Deployment/kafka-producer");
    assert_eq!(producer.user_name().unwrap().as_str(), "deployment-kafka-producer");
    assert_eq!(producer.default_secret_name().unwrap().as_str(), "kafka-producer-kafka-credentials");
    assert_eq!(workload("StatefulSet/a").user_name().unwrap().as_str(), "statefulset-a");
    assert_eq!(workload("CronJob/a").user_name().unwrap().as_str(), "cronjob-a");
    assert_eq!(workload("Job/a").user_name().unwrap().as_str(), "job-a");
    // Kept for rotations: a user of that name could not be made.
    let reserved = workload("Deployment/a.b").user_name().unwrap();
    assert!(reserved.as_str().starts_with("deployment-a.b-"), "{reserved}");

    let long = |end: &str| workload(&format!("Deployment/{}{end}", "x".repeat(240)));
    let (one, other) = (long("1"), long("2"));
    let cut = one.user_name().unwrap();
    // Shortened within the part they share, and still two.
    let far = |end: &str| workload(&format!("Deployment/{}{end}", "x".repeat(252)));
    assert_ne!(far("1").user_name().unwrap(), far("2").user_name().unwrap());
    assert_ne!(far("1").default_secret_name().unwrap(), far("2").default_secret_name().unwrap());
    assert!(cut.as_str().len() <= 253 && cut != other.user_name().unwrap());
    assert_eq!("Pod/a".parse::<Workload>(), Err(NoWorkload));
    assert_eq!("Deployment".parse::<Workload>(), Err(NoWorkload));
}

fn marked(name: &str, mark: &str, owner: (&str, &str)) -> KafkaUser {
    serde_json::from_value(json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaUser",
        "metadata": {
            "name": name, "namespace": "payments", "annotations": { "klamm.dev/injected-for": mark },
            "labels": { "generator": "mine" },
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": owner.0, "name": owner.1, "uid": "u" }],
        },
        "spec": { "cluster": { "name": "demo" } },
    }))
    .unwrap()
}

#[test]
fn a_mark_counts_where_name_owner_and_annotation_agree() {
    let of = |user: &KafkaUser| InjectedFor::of(&user.metadata);
    let good = of(&marked("deployment-app", "Deployment/app", ("Deployment", "app"))).unwrap();
    assert_eq!((good.workload.to_string().as_str(), good.owner.uid.as_str()), ("Deployment/app", "u"));
    assert_eq!(good.generator, "mine");
    assert_eq!(of(&marked("other", "Deployment/app", ("Deployment", "app"))), None);
    assert_eq!(of(&marked("deployment-app", "Deployment/app", ("StatefulSet", "app"))), None);
    assert_eq!(of(&marked("deployment-app", "Deployment/other", ("Deployment", "app"))), None);
    assert_eq!(of(&marked("deployment-app", "nonsense", ("Deployment", "app"))), None);
}

#[test]
fn a_generator_is_a_label_value() {
    assert!(is_label_value(DEFAULT_GENERATOR) && is_label_value("A.b_c-1"));
    assert!(!is_label_value("") && !is_label_value("-a") && !is_label_value("a b") && !is_label_value(&"a".repeat(64)));
}

fn some_topics() -> impl Strategy<Value = BTreeSet<TopicName>> {
    prop::collection::btree_set("[a-zA-Z0-9][a-zA-Z0-9._-]{0,30}", 0..20)
        .prop_map(|names| names.into_iter().map(|name| TopicName::new(name).unwrap()).collect())
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(
        consumes in some_topics(),
        produces in some_topics(),
        secret in prop::option::of("[a-z0-9]{1,20}"),
    ) {
        let secret = secret.map(|name| ObjectName::new(name).unwrap());
        let injection = Injection { consumes, produces, secret };
        let reading = InjectionReading::of(&injection.to_annotations());
        prop_assert_eq!(reading, InjectionReading { injection, ..InjectionReading::default() });
    }

    // Checked against the words: every entry between two commas is a topic, or nothing, or told.
    #[test]
    fn every_entry_is_read_or_told(text in "[a-c ,*_!ä.\\n]{0,60}") {
        let reading = read(&[(ANNOTATION_PRODUCES, &text)]);
        let entries: Vec<&str> = text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
        let lost = entries.iter().filter(|entry| !reading.injection.produces.iter().any(|topic| topic.as_str() == **entry));
        prop_assert_eq!(lost.count(), reading.problems.len() + reading.more_problems);
        prop_assert!(reading.injection.produces.iter().all(|topic| entries.contains(&topic.as_str())));
    }

    #[test]
    fn names_of_any_workload_are_names(name in "[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?") {
        if let Ok(name) = ObjectName::new(name) {
            for kind in WorkloadKind::ALL {
                let workload = Workload { kind, name: name.clone() };
                prop_assert_eq!(workload.to_string().parse::<Workload>(), Ok(workload.clone()));
                let user = workload.user_name().unwrap();
                prop_assert!(user.as_str().rsplit('.').next() != Some("b"));
                prop_assert!(workload.default_secret_name().unwrap().as_str().ends_with("-kafka-credentials"));
            }
        }
    }
}
