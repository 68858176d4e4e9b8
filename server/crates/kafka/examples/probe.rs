//! Asks a real broker everything this crate can ask, and fails at the first answer that is not as it should be.
//!
//! `cargo run -p klamm-kafka --example probe -- <host:port of a SCRAM listener> <user> <password>`. It makes and removes
//! topics, users, ACLs and quotas whose names begin with `klamm-probe`; nothing else is changed.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use klamm_kafka::{
    Acl, AclFilter, AclOperation, AclPattern, AclPermission, AclResource, Addresses, Apply, Authentication, Client,
    ClientConfig, ClientError, ConfigChange, ConfigDetail, ConfigEdit, ConfigResource, Credentials, ErrorCode,
    FeatureChange, FeatureUpdate, KafkaError, NewTopic, OffsetSpec, PartitionsByLeader, Password, PerTopic, QuotaKey,
    QuotaSelection, Removed, ScramChange, ScramIterations, TopicDescription, TopicSelection,
};
use klamm_model::{BrokerId, TopicName};
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Debug,
    time::{Duration, Instant},
};

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, user, password] = arguments.as_slice() else {
        return Err("usage: probe <host:port> <user> <password>".into());
    };
    let config = |user: &str, password: &str| -> Result<ClientConfig, Box<dyn Error>> {
        Ok(ClientConfig {
            bootstrap: vec![address.parse()?],
            addresses: Addresses::Advertised,
            authentication: Authentication::ScramSha512(Credentials::new(user, Password::new(password))),
            ..ClientConfig::new()
        })
    };
    let client = Client::new(config(user, password)?);
    let brokers = cluster(&client).await?;
    topics(&client).await?;
    configs(&client, &brokers).await?;
    users(&client, |user, password| config(user, password).map(Client::new)).await?;
    acls(&client).await?;
    quotas(&client).await?;
    quorum(&client).await?;
    sign_in(config(user, "certainly not this")?).await?;
    many(&client).await?;
    println!("all as it should be");
    client.close().await;
    expect("a closed client says so", matches!(client.describe_cluster().await, Err(ClientError::Closed)))
}

fn expect(what: &str, holds: bool) -> Outcome {
    if holds { Ok(()) } else { Err(format!("not as it should be: {what}").into()) }
}

