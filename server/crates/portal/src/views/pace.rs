//! How topics and groups get on, put into what is told of them.

use klamm_model::{
    Group, GroupPartition, GroupRow, GroupView, GroupsRequest, Known, LagTrend, TopicName, TopicRow, TopicView,
    UnixMillis,
};
use klamm_monitor::{Behind, GroupPace, TopicPace, Vitals};
use std::sync::Arc;

/// How all topics and groups of a cluster get on; nothing where nobody measures.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paces {
    topics: Arc<[TopicPace]>,
    groups: Arc<[GroupPace]>,
}

impl Paces {
    pub(crate) fn of(vitals: Option<&Vitals>) -> Self {
        vitals.map(|vitals| Self { topics: vitals.topics(), groups: vitals.groups() }).unwrap_or_default()
    }

    fn group(&self, group: &Group) -> Option<&GroupPace> {
        GroupPace::of(&self.groups, &group.id)
    }

    /// When a topic was last written to.
    pub(crate) fn written_at(&self, topic: &TopicName) -> Known<UnixMillis> {
        TopicPace::of(&self.topics, topic).map_or(Known::Unknown, |pace| pace.written_at)
    }

    /// By how many bytes a topic grows in a day.
    pub(crate) fn growth(&self, topic: &TopicName) -> Known<i64> {
        TopicPace::of(&self.topics, topic).map_or(Known::Unknown, |pace| pace.growth_per_day.map(whole))
    }

    /// The seconds that a group is behind, or is behind at least.
    pub(crate) fn late(&self, group: &Group) -> Option<u64> {
        let told = Told::of(self.group(group)?.behind);
        told.seconds.value().or(told.at_least.value()).copied()
    }

    /// Whether a group is one of those that the request wants.
    pub(crate) fn fits(&self, group: &Group, request: &GroupsRequest) -> bool {
        let pace = self.group(group);
        let trend = request.trend.as_deref().filter(|trend| !trend.is_empty());
        let is_so = |wanted: &str| {
            let trend = pace.and_then(|pace| pace.trend.value().copied());
            trend.map_or("unknown", LagTrend::name).eq_ignore_ascii_case(wanted)
        };
        let is_stuck = || pace.is_some_and(|pace| pace.stuck_since.is_some());
        trend.is_none_or(is_so) && (!request.stuck || is_stuck())
    }

    pub(crate) fn group_row(&self, mut row: GroupRow) -> GroupRow {
        let Some(pace) = GroupPace::of(&self.groups, &row.id) else { return row };
        let told = Told::of(pace.behind);
        (row.lag_seconds, row.lag_seconds_at_least, row.trend) = (told.seconds, told.at_least, pace.trend);
        (row.stuck_since, row.rebalancing_since) = (pace.stuck_since.into(), pace.rebalancing_since.into());
        row
    }

    pub(crate) fn topic_row(&self, row: TopicRow) -> TopicRow {
        let (last_write_at, growth_bytes_per_day) = (self.written_at(&row.name), self.growth(&row.name));
        TopicRow { last_write_at, growth_bytes_per_day, ..row }
    }

    pub(crate) fn topic_view(&self, view: TopicView) -> TopicView {
        let (last_write_at, growth_bytes_per_day) = (self.written_at(&view.name), self.growth(&view.name));
        TopicView { last_write_at, growth_bytes_per_day, ..view }
    }

    /// A group on its own page, partition by partition.
    pub(crate) fn group_view(&self, mut view: GroupView, vitals: Option<&Vitals>) -> GroupView {
        view.group = self.group_row(view.group);
        if let (Some(vitals), Known::Known(partitions)) = (vitals, &mut view.partitions) {
            // Of one topic each, since partitions stand by topic.
            for of_topic in partitions.chunk_by_mut(|a, b| a.topic == b.topic) {
                let rates = of_topic.first().map(|first| vitals.partition_rates(&first.topic)).unwrap_or_default();
                for partition in of_topic {
                    let left = (partition.committed, partition.lag.value().copied().unwrap_or(0));
                    let told = Told::of(vitals.behind(&partition.topic, partition.partition, left));
                    (partition.lag_seconds, partition.lag_seconds_at_least) = (told.seconds, told.at_least);
                    partition.records_per_second = rate(&rates, partition);
                }
            }
            // What its partitions say here is newer than what the list was sorted by.
            let worst = |of: fn(&GroupPartition) -> Option<u64>| partitions.iter().filter_map(of).max();
            let seconds = worst(|partition| partition.lag_seconds.value().copied());
            if view.group.lag_seconds != Known::Unknown && seconds.is_some() {
                view.group.lag_seconds = seconds.into();
            }
        }
        view
    }
}

