//! The pages of operations.

use super::{respond_with, sample};
use crate::{
    operations::{Content, Listed, MayAsk, drawn, list_drawn, plan_panels},
    sheets::Asked,
};
use klamm_model::{
    BrokerFate, BrokerId, FinaliseAhead, Headroom, Known, OperationAsked, OperationDetail, OperationEvent,
    OperationKind, OperationPhase, OperationSafety, OperationStepState, OperationStepView, OperationView,
    OperationWait, OperationWindow, OperationWish, Page, PlanOutcome, PlanView, PlannedBroker, UnixMillis,
};

fn ago(seconds: i64) -> UnixMillis {
    UnixMillis(sample::NOW.0 - seconds * 1000)
}

fn step(kind: &str, target: &str, state: OperationStepState, reason: &str) -> OperationStepView {
    OperationStepView {
        kind: kind.to_owned(),
        target: target.to_owned(),
        state,
        reason: reason.to_owned(),
        one_way: None,
        started_at: None,
        ended_at: None,
    }
}

/// An upgrade that waits before its third broker.
fn upgrade() -> OperationView {
    let (done, planned) = (OperationStepState::Done, OperationStepState::Planned);
    let at = |step: OperationStepView, seconds: i64| OperationStepView { ended_at: Some(ago(seconds)), ..step };
    OperationView {
        name: "upgrade-421-7".parse().unwrap(),
        kind: OperationKind::Upgrade,
        phase: OperationPhase::Waiting,
        sentence: "Upgrade demo from 4.1.2 to 4.2.1".to_owned(),
        wish: OperationWish { version: Some("4.2.1".to_owned()), ..OperationWish::default() },
        from: Vec::new(),
        steps: vec![
            at(step("preflight", "", done, "supported path, no removed settings in use, 0 old clients"), 560),
            at(step("restartBroker", "broker 0", done, "controller; back in sync after 21 s"), 440),
            at(step("restartBroker", "broker 2", done, "back in sync after 1 min 10 s, soaked 60 s"), 200),
            step("restartBroker", "broker 1", OperationStepState::Running, "quorum leader, therefore last"),
            step("electLeaders", "demo", planned, "71 of 214 to move back"),
            step("waitFor", "4.2.1 everywhere", planned, "all brokers on 4.2.1, nothing under-replicated"),
        ],
        waiting_on: vec![OperationWait {
            reason: "InSync".to_owned(),
            message: "Waiting before restarting broker 1: orders.placed-7 has 2 of 3 replicas in sync and needs 2 \
                      without broker 1. Broker 2 is catching up, 1.2 GiB behind, about 40 s."
                .to_owned(),
            partitions: vec!["orders.placed-7".to_owned(), "payments.captured-3".to_owned()],
            partitions_total: 5,
            brokers: vec![BrokerId(1)],
            topics: Vec::new(),
        }],
        waiting_total: 2,
        ahead: Vec::new(),
        eta_seconds: Some(180),
        bytes_left: Known::Unknown,
        partitions_left: Known::Unknown,
        remarks: vec![
            "2 consumers use a client that is older than 2.1; they go on working until 4.0 is left.".to_owned(),
        ],
        history: vec![
            OperationEvent { at: ago(20), message: "Broker 1 held back by orders.placed-7".to_owned() },
            OperationEvent { at: ago(89), message: "Broker 2 in sync, soaking".to_owned() },
            OperationEvent { at: ago(160), message: "Broker 2 restarted with 4.2.1".to_owned() },
            OperationEvent { at: ago(440), message: "Broker 0 in sync, soaking".to_owned() },
        ],
        created_at: ago(600),
        started_at: Some(ago(580)),
        ended_at: None,
        paused: false,
        cancel: false,
    }
}

