//! What an operation has set on its way, between the controller that says it has arrived and brokers that have not heard of it.

use super::*;

fn orders() -> (TopicName, PartitionId) {
    ("orders".parse().unwrap(), PartitionId(0))
}

/// With the first partition lying there.
fn lying(stage: &Stage, replicas: &[i32]) -> FreshLook {
    let mut fresh = stage.fresh();
    let Known::Known(topics) = &mut fresh.topics else { panic!("they are known here") };
    let partition = topics.get_mut(&orders().0).unwrap().partitions.first_mut().unwrap();
    partition.replicas = replicas.iter().copied().map(BrokerId).collect();
    fresh
}

#[test]
fn what_has_arrived_counts_as_on_its_way_until_brokers_have_heard_of_it() {
    let mut stage = Stage::new();
    stage.moving = Replicas::from([(orders(), [0, 1, 2].map(BrokerId).to_vec())]);
    let own = Own { moving: stage.moving.clone(), ..Own::default() };
    let between = stage.scene_of(&lying(&stage, &[1, 2, 3, 0]));
    let one = Reassignment {
        topic: orders().0,
        partition: orders().1,
        adding: Box::from([BrokerId(3)]),
        removing: Box::from([BrokerId(0)]),
    };
    assert_eq!(between.moves, Known::Known(vec![one]));
    assert!(between.arrived.contains_key(&orders()));
    assert_eq!(own.clone().still_moving(&between), own, "it stays written down");
    let heard = stage.scene_of(&lying(&stage, &[1, 2, 3]));
    assert_eq!(heard.moves, Known::Known(Vec::new()));
    assert!(own.still_moving(&heard).is_nothing());
}

#[test]
fn what_nobody_tells_of_moves_or_topics_stays_unknown() {
    let mut stage = Stage::new();
    stage.moving = Replicas::from([(orders(), [0, 1, 2].map(BrokerId).to_vec())]);
    let silent = FreshLook { moves: Known::Unknown, ..lying(&stage, &[1, 2, 3, 0]) };
    assert_eq!(stage.scene_of(&silent).moves, Known::Unknown);
    let blind = FreshLook { topics: Known::Unknown, ..stage.fresh() };
    assert_eq!(stage.scene_of(&blind).moves, Known::Known(Vec::new()));
}
