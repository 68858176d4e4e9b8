//! What is looked at, and how it should be.

#![expect(clippy::print_stdout, reason = "whoever runs it wants to see what brokers say")]

use klamm_kafka::{
    Apply, Cancelled, Client, ClientError, ConfigChange, ConfigDetail, ConfigEdit, ConfigResource, Cordon, Elected,
    ErrorCode, FactorRule, FeatureChange, FeatureUpdate, Holdings, ListSeen, MetadataVersion, NewTopic, OfBrokers,
    RateSeen, TopicPartition, TopicSelection, Wanted,
};
use klamm_model::{
    BrokerId, ConfigSource, Known, PartitionId, Throttle, ThrottleSide, ThrottledMove, ThrottledReplica, TopicName,
};
use klamm_testkit::{OutsideClient, SampleRecord};
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    time::{Duration, Instant},
};

/// What a step came to.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Slow enough that a move of [`BYTES`] takes longer than anybody waits for it.
const SLOW: u64 = 1000;
const BYTES: usize = 4_000_000;

/// A cluster with a topic of one partition on its first two brokers.
struct Scene {
    client: Client,
    topic: TopicName,
    brokers: Vec<BrokerId>,
}

/// Looks at everything, and says what is not as it should be. `outside` is a client as teams have it.
pub(crate) async fn look(client: Client, outside: &OutsideClient) -> Outcome {
    let scene = Scene::made(client, outside).await?;
    fresh(&scene).await?;
    slow_move_and_back(&scene).await?;
    swift_move(&scene).await?;
    elections(&scene).await?;
    evacuation(&scene).await?;
    cordons(&scene).await?;
    broker_configs(&scene).await?;
    features(&scene.client).await?;
    scene.client.delete_topics(&BTreeSet::from([scene.topic.clone()])).await?;
    Ok(())
}

fn expect(what: &str, holds: bool) -> Outcome {
    if holds { Ok(()) } else { Err(format!("not as it should be: {what}").into()) }
}

