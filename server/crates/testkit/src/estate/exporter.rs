//! The exporter of one broker of an estate: metrics by HTTP, or what bad exporters answer.

use super::{Fault, Shared, faults::Condition, world::World};
use anyhow::{Context, bail};
use flate2::{Compression, write::GzEncoder};
use std::{
    fmt::Write as _,
    io::Write as _,
    str::FromStr,
    sync::{Arc, LazyLock},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const TEXT: &str = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n";

/// What is wrong with an exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BadExporter {
    /// It begins an answer and never ends it.
    Hangs,
    /// It shows a page of its own.
    Html,
    /// It sends little that unpacks to very much.
    Bomb,
    /// It sends a hundred megabytes.
    Large,
    /// It sends elsewhere.
    Redirects,
    /// It wants a password.
    WantsPassword,
    /// Its numbers are none.
    NotNumbers,
    /// Its counters are below zero.
    Negative,
    /// Its counters are larger than the world.
    Huge,
    /// It tells of another day.
    Skewed,
    /// It cuts labels.
    CutsLabels,
    /// It tells of other things.
    Strange,
}

impl BadExporter {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Hangs,
        Self::Html,
        Self::Bomb,
        Self::Large,
        Self::Redirects,
        Self::WantsPassword,
        Self::NotNumbers,
        Self::Negative,
        Self::Huge,
        Self::Skewed,
        Self::CutsLabels,
        Self::Strange,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Hangs => "hang",
            Self::Html => "html",
            Self::Bomb => "bomb",
            Self::Large => "large",
            Self::Redirects => "redirect",
            Self::WantsPassword => "password",
            Self::NotNumbers => "nan",
            Self::Negative => "negative",
            Self::Huge => "huge",
            Self::Skewed => "skew",
            Self::CutsLabels => "cut",
            Self::Strange => "strange",
        }
    }
}

impl FromStr for BadExporter {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let named = Self::ALL.into_iter().find(|bad| bad.word() == text);
        named.with_context(|| format!("{text:?} is nothing that is wrong with an exporter"))
    }
}

/// Answers as long as the estate is there; nobody while the broker is dead.
pub(super) async fn run(id: i32, listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let condition = shared.condition.borrow().clone();
                if !condition.is_dead(id) {
                    connections.spawn(answer(id, stream, shared.clone(), condition));
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(id: i32, mut stream: TcpStream, shared: Arc<Shared>, condition: Arc<Condition>) -> anyhow::Result<()> {
    wait_for_question(&mut stream).await?;
    let metrics = || metrics(&shared.world, id, condition.age);
    let bad = condition.faults.iter().find_map(|fault| match fault {
        Fault::Exporter(broker, bad) if *broker == id => Some(*bad),
        _ => None,
    });
    match bad {
        None => send(&mut stream, "200 OK", TEXT, metrics().as_bytes()).await,
        Some(BadExporter::Hangs) => {
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{TEXT}\r\n# HELP").as_bytes()).await?;
            // Until the other side hangs up.
            while stream.read_u8().await.is_ok() {}
            Ok(())
        }
        Some(BadExporter::Html) => {
            send(&mut stream, "200 OK", "Content-Type: text/html\r\n", b"<!doctype html><title>Metrics</title>").await
        }
        Some(BadExporter::Bomb) => {
            send(&mut stream, "200 OK", &format!("{TEXT}Content-Encoding: gzip\r\n"), &*BOMB).await
        }
        Some(BadExporter::Large) => {
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{TEXT}\r\n").as_bytes()).await?;
            let part = format!("some_other_number{{of=\"{}\"}} 1\n", "x".repeat(969)).repeat(100);
            for _ in 0..1_000 {
                stream.write_all(part.as_bytes()).await?;
            }
            Ok(())
        }
        Some(BadExporter::Redirects) => {
            send(&mut stream, "302 Found", "Location: http://127.0.0.1:9/metrics\r\n", b"").await
        }
        Some(BadExporter::WantsPassword) => {
            send(&mut stream, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"metrics\"\r\n", b"").await
        }
        Some(BadExporter::NotNumbers) => send(&mut stream, "200 OK", TEXT, with(&metrics(), |_| "NaN".into())).await,
        Some(BadExporter::Negative) => {
            // A digit more, because what is zero would be no less.
            send(&mut stream, "200 OK", TEXT, with(&metrics(), |value| format!("-1{value}"))).await
        }
        Some(BadExporter::Huge) => send(&mut stream, "200 OK", TEXT, with(&metrics(), |_| "1e300".into())).await,
        Some(BadExporter::Skewed) => {
            send(&mut stream, "200 OK", TEXT, with(&metrics(), |value| format!("{value} 86400000"))).await
        }
        Some(BadExporter::CutsLabels) => {
            send(&mut stream, "200 OK", TEXT, metrics().replace("\"}", "}").as_bytes()).await
        }
        Some(BadExporter::Strange) => send(&mut stream, "200 OK", TEXT, b"go_goroutines 7\nup 1\n").await,
    }
}

async fn wait_for_question(stream: &mut TcpStream) -> anyhow::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 16_384 {
            bail!("a question without end");
        }
        head.push(stream.read_u8().await?);
    }
    Ok(())
}

