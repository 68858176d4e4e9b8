//! Keeps processes running: whatever ends is started again, within seconds and however often, until it is told to end.
//!
//! No giving up and no growing pauses: in a sandbox somebody is looking, and what they mend should show at once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::process::{ProcessId, ProcessRecords, ProcessSignal};
use crate::spawner;

#[cfg(test)]
mod tests;

/// The pause before a process that ran for a while is started again.
const RESTART_SOON: Duration = Duration::from_millis(300);
/// The pause when it had ended directly after its start, so that it does not fill a log and a core with attempts.
const RESTART_LATER: Duration = Duration::from_secs(2);
/// Running longer than this is running for a while.
const SETTLED: Duration = Duration::from_secs(10);
/// A log that has grown beyond this is put aside at the next start.
const LOG_LIMIT: u64 = 32 << 20;

/// A process to be kept running.
#[derive(Debug, Clone)]
pub struct ServiceSpec {
    /// What people call it; no two services of a sandbox may have the same name.
    pub name: String,
    /// The program's file.
    pub program: PathBuf,
    /// Its arguments. Everybody on the machine can read these, so no secrets.
    pub args: Vec<OsString>,
    /// Variables of its environment.
    pub env: BTreeMap<String, String>,
    /// Whether it also has the variables of this process.
    pub inherit_env: InheritEnv,
    /// Where its output and its complaints go, appended.
    pub log: PathBuf,
    /// How long it gets between SIGTERM and SIGKILL when it is to end.
    pub grace: Duration,
}

/// Whether a service starts with the variables of this process's environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InheritEnv {
    /// Those, with its own laid over.
    Everything,
    /// Only its own.
    Nothing,
}

/// How a service is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// What it is doing.
    #[serde(flatten)]
    pub state: ServiceState,
    /// How often it has been started again.
    pub restarts: u32,
}

/// What a service is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum ServiceState {
    /// It runs.
    Running {
        /// Its process.
        pid: u32,
    },
    /// It has ended or could not be started, and will be started in a moment.
    Restarting,
    /// It was told to end, and has.
    Ended,
}

struct Service {
    spec: Arc<ServiceSpec>,
    status: watch::Receiver<ServiceStatus>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// All services of a sandbox.
pub(crate) struct Supervisor {
    records: ProcessRecords,
    end_with_us: Option<PathBuf>,
    services: Mutex<Vec<Service>>,
}

impl Supervisor {
    /// A supervisor that writes down its processes in `records`.
    pub(crate) fn new(records: ProcessRecords) -> Self {
        let end_with_us = find_on_path("setpriv");
        if end_with_us.is_none() {
            tracing::warn!(
                "without `setpriv` (util-linux) a killed sandbox leaves processes running until the next start"
            );
        }
        Self { records, end_with_us, services: Mutex::new(Vec::new()) }
    }

    /// Starts a service. One that goes by the same name is ended first, in the background.
    pub(crate) fn start(&self, spec: ServiceSpec) {
        let spec = Arc::new(spec);
        let first = ServiceStatus { name: spec.name.clone(), state: ServiceState::Restarting, restarts: 0 };
        let (report, status) = watch::channel(first);
        let stop = CancellationToken::new();
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier =
            services.iter().position(|service| service.spec.name == spec.name).map(|index| services.remove(index));
        let keeper = Keeper {
            spec: Arc::clone(&spec),
            records: self.records.clone(),
            end_with_us: self.end_with_us.clone(),
            report,
            stop: stop.clone(),
        };
        let task = tokio::spawn(async move {
            if let Some(earlier) = earlier {
                earlier.end().await;
            }
            keeper.keep().await;
        });
        services.push(Service { spec, status, stop, task });
    }

    /// Ends the named services at the same time, and returns when they are gone. Names that are not there are fine.
    pub(crate) async fn end(&self, names: &[&str]) {
        self.end_where(|spec| names.contains(&spec.name.as_str())).await;
    }

    /// Ends every service except the named ones, at the same time.
    pub(crate) async fn end_all_but(&self, names: &[&str]) {
        self.end_where(|spec| !names.contains(&spec.name.as_str())).await;
    }

    async fn end_where(&self, chosen: impl Fn(&ServiceSpec) -> bool) {
        let ending: Vec<Service> = {
            let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
            let (ending, staying) = services.drain(..).partition(|service| chosen(&service.spec));
            *services = staying;
            ending
        };
        join_all(ending.into_iter().map(Service::end)).await;
    }

