//! Thousands of declarations at once: how soon all are true, beside what the same calls take without Klamm.

use crate::{
    process::Serve,
    watched::{Stand, Stands, Watched},
};
use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::{Pod, Secret};
use klamm_kafka::{
    Address, Addresses, Apply, Authentication, ClientConfig, Credentials, NewTopic, Password, ScramChange,
    ScramIterations, TopicSelection,
};
use klamm_model::{BrokerId, TopicName};
use klamm_resources::{ConditionType, KafkaCluster, holds, managed};
use klamm_testkit::{TestSandbox, eventually, wait_for_object};
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

const TOPICS: usize = 2000;
const WAITING: usize = 5000;
const USERS: usize = 200;
/// Calls of the bench at the same time, as a Git controller or a script would make them.
const AT_ONCE: usize = 32;
/// Status patches per second on the machine for which the budgets were written. What a machine can do is mostly what its
/// API server can do, so a budget that names a rate holds in proportion to this.
const REFERENCE_STATUS: f64 = 805.0;

/// A cluster of one roomy node, with everything declared in its own namespace.
struct Bench<'a> {
    sandbox: &'a TestSandbox,
    client: Client,
    namespace: String,
    topics: Api<DynamicObject>,
    users: Api<DynamicObject>,
    kafka: klamm_kafka::Client,
}

/// Prints all figures about declarations, and answers how this machine compares to the one of the budgets.
pub(crate) async fn figures(sandbox: &TestSandbox) -> anyhow::Result<f64> {
    let bench = Bench::open(sandbox).await?;
    let (acknowledged, usable) = bench.bare_creation().await?;
    println!("bare admin client, 2,000 topics by hundreds, acknowledged\t{acknowledged:.0}/s");
    println!("limit: the same, until the broker has them\t{usable:.0}/s");
    let mut bare_status = vec![bench.bare_status().await?];
    let declared = bench.declare().await?;
    let resident = Serve::of(sandbox)?.resident()?;
    println!("klamm serve at 2,000 topics\t{resident:.0} MB\tbudget 96 MB\tratio {:.2}", resident / 96.0);
    let changed = bench.change().await?;
    bare_status.push(bench.bare_status().await?);
    let bare_users = bench.bare_users().await?;
    let users = bench.declare_users().await?;
    let deleted = bench.delete().await?;
    bare_status.push(bench.bare_status().await?);
    // A machine is not as quick in one minute as in the next.
    let each: Vec<String> = bare_status.iter().map(|rate| format!("{rate:.0}")).collect();
    let bare_status = bare_status.iter().sum::<f64>() / f64::from(u8::try_from(bare_status.len())?);
    let limit = usable.min(bare_status);
    println!("limit: bare client, 2,000 status patches\t{bare_status:.0}/s\t{} in between", each.join(", "));
    let scale = bare_status / REFERENCE_STATUS;
    println!("this machine, by that, beside the one of the budgets\t{scale:.2}");
    let report = |what: &str, rate: f64, budget: f64| {
        let here = budget * scale;
        println!("{what}\t{rate:.0}/s\tbudget {budget:.0}/s, here {here:.0}/s\tratio {:.2}", rate / here);
    };
    report("topics declared to Ready, 2,000 at once", declared, 250.0);
    println!("the same beside the slower limit\t{:.2}\tbudget 0.5", declared / limit);
    report("config changed, 2,000 at once", changed, 400.0);
    report("topics deleted, 2,000 at once", deleted, 400.0);
    report("users declared to Ready, 200 at once", users, 120.0);
    println!("bare Secrets and SCRAM\t{bare_users:.0}/s\tratio {:.2}", users / bare_users);
    let (rate, resident) = bench.start_with_waiting().await?;
    println!("started with 5,000 topics waiting\t{rate:.0}/s\tslower limit {limit:.0}/s\tratio {:.2}", rate / limit);
    println!("klamm serve at 5,000 topics\t{resident:.0} MB\tbudget 128 MB\tratio {:.2}", resident / 128.0);
    Ok(scale)
}