async fn soon(what: &str, look: impl AsyncFn() -> Outcome<bool>) -> Outcome {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !look().await? {
        expect(what, Instant::now() < deadline)?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{what}");
    Ok(())
}

impl Scene {
    async fn made(client: Client, outside: &OutsideClient) -> Outcome<Self> {
        let topic: TopicName = "klamm-moves".parse()?;
        client.delete_topics(&BTreeSet::from([topic.clone()])).await?;
        let brokers: Vec<BrokerId> = client.describe_cluster().await?.brokers.iter().map(|node| node.id).collect();
        expect("three brokers", brokers.len() >= 3)?;
        let new = NewTopic {
            name: topic.clone(),
            partitions: Some(1),
            replication_factor: Some(2),
            config: [("min.insync.replicas".to_owned(), "2".to_owned())].into(),
        };
        let made = async || {
            // A topic that was just deleted may be known for a moment.
            Ok(client.create_topics(vec![new.clone()], Apply::Commit).await?.values().all(Result::is_ok))
        };
        soon("the topic is made", made).await?;
        let scene = Self { client, topic, brokers };
        scene.place(&[scene.brokers[0], scene.brokers[1]]).await?;
        let records: Vec<SampleRecord> = (0..BYTES / 1000)
            .map(|_| SampleRecord { key: None, value: Some(vec![7; 1000]), headers: Vec::new() })
            .collect();
        for some in records.chunks(500) {
            outside.write((scene.topic.as_str(), 0), some, "none", None).await?;
        }
        println!("{BYTES} bytes written");
        Ok(scene)
    }

    fn partition(&self) -> TopicPartition {
        (self.topic.clone(), PartitionId(0))
    }

    /// Replicas of the partition, and whether all are in sync and nothing moves.
    async fn lies_at(&self, replicas: &[BrokerId]) -> Outcome<bool> {
        let names = TopicSelection::Names([self.topic.clone()].into());
        let described = self.client.describe_topics(&names).await?.remove(&self.topic);
        let Some(Ok(topic)) = described else { return Ok(false) };
        let Some(partition) = topic.partitions.first() else { return Ok(false) };
        let is_whole = partition.in_sync.len() == replicas.len();
        Ok(*partition.replicas == *replicas && is_whole && self.client.list_reassignments().await?.is_empty())
    }

    async fn place(&self, replicas: &[BrokerId]) -> Outcome {
        self.send(replicas, FactorRule::MustStay).await?;
        soon(&format!("it lies at {replicas:?}"), async || self.lies_at(replicas).await).await
    }

    async fn send(&self, replicas: &[BrokerId], factor: FactorRule) -> Outcome {
        let targets = BTreeMap::from([(self.partition(), replicas.to_vec())]);
        let outcomes = self.client.reassign(targets, factor).await?;
        outcomes.into_values().next().ok_or("no outcome")??;
        Ok(())
    }

    async fn leader(&self) -> Outcome<Option<BrokerId>> {
        let names = TopicSelection::Names([self.topic.clone()].into());
        let described = self.client.describe_topics(&names).await?.remove(&self.topic).ok_or("no topic")??;
        Ok(described.partitions.first().and_then(|partition| partition.leader))
    }

    async fn on_disk(&self, broker: BrokerId) -> Outcome<Holdings> {
        Ok(Holdings::of(&self.client.log_dirs_of(broker).await?))
    }
}

async fn fresh(scene: &Scene) -> Outcome {
    let look = async || {
        let wanted = Wanted { minimums: OfBrokers::All, disks: OfBrokers::All };
        let began = Instant::now();
        let look = scene.client.look_fresh(&wanted).await;
        println!("a fresh look took {:?}, older by {:?} ms, {:?}", began.elapsed(), look.older_by, look.unseen);
        let minimum = look.topics.value().and_then(|topics| topics.get(&scene.topic)).map(|topic| topic.min_in_sync);
        let is_whole = look.unseen.is_empty()
            && look.older_by.value().is_some_and(|millis| *millis < 2000)
            && look.quorum_fetch_timeout.value().is_some()
            && look.features.value().is_some_and(|features| features.contains_key("metadata.version"));
        Ok(is_whole && minimum == Some(Known::Known(2)))
    };
    soon("everything is seen freshly", look).await
}

/// A throttled move beside somebody else's throttles, called back.
async fn slow_move_and_back(scene: &Scene) -> Outcome {
    let Scene { client, topic, brokers } = scene;
    let [first, second, third, ..] = brokers.as_slice() else { return Err("three brokers".into()) };
    let on_topic = ConfigResource::Topic(topic.clone());
    let theirs: ThrottledReplica = "7:9".parse()?;
    let key = ThrottleSide::Leader.replicas_key().to_owned();
    let others = vec![ConfigChange { key: key.clone(), edit: ConfigEdit::Append(theirs.to_string()) }];
    client.alter_configs(BTreeMap::from([(on_topic.clone(), others)]), Apply::Commit).await?;
    let wanted = ThrottledMove { topic, partition: PartitionId(0), from: &[*first, *second], to: &[*second, *third] };
    let wish = Throttle::of_moves(SLOW, [wanted]);
    let topics = BTreeSet::from([topic.clone()]);
    let seen = client.throttles_seen(&wish.limited(), &topics).await?;
    let plan = seen.plan(&wish, &Throttle::default());
    expect("nothing is in the way", plan.left_alone.is_empty())?;
    expect("the throttle is set", client.set_throttle(&plan.ours).await?.is_empty())?;
    let set = async || {
        let seen = client.throttles_seen(&wish.limited(), &topics).await?;
        let rate = |broker: &BrokerId, side| {
            let rates = seen.rates.get(broker)?.as_ref().ok()?;
            Some(*rates.of(side) == RateSeen::OnBroker(SLOW.to_string()))
        };
        Ok(rate(first, ThrottleSide::Leader) == Some(true) && rate(third, ThrottleSide::Follower) == Some(true))
    };
    soon("brokers show their rates", set).await?;

    scene.send(&[*second, *third], FactorRule::MustStay).await?;
    let moves = async || {
        let moves = client.list_reassignments().await?;
        Ok(moves.iter().any(|one| one.topic == *topic && *one.adding == [*third] && *one.removing == [*first]))
    };
    soon("it is being moved", moves).await?;
    let arriving = async || Ok(scene.on_disk(*third).await?.partitions.contains(&scene.partition()));
    soon("its new replica is on disk", arriving).await?;
    let cancelled = client.cancel_reassignments(&BTreeSet::from([scene.partition()])).await?;
    expect("it is called back", cancelled.values().all(|outcome| *outcome == Ok(Cancelled::Cancelled)))?;
    soon("it lies where it was, in another order", async || scene.lies_at(&[*second, *first]).await).await?;
    let again = client.cancel_reassignments(&BTreeSet::from([scene.partition()])).await?;
    expect("only once", again.values().all(|outcome| *outcome == Ok(Cancelled::WasNotMoving)))?;
    let gone = async || Ok(!scene.on_disk(*third).await?.partitions.contains(&scene.partition()));
    soon("its new replica is gone from the disk", gone).await?;
    scene.place(&[*first, *second]).await?;

    let taken = client.remove_throttle(&plan.ours).await?;
    expect("nothing of the throttle is left", taken.left.is_empty() && taken.left_alone.is_empty())?;
    let only_theirs = async || {
        let seen = client.throttles_seen(&wish.limited(), &topics).await?;
        let lists = seen.lists.get(topic).and_then(|lists| lists.as_ref().ok()).ok_or("no lists")?;
        let rates_gone = seen.rates.values().all(|rates| {
            rates.as_ref().is_ok_and(|rates| rates.leader == RateSeen::None && rates.follower == RateSeen::None)
        });
        Ok(lists.leader == ListSeen::Replicas([theirs].into()) && lists.follower == ListSeen::None && rates_gone)
    };
    soon("only the throttle of somebody else is there", only_theirs).await?;
    let back = vec![ConfigChange { key, edit: ConfigEdit::Delete }];
    client.alter_configs(BTreeMap::from([(on_topic, back)]), Apply::Commit).await?;
    let twice = client.remove_throttle(&plan.ours).await?;
    expect("once more does no harm", twice.left.is_empty())?;
    let none = async || {
        let seen = client.throttles_seen(&wish.limited(), &topics).await?;
        let lists = seen.lists.get(topic).and_then(|lists| lists.as_ref().ok()).ok_or("no lists")?;
        Ok(lists.leader == ListSeen::None && lists.follower == ListSeen::None)
    };
    soon("no list is left", none).await
}

async fn swift_move(scene: &Scene) -> Outcome {
    let [first, second, third, ..] = scene.brokers.as_slice() else { return Err("three brokers".into()) };
    if let Err(refused) = scene.send(&[*first, *second, *third], FactorRule::MustStay).await {
        println!("a third replica: {refused}");
    } else {
        println!("these brokers cannot be told to keep factors");
        soon("it lies at three", async || scene.lies_at(&[*first, *second, *third]).await).await?;
    }
    scene.send(&[*second, *third], FactorRule::MayChange).await?;
    soon("it has moved", async || scene.lies_at(&[*second, *third]).await).await?;
    let gone = async || Ok(!scene.on_disk(*first).await?.partitions.contains(&scene.partition()));
    soon("it has left its first broker", gone).await?;
    let nowhere = BTreeMap::from([
        (scene.partition(), vec![BrokerId(4711)]),
        (("klamm-moves.none".parse()?, PartitionId(0)), vec![*first]),
    ]);
    let refused = scene.client.reassign(nowhere, FactorRule::MayChange).await?;
    let codes: BTreeSet<ErrorCode> =
        refused.values().filter_map(|outcome| outcome.as_ref().err()).map(|e| e.code).collect();
    expect(
        "each is refused for its own reason",
        codes.len() == 2 && codes.contains(&ErrorCode::UnknownTopicOrPartition),
    )
}

async fn elections(scene: &Scene) -> Outcome {
    let [_, second, third, ..] = scene.brokers.as_slice() else { return Err("three brokers".into()) };
    scene.place(&[*third, *second]).await?;
    let partitions = BTreeSet::from([scene.partition(), ("klamm-moves.none".parse()?, PartitionId(0))]);
    let outcomes = scene.client.elect_preferred_leaders(&partitions).await?;
    println!("elections: {outcomes:?}");
    expect("one is elected", outcomes.get(&scene.partition()).is_some_and(Result::is_ok))?;
    expect("one is not there", outcomes.values().filter(|outcome| outcome.is_err()).count() == 1)?;
    soon("the preferred one leads", async || Ok(scene.leader().await? == Some(*third))).await?;
    let again = scene.client.elect_preferred_leaders(&BTreeSet::from([scene.partition()])).await?;
    expect("it does already", again.values().all(|outcome| *outcome == Ok(Elected::NotNeeded)))
}

/// Whatever is on the last broker goes to others.
async fn evacuation(scene: &Scene) -> Outcome {
    let client = &scene.client;
    let last = *scene.brokers.last().ok_or("no brokers")?;
    let mut targets: BTreeMap<TopicPartition, Vec<BrokerId>> = BTreeMap::new();
    for (name, topic) in client.describe_topics(&TopicSelection::All).await? {
        for partition in topic?.partitions.iter().filter(|partition| partition.replicas.contains(&last)) {
            let free = scene.brokers.iter().filter(|id| !partition.replicas.contains(id) && **id != last).copied();
            let stay = partition.replicas.iter().copied().filter(|id| *id != last);
            targets.insert((name.clone(), partition.id), stay.chain(free).take(partition.replicas.len()).collect());
        }
    }
    println!("{} partitions leave broker {last}", targets.len());
    let outcomes = client.reassign(targets, FactorRule::MayChange).await?;
    expect("all may leave", outcomes.values().all(Result::is_ok))?;
    soon("nothing is left on its disks", async || Ok(scene.on_disk(last).await?.count() == Known::Known(0))).await
}

async fn cordons(scene: &Scene) -> Outcome {
    let client = &scene.client;
    let last = *scene.brokers.last().ok_or("no brokers")?;
    let cordon = client.cordon(last).await?;
    println!("cordon: {cordon:?}");
    if cordon == Cordon::Unsupported {
        return Ok(());
    }
    soon("it is cordoned", async || Ok(client.cordon_of(last).await? == Cordon::Whole)).await?;
    let name: TopicName = "klamm-moves.cordoned".parse()?;
    let placed = async || {
        client.delete_topics(&BTreeSet::from([name.clone()])).await?;
        let config = BTreeMap::new();
        let new = NewTopic { name: name.clone(), partitions: Some(12), replication_factor: Some(1), config };
        if client.create_topics(vec![new], Apply::Commit).await?.values().any(Result::is_err) {
            return Ok(false);
        }
        let names = TopicSelection::Names([name.clone()].into());
        let topic = client.describe_topics(&names).await?.remove(&name);
        let Some(Ok(topic)) = topic else { return Ok(false) };
        Ok(topic.partitions.len() == 12 && topic.partitions.iter().all(|partition| !partition.replicas.contains(&last)))
    };
    soon("new partitions go elsewhere", placed).await?;
    client.delete_topics(&BTreeSet::from([name.clone()])).await?;
    expect("it is let go", client.uncordon(last).await? == Cordon::None)?;
    soon("it is cordoned no more", async || Ok(client.cordon_of(last).await? == Cordon::None)).await
}

/// What of a broker's configuration needs a restart, and where a value is set.
async fn broker_configs(scene: &Scene) -> Outcome {
    let client = &scene.client;
    let one = ConfigResource::Broker(*scene.brokers.first().ok_or("no brokers")?);
    let key = "log.cleaner.threads";
    let edit = |edit| vec![ConfigChange { key: key.to_owned(), edit }];
    let all = BTreeMap::from([
        (ConfigResource::BrokerDefaults, edit(ConfigEdit::Set("2".to_owned()))),
        (one.clone(), edit(ConfigEdit::Set("1".to_owned()))),
    ]);
    expect("both are set", client.alter_configs(all, Apply::Commit).await?.values().all(Result::is_ok))?;
    let sources = async || {
        let described = client.describe_configs(&BTreeSet::from([one.clone()]), ConfigDetail::Synonyms).await?;
        let Some(Ok(keys)) = described.get(&one) else { return Ok(false) };
        let read_only = |key: &str| keys.get(key).map(|value| value.read_only);
        expect("some need a restart", read_only("num.partitions") == Some(true) && read_only(key) == Some(false))?;
        let places: Vec<ConfigSource> =
            keys.get(key).into_iter().flat_map(|value| &value.synonyms).map(|synonym| synonym.source).collect();
        Ok(places.starts_with(&[ConfigSource::DynamicBroker, ConfigSource::DynamicDefaultBroker]))
    };
    soon("a value tells where it is set", sources).await?;
    let back = BTreeMap::from([
        (ConfigResource::BrokerDefaults, edit(ConfigEdit::Delete)),
        (one.clone(), edit(ConfigEdit::Delete)),
    ]);
    expect("both go", client.alter_configs(back, Apply::Commit).await?.values().all(Result::is_ok))?;
    let fixed = vec![ConfigChange { key: "num.partitions".to_owned(), edit: ConfigEdit::Set("3".to_owned()) }];
    let refused = client.alter_configs(BTreeMap::from([(one.clone(), fixed)]), Apply::ValidateOnly).await?;
    println!("a key that needs a restart: {refused:?}");
    expect("what needs a restart is refused", refused.values().all(Result::is_err))
}

/// All features at once, and the way back that there is.
async fn features(client: &Client) -> Outcome {
    let features = client.describe_features().await?;
    println!("finalised {:?}, supported {:?}", features.finalized, features.supported);
    let newest = features.supported.iter().map(|(feature, range)| FeatureUpdate {
        feature: feature.clone(),
        level: range.max,
        change: FeatureChange::Upgrade,
    });
    // The voters of a quorum made with a static list cannot be upgraded in the same breath.
    let newest: Vec<FeatureUpdate> = newest.filter(|update| update.feature != "kraft.version").collect();
    let outcome = client.update_features(&newest, Apply::ValidateOnly).await;
    println!("all features to the newest at once: {:?}", outcome.as_ref().map_err(ClientError::explain));
    expect("that may be done", outcome.is_ok())?;
    let level = features.metadata_version().ok_or("no metadata.version")?.level();
    for down in (level - 8..level).rev() {
        let change = FeatureChange::SafeDowngrade;
        let update = [FeatureUpdate { feature: "metadata.version".to_owned(), level: down, change }];
        let outcome = client.update_features(&update, Apply::ValidateOnly).await;
        let said = outcome.map_err(|error| error.explain());
        println!("back to {}: {said:?}", MetadataVersion::from_level(down));
    }
    let after = client.describe_features().await?;
    expect("nothing of it was done", after.finalized == features.finalized)
}
