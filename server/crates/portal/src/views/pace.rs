//! How topics and groups get on, put into what is told of them.

use klamm_model::{
    Group, GroupPartition, GroupRow, GroupView, GroupsRequest, Known, LagTrend, PartitionId, PartitionView, TopicName,
    TopicRow, TopicView, UnixMillis,
};
use klamm_monitor::{Behind, GroupPace, TopicPace, Vitals};
use std::sync::Arc;

/// Records a second of a partition over about the last minute.
pub(crate) type PartitionRate = (PartitionId, Known<f64>);

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

    fn topic<T>(&self, topic: &TopicName, told: impl FnOnce(&TopicPace) -> Known<T>) -> Known<T> {
        TopicPace::of(&self.topics, topic).map_or(Known::Unknown, told)
    }

    /// When a topic was last written to.
    pub(crate) fn written_at(&self, topic: &TopicName) -> Known<UnixMillis> {
        self.topic(topic, |pace| pace.written_at)
    }

    /// By how many bytes a topic grows in a day.
    pub(crate) fn growth(&self, topic: &TopicName) -> Known<i64> {
        self.topic(topic, |pace| pace.growth_per_day.map(whole))
    }

    /// Bytes a second that producers append to a topic.
    pub(crate) fn bytes_in(&self, topic: &TopicName) -> Known<f64> {
        self.topic(topic, |pace| pace.bytes_in)
    }

    /// Bytes a second that consumers fetch of a topic.
    pub(crate) fn bytes_out(&self, topic: &TopicName) -> Known<f64> {
        self.topic(topic, |pace| pace.bytes_out)
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
        let (bytes_in_per_second, bytes_out_per_second) = (self.bytes_in(&row.name), self.bytes_out(&row.name));
        TopicRow { bytes_in_per_second, bytes_out_per_second, last_write_at, growth_bytes_per_day, ..row }
    }

    /// A topic with everything about it, partition by partition.
    pub(crate) fn topic_view(&self, mut view: TopicView, vitals: Option<&Vitals>) -> TopicView {
        tell_rates(&mut view.partitions, &partition_rates(vitals, &view.name));
        let (last_write_at, growth_bytes_per_day) = (self.written_at(&view.name), self.growth(&view.name));
        let (bytes_in_per_second, bytes_out_per_second) = (self.bytes_in(&view.name), self.bytes_out(&view.name));
        TopicView { bytes_in_per_second, bytes_out_per_second, last_write_at, growth_bytes_per_day, ..view }
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
                    partition.records_per_second = rate(&rates, partition.partition);
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

/// Of each partition of a topic, by index; nothing where nobody measures.
pub(crate) fn partition_rates(vitals: Option<&Vitals>, topic: &TopicName) -> Vec<PartitionRate> {
    vitals.map(|vitals| vitals.partition_rates(topic)).unwrap_or_default()
}

/// Says of partitions of a topic how many records come to each.
pub(crate) fn tell_rates(partitions: &mut [PartitionView], rates: &[PartitionRate]) {
    for partition in partitions {
        partition.records_per_second = rate(rates, partition.id);
    }
}

fn rate(rates: &[PartitionRate], partition: PartitionId) -> Known<f64> {
    let found = rates.binary_search_by_key(&partition, |(id, _)| *id).ok();
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
    use klamm_model::{
        GroupMember, GroupSort, Inventory, PageRequest, PartitionSpread, PlacementRequest, SearchRequest, SortOrder,
        TopicSort,
    };

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
    async fn topics_are_told_and_sorted_by_bytes_records_and_groups() {
        let (estate, demo, ada) = (Estate::new(), cluster_ref("kafka/demo"), actor("ada"));
        let topics = ["a", "b", "c"].map(|name| topic(name, &[(ALL, ALL)]));
        let mut seen = inventory("kafka/demo", topics.into());
        seen.topics[1].partitions[0].latest_offset = Known::Known(90);
        seen.topics[2].partitions[0].latest_offset = Known::Unknown;
        seen.groups = Known::Known(vec![group("one", &["a", "c"]), group("two", &["c"])]);
        estate.put(seen, crate::Declared::default());
        let pace = |name: &str, bytes: Option<(f64, f64)>| TopicPace {
            name: name.parse().unwrap(),
            written_at: Known::Unknown,
            minute_rate: Known::Unknown,
            bytes_in: bytes.map(|(bytes_in, _)| bytes_in).into(),
            bytes_out: bytes.map(|(_, bytes_out)| bytes_out).into(),
            growth_per_day: Known::Unknown,
            steady: None,
        };
        let paces = vec![pace("a", Some((5.0, 90.0))), pace("b", Some((40.0, 7.0))), pace("c", None)];
        Observations::vitals(&estate, &demo).unwrap().set_topics(paces);
        let (portal, _database) = portal(&estate).await;
        let rows = |sort, order| {
            let request = PageRequest { sort, order, ..PageRequest::default() };
            portal.topic_rows(&ada, &demo, &request).unwrap().items
        };
        let names =
            |sort, order| -> Vec<String> { rows(sort, order).into_iter().map(|row| row.name.to_string()).collect() };
        for (sort, mut expected) in [
            (TopicSort::BytesInPerSecond, ["b", "a", "c"]),
            (TopicSort::BytesOutPerSecond, ["a", "b", "c"]),
            (TopicSort::Records, ["b", "a", "c"]),
            (TopicSort::GroupCount, ["c", "a", "b"]),
        ] {
            assert_eq!(names(sort, SortOrder::Desc), expected, "{sort:?}");
            expected.reverse();
            assert_eq!(names(sort, SortOrder::Asc), expected, "{sort:?}, what is unknown comes first");
        }
        let rows = rows(TopicSort::Name, SortOrder::Asc);
        let told: Vec<_> =
            rows.iter().map(|row| (row.bytes_in_per_second, row.bytes_out_per_second, row.records)).collect();
        let known = |bytes: (f64, f64), records| (Known::Known(bytes.0), Known::Known(bytes.1), Known::Known(records));
        let unknown = (Known::Unknown, Known::Unknown, Known::Unknown);
        assert_eq!(told, [known((5.0, 90.0), 10), known((40.0, 7.0), 90), unknown]);
        assert_eq!(rows.iter().map(|row| row.group_count).collect::<Vec<_>>(), [1, 0, 2].map(Known::Known));
        let view = portal.topic(&ada, &demo, &rows[0].name).unwrap();
        let of_view = (view.bytes_in_per_second, view.bytes_out_per_second, view.records);
        assert_eq!((of_view, view.group_count), (told[0], rows[0].group_count), "the same on its own");
    }

    #[tokio::test]
    async fn what_comes_to_each_partition_is_told_wherever_partitions_are() {
        let (portal, _database) = watched(5).await;
        let (ada, demo) = (actor("ada"), cluster_ref("kafka/demo"));
        let view = portal.topic(&ada, &demo, &"a".parse().unwrap()).unwrap();
        assert_eq!(view.partitions[0].records_per_second, Known::Known(100.0));
        assert_eq!(portal.topics(&ada, &demo, &PageRequest::default()).unwrap().items[0], view);
        let overview = portal.topic_overview(&ada, &demo, &view.name, 0).unwrap();
        assert_eq!((&overview.partitions, overview.spread), (&view.partitions, Known::Known(PartitionSpread::Even)));
        let request = PlacementRequest { topic: Some("a".to_owned()), ..PlacementRequest::default() };
        assert_eq!(portal.placement(&ada, &demo, &request).unwrap().partitions, view.partitions);
        let (portal, _database) = watched(3).await;
        let overview = portal.topic_overview(&ada, &demo, &view.name, 0).unwrap();
        assert_eq!(overview.spread, Known::Unknown, "not for a minute yet");
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
        assert_eq!(row.group_count, Known::Known(3));
        assert!(found("a").topics.items.iter().any(|hit| hit.item == row), "as lists have it");
        let group = portal.group(&ada, &demo, "stands").unwrap().group;
        assert!(group.lag_seconds != Known::Unknown && group.stuck_since != Known::Unknown);
        assert_eq!(found("stands").groups.items[0].item, group);
    }
}