fn finalise() -> OperationView {
    let door = OperationStepView {
        one_way: Some("metadata 4.3-IV0 and older cannot be gone back to".to_owned()),
        ..step("setFeature", "metadata 4.2-IV1 → 4.3-IV0", OperationStepState::Planned, "crosses one level")
    };
    OperationView {
        name: "finalise-43-8".parse().unwrap(),
        kind: OperationKind::Finalise,
        phase: OperationPhase::Paused,
        sentence: "Finalise metadata 4.3-IV0 of demo".to_owned(),
        wish: OperationWish { metadata_version: Some("4.3-IV0".to_owned()), ..OperationWish::default() },
        from: Vec::new(),
        steps: vec![
            step("preflight", "", OperationStepState::Running, "every node runs 4.3.1"),
            door,
            step("moveEverything", "<b>demo</b>", OperationStepState::Failed, "a kind that is not known yet"),
        ],
        waiting_on: Vec::new(),
        waiting_total: 0,
        eta_seconds: None,
        paused: true,
        remarks: Vec::new(),
        history: Vec::new(),
        ..upgrade()
    }
}

fn safety() -> OperationSafety {
    OperationSafety {
        under_replicated: Known::Known(2),
        lowest_headroom: Known::Known(Headroom { partition: "orders.placed-7".to_owned(), in_sync: 2, minimum: 2 }),
        quorum_caught_up: Known::Known(3),
        quorum_voters: Known::Known(3),
        soak_seconds: Known::Known(60),
        window: Known::Known(OperationWindow::Open { until: ago(-7200) }),
    }
}

fn content(operation: OperationView, allowed: &[&str]) -> Content {
    Content {
        cluster: "kafka/demo".parse().unwrap(),
        findings: 1,
        detail: OperationDetail {
            operation,
            asked: Some(OperationAsked {
                request: None,
                by: "operator".parse().unwrap(),
                approved_by: vec!["operator2".parse().unwrap()],
            }),
            way_back: Some("4.1.2".to_owned()),
            finalise: Some(FinaliseAhead {
                from: "4.1-IV1".to_owned(),
                to: "4.2-IV1".to_owned(),
                one_way: None,
                soak_seconds: Known::Known(86_400),
            }),
            safety: safety(),
        },
        asks: if allowed.contains(&"cancel") { MayAsk::Yes } else { MayAsk::No },
        allowed: allowed.iter().map(ToString::to_string).collect(),
        csrf: "token-of-the-form".to_owned(),
        now: sample::NOW,
    }
}

const PAGE: &str = "/clusters/kafka/demo/operations/upgrade-421-7";

#[tokio::test]
async fn an_operation_says_what_it_does_and_what_holds_it_back() {
    let answer = respond_with("operation", PAGE, || {
        drawn(content(upgrade(), &["view", "pause", "cancel"]), &Asked::of("")).drawn()
    })
    .await;
    let html = answer.html;
    assert!(
        html.contains("Upgrade demo from 4.1.2 to 4.2.1") && html.contains("3 of 6 steps · about 3 min left"),
        "{html}"
    );
    assert!(html.contains("<b>Restart broker 1</b>") && html.contains("Waiting before restarting broker 1"));
    assert_eq!(html.matches("class=\"step-note\"").count(), 1, "at the step that waits, and nowhere else");
    assert!(html.contains("orders.placed-7, payments.captured-3 and 3 more") && html.contains("and one reason more"));
    assert!(html.contains("orders.placed-7: 0 above its minimum of 2") && html.contains("open, closes in 2 h"));
    assert!(html.contains("Broker 1 held back by orders.placed-7") && html.contains("Worth knowing"));
    assert!(html.contains("Asked by operator, approved by operator2 · 3 of 6 steps"));
    assert!(html.contains("Finalise metadata 4.1-IV1 → 4.2-IV1") && html.contains("asked and approved separately"));
    let back = "/requests/new?kind=upgrade&amp;cluster=kafka%2Fdemo&amp;version=4.1.2";
    assert!(html.contains(back) && html.contains("Go back to 4.1.2"));
    assert!(html.contains("action=\"/clusters/kafka/demo/operations/upgrade-421-7/pause\""));
    assert!(html.contains("href=\"/clusters/kafka/demo/operations/upgrade-421-7?ask=cancel\""));
    assert!(!html.contains("/upgrade-421-7/cancel\""), "nobody cancels one by mistake");
}

