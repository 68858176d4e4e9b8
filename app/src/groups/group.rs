use super::{
    api::{GroupDetail, group},
    group_href,
    words::{self, facts, offset, sentence},
};
use crate::{
    app::{Kept, TroubleNotice, problem_page},
    clusters::{ClusterTab, ClusterTabs, StaleNotice, cluster_ref, use_cluster},
    live::Live,
    topics::topic_href,
    ui::{
        Count, Empty, Erase, PageHead, Pager, Panel, Query, Skeleton, StatusWord, TableScroll, Tile, Tiles, Unknown,
        decode, harmless, position,
    },
};
use klamm_model::{ClusterRef, GroupId, GroupMember, GroupPartition, GroupRow, Known, ResetOffer};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

/// Rows of the table on one page; more would make the page heavy.
const SHOWN: usize = 200;

/// `/clusters/{namespace}/{name}/groups/{group}`.
#[component]
pub(crate) fn GroupPage() -> impl IntoView {
    let live = Live::get();
    let name = use_cluster();
    let changes = live.changes_of(name);
    let group_id = use_group();
    let query = use_query_map();
    let from =
        Memo::new(move |_| query.with(|query| query.get("from")).and_then(|from| from.parse().ok()).unwrap_or(0));
    let detail =
        Resource::new(move || (name.get(), group_id.get(), changes.get()), |(cluster, id, _)| group(cluster, id));
    let kept = Kept::new();
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="the consumer group" /> }
        }>
            {move || {
                let from = from.get();
                Suspend::new(async move {
                    let answer = detail.await;
                    match kept.settle((name.get_untracked(), group_id.get_untracked()), answer) {
                        Ok((detail, trouble)) => {
                            live.shows(&cluster_ref(&detail.cluster), detail.group.revisions);
                            view! {
                                <TroubleNotice trouble />
                                <GroupDetailView detail from />
                            }
                                .erased()
                        }
                        Err(error) => problem_page(&error).erased(),
                    }
                })
            }}
        </Transition>
    }
}

/// The id that the address names. Read from the address itself, because it may hold what the router decodes once too often;
/// kept while another page comes.
fn use_group() -> Memo<String> {
    let path = use_location().pathname;
    Memo::new(move |before: Option<&String>| {
        let here = path.with(|path| path.split_once("/groups/").map(|(_, id)| decode(id)));
        here.or_else(|| before.cloned()).unwrap_or_default()
    })
}

/// The whole page of one group. `from` is the first partition shown of very many.
#[component]
pub(crate) fn GroupDetailView(detail: GroupDetail, from: usize) -> impl IntoView {
    let GroupDetail { cluster, group, now } = detail;
    let reference = cluster_ref(&cluster);
    let facts = facts(&group.group);
    let path = group_href(&reference, &group.group.id);
    view! {
        <PageHead
            title=format!("{} in {reference}", harmless(group.group.id.as_str()))
            sentence=sentence(&group.group)
            chip=cluster.environment.clone()
        >
            {facts}
        </PageHead>
        <ClusterTabs cluster=reference.clone() current=ClusterTab::Groups />
        <StaleNotice cluster now />
        <GroupTiles group=group.group.clone() />
        <ResetLine cluster=reference.clone() id=group.group.id.clone() offer=group.reset />
        <OffsetsPanel cluster=reference partitions=group.partitions path from />
        <MembersPanel members=group.members id=group.group.id />
    }
}

#[component]
fn GroupTiles(group: GroupRow) -> impl IntoView {
    let (status, word) = words::state(&group.state);
    let count = |count: Known<u32>| count.map(u64::from);
    view! {
        <Tiles>
            <Tile label="State">
                <StatusWord status word />
            </Tile>
            <Tile label="Lag" aside="records">
                <Count value=group.lag />
            </Tile>
            <Tile label="Members">
                <Count value=count(group.member_count) />
            </Tile>
            <Tile label="Topics">
                <Count value=count(group.topic_count) />
            </Tile>
            <Tile label="Partitions">
                <Count value=count(group.partition_count) />
            </Tile>
        </Tiles>
    }
}

/// The way to other offsets, or why there is none.
#[component]
fn ResetLine(cluster: ClusterRef, id: GroupId, offer: ResetOffer) -> impl IntoView {
    let way = if let Some(why) = offer.why_not {
        view! {
            <button type="button" class="button" disabled=true>
                "Reset offsets"
            </button>
            <span class="aside">{harmless(&why)}</span>
        }
        .erased()
    } else {
        let team = offer.team.map(|team| team.to_string()).unwrap_or_default();
        let query = Query::default().with("kind", "offsetsReset").with("cluster", &cluster.to_string());
        let href = query.with("team", &team).with("group", id.as_str()).on("/requests/new");
        view! {
            // Ids may hold what the router would decode once too often.
            <a class="button" href=href rel="external">
                "Reset offsets"
            </a>
        }
        .erased()
    };
    view! { <p class="ways">{way}</p> }
}

