use proptest::prelude::*;
use serde_json::json;

use crate::node::container::launch::End;

use super::super::state::later;
use super::*;

fn pod_story(init: usize, main: usize) -> PodStory {
    let containers = |count: usize| (0..count).map(|index| json!({"name": index.to_string()})).collect::<Vec<_>>();
    let spec = json!({"initContainers": containers(init), "containers": containers(main)});
    PodStory::recall(&serde_json::from_value(json!({"metadata": {}, "spec": spec})).unwrap(), at(0))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn exited(code: i32) -> End {
    End::Exited { code, last_output: String::new() }
}

fn place(kind: Kind, index: usize) -> Place {
    Place { kind, index }
}

fn run(story: &mut PodStory, place: Place, code: i32, second: i64) {
    let container = story.of_mut(place).unwrap();
    container.begin("id".to_owned(), at(second));
    container.end(&exited(code), None, at(second));
}

#[test]
fn init_containers_go_one_after_the_other_and_the_rest_waits_for_the_last() {
    let mut story = pod_story(2, 2);
    let policy = RestartPolicy::Always;
    assert_eq!(plan(&story, policy, at(0)).start, [place(Kind::Init, 0)]);
    story.of_mut(place(Kind::Init, 0)).unwrap().begin("id".to_owned(), at(0));
    assert_eq!(plan(&story, policy, at(1)), Plan::default());
    assert_eq!(phase(&story, policy), Phase::Pending);
    story.of_mut(place(Kind::Init, 0)).unwrap().end(&exited(0), None, at(1));
    run(&mut story, place(Kind::Init, 1), 0, 2);
    assert_eq!(plan(&story, policy, at(2)).start, [place(Kind::Main, 0), place(Kind::Main, 1)]);
}

#[test]
fn a_failed_init_container_is_repeated_unless_the_policy_forbids() {
    let mut story = pod_story(1, 1);
    run(&mut story, place(Kind::Init, 0), 1, 0);
    assert_eq!(plan(&story, RestartPolicy::Always, at(0)).start, [place(Kind::Init, 0)], "the first time at once");
    assert_eq!(phase(&story, RestartPolicy::Always), Phase::Pending);
    assert_eq!(plan(&story, RestartPolicy::Never, at(0)), Plan::default());
    assert_eq!(phase(&story, RestartPolicy::Never), Phase::Failed);
}

#[test]
fn back_off_grows_and_is_what_wakes_the_pod() {
    let mut story = pod_story(0, 1);
    let only = place(Kind::Main, 0);
    run(&mut story, only, 1, 0);
    run(&mut story, only, 1, 0);
    assert_eq!(plan(&story, RestartPolicy::OnFailure, at(9)), Plan { start: vec![], wake_at: Some(at(10)) });
    let waits = backing_off(story.of(only).unwrap(), RestartPolicy::OnFailure, at(9));
    assert_eq!(waits.map(|wait| wait.as_secs()), Some(10));
    assert_eq!(phase(&story, RestartPolicy::OnFailure), Phase::Running);
    assert_eq!(plan(&story, RestartPolicy::OnFailure, at(10)).start, [only]);
    assert_eq!(story.of(only).unwrap().restart_count(), 1);
}

#[test]
fn what_could_not_be_started_is_tried_again_in_its_time() {
    let mut story = pod_story(0, 1);
    let container = story.of_mut(place(Kind::Main, 0)).unwrap();
    container.fail("ErrImagePull", "none".to_owned(), std::time::Duration::from_secs(10), at(0));
    assert_eq!(plan(&story, RestartPolicy::Always, at(1)).wake_at, Some(at(10)));
    assert_eq!(phase(&story, RestartPolicy::Always), Phase::Pending);
    assert_eq!(plan(&story, RestartPolicy::Always, at(10)).start.len(), 1);
}

#[test]
fn a_finished_pod_is_finished_and_a_node_that_comes_back_knows() {
    let status = |state: serde_json::Value| {
        json!({"metadata": {}, "spec": {"containers": [{"name": "a"}]}, "status": {"containerStatuses": [
            {"name": "a", "restartCount": 3, "image": "i", "imageID": "", "ready": false, "state": state}]}})
    };
    let recall = |state| PodStory::recall(&serde_json::from_value(status(state)).unwrap(), at(100));
    let finished = recall(json!({"terminated": {"exitCode": 0, "reason": "Completed"}}));
    assert_eq!(plan(&finished, RestartPolicy::OnFailure, at(100)), Plan::default());
    assert_eq!(phase(&finished, RestartPolicy::OnFailure), Phase::Succeeded);
    let ran = recall(json!({"running": {"startedAt": "2026-01-01T00:00:00Z"}}));
    assert_eq!(phase(&ran, RestartPolicy::Never), Phase::Failed, "a Job sees that its pod was lost");
    assert_eq!(plan(&ran, RestartPolicy::Always, at(100)).start.len(), 1);
    assert_eq!(ran.main[0].next_run, 4, "the fresh container counts as a restart");
}

proptest! {
    /// Whatever happens, a pod that is not over has something running, something to start or a moment to wake at.
    #[test]
    fn no_pod_is_forgotten(
        init in 0_usize..3,
        main in 1_usize..3,
        policy in prop_oneof![Just(RestartPolicy::Always), Just(RestartPolicy::OnFailure), Just(RestartPolicy::Never)],
        codes in prop::collection::vec(0_i32..2, 1..20),
    ) {
        let mut story = pod_story(init, main);
        let mut now = at(0);
        for code in codes {
            let next = plan(&story, policy, now);
            if phase(&story, policy).is_final() {
                prop_assert_eq!(next, Plan::default());
                break;
            }
            prop_assert!(!next.start.is_empty() || next.wake_at.is_some());
            for place in &next.start {
                let container = story.of_mut(*place).unwrap();
                container.begin("id".to_owned(), now);
                container.end(&exited(code), None, now);
            }
            now = next.wake_at.unwrap_or_else(|| later(now, std::time::Duration::from_secs(1)));
        }
    }
}
