//! A model of one workload and its KafkaUser, for decisions to be carried out on and cut off between any two writes.

use super::{
    decide::{Act, Seen, decide},
    object::{Labelled, WorkloadKey},
    render::manifest,
};
use klamm_resources::{ClusterCandidate, KafkaUser};
use kube::core::DeserializeGuard;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What people do.
#[derive(Clone, Debug)]
enum Deed {
    /// Ask for these topics to read and write.
    Ask(Vec<u8>, Vec<u8>),
    Unlabel,
    Delete,
    /// Delete it and make it anew at once.
    Replace,
    ChangeDefault,
    /// Write over what Klamm made.
    Meddle,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Label {
    There,
    Missing,
}

#[derive(Clone, Debug, PartialEq)]
struct Workload {
    uid: u32,
    label: Label,
    annotations: Value,
}

#[derive(Clone, Debug, Default)]
struct World {
    workload: Option<Workload>,
    user: Option<Value>,
    made: u32,
    default_is_second: u8,
}

/// One write of an act.
type Write = Box<dyn FnOnce(&mut World)>;

fn topics(numbers: &[u8]) -> String {
    numbers.iter().map(|number| format!("t{number}")).collect::<Vec<_>>().join(", ")
}

impl World {
    fn suffer(&mut self, deed: &Deed) {
        match deed {
            Deed::Ask(consumes, produces) => {
                let annotations = json!({
                    "topic.kafka.nb/consumes": topics(consumes), "topic.kafka.nb/produces-topics": topics(produces),
                });
                self.made += 1;
                let made = self.made;
                let fresh = || Workload { uid: made, label: Label::There, annotations: json!({}) };
                let workload = self.workload.get_or_insert_with(fresh);
                workload.label = Label::There;
                for (key, value) in annotations.as_object().unwrap() {
                    workload.annotations[key] = value.clone();
                }
            }
            Deed::Unlabel => {
                if let Some(workload) = &mut self.workload {
                    workload.label = Label::Missing;
                }
            }
            Deed::Delete => self.workload = None,
            Deed::Replace => {
                self.made += 1;
                if let Some(workload) = &mut self.workload {
                    workload.uid = self.made;
                    workload.annotations.as_object_mut().unwrap().remove("klamm.dev/cluster");
                }
            }
            Deed::ChangeDefault => self.default_is_second ^= 1,
            Deed::Meddle => {
                if let Some(user) = &mut self.user {
                    user["spec"]["grants"] = json!([{ "topic": "theirs", "pattern": "literal", "access": "consume" }]);
                }
            }
        }
    }

    fn decide(&self) -> Act {
        let key = WorkloadKey { namespace: "payments".parse().unwrap(), workload: "Job/app".parse().unwrap() };
        let labelled = self.workload.as_ref().filter(|workload| workload.label == Label::There).map(|workload| {
            let meta = json!({ "uid": workload.uid.to_string(), "annotations": workload.annotations });
            Labelled::of(&serde_json::from_value(meta).unwrap())
        });
        let user: Option<DeserializeGuard<KafkaUser>> =
            self.user.as_ref().map(|user| serde_json::from_value(user.clone()).unwrap());
        let clusters = [("kafka/one", 0), ("kafka/two", 1)].map(|(name, number)| ClusterCandidate {
            cluster: name.parse().unwrap(),
            is_default: self.default_is_second == number,
        });
        let seen = Seen {
            key: &key,
            workload: labelled.as_ref(),
            user: user.as_ref(),
            user_name: &key.workload.user_name().unwrap(),
            namespace_names: None,
            clusters: &clusters,
            generator: "g",
        };
        decide(&seen).act
    }

