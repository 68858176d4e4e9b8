use super::*;
use crate::{
    Credentials, Password, scram,
    stand_in::{Heard, Reply, StandIn, api_versions, api_versions_unsupported, cluster, handshake, nobody},
};
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiVersionsRequest, DescribeClusterRequest, DescribeClusterResponse, SaslAuthenticateRequest,
    SaslAuthenticateResponse, SaslHandshakeRequest,
};
use kafka_protocol::protocol::StrBytes;
use std::{error::Error, sync::Mutex};

fn settings(authentication: Authentication) -> Settings {
    Settings {
        client_id: "test".into(),
        authentication,
        transport: Transport::Plaintext,
        connect_timeout: Duration::from_secs(10),
        max_frame: 1024 * 1024,
    }
}

fn alice() -> Credentials {
    Credentials::new("alice", Password::new("wonderland"))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

async fn open(address: &Address, authentication: Authentication) -> Result<Connection, ConnectError> {
    Connection::open(address, &settings(authentication)).await
}

async fn ask(connection: &Connection) -> Result<DescribeClusterResponse, CallError> {
    connection.call(&DescribeClusterRequest::default(), i16::MAX, None, soon()).await
}

#[tokio::test]
async fn the_newest_common_version_is_spoken() {
    let versions = Arc::new(Mutex::new(Vec::new()));
    let seen = versions.clone();
    let broker = StandIn::usual(move |heard| {
        seen.lock().unwrap().push(heard.version);
        cluster(&heard, &[])
    })
    .await;
    let connection = open(&broker.address, Authentication::None).await.unwrap();
    assert_eq!(&*ask(&connection).await.unwrap().cluster_id, "test");
    assert_eq!(*versions.lock().unwrap(), [2]);
}

#[tokio::test]
async fn an_older_broker_is_asked_again_in_its_version() {
    let broker = StandIn::start(|heard| match heard.version {
        4 => api_versions_unsupported(&heard, 3),
        _ => api_versions(&heard),
    })
    .await;
    open(&broker.address, Authentication::None).await.unwrap();
    assert_eq!(broker.heard::<ApiVersionsRequest>(), 2);
}

#[tokio::test]
async fn a_broker_too_old_is_said_to_be() {
    let broker = StandIn::start(|heard| api_versions_unsupported(&heard, 2)).await;
    let error = open(&broker.address, Authentication::None).await.err().unwrap();
    let reason = error.source().unwrap().to_string();
    assert!(reason.contains("older than"), "{reason}");
    assert_eq!(broker.heard::<ApiVersionsRequest>(), 1);
}

#[tokio::test]
async fn what_goes_wrong_while_opening_has_a_name() {
    let refused = open(&nobody().await, Authentication::None).await.err().unwrap();
    assert!(matches!(refused, ConnectError::Connect { .. }), "{refused}");

    let hangs_up = StandIn::start(|_| Reply::HangUp).await;
    let error = open(&hangs_up.address, Authentication::None).await.err().unwrap();
    assert!(matches!(error, ConnectError::HungUp { .. }), "{error}");

    let http = StandIn::start(|_| Reply::Raw(Bytes::from_static(b"HTTP/1.1 400 Bad Request\r\n\r\n"))).await;
    let error = open(&http.address, Authentication::None).await.err().unwrap();
    assert!(matches!(error, ConnectError::Protocol { .. }), "{error}");

    let silent = StandIn::start(|_| Reply::Nothing).await;
    let impatient = Settings { connect_timeout: Duration::from_millis(50), ..settings(Authentication::None) };
    let error = Connection::open(&silent.address, &impatient).await.err().unwrap();
    assert!(matches!(error, ConnectError::Silent { .. }), "{error}");

    let tls = Settings { transport: Transport::Tls, ..settings(Authentication::None) };
    let error = Connection::open(&silent.address, &tls).await.err().unwrap();
    assert!(matches!(error, ConnectError::NotSupported(_)), "{error}");
}

/// A broker that asks for a sign-in and answers tokens by `verdict`.
async fn asking(
    mechanism: &'static str,
    verdict: impl Fn(Bytes) -> SaslAuthenticateResponse + Send + Sync + 'static,
) -> StandIn {
    StandIn::usual(move |heard| match heard.key {
        SaslHandshakeRequest::KEY if heard.body.ends_with(mechanism.as_bytes()) => handshake(&heard, 0, &[mechanism]),
        SaslHandshakeRequest::KEY => handshake(&heard, 33, &[mechanism]),
        SaslAuthenticateRequest::KEY => {
            let token = heard.read::<SaslAuthenticateRequest>().auth_bytes;
            heard.answer::<SaslAuthenticateRequest>(&verdict(token))
        }
        _ => cluster(&heard, &[]),
    })
    .await
}

fn refusal() -> SaslAuthenticateResponse {
    let message = StrBytes::from_static_str("Authentication failed: Invalid username or password");
    SaslAuthenticateResponse::default().with_error_code(58).with_error_message(Some(message))
}

fn token(text: &str) -> SaslAuthenticateResponse {
    SaslAuthenticateResponse::default().with_auth_bytes(Bytes::from(text.to_owned()))
}

#[tokio::test]
async fn plain_sends_name_and_password_and_believes_a_refusal() {
    let broker = asking("PLAIN", |token| match &*token {
        b"\0alice\0wonderland" => SaslAuthenticateResponse::default(),
        _ => refusal(),
    })
    .await;
    let connection = open(&broker.address, Authentication::Plain(alice())).await.unwrap();
    ask(&connection).await.unwrap();
    let wrong = Credentials::new("alice", Password::new("underland"));
    let error = open(&broker.address, Authentication::Plain(wrong)).await.err().unwrap();
    let text = error.to_string();
    assert!(matches!(error, ConnectError::Authentication { .. }) && text.contains("Invalid username"), "{text}");
    assert!(!text.contains("underland"), "{text}");
}

#[tokio::test]
async fn a_mechanism_that_is_not_offered_is_named_with_those_that_are() {
    let broker = asking("PLAIN", |_| refusal()).await;
    let error = open(&broker.address, Authentication::ScramSha512(alice())).await.err().unwrap().to_string();
    assert!(error.contains("SCRAM-SHA-512") && error.contains("accepted: PLAIN"), "{error}");
}

/// The server's half of SCRAM with the given password, as far as a test needs it.
fn scram_server(password: &'static str) -> impl Fn(Bytes) -> SaslAuthenticateResponse {
    let first = Mutex::new(None::<(String, String)>);
    move |message| {
        let message = String::from_utf8(message.to_vec()).unwrap();
        let mut first = first.lock().unwrap();
        if let Some(bare) = message.strip_prefix("n,,") {
            let nonce = bare.split("r=").nth(1).unwrap();
            let challenge = format!("r={nonce}server,s=c2FsdHNhbHQ=,i=4096");
            *first = Some((bare.to_owned(), challenge.clone()));
            return token(&challenge);
        }
        let (bare, challenge) = first.take().unwrap();
        let without_proof = message.split(",p=").next().unwrap();
        let signed = format!("{bare},{challenge},{without_proof}");
        token(&scram::tests::server_final(password, b"saltsalt", 4096, &signed))
    }
}

#[tokio::test]
async fn scram_signs_in_where_both_know_the_password() {
    let broker = asking("SCRAM-SHA-512", scram_server("wonderland")).await;
    let connection = open(&broker.address, Authentication::ScramSha512(alice())).await.unwrap();
    ask(&connection).await.unwrap();
    assert_eq!(broker.heard::<SaslAuthenticateRequest>(), 2);
}

#[tokio::test]
async fn a_broker_that_lets_everybody_in_is_not_believed() {
    let impostor = asking("SCRAM-SHA-512", scram_server("no idea")).await;
    let error = open(&impostor.address, Authentication::ScramSha512(alice())).await.err().unwrap();
    assert!(matches!(error, ConnectError::ServerNotGenuine { .. }), "{error}");
}

#[tokio::test]
async fn a_session_that_expires_is_not_used_to_its_end() {
    let broker = asking("PLAIN", |_| SaslAuthenticateResponse::default().with_session_lifetime_ms(1)).await;
    let connection = open(&broker.address, Authentication::Plain(alice())).await.unwrap();
    tokio::time::sleep_until(connection.renew_at.unwrap()).await;
    assert!(!connection.is_usable());
}

/// Keeps answers back until `count` questions have come, then gives them last first.
fn last_first(count: usize) -> impl Fn(Heard) -> Reply {
    let kept = Mutex::new(Vec::new());
    move |heard| {
        let name = format!("{}", heard.correlation);
        let response = DescribeClusterResponse::default().with_cluster_id(StrBytes::from_string(name));
        let Reply::Say(frames) = heard.answer::<DescribeClusterRequest>(&response) else { return Reply::Nothing };
        let mut kept = kept.lock().unwrap();
        kept.extend(frames);
        if kept.len() < count { Reply::Nothing } else { Reply::Say(kept.drain(..).rev().collect()) }
    }
}

#[tokio::test]
async fn answers_find_their_questions_in_any_order() {
    let broker = StandIn::usual(last_first(3)).await;
    let connection = open(&broker.address, Authentication::None).await.unwrap();
    let (a, b, c) = tokio::join!(ask(&connection), ask(&connection), ask(&connection));
    let answered: std::collections::BTreeSet<_> =
        [a, b, c].into_iter().map(|answer| answer.unwrap().cluster_id.to_string()).collect();
    assert_eq!(answered.len(), 3);
}

#[tokio::test]
async fn a_question_out_of_time_ends_the_connection() {
    let broker = StandIn::usual(|_| Reply::Nothing).await;
    let connection = open(&broker.address, Authentication::None).await.unwrap();
    let request = DescribeClusterRequest::default();
    let (late, behind) = tokio::join!(
        connection.call(&request, i16::MAX, None, Instant::now() + Duration::from_millis(50)),
        ask(&connection),
    );
    assert!(matches!(late, Err(CallError::TimedOut)));
    assert!(matches!(behind, Err(CallError::Lost)));
    assert!(!connection.is_usable());
    assert!(matches!(ask(&connection).await, Err(CallError::NotSent)));
}

#[tokio::test]
async fn nonsense_after_the_opening_ends_the_connection() {
    let oversized = Bytes::from_static(&[0x7f, 0xff, 0xff, 0xff, 1]);
    let mut foreign = BytesMut::new();
    foreign.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0xff, 0xff]);
    for nonsense in [oversized, foreign.freeze()] {
        let broker = StandIn::usual(move |_| Reply::Raw(nonsense.clone())).await;
        let connection = open(&broker.address, Authentication::None).await.unwrap();
        assert!(matches!(ask(&connection).await, Err(CallError::Lost)));
        assert!(!connection.is_usable());
    }
}

#[tokio::test]
async fn an_answer_that_does_not_decode_fails_its_question_only() {
    let first = Mutex::new(true);
    let broker = StandIn::usual(move |heard| {
        if !std::mem::take(&mut *first.lock().unwrap()) {
            return cluster(&heard, &[]);
        }
        let mut bytes = BytesMut::from(&heard.correlation.to_be_bytes()[..]);
        bytes.extend_from_slice(&[0, 0]);
        Reply::Say(vec![bytes.freeze()])
    })
    .await;
    let connection = open(&broker.address, Authentication::None).await.unwrap();
    assert!(matches!(ask(&connection).await, Err(CallError::Protocol(ProtocolError::Malformed { .. }))));
    assert!(ask(&connection).await.is_ok());
}
