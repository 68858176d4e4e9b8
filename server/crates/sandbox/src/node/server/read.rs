//! Reading container logs back, the way `kubectl logs` asks for them.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures::Stream;
use jiff::Timestamp;
use tokio::time::sleep;

use crate::node::container::logs::{is_being_written, path, turned_over};

/// How often a followed log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Whether lines carry their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamps {
    Shown,
    Hidden,
}

/// Which part of a log is wanted.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) tail: Option<usize>,
    pub(super) limit: Option<usize>,
    pub(super) since: Option<Timestamp>,
    pub(super) stamps: Stamps,
}

/// The log of a container's last run, or of the one before (`back` 1). Of several pods of that name the latest counts.
pub(super) fn find(
    logs: &Path,
    namespace: &str,
    pod: &str,
    container: &str,
    back: usize,
) -> io::Result<Option<PathBuf>> {
    let prefix = format!("{namespace}_{pod}_");
    let mut folders: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(logs)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) && entry.path().join(container).is_dir() {
            folders.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    let Some((_, folder)) = folders.into_iter().max() else { return Ok(None) };
    let mut runs: Vec<i32> = Vec::new();
    for entry in fs::read_dir(folder.join(container))? {
        let name = entry?.file_name();
        runs.extend(name.to_str().and_then(|name| name.strip_suffix(".log")).and_then(|run| run.parse::<i32>().ok()));
    }
    runs.sort_unstable();
    let wanted = runs.len().checked_sub(back + 1).and_then(|index| runs.get(index));
    Ok(wanted.map(|run| path(&folder, container, *run)))
}

/// Everything there is now.
pub(super) fn all(file: &Path, wanted: &Wanted) -> io::Result<Vec<u8>> {
    let mut text = match fs::read(turned_over(file)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    text.extend(fs::read(file)?);
    Ok(select(&text, wanted))
}

fn select(text: &[u8], wanted: &Wanted) -> Vec<u8> {
    let entries: Vec<&[u8]> =
        text.split_inclusive(|byte| *byte == b'\n').filter(|entry| is_after(entry, wanted.since)).collect();
    let skip = wanted.tail.map_or(0, |tail| entries.len().saturating_sub(tail));
    let mut out: Vec<u8> = entries.into_iter().skip(skip).flat_map(|entry| shown(entry, wanted.stamps)).collect();
    out.truncate(wanted.limit.unwrap_or(usize::MAX));
    out
}

fn is_after(entry: &[u8], since: Option<Timestamp>) -> bool {
    let Some(since) = since else { return true };
    let stamp = entry.split(|byte| *byte == b' ').next().and_then(|stamp| std::str::from_utf8(stamp).ok());
    stamp.and_then(|stamp| stamp.parse::<Timestamp>().ok()).is_none_or(|stamp| stamp >= since)
}

/// An entry `<time> stdout F|P <line>` as people see it.
fn shown(entry: &[u8], stamps: Stamps) -> Vec<u8> {
    let mut parts = entry.splitn(4, |byte| *byte == b' ');
    let (Some(stamp), Some(_), Some(kind), Some(line)) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return entry.to_vec();
    };
    let mut out = Vec::with_capacity(entry.len());
    if stamps == Stamps::Shown {
        out.extend_from_slice(stamp);
        out.push(b' ');
    }
    // A part of a line goes on with the next entry.
    out.extend_from_slice(if kind == b"P" { line.strip_suffix(b"\n").unwrap_or(line) } else { line });
    out
}

/// What there is and what comes, until the container has ended.
pub(super) fn follow(file: PathBuf, wanted: Wanted) -> impl Stream<Item = io::Result<Vec<u8>>> + Send {
    let from = Following { file, wanted, open: None, begun: Vec::new(), over: false };
    futures::stream::unfold(from, |mut following| async move {
        loop {
            if following.over {
                return None;
            }
            match following.next() {
                Ok(Some(text)) if text.is_empty() => sleep(LOOK_EVERY).await,
                Ok(Some(text)) => return Some((Ok(text), following)),
                Ok(None) => return None,
                Err(error) => {
                    following.over = true;
                    return Some((Err(error), following));
                }
            }
        }
    })
}

struct Following {
    file: PathBuf,
    wanted: Wanted,
    /// Kept open: a pod's logs are removed with it, and its last words are the ones people wait for.
    open: Option<Open>,
    /// The beginning of an entry whose end was not there yet.
    begun: Vec<u8>,
    over: bool,
}

/// A file read from where reading stopped the last time.
struct Open {
    file: fs::File,
    inode: u64,
}

impl Open {
    fn new(path: &Path) -> io::Result<Self> {
        let file = fs::File::open(path)?;
        let inode = file.metadata()?.ino();
        Ok(Self { file, inode })
    }
}

