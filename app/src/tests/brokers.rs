//! Pages of brokers.

use super::{respond_with, sample};
use crate::{
    brokers::views::{BrokerList, BrokerPart, broker, list},
    sheet::Drawn,
    topics::TopicsAddress,
};
use klamm_model::{
    BrokerDetail, BrokerState, HeldPartition, Known, LogDir, Page, PartitionId, QuorumPart, QuorumRole, ReplicaRole,
    Revisions,
};

const REVISIONS: Revisions = Revisions { structure: 7, numbers: 120 };

fn detail(quorum: Known<QuorumPart>) -> BrokerPart {
    let held = |id: i32, role| HeldPartition {
        topic: "sample-topic".parse().unwrap(),
        partition: PartitionId(id),
        role,
        is_preferred_leader: role == ReplicaRole::Leader,
        size_bytes: Known::Known(5_400_000),
    };
    BrokerPart {
        cluster: sample::demo(),
        now: sample::NOW,
        broker: BrokerDetail {
            node: sample::broker(1, BrokerState::Running, 1),
            host: Some("demo-main-1.demo.kafka.svc".to_owned()),
            pod: Some("demo-main-1-0".parse().unwrap()),
            log_dirs: Known::Known(vec![LogDir {
                path: "/var/lib/kafka/data".to_owned(),
                offline: false,
                used_bytes: 300_000_000,
                total_bytes: Known::Known(1 << 29),
                usable_bytes: Known::Unknown,
            }]),
            quorum,
            partitions: Page {
                items: vec![held(0, ReplicaRole::Leader), held(1, ReplicaRole::OutOfSync)],
                total: 64,
                next_cursor: Some("bmV4dA".to_owned()),
            },
            largest: vec![held(0, ReplicaRole::Leader)],
            revisions: REVISIONS,
        },
    }
}

fn drawn(part: BrokerPart) -> Drawn {
    broker(part, &TopicsAddress::default(), sample::over_time("/clusters/kafka/demo/brokers/1"))
}

#[tokio::test]
async fn the_list_of_brokers_leads_to_each() {
    let answer = respond_with("brokers", "/clusters/kafka/demo/brokers", || {
        let brokers = [(0, BrokerState::Running, 0), (1, BrokerState::Running, 0), (2, BrokerState::Down, 64)];
        let brokers = brokers.map(|(id, state, late)| sample::broker(id, state, late)).into();
        let (cluster, vitals) = (sample::demo(), sample::vitals());
        list(BrokerList { cluster, brokers, vitals, racks: 1, now: sample::NOW })
    })
    .await;
    let html = answer.html;
    assert!(html.contains("demo runs 2 of 3 nodes"));
    assert!(html.contains("href=\"/clusters/kafka/demo/brokers/2\"") && html.contains("Down"));
    assert!(html.contains("20.4 MiB/s") && html.contains("93 %") && html.contains("167 MiB of 256 MiB"), "{html}");
    assert!(html.contains("Full in 4 days") && html.contains("Full in 16 days, uncertain"), "{html}");
    assert!(html.contains("zone-b · active controller") && html.contains("64 out of sync"), "{html}");
    let heads = html.split("aria-label=\"Brokers\"").nth(1).unwrap().split("</thead>").next().unwrap();
    assert_eq!(heads.matches("<th ").count(), 7, "more columns do not fit beside the menu: {heads}");
    assert!(html.contains("data-head=\"Idle threads\""), "a cell says what it is where columns do not fit");
    assert!(html.contains("href=\"/clusters/kafka/demo/disks?broker=0\""), "{html}");
    assert!(html.contains("not known") && html.contains("1 of 2 log dirs given up"), "what nobody tells is no zero");
}

#[tokio::test]
async fn a_broker_shows_its_disks_its_part_in_the_quorum_and_what_it_holds() {
    let answer = respond_with("broker", "/clusters/kafka/demo/brokers/1", || {
        let part = QuorumPart { role: QuorumRole::Voter, lag: Known::Known(2), last_caught_up: Known::Unknown };
        drawn(detail(Known::Known(part)))
    })
    .await;
    let html = answer.html;
    assert!(html.contains("/var/lib/kafka/data") && html.contains("Voter") && html.contains("demo-main-1-0"));
    assert!(html.contains("is behind with 1 replica") && html.contains("Out of sync"));
    assert!(html.contains("1–2 of 64 replicas") && html.contains("cursor=bmV4dA"));
    assert!(html.contains("Largest partitions") && html.contains("<figure class=\"chart\""));
    assert!(html.contains("href=\"/clusters/kafka/demo/topics/sample-topic\""));
}

#[tokio::test]
async fn a_broker_whose_quorum_nobody_knows_has_no_role_made_up() {
    let answer = respond_with("broker-unknown", "/clusters/kafka/demo/brokers/1", || {
        let mut part = detail(Known::Unknown);
        part.broker.log_dirs = Known::Unknown;
        drawn(part)
    })
    .await;
    assert!(answer.html.contains("Disks are unknown") && !answer.html.contains("Not in the quorum"));
}
