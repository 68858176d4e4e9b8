mod patience;
mod properties;
mod silence;
mod troubles;

use super::samples::{NOW, cluster, healthy, set, take_down, topic};
use super::*;
use crate::{Behind, Declared, GroupPace, TopicPace, Unread};
use klamm_model::{
    BrokerId, BrokerState, BrokerThrottle, Gap, GapCause, Inventory, Known, Part, PartitionId, Reassignment, Reminder,
    TargetAnswer, TargetSource, TargetState, TargetTrouble,
};
use troubles::troubles;

/// What rules look at, with nothing wrong.
struct Scene {
    inventory: Inventory,
    declared: Declared,
    targets: Vec<TargetState>,
    active_controllers: Option<f64>,
    groups: Vec<GroupPace>,
    topics: Vec<TopicPace>,
    forecasts: Vec<VolumeForecast>,
    misfits: Vec<RetentionMisfit>,
    endings: Vec<CredentialEnding>,
    drifts: Vec<TopicDrift>,
    unready: BTreeMap<BrokerId, String>,
    moved_at: Option<UnixMillis>,
}

impl Scene {
    fn of(inventory: Inventory) -> Self {
        Self {
            inventory,
            declared: Declared { broker_total: 3, ..Declared::default() },
            targets: vec![target(TargetAnswer::Numbers, 0)],
            active_controllers: Some(1.0),
            groups: vec![pace(None, None)],
            topics: vec![written("orders", 0, Some(98.0)), written("sample-topic", 90_000_000, None)],
            forecasts: vec![VolumeForecast { broker: BrokerId(0), volume: "/data/0".to_owned(), days: 90.0 }],
            misfits: Vec::new(),
            endings: Vec::new(),
            drifts: Vec::new(),
            unready: BTreeMap::new(),
            moved_at: None,
        }
    }

    fn healthy() -> Self {
        Self::of(healthy())
    }

    fn changed(change: impl FnOnce(&mut Self)) -> Self {
        let mut scene = Self::healthy();
        change(&mut scene);
        scene
    }

    fn suspicions(&self) -> Vec<Suspicion> {
        suspicions(&Evidence {
            inventory: &self.inventory,
            declared: &self.declared,
            targets: &self.targets,
            active_controllers: self.active_controllers,
            groups: &self.groups,
            topics: &self.topics,
            forecasts: &self.forecasts,
            misfits: &self.misfits,
            endings: &self.endings,
            drifts: &self.drifts,
            unready: &self.unready,
            moved_at: self.moved_at,
            now: NOW,
        })
    }

    fn rules(&self) -> Vec<FindingRule> {
        self.suspicions().into_iter().map(|suspicion| suspicion.rule).collect()
    }

    fn only(&self, rule: FindingRule) -> Suspicion {
        let mut of_rule: Vec<_> = self.suspicions().into_iter().filter(|one| one.rule == rule).collect();
        assert_eq!(of_rule.len(), 1, "{rule:?}: {:?}", self.suspicions());
        of_rule.remove(0)
    }
}

fn target(answer: TargetAnswer, rejects: u32) -> TargetState {
    let (pod, address) = ("demo-main-0".parse().unwrap(), "127.0.1.10:9779".to_owned());
    TargetState { answer, rejects, ..TargetState::unseen(pod, Some(BrokerId(0)), TargetSource::Prometheus, address) }
}

fn pace(stuck_since: Option<UnixMillis>, rebalancing_since: Option<UnixMillis>) -> GroupPace {
    let (trend, consumed_per_second) = (Known::Unknown, Known::Unknown);
    let (id, unread) = ("g".parse().unwrap(), None);
    GroupPace { id, behind: Behind::Unknown, trend, stuck_since, rebalancing_since, unread, consumed_per_second }
}

/// A topic that was written to so many milliseconds ago, at this rate where it was without a pause.
fn written(name: &str, ago: i64, steady: Option<f64>) -> TopicPace {
    let (name, written_at) = (name.parse().unwrap(), Known::Known(UnixMillis(NOW.0 - ago)));
    let (minute_rate, bytes_in, bytes_out) = (Known::Unknown, Known::Unknown, Known::Unknown);
    TopicPace { name, written_at, minute_rate, bytes_in, bytes_out, growth_per_day: Known::Unknown, steady }
}

