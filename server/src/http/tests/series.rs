//! What was measured over time, in the API.

use super::{Bench, get, openapi};
use klamm_model::{BrokerId, Measured, Measurement, Metric, Scope, UnixMillis};
use klamm_portal::Observations;
use std::time::Duration;

const SERIES: &str = "/api/v1/clusters/kafka/demo/series";

async fn reader(bench: &Bench) -> String {
    bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await.1
}

/// Writes down what was measured half a minute ago.
fn record(bench: &Bench, all: &[(Metric, Measured, f64)]) -> i64 {
    let at = UnixMillis(bench.portal.now().0 - 30_000);
    let vitals = bench.estate.vitals(&"kafka/demo".parse().unwrap()).unwrap();
    let all: Vec<_> =
        all.iter().map(|(metric, of, value)| Measurement { metric: *metric, of: of.clone(), value: *value }).collect();
    vitals.history().record(at, &all);
    at.0
}

#[tokio::test]
async fn a_rate_is_told_as_the_contract_says() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let topic = |name: &str| Measured::Topic(name.parse().unwrap());
    let at = record(
        &bench,
        &[(Metric::MessagesIn, topic("sample-topic"), 98.5), (Metric::MessagesIn, topic("payments.a"), 3.0)],
    );
    let query = format!(
        "{SERIES}?metric=messages_in&by=topic&topic=sample-topic&from={}&to={}&step=15",
        at - 60_000,
        at + 15_000
    );
    let answer = bench.send(get(&query).bearer(&token)).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, ""), "{}", answer.body);
    let view = answer.json();
    openapi::looks_like("SeriesView", &view);
    assert_eq!(
        (&view["metric"], &view["unit"], &view["step"]),
        (&"messages_in".into(), &"records/s".into(), &15.into())
    );
    assert_eq!(view["series"].as_array().unwrap().len(), 1);
    assert_eq!(view["series"][0]["labels"], serde_json::json!({"topic": "sample-topic"}));
    let points = view["series"][0]["points"].as_array().unwrap();
    let known: Vec<_> = points.iter().filter(|point| !point[1].is_null()).collect();
    assert_eq!(known.len(), 1, "{view}");
    assert_eq!((&known[0][0], &known[0][1]), (&(at.div_euclid(15_000) * 15_000).into(), &98.5.into()));
    assert!(points.len() > 4, "what was not measured is null, not left out");
    let both = bench.send(get(&format!("{SERIES}?metric=messages_in&by=topic")).bearer(&token)).await.json();
    assert_eq!(both["series"][0]["labels"]["topic"], "sample-topic");
    assert_eq!((both["series"].as_array().unwrap().len(), &both["leftOut"]), (2, &0.into()));
    assert_eq!(both["aggregate"], "mean");
    let most = bench.send(get(&format!("{SERIES}?metric=messages_in&aggregate=most")).bearer(&token)).await.json();
    openapi::looks_like("SeriesView", &most);
    assert_eq!(most["aggregate"], "most");
    let first = bench.send(get(&format!("{SERIES}?metric=messages_in&by=topic&limit=1")).bearer(&token)).await.json();
    assert_eq!((first["series"].as_array().unwrap().len(), &first["leftOut"]), (1, &1.into()));
}

#[tokio::test]
async fn the_same_comes_as_a_table_that_no_spreadsheet_takes_for_a_formula() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    let group = |id: &str| Measured::Group(id.parse().unwrap());
    record(&bench, &[(Metric::LagRecords, group("=1+1,\"x\"\n"), 7.5), (Metric::LagRecords, group("orders"), 2.0)]);
    let answer = bench.send(get(&format!("{SERIES}.csv?metric=lag_records")).bearer(&token)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"series.csv\"");
    let head = "\"time\",\"lag_records group==1+1,\"\"x\"\"\n (records)\",\"lag_records group=orders (records)\"\r\n";
    assert!(answer.body.starts_with(head), "{}", answer.body);
    assert!(answer.body.contains("Z,7.5,2\r\n") && answer.body.contains("Z,,\r\n"), "{}", answer.body);
    let most = bench.send(get(&format!("{SERIES}.csv?metric=lag_records&aggregate=most")).bearer(&token)).await;
    assert!(most.body.contains(",\"lag_records group=orders, most (records)\"\r\n"), "{}", most.body);
}

