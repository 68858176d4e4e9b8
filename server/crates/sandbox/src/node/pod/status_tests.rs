use serde_json::{Value, json};

use crate::node::container::launch::End;

use super::super::plan::phase;
use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn pod() -> Pod {
    serde_json::from_value(json!({
        "metadata": {"name": "p", "namespace": "n", "uid": "u", "generation": 2},
        "spec": {"initContainers": [{"name": "first", "image": "i:1"}], "containers": [{"name": "main", "image": "i:1"}]},
    }))
    .unwrap()
}

fn status_of(story: &PodStory, policy: RestartPolicy, now: Timestamp, before: &[PodCondition]) -> Value {
    let pod = pod();
    let facts = Facts {
        pod: &pod,
        story,
        policy,
        phase: phase(story, policy),
        pod_ip: Some(Ipv4Addr::new(127, 1, 1, 10)),
        host_ip: Ipv4Addr::new(127, 1, 1, 2),
        prepared: true,
        started_at: at(0),
        now,
    };
    serde_json::to_value(status(&facts, before)).unwrap()
}

fn condition<'a>(status: &'a Value, type_: &str) -> &'a Value {
    status["conditions"].as_array().unwrap().iter().find(|condition| condition["type"] == type_).unwrap()
}

fn exited(code: i32) -> End {
    End::Exited { code, last_output: String::new() }
}

#[test]
fn a_pod_on_its_way() {
    let mut story = PodStory::recall(&pod(), at(0));
    let status = status_of(&story, RestartPolicy::Always, at(1), &[]);
    assert_eq!(status["phase"], "Pending");
    assert_eq!(status["observedGeneration"], 2);
    assert_eq!(status["podIP"], "127.1.1.10");
    assert_eq!(condition(&status, "Initialized")["message"], "containers with incomplete status: [first]");
    assert_eq!(status["containerStatuses"][0]["state"]["waiting"]["reason"], "PodInitializing");

    story.init[0].begin("a".to_owned(), at(1));
    story.init[0].end(&exited(0), None, at(2));
    story.main[0].begin("b".to_owned(), at(2));
    let status = status_of(&story, RestartPolicy::Always, at(3), &[]);
    assert_eq!(status["phase"], "Running");
    assert_eq!(status["initContainerStatuses"][0]["state"]["terminated"]["reason"], "Completed");
    assert_eq!(condition(&status, "Initialized")["status"], "True");
    assert_eq!(condition(&status, "Ready")["message"], "containers with unready status: [main]");

    story.main[0].ready = true;
    let before: Vec<PodCondition> = serde_json::from_value(status["conditions"].clone()).unwrap();
    let status = status_of(&story, RestartPolicy::Always, at(9), &before);
    assert_eq!(condition(&status, "Ready")["status"], "True");
    assert_eq!(condition(&status, "Ready")["lastTransitionTime"], "1970-01-01T00:00:09Z");
    assert_eq!(condition(&status, "Initialized")["lastTransitionTime"], "1970-01-01T00:00:03Z", "unchanged since then");
}

#[test]
fn a_crash_loop_says_how_long_it_waits_and_how_it_ended_before() {
    let mut story = PodStory::recall(&pod(), at(0));
    story.init[0].begin("a".to_owned(), at(0));
    story.init[0].end(&exited(0), None, at(0));
    for second in [1, 2] {
        story.main[0].begin(format!("run-{second}"), at(second));
        story.main[0].end(&exited(3), Some("last words".to_owned()), at(second));
    }
    let status = status_of(&story, RestartPolicy::Always, at(3), &[]);
    let main = &status["containerStatuses"][0];
    assert_eq!(main["state"]["waiting"]["reason"], "CrashLoopBackOff");
    assert_eq!(main["state"]["waiting"]["message"], "back-off 10s restarting failed container=main pod=p_n(u)");
    assert_eq!(main["lastState"]["terminated"]["exitCode"], 3);
    assert_eq!(main["lastState"]["terminated"]["message"], "last words");
    assert_eq!(main["restartCount"], 1);
    assert_eq!(status["phase"], "Running");
    let status = status_of(&story, RestartPolicy::Never, at(3), &[]);
    assert_eq!(status["phase"], "Failed");
    assert_eq!(status["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
}

#[test]
fn what_others_wrote_about_readiness_is_noticed_and_their_own_conditions_are_not() {
    let story = PodStory::recall(&pod(), at(0));
    let ours: PodStatus = serde_json::from_value(status_of(&story, RestartPolicy::Always, at(1), &[])).unwrap();
    let mut theirs = ours.clone();
    let target =
        PodCondition { type_: "DisruptionTarget".to_owned(), status: "True".to_owned(), ..PodCondition::default() };
    theirs.conditions.get_or_insert_default().push(target);
    assert!(!contradicts(&ours, &theirs));
    theirs.conditions.get_or_insert_default().iter_mut().find(|condition| condition.type_ == "Ready").unwrap().status =
        "Unknown".to_owned();
    assert!(contradicts(&ours, &theirs));
}
