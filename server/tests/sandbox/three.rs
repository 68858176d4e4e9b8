//! A cluster of three for operations: combined nodes, one on each host, topics of factor 3 of which two replicas have to be in
//! sync, a load on them that knows what it wrote, and a watcher that blames whoever takes too many.

use crate::{
    sandbox,
    shop::{admin, one_broker, ready, text},
};
use k8s_openapi::api::core::v1::{Pod, Secret};
use klamm_kafka::{Apply, ErrorCode, NewTopic};
use klamm_resources::{KafkaCluster, managed};
use klamm_testkit::{
    OutsideClient, TestSandbox, Tidied,
    chaos::{Chaos, Mischief},
    eventually,
    load::{Load, LoadPlan},
    watcher::{Cause, Deed, Subject, Watcher},
};
use kube::{Api, Client, api::DeleteParams};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// The name of the cluster, in the namespace of its test.
pub(crate) const CLUSTER: &str = "trio";
/// The topics that are written to, with their partitions: every node leads some.
pub(crate) const TOPICS: &[(&str, u32)] = &[("ledger", 6), ("journal", 3)];
/// How long everything may take to be in step again after something was killed.
pub(crate) const WHOLE_WITHIN: Duration = Duration::from_mins(10);
/// How long records may take to get through again.
pub(crate) const FLOWS_WITHIN: Duration = Duration::from_mins(8);

/// A cluster of three in a namespace of its own.
pub(crate) struct Three {
    pub(crate) sandbox: &'static TestSandbox,
    pub(crate) client: Client,
    pub(crate) namespace: String,
    /// As a team would write and read.
    pub(crate) outside: OutsideClient,
    /// Its brokers end with the test, however that ends.
    _tidied: Tidied,
}

impl Three {
    /// Brings one up in a namespace named after the test, with its topics; `change` is done to its spec before.
    pub(crate) async fn open(test: &str, change: impl FnOnce(&mut Value)) -> Self {
        Self::of(3, test, change).await
    }

    /// The same of so many nodes. Topics have a replica on each of them, at most three; two have to be in sync where there are two.
    pub(crate) async fn of(nodes: u16, test: &str, change: impl FnOnce(&mut Value)) -> Self {
        let sandbox = sandbox().await;
        let client = sandbox.client().await.unwrap();
        let namespace = sandbox.namespace(&client, test).await.unwrap();
        let tidied = sandbox.tidied(&namespace);
        let mut manifest: Value = serde_json::from_str(&one_broker(CLUSTER, &[], &json!({}))).unwrap();
        let pool = &mut manifest["spec"]["pools"][0];
        pool["replicas"] = json!(nodes);
        pool["storage"]["keepOnDelete"] = json!(false);
        change(&mut manifest["spec"]);
        sandbox.apply(&client, &namespace, &manifest.to_string()).await.unwrap();
        let status = ready(&client, &namespace, CLUSTER).await.unwrap().status.unwrap();

        let kafka = admin(&client, &namespace, CLUSTER).await.unwrap();
        let topics = TOPICS.iter().map(|(name, partitions)| topic(name, *partitions, nodes.min(3), nodes.min(2)));
        make_topics(&kafka, &topics.collect::<Vec<_>>()).await;
        let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
        let secret = secrets.get(&managed::admin_secret(CLUSTER)).await.unwrap();
        let (user, password) = (text(&secret, "username").unwrap(), text(&secret, "password").unwrap());
        let outside = OutsideClient::scram(&status.bootstrap_servers["clients"], &user, &password);
        Self { sandbox, client, namespace, outside, _tidied: tidied }
    }

    /// Begins to watch, once everything is in step.
    pub(crate) async fn watched(&self) -> Watcher {
        let watcher = Watcher::begin(&self.client, &self.namespace, CLUSTER).await.unwrap();
        watcher.until_whole(WHOLE_WITHIN).await.unwrap();
        watcher
    }

    /// Begins to write and to read along, and returns when records get through.
    pub(crate) async fn loaded(&self) -> Load {
        let topics = TOPICS.iter().map(|(name, partitions)| ((*name).to_owned(), i32::try_from(*partitions).unwrap()));
        let plan = LoadPlan { topics: topics.collect(), per_second: 20, bytes: 300 };
        let load = Load::begin(&self.outside, &plan).unwrap();
        load.flows(20, FLOWS_WITHIN).await.unwrap();
        load
    }

