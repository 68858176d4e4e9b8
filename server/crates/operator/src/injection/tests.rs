//! Decisions about workloads, on objects as Kubernetes would show them.

use super::{
    decide::{Act, Decision, Seen, decide},
    object::{Labelled, Life, WorkloadKey},
    render::manifest,
};
use klamm_resources::{ClusterCandidate, InjectionReason, KafkaUser, ValidatedUser};
use kube::core::DeserializeGuard;
use serde_json::{Value, json};

struct Stage {
    key: WorkloadKey,
    workload: Option<Labelled>,
    user: Option<Value>,
    namespace_names: Option<&'static str>,
    clusters: Vec<ClusterCandidate>,
}

fn candidate(name: &str, is_default: bool) -> ClusterCandidate {
    ClusterCandidate { cluster: name.parse().unwrap(), is_default }
}

fn labelled(annotations: &Value) -> Labelled {
    let meta = serde_json::from_value(json!({ "uid": "w1", "annotations": annotations })).unwrap();
    Labelled::of(&meta)
}

impl Stage {
    fn new(annotations: &Value) -> Self {
        Self {
            key: WorkloadKey {
                namespace: "payments".parse().unwrap(),
                workload: "Deployment/kafka-producer".parse().unwrap(),
            },
            workload: Some(labelled(annotations)),
            user: None,
            namespace_names: None,
            clusters: vec![candidate("kafka/demo", true), candidate("kafka/prod", false)],
        }
    }

    fn decide(&self) -> Decision {
        let user: Option<DeserializeGuard<KafkaUser>> =
            self.user.as_ref().map(|user| serde_json::from_value(user.clone()).unwrap());
        decide(&Seen {
            key: &self.key,
            workload: self.workload.as_ref(),
            user: user.as_ref(),
            user_name: &self.key.workload.user_name().unwrap(),
            namespace_names: self.namespace_names,
            clusters: &self.clusters,
            generator: "kafka-topic-operator",
        })
    }

    /// The KafkaUser that would be made, as Kubernetes keeps it.
    fn with_its_user(mut self) -> Self {
        let Act::Create { user, .. } = self.decide().act else { panic!("nothing is made") };
        let mut object = serde_json::to_value(&*user).unwrap();
        object["metadata"]["uid"] = json!("u1");
        self.user = Some(object);
        self
    }

    fn with_annotations(mut self, annotations: &Value) -> Self {
        self.workload = Some(labelled(annotations));
        self
    }
}

fn talk() -> Value {
    json!({ "topic.kafka.nb/produces": "sample-topic", "topic.kafka.nb/consumes": "orders.placed, sample-topic" })
}

fn reasons(decision: &Decision) -> Vec<InjectionReason> {
    decision.headlines.iter().map(|headline| headline.reason).collect()
}

