//! The page of one cluster.

use super::{
    api::ClusterDetail,
    cluster_ref, href,
    parts::{ClusterTab, cluster_head},
    tenants::TenantsPanel,
    tiles::ClusterTiles,
    words::{counted, facts},
};
use crate::{
    AppError,
    brokers::{BrokersPanel, of_vitals},
    charts::{Ask, CHARTS, Shape, Shown, Wanted, first_over_time},
    door,
    placement::{Held, PlacementPanel},
    sheet::{Drawn, piece_of},
    sheets::Asked,
    topics::{TopicTable, list_href},
    ui::{Empty, Erase, Notice, Panel, TableScroll, Tone},
};
use klamm_model::{Breakdown, GroupSort, GroupsRequest, Known, Metric, PageRequest, SortOrder, TopicSort, UnixMillis};
use leptos::{prelude::*, tachys::view::RenderHtml};
use std::collections::BTreeMap;

/// As many as fit below the brokers without scrolling far.
const BUSIEST: u32 = 6;

/// What stands at `/clusters/{namespace}/{name}`.
pub(crate) async fn page(cluster: &str, asked: &Asked) -> Result<Drawn, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let request = PageRequest {
        sort: TopicSort::RecordsPerSecond,
        order: SortOrder::Desc,
        limit: Some(BUSIEST),
        ..PageRequest::default()
    };
    let furthest =
        GroupsRequest { sort: GroupSort::Lag, order: SortOrder::Desc, limit: Some(1), ..GroupsRequest::default() };
    let detail = door::ask(|portal, actor| {
        Ok(ClusterDetail {
            overview: portal.cluster(actor, &cluster)?,
            vitals: portal.broker_vitals(actor, &cluster)?,
            volumes: portal.volumes(actor, &cluster)?,
            furthest: portal.groups(actor, &cluster, &furthest)?.items.into_iter().next(),
            busiest: portal.topic_rows(actor, &cluster, &request)?,
            operation: crate::operations::of_cluster(portal, actor, &cluster),
            findings: crate::findings::of_cluster(portal, actor, &cluster),
        })
    })?;
    let now = detail.overview.now;
    let shown = Shown::asked(asked, now, &href(&cluster), &[CHARTS]);
    let over_time = first_over_time(&cluster, wanted(), shown.clone()).await?;
    let drawn = drawn(detail, piece_of(over_time, now));
    Ok(Drawn { sentence: shown.headline(drawn.sentence), ..drawn })
}

/// The first ones stand above the brokers, and the rest comes when somebody asks for it.
fn wanted() -> Vec<Wanted> {
    let chart = |id, title, asks| Wanted { id, title, shape: Shape::Lines, asks };
    vec![
        chart("bytes", "Bytes in and out", vec![Ask::new(Metric::BytesIn, "in"), Ask::new(Metric::BytesOut, "out")]),
        chart(
            "records",
            "Records in and out",
            vec![Ask::new(Metric::MessagesIn, "in"), Ask::new(Metric::MessagesConsumed, "read by groups")],
        ),
        chart("disks", "Disks", vec![Ask::by(Metric::DiskUsedBytes, Breakdown::Broker)]),
        chart(
            "partitions",
            "Partitions lacking replicas",
            vec![
                Ask::new(Metric::UnderReplicatedPartitions, "under-replicated"),
                Ask::new(Metric::AtMinIsrPartitions, "at the minimum"),
                Ask::new(Metric::UnderMinIsrPartitions, "below the minimum"),
                Ask::new(Metric::OfflinePartitions, "offline"),
            ],
        ),
        chart("quorum", "Quorum lag", vec![Ask::new(Metric::QuorumLag, "furthest voter")]),
        Wanted {
            id: "topics",
            title: "Records by topic",
            shape: Shape::Stacked,
            asks: vec![Ask::by(Metric::MessagesIn, Breakdown::Topic)],
        },
        chart("requests", "Requests", vec![Ask::new(Metric::Requests, "all")]),
        chart(
            "refused",
            "Refused requests",
            vec![Ask::new(Metric::FailedProduceRequests, "produce"), Ask::new(Metric::FailedFetchRequests, "fetch")],
        ),
    ]
}

