use super::*;
use crate::{
    Address, Addresses, ClientConfig,
    stand_in::{Heard, Reply, StandIn, nobody},
};
use kafka_protocol::{
    messages::{
        DescribeConfigsRequest, DescribeConfigsResponse, IncrementalAlterConfigsRequest,
        IncrementalAlterConfigsResponse,
        describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult},
        incremental_alter_configs_response::AlterConfigsResourceResponse,
    },
    protocol::{Request, StrBytes},
};
use klamm_model::{PartitionId, ThrottledMove};
use std::sync::{Arc, Mutex};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const SET_ON_TOPIC: i8 = 1;
const DYNAMIC_BROKER: i8 = 2;
const UNKNOWN_TOPIC: i16 = 3;

/// Values by type, name and key of what they are set on.
type Values = BTreeMap<(i8, String, String), String>;

/// A cluster's configuration as its controller has it, and as brokers show it: that may be older.
#[derive(Default)]
struct Config {
    topics: BTreeSet<String>,
    values: Values,
    /// Answers that are still given from before the last change.
    late: usize,
    before: Values,
}

impl Config {
    fn answer(&mut self, heard: &Heard) -> Reply {
        match heard.key {
            DescribeConfigsRequest::KEY => self.describe(heard),
            IncrementalAlterConfigsRequest::KEY => self.alter(heard),
            _ => Reply::HangUp,
        }
    }

    fn describe(&mut self, heard: &Heard) -> Reply {
        let shown = if self.late > 0 { &self.before } else { &self.values };
        let results = heard.read::<DescribeConfigsRequest>().resources.into_iter().map(|asked| {
            let (kind, name) = (asked.resource_type, asked.resource_name.to_string());
            let result =
                DescribeConfigsResult::default().with_resource_type(kind).with_resource_name(asked.resource_name);
            if kind == TOPIC && !self.topics.contains(&name) {
                return result.with_error_code(UNKNOWN_TOPIC);
            }
            let key = |key: StrBytes| {
                let value = shown.get(&(kind, name.clone(), key.to_string()))?.clone();
                let source = if kind == TOPIC { SET_ON_TOPIC } else { DYNAMIC_BROKER };
                let value = Some(StrBytes::from_string(value));
                Some(
                    DescribeConfigsResourceResult::default()
                        .with_name(key)
                        .with_value(value)
                        .with_config_source(source),
                )
            };
            result.with_configs(asked.configuration_keys.unwrap_or_default().into_iter().filter_map(key).collect())
        });
        let response = DescribeConfigsResponse::default().with_results(results.collect());
        self.late = self.late.saturating_sub(1);
        heard.answer::<DescribeConfigsRequest>(&response)
    }

    /// As the controller does it: what is subtracted from nothing is an empty list that is set.
    fn alter(&mut self, heard: &Heard) -> Reply {
        if self.late == 0 {
            self.before = self.values.clone();
        }
        let responses = heard.read::<IncrementalAlterConfigsRequest>().resources.into_iter().map(|asked| {
            let (kind, name) = (asked.resource_type, asked.resource_name.to_string());
            let response = AlterConfigsResourceResponse::default()
                .with_resource_type(kind)
                .with_resource_name(asked.resource_name);
            if kind == TOPIC && !self.topics.contains(&name) {
                return response.with_error_code(UNKNOWN_TOPIC);
            }
            for config in asked.configs {
                let place = (kind, name.clone(), config.name.to_string());
                let list = self.values.get(&place).cloned().unwrap_or_default();
                let mut list: Vec<String> = list.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect();
                let value = config.value.map(|value| value.to_string()).unwrap_or_default();
                match config.config_operation {
                    0 => list = vec![value],
                    1 => {
                        self.values.remove(&place);
                        continue;
                    }
                    2 => list.extend(value.split(',').map(str::to_owned)),
                    _ => list.retain(|one| !value.split(',').any(|gone| gone == one)),
                }
                self.values.insert(place, list.join(","));
            }
            response
        });
        let response = IncrementalAlterConfigsResponse::default().with_responses(responses.collect());
        heard.answer::<IncrementalAlterConfigsRequest>(&response)
    }
}

