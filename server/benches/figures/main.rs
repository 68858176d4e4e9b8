//! `make bench`: the figures of BENCHMARKS.md. Times differ between machines, so each is printed beside a limit that was
//! measured in the same run, as a ratio.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod at_size;
mod by_hand;
mod declared;
mod process;
mod rolled;
mod watched;

use anyhow::Context;
use by_hand::ByHand;
use klamm_testkit::{BringUp, TestSandbox};
use kube::{
    Api,
    api::{DynamicObject, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use process::Serve;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use watched::Watched;

const ROUNDS: usize = 3;
const RECORDS: &str = "1000000";
/// Topics made one at a time. The first ones meet brokers that have just started: JVMs compile what they run often.
const UNCOUNTED: usize = 60;
const COUNTED: usize = 21;

fn main() -> anyhow::Result<()> {
    // `cargo test --benches` and `cargo clippy` start it with other arguments; only `cargo bench` means it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let told = |part: &str| std::env::args().any(|argument| argument == part);
    let part = if told("at-size") {
        Part::AtSize
    } else if told("declared") {
        Part::Declared
    } else if told("rolled") {
        Part::Rolled
    } else {
        Part::All
    };
    tokio::runtime::Runtime::new()?.block_on(figures(part))
}

/// What to measure: `cargo bench --workspace --bench figures -- at-size` takes two minutes instead of ten.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The portal on an estate of the full size.
    AtSize,
    /// Thousands of declarations at once.
    Declared,
    /// A restart of all brokers.
    Rolled,
    All,
}

async fn figures(part: Part) -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let wasm = wasm_kilobytes(&root.join("target/site/pkg"))?;
    println!("wasm, brotli\t{} KB\tbudget 600 KB\tratio {:.2}", wasm, f64::from(wasm) / 600.0);

    let klamm = Path::new(env!("CARGO_BIN_EXE_klamm"));
    let parts = root.join("target/sandbox");
    if part == Part::Rolled {
        let sandbox = TestSandbox::start(klamm, &parts, BringUp::WithDemo).await?;
        return rolled::figures(&sandbox).await;
    }
    if part != Part::Declared {
        at_size::figures(klamm, &parts, &root.join("end2end")).await?;
    }
    if part == Part::AtSize {
        return Ok(());
    }
    let sandbox = TestSandbox::start(klamm, &parts, BringUp::WithKlamm).await?;
    let scale = declared::figures(&sandbox).await?;
    if part == Part::Declared {
        return Ok(());
    }
    drop(sandbox);

    let sandbox = TestSandbox::start(klamm, &parts, BringUp::WithDemo).await?;
    // Before there are topics of one replica, which somebody would have to accept by name.
    rolled::figures(&sandbox).await?;
    first_topic(&sandbox, scale).await?;
    let resident = Serve::of(&sandbox)?.resident()?;
    println!("klamm serve, resident\t{:.0} MB\tbudget 96 MB\tratio {:.2}", resident, resident / 96.0);
    throughput(&sandbox, &parts.join("images/klamm.dev/kafka/4.1.2/rootfs/opt/kafka"))
}

/// Size of the compressed module that browsers load.
fn wasm_kilobytes(folder: &Path) -> anyhow::Result<u32> {
    let mut sizes = Vec::new();
    for entry in fs::read_dir(folder).context("look for the built pages; `make site` builds them")? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().ends_with(".wasm.br") {
            sizes.push((entry.metadata()?.modified()?, entry.metadata()?.len()));
        }
    }
    sizes.sort_unstable();
    let newest = sizes.last().context("there is no wasm; `make site` builds it")?.1;
    u32::try_from(newest / 1000).context("read the size")
}

