use klamm_kafka::{Address, Addresses, Authentication, Client, ClientConfig};
use klamm_model::{BrokerId, ClusterRef};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::watch;

/// How a cluster's brokers are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dial {
    /// By the addresses of their pods, whatever they advertise.
    Pods(BTreeMap<BrokerId, Address>),
    /// By what they advertise, beginning with these.
    Bootstrap(Vec<Address>),
}

impl Dial {
    fn first_addresses(&self) -> Vec<Address> {
        match self {
            Self::Pods(pods) => pods.values().cloned().collect(),
            Self::Bootstrap(addresses) => addresses.clone(),
        }
    }

    fn addresses(&self) -> Addresses {
        match self {
            Self::Pods(pods) => Addresses::Explicit(pods.clone()),
            Self::Bootstrap(_) => Addresses::Advertised,
        }
    }
}

/// Why a cluster's brokers cannot be asked now. Not an error: wait for [`ClusterConnections::changes`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotConnected {
    /// Nobody declares it, or Klamm has not looked at it yet.
    #[error("the cluster {0} is not known")]
    UnknownCluster(ClusterRef),
    /// Its brokers do not answer yet, or no more.
    #[error("{0}")]
    NotReadyYet(String),
}

struct Connection {
    client: Client,
    dial: Dial,
    authentication: Authentication,
    /// Why it is not given out; none when brokers answer.
    held_back: Option<String>,
}

/// The admin client of each cluster, kept current by the cluster reconciler.
#[derive(Clone)]
pub(crate) struct ClusterConnections {
    connections: Arc<RwLock<BTreeMap<ClusterRef, Connection>>>,
    changes: watch::Sender<u64>,
}

impl Default for ClusterConnections {
    fn default() -> Self {
        Self { connections: Arc::default(), changes: watch::Sender::new(0) }
    }
}

impl ClusterConnections {
    /// The client of a cluster whose brokers answer.
    pub(crate) fn get(&self, cluster: &ClusterRef) -> Result<Client, NotConnected> {
        let connections = self.connections.read().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = connections.get(cluster) else {
            return Err(NotConnected::UnknownCluster(cluster.clone()));
        };
        match &connection.held_back {
            None => Ok(connection.client.clone()),
            Some(reason) => Err(NotConnected::NotReadyYet(reason.clone())),
        }
    }

    /// Where the brokers of a cluster ask for a password, each with an address of its own where that is known; nowhere
    /// when Klamm is let in without one.
    pub(crate) fn doors(&self, cluster: &ClusterRef) -> Vec<Address> {
        let connections = self.connections.read().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = connections.get(cluster) else { return Vec::new() };
        match connection.authentication {
            Authentication::None => Vec::new(),
            Authentication::ScramSha512(_) | Authentication::Plain(_) => connection.dial.first_addresses(),
        }
    }

    /// Changes whenever a cluster becomes reachable, or no longer is.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The client for this way to the brokers; an existing one learns the new addresses and keeps its connections. It is
    /// not given out before [`Self::judge`] says that brokers answer.
    pub(crate) async fn dial(&self, cluster: &ClusterRef, dial: Dial, authentication: Authentication) -> Client {
        if let Some((client, moved)) = self.reusable(cluster, &dial, &authentication) {
            if moved {
                client.set_addresses(dial.addresses()).await;
            }
            return client;
        }
        let client = Client::new(ClientConfig {
            bootstrap: dial.first_addresses(),
            addresses: dial.addresses(),
            authentication: authentication.clone(),
            client_id: "klamm-operator".to_owned(),
            ..ClientConfig::new()
        });
        let held_back = Some(format!("the brokers of {cluster} have not answered yet"));
        let connection = Connection { client: client.clone(), dial, authentication, held_back };
        let replaced =
            self.connections.write().unwrap_or_else(PoisonError::into_inner).insert(cluster.clone(), connection);
        if let Some(replaced) = replaced {
            replaced.client.close().await;
        }
        client
    }

