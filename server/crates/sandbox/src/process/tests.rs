use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use super::*;

fn sleeper() -> (Child, ProcessId) {
    let child = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
    let process = ProcessId::current(child.id()).unwrap();
    (child, process)
}

#[test]
fn a_program_name_with_blanks_and_parentheses_does_not_shift_the_fields() {
    let stat = "77 (a) b (c) S 1 70 70 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 4242 1000 10 18446744073709551615";
    assert_eq!(ProcessStat::parse(stat), Some(ProcessStat { dead: false, group: 70, start_time: 4242 }));
    assert_eq!(ProcessStat::parse("77 (x"), None);
}

#[test]
fn a_process_whose_threads_are_still_ending_is_not_dead_yet() {
    let with_threads = |threads: u32| {
        ProcessStat::parse(&format!("77 (a) Z 1 70 70 0 -1 0 0 0 0 0 1 2 0 0 20 0 {threads} 0 4242 0 0")).unwrap().dead
    };
    assert!(!with_threads(9), "its sockets may still be open");
    assert!(with_threads(1) && with_threads(0));
}

#[test]
fn a_later_process_with_the_same_pid_is_another_one() {
    let (mut child, process) = sleeper();
    let earlier = ProcessId { start_time: process.start_time - 1, ..process };
    assert!(!earlier.is_alive());
    earlier.signal(ProcessSignal::Kill).unwrap();
    earlier.signal_group(ProcessSignal::Kill).unwrap();
    assert!(process.is_alive(), "a signal meant for the earlier process must not reach this one");
    child.kill().unwrap();
    child.wait().unwrap();
    process.signal(ProcessSignal::Kill).unwrap();
}

#[test]
fn one_that_ended_but_was_not_waited_for_is_not_alive() {
    let (mut child, process) = sleeper();
    process.signal(ProcessSignal::Terminate).unwrap();
    let deadline = Instant::now() + KILL_PATIENCE;
    while process.is_alive() {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    child.wait().unwrap();
}

#[test]
fn what_a_killed_run_recorded_is_ended_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorded, recorded_id) = sleeper();
    let (mut other, other_id) = sleeper();
    let records = ProcessRecords::open(folder.path()).unwrap();
    records.record(recorded_id, "recorded").unwrap();
    records.record(ProcessId { start_time: 1, ..other_id }, "long gone").unwrap();

    let ended = ProcessRecords::open(folder.path()).unwrap().end_all().unwrap();

    assert_eq!(ended.iter().map(|record| record.name.as_str()).collect::<Vec<_>>(), ["recorded"]);
    assert!(!recorded_id.is_alive());
    assert!(other_id.is_alive());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    recorded.wait().unwrap();
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn records_of_an_earlier_start_of_the_machine_mean_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, process) = sleeper();
    let mut records = ProcessRecords::open(folder.path()).unwrap();
    records.boot = "another".to_owned();
    records.record(process, "of another boot").unwrap();
    assert_eq!(ProcessRecords::open(folder.path()).unwrap().alive().unwrap(), []);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_a_recorded_process_started_in_its_group_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let noted = folder.path().join("grandchild");
    let script = format!("sleep 600 & echo $! > {}; wait", noted.display());
    let mut parent = Command::new("sh").args(["-c", &script]).process_group(0).spawn().unwrap();
    let parent_id = ProcessId::current(parent.id()).unwrap();
    let deadline = Instant::now() + KILL_PATIENCE;
    let grandchild = loop {
        assert!(Instant::now() < deadline);
        let pid = fs::read_to_string(&noted).ok().and_then(|text| text.trim().parse().ok());
        if let Some(process) = pid.and_then(ProcessId::current) {
            break process;
        }
        thread::yield_now();
    };
    let records = ProcessRecords::open(folder.path().join("records")).unwrap();
    records.record(parent_id, "parent").unwrap();
    records.end_all().unwrap();
    parent.wait().unwrap();
    while grandchild.is_alive() {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
}
