//! Findings as receivers hear of them.

use super::*;
use crate::findings::Teller;
use klamm_model::{
    ClusterFinding, ClusterRef, FindingRule, FindingSeverity, FindingSubject, NamedPartition, PartitionId, UnixMillis,
};

fn offline() -> ClusterFinding {
    ClusterFinding {
        id: "fnd_offlinePartitions_1".to_owned(),
        rule: FindingRule::OfflinePartitions,
        severity: FindingSeverity::Critical,
        subject: FindingSubject::Cluster,
        message: "1 partition has no leader: payments.a-0".to_owned(),
        meaning: "It is gone.".to_owned(),
        advice: "Bring it back.".to_owned(),
        link: None,
        partitions: vec![NamedPartition { topic: "payments.a".parse().unwrap(), partition: PartitionId(0) }],
        partition_total: 1,
        since: UnixMillis(1_700_000_000_000),
        acknowledged: None,
    }
}

fn found(post: &Post, findings: Vec<ClusterFinding>) {
    let prod: ClusterRef = "kafka/prod".parse().unwrap();
    let portal = post.portal();
    portal.observations.vitals(&prod).unwrap().set_findings(findings, portal.now());
}

#[tokio::test]
async fn a_finding_is_told_when_it_comes_and_when_it_is_gone_and_to_no_team() {
    let (mut all, mut theirs) = (Receiver::start().await, Receiver::start().await);
    let payments = For { events: None, teams: Some(["payments".parse().unwrap()].into()) };
    let post = Post::to_some(vec![("pager", &all, For::default()), ("payments", &theirs, payments)]).await;
    let (messenger, mut teller) = (post.messenger(), Teller::default());
    found(&post, vec![offline()]);
    messenger.tell_findings(&mut teller).await;
    post.look(&messenger).await;
    let got = all.next().await;
    assert!(got.is_signed_with(SECRET), "{got:?}");
    let mut body = got.json();
    assert!(body["timestamp"].take().is_string());
    assert_eq!(
        body,
        json!({
            "type": "findingOpened",
            "timestamp": null,
            "data": {
                "finding": "fnd_offlinePartitions_1", "rule": "offlinePartitions", "severity": "critical",
                "cluster": { "namespace": "kafka", "name": "prod" },
                "message": "1 partition has no leader: payments.a-0", "since": "2023-11-14T22:13:20Z",
                "meaning": "It is gone.", "advice": "Bring it back.",
                "partitions": ["payments.a-0"], "partitionTotal": 1,
                "url": "https://klamm.example.org/clusters/kafka/prod/findings",
            },
        })
    );
    messenger.tell_findings(&mut teller).await;
    post.look(&messenger).await;
    assert!(all.heard_nothing(), "it is told once");

    found(&post, Vec::new());
    messenger.tell_findings(&mut teller).await;
    post.look(&messenger).await;
    let gone = all.next().await.json();
    assert_eq!((&gone["type"], &gone["data"]["finding"]), (&"findingClosed".into(), &"fnd_offlinePartitions_1".into()));
    assert!(gone["data"]["meaning"].is_null(), "{gone}");
    assert!(theirs.heard_nothing(), "brokers are no team's");
    let log = post.log().await;
    let events: BTreeSet<WebhookEvent> = log.iter().map(|one| one.event).collect();
    assert_eq!(events, [WebhookEvent::FindingOpened, WebhookEvent::FindingClosed].into());
    assert!(log.len() == 2 && log.iter().all(|one| one.request.is_none()), "{log:?}");
}
