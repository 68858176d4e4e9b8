//! Which loopback network and which ports a sandbox has.
//!
//! Every state folder claims a `127.X.Y.0/24` and keeps it for life, so that addresses which were written into somebody's
//! configuration stay true. The claims of one machine's user lie in one folder, under a lock, so that two state folders
//! never get the same. Ports are chosen once, past those that are taken; later a taken port is an error that names it.

use std::fmt;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::SandboxError;
use crate::state::{self, StateFolder};

#[cfg(test)]
mod tests;

/// The last octet of the address where the control plane listens.
const CONTROL_PLANE: u8 = 1;
/// The last octet of the first node; nodes follow one another up to the first pod at 10.
const FIRST_NODE: u8 = 2;
/// Most nodes a sandbox can have.
pub(crate) const MOST_NODES: usize = 8;
/// How far past its usual number a port is looked for when that one is taken.
const PORT_SEARCH: u16 = 200;

/// A loopback network of 256 addresses, `127.X.Y.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    x: u8,
    y: u8,
}

impl Network {
    /// The address of the control plane.
    pub fn control_plane(self) -> Ipv4Addr {
        self.address(CONTROL_PLANE)
    }

    /// The address of the n-th node, counted from zero.
    pub(crate) fn node(self, index: usize) -> Option<Ipv4Addr> {
        let last = u8::try_from(index).ok()?.checked_add(FIRST_NODE)?;
        (index < MOST_NODES).then(|| self.address(last))
    }

    fn address(self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.x, self.y, last)
    }

    /// The n-th network to try for a state folder; they begin at a place that depends on the folder's path.
    fn candidate(state_dir: &Path, n: u16) -> Self {
        let digest = Sha256::digest(state_dir.as_os_str().as_encoded_bytes());
        let start = u16::from_be_bytes([digest[0], digest[1]]);
        // 127.0.* is where everybody's own servers are, 127.255.* ends in the broadcast address: 254 * 256 remain.
        let number = (u32::from(start) + u32::from(n)) % (254 * 256);
        let [_, _, x, y] = number.to_be_bytes();
        Self { x: x + 1, y }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "127.{}.{}.0/24", self.x, self.y)
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

/// Not a network a sandbox can have.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not of the form 127.X.Y.0/24")]
pub struct NotANetwork(String);

impl TryFrom<String> for Network {
    type Error = NotANetwork;

    fn try_from(text: String) -> Result<Self, NotANetwork> {
        let address = text.strip_suffix("/24").and_then(|address| address.parse::<Ipv4Addr>().ok());
        match address.map(|address| address.octets()) {
            Some([127, x, y, 0]) => Ok(Self { x, y }),
            _ => Err(NotANetwork(text)),
        }
    }
}

/// Where the parts of the control plane listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Ports {
    pub(crate) etcd: u16,
    pub(crate) etcd_peer: u16,
    pub(crate) api_server: u16,
    pub(crate) controller_manager: u16,
    pub(crate) scheduler: u16,
    pub(crate) kubelet: u16,
    pub(crate) metrics: u16,
}

impl Ports {
    /// Those everybody expects.
    const USUAL: Self = Self {
        etcd: 2379,
        etcd_peer: 2380,
        api_server: 6443,
        controller_manager: 10257,
        scheduler: 10259,
        kubelet: 10250,
        metrics: 9600,
    };

    /// Every port, with what listens there and where.
    fn each(&mut self, network: Network, nodes: usize) -> [(&mut u16, &'static str, Vec<Ipv4Addr>); 7] {
        let control_plane = || vec![network.control_plane()];
        let on_nodes = (0..nodes).filter_map(|index| network.node(index)).collect();
        [
            (&mut self.etcd, "etcd", control_plane()),
            (&mut self.etcd_peer, "etcd's peers", control_plane()),
            (&mut self.api_server, "the API server", control_plane()),
            (&mut self.controller_manager, "the controller manager", control_plane()),
            (&mut self.scheduler, "the scheduler", control_plane()),
            (&mut self.kubelet, "the kubelets", on_nodes),
            (&mut self.metrics, "the metrics of what runs beside the control plane", control_plane()),
        ]
    }
}

/// What a state folder has claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Claim {
    pub(crate) network: Network,
    pub(crate) ports: Ports,
}

impl Claim {
    fn read(path: &Path) -> Result<Option<Self>, SandboxError> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| SandboxError::Unreadable { path: path.to_owned(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SandboxError::file("read", path)(error)),
        }
    }
}

/// The folder with the claims of this user on this machine: one file per network, with the state folder that has it.
#[derive(Debug)]
pub(crate) struct ClaimRegistry {
    folder: PathBuf,
}

