use super::{
    api::{ClusterDetail, cluster},
    cluster_ref,
    parts::{ClusterTab, ClusterTabs, SeenAgo, StaleNotice},
    tenants::TenantsPanel,
    use_cluster,
    words::{counted, facts},
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    brokers::BrokersPanel,
    live::Live,
    placement::{Held, PlacementPanel},
    topics::{TopicTable, list_href},
    ui::{
        Bytes, CopyButton, Count, Empty, Erase, Notice, PageHead, Panel, Rate, Skeleton, TableScroll, Tile, Tiles, Tone,
    },
};
use klamm_model::{ClusterOverview, Known, human_count};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// `/clusters/{namespace}/{name}`.
#[component]
pub(crate) fn ClusterPage() -> impl IntoView {
    let live = Live::get();
    let name = use_cluster();
    let changes = live.changes_of(name);
    let detail = Resource::new(move || (name.get(), changes.get()), |(name, _)| cluster(name));
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="the cluster" /> }
        }>
            {move || Suspend::new(async move {
                let answer = detail.await;
                match kept.settle(name.get_untracked(), answer) {
                    Ok((detail, trouble)) => {
                        live.shows(&cluster_ref(&detail.overview.cluster), detail.overview.revisions);
                        view! {
                            <TroubleNotice trouble />
                            <ClusterView detail />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// The whole page of one cluster.
#[component]
pub(crate) fn ClusterView(detail: ClusterDetail) -> impl IntoView {
    let ClusterDetail { overview, busiest } = detail;
    let cluster = overview.cluster.clone();
    let reference = cluster_ref(&cluster);
    let (now, topic_count) = (overview.now, overview.topics);
    let all_topics = view! { <a href=list_href(&reference)>{counted(topic_count.into(), "topic", "topics")}</a> };
    let facts = facts(&overview);
    let notices: Vec<_> = overview
        .notices
        .iter()
        .cloned()
        .map(|notice| {
            view! {
                <Notice tone=Tone::Warn word="Operator">
                    {notice}
                </Notice>
            }
        })
        .collect();
    view! {
        <PageHead
            title=reference.to_string()
            sentence=format!("{} {}", cluster.name, cluster.sentence)
            chip=cluster.environment.clone()
        >
            {facts}
            " · "
            <SeenAgo observed_at=cluster.observed_at now />
        </PageHead>
        <ClusterTabs cluster=reference.clone() current=ClusterTab::Overview />
        <StaleNotice cluster now />
        {notices}
        <ClusterTiles overview=overview.clone() />
        <div class="columns">
            <PlacementPanel brokers=Held::of_nodes(&overview.nodes) />
            <ConnectPanel servers=overview.bootstrap_servers cluster_id=overview.cluster_id />
        </div>
        <BrokersPanel cluster=reference.clone() brokers=overview.nodes />
        <TenantsPanel cluster=reference.clone() tenants=overview.tenants />
        <Panel title="Busiest topics" aside=all_topics.erased() flush=true>
            <TopicTable
                cluster=reference
                topics=busiest.items
                empty=|| {
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
            />
        </Panel>
    }
}

#[component]
fn ClusterTiles(overview: ClusterOverview) -> impl IntoView {
    let known = |count: u32| Known::Known(u64::from(count));
    let brokers = overview.cluster.brokers;
    view! {
        <Tiles>
            <Tile label="Brokers" aside=format!("of {}", brokers.total)>
                <Count value=known(brokers.ready) />
            </Tile>
            <Tile label="Topics" aside=group_words(overview.groups)>
                <Count value=known(overview.topics) />
            </Tile>
            <Tile label="Partitions" aside=format!("· {} replicas", human_count(overview.replicas.into()))>
                <Count value=known(overview.partitions) />
            </Tile>
            <Tile label="Under-replicated" aside=format!("· {} offline", human_count(overview.offline.into()))>
                <Count value=known(overview.under_replicated) />
            </Tile>
            <Tile label="In">
                <Rate value=overview.records_per_second unit="rec" />
            </Tile>
            <Tile label="Stored" aside="all replicas">
                <Bytes value=overview.size_bytes />
            </Tile>
        </Tiles>
    }
}

fn group_words(groups: Known<u32>) -> String {
    match groups {
        Known::Known(groups) => format!("· {}", counted(groups.into(), "group", "groups")),
        Known::Unknown => String::new(),
    }
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
                                        <CopyButton text=servers />
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
