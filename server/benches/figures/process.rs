//! The `klamm serve` of a sandbox, as the system sees it.

use anyhow::{Context, bail, ensure};
use klamm_testkit::TestSandbox;
use std::{fs, process::Command};

/// A running `klamm serve`.
pub(crate) struct Serve {
    pid: String,
}

impl Serve {
    pub(crate) fn of(sandbox: &TestSandbox) -> anyhow::Result<Self> {
        let state = sandbox.state().display().to_string();
        for entry in fs::read_dir("/proc")?.flatten() {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            if command.contains(" serve ") && command.contains(&state) {
                return Ok(Self { pid: entry.file_name().to_string_lossy().into_owned() });
            }
        }
        bail!("klamm serve does not run")
    }

    /// Resident memory, in MB.
    pub(crate) fn resident(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
        Ok(kilobytes / 1000.0)
    }

    pub(crate) fn halt(&self) -> anyhow::Result<()> {
        self.signal("STOP")
    }

    pub(crate) fn resume(&self) -> anyhow::Result<()> {
        self.signal("CONT")
    }

    pub(crate) fn kill(&self) -> anyhow::Result<()> {
        self.signal("KILL")
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.pid]).status()?;
        ensure!(sent.success(), "klamm serve took no SIG{signal}");
        Ok(())
    }
}