/// The whole page of one cluster.
pub(crate) fn drawn(detail: ClusterDetail, over_time: String) -> Drawn {
    let ClusterDetail { overview, vitals, volumes, furthest, busiest, operation, findings } = detail;
    let cluster = overview.cluster.clone();
    let reference = cluster_ref(&cluster);
    let (now, topic_count) = (overview.now, overview.topics);
    let all_topics = view! { <a href=list_href(&reference)>{counted(topic_count.into(), "topic", "topics")}</a> };
    let facts = format!("{} · {}", facts(&overview), seen(cluster.observed_at, now));
    let notices = overview.notices.iter().cloned().map(|notice| {
        view! {
            <Notice tone=Tone::Warn word="Operator">
                {notice}
            </Notice>
        }
        .to_html()
    });
    let [operation, findings] = [operation, findings].map(|piece| Some(piece).filter(|piece| !piece.is_empty()));
    let head = cluster_head(&cluster, ClusterTab::Overview, now);
    let notices = head.into_iter().chain(notices).chain(operation).chain(findings).collect();
    let tiles = view! { <ClusterTiles overview=overview.clone() volumes furthest /> }.to_html();
    let columns = view! {
        <div class="columns">
            <PlacementPanel brokers=Held::of_nodes(&overview.nodes) />
            <ConnectPanel servers=overview.bootstrap_servers cluster_id=overview.cluster_id />
        </div>
    };
    let brokers = of_vitals(overview.nodes, &vitals);
    let brokers = view! { <BrokersPanel cluster=reference.clone() brokers /> }.to_html();
    let tenants = (!overview.tenants.is_empty())
        .then(|| view! { <TenantsPanel cluster=reference.clone() tenants=overview.tenants /> }.to_html());
    let title = reference.to_string();
    let busiest = view! {
        <Panel title="Busiest topics" aside=all_topics.erased() flush=true>
            <TopicTable cluster=reference topics=busiest.items empty=no_topic />
        </Panel>
    };
    let panels = [tiles, over_time, columns.to_html(), brokers].into_iter().chain(tenants).chain([busiest.to_html()]);
    Drawn {
        title,
        sentence: format!("{} {}", cluster.name, cluster.sentence),
        chip: cluster.environment.unwrap_or_default(),
        facts,
        notices,
        panels: panels.collect(),
        ..Drawn::default()
    }
}

/// How old what is shown is.
fn seen(observed_at: Known<UnixMillis>, now: UnixMillis) -> String {
    match observed_at {
        Known::Known(at) => format!("seen {}", at.ago(now)),
        Known::Unknown => "not seen yet".to_owned(),
    }
}

fn no_topic() -> AnyView {
    view! {
        <Empty title="No topic yet">
            <p>
                "Declare one with a " <code>"KafkaTopic"</code>
                " or a ConfigMap; it appears here when it exists."
            </p>
        </Empty>
    }
    .erased()
}

/// Where clients connect.
#[component]
fn ConnectPanel(servers: BTreeMap<String, String>, cluster_id: Option<String>) -> impl IntoView {
    let content = if servers.is_empty() {
        view! {
            <Empty title="No address yet">
                <p>"The operator writes the addresses for clients into the status of the cluster once it listens."</p>
            </Empty>
        }
        .erased()
    } else {
        view! {
            <TableScroll label="Addresses for clients">
                <thead>
                    <tr>
                        <th scope="col">"Listener"</th>
                        <th scope="col" colspan="2">
                            "Bootstrap servers"
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {servers
                        .into_iter()
                        .map(|(listener, servers)| {
                            view! {
                                <tr>
                                    <th scope="row">{listener}</th>
                                    <td class="wrap">{addresses(&servers)}</td>
                                    <td class="number">
                                        <button
                                            type="button"
                                            class="button small needs-module"
                                            data-copy="text"
                                            data-text=servers
                                        >
                                            "Copy"
                                        </button>
                                    </td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </TableScroll>
        }
        .erased()
    };
    let hint = cluster_id.map(|id| format!("cluster id {id}")).unwrap_or_default();
    view! {
        <Panel title="Connect" hint=hint flush=true>
            {content}
        </Panel>
    }
}

/// One address a line, so that none is broken in the middle.
fn addresses(servers: &str) -> impl IntoView + use<> {
    let lines: Vec<_> = servers
        .split(',')
        .map(|server| server.trim().to_owned())
        .map(|server| view! { <li><code>{server}</code></li> })
        .collect();
    view! { <ul>{lines}</ul> }
}