async fn send(stream: &mut TcpStream, status: &str, headers: &str, body: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await?;
    Ok(())
}

/// The same lines with other numbers.
fn with(metrics: &str, number: impl Fn(&str) -> String) -> String {
    let mut all = String::with_capacity(metrics.len());
    for line in metrics.lines() {
        match line.rsplit_once(' ').filter(|_| !line.starts_with('#')) {
            Some((name, value)) => all.extend([name, " ", &number(value)]),
            None => all.push_str(line),
        }
        all.push('\n');
    }
    all
}

/// Forty megabytes in forty kilobytes.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..40 {
        let _ = packed.write_all(&vec![b'\n'; 1 << 20]);
    }
    packed.finish().unwrap_or_default()
});

/// What Klamm's own rules make of a broker, for the topics that it leads. Meters begin when the estate does.
fn metrics(world: &World, id: i32, age: i64) -> String {
    let mut text = String::new();
    let mut all = [0i64; 3];
    for topic in &world.topics {
        let led = topic.partitions.iter().filter(|partition| partition.replicas.get(partition.leads) == Some(&id));
        let (mut messages, mut bytes, mut leads) = (0, 0, false);
        for partition in led {
            leads = true;
            messages += partition.rate * age;
            bytes += partition.rate * age * partition.record_bytes;
        }
        if !leads {
            continue;
        }
        let counters = [("messagesin", messages), ("bytesin", bytes), ("bytesout", 2 * bytes)];
        for (place, (name, value)) in counters.into_iter().enumerate() {
            all[place] += value;
            let topic = &topic.name;
            let _ = writeln!(text, "kafka_server_brokertopicmetrics_{name}_total{{topic=\"{topic}\"}} {value}");
        }
    }
    let [messages, bytes_in, bytes_out] = all;
    let requests = 200 * age;
    let _ = write!(
        text,
        "# TYPE kafka_server_brokertopicmetrics_messagesin_total counter\n\
         kafka_server_brokertopicmetrics_messagesin_total {messages}\n\
         kafka_server_brokertopicmetrics_bytesin_total {bytes_in}\n\
         kafka_server_brokertopicmetrics_bytesout_total {bytes_out}\n\
         kafka_server_brokertopicmetrics_replicationbytesout_total {bytes_out}\n\
         kafka_server_brokertopicmetrics_failedproducerequests_total 0\n\
         kafka_server_brokertopicmetrics_failedfetchrequests_total 0\n\
         kafka_server_replicamanager_isrshrinks_total 0\n\
         kafka_server_replicamanager_isrexpands_total 0\n\
         kafka_network_requestmetrics_requests_total{{request=\"Produce\",version=\"13\"}} {requests}\n\
         kafka_network_requestmetrics_requests_total{{request=\"Fetch\",version=\"18\"}} {requests}\n\
         kafka_network_requestmetrics_requests_total{{request=\"FetchConsumer\",version=\"18\"}} {requests}\n\
         kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_count_total {idle}\n\
         kafka_network_socketserver_networkprocessoravgidlepercent 0.75\n\
         kafka_controller_kafkacontroller_activecontrollercount {active}\n\
         kafka_server_socket_server_metrics_connection_count{{listener=\"CLIENTS\",networkprocessor=\"0\"}} 60\n\
         kafka_server_socket_server_metrics_connections_software{{clientsoftwarename=\"apache-kafka-java\",\
         clientsoftwareversion=\"4.1.2\",listener=\"CLIENTS\",networkprocessor=\"0\"}} 48\n\
         kafka_server_socket_server_metrics_connections_software{{clientsoftwarename=\"librdkafka\",\
         clientsoftwareversion=\"2.11.1\",listener=\"CLIENTS\",networkprocessor=\"0\"}} 12\n\
         jvm_memory_used_bytes{{area=\"heap\"}} 3.1E9\n\
         jvm_memory_max_bytes{{area=\"heap\"}} 6.4E9\n\
         jvm_gc_collection_seconds_sum{{gc=\"G1 Young Generation\"}} {gc}\n\
         java_lang_operatingsystem_processcpuload 0.25\n\
         process_start_time_seconds 1.75E9\n",
        idle = 800_000_000 * age,
        active = i32::from(id == 1),
        gc = age / 100,
    );
    text
}
