//! Who talks to the brokers of a cluster, as they count it themselves. Connections are counted, not people: nothing of this says who
//! somebody is but where there is a quota for them.

use crate::Portal;
use klamm_model::{
    Actor, BrokerConnections, BrokerId, BrokerState, ClientRate, ClientSoftware, ClientVersions, ClientsView,
    ClusterRef, Connected, OldRequests, OldRequestsView, Problem, QuotaRate, QuotaResource,
};
use std::collections::{BTreeMap, BTreeSet};

/// Who made a cluster, and so which names its listeners have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    Klamm,
    Others,
}

/// What brokers told of their clients.
#[derive(Debug, Default)]
struct Told {
    software: Vec<ClientVersions>,
    old: Vec<OldRequests>,
    rates: Vec<QuotaRate>,
}

impl Portal {
    /// The clients of a cluster.
    pub fn clients(&self, actor: &Actor, cluster: &ClusterRef) -> Result<ClientsView, Problem> {
        let seen = self.seen(actor, cluster)?;
        let now = self.now();
        let told = self.observations.vitals(cluster).map_or_else(Told::default, |vitals| Told {
            software: vitals.clients(now),
            old: vitals.old_requests(now),
            rates: vitals.quota_rates(now),
        });
        let is_ours = seen.inventory.brokers.iter().any(|broker| broker.pool.is_some());
        let maker = if is_ours { Maker::Klamm } else { Maker::Others };
        let serves = seen.inventory.brokers.iter().filter(|broker| broker.state == BrokerState::Running).count();
        Ok(view(told, u32::try_from(serves).unwrap_or(u32::MAX), maker))
    }
}

/// Whose connections these are. Controllers have a listener that nobody else uses; so have brokers where Klamm or Strimzi made them,
/// and what they say to each other there carries no name. Elsewhere nobody can tell brokers from clients.
fn who(told: &ClientVersions, maker: Maker) -> Connected {
    let listener = told.listener.as_deref().unwrap_or_default().to_ascii_uppercase();
    let of_controllers = listener == "CONTROLLER" || listener.starts_with("CONTROLPLANE");
    let of_brokers = match maker {
        Maker::Klamm => listener == "INTERNAL",
        Maker::Others => listener.starts_with("REPLICATION"),
    };
    if of_controllers || (of_brokers && told.name == "unknown") { Connected::Brokers } else { Connected::Clients }
}

fn view(told: Told, brokers: u32, maker: Maker) -> ClientsView {
    let of_software = told.software.iter().map(|one| one.broker);
    let said = of_software.chain(told.old.iter().map(|one| one.broker)).chain(told.rates.iter().map(|one| one.broker));
    let told_by: BTreeSet<BrokerId> = said.flatten().collect();
    ClientsView {
        software: software(told.software, maker),
        old_requests: old_requests(told.old),
        rates: rates(told.rates),
        told_by: told_by.into_iter().collect(),
        brokers,
    }
}

fn software(told: Vec<ClientVersions>, maker: Maker) -> Vec<ClientSoftware> {
    type What = (Connected, String, String);
    type Of = (BTreeMap<Option<BrokerId>, u64>, BTreeSet<String>);
    let mut all: BTreeMap<What, Of> = BTreeMap::new();
    for one in told {
        let who = who(&one, maker);
        let ClientVersions { name, version, listener, connections, broker } = one;
        let (by_broker, listeners) = all.entry((who, name, version)).or_default();
        *by_broker.entry(broker).or_default() += u64::from(connections);
        listeners.extend(listener);
    }
    let one = |((who, name, version), (by_broker, listeners)): (What, Of)| ClientSoftware {
        who,
        name,
        version,
        connections: by_broker.values().sum(),
        by_broker: by_broker
            .into_iter()
            .map(|(broker, connections)| BrokerConnections { broker, connections })
            .collect(),
        listeners: listeners.into_iter().collect(),
    };
    all.into_iter().map(one).collect()
}

fn old_requests(told: Vec<OldRequests>) -> Vec<OldRequestsView> {
    type What = (String, String, Option<String>, Option<String>);
    let mut all: BTreeMap<What, (u64, BTreeSet<BrokerId>)> = BTreeMap::new();
    for OldRequests { request, version, client, client_version, count, broker } in told {
        let (sum, brokers) = all.entry((request, version, client, client_version)).or_default();
        *sum = sum.saturating_add(count);
        brokers.extend(broker);
    }
    let one = |((request, version, client, client_version), (count, brokers)): (What, (u64, BTreeSet<BrokerId>))| {
        OldRequestsView { request, version, client, client_version, count, brokers: brokers.into_iter().collect() }
    };
    let mut all: Vec<_> = all.into_iter().map(one).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.count));
    all
}

