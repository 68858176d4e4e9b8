//! Clusters: from nothing to `Ready`, every way not to get there, and what a crash of Klamm leaves.

use crate::{
    klamm, parts, sandbox,
    shop::{A_ROUND, SOON, admin, one_broker, readiness, ready, shop, text},
};
use anyhow::Context as _;
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service},
    events::v1::Event,
};
use klamm_kafka::{Apply, NewTopic};
use klamm_resources::{ConditionType, KafkaCluster, condition};
use klamm_testkit::{BringUp, OutsideClient, TestSandbox, eventually, wait_for_object};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::Command, time::Duration};

/// What a test does to a manifest before it is applied.
type Edit<'a> = &'a dyn Fn(&mut Value);

const CLUSTER_UP: Duration = Duration::from_mins(4);

/// The manifest of a cluster like [`one_broker`], with other fields of its spec, and without a volume that stays.
fn manifest(name: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut manifest: Value = serde_json::from_str(&one_broker(name, &[], &json!({}))).unwrap();
    manifest["spec"]["pools"][0]["storage"]["keepOnDelete"] = json!(false);
    change(&mut manifest["spec"]);
    manifest.to_string()
}

/// Waits until `Ready` is false for that reason, and an Event and the condition say what to do.
async fn refused(client: &Client, namespace: &str, name: &str, reason: &str, says: &str) {
    let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), namespace);
    let expected = format!("False/{reason}");
    let cluster = wait_for_object(&clusters, name, SOON, |cluster| {
        cluster.status.as_ref().is_some_and(|status| readiness(&status.conditions) == expected)
    })
    .await
    .unwrap();
    let status = cluster.status.unwrap();
    let message = &condition(&status.conditions, ConditionType::Ready).unwrap().message;
    assert!(message.contains(says), "{name}: {message}");
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    eventually("an Event", SOON, || async {
        let told = events.list(&ListParams::default()).await?.items.into_iter().any(|event| {
            let regarding = event.regarding.unwrap_or_default();
            regarding.name.as_deref() == Some(name)
                && regarding.kind.as_deref() == Some("KafkaCluster")
                && event.reason.as_deref() == Some(reason)
                && event.type_.as_deref() == Some("Warning")
        });
        anyhow::ensure!(told, "no Event {reason} about {name}");
        Ok(())
    })
    .await
    .unwrap();
}