fn moving(partition: i32, adding: i32) -> Reassignment {
    Reassignment {
        topic: "orders".parse().unwrap(),
        partition: PartitionId(partition),
        adding: [BrokerId(adding)].into(),
        removing: [].into(),
    }
}

fn ending(kind: EndingKind, millis: i64) -> CredentialEnding {
    let reminder = Reminder { at: UnixMillis(NOW.0 + millis), message: "the consent ends".to_owned() };
    let (namespace, name) = ("payments".parse().unwrap(), "billing".parse().unwrap());
    CredentialEnding { namespace, name, uid: "u1".to_owned(), reminder, kind }
}

#[test]
fn every_rule_speaks_of_its_trouble_and_is_silent_without() {
    assert_eq!(Scene::healthy().suspicions(), []);
    let all = troubles();
    let rules: Vec<_> = all.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(rules, FindingRule::ALL, "in the order of the vocabulary");
    for (rule, severity, scene) in all {
        let told = scene.only(rule);
        assert_eq!(told.severity, severity, "{rule:?}");
        assert!(!told.message.is_empty() && !told.message.ends_with('.'), "{}", told.message);
        assert!(told.link.as_ref().is_some_and(|link| link.starts_with('/')), "{rule:?}");
        let (meaning, advice) = texts::of(rule);
        assert!(meaning.ends_with('.') && advice.ends_with('.'), "{rule:?}");
    }
}

#[test]
fn sentences_name_what_they_are_about() {
    let said = |rule| {
        let found = troubles().into_iter().find(|(one, ..)| *one == rule);
        found.unwrap().2.only(rule).message
    };
    assert_eq!(said(FindingRule::OfflinePartitions), "1 partition has no leader: orders-3");
    let down = said(FindingRule::BrokerDown);
    assert_eq!(
        down,
        "Broker 2 is down; 8 partitions have a replica there: orders-0, orders-1, orders-2, orders-3, orders-4 and 3 more"
    );
    assert_eq!(said(FindingRule::RackViolation), "2 partitions have all replicas in one rack: orders-0 and orders-1");
    assert_eq!(said(FindingRule::FactorOne), "1 topic has one replica only: alone");
    assert_eq!(said(FindingRule::DiskLow), "5 % are left of 100 B at /data/0 of broker 1");
    assert_eq!(
        said(FindingRule::RetentionDoesNotFit),
        "orders would need 9 GiB by its retention, and there are 2 GiB for it; a retention of 24 hours would fit"
    );
    assert_eq!(
        said(FindingRule::ForgottenThrottle),
        "Replication of orders is throttled on broker 1, though nothing is being moved"
    );
}

#[test]
fn a_broker_that_is_down_with_its_kubernetes_node_names_that() {
    let mut scene = Scene::changed(|scene| take_down(&mut scene.inventory, 2));
    scene.unready.insert(BrokerId(2), "node-b".to_owned());
    let told = scene.only(FindingRule::BrokerDown).message;
    let first =
        "Broker 2 is down, and Kubernetes node node-b under its pod is not ready; 8 partitions have a replica there: ";
    assert!(told.starts_with(first), "{told}");
    // Of another one it says nothing.
    scene.unready = BTreeMap::from([(BrokerId(1), "node-a".to_owned())]);
    assert!(scene.only(FindingRule::BrokerDown).message.starts_with("Broker 2 is down; "));
}