fn rates(told: Vec<QuotaRate>) -> Vec<ClientRate> {
    let mut all: BTreeMap<(Option<String>, Option<String>), ClientRate> = BTreeMap::new();
    for QuotaRate { resource, user, client_id, rate, throttle_millis, broker: _ } in told {
        let nothing = ClientRate {
            user: user.clone(),
            client_id: client_id.clone(),
            produced: None,
            fetched: None,
            handlers: None,
            throttle_millis: None,
        };
        let of = all.entry((user, client_id)).or_insert(nothing);
        let sum = match resource {
            QuotaResource::Produce => &mut of.produced,
            QuotaResource::Fetch => &mut of.fetched,
            QuotaResource::Request => &mut of.handlers,
        };
        *sum = Some(sum.unwrap_or_default() + rate);
        if let Some(held_up) = throttle_millis {
            of.throttle_millis = Some(of.throttle_millis.map_or(held_up, |longest| longest.max(held_up)));
        }
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(name: &str, version: &str, broker: i32, connections: u32) -> ClientVersions {
        let (name, version, listener) = (name.to_owned(), version.to_owned(), Some(format!("L{broker}")));
        ClientVersions { name, version, listener, connections, broker: Some(BrokerId(broker)) }
    }

    fn old(request: &str, count: u64, broker: i32) -> OldRequests {
        let (request, version, client, client_version) = (request.to_owned(), "3".to_owned(), None, None);
        OldRequests { request, version, client, client_version, count, broker: Some(BrokerId(broker)) }
    }

    fn used(resource: QuotaResource, rate: f64, held_up: Option<f64>, broker: i32) -> QuotaRate {
        let user = Some("payments.billing".to_owned());
        QuotaRate { resource, user, client_id: None, rate, throttle_millis: held_up, broker: Some(BrokerId(broker)) }
    }

    #[test]
    fn what_brokers_count_each_is_put_together() {
        let told = Told {
            software: vec![
                connected("librdkafka", "2.12.1", 1, 3),
                connected("apache-kafka-java", "4.1.2", 0, 2),
                connected("librdkafka", "2.12.1", 0, 4),
                connected("librdkafka", "2.12.1", 0, 1),
            ],
            old: vec![old("Fetch", 1, 0), old("Produce", 5, 0), old("Produce", 6, 2)],
            rates: vec![
                used(QuotaResource::Produce, 10.0, None, 0),
                used(QuotaResource::Produce, 5.0, Some(20.0), 1),
                used(QuotaResource::Fetch, 1.0, Some(7.0), 1),
            ],
        };
        let view = view(told, 3, Maker::Klamm);
        let names: Vec<_> = view.software.iter().map(|one| (one.name.as_str(), one.connections)).collect();
        assert_eq!(names, [("apache-kafka-java", 2), ("librdkafka", 8)]);
        let by_broker: Vec<_> = view.software[1].by_broker.iter().map(|one| (one.broker, one.connections)).collect();
        assert_eq!(by_broker, [(Some(BrokerId(0)), 5), (Some(BrokerId(1)), 3)]);
        assert_eq!(view.software[1].listeners, ["L0", "L1"]);
        let requests: Vec<_> =
            view.old_requests.iter().map(|one| (one.request.as_str(), one.count, one.brokers.len())).collect();
        assert_eq!(requests, [("Produce", 11, 2), ("Fetch", 1, 1)]);
        let [rate] = view.rates.as_slice() else { panic!("{view:?}") };
        assert_eq!(
            (rate.produced, rate.fetched, rate.handlers, rate.throttle_millis),
            (Some(15.0), Some(1.0), None, Some(20.0))
        );
        assert_eq!((view.told_by.len(), view.brokers), (3, 3));
    }

    #[test]
    fn brokers_among_themselves_are_no_unknown_clients() {
        let on = |name: &str, listener: &str| ClientVersions {
            listener: Some(listener.to_owned()),
            ..connected(name, "unknown", 0, 2)
        };
        let (nameless, java) = ("unknown", "apache-kafka-java");
        for (name, listener, maker, expected) in [
            (nameless, "INTERNAL", Maker::Klamm, Connected::Brokers),
            (java, "INTERNAL", Maker::Klamm, Connected::Clients),
            (java, "CONTROLLER", Maker::Klamm, Connected::Brokers),
            (nameless, "CLIENTS", Maker::Klamm, Connected::Clients),
            (nameless, "INTERNAL", Maker::Others, Connected::Clients),
            (nameless, "REPLICATION-9091", Maker::Others, Connected::Brokers),
            (java, "CONTROLPLANE-9090", Maker::Others, Connected::Brokers),
            (nameless, "PLAIN", Maker::Others, Connected::Clients),
        ] {
            assert_eq!(who(&on(name, listener), maker), expected, "{name} {listener} {maker:?}");
        }
        let told = vec![on(nameless, "INTERNAL"), on(nameless, "OUTSIDE"), on(java, "CONTROLLER")];
        let software = software(told, Maker::Klamm);
        let told: Vec<_> = software.iter().map(|one| (one.who, one.name.as_str(), one.connections)).collect();
        let brokers = [(Connected::Brokers, java, 2), (Connected::Brokers, nameless, 2)];
        assert_eq!(told[1..], brokers);
        assert_eq!(told[0], (Connected::Clients, nameless, 2), "an old client is not taken for a broker");
    }
}
