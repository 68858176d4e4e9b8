use super::*;
use crate::views::samples::{Estate, NOW, actor, cluster_ref, inventory, portal, portal_at, portal_over, topic};
use crate::{Clock, Declared, Portal};
use klamm_model::{
    Actor, ClusterFinding, ClusterRef, FindingRule, FindingSeverity, FindingSubject, FindingsRequest, ProblemKind,
    Role, UnixMillis,
};
use klamm_store::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const ALL: &[i32] = &[0, 1, 2];

fn estate() -> Estate {
    let estate = Estate::new();
    estate.put(inventory("kafka/demo", vec![topic("a", &[(ALL, ALL)])]), Declared::default());
    estate.put(inventory("kafka/prod", vec![topic("a", &[(ALL, ALL)])]), Declared::default());
    estate
}

fn demo() -> ClusterRef {
    cluster_ref("kafka/demo")
}

fn operator() -> Actor {
    Actor { roles: [Role::Operator].into(), ..actor("op") }
}

fn finding(id: &str, rule: FindingRule, severity: FindingSeverity) -> ClusterFinding {
    ClusterFinding {
        id: id.to_owned(),
        rule,
        severity,
        subject: FindingSubject::Cluster,
        message: format!("{} is so", rule.name()),
        meaning: "It matters.".to_owned(),
        advice: "Do something.".to_owned(),
        link: None,
        partitions: Vec::new(),
        partition_total: 0,
        since: NOW,
        acknowledged: None,
    }
}

fn found(portal: &Portal, cluster: &str, findings: &[(&str, FindingRule, FindingSeverity)]) {
    let findings = findings.iter().map(|(id, rule, severity)| finding(id, *rule, *severity)).collect();
    portal.observations.vitals(&cluster_ref(cluster)).unwrap().set_findings(findings, NOW);
}

const DOWN: (&str, FindingRule, FindingSeverity) = ("fnd_b", FindingRule::BrokerDown, FindingSeverity::Critical);
const ALONE: (&str, FindingRule, FindingSeverity) = ("fnd_a", FindingRule::FactorOne, FindingSeverity::Warning);
const HELD: (&str, FindingRule, FindingSeverity) = ("fnd_c", FindingRule::MetadataHeldBack, FindingSeverity::Info);

fn wish(reason: &str, hours: u32) -> FindingWish {
    FindingWish { reason: reason.to_owned(), hours }
}

fn ids(portal: &Portal, request: &FindingsRequest) -> Vec<String> {
    let page = portal.finding_page(&actor("ada"), &demo(), request).unwrap();
    page.items.into_iter().map(|finding| finding.id).collect()
}

#[tokio::test]
async fn the_worst_come_first_and_pages_hold_together() {
    let (portal, _database) = portal(&estate()).await;
    found(&portal, "kafka/demo", &[HELD, ALONE, DOWN]);
    let all = FindingsRequest::default();
    assert_eq!(ids(&portal, &all), ["fnd_b", "fnd_a", "fnd_c"]);
    let first = FindingsRequest { limit: Some(1), ..all.clone() };
    let page = portal.finding_page(&actor("ada"), &demo(), &first).unwrap();
    assert_eq!(page.total, 3);
    let next = FindingsRequest { cursor: page.next_cursor, ..first };
    assert_eq!(ids(&portal, &next), ["fnd_a"]);
    let critical = FindingsRequest { severity: Some("critical".to_owned()), ..all.clone() };
    assert_eq!(ids(&portal, &critical), ["fnd_b"]);
    let rule = FindingsRequest { rule: Some("factorOne".to_owned()), ..all.clone() };
    assert_eq!(ids(&portal, &rule), ["fnd_a"]);
    let wrong = FindingsRequest { severity: Some("bad".to_owned()), ..all };
    assert_eq!(portal.finding_page(&actor("ada"), &demo(), &wrong).unwrap_err().kind, ProblemKind::Invalid);
    let nowhere = portal.finding_page(&actor("ada"), &cluster_ref("kafka/none"), &FindingsRequest::default());
    assert_eq!(nowhere.unwrap_err().kind, ProblemKind::NotFound);
}

