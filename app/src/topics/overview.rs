//! The first part of the page of a topic: how it is, its partitions, and what is set on it.

use super::{
    config::ConfigPanel,
    page_query::{TopicQuery, TopicTab},
    partition_table::PartitionsPanel,
    partitions::TopicPlacementPanel,
    table::written,
    words::{growth, owner, times_the_mean},
};
use crate::{
    clusters::{counted, health_status, health_word},
    groups::ConsumersPanel,
    ui::{ByteRate, Bytes, Count, Erase, Pager, Panel, Rate, StatusWord, Tile, Tiles, Unknown},
};
use klamm_model::{ClusterRef, Known, Page, PartitionSpread, TopicConsumer, TopicOverview, TopicRow, UnixMillis};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// Everything of it, a piece for each panel.
pub(super) fn panels(
    cluster: &ClusterRef,
    row: &TopicRow,
    overview: TopicOverview,
    consumers: Known<Page<TopicConsumer>>,
    ways: Option<String>,
    over_time: String,
    now: UnixMillis,
) -> Vec<String> {
    let TopicOverview { id, spread, partitions, from, config } = overview;
    let path = super::topic_href(cluster, &row.name);
    let pager = pager(row.partition_count, from, partitions.len(), &path);
    let all = TopicQuery::of(TopicTab::Config).href(&path);
    let columns = view! {
        <div class="columns">
            <TopicPlacementPanel partitions=partitions.clone() />
            <BelongingPanel row=row.clone() id />
        </div>
    };
    let tiles = view! { <TopicTiles row=row.clone() spread now /> }.to_html();
    let rest = [
        over_time,
        columns.to_html(),
        view! { <ConsumersPanel cluster=cluster.clone() topic=row.name.clone() consumers /> }.to_html(),
        view! { <PartitionsPanel partitions pager /> }.to_html(),
        view! { <ConfigPanel config all /> }.to_html(),
    ];
    [tiles].into_iter().chain(ways).chain(rest).collect()
}

/// Where one is among very many partitions; nothing when all of them are shown.
fn pager(total: u32, from: u32, shown: usize, path: &str) -> Option<AnyView> {
    let until = from.saturating_add(u32::try_from(shown).unwrap_or(u32::MAX));
    let page = |from| TopicQuery { from, ..TopicQuery::default() }.href(path);
    (from > 0 || until < total).then(|| {
        let summary = format!("{}–{until} of {}", from + 1, counted(total.into(), "partition", "partitions"));
        view! { <Pager summary first=(from > 0).then(|| page(0)) next=(until < total).then(|| page(until)) /> }.erased()
    })
}

#[component]
fn TopicTiles(row: TopicRow, spread: Known<PartitionSpread>, now: UnixMillis) -> impl IntoView {
    let known = |count: u32| Known::Known(u64::from(count));
    let (hottest, above) = hottest(spread);
    let grows = row.growth_bytes_per_day.value().copied().map_or_else(|| "growth unknown".to_owned(), growth);
    view! {
        <Tiles>
            <Tile label="State">
                <StatusWord status=health_status(row.health) word=health_word(row.health) />
            </Tile>
            <Tile label="Partitions" aside=format!("· factor {}", row.replication_factor)>
                <Count value=known(row.partition_count) />
            </Tile>
            <Tile label="Under-replicated" aside=format!("· {} offline", row.offline)>
                <Count value=known(row.under_replicated) />
            </Tile>
            <Tile label="Hottest partition" aside=above>
                {hottest}
            </Tile>
            <Tile label="Last written">{written(row.last_write_at, now)}</Tile>
            <Tile label="Records in">
                <Rate value=row.records_per_second unit="rec" />
            </Tile>
            <Tile label="Bytes in">
                <ByteRate value=row.bytes_in_per_second />
            </Tile>
            <Tile label="Bytes out">
                <ByteRate value=row.bytes_out_per_second />
            </Tile>
            <Tile label="Records" aside="kept">
                <Count value=row.records />
            </Tile>
            <Tile label="Stored, all replicas" aside=grows>
                <Bytes value=row.size_bytes />
            </Tile>
        </Tiles>
    }
}

/// Which partition gets most, and how many times the mean that is.
fn hottest(spread: Known<PartitionSpread>) -> (AnyView, String) {
    match spread {
        Known::Known(PartitionSpread::Even) => ("Even".erased(), "none stands out".to_owned()),
        Known::Known(PartitionSpread::Skewed { hottest, times_mean }) => {
            (hottest.to_string().erased(), times_the_mean(times_mean))
        }
        Known::Unknown => (view! { <Unknown /> }.erased(), String::new()),
    }
}

/// Whose it is.
#[component]
fn BelongingPanel(row: TopicRow, id: String) -> impl IntoView {
    let declared = match &row.owner {
        Some(object) => view! { <code>{owner(object)}</code> }.erased(),
        None if row.name.is_internal() => "Kafka itself".erased(),
        None => "No object. It was made past Klamm; a KafkaTopic with its name makes it somebody's.".erased(),
    };
    view! {
        <Panel title="Belongs to">
            <dl class="pairs">
                <div>
                    <dt>"Declared by"</dt>
                    <dd>{declared}</dd>
                </div>
                <div>
                    <dt>"Team"</dt>
                    <dd>{row.team.map_or_else(|| "None".to_owned(), |team| team.to_string())}</dd>
                </div>
                <div>
                    <dt>"Topic id"</dt>
                    <dd>
                        <code>{id}</code>
                    </dd>
                </div>
            </dl>
        </Panel>
    }
}
