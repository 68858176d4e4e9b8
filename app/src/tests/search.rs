//! The page of the search.

use super::{respond, sample};
use crate::search::views::{drawn, found};
use crate::sheet::{SheetView, SheetViewProps};
use klamm_model::{
    BrokerHit, BrokerId, BrokerState, Closeness, ClusterHit, FoundBy, GroupId, GroupKind, GroupRow, Health, Hit, Hits,
    Known, NodeRole, SearchKind, SearchView, Unsearched,
};
use leptos::prelude::{IntoAny, RwSignal};

fn hit<T>(item: T, by: FoundBy, closeness: Closeness) -> Hit<T> {
    Hit { cluster: "kafka/demo".parse().unwrap(), by, closeness, item, allowed_actions: vec!["view".to_owned()] }
}

fn hits<T>(items: Vec<Hit<T>>, total: u64) -> Hits<T> {
    Hits { items, total }
}

fn nothing() -> SearchView {
    SearchView {
        clusters: hits(Vec::new(), 0),
        topics: hits(Vec::new(), 0),
        groups: hits(Vec::new(), 0),
        brokers: hits(Vec::new(), 0),
        unsearched: Vec::new(),
    }
}

fn group(id: &str) -> GroupRow {
    GroupRow {
        id: GroupId::new(id).unwrap(),
        kind: GroupKind::Consumer,
        state: Known::Known("Stable".to_owned()),
        member_count: Known::Known(1),
        topic_count: Known::Known(1),
        partition_count: Known::Known(20),
        lag: Known::Unknown,
        lag_seconds: Known::Unknown,
        lag_seconds_at_least: Known::Unknown,
        trend: Known::Unknown,
        stuck_since: Known::Unknown,
        rebalancing_since: Known::Unknown,
        allowed_actions: Vec::new(),
    }
}

fn late(group: GroupRow) -> GroupRow {
    GroupRow { lag: Known::Known(1_200), lag_seconds: Known::Known(40), ..group }
}

fn much() -> SearchView {
    let topics = sample::topics().topics.items;
    let topics = topics.into_iter().map(|topic| {
        let by = if topic.name.as_str().starts_with("payments") { FoundBy::Name } else { FoundBy::Team };
        hit(topic, by, Closeness::Prefix)
    });
    let payments = ClusterHit {
        environment: Some("prod".to_owned()),
        health: Health::Degraded,
        sentence: "is serving, and 3 partitions are under-replicated".to_owned(),
    };
    let broker = BrokerHit {
        id: BrokerId(2),
        state: BrokerState::Running,
        roles: vec![NodeRole::Broker],
        host: Some("payments-2.example".to_owned()),
        rack: Some("zone-b".to_owned()),
    };
    SearchView {
        clusters: hits(vec![hit(payments, FoundBy::Name, Closeness::Word)], 1),
        topics: hits(topics.collect(), 214),
        groups: hits(
            vec![
                hit(late(group("payments.consumer")), FoundBy::Name, Closeness::Prefix),
                hit(group("<b>payments</b> 100%/ä"), FoundBy::Name, Closeness::Anywhere),
            ],
            2,
        ),
        brokers: hits(vec![hit(broker, FoundBy::Host, Closeness::Prefix)], 1),
        unsearched: vec![Unsearched { cluster: "kafka/east".parse().unwrap(), kinds: vec![SearchKind::Groups] }],
    }
}

#[tokio::test]
async fn what_was_found_is_shown_by_kind_and_leads_on() {
    let answer = respond("search", "/search?q=Payments", || {
        let found = found("Payments", much());
        SheetView(SheetViewProps { sheet: drawn(found), typed: RwSignal::new(None) }).into_any()
    })
    .await;
    let html = answer.html;
    assert!(html.contains("218 found for “Payments”") && html.contains("all of them by name"));
    assert!(html.contains("href=\"/topics?q=Payments\"") && html.contains("href=\"/groups?q=Payments\""));
    assert!(html.contains("<mark>payments</mark>"), "what was typed is marked");
    assert!(html.contains("href=\"/clusters/kafka/demo/groups/%3Cb%3Epayments%3C%2Fb%3E%20100%25%2F%C3%A4\""));
    assert!(html.contains("rel=\"external\"") && !html.contains("<b>payments"), "an id is text");
    assert!(html.contains("+1\u{a0}GiB/day") && html.contains("1\u{202f}200 records behind · 40 s late"), "{html}");
    assert!(html.contains("not seen all consumer groups of kafka/east"));
    assert!(html.contains("value=\"Payments\""), "the field says what was searched for");
    let places: Vec<_> = ["Topics found", "Consumer groups found", "Brokers found", "Clusters found"]
        .iter()
        .map(|label| html.find(&format!("aria-label=\"{label}\"")).unwrap())
        .collect();
    assert!(places.is_sorted(), "the closest kind first: {places:?}");
}

#[tokio::test]
async fn nothing_found_and_nothing_asked_say_what_to_do() {
    let answer = respond("search-nothing", "/search?q=%3Ci%3E", || {
        SheetView(SheetViewProps { sheet: drawn(found("<i>", nothing())), typed: RwSignal::new(None) }).into_any()
    })
    .await;
    assert!(
        answer.html.contains("Nothing is called “&lt;i&gt;”") && answer.html.contains("a shorter part of the name")
    );
    assert!(!answer.html.contains("<i>"));
    let answer = respond("search-empty", "/search", || {
        SheetView(SheetViewProps { sheet: drawn(found("", nothing())), typed: RwSignal::new(None) }).into_any()
    })
    .await;
    assert!(answer.html.contains("Type a part of a name") && answer.html.contains("href=\"/groups\""));
}
