//! A sandbox for tests: what it is made of, and the processes that can be ended under it.

mod services;
mod tidied;

pub use services::{SecondKlamm, Service};
pub use tidied::Tidied;

use crate::eventually;
use anyhow::{Context, bail};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, Config,
    api::{DynamicObject, Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
    core::GroupVersionKind,
    discovery,
};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Longest that a bring-up may take, the portal included.
const UP_WITHIN: Duration = Duration::from_mins(5);

/// What to bring up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BringUp {
    /// The control plane and the nodes.
    KubernetesOnly,
    /// Also `klamm serve`: operator, monitor and portal.
    WithKlamm,
    /// Also the demo: its cluster, topic, clients and people.
    WithDemo,
}

/// A running sandbox in a scratch folder; it ends when this is dropped or the process ends.
pub struct TestSandbox {
    klamm: PathBuf,
    parts: PathBuf,
    state: tempfile::TempDir,
    what: BringUp,
    port: u16,
    child: tokio::sync::Mutex<Option<Child>>,
    counter: AtomicU32,
}

impl TestSandbox {
    /// Brings one up with the `klamm` binary at `klamm` and what `make parts` built in `parts`.
    pub async fn start(klamm: &Path, parts: &Path, what: BringUp) -> anyhow::Result<Self> {
        Self::start_at(klamm, parts, what, free_port()?).await
    }

    /// The same, with the portal at this port.
    pub async fn start_at(klamm: &Path, parts: &Path, what: BringUp, port: u16) -> anyhow::Result<Self> {
        let state = tempfile::Builder::new().prefix("klamm-test-").tempdir().context("make a scratch folder")?;
        let sandbox = Self {
            klamm: klamm.to_owned(),
            parts: parts.to_owned(),
            state,
            what,
            port,
            child: tokio::sync::Mutex::new(None),
            counter: AtomicU32::new(0),
        };
        sandbox.up().await?;
        Ok(sandbox)
    }

    /// Starts the sandbox's process on the same state folder; to be called after [`Self::kill`].
    pub async fn up(&self) -> anyhow::Result<()> {
        let mut command = Command::new(&self.klamm);
        command.args(["sandbox", "up", "--until-stdin-closes", "--state"]).arg(self.state.path());
        command.arg("--parts").arg(&self.parts).arg("--port").arg(self.port.to_string());
        // Built beside the parts; wherever the test is started from.
        command.arg("--site").arg(self.parts.with_file_name("site"));
        match self.what {
            BringUp::KubernetesOnly => {}
            BringUp::WithKlamm => drop(command.arg("--serve")),
            BringUp::WithDemo => drop(command.arg("--demo")),
        }
        // Files rather than pipes: whoever prints to a pipe whose reader is gone fails, and tests come and go.
        let log = self.state.path().join("up.log");
        let output = std::fs::File::create(&log).context("open the log")?;
        let errors = output.try_clone().context("share the log")?;
        command.stdin(Stdio::piped()).stdout(output).stderr(errors);
        let child = command.spawn().context("start klamm sandbox up")?;
        *self.child.lock().await = Some(child);
        eventually("the sandbox to come up", UP_WITHIN, || async {
            let said = std::fs::read_to_string(&log)?;
            let ready = said.lines().any(|l| l.starts_with("klamm: ready at") || l.starts_with("klamm: sandbox is up"));
            let ended = self.child.lock().await.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)));
            if ready {
                Ok(Ok(()))
            } else if ended {
                Ok(Err(anyhow::anyhow!("it ended: {said}")))
            } else {
                bail!("{said}")
            }
        })
        .await?
    }

    /// `kill -9` of the sandbox's process, as a crash would; everything it ran is left to itself.
    pub async fn kill(&self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.lock().await.take() {
            child.kill().context("kill the sandbox")?;
            child.wait().context("wait for the sandbox")?;
        }
        Ok(())
    }

    /// Its state folder.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// Where the portal listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A cluster-admin client. Every test takes its own: a client is bound to the runtime it was made on.
    pub async fn client(&self) -> anyhow::Result<Client> {
        let kubeconfig = Kubeconfig::read_from(self.state.path().join("kubeconfig")).context("read the kubeconfig")?;
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        Client::try_from(config).context("make a client")
    }

    /// A namespace of its own for a test, named after it; Klamm may run a cluster in it.
    pub async fn namespace(&self, client: &Client, test: &str) -> anyhow::Result<String> {
        let name = format!("{test}-{}", self.counter.fetch_add(1, Ordering::Relaxed));
        self.make_namespace(client, &name).await?;
        Ok(name)
    }

    /// The namespace of exactly this name; Klamm may run a cluster in it.
    pub async fn make_namespace(&self, client: &Client, name: &str) -> anyhow::Result<()> {
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some(name.to_owned());
        Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &namespace).await?;
        let accounts = Api::<k8s_openapi::api::core::v1::ServiceAccount>::namespaced(client.clone(), name);
        eventually("the default service account", Duration::from_secs(30), || async {
            accounts.get_opt("default").await?.context("not there yet")
        })
        .await?;
        if self.what != BringUp::KubernetesOnly {
            let binding = include_str!("role_binding.yaml");
            self.apply(client, name, binding).await?;
        }
        Ok(())
    }

    /// `kubectl` with the admin's kubeconfig: what it printed, or an error with what it said.
    pub async fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.run(&self.state.path().join("bin/kubectl"), &["--kubeconfig"], arguments).await
    }

    /// `klamm …` against this sandbox.
    pub async fn klamm(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.run(&self.klamm, &[], arguments).await
    }

    async fn run(&self, program: &Path, with_kubeconfig: &[&str], arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(program);
        for flag in with_kubeconfig {
            command.arg(flag).arg(self.state.path().join("kubeconfig"));
        }
        command.args(arguments).env("KLAMM_STATE", self.state.path()).stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output()).await.context("join")??;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!("{} {}: {said}{}", program.display(), arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(said)
    }

    /// Applies the YAML documents of `text` with server-side apply into `namespace`, where they name none.
    pub async fn apply(&self, client: &Client, namespace: &str, text: &str) -> anyhow::Result<()> {
        for document in text.split("\n---\n").filter(|document| !document.trim().is_empty()) {
            let object: DynamicObject = serde_saphyr::from_str(document).context("parse a manifest")?;
            let types = object.types.clone().context("the manifest has no kind")?;
            let kind = GroupVersionKind::try_from(&types).context("read the kind")?;
            let (resource, capabilities) = discovery::pinned_kind(client, &kind).await?;
            let name = object.metadata.name.clone().context("the manifest has no name")?;
            let api: Api<DynamicObject> = if capabilities.scope == discovery::Scope::Namespaced {
                let namespace = object.metadata.namespace.as_deref().unwrap_or(namespace);
                Api::namespaced_with(client.clone(), namespace, &resource)
            } else {
                Api::all_with(client.clone(), &resource)
            };
            api.patch(&name, &PatchParams::apply("klamm-tests").force(), &Patch::Apply(&object)).await?;
        }
        Ok(())
    }
}

/// A port nobody listens on just now.
fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    Ok(listener.local_addr()?.port())
}

impl Drop for TestSandbox {
    fn drop(&mut self) {
        // Closing its standard input ends it; the folder may go only when it has ended.
        if let Some(mut child) = self.child.get_mut().take() {
            drop(child.stdin.take());
            drop(child.wait());
        }
    }
}
