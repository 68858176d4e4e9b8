//! The page of a cluster's disks.

use super::{respond, sample};
use crate::{
    disks::{Content, Remembered, Silent, drawn},
    sheet::{SheetView, SheetViewProps},
    sheets::Asked,
};
use klamm_model::{
    BrokerDisks, BrokerId, BrokerState, DiskTile, DisksView, ForecastConfidence, Known, Page, RetentionAdvice,
    Revisions, TopicDisks, VolumeView, WhatIf,
};
use leptos::prelude::*;

fn volume(broker: i32, days: Known<f64>) -> VolumeView {
    VolumeView {
        broker: BrokerId(broker),
        volume: "/var/lib/kafka".to_owned(),
        offline: false,
        used_bytes: Known::Known(40 << 30),
        capacity_bytes: Known::Known(100 << 30),
        growth_bytes_per_day: Known::Known(5 << 30),
        days_to_full: days,
        confidence: days.map(|days| if days > 7.0 { ForecastConfidence::Medium } else { ForecastConfidence::Low }),
        levels_off_at_bytes: Known::Unknown,
    }
}

fn broker(id: i32, settles: Known<u64>) -> BrokerDisks {
    BrokerDisks {
        broker: BrokerId(id),
        used_bytes: Known::Known(40 << 30),
        capacity_bytes: Known::Known(100 << 30),
        settles_at_bytes: settles,
    }
}

fn topic(name: &str, fits: Known<bool>, recommended: Option<RetentionAdvice>) -> TopicDisks {
    TopicDisks {
        name: name.parse().unwrap(),
        team: Some("payments".parse().unwrap()),
        size_bytes: Known::Known(30 << 30),
        growth_bytes_per_day: Known::Known(1 << 30),
        appended_bytes_per_day: Known::Known(4 << 30),
        retention_ms: Known::Known(2_592_000_000),
        settles_at_bytes: Known::Known(130 << 30),
        endless: false,
        fits,
        recommended,
    }
}

fn disks() -> Content {
    let advice = RetentionAdvice { retention_ms: 864_000_000, segment_ms: Some(86_400_000) };
    let items = vec![
        topic("payments.captured", Known::Known(false), Some(advice)),
        topic("payments.refunds", Known::Known(true), None),
        TopicDisks { team: None, ..topic("left-over", Known::Known(false), None) },
    ];
    Content {
        cluster: sample::demo(),
        disks: DisksView {
            volumes: vec![volume(0, Known::Known(12.0)), volume(1, Known::Unknown), volume(2, Known::Known(3.0))],
            brokers: vec![broker(0, Known::Known(130 << 30)), broker(1, Known::Unknown)],
            topics: Page { items, total: 120, next_cursor: Some("bmV4dA".to_owned()) },
            misfit_total: 2,
            what_if: Some(WhatIf {
                retention_ms: 3_600_000,
                topic: None,
                brokers: vec![broker(0, Known::Known(20 << 30)), broker(1, Known::Unknown)],
            }),
            revisions: Revisions::default(),
        },
        tiles: tiles(),
        silent: Vec::new(),
        trouble: None,
        now: sample::NOW,
    }
}

