//! Pages of brokers.

use super::{respond, sample};
use crate::{
    brokers::views::{
        BrokerDetailView, BrokerDetailViewProps, BrokerList, BrokerListView, BrokerListViewProps, BrokerPart,
    },
    topics::TopicsAddress,
};
use klamm_model::{
    BrokerDetail, BrokerState, HeldPartition, Known, LogDir, Page, PartitionId, QuorumPart, QuorumRole, ReplicaRole,
    Revisions,
};
use leptos::prelude::IntoAny;

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
            revisions: REVISIONS,
        },
    }
}

#[tokio::test]
async fn the_list_of_brokers_leads_to_each() {
    let answer = respond("brokers", "/clusters/kafka/demo/brokers", || {
        let brokers = vec![sample::broker(0, BrokerState::Running, 0), sample::broker(2, BrokerState::Down, 64)];
        let list = BrokerList { cluster: sample::demo(), brokers, racks: 1, revisions: REVISIONS, now: sample::NOW };
        BrokerListView(BrokerListViewProps { list }).into_any()
    })
    .await;
    let html = answer.html;
    assert!(html.contains("demo runs 1 of 2 nodes"));
    assert!(html.contains("href=\"/clusters/kafka/demo/brokers/2\"") && html.contains("Down"));
}

#[tokio::test]
async fn a_broker_shows_its_disks_its_part_in_the_quorum_and_what_it_holds() {
    let answer = respond("broker", "/clusters/kafka/demo/brokers/1", || {
        let part = QuorumPart { role: QuorumRole::Voter, lag: Known::Known(2), last_caught_up: Known::Unknown };
        let part = detail(Known::Known(part));
        BrokerDetailView(BrokerDetailViewProps { part, address: TopicsAddress::default() }).into_any()
    })
    .await;
    let html = answer.html;
    assert!(html.contains("/var/lib/kafka/data") && html.contains("Voter") && html.contains("demo-main-1-0"));
    assert!(html.contains("is behind with 1 replica") && html.contains("Out of sync"));
    assert!(html.contains("1–2 of 64 replicas") && html.contains("cursor=bmV4dA"));
    assert!(html.contains("href=\"/clusters/kafka/demo/topics/sample-topic\""));
}

#[tokio::test]
async fn a_broker_whose_quorum_nobody_knows_has_no_role_made_up() {
    let answer = respond("broker-unknown", "/clusters/kafka/demo/brokers/1", || {
        let mut part = detail(Known::Unknown);
        part.broker.log_dirs = Known::Unknown;
        BrokerDetailView(BrokerDetailViewProps { part, address: TopicsAddress::default() }).into_any()
    })
    .await;
    assert!(answer.html.contains("Disks are unknown") && !answer.html.contains("Not in the quorum"));
}
