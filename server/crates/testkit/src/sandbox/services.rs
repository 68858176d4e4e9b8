//! The processes that a sandbox keeps running, to be ended and held up as accidents would.

use super::{TestSandbox, free_port};
use crate::eventually;
use anyhow::{Context, ensure};
use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Longest that a service may take to be started again.
const AGAIN_WITHIN: Duration = Duration::from_mins(2);

/// A process that the sandbox keeps running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// `klamm serve`: operator, monitor and portal.
    Klamm,
    /// The API server of Kubernetes.
    ApiServer,
}

impl Service {
    /// Its name in the sandbox's status.
    pub fn name(self) -> &'static str {
        match self {
            Self::Klamm => "klamm-serve",
            Self::ApiServer => "kube-apiserver",
        }
    }
}

impl TestSandbox {
    /// The process of a service, as the sandbox tells it.
    pub async fn pid_of(&self, service: Service) -> anyhow::Result<u32> {
        let status = self.klamm(&["sandbox", "status"]).await?;
        let name = service.name();
        let line = status.lines().find(|line| line.contains(name)).with_context(|| format!("{name} is not there"))?;
        let pid = line.split("pid ").nth(1).and_then(|rest| rest.split(',').next());
        pid.with_context(|| line.to_owned())?.trim().parse().with_context(|| line.to_owned())
    }

    /// `kill -9` of a service. Returns when the sandbox has started it again.
    pub async fn kill_service(&self, service: Service) -> anyhow::Result<()> {
        let was = eventually("the service to run", AGAIN_WITHIN, || self.pid_of(service)).await?;
        signal("-KILL", was).await?;
        eventually("the service to be started again", AGAIN_WITHIN, || async {
            let now = self.pid_of(service).await?;
            ensure!(now != was, "{} is still {was}", service.name());
            Ok(())
        })
        .await
    }

    /// Holds a service up: it keeps its connections and answers nothing, until [`Self::thaw_service`].
    pub async fn freeze_service(&self, service: Service) -> anyhow::Result<()> {
        let running = eventually("the service to run", AGAIN_WITHIN, || self.pid_of(service)).await?;
        signal("-STOP", running).await
    }

    /// Lets a service go on.
    pub async fn thaw_service(&self, service: Service) -> anyhow::Result<()> {
        signal("-CONT", self.pid_of(service).await?).await
    }

    /// Starts a second `klamm serve` beside the sandbox's, with a door and a database of its own and the same rights.
    pub fn second_klamm(&self) -> anyhow::Result<SecondKlamm> {
        let state = self.state();
        let log = std::fs::File::create(state.join("logs/second-klamm.log")).context("open the log")?;
        let mut command = Command::new(&self.klamm);
        command.arg("serve").arg("--config").arg(state.join("klamm.toml")).stdin(Stdio::null());
        // Variables of `make run` must not be taken for settings.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KLAMM_")) {
            command.env_remove(name);
        }
        for setting in ["KLAMM_HTTP_LISTEN", "KLAMM_HTTP_METRICS_LISTEN"] {
            command.env(setting, format!("127.0.0.1:{}", free_port()?));
        }
        command.env("KLAMM_DATABASE_URL", format!("sqlite://{}", state.join("second-klamm.db").display()));
        command.stdout(log.try_clone().context("share the log")?).stderr(log);
        command.spawn().map(SecondKlamm).context("start a second klamm serve")
    }

    /// Pulls the plug of a Kubernetes node, and with it that of everything on it.
    pub async fn stop_node(&self, node: &str) -> anyhow::Result<()> {
        self.klamm(&["sandbox", "node", "stop", node]).await.map(drop)
    }

    /// Starts a node that was stopped.
    pub async fn start_node(&self, node: &str) -> anyhow::Result<()> {
        self.klamm(&["sandbox", "node", "start", node]).await.map(drop)
    }
}

/// A `klamm serve` beside that of a sandbox; killed when it is dropped.
pub struct SecondKlamm(Child);

impl SecondKlamm {
    /// Whether it still runs.
    pub fn runs(&mut self) -> anyhow::Result<bool> {
        Ok(self.0.try_wait().context("look at the second klamm serve")?.is_none())
    }
}

impl Drop for SecondKlamm {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

async fn signal(name: &'static str, process: u32) -> anyhow::Result<()> {
    let kill = move || Command::new("kill").args([name, &process.to_string()]).status();
    let status = tokio::task::spawn_blocking(kill).await.context("join")?.context("run kill")?;
    ensure!(status.success(), "kill {name} {process}: {status}");
    Ok(())
}
