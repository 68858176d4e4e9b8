//! Pages of consumer groups.

use super::{respond, respond_with, sample};
use crate::groups::{
    GroupFilters, GroupsAddress,
    views::{
        ClusterGroups, FoundGroupsView, FoundGroupsViewProps, GroupDetail, GroupList, GroupListView,
        GroupListViewProps, group,
    },
};
use klamm_model::{
    GroupId, GroupKind, GroupMember, GroupPartition, GroupRow, GroupView, Known, LagTrend, Page, PartitionId,
    ResetOffer, Revisions,
};
use leptos::prelude::IntoAny;

fn row(id: &str, state: &str, lag: Known<u64>) -> GroupRow {
    GroupRow {
        id: GroupId::new(id).unwrap(),
        kind: GroupKind::Consumer,
        state: Known::Known(state.to_owned()),
        member_count: Known::Known(1),
        topic_count: Known::Known(1),
        partition_count: Known::Known(20),
        lag,
        lag_seconds: lag.map(|lag| lag / 50),
        lag_seconds_at_least: Known::Unknown,
        trend: if lag == Known::Known(0) { Known::Unknown } else { Known::Known(LagTrend::Growing) },
        stuck_since: Known::Unknown,
        rebalancing_since: Known::Unknown,
        allowed_actions: Vec::new(),
    }
}

fn list(groups: Vec<GroupRow>, in_all: Known<u32>) -> GroupList {
    let total = groups.len() as u64 + 50;
    let total = if groups.is_empty() { 0 } else { total };
    let next_cursor = (total > 0).then(|| "bmV4dA".to_owned());
    GroupList { cluster: sample::demo(), in_all, groups: Page { items: groups, total, next_cursor }, now: sample::NOW }
}

fn detail(id: &str) -> GroupDetail {
    let partition = |index: i32| GroupPartition {
        topic: "sample-topic".parse().unwrap(),
        partition: PartitionId(index),
        committed: 48_000,
        end: if index == 3 { Known::Unknown } else { Known::Known(48_017) },
        lag: if index == 3 { Known::Unknown } else { Known::Known(17) },
        lag_seconds: Known::Unknown,
        lag_seconds_at_least: if index == 3 { Known::Unknown } else { Known::Known(90) },
        records_per_second: Known::Known(4.9),
    };
    GroupDetail {
        cluster: sample::demo(),
        now: sample::NOW,
        group: GroupView {
            group: row(id, "Stable", Known::Unknown),
            members: Known::Known(vec![GroupMember {
                id: "consumer-1-f3a0".to_owned(),
                client_id: "console-consumer".to_owned(),
                host: "/127.0.1.44".to_owned(),
            }]),
            partitions: Known::Known((0..20).map(partition).collect()),
            reset: ResetOffer {
                team: Some("payments".parse().unwrap()),
                why_not: Some(
                    "the group has 1 member of the consumer protocol (console-consumer); stop them first".to_owned(),
                ),
            },
            revisions: Revisions { structure: 7, numbers: 120 },
        },
    }
}

#[tokio::test]
async fn the_list_of_groups_sorts_by_links_and_narrows_by_a_form() {
    let stable = GroupFilters { state: "Stable".to_owned(), ..GroupFilters::default() };
    let address = GroupsAddress::of("", stable);
    let answer = respond("groups", "/clusters/kafka/demo/groups?state=Stable", move || {
        let groups = vec![
            row("payments.consumer", "Stable", Known::Known(0)),
            row("orders/<b>\"ä\"", "Stable", Known::Known(12_345)),
            row("unread", "Stable", Known::Unknown),
        ];
        GroupListView(GroupListViewProps { list: list(groups, Known::Known(60)), address: address.clone() }).into_any()
    })
    .await;
    let html = answer.html;
    assert!(html.contains("aria-sort=\"descending\""), "by lag, where nobody says otherwise");
    assert!(html.contains("href=\"/clusters/kafka/demo/groups?state=Stable&amp;order=asc\""));
    assert!(html.contains("href=\"/clusters/kafka/demo/groups?state=Stable&amp;sort=name\""));
    assert!(html.contains("href=\"/clusters/kafka/demo/groups/orders%2F%3Cb%3E%22%C3%A4%22\""), "percent-encoded");
    assert!(html.contains("12\u{202f}345") && html.contains(">unknown<"), "unknown lag is no zero");
    assert!(!html.contains("<b>\"ä"), "an id is text");
    assert!(html.contains(">4 min<") && html.contains(" · growing"), "how late it is, and where that is going");
    assert!(html.contains("1–3 of 53 groups") && html.contains("rel=\"next\""));
    assert!(html.contains("state Stable"), "the filter is a chip");
}

