//! Running a command inside a running container: exec probes and hooks.
//!
//! It joins the container's namespaces with `nsenter`, which needs no more rights than those over the user namespace that
//! this very user made.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::process::ProcessId;

use super::env::Environment;
use super::sandbox::Privilege;

/// How much of a command's output is kept for messages.
const KEPT_OUTPUT: u64 = 1024;

/// What is needed to run something in a container.
#[derive(Clone)]
pub(in crate::node) struct ExecTarget {
    pub(in crate::node) process: ProcessId,
    pub(in crate::node) env: Environment,
    pub(in crate::node) privilege: Privilege,
}

/// How a command in a container ended.
#[derive(Debug)]
pub(in crate::node) enum Outcome {
    Exited { code: i32, output: String },
    TimedOut,
}

/// Runs a command to its end, or kills it when its time is over.
pub(in crate::node) async fn run(target: &ExecTarget, words: &[String], patience: Duration) -> io::Result<Outcome> {
    let mut command = Command::new("/usr/bin/nsenter");
    command.arg(format!("--target={}", target.process.pid)).args(["--mount", "--pid", "--uts", "--ipc", "--wd"]);
    if target.privilege == Privilege::Unprivileged {
        command.args(["--user", "--preserve-credentials"]);
    }
    command.arg("--").args(words);
    command.env_clear().envs(&target.env);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    let mut child = command.spawn()?;
    let group = child.id();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let finish = async {
        let mut output = Vec::new();
        let mut complaints = Vec::new();
        let read_output = async {
            match stdout {
                Some(stdout) => read_bounded(stdout, &mut output).await,
                None => Ok(()),
            }
        };
        let read_complaints = async {
            match stderr {
                Some(stderr) => read_bounded(stderr, &mut complaints).await,
                None => Ok(()),
            }
        };
        tokio::try_join!(read_output, read_complaints)?;
        let status = child.wait().await?;
        output.extend(complaints);
        let code = status.code().unwrap_or(137);
        Ok(Outcome::Exited { code, output: String::from_utf8_lossy(&output).trim().to_owned() })
    };
    if let Ok(outcome) = timeout(patience, finish).await {
        return outcome;
    }
    // Not only nsenter, but also what it started inside.
    if let Some(group) = group.and_then(|group| i32::try_from(group).ok()).and_then(Pid::from_raw)
        && let Err(error) = rustix::process::kill_process_group(group, Signal::KILL)
    {
        tracing::debug!(%error, "a command in a container had ended already");
    }
    Ok(Outcome::TimedOut)
}

async fn read_bounded(mut from: impl tokio::io::AsyncRead + Unpin, into: &mut Vec<u8>) -> io::Result<()> {
    (&mut from).take(KEPT_OUTPUT).read_to_end(into).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(())
}