impl<'a> Bench<'a> {
    async fn open(sandbox: &'a TestSandbox) -> anyhow::Result<Self> {
        let client = sandbox.client().await?;
        let namespace = sandbox.namespace(&client, "bench").await?;
        sandbox.apply(&client, &namespace, &cluster().to_string()).await?;
        let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), &namespace);
        wait_for_object(&clusters, "bench", Duration::from_mins(3), |cluster| {
            cluster.status.as_ref().is_some_and(|status| holds(&status.conditions, ConditionType::Ready))
        })
        .await?;
        Ok(Self {
            sandbox,
            topics: api(&client, &namespace, "KafkaTopic"),
            users: api(&client, &namespace, "KafkaUser"),
            kafka: admin(&client, &namespace).await?,
            client,
            namespace,
        })
    }

    /// Topics per second that an admin client makes and nobody declares: as the controller acknowledges them, and until the
    /// broker has them, which is when they can be used and when Klamm calls one Ready.
    async fn bare_creation(&self) -> anyhow::Result<(f64, f64)> {
        let names: Vec<TopicName> =
            (0..TOPICS).map(|i| TopicName::new(format!("bare-{i}"))).collect::<Result<_, _>>()?;
        let began = Instant::now();
        for hundred in names.chunks(100) {
            let topics = hundred.iter().map(|name| NewTopic {
                name: name.clone(),
                partitions: Some(1),
                replication_factor: Some(1),
                config: BTreeMap::new(),
            });
            let results = self.kafka.create_topics(topics.collect(), Apply::Commit).await?;
            ensure!(results.values().all(Result::is_ok), "the broker refused a bare topic");
        }
        let acknowledged = per_second(TOPICS, began);
        let last: BTreeSet<TopicName> = names[TOPICS - 100..].iter().cloned().collect();
        eventually("the broker to have the topics", Duration::from_mins(1), || async {
            let shown = self.kafka.describe_topics(&TopicSelection::Names(last.clone())).await?;
            ensure!(shown.values().all(Result::is_ok), "not all are there");
            Ok(())
        })
        .await?;
        let usable = per_second(TOPICS, began);
        for hundred in names.chunks(100) {
            self.kafka.delete_topics(&hundred.iter().cloned().collect()).await?;
        }
        Ok((acknowledged, usable))
    }

    /// Status patches per second while Klamm stands still.
    async fn bare_status(&self) -> anyhow::Result<f64> {
        let serve = Serve::of(self.sandbox)?;
        serve.halt()?;
        let object = |i| {
            let mut object = topic(&format!("status-{i}"), &json!({ "name": "nowhere" }));
            object["metadata"]["labels"] = json!({ "bench": "status" });
            object
        };
        create_all(&self.topics, (0..TOPICS).map(object).collect()).await?;
        let condition = json!({ "type": "Ready", "status": "True", "reason": "InSync", "lastTransitionTime": "2026-01-01T00:00:00Z",
            "message": "1 partition, 1 replica, as declared" });
        let patch = json!({ "status": { "conditions": [condition], "observedGeneration": 1, "topicName": "x", "partitions": 1 } });
        let began = Instant::now();
        let names = (0..TOPICS).map(|i| format!("status-{i}"));
        each(names, |name| {
            let (topics, patch) = (self.topics.clone(), patch.clone());
            async move { topics.patch_status(&name, &PatchParams::default(), &Patch::Merge(patch)).await.map(drop) }
        })
        .await?;
        let rate = per_second(TOPICS, began);
        self.topics.delete_collection(&DeleteParams::default(), &ListParams::default().labels("bench=status")).await?;
        serve.resume()?;
        Ok(rate)
    }

    /// Topics per second, from the moment when `klamm serve` can see that all are declared. Changes and deletions likewise.
    async fn declare(&self) -> anyhow::Result<f64> {
        let mut watched = Watched::start(self.topics.clone());
        watched.until("nothing is left", HashMap::is_empty).await.ok();
        let serve = self.halted().await?;
        create_all(&self.topics, declarations(TOPICS)).await?;
        watched.until("all topics are seen", |stands| stands.len() == TOPICS).await?;
        let began = Instant::now();
        serve.resume()?;
        watched.until("all topics are Ready", |stands| settled(stands.values(), TOPICS)).await?;
        Ok(per_second(TOPICS, began))
    }

    async fn change(&self) -> anyhow::Result<f64> {
        let mut watched = Watched::start(self.topics.clone());
        let serve = self.halted().await?;
        self.patch_all(&json!({ "spec": { "config": { "retention.ms": "3600000" } } })).await?;
        let changed = |stands: &Stands| stands.values().filter(|stand| stand.generation() > 1).count() == TOPICS;
        watched.until("all changes are seen", changed).await?;
        let began = Instant::now();
        serve.resume()?;
        watched.until("all topics are changed", |stands| settled(stands.values(), TOPICS)).await?;
        Ok(per_second(TOPICS, began))
    }

    async fn delete(&self) -> anyhow::Result<f64> {
        let mut watched = Watched::start(self.topics.clone());
        self.patch_all(&json!({ "spec": { "deletion": "delete" } })).await?;
        let may_go =
            |stands: &Stands| settled(stands.values(), TOPICS) && stands.values().all(|stand| stand.generation() > 2);
        watched.until("all topics may be deleted", may_go).await?;
        let serve = self.halted().await?;
        each((0..TOPICS).map(|i| format!("declared-{i}")), |name| {
            let topics = self.topics.clone();
            async move { topics.delete(&name, &DeleteParams::default()).await.map(drop) }
        })
        .await?;
        let began = Instant::now();
        serve.resume()?;
        watched.until("no topic is left", HashMap::is_empty).await?;
        let rate = per_second(TOPICS, began);
        let left = self.kafka.describe_topics(&TopicSelection::All).await?;
        let left = left.keys().filter(|name| name.as_str().starts_with("declared-")).count();
        ensure!(left == 0, "{left} topics are still in Kafka");
        Ok(rate)
    }

    /// `klamm serve`, at rest and stopped, so that it sees what comes next all at once.
    async fn halted(&self) -> anyhow::Result<Serve> {
        let serve = Serve::of(self.sandbox)?;
        serve.calm().await?;
        serve.halt()?;
        Ok(serve)
    }

    async fn patch_all(&self, patch: &Value) -> anyhow::Result<()> {
        each((0..TOPICS).map(|i| format!("declared-{i}")), |name| {
            let (topics, patch) = (self.topics.clone(), patch.clone());
            async move { topics.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await.map(drop) }
        })
        .await
    }

    /// Users per second when only a Secret and a credential are made.
    async fn bare_users(&self) -> anyhow::Result<f64> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let began = Instant::now();
        each((0..USERS).map(|i| format!("bare-{i}")), |name| {
            let secrets = secrets.clone();
            async move {
                let secret: Secret = serde_json::from_value(json!({
                    "metadata": { "name": name }, "stringData": { "username": name, "password": "only-for-this-bench" },
                }))
                .map_err(kube::Error::SerdeError)?;
                secrets.create(&PostParams::default(), &secret).await.map(drop)
            }
        })
        .await?;
        let changes = (0..USERS).map(|i| ScramChange::Upsert {
            user: format!("bare-{i}"),
            password: Password::new("only-for-this-bench".to_owned()),
            iterations: ScramIterations::default(),
        });
        let results = self.kafka.alter_scram(changes.collect()).await?;
        ensure!(results.values().all(Result::is_ok), "the broker refused a bare user");
        Ok(per_second(USERS, began))
    }

    async fn declare_users(&self) -> anyhow::Result<f64> {
        Serve::of(self.sandbox)?.calm().await?;
        let mut watched = Watched::start(self.users.clone());
        let users = (0..USERS).map(|i| {
            let grants = json!([
                { "topic": format!("declared-{i}"), "access": "both", "groups": [format!("declared-{i}")] },
            ]);
            object("KafkaUser", &format!("user-{i}"), &json!({ "cluster": { "name": "bench" }, "grants": grants }))
        });
        let began = Instant::now();
        create_all(&self.users, users.collect()).await?;
        watched.until("all users are Ready", |stands| settled(stands.values(), USERS)).await?;
        Ok(per_second(USERS, began))
    }

    /// Topics per second, and memory, of a process that finds 5,000 new declarations when it starts.
    async fn start_with_waiting(&self) -> anyhow::Result<(f64, f64)> {
        let serve = Serve::of(self.sandbox)?;
        serve.halt()?;
        create_all(&self.topics, declarations(WAITING)).await?;
        let mut watched = Watched::start(self.topics.clone());
        watched.until("all topics are seen", |stands| stands.len() == WAITING).await?;
        let began = Instant::now();
        serve.kill()?;
        watched.until("all topics are Ready", |stands| settled(stands.values(), WAITING)).await?;
        let rate = per_second(WAITING, began);
        let now = eventually("klamm serve to run again", Duration::from_secs(10), || async { Serve::of(self.sandbox) })
            .await?;
        Ok((rate, now.resident()?))
    }
}