impl Following {
    /// What is new; nothing at all when there will be nothing new.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        // Asked before reading: what was written before the end is read after it.
        let more_may_come = is_being_written(&self.file)?;
        let Some(open) = &mut self.open else {
            let mut text = fs::read(turned_over(&self.file)).unwrap_or_default();
            let open = self.open.insert(Open::new(&self.file)?);
            open.file.read_to_end(&mut text)?;
            self.begun = text.split_off(whole_lines(&text));
            return Ok(Some(select(&text, &self.wanted)));
        };
        let current = fs::metadata(&self.file).map_or(open.inode, |metadata| metadata.ino());
        let mut text = std::mem::take(&mut self.begun);
        open.file.read_to_end(&mut text)?;
        if current != open.inode {
            *open = Open::new(&self.file)?;
            open.file.read_to_end(&mut text)?;
        }
        self.begun = text.split_off(whole_lines(&text));
        if text.is_empty() && !more_may_come {
            return Ok(None);
        }
        let stamps = self.wanted.stamps;
        Ok(Some(text.split_inclusive(|byte| *byte == b'\n').flat_map(|entry| shown(entry, stamps)).collect()))
    }
}

fn whole_lines(text: &[u8]) -> usize {
    text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use tokio::io::AsyncWriteExt as _;

    use crate::node::container::logs::{LogWriter, pump};

    use super::*;

    const LOG: &str = "2026-01-01T00:00:00.000000000Z stdout F one\n2026-01-01T00:00:01.000000000Z stdout P tw\n2026-01-01T00:00:02.000000000Z stdout F o\n";

    fn wanted() -> Wanted {
        Wanted { tail: None, limit: None, since: None, stamps: Stamps::Hidden }
    }

    #[test]
    fn parts_are_joined_and_options_narrow() {
        let text = |wanted: &Wanted| String::from_utf8(select(LOG.as_bytes(), wanted)).unwrap();
        assert_eq!(text(&wanted()), "one\ntwo\n");
        assert_eq!(text(&Wanted { tail: Some(1), ..wanted() }), "o\n");
        assert_eq!(text(&Wanted { limit: Some(5), ..wanted() }), "one\nt");
        assert_eq!(text(&Wanted { since: Some("2026-01-01T00:00:01Z".parse().unwrap()), ..wanted() }), "two\n");
        assert!(text(&Wanted { stamps: Stamps::Shown, tail: Some(1), ..wanted() }).starts_with("2026-01-01T00:00:02"));
    }

    #[test]
    fn the_last_run_is_found_and_the_one_before() {
        let logs = tempfile::tempdir().unwrap();
        let folder = logs.path().join("kafka_demo-0_uid");
        fs::create_dir_all(folder.join("kafka")).unwrap();
        for run in [9, 10] {
            fs::write(path(&folder, "kafka", run), "").unwrap();
        }
        let found = |container: &str, back| find(logs.path(), "kafka", "demo-0", container, back).unwrap();
        assert_eq!(found("kafka", 0), Some(path(&folder, "kafka", 10)));
        assert_eq!(found("kafka", 1), Some(path(&folder, "kafka", 9)));
        assert_eq!(found("kafka", 2), None);
        assert_eq!(found("other", 0), None);
        assert_eq!(find(logs.path(), "kafka", "demo", "kafka", 0).unwrap(), None);
    }

    async fn said(stream: &mut (impl Stream<Item = io::Result<Vec<u8>>> + Unpin)) -> Option<String> {
        let next = tokio::time::timeout(Duration::from_secs(10), stream.next()).await.expect("something is said");
        next.map(|text| String::from_utf8(text.unwrap()).unwrap())
    }

    #[tokio::test]
    async fn following_goes_across_a_turned_over_file_and_ends_with_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let (mut container, output) = tokio::io::duplex(1 << 20);
        let writer = tokio::spawn(pump(output, Some(LogWriter::create(folder.path(), "c", 0).unwrap())));
        let file = path(folder.path(), "c", 0);
        let mut stream = std::pin::pin!(follow(file.clone(), wanted()));
        container.write_all(b"first\n").await.unwrap();
        assert_eq!(said(&mut stream).await.unwrap(), "first\n");
        let line = format!("{}\n", "x".repeat(1 << 13));
        let mut seen = 0;
        for _ in 0..2000 {
            container.write_all(line.as_bytes()).await.unwrap();
        }
        container.write_all(b"last\n").await.unwrap();
        loop {
            let text = said(&mut stream).await.unwrap();
            seen += text.lines().filter(|line| line.starts_with('x')).count();
            if text.ends_with("last\n") {
                break;
            }
        }
        assert_eq!(seen, 2000);
        assert!(turned_over(&file).exists());
        drop(container);
        assert_eq!(said(&mut stream).await, None);
        writer.await.unwrap();
    }

    #[tokio::test]
    async fn the_last_words_of_a_removed_pod_are_still_told() {
        let folder = tempfile::tempdir().unwrap();
        let (mut container, output) = tokio::io::duplex(1 << 10);
        let writer = tokio::spawn(pump(output, Some(LogWriter::create(folder.path(), "c", 0).unwrap())));
        let mut stream = std::pin::pin!(follow(path(folder.path(), "c", 0), wanted()));
        container.write_all(b"a\n").await.unwrap();
        assert_eq!(said(&mut stream).await.unwrap(), "a\n");
        container.write_all(b"bye\n").await.unwrap();
        drop(container);
        writer.await.unwrap();
        fs::remove_dir_all(folder.path().join("c")).unwrap();
        assert_eq!(said(&mut stream).await.unwrap(), "bye\n");
        assert_eq!(said(&mut stream).await, None);
    }
}
