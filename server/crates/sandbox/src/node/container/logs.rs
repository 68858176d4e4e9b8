//! What containers print: one file per run in the format kubelets use, bounded.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// A log file is turned over beyond this size; one older one is kept.
const TURN_OVER: u64 = 10 << 20;
/// Longer lines are written in parts, as container runtimes do.
const LONGEST_LINE: usize = 16 << 10;
/// How much of the end is remembered for the container's last words.
const REMEMBERED: usize = 2048;

/// The file of a container's `run`th run.
pub(in crate::node) fn path(folder: &Path, container: &str, run: i32) -> PathBuf {
    folder.join(container).join(format!("{run}.log"))
}

/// The file a log was turned over to.
pub(in crate::node) fn turned_over(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

/// Writes one run's log.
#[derive(Debug)]
pub(in crate::node) struct LogWriter {
    path: PathBuf,
    file: File,
    size: u64,
}

impl LogWriter {
    /// Makes the file; logs of runs before the previous one are removed.
    pub(in crate::node) fn create(folder: &Path, container: &str, run: i32) -> io::Result<Self> {
        let path = path(folder, container, run);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
            remove_older(folder, run);
        }
        let file = fresh(&path)?;
        Ok(Self { path, file, size: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.size > TURN_OVER {
            fs::rename(&self.path, turned_over(&self.path))?;
            self.file = fresh(&self.path)?;
            self.size = 0;
        }
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(())
    }
}

/// An empty file that is locked before it has its name: whoever finds it unlocked knows that nobody writes any more.
fn fresh(path: &Path) -> io::Result<File> {
    let unfinished = path.with_extension("log.new");
    let file = OpenOptions::new().create(true).write(true).truncate(true).open(&unfinished)?;
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    fs::rename(&unfinished, path)?;
    Ok(file)
}

/// Whether more may come into a log.
pub(in crate::node) fn is_being_written(path: &Path) -> io::Result<bool> {
    match File::open(path) {
        Ok(file) => Ok(rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).is_err()),
        // While it is turned over there is none for a moment; when its folder goes, there will be none.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.parent().is_some_and(Path::exists)),
        Err(error) => Err(error),
    }
}

fn remove_older(folder: &Path, run: i32) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number =
            name.to_str().and_then(|name| name.split('.').next()).and_then(|number| number.parse::<i32>().ok());
        if number.is_some_and(|number| number < run - 1)
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::debug!(%error, file = %entry.path().display(), "an old log stays");
        }
    }
}

/// Writes everything that comes until the end of the stream, if there is a log; returns the last bytes of it.
pub(in crate::node) async fn pump(mut from: impl AsyncRead + Unpin, mut log: Option<LogWriter>) -> Vec<u8> {
    let mut lines = Lines::default();
    let mut remembered = Vec::new();
    let mut chunk = vec![0; 32 << 10];
    let mut trouble = false;
    loop {
        let read = match from.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(read) => &chunk[..read],
        };
        remembered.extend_from_slice(read);
        if remembered.len() > 2 * REMEMBERED {
            remembered.drain(..remembered.len() - REMEMBERED);
        }
        let Some(log) = &mut log else { continue };
        // A full disk must not stop the container; it goes on without a log, and this is said once.
        match log.write(&lines.take(read, &now())) {
            Ok(()) => trouble = false,
            Err(error) if !trouble => {
                trouble = true;
                tracing::warn!(%error, file = %log.path.display(), "a container's log cannot be written");
            }
            Err(_) => {}
        }
    }
    let rest = lines.finish(&now());
    if let Some(log) = &mut log
        && !rest.is_empty()
        && let Err(error) = log.write(&rest)
    {
        tracing::debug!(%error, file = %log.path.display(), "the end of a container's log is lost");
    }
    let from = remembered.len().saturating_sub(REMEMBERED);
    remembered.split_off(from)
}

fn now() -> String {
    format!("{:.9}", jiff::Timestamp::now())
}

/// Splits a stream into log entries: `<time> stdout F|P <line>`.
#[derive(Debug, Default)]
struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    fn take(&mut self, bytes: &[u8], now: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 64);
        for byte in bytes {
            if *byte == b'\n' {
                entry(&mut out, now, b'F', &self.begun);
                self.begun.clear();
            } else {
                self.begun.push(*byte);
                if self.begun.len() == LONGEST_LINE {
                    entry(&mut out, now, b'P', &self.begun);
                    self.begun.clear();
                }
            }
        }
        out
    }

    fn finish(&mut self, now: &str) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.begun.is_empty() {
            entry(&mut out, now, b'P', &self.begun);
            self.begun.clear();
        }
        out
    }
}

fn entry(out: &mut Vec<u8>, now: &str, kind: u8, line: &[u8]) {
    out.extend_from_slice(now.as_bytes());
    out.extend_from_slice(b" stdout ");
    out.extend_from_slice(&[kind, b' ']);
    out.extend_from_slice(line);
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_whole_across_chunks_and_long_ones_come_in_parts() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"one\ntw", "T"), b"T stdout F one\n");
        assert_eq!(lines.take(b"o\n\nthree", "T"), b"T stdout F two\nT stdout F \n");
        assert_eq!(lines.finish("T"), b"T stdout P three\n");
        let long = lines.take(&vec![b'x'; LONGEST_LINE + 1], "T");
        assert!(long.starts_with(b"T stdout P x") && long.ends_with(b"x\n"));
        assert_eq!(lines.finish("T"), b"T stdout P x\n");
    }

    #[tokio::test]
    async fn a_log_is_bounded_and_old_runs_go() {
        let folder = tempfile::tempdir().unwrap();
        for run in 0..3 {
            LogWriter::create(folder.path(), "c", run).unwrap();
        }
        assert!(!path(folder.path(), "c", 0).exists());
        let line = [b'x'; 1023].iter().chain(b"\n").copied().collect::<Vec<u8>>();
        let much = line.repeat(25 << 10);
        let last = pump(&much[..], Some(LogWriter::create(folder.path(), "c", 3).unwrap())).await;
        assert_eq!(last.len(), REMEMBERED);
        let file = path(folder.path(), "c", 3);
        let size = |path: &Path| fs::metadata(path).unwrap().len();
        assert!(size(&file) + size(&turned_over(&file)) < 2 * TURN_OVER + (1 << 20));
    }
}
