//! A model of Kubernetes, Kafka and the journal in which a pass of the worker may end after any single effect, while people
//! edit, delete and make anew what they declare. Whatever happened, the end is what the last declaration says.

use super::{
    apply::{Created, Outcome},
    decide::{Case, Hold, Rules, decide, must_hold},
    journal::{self, Line, Wanted},
    object::{Declared, Kind, Presence, Record},
    read,
    report::{Done, report},
    tests::{cluster, name, rules},
};
use jiff::Timestamp;
use klamm_planner::topics::{ClaimLife, Deletion, TopicAct, TopicObserved, TopicState};
use proptest::prelude::*;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const TOPIC: &str = "payments.t";
const KEYS: [&str; 4] = ["cleanup.policy", "retention.ms", "segment.ms", "foreign.key"];

/// An object as the API server keeps it.
#[derive(Clone, Debug)]
struct Object {
    uid: String,
    version: u32,
    wish: Wish,
    /// Counted by the API server.
    generation: i64,
    status: Option<Record>,
    held: bool,
    leaving: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Wish {
    config: BTreeMap<String, String>,
    deletes: bool,
}

#[derive(Clone, Debug)]
enum Event {
    /// Declares, or edits what is declared.
    Declare(Wish),
    Delete,
    /// A pass that ends after so many effects.
    Pass(usize),
}

struct World {
    kind: Kind,
    object: Option<Object>,
    kafka: Option<TopicState>,
    /// As it stands in the ConfigMap.
    journal: BTreeMap<String, String>,
    made: u32,
    /// What is left before the process ends.
    fuel: usize,
    effects: usize,
}

/// The process has ended.
struct Killed;

impl World {
    fn effect(&mut self) -> Result<(), Killed> {
        if self.fuel == 0 {
            return Err(Killed);
        }
        self.fuel -= 1;
        self.effects += 1;
        Ok(())
    }

    fn declare(&mut self, wish: Wish) {
        self.made += 1;
        match &mut self.object {
            Some(object) if !object.leaving => {
                if object.wish != wish {
                    object.generation += 1;
                    object.version += 1;
                }
                object.wish = wish;
            }
            // Its name is taken until it is gone.
            Some(_) => {}
            None => {
                let uid = format!("uid-{}", self.made);
                self.object =
                    Some(Object { uid, version: 1, wish, generation: 1, status: None, held: false, leaving: false });
            }
        }
    }

    fn delete(&mut self) {
        if let Some(object) = &mut self.object {
            object.leaving = true;
            object.version += 1;
            if !object.held {
                self.object = None;
            }
        }
    }

    fn declared(&self, object: &Object) -> Declared {
        let deletion = if object.wish.deletes { "delete" } else { "retain" };
        let mut meta = json!({
            "namespace": "payments", "name": "object", "uid": object.uid, "generation": object.generation,
            "resourceVersion": object.version.to_string(), "creationTimestamp": "2026-11-23T10:00:00Z",
        });
        if object.leaving {
            meta["deletionTimestamp"] = json!("2026-11-23T10:00:00Z");
        }
        if object.held {
            meta["finalizers"] = json!(["klamm.dev/operator"]);
        }
        match self.kind {
            Kind::KafkaTopic => {
                let status = object.status.as_ref().map(|record| record.status.clone());
                let manifest = json!({
                    "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaTopic", "metadata": meta, "status": status,
                    "spec": {
                        "cluster": { "namespace": "kafka", "name": "demo" }, "topicName": TOPIC, "partitions": 1,
                        "config": object.wish.config, "deletion": deletion,
                    },
                });
                read::kafka_topic(serde_json::from_value(manifest).unwrap()).unwrap()
            }
            Kind::ConfigMap => {
                let properties = klamm_resources::dialect::properties::print(&object.wish.config);
                meta["labels"] = json!({ "config": "kafka-topic" });
                meta["annotations"] = json!({ "klamm.dev/deletion": deletion, "klamm.dev/cluster": "kafka/demo" });
                if let Some(record) = &object.status {
                    meta["annotations"]["klamm.dev/status"] = json!(serde_json::to_string(record).unwrap());
                }
                let data = json!({ "name": TOPIC, "partitions": "1", "properties": properties });
                let manifest = json!({ "metadata": meta, "data": data });
                read::config_map(&serde_json::from_value(manifest).unwrap()).unwrap()
            }
        }
    }

    fn line(&self, uid: &str) -> Option<Line> {
        self.journal.get(uid).map(|text| serde_json::from_str(text).unwrap())
    }

