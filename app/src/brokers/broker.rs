//! The page of one broker.

use super::{
    broker_href,
    replicas::{HeldPanel, LargestPanel},
    table::disk,
    words::{facts, quorum_role, sentence},
};
use crate::{
    AppError,
    charts::{Ask, Shape, Shown, Wanted, over_time},
    clusters::{ClusterTab, broker_status, cluster_head, cluster_ref},
    door,
    lists::given,
    sheet::{Drawn, piece_of},
    sheets::Asked,
    topics::TopicsAddress,
    ui::{Ago, Bytes, Count, Empty, Erase, Panel, Status, StatusWord, TableScroll, Tile, Tiles, Unknown},
};
use klamm_model::{
    Breakdown, BrokerDetail, BrokerId, BrokerView, ClusterView, Known, LogDir, Metric, PageRequest, Problem,
    ProblemKind, QuorumPart, UnixMillis,
};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// A broker and the cluster it is in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BrokerPart {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// The broker, with a page of what it holds.
    pub(crate) broker: BrokerDetail,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// What stands at `/clusters/{namespace}/{name}/brokers/{id}`.
pub(crate) async fn page(cluster: &str, id: &str, asked: &Asked) -> Result<Drawn, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let nobody = || door::refuse(Problem::new(ProblemKind::NotFound, "There is no such broker."));
    let id = id.parse().map(BrokerId).map_err(|_| nobody())?;
    let address = TopicsAddress::from_params(&asked.params());
    let request =
        PageRequest { search: given(&address.search), cursor: given(&address.cursor), ..PageRequest::default() };
    let part = door::ask(|portal, actor| {
        Ok(BrokerPart {
            cluster: portal.cluster_view(actor, &cluster)?,
            broker: portal.broker(actor, &cluster, id, &request)?,
            now: portal.now(),
        })
    })?;
    let now = part.now;
    let shown = Shown::asked(asked, now, &broker_href(&cluster, id), &["q", "cursor", "before"]);
    let over_time = over_time(&cluster, wanted(id), shown.clone()).await?;
    let drawn = drawn(part, &address, piece_of(over_time, now));
    Ok(Drawn { sentence: shown.headline(drawn.sentence), ..drawn })
}

fn wanted(id: BrokerId) -> Vec<Wanted> {
    let one = |metric, name| Ask::new(metric, name).of_broker(id);
    let chart = |id, title, asks| Wanted { id, title, shape: Shape::Lines, asks };
    vec![
        chart(
            "bytes",
            "Bytes in and out",
            vec![
                one(Metric::BytesIn, "in"),
                one(Metric::BytesOut, "out"),
                one(Metric::ReplicationBytesOut, "to followers"),
            ],
        ),
        chart("records", "Records in", vec![one(Metric::MessagesIn, "in")]),
        chart("disks", "Disks", vec![Ask::by(Metric::DiskUsedBytes, Breakdown::Volume).of_broker(id)]),
        chart("requests", "Requests", vec![one(Metric::Requests, "all")]),
        chart(
            "refused",
            "Refused requests",
            vec![one(Metric::FailedProduceRequests, "produce"), one(Metric::FailedFetchRequests, "fetch")],
        ),
        chart(
            "idle",
            "Idle threads",
            vec![one(Metric::RequestHandlerIdle, "request handlers"), one(Metric::NetworkIdle, "network")],
        ),
        chart("heap", "Java heap", vec![one(Metric::HeapUsedBytes, "used"), one(Metric::HeapMaxBytes, "at most")]),
        chart(
            "cpu",
            "Processors and garbage",
            vec![one(Metric::CpuLoad, "processors"), one(Metric::GcTime, "collecting garbage")],
        ),
        chart(
            "leaders",
            "Partitions",
            vec![
                one(Metric::Replicas, "replicas"),
                one(Metric::Leaders, "led"),
                one(Metric::UnderReplicatedPartitions, "led and under-replicated"),
            ],
        ),
        chart(
            "isr",
            "Replicas that leave and come back",
            vec![one(Metric::IsrShrinks, "leave"), one(Metric::IsrExpands, "come back")],
        ),
    ]
}

