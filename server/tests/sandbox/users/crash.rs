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
/// In each round.
const KILLS: usize = 3;
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

/// One of the things that happen to every user.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Our finalizer, or the announcement of the next name.
    Prepared,
    /// A Secret with a password that answers.
    Stored,
    /// A status that says so.
    Told,
}

impl Step {
    fn random(random: &mut StdRng) -> Self {
        match random.random_range(0..3) {
            0 => Self::Prepared,
            1 => Self::Stored,
            _ => Self::Told,
        }
    }

    /// How many users it has happened to.
    async fn count(self, world: &World<'_>, rotate: &str) -> anyhow::Result<usize> {
        let users = world.all().await?;
        Ok(match self {
            Self::Prepared => {
                let prepared = |user: &&KafkaUser| {
                    let held = rotate == "1" && !user.finalizers().is_empty();
                    held || user.status.as_ref().is_some_and(|status| {
                        status.next_username.is_some() || status.rotated.as_deref() == Some(rotate)
                    })
                };
                users.iter().filter(prepared).count()
            }
            Self::Stored => {
                let secrets = world.secrets.list(&of_users()).await?.items;
                let answers =
                    |secret: &&Secret| secret.annotations().get("klamm.dev/rotated").is_some_and(|it| it == rotate);
                secrets.iter().filter(answers).count()
            }
            Self::Told => in_order(&users, rotate),
        })
    }
}

struct World<'a> {
    sandbox: &'a TestSandbox,
    users: Api<KafkaUser>,
    secrets: Api<Secret>,
}

impl World<'_> {
    /// Kills `klamm serve` so often, each time a moment after a random step has happened to a random number of users
    /// more than before. Answers with these steps and how many users were in order then.
    async fn kill_at_random(&self, rotate: &str, random: &mut StdRng) -> Vec<(Step, usize)> {
        let mut moments = Vec::new();
        for _ in 0..KILLS {
            let (step, later) = (Step::random(random), Duration::from_millis(random.random_range(0..40)));
            let before = step.count(self, rotate).await.unwrap();
            let wanted = random.random_range(before..USERS.max(before + 1)) + 1;
            let pid = serving_pid(self.sandbox).await.unwrap();
            let reached = async {
                // Without a pause: what is looked for lasts milliseconds.
                while step.count(self, rotate).await.unwrap() < wanted.min(USERS) {}
            };
            tokio::time::timeout(ALL_READY, reached).await.unwrap();
            tokio::time::sleep(later).await;
            assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
            moments.push((step, in_order(&self.all().await.unwrap(), rotate)));
            eventually("klamm serve to be started again", SOON, || async {
                let now = serving_pid(self.sandbox).await?;
                anyhow::ensure!(now != pid, "still {pid}");
                Ok(())
            })
            .await
            .unwrap();
        }
        moments
    }

    async fn all(&self) -> anyhow::Result<Vec<KafkaUser>> {
        Ok(self.users.list(&ListParams::default()).await?.items)
    }
}

fn of_users() -> ListParams {
    ListParams::default().labels("app.kubernetes.io/component=credentials")
}

/// How many have answered this value of `rotate`.
fn in_order(users: &[KafkaUser], rotate: &str) -> usize {
    let done = users
        .iter()
        .filter_map(|user| user.status.as_ref())
        .filter(|status| readiness(&status.conditions) == "True/InSync" && status.rotated.as_deref() == Some(rotate));
    done.count()
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
    let secrets = Api::namespaced(client.clone(), &namespace);
    let world = World { sandbox: &sandbox, users: api.clone(), secrets };

    for rotate in [1u32, 2] {
        let (answered, declared) = (rotate.to_string(), users(rotate));
        let (applied, moments) =
            tokio::join!(sandbox.apply(&client, &namespace, &declared), world.kill_at_random(&answered, &mut random),);
        applied.unwrap();
        println!("rotate {rotate}: killed when {moments:?} of {USERS} were in order");
        eventually("all users", ALL_READY, || async {
            let done = in_order(&world.all().await?, &answered);
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
    let secrets = secrets.list(&of_users()).await.unwrap().items;
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
