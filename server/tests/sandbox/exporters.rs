//! What exporters of real brokers tell, and how late groups are told to be, against a producer whose rate is known.

use crate::{
    portal::json_of,
    shop::{A_ROUND, SOON, Shop, shop},
    users::Stage,
};
use anyhow::{Context as _, ensure};
use klamm_testkit::{Acknowledgements, SampleBatch, SampleRecord, eventually};
use serde_json::json;
use std::time::Duration;

/// Records in a second, and characters in each.
const RATE: u32 = 50;
const SIZE: usize = 200;
/// Records that a group reads before it stops: by then the producer has been at it for longer than from one look to the next.
const READ: usize = 1500;
/// A minute of numbers, and as long as it takes until all of it lies within the time of the producer.
const A_MINUTE_IS_TOLD_WITHIN: Duration = Duration::from_mins(5);
/// From one point to the next, in milliseconds; numbers are measured as often.
const STEP: i64 = 15_000;
/// What is told may be off by so much.
const OFF: f64 = 0.05;

const TOPIC: &str = "alpha.paced";
const GROUP: &str = "alpha.late";

#[tokio::test(flavor = "multi_thread")]
async fn the_exporter_of_a_real_broker_is_read() {
    let shop = shop().await;
    let path = format!("/api/v1/clusters/{}/shop/targets", shop.home);
    eventually("the broker's exporter to tell numbers", A_ROUND, || async {
        let targets = json_of(shop.sandbox, &path).await?;
        let target = &targets["items"][0];
        ensure!(targets["total"] == 1 && target["answer"]["state"] == "numbers", "{targets}");
        ensure!(target["rejects"] == 0 && target["broker"].is_i64(), "{target}");
        Ok(())
    })
    .await
    .unwrap();
}

/// A point of a series: the moment at which its step begins, and what was told in it.
type Point = (i64, f64);

/// What is told of the topic, or of the group, from a moment on.
async fn told(shop: &Shop, metric: &str, of: &str, from: i64) -> anyhow::Result<Vec<Point>> {
    let path =
        format!("/api/v1/clusters/{}/shop/series?metric={metric}&{of}&from={from}&step={}", shop.home, STEP / 1000);
    let series = json_of(shop.sandbox, &path).await?;
    let points = series["series"][0]["points"].as_array().with_context(|| format!("no series: {series}"))?;
    Ok(points.iter().filter_map(|point| Some((point[0].as_i64()?, point[1].as_f64()?))).collect())
}

/// Those points that tell of nothing but a time in which the producer was at work; a minute of them at least.
fn of_producing(points: &[Point], began: i64, until: i64) -> anyhow::Result<Vec<Point>> {
    let is_within = |at: i64| at - 2 * STEP >= began && at + STEP <= until;
    let within: Vec<Point> = points.iter().copied().filter(|(at, _)| is_within(*at)).collect();
    ensure!(within.len() > 3, "too few points: {points:?}");
    Ok(within)
}

/// Tells the mean of these points apart from what really came in while they were measured: a point is from some moment of its step,
/// and tells what an exporter counted until up to a step before. So the real rate is that of a time as long as theirs together,
/// which ended then or then; all of those are alike, unless the producer was held up.
fn is_as_told(points: &[Point], given: &Acknowledgements, each: f64) -> anyhow::Result<()> {
    let (first, last) = points.first().zip(points.last()).context("no points")?;
    let length = last.0 - first.0 + STEP;
    let ends = (last.0 - STEP..=last.0 + STEP).step_by(500);
    let real: Vec<f64> = ends.map(|end| given.rate(end - length, end) * each).collect();
    let (lowest, highest) =
        real.iter().fold((f64::MAX, 0.0_f64), |(low, high), rate| (low.min(*rate), high.max(*rate)));
    let count = u32::try_from(points.len()).context("count the points")?;
    let told = points.iter().map(|(_, value)| value).sum::<f64>() / f64::from(count);
    ensure!(
        told >= lowest * (1.0 - OFF) && told <= highest * (1.0 + OFF),
        "told {told}, really {lowest} to {highest}: {points:?}"
    );
    Ok(())
}

