//! A disk that really fills up: a test runs once more in a mount namespace where its temporary files have a few megabytes.

use super::Kind;
use anyhow::{Context, ensure};
use std::{path::PathBuf, process::Command};

/// Set for the process that has the small disk.
const HERE: &str = "KLAMM_SMALL_DISK";
const BYTES: &str = "16777216";

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    /// A process whose database can be filled.
    Small,
    /// The one that has started that; the test has passed there.
    Done,
}

/// Where the small disk of this process is, if it has one.
pub(super) fn here() -> Option<PathBuf> {
    std::env::var_os(HERE).map(PathBuf::from)
}

/// Runs the test of this name, which calls this, in a process whose temporary files are on a small disk. Where the tests run on
/// PostgreSQL, that is not needed.
pub fn on_a_small_disk(test: &str) -> anyhow::Result<Disk> {
    if here().is_some() || Kind::of_this_run()? == Kind::Postgres {
        return Ok(Disk::Small);
    }
    let folder = tempfile::tempdir()?;
    let output = Command::new("bwrap")
        .args(["--die-with-parent", "--dev-bind", "/", "/", "--size", BYTES, "--tmpfs"])
        .arg(folder.path())
        .args(["--setenv", HERE])
        .arg(folder.path())
        .args(["--setenv", "TMPDIR"])
        .arg(folder.path())
        .arg("--")
        .arg(std::env::current_exe()?)
        .args(["--exact", test, "--nocapture"])
        .output()
        .context("start bwrap: apt-get install bubblewrap")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && said.contains("1 passed"),
        "{test} on a small disk: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(Disk::Done)
}