/// From declared to Ready, one at a time, beside what a bare write of such an object takes.
async fn first_topic(sandbox: &TestSandbox, scale: f64) -> anyhow::Result<()> {
    let client = sandbox.client().await?;
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("klamm.dev", "v1alpha1", "KafkaTopic"));
    let topics: Api<DynamicObject> = Api::namespaced_with(client, "payments", &kind);
    let mut watched = Watched::start(topics.clone());
    let (mut ready, mut bare) = (Vec::new(), Vec::new());
    for round in 0..UNCOUNTED + COUNTED {
        let name = format!("payments.bench-{round}");
        let spec =
            json!({ "cluster": { "namespace": "kafka", "name": "demo" }, "partitions": 1, "replicationFactor": 1 });
        let manifest = json!({ "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaTopic", "metadata": { "name": name }, "spec": spec });
        let began = Instant::now();
        topics.create(&PostParams::default(), &serde_json::from_value(manifest)?).await?;
        let created = began.elapsed();
        watched.until("the topic is Ready", |stands| stands.get(&name).is_some_and(|stand| stand.is_settled())).await?;
        if round >= UNCOUNTED {
            bare.push(created);
            ready.push(began.elapsed());
        }
    }
    let (ready, bare) = (median(ready), median(bare));
    let budget = 60.0 / scale;
    println!(
        "one topic declared to Ready\t{} ms\tcreating its object {} ms\tbudget 60 ms, here {budget:.0} ms\tratio {:.2}",
        ready.as_millis(),
        bare.as_millis(),
        ready.as_secs_f64() * 1000.0 / budget,
    );
    Ok(())
}

/// Records per second into the demo's cluster and into brokers started by hand, in turn.
fn throughput(sandbox: &TestSandbox, kafka: &Path) -> anyhow::Result<()> {
    let by_hand = ByHand::start(kafka)?;
    let ours = fs::read_to_string(sandbox.state().join("clients/admin.conf"))?;
    let value = |key: &str| {
        let line = ours.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.map(str::to_owned).with_context(|| format!("admin.conf has no {key}"))
    };
    let ours_file = sandbox.state().join("bench.properties");
    fs::write(&ours_file, java_properties(&value("sasl.username")?, &value("sasl.password")?))?;
    let places: [(String, PathBuf); 2] =
        [(value("bootstrap.servers")?, ours_file), (ByHand::bootstrap(), by_hand.client_properties()?)];
    for (bootstrap, properties) in &places {
        let mut create = Command::new(kafka.join("bin/kafka-topics.sh"));
        create.args(["--bootstrap-server", bootstrap, "--command-config"]).arg(properties);
        create.args(["--create", "--topic", "bench.throughput", "--partitions", "12", "--replication-factor", "2"]);
        let output = create.output()?;
        anyhow::ensure!(output.status.success(), "create a topic: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut rates = [Vec::new(), Vec::new()];
    // One round that does not count: JVMs compile what they run often.
    for round in 0..=ROUNDS {
        for (place, (bootstrap, properties)) in places.iter().enumerate() {
            let rate = produce(kafka, bootstrap, properties)?;
            if round > 0 {
                rates[place].push(rate);
            }
        }
    }
    let [ours, hand] = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    });
    println!(
        "producer, records/s\t{ours:.0}\tbrokers started by hand {hand:.0}\tratio {:.2}\tbudget 0.95",
        ours / hand
    );
    Ok(())
}

fn produce(kafka: &Path, bootstrap: &str, properties: &Path) -> anyhow::Result<f64> {
    let mut command = Command::new(kafka.join("bin/kafka-producer-perf-test.sh"));
    command.args(["--topic", "bench.throughput", "--num-records", RECORDS, "--record-size", "100"]);
    command.args(["--throughput", "-1", "--producer-props", &format!("bootstrap.servers={bootstrap}"), "linger.ms=5"]);
    command.arg("--producer.config").arg(properties).env("KAFKA_HEAP_OPTS", "-Xmx256m");
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.lines().rev().find(|line| line.contains("records sent")).context("it sent nothing")?;
    let rate = last.split(',').nth(1).and_then(|part| part.trim().split(' ').next()).context("no rate")?;
    Ok(rate.parse()?)
}

/// Properties of a Java client that signs in with SCRAM-SHA-512.
pub(crate) fn java_properties(username: &str, password: &str) -> String {
    format!(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config=\
         org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{username}\" password=\"{password}\";\n"
    )
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
