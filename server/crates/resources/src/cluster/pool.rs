use super::{NodePool, PoolRole, Storage, StorageType};
use crate::{
    invalid::Problems,
    quantity::{bytes_of_heap, bytes_of_quantity},
};
use k8s_openapi::api::core::v1::{Affinity, ResourceRequirements, Toleration, TopologySpreadConstraint};
use klamm_model::{BrokerId, PoolName};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes that are alike, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidatedPool {
    /// Its name.
    pub name: PoolName,
    /// What its nodes do.
    pub roles: BTreeSet<PoolRole>,
    /// How many nodes.
    pub replicas: u32,
    /// Ids that go first when it shrinks.
    pub leaving: BTreeSet<BrokerId>,
    /// Where its nodes keep data.
    pub storage: PoolStorage,
    /// As declared.
    pub resources: Option<ResourceRequirements>,
    /// Bytes of the heap: as declared, else half the memory limit, else half the memory request, else 1 GiB.
    pub heap_bytes: u64,
    /// More options for the Java machine.
    pub jvm_options: Vec<String>,
    /// Labels a Kubernetes node must have.
    pub node_selector: BTreeMap<String, String>,
    /// Replaces the default where given.
    pub affinity: Option<Affinity>,
    /// As in a pod.
    pub tolerations: Vec<Toleration>,
    /// Replace the default where there are any.
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
}

impl ValidatedPool {
    /// Whether its nodes store partitions.
    pub fn is_broker(&self) -> bool {
        self.roles.contains(&PoolRole::Broker)
    }

    /// Whether its nodes vote.
    pub fn is_controller(&self) -> bool {
        self.roles.contains(&PoolRole::Controller)
    }
}

/// Where nodes keep data, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolStorage {
    /// A PersistentVolumeClaim for each node.
    Persistent {
        /// How much, as declared.
        size: String,
        /// The same in bytes.
        bytes: u64,
        /// The StorageClass; none means the default one.
        class: Option<String>,
        /// Whether volumes stay when their node or the cluster is deleted.
        keep_on_delete: bool,
    },
    /// An emptyDir for each node.
    Ephemeral {
        /// Its limit, as declared.
        size: Option<String>,
        /// The same in bytes.
        bytes: Option<u64>,
    },
}

/// What Kafka's own start script takes.
const DEFAULT_HEAP: u64 = 1 << 30;
/// Below this a broker does not start.
const SMALLEST_HEAP: u64 = 64 << 20;
/// A StatefulSet's name ends up in a label with 11 more characters, and a label has at most 63.
const LONGEST_STATEFUL_SET: usize = 52;
/// Room for node ids to grow.
const DIGITS_OF_ID: usize = 4;

