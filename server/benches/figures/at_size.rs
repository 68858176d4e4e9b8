//! The portal at full size: 10,000 topics, 50,000 partitions, 10,000 groups on twelve stand-in brokers.

use crate::{median, process::Serve};
use anyhow::{Context, ensure};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    body::Bytes,
    header::{CONTENT_TYPE, COOKIE, HOST, HeaderValue, ORIGIN, SET_COOKIE},
};
use hyper_util::{client::legacy::Client as HttpClient, rt::TokioExecutor};
use klamm_kafka::{
    Client, ClientConfig,
    collect::{Collector, Depth},
};
use klamm_model::{Inventory, Reachability, UnixMillis};
use klamm_testkit::{BadExporter, BringUp, Estate, EstateSize, Fault, TestSandbox, eventually};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

/// What people and programs ask for, and who answers: the API under `/api/v1`, and whole pages.
const CALLS: [(&str, &str); 34] = [
    ("API clusters", "/api/v1/clusters"),
    ("API cluster", "/api/v1/clusters/kafka/estate"),
    ("API topics, 50 by name", "/api/v1/clusters/kafka/estate/topics"),
    ("API topics, 50 by size", "/api/v1/clusters/kafka/estate/topics?sort=sizeBytes&order=desc"),
    ("API topics, 50 by groups", "/api/v1/clusters/kafka/estate/topics?sort=groupCount&order=desc"),
    ("API topics, 1,000", "/api/v1/clusters/kafka/estate/topics?limit=1000"),
    ("API groups, 50 by lag", "/api/v1/clusters/kafka/estate/groups?sort=lag&order=desc"),
    ("API placement", "/api/v1/clusters/kafka/estate/placement"),
    ("API placement without a rack", "/api/v1/clusters/kafka/estate/placement?lose=rack:zone-1"),
    ("API chart, the whole", "/api/v1/clusters/kafka/estate/series?metric=messages_in"),
    ("API chart, 20 topics", "/api/v1/clusters/kafka/estate/series?metric=messages_in&by=topic"),
    ("API chart, 20 groups' lag in time", "/api/v1/clusters/kafka/estate/series?metric=lag_seconds&by=group"),
    ("API disks", "/api/v1/clusters/kafka/estate/disks"),
    ("API findings", "/api/v1/clusters/kafka/estate/findings"),
    ("API clients", "/api/v1/clusters/kafka/estate/clients"),
    ("API search, a word", "/api/v1/search?q=payments"),
    ("API search, a letter", "/api/v1/search?q=e"),
    ("page of my work", "/"),
    ("page of the cluster", "/clusters/kafka/estate"),
    ("page of brokers", "/clusters/kafka/estate/brokers"),
    ("page of a broker", "/clusters/kafka/estate/brokers/3"),
    ("page of disks", "/clusters/kafka/estate/disks"),
    ("page of findings", "/clusters/kafka/estate/findings"),
    ("page of clients", "/clusters/kafka/estate/clients"),
    ("page of a topic", "/clusters/kafka/estate/topics/null-0"),
    ("catalogue of topics", "/topics"),
    ("groups of all clusters", "/groups"),
    ("page of placement", "/clusters/kafka/estate/placement"),
    ("page of topics by size", "/clusters/kafka/estate/topics?sort=sizeBytes&order=desc"),
    ("page of a topic's configuration", "/clusters/kafka/estate/topics/null-0?tab=config"),
    ("page of a topic's access", "/clusters/kafka/estate/topics/null-0?tab=access"),
    ("page of a topic's manifest", "/clusters/kafka/estate/topics/null-0?tab=yaml"),
    ("page of groups by lag", "/clusters/kafka/estate/groups?sort=lag&order=desc"),
    ("page of the search", "/search?q=e"),
];
/// Calls of each kind, after a few that do not count.
const COUNTED: usize = 60;
const UNCOUNTED: usize = 5;
/// Brokers that are lost, one after the other.
const LOST: [i32; 3] = [3, 6, 9];
/// Exporters that lie while everything is asked once more, each in its way.
const LIARS: [(i32, BadExporter); 5] = [
    (2, BadExporter::NotNumbers),
    (4, BadExporter::Huge),
    (7, BadExporter::Hangs),
    (8, BadExporter::Bomb),
    (11, BadExporter::Large),
];
/// Where it is said how exporters answer, and how of one that does not.
const TARGETS: (&str, &str) = ("/api/v1/clusters/kafka/estate/targets", "\"state\":\"trouble\"");
/// Where it is said which partitions lack replicas, and in which words.
const FINDINGS: (&str, &str) = ("/clusters/kafka/estate/findings", "replicas out of sync");

