use super::broker_href;
use crate::{
    clusters::{broker_status, roles},
    ui::{Bytes, Count, Empty, Erase, Meter, Panel, StatusWord, TableScroll, Unknown},
};
use klamm_model::{BrokerView, ClusterRef, Known};
use leptos::prelude::*;

/// The nodes of a cluster.
#[component]
pub(crate) fn BrokersPanel(cluster: ClusterRef, brokers: Vec<BrokerView>) -> impl IntoView {
    let content = if brokers.is_empty() {
        view! {
            <Empty title="No broker has been seen yet">
                <p>"They appear here as soon as the first one answers."</p>
            </Empty>
        }
        .erased()
    } else {
        view! {
            <TableScroll label="Brokers">
                <thead>
                    <tr>
                        <th scope="col">"Broker"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Rack"</th>
                        <th scope="col">"Pool"</th>
                        <th scope="col">"Roles"</th>
                        <th scope="col">"Version"</th>
                        <th scope="col" class="number">
                            "Leaders"
                        </th>
                        <th scope="col" class="number">
                            "Replicas"
                        </th>
                        <th scope="col" class="number">
                            "Out of sync"
                        </th>
                        <th scope="col">"Disk"</th>
                    </tr>
                </thead>
                <tbody>
                    {brokers.into_iter().map(|broker| view! { <BrokerRow cluster=cluster.clone() broker /> }).collect_view()}
                </tbody>
            </TableScroll>
        }
        .erased()
    };
    view! {
        <Panel title="Brokers" flush=true>
            {content}
        </Panel>
    }
}

#[component]
fn BrokerRow(cluster: ClusterRef, broker: BrokerView) -> impl IntoView {
    let (status, word) = broker_status(broker.state);
    let active = broker.is_active_controller.then(|| view! { <b>" · active"</b> });
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=broker_href(&cluster, broker.id)>
                    {broker.id.to_string()}
                </a>
            </th>
            <td>
                <StatusWord status word />
            </td>
            <td>{broker.rack.unwrap_or_else(|| "–".to_owned())}</td>
            <td>{broker.pool.map_or_else(|| "–".to_owned(), |pool| pool.to_string())}</td>
            <td>{roles(&broker.roles)} {active}</td>
            <td>
                {match broker.version {
                    Known::Known(version) => version.erased(),
                    Known::Unknown => view! { <Unknown /> }.erased(),
                }}
            </td>
            <td class="number">
                <Count value=Known::Known(broker.leaders.into()) />
            </td>
            <td class="number">
                <Count value=Known::Known(broker.replicas.into()) />
            </td>
            <td class="number">
                <Count value=Known::Known(broker.out_of_sync.into()) />
            </td>
            <td>{disk(broker.used_bytes, broker.total_bytes)}</td>
        </tr>
    }
}

/// A bar where the size of the volume is known, else only what is used.
pub(super) fn disk(used: Known<u64>, total: Known<u64>) -> AnyView {
    match (used, total) {
        (Known::Known(used_bytes), Known::Known(total_bytes)) => view! {
            <Meter used=used_bytes total=total_bytes>
                <Bytes value=used />
                <span class="aside">" of " <Bytes value=total /></span>
            </Meter>
        }
        .erased(),
        (used, _) => view! { <Bytes value=used /> }.erased(),
    }
}