    /// All that is wanted of the journal at once, as it is written.
    fn write_journal(&mut self, changes: Vec<(String, Wanted)>) -> Result<(), Killed> {
        let mut next = self.journal.clone();
        for (uid, wanted) in changes {
            match wanted {
                Wanted::Keep => {}
                Wanted::None => drop(next.remove(&uid)),
                Wanted::Line(line) => drop(next.insert(uid, serde_json::to_string(&line).unwrap())),
            }
        }
        if next != self.journal {
            self.effect()?;
            self.journal = next;
        }
        Ok(())
    }

    /// Everybody who speaks of the topic: who is there, and who is gone and stands in the journal.
    fn claims(&self) -> Vec<Arc<Declared>> {
        let mut claims = Vec::new();
        if let Some(object) = &self.object {
            let mut declared = self.declared(object);
            declared.intended = self.line(&object.uid).map(|line| line.keys).unwrap_or_default();
            claims.push(Arc::new(declared));
        }
        let there = self.object.as_ref().map(|object| object.uid.as_str());
        for uid in self.journal.keys().filter(|uid| there != Some(uid.as_str())) {
            let line = self.line(uid).unwrap();
            if line.kind == Kind::ConfigMap {
                claims.push(Arc::new(line.departed(uid, &cluster())));
            }
        }
        claims
    }

