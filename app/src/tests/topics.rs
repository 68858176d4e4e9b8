//! The page of a topic, part by part.

use super::{respond_with, sample};
use crate::topics::views::{TopicDetail, TopicQuery, TopicShown, TopicTab, topic};
use klamm_model::{
    AppliedRule, BrokerId, BrokerValue, ConfigKey, ConfigLine, ConfigSource, ConfigSubject, Consent, ConsentRef,
    DecidedBy, GroupId, Health, Known, OtherValue, Page, PartitionId, PartitionSpread, PartitionView, PrincipalAccess,
    RequestKind, Revisions, Right, RuleEffect, RulePattern, TopicAccess, TopicConfig, TopicConsumer, TopicManifest,
    TopicOffer, TopicOperation, TopicOverview, Turn, Unmentioned, UserRef,
};
use std::collections::BTreeSet;

const REVISIONS: Revisions = Revisions { structure: 7, numbers: 120 };
const PAGE: &str = "/clusters/kafka/demo/topics/sample-topic";

/// The page with that part of it.
async fn page(name: &str, query: TopicQuery, shown: impl Fn() -> TopicShown + Clone + Send + Sync + 'static) -> String {
    let answer =
        respond_with(name, PAGE, move || topic(detail(shown(), Some(offer(RequestKind::TopicChange, None))), &query));
    let html = answer.await.html;
    for tab in ["", "?tab=config", "?tab=consumers", "?tab=access", "?tab=yaml"] {
        assert!(html.contains(&format!("href=\"{PAGE}{tab}\"")), "{name}: {tab} is a link");
    }
    html
}

fn detail(shown: TopicShown, offer: Option<TopicOffer>) -> TopicDetail {
    let topic = sample::row("sample-topic", 20, 98.4, Health::Degraded);
    TopicDetail { cluster: sample::demo(), topic, shown, offer, now: sample::NOW }
}

fn offer(kind: RequestKind, why_not: Option<&str>) -> TopicOffer {
    TopicOffer { kind, team: Some("payments".parse().unwrap()), why_not: why_not.map(str::to_owned) }
}

fn of(tab: TopicTab) -> TopicQuery {
    TopicQuery { tab, ..TopicQuery::default() }
}

/// Which of the parts is said to be the one that is shown.
fn current(html: &str) -> &str {
    let tabs = html.split("aria-label=\"Parts of sample-topic\"").nth(1).unwrap().split("</nav>").next().unwrap();
    let marked: Vec<_> = tabs.split("<a ").filter(|link| link.contains("aria-current=\"page\"")).collect();
    assert_eq!(marked.len(), 1, "{tabs}");
    marked[0].split('>').nth(1).unwrap().split('<').next().unwrap()
}

fn partition(id: i32) -> PartitionView {
    let first = id % 3;
    let replicas = vec![BrokerId(first), BrokerId((first + 1) % 3)];
    PartitionView {
        id: PartitionId(id),
        leader: Some(BrokerId(if id == 7 { (first + 1) % 3 } else { first })),
        in_sync: if id == 4 { vec![BrokerId(first)] } else { replicas.clone() },
        replicas,
        earliest_offset: Known::Known(0),
        latest_offset: Known::Known(48_000 + i64::from(id) * 17),
        size_bytes: Known::Known(5_400_000 + u64::from(id.unsigned_abs()) * 1000),
        records_per_second: Known::Known(if id == 7 { 9.2 } else { 4.7 }),
    }
}

fn line(key: &str, value: &str, words: Option<&str>, source: ConfigSource) -> ConfigLine {
    ConfigLine { key: key.to_owned(), value: Some(value.to_owned()), words: words.map(str::to_owned), source }
}

fn overview(config: Known<Vec<ConfigLine>>) -> TopicShown {
    let consumer = TopicConsumer {
        id: GroupId::new("payments.sample-consumer").unwrap(),
        state: Known::Known("Stable".to_owned()),
        member_count: Known::Known(1),
        partition_count: 20,
        lag: Known::Known(98),
    };
    TopicShown::Overview {
        overview: TopicOverview {
            id: "u5l7Zt3xQ0a3m1b0y1cVsQ".to_owned(),
            spread: Known::Known(PartitionSpread::Skewed { hottest: PartitionId(7), times_mean: 1.87 }),
            partitions: (0..20).map(partition).collect(),
            from: 0,
            config,
        },
        consumers: Known::Known(Page { items: vec![consumer], total: 1, next_cursor: None }),
        over_time: sample::over_time(PAGE),
    }
}

