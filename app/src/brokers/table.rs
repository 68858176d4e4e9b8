//! The nodes of a cluster, with what each holds and how it is doing.

use super::{
    broker_href,
    words::{Heap, place, skew, until_full},
};
use crate::{
    clusters::broker_status,
    disks,
    ui::{Bytes, Count, Empty, Erase, Meter, Panel, Status, StatusWord, TableScroll},
};
use klamm_model::{
    BrokerId, BrokerState, BrokerView, BrokerVitals, ClusterRef, Filling, Known, NodeRole, human_bytes, human_count,
    human_duration,
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

/// What on-call people read first; the rest stands on the page of each broker.
const HEADS: [&str; 3] = ["Broker", "Partitions", "Disk"];
/// The same, of what exporters tell.
const MEASURED: [&str; 4] = ["Traffic", "Idle threads", "Java", "ISR shrinks"];

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
        // Where nobody tells any of it, four empty columns would tell nothing.
        let nothing = |BrokerVitals { filling, silent_seconds, .. }| BrokerVitals {
            filling,
            silent_seconds,
            ..BrokerVitals::default()
        };
        let is_measured = brokers.iter().any(|row| row.vitals != nothing(row.vitals));
        let measured: &[&'static str] = if is_measured { &MEASURED } else { &[] };
        let heads: Vec<_> =
            HEADS.iter().chain(measured).map(|head| view! { <th scope="col">{*head}</th> }.erased()).collect();
        let rows: Vec<_> = brokers
            .into_iter()
            .map(|row| {
                let measured = is_measured.then_some(row.vitals);
                self::row(&cluster, row, measured)
            })
            .collect();
        view! {
            <TableScroll label="Brokers" stacks=true>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows}</tbody>
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

fn row(cluster: &ClusterRef, Row { broker, even_share, vitals: known }: Row, vitals: Option<BrokerVitals>) -> AnyView {
    let (status, word) = broker_status(broker.state);
    let heard = known.silent_seconds.value().map(|seconds| format!("last heard {} ago", human_duration(*seconds)));
    let [_, partitions, disk_head] = HEADS;
    let behind = (broker.out_of_sync > 0).then(|| {
        let words = format!("{} out of sync", human_count(broker.out_of_sync.into()));
        view! { <StatusWord status=Status::Warn word=words /> }
    });
    let lost = match (broker.offline_log_dirs, broker.log_dir_count) {
        (Known::Known(lost @ 1..), Known::Known(all)) => Some(format!("{lost} of {all} log dirs given up")),
        (Known::Known(_) | Known::Unknown, _) => None,
    };
    view! {
        <tr>
            <th scope="row">
                <div class="pair">
                    <span>
                        <a class="name" href=broker_href(cluster, broker.id)>
                            {broker.id.to_string()}
                        </a>
                        " "
                        <StatusWord status word />
                    </span>
                    <span class="aside">{place(&broker)}</span>
                    {heard.map(|heard| view! { <span class="aside">{heard}</span> })}
                </div>
            </th>
            <td data-head=partitions>
                <div class="pair">
                    <span>
                        <Count value=Known::Known(broker.leaders.into()) />
                        " led "
                        <span class="aside">{skew(broker.leaders, even_share)}</span>
                    </span>
                    <span>
                        <Count value=Known::Known(broker.replicas.into()) />
                        " held"
                    </span>
                    {behind}
                </div>
            </td>
            <td data-head=disk_head>
                <div class="pair">
                    {disk(broker.used_bytes, broker.total_bytes)}
                    {full(cluster, broker.id, known.filling)}
                    {lost.map(|lost| view! { <b>{lost}</b> })}
                </div>
            </td>
            {vitals.map(measured)}
        </tr>
    }
    .erased()
}

/// When a disk is full, and the way to what can be done about that.
fn full(cluster: &ClusterRef, broker: BrokerId, filling: Filling) -> AnyView {
    let words = until_full(filling);
    let is_soon = filling.foreseen().is_some_and(|days| days <= disks::SOON);
    let told = match filling.confidence {
        Known::Unknown => return view! { <span class="unknown">{words}</span> }.erased(),
        Known::Known(_) if is_soon => view! { <StatusWord status=Status::Warn word=words /> }.erased(),
        Known::Known(_) => words.erased(),
    };
    view! { <a href=disks::broker_href(cluster, broker)>{told}</a> }.erased()
}

/// What exporters tell, a cell for each of [`MEASURED`].
fn measured(vitals: BrokerVitals) -> Vec<AnyView> {
    let rate = |value: Known<f64>| value.map(|value| format!("{}/s", human_bytes(whole(value))));
    let percent = |value: Known<f64>| value.map(|value| format!("{:.0} %", value * 100.0));
    let heap = Heap { used: vitals.heap_used.map(whole), most: vitals.heap_max.map(whole) };
    let cells = [
        vec![(rate(vitals.bytes_in), "in"), (rate(vitals.bytes_out), "out")],
        vec![(percent(vitals.request_handler_idle), "handlers"), (percent(vitals.network_idle), "network")],
        vec![
            (heap.words().into(), "heap"),
            (vitals.gc_time.map(|value| format!("{:.1} %", value * 100.0)), "collecting garbage"),
        ],
        vec![(vitals.isr_shrinks.map(|value| format!("{value:.2}/s")), "")],
    ];
    let line = |(told, of): (Known<String>, &'static str)| {
        let told = match told {
            Known::Known(told) => told.erased(),
            Known::Unknown => view! { <span class="unknown">"not known"</span> }.erased(),
        };
        view! {
            <span>
                {told} " " <span class="aside">{of}</span>
            </span>
        }
        .erased()
    };
    let cell = |(lines, head): (Vec<(Known<String>, &'static str)>, &'static str)| {
        let lines: Vec<_> = lines.into_iter().map(line).collect();
        view! {
            <td data-head=head>
                <div class="pair">{lines}</div>
            </td>
        }
        .erased()
    };
    cells.into_iter().zip(MEASURED).map(cell).collect()
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