    fn pass(&mut self, rules: &Rules) -> Result<(), Killed> {
        let there = self.object.as_ref().map(|object| object.uid.clone());
        let forgotten = self.journal.keys().filter(|uid| Some(*uid) != there.as_ref());
        let forgotten = forgotten.filter(|uid| self.line(uid).is_some_and(|line| line.kind == Kind::KafkaTopic));
        let forgotten = forgotten.map(|uid| (uid.clone(), Wanted::None)).collect();
        self.write_journal(forgotten)?;
        let observed = self.kafka.clone().map_or(TopicObserved::Absent, TopicObserved::Present);
        let mut case = Case { name: name(TOPIC), claims: self.claims(), observed, namesakes: Vec::new() };
        let decision = decide(&case, rules);
        for (declared, verdict) in &decision.verdicts {
            let holds = must_hold(declared, verdict, rules) == Hold::Ours && declared.life == ClaimLife::Living;
            if holds && declared.finalizers.is_empty() {
                self.effect()?;
                self.object.as_mut().unwrap().held = true;
            }
        }
        let before = decision.verdicts.iter().map(|(declared, verdict)| {
            (declared.uid.clone(), journal::before(&decision, declared, verdict, &case.observed, rules))
        });
        self.write_journal(before.collect())?;
        let mut outcome = Outcome::default();
        for act in decision.acts() {
            self.effect()?;
            self.act(act, &mut outcome);
        }
        let ids = decision.verdicts.iter().filter_map(|(declared, _)| {
            let line = self.line(&declared.uid)?;
            Some((declared.uid.clone(), journal::with_id(&line, &decision.name, &outcome)))
        });
        self.write_journal(ids.collect())?;
        case.observed = self.kafka.clone().map_or(TopicObserved::Absent, TopicObserved::Present);
        for (declared, verdict) in &decision.verdicts {
            let done = Done { name: &case.name, observed: &case.observed, outcome: &outcome, rules };
            let report = report(declared, verdict, &done, Timestamp::UNIX_EPOCH);
            match declared.presence {
                Presence::Gone => {
                    assert_eq!(report.hold, Hold::Free);
                    self.write_journal(vec![(declared.uid.clone(), Wanted::None)])?;
                }
                Presence::Seen => self.tell(&report.record, report.hold)?,
            }
            if let Some(line) = self.line(&declared.uid) {
                self.write_journal(vec![(declared.uid.clone(), journal::after(&line, &case.name, declared.life))])?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, record: &Record, hold: Hold) -> Result<(), Killed> {
        let Some(object) = &self.object else { return Ok(()) };
        if !object.leaving && object.status.as_ref() != Some(record) {
            self.effect()?;
            self.object.as_mut().unwrap().status = Some(record.clone());
        }
        if hold == Hold::Free && self.object.as_ref().unwrap().held {
            self.effect()?;
            let object = self.object.as_mut().unwrap();
            object.held = false;
            if object.leaving {
                self.object = None;
            }
        }
        Ok(())
    }

    fn act(&mut self, act: &TopicAct, outcome: &mut Outcome) {
        match act {
            TopicAct::Create { config, .. } => {
                assert!(self.kafka.is_none(), "a topic is not made twice");
                self.made += 1;
                let id = format!("made-{}", self.made);
                let config = config.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
                self.kafka = Some(TopicState { id: id.clone(), partitions: 1, replication_factor: 1, config });
                outcome.created = Some(Created { id: Some(id), partitions: Some(1), replication_factor: Some(1) });
            }
            TopicAct::AlterConfig { set, unset } => {
                let topic = self.kafka.as_mut().unwrap();
                topic.config.retain(|key, _| !unset.contains(key));
                topic.config.extend(set.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
            }
            TopicAct::Delete { id } => {
                let claimed = self.object.as_ref().is_some_and(|object| !object.leaving);
                assert!(!claimed, "a topic that somebody declares is never deleted");
                if self.kafka.as_ref().is_some_and(|topic| topic.id == *id) {
                    self.kafka = None;
                }
            }
            TopicAct::GrowPartitions { .. } => unreachable!("one partition is declared and made"),
        }
    }

    /// Passes that nobody interrupts, until there is nothing left to do.
    fn settle(&mut self, rules: &Rules) {
        for _ in 0..6 {
            self.fuel = usize::MAX;
            self.effects = 0;
            assert!(self.pass(rules).is_ok());
            if self.effects == 0 {
                return;
            }
        }
        panic!("it never comes to rest");
    }
}

fn wishes() -> impl Strategy<Value = Wish> {
    let keys = prop::sample::select(KEYS[..3].to_vec()).prop_map(str::to_owned);
    let values = prop::sample::select(vec!["1", "2"]).prop_map(str::to_owned);
    (prop::collection::btree_map(keys, values, 0..3), any::<bool>())
        .prop_map(|(config, deletes)| Wish { config, deletes })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => wishes().prop_map(Event::Declare),
        1 => Just(Event::Delete),
        4 => (0usize..9).prop_map(Event::Pass),
    ];
    prop::collection::vec(event, 0..14)
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![Kind::KafkaTopic, Kind::ConfigMap])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn killed_after_any_effect_and_edited_meanwhile_the_end_is_what_the_last_declaration_says(
        kind in kinds(), events in events(), last in wishes(), there_before in any::<bool>(),
        replaced in any::<bool>(),
    ) {
        let rules = Rules { deletion: Deletion::Retain, ..rules() };
        let foreign = BTreeMap::from([("foreign.key".to_owned(), Some("x".to_owned()))]);
        let foreign = TopicState { id: "foreign".to_owned(), partitions: 1, replication_factor: 1, config: foreign };
        let kafka = there_before.then_some(foreign);
        let mut world =
            World { kind, object: None, kafka, journal: BTreeMap::new(), made: 0, fuel: 0, effects: 0 };
        let mut may_delete = false;
        for event in events {
            match event {
                Event::Declare(wish) => {
                    may_delete |= wish.deletes;
                    world.declare(wish);
                }
                Event::Delete => world.delete(),
                Event::Pass(fuel) => {
                    world.fuel = fuel;
                    let _ = world.pass(&rules);
                }
            }
        }
        prop_assert!(!there_before || may_delete || world.kafka.is_some(), "nobody allowed its deletion");

        // One that was still leaving takes its name with it first.
        if world.object.as_ref().is_some_and(|object| object.leaving) {
            world.settle(&rules);
        }
        world.declare(last.clone());
        world.settle(&rules);
        let topic = world.kafka.clone().unwrap();
        for key in KEYS {
            let found = topic.config.get(key).cloned().flatten();
            let foreign = (key == "foreign.key" && topic.id == "foreign").then(|| "x".to_owned());
            let right = last.config.get(key).cloned().or(foreign);
            // A key that a topic kept when its declaration went is nobody's to take away afterwards.
            let left_over = right.is_none() && !world.is_only_declaration();
            prop_assert!(found == right || left_over, "{key}: {found:?} for {right:?}");
        }
        let status = world.object.as_ref().unwrap().status.clone().unwrap().status;
        let told: BTreeSet<&str> = status.config_keys.iter().map(String::as_str).collect();
        prop_assert_eq!(told, last.config.keys().map(String::as_str).collect::<BTreeSet<_>>());
        prop_assert_eq!(status.topic_id.as_deref(), Some(topic.id.as_str()));
        let lines: Vec<Line> = world.journal.keys().map(|uid| world.line(uid).unwrap()).collect();
        prop_assert_eq!(lines.len(), usize::from(last.deletes && kind == Kind::ConfigMap));
        prop_assert!(lines.iter().all(|line| line.keys.is_empty() && line.topic_id.as_ref() == Some(&topic.id)));

        // Told, and then deleted: by policy, whether anybody looks at the time or only later.
        // A topic that somebody made under the name of the one that was managed stays.
        if replaced {
            world.kafka = Some(TopicState { id: "another".to_owned(), ..topic });
        }
        world.delete();
        world.settle(&rules);
        prop_assert_eq!(world.kafka.is_none(), last.deletes && !replaced);
        prop_assert!(world.object.is_none() && world.journal.is_empty());
    }
}

impl World {
    /// Whether the object there is now is the first one.
    fn is_only_declaration(&self) -> bool {
        self.object.as_ref().is_some_and(|object| object.uid == "uid-1")
    }
}