#[test]
fn the_talks_deployment_becomes_a_user_of_the_default_cluster_that_goes_with_it() {
    let decision = Stage::new(&talk()).decide();
    assert_eq!(reasons(&decision), []);
    let Act::Create { record, user } = decision.act else { panic!("nothing is made") };
    assert_eq!(record, Some("kafka/demo".parse().unwrap()));
    insta::assert_snapshot!(serde_saphyr::to_string(&*user).unwrap(), @"
    apiVersion: klamm.dev/v1alpha1
    kind: KafkaUser
    metadata:
      annotations:
        klamm.dev/injected-for: Deployment/kafka-producer
      labels:
        app.kubernetes.io/component: injected-credential
        app.kubernetes.io/managed-by: klamm
        generator: kafka-topic-operator
      name: deployment-kafka-producer
      namespace: payments
      ownerReferences:
      - apiVersion: apps/v1
        blockOwnerDeletion: false
        controller: false
        kind: Deployment
        name: kafka-producer
        uid: w1
    spec:
      cluster:
        name: demo
        namespace: kafka
      grants:
      - topic: orders.placed
        pattern: literal
        access: consume
      - topic: sample-topic
        pattern: literal
        access: consume
      - topic: sample-topic
        pattern: literal
        access: produce
      secretName: kafka-producer-kafka-credentials
    ");
    let valid = ValidatedUser::from_resource(&user).unwrap();
    assert_eq!(valid.injected_for.unwrap().workload.to_string(), "Deployment/kafka-producer");
    assert_eq!(valid.username, "payments.deployment-kafka-producer");
}

#[test]
fn the_nearest_word_chooses_the_cluster_and_doubt_is_told() {
    let cluster = |stage: &Stage| match stage.decide().act {
        Act::Create { user, record } => (user.spec.cluster.name, record.is_some()),
        other => panic!("{other:?}"),
    };
    let mut own = talk();
    own["klamm.dev/cluster"] = json!("kafka/prod");
    assert_eq!(cluster(&Stage::new(&own)), ("prod".to_owned(), false));
    let by_namespace = Stage { namespace_names: Some("kafka/prod"), ..Stage::new(&talk()) };
    assert_eq!(cluster(&by_namespace), ("prod".to_owned(), true));
    let only = Stage { clusters: vec![candidate("kafka/prod", false)], ..Stage::new(&talk()) };
    assert_eq!(cluster(&only), ("prod".to_owned(), true));

    let unsure =
        Stage { clusters: vec![candidate("a/a", false), candidate("b/b", false)], ..Stage::new(&talk()) }.decide();
    assert_eq!((&unsure.act, reasons(&unsure)), (&Act::Nothing, vec![InjectionReason::ClusterAmbiguous]));
    assert!(unsure.headlines[0].note.contains("klamm.dev/cluster"), "{}", unsure.headlines[0].note);
    let none = Stage { clusters: Vec::new(), ..Stage::new(&talk()) }.decide();
    assert_eq!(reasons(&none), [InjectionReason::ClusterNotFound]);
    own["klamm.dev/cluster"] = json!("prod");
    assert_eq!(reasons(&Stage::new(&own).decide()), [InjectionReason::InvalidAnnotation]);
}

#[test]
fn what_was_made_needs_nothing_and_remembers_its_cluster() {
    let mut bound = talk();
    bound["klamm.dev/cluster"] = json!("kafka/demo");
    let stage = Stage::new(&talk()).with_its_user().with_annotations(&bound);
    assert_eq!(stage.decide().act, Act::Nothing);
    // The default changed, and the workload's own note was lost: the KafkaUser knows.
    let mut stage = stage.with_annotations(&talk());
    stage.clusters = vec![candidate("kafka/demo", false), candidate("kafka/prod", true)];
    assert_eq!(stage.decide().act, Act::Record("kafka/demo".parse().unwrap()));
    bound["klamm.dev/cluster"] = json!("kafka/prod");
    let moved = stage.with_annotations(&bound).decide();
    assert_eq!((&moved.act, reasons(&moved)), (&Act::Nothing, vec![InjectionReason::BoundElsewhere]));
}

#[test]
fn changed_annotations_change_the_grants_and_nothing_else() {
    let stage = Stage::new(&talk()).with_its_user();
    let fewer = json!({ "topic.kafka.nb/produces": "sample-topic", "klamm.dev/cluster": "kafka/demo" });
    let Act::Update { user, uid, record } = stage.with_annotations(&fewer).decide().act else { panic!("no update") };
    assert_eq!((uid.as_str(), record), ("u1", None));
    let applied = manifest(&user, &uid);
    assert_eq!(applied["spec"]["grants"].as_array().unwrap().len(), 1);
    assert_eq!(applied["metadata"]["uid"], "u1");

    // All topics gone: the list is sent empty, and its people are told.
    let stage = Stage::new(&talk()).with_its_user().with_annotations(&json!({ "klamm.dev/cluster": "kafka/demo" }));
    let decision = stage.decide();
    assert_eq!(reasons(&decision), [InjectionReason::AnnotationMissing]);
    let Act::Update { user, uid, .. } = decision.act else { panic!("no update") };
    assert_eq!(manifest(&user, &uid)["spec"]["grants"], json!([]));
}

#[test]
fn what_people_added_to_the_user_stays_and_what_they_changed_is_changed_back() {
    let mut bound = talk();
    bound["klamm.dev/cluster"] = json!("kafka/demo");
    let mut stage = Stage::new(&bound).with_its_user();
    let user = stage.user.as_mut().unwrap();
    user["spec"]["quotas"] = json!({ "producerByteRate": 1000 });
    user["metadata"]["labels"]["theirs"] = json!("too");
    assert_eq!(stage.decide().act, Act::Nothing);
    for (pointer, value) in [
        ("/spec/grants/0/topic", json!("everything")),
        ("/spec/secretName", json!("other")),
        ("/metadata/labels/generator", json!("me")),
    ] {
        let mut stage = Stage::new(&bound).with_its_user();
        *stage.user.as_mut().unwrap().pointer_mut(pointer).unwrap() = value;
        assert!(matches!(stage.decide().act, Act::Update { .. }), "{pointer}");
    }
    let mut unreadable = Stage::new(&bound).with_its_user();
    unreadable.user.as_mut().unwrap()["spec"]["grants"] = json!("nonsense");
    assert!(matches!(unreadable.decide().act, Act::Update { .. }), "one that cannot be read is written anew");
}

#[test]
fn a_user_of_somebody_else_is_left_alone_and_told_about() {
    let theirs = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaUser",
        "metadata": { "name": "deployment-kafka-producer", "namespace": "payments", "uid": "x" },
        "spec": { "cluster": { "name": "demo", "namespace": "kafka" } },
    });
    let stage = Stage { user: Some(theirs.clone()), ..Stage::new(&talk()) };
    let decision = stage.decide();
    assert_eq!((&decision.act, reasons(&decision)), (&Act::Nothing, vec![InjectionReason::UserConflict]));
    // Neither is it removed when the workload goes, nor with a mark that was copied from another.
    assert_eq!(Stage { workload: None, ..stage }.decide().act, Act::Nothing);
    let mut copied = Stage::new(&talk()).with_its_user();
    copied.user.as_mut().unwrap()["metadata"]["ownerReferences"] = json!([]);
    assert_eq!(reasons(&copied.decide()), [InjectionReason::UserConflict]);
}

