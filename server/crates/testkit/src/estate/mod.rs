//! A stand-in estate: a cluster of brokers that speaks Kafka's protocol on real sockets, as large as wanted, the same every
//! time, with faults that can be switched on and off. It tells what a collector asks for, and takes the changes that move
//! replicas. Beside each broker an exporter tells numbers.

mod access;
mod answers;
mod broker;
mod changes;
pub(crate) mod dice;
mod exporter;
mod faults;
mod names;
mod remembered;
mod served;
mod wire;
mod world;

pub use exporter::BadExporter;
pub use faults::Fault;

use anyhow::Context;
use faults::Condition;
use remembered::Remembered;
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use world::World;

/// How large an estate is, and what it is grown from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstateSize {
    /// Topics, those of the brokers included.
    pub topics: usize,
    /// Partitions of all topics together; at least one each.
    pub partitions: usize,
    /// Groups of all protocols together.
    pub groups: usize,
    /// Brokers, numbered from 1; the first three also vote in the quorum.
    pub brokers: usize,
    /// Racks, each with every so-manieth broker.
    pub racks: usize,
    /// Everything else follows from it.
    pub seed: u64,
}

impl EstateSize {
    /// The size that budgets are measured at.
    pub const FULL: Self = Self { topics: 10_000, partitions: 50_000, groups: 10_000, brokers: 12, racks: 3, seed: 5 };
    /// Large enough to have some of everything, small enough for a test without optimisation.
    pub const SMALL: Self = Self { topics: 120, partitions: 600, groups: 150, ..Self::FULL };

    /// The rack of a broker.
    pub fn rack(&self, broker: i32) -> String {
        let racks = i32::try_from(self.racks.max(1)).unwrap_or(1);
        format!("zone-{}", (broker - 1).rem_euclid(racks) + 1)
    }
}

/// A running estate; it ends when this is dropped.
#[derive(Debug)]
pub struct Estate {
    shared: Arc<Shared>,
    _brokers: JoinSet<()>,
}

/// What all brokers of an estate know.
#[derive(Debug)]
struct Shared {
    world: World,
    places: Places,
    /// Where each broker listens, the first being number 1.
    addresses: Vec<SocketAddr>,
    /// Where the exporter of each tells numbers, alike.
    exporters: Vec<SocketAddr>,
    condition: watch::Sender<Arc<Condition>>,
    remembered: Remembered,
}

/// Where in the world a name stands.
#[derive(Debug)]
struct Places {
    topics: HashMap<String, usize>,
    groups: HashMap<String, usize>,
}

impl Places {
    fn of(world: &World) -> Self {
        let topics = world.topics.iter().enumerate().map(|(place, topic)| (topic.name.to_string(), place));
        let groups = world.groups.iter().enumerate().map(|(place, group)| (group.id.to_string(), place));
        Self { topics: topics.collect(), groups: groups.collect() }
    }
}

/// The first broker listens at this loopback address, the others at those after it: none is where other programs' sockets are.
const FIRST_HOST: u8 = 11;

impl Estate {
    /// Begins to listen, a loopback address for each broker.
    pub async fn start(size: EstateSize) -> anyhow::Result<Self> {
        let (mut listeners, mut exporters) = (Vec::new(), Vec::new());
        for (n, host) in (1..).zip((FIRST_HOST..u8::MAX).take(size.brokers)) {
            let address = SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0));
            let listener = TcpListener::bind(address).await.with_context(|| format!("listen as broker {n}"))?;
            let address = listener.local_addr().context("see where a broker listens")?;
            let exporter = TcpListener::bind(SocketAddr::new(address.ip(), 0)).await;
            let exporter = exporter.with_context(|| format!("listen as the exporter of broker {n}"))?;
            listeners.push((n, address, listener));
            exporters.push((n, exporter.local_addr().context("see where an exporter listens")?, exporter));
        }
        let world = World::grow(size);
        let shared = Arc::new(Shared {
            places: Places::of(&world),
            world,
            addresses: listeners.iter().map(|(_, address, _)| *address).collect(),
            exporters: exporters.iter().map(|(_, address, _)| *address).collect(),
            condition: watch::Sender::new(Arc::default()),
            remembered: Remembered::default(),
        });
        let mut brokers = JoinSet::new();
        for (id, address, listener) in listeners {
            brokers.spawn(broker::run(id, address, listener, shared.clone()));
        }
        for (id, _, listener) in exporters {
            brokers.spawn(exporter::run(id, listener, shared.clone()));
        }
        Ok(Self { shared, _brokers: brokers })
    }

    /// Where the brokers listen, the first being number 1.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.shared.addresses
    }

    /// Where the exporter of each broker tells numbers, the first being that of number 1.
    pub fn exporters(&self) -> &[SocketAddr] {
        &self.shared.exporters
    }

    /// All of them as `bootstrap.servers`.
    pub fn bootstrap_servers(&self) -> String {
        self.shared.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    /// From now on this does not work.
    pub fn inflict(&self, fault: Fault) {
        self.change(|condition| {
            condition.faults.insert(fault);
        });
    }

    /// From now on this works again.
    pub fn heal(&self, fault: Fault) {
        self.change(|condition| {
            condition.faults.remove(&fault);
        });
    }

    /// From now on everything works.
    pub fn heal_everything(&self) {
        self.change(|condition| condition.faults.clear());
    }

    /// Records come in as in so many seconds.
    pub fn grow_older(&self, seconds: u32) {
        self.change(|condition| {
            condition.age += i64::from(seconds);
            condition.settle();
        });
    }

    fn change(&self, change: impl FnOnce(&mut Condition)) {
        self.shared.change(change);
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut Condition)) {
        self.condition.send_modify(|condition| change(Arc::make_mut(condition)));
    }
}
