//! A small estate to draw.

use crate::{
    charts::{Chart, Line, LineKind, Mark, Shape, Shown},
    clusters::{
        ClusterTopics,
        views::{ClusterDetail, ClusterList},
    },
    session::views::MyWork,
    sheet::{Part, panel, piece_of},
    sheets::Asked,
    topics::views::TopicList,
};
use klamm_model::{
    Actor, ActorKind, BrokerCounts, BrokerId, BrokerState, BrokerView, BrokerVitals, ClusterOverview, ClusterView,
    Filling, FindingSeverity, ForecastConfidence, GroupKind, GroupRow, Health, Known, MetricUnit, NodeRole, Owner,
    OwnerKind, Page, PartitionId, PartitionView, QuorumView, Reachability, Revisions, Scope, TenantView, TopicRow,
    UnixMillis, VolumeView,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const NOW: UnixMillis = UnixMillis(1_795_459_241_000);

fn ago(seconds: i64) -> UnixMillis {
    UnixMillis(NOW.0 - seconds * 1000)
}

pub(super) fn actor() -> Actor {
    Actor {
        name: "payments-lead".parse().unwrap(),
        kind: ActorKind::Session,
        roles: BTreeSet::new(),
        teams: BTreeSet::from(["payments".parse().unwrap()]),
        approves: BTreeSet::from(["payments".parse().unwrap()]),
        scopes: BTreeSet::from([Scope::Read]),
    }
}

pub(super) fn demo() -> ClusterView {
    ClusterView {
        namespace: "kafka".parse().unwrap(),
        name: "demo".parse().unwrap(),
        environment: Some("dev".to_owned()),
        kafka_version: Some("4.1.2".to_owned()),
        metadata_version: Some("4.1-IV1".to_owned()),
        health: Health::Healthy,
        brokers: BrokerCounts { ready: 3, total: 3 },
        operation: None,
        reachability: Reachability::Reachable,
        observed_at: Known::Known(ago(2)),
        sentence: "is serving, every replica in sync".to_owned(),
        gaps: Vec::new(),
        findings: 0,
        worst: None,
    }
}

fn east() -> ClusterView {
    ClusterView {
        name: "east".parse().unwrap(),
        environment: Some("prod".to_owned()),
        health: Health::Unavailable,
        brokers: BrokerCounts { ready: 0, total: 12 },
        reachability: Reachability::Unreachable { since: ago(400), reason: "no broker answers".to_owned() },
        observed_at: Known::Known(ago(402)),
        sentence: "does not answer since 6 minutes".to_owned(),
        gaps: Vec::new(),
        findings: 2,
        worst: Some(FindingSeverity::Critical),
        ..demo()
    }
}

pub(super) fn clusters() -> ClusterList {
    ClusterList { clusters: vec![demo(), east()], now: NOW }
}

pub(super) fn broker(id: i32, state: BrokerState, out_of_sync: u32) -> BrokerView {
    let leaders = if state == BrokerState::Running { 29 } else { 0 };
    BrokerView {
        id: BrokerId(id),
        rack: ["zone-a", "zone-b", "zone-c"].get(usize::try_from(id).unwrap()).map(|rack| (*rack).to_owned()),
        pool: Some("main".parse().unwrap()),
        roles: vec![NodeRole::Broker, NodeRole::Controller],
        state,
        is_active_controller: id == 1,
        version: Known::Known("4.1.2".to_owned()),
        leaders,
        replicas: 64,
        out_of_sync,
        used_bytes: Known::Known((3 - u64::from(id.unsigned_abs())) * 141_000_000),
        total_bytes: if id == 2 { Known::Unknown } else { Known::Known(1 << 29) },
        log_dir_count: Known::Known(2),
        offline_log_dirs: Known::Known(u32::from(id == 2)),
    }
}

/// Broker 2 has no agent that tells anything.
pub(super) fn vitals() -> Vec<(BrokerId, BrokerVitals)> {
    let of = |id: i32| BrokerVitals {
        bytes_in: Known::Known(21_400_000.0 + f64::from(id) * 1e6),
        bytes_out: Known::Known(13_000_000.0),
        request_handler_idle: Known::Known(0.93),
        network_idle: Known::Known(0.985),
        isr_shrinks: Known::Known(0.0),
        gc_time: Known::Known(0.004),
        heap_used: Known::Known(176_000_000.0),
        heap_max: Known::Known(268_435_456.0),
        filling: Filling {
            days: Known::Known(if id == 0 { 4.6 } else { 16.2 }),
            confidence: Known::Known(if id == 0 { ForecastConfidence::High } else { ForecastConfidence::Low }),
        },
        silent_seconds: Known::Unknown,
    };
    vec![(BrokerId(0), of(0)), (BrokerId(1), of(1)), (BrokerId(2), BrokerVitals::default())]
}

/// An hour of waves, with a gap, a line that says nothing at all, and a mark.
pub(super) fn over_time(path: &str) -> String {
    let from = UnixMillis(NOW.0.div_euclid(15_000) * 15_000 - 3_600_000);
    let line = |name: &str, kind, height: f64, length: f64| {
        let points = (0..=240_i32).map(|nth| {
            let at = UnixMillis(from.0 + i64::from(nth) * 15_000);
            let value = height * (1.2 + (f64::from(nth) / length).sin() + (f64::from(nth) * 1.7).sin() / 9.0);
            (at, Some(value).filter(|_| !(120..140).contains(&nth)))
        });
        Line { name: name.to_owned(), kind, points: points.collect() }
    };
    let one = |name, height, length| line(name, LineKind::One, height, length);
    let chart = |id: &str, title: &str, unit, shape, lines| Chart {
        id: id.to_owned(),
        title: title.to_owned(),
        unit,
        shape,
        from,
        to: UnixMillis(from.0 + 3_600_000),
        step: 15_000,
        lines,
        marks: vec![Mark { at: UnixMillis(from.0 + 2_160_000), words: "restart broker 2".to_owned() }],
        left_out: 0,
        files: vec![("CSV of in".to_owned(), "/api/v1/clusters/kafka/demo/series.csv?metric=bytes_in".to_owned())],
        zoom: format!("{path}?"),
    };
    let bytes = vec![one("in", 31_000_000.0, 31.0), one("out", 19_000_000.0, 23.0)];
    let topics =
        ["sample-topic", "payments.captured.v2", "payments.refunds", "orders.placed", "orders.shipped", "clicks"];
    let mut topics: Vec<_> = topics
        .iter()
        .zip([60.0, 40.0, 25.0, 20.0, 9.0, 4.0])
        .map(|(name, height)| one(name, height, height + 9.0))
        .collect();
    topics.push(line("all others", LineKind::Rest, 3.0, 40.0));
    let brokers = ["broker 0", "broker 1", "broker 2", "broker 3", "broker 4", "broker 5", "broker 6", "broker 7"];
    let brokers = brokers.iter().zip(4_u32..).map(|(name, height)| one(name, f64::from(height) * 3e9, 90.0)).collect();
    let idle = vec![one("request handlers", 0.38, 33.0), one("network", 0.42, 71.0)];
    let lines = |id, title, unit, lines| chart(id, title, unit, Shape::Lines, lines);
    let charts = vec![
        lines("bytes", "Bytes in and out", MetricUnit::BytesPerSecond, bytes),
        chart("topics", "Records by topic", MetricUnit::RecordsPerSecond, Shape::Stacked, topics),
        lines("disks", "Disks", MetricUnit::Bytes, brokers),
        lines("idle", "Idle threads", MetricUnit::Ratio, idle),
    ];
    let shown = Shown::asked(&Asked::of(""), NOW, path, &[]);
    piece_of(panel("Over time", vec![Part::Spans(shown), Part::Charts(charts)]), NOW)
}

fn tenants() -> Vec<TenantView> {
    let tenant = |name: &str, prefixes: &[&str], topics| TenantView {
        namespace: name.parse().ok(),
        team: name.parse().ok(),
        topic_prefixes: prefixes.iter().map(ToString::to_string).collect(),
        group_prefixes: Vec::new(),
        topics: Known::Known(topics),
        partitions: Known::Known(topics * 9),
        size_bytes: Known::Known(u64::from(topics) * 130_000_000),
        records_per_second: Known::Known(f64::from(topics) * 36.8),
        groups: Known::Known(1),
        lag: Known::Known(98),
        groups_of_unknown_lag: 0,
    };
    let orders = TenantView { lag: Known::Unknown, groups_of_unknown_lag: 1, ..tenant("orders", &["orders."], 0) };
    vec![
        orders,
        tenant("payments", &["payments.", "sample-topic"], 3),
        TenantView { size_bytes: Known::Unknown, ..tenant("", &[], 1) },
    ]
}

fn overview() -> ClusterOverview {
    ClusterOverview {
        cluster: demo(),
        cluster_id: Some("MkU3OEVBNTcwNTJENDM2Qg".to_owned()),
        revisions: Revisions { structure: 7, numbers: 120 },
        now: NOW,
        topics: 4,
        partitions: 78,
        replicas: 192,
        under_replicated: 0,
        offline: 0,
        racks: 3,
        records_per_second: Known::Known(98.4),
        size_bytes: Known::Known(412 << 20),
        groups: Known::Known(2),
        quorum: Known::Known(QuorumView {
            leader: Some(BrokerId(1)),
            voters: 3,
            caught_up: Known::Known(3),
            lag: Known::Known(0),
        }),
        tenants: tenants(),
        nodes: (0..3).map(|id| broker(id, BrokerState::Running, 0)).collect(),
        bootstrap_servers: BTreeMap::from([
            ("clients".to_owned(), "demo-bootstrap.kafka.svc:9092".to_owned()),
            ("local".to_owned(), "127.0.1.10:9094,127.0.1.11:9094,127.0.1.12:9094".to_owned()),
        ]),
        notices: Vec::new(),
    }
}

/// So many percent of it are used.
fn volume(broker: i32, percent: u64) -> VolumeView {
    VolumeView {
        levels_off_at_bytes: Known::Unknown,
        broker: BrokerId(broker),
        volume: "/var/lib/kafka".to_owned(),
        offline: false,
        used_bytes: Known::Known(percent << 30),
        capacity_bytes: Known::Known(100 << 30),
        growth_bytes_per_day: Known::Known(3 << 30),
        days_to_full: Known::Known(6.3),
        confidence: Known::Known(ForecastConfidence::High),
    }
}

fn furthest() -> GroupRow {
    GroupRow {
        id: "payments.billing".parse().unwrap(),
        kind: GroupKind::Consumer,
        state: Known::Known("Stable".to_owned()),
        member_count: Known::Known(2),
        topic_count: Known::Known(1),
        partition_count: Known::Known(20),
        lag: Known::Known(12_345),
        lag_seconds: Known::Known(41),
        lag_seconds_at_least: Known::Unknown,
        trend: Known::Unknown,
        stuck_since: Known::Unknown,
        rebalancing_since: Known::Unknown,
        allowed_actions: Vec::new(),
    }
}

pub(super) fn cluster() -> ClusterDetail {
    let busiest = Page { items: rows(), total: 4, next_cursor: None };
    ClusterDetail {
        overview: overview(),
        vitals: vitals(),
        volumes: vec![volume(0, 53), volume(1, 81)],
        furthest: Some(furthest()),
        busiest,
        operation: String::new(),
        findings: String::new(),
    }
}

pub(super) fn stale_cluster() -> ClusterDetail {
    let mut detail = cluster();
    let overview = &mut detail.overview;
    overview.cluster.health = Health::Degraded;
    overview.cluster.brokers.ready = 2;
    overview.cluster.sentence = String::from("serves, and broker 2 is down");
    overview.cluster.reachability =
        Reachability::Unreachable { since: ago(95), reason: "connection refused by 127.0.1.10:9091".to_owned() };
    overview.cluster.observed_at = Known::Known(ago(97));
    overview.notices = vec!["Pod demo-main-2-0 cannot be placed: no node in zone-c is ready.".to_owned()];
    overview.nodes =
        vec![broker(0, BrokerState::Running, 0), broker(1, BrokerState::Running, 0), broker(2, BrokerState::Down, 64)];
    overview.under_replicated = 64;
    detail
}

pub(super) fn new_cluster() -> ClusterDetail {
    let mut detail = cluster();
    (detail.volumes, detail.furthest) = (Vec::new(), None);
    let overview = &mut detail.overview;
    overview.cluster.health = Health::Unknown;
    overview.cluster.kafka_version = None;
    overview.cluster.metadata_version = None;
    overview.cluster.brokers.ready = 0;
    overview.cluster.sentence = String::from("is being created: 0 of 3 brokers are ready");
    overview.cluster.reachability = Reachability::NotYetSeen;
    overview.cluster.observed_at = Known::Unknown;
    overview.nodes.clear();
    overview.bootstrap_servers.clear();
    overview.records_per_second = Known::Unknown;
    overview.size_bytes = Known::Unknown;
    overview.groups = Known::Unknown;
    overview.quorum = Known::Unknown;
    overview.racks = 0;
    detail.busiest = Page { items: Vec::new(), total: 0, next_cursor: None };
    detail
}

pub(super) fn row(name: &str, partitions: u32, rate: f64, health: Health) -> TopicRow {
    TopicRow {
        name: name.parse().unwrap(),
        partition_count: partitions,
        replication_factor: 2,
        under_replicated: if health == Health::Degraded { 3 } else { 0 },
        offline: 0,
        size_bytes: Known::Known(f64_bytes(rate)),
        records_per_second: Known::Known(rate),
        bytes_in_per_second: Known::Known(rate * 126.0),
        bytes_out_per_second: Known::Known(rate * 252.0),
        records: Known::Known(f64_bytes(rate) / 126),
        group_count: Known::Known(if rate > 0.0 { partitions / 6 } else { 0 }),
        last_write_at: Known::Known(UnixMillis(NOW.0 - 40_000)),
        growth_bytes_per_day: Known::Known(1 << 30),
        owner: Some(Owner {
            kind: OwnerKind::ConfigMap,
            namespace: "payments".parse().unwrap(),
            name: name.parse().unwrap(),
        }),
        team: Some("payments".parse().unwrap()),
        health,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sample values are small")]
fn f64_bytes(rate: f64) -> u64 {
    (rate * 1_234_567.0) as u64
}

fn rows() -> Vec<TopicRow> {
    vec![
        row("sample-topic", 20, 98.4, Health::Healthy),
        row("payments.captured.v2", 6, 12.0, Health::Degraded),
        row("payments.refunds", 1, 0.0, Health::Healthy),
        TopicRow {
            owner: None,
            team: None,
            size_bytes: Known::Unknown,
            records_per_second: Known::Unknown,
            bytes_in_per_second: Known::Unknown,
            bytes_out_per_second: Known::Unknown,
            records: Known::Unknown,
            group_count: Known::Unknown,
            last_write_at: Known::Unknown,
            growth_bytes_per_day: Known::Unknown,
            ..row("left-over", 1, 0.0, Health::Unknown)
        },
    ]
}

pub(super) fn topics() -> TopicList {
    let page = Page { items: rows(), total: 214, next_cursor: Some("bmV4dA".to_owned()) };
    TopicList { cluster: demo(), topics: page, now: NOW }
}

pub(super) fn no_topics() -> TopicList {
    TopicList { cluster: demo(), topics: Page { items: Vec::new(), total: 0, next_cursor: None }, now: NOW }
}

pub(super) fn my_work() -> MyWork {
    let page = Page { items: rows().into_iter().take(3).collect(), total: 3, next_cursor: None };
    let topics =
        ClusterTopics { cluster: "kafka/demo".parse().unwrap(), team: Some("payments".parse().unwrap()), page };
    MyWork { actor: actor(), clusters: vec![demo()], topics: vec![topics], findings: String::new(), now: NOW }
}

/// The first partition of some topic.
pub(crate) fn partition(leader: Option<i32>, replicas: &[i32], in_sync: &[i32]) -> PartitionView {
    PartitionView {
        id: PartitionId(0),
        leader: leader.map(BrokerId),
        replicas: replicas.iter().copied().map(BrokerId).collect(),
        in_sync: in_sync.iter().copied().map(BrokerId).collect(),
        earliest_offset: Known::Unknown,
        latest_offset: Known::Unknown,
        size_bytes: Known::Unknown,
        records_per_second: Known::Unknown,
    }
}