#[tokio::test]
async fn cancelling_is_asked_for_once_more_and_only_of_whoever_may() {
    let page = |allowed: &'static [&'static str]| {
        respond_with("operation-cancel", PAGE, move || {
            drawn(content(upgrade(), allowed), &Asked::of("ask=cancel&problem=over")).drawn()
        })
    };
    let html = page(&["view"]).await.html;
    assert!(!html.contains("Cancel it?") && !html.contains("/pause\""), "somebody who looks");
    let html = page(&["view", "pause", "cancel"]).await.html;
    assert!(html.contains("Cancel it?") && html.contains("/upgrade-421-7/cancel\""));
    assert!(html.contains("does not come back") && html.contains("It is over, or was cancelled before."));
}

#[tokio::test]
async fn where_there_is_no_way_back_a_line_says_so() {
    let html = respond_with("operation-finalise", PAGE, || {
        drawn(content(finalise(), &["view", "resume", "cancel"]), &Asked::of("")).drawn()
    })
    .await
    .html;
    assert!(html.contains("no way back from here: metadata 4.3-IV0 and older"));
    assert!(html.contains("Go on") && html.contains("Nothing is done until somebody has it go on."));
    assert!(html.contains("moveEverything &lt;b&gt;demo") && html.contains("Failed: "));
    assert!(!html.contains("class=\"step-note\""));
}

#[tokio::test]
async fn an_operation_that_has_just_been_made_is_not_shown_as_done() {
    let html = respond_with("operation-new", PAGE, || {
        let operation = OperationView {
            phase: OperationPhase::Planned,
            steps: Vec::new(),
            history: Vec::new(),
            remarks: Vec::new(),
            started_at: None,
            eta_seconds: None,
            from: vec!["4.0.2".to_owned(), "4.1.2".to_owned()],
            ..upgrade()
        };
        let mut content = content(operation, &["view"]);
        content.detail.safety = OperationSafety {
            under_replicated: Known::Unknown,
            lowest_headroom: Known::Unknown,
            quorum_caught_up: Known::Unknown,
            quorum_voters: Known::Unknown,
            soak_seconds: Known::Unknown,
            window: Known::Unknown,
        };
        drawn(content, &Asked::of("")).drawn()
    })
    .await
    .html;
    assert!(html.contains("No steps yet") && html.contains("its steps are not known yet · made 10 min ago"));
    assert!(html.contains("Waiting before restarting broker 1"), "what it waits for is told all the same");
    assert!(html.contains("4.0.2, 4.1.2"), "what nodes ran before");
    assert_eq!(html.matches(">unknown<").count(), 5, "{html}");
}

fn listed() -> Listed {
    let done = OperationView {
        name: "restart-5".parse().unwrap(),
        kind: OperationKind::Restart,
        phase: OperationPhase::Done,
        sentence: "Restart broker 1 of demo".to_owned(),
        ended_at: Some(ago(80_000)),
        started_at: Some(ago(80_400)),
        waiting_on: Vec::new(),
        waiting_total: 0,
        ..upgrade()
    };
    let failed = OperationView {
        name: "scale-3".parse().unwrap(),
        kind: OperationKind::Scale,
        phase: OperationPhase::Failed,
        sentence: "Scale pool main of demo to 2 nodes".to_owned(),
        ..done.clone()
    };
    Listed {
        cluster: sample::demo(),
        open: Some(upgrade()),
        page: Page { items: vec![upgrade(), done, failed], total: 3, next_cursor: None },
        asks: MayAsk::Yes,
        now: sample::NOW,
    }
}

#[tokio::test]
async fn operations_are_listed_with_the_one_that_goes_on_above() {
    let html =
        respond_with("operations", "/clusters/kafka/demo/operations", || list_drawn(listed(), &Asked::of("")).drawn())
            .await
            .html;
    assert!(html.contains("demo is being changed, and the next step waits"));
    let now = html.find(">Now<").unwrap();
    assert!(now < html.find("All operations").unwrap());
    assert!(html.contains("href=\"/clusters/kafka/demo/operations/restart-5\"") && html.contains("6 min"));
    assert!(html.contains("3 operations"));
    assert!(html.contains("href=\"/requests/new?kind=drain&amp;cluster=kafka%2Fdemo\""));
}