    /// Somebody who breaks things here.
    pub(crate) fn chaos<'a>(&self, watcher: &'a Watcher) -> Chaos<'a> {
        let (client, namespace) = (self.client.clone(), self.namespace.clone());
        Chaos { sandbox: self.sandbox, watcher, client, namespace, cluster: CLUSTER.to_owned() }
    }

    /// The pod of a node.
    pub(crate) fn pod(node: i32) -> String {
        format!("{}-0", managed::node(CLUSTER, "nodes", node))
    }

    /// Takes it away, with its volumes.
    pub(crate) async fn close(self) {
        let clusters: Api<KafkaCluster> = Api::namespaced(self.client.clone(), &self.namespace);
        clusters.delete(CLUSTER, &DeleteParams::default()).await.unwrap();
    }
}

/// A topic of so many replicas, of which so many have to be in sync.
pub(crate) fn topic(name: &str, partitions: u32, factor: u16, least: u16) -> NewTopic {
    NewTopic {
        name: name.parse().unwrap(),
        partitions: Some(partitions),
        replication_factor: Some(factor),
        config: BTreeMap::from([("min.insync.replicas".to_owned(), least.to_string())]),
    }
}

/// Makes topics. On a slow machine brokers come and go, and an answer may be lost: it is asked again, and what is there is there.
pub(crate) async fn make_topics(kafka: &klamm_kafka::Client, topics: &[NewTopic]) {
    eventually("topics to be made", WHOLE_WITHIN, || async {
        for (topic, outcome) in kafka.create_topics(topics.to_vec(), Apply::Commit).await? {
            match outcome {
                Err(error) if error.code != ErrorCode::TopicAlreadyExists => anyhow::bail!("{topic}: {error}"),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; make soak runs it"]
async fn a_broker_that_was_announced_may_die_and_two_that_were_not_are_found_and_no_record_is_lost() {
    let three = Three::open("three", |_| {}).await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    three.chaos(&watcher).one(&Mischief::NodeKilled { node: 1 }).await.unwrap();
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();
    load.flows(20, FLOWS_WITHIN).await.unwrap();
    let verdict = watcher.end().await.unwrap();
    assert!(verdict.is_clean(), "{verdict}");
    let deleted = |node| Deed::PodDeleted { pod: Three::pod(node), node };
    let killed = verdict.acts.iter().find(|record| record.act.deed == deleted(1)).expect("its pod was seen to go");
    let everybody = [0, 1, 2].into();
    let before = |subject: &Subject| killed.before.iter().find(|(one, _)| one == subject).map(|(_, in_step)| in_step);
    assert_eq!(before(&Subject::Quorum), Some(&everybody), "{verdict}");
    assert_eq!(before(&Subject::Partition("ledger".to_owned(), 0)), Some(&everybody), "{verdict}");

    // What is killed below takes the memory of producers along: with it goes what keeps records from being there twice.
    let report = load.finish(WHOLE_WITHIN).await.unwrap();
    assert!(report.is_whole(), "{report}");

    // Now as a bug of ours would.
    let watcher = three.watched().await;
    let pods: Api<Pod> = Api::namespaced(three.client.clone(), &three.namespace);
    for node in [0, 2] {
        pods.delete(&Three::pod(node), &DeleteParams::default().grace_period(0)).await.unwrap();
    }
    watcher.until_whole(WHOLE_WITHIN).await.unwrap();
    let verdict = watcher.end().await.unwrap();
    assert!(!verdict.is_clean());
    let is_ours = |cause: &Cause| matches!(cause, Cause::Act(act) if [deleted(0), deleted(2)].contains(&act.deed));
    for subject in [Subject::Quorum, Subject::Partition("ledger".to_owned(), 0)] {
        let breach = verdict.breaches.iter().find(|breach| breach.subject == subject && is_ours(&breach.cause));
        let breach = breach.unwrap_or_else(|| panic!("{subject} is missing: {verdict}"));
        assert_eq!((breach.before.as_ref(), breach.least), (Some(&everybody), 2), "{verdict}");
    }

    three.close().await;
}
