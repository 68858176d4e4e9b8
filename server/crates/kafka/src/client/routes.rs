//! Where brokers are, as far as this client knows.

use crate::{Address, Addresses};
use klamm_model::BrokerId;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Where brokers are.
#[derive(Debug)]
pub(super) struct Routes {
    bootstrap: Vec<Address>,
    table: RwLock<Table>,
    preferred: AtomicUsize,
}

#[derive(Debug)]
struct Table {
    addresses: Addresses,
    advertised: BTreeMap<BrokerId, Address>,
}

impl Routes {
    pub(super) fn new(bootstrap: Vec<Address>, addresses: Addresses) -> Self {
        let table = RwLock::new(Table { addresses, advertised: BTreeMap::new() });
        Self { bootstrap, table, preferred: AtomicUsize::new(0) }
    }

    fn read<T>(&self, look: impl FnOnce(&Table) -> T) -> T {
        look(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, addresses: Addresses) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).addresses = addresses;
    }

    /// Remembers what brokers say of each other.
    pub(super) fn learn(&self, advertised: BTreeMap<BrokerId, Address>) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).advertised = advertised;
    }

    /// Whether asking the cluster could tell where an unknown broker is.
    pub(super) fn can_learn(&self) -> bool {
        self.read(|table| table.addresses == Addresses::Advertised)
    }

    pub(super) fn broker(&self, id: BrokerId) -> Option<Address> {
        self.read(|table| match &table.addresses {
            Addresses::Advertised => table.advertised.get(&id).cloned(),
            Addresses::Explicit(explicit) => explicit.get(&id).cloned(),
        })
    }

    /// Everywhere a broker may be.
    pub(super) fn all(&self) -> BTreeSet<Address> {
        self.candidates().into_iter().collect()
    }

    /// Everywhere a broker may be, brokers known by id first, each once.
    fn candidates(&self) -> Vec<Address> {
        let mut candidates: Vec<Address> = self.read(|table| match &table.addresses {
            Addresses::Advertised => table.advertised.values().cloned().collect(),
            Addresses::Explicit(explicit) => explicit.values().cloned().collect(),
        });
        for address in &self.bootstrap {
            if !candidates.contains(address) {
                candidates.push(address.clone());
            }
        }
        candidates
    }

    /// All candidates, beginning with the one that last worked.
    pub(super) fn any(&self) -> Vec<Address> {
        self.rotated(self.preferred.load(Ordering::Relaxed))
    }

    /// All candidates, beginning with the `turn`-th: different turns go to different brokers.
    pub(super) fn rotated(&self, turn: usize) -> Vec<Address> {
        let mut candidates = self.candidates();
        let length = candidates.len().max(1);
        candidates.rotate_left(turn % length);
        candidates
    }

    /// The next question to anybody begins with somebody else.
    pub(super) fn turn_away(&self) {
        self.preferred.fetch_add(1, Ordering::Relaxed);
    }
}