fn of_cluster(name: &str) -> ListParams {
    ListParams::default().labels(&format!("klamm.dev/cluster={name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_grows_from_nothing_and_its_data_outlives_it() {
    let sandbox = sandbox().await;
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "grow").await.unwrap();
    let _tidied = sandbox.tidied(&namespace);
    let declared = one_broker("first", &[], &json!({}));
    sandbox.apply(&client, &namespace, &declared).await.unwrap();
    let status = ready(&client, &namespace, "first").await.unwrap().status.unwrap();
    assert_eq!(status.brokers_ready.as_deref(), Some("1/1"));
    assert_eq!(status.kafka_version.as_deref(), Some("4.1.2"));
    assert_eq!(status.metadata_version.as_deref(), Some("4.1-IV1"));
    assert_eq!(status.brokers[0].pod, "first-nodes-0-0");
    let columns = sandbox.kubectl(&["-n", &namespace, "get", "kc", "first"]).await.unwrap();
    assert!(columns.contains("Serving") && columns.contains("1/1"), "{columns}");

    let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
    let secret = secrets.get("first-admin").await.unwrap();
    let (user, password) = (text(&secret, "username").unwrap(), text(&secret, "password").unwrap());
    let outside = OutsideClient::scram(&status.bootstrap_servers["clients"], &user, &password);
    let topic = NewTopic {
        name: "kept".parse().unwrap(),
        partitions: Some(1),
        replication_factor: None,
        config: BTreeMap::new(),
    };
    let kafka = admin(&client, &namespace, "first").await.unwrap();
    kafka.create_topics(vec![topic], Apply::Commit).await.unwrap();
    let (partition, offset) = outside.produce("kept", "hello").await.unwrap();
    // Topics are declared; writing to one that is not there makes none.
    outside.produce("undeclared", "hello").await.unwrap_err();
    let stranger = OutsideClient::scram(&status.bootstrap_servers["clients"], &user, "wrong");
    stranger.topics().await.unwrap_err();

    let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), &namespace);
    clusters.delete("first", &DeleteParams::default()).await.unwrap();
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    eventually("the pod to go", CLUSTER_UP, || async {
        let left = pods.list(&of_cluster("first")).await?.items.len();
        anyhow::ensure!(left == 0, "{left} pods");
        Ok(())
    })
    .await
    .unwrap();
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), &namespace);
    assert_eq!(claims.list(&of_cluster("first")).await.unwrap().items.len(), 1, "volumes stay unless told otherwise");

    sandbox.apply(&client, &namespace, &declared).await.unwrap();
    let again = ready(&client, &namespace, "first").await.unwrap().status.unwrap();
    assert_eq!(again.cluster_id, status.cluster_id);
    let outside = OutsideClient::scram(&again.bootstrap_servers["clients"], &user, &password);
    assert_eq!(outside.read("kept", partition, offset).await.unwrap(), "hello");
    clusters.delete("first", &DeleteParams::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_says_why_and_what_to_do() {
    let sandbox = sandbox().await;
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "refused").await.unwrap();
    let _tidied = sandbox.tidied(&namespace);
    let apply = async |name: &str, change: &dyn Fn(&mut Value)| {
        sandbox.apply(&client, &namespace, &manifest(name, change)).await.unwrap();
    };
    apply("image", &|spec| spec["version"] = json!("4.9.9")).await;
    apply("memory", &|spec| spec["pools"][0]["resources"] = json!({ "limits": { "memory": "900Gi" } })).await;
    apply("secure", &|spec| spec["listeners"][0]["tls"] = json!(true)).await;
    apply("owned", &|spec| spec["config"] = json!({ "log.dirs": "/tmp" })).await;
    apply("crash", &|spec| spec["config"] = json!({ "num.partitions": "many" })).await;
    refused(&client, &namespace, "image", "ImageUnavailable", "klamm.dev/kafka:4.9.9").await;
    refused(&client, &namespace, "memory", "Unschedulable", "Insufficient memory").await;
    refused(&client, &namespace, "secure", "NotSupported", "leave tls out").await;
    refused(&client, &namespace, "owned", "InvalidSpec", "log.dirs").await;
    refused(&client, &namespace, "crash", "BrokerCrashing", "num.partitions").await;

    // A node that never started takes what is declared now, without anybody deleting anything.
    let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), &namespace);
    let right = Patch::Merge(json!({ "spec": { "version": "4.1.2" } }));
    clusters.patch("image", &PatchParams::default(), &right).await.unwrap();
    ready(&client, &namespace, "image").await.unwrap();
    for name in ["image", "memory", "secure", "owned", "crash"] {
        clusters.delete(name, &DeleteParams::default()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spec_against_the_schema_is_refused_in_our_words() {
    let sandbox = sandbox().await;
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "schema").await.unwrap();
    let cases: [(&str, Edit<'_>); 3] = [
        ("version must be a full Kafka version", &|spec| spec["version"] = json!("new")),
        ("a pool needs at least one role", &|spec| spec["pools"][0]["roles"] = json!([])),
        ("needs storage.type: persistent", &|spec| spec["pools"][0]["storage"] = json!({ "type": "ephemeral" })),
    ];
    for (words, change) in cases {
        let error = sandbox.apply(&client, &namespace, &manifest("bad", change)).await.unwrap_err();
        let said = format!("{error:#}");
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_the_role_is_named_with_what_to_apply() {
    let sandbox = sandbox().await;
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "landlord").await.unwrap();
    let tenants = json!([{ "namespace": "kube-public" }, { "namespace": "nowhere" }]);
    let declared = manifest("house", |spec| {
        spec["version"] = json!("4.9.9");
        spec["tenants"] = tenants;
    });
    sandbox.apply(&client, &namespace, &declared).await.unwrap();
    let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), &namespace);
    let cluster = wait_for_object(&clusters, "house", SOON, |cluster| {
        let conditions = cluster.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
        condition(conditions, ConditionType::Degraded).is_some_and(|degraded| degraded.message.contains("RoleBinding"))
    })
    .await
    .unwrap();
    let status = cluster.status.unwrap();
    let message = &condition(&status.conditions, ConditionType::Degraded).unwrap().message;
    assert!(message.contains("kube-public") && message.contains("klamm-tenant"), "{message}");
    assert!(message.contains("the namespace nowhere in spec.tenants does not exist"), "{message}");
    assert!(!status.brokers.is_empty(), "the tenant's trouble does not hold up the cluster");
    clusters.delete("house", &DeleteParams::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_deleted_while_it_is_made_leaves_nothing() {
    let sandbox = sandbox().await;
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "undone").await.unwrap();
    sandbox.apply(&client, &namespace, &manifest("brief", |spec| spec["version"] = json!("4.9.9"))).await.unwrap();
    let sets: Api<StatefulSet> = Api::namespaced(client.clone(), &namespace);
    wait_for_object(&sets, "brief-nodes-0", SOON, |_| true).await.unwrap();
    let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), &namespace);
    clusters.delete("brief", &DeleteParams::default()).await.unwrap();
    eventually("everything to go", A_ROUND, || async {
        let list = of_cluster("brief");
        let mut left: Vec<String> = Vec::new();
        left.extend(sets.list(&list).await?.iter().map(ResourceExt::name_any));
        left.extend(
            Api::<Pod>::namespaced(client.clone(), &namespace).list(&list).await?.iter().map(ResourceExt::name_any),
        );
        left.extend(
            Api::<Secret>::namespaced(client.clone(), &namespace).list(&list).await?.iter().map(ResourceExt::name_any),
        );
        left.extend(
            Api::<Service>::namespaced(client.clone(), &namespace).list(&list).await?.iter().map(ResourceExt::name_any),
        );
        left.extend(
            Api::<ConfigMap>::namespaced(client.clone(), &namespace)
                .list(&list)
                .await?
                .iter()
                .map(ResourceExt::name_any),
        );
        let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), &namespace);
        left.extend(claims.list(&list).await?.iter().map(ResourceExt::name_any));
        anyhow::ensure!(left.is_empty(), "left: {left:?}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_cluster_says_whether_klamm_gets_in() {
    let shop = shop().await;
    let client = shop.sandbox.client().await.unwrap();
    let namespace = shop.sandbox.namespace(&client, "outside").await.unwrap();
    let servers =
        ready(&client, &shop.home, "shop").await.unwrap().status.unwrap().bootstrap_servers["clients"].clone();
    let external = |name: &str, servers: &str, secret: &str| {
        json!({ "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaCluster", "metadata": { "name": name },
            "spec": { "external": { "bootstrapServers": servers, "authentication": "scram-sha-512", "secretName": secret } } })
    };
    let secret = |name: &str, user: &str, password: &str| {
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name },
            "stringData": { "username": user, "password": password } })
    };
    let home: Api<Secret> = Api::namespaced(client.clone(), &shop.home);
    let password = text(&home.get("shop-admin").await.unwrap(), "password").unwrap();
    for object in [
        secret("wrong", "klamm-admin", "not-this"),
        secret("right", "klamm-admin", &password),
        external("closed", &servers, "wrong"),
        external("silent", "127.0.0.1:1", "right"),
        external("keyless", &servers, "missing"),
        external("open", &servers, "right"),
    ] {
        shop.apply(&client, &namespace, object).await;
    }
    refused(&client, &namespace, "closed", "AuthenticationFailed", "correct the Secret").await;
    refused(&client, &namespace, "silent", "KafkaUnreachable", "127.0.0.1:1").await;
    refused(&client, &namespace, "keyless", "SecretMissing", "missing").await;
    let open = ready(&client, &namespace, "open").await.unwrap().status.unwrap();
    assert_eq!(open.brokers_ready.as_deref(), Some("1/1"));
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    assert!(pods.list(&ListParams::default()).await.unwrap().items.is_empty(), "no pods for an external cluster");
    // Put right, it opens by itself.
    shop.apply(&client, &namespace, secret("wrong", "klamm-admin", &password)).await;
    ready(&client, &namespace, "closed").await.unwrap();
    let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), &namespace);
    for name in ["closed", "silent", "keyless", "open"] {
        clusters.delete(name, &DeleteParams::default()).await.unwrap();
    }
}