#[test]
fn a_workload_that_went_takes_its_user_with_it_and_a_namesake_gets_a_new_one() {
    let removal = Act::Remove { uid: "u1".to_owned(), workload_uid: "w1".to_owned() };
    let mut stage = Stage::new(&talk()).with_its_user();
    stage.workload = None;
    assert_eq!(stage.decide().act, removal);

    let mut anew = labelled(&talk());
    anew.uid = "w2".to_owned();
    stage.workload = Some(anew);
    let decision = stage.decide();
    assert_eq!((&decision.act, decision.next), (&removal, crate::batch::Next::Later));

    stage.user.as_mut().unwrap()["metadata"]["deletionTimestamp"] = json!("2026-11-23T12:00:00Z");
    assert_eq!(stage.decide().act, Act::Nothing, "it goes already");

    let mut leaving = Stage::new(&talk()).with_its_user();
    leaving.workload.as_mut().unwrap().life = Life::Leaving;
    assert_eq!(leaving.decide().act, Act::Nothing, "its pods may still run");
}

#[test]
fn without_topics_nothing_is_made_and_what_cannot_be_read_holds_back_nothing_else() {
    let label_alone = Stage::new(&json!({})).decide();
    assert_eq!((&label_alone.act, reasons(&label_alone)), (&Act::Nothing, vec![InjectionReason::AnnotationMissing]));
    assert!(label_alone.headlines[0].note.contains("topic.kafka.nb/consumes"));

    let some = Stage::new(&json!({ "topic.kafka.nb/consumes": "good, b a d" })).decide();
    assert_eq!(reasons(&some), [InjectionReason::InvalidAnnotation]);
    assert!(matches!(some.act, Act::Create { .. }));

    let all = Stage::new(&json!({ "topic.kafka.nb/consumes": "b a d" })).decide();
    assert_eq!(reasons(&all), [InjectionReason::InvalidAnnotation, InjectionReason::AnnotationMissing]);
    assert_eq!(all.act, Act::Nothing);

    let no_name = json!({ "topic.kafka.nb/consumes": "good", "topic.kafka.nb/topic-secret": "No Name" });
    let decision = Stage::new(&no_name).decide();
    assert_eq!((&decision.act, reasons(&decision)), (&Act::Nothing, vec![InjectionReason::InvalidAnnotation]));
    let Act::Update { user, .. } = Stage::new(&talk()).with_its_user().with_annotations(&no_name).decide().act else {
        panic!("no update")
    };
    assert_eq!(user.spec.secret_name.as_deref(), Some("kafka-producer-kafka-credentials"), "it keeps the one it has");
}

#[test]
fn thousands_of_bad_entries_are_one_short_event() {
    let bad = (0..5000).map(|i| format!("b d {i}")).collect::<Vec<_>>().join(",");
    let decision = Stage::new(&json!({ "topic.kafka.nb/consumes": bad, "topic.kafka.nb/topic-secret": "-" })).decide();
    let note = &decision.headlines[0].note;
    assert!(note.len() < 1000 && note.ends_with("And 4996 more"), "{note}");
    assert!(note.starts_with("annotation topic.kafka.nb/topic-secret"), "{note}");
}
