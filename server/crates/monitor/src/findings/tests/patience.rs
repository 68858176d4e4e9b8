//! What goes on is not told as stuck however long it takes, and what stops is.

use super::*;
use crate::pace::Paces;
use klamm_model::{Group, GroupKind, GroupOffset};

const MINUTE: i64 = 60_000;

/// In which minutes it is told that nothing arrives, where so many of ninety replicas have arrived by each.
fn told_as_stuck(arrived: impl Fn(i32) -> i32) -> Vec<i32> {
    let (mut book, mut progress) = (Book::default(), Progress::default());
    let mut scene = Scene::of(cluster(3, &["a", "b", "c"], vec![topic("orders", 90, &[0, 1], 2)]));
    let name = scene.inventory.cluster.clone();
    let is_told = |minute: &i32| {
        let now = UnixMillis(NOW.0 + i64::from(*minute) * MINUTE);
        let left = (arrived(*minute)..90).map(|partition| moving(partition, 2));
        scene.inventory.reassignments = Known::Known(left.collect());
        scene.moved_at = progress.follow(&scene.inventory, now);
        let found = book.settle(&name, scene.suspicions(), &Reachability::Reachable, now);
        found.iter().any(|one| one.rule == FindingRule::StuckReassignment)
    };
    (0..80).filter(is_told).collect()
}

#[test]
fn moves_of_which_one_ends_every_minute_are_never_stuck_however_many_there_are() {
    assert_eq!(told_as_stuck(|minute| minute), Vec::<i32>::new());
}

#[test]
fn moves_that_stop_are_stuck_half_an_hour_later_until_one_arrives_again() {
    assert_eq!(told_as_stuck(|minute| minute.min(20)), (50..80).collect::<Vec<_>>());
    let goes_on = |minute: i32| if minute < 45 { minute.min(10) } else { minute - 30 };
    assert_eq!(told_as_stuck(goes_on), (40..45).collect::<Vec<_>>());
}

/// When, and since when, it is told within an hour that a group is stuck, in seconds. Three members commit every three minutes, each
/// a minute after the one before; the last of them no longer than until a moment.
fn told_of_group(last_commits_until: i64) -> Vec<(i64, i64)> {
    let (mut book, mut paces) = (Book::default(), Paces::default());
    let mut scene = Scene::of(cluster(3, &["a", "b", "c"], vec![topic("orders", 3, &[0, 1, 2], 3)]));
    let name = scene.inventory.cluster.clone();
    let mut told = Vec::new();
    for seconds in (0..=3600_i64).step_by(15) {
        let now = UnixMillis(NOW.0 + seconds * 1000);
        for partition in &mut scene.inventory.topics[0].partitions {
            partition.latest_offset = Known::Known(10_010 + seconds * 10);
        }
        let offset = |partition: i32| {
            let first = i64::from(partition) * 60;
            let until = if partition == 2 { seconds.min(last_commits_until) } else { seconds };
            let committed_at = (until - first).div_euclid(180) * 180 + first;
            let committed = 10_000 + committed_at * 10;
            GroupOffset { topic: "orders".parse().unwrap(), partition: PartitionId(partition), committed }
        };
        scene.inventory.groups = Known::Known(vec![Group {
            id: "g".parse().unwrap(),
            kind: GroupKind::Consumer,
            state: Known::Known("Stable".to_owned()),
            members: Known::Unknown,
            offsets: Known::Known((0..3).map(offset).collect()),
            lag: Known::Unknown,
        }]);
        scene.groups = paces.observe(&scene.inventory, now);
        let found = book.settle(&name, scene.suspicions(), &Reachability::Reachable, now);
        let stuck = found.iter().filter(|one| one.rule == FindingRule::StuckGroup);
        told.extend(stuck.map(|one| (seconds, (one.since.0 - NOW.0) / 1000)));
    }
    told
}

#[test]
fn members_that_commit_in_turn_every_few_minutes_are_not_stuck_though_one_of_them_always_stands_still() {
    assert_eq!(told_of_group(i64::MAX), []);
}

#[test]
fn a_member_that_commits_no_more_is_stuck_since_its_last_commit() {
    let wanted: Vec<(i64, i64)> = (2040..=3600).step_by(15).map(|seconds| (seconds, 1740)).collect();
    assert_eq!(told_of_group(1800), wanted);
}

/// At which looks, two seconds apart less a little, it is told that replicas are out of sync.
fn told_as_out_of_sync(scene: impl Fn(&mut Inventory)) -> Vec<i64> {
    let (mut book, scene) = (Book::default(), Scene::changed(|changed| scene(&mut changed.inventory)));
    let name = scene.inventory.cluster.clone();
    let is_told = |look: &i64| {
        let now = UnixMillis(NOW.0 + look * 1_990);
        let found = book.settle(&name, scene.suspicions(), &Reachability::Reachable, now);
        found.iter().any(|one| one.rule == FindingRule::UnderReplicated)
    };
    (0..4).filter(is_told).collect()
}

#[test]
fn what_is_missed_on_brokers_that_are_down_is_told_at_once_and_what_followers_are_late_with_at_the_second_look() {
    let late = |inventory: &mut Inventory| inventory.topics[1].partitions[0].in_sync = [BrokerId(0)].into();
    assert_eq!(told_as_out_of_sync(late), [1, 2, 3]);
    assert_eq!(told_as_out_of_sync(|inventory| take_down(inventory, 2)), [0, 1, 2, 3]);
    let both = |inventory: &mut Inventory| {
        take_down(inventory, 2);
        late(inventory);
    };
    assert_eq!(told_as_out_of_sync(both), [1, 2, 3], "not all of it is known to last");
    let silent = |inventory: &mut Inventory| {
        take_down(inventory, 2);
        inventory.brokers[2].state = BrokerState::Unknown;
    };
    assert_eq!(told_as_out_of_sync(silent), [1, 2, 3]);
}

#[test]
fn a_target_whose_trouble_is_another_one_each_time_is_in_trouble_all_the_time() {
    let (mut book, name) = (Book::default(), "kafka/demo".parse().unwrap());
    let mut told = Vec::new();
    for look in 0..12_i64 {
        let now = UnixMillis(NOW.0 + look * 15_000);
        let kind = if look % 2 == 0 { TargetTrouble::Slow } else { TargetTrouble::Unreachable };
        let answer = TargetAnswer::Trouble { kind, reason: "no answer".to_owned(), since: now };
        let scene = Scene::changed(|scene| scene.targets = vec![target(answer, 0)]);
        let found = book.settle(&name, scene.suspicions(), &Reachability::Reachable, now);
        told.extend(found.iter().map(|one| (look * 15, one.rule, one.since)));
    }
    assert_eq!(told, [120, 135, 150, 165].map(|seconds| (seconds, FindingRule::TargetTrouble, NOW)));
}