/// Looks again until it is as it should be: brokers answer from their own copy of the metadata, which may be a moment
/// older than a change just made.
async fn soon<F: Future<Output = Result<bool, ClientError>>>(what: &str, look: impl Fn() -> F) -> Outcome {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !look().await? {
        expect(what, Instant::now() < deadline)?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn code<T: Debug>(outcome: Option<&Result<T, KafkaError>>) -> Option<ErrorCode> {
    outcome.and_then(|outcome| outcome.as_ref().err()).map(|error| error.code)
}

async fn cluster(client: &Client) -> Result<BTreeSet<BrokerId>, Box<dyn Error>> {
    let cluster = client.describe_cluster().await?;
    println!("cluster {} with {:?}", cluster.cluster_id, cluster.brokers);
    let ids: BTreeSet<BrokerId> = cluster.brokers.iter().map(|broker| broker.id).collect();
    for id in &ids {
        let table = client.api_versions(*id).await?;
        println!("broker {id} runs {:?}, supports {:?}", table.software().map(|s| s.to_string()), table.supported);
        expect("the software line is known", table.software().is_some())?;
    }
    let features = client.describe_features().await?;
    println!("finalised {:?}", features.finalized);
    expect("metadata.version is known", features.metadata_version().is_some_and(|version| version.name().is_some()))?;
    for (broker, dirs) in client.describe_log_dirs(&ids).await {
        for dir in dirs? {
            println!("broker {broker}: {} total {:?} usable {:?}", dir.path, dir.total_bytes, dir.usable_bytes);
            expect("volume sizes are known", dir.total_bytes.value().is_some_and(|bytes| *bytes > 0))?;
        }
    }
    let nobody = client.api_versions(BrokerId(4711)).await;
    expect("an unknown broker is one", matches!(nobody, Err(ClientError::UnknownBroker(BrokerId(4711)))))?;
    Ok(ids)
}

fn new_topic(name: &TopicName, partitions: Option<u32>, config: &[(&str, &str)]) -> NewTopic {
    let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    NewTopic { name: name.clone(), partitions, replication_factor: Some(1), config }
}

async fn topics(client: &Client) -> Outcome {
    let good: TopicName = "klamm-probe.topic".parse()?;
    let bad: TopicName = "klamm-probe.bad".parse()?;
    let names = BTreeSet::from([good.clone(), bad.clone()]);
    client.delete_topics(&names).await?;
    let wishes = || {
        vec![new_topic(&good, Some(3), &[("retention.ms", "60000")]), new_topic(&bad, None, &[("no.such.key", "1")])]
    };
    let checked = client.create_topics(wishes(), Apply::ValidateOnly).await?;
    println!("validated: {checked:?}");
    expect("validation accepts", checked.get(&good).is_some_and(|o| o.as_ref().is_ok_and(|t| t.id.is_none())))?;
    expect("validation refuses", code(checked.get(&bad)) == Some(ErrorCode::InvalidConfig))?;
    let made = client.create_topics(wishes(), Apply::Commit).await?;
    let id = made.get(&good).and_then(|o| o.as_ref().ok()).and_then(|topic| topic.id).ok_or("no topic id")?;
    expect(
        "a topic exists once",
        code(client.create_topics(wishes(), Apply::Commit).await?.get(&good)) == Some(ErrorCode::TopicAlreadyExists),
    )?;
    let too_many = vec![NewTopic { replication_factor: Some(99), ..new_topic(&bad, None, &[]) }];
    let refused = client.create_topics(too_many, Apply::Commit).await?;
    expect("factor 99 is refused", code(refused.get(&bad)) == Some(ErrorCode::InvalidReplicationFactor))?;
    if let Some(Err(error)) = refused.get(&bad) {
        println!("refused: {error}");
    }
    let grown = client.create_partitions(BTreeMap::from([(good.clone(), 5)]), Apply::Commit).await?;
    expect("five partitions", grown.get(&good).is_some_and(Result::is_ok))?;
    let shrunk = client.create_partitions(BTreeMap::from([(good.clone(), 2)]), Apply::Commit).await?;
    expect("not two", code(shrunk.get(&good)) == Some(ErrorCode::InvalidPartitions))?;
    let both = TopicSelection::Names(names);
    let grown = || async {
        let described = client.describe_topics(&both).await?;
        let topic = described.get(&good).and_then(|o| o.as_ref().ok());
        Ok(topic.is_some_and(|t| t.partitions.len() == 5 && t.partitions.iter().all(|p| p.leader.is_some())))
    };
    soon("its partitions", grown).await?;
    let described = client.describe_topics(&both).await?;
    let topic = described.get(&good).and_then(|o| o.as_ref().ok()).ok_or("not described")?;
    expect("its id", topic.id == id)?;
    expect("in sync", topic.partitions.iter().all(|p| !p.in_sync.is_empty()))?;
    expect("no other", code(described.get(&bad)) == Some(ErrorCode::UnknownTopicOrPartition))?;
    let leaders = PartitionsByLeader::of([(&good, topic)]);
    let ends = || async {
        let ends = client.list_offsets(&leaders, OffsetSpec::Latest).await;
        Ok(ends.topic(&good).is_some_and(|ends| ends.len() == 5 && ends.values().all(|offset| *offset == 0)))
    };
    soon("empty logs end at 0", ends).await?;
    let gone = client.delete_topics_by_id(&BTreeSet::from([id])).await?;
    expect("deleted by id", gone.get(&id).is_some_and(Result::is_ok))?;
    let again = client.delete_topics_by_id(&BTreeSet::from([id])).await?;
    expect("only once", code(again.get(&id)) == Some(ErrorCode::UnknownTopicId))?;
    let listings = client.list_groups().await?;
    println!("groups {:?}", listings.groups.keys());
    let groups = listings.groups.values();
    for (group, described) in client.describe_groups(groups.clone()).await {
        println!("{group}: {:?}", described?);
    }
    for (group, offsets) in client.fetch_group_offsets(groups).await {
        println!("{group}: {:?}", offsets?);
    }
    Ok(())
}

async fn configs(client: &Client, brokers: &BTreeSet<BrokerId>) -> Outcome {
    let name: TopicName = "klamm-probe.config".parse()?;
    client.delete_topics(&BTreeSet::from([name.clone()])).await?;
    client.create_topics(vec![new_topic(&name, Some(1), &[("retention.ms", "60000")])], Apply::Commit).await?;
    let topic = ConfigResource::Topic(name.clone());
    let change = |key: &str, edit| ConfigChange { key: key.to_owned(), edit };
    let changes = vec![
        change("retention.ms", ConfigEdit::Delete),
        change("cleanup.policy", ConfigEdit::Append("compact".into())),
    ];
    let altered = client.alter_configs(BTreeMap::from([(topic.clone(), changes)]), Apply::Commit).await?;
    expect("configuration changes", altered.values().all(Result::is_ok))?;
    let wrong = BTreeMap::from([(topic.clone(), vec![change("retention.ms", ConfigEdit::Set("soon".into()))])]);
    let refused = client.alter_configs(wrong, Apply::ValidateOnly).await?;
    expect("soon is no time", code(refused.get(&topic)) == Some(ErrorCode::InvalidConfig))?;
    let mut resources = BTreeSet::from([topic.clone(), ConfigResource::BrokerDefaults]);
    resources.extend(brokers.iter().copied().map(ConfigResource::Broker));
    let deleted = || async {
        let described = client.describe_configs(&BTreeSet::from([topic.clone()]), ConfigDetail::Values).await?;
        let value = described.get(&topic).and_then(|o| o.as_ref().ok()).and_then(|values| values.get("retention.ms"));
        Ok(value.is_some_and(|v| v.source == klamm_model::ConfigSource::Default))
    };
    soon("deleted key", deleted).await?;
    let described = client.describe_configs(&resources, ConfigDetail::Documentation).await?;
    expect("everybody answers", described.len() == resources.len() && described.values().all(Result::is_ok))?;
    let values = described.get(&topic).and_then(|o| o.as_ref().ok()).ok_or("not described")?;
    println!("cleanup.policy: {:?}", values.get("cleanup.policy"));
    expect("documented", values.values().all(|v| v.documentation.is_some()))?;
    client.delete_topics(&BTreeSet::from([name])).await?;
    Ok(())
}

async fn users(client: &Client, sign_in: impl Fn(&str, &str) -> Result<Client, Box<dyn Error>>) -> Outcome {
    // The name has both characters that SCRAM escapes.
    let user = "klamm-probe.u=1,x".to_owned();
    let upsert =
        |iterations| ScramChange::Upsert { user: user.clone(), password: Password::new("pässword, =yes"), iterations };
    let made = client.alter_scram(vec![upsert(ScramIterations::default())]).await?;
    expect("user made", made.get(&user).is_some_and(Result::is_ok))?;
    let asked = BTreeSet::from([user.clone(), "klamm-probe.nobody".to_owned()]);
    let known = || async {
        Ok(client
            .describe_scram(Some(&asked))
            .await?
            .get(&user)
            .is_some_and(|o| o.as_ref().is_ok_and(|i| i.len() == 1)))
    };
    soon("user known", known).await?;
    let infos = client.describe_scram(Some(&asked)).await?;
    expect("nobody is not", code(infos.get("klamm-probe.nobody")) == Some(ErrorCode::ResourceNotFound))?;
    expect("all users", client.describe_scram(None).await?.contains_key(&user))?;
    let theirs = sign_in(&user, "pässword, =yes")?;
    theirs.describe_features().await?;
    let refused = theirs.unregister_broker(BrokerId(4711)).await;
    expect(
        "no rights",
        refused
            .as_ref()
            .err()
            .and_then(ClientError::kafka)
            .is_some_and(|e| e.code == ErrorCode::ClusterAuthorizationFailed),
    )?;
    theirs.close().await;
    let gone = client.alter_scram(vec![ScramChange::Delete { user: user.clone() }]).await?;
    expect("user removed", gone.get(&user).is_some_and(Result::is_ok))?;
    let again = client.alter_scram(vec![ScramChange::Delete { user: user.clone() }]).await?;
    expect("only once", code(again.get(&user)) == Some(ErrorCode::ResourceNotFound))
}

async fn sign_in(wrong: ClientConfig) -> Outcome {
    let refused = Client::new(wrong).describe_cluster().await;
    if let Err(error) = &refused {
        println!("wrong password: {}", error.explain());
    }
    expect("a wrong password is refused", matches!(refused, Err(ClientError::Authentication(_))))
}

async fn acls(client: &Client) -> Outcome {
    let acl = |pattern, operation| Acl {
        resource: AclResource::Topic,
        name: "klamm-probe.".to_owned(),
        pattern,
        principal: "User:klamm-probe".to_owned(),
        host: "*".to_owned(),
        operation,
        permission: AclPermission::Allow,
    };
    let wanted =
        BTreeSet::from([acl(AclPattern::Prefixed, AclOperation::Read), acl(AclPattern::Literal, AclOperation::Write)]);
    expect("ACLs made", client.create_acls(&wanted).await?.values().all(Result::is_ok))?;
    let filter = AclFilter { principal: Some("User:klamm-probe".to_owned()), ..AclFilter::default() };
    soon("ACLs found", || async { Ok(client.describe_acls(&filter).await? == wanted) }).await?;
    let one = acl(AclPattern::Prefixed, AclOperation::Read);
    let removed = client.delete_acls(&BTreeSet::from([one.clone()])).await?;
    expect("one removed", removed.get(&one).is_some_and(|o| o.as_ref().is_ok_and(|r| *r == Removed::Removed)))?;
    let removed = client.delete_acls(&wanted).await?;
    println!("removed: {removed:?}");
    expect("it was absent", removed.get(&one).is_some_and(|o| o.as_ref().is_ok_and(|r| *r == Removed::WasAbsent)))?;
    soon("none left", || async { Ok(client.describe_acls(&filter).await?.is_empty()) }).await
}

async fn quotas(client: &Client) -> Outcome {
    let user = "klamm-probe".to_owned();
    let change = |rate| BTreeMap::from([(user.clone(), BTreeMap::from([(QuotaKey::ProducerByteRate, rate)]))]);
    client.alter_user_quotas(change(Some(1024.0)), Apply::Commit).await?.remove(&user).ok_or("no outcome")??;
    let one = QuotaSelection::User(user.clone());
    soon("quota set", || async {
        Ok(client.describe_user_quotas(&one).await?.get(&user).is_some_and(|q| q.len() == 1))
    })
    .await?;
    soon("among all", || async {
        Ok(client.describe_user_quotas(&QuotaSelection::AllUsers).await?.contains_key(&user))
    })
    .await?;
    client.alter_user_quotas(change(None), Apply::Commit).await?.remove(&user).ok_or("no outcome")??;
    soon("quota gone", || async { Ok(client.describe_user_quotas(&one).await?.is_empty()) }).await
}

async fn quorum(client: &Client) -> Outcome {
    let quorum = client.describe_quorum().await?;
    println!("quorum {quorum:?}");
    expect("a leader who votes", quorum.voters.iter().any(|v| Some(v.id) == quorum.leader))?;
    expect("who is not behind", quorum.voters.iter().any(|v| quorum.lag(v).value() == Some(&0)))?;
    let level = client.describe_features().await?.metadata_version().ok_or("no metadata.version")?.level();
    let update =
        |level| [FeatureUpdate { feature: "metadata.version".to_owned(), level, change: FeatureChange::Upgrade }];
    let beyond = client.update_features(&update(level + 50), Apply::ValidateOnly).await;
    if let Err(error) = &beyond {
        println!("level {}: {}", level + 50, error.explain());
    }
    expect("a level nobody knows is refused", beyond.is_err())?;
    client.update_features(&update(level), Apply::ValidateOnly).await?;
    let voter = quorum.voters.first().ok_or("no voter")?;
    if let Some(directory_id) = voter.directory_id {
        let endpoints =
            vec![klamm_kafka::VoterEndpoint { listener: "CONTROLLER".into(), host: "127.0.0.1".into(), port: 1 }];
        let again = client.add_raft_voter(&klamm_kafka::NewVoter { id: voter.id, directory_id, endpoints }).await;
        println!("voter twice: {:?}", again.as_ref().map_err(ClientError::explain));
        expect(
            "who votes cannot be added",
            again.is_err_and(|e| e.kafka().is_some_and(|k| k.code == ErrorCode::DuplicateVoter)),
        )?;
    }
    Ok(())
}

async fn many(client: &Client) -> Outcome {
    let names: Vec<TopicName> = (0..2000).map(|n| format!("klamm-probe.many-{n}").parse()).collect::<Result<_, _>>()?;
    let all: BTreeSet<TopicName> = names.iter().cloned().collect();
    let client = &client.with_timeout(Duration::from_mins(1));
    let timed = |what: &str, began: Instant| println!("{what}: {:.0}/s", 2000.0 / began.elapsed().as_secs_f64());
    client.delete_topics(&all).await?;
    let began = Instant::now();
    let made =
        client.create_topics(names.iter().map(|name| new_topic(name, Some(1), &[])).collect(), Apply::Commit).await?;
    timed("created", began);
    expect("2,000 topics", made.len() == 2000 && made.values().all(Result::is_ok))?;
    let began = Instant::now();
    let everywhere = |described: &PerTopic<TopicDescription>| {
        names.iter().all(|name| described.get(name).is_some_and(|o| o.as_ref().is_ok_and(|t| !t.partitions.is_empty())))
    };
    soon("all described", || async { Ok(everywhere(&client.describe_topics(&TopicSelection::All).await?)) }).await?;
    timed("seen", began);
    let began = Instant::now();
    let described = client.describe_topics(&TopicSelection::All).await?;
    timed("described", began);
    let began = Instant::now();
    let resources: BTreeSet<ConfigResource> = names.iter().cloned().map(ConfigResource::Topic).collect();
    let read = || async {
        let configs = client.describe_configs(&resources, ConfigDetail::Values).await?;
        Ok(configs.len() == 2000 && configs.values().all(Result::is_ok))
    };
    soon("all read", read).await?;
    timed("configurations read", began);
    let began = Instant::now();
    let known: Vec<(&TopicName, &TopicDescription)> =
        described.iter().filter_map(|(n, d)| Some((n, d.as_ref().ok()?))).collect();
    let leaders = PartitionsByLeader::of(known);
    let ends = || async {
        let ends = client.list_offsets(&leaders, OffsetSpec::Latest).await;
        Ok(names.iter().all(|name| ends.topic(name).is_some_and(|ends| ends.len() == 1)))
    };
    soon("all offsets", ends).await?;
    timed("offsets read", began);
    let began = Instant::now();
    let change = || vec![ConfigChange { key: "retention.ms".into(), edit: ConfigEdit::Set("120000".into()) }];
    let changes = resources.iter().cloned().map(|resource| (resource, change())).collect();
    expect("all changed", client.alter_configs(changes, Apply::Commit).await?.values().all(Result::is_ok))?;
    timed("configurations changed", began);
    let began = Instant::now();
    expect("all deleted", client.delete_topics(&all).await?.values().all(Result::is_ok))?;
    timed("deleted", began);
    Ok(())
}
