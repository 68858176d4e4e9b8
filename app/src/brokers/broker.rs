use super::{
    api::{BrokerPart, broker},
    broker_href,
    table::disk,
    words::{facts, quorum_role, replica_role, sentence},
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTab, ClusterTabs, StaleNotice, broker_status, cluster_ref, use_cluster},
    lists::{given, pager, past_the_end},
    live::Live,
    topics::{TopicsAddress, topic_href},
    ui::{
        Ago, Bytes, Count, Empty, Erase, PageHead, Panel, Skeleton, Status, StatusWord, TableScroll, Tile, Tiles,
        Unknown, search_field,
    },
};
use klamm_model::{
    BrokerDetail, BrokerView, ClusterRef, HeldPartition, Known, LogDir, Page, PageRequest, QuorumPart, UnixMillis,
};
use leptos::prelude::*;
use leptos_router::{
    components::Form,
    hooks::{use_params_map, use_query_map},
};

/// `/clusters/{namespace}/{name}/brokers/{id}`.
#[component]
pub(crate) fn BrokerPage() -> impl IntoView {
    let live = Live::get();
    let name = use_cluster();
    let changes = live.changes_of(name);
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let query = use_query_map();
    let address = Memo::new(move |_| query.with(TopicsAddress::from_params));
    let detail = Resource::new(
        move || (name.get(), id.get(), held(&address.get()), changes.get()),
        |(cluster, id, request, _)| broker(cluster, id, request),
    );
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="the broker" /> }
        }>
            {move || Suspend::new(async move {
                let answer = detail.await;
                let asked = address.get_untracked();
                match kept.settle((name.get_untracked(), id.get_untracked(), held(&asked)), answer) {
                    Ok((part, trouble)) => {
                        live.shows(&cluster_ref(&part.cluster), part.broker.revisions);
                        view! {
                            <TroubleNotice trouble />
                            <BrokerDetailView part address=asked />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// What the address asks for, of what applies to replicas: a search, and where one is.
fn held(address: &TopicsAddress) -> PageRequest {
    PageRequest { search: given(&address.search), cursor: given(&address.cursor), ..PageRequest::default() }
}

/// The whole page of one broker.
#[component]
pub(crate) fn BrokerDetailView(part: BrokerPart, address: TopicsAddress) -> impl IntoView {
    let BrokerPart { cluster, broker, now } = part;
    let reference = cluster_ref(&cluster);
    let node = broker.node.clone();
    let facts = facts(&node);
    let path = broker_href(&reference, node.id);
    view! {
        <PageHead
            title=format!("Broker {} of {reference}", node.id)
            sentence=sentence(&node)
            chip=cluster.environment.clone()
        >
            {facts}
        </PageHead>
        <ClusterTabs cluster=reference.clone() current=ClusterTab::Brokers />
        <StaleNotice cluster now />
        <BrokerTiles node />
        <div class="columns">
            <LogDirsPanel log_dirs=broker.log_dirs.clone() />
            <NodePanel broker=broker.clone() now />
        </div>
        <HeldPanel cluster=reference held=broker.partitions address path />
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

/// Characters of the longest name of a topic.
const LONGEST_TOPIC: usize = 249;

/// The replicas it holds, by topic and partition.
#[component]
fn HeldPanel(cluster: ClusterRef, held: Page<HeldPartition>, address: TopicsAddress, path: String) -> impl IntoView {
    let Page { items, total, next_cursor } = held;
    let shown = items.len();
    let pager = pager(&address, &path, (shown, total), next_cursor, ("replica", "replicas"));
    let field = search_field("Topic contains", &address.search, LONGEST_TOPIC);
    let content =
        past_the_end(&address, &path, (shown, total)).unwrap_or_else(|| replicas(&cluster, items, &address, &path));
    view! {
        <div class="filters">
            <Form method="GET" action=path attr:class="filter-form">
                {field}
                <button type="submit" class="button">
                    "Show"
                </button>
            </Form>
        </div>
        <Panel title="Replicas" hint="by topic and partition" flush=true>
            {content} {pager}
        </Panel>
    }
}

fn replicas(cluster: &ClusterRef, held: Vec<HeldPartition>, address: &TopicsAddress, path: &str) -> AnyView {
    if held.is_empty() {
        let all = path.to_owned();
        let way_on = (!address.search.is_empty()).then(|| view! { <a href=all>"Show all replicas"</a> });
        return view! {
            <Empty title="No replica to show">
                <p>{way_on} " It holds none whose topic fits."</p>
            </Empty>
        }
        .erased();
    }
    let rows: Vec<_> = held.into_iter().map(|held| held_row(cluster, held)).collect();
    view! {
        <TableScroll label="Replicas">
            <thead>
                <tr>
                    <th scope="col">"Topic"</th>
                    <th scope="col" class="number">
                        "Partition"
                    </th>
                    <th scope="col">"This broker"</th>
                    <th scope="col">"Meant to lead"</th>
                    <th scope="col" class="number">
                        "Size on the leader"
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableScroll>
    }
    .erased()
}

fn held_row(cluster: &ClusterRef, held: HeldPartition) -> AnyView {
    let (status, word) = replica_role(held.role);
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=topic_href(cluster, &held.topic)>
                    {held.topic.to_string()}
                </a>
            </th>
            <td class="number">{held.partition.to_string()}</td>
            <td>
                <StatusWord status word />
            </td>
            <td>{if held.is_preferred_leader { "yes" } else { "–" }}</td>
            <td class="number">
                <Bytes value=held.size_bytes />
            </td>
        </tr>
    }
    .erased()
}