#[tokio::test]
async fn what_an_operator_knows_is_marked_and_not_counted_and_ends() {
    let clock = Arc::new(AtomicI64::new(NOW.0));
    let told = Arc::clone(&clock);
    let (portal, _database) =
        portal_at(&estate(), Clock::from_fn(move || UnixMillis(told.load(Ordering::Relaxed)))).await;
    found(&portal, "kafka/demo", &[DOWN, ALONE, HELD]);
    let counted = |portal: &Portal| portal.cluster_view(&actor("ada"), &demo()).unwrap().findings;
    let worst = |portal: &Portal| portal.cluster_view(&actor("ada"), &demo()).unwrap().worst;
    assert_eq!(counted(&portal), 2, "what is worth knowing wants nobody");
    assert_eq!(worst(&portal), Some(FindingSeverity::Critical));
    let (cluster, dev) = (demo(), actor("ada"));
    let refused = portal.acknowledge_finding(&dev, (&cluster, "fnd_b"), &wish("I know", 1), None).await;
    assert_eq!(refused.unwrap_err().kind, ProblemKind::Forbidden);
    for (reason, hours) in [("  ", 1), ("x\ny", 1), ("x", 0), ("x", 2161)] {
        let refused = portal.acknowledge_finding(&operator(), (&cluster, "fnd_b"), &wish(reason, hours), None).await;
        assert_eq!(refused.unwrap_err().kind, ProblemKind::Invalid, "{reason:?} {hours}");
    }
    let gone = portal.acknowledge_finding(&operator(), (&cluster, "fnd_x"), &wish("x", 1), None).await;
    assert_eq!(gone.unwrap_err().kind, ProblemKind::NotFound);

    let known = portal.acknowledge_finding(&operator(), (&cluster, "fnd_b"), &wish(" new disk ", 2), None).await;
    let known = known.unwrap().acknowledged.unwrap();
    assert_eq!((known.by.as_str(), known.reason.as_str(), known.until.0 - NOW.0), ("op", "new disk", 7_200_000));
    assert_eq!((counted(&portal), worst(&portal)), (1, Some(FindingSeverity::Warning)));
    let others = portal.clusters(&actor("ada")).unwrap();
    assert_eq!(others.iter().map(|cluster| cluster.worst).collect::<Vec<_>>(), [worst(&portal), None]);
    let open = portal.open_findings(&operator()).unwrap();
    assert_eq!((open.len(), open[0].1.len(), open[0].1[0].id.as_str()), (1, 1, "fnd_a"));
    let down = portal.finding_counts().into_iter().find(|count| count.rule == FindingRule::BrokerDown).unwrap();
    assert_eq!((down.open, down.acknowledged), (0, 1));

    clock.fetch_add(7_200_000, Ordering::Relaxed);
    portal.take_acknowledgements().await;
    assert_eq!(counted(&portal), 2, "the time is over");
}

#[tokio::test]
async fn what_an_operator_knows_is_taken_back_by_operators_and_wants_somebody_again() {
    let (portal, _database) = portal(&estate()).await;
    found(&portal, "kafka/demo", &[DOWN, ALONE]);
    let (cluster, dev) = (demo(), actor("ada"));
    let counted = |portal: &Portal| portal.cluster_view(&actor("ada"), &demo()).unwrap().findings;
    let nobody = portal.take_back_finding(&operator(), (&cluster, "fnd_b"), None).await;
    assert_eq!(nobody.unwrap_err().kind, ProblemKind::Conflict, "nobody said that they know");
    portal.acknowledge_finding(&operator(), (&cluster, "fnd_b"), &wish("new disk", 2), None).await.unwrap();
    assert_eq!(counted(&portal), 1);
    let refused = portal.take_back_finding(&dev, (&cluster, "fnd_b"), None).await;
    assert_eq!(refused.unwrap_err().kind, ProblemKind::Forbidden);
    let gone = portal.take_back_finding(&operator(), (&cluster, "fnd_x"), None).await;
    assert_eq!(gone.unwrap_err().kind, ProblemKind::NotFound);
    let back = portal.take_back_finding(&operator(), (&cluster, "fnd_b"), None).await.unwrap();
    assert_eq!((back.id.as_str(), back.acknowledged), ("fnd_b", None));
    assert_eq!(counted(&portal), 2);
}