impl ClaimRegistry {
    /// The one all sandboxes of this user share.
    ///
    /// Always at the same place, whatever the environment says: a terminal, a test and a service manager have to meet.
    pub(crate) fn of_this_user() -> Result<Self, SandboxError> {
        let user = rustix::process::getuid().as_raw();
        let folder = PathBuf::from(format!("/tmp/klamm-{user}-claims"));
        state::make_private_folder(&folder)?;
        let metadata = fs::symlink_metadata(&folder).map_err(SandboxError::file("look at", &folder))?;
        if !metadata.is_dir() || metadata.uid() != user {
            return Err(SandboxError::NotOurs { path: folder });
        }
        Ok(Self { folder })
    }

    /// The claim of a state folder: the one it has, if that still holds and its ports are free, or a new one.
    pub(crate) fn claim(&self, state: &StateFolder, nodes: usize) -> Result<Claim, SandboxError> {
        let path = self.folder.join("lock");
        let lock = state::open_lock(&path).map_err(SandboxError::file("open", &path))?;
        // Held for milliseconds by whoever claims, so waiting is right.
        rustix::fs::flock(&lock, FlockOperation::LockExclusive)
            .map_err(|error| SandboxError::file("lock", &path)(error.into()))?;
        let claim = match Claim::read(&state.claim())? {
            Some(claim) => self.keep(claim, state, nodes)?,
            None => self.choose(state, nodes)?,
        };
        let entry = self.entry(claim.network);
        let text = state.root().to_string_lossy();
        fs::write(&entry, text.as_bytes()).map_err(SandboxError::file("write", &entry))?;
        Ok(claim)
    }

    fn keep(&self, mut claim: Claim, state: &StateFolder, nodes: usize) -> Result<Claim, SandboxError> {
        if let Some(other) = self.holder(claim.network).filter(|holder| holder != state.root()) {
            return Err(SandboxError::NetworkClaimed { network: claim.network, other, claim: state.claim() });
        }
        let how_to_move = format!("write another port into {}", state.claim().display());
        for (port, what, addresses) in claim.ports.each(claim.network, nodes) {
            for address in addresses {
                check_free(SocketAddr::from((address, *port)), what, &how_to_move)?;
            }
        }
        Ok(claim)
    }

    fn choose(&self, state: &StateFolder, nodes: usize) -> Result<Claim, SandboxError> {
        self.forget_the_gone().map_err(SandboxError::file("tidy", &self.folder))?;
        for n in 0..u16::MAX {
            let network = Network::candidate(state.root(), n);
            if self.holder(network).is_some() {
                continue;
            }
            let Some(ports) = free_ports(network, nodes) else { continue };
            let claim = Claim { network, ports };
            let path = state.claim();
            let text = serde_json::to_string_pretty(&claim).map_err(io::Error::from);
            let text = text.map_err(SandboxError::file("write", &path))?;
            state::write_private(&path, &text)?;
            return Ok(claim);
        }
        Err(SandboxError::NoNetwork { registry: self.folder.clone() })
    }

    /// Who has a network: the state folder in its entry, if that folder is still there and says the same.
    fn holder(&self, network: Network) -> Option<PathBuf> {
        let holder = PathBuf::from(fs::read_to_string(self.entry(network)).ok()?);
        let claim = Claim::read(&holder.join("claim.json")).ok()??;
        (claim.network == network).then_some(holder)
    }

    /// Removes the entries of state folders that are gone; tests leave many.
    fn forget_the_gone(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let network = name.to_str().and_then(|name| Network::try_from(format!("127.{name}.0/24")).ok());
            if network.is_some_and(|network| self.holder(network).is_none()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn entry(&self, network: Network) -> PathBuf {
        self.folder.join(format!("{}.{}", network.x, network.y))
    }
}

/// Free ports in a network, each the usual one or the next free after it.
fn free_ports(network: Network, nodes: usize) -> Option<Ports> {
    let mut ports = Ports::USUAL;
    let mut chosen: Vec<u16> = Vec::new();
    for (port, _, addresses) in ports.each(network, nodes) {
        let is_free = |port: u16| addresses.iter().all(|address| listens_nobody(SocketAddr::from((*address, port))));
        let usual = *port;
        *port = (usual..=usual.saturating_add(PORT_SEARCH)).find(|port| !chosen.contains(port) && is_free(*port))?;
        chosen.push(*port);
    }
    Some(ports)
}

/// Refuses a port that is taken, saying what for it is needed and how to use another.
pub(crate) fn check_free(address: SocketAddr, what: &str, how_to_move: &str) -> Result<(), SandboxError> {
    if listens_nobody(address) {
        return Ok(());
    }
    Err(SandboxError::PortTaken { address, what: what.to_owned(), how_to_move: how_to_move.to_owned() })
}

fn listens_nobody(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}