/// How far the group is, partition by partition.
#[component]
fn OffsetsPanel(
    cluster: ClusterRef,
    partitions: Known<Vec<GroupPartition>>,
    path: String,
    from: usize,
) -> impl IntoView {
    let content = match partitions {
        Known::Unknown => view! {
            <Empty title="Offsets are unknown">
                <p>"The group's coordinator has not said what it committed. The table fills by itself once it does."</p>
            </Empty>
        }
        .erased(),
        Known::Known(partitions) if partitions.is_empty() => view! {
            <Empty title="Nothing is committed">
                <p>"The group has not committed offsets, or they have expired, so nobody can say how far it is."</p>
            </Empty>
        }
        .erased(),
        Known::Known(partitions) => offsets(&cluster, partitions, &path, from),
    };
    view! {
        <Panel title="Offsets" hint="lag is records between what is committed and the end" flush=true>
            {content}
        </Panel>
    }
}

fn offsets(cluster: &ClusterRef, partitions: Vec<GroupPartition>, path: &str, from: usize) -> AnyView {
    let total = partitions.len();
    let from = if from < total { from } else { 0 };
    let rows: Vec<_> =
        partitions.into_iter().skip(from).take(SHOWN).map(|partition| offset_row(cluster, partition)).collect();
    let shown = rows.len();
    let until = from + shown;
    let page = |from: usize| {
        let from = if from == 0 { String::new() } else { from.to_string() };
        Query::default().with("from", &from).on(path)
    };
    let pager = (total > SHOWN).then(|| {
        let summary = position(from as u64, shown, total as u64, ("partition", "partitions"));
        view! { <Pager summary first=(from > 0).then(|| page(0)) next=(until < total).then(|| page(until)) /> }
    });
    view! {
        <TableScroll label="Offsets">
            <thead>
                <tr>
                    <th scope="col">"Topic"</th>
                    <th scope="col" class="number">
                        "Partition"
                    </th>
                    <th scope="col" class="number">
                        "Committed"
                    </th>
                    <th scope="col" class="number">
                        "End"
                    </th>
                    <th scope="col" class="number">
                        "Lag"
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableScroll>
        {pager}
    }
    .erased()
}

fn offset_row(cluster: &ClusterRef, partition: GroupPartition) -> AnyView {
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=topic_href(cluster, &partition.topic)>
                    {partition.topic.to_string()}
                </a>
            </th>
            <td class="number">{partition.partition.to_string()}</td>
            <td class="number">
                <Count value=offset(Known::Known(partition.committed)) />
            </td>
            <td class="number">
                <Count value=offset(partition.end) />
            </td>
            <td class="number">
                <Count value=partition.lag />
            </td>
        </tr>
    }
    .erased()
}

/// Who is in the group.
#[component]
fn MembersPanel(members: Known<Vec<GroupMember>>, id: GroupId) -> impl IntoView {
    let content = match members {
        Known::Unknown => view! {
            <Empty title="Members are unknown">
                <p>"The group's coordinator has not been asked who is in it yet, or did not say."</p>
            </Empty>
        }
        .erased(),
        Known::Known(members) if members.is_empty() => view! {
            <Empty title="Nobody is in the group">
                <p>
                    "It reads on from its offsets as soon as a consumer with " <code>"group.id"</code> " "
                    <code>{harmless(id.as_str())}</code> " connects."
                </p>
            </Empty>
        }
        .erased(),
        Known::Known(members) => view! {
            <TableScroll label="Members">
                <thead>
                    <tr>
                        <th scope="col">"Client"</th>
                        <th scope="col">"Host"</th>
                        <th scope="col">"Member"</th>
                    </tr>
                </thead>
                <tbody>{members.into_iter().map(member_row).collect_view()}</tbody>
            </TableScroll>
        }
        .erased(),
    };
    view! {
        <Panel title="Members" flush=true>
            {content}
        </Panel>
    }
}

fn member_row(member: GroupMember) -> impl IntoView {
    let host = if member.host.is_empty() {
        view! { <Unknown /> }.erased()
    } else {
        // Kafka writes addresses with the slash of Java's InetAddress.
        harmless(member.host.trim_start_matches('/')).erased()
    };
    view! {
        <tr>
            <th scope="row">{harmless(&member.client_id)}</th>
            <td>{host}</td>
            <td class="wrap">
                <code>{harmless(&member.id)}</code>
            </td>
        </tr>
    }
}