#[tokio::test]
async fn groups_nobody_has_read_are_not_shown_as_none() {
    let answer = respond("groups-unknown", "/clusters/kafka/demo/groups", || {
        let list = list(Vec::new(), Known::Unknown);
        GroupListView(GroupListViewProps { list, address: GroupsAddress::default() }).into_any()
    })
    .await;
    assert!(answer.html.contains("Nobody knows the consumer groups of demo yet"));
    assert!(!answer.html.contains("No consumer group yet"));
    let answer = respond("groups-none", "/clusters/kafka/demo/groups", || {
        let list = list(Vec::new(), Known::Known(0));
        GroupListView(GroupListViewProps { list, address: GroupsAddress::default() }).into_any()
    })
    .await;
    assert!(answer.html.contains("No consumer group yet"));
}

#[tokio::test]
async fn a_group_shows_how_far_it_is_and_who_is_in_it() {
    let answer = respond_with("group", "/clusters/kafka/demo/groups/payments.consumer", || {
        group(detail("payments.consumer"), 0, sample::over_time("/clusters/kafka/demo/groups/payments.consumer"))
    })
    .await;
    let html = answer.html;
    assert!(html.contains("payments.consumer has an unknown lag"));
    assert!(html.contains("href=\"/clusters/kafka/demo/topics/sample-topic\""));
    let why = "the group has 1 member of the consumer protocol (console-consumer); stop them first";
    assert!(html.contains("Reset offsets") && html.contains("disabled") && html.contains(why), "a button says why not");
    assert!(html.contains("48\u{202f}017") && html.contains("console-consumer") && html.contains(">127.0.1.44<"));
    assert!(html.contains(">more than 90 s<") && html.contains("4.9"), "each partition with its own");
}

#[tokio::test]
async fn offsets_of_a_group_are_reset_by_a_request_about_it() {
    let answer = respond_with("group-reset", "/clusters/kafka/demo/groups/x", || {
        let mut detail = detail("payments/<b>%");
        detail.group.reset.why_not = None;
        group(detail, 0, String::new())
    })
    .await;
    let way =
        "/requests/new?kind=offsetsReset&amp;cluster=kafka%2Fdemo&amp;team=payments&amp;group=payments%2F%3Cb%3E%25";
    assert!(answer.html.contains(way), "{}", answer.html);
}

#[tokio::test]
async fn a_group_called_like_markup_is_text_everywhere() {
    let answer = respond_with("group-hostile", "/clusters/kafka/demo/groups/x", || {
        group(detail("</title><script>x"), 0, String::new())
    })
    .await;
    assert!(!answer.html.contains("</title><script>x") && answer.html.contains("&lt;script&gt;x"));
}

#[tokio::test]
async fn groups_of_all_clusters_are_found_and_silent_clusters_are_not_counted() {
    let answer = respond("groups-found", "/groups?q=pay", || {
        let page = |items: Vec<GroupRow>| Page { total: items.len() as u64, items, next_cursor: None };
        let found = vec![
            ClusterGroups {
                cluster: "kafka/demo".parse().unwrap(),
                in_all: Known::Known(7),
                page: page(vec![row("payments.consumer", "Stable", Known::Known(3))]),
                now: sample::NOW,
            },
            ClusterGroups {
                cluster: "kafka/east".parse().unwrap(),
                in_all: Known::Unknown,
                page: page(Vec::new()),
                now: sample::NOW,
            },
        ];
        FoundGroupsView(FoundGroupsViewProps { found, search: "pay".to_owned() }).into_any()
    })
    .await;
    assert!(answer.html.contains("1 consumer group found") && answer.html.contains("1 cluster not counted"));
    assert!(answer.html.contains("href=\"/clusters/kafka/demo/groups?q=pay\""));
}
