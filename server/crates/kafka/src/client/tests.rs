use super::*;
use crate::{
    Address, Apply, Authentication, ClientError, ConnectError, Credentials, ErrorCode, NewTopic, Password,
    stand_in::{Heard, Reply, StandIn, cluster, handshake, nobody},
};
use kafka_protocol::{
    messages::{
        CreateTopicsRequest, CreateTopicsResponse, DescribeClusterRequest, DescribeClusterResponse,
        DescribeLogDirsRequest, DescribeLogDirsResponse, SaslAuthenticateRequest, SaslAuthenticateResponse,
        SaslHandshakeRequest, create_topics_response::CreatableTopicResult,
    },
    protocol::Request,
};
use klamm_model::BrokerId;
use std::{collections::BTreeMap, sync::atomic::AtomicUsize, sync::atomic::Ordering, time::Instant};

fn client(bootstrap: &[&Address], addresses: Addresses) -> Client {
    Client::new(ClientConfig {
        bootstrap: bootstrap.iter().copied().cloned().collect(),
        addresses,
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            reach: Duration::from_millis(300),
            request: Duration::from_secs(5),
        },
        ..ClientConfig::new()
    })
}

fn explicit(brokers: &[(i32, &Address)]) -> Addresses {
    Addresses::Explicit(brokers.iter().map(|(id, address)| (BrokerId(*id), (*address).clone())).collect())
}

/// Answers the first questions by `early`, later ones as a cluster would.
fn at_first(count: usize, early: impl Fn(&Heard) -> Reply) -> impl Fn(Heard) -> Reply {
    let asked = AtomicUsize::new(0);
    move |heard| if asked.fetch_add(1, Ordering::Relaxed) < count { early(&heard) } else { cluster(&heard, &[]) }
}

fn refused(heard: &Heard, code: i16) -> Reply {
    heard.answer::<DescribeClusterRequest>(&DescribeClusterResponse::default().with_error_code(code))
}

fn topic() -> Vec<NewTopic> {
    vec![NewTopic {
        name: "t".parse().unwrap(),
        partitions: Some(1),
        replication_factor: None,
        config: BTreeMap::new(),
    }]
}

fn created(heard: &Heard, code: i16) -> Reply {
    let name = heard.read::<CreateTopicsRequest>().topics[0].name.clone();
    let result = CreatableTopicResult::default().with_name(name).with_error_code(code);
    heard.answer::<CreateTopicsRequest>(&CreateTopicsResponse::default().with_topics(vec![result]))
}

#[tokio::test]
async fn anybody_who_answers_will_do() {
    let broker = StandIn::usual(|heard| cluster(&heard, &[])).await;
    let client = client(&[&nobody().await, &broker.address], Addresses::Advertised);
    assert_eq!(client.describe_cluster().await.unwrap().cluster_id, "test");
}

#[tokio::test]
async fn nobody_is_reported_after_trying_for_a_while_with_the_reason() {
    let client = client(&[&nobody().await, &nobody().await], Addresses::Advertised);
    let began = Instant::now();
    let error = client.describe_cluster().await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { tried: 2, .. }) && error.is_transient(), "{error}");
    assert!(error.explain().contains("cannot connect to 127.0.0.1:"), "{}", error.explain());
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_look_is_repeated_when_the_connection_breaks() {
    let broker = StandIn::usual(at_first(1, |_| Reply::HangUp)).await;
    client(&[&broker.address], Addresses::Advertised).describe_cluster().await.unwrap();
    assert_eq!(broker.heard::<DescribeClusterRequest>(), 2);
}

#[tokio::test]
async fn a_change_is_never_sent_twice() {
    let broker = StandIn::usual(|_| Reply::HangUp).await;
    let error =
        client(&[&broker.address], Addresses::Advertised).create_topics(topic(), Apply::Commit).await.unwrap_err();
    assert!(matches!(error, ClientError::OutcomeUnknown { what: "CreateTopics" }), "{error}");
    assert_eq!(broker.heard::<CreateTopicsRequest>(), 1);
}

#[tokio::test]
async fn a_change_out_of_time_is_of_unknown_outcome_too() {
    let broker = StandIn::usual(|_| Reply::Nothing).await;
    let client = client(&[&broker.address], Addresses::Advertised).with_timeout(Duration::from_millis(100));
    let error = client.create_topics(topic(), Apply::Commit).await.unwrap_err();
    assert!(matches!(error, ClientError::OutcomeUnknown { .. }), "{error}");
    let error = client.describe_cluster().await.unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error}");
}

#[tokio::test]
async fn no_call_takes_longer_than_its_limit_even_while_connecting() {
    let silent = StandIn::start(|_| Reply::Nothing).await;
    let client = client(&[&silent.address], Addresses::Advertised).with_timeout(Duration::from_millis(100));
    let began = Instant::now();
    let error = client.create_topics(topic(), Apply::Commit).await.unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { .. }), "nothing was sent: {error}");
    assert!(began.elapsed() < Duration::from_secs(4), "the limit for connecting is longer than that");
}

