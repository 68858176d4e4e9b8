//! Starting a container and waiting for its end.

use std::fs;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdout, Command};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::process::{ProcessId, ProcessRecords};
use crate::spawner;

use super::logs::{self, LogWriter};
use super::sandbox::Privilege;

/// Bubblewrap takes milliseconds; a machine busy with starting everything may take longer.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// How long bubblewrap may take to build a container's root.
const ROOT_PATIENCE: Duration = Duration::from_secs(10);
const ROOT_LOOK_EVERY: Duration = Duration::from_millis(2);
/// After the first process of a container is gone the kernel ends all others; its output ends then.
const OUTPUT_PATIENCE: Duration = Duration::from_secs(5);

/// The options come in on standard input and the status goes out on standard output; the container itself gets no input
/// and prints to one pipe. A shell moves the descriptors, because only a forked child could do it otherwise.
const MOVE_DESCRIPTORS: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >&2"#;

/// A container could not be started.
#[derive(Debug, thiserror::Error)]
pub(in crate::node) enum LaunchError {
    #[error("bubblewrap cannot be started")]
    Spawn(#[source] io::Error),
    #[error("bubblewrap's options cannot be handed over")]
    Options(#[source] io::Error),
    #[error("bubblewrap did not say within {} s which process it made", START_PATIENCE.as_secs())]
    Silent,
    #[error("{0}")]
    Refused(String),
}

/// A container that runs.
#[derive(Debug)]
pub(in crate::node) struct Launched {
    /// Its first process, unless that has already ended.
    pub(in crate::node) process: Option<ProcessId>,
    /// How it will have ended. When this is dropped, it is killed.
    pub(in crate::node) end: AbortOnDropHandle<End>,
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::node) enum End {
    /// Its command ran and left this code; a signal counts as 128 and its number.
    Exited { code: i32, last_output: String },
    /// Its command never ran: what bubblewrap said.
    NeverRan(String),
}

/// The mount namespace a container starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum StartFrom {
    /// The machine's.
    Host,
    /// The one of the pod's holder, which has the pod's size-limited volumes.
    Holder(ProcessId),
}

/// What bubblewrap is to do.
pub(in crate::node) struct Order {
    /// Its options, each ended by NUL.
    pub(in crate::node) options: Vec<u8>,
    /// What runs inside.
    pub(in crate::node) command: Vec<String>,
    /// From where.
    pub(in crate::node) from: StartFrom,
    /// Who asks.
    pub(in crate::node) privilege: Privilege,
    /// Where its output goes, if anywhere.
    pub(in crate::node) log: Option<LogWriter>,
    /// What it is called in the records.
    pub(in crate::node) name: String,
}

/// Starts a container.
pub(in crate::node) async fn launch(order: Order, records: &ProcessRecords) -> Result<Launched, LaunchError> {
    let Order { options, command, from, privilege, log, name } = order;
    let mut words: Vec<String> = Vec::new();
    if let StartFrom::Holder(holder) = from {
        words.extend(["nsenter".to_owned(), format!("--target={}", holder.pid), "--mount".to_owned()]);
        if privilege == Privilege::Unprivileged {
            words.extend(["--user".to_owned(), "--preserve-credentials".to_owned()]);
        }
        words.push("--".to_owned());
    }
    words.extend(["bwrap", "--args", "3", "--json-status-fd", "4", "--"].map(str::to_owned));
    words.extend(command);
    let mut child = start(words).await?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(&options).await {
            Ok(()) => drop(stdin),
            // Whoever does not read its options has died and said why; that is the better message.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => return Err(LaunchError::Options(error)),
        }
    }
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(LaunchError::Options(io::Error::other("a pipe is missing")));
    };
    let pump = tokio::spawn(logs::pump(stderr, log));
    let mut status = BufReader::new(stdout);
    let mut first = String::new();
    match timeout(START_PATIENCE, status.read_line(&mut first)).await {
        Err(_) => return Err(LaunchError::Silent),
        Ok(Err(error)) => return Err(LaunchError::Options(error)),
        Ok(Ok(_)) => {}
    }
    let Some(pid) = serde_json::from_str::<Status>(&first).ok().and_then(|status| status.child_pid) else {
        let said = timeout(OUTPUT_PATIENCE, pump).await.ok().and_then(Result::ok).unwrap_or_default();
        return Err(LaunchError::Refused(text(&said)));
    };
    let process = ProcessId::current(pid);
    if let Some(process) = process {
        wait_for_command(process).await;
    }
    if let Some(process) = process
        && let Err(error) = records.record(process, &name)
    {
        tracing::warn!(%error, name, "a container's process is not recorded; after a kill it may have to be ended by hand");
    }
    let records = records.clone();
    let end = AbortOnDropHandle::new(tokio::spawn(async move {
        let waited = child.wait().await;
        if let Some(process) = process
            && let Err(error) = records.forget(process)
        {
            tracing::debug!(%error, "a process record stays");
        }
        let output = timeout(OUTPUT_PATIENCE, pump).await.ok().and_then(Result::ok).unwrap_or_default();
        match exit_code(status).await {
            Some(code) => End::Exited { code, last_output: text(&output) },
            None => match waited {
                // Killed before it could report: what it held died with it.
                Ok(status) if status.code().is_none() => End::Exited { code: 137, last_output: text(&output) },
                _ => End::NeverRan(complaint(&output)),
            },
        }
    }));
    Ok(Launched { process, end })
}

/// Bubblewrap names the process before it has built its root. Until the command itself runs, nobody may join it.
async fn wait_for_command(process: ProcessId) {
    let building =
        || fs::read_to_string(format!("/proc/{}/comm", process.pid)).is_ok_and(|name| name.trim_end() == "bwrap");
    let deadline = Instant::now() + ROOT_PATIENCE;
    while process.is_alive() && building() && Instant::now() < deadline {
        sleep(ROOT_LOOK_EVERY).await;
    }
}

async fn start(words: Vec<String>) -> Result<tokio::process::Child, LaunchError> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", MOVE_DESCRIPTORS, "sh"]).args(words);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that Ctrl-C in the terminal of the sandbox does not reach the containers.
    command.process_group(0).kill_on_drop(true);
    spawner::spawn(command).await.map_err(LaunchError::Spawn)
}

/// What bubblewrap writes on its status descriptor.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Status {
    child_pid: Option<u32>,
    exit_code: Option<i32>,
}

async fn exit_code(mut status: BufReader<ChildStdout>) -> Option<i32> {
    let mut rest = String::new();
    timeout(OUTPUT_PATIENCE, status.read_to_string(&mut rest)).await.ok()?.ok()?;
    rest.lines().find_map(|line| serde_json::from_str::<Status>(line).ok()?.exit_code)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

fn complaint(output: &[u8]) -> String {
    let output = text(output);
    let said = output.lines().rev().find(|line| line.starts_with("bwrap: "));
    said.or(output.lines().last()).unwrap_or("bubblewrap ended without a word").to_owned()
}