fn rate(rates: &[(klamm_model::PartitionId, Known<f64>)], partition: &GroupPartition) -> Known<f64> {
    let found = rates.binary_search_by_key(&partition.partition, |(id, _)| *id).ok();
    found.and_then(|place| rates.get(place)).map_or(Known::Unknown, |(_, rate)| *rate)
}

/// Seconds as they are told: known, or known to be more.
struct Told {
    seconds: Known<u64>,
    at_least: Known<u64>,
}

impl Told {
    fn of(behind: Behind) -> Self {
        match behind {
            Behind::Seconds(seconds) => Self { seconds: Known::Known(up(seconds)), at_least: Known::Unknown },
            Behind::MoreThan(seconds) => Self { seconds: Known::Unknown, at_least: Known::Known(up(seconds)) },
            Behind::Unknown => Self { seconds: Known::Unknown, at_least: Known::Unknown },
        }
    }
}

/// Half a second behind is behind.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, and none is negative")]
fn up(seconds: f64) -> u64 {
    seconds.max(0.0).ceil() as u64
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates")]
fn whole(bytes: f64) -> i64 {
    bytes.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Observations;
    use crate::views::samples::{Estate, NOW, actor, cluster_ref, group, inventory, portal, topic};
    use klamm_model::{GroupMember, GroupSort, Inventory, PageRequest, SearchRequest, SortOrder, TopicSort};

    const ALL: &[i32] = &[0, 1, 2];

    /// Two topics, one of which is written to and grows; a group that reads, one that does not, and one that nobody is in.
    fn seen(look: i64) -> Inventory {
        let mut inventory = inventory("kafka/demo", vec![topic("a", &[(ALL, ALL)]), topic("b", &[(ALL, ALL)])]);
        inventory.topics[0].partitions[0].latest_offset = Known::Known(look * 1500);
        inventory.topics[0].size_bytes = Known::Known(u64::try_from(look * 1000).unwrap());
        let reads = |id: &str, committed: i64| {
            let mut group = group(id, &["a"]);
            let member = GroupMember { id: id.to_owned(), client_id: id.to_owned(), host: String::new() };
            group.members = Known::Known(vec![member]);
            if let Known::Known(offsets) = &mut group.offsets {
                offsets[0].committed = committed;
            }
            group
        };
        let mut gone = reads("gone", 1500);
        gone.members = Known::Known(Vec::new());
        let groups = vec![gone, reads("reads", look * 1500 - 150), reads("stands", 3000)];
        inventory.groups = Known::Known(groups);
        inventory.work_out_lags();
        inventory
    }

    async fn watched(looks: i64) -> (std::sync::Arc<crate::Portal>, klamm_testkit::TestDatabase) {
        let estate = Estate::new();
        estate.put(seen(looks), crate::Declared::default());
        let vitals = Observations::vitals(&estate, &cluster_ref("kafka/demo")).unwrap();
        for look in 1..=looks {
            vitals.observe(&seen(look), UnixMillis(NOW.0 + look * 15_000));
        }
        portal(&estate).await
    }

    #[tokio::test]
    async fn groups_are_told_sorted_and_found_by_how_late_they_are() {
        let (portal, _database) = watched(20).await;
        let (ada, demo) = (actor("ada"), cluster_ref("kafka/demo"));
        let list = |request: &GroupsRequest| portal.groups(&ada, &demo, request).unwrap();
        let by_seconds =
            GroupsRequest { sort: GroupSort::LagSeconds, order: SortOrder::Desc, ..GroupsRequest::default() };
        let told: Vec<_> =
            list(&by_seconds).items.into_iter().map(|row| (row.id.to_string(), row.lag_seconds, row.trend)).collect();
        let [growing, steady] = [LagTrend::Growing, LagTrend::Steady].map(Known::Known);
        assert_eq!(
            told,
            [
                ("gone".to_owned(), Known::Known(285), growing),
                ("stands".to_owned(), Known::Known(270), growing),
                ("reads".to_owned(), Known::Known(2), steady),
            ]
        );
        let ids = |request: &GroupsRequest| -> Vec<String> {
            list(request).items.iter().map(|row| row.id.to_string()).collect()
        };
        let wanted = |trend: &str| GroupsRequest { trend: Some(trend.to_owned()), ..GroupsRequest::default() };
        assert_eq!(ids(&wanted("growing")), ["gone", "stands"]);
        assert_eq!(ids(&wanted("Steady")), ["reads"]);
        assert_eq!(ids(&wanted("")).len(), 3);
        assert!(ids(&wanted("unknown")).is_empty());
        let stuck = GroupsRequest { stuck: true, ..GroupsRequest::default() };
        assert_eq!(ids(&stuck), ["stands"]);
        assert_eq!(list(&stuck).items[0].stuck_since, Known::Known(UnixMillis(NOW.0 + 30_000)));
    }

    #[tokio::test]
    async fn a_group_is_told_partition_by_partition_and_what_nobody_watched_as_more() {
        let (portal, _database) = watched(5).await;
        let (ada, demo) = (actor("ada"), cluster_ref("kafka/demo"));
        let view = portal.group(&ada, &demo, "stands").unwrap();
        let partition = &view.partitions.value().unwrap()[0];
        assert_eq!((partition.lag_seconds, view.group.lag_seconds), (Known::Known(45), Known::Known(45)));
        assert_eq!(partition.records_per_second, Known::Known(100.0));
        assert_eq!((view.group.trend, view.group.stuck_since), (Known::Unknown, Known::Unknown));

        let (portal, _database) = watched(0).await;
        let view = portal.group(&ada, &demo, "gone").unwrap();
        assert_eq!((view.group.lag_seconds, view.group.lag_seconds_at_least), (Known::Unknown, Known::Unknown));
        let (portal, _database) = watched(2).await;
        let mut request = GroupsRequest { search: Some("gone".to_owned()), ..GroupsRequest::default() };
        assert_eq!(portal.groups(&ada, &demo, &request).unwrap().items[0].lag_seconds, Known::Known(15));
        request.search = Some("reads".to_owned());
        assert_eq!(portal.groups(&ada, &demo, &request).unwrap().items[0].lag_seconds_at_least, Known::Unknown);
    }

    #[tokio::test]
    async fn topics_are_told_and_sorted_by_when_they_were_written_and_how_they_grow() {
        let (portal, _database) = watched(80).await;
        let (ada, demo) = (actor("ada"), cluster_ref("kafka/demo"));
        let sorted = |sort| {
            let request = PageRequest { sort, order: SortOrder::Desc, ..PageRequest::default() };
            portal.topic_rows(&ada, &demo, &request).unwrap().items
        };
        for rows in [sorted(TopicSort::GrowthBytesPerDay), sorted(TopicSort::LastWriteAt)] {
            assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
            assert_eq!(rows[0].last_write_at, Known::Known(UnixMillis(NOW.0 + 80 * 15_000)));
            assert_eq!((rows[1].last_write_at, rows[1].growth_bytes_per_day), (Known::Unknown, Known::Known(0)));
            let Known::Known(growth) = rows[0].growth_bytes_per_day else { panic!("it grows") };
            assert!((growth - 5_760_000).abs() < 10_000, "{growth}");
        }
        let view = portal.topic(&ada, &demo, &"a".parse().unwrap()).unwrap();
        assert_eq!(view.last_write_at, Known::Known(UnixMillis(NOW.0 + 80 * 15_000)));
        let entry = portal.catalogue_entry(&ada, &"a".parse().unwrap()).unwrap();
        assert_eq!(entry.topic.places[0].growth_bytes_per_day, view.growth_bytes_per_day);
    }

    #[tokio::test]
    async fn what_is_found_is_told_with_how_it_gets_on() {
        let (portal, _database) = watched(80).await;
        let (ada, demo) = (actor("ada"), cluster_ref("kafka/demo"));
        let found = |text: &str| {
            let request = SearchRequest { search: Some(text.to_owned()), limit: None };
            portal.search(&ada, &request).unwrap()
        };
        let row = portal.topic_row(&ada, &demo, &"a".parse().unwrap()).unwrap();
        assert!(row.growth_bytes_per_day != Known::Unknown && row.last_write_at != Known::Unknown);
        assert!(found("a").topics.items.iter().any(|hit| hit.item == row), "as lists have it");
        let group = portal.group(&ada, &demo, "stands").unwrap().group;
        assert!(group.lag_seconds != Known::Unknown && group.stuck_since != Known::Unknown);
        assert_eq!(found("stands").groups.items[0].item, group);
    }
}