/// Prints what a look, calls and memory come to.
pub(crate) async fn figures(klamm: &Path, parts: &Path, end2end: &Path) -> anyhow::Result<()> {
    let estate = Arc::new(Estate::start(EstateSize::FULL).await?);
    let living = estate.clone().live();
    collection(&estate).await?;
    let sandbox = TestSandbox::start(klamm, parts, BringUp::WithKlamm).await?;
    estate.declare_in(&sandbox).await?;
    let caller = Caller::sign_in(&sandbox).await?;
    eventually("all topics to be seen", Duration::from_mins(1), || async {
        let cluster: Value = serde_json::from_slice(&caller.get("/api/v1/clusters/kafka/estate").await?)?;
        ensure!(cluster["groups"].as_u64() >= Some(10_000), "groups: {}", cluster["groups"]);
        Ok(())
    })
    .await?;
    let mut slowest = Duration::ZERO;
    for (what, path) in CALLS {
        let (p95, kilobytes) = caller.p95(path).await.with_context(|| format!("call {path}"))?;
        println!("{what}\tp95 {:.1} ms\t{kilobytes} KB", p95.as_secs_f64() * 1000.0);
        slowest = slowest.max(p95);
    }
    sum_up(&sandbox, slowest, "")?;
    lied_to(&estate, &caller).await?;
    let mut slowest = Duration::ZERO;
    for (_, path) in CALLS {
        slowest = slowest.max(caller.p95(path).await.with_context(|| format!("call {path}"))?.0);
    }
    sum_up(&sandbox, slowest, ", while five exporters lie")?;
    noticed(&estate, &caller).await?;
    interactive(&sandbox, end2end)?;
    living.abort();
    Ok(())
}

/// Prints what took longest, and what the portal takes up.
fn sum_up(sandbox: &TestSandbox, slowest: Duration, when: &str) -> anyhow::Result<()> {
    let slowest = slowest.as_secs_f64() * 1000.0;
    println!("slowest of them, p95{when}\t{slowest:.1} ms\tbudget 100 ms\tratio {:.2}", slowest / 100.0);
    let resident = Serve::of(sandbox)?.resident()?;
    let ratio = resident / 256.0;
    println!("klamm serve at 10,000 topics and groups{when}\t{resident:.0} MB\tbudget 256 MB\tratio {ratio:.2}");
    Ok(())
}

/// Some exporters begin to lie; until all of them are found out.
async fn lied_to(estate: &Estate, caller: &Caller) -> anyhow::Result<()> {
    for (broker, bad) in LIARS {
        estate.inflict(Fault::Exporter(broker, bad));
    }
    let (path, trouble) = TARGETS;
    eventually("all lies to be found out", Duration::from_mins(2), || async {
        let told = String::from_utf8_lossy(&caller.get(path).await?).matches(trouble).count();
        ensure!(told == LIARS.len(), "{told} are");
        Ok(())
    })
    .await
}

