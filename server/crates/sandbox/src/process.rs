//! Who a process is, past the life of the supervisor that started it: its pid together with the moment it started.
//!
//! Whatever the sandbox starts is written down here, so that the run after a `kill -9` finds and ends what was left.
//! What is started, and why, is none of this file's business.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// How long a process that was sent SIGKILL may take to be gone; longer means it hangs in the kernel.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
/// How often `/proc` is looked at while waiting for processes to go.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A process, told apart from a later one that got the same pid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessId {
    /// The number the kernel gave it.
    pub pid: u32,
    /// When it started, in clock ticks since the machine came up (field 22 of `/proc/<pid>/stat`).
    pub start_time: u64,
}

/// What the sandbox may say to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessSignal {
    /// SIGTERM: please end.
    Terminate,
    /// SIGKILL: end.
    Kill,
}

impl From<ProcessSignal> for Signal {
    fn from(signal: ProcessSignal) -> Self {
        match signal {
            ProcessSignal::Terminate => Self::TERM,
            ProcessSignal::Kill => Self::KILL,
        }
    }
}

impl ProcessId {
    /// The process that has this pid now, or none.
    pub fn current(pid: u32) -> Option<Self> {
        let stat = ProcessStat::read(pid)?;
        (!stat.dead).then_some(Self { pid, start_time: stat.start_time })
    }

    /// Whether this very process still runs. One that has ended but was not yet waited for does not.
    pub fn is_alive(self) -> bool {
        Self::current(self.pid) == Some(self)
    }

    /// Sends a signal to this very process; one that is gone already is no error.
    pub fn signal(self, signal: ProcessSignal) -> io::Result<()> {
        let Some(pid) = raw_pid(self.pid) else { return Ok(()) };
        // The descriptor pins the process down: between looking and signalling, the pid cannot pass to another.
        let descriptor = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(descriptor) => descriptor,
            Err(rustix::io::Errno::SRCH | rustix::io::Errno::INVAL) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if !self.is_alive() {
            return Ok(());
        }
        gone_is_fine(rustix::process::pidfd_send_signal(&descriptor, signal.into()))
    }

    /// Sends a signal to this process and to the process group it leads, if it leads one.
    pub fn signal_group(self, signal: ProcessSignal) -> io::Result<()> {
        let leads_group = ProcessStat::read(self.pid)
            .is_some_and(|stat| stat.start_time == self.start_time && stat.group == self.pid);
        self.signal(signal)?;
        match raw_pid(self.pid) {
            Some(pid) if leads_group => gone_is_fine(rustix::process::kill_process_group(pid, signal.into())),
            Some(_) | None => Ok(()),
        }
    }
}

fn raw_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

fn gone_is_fine(result: rustix::io::Result<()>) -> io::Result<()> {
    match result {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The part of `/proc/<pid>/stat` that identity rests on.
#[derive(Debug, PartialEq, Eq)]
struct ProcessStat {
    dead: bool,
    group: u32,
    start_time: u64,
}

impl ProcessStat {
    fn read(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(stat: &str) -> Option<Self> {
        // The second field is the program's name in parentheses and may hold blanks and parentheses itself.
        let (_, after_name) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).copied();
        Some(Self {
            // While other threads of it are still ending, so are its sockets and files open.
            dead: matches!(field(3)?, "Z" | "X" | "x") && field(20)?.parse::<u32>().ok()? <= 1,
            group: field(5)?.parse().ok()?,
            start_time: field(22)?.parse().ok()?,
        })
    }
}

/// A folder with one small file per running process.
///
/// One file each, because a file is made and removed in one step, whereas a list would have to be rewritten by several tasks.
#[derive(Debug, Clone)]
pub struct ProcessRecords {
    folder: PathBuf,
    boot: String,
}

/// A process as it was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessRecord {
    /// Which process.
    #[serde(flatten)]
    pub process: ProcessId,
    /// What it was started as, for people.
    pub name: String,
    /// Start times count from the machine's start, so a record means nothing after the next one.
    boot: String,
}

impl ProcessRecords {
    /// Opens the folder, making it if it is not there.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned();
        Ok(Self { folder, boot })
    }

    /// Writes a process down. Call it directly after starting one.
    pub fn record(&self, process: ProcessId, name: &str) -> io::Result<()> {
        let record = ProcessRecord { process, name: name.to_owned(), boot: self.boot.clone() };
        let path = self.path_of(process);
        let unfinished = path.with_extension("new");
        fs::write(&unfinished, serde_json::to_vec(&record)?)?;
        fs::rename(unfinished, path)
    }

    /// Strikes a process off that has ended and was waited for.
    pub fn forget(&self, process: ProcessId) -> io::Result<()> {
        match fs::remove_file(self.path_of(process)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The recorded processes that still run. Records of others, and unreadable ones, are removed.
    pub fn alive(&self) -> io::Result<Vec<ProcessRecord>> {
        let mut alive = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            match self.read_alive(&path) {
                Some(record) => alive.push(record),
                None => fs::remove_file(&path)?,
            }
        }
        Ok(alive)
    }

    /// Ends every recorded process that still runs, with what it started in its own process group, and waits until they
    /// are gone. Returns what was ended.
    ///
    /// SIGKILL at once: this is for what a killed run left behind, and nobody is there any more to end it in order.
    #[expect(clippy::disallowed_methods, reason = "blocking code, called before there is anything to be held up")]
    pub fn end_all(&self) -> io::Result<Vec<ProcessRecord>> {
        let stale = self.alive()?;
        for record in &stale {
            record.process.signal_group(ProcessSignal::Kill)?;
        }
        let deadline = Instant::now() + KILL_PATIENCE;
        for record in &stale {
            while record.process.is_alive() {
                if Instant::now() >= deadline {
                    let what = format!("{} (pid {}) does not end after SIGKILL", record.name, record.process.pid);
                    return Err(io::Error::new(io::ErrorKind::TimedOut, what));
                }
                thread::sleep(LOOK_EVERY);
            }
            self.forget(record.process)?;
        }
        Ok(stale)
    }

    fn read_alive(&self, path: &Path) -> Option<ProcessRecord> {
        let record: ProcessRecord = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        (record.boot == self.boot && record.process.is_alive()).then_some(record)
    }

    fn path_of(&self, process: ProcessId) -> PathBuf {
        self.folder.join(format!("{}-{}.json", process.pid, process.start_time))
    }
}
