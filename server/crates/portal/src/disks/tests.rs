use super::*;
use crate::Observations;
use crate::views::samples::{Estate, NOW, actor, cluster_ref, inventory, portal, topic};
use klamm_model::{ConfigEntry, ConfigSource, ProblemKind, SortOrder, UnixMillis};
use std::sync::Arc;

const ALL: &[i32] = &[0, 1, 2];

/// A topic that is written to and kept for a week, one that is kept for ever, and one that nobody writes to. Each broker has
/// 1,000 bytes, 100 of which are used.
fn seen(look: u64) -> Inventory {
    let entry = |value: &str| ConfigEntry { value: Some(value.to_owned()), source: ConfigSource::Topic };
    let kept = |name: &str, retention: &str, size: u64, end: i64| {
        let mut topic = topic(name, &[(ALL, ALL)]);
        let config = [
            ("cleanup.policy", "delete"),
            ("retention.ms", retention),
            ("retention.bytes", "-1"),
            ("segment.ms", "60000"),
            ("segment.bytes", "1000"),
        ];
        topic.config = Known::Known(config.map(|(key, value)| (key.to_owned(), entry(value))).into());
        topic.size_bytes = Known::Known(size * 3);
        topic.partitions[0].size_bytes = Known::Known(size);
        topic.partitions[0].latest_offset = Known::Known(end);
        topic
    };
    let written = i64::try_from(look).unwrap();
    let topics = vec![
        kept("ages", "-1", 10 + look / 10, written),
        kept("idle", "604800000", 5, 100),
        kept("orders.week", "604800000", 20 + look, written * 10),
    ];
    inventory("kafka/demo", topics)
}

async fn watched(looks: u64) -> (Arc<crate::Portal>, klamm_testkit::TestDatabase) {
    let estate = Estate::new();
    estate.put(seen(looks), crate::Declared::default());
    let vitals = Observations::vitals(&estate, &cluster_ref("kafka/demo")).unwrap();
    for look in 1..=looks {
        vitals.observe(&seen(look), UnixMillis(NOW.0 + i64::try_from(look).unwrap() * 15_000));
    }
    portal(&estate).await
}

#[tokio::test]
async fn topics_are_told_by_what_they_come_to_and_what_would_fit() {
    let (portal, _database) = watched(40).await;
    let (ada, demo) = (actor("ada"), cluster_ref("kafka/demo"));
    let ask = |request: DisksRequest| portal.disks(&ada, &demo, &request).unwrap();
    let by_what_they_come_to =
        || DisksRequest { sort: DiskSort::SettlesAtBytes, order: SortOrder::Desc, ..DisksRequest::default() };
    let told = ask(by_what_they_come_to());
    let names: Vec<_> = told.topics.items.iter().map(|topic| topic.name.as_str()).collect();
    assert_eq!(names, ["ages", "orders.week", "idle"], "what never ends is the largest");
    let [ages, week, idle] = told.topics.items.as_slice() else { panic!("{told:?}") };
    assert!(ages.endless && ages.retention_ms == Known::Unknown && ages.settles_at_bytes == Known::Unknown);
    assert_eq!((week.fits, idle.fits), (Known::Known(false), Known::Known(true)));
    assert_eq!((idle.settles_at_bytes, idle.appended_bytes_per_day), (Known::Known(15), Known::Known(0)));
    assert!(week.growth_bytes_per_day.value().is_some_and(|growth| *growth > 0));
    let advice = week.recommended.clone().unwrap();
    assert!(advice.retention_ms < 604_800_000 && advice.retention_ms >= 600_000, "{advice:?}");
    assert_eq!((told.misfit_total, told.topics.total), (2, 3));
    assert!(told.brokers.iter().all(|broker| broker.settles_at_bytes == Known::Unknown), "one grows without end");

    let misfits = ask(DisksRequest { misfits: true, search: Some("ORDERS".to_owned()), ..by_what_they_come_to() });
    assert_eq!((misfits.topics.total, misfits.misfit_total), (1, 2));

    let fits =
        ask(DisksRequest { retention_ms: Some(advice.retention_ms), ..DisksRequest::default() }).what_if.unwrap();
    let comes_to = |broker: &BrokerDisks| broker.settles_at_bytes.value().copied();
    assert!(fits.brokers.iter().all(|broker| comes_to(broker).is_some_and(|bytes| bytes < 1000)), "{fits:?}");
    let topic = Some("orders.week".to_owned());
    let only = DisksRequest { retention_ms: Some(60_000), topic, ..DisksRequest::default() };
    let only = ask(only).what_if.unwrap();
    assert!(only.brokers.iter().all(|broker| comes_to(broker).is_none()), "the other one grows on");
}

