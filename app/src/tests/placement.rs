//! The page of placement.

use super::{respond, sample};
use crate::placement::views::{Placement, PlacementBody, PlacementBodyProps, PlacementQuery};
use klamm_model::{
    BrokerId, BrokerPlacement, BrokerState, Harmed, HarmedPartition, Known, Loss, Lost, PartitionId, PlacementView,
    Revisions,
};
use leptos::prelude::IntoAny;

fn placement(loss: Option<Loss>) -> Placement {
    let broker = |id: i32| BrokerPlacement {
        id: BrokerId(id),
        rack: Some(format!("zone-{id}")),
        state: BrokerState::Running,
        leaders: 26,
        followers: 38,
        out_of_sync: 0,
        preferred_elsewhere: 1,
    };
    Placement {
        cluster: sample::demo(),
        now: sample::NOW,
        view: PlacementView {
            topic: None,
            partition_count: 78,
            rack_violations: 1,
            brokers: (0..3).map(broker).collect(),
            partitions: Vec::new(),
            loss,
            revisions: Revisions { structure: 7, numbers: 120 },
        },
    }
}

#[tokio::test]
async fn placement_is_drawn_and_told_by_rack_and_broker() {
    let answer = respond("placement", "/clusters/kafka/demo/placement", || {
        let props = PlacementBodyProps { placement: placement(None), query: PlacementQuery::default() };
        PlacementBody(props).into_any()
    })
    .await;
    let html = answer.html;
    assert!(html.contains("in sync, and 3 partitions are led elsewhere"));
    assert!(html.contains("1 partition has all replicas in one rack"));
    assert!(html.contains("Broker 1: leads 26, follows in sync 38, out of sync 0"));
    assert!(html.contains("value=\"rack:zone-2\"") && html.contains("value=\"broker:0\""));
    assert!(!html.contains("Without a leader"));
}

#[tokio::test]
async fn a_loss_names_the_partitions_it_harms() {
    let answer = respond("placement-loss", "/clusters/kafka/demo/placement?lose=broker:1", || {
        let partition = |id| HarmedPartition {
            topic: "sample-topic".parse().unwrap(),
            partition: PartitionId(id),
            in_sync_left: Vec::new(),
            minimum: Known::Unknown,
        };
        let loss = Loss {
            lost: Lost::Broker(BrokerId(1)),
            brokers: vec![BrokerId(1)],
            without_leader: Harmed { total: 300, partitions: (0..2).map(partition).collect() },
            below_minimum: Harmed::default(),
            minimum_unknown: 17,
            led_elsewhere: 26,
        };
        let query = PlacementQuery { lose: "broker:1".to_owned(), ..PlacementQuery::default() };
        PlacementBody(PlacementBodyProps { placement: placement(Some(loss)), query }).into_any()
    })
    .await;
    let html = answer.html;
    assert!(html.contains("Without broker 1, 300 partitions would have no leader"));
    assert!(html.contains("The first 2 of 300") && html.contains("No leader"));
    assert!(html.contains("without broker 1") && html.contains("Remove this filter"));
}