/// How late a group is that stopped at a record, in truth, when the newest one is that.
fn really_late(given: &Acknowledgements, stopped_at: usize, newest: usize) -> Option<f64> {
    let millis = u32::try_from(given.at(newest)? - given.at(stopped_at)?).ok()?;
    Some(Duration::from_millis(millis.into()).as_secs_f64())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of records")]
fn count(records: f64) -> usize {
    records as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn records_bytes_and_lag_of_a_producer_of_known_rate_are_told_within_five_percent() {
    let shop = shop().await;
    let stage = Stage::new().await;
    stage.topic(&shop.alpha, TOPIC).await;
    let grants = json!([{ "topic": TOPIC, "access": "both", "groups": [GROUP] }]);
    stage.declare("pacer", json!({ "grants": grants })).await;
    stage.judged("pacer", "True/InSync").await;
    let outside = stage.outside("pacer", GROUP).await;
    let (_, first) = eventually("the producer to be let in", SOON, || outside.produce(TOPIC, "first")).await.unwrap();
    let before = usize::try_from(first).unwrap() + 1;

    let record = "x".repeat(SIZE);
    let began = jiff::Timestamp::now().as_millisecond();
    let steady = outside.steadily((TOPIC, 0), &record, RATE).unwrap();
    let reader = outside.member(TOPIC, GROUP).unwrap();
    reader.read(before + READ).await.unwrap();
    reader.commit().unwrap();
    reader.leave().await.unwrap();
    let (topic, group) = (format!("by=topic&topic={TOPIC}"), format!("by=group&group={GROUP}"));
    eventually("a minute of numbers", A_MINUTE_IS_TOLD_WITHIN, || async {
        let until = jiff::Timestamp::now().as_millisecond();
        for metric in ["messages_in", "bytes_in"] {
            of_producing(&told(shop, metric, &topic, began).await?, began, until)?;
        }
        let late = told(shop, "lag_seconds", &group, began).await?;
        ensure!(late.last().is_some_and(|(_, seconds)| *seconds > 60.0), "{late:?}");
        Ok(())
    })
    .await
    .unwrap();
    let given = steady.stop().await.unwrap();
    let until = given.at(given.count() - 1).unwrap();

    // Each record is a batch of its own: what it takes up on disk is what came in.
    let batch = |value: &str| {
        let alone = SampleRecord { value: Some(value.as_bytes().to_vec()), ..SampleRecord::default() };
        SampleBatch::new(0, 0, vec![alone]).bytes().len()
    };
    let size = batch("first") * before + batch(&record) * given.count();
    eventually("the size to be told", A_ROUND, || async {
        let path = format!("/api/v1/clusters/{}/shop/topics/{TOPIC}", shop.home);
        let told = json_of(shop.sandbox, &path).await?["sizeBytes"].as_u64();
        ensure!(told == u64::try_from(size).ok(), "{told:?} instead of {size}");
        Ok(())
    })
    .await
    .unwrap();

    let each = f64::from(u32::try_from(batch(&record)).unwrap());
    for (metric, each) in [("messages_in", 1.0), ("bytes_in", each)] {
        let points = of_producing(&told(shop, metric, &topic, began).await.unwrap(), began, until).unwrap();
        is_as_told(&points, &given, each).with_context(|| metric).unwrap();
    }
    let lags = told(shop, "lag_records", &group, began).await.unwrap();
    let late = told(shop, "lag_seconds", &group, began).await.unwrap();
    let mut both = late.iter().filter_map(|(at, seconds)| {
        let (_, records) = lags.iter().find(|(then, _)| then == at)?;
        let newest = (READ + count(*records)).checked_sub(1)?;
        // Once the producer has stopped, the lag stands still and grows later nevertheless: that is not compared.
        (newest + 1 < given.count()).then_some((*seconds, *records, really_late(&given, READ, newest)?))
    });
    let (seconds, records, real) = both.next_back().unwrap_or_else(|| panic!("nothing to compare: {late:?}, {lags:?}"));
    assert!(real > 45.0 && (seconds / real - 1.0).abs() < OFF, "late by {seconds}, really {real}: {late:?}");
    assert!((records / (real * f64::from(RATE)) - 1.0).abs() < OFF, "{records} behind in {real} s: {lags:?}");
}
