//! The look of guards against a stand-in estate: all that decides is seen, and what is not is told.
#![expect(clippy::unwrap_used, reason = "tests")]

use klamm_kafka::{Client, ClientConfig, FreshLook, FreshPart, Holdings, OfBrokers, Wanted};
use klamm_model::{BrokerId, BrokerState, Known};
use klamm_testkit::{Estate, EstateSize, Fault};
use std::time::Duration;

const OLD: Duration = Duration::from_mins(1);

fn client(estate: &Estate) -> Client {
    let bootstrap = estate.addresses().iter().map(|address| (*address).into()).collect();
    Client::new(ClientConfig { bootstrap, ..ClientConfig::new() })
}

fn of(broker: i32) -> OfBrokers {
    OfBrokers::These([BrokerId(broker)].into())
}

async fn look(client: &Client, wanted: &Wanted) -> FreshLook {
    tokio::time::timeout(OLD, client.look_fresh(wanted)).await.unwrap()
}

fn parts(look: &FreshLook) -> Vec<(FreshPart, Option<i32>)> {
    look.unseen.iter().map(|unseen| (unseen.part, unseen.broker.map(|broker| broker.0))).collect()
}

fn state(look: &FreshLook, broker: i32) -> BrokerState {
    look.brokers.value().unwrap()[&BrokerId(broker)].state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_decides_is_seen_at_the_full_size() {
    let estate = Estate::start(EstateSize::FULL).await.unwrap();
    let all = Wanted { minimums: OfBrokers::All, disks: of(5) };
    let look = look(&client(&estate), &all).await;
    assert_eq!(look.unseen, [], "nothing is missing");
    assert!(look.older_by.value().is_some_and(|millis| *millis < 2000), "{:?}", look.older_by);
    assert_eq!((&look.quorum_fetch_timeout, look.moves.value()), (&Known::Known(2000), Some(&Vec::new())));
    assert_eq!(look.features.value().unwrap()["metadata.version"], 27);
    let topics = look.topics.value().unwrap();
    assert_eq!(topics.len(), 10_000);
    assert!(topics.values().all(|topic| topic.min_in_sync.value().is_some_and(|minimum| *minimum == 2)));
    for (id, broker) in look.brokers.value().unwrap() {
        assert_eq!((broker.state, broker.supported.value().is_some()), (BrokerState::Running, true), "{id}");
        assert_eq!(broker.disks.value().is_some(), *id == BrokerId(5), "{id}");
    }
    let disks = look.brokers.value().unwrap()[&BrokerId(5)].disks.value().unwrap();
    let has = |broker: &klamm_kafka::PartitionDescription| broker.replicas.contains(&BrokerId(5));
    let placed = topics.values().flat_map(|topic| &topic.partitions).filter(|partition| has(partition)).count();
    assert_eq!(Holdings::of(disks).count(), Known::Known(u64::try_from(placed).unwrap()), "as metadata has it");
}

#[tokio::test]
async fn the_minimum_is_what_the_topic_says_or_the_most_that_a_leader_may_ask_for() {
    let estate = Estate::start(EstateSize::SMALL).await.unwrap();
    let client = client(&estate);
    for odd in 1..=12 {
        estate.inflict(Fault::OddDefaults(odd));
    }
    let wanted = Wanted { minimums: of(1), disks: OfBrokers::none() };
    let minimum = |look: &FreshLook, broker: i32| {
        let mut minimums: Vec<Option<u32>> = Vec::new();
        for topic in look.topics.value().unwrap().values() {
            let on = |id| topic.partitions.iter().any(|partition| partition.replicas.contains(&BrokerId(id)));
            if on(1) && on(broker) {
                minimums.push(topic.min_in_sync.value().copied());
            } else if !on(1) {
                assert_eq!(topic.min_in_sync, Known::Unknown, "nobody asked");
            }
        }
        minimums.sort_unstable();
        minimums.dedup();
        minimums
    };
    let odd = look(&client, &wanted).await;
    assert_eq!(odd.unseen, []);
    assert_eq!(minimum(&odd, 2), [Some(1), Some(2)], "some topics say 2 themselves");

    estate.heal(Fault::OddDefaults(2));
    assert_eq!(minimum(&look(&client, &wanted).await, 2), [Some(2)], "broker 2 may come to lead them");

    estate.inflict(Fault::HalfAnswers(2));
    let silent = look(&client, &wanted).await;
    assert_eq!(minimum(&silent, 2), [None, Some(2)], "it may, and does not tell");
    assert!(parts(&silent).contains(&(FreshPart::Minimums, Some(2))), "{:?}", silent.unseen);
}

#[tokio::test]
async fn a_dead_broker_is_down_and_others_tell_of_its_partitions() {
    let estate = Estate::start(EstateSize::SMALL).await.unwrap();
    let client = client(&estate);
    let wanted = Wanted { minimums: OfBrokers::All, disks: of(1) };
    assert_eq!(look(&client, &wanted).await.unseen, []);
    estate.inflict(Fault::DeadBroker(1));
    let look = look(&client, &wanted).await;
    assert_eq!((state(&look, 1), state(&look, 2)), (BrokerState::Down, BrokerState::Running));
    assert_eq!(parts(&look), [(FreshPart::Broker, Some(1)), (FreshPart::Disks, Some(1))]);
    assert!(look.unseen[0].to_string().starts_with("Broker 1 does not answer: "), "{}", look.unseen[0]);
    assert_eq!(look.brokers.value().unwrap()[&BrokerId(1)].disks, Known::Unknown, "not empty: unknown");
    let quorum = look.quorum.value().unwrap();
    let behind = |id: i32| quorum.millis_behind(quorum.replicas().find(|replica| replica.id.0 == id).unwrap());
    assert_eq!(behind(2), Known::Known(0));
    assert!(behind(1).value().is_some_and(|millis| *millis >= 60_000));
    for topic in look.topics.value().unwrap().values() {
        for partition in topic.partitions.iter().filter(|partition| partition.replicas.contains(&BrokerId(1))) {
            assert!(partition.offline.contains(&BrokerId(1)) && partition.leader != Some(BrokerId(1)));
        }
    }
}

#[tokio::test]
async fn a_broker_that_only_keeps_everybody_waiting_is_waited_for_once() {
    let estate = Estate::start(EstateSize::SMALL).await.unwrap();
    let client = client(&estate);
    estate.inflict(Fault::SlowBroker(1, OLD));
    let look = look(&client, &Wanted { minimums: OfBrokers::none(), disks: OfBrokers::none() }).await;
    assert_eq!((state(&look, 1), state(&look, 2)), (BrokerState::Unknown, BrokerState::Running));
    assert_eq!(parts(&look), [(FreshPart::Broker, Some(1))]);
    assert!(look.topics.value().is_some() && look.older_by.value().is_some(), "the leader of the quorum is silent");
}

#[tokio::test]
async fn without_a_controller_it_is_told_that_nobody_knows_how_new_it_is() {
    let estate = Estate::start(EstateSize::SMALL).await.unwrap();
    let client = client(&estate);
    estate.inflict(Fault::NoController);
    let look = look(&client, &Wanted { minimums: OfBrokers::none(), disks: OfBrokers::none() }).await;
    assert_eq!((look.older_by, look.quorum.value()), (Known::Unknown, None));
    let told = parts(&look);
    assert!(told.contains(&(FreshPart::Quorum, None)) && told.contains(&(FreshPart::Age, None)), "{told:?}");
    assert!(look.topics.value().is_some(), "the rest is seen");
}

#[tokio::test]
async fn when_nobody_answers_nothing_is_known() {
    let estate = Estate::start(EstateSize { brokers: 3, ..EstateSize::SMALL }).await.unwrap();
    let client = client(&estate);
    for broker in 1..=3 {
        estate.inflict(Fault::DeadBroker(broker));
    }
    let look = look(&client, &Wanted { minimums: OfBrokers::All, disks: OfBrokers::All }).await;
    assert_eq!(
        (parts(&look), look.topics.value(), look.brokers.value()),
        (vec![(FreshPart::Cluster, None)], None, None)
    );
}
