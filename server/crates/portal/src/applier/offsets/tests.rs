use super::*;
use klamm_model::{GroupKind, PartitionId};
use klamm_planner::offsets::{AtMoment, Log};

fn change(partition: i32, before: Option<i64>, after: i64) -> OffsetChange {
    let records = before.map(|before| after - before);
    OffsetChange { topic: "a".parse().unwrap(), partition: PartitionId(partition), before, after, records }
}

fn plan(partitions: Vec<OffsetChange>) -> OffsetsEffect {
    let total = u32::try_from(partitions.len()).unwrap();
    let stage = OffsetsStage::Fixed;
    OffsetsEffect { stage, at: UnixMillis(0), partitions, total, again: 0, skipped: 0, command: String::new() }
}

fn look(committed: &[(i32, i64)], logs: &[(i32, i64, i64)]) -> GroupLook {
    let at = |partition: i32| ("a".parse().unwrap(), PartitionId(partition));
    let log = |earliest, latest| Some(Log { earliest, latest, at: AtMoment::NotAsked });
    GroupLook {
        kind: GroupKind::Classic,
        state: "Empty".to_owned(),
        members: Vec::new(),
        committed: committed.iter().map(|(partition, offset)| (at(*partition), *offset)).collect(),
        logs: logs.iter().map(|(partition, first, next)| (at(*partition), log(*first, *next))).collect(),
        gone: BTreeSet::new(),
    }
}

const LOGS: &[(i32, i64, i64)] = &[(0, 0, 10), (1, 0, 10)];

#[test]
fn only_what_is_not_there_yet_is_committed_and_only_upon_what_was_there_before() {
    let plan = plan(vec![change(0, Some(7), 0), change(1, None, 10)]);
    let at = |committed: &[(i32, i64)]| found(&plan, &look(committed, LOGS)).unwrap();
    let missing = |found: Found| match found {
        Found::Missing(missing) => missing.iter().map(|one| (one.partition.0, one.committed)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(at(&[(0, 7)])), [(0, 0), (1, 10)]);
    assert_eq!(missing(at(&[(0, 0)])), [(1, 10)], "half of it was done");
    assert_eq!(at(&[(0, 0), (1, 10)]), Found::There, "killed before it was written down");
    assert_eq!(at(&[(0, 8)]), Found::Moved);
    assert_eq!(at(&[]), Found::Moved, "it has expired");
    assert_eq!(at(&[(0, 0), (1, 4)]), Found::Moved);
}

#[test]
fn nobody_is_sent_to_an_offset_that_is_gone() {
    let one = plan(vec![change(0, Some(7), 0), change(1, Some(5), 10)]);
    let Found::Lost(partitions) = found(&one, &look(&[(0, 7), (1, 5)], &[(0, 3, 12), (1, 0, 8)])).unwrap() else {
        panic!("its log has lost its beginning")
    };
    let told: Vec<_> = partitions.iter().map(|change| (change.after, change.records)).collect();
    assert_eq!(told, [(3, Some(-4)), (8, Some(3))]);
    let anew = counted(one.clone(), partitions);
    assert_eq!((anew.again, anew.skipped), (4, 3));
    let silent = found(&one, &look(&[(0, 7), (1, 5)], &LOGS[..1])).unwrap_err();
    assert_eq!(silent.kind, ProblemKind::Unavailable);
}