#[tokio::test]
async fn a_topic_shows_every_partition_and_what_is_set_on_it() {
    let html = page("topic", TopicQuery::default(), || {
        let set = [("retention.ms", "604800000", Some("7 days")), ("cleanup.policy", "delete", None)];
        let set = set.map(|(key, value, words)| line(key, value, words, ConfigSource::Topic));
        overview(Known::Known(set.into()))
    })
    .await;
    assert_eq!(current(&html), "Overview");
    assert!(html.contains("48\u{202f}323"), "the offset of the last partition");
    assert!(html.contains("ConfigMap payments/sample-topic"));
    assert!(html.contains("retention.ms") && html.contains("7 days"));
    assert!(html.contains("href=\"/clusters/kafka/demo/groups/payments.sample-consumer\""));
    assert!(html.contains("href=\"/clusters/kafka/demo/groups?topic=sample-topic\""), "all that read it");
    let form = "/requests/new?kind=topicChange&amp;cluster=kafka%2Fdemo&amp;team=payments&amp;topic=sample-topic";
    assert!(html.contains(form) && html.contains("Ask to change it"), "{html}");
}

#[test]
fn a_topic_tells_its_hottest_partition_what_comes_to_each_and_what_goes_in_and_out() {
    let panels = |spread: Known<PartitionSpread>, bytes: Known<f64>| {
        let mut shown = overview(Known::Unknown);
        if let TopicShown::Overview { overview, .. } = &mut shown {
            overview.spread = spread;
        }
        let mut detail = detail(shown, None);
        (detail.topic.bytes_in_per_second, detail.topic.bytes_out_per_second) = (bytes, Known::Known(2048.0));
        topic(detail, &TopicQuery::default()).panels
    };
    let tile = |panels: &[String], label: &str| -> String {
        let tile = panels[0].split("class=\"tile\"").find(|tile| tile.contains(label)).unwrap();
        tile.split("</dt>").nth(1).unwrap().to_owned()
    };
    let skewed = PartitionSpread::Skewed { hottest: PartitionId(7), times_mean: 1.87 };
    let all = panels(Known::Known(skewed), Known::Known(1536.0));
    let hottest = tile(&all, "Hottest partition");
    assert!(hottest.contains(">7<") && hottest.contains("1.9 times the mean"), "{hottest}");
    assert!(tile(&all, "Bytes in").contains("1.5 ") && tile(&all, "Bytes in").contains("KiB/s"), "{}", all[0]);
    assert!(tile(&all, "Bytes out").contains("2 ") && tile(&all, ">Records<").contains("kept"), "{}", all[0]);
    let table = all.iter().find(|panel| panel.contains("aria-label=\"Partitions\"")).unwrap();
    assert_eq!((table.matches("9.2 ").count(), table.matches("4.7 ").count()), (1, 19), "a rate for each: {table}");
    let even = tile(&panels(Known::Known(PartitionSpread::Even), Known::Unknown), "Hottest partition");
    assert!(even.contains("Even") && !even.contains("times"), "{even}");
    let blind = panels(Known::Unknown, Known::Unknown);
    for label in ["Hottest partition", "Bytes in"] {
        assert!(tile(&blind, label).contains("unknown"), "{label}: nobody told");
    }
}

#[test]
fn whoever_may_not_ask_for_another_topic_is_told_why() {
    let ways = |offer| topic(detail(overview(Known::Unknown), offer), &TopicQuery::default()).panels[1].clone();
    let why = "The topic belongs to team payments. Its members can ask for that.";
    let told = ways(Some(offer(RequestKind::TopicChange, Some(why))));
    assert!(told.contains("disabled") && told.contains(why) && !told.contains("href"), "{told}");
    let orphan = ways(Some(offer(RequestKind::TopicAdopt, None)));
    assert!(orphan.contains("Ask to adopt it") && orphan.contains("kind=topicAdopt"), "{orphan}");
    assert!(!ways(None).contains("Ask to"), "Kafka's own");
}

#[tokio::test]
async fn a_configuration_nobody_read_is_not_shown_as_empty() {
    let html = page("topic-unread", TopicQuery::default(), || overview(Known::Unknown)).await;
    assert!(html.contains("What is set on the topic is unknown") && !html.contains("Nothing is set"));
}

#[tokio::test]
async fn a_topic_of_very_many_partitions_leads_to_the_next_of_them() {
    let html = page("topic-large", TopicQuery { from: 20, ..TopicQuery::default() }, || {
        let mut shown = overview(Known::Known(Vec::new()));
        if let TopicShown::Overview { overview, .. } = &mut shown {
            overview.from = 10;
            overview.partitions.truncate(5);
        }
        shown
    })
    .await;
    assert!(html.contains("11–15 of 20 partitions") && html.contains(&format!("href=\"{PAGE}?from=15\"")));
}