/// Pid of `klamm serve` as the sandbox tells it.
async fn serving_pid(sandbox: &TestSandbox) -> anyhow::Result<u32> {
    let status = sandbox.klamm(&["sandbox", "status"]).await?;
    let line = status.lines().find(|line| line.contains("klamm-serve")).context("klamm serve is not there")?;
    let pid = line.split("pid ").nth(1).and_then(|rest| rest.split(',').next()).context(line.to_owned())?;
    Ok(pid.trim().parse()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_creation_klamm_makes_the_same_cluster_and_no_second_broker() {
    let sandbox = TestSandbox::start(klamm(), &parts(), BringUp::WithKlamm).await.unwrap();
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "killed").await.unwrap();
    let declared = manifest("tough", |spec| spec["pools"][0]["replicas"] = json!(2));
    sandbox.apply(&client, &namespace, &declared).await.unwrap();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), &namespace);
    let sets: Api<StatefulSet> = Api::namespaced(client.clone(), &namespace);
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), &namespace);
    // Killed as soon as each of these is there, in the order in which they are made.
    let kill = async || {
        let pid = serving_pid(&sandbox).await.unwrap();
        assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
        eventually("klamm serve to be started again", SOON, || async {
            let now = serving_pid(&sandbox).await?;
            anyhow::ensure!(now != pid, "still {pid}");
            Ok(())
        })
        .await
        .unwrap();
    };
    wait_for_object(&secrets, "tough-admin", SOON, |_| true).await.unwrap();
    kill().await;
    let identity = wait_for_object(&maps, "tough-identity", SOON, |_| true).await.unwrap();
    kill().await;
    wait_for_object(&claims, "data-tough-nodes-0", SOON, |_| true).await.unwrap();
    kill().await;
    wait_for_object(&sets, "tough-nodes-1", SOON, |_| true).await.unwrap();
    kill().await;
    let password = text(&secrets.get("tough-admin").await.unwrap(), "password").unwrap();

    let clusters: Api<KafkaCluster> = Api::namespaced(client.clone(), &namespace);
    let cluster = wait_for_object(&clusters, "tough", CLUSTER_UP, |cluster| {
        cluster.status.as_ref().is_some_and(|status| klamm_resources::holds(&status.conditions, ConditionType::Ready))
    })
    .await
    .unwrap();
    let status = cluster.status.unwrap();
    assert_eq!(status.cluster_id.as_ref(), identity.data.unwrap().get("cluster-id"));
    assert_eq!(status.brokers.iter().map(|broker| broker.id).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(sets.list(&of_cluster("tough")).await.unwrap().items.len(), 2);
    assert_eq!(claims.list(&of_cluster("tough")).await.unwrap().items.len(), 2);
    assert_eq!(text(&secrets.get("tough-admin").await.unwrap(), "password").unwrap(), password);
    let kafka = admin(&client, &namespace, "tough").await.unwrap();
    let description = kafka.describe_cluster().await.unwrap();
    assert_eq!(Some(&description.cluster_id), status.cluster_id.as_ref(), "what the brokers say themselves");
    assert_eq!(description.brokers.len(), 2);
}
