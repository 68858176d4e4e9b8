//! The figures that are looked at first, each the way to the page that says more.

use super::{
    cluster_ref,
    words::{self, counted, fullest},
};
use crate::{
    brokers, disks, groups,
    topics::{TopicFilters, TopicsAddress, list_href},
    ui::{Count, Erase, Rate, Tile, Tiles, Unknown, encode, printable},
};
use klamm_model::{
    ClusterOverview, ClusterRef, Filling, ForecastConfidence, GroupRow, Known, QuorumView, TopicSort, VolumeView,
    human_count,
};
use leptos::prelude::*;

/// Letters of a group's id beside its lag.
const LETTERS: usize = 24;

/// How a cluster is, in seven figures.
#[component]
pub(crate) fn ClusterTiles(
    overview: ClusterOverview,
    volumes: Vec<VolumeView>,
    /// The group that has most to read.
    furthest: Option<GroupRow>,
) -> impl IntoView {
    let known = |count: u32| Known::Known(u64::from(count));
    let reference = cluster_ref(&overview.cluster);
    let topics = list_href(&reference);
    let [by_health, by_rate] = [TopicSort::Health, TopicSort::RecordsPerSecond].map(|sort| {
        let filters = TopicFilters { internal: true, ..TopicFilters::default() };
        TopicsAddress::of("", filters).sorted_by(sort).href(&topics)
    });
    let counts = overview.cluster.brokers;
    let under_replicated = format!("· {} offline", human_count(overview.offline.into()));
    view! {
        <Tiles>
            <Tile label="Brokers" aside=format!("of {}", counts.total) href=brokers::list_href(&reference)>
                <Count value=known(counts.ready) />
            </Tile>
            {quorum(&reference, overview.quorum)}
            <Tile label="Under-replicated" aside=under_replicated href=by_health>
                <Count value=known(overview.under_replicated) />
            </Tile>
            {disk(&reference, &volumes)}
            {lag(&reference, furthest, overview.groups)}
            <Tile label="Records in" href=by_rate>
                <Rate value=overview.records_per_second unit="rec" />
            </Tile>
            <Tile
                label="Topics"
                aside=format!("· {}", counted(overview.partitions.into(), "partition", "partitions"))
                href=topics
            >
                <Count value=known(overview.topics) />
            </Tile>
        </Tiles>
    }
}

/// Whoever leads it says on its page how far it is.
fn quorum(cluster: &ClusterRef, quorum: Known<QuorumView>) -> AnyView {
    let leader = quorum.value().and_then(|quorum| quorum.leader);
    let href = leader.map_or_else(|| brokers::list_href(cluster), |leader| brokers::broker_href(cluster, leader));
    let (figure, aside) = quorum.value().copied().map(words::quorum).unwrap_or_default();
    let figure = match figure {
        Some(figure) => figure.erased(),
        None => view! { <Unknown /> }.erased(),
    };
    view! {
        <Tile label="Quorum" aside href>
            {figure}
        </Tile>
    }
    .erased()
}

fn disk(cluster: &ClusterRef, volumes: &[VolumeView]) -> AnyView {
    let Some((volume, percent)) = fullest(volumes) else {
        return view! {
            <Tile label="Fullest disk" href=disks::page_href(cluster)>
                <Unknown />
            </Tile>
        }
        .erased();
    };
    let soon = volume.foreseen().map(|days| {
        let filling = Filling { days: Known::Known(days), confidence: Known::Known(ForecastConfidence::High) };
        let words = disks::filling(filling);
        if days > 0.0 { format!(", full in {words}") } else { format!(", {words}") }
    });
    let aside = format!("broker {}{}", volume.broker, soon.unwrap_or_default());
    view! {
        <Tile label="Fullest disk" aside href=disks::broker_href(cluster, volume.broker)>
            {format!("{percent} %")}
        </Tile>
    }
    .erased()
}

fn lag(cluster: &ClusterRef, furthest: Option<GroupRow>, groups: Known<u32>) -> AnyView {
    let list = groups::list_href(cluster);
    let Some(group) = furthest else {
        // Where there is no group, nobody is behind; where nobody could say, nobody knows.
        let value: Known<u64> = groups.value().map_or(Known::Unknown, |_| Known::Known(0));
        return view! {
            <Tile label="Greatest lag" href=list>
                <Count value />
            </Tile>
        }
        .erased();
    };
    let late = groups::late_words(group.lag_seconds, group.lag_seconds_at_least);
    let late = late.value().map(|late| format!(", {late} behind")).unwrap_or_default();
    let aside = format!("{}{late}", printable(group.id.as_str(), LETTERS));
    // The list begins with it; only the browser itself leads to an id that needs to be encoded.
    let is_plain = encode(group.id.as_str()) == group.id.as_str();
    let href = if is_plain { groups::group_href(cluster, &group.id) } else { list };
    view! {
        <Tile label="Greatest lag" aside href>
            <Count value=group.lag />
        </Tile>
    }
    .erased()
}