#[test]
fn a_retention_that_fits_only_with_shorter_segments_is_told_and_asked_for_with_them() {
    let mut scene = Scene::changed(|scene| {
        let topic = "orders".parse().unwrap();
        let (fitting_retention_ms, fitting_segment_ms) = (Some(86_400_000), Some(10_800_000));
        let (needs, has) = (9 << 30, 2 << 30);
        scene.misfits = vec![RetentionMisfit { topic, needs, has, fitting_retention_ms, fitting_segment_ms }];
    });
    let told = scene.only(FindingRule::RetentionDoesNotFit);
    assert!(
        told.message.ends_with("a retention of 24 hours would fit, with a segment.ms of 3 hours"),
        "{}",
        told.message
    );
    let link = told.link.unwrap();
    assert!(link.ends_with("&config=retention.ms%3D86400000%0Asegment.ms%3D10800000"), "{link}");
    (scene.misfits[0].fitting_retention_ms, scene.misfits[0].fitting_segment_ms) = (None, None);
    let told = scene.only(FindingRule::RetentionDoesNotFit).message;
    assert!(told.ends_with("; no retention that anybody would want fits"), "{told}");
}

#[test]
fn topics_of_people_are_named_before_those_of_kafka_and_what_is_not_named_is_counted() {
    let own = [topic("a", 2, &[2], 1), topic("orders", 6, &[0, 1, 2], 3)];
    let topics = [topic("__consumer_offsets", 50, &[0, 1, 2], 3), topic("__log", 1, &[2], 1)].into_iter().chain(own);
    let mut scene = Scene::of(cluster(3, &["a", "b", "c"], topics.collect()));
    assert_eq!(scene.only(FindingRule::FactorOne).message, "2 topics have one replica only: a and __log");
    take_down(&mut scene.inventory, 2);
    let down = scene.only(FindingRule::BrokerDown);
    assert_eq!(
        down.message,
        "Broker 2 is down; 59 partitions have a replica there: a-0, a-1, orders-0, orders-1, orders-2 and 54 more"
    );
    let named: Vec<_> = down.partitions.iter().map(|one| format!("{}-{}", one.topic, one.partition)).collect();
    assert_eq!((named.len(), down.partition_total), (MOST_PARTITIONS, 59));
    assert_eq!(named[6..10], ["orders-4", "orders-5", "__consumer_offsets-0", "__consumer_offsets-1"]);
    assert_eq!(named[MOST_PARTITIONS - 1], "__consumer_offsets-41");
    assert_eq!(scene.only(FindingRule::OfflinePartitions).message, "3 partitions have no leader: a-0, a-1 and __log-0");
    let late = scene.only(FindingRule::UnderReplicated);
    assert!(late.message.contains("56 partitions have replicas out of sync: orders-0, "), "{}", late.message);
    assert!(late.link.is_some_and(|link| link.ends_with("/placement")), "not all of them are named");
}

#[test]
fn what_is_on_its_way_is_not_missed_and_unknown_is_not_wrong() {
    let mut scene = Scene::healthy();
    scene.inventory.topics[1].partitions[0].replicas = [0, 1, 2].map(BrokerId).into();
    assert_eq!(scene.rules(), [FindingRule::UnderReplicated]);
    let mut one = moving(0, 2);
    one.topic = "sample-topic".parse().unwrap();
    scene.inventory.reassignments = Known::Known(vec![one]);
    scene.moved_at = Some(NOW);
    let told = scene.only(FindingRule::StuckReassignment);
    assert!(told.patience > 60_000 && told.since == Some(NOW), "it moved just now: {told:?}");
    assert_eq!(scene.rules(), [FindingRule::StuckReassignment]);

    let mut blind = healthy();
    blind.quorum = Known::Unknown;
    blind.defaults = Known::Unknown;
    blind.reassignments = Known::Unknown;
    blind.throttles = Known::Unknown;
    blind.metadata_version = Known::Unknown;
    for topic in &mut blind.topics {
        topic.config = Known::Unknown;
    }
    for broker in &mut blind.brokers {
        (broker.version, broker.log_dirs, broker.rack) = (Known::Unknown, Known::Unknown, None);
    }
    assert_eq!(Scene::of(blind).suspicions(), []);
}

#[test]
fn a_cluster_of_one_broker_has_one_replica_of_everything() {
    let mut scene = Scene::of(cluster(1, &["a"], vec![topic("orders", 3, &[0], 1)]));
    scene.declared.broker_total = 1;
    assert_eq!(scene.suspicions(), []);
    scene.declared.broker_total = 3;
    assert_eq!(scene.rules(), [FindingRule::FactorOne], "two of three were never seen");
}

