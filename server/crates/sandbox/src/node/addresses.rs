//! Pod addresses: every pod has a loopback address of its own out of the sandbox's /24.
//!
//! A StatefulSet's pod gets the same address every time for the life of the state folder, so that what was written
//! into a client's configuration stays true; any other pod gets a free one for as long as it lives.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde::{Deserialize, Serialize};

/// The first address that is a pod's; those below belong to the control plane and the nodes.
const FIRST: u8 = 10;
const LAST: u8 = 254;

/// Who has which address, kept in the state folder.
#[derive(Debug)]
pub struct PodAddresses {
    base: Ipv4Addr,
    file: PathBuf,
    given: Mutex<Given>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Given {
    /// By `namespace/name` of a StatefulSet's pod: never taken back.
    lasting: BTreeMap<String, u8>,
    /// By uid of any other pod.
    passing: BTreeMap<String, u8>,
    /// Where the search for a free one goes on, so that an address is not reused at once.
    next: u8,
}

/// No address could be given.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddressError {
    #[error("all {} pod addresses of this sandbox are taken; delete pods, or move to a new state folder", usize::from(LAST - FIRST) + 1)]
    Exhausted,
    #[error("the pod addresses cannot be written to {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl PodAddresses {
    /// Opens the addresses of a state folder; `base` is any address of the sandbox's /24.
    pub fn open(state_dir: &Path, base: Ipv4Addr) -> io::Result<Self> {
        let folder = state_dir.join("nodes");
        fs::create_dir_all(&folder)?;
        let file = folder.join("pod-addresses.json");
        let given = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Given::default(),
            Err(error) => return Err(error),
        };
        Ok(Self { base, file, given: Mutex::new(given) })
    }

    /// The address of a pod: the one it has, or a free one.
    pub(super) fn of(&self, pod: &Pod) -> Result<Ipv4Addr, AddressError> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let uid = pod.uid().unwrap_or_default();
        let lasting = is_stateful(pod).then(|| format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name_any()));
        let known = match &lasting {
            Some(name) => given.lasting.get(name),
            None => given.passing.get(&uid),
        };
        if let Some(last) = known {
            return Ok(self.address(*last));
        }
        let last = given.free().ok_or(AddressError::Exhausted)?;
        match lasting {
            Some(name) => given.lasting.insert(name, last),
            None => given.passing.insert(uid, last),
        };
        self.save(&given)?;
        Ok(self.address(last))
    }

    /// Takes back the address of a pod that is gone, unless it is one that lasts.
    pub(super) fn release(&self, uid: &str) -> Result<(), AddressError> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.passing.remove(uid).is_none() {
            return Ok(());
        }
        self.save(&given)
    }

    fn address(&self, last: u8) -> Ipv4Addr {
        let [a, b, c, _] = self.base.octets();
        Ipv4Addr::new(a, b, c, last)
    }

    fn save(&self, given: &Given) -> Result<(), AddressError> {
        let write = || -> io::Result<()> {
            let unfinished = self.file.with_extension("new");
            fs::write(&unfinished, serde_json::to_vec_pretty(given)?)?;
            fs::rename(&unfinished, &self.file)
        };
        write().map_err(|source| AddressError::Write { path: self.file.clone(), source })
    }
}

impl Given {
    fn free(&mut self) -> Option<u8> {
        let start = self.next.clamp(FIRST, LAST);
        let free = (start..=LAST).chain(FIRST..start).find(|last| !self.is_taken(*last))?;
        self.next = if free == LAST { FIRST } else { free + 1 };
        Some(free)
    }

    fn is_taken(&self, last: u8) -> bool {
        self.lasting.values().chain(self.passing.values()).any(|taken| *taken == last)
    }
}

fn is_stateful(pod: &Pod) -> bool {
    pod.owner_references().iter().any(|owner| owner.kind == "StatefulSet" && owner.controller == Some(true))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

    use super::*;

    const BASE: Ipv4Addr = Ipv4Addr::new(127, 9, 8, 0);

    fn pod(name: &str, uid: &str, owner: Option<&str>) -> Pod {
        let owner = owner.map(|kind| OwnerReference {
            kind: kind.to_owned(),
            controller: Some(true),
            ..OwnerReference::default()
        });
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some("kafka".to_owned()),
            uid: Some(uid.to_owned()),
            owner_references: owner.map(|owner| vec![owner]),
            ..ObjectMeta::default()
        };
        Pod { metadata, ..Pod::default() }
    }

    #[test]
    fn a_stateful_pod_comes_back_to_its_address_even_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let addresses = PodAddresses::open(folder.path(), BASE).unwrap();
        let first = addresses.of(&pod("broker-0", "a", Some("StatefulSet"))).unwrap();
        addresses.release("a").unwrap();
        let other = addresses.of(&pod("job", "b", Some("Job"))).unwrap();
        assert_ne!(first, other);
        drop(addresses);
        let addresses = PodAddresses::open(folder.path(), BASE).unwrap();
        assert_eq!(addresses.of(&pod("broker-0", "c", Some("StatefulSet"))).unwrap(), first);
        assert_eq!(addresses.of(&pod("job", "b", Some("Job"))).unwrap(), other, "the same pod, after a restart");
    }

    #[test]
    fn a_released_address_is_not_the_next_one_given_but_is_given_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let addresses = PodAddresses::open(folder.path(), BASE).unwrap();
        let first = addresses.of(&pod("x", "x", None)).unwrap();
        assert_eq!(first.octets(), [127, 9, 8, FIRST]);
        addresses.release("x").unwrap();
        assert_ne!(addresses.of(&pod("y", "y", None)).unwrap(), first);
        let mut seen = Vec::new();
        for number in 0..usize::from(LAST - FIRST) {
            seen.push(addresses.of(&pod("z", &number.to_string(), None)).unwrap());
        }
        assert!(seen.contains(&first));
        assert!(matches!(addresses.of(&pod("late", "late", None)), Err(AddressError::Exhausted)));
    }
}
