//! What can keep a sandbox from coming up or working, in sentences that say what to do.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::claim::Network;

/// Why a sandbox did not come up, or could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Another sandbox runs on this state folder. Nothing in it was touched.
    #[error("{} is in use by a running sandbox{}; end it with `klamm sandbox down`, or choose another folder with KLAMM_STATE", state_dir.display(), by(*pid))]
    InUse {
        /// The state folder.
        state_dir: PathBuf,
        /// The process that holds it, where it says so.
        pid: Option<u32>,
    },
    /// A port that is needed is taken by a program that is not ours.
    #[error("{address}, needed for {what}, is taken by another program; end that program, or {how_to_move}")]
    PortTaken {
        /// The address and port.
        address: SocketAddr,
        /// What would listen there.
        what: String,
        /// How to make it listen elsewhere.
        how_to_move: String,
    },
    /// The network in the state folder has become another sandbox's.
    #[error("the network {network} of this sandbox is claimed by the one in {}; remove one of the two folders, or remove {} to get another network", other.display(), claim.display())]
    NetworkClaimed {
        /// The network.
        network: Network,
        /// The other sandbox's state folder.
        other: PathBuf,
        /// The file that claims it here.
        claim: PathBuf,
    },
    /// No loopback network is left.
    #[error("every loopback network is claimed; remove state folders that are not needed any more, or what is in {}", registry.display())]
    NoNetwork {
        /// Where the claims of this machine are kept.
        registry: PathBuf,
    },
    /// A file that people may edit does not parse.
    #[error("{} cannot be understood; correct or remove it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A folder that must be ours is not.
    #[error("{} is not a folder of this user's own; remove it", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// A program the sandbox is made of is not there.
    #[error("{program} is not at {}; `make parts` builds it", path.display())]
    MissingProgram {
        /// Which.
        program: &'static str,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Something with a file went wrong.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was attempted.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("cannot make the certificate for {subject}")]
    Certificate {
        /// For whom.
        subject: String,
        /// Why not.
        #[source]
        source: rcgen::Error,
    },
    /// A kubeconfig could not be made or used.
    #[error("cannot use the kubeconfig for {user}")]
    Kubeconfig {
        /// Whose.
        user: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A part of the control plane did not become ready in time.
    #[error("{what} was not ready after {} s; its log is {}", waited.as_secs(), log.display())]
    NotReady {
        /// Which part.
        what: &'static str,
        /// How long it was given.
        waited: Duration,
        /// Where it says why.
        log: PathBuf,
    },
    /// It was told to end before it was up.
    #[error("the sandbox was told to end before it was up")]
    Cancelled,
    /// The API server refused something, or did not answer.
    #[error("cannot {doing}")]
    Kubernetes {
        /// What was attempted.
        doing: String,
        /// What it said.
        #[source]
        source: Box<kube::Error>,
    },
    /// The API server took a request for a token, and gave none.
    #[error("the API server gave no token for the ServiceAccount {account}")]
    NoToken {
        /// `namespace/name`.
        account: String,
    },
    /// There is no such node.
    #[error("there is no node {name}; there are: {}", known.join(", "))]
    UnknownNode {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// More nodes were asked for than a network has room for.
    #[error("{asked} nodes were asked for; a sandbox has at most {most}")]
    TooManyNodes {
        /// How many were asked for.
        asked: usize,
        /// How many there may be.
        most: usize,
    },
}

fn by(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl SandboxError {
    /// For `map_err`: something with a file went wrong.
    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// For `map_err`: the API server refused something.
    pub(crate) fn kubernetes(doing: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Kubernetes { doing, source: Box::new(source) }
    }
}