    /// The writes of an act, one after the other.
    fn writes(&mut self, act: &Act) -> Vec<Write> {
        let record = |cluster: &klamm_model::ClusterRef| -> Write {
            let cluster = cluster.to_string();
            Box::new(move |world| {
                world.workload.as_mut().unwrap().annotations["klamm.dev/cluster"] = json!(cluster);
            })
        };
        match act {
            Act::Nothing => Vec::new(),
            Act::Record(cluster) => vec![record(cluster)],
            Act::Remove { uid, workload_uid } => {
                let user = self.user.as_ref().expect("a user to remove");
                assert_eq!(user["metadata"]["uid"], uid.as_str());
                let asks = self.workload.as_ref().is_some_and(|workload| {
                    workload.uid.to_string() == *workload_uid && workload.label == Label::There
                });
                assert!(!asks, "removed while it is asked for");
                vec![Box::new(|world| world.user = None)]
            }
            Act::Create { record: to_record, user } => {
                let mut made = serde_json::to_value(&**user).unwrap();
                self.made += 1;
                made["metadata"]["uid"] = json!(self.made.to_string());
                let create: Write = Box::new(move |world| {
                    assert!(world.user.is_none(), "made twice");
                    world.user = Some(made);
                });
                to_record.iter().map(record).chain([create]).collect()
            }
            Act::Update { record: to_record, user, uid } => {
                let applied = manifest(user, uid);
                let update: Write = Box::new(move |world| {
                    let found = world.user.as_mut().expect("a user to change");
                    assert_eq!(found["metadata"]["uid"], applied["metadata"]["uid"]);
                    for (key, value) in applied["spec"].as_object().unwrap() {
                        found["spec"][key] = value.clone();
                    }
                });
                to_record.iter().map(record).chain([update]).collect()
            }
        }
    }

    /// Acts until nothing is left to do; each `cuts` ends one look after that many of its writes.
    fn settle(&mut self, cuts: &[usize]) {
        let mut cuts = cuts.iter().copied();
        for _ in 0..20 {
            let act = self.decide();
            let writes = self.writes(&act);
            if writes.is_empty() {
                return;
            }
            for write in writes.into_iter().take(cuts.next().unwrap_or(usize::MAX)) {
                write(self);
            }
        }
        panic!("it does not come to rest: {self:?}");
    }
}

fn some_deed() -> impl Strategy<Value = Deed> {
    let some_topics = || prop::collection::vec(0..4u8, 0..4);
    prop_oneof![
        4 => (some_topics(), some_topics()).prop_map(|(consumes, produces)| Deed::Ask(consumes, produces)),
        1 => Just(Deed::Unlabel),
        1 => Just(Deed::Delete),
        1 => Just(Deed::Replace),
        1 => Just(Deed::ChangeDefault),
        1 => Just(Deed::Meddle),
    ]
}

/// What the KafkaUser grants: `consume t1`.
fn granted(user: &Value) -> BTreeSet<String> {
    let grants = user["spec"]["grants"].as_array().into_iter().flatten();
    grants.map(|grant| format!("{} {}", grant["access"].as_str().unwrap(), grant["topic"].as_str().unwrap())).collect()
}

proptest! {
    // Checked against what was asked for last, kept beside the model and never read from an annotation.
    #[test]
    fn whatever_happens_and_wherever_it_is_cut_off_the_user_is_as_asked_for(
        deeds in prop::collection::vec((some_deed(), prop::collection::vec(0..3usize, 0..3)), 1..12),
    ) {
        let (mut world, mut asked) = (World::default(), BTreeSet::new());
        let mut bound: Option<(u32, String)> = None;
        for (deed, cuts) in deeds {
            let had_user = world.user.is_some();
            world.suffer(&deed);
            if let Deed::Ask(consumes, produces) = &deed {
                asked = consumes.iter().map(|number| format!("consume t{number}")).collect();
                asked.extend(produces.iter().map(|number| format!("produce t{number}")));
            }
            world.settle(&cuts);
            let asks = world.workload.as_ref().filter(|workload| workload.label == Label::There);
            match (asks, &world.user) {
                (None, user) => prop_assert!(user.is_none(), "nobody asks for it"),
                (Some(_), None) => prop_assert!(asked.is_empty(), "it is asked for"),
                (Some(workload), Some(user)) => {
                    prop_assert!(had_user || !asked.is_empty(), "made for nothing");
                    prop_assert_eq!(granted(user), asked.clone());
                    prop_assert_eq!(&user["metadata"]["ownerReferences"][0]["uid"], &json!(workload.uid.to_string()));
                    let cluster = user["spec"]["cluster"]["name"].as_str().unwrap().to_owned();
                    if let Some((uid, before)) = &bound && *uid == workload.uid {
                        prop_assert_eq!(before, &cluster, "bound is bound");
                    }
                    bound = Some((workload.uid, cluster));
                }
            }
        }
    }
}
