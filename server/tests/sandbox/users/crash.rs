//! `klamm serve` killed at random moments while many users are applied.

use super::outside;
use crate::{
    klamm, parts,
    shop::{SOON, admin, one_broker, readiness, ready, text},
};
use anyhow::Context as _;
use k8s_openapi::api::core::v1::Secret;
use klamm_kafka::AclFilter;
use klamm_resources::KafkaUser;
use klamm_testkit::{BringUp, TestSandbox, eventually};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    time::Duration,
};

const USERS: usize = 50;
const KILLS: usize = 6;
const ALL_READY: Duration = Duration::from_mins(2);

fn user(i: usize, rotate: u32) -> String {
    json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaUser", "metadata": { "name": format!("u{i}") },
        "spec": {
            "cluster": { "name": "crash" }, "rotate": rotate, "quotas": { "producerByteRate": 1_000_000 + i },
            "grants": [{ "topic": format!("t{i}"), "access": "both", "groups": [format!("g{i}")] }],
        },
    })
    .to_string()
}

/// All users in one document.
fn users(rotate: u32) -> String {
    (0..USERS).map(|i| user(i, rotate)).collect::<Vec<_>>().join("\n---\n")
}

async fn serving_pid(sandbox: &TestSandbox) -> anyhow::Result<u32> {
    let status = sandbox.klamm(&["sandbox", "status"]).await?;
    let line = status.lines().find(|line| line.contains("klamm-serve")).context("klamm serve is not there")?;
    let pid = line.split("pid ").nth(1).and_then(|rest| rest.split(',').next()).context(line.to_owned())?;
    Ok(pid.trim().parse()?)
}

/// Kills `klamm serve` when so many users say that they are in order, or a little later.
async fn kill_in_the_middle(sandbox: &TestSandbox, users: &Api<KafkaUser>, wanted: &str, after: usize) {
    // The number that is in order may jump over the mark: then it is killed at the end, which is a moment too.
    eventually("some users", SOON, || async {
        let done = in_order(users, wanted).await?;
        anyhow::ensure!(done >= after, "{done} of {after}");
        Ok(())
    })
    .await
    .unwrap();
    let pid = serving_pid(sandbox).await.unwrap();
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    eventually("klamm serve to be started again", SOON, || async {
        let now = serving_pid(sandbox).await?;
        anyhow::ensure!(now != pid, "still {pid}");
        Ok(())
    })
    .await
    .unwrap();
}

/// How many have answered this value of `rotate`.
async fn in_order(users: &Api<KafkaUser>, rotate: &str) -> anyhow::Result<usize> {
    let all = users.list(&ListParams::default()).await?.items;
    let done = all
        .iter()
        .filter_map(|user| user.status.as_ref())
        .filter(|status| readiness(&status.conditions) == "True/InSync" && status.rotated.as_deref() == Some(rotate));
    Ok(done.count())
}