#[tokio::test]
async fn a_topic_that_came_since_the_last_look_is_listed_and_one_that_went_is_not() {
    let estate = Estate::new();
    let mut newer = seen(40);
    newer.topics.retain(|topic| topic.name.as_str() != "ages");
    newer.topics.push(topic("young", &[(ALL, ALL)]));
    estate.put(newer, crate::Declared::default());
    let vitals = Observations::vitals(&estate, &cluster_ref("kafka/demo")).unwrap();
    for look in 1..=40 {
        vitals.observe(&seen(look), UnixMillis(NOW.0 + i64::try_from(look).unwrap() * 15_000));
    }
    let (portal, _database) = portal(&estate).await;
    let request = DisksRequest { sort: DiskSort::Name, order: SortOrder::Asc, ..DisksRequest::default() };
    let told = portal.disks(&actor("ada"), &cluster_ref("kafka/demo"), &request).unwrap();
    let [idle, week, young] = told.topics.items.as_slice() else { panic!("{told:?}") };
    assert_eq!([&idle.name, &week.name, &young.name].map(TopicName::as_str), ["idle", "orders.week", "young"]);
    assert_eq!((idle.fits, week.fits, young.fits), (Known::Known(true), Known::Known(false), Known::Unknown));
    assert_eq!((young.settles_at_bytes, young.endless, told.misfit_total), (Known::Unknown, false, 1));
}

#[tokio::test]
async fn volumes_are_told_with_when_they_are_full() {
    let (portal, _database) = watched(3).await;
    let told = portal.disks(&actor("ada"), &cluster_ref("kafka/demo"), &DisksRequest::default()).unwrap();
    assert_eq!(told.volumes.len(), 3);
    let first = &told.volumes[0];
    assert_eq!((first.used_bytes, first.capacity_bytes), (Known::Known(100), Known::Known(1000)));
    assert_eq!((first.growth_bytes_per_day, first.days_to_full), (Known::Unknown, Known::Unknown), "too early to say");
    assert_eq!(told.what_if, None);
    assert_eq!(portal.volumes(&actor("ada"), &cluster_ref("kafka/demo")).unwrap(), told.volumes);
    let nowhere = portal.volumes(&actor("ada"), &cluster_ref("kafka/none"));
    assert_eq!(nowhere.unwrap_err().kind, ProblemKind::NotFound);

    let (portal, _database) = watched(40).await;
    let told = portal.disks(&actor("ada"), &cluster_ref("kafka/demo"), &DisksRequest::default()).unwrap();
    assert_eq!(told.volumes[0].growth_bytes_per_day, Known::Known(0), "the broker tells the same all the time");
}

#[tokio::test]
async fn what_is_asked_of_no_topic_is_refused() {
    let (portal, _database) = watched(1).await;
    let request = DisksRequest { retention_ms: Some(1), topic: Some("none".to_owned()), ..DisksRequest::default() };
    let refused = portal.disks(&actor("ada"), &cluster_ref("kafka/demo"), &request).unwrap_err();
    assert_eq!(refused.kind, ProblemKind::Invalid);
}

#[tokio::test]
async fn a_map_has_the_largest_and_the_rest_in_one() {
    let names: Vec<TopicName> = (0..100).map(|number| format!("t{number:03}").parse().unwrap()).collect();
    let all = tiles(names.iter().zip(0..).collect());
    assert_eq!(all.len(), 81);
    let rest = all.iter().find(|tile| tile.topic.is_none()).unwrap();
    assert_eq!((rest.topics, rest.bytes), (19, (1..20).sum::<u64>()), "empty ones are left out");
    let area: f64 = all.iter().map(|tile| tile.width * tile.height).sum();
    assert!((area - 400_000.0).abs() < 1.0, "{area}");

    let (portal, _database) = watched(10).await;
    let of = |broker| portal.disk_map(&actor("ada"), &cluster_ref("kafka/demo"), broker).unwrap();
    let sizes: Vec<u64> = of(None).iter().map(|tile| tile.bytes).collect();
    assert_eq!(sizes, [90, 33, 15]);
    let on_one: Vec<u64> = of(Some(BrokerId(1))).iter().map(|tile| tile.bytes).collect();
    assert_eq!(on_one, [30, 11, 5]);
    assert!(of(Some(BrokerId(9))).is_empty());
}
