//! What only a node's own agent tells (Jolokia): whether its broker reads its logs after a hard end, and which clients
//! still speak versions that newer brokers no longer answer (KIP-896). One question, one short connection.

use klamm_model::{BrokerId, Known};
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// An agent answers at once, or its node has other worries.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest answer that is read.
const LONGEST: u64 = 1 << 20;
/// `BrokerState.RECOVERY` (`org.apache.kafka.metadata.BrokerState`).
const RECOVERY: i64 = 2;
const STATE: &str = "kafka.server:type=KafkaServer,name=BrokerState/Value";
const DEPRECATED: &str = "kafka.network:type=RequestMetrics,name=DeprecatedRequestsPerSec,*/Count";
/// Clients that are named.
const NAMED: usize = 20;

/// Where a node's agent is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agent {
    pub(super) node: BrokerId,
    pub(super) host: String,
    pub(super) port: u16,
}

/// Those of these nodes whose brokers read their logs. One that does not tell is not among them.
pub(super) async fn recovering(agents: &[Agent]) -> BTreeSet<BrokerId> {
    let ask = |agent: &Agent| {
        let agent = agent.clone();
        async move { (agent.node, read(&agent, STATE).await) }
    };
    let answers = futures::future::join_all(agents.iter().map(ask)).await;
    let recovers = |answer: &Option<Value>| answer.as_ref().and_then(Value::as_i64) == Some(RECOVERY);
    answers.into_iter().filter(|(_, answer)| recovers(answer)).map(|(node, _)| node).collect()
}

/// Clients that use requests which Kafka 4 no longer answers, in sentences; unknown unless every node tells.
pub(super) async fn old_clients(agents: &[Agent]) -> Known<Vec<String>> {
    let answers = futures::future::join_all(agents.iter().map(|agent| read(agent, DEPRECATED))).await;
    let Some(answers) = answers.into_iter().collect::<Option<Vec<Value>>>() else { return Known::Unknown };
    let mut clients: BTreeSet<String> = BTreeSet::new();
    for mbeans in answers.iter().filter_map(Value::as_object) {
        let used = mbeans.iter().filter(|(_, value)| value.get("Count").and_then(Value::as_f64).unwrap_or(0.0) > 0.0);
        clients.extend(used.map(|(mbean, _)| client(mbean)));
    }
    let more = clients.len().saturating_sub(NAMED);
    let mut sentences: Vec<String> = clients.into_iter().take(NAMED).collect();
    if more > 0 {
        sentences.push(format!("{more} more use requests that Kafka 4 does not answer."));
    }
    Known::Known(sentences)
}

fn client(mbean: &str) -> String {
    let of = |key: &str| {
        let properties = mbean.split_once(':').map_or(mbean, |(_, properties)| properties).split(',');
        properties
            .filter_map(|property| property.split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    };
    let software = match (of("clientSoftwareName"), of("clientSoftwareVersion")) {
        (Some(name), Some(version)) if name != "unknown" => format!("{name} {version}"),
        _ => "a client that does not say what it is".to_owned(),
    };
    let request = of("request").unwrap_or("requests");
    let version = of("version").map(|version| format!(" in version {version}")).unwrap_or_default();
    format!("Kafka 4 does not answer {software}, which sends {request}{version}.")
}

/// The value of an attribute; none when there is no such agent, or it does not know it.
async fn read(agent: &Agent, attribute: &str) -> Option<Value> {
    let answer = timeout(PATIENCE, get(agent, attribute)).await.ok()?.ok()?;
    let (head, body) = split(&answer)?;
    if !head.starts_with(b"HTTP/1.1 200") && !head.starts_with(b"HTTP/1.0 200") {
        return None;
    }
    serde_json::from_slice::<Value>(body).ok()?.get_mut("value").map(Value::take)
}

async fn get(agent: &Agent, attribute: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((agent.host.as_str(), agent.port)).await?;
    // The older version: an answer in pieces would have to be put together.
    let request =
        format!("GET /jolokia/read/{attribute} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", agent.host);
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await?;
    Ok(answer)
}

fn split(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((answer.get(..end)?, answer.get(end + 4..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// An agent that answers every question with this.
    async fn agent(node: i32, status: &'static str, body: &'static str) -> Agent {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut question = [0; 512];
                let _ = stream.read(&mut question).await;
                let answer = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Agent { node: BrokerId(node), host: "127.0.0.1".to_owned(), port }
    }

    #[tokio::test]
    async fn a_broker_that_reads_its_logs_is_told_from_others_and_from_silence() {
        let agents = [
            agent(0, "200 OK", r#"{"request":{},"value":2,"status":200}"#).await,
            agent(1, "200 OK", r#"{"request":{},"value":3,"status":200}"#).await,
            agent(2, "404 Not Found", r#"{"value":2}"#).await,
            agent(3, "200 OK", "2").await,
            Agent { node: BrokerId(4), host: "127.0.0.1".to_owned(), port: 1 },
        ];
        assert_eq!(recovering(&agents).await, BTreeSet::from([BrokerId(0)]));
    }

    #[tokio::test]
    async fn old_clients_are_named_with_what_they_send() {
        let old = r#"{"value":{
            "kafka.network:clientSoftwareName=librdkafka,clientSoftwareVersion=1.0.0,name=DeprecatedRequestsPerSec,request=Fetch,type=RequestMetrics,version=2":{"Count":7},
            "kafka.network:clientSoftwareName=unknown,name=DeprecatedRequestsPerSec,request=Produce,type=RequestMetrics,version=1":{"Count":1},
            "kafka.network:clientSoftwareName=gone,clientSoftwareVersion=1,name=DeprecatedRequestsPerSec,request=Produce,type=RequestMetrics,version=1":{"Count":0}}}"#;
        let agents = [agent(0, "200 OK", old).await, agent(1, "200 OK", r#"{"value":{}}"#).await];
        let Known::Known(clients) = old_clients(&agents).await else { panic!("both told") };
        assert_eq!(clients.len(), 2, "{clients:?}");
        assert!(
            clients.iter().any(|one| one.contains("librdkafka 1.0.0, which sends Fetch in version 2")),
            "{clients:?}"
        );
        let silent = Agent { node: BrokerId(2), host: "127.0.0.1".to_owned(), port: 1 };
        assert_eq!(old_clients(&[agents[1].clone(), silent]).await, Known::Unknown);
    }
}