fn settled<'a>(mut stands: impl ExactSizeIterator<Item = &'a Stand>, count: usize) -> bool {
    stands.len() == count && stands.all(|stand| stand.is_settled())
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn per_second(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

async fn create_all(api: &Api<DynamicObject>, objects: Vec<Value>) -> anyhow::Result<()> {
    each(objects, |object| {
        let api = api.clone();
        async move {
            let object = serde_json::from_value(object).map_err(kube::Error::SerdeError)?;
            api.create(&PostParams::default(), &object).await.map(drop)
        }
    })
    .await
}

async fn each<T, F>(all: impl IntoIterator<Item = T>, act: impl Fn(T) -> F) -> anyhow::Result<()>
where
    F: Future<Output = Result<(), kube::Error>>,
{
    let work: Vec<F> = all.into_iter().map(act).collect();
    stream::iter(work).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await.context("write to Kubernetes")?;
    Ok(())
}

fn object(kind: &str, name: &str, spec: &Value) -> Value {
    json!({ "apiVersion": "klamm.dev/v1alpha1", "kind": kind, "metadata": { "name": name }, "spec": spec })
}

fn declarations(count: usize) -> Vec<Value> {
    (0..count).map(|i| topic(&format!("declared-{i}"), &json!({ "name": "bench" }))).collect()
}

fn topic(name: &str, cluster: &Value) -> Value {
    object("KafkaTopic", name, &json!({ "cluster": cluster, "partitions": 1, "replicationFactor": 1 }))
}

fn cluster() -> Value {
    let pool = json!({
        "name": "nodes", "roles": ["broker", "controller"], "replicas": 1,
        "storage": { "type": "persistent", "size": "10Gi" },
        "resources": { "requests": { "cpu": "50m", "memory": "700Mi" }, "limits": { "memory": "2Gi" } },
        "jvm": { "heap": "1g" },
    });
    object(
        "KafkaCluster",
        "bench",
        &json!({
            "version": "4.1.2", "pools": [pool], "config": { "log.cleaner.dedupe.buffer.size": 8_388_608 },
            "listeners": [{ "name": "clients", "port": 9092, "authentication": "scram-sha-512", "exposure": "loopback" }],
        }),
    )
}

fn api(client: &Client, namespace: &str, kind: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("klamm.dev", "v1alpha1", kind));
    Api::namespaced_with(client.clone(), namespace, &resource)
}

/// Klamm's own way to the only broker.
async fn admin(client: &Client, namespace: &str) -> anyhow::Result<klamm_kafka::Client> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let data = secrets.get(&managed::admin_secret("bench")).await?.data.unwrap_or_default();
    let text = |key: &str| {
        let bytes = data.get(key).with_context(|| format!("no {key} in the Secret"))?;
        String::from_utf8(bytes.0.clone()).context("the Secret holds no text")
    };
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let pod = pods.get(&format!("{}-0", managed::node("bench", "nodes", 0))).await?;
    let address =
        Address::new(pod.status.and_then(|status| status.pod_ip).context("no address")?, managed::INTERNAL_PORT)?;
    Ok(klamm_kafka::Client::new(ClientConfig {
        bootstrap: vec![address.clone()],
        addresses: Addresses::Explicit([(BrokerId(0), address)].into()),
        authentication: Authentication::ScramSha512(Credentials::new(
            text("username")?,
            Password::new(text("password")?),
        )),
        ..ClientConfig::new()
    }))
}
