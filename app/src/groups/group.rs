//! The page of one consumer group.

use super::{
    group_href,
    group_words::{facts, offset, sentence},
    list::late,
    words,
};
use crate::{
    AppError,
    charts::{Ask, Shape, Shown, Wanted, over_time},
    clusters::{ClusterTab, cluster_head, cluster_ref},
    door,
    sheet::{Drawn, piece_of},
    sheets::Asked,
    topics::topic_href,
    ui::{
        Count, Empty, Erase, Pager, Panel, Query, Rate, StatusWord, TableScroll, Tile, Tiles, Unknown, harmless,
        position,
    },
};
use klamm_model::{
    ClusterRef, ClusterView, GroupId, GroupMember, GroupPartition, GroupRow, GroupView, Known, Metric, ResetOffer,
    UnixMillis,
};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// Rows of the table on one page; more would make the page heavy.
const SHOWN: usize = 200;

/// A group and the cluster it is in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupDetail {
    /// The cluster.
    pub(crate) cluster: ClusterView,
    /// The group.
    pub(crate) group: GroupView,
    /// When this was put together.
    pub(crate) now: UnixMillis,
}

/// What stands at `/clusters/{namespace}/{name}/groups/{group}`.
pub(crate) async fn page(cluster: &str, id: &str, asked: &Asked) -> Result<Drawn, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let detail = door::ask(|portal, actor| {
        Ok(GroupDetail {
            cluster: portal.cluster_view(actor, &cluster)?,
            group: portal.group(actor, &cluster, id)?,
            now: portal.now(),
        })
    })?;
    let (now, id) = (detail.now, &detail.group.group.id);
    let shown = Shown::asked(asked, now, &group_href(&cluster, id), &["from"]);
    let over_time = over_time(&cluster, wanted(id), shown.clone()).await?;
    let drawn = drawn(detail, asked.get("from").parse().unwrap_or(0), piece_of(over_time, now));
    Ok(Drawn { sentence: shown.headline(drawn.sentence), ..drawn })
}

fn wanted(id: &GroupId) -> Vec<Wanted> {
    let chart = |name, title, metric| Wanted {
        id: name,
        title,
        shape: Shape::Lines,
        asks: vec![Ask::new(metric, "").of_group(id)],
    };
    vec![
        chart("lag", "Lag in records", Metric::LagRecords),
        chart("behind", "Lag in time", Metric::LagSeconds),
        chart("read", "Records read", Metric::MessagesConsumed),
        chart("members", "Members", Metric::GroupMembers),
    ]
}

/// The whole page of one group. `from` is the first partition shown of very many.
pub(crate) fn drawn(detail: GroupDetail, from: usize, over_time: String) -> Drawn {
    let GroupDetail { cluster, group, now } = detail;
    let reference = cluster_ref(&cluster);
    let row = group.group;
    let path = group_href(&reference, &row.id);
    let tiles = view! { <GroupTiles group=row.clone() now /> }.to_html();
    let reset = view! { <ResetLine cluster=reference.clone() id=row.id.clone() offer=group.reset /> }.to_html();
    let offsets = view! { <OffsetsPanel cluster=reference.clone() partitions=group.partitions path from /> }.to_html();
    let members = view! { <MembersPanel members=group.members id=row.id.clone() /> }.to_html();
    Drawn {
        title: format!("{} in {reference}", harmless(row.id.as_str())),
        sentence: sentence(&row),
        facts: facts(&row),
        notices: cluster_head(&cluster, ClusterTab::Groups, now),
        panels: vec![tiles, reset, over_time, offsets, members],
        chip: cluster.environment.unwrap_or_default(),
        ..Drawn::default()
    }
}

#[component]
fn GroupTiles(group: GroupRow, now: UnixMillis) -> impl IntoView {
    let (status, word) = words::state(&group.state);
    let count = |count: Known<u32>| count.map(u64::from);
    let going = words::going(&group, now).unwrap_or_default();
    view! {
        <Tiles>
            <Tile label="State">
                <StatusWord status word />
            </Tile>
            <Tile label="Lag" aside="records">
                <Count value=group.lag />
            </Tile>
            <Tile label="Behind" aside=going>
                {late(group.lag_seconds, group.lag_seconds_at_least)}
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
                    <th scope="col" class="number">
                        "Behind"
                    </th>
                    <th scope="col" class="number">
                        "In"
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
            <td class="number">{late(partition.lag_seconds, partition.lag_seconds_at_least)}</td>
            <td class="number">
                <Rate value=partition.records_per_second unit="rec" />
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
