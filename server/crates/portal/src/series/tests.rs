use super::*;
use crate::views::samples::{Estate, NOW, actor, cluster_ref, inventory, portal, topic};
use crate::{Declared, Observations};
use klamm_model::{BrokerId, BrokerState, Known, Measurement, Metric, Scope};

fn record(estate: &Estate, seconds_ago: i64, all: &[(Metric, Measured, f64)]) {
    let vitals = estate.vitals(&cluster_ref("kafka/demo")).unwrap();
    let all: Vec<_> =
        all.iter().map(|(metric, of, value)| Measurement { metric: *metric, of: of.clone(), value: *value }).collect();
    vitals.history().record(UnixMillis(NOW.0 - seconds_ago * 1000), &all);
}

fn topic_of(name: &str) -> Measured {
    Measured::Topic(name.parse().unwrap())
}

fn estate() -> Estate {
    let estate = Estate::new();
    let topics = vec![topic("a", &[(&[0, 1], &[0, 1])]), topic("b", &[(&[1, 2], &[2])])];
    estate.put(inventory("kafka/demo", topics), Declared::default());
    estate
}

fn asking(metric: &str) -> SeriesRequest {
    SeriesRequest { metric: metric.to_owned(), ..SeriesRequest::default() }
}

fn labels(view: &SeriesView) -> Vec<String> {
    view.series.iter().map(|series| series.labels.values().cloned().collect::<Vec<_>>().join(" ")).collect()
}

#[tokio::test]
async fn series_come_with_the_busiest_first_and_a_null_where_nothing_was_measured() {
    let estate = estate();
    let (portal, _database) = portal(&estate).await;
    record(&estate, 45, &[(Metric::BytesIn, topic_of("a"), 1.0), (Metric::BytesIn, topic_of("gone"), 9.0)]);
    record(&estate, 15, &[(Metric::BytesIn, topic_of("a"), 3.0), (Metric::BytesIn, topic_of("b"), 2.0)]);
    let (ada, demo) = (actor("ada"), cluster_ref("kafka/demo"));
    let request = SeriesRequest {
        by: Some("topic".to_owned()),
        limit: Some(2),
        from: Some(NOW.0 - 60_000),
        ..asking("bytes_in")
    };
    let view = portal.series(&ada, &demo, &request).await.unwrap();
    assert_eq!((labels(&view), view.left_out), (vec!["gone".to_owned(), "a".to_owned()], 1));
    assert_eq!((view.step, view.to.0 - view.from.0), (15, 60_000));
    let values: Vec<_> = view.series[1].points.iter().map(|(_, value)| *value).collect();
    assert_eq!(values.iter().filter_map(|value| *value).collect::<Vec<_>>(), [1.0, 3.0]);
    assert!(values.len() == 5 && values.contains(&None));
    let one = SeriesRequest { topic: Some("b".to_owned()), ..asking("bytes_in") };
    assert_eq!(labels(&portal.series(&ada, &demo, &one).await.unwrap()), ["b"]);
    let table = portal.series_csv(&ada, &demo, &one).await.unwrap();
    assert!(table.starts_with("\"time\",\"bytes_in topic=b (bytes/s)\"\r\n") && table.contains("Z,2\r\n"), "{table}");
}

#[tokio::test]
async fn of_a_topic_that_is_none_of_the_busiest_it_is_told_that_it_is_in_the_sum() {
    let estate = estate();
    let (portal, _database) = portal(&estate).await;
    let mut all: Vec<_> = (0..400).map(|n| (Metric::MessagesIn, topic_of(&format!("busy-{n}")), 9.0)).collect();
    all.extend([(Metric::MessagesIn, topic_of("a"), 0.5)]);
    let one = SeriesRequest { topic: Some("a".to_owned()), ..asking("messages_in") };
    let whole = asking("messages_in");
    let told = async |request: &SeriesRequest| {
        portal.series(&actor("ada"), &cluster_ref("kafka/demo"), request).await.unwrap()
    };
    assert_eq!(told(&one).await.only_busiest, None, "nothing has been measured of anything");
    record(&estate, 15, &all);
    let view = told(&one).await;
    assert_eq!((labels(&view).len(), view.only_busiest), (0, Some(400)));
    assert_eq!(told(&whole).await.only_busiest, None);
}

#[tokio::test]
async fn volumes_are_told_for_one_broker_and_cut_only_then() {
    let estate = estate();
    let (portal, _database) = portal(&estate).await;
    let volume = |id, path: &str, value| (Metric::DiskUsedBytes, Measured::Volume(BrokerId(id), path.into()), value);
    record(&estate, 15, &[volume(0, "/x", 90.0), volume(1, "/x", 5.0), volume(1, "/y", 7.0), volume(2, "/x", 80.0)]);
    let request = SeriesRequest {
        by: Some("volume".to_owned()),
        broker: Some("1".to_owned()),
        limit: Some(1),
        ..asking("disk_used_bytes")
    };
    let view = portal.series(&actor("ada"), &cluster_ref("kafka/demo"), &request).await.unwrap();
    assert_eq!((labels(&view), view.left_out), (vec!["1 /y".to_owned()], 1));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_who_may_not_read_is_refused() {
    let estate = estate();
    let (portal, _database) = portal(&estate).await;
    let demo = cluster_ref("kafka/demo");
    let named = |topic: Option<&str>, broker: Option<&str>| SeriesRequest {
        topic: topic.map(str::to_owned),
        broker: broker.map(str::to_owned),
        ..asking("bytes_in")
    };
    for request in [named(Some("nothing"), None), named(None, Some("9"))] {
        let problem = portal.series(&actor("ada"), &demo, &request).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::NotFound, "{}", problem.detail);
    }
    let group = SeriesRequest { group: Some("nobody".to_owned()), ..asking("lag_records") };
    assert_eq!(portal.series(&actor("ada"), &demo, &group).await.unwrap_err().kind, ProblemKind::NotFound);
    let elsewhere = portal.series(&actor("ada"), &cluster_ref("kafka/none"), &asking("requests")).await;
    assert_eq!(elsewhere.unwrap_err().kind, ProblemKind::NotFound);
    let writer = Actor { scopes: [Scope::Write].into(), ..actor("ada") };
    assert_eq!(portal.series(&writer, &demo, &asking("requests")).await.unwrap_err().kind, ProblemKind::Forbidden);
}

#[tokio::test]
async fn of_a_broker_that_does_not_answer_nothing_is_told_but_for_how_long_it_has_been_silent() {
    let estate = Estate::new();
    let mut seen = inventory("kafka/demo", vec![topic("a", &[(&[0, 1], &[0, 1])])]);
    seen.brokers[1].state = BrokerState::Down;
    estate.put(seen, Declared::default());
    let (portal, _database) = portal(&estate).await;
    let idle = |id| (Metric::RequestHandlerIdle, Measured::Broker(BrokerId(id)), 0.9);
    record(&estate, 12, &[idle(0), idle(1)]);
    record(&estate, 3, &[(Metric::Leaders, Measured::Broker(BrokerId(1)), 4.0)]);
    let told = portal.broker_vitals(&actor("ada"), &cluster_ref("kafka/demo")).unwrap();
    let idle: Vec<_> = told.iter().map(|(_, vitals)| vitals.request_handler_idle).collect();
    assert_eq!(idle, [Known::Known(0.9), Known::Unknown, Known::Unknown]);
    let silent: Vec<_> = told.iter().map(|(_, vitals)| vitals.silent_seconds).collect();
    assert_eq!(silent, [Known::Unknown, Known::Known(12), Known::Unknown]);
}