#[test]
fn whoever_is_at_work_on_a_cluster_is_not_woken_for_it() {
    let mut scene = Scene::healthy();
    take_down(&mut scene.inventory, 2);
    scene.inventory.brokers[0].version = Known::Known("4.2.1".to_owned());
    scene.declared.operation = Some("upgrade".to_owned());
    assert!(scene.suspicions().iter().all(|one| one.severity == FindingSeverity::Info), "{:?}", scene.suspicions());
    scene.inventory.topics[0].partitions[0].leader = None;
    assert_eq!(scene.suspicions()[0].severity, FindingSeverity::Critical, "what does not serve is told");
}

#[test]
fn brokers_that_are_being_made_are_missed_by_nobody() {
    let mut scene = Scene::of(cluster(4, &["a", "b", "c", "d"], vec![topic("orders", 3, &[0, 1, 2], 3)]));
    scene.inventory.brokers[3].state = BrokerState::Down;
    let patience = |scene: &Scene| scene.only(FindingRule::BrokerDown).patience;
    assert_eq!(patience(&scene), 0);
    scene.declared.sentence_hint = Some("is being created".to_owned());
    assert!(patience(&scene) > 60_000);
    scene.inventory.topics.push(topic("payments", 2, &[2, 3], 2));
    assert_eq!(patience(&scene), 0, "it holds replicas by now");
    scene.inventory.brokers[3].state = BrokerState::Fenced;
    assert!((1..15_000).contains(&patience(&scene)), "whoever starts is fenced for a moment");
}

#[test]
fn of_a_cluster_that_does_not_answer_nothing_new_is_told_and_nothing_is_forgotten() {
    let mut book = Book::default();
    let name = "kafka/demo".parse().unwrap();
    let mut scene = Scene::changed(|scene| scene.inventory.topics[0].partitions[3].leader = None);
    let settle = |book: &mut Book, scene: &Scene, millis: i64| {
        let now = UnixMillis(NOW.0 + millis);
        let told = book.settle(&name, scene.suspicions(), &scene.inventory.reachability, now);
        told.into_iter().map(|one| (one.rule, one.since.0 - NOW.0)).collect::<Vec<_>>()
    };
    assert_eq!(settle(&mut book, &scene, 0), [], "once may be chance");
    assert_eq!(settle(&mut book, &scene, 2_000), [(FindingRule::OfflinePartitions, 0)]);
    scene.inventory.reachability =
        Reachability::Unreachable { since: UnixMillis(NOW.0 + 4_000), reason: "no".to_owned() };
    for broker in &mut scene.inventory.brokers {
        broker.state = BrokerState::Unknown;
    }
    let both = [(FindingRule::ClusterUnreachable, 4_000), (FindingRule::OfflinePartitions, 0)];
    assert_eq!(settle(&mut book, &scene, 4_000), both);
    assert_eq!(settle(&mut book, &scene, 6_000), both);
    scene.inventory = healthy();
    assert_eq!(settle(&mut book, &scene, 8_000), []);
}

#[test]
fn what_was_found_before_a_restart_stands_since_then_and_waits_no_more() {
    let name = "kafka/demo".parse().unwrap();
    let scene = Scene::changed(|scene| scene.inventory.brokers[0].version = Known::Known("4.2.1".to_owned()));
    let mut book = Book::default();
    let settle = |book: &mut Book| book.settle(&name, scene.suspicions(), &Reachability::Reachable, NOW);
    assert_eq!(settle(&mut book), [], "it may be a roll");
    let id = id::of(&name, FindingRule::MixedVersions, &FindingSubject::Cluster);
    book.remember([(id.clone(), UnixMillis(5))]);
    let told = settle(&mut book);
    assert_eq!((told.len(), told[0].since, told[0].id.as_str()), (1, UnixMillis(5), id.as_str()));
    assert!(told[0].acknowledged.is_none() && !told[0].advice.is_empty());
}

