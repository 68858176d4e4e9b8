//! The one thread that starts processes.
//!
//! Linux ends a process "with its parent" when the *thread* that started it ends. Worker threads of the runtime may come
//! and go, so children are started by a thread of their own that lives as long as this process does.

use std::io;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

struct Job {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

static JOBS: OnceLock<Option<mpsc::Sender<Job>>> = OnceLock::new();

/// Starts a process that lives no longer than this process does, if it asked for that (bubblewrap's `--die-with-parent`, `setpriv --pdeathsig`).
pub(crate) async fn spawn(command: Command) -> io::Result<Child> {
    let gone = || io::Error::other("the thread that starts processes is not there");
    let jobs = JOBS.get_or_init(start).as_ref().ok_or_else(gone)?;
    let (reply, answer) = oneshot::channel();
    jobs.send(Job { command, runtime: Handle::current(), reply }).map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

fn start() -> Option<mpsc::Sender<Job>> {
    let (send, jobs) = mpsc::channel::<Job>();
    let work = move || {
        for Job { mut command, runtime, reply } in jobs {
            let _inside = runtime.enter();
            // Whoever asked may be gone; then the child is dropped, and with `kill_on_drop` killed.
            let _ = reply.send(command.spawn());
        }
    };
    match thread::Builder::new().name("spawner".to_owned()).spawn(work) {
        Ok(_) => Some(send),
        Err(error) => {
            tracing::error!(%error, "the thread that starts processes cannot be started");
            None
        }
    }
}
