//! Talking to a running sandbox: a Unix socket in its state folder, a request and an answer of one JSON line each.
//!
//! Only who may look into the state folder can reach it, so there is no other authorisation.

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::claim::Network;
use crate::nodes::NodeStatus;
use crate::state::StateLock;
use crate::supervisor::ServiceStatus;

#[cfg(test)]
mod tests;

const SOCKET: &str = "control.sock";
/// No request is longer.
const LONGEST_LINE: u64 = 64 << 10;
/// A node is stopped within seconds, everything else answers at once.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How often it is looked whether a sandbox that was told to end has.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What can be asked of a running sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "camelCase", deny_unknown_fields)]
pub enum Request {
    /// What runs, and where.
    Status,
    /// End a node's pods at once and stop its heartbeats, as pulling the plug would.
    NodeStop {
        /// Its name, or its zone.
        name: String,
    },
    /// Start a node again.
    NodeStart {
        /// Its name, or its zone.
        name: String,
    },
    /// End the sandbox. The answer comes at once; see [`down`] for waiting until it has ended.
    Down,
}

/// What a sandbox answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "response", rename_all = "camelCase")]
pub enum Response {
    /// What runs, and where.
    Status(Status),
    /// It is done.
    Done,
    /// It could not be done, and this is why, for people.
    Refused {
        /// Why.
        message: String,
    },
}

/// What runs, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The process of the sandbox.
    pub pid: u32,
    /// Its network.
    pub network: Network,
    /// Where the API server listens.
    pub api_server: String,
    /// Where the control plane and the metrics are.
    pub control_address: Ipv4Addr,
    /// The kubeconfig with full rights.
    pub kubeconfig: PathBuf,
    /// The processes it keeps running.
    pub services: Vec<ServiceStatus>,
    /// Its nodes.
    pub nodes: Vec<NodeStatus>,
}

/// Why a running sandbox could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is none.
    #[error("no sandbox runs on {}; start one with `klamm sandbox up`", state_dir.display())]
    NotRunning {
        /// The state folder.
        state_dir: PathBuf,
    },
    /// There is one, but speaking to it failed.
    #[error("cannot speak to the sandbox on {}", state_dir.display())]
    Connection {
        /// The state folder.
        state_dir: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It answered something that is not an answer; perhaps it is of another version.
    #[error("the sandbox on {} answered something unknown; it may be of another version of Klamm", state_dir.display())]
    Answer {
        /// The state folder.
        state_dir: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// It did not do it, and says why.
    #[error("{0}")]
    Refused(String),
    /// It was told to end, and did not.
    #[error("the sandbox on {} did not end within {} s", state_dir.display(), within.as_secs())]
    StillThere {
        /// The state folder.
        state_dir: PathBuf,
        /// How long it was given.
        within: Duration,
    },
}

/// Asks the sandbox that runs on a state folder.
pub async fn request(state_dir: &Path, request: Request) -> Result<Response, ControlError> {
    let folder = || state_dir.to_owned();
    let exchange = async {
        let stream = connect(state_dir).await?;
        exchange(stream, &request).await
    };
    let answer = tokio::time::timeout(ANSWER_WITHIN, exchange).await;
    let answer = answer.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)));
    let answer = answer.map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ControlError::NotRunning { state_dir: folder() },
        _ => ControlError::Connection { state_dir: folder(), source },
    })?;
    match serde_json::from_str(&answer) {
        Ok(Response::Refused { message }) => Err(ControlError::Refused(message)),
        Ok(response) => Ok(response),
        Err(source) => Err(ControlError::Answer { state_dir: folder(), source }),
    }
}

/// Ends the sandbox that runs on a state folder, and waits until it has ended.
pub async fn down(state_dir: &Path, within: Duration) -> Result<(), ControlError> {
    let deadline = Instant::now() + within;
    request(state_dir, Request::Down).await?;
    // The lock on the folder goes with the process itself, so it is free exactly when nothing is left.
    loop {
        let taken = StateLock::is_taken(state_dir);
        match taken.map_err(|source| ControlError::Connection { state_dir: state_dir.to_owned(), source })? {
            false => return Ok(()),
            true if Instant::now() >= deadline => {
                return Err(ControlError::StillThere { state_dir: state_dir.to_owned(), within });
            }
            true => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

async fn exchange(stream: UnixStream, request: &Request) -> io::Result<String> {
    let (answers, mut requests) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    requests.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(answers).read_line(&mut answer).await?;
    Ok(answer)
}

/// A path to the socket that is short whatever the folder's path: the kernel takes no socket path beyond 107 bytes.
struct ShortPath {
    folder: File,
}

impl ShortPath {
    fn open(state_dir: &Path) -> io::Result<Self> {
        Ok(Self { folder: File::open(state_dir)? })
    }

    fn socket(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", self.folder.as_raw_fd()))
    }
}

async fn connect(state_dir: &Path) -> io::Result<UnixStream> {
    let path = ShortPath::open(state_dir)?;
    UnixStream::connect(path.socket()).await
}

/// Who answers.
pub(crate) trait Answer: Send + Sync + 'static {
    /// The answer to a request.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// The socket, listening.
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Listens in a state folder. Its lock is held, so a socket that is there is a left-over.
    pub(crate) fn bind(state_dir: &Path) -> io::Result<Self> {
        let path = state_dir.join(SOCKET);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let short = ShortPath::open(state_dir)?;
        let listener = UnixListener::bind(short.socket())?;
        Ok(Self { listener, path })
    }

    /// Answers until it is to stop, then removes the socket.
    pub(crate) async fn serve(self, answerer: Arc<impl Answer>, stop: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop.cancelled() => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    let answerer = Arc::clone(&answerer);
                    tokio::spawn(async move {
                        if let Err(error) = converse(stream, &*answerer).await {
                            tracing::debug!(%error, "somebody left the control socket");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept at the control socket");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

async fn converse(stream: UnixStream, answerer: &impl Answer) -> io::Result<()> {
    let (requests, mut answers) = stream.into_split();
    let mut requests = BufReader::new(requests.take(LONGEST_LINE));
    let mut line = String::new();
    while requests.read_line(&mut line).await? > 0 {
        let response = match serde_json::from_str(&line) {
            Ok(request) => answerer.answer(request).await,
            Err(error) => {
                Response::Refused { message: format!("this sandbox does not understand the request: {error}") }
            }
        };
        let mut answer = serde_json::to_vec(&response)?;
        answer.push(b'\n');
        answers.write_all(&answer).await?;
        line.clear();
    }
    Ok(())
}