/// The whole page of one broker.
pub(crate) fn drawn(part: BrokerPart, address: &TopicsAddress, over_time: String) -> Drawn {
    let BrokerPart { cluster, broker, now } = part;
    let reference = cluster_ref(&cluster);
    let node = broker.node.clone();
    let path = broker_href(&reference, node.id);
    let columns = view! {
        <div class="columns">
            <LogDirsPanel log_dirs=broker.log_dirs.clone() />
            <NodePanel broker=broker.clone() now />
        </div>
    };
    let largest = (!broker.largest.is_empty())
        .then(|| view! { <LargestPanel cluster=reference.clone() held=broker.largest /> }.to_html());
    let held =
        view! { <HeldPanel cluster=reference.clone() held=broker.partitions address=address.clone() path /> }.to_html();
    let tiles = view! { <BrokerTiles node=node.clone() /> }.to_html();
    Drawn {
        title: format!("Broker {} of {reference}", node.id),
        sentence: sentence(&node),
        facts: facts(&node),
        notices: cluster_head(&cluster, ClusterTab::Brokers, now),
        panels: [tiles, over_time, columns.to_html()].into_iter().chain(largest).chain([held]).collect(),
        chip: cluster.environment.unwrap_or_default(),
        ..Drawn::default()
    }
}

#[component]
fn BrokerTiles(node: BrokerView) -> impl IntoView {
    let (status, word) = broker_status(node.state);
    let known = |count: u32| Known::Known(u64::from(count));
    view! {
        <Tiles>
            <Tile label="State">
                <StatusWord status word />
            </Tile>
            <Tile label="Leads">
                <Count value=known(node.leaders) />
            </Tile>
            <Tile label="Replicas">
                <Count value=known(node.replicas) />
            </Tile>
            <Tile label="Out of sync">
                <Count value=known(node.out_of_sync) />
            </Tile>
            <Tile label="Stored">
                <Bytes value=node.used_bytes />
            </Tile>
        </Tiles>
    }
}

#[component]
fn LogDirsPanel(log_dirs: Known<Vec<LogDir>>) -> impl IntoView {
    let content = match log_dirs {
        Known::Known(dirs) if !dirs.is_empty() => view! {
            <TableScroll label="Log dirs">
                <thead>
                    <tr>
                        <th scope="col">"Path"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Used"</th>
                        <th scope="col" class="number">
                            "Free"
                        </th>
                    </tr>
                </thead>
                <tbody>{dirs.into_iter().map(log_dir_row).collect_view()}</tbody>
            </TableScroll>
        }
        .erased(),
        Known::Known(_) | Known::Unknown => view! {
            <Empty title="Disks are unknown">
                <p>"The broker has not said what it stores. They appear here as soon as it does."</p>
            </Empty>
        }
        .erased(),
    };
    view! {
        <Panel title="Log dirs" hint="as the broker sees its volumes" flush=true>
            {content}
        </Panel>
    }
}

fn log_dir_row(dir: LogDir) -> impl IntoView {
    let (status, word) = if dir.offline { (Status::Bad, "Given up") } else { (Status::Ok, "In use") };
    view! {
        <tr>
            <th scope="row">
                <code>{dir.path}</code>
            </th>
            <td>
                <StatusWord status word />
            </td>
            <td>{disk(Known::Known(dir.used_bytes), dir.total_bytes)}</td>
            <td class="number">
                <Bytes value=dir.usable_bytes />
            </td>
        </tr>
    }
}

/// Where it runs, and its part in the quorum.
#[component]
fn NodePanel(broker: BrokerDetail, now: UnixMillis) -> impl IntoView {
    let or_unknown = |text: Option<String>| match text {
        Some(text) => view! { <code>{text}</code> }.erased(),
        None => view! { <Unknown /> }.erased(),
    };
    let quorum = match broker.quorum {
        Known::Known(part) => quorum(part, now),
        Known::Unknown => view! {
            <div>
                <dt>"Quorum"</dt>
                <dd>
                    <Unknown />
                </dd>
            </div>
        }
        .erased(),
    };
    let pod = broker.pod.map(|pod| {
        view! {
            <div>
                <dt>"Pod"</dt>
                <dd>
                    <code>{pod.to_string()}</code>
                </dd>
            </div>
        }
    });
    view! {
        <Panel title="Node">
            <dl class="pairs">
                <div>
                    <dt>"Host"</dt>
                    <dd>{or_unknown(broker.host)}</dd>
                </div>
                {pod}
                {quorum}
            </dl>
        </Panel>
    }
}

fn quorum(part: QuorumPart, now: UnixMillis) -> AnyView {
    let caught_up = match part.last_caught_up {
        Known::Known(at) => view! { <Ago at now /> }.erased(),
        Known::Unknown => view! { <Unknown /> }.erased(),
    };
    view! {
        <div>
            <dt>"Quorum"</dt>
            <dd>{quorum_role(part.role)}</dd>
        </div>
        <div>
            <dt>"Behind by"</dt>
            <dd>
                <Count value=part.lag />
                " records of metadata"
            </dd>
        </div>
        <div>
            <dt>"Had everything"</dt>
            <dd>{caught_up}</dd>
        </div>
    }
    .erased()
}