/// What a process makes of what it sees and of what the database says, without webhooks.
async fn tell(teller: &mut Teller, portal: &Portal) -> Vec<String> {
    teller.begin(portal).await.unwrap();
    let mut words = Vec::new();
    for news in teller.news(portal) {
        news.settle(portal, &[], portal.now()).await.unwrap();
        words.push(match &news {
            News::Opened(row, _) => format!("{} {}", row.finding, row.severity.name()),
            News::Closed(row) => format!("{} gone", row.finding),
        });
        teller.told(portal, news);
    }
    words
}

#[tokio::test]
async fn what_comes_and_goes_is_told_once_also_after_a_restart() {
    let estate = estate();
    let (portal, database) = portal(&estate).await;
    let mut teller = Teller::default();
    assert_eq!(tell(&mut teller, &portal).await, [""; 0]);
    let mild = ("fnd_d", FindingRule::DiskLow, FindingSeverity::Warning);
    found(&portal, "kafka/demo", &[HELD, mild, ALONE]);
    assert_eq!(tell(&mut teller, &portal).await, ["fnd_d warning", "fnd_a warning"], "what wants somebody");
    found(&portal, "kafka/demo", &[("fnd_d", FindingRule::DiskLow, FindingSeverity::Critical), ALONE]);
    assert_eq!(tell(&mut teller, &portal).await, ["fnd_d critical"], "it became worse");
    found(&portal, "kafka/demo", &[mild, ALONE]);
    assert_eq!(tell(&mut teller, &portal).await, [""; 0]);

    // Another process, which has not looked yet.
    let store = Store::open(&database.url().parse().unwrap()).await.unwrap();
    found(&portal, "kafka/demo", &[]);
    let again = portal_over(&estate, Clock::from_fn(|| NOW), store);
    let mut second = Teller::default();
    assert_eq!(tell(&mut second, &again).await, [""; 0], "what it has not found yet is not gone");
    found(&again, "kafka/demo", &[mild, ALONE]);
    assert_eq!(tell(&mut second, &again).await, [""; 0], "others told it");
    found(&again, "kafka/demo", &[ALONE]);
    assert_eq!(tell(&mut second, &again).await, ["fnd_d gone"]);
    assert_eq!(again.store.open_findings().await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_what_somebody_knows_it_is_not_told_that_it_comes() {
    let (portal, _database) = portal(&estate()).await;
    let (mut teller, cluster) = (Teller::default(), demo());
    found(&portal, "kafka/demo", &[ALONE]);
    assert_eq!(tell(&mut teller, &portal).await, ["fnd_a warning"]);
    portal.acknowledge_finding(&operator(), (&cluster, "fnd_a"), &wish("it may be lost", 48), None).await.unwrap();
    assert_eq!(tell(&mut teller, &portal).await, [""; 0], "it is still so");
    found(&portal, "kafka/demo", &[]);
    assert_eq!(tell(&mut teller, &portal).await, ["fnd_a gone"], "who was told that it came is told that it went");
    for _ in 0..2 {
        found(&portal, "kafka/demo", &[ALONE]);
        assert_eq!(tell(&mut teller, &portal).await, [""; 0], "it comes and goes every day");
        found(&portal, "kafka/demo", &[]);
        assert_eq!(tell(&mut teller, &portal).await, [""; 0]);
    }
    found(&portal, "kafka/demo", &[(ALONE.0, ALONE.1, FindingSeverity::Critical)]);
    assert_eq!(tell(&mut teller, &portal).await, ["fnd_a critical"], "it is worse than anybody knew");
    found(&portal, "kafka/demo", &[]);
    assert_eq!(tell(&mut teller, &portal).await, ["fnd_a gone"]);
    found(&portal, "kafka/demo", &[ALONE]);
    assert_eq!(tell(&mut teller, &portal).await, [""; 0]);
    portal.take_back_finding(&operator(), (&cluster, "fnd_a"), None).await.unwrap();
    assert_eq!(tell(&mut teller, &portal).await, ["fnd_a warning"], "it wants somebody again");
}