fn config(told_by: Known<Vec<BrokerId>>) -> TopicConfig {
    let key = |line: ConfigLine, subject, otherwise: Option<&str>, differing: &[i32]| ConfigKey {
        subject,
        meaning: Some(format!("What {} means.", line.key)),
        otherwise: otherwise.map(|words| OtherValue {
            value: Some("259200000".to_owned()),
            words: Some(words.to_owned()),
            source: ConfigSource::StaticBroker,
        }),
        differing: differing
            .iter()
            .map(|broker| BrokerValue { broker: BrokerId(*broker), value: Some("1".to_owned()), words: None })
            .collect(),
        line,
    };
    let keys = vec![
        key(
            line("retention.ms", "604800000", Some("7 days"), ConfigSource::Topic),
            ConfigSubject::Keeping,
            Some("3 days"),
            &[],
        ),
        key(line("min.insync.replicas", "2", None, ConfigSource::StaticBroker), ConfigSubject::Safety, None, &[1]),
        key(line("new.in.kafka.5", "", None, ConfigSource::Default), ConfigSubject::Other, None, &[]),
    ];
    TopicConfig {
        keys: Known::Known(keys),
        set: Known::Known(1),
        told_by,
        reason: Some("an ACL is missing".to_owned()),
        revisions: REVISIONS,
    }
}

#[tokio::test]
async fn configuration_is_told_by_subject_with_what_would_hold_without_it_and_where_brokers_differ() {
    let told_by = Known::Known(vec![BrokerId(0), BrokerId(1)]);
    let html = page("topic-config", of(TopicTab::Config), move || TopicShown::Config(config(told_by.clone()))).await;
    assert_eq!(current(&html), "Config");
    assert!(html.contains("How long records stay") && html.contains("Keys that are newer than Klamm"));
    assert!(
        html.contains("else 3 days, from brokers&#x27; configuration")
            || html.contains("else 3 days, from brokers' configuration")
    );
    assert!(html.contains("Not the same everywhere: broker 1 has 1"));
    assert!(html.contains(&format!("href=\"{PAGE}?tab=config&amp;set=true\"")) && html.contains("set here · 1"));
    assert!(!html.contains("Only what is set</strong>"));
}

#[tokio::test]
async fn what_brokers_have_and_did_not_tell_is_said_to_be_missing() {
    let html = page("topic-config-partial", of(TopicTab::Config), || TopicShown::Config(config(Known::Unknown))).await;
    assert!(html.contains("could not be read") && html.contains("an ACL is missing."));
    let html = page("topic-config-unread", of(TopicTab::Config), || {
        TopicShown::Config(TopicConfig { keys: Known::Unknown, ..config(Known::Unknown) })
    })
    .await;
    assert!(html.contains("What is set on the topic is unknown"));
}

fn access() -> TopicAccess {
    let rule = |principal: &str, effect, name: &str, pattern, operations: &[TopicOperation]| AppliedRule {
        principal: principal.to_owned(),
        effect,
        operations: operations.to_vec(),
        name: name.to_owned(),
        pattern,
        host: None,
    };
    let right = |operation| Right { operation, only_from: None, except_from: BTreeSet::new() };
    let grant = ConsentRef {
        namespace: "payments".parse().unwrap(),
        name: "to-orders".parse().unwrap(),
        expires: Some(sample::NOW),
    };
    let app = PrincipalAccess {
        principal: "User:orders.app".to_owned(),
        user: Some(UserRef { namespace: "orders".parse().unwrap(), name: "app".parse().unwrap(), turn: Turn::Now }),
        team: Some("orders".parse().unwrap()),
        rights: vec![right(TopicOperation::Read), right(TopicOperation::Describe)],
        rules: vec![rule(
            "User:orders.app",
            RuleEffect::Allow,
            "sample-topic",
            RulePattern::Literal,
            &[TopicOperation::Read, TopicOperation::Describe],
        )],
        rule_count: 1,
        consents: vec![grant.clone()],
    };
    let denied = PrincipalAccess {
        principal: "User:<b>intern".to_owned(),
        user: None,
        team: None,
        rights: Vec::new(),
        rules: vec![rule("User:<b>intern", RuleEffect::Deny, "sample", RulePattern::Prefixed, &[TopicOperation::All])],
        rule_count: 24,
        consents: Vec::new(),
    };
    let backup = PrincipalAccess {
        principal: "User:*".to_owned(),
        user: None,
        team: None,
        rights: vec![right(TopicOperation::All)],
        rules: vec![rule("User:*", RuleEffect::Allow, "*", RulePattern::Literal, &[TopicOperation::All])],
        rule_count: 1,
        consents: Vec::new(),
    };
    TopicAccess {
        decided: Known::Known(DecidedBy::Rules),
        reason: None,
        super_users: Known::Known(vec!["User:klamm-admin".to_owned()]),
        unmentioned: None,
        readers: 2,
        writers: 1,
        principals: Page { items: vec![backup, denied, app], total: 340, next_cursor: Some("bmV4dA".to_owned()) },
        left_out: 7,
        consents: vec![Consent { grant, to: vec!["orders".to_owned()], to_count: 3, reads: true, writes: false }],
        consent_count: 1,
        revisions: REVISIONS,
    }
}