/// Brokers 1 to 3 with the topics `orders` and `payments`, 4 that is dead, and a client of all.
struct Scene {
    config: Arc<Mutex<Config>>,
    client: Client,
    _broker: StandIn,
}

impl Scene {
    async fn start() -> Self {
        let config = Arc::new(Mutex::new(Config {
            topics: ["orders", "payments"].map(str::to_owned).into(),
            ..Config::default()
        }));
        let answering = config.clone();
        let broker = StandIn::usual(move |heard| answering.lock().unwrap().answer(&heard)).await;
        let mut addresses: BTreeMap<BrokerId, Address> =
            (1..=3).map(|id| (BrokerId(id), broker.address.clone())).collect();
        addresses.insert(BrokerId(4), nobody().await);
        let client = Client::new(ClientConfig { addresses: Addresses::Explicit(addresses), ..ClientConfig::new() });
        Self { config, client, _broker: broker }
    }

    fn set(&self, kind: i8, name: &str, key: &str, value: &str) {
        let place = (kind, name.to_owned(), key.to_owned());
        self.config.lock().unwrap().values.insert(place, value.to_owned());
    }

    /// Everything that is set, in one text.
    fn all(&self) -> String {
        let config = self.config.lock().unwrap();
        let lines = config.values.iter().map(|((_, name, key), value)| {
            let short = key.replace(".replication.throttled", "");
            format!("{name} {short}={value}")
        });
        lines.collect::<Vec<_>>().join("; ")
    }

    /// Plans a limit, with nothing being ours before.
    async fn plan(&self, wish: &Throttle) -> ThrottlePlan {
        let topics = wish.replicas.keys().cloned().collect();
        let seen = self.client.throttles_seen(&wish.limited(), &topics).await.unwrap();
        seen.plan(wish, &Throttle::default())
    }
}

/// The limit for moving the first partition of a topic.
fn wish(topic: &str, from: &[i32], to: &[i32]) -> Throttle {
    let ids = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Vec<_>>();
    let topic = topic.parse().unwrap();
    let moved = ThrottledMove { topic: &topic, partition: PartitionId(0), from: &ids(from), to: &ids(to) };
    Throttle::of_moves(1000, [moved])
}

#[tokio::test]
async fn a_limit_is_set_beside_those_of_others_and_only_it_is_taken_away() {
    let scene = Scene::start().await;
    scene.set(TOPIC, "orders", "leader.replication.throttled.replicas", "7:9,0:2");
    scene.set(BROKER, "2", "leader.replication.throttled.rate", "5");
    let before = scene.all();
    let plan = scene.plan(&wish("orders", &[1, 2], &[1, 3])).await;
    let foreign = LeftAlone::Rate { broker: BrokerId(2), side: ThrottleSide::Leader, rate: "5".to_owned() };
    assert_eq!(plan.left_alone, [foreign]);
    assert_eq!(plan.ours.brokers.leader, [BrokerId(1)].into());

    assert_eq!(scene.client.set_throttle(&plan.ours).await.unwrap(), []);
    let set = "orders follower.replicas=0:3; orders leader.replicas=7:9,0:2,0:1; 1 leader.rate=1000; 2 leader.rate=5; \
               3 follower.rate=1000";
    assert_eq!(scene.all(), set);
    scene.client.set_throttle(&plan.ours).await.unwrap();
    let twice = scene.all();
    assert_eq!(twice.matches("leader.rate=1000").count(), 1, "{twice}");

    let taken = scene.client.remove_throttle(&plan.ours).await.unwrap();
    assert!(taken.left.is_empty() && taken.left_alone.is_empty(), "{taken:?}");
    assert_eq!(scene.all(), before);
}

#[tokio::test]
async fn whatever_of_a_limit_was_set_before_a_crash_goes_and_nothing_is_left_of_the_rest() {
    let scene = Scene::start().await;
    let plan = scene.plan(&wish("orders", &[1], &[3])).await;
    assert_eq!(plan.left_alone, []);
    scene.set(BROKER, "1", "leader.replication.throttled.rate", "1000");
    for _ in 0..2 {
        let taken = scene.client.remove_throttle(&plan.ours).await.unwrap();
        assert!(taken.left.is_empty(), "{taken:?}");
        assert_eq!(scene.all(), "");
    }
}

