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
    /// Fenced when last heard of: what they know of the cluster may be old, so they are asked last.
    fenced: BTreeSet<BrokerId>,
    /// Did not answer when last asked: others may well.
    silent: BTreeSet<BrokerId>,
}

impl Routes {
    pub(super) fn new(bootstrap: Vec<Address>, addresses: Addresses) -> Self {
        let table = Table { addresses, advertised: BTreeMap::new(), fenced: BTreeSet::new(), silent: BTreeSet::new() };
        Self { bootstrap, table: RwLock::new(table), preferred: AtomicUsize::new(0) }
    }

    fn read<T>(&self, look: impl FnOnce(&Table) -> T) -> T {
        look(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, addresses: Addresses) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).addresses = addresses;
    }

    /// Remembers what brokers say of each other.
    pub(super) fn learn(&self, advertised: BTreeMap<BrokerId, Address>, fenced: BTreeSet<BrokerId>) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.advertised = advertised;
        table.fenced = fenced;
    }

    /// Brokers that others are to be preferred to, until this is said anew.
    pub(super) fn ask_last(&self, silent: BTreeSet<BrokerId>) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).silent = silent;
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
        self.rotated(0).into_iter().collect()
    }

    /// All candidates, beginning with the one that last worked.
    pub(super) fn any(&self) -> Vec<Address> {
        self.rotated(self.preferred.load(Ordering::Relaxed))
    }

    /// All candidates, each once: brokers known by id, beginning with the `turn`-th so that different turns go to
    /// different brokers; then where we were told to begin; then brokers known to be fenced or silent.
    pub(super) fn rotated(&self, turn: usize) -> Vec<Address> {
        let (mut candidates, last) = self.read(|table| {
            let known = match &table.addresses {
                Addresses::Advertised => &table.advertised,
                Addresses::Explicit(explicit) => explicit,
            };
            let is_last = |id: &BrokerId| table.fenced.contains(id) || table.silent.contains(id);
            let (last, running): (Vec<_>, Vec<_>) = known.iter().partition(|(id, _)| is_last(id));
            let addresses = |brokers: Vec<(&BrokerId, &Address)>| -> Vec<Address> {
                brokers.into_iter().map(|(_, address)| address.clone()).collect()
            };
            (addresses(running), addresses(last))
        });
        if candidates.is_empty() {
            candidates.clone_from(&self.bootstrap);
        }
        let length = candidates.len().max(1);
        candidates.rotate_left(turn % length);
        let mut once = Vec::with_capacity(candidates.len() + self.bootstrap.len());
        for address in candidates.iter().chain(self.bootstrap.iter().filter(|b| !last.contains(b))).chain(&last) {
            if !once.contains(address) {
                once.push(address.clone());
            }
        }
        once
    }

    /// The next question to anybody begins with somebody else.
    pub(super) fn turn_away(&self) {
        self.preferred.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> Address {
        Address::new("127.0.0.1", port).unwrap()
    }

    fn routes(addresses: Addresses) -> Routes {
        Routes::new(vec![at(1), at(9)], addresses)
    }

    #[test]
    fn turns_share_brokers_and_bootstrap_comes_after() {
        let routes =
            routes(Addresses::Explicit([1, 2, 3].map(|id| (BrokerId(id), at(u16::try_from(id).unwrap()))).into()));
        assert_eq!(routes.rotated(0), [at(1), at(2), at(3), at(9)]);
        assert_eq!(routes.rotated(4), [at(2), at(3), at(1), at(9)]);
    }

    #[test]
    fn without_known_brokers_bootstrap_is_all_there_is() {
        let routes = routes(Addresses::Advertised);
        assert_eq!(routes.rotated(1), [at(9), at(1)]);
        assert!(Routes::new(vec![], Addresses::Advertised).any().is_empty());
    }

    #[test]
    fn silent_brokers_are_asked_last_until_they_are_not_silent() {
        let routes = routes(Addresses::Advertised);
        routes.learn(BTreeMap::from([(BrokerId(1), at(1)), (BrokerId(2), at(2))]), BTreeSet::new());
        routes.ask_last(BTreeSet::from([BrokerId(1)]));
        assert_eq!(routes.rotated(4), [at(2), at(9), at(1)]);
        routes.ask_last(BTreeSet::new());
        assert_eq!(routes.rotated(0), [at(1), at(2), at(9)]);
    }

    #[test]
    fn fenced_brokers_are_asked_last_even_where_they_are_bootstrap() {
        let routes = routes(Addresses::Advertised);
        let advertised = BTreeMap::from([(BrokerId(1), at(1)), (BrokerId(2), at(2))]);
        routes.learn(advertised, BTreeSet::from([BrokerId(1)]));
        assert_eq!(routes.rotated(0), [at(2), at(9), at(1)]);
        assert_eq!(routes.broker(BrokerId(1)), Some(at(1)), "it is still found when asked for by id");
    }
}