/// From the moment at which replicas fall out until a page says of which partitions: the median of a few.
async fn noticed(estate: &Estate, caller: &Caller) -> anyhow::Result<()> {
    let mut took = Vec::new();
    for broker in LOST {
        eventually("replicas to be in sync", Duration::from_mins(1), || async {
            ensure!(!caller.says(FINDINGS).await?, "the page says that some are not");
            Ok(())
        })
        .await?;
        let began = Instant::now();
        estate.inflict(Fault::DeadBroker(broker));
        while !caller.says(FINDINGS).await? {
            ensure!(began.elapsed() < Duration::from_mins(1), "nothing is said of broker {broker}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        took.push(began.elapsed());
        estate.heal(Fault::DeadBroker(broker));
    }
    let seconds = median(took).as_secs_f64();
    println!("replicas fall out, until a page says so\t{seconds:.1} s\tbudget 5 s\tratio {:.2}", seconds / 5.0);
    Ok(())
}

/// Time that a look at everything takes, the longest of a few after the first.
async fn collection(estate: &Estate) -> anyhow::Result<()> {
    let bootstrap = estate.addresses().iter().map(|address| (*address).into()).collect();
    let mut collector = Collector::new(Client::new(ClientConfig { bootstrap, ..ClientConfig::new() }));
    let mut inventory = Inventory::unseen("kafka/estate".parse()?);
    let mut longest = Duration::ZERO;
    for look in 0..4 {
        let began = Instant::now();
        inventory = collector.look(&inventory, Depth::Everything, UnixMillis(i64::from(look) * 5_000)).await;
        ensure!(inventory.reachability == Reachability::Reachable, "the estate does not answer");
        if look > 0 {
            longest = longest.max(began.elapsed());
        }
    }
    let seconds = longest.as_secs_f64();
    println!("a look at everything, 10,000 topics and groups\t{seconds:.2} s\tbudget 5 s\tratio {:.2}", seconds / 5.0);
    Ok(())
}

/// Somebody signed in.
struct Caller {
    http: HttpClient<hyper_util::client::legacy::connect::HttpConnector, Full<Bytes>>,
    url: String,
    cookie: HeaderValue,
}

impl Caller {
    async fn sign_in(sandbox: &TestSandbox) -> anyhow::Result<Self> {
        let http = HttpClient::builder(TokioExecutor::new()).build_http();
        let password = fs::read_to_string(sandbox.state().join("demo-password")).context("read the password")?;
        let body = json!({ "username": "operator", "password": password.trim() }).to_string();
        let url = sandbox.url();
        let request = Request::post(format!("{url}/api/v1/session"))
            .header(ORIGIN, &url)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(body))?;
        let answer = http.request(request).await.context("sign in")?;
        ensure!(answer.status().is_success(), "sign in: {}", answer.status());
        let cookie = answer.headers().get(SET_COOKIE).context("no cookie")?.to_str()?;
        let cookie = HeaderValue::from_str(cookie.split(';').next().unwrap_or_default())?;
        Ok(Self { http, url, cookie })
    }

    async fn get(&self, path: &str) -> anyhow::Result<Bytes> {
        let request = Request::get(format!("{}{path}", self.url))
            .header(HOST, self.url.trim_start_matches("http://"))
            .header(COOKIE, &self.cookie)
            .body(Full::default())?;
        let answer = self.http.request(request).await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        Ok(answer.into_body().collect().await?.to_bytes())
    }

    /// Whether a page has these words.
    async fn says(&self, (page, words): (&str, &str)) -> anyhow::Result<bool> {
        Ok(String::from_utf8_lossy(&self.get(page).await?).contains(words))
    }

    /// What 95 of 100 calls stay below, and the size of an answer in KB.
    async fn p95(&self, path: &str) -> anyhow::Result<(Duration, usize)> {
        let (mut took, mut size) = (Vec::new(), 0);
        for call in 0..UNCOUNTED + COUNTED {
            let began = Instant::now();
            size = self.get(path).await?.len();
            if call >= UNCOUNTED {
                took.push(began.elapsed());
            }
        }
        took.sort_unstable();
        let p95 = took.get(took.len() * 95 / 100).copied().context("no call")?;
        Ok((p95, size / 1000))
    }
}

/// Until a page in a browser that has seen nothing of Klamm yet reacts: the browser's own timings.
fn interactive(sandbox: &TestSandbox, end2end: &Path) -> anyhow::Result<()> {
    let mut timings = Command::new("node");
    timings.arg("timings.mjs").current_dir(end2end).env("KLAMM_URL", sandbox.url()).env("KLAMM_STATE", sandbox.state());
    let output = timings.output().context("start node")?;
    ensure!(output.status.success(), "time the pages: {}", String::from_utf8_lossy(&output.stderr));
    for line in String::from_utf8(output.stdout)?.lines() {
        let mut columns = line.split('\t');
        let mut column = || columns.next().context("a line of timings.mjs");
        let (what, milliseconds, budget): (_, f64, f64) = (column()?, column()?.parse()?, column()?.parse()?);
        println!("{what}\t{milliseconds:.0} ms\tbudget {budget:.0} ms\tratio {:.2}", milliseconds / budget);
    }
    Ok(())
}