#[tokio::test]
async fn errors_that_pass_are_waited_out_and_others_told() {
    let moving = StandIn::usual(at_first(2, |heard| refused(heard, ErrorCode::NotController.to_wire()))).await;
    client(&[&moving.address], Addresses::Advertised).describe_cluster().await.unwrap();
    assert_eq!(moving.heard::<DescribeClusterRequest>(), 3);

    let strict = StandIn::usual(|heard| refused(&heard, ErrorCode::ClusterAuthorizationFailed.to_wire())).await;
    let error = client(&[&strict.address], Addresses::Advertised).describe_cluster().await.unwrap_err();
    assert_eq!(error.kafka().unwrap().code, ErrorCode::ClusterAuthorizationFailed);
    assert_eq!(strict.heard::<DescribeClusterRequest>(), 1);
}

#[tokio::test]
async fn what_one_item_was_refused_for_is_the_items_error() {
    let broker = StandIn::usual(|heard| created(&heard, ErrorCode::PolicyViolation.to_wire())).await;
    let outcomes =
        client(&[&broker.address], Addresses::Advertised).create_topics(topic(), Apply::Commit).await.unwrap();
    assert_eq!(outcomes.values().next().unwrap().as_ref().unwrap_err().code, ErrorCode::PolicyViolation);
}

fn log_dirs(heard: &Heard) -> Reply {
    heard.answer::<DescribeLogDirsRequest>(&DescribeLogDirsResponse::default())
}

#[tokio::test]
async fn explicit_addresses_win_over_what_is_advertised() {
    let decoy = nobody().await;
    let broker = StandIn::usual(move |heard| match heard.key {
        DescribeLogDirsRequest::KEY => log_dirs(&heard),
        _ => cluster(&heard, std::slice::from_ref(&decoy)),
    })
    .await;
    let client = client(&[], explicit(&[(1, &broker.address)]));
    client.describe_cluster().await.unwrap();
    let answers = client.describe_log_dirs(&[BrokerId(1), BrokerId(2)].into()).await;
    assert!(answers[&BrokerId(1)].is_ok());
    assert!(matches!(answers[&BrokerId(2)], Err(ClientError::UnknownBroker(BrokerId(2)))));
}

#[tokio::test]
async fn advertised_addresses_are_learnt_when_needed() {
    let second = StandIn::usual(|heard| log_dirs(&heard)).await;
    let advertised = [nobody().await, second.address.clone()];
    let first = StandIn::usual(move |heard| cluster(&heard, &advertised)).await;
    let client = client(&[&first.address], Addresses::Advertised);
    let answers = client.describe_log_dirs(&[BrokerId(1), BrokerId(2)].into()).await;
    assert!(matches!(answers[&BrokerId(1)], Err(ClientError::BrokerUnreachable { broker: BrokerId(1), .. })));
    assert!(answers[&BrokerId(2)].is_ok());
}

#[tokio::test]
async fn brokers_that_move_are_asked_where_they_are() {
    let before = StandIn::usual(|heard| log_dirs(&heard)).await;
    let after = StandIn::usual(|heard| log_dirs(&heard)).await;
    let client = client(&[], explicit(&[(1, &before.address)]));
    assert!(client.describe_log_dirs(&[BrokerId(1)].into()).await[&BrokerId(1)].is_ok());
    client.set_addresses(explicit(&[(1, &after.address)])).await;
    assert!(client.describe_log_dirs(&[BrokerId(1)].into()).await[&BrokerId(1)].is_ok());
    assert_eq!((before.heard::<DescribeLogDirsRequest>(), after.heard::<DescribeLogDirsRequest>()), (1, 1));
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let strict = || {
        StandIn::usual(|heard| match heard.key {
            SaslHandshakeRequest::KEY => handshake(&heard, 0, &["PLAIN"]),
            _ => heard.answer::<SaslAuthenticateRequest>(&SaslAuthenticateResponse::default().with_error_code(58)),
        })
    };
    let (first, second) = (strict().await, strict().await);
    let client = Client::new(ClientConfig {
        bootstrap: vec![first.address.clone(), second.address.clone()],
        authentication: Authentication::Plain(Credentials::new("u", Password::new("p"))),
        ..ClientConfig::new()
    });
    let ClientError::Authentication(error) = client.describe_cluster().await.unwrap_err() else {
        unreachable!("the password is wrong")
    };
    assert!(matches!(*error, ConnectError::Authentication { .. }));
    assert_eq!(first.heard::<SaslAuthenticateRequest>() + second.heard::<SaslAuthenticateRequest>(), 1);
}

#[tokio::test]
async fn a_closed_client_says_so() {
    let broker = StandIn::usual(|heard| cluster(&heard, &[])).await;
    let client = client(&[&broker.address], Addresses::Advertised);
    client.describe_cluster().await.unwrap();
    client.close().await;
    assert!(matches!(client.describe_cluster().await, Err(ClientError::Closed)));
}

#[tokio::test]
async fn many_questions_share_one_connection() {
    let broker = StandIn::usual(|heard| cluster(&heard, &[])).await;
    let client = client(&[&broker.address], Addresses::Advertised);
    let answers = futures::future::join_all((0..20).map(|_| client.describe_cluster())).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(broker.heard::<kafka_protocol::messages::ApiVersionsRequest>(), 1);
}
