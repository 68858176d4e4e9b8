//! The nodes of a cluster, with what each holds and how it is doing.

use super::{
    broker_href,
    words::{Heap, skew},
};
use crate::{
    clusters::{broker_status, roles},
    disks,
    ui::{Bytes, Count, Empty, Erase, Meter, Panel, Status, StatusWord, TableScroll, Unknown},
};
use klamm_model::{
    BrokerId, BrokerState, BrokerView, BrokerVitals, ClusterRef, Filling, Known, NodeRole, human_bytes, human_duration,
};
use leptos::prelude::*;

/// A broker with what was measured of it last.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    broker: BrokerView,
    vitals: BrokerVitals,
    /// Partitions that a broker of the cluster leads on average.
    even_share: f64,
}

/// Brokers with what was measured of each.
pub(crate) fn of_vitals(brokers: Vec<BrokerView>, vitals: &[(BrokerId, BrokerVitals)]) -> Vec<Row> {
    let may_lead = |broker: &&BrokerView| broker.roles.contains(&NodeRole::Broker);
    let (leaders, count) = brokers
        .iter()
        .filter(may_lead)
        .filter(|broker| broker.state == BrokerState::Running)
        .fold((0.0, 0.0_f64), |(leaders, count), broker| (leaders + f64::from(broker.leaders), count + 1.0));
    let even_share = leaders / count.max(1.0);
    let of = |id| vitals.iter().find(|(of, _)| *of == id).map(|(_, vitals)| *vitals).unwrap_or_default();
    brokers.into_iter().map(|broker| Row { vitals: of(broker.id), broker, even_share }).collect()
}

/// Columns that hold numbers, in their order.
const NUMBERS: [&str; 4] = ["Days to full", "Leaders", "Replicas", "Out of sync"];
const MEASURED: [&str; 7] = ["In", "Out", "Handlers idle", "Network idle", "ISR shrinks", "GC", "Heap"];

/// The nodes of a cluster.
#[component]
pub(crate) fn BrokersPanel(cluster: ClusterRef, brokers: Vec<Row>) -> impl IntoView {
    let content = if brokers.is_empty() {
        view! {
            <Empty title="No broker has been seen yet">
                <p>"They appear here as soon as the first one answers."</p>
            </Empty>
        }
        .erased()
    } else {
        // Where nobody tells any of it, seven empty columns would tell nothing.
        let nothing = |BrokerVitals { filling, silent_seconds, .. }| BrokerVitals {
            filling,
            silent_seconds,
            ..BrokerVitals::default()
        };
        let is_measured = brokers.iter().any(|row| row.vitals != nothing(row.vitals));
        let heads = |words: &[&'static str]| -> Vec<AnyView> {
            let head = |word: &&'static str| {
                view! {
                    <th scope="col" class="number">
                        {*word}
                    </th>
                }
                .erased()
            };
            words.iter().map(head).collect()
        };
        let rows: Vec<_> = brokers
            .into_iter()
            .map(|row| {
                let measured = is_measured.then_some(row.vitals);
                self::row(&cluster, row, measured)
            })
            .collect();
        view! {
            <div class="wide-table">
                <TableScroll label="Brokers">
                    <thead>
                        <tr>
                            <th scope="col">"Broker"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Roles"</th>
                            <th scope="col">"Disk"</th>
                            {heads(&NUMBERS)}
                            {is_measured.then(|| heads(&MEASURED))}
                            <th scope="col">"Rack"</th>
                            <th scope="col">"Pool"</th>
                            <th scope="col">"Version"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </TableScroll>
            </div>
        }
        .erased()
    };
    view! {
        <Panel title="Brokers" flush=true>
            {content}
        </Panel>
    }
}

fn row(cluster: &ClusterRef, Row { broker, even_share, vitals: known }: Row, vitals: Option<BrokerVitals>) -> AnyView {
    let (status, word) = broker_status(broker.state);
    let heard = known.silent_seconds.value().map(|seconds| format!(" last heard {} ago", human_duration(*seconds)));
    let active = broker.is_active_controller.then(|| view! { <b>" · active"</b> });
    let lost = match (broker.offline_log_dirs, broker.log_dir_count) {
        (Known::Known(lost @ 1..), Known::Known(all)) => Some(format!("{lost} of {all} log dirs given up")),
        (Known::Known(_) | Known::Unknown, _) => None,
    };
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=broker_href(cluster, broker.id)>
                    {broker.id.to_string()}
                </a>
            </th>
            <td>
                <StatusWord status word />
                {heard.map(|heard| view! { <span class="aside">{heard}</span> })}
            </td>
            <td>{roles(&broker.roles)} {active}</td>
            <td>{disk(broker.used_bytes, broker.total_bytes)} " " {lost.map(|lost| view! { <b>{lost}</b> })}</td>
            <td class="number">{full(cluster, broker.id, known.filling)}</td>
            <td class="number">
                <Count value=Known::Known(broker.leaders.into()) />
                " "
                <span class="aside">{skew(broker.leaders, even_share)}</span>
            </td>
            <td class="number">
                <Count value=Known::Known(broker.replicas.into()) />
            </td>
            <td class="number">
                <Count value=Known::Known(broker.out_of_sync.into()) />
            </td>
            {vitals.map(measured)}
            <td>{broker.rack.unwrap_or_else(|| "–".to_owned())}</td>
            <td>{broker.pool.map_or_else(|| "–".to_owned(), |pool| pool.to_string())}</td>
            <td>
                {match broker.version {
                    Known::Known(version) => version.erased(),
                    Known::Unknown => view! { <Unknown /> }.erased(),
                }}
            </td>
        </tr>
    }
    .erased()
}

/// When a disk is full, and the way to what can be done about that.
fn full(cluster: &ClusterRef, broker: BrokerId, filling: Filling) -> AnyView {
    let words = disks::filling(filling);
    let is_soon = filling.foreseen().is_some_and(|days| days <= disks::SOON);
    let told = match filling.confidence {
        Known::Unknown => return view! { <span class="unknown">{words}</span> }.erased(),
        Known::Known(_) if is_soon => view! { <StatusWord status=Status::Warn word=words /> }.erased(),
        Known::Known(_) => words.erased(),
    };
    view! { <a href=disks::broker_href(cluster, broker)>{told}</a> }.erased()
}

fn measured(vitals: BrokerVitals) -> Vec<AnyView> {
    let rate = |value: Known<f64>| value.map(|value| format!("{}/s", human_bytes(whole(value))));
    let percent = |value: Known<f64>| value.map(|value| format!("{:.0} %", value * 100.0));
    let heap = Heap { used: vitals.heap_used.map(whole), most: vitals.heap_max.map(whole) };
    let told = [
        rate(vitals.bytes_in),
        rate(vitals.bytes_out),
        percent(vitals.request_handler_idle),
        percent(vitals.network_idle),
        vitals.isr_shrinks.map(|value| format!("{value:.2}/s")),
        vitals.gc_time.map(|value| format!("{:.1} %", value * 100.0)),
        heap.words().into(),
    ];
    let cell = |told: Known<String>| {
        let told = match told {
            Known::Known(told) => told.erased(),
            Known::Unknown => view! { <span class="unknown">"not known"</span> }.erased(),
        };
        view! { <td class="number">{told}</td> }.erased()
    };
    told.into_iter().map(cell).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast stays in range")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
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
