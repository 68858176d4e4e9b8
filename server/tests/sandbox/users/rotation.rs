//! Rotations: clients go on, the two names take turns, and nobody else's user is taken over.

use super::{Stage, outside};
use crate::shop::SOON;
use klamm_kafka::{Password, ScramChange, ScramIterations};
use klamm_testkit::eventually;
use kube::api::DeleteParams;
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    producer::{FutureProducer, FutureRecord, Producer},
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

const TOPIC: &str = "alpha.rotating";

fn properties([servers, user, password]: &[String; 3]) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", servers)
        .set("security.protocol", "SASL_PLAINTEXT")
        .set("sasl.mechanism", "SCRAM-SHA-512")
        .set("sasl.username", user)
        .set("sasl.password", password);
    config
}

/// Writes numbers until told to stop, with what the Secret says whenever that changes. Counts what was acknowledged.
async fn write_on(stage: &Stage, stop: &AtomicBool, acknowledged: &AtomicU64) {
    let mut login = stage.login("rotor").await;
    let producer = |login: &[String; 3]| -> FutureProducer {
        let mut config = properties(login);
        config.set("acks", "all").set("enable.idempotence", "true").set("linger.ms", "2");
        config.set("message.timeout.ms", "30000").create().unwrap()
    };
    let mut current = producer(&login);
    while !stop.load(Ordering::SeqCst) {
        let now = stage.login("rotor").await;
        if now != login {
            current.flush(Duration::from_secs(10)).unwrap();
            login = now;
            current = producer(&login);
        }
        for _ in 0..20 {
            let number = acknowledged.load(Ordering::SeqCst).to_string();
            let record = FutureRecord::<(), _>::to(TOPIC).payload(&number);
            current.send(record, Duration::from_secs(30)).await.map_err(|(error, _)| error).unwrap();
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// How often each number stands in the topic.
async fn written(login: &[String; 3], count: u64) -> BTreeMap<u64, u32> {
    let mut config = properties(login);
    let consumer: BaseConsumer = config.set("group.id", "alpha.counting").create().unwrap();
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(TOPIC, 0, Offset::Beginning).unwrap();
    consumer.assign(&place).unwrap();
    let read = move || {
        let mut found = BTreeMap::new();
        let (_, end) = consumer.fetch_watermarks(TOPIC, 0, Duration::from_secs(15)).unwrap();
        assert!(end >= i64::try_from(count).unwrap(), "{end} records, {count} acknowledged");
        loop {
            let message = consumer.poll(Duration::from_secs(20)).expect("a record").unwrap();
            let number = std::str::from_utf8(message.payload().unwrap()).unwrap().parse().unwrap();
            *found.entry(number).or_insert(0) += 1;
            if message.offset() + 1 == end {
                return found;
            }
        }
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_producer_loses_no_record_and_the_names_take_turns() {
    let stage = Stage::new().await;
    stage.topic(&stage.shop.alpha, TOPIC).await;
    let spec = |rotate: u32, extra: bool| {
        let mut grants = vec![json!({ "topic": TOPIC, "access": "both" })];
        grants.extend(extra.then(|| json!({ "topic": "alpha.extra", "access": "produce" })));
        json!({ "rotate": rotate, "grants": grants, "quotas": { "producerByteRate": 50_000_000 } })
    };
    stage.declare("rotor", spec(1, true)).await;
    assert_eq!(stage.judged("rotor", "True/InSync").await.rotated.as_deref(), Some("1"));
    let (first, second) = (stage.username("rotor"), format!("{}.b", stage.username("rotor")));
    stage.has_acls(&first, 6).await;
    let before = stage.login("rotor").await;
    let (stop, acknowledged) = (AtomicBool::new(false), AtomicU64::new(0));
    let producing = write_on(&stage, &stop, &acknowledged);
    let rotating = async {
        stage.declare("rotor", spec(2, true)).await;
        let status = stage.becomes("rotor", |status| status.rotated.as_deref() == Some("2")).await;
        assert_eq!((status.username.as_ref(), status.previous_username.as_ref()), (Some(&second), Some(&first)));
        assert_eq!(status.credential_version, Some(2));
        let login = stage.login("rotor").await;
        assert!(login[1] == second && login[2] != before[2]);
        // At the moment the Secret names it, it can sign in, and so can the one before.
        outside(&login, "alpha.rotor").topics().await.unwrap();
        outside(&before, "alpha.rotor").topics().await.unwrap();
        stage.has_acls(&first, 6).await;
        stage.has_acls(&second, 6).await;

        // The next one has to wait; what is revoked meanwhile ends for both.
        stage.declare("rotor", spec(3, false)).await;
        let waiting = stage.judged("rotor", "False/RotationWaits").await;
        let until = waiting.previous_until.unwrap();
        let says = waiting.conditions.iter().any(|condition| condition.message.contains(&until));
        assert!(says, "{:?}", waiting.conditions);
        stage.has_acls(&first, 4).await;
        stage.has_acls(&second, 4).await;

        let status = stage.becomes("rotor", |status| status.rotated.as_deref() == Some("3")).await;
        assert_eq!((status.username.as_ref(), status.previous_username.as_ref()), (Some(&first), Some(&second)));
        let written = acknowledged.load(Ordering::SeqCst);
        eventually("the producer to go on", SOON, || async {
            anyhow::ensure!(acknowledged.load(Ordering::SeqCst) > written + 40, "no record since");
            Ok(())
        })
        .await
        .unwrap();
        stage.becomes("rotor", |status| status.previous_username.is_none()).await;
        let written = acknowledged.load(Ordering::SeqCst);
        eventually("the producer to go on", SOON, || async {
            anyhow::ensure!(acknowledged.load(Ordering::SeqCst) > written + 40, "no record since");
            Ok(())
        })
        .await
        .unwrap();
        stop.store(true, Ordering::SeqCst);
    };
    tokio::join!(producing, rotating);

    let status = stage.judged("rotor", "True/InSync").await;
    assert_eq!((status.next_username, status.previous_until), (None, None));
    stage.has_acls(&second, 0).await;
    eventually("the second name to be gone", SOON, || async {
        anyhow::ensure!(!stage.signs_in(&second).await?, "it still signs in");
        Ok(())
    })
    .await
    .unwrap();
    let login = stage.login("rotor").await;
    assert!(login[1] == first && login[2] != before[2]);
    outside(&before, "alpha.rotor").topics().await.unwrap_err();
    let count = acknowledged.load(Ordering::SeqCst);
    let found = written(&login, count).await;
    let lost: Vec<_> = (0..count).filter(|number| !found.contains_key(number)).collect();
    assert!(lost.is_empty(), "{count} acknowledged, lost {lost:?}");
    assert!(found.values().all(|times| *times == 1), "some stand there twice");
    stage.told("rotor", "Rotated").await;
    stage.told("rotor", "PreviousRemoved").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_name_that_is_somebody_elses_is_not_taken_over() {
    let stage = Stage::new().await;
    let second = format!("{}.b", stage.username("halved"));
    stage.declare("halved", json!({ "rotate": 1 })).await;
    stage.judged("halved", "True/InSync").await;
    let login = stage.login("halved").await;
    let made = ScramChange::Upsert {
        user: second.clone(),
        password: Password::new("theirs"),
        iterations: ScramIterations::default(),
    };
    stage.kafka.alter_scram(vec![made]).await.unwrap().remove(&second).unwrap().unwrap();
    eventually("their user", SOON, || async {
        anyhow::ensure!(stage.signs_in(&second).await?, "not there yet");
        Ok(())
    })
    .await
    .unwrap();

    stage.declare("halved", json!({ "rotate": 2, "grants": [{ "topic": "alpha.halved", "access": "produce" }] })).await;
    let status = stage.judged("halved", "False/ForeignUser").await;
    assert_eq!((status.credential_version, status.previous_username), (Some(1), None));
    assert_eq!(stage.login("halved").await, login);
    stage.has_acls(&stage.username("halved"), 2).await;
    stage.has_acls(&second, 0).await;
    let [servers, ..] = login;
    let theirs = [servers, second.clone(), "theirs".to_owned()];
    outside(&theirs, "alpha.halved").topics().await.unwrap();

    stage.users.delete("halved", &DeleteParams::default()).await.unwrap();
    eventually("the object to go", SOON, || async {
        anyhow::ensure!(stage.users.get_opt("halved").await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();
    outside(&theirs, "alpha.halved").topics().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_in_the_middle_of_a_rotation_both_users_go() {
    let stage = Stage::new().await;
    let spec = |rotate: u32| json!({ "rotate": rotate, "grants": [{ "topic": "alpha.both", "access": "produce" }] });
    stage.declare("both", spec(1)).await;
    stage.judged("both", "True/InSync").await;
    stage.declare("both", spec(2)).await;
    stage.becomes("both", |status| status.previous_username.is_some()).await;
    stage.users.delete("both", &DeleteParams::default()).await.unwrap();
    for name in [stage.username("both"), format!("{}.b", stage.username("both"))] {
        stage.has_acls(&name, 0).await;
        eventually("the credential to go", SOON, || async {
            anyhow::ensure!(!stage.signs_in(&name).await?, "{name} still signs in");
            Ok(())
        })
        .await
        .unwrap();
    }
    eventually("the object to go", SOON, || async {
        anyhow::ensure!(stage.users.get_opt("both").await?.is_none(), "still there");
        Ok(())
    })
    .await
    .unwrap();
}