#[tokio::test]
async fn of_a_topic_that_is_none_of_the_busiest_nobody_says_that_it_is_not_measured() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let page = async || bench.send(get("/clusters/kafka/demo/topics/sample-topic").of(&dev)).await.body;
    let before = page().await;
    assert!(before.contains("Nothing was measured in this time"), "{before}");
    let topic = |name: &str| Measured::Topic(name.parse().unwrap());
    let mut all: Vec<_> = (0..400).map(|n| (Metric::MessagesIn, topic(&format!("busy-{n}")), 9.0)).collect();
    all.push((Metric::MessagesIn, topic("sample-topic"), 0.5));
    record(&bench, &all);
    let told = page().await;
    assert!(told.contains("the 400 busiest topics one by one"), "{told}");
    assert!(!told.contains("Nothing was measured in this time"), "{told}");
    let query = format!("{SERIES}?metric=messages_in&topic=sample-topic");
    let view = bench.send(get(&query).bearer(&reader(&bench).await)).await.json();
    openapi::looks_like("SeriesView", &view);
    assert_eq!((&view["series"], &view["onlyBusiest"]), (&serde_json::json!([]), &400.into()));
}

#[tokio::test]
async fn the_page_of_a_cluster_draws_how_far_its_quorum_is_behind() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    record(&bench, &[(Metric::QuorumLag, Measured::Cluster, 7.0)]);
    let page = bench.send(get("/clusters/kafka/demo").of(&dev)).await;
    assert_eq!(page.status, 200);
    for part in ["Quorum lag", "furthest voter", "series.csv?metric=quorum_lag"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
}

#[tokio::test]
async fn the_page_of_a_cluster_reads_its_later_charts_when_somebody_asks_for_them() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    record(
        &bench,
        &[
            (Metric::BytesIn, Measured::Cluster, 9.0),
            (Metric::MessagesConsumed, Measured::Cluster, 3.0),
            (Metric::DiskUsedBytes, Measured::Broker(BrokerId(1)), 5.0),
            (Metric::UnderReplicatedPartitions, Measured::Cluster, 1.0),
            (Metric::QuorumLag, Measured::Cluster, 7.0),
        ],
    );
    let page = async |path: &str| bench.send(get(path).of(&dev)).await.body;
    let first = page("/clusters/kafka/demo").await;
    assert_eq!(first.matches("<figure class=\"chart\"").count(), 4, "{first}");
    assert!(first.contains("href=\"/clusters/kafka/demo?charts=all\"") && !first.contains("chart-quorum"), "{first}");
    let all = page("/clusters/kafka/demo?charts=all").await;
    assert_eq!(all.matches("<figure class=\"chart\"").count(), 5, "{all}");
    assert!(all.contains("chart-quorum") && all.contains("Fewer charts"), "{all}");
    assert!(all.contains("href=\"/clusters/kafka/demo?charts=all&amp;range=6h\""), "the ways to other times keep it");
}

#[tokio::test]
async fn what_cannot_be_asked_is_named() {
    let bench = Bench::with_people().await;
    let token = reader(&bench).await;
    record(&bench, &[(Metric::Requests, Measured::Broker(BrokerId(1)), 1.0)]);
    for (query, word) in [
        ("", "metric"),
        ("metric=", "metric"),
        ("metric=%3Cb%3E", "metric"),
        ("metric=requests&by=topic", "by"),
        ("metric=requests&by=x", "by"),
        ("metric=requests&broker=one", "broker"),
        ("metric=messages_in&topic=a/b", "topic"),
        ("metric=lag_records&group=", "x"),
        ("metric=requests&from=yesterday", "from"),
        ("metric=requests&from=9&to=8", "from"),
        ("metric=requests&to=-1", "to"),
        ("metric=requests&step=0", "step"),
        ("metric=requests&limit=0", "limit"),
        ("metric=requests&limit=101", "limit"),
        ("metric=requests&aggregate=least", "aggregate"),
        ("metric=requests&colour=red", "colour"),
    ] {
        for path in [SERIES.to_owned(), format!("{SERIES}.csv")] {
            let answer = bench.send(get(&format!("{path}?{query}")).bearer(&token)).await;
            if query.ends_with("group=") {
                assert_eq!(answer.status, 200, "a form sends what says nothing: {}", answer.body);
                continue;
            }
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid"), "{query}");
            assert!(answer.body.contains(word), "{query}: {}", answer.body);
        }
    }
    for query in ["metric=requests&broker=9", "metric=messages_in&topic=nothing", "metric=lag_records&group=nobody"] {
        let answer = bench.send(get(&format!("{SERIES}?{query}")).bearer(&token)).await;
        assert_eq!(answer.problem(), "not-found", "{query}");
    }
    let one = bench.send(get(&format!("{SERIES}?metric=requests&broker=1")).bearer(&token)).await.json();
    assert_eq!(one["series"][0]["labels"]["broker"], "1");
    let silent = "/api/v1/clusters/kafka/silent/series?metric=requests";
    assert_eq!(bench.send(get(silent).bearer(&token)).await.json()["series"], serde_json::json!([]));
}