#[tokio::test]
async fn brokers_that_show_changes_late_are_waited_for() {
    let scene = Scene::start().await;
    let plan = scene.plan(&wish("orders", &[1], &[3])).await;
    scene.client.set_throttle(&plan.ours).await.unwrap();
    scene.config.lock().unwrap().late = 3;
    let taken = scene.client.remove_throttle(&plan.ours).await.unwrap();
    assert!(taken.left.is_empty(), "{taken:?}");
    assert_eq!(scene.all(), "");
}

#[tokio::test]
async fn topics_that_are_gone_are_no_trouble_and_brokers_that_are_dead_are_kept_in_mind() {
    let scene = Scene::start().await;
    let ours = wish("orders", &[1, 4], &[1, 3]).with(&wish("payments", &[1], &[3]));
    scene.client.set_throttle(&ours).await.unwrap();
    scene.config.lock().unwrap().topics.remove("payments");
    scene.config.lock().unwrap().values.retain(|(_, name, _), _| name != "payments");
    let taken = scene.client.remove_throttle(&ours).await.unwrap();
    assert_eq!(scene.all(), "");
    assert_eq!(taken.left.limited(), [BrokerId(4)].into());
    assert!(taken.left.replicas.is_empty());
    assert!(matches!(taken.left_alone.as_slice(), [LeftAlone::SilentBroker { broker: BrokerId(4), .. }]), "{taken:?}");
    let wished = scene.plan(&wish("payments", &[4], &[3])).await;
    assert!(wished.ours.replicas.is_empty() && wished.ours.limited() == [BrokerId(3)].into(), "{wished:?}");
}

#[tokio::test]
async fn lists_of_everything_and_rates_that_somebody_sets_meanwhile_stay() {
    let scene = Scene::start().await;
    scene.set(TOPIC, "orders", "follower.replication.throttled.replicas", "*");
    let plan = scene.plan(&wish("orders", &[1], &[3])).await;
    let everything = LeftAlone::AllReplicas { topic: "orders".parse().unwrap(), side: ThrottleSide::Follower };
    assert_eq!(plan.left_alone, [everything]);
    scene.client.set_throttle(&plan.ours).await.unwrap();

    scene.set(BROKER, "1", "leader.replication.throttled.rate", "77");
    let theirs = LeftAlone::Rate { broker: BrokerId(1), side: ThrottleSide::Leader, rate: "77".to_owned() };
    assert_eq!(scene.client.set_throttle(&plan.ours).await.unwrap(), std::slice::from_ref(&theirs));
    let taken = scene.client.remove_throttle(&plan.ours).await.unwrap();
    assert_eq!((taken.left_alone, taken.left.is_empty()), (vec![theirs], true));
    assert_eq!(scene.all(), "orders follower.replicas=*; 1 leader.rate=77");
}

#[tokio::test]
async fn while_moves_go_on_a_limit_grows_and_shrinks_with_them() {
    let scene = Scene::start().await;
    let (first, second) = (wish("orders", &[1], &[3]), wish("payments", &[1], &[2]));
    let ours = scene.plan(&first).await.ours;
    scene.client.set_throttle(&ours).await.unwrap();
    let seen = scene.client.throttles_seen(&second.limited(), &["payments".parse().unwrap()].into()).await.unwrap();
    let plan = seen.plan(&second, &ours);
    assert_eq!(plan.left_alone, [], "the rate of broker 1 is ours");
    scene.client.set_throttle(&plan.ours).await.unwrap();

    let done = plan.ours.clone().without(&second);
    let taken = scene.client.remove_throttle(&done).await.unwrap();
    assert!(taken.left.is_empty());
    let second_alone =
        "payments follower.replicas=0:2; payments leader.replicas=0:1; 1 leader.rate=1000; 2 follower.rate=1000";
    assert_eq!(scene.all(), second_alone);
    scene.client.remove_throttle(&plan.ours.without(&done)).await.unwrap();
    assert_eq!(scene.all(), "");
}
