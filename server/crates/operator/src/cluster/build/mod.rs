//! The Kubernetes objects of a cluster, rendered from its checked declaration. Pure: no client, no clock, no chance; the
//! same blueprint always renders the same objects.

mod config_map;
mod made_from;
mod network;
mod pod;
mod properties;
mod services;
mod stateful_set;
mod storage;
mod surroundings;
#[cfg(test)]
mod tests;

pub(crate) use made_from::{MadeFrom, OWN_TEMPLATE, made_from};
pub(crate) use services::node_port_service;

use super::{identity::Identity, labels};
use k8s_openapi::{
    api::{
        apps::v1::StatefulSet,
        core::v1::{ConfigMap, PersistentVolumeClaim, Service, ServiceAccount},
        networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
    },
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use klamm_model::{ClusterRef, PoolName};
use klamm_resources::{ManagedCluster, PoolStorage, ValidatedPool, ValidatedTenant};
use std::collections::BTreeMap;

/// Everything that objects are rendered from.
#[derive(Clone, Copy)]
pub(crate) struct Blueprint<'a> {
    /// Which cluster.
    pub(crate) cluster: &'a ClusterRef,
    /// The `KafkaCluster`, with which most objects go.
    pub(crate) owner: &'a OwnerReference,
    /// What is declared.
    pub(crate) managed: &'a ManagedCluster,
    /// What it is.
    pub(crate) identity: &'a Identity,
    /// Whose namespaces may use it.
    pub(crate) tenants: &'a [ValidatedTenant],
    /// Where Klamm itself runs.
    pub(crate) klamm_namespace: &'a str,
    /// Where images come from when none is declared.
    pub(crate) image_repository: &'a str,
}

/// A node to render.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    /// Its `node.id`.
    pub(crate) id: i32,
    /// Its pool.
    pub(crate) pool: &'a ValidatedPool,
    /// The ports Kubernetes gave to its `nodePort` listeners, by listener.
    pub(crate) ports: &'a BTreeMap<String, i32>,
}

/// What a cluster has once, whatever its nodes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(crate) struct Surroundings {
    pub(crate) service_account: ServiceAccount,
    pub(crate) services: Vec<Service>,
    pub(crate) disruption_budget: PodDisruptionBudget,
    pub(crate) network_policy: Option<NetworkPolicy>,
}

impl Blueprint<'_> {
    pub(crate) fn image(&self) -> String {
        match &self.managed.image {
            Some(image) => image.clone(),
            None => format!("{}:{}", self.image_repository, self.managed.version),
        }
    }

    /// The pool of that name.
    pub(crate) fn pool(&self, name: &PoolName) -> Option<&ValidatedPool> {
        self.managed.pools.iter().find(|pool| pool.name == *name)
    }

    /// Whether anything of this cluster stays when it is deleted; what is needed to use it again must stay too.
    pub(crate) fn keeps_data(&self) -> bool {
        self.managed.pools.iter().any(|pool| match &pool.storage {
            PoolStorage::Persistent { keep_on_delete, .. } => *keep_on_delete,
            PoolStorage::Ephemeral { .. } => false,
        })
    }

    /// How many brokers it was founded with: internal topics get their factors from it. Counting the brokers there are
    /// now would make every scaling a change of every broker's configuration.
    fn founding_brokers(&self) -> usize {
        let is_broker = |pool: &PoolName| self.pool(pool).is_some_and(ValidatedPool::is_broker);
        let founded = self.identity.founders.values().filter(|founder| is_broker(&founder.pool)).count();
        if founded > 0 { founded } else { self.managed.broker_count() as usize }
    }

    /// Settings that brokers are declared to have, without those that nobody may change.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        let pool = self.managed.pools.iter().find(|pool| pool.is_broker());
        pool.map(|pool| properties::settings(self, pool)).unwrap_or_default().into_iter().collect()
    }

    pub(crate) fn surroundings(&self) -> Surroundings {
        Surroundings {
            service_account: surroundings::service_account(self),
            services: services::services(self),
            disruption_budget: surroundings::disruption_budget(self),
            network_policy: network::network_policy(self),
        }
    }

    pub(crate) fn config_map(&self, pool: &ValidatedPool) -> ConfigMap {
        config_map::config_map(self, pool)
    }

    pub(crate) fn claim(
        &self,
        node: &Node<'_>,
        existing: Option<&PersistentVolumeClaim>,
    ) -> Option<PersistentVolumeClaim> {
        storage::claim(self, node, existing)
    }

    pub(crate) fn stateful_set(&self, node: &Node<'_>) -> StatefulSet {
        stateful_set::stateful_set(self, node)
    }

    /// Addresses for clients, by listener.
    pub(crate) fn bootstrap_servers(&self, facts: &BTreeMap<i32, BrokerFacts>) -> BTreeMap<String, String> {
        services::bootstrap_servers(self, facts)
    }

    fn node_name(&self, node: &Node<'_>) -> String {
        labels::node(self.cluster, &node.pool.name, node.id)
    }
}

/// What is known of a running broker that clients have to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BrokerFacts {
    pub(crate) pool: Option<PoolName>,
    pub(crate) pod_ip: Option<String>,
    pub(crate) host_ip: Option<String>,
    pub(crate) node_ports: BTreeMap<String, i32>,
}
