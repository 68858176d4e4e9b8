//! What people read.

use super::sample::*;
use crate::mover::*;
use klamm_model::BrokerId;

#[test]
fn remarks_are_sentences() {
    let say = |remark: Remark| remark.to_string();
    assert_eq!(
        say(Remark::FewRacks { racks: 2, factor: 3, partitions: 40 }),
        "40 partitions have 3 replicas and there are only 2 racks, so that some replicas share a rack."
    );
    assert_eq!(
        say(Remark::RacksShared { partitions: 1, example: partition("orders", 7), because: RacksSharedBecause::Room }),
        "1 partition has replicas that share a rack though there are others, such as orders-7: no broker there has room for them."
    );
    assert_eq!(
        say(Remark::RackUnknown { brokers: list(&[1]) }),
        "Broker 1 tells no rack though others do, and counts as one rack of its own."
    );
    assert_eq!(
        say(Remark::RackUnknown { brokers: list(&[1, 2, 5]) }),
        "Brokers 1, 2 and 5 tell no rack though others do, and count as one rack together."
    );
    assert_eq!(
        say(Remark::Full { broker: BrokerId(2), free: 3 * GIB }),
        "Broker 2 would get more replicas, but has only 3 GiB left above its reserve."
    );
    assert_eq!(
        say(Remark::Uneven { rack: Some("a".to_owned()), fewest: 2, most: 9 }),
        "Brokers of rack a have between 2 and 9 replicas, and nothing that may move here makes it better."
    );
    assert_eq!(
        say(Remark::LeftAlone { partitions: 2, example: partition("orders", 7) }),
        "2 partitions are being moved by somebody else and left alone, such as orders-7."
    );
    assert_eq!(
        say(Remark::SizesUnknown { partitions: 1 }),
        "The size of 1 partition is unknown; the average of the others was taken instead."
    );
    assert_eq!(
        say(Remark::DiskUnknown { brokers: list(&[1, 2]) }),
        "Brokers 1 and 2 do not say how large their disks are, so that nobody knows whether there is room."
    );
}

#[test]
fn refusals_say_what_is_missing() {
    let refusal = Refusal::TooFewBrokers { example: partition("orders", 0), factor: 3, brokers: 2, partitions: 12 };
    assert_eq!(
        refusal.to_string(),
        "orders-0 is to have 3 replicas, and only 2 brokers take any: lower its replication factor or add brokers"
    );
    let refusal = Refusal::NoReplicas { partition: partition("orders", 0) };
    assert_eq!(refusal.to_string(), "orders-0 needs at least one replica, and each on another broker");
}