    fn reusable(&self, cluster: &ClusterRef, dial: &Dial, authentication: &Authentication) -> Option<(Client, bool)> {
        let mut connections = self.connections.write().unwrap_or_else(PoisonError::into_inner);
        let connection = connections.get_mut(cluster)?;
        if connection.authentication != *authentication || !overlap(&connection.dial, dial) {
            return None;
        }
        let moved = connection.dial != *dial;
        connection.dial = dial.clone();
        Some((connection.client.clone(), moved))
    }

    /// Says whether the brokers answer; `held_back` is a sentence for people.
    pub(crate) fn judge(&self, cluster: &ClusterRef, held_back: Option<String>) {
        let mut connections = self.connections.write().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = connections.get_mut(cluster) else { return };
        let turned = connection.held_back.is_none() != held_back.is_none();
        connection.held_back = held_back;
        drop(connections);
        if turned {
            self.changes.send_modify(|count| *count += 1);
        }
    }

    /// Forgets a cluster that is gone.
    pub(crate) async fn forget(&self, cluster: &ClusterRef) {
        let gone = self.connections.write().unwrap_or_else(PoisonError::into_inner).remove(cluster);
        if let Some(connection) = gone {
            connection.client.close().await;
            self.changes.send_modify(|count| *count += 1);
        }
    }
}

// A client keeps the addresses it began with as its last resort. When none of them is right any more, a new client is.
fn overlap(old: &Dial, new: &Dial) -> bool {
    match (old, new) {
        (Dial::Pods(old), Dial::Pods(new)) => {
            let old: BTreeSet<_> = old.values().collect();
            new.values().any(|address| old.contains(address))
        }
        (Dial::Bootstrap(old), Dial::Bootstrap(new)) => old == new,
        (Dial::Pods(_), Dial::Bootstrap(_)) | (Dial::Bootstrap(_), Dial::Pods(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pods(addresses: &[(i32, &str)]) -> Dial {
        Dial::Pods(addresses.iter().map(|(id, address)| (BrokerId(*id), address.parse().unwrap())).collect())
    }

    #[tokio::test]
    async fn a_client_is_given_out_only_while_brokers_answer() {
        let connections = ClusterConnections::default();
        let cluster: ClusterRef = "kafka/demo".parse().unwrap();
        assert_eq!(connections.get(&cluster).err(), Some(NotConnected::UnknownCluster(cluster.clone())));

        connections.dial(&cluster, pods(&[(0, "127.0.0.1:1")]), Authentication::None).await;
        assert!(matches!(connections.get(&cluster), Err(NotConnected::NotReadyYet(_))));

        let mut changes = connections.changes();
        changes.mark_unchanged();
        connections.judge(&cluster, None);
        assert!(connections.get(&cluster).is_ok());
        assert!(changes.has_changed().unwrap());

        changes.mark_unchanged();
        connections.judge(&cluster, None);
        assert!(!changes.has_changed().unwrap(), "saying the same again is no change");

        connections.judge(&cluster, Some("gone".to_owned()));
        assert_eq!(connections.get(&cluster).err(), Some(NotConnected::NotReadyYet("gone".to_owned())));
        connections.forget(&cluster).await;
        assert!(matches!(connections.get(&cluster), Err(NotConnected::UnknownCluster(_))));
    }

    #[test]
    fn a_client_is_kept_while_one_pod_stays_where_it_was() {
        let old = pods(&[(0, "10.0.0.1:9091"), (1, "10.0.0.2:9091")]);
        assert!(overlap(&old, &pods(&[(0, "10.0.0.1:9091"), (1, "10.0.0.9:9091")])));
        assert!(!overlap(&old, &pods(&[(0, "10.0.0.8:9091"), (1, "10.0.0.9:9091")])));
        assert!(!overlap(&old, &Dial::Bootstrap(vec!["10.0.0.1:9091".parse().unwrap()])));
    }
}