#[tokio::test]
async fn access_is_told_by_user_with_the_rules_and_the_consents_behind_it() {
    let html = page("topic-access", of(TopicTab::Access), || TopicShown::Access(access())).await;
    assert_eq!(current(&html), "Access");
    assert!(html.contains("2 may read it, 1 may write it"));
    assert!(html.contains("orders/app") && html.contains("KafkaGrant") && html.contains("payments/to-orders"));
    assert!(html.contains("everybody who is let in at all") && html.contains("everything"));
    assert!(html.contains("nothing: its rules forbid it") && html.contains("and 23 rules more"));
    assert!(html.contains("User:&lt;b&gt;intern") && !html.contains("User:<b>"), "a principal is text");
    assert!(html.contains("7 more rules about topics than Klamm keeps") && html.contains("User:klamm-admin"));
    assert!(html.contains("1–3 of 340 principals"));
    assert!(html.contains(&format!("href=\"{PAGE}?tab=access&amp;cursor=bmV4dA&amp;before=3\"")));
    assert!(html.contains("name=\"tab\" value=\"access\""), "searching stays in this part");
}

#[tokio::test]
async fn nobody_decides_nobody_says_and_nobody_may_are_told_apart() {
    let with = |change: fn(&mut TopicAccess)| {
        let mut access = access();
        access.principals = Page { items: Vec::new(), total: 0, next_cursor: None };
        change(&mut access);
        TopicShown::Access(access)
    };
    let query = || of(TopicTab::Access);
    let html =
        page("topic-access-open", query(), move || with(|access| access.decided = Known::Known(DecidedBy::Nobody)))
            .await;
    assert!(html.contains("No authorizer") && html.contains("Everybody may everything"));
    let html = page("topic-access-unknown", query(), move || {
        with(|access| {
            access.decided = Known::Unknown;
            access.reason = Some("The user may not do this in the cluster".to_owned());
        })
    })
    .await;
    assert!(
        html.contains("Nobody could say who may use the topic") && html.contains("may not do this in the cluster.")
    );
    let html = page("topic-access-nobody", query(), move || {
        with(|access| {
            access.unmentioned = Some(Unmentioned::Nothing);
            access.super_users = Known::Unknown;
        })
    })
    .await;
    assert!(
        html.contains("Nobody but super users may use it") && html.contains("do not tell who their super users are")
    );
    let html =
        page("topic-access-untold", query(), move || with(|access| access.unmentioned = Some(Unmentioned::NotTold)))
            .await;
    assert!(html.contains("allow.everyone.if.no.acl.found"));
}

#[tokio::test]
async fn the_manifest_is_text_to_copy_or_to_open() {
    let html = page("topic-yaml", of(TopicTab::Yaml), || {
        let owner = sample::row("sample-topic", 1, 0.0, Health::Healthy).owner.unwrap();
        let yaml = "apiVersion: v1\nkind: ConfigMap\ndata:\n  note: \"</script><b>\"\n".to_owned();
        TopicShown::Yaml(TopicManifest::Declared { owner, yaml })
    })
    .await;
    assert_eq!(current(&html), "YAML");
    assert!(html.contains("kind: ConfigMap\ndata:") && !html.contains("</script><b>"));
    assert!(html.contains("href=\"/api/v1/clusters/kafka/demo/topics/sample-topic/manifest\""));
    let html = page("topic-yaml-adopt", of(TopicTab::Yaml), || {
        TopicShown::Yaml(TopicManifest::Adoption {
            namespace: "payments".parse().unwrap(),
            yaml: "kind: KafkaTopic\n".to_owned(),
        })
    })
    .await;
    assert!(html.contains("Not declared") && html.contains("in namespace payments"));
    let html = page("topic-yaml-own", of(TopicTab::Yaml), || TopicShown::Yaml(TopicManifest::KafkasOwn)).await;
    assert!(html.contains("own topic") && !html.contains("<pre"));
}

#[tokio::test]
async fn consumers_have_a_part_of_their_own() {
    let html = page("topic-consumers", of(TopicTab::Consumers), || TopicShown::Consumers(Known::Unknown)).await;
    assert_eq!(current(&html), "Consumers");
    assert!(html.contains("Consumer groups are unknown"));
}
