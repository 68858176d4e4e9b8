use super::{
    judge::judge,
    seen::{Act, Deed, Fault, Look, Moment, Notes, Standing, Subject},
    verdict::{Cause, Excuse, Verdict},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// A course of events, written down second by second.
#[derive(Default)]
struct Tale {
    notes: Notes,
    half_seconds: u64,
}

impl Tale {
    fn now(&self) -> Moment {
        Moment(Duration::from_millis(500 * self.half_seconds))
    }

    /// So many looks at one partition `t-0` on 0, 1 and 2 of which two have to be in step, and at a quorum of the same.
    fn looks(mut self, count: u64, in_step: &[i32], gone: &[i32]) -> Self {
        for _ in 0..count {
            self.half_seconds += 1;
            let standing = Standing {
                leader: in_step.iter().copied().find(|node| !gone.contains(node)),
                members: [0, 1, 2].into(),
                in_step: in_step.iter().copied().collect(),
                least: 2,
            };
            self.notes.looks.push(Look {
                at: self.now(),
                partitions: Some(Arc::new([(partition(), standing.clone())].into())),
                quorum: Some(standing),
                gone: gone.iter().copied().collect(),
            });
        }
        self
    }

    /// So many looks that no broker answers.
    fn blind(mut self, count: u64, gone: &[i32]) -> Self {
        for _ in 0..count {
            self.half_seconds += 1;
            let gone = gone.iter().copied().collect();
            self.notes.looks.push(Look { at: self.now(), partitions: None, quorum: None, gone });
        }
        self
    }

    fn whole(self, count: u64) -> Self {
        self.looks(count, &[0, 1, 2], &[])
    }

    /// A moment after the last look, before the next.
    fn between(&self) -> Moment {
        self.now().plus(Duration::from_millis(200))
    }

    fn deleted(mut self, node: i32) -> Self {
        let at = self.between();
        self.notes.acts.push(Act { at, deed: Deed::PodDeleted { pod: format!("c-nodes-{node}-0"), node } });
        self
    }

    fn fault(mut self, what: &str, nodes: &[i32]) -> Self {
        let nodes = nodes.iter().copied().collect();
        self.notes.faults.push(Fault { what: what.to_owned(), nodes, from: self.between(), until: None });
        self
    }

    fn fault_over(mut self) -> Self {
        let now = self.between();
        for fault in &mut self.notes.faults {
            fault.until.get_or_insert(now);
        }
        self
    }

    fn judged(&self) -> Verdict {
        judge(&self.notes)
    }
}

fn partition() -> Subject {
    Subject::Partition("t".to_owned(), 0)
}

/// The nodes whose pods should not have been deleted, each once, for the partition; none where nothing explains it.
fn blamed(verdict: &Verdict) -> Vec<Option<i32>> {
    let of_partition = verdict.breaches.iter().filter(|breach| breach.subject == partition());
    let node = |cause: &Cause| match cause {
        Cause::Act(act) => act.deed.takes(),
        Cause::Unexplained { .. } => None,
    };
    of_partition.map(|breach| node(&breach.cause)).collect()
}

/// A guarded restart of a node: it leaves, is away, comes back, and is in step again.
fn restarted(tale: Tale, node: i32) -> Tale {
    let others: Vec<i32> = [0, 1, 2].into_iter().filter(|other| *other != node).collect();
    tale.deleted(node).looks(2, &others, &[]).looks(6, &others, &[node]).looks(4, &others, &[]).whole(2)
}

#[test]
fn a_guarded_roll_is_clean() {
    let tale = (0..3).fold(Tale::default().whole(4), restarted);
    let verdict = tale.judged();
    assert!(verdict.is_clean(), "{verdict}");
    assert_eq!(verdict.acts.len(), 3);
    let before = &verdict.acts[1].before;
    assert!(before.contains(&(partition(), [0, 1, 2].into())) && before.len() == 2, "{before:?}");
}

#[test]
fn a_second_node_taken_while_the_first_is_away_is_blamed_on_the_second_act() {
    let verdict = Tale::default()
        .whole(4)
        .deleted(0)
        .looks(4, &[1, 2], &[0])
        .deleted(1)
        .looks(6, &[2], &[0, 1])
        .looks(4, &[0, 2], &[1])
        .whole(2)
        .judged();
    assert_eq!(blamed(&verdict), [Some(1)], "{verdict}");
    let of_partition = verdict.breaches.iter().find(|breach| breach.subject == partition()).unwrap();
    assert_eq!(of_partition.before, Some([1, 2].into()));
    assert_eq!((&of_partition.worst, of_partition.least), (&[2].into(), 2));
    let lasted = (of_partition.from, of_partition.until);
    assert_eq!(lasted, (Moment(Duration::from_millis(4_500)), Moment(Duration::from_secs(7))));
    assert!(verdict.breaches.iter().any(|breach| breach.subject == Subject::Quorum), "{verdict}");
    let said = verdict.to_string();
    assert!(said.contains("t-0 had only {2}") && said.contains("the pod c-nodes-1-0 was deleted"), "{said}");
}

#[test]
fn a_node_taken_while_the_one_before_is_up_but_not_in_step_is_blamed() {
    let verdict = Tale::default()
        .whole(4)
        .deleted(0)
        .looks(4, &[1, 2], &[0])
        .looks(4, &[1, 2], &[])
        .deleted(1)
        .looks(1, &[2], &[])
        .looks(4, &[0, 2], &[1])
        .whole(2)
        .judged();
    assert_eq!(blamed(&verdict), [Some(1)], "{verdict}");
}

#[test]
fn two_nodes_killed_at_once_are_found_by_closed_ports_though_no_controller_says_so() {
    let verdict = Tale::default().whole(4).deleted(0).deleted(1).looks(6, &[0, 1, 2], &[0, 1]).whole(4).judged();
    assert_eq!(blamed(&verdict), [Some(1)], "{verdict}");
    assert!(verdict.breaches.iter().any(|breach| breach.subject == Subject::Quorum), "{verdict}");
    let verdict = Tale::default().whole(4).deleted(0).deleted(1).blind(6, &[0, 1]).whole(4).judged();
    assert_eq!(blamed(&verdict), [Some(1)], "not even metadata is needed: {verdict}");
}

#[test]
fn a_port_closed_in_one_look_only_is_no_breach() {
    let verdict = Tale::default().whole(4).looks(1, &[0, 1, 2], &[0, 1]).whole(4).judged();
    assert!(verdict.is_clean(), "{verdict}");
    let verdict = Tale::default().whole(4).looks(1, &[2], &[]).whole(4).judged();
    assert_eq!(blamed(&verdict), [None], "what the cluster says itself counts at once: {verdict}");
}

#[test]
fn a_node_that_dies_by_an_announced_fault_during_a_restart_is_explained() {
    let verdict = Tale::default()
        .whole(4)
        .deleted(0)
        .looks(4, &[1, 2], &[0])
        .fault("node 1 stopped", &[1])
        .looks(4, &[2], &[0, 1])
        .fault_over()
        .looks(4, &[2], &[0])
        .whole(4)
        .judged();
    assert!(verdict.is_clean(), "{verdict}");
    assert!(matches!(&verdict.explained[..], [one, ..] if matches!(one.excuse, Excuse::Fault(_))), "{verdict}");
}

#[test]
fn the_same_without_announcement_is_not_explained() {
    let verdict = Tale::default().whole(4).deleted(0).looks(4, &[1, 2], &[0]).looks(4, &[2], &[0, 1]).whole(4).judged();
    assert_eq!(blamed(&verdict), [None], "{verdict}");
}

#[test]
fn an_act_on_another_node_after_a_fault_was_seen_is_blamed_while_the_fault_lasts_and_until_all_is_whole() {
    let during = Tale::default()
        .whole(4)
        .fault("node 0 stopped", &[0])
        .looks(20, &[1, 2], &[0])
        .deleted(1)
        .looks(4, &[2], &[0, 1])
        .judged();
    assert_eq!(blamed(&during), [Some(1)], "{during}");
    let after = Tale::default()
        .whole(4)
        .fault("node 0 stopped", &[0])
        .looks(20, &[1, 2], &[0])
        .fault_over()
        .looks(2, &[1, 2], &[])
        .deleted(1)
        .looks(4, &[2], &[1])
        .judged();
    assert_eq!(blamed(&after), [Some(1)], "{after}");
}

#[test]
fn an_act_that_crosses_a_fault_nobody_was_told_of_yet_is_explained() {
    // Brokers are missed after their session's time-out; until then the cluster says that all is well.
    let verdict = Tale::default()
        .whole(4)
        .fault("node 0 killed", &[0])
        .looks(2, &[0, 1, 2], &[0])
        .deleted(1)
        .looks(8, &[0, 2], &[0, 1])
        .looks(8, &[2], &[0])
        .judged();
    assert!(verdict.is_clean() && !verdict.explained.is_empty(), "{verdict}");
}

#[test]
fn what_takes_the_last_copy_during_an_explained_shortage_is_blamed() {
    let verdict = Tale::default()
        .whole(4)
        .fault("nodes 0 and 1 stopped", &[0, 1])
        .looks(8, &[2], &[0, 1])
        .deleted(2)
        .looks(8, &[2], &[0, 1, 2])
        .judged();
    assert_eq!(blamed(&verdict), [Some(2)], "{verdict}");
    assert!(verdict.explained.iter().any(|one| one.subject == partition()), "{verdict}");
}

#[test]
fn a_node_that_is_away_already_may_be_deleted_again_to_bring_it_back() {
    let verdict = Tale::default()
        .whole(4)
        .deleted(0)
        .looks(4, &[1, 2], &[0])
        .fault("node 1 stopped", &[1])
        .looks(4, &[2], &[0, 1])
        .deleted(0)
        .looks(8, &[2], &[0, 1])
        .judged();
    assert!(verdict.is_clean(), "{verdict}");
}

#[test]
fn pods_that_a_test_deletes_as_announced_are_not_acts_of_ours() {
    let verdict = Tale::default()
        .whole(4)
        .fault("two pods killed", &[0, 1])
        .deleted(0)
        .deleted(1)
        .fault_over()
        .looks(6, &[0, 1, 2], &[0, 1])
        .looks(6, &[2], &[])
        .whole(4)
        .judged();
    assert!(verdict.is_clean() && !verdict.explained.is_empty(), "{verdict}");
}

#[test]
fn a_fault_that_names_other_nodes_or_none_explains_nothing() {
    for nodes in [&[2][..], &[]] {
        let verdict = Tale::default()
            .whole(4)
            .fault("Klamm killed", nodes)
            .deleted(0)
            .looks(4, &[1, 2], &[0])
            .deleted(1)
            .looks(4, &[2], &[0, 1])
            .judged();
        assert_eq!(blamed(&verdict), [Some(1)], "{verdict}");
    }
}

#[test]
fn a_fault_that_is_long_over_explains_nothing() {
    let verdict = Tale::default()
        .whole(4)
        .fault("node 0 stopped", &[0])
        .looks(8, &[1, 2], &[0])
        .fault_over()
        .whole(100)
        .looks(4, &[2], &[0, 1])
        .judged();
    assert_eq!(blamed(&verdict), [None], "{verdict}");
}

#[test]
fn topics_that_an_operation_names_may_be_unavailable_and_the_quorum_may_not() {
    let mut tale = Tale::default().whole(4);
    tale.notes.accepted = BTreeMap::from([("t".to_owned(), tale.now())]);
    let verdict = tale.deleted(0).looks(4, &[1, 2], &[0]).deleted(1).looks(4, &[2], &[0, 1]).judged();
    assert!(blamed(&verdict).is_empty(), "{verdict}");
    assert!(verdict.breaches.iter().any(|breach| breach.subject == Subject::Quorum), "{verdict}");
}

/// A partition of its own, at one moment.
fn alone(at: u64, standing: Standing) -> Look {
    let partitions = Some(Arc::new(BTreeMap::from([(partition(), standing)])));
    Look { at: Moment(Duration::from_secs(at)), partitions, quorum: None, gone: [].into() }
}

#[test]
fn a_topic_of_one_replica_is_available_while_somebody_leads_it() {
    let of = |leader| Standing { leader, members: [0].into(), in_step: [0].into(), least: 2 };
    let mut notes = Notes { looks: vec![alone(1, of(Some(0))), alone(2, of(Some(0)))], ..Notes::default() };
    assert!(judge(&notes).breaches.is_empty());
    // Dead, its only replica is still listed as in sync.
    notes.looks.push(alone(3, of(None)));
    let verdict = judge(&notes);
    assert_eq!(blamed(&verdict), [None], "{verdict}");
}

#[test]
fn a_move_that_leaves_too_few_is_found_and_names_itself() {
    let of = |members: &[i32]| Standing {
        leader: members.first().copied(),
        members: members.iter().copied().collect(),
        in_step: members.iter().copied().collect(),
        least: 2,
    };
    let deed = Deed::Reassigned { subject: partition(), adding: vec![3], removing: vec![0, 1, 2] };
    let notes = Notes {
        looks: vec![alone(1, of(&[0, 1, 2])), alone(3, of(&[3])), alone(4, of(&[3]))],
        acts: vec![Act { at: Moment(Duration::from_secs(2)), deed: deed.clone() }],
        ..Notes::default()
    };
    let verdict = judge(&notes);
    let names_it = matches!(&verdict.breaches[..], [one] if matches!(&one.cause, Cause::Unexplained { after: Some(act) } if act.deed == deed));
    assert!(names_it, "{verdict}");
    assert_eq!(verdict.acts[0].before, [(partition(), [0, 1, 2].into())]);
}

#[test]
fn a_topic_deleted_while_it_is_short_ends_its_course() {
    let short = Standing { leader: Some(2), members: [0, 1, 2].into(), in_step: [2].into(), least: 2 };
    let whole = Standing { in_step: [0, 1, 2].into(), ..short.clone() };
    let empty = Look { partitions: Some(Arc::default()), ..alone(3, whole.clone()) };
    // Made anew and short from the beginning: it never was whole.
    let notes =
        Notes { looks: vec![alone(1, whole), alone(2, short.clone()), empty, alone(4, short)], ..Notes::default() };
    let verdict = judge(&notes);
    let until: Vec<_> = verdict.breaches.iter().map(|breach| breach.until).collect();
    assert_eq!(until, [Moment(Duration::from_secs(2))], "{verdict}");
}

#[test]
fn who_sees_nothing_is_not_content() {
    assert!(!judge(&Notes::default()).is_clean());
    assert!(!Tale::default().blind(10, &[]).judged().is_clean());
    let away = Tale::default().whole(4).blind(40, &[]).whole(4).judged();
    assert_eq!(away.blind.len(), 1, "{away}");
    assert!(!away.is_clean());
    let announced = Tale::default().whole(4).fault("all stopped", &[0, 1, 2]).blind(40, &[0, 1, 2]).whole(4).judged();
    assert!(announced.is_clean(), "{announced}");
    let to_the_end = Tale::default().whole(4).blind(40, &[]).judged();
    assert!(!to_the_end.is_clean(), "{to_the_end}");
}

#[test]
fn an_overloaded_machine_explains_what_nobody_did_and_excuses_no_act() {
    let overloaded = |mut tale: Tale| {
        tale.notes.starved.push(tale.now());
        tale
    };
    let by_itself = Tale::default().whole(4).looks(6, &[0], &[]).whole(2).judged();
    assert_eq!(blamed(&by_itself), [None], "{by_itself}");
    let starved = overloaded(Tale::default().whole(4)).looks(6, &[0], &[]).whole(2).judged();
    assert!(starved.is_clean(), "{starved}");
    assert!(starved.explained.iter().all(|one| one.excuse == Excuse::Starved), "{starved}");
    let long_ago = overloaded(Tale::default().whole(4)).whole(200).looks(6, &[0], &[]).judged();
    assert!(!long_ago.is_clean(), "{long_ago}");
    let ours = overloaded(Tale::default().whole(4)).deleted(0).looks(4, &[1, 2], &[0]).deleted(1);
    let ours = ours.looks(4, &[2], &[0, 1]).judged();
    assert_eq!(blamed(&ours), [Some(1)], "{ours}");
    let silent = overloaded(Tale::default().whole(4)).blind(40, &[]).whole(4).judged();
    assert!(silent.is_clean(), "{silent}");
}

#[test]
fn the_worst_is_told_whoever_did_it_and_by_how_many_have_to_be() {
    let worst = |verdict: &Verdict| verdict.worst.as_ref().map(|worst| (worst.in_step, worst.of, worst.least));
    let rolled = restarted(Tale::default().whole(4), 1).judged();
    assert_eq!(worst(&rolled), Some((2, 3, 2)), "{rolled}");
    let killed = Tale::default().whole(4).fault("both killed", &[0, 1]).looks(4, &[0, 1, 2], &[0, 1]).whole(2).judged();
    assert!(killed.is_clean(), "{killed}");
    assert_eq!(worst(&killed), Some((1, 3, 2)), "ports tell before metadata does");

    let of = |members: &[i32], in_step: &[i32], least| Standing {
        leader: in_step.first().copied(),
        members: members.iter().copied().collect(),
        in_step: in_step.iter().copied().collect(),
        least,
    };
    let spare = alone(1, of(&[0, 1, 2], &[0, 1], 1));
    let at_the_floor = alone(2, of(&[0, 1, 2, 3], &[0, 1, 2], 3));
    let only_one = alone(3, of(&[0], &[], 1));
    let told = judge(&Notes { looks: vec![spare, at_the_floor, only_one], ..Notes::default() });
    assert_eq!(worst(&told), Some((3, 4, 3)), "the floor counts, and one replica has none to lose");
    assert_eq!(told.worst.unwrap().to_string(), "3 of 4 with least 3 in t-0 at 2.0 s");
}
