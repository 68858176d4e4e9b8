//! The `klamm serve` of a sandbox, as the system sees it.

use anyhow::{Context, bail, ensure};
use klamm_testkit::TestSandbox;
use std::{fs, process::Command, time::Duration};

/// Good news wait for three calm seconds before they are told: whatever is measured next must not pay for them.
const NEWS: Duration = Duration::from_secs(4);

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

    /// Waits until it has next to nothing to do: what is told afterwards belongs to the figure before.
    pub(crate) async fn calm(&self) -> anyhow::Result<()> {
        self.quiet_second().await?;
        tokio::time::sleep(NEWS).await;
        self.quiet_second().await
    }

    async fn quiet_second(&self) -> anyhow::Result<()> {
        let mut before = self.ticks()?;
        for _ in 0..120 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = self.ticks()?;
            if now - before < 5 {
                return Ok(());
            }
            before = now;
        }
        bail!("klamm serve does not come to rest")
    }

    /// Processor time so far, in hundredths of a second.
    fn ticks(&self) -> anyhow::Result<u64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let tick = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok()).context("no times in /proc");
        Ok(tick(11)? + tick(12)?)
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