    /// How all services are doing, in the order they were started.
    pub(crate) fn status(&self) -> Vec<ServiceStatus> {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        services.iter().map(|service| service.status.borrow().clone()).collect()
    }
}

impl Service {
    async fn end(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(service = %self.spec.name, %error, "the task that keeps a service failed");
        }
    }
}

/// What runs in the task of one service.
struct Keeper {
    spec: Arc<ServiceSpec>,
    records: ProcessRecords,
    end_with_us: Option<PathBuf>,
    report: watch::Sender<ServiceStatus>,
    stop: CancellationToken,
}

impl Keeper {
    async fn keep(self) {
        loop {
            let started = Instant::now();
            match self.start().await {
                Ok((child, process)) => {
                    self.say(ServiceState::Running { pid: process.pid });
                    let ended = self.watch(child, process).await;
                    self.forget(process);
                    let Some(ended) = ended else { break };
                    let service = &self.spec.name;
                    tracing::warn!(%service, pid = process.pid, log = %self.spec.log.display(), "{service} ended ({ended}) and is started again");
                }
                Err(error) => {
                    tracing::error!(service = %self.spec.name, program = %self.spec.program.display(), %error, "cannot start a service");
                }
            }
            if self.stop.is_cancelled() {
                break;
            }
            self.report.send_modify(|status| {
                status.state = ServiceState::Restarting;
                status.restarts += 1;
            });
            let pause = if started.elapsed() > SETTLED { RESTART_SOON } else { RESTART_LATER };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.stop.cancelled() => break,
            }
        }
        self.say(ServiceState::Ended);
    }

    /// Waits until the process has ended by itself, or ends it because it is to end; then there is no status.
    async fn watch(&self, mut child: Child, process: ProcessId) -> Option<ExitStatusText> {
        tokio::select! {
            status = child.wait() => Some(ExitStatusText(status)),
            () = self.stop.cancelled() => {
                self.end(child, process).await;
                None
            }
        }
    }

    async fn end(&self, mut child: Child, process: ProcessId) {
        self.signal(process, ProcessSignal::Terminate);
        if tokio::time::timeout(self.spec.grace, child.wait()).await.is_err() {
            tracing::debug!(service = %self.spec.name, grace_s = self.spec.grace.as_secs_f64(), "did not end in time and is killed");
            self.signal(process, ProcessSignal::Kill);
        }
        if let Err(error) = child.wait().await {
            tracing::warn!(service = %self.spec.name, %error, "cannot wait for a process");
        }
    }

    fn signal(&self, process: ProcessId, signal: ProcessSignal) {
        if let Err(error) = process.signal_group(signal) {
            tracing::warn!(service = %self.spec.name, pid = process.pid, %error, "cannot signal a process");
        }
    }

    async fn start(&self) -> io::Result<(Child, ProcessId)> {
        let spec = &self.spec;
        let log = open_log(&spec.log)?;
        let mut command = match &self.end_with_us {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "KILL", "--"]).arg(&spec.program);
                command
            }
            None => Command::new(&spec.program),
        };
        if spec.inherit_env == InheritEnv::Nothing {
            command.env_clear();
        }
        command
            .args(&spec.args)
            .envs(&spec.env)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A group of its own: Ctrl-C in a terminal is for the supervisor, which then ends everything in order.
            .process_group(0)
            .kill_on_drop(true);
        let child = spawner::spawn(command).await?;
        let pid = child.id().ok_or_else(|| io::Error::other("it has no pid"))?;
        let process = ProcessId::current(pid).ok_or_else(|| io::Error::other("it ended at once; its log says why"))?;
        self.records.record(process, &spec.name)?;
        Ok((child, process))
    }

    fn forget(&self, process: ProcessId) {
        if let Err(error) = self.records.forget(process) {
            tracing::warn!(service = %self.spec.name, %error, "cannot remove the record of a process");
        }
    }

    fn say(&self, state: ServiceState) {
        self.report.send_modify(|status| status.state = state);
    }
}

struct ExitStatusText(io::Result<ExitStatus>);

impl std::fmt::Display for ExitStatusText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Ok(status) => write!(formatter, "{status}"),
            Err(error) => write!(formatter, "unknown status: {error}"),
        }
    }
}

fn open_log(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > LOG_LIMIT) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    OpenOptions::new().append(true).create(true).open(path)
}

/// The file of a program, as the shell would find it.
fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
