//! The demo: a cluster, the talk's topic, its clients, and people to sign in as.

use crate::{
    people::{self, Newcomer},
    sandbox::{manifests, readiness},
};
use anyhow::Context;
use k8s_openapi::api::core::v1::Secret;
use klamm_model::{PersonName, Role, TeamName};
use klamm_resources::KafkaCluster;
use klamm_store::{Store, TeamRole};
use kube::{Api, Client, ResourceExt};
use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

const NAMESPACES: &str = include_str!("../../deploy/demo/namespaces.yaml");

/// The clusters of the demo.
const CLUSTERS: &[&str] =
    &[include_str!("../../deploy/demo/cluster.yaml"), include_str!("../../deploy/demo/prod.yaml")];

/// What is in them, in the order in which it is applied.
const MANIFESTS: &[&str] = &[
    include_str!("../../deploy/demo/topic.yaml"),
    include_str!("../../deploy/demo/users.yaml"),
    include_str!("../../deploy/demo/clients.yaml"),
];

/// Paths that show the demo as a whole; `ready` is printed when all of them answer.
const SHOWN: &[&str] =
    &["/api/v1/clusters/kafka/demo", "/api/v1/clusters/kafka/prod", "/api/v1/clusters/kafka/demo/topics/sample-topic"];

/// Somebody of the demo.
struct Character {
    name: &'static str,
    role: Option<Role>,
    team: Option<(&'static str, TeamRole)>,
}

const fn operator(name: &'static str) -> Character {
    Character { name, role: Some(Role::Operator), team: None }
}

const fn member(name: &'static str, team: &'static str, role: TeamRole) -> Character {
    Character { name, role: None, team: Some((team, role)) }
}

/// The demo users; their names are those of the files in `tokens/`.
const PEOPLE: &[Character] = &[
    operator("operator"),
    operator("operator2"),
    member("payments-lead", "payments", TeamRole::Approver),
    member("payments-dev", "payments", TeamRole::Member),
    member("orders-lead", "orders", TeamRole::Approver),
    member("orders-dev", "orders", TeamRole::Member),
];

/// The demo of one state folder.
pub(crate) struct Demo<'a> {
    pub(crate) state: &'a Path,
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Demo<'_> {
    /// Makes the demo users, their tokens and their password, where they are not there yet.
    pub(crate) async fn make_people(&self, store: &Store) -> anyhow::Result<Zeroizing<String>> {
        let password = self.password()?;
        let tokens = self.state.join("tokens");
        fs::create_dir_all(&tokens).with_context(|| format!("make {}", tokens.display()))?;
        for Character { name, role, team } in PEOPLE {
            let name: PersonName = name.parse()?;
            let mut teams = Vec::new();
            if let Some((team, as_what)) = team {
                teams.push((team.parse::<TeamName>()?, *as_what));
            }
            let newcomer = Newcomer { name: name.clone(), roles: role.iter().copied().collect(), teams };
            people::add_unless_there(store, &newcomer, &password).await?;
            let file = tokens.join(name.as_str());
            let standing = fs::read_to_string(&file).unwrap_or_default();
            if !people::token_is_good(store, standing.trim()).await? {
                let token = people::new_token(store, &name, "demo", 365).await?;
                write_secret(&file, token.expose())?;
            }
        }
        Ok(password)
    }

    /// Makes the demo's namespaces, which Klamm's roles are bound in.
    pub(crate) async fn apply_namespaces(&self) -> anyhow::Result<()> {
        self.apply_new(&[NAMESPACES]).await
    }

    /// Applies the objects that this state folder has not seen yet; what is in clusters, once they have all their brokers.
    pub(crate) async fn apply(&self, say: impl FnMut(&str)) -> anyhow::Result<()> {
        self.apply_new(CLUSTERS).await?;
        readiness::wait_for_clusters(&self.client, say).await?;
        self.apply_new(MANIFESTS).await
    }

    async fn apply_new(&self, manifests: &[&str]) -> anyhow::Result<()> {
        let mut objects = Vec::new();
        for text in manifests {
            objects.extend(manifests::parse(text)?);
        }
        manifests::apply_once(&self.client, &objects, &self.state.join("demo-applied")).await
    }

    /// Waits until the demo is ready, and writes `clients/admin.conf` on the way.
    pub(crate) async fn wait_until_ready(&self, say: impl FnMut(&str)) -> anyhow::Result<()> {
        let token = self.operator_token()?;
        let wanted = readiness::Wanted { client: &self.client, url: &self.url, token: &token, paths: SHOWN };
        readiness::wait(&wanted, say).await?;
        self.write_admin_configuration().await
    }

    /// Waits until the portal answers.
    pub(crate) async fn wait_until_served(&self) -> anyhow::Result<()> {
        let token = self.operator_token()?;
        let wanted = readiness::Wanted { client: &self.client, url: &self.url, token: &token, paths: &["/api/v1/me"] };
        readiness::wait_for_paths(&wanted).await
    }

    fn operator_token(&self) -> anyhow::Result<String> {
        let token = fs::read_to_string(self.state.join("tokens/operator")).context("read the operator's token")?;
        Ok(token.trim().to_owned())
    }

    /// librdkafka properties of Klamm's own user, for the listener that can be reached from this machine.
    async fn write_admin_configuration(&self) -> anyhow::Result<()> {
        let clusters: Api<KafkaCluster> = Api::namespaced(self.client.clone(), "kafka");
        let cluster = clusters.get("demo").await.context("read the demo's cluster")?;
        let status = cluster.status.clone().unwrap_or_default();
        let bootstrap = status.bootstrap_servers.get("outside").context("the demo has no listener named outside")?;
        let secret_name = klamm_resources::managed::admin_secret(&cluster.name_any());
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), "kafka");
        let secret = secrets.get(&secret_name).await.context("read the admin's Secret")?;
        let text = |key: &str| -> anyhow::Result<Zeroizing<String>> {
            let data = secret.data.as_ref().and_then(|data| data.get(key));
            let bytes = data.with_context(|| format!("the admin's Secret has no {key}"))?;
            Ok(Zeroizing::new(String::from_utf8(bytes.0.clone()).context("the admin's Secret is not text")?))
        };
        let properties = Zeroizing::new(format!(
            "bootstrap.servers={bootstrap}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\n\
             sasl.username={}\nsasl.password={}\n",
            *text("username")?,
            *text("password")?,
        ));
        let folder = self.state.join("clients");
        fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        write_secret(&folder.join("admin.conf"), &properties)
    }

    /// The demo users' password: made at the first start, kept in the state folder.
    fn password(&self) -> anyhow::Result<Zeroizing<String>> {
        let file = self.state.join("demo-password");
        if let Ok(standing) = fs::read_to_string(&file) {
            return Ok(Zeroizing::new(standing.trim().to_owned()));
        }
        let password = people::random_password();
        write_secret(&file, &password)?;
        Ok(password)
    }

    /// The sign-ins, as `make run` prints them.
    pub(crate) fn sign_ins(password: &str) -> String {
        let names: Vec<&str> = PEOPLE.iter().map(|person| person.name).collect();
        format!("sign in as one of {} with the password {password}", names.join(", "))
    }
}

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut scratch = path.as_os_str().to_owned();
    scratch.push(".new");
    let scratch = PathBuf::from(scratch);
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&scratch)
        .with_context(|| format!("write {}", scratch.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("write {}", scratch.display()))?;
    fs::rename(&scratch, path).with_context(|| format!("write {}", path.display()))
}