#[expect(clippy::print_stdout, reason = "shown when it fails, to be tried again with the same moments")]
#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_all_users_are_made_and_rotated_once() {
    let seed: u64 = std::env::var("KLAMM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    println!("KLAMM_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let sandbox = TestSandbox::start(klamm(), &parts(), BringUp::WithKlamm).await.unwrap();
    let client = sandbox.client().await.unwrap();
    let namespace = sandbox.namespace(&client, "crash").await.unwrap();
    let mut cluster: serde_json::Value = serde_json::from_str(&one_broker("crash", &[], &json!({}))).unwrap();
    cluster["spec"]["users"] = json!({ "rotationGraceSeconds": 5 });
    sandbox.apply(&client, &namespace, &cluster.to_string()).await.unwrap();
    ready(&client, &namespace, "crash").await.unwrap();
    let api: Api<KafkaUser> = Api::namespaced(client.clone(), &namespace);

    for rotate in [1u32, 2] {
        sandbox.apply(&client, &namespace, &users(rotate)).await.unwrap();
        let mut marks: Vec<usize> = (0..KILLS / 2).map(|_| random.random_range(0..USERS)).collect();
        marks.sort_unstable();
        for mark in marks {
            kill_in_the_middle(&sandbox, &api, &rotate.to_string(), mark).await;
        }
        eventually("all users", ALL_READY, || async {
            let done = in_order(&api, &rotate.to_string()).await?;
            anyhow::ensure!(done == USERS, "{done} of {USERS}");
            Ok(())
        })
        .await
        .unwrap();
    }
    eventually("the users of before the rotation to be gone", ALL_READY, || async {
        let all = api.list(&ListParams::default()).await?.items;
        let left = all.iter().filter_map(|user| user.status.as_ref()?.previous_username.clone()).count();
        anyhow::ensure!(left == 0, "{left} are left");
        Ok(())
    })
    .await
    .unwrap();
    everything_is_there_once(&client, &namespace).await;

    for i in 0..USERS {
        api.delete(&format!("u{i}"), &DeleteParams::default()).await.unwrap();
    }
    eventually("all users to go", ALL_READY, || async {
        let left = api.list(&ListParams::default()).await?.items.len();
        anyhow::ensure!(left == 0, "{left} are left");
        Ok(())
    })
    .await
    .unwrap();
    let kafka = admin(&client, &namespace, "crash").await.unwrap();
    eventually("nothing to be left in Kafka", SOON, || async {
        let acls = kafka.describe_acls(&AclFilter::default()).await?;
        let acls = acls.iter().filter(|acl| acl.principal.starts_with(&format!("User:{namespace}."))).count();
        let users = kafka.describe_scram(None).await?;
        let users = users.keys().filter(|user| user.starts_with(&format!("{namespace}."))).count();
        anyhow::ensure!((acls, users) == (0, 0), "{acls} ACLs and {users} users");
        Ok(())
    })
    .await
    .unwrap();
}

/// Each user once in Kafka, under the name that its Secret holds, with its own ACLs and no others, and it signs in.
async fn everything_is_there_once(client: &Client, namespace: &str) {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let of_users = ListParams::default().labels("app.kubernetes.io/component=credentials");
    let secrets = secrets.list(&of_users).await.unwrap().items;
    assert_eq!(secrets.len(), USERS);
    let logins: BTreeMap<String, [String; 3]> = secrets
        .iter()
        .map(|secret| {
            (secret.name_any(), ["bootstrap.server", "username", "password"].map(|key| text(secret, key).unwrap()))
        })
        .collect();
    let passwords: BTreeSet<_> = logins.values().map(|[_, _, password]| password).collect();
    assert_eq!(passwords.len(), USERS);

    let kafka = admin(client, namespace, "crash").await.unwrap();
    let wanted: BTreeSet<String> = logins.values().map(|[_, user, _]| user.clone()).collect();
    let mine = |user: &String| user.starts_with(&format!("{namespace}."));
    eventually("brokers to know just these users", SOON, || async {
        let found: BTreeSet<_> = kafka.describe_scram(None).await?.into_keys().filter(mine).collect();
        anyhow::ensure!(found == wanted, "{:?}", found.symmetric_difference(&wanted).collect::<Vec<_>>());
        let mut acls: BTreeMap<String, usize> = BTreeMap::new();
        for acl in kafka.describe_acls(&AclFilter::default()).await? {
            let user = acl.principal.trim_start_matches("User:").to_owned();
            if mine(&user) {
                *acls.entry(user).or_default() += 1;
            }
        }
        let expected: BTreeMap<String, usize> = wanted.iter().map(|user| (user.clone(), 4)).collect();
        anyhow::ensure!(acls == expected, "{acls:?}");
        Ok(())
    })
    .await
    .unwrap();
    for (name, login) in &logins {
        outside(login, "g").topics().await.with_context(|| name.clone()).unwrap();
    }
}