pub(super) fn validate(problems: &mut Problems, cluster: &str, pool: &NodePool) -> Option<ValidatedPool> {
    let field = format!("spec.pools[{}]", pool.name);
    let name: Option<PoolName> = problems.take(format!("{field}.name"), pool.name.parse());
    if cluster.len() + pool.name.len() + 2 + DIGITS_OF_ID > LONGEST_STATEFUL_SET {
        let room = LONGEST_STATEFUL_SET - 2 - DIGITS_OF_ID;
        problems.invalid(
            format!("{field}.name"),
            format!("the names of cluster and pool together have more than {room} characters, too many for names of pods: shorten one"),
        );
    }
    if pool.roles.is_empty() {
        problems.invalid(format!("{field}.roles"), "a pool needs at least one role: broker, controller or both");
    }
    let replicas = u32::try_from(pool.replicas).ok().filter(|replicas| *replicas <= 1000);
    if replicas.is_none() {
        problems.invalid(format!("{field}.replicas"), "replicas must be from 0 to 1000");
    }
    if pool.leaving.iter().any(|id| *id < 0) {
        problems.invalid(format!("{field}.leaving"), "node ids are not negative");
    }
    let is_option = |option: &String| option.starts_with('-') && !option.contains(char::is_whitespace);
    if !pool.jvm.options.iter().all(is_option) {
        let message = "options begin with a hyphen and have no spaces: write each as an entry of its own";
        problems.invalid(format!("{field}.jvm.options"), message);
    }
    let storage = storage(problems, &format!("{field}.storage"), &pool.storage);
    if pool.roles.contains(&PoolRole::Controller) && pool.storage.type_ == StorageType::Ephemeral {
        problems.invalid(
            format!("{field}.storage.type"),
            "a pool of controllers needs persistent storage; a controller that forgets breaks the quorum",
        );
    }
    let heap_bytes = heap(problems, &field, pool);
    let affinity = pool.affinity.clone().and_then(|affinity| {
        let read = serde_json::from_value::<Affinity>(affinity)
            .map_err(|error| format!("it is not an affinity as pods have it ({error})"));
        problems.take(format!("{field}.affinity"), read)
    });
    Some(ValidatedPool {
        name: name?,
        roles: pool.roles.iter().copied().collect(),
        replicas: replicas?,
        leaving: pool.leaving.iter().copied().map(BrokerId).collect(),
        storage: storage?,
        resources: pool.resources.clone(),
        heap_bytes: heap_bytes?,
        jvm_options: pool.jvm.options.clone(),
        node_selector: pool.node_selector.clone(),
        affinity,
        tolerations: pool.tolerations.clone(),
        topology_spread_constraints: pool.topology_spread_constraints.clone(),
    })
}

fn storage(problems: &mut Problems, field: &str, storage: &Storage) -> Option<PoolStorage> {
    let size_field = format!("{field}.size");
    let bytes = match &storage.size {
        Some(size) => {
            let bytes = problems.take(&size_field, bytes_of_quantity(size))?;
            if bytes == 0 {
                problems.invalid(size_field, "the size must be more than zero");
                return None;
            }
            Some(bytes)
        }
        None => None,
    };
    match (storage.type_, &storage.size, bytes) {
        (StorageType::Ephemeral, size, bytes) => Some(PoolStorage::Ephemeral { size: size.clone(), bytes }),
        (StorageType::Persistent, Some(size), Some(bytes)) => Some(PoolStorage::Persistent {
            size: size.clone(),
            bytes,
            class: storage.class.clone(),
            keep_on_delete: storage.keep_on_delete,
        }),
        (StorageType::Persistent, _, _) => {
            problems.invalid(size_field, "persistent storage needs a size, such as 100Gi");
            None
        }
    }
}

fn heap(problems: &mut Problems, field: &str, pool: &NodePool) -> Option<u64> {
    let mut memory = |kind: &str, amounts: Option<&BTreeMap<String, _>>| {
        let quantity: &k8s_openapi::apimachinery::pkg::api::resource::Quantity = amounts?.get("memory")?;
        problems.take(format!("{field}.resources.{kind}.memory"), bytes_of_quantity(&quantity.0))
    };
    let resources = pool.resources.as_ref();
    let limit = memory("limits", resources.and_then(|resources| resources.limits.as_ref()));
    let request = memory("requests", resources.and_then(|resources| resources.requests.as_ref()));
    let heap = match &pool.jvm.heap {
        Some(heap) => problems.take(format!("{field}.jvm.heap"), bytes_of_heap(heap))?,
        None => limit.or(request).map_or(DEFAULT_HEAP, |memory| memory / 2),
    };
    if heap < SMALLEST_HEAP {
        let smallest = "a broker needs a heap of 64 MiB at least: raise jvm.heap or the memory limit";
        problems.invalid(format!("{field}.jvm.heap"), smallest);
        return None;
    }
    if let Some(limit) = limit
        && heap >= limit
    {
        problems.invalid(
            format!("{field}.jvm.heap"),
            "the heap is not smaller than the memory limit, which must also hold what Java needs beside it: about half of it is usual",
        );
        return None;
    }
    Some(heap)
}
