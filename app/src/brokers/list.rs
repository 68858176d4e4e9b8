//! The list of a cluster's brokers.

use super::{
    table::{BrokersPanel, of_vitals},
    words::brokers_sentence,
};
use crate::{
    AppError,
    clusters::{ClusterTab, cluster_head, cluster_ref, in_racks},
    door,
    sheet::Drawn,
};
use klamm_model::{BrokerId, BrokerView, BrokerVitals, ClusterView, UnixMillis};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// The nodes of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BrokerList {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// Its nodes, by id.
    pub(crate) brokers: Vec<BrokerView>,
    /// How they are doing.
    pub(crate) vitals: Vec<(BrokerId, BrokerVitals)>,
    /// Racks with a broker that serves.
    pub(crate) racks: u32,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// What stands at `/clusters/{namespace}/{name}/brokers`.
pub(crate) fn page(cluster: &str) -> Result<Drawn, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let list = door::ask(|portal, actor| {
        let overview = portal.cluster(actor, &cluster)?;
        Ok(BrokerList {
            cluster: overview.cluster,
            brokers: overview.nodes,
            vitals: portal.broker_vitals(actor, &cluster)?,
            racks: overview.racks,
            now: overview.now,
        })
    })?;
    Ok(drawn(list))
}

/// All nodes of a cluster.
pub(crate) fn drawn(list: BrokerList) -> Drawn {
    let BrokerList { cluster, brokers, vitals, racks, now } = list;
    let reference = cluster_ref(&cluster);
    let sentence = brokers_sentence(cluster.name.as_str(), &brokers);
    let brokers = of_vitals(brokers, &vitals);
    Drawn {
        title: format!("Brokers of {reference}"),
        sentence,
        facts: in_racks(cluster.brokers.total.into(), racks.into()),
        notices: cluster_head(&cluster, ClusterTab::Brokers, now),
        panels: vec![view! { <BrokersPanel cluster=reference brokers /> }.to_html()],
        chip: cluster.environment.unwrap_or_default(),
        ..Drawn::default()
    }
}