#[test]
fn reassignments_are_stuck_only_when_none_of_them_moves() {
    let mut inventory = healthy();
    let mut progress = Progress::default();
    let at = |minutes: i64| UnixMillis(NOW.0 + minutes * 60_000);
    assert_eq!(progress.follow(&inventory, at(0)), None);
    inventory.topics[0].partitions[0].in_sync = [0, 1].map(BrokerId).into();
    inventory.reassignments = Known::Known(vec![moving(0, 2), moving(1, 2)]);
    assert_eq!(progress.follow(&inventory, at(1)), Some(at(1)));
    assert_eq!(progress.follow(&inventory, at(9)), Some(at(1)));
    inventory.topics[0].partitions[0].in_sync = [0, 1, 2].map(BrokerId).into();
    assert_eq!(progress.follow(&inventory, at(20)), Some(at(20)), "a replica caught up");
    inventory.reassignments = Known::Unknown;
    assert_eq!(progress.follow(&inventory, at(21)), Some(at(20)), "nobody could say");
    inventory.reassignments = Known::Known(Vec::new());
    assert_eq!(progress.follow(&inventory, at(22)), None);
}

#[test]
fn a_volume_that_is_full_in_a_day_or_so_is_full_in_one_day() {
    let full = |days: f64| {
        let scene = Scene::changed(|scene| scene.forecasts[0].days = days);
        scene.only(FindingRule::DiskFullSoon).message
    };
    let wanted = |when: &str| format!("/data/0 of broker 0 will be full {when}, if it goes on like this");
    assert_eq!(
        [0.9, 1.0, 1.4, 1.5, 6.6].map(full),
        ["within a day", "in 1 day", "in 1 day", "in 2 days", "in 7 days"].map(wanted)
    );
}

#[test]
fn a_rule_that_finds_very_much_tells_the_worst_of_it() {
    let scene = Scene::changed(|scene| {
        scene.forecasts = (0..200)
            .map(|n| {
                let days = if n == 199 { 0.5 } else { 5.0 };
                VolumeForecast { broker: BrokerId(n), volume: "/data".to_owned(), days }
            })
            .collect();
    });
    let told = scene.suspicions();
    assert_eq!((told.len(), told[0].severity), (MOST_OF_A_RULE, FindingSeverity::Critical));
}

#[test]
fn nobody_may_ask_for_the_quorum_is_not_the_same_as_nobody_leads_it() {
    let mut scene = Scene::healthy();
    scene.inventory.quorum = Known::Unknown;
    let gap = |cause| Gap { part: Part::Quorum, broker: None, missing: 1, cause, reason: "no".to_owned() };
    scene.inventory.gaps = vec![gap(GapCause::Refusal)];
    assert_eq!(scene.suspicions(), []);
    scene.inventory.gaps = vec![gap(GapCause::Silence)];
    assert_eq!(scene.rules(), [FindingRule::NoController]);
}

#[test]
fn the_page_for_people_names_every_rule() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/findings.md")).unwrap();
    for rule in FindingRule::ALL {
        assert!(page.contains(&format!("| `{}` |", rule.name())), "{} is missing", rule.name());
    }
}

#[test]
fn throttles_that_slow_nobody_down_are_worth_knowing() {
    let key = "leader.replication.throttled.rate".to_owned();
    let mut scene = Scene::healthy();
    scene.inventory.throttles = Known::Known(vec![BrokerThrottle { broker: BrokerId(2), key, rate: "10".to_owned() }]);
    assert_eq!(scene.only(FindingRule::ForgottenThrottle).severity, FindingSeverity::Info);
    scene.inventory.reassignments = Known::Known(vec![moving(0, 1)]);
    assert_eq!(scene.suspicions().len(), 0, "they are in use");
    let rotated = Scene::changed(|scene| scene.endings = vec![ending(EndingKind::Password, 60_000)]);
    assert_eq!(rotated.only(FindingRule::CredentialExpiring).severity, FindingSeverity::Info);
}