/// As the portal lays them out: the largest at the left, what is too small together.
fn tiles() -> Vec<DiskTile> {
    let places = [
        ("payments.captured", [0.0, 0.0, 520.0, 400.0]),
        ("left-over", [520.0, 0.0, 300.0, 230.0]),
        ("orders.placed.v2", [820.0, 0.0, 180.0, 230.0]),
        ("payments.refunds", [520.0, 230.0, 220.0, 170.0]),
        ("orders.returns", [740.0, 230.0, 150.0, 170.0]),
        ("sample-topic", [890.0, 230.0, 110.0, 110.0]),
        ("", [890.0, 340.0, 110.0, 60.0]),
    ];
    let tile = |(name, [x, y, width, height]): (&str, [f64; 4])| {
        let topic = name.parse().ok();
        let topics = if topic.is_some() { 1 } else { 12 };
        DiskTile { topic, topics, bytes: area(width * height), x, y, width, height }
    };
    places.map(tile).into()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sample values are small")]
fn area(of: f64) -> u64 {
    (of * 300_000.0) as u64
}

#[tokio::test]
async fn disks_are_told_with_when_they_are_full_and_what_would_help() {
    let answer = respond("disks", "/clusters/kafka/demo/disks?hours=1", || {
        let sheet = drawn(disks(), &Asked::of("hours=1&sort=growth"));
        SheetView(SheetViewProps { sheet, typed: RwSignal::new(None) }).into_any()
    })
    .await;
    let html = answer.html;
    assert!(html.contains("/var/lib/kafka of broker 0 is full in 12 days, if it goes on like this"), "{html}");
    assert!(html.contains("in 12 days") && html.contains("not foreseen") && html.contains("likely"));
    assert!(html.contains("in 3 days") && html.contains("uncertain"), "it stands in its row");
    assert!(html.contains("120 GiB of 300 GiB used") && html.contains("2 topics whose retention cannot fit"));
    assert!(html.contains("130 GiB, more than there is"), "what a broker comes to");
    assert!(html.contains("If all topics kept records for 60 min") && html.contains("Would come to"));
    let request = "/requests/new?kind=topicChange&amp;cluster=kafka%2Fdemo&amp;team=payments&amp;topic=payments.captured\
                   &amp;config=retention.ms%3D864000000%0Asegment.ms%3D86400000";
    assert!(html.contains(request) && html.contains("Ask for 10 days"), "one click to a request: {html}");
    assert!(html.contains("no retention fits"));
    assert!(html.contains("class=\"disk-map\"") && html.contains("broker=1"), "a map, of one broker too");
    assert!(html.contains("cursor=bmV4dA") && html.contains("sort=growth"), "the next page keeps the order");
}

#[tokio::test]
async fn a_finding_leads_to_the_volumes_of_its_broker_and_to_what_is_on_them() {
    let answer = respond("disks-broker", "/clusters/kafka/demo/disks?broker=1", || {
        let mut of = disks();
        of.disks.what_if = None;
        of.tiles = vec![DiskTile { x: 0.0, width: 1000.0, height: 400.0, ..of.tiles.remove(1) }];
        let sheet = drawn(of, &Asked::of("broker=1"));
        SheetView(SheetViewProps { sheet, typed: RwSignal::new(None) }).into_any()
    })
    .await;
    let html = answer.html;
    let volumes = html.split("What is on them").next().unwrap();
    assert_eq!(volumes.matches("/var/lib/kafka</code>").count(), 1, "{volumes}");
    assert!(volumes.contains("Those of all brokers") && html.contains("disk-map-one"), "{html}");
}

#[tokio::test]
async fn a_broker_that_does_not_answer_stays_with_what_it_told_last() {
    let answer = respond("disks-silent", "/clusters/kafka/demo/disks", || {
        let mut of = disks();
        of.disks.volumes.remove(1);
        let at = klamm_model::UnixMillis(sample::NOW.0 - 300_000);
        let last = vec![Remembered { volume: "/var/lib/kafka".to_owned(), used_bytes: 41 << 30, at }];
        of.silent = vec![Silent { broker: BrokerId(1), state: BrokerState::Down, last }];
        let sheet = drawn(of, &Asked::of(""));
        SheetView(SheetViewProps { sheet, typed: RwSignal::new(None) }).into_any()
    })
    .await;
    let html = answer.html;
    let volumes = html.split("aria-label=\"Volumes\"").nth(1).unwrap().split("</table>").next().unwrap();
    assert_eq!(volumes.matches("<tr>").count(), 4, "its head, and all brokers: {volumes}");
    assert!(volumes.contains("does not answer") && volumes.contains("41 GiB"), "{volumes}");
    assert!(volumes.contains("5 min ago") && html.contains("broker 1 tells nothing"), "{html}");
}

#[tokio::test]
async fn disks_that_nobody_told_of_are_unknown() {
    let answer = respond("disks-unknown", "/clusters/kafka/demo/disks", || {
        let mut of = disks();
        (of.disks.volumes, of.disks.brokers, of.tiles) = (Vec::new(), Vec::new(), Vec::new());
        of.disks.topics = Page { items: Vec::new(), total: 0, next_cursor: None };
        of.trouble = Some("topic: there is no such topic here".to_owned());
        let sheet = drawn(of, &Asked::of(""));
        SheetView(SheetViewProps { sheet, typed: RwSignal::new(None) }).into_any()
    })
    .await;
    assert!(answer.html.contains("Nobody knows the disks of demo yet") && answer.html.contains("Not read yet"));
    assert!(answer.html.contains("there is no such topic here"));
    assert!(!answer.html.contains("0 volumes") && !answer.html.contains("0 B of 0 B"), "unknown is not nothing");
}