#[tokio::test]
async fn a_cluster_without_operations_says_what_would_stand_there() {
    let html = respond_with("operations-none", "/clusters/kafka/demo/operations", || {
        let mut of = listed();
        (of.open, of.page) = (None, Page { items: Vec::new(), total: 0, next_cursor: None });
        of.asks = MayAsk::No;
        list_drawn(of, &Asked::of("")).drawn()
    })
    .await
    .html;
    assert!(html.contains("No operation of demo is running") && html.contains("No operation yet"));
    assert!(html.contains("Operators ask for them.") && !html.contains("kind=drain"));
}

fn broker(id: i32, fate: BrokerFate, replicas: [u64; 2]) -> PlannedBroker {
    PlannedBroker {
        id: BrokerId(id),
        rack: Some("zone-a".to_owned()),
        fate,
        replicas_before: replicas[0],
        replicas_after: replicas[1],
        leaders_before: replicas[0] / 3,
        leaders_after: replicas[1] / 3,
        bytes_before: replicas[0] << 20,
        bytes_after: replicas[1] << 20,
    }
}

fn scale() -> PlanView {
    let planned = OperationStepState::Planned;
    PlanView {
        kind: OperationKind::Scale,
        sentence: "Scale pool main of demo to 3 nodes".to_owned(),
        outcome: PlanOutcome::Waits,
        steps: vec![
            step("cordon", "broker 3", planned, "gets no new replicas"),
            step("movePartitions", "off broker 3", planned, "96 partitions"),
            step("unregister", "broker 3", planned, "empty by then"),
        ],
        waiting_on: upgrade().waiting_on,
        ahead: Vec::new(),
        refusals: Vec::new(),
        remarks: vec!["zone-a holds two replicas of 3 partitions.".to_owned()],
        accept_unavailable: vec!["left-over".to_owned()],
        bytes: Known::Known(3 << 30),
        partitions: 96,
        eta_seconds: Some(600),
        brokers: vec![broker(0, BrokerFate::Stays, [180, 212]), broker(3, BrokerFate::Goes, [96, 0])],
        observed_at: Known::Known(ago(2)),
    }
}

#[tokio::test]
async fn a_plan_says_what_would_be_done_and_what_brokers_would_have() {
    let page = |name: &'static str, plan: PlanView| {
        respond_with(name, "/requests/new?kind=scale", move || {
            let sheet = crate::sheet::Sheet {
                title: "A plan".to_owned(),
                sentence: "Ask to scale a pool of nodes".to_owned(),
                panels: plan_panels(&plan),
                now: sample::NOW,
                ..crate::sheet::Sheet::default()
            };
            sheet.drawn()
        })
    };
    let html = page("operation-plan", scale()).await.html;
    for part in
        ["The plan: Scale pool main of demo to 3 nodes", "would wait first", "96 partitions move · 3 GiB copied"]
    {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(html.contains("Before and after") && html.contains("goes") && html.contains("180 → 212"));
    assert!(html.contains("To be accepted by name: left-over"));
    let refused = PlanView {
        outcome: PlanOutcome::Refused,
        steps: Vec::new(),
        refusals: vec!["Topic a has 3 replicas and there would be only 2 brokers.".to_owned()],
        waiting_on: Vec::new(),
        accept_unavailable: Vec::new(),
        brokers: Vec::new(),
        remarks: Vec::new(),
        ..scale()
    };
    let html = page("operation-plan-refused", refused).await.html;
    assert!(html.contains("cannot be done like this") && html.contains("only 2 brokers"));
    assert!(!html.contains("Nothing would be done") && !html.contains("Before and after"));
    let nothing = PlanView { outcome: PlanOutcome::Nothing, refusals: Vec::new(), ..scale() };
    let nothing = PlanView { steps: Vec::new(), brokers: Vec::new(), waiting_on: Vec::new(), ..nothing };
    assert!(page("operation-plan-nothing", nothing).await.html.contains("Nothing would be done"));
}
