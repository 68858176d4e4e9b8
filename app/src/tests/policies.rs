//! The page of rules.

use super::{Answer, respond, sample};
use crate::policies::views::{TriedWish, drawn, page, verdict};
use crate::sheet::{SheetView, SheetViewProps};
use klamm_model::{
    EnvironmentRules, Finding, FreezeView, KindSentence, PoliciesView as Rules, PolicyProblem, RequestKind, Severity,
    UnixMillis, WishOutcome, WishVerdict,
};
use leptos::prelude::{IntoAny, RwSignal};

const DAY: i64 = 86_400_000;

fn environment(name: &str) -> EnvironmentRules {
    let texts = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let sentence = "at once as long as nobody has to be asked, else 1 approval of the owner's team, within 14 days";
    EnvironmentRules {
        name: name.to_owned(),
        kinds: vec![
            KindSentence { kind: RequestKind::TopicCreate, sentence: sentence.to_owned() },
            KindSentence { kind: RequestKind::CredentialRotate, sentence: "at once".to_owned() },
        ],
        allowed: texts(&["names fit [a-z0-9][a-z0-9.-]*", "partitions: up to 100"]),
        automatic: texts(&["partitions: up to 24", "retention.ms: up to 1 w"]),
        quota: texts(&["topics: up to 200"]),
        freezes: vec![FreezeView {
            from: UnixMillis(sample::NOW.0 + 20 * DAY),
            until: UnixMillis(sample::NOW.0 + 30 * DAY),
            reason: "the shop is closed".to_owned(),
        }],
        exports: Vec::new(),
        messages: texts(&["members of the owner's team"]),
    }
}

async fn draw(name: &str, rules: Rules, tried: TriedWish, said: Option<WishVerdict>) -> Answer {
    let clusters = [("kafka/demo", "dev"), ("kafka/prod", "prod"), ("kafka/eu", "prod")];
    let clusters = clusters.map(|(name, environment)| (name.to_owned(), environment.to_owned()));
    let said = said.map(|said| verdict(said, sample::NOW));
    let data = page(rules, &clusters, "payments", tried, said, sample::NOW);
    respond(name, "/policies", move || {
        let (sheet, typed) = (drawn(data.clone()), RwSignal::new(None));
        SheetView(SheetViewProps { sheet, typed }).into_any()
    })
    .await
}

#[tokio::test]
async fn rules_are_told_in_words_and_a_wish_is_tried_by_a_plain_form() {
    let problem = PolicyProblem {
        since: UnixMillis(sample::NOW.0 - 300_000),
        message: "line 3: unknown field `kind`".to_owned(),
    };
    let rules = Rules {
        environments: vec![environment("*"), environment("dev")],
        taken_at: Some(sample::NOW),
        problem: Some(problem),
    };
    let tried = TriedWish {
        kind: "topicCreate".to_owned(),
        cluster: "kafka/prod".to_owned(),
        topic: "payments.<script>".to_owned(),
        partitions: "50".to_owned(),
        ..TriedWish::default()
    };
    let finding = |severity, message: &str| Finding {
        rule: "environments.dev.topics.automatic.partitions".to_owned(),
        severity,
        message: message.to_owned(),
    };
    let said = WishVerdict {
        outcome: WishOutcome::NeedsApproval,
        sentence: "It would take 1 approval of the owner's team, within 14 days.".to_owned(),
        findings: vec![
            finding(Severity::Approval, "50 partitions; 24 is the most"),
            finding(Severity::Info, "nothing is applied now"),
        ],
        frozen_until: Some(UnixMillis(sample::NOW.0 + 3 * DAY)),
    };
    let html = draw("policies", rules, tried, Some(said)).await.html;
    assert!(html.contains("<title>Policies</title>") && html.contains("Every other environment"), "{html}");
    assert!(html.contains("kafka/prod, kafka/eu"), "clusters of every other environment");
    assert!(html.contains("Newer rules are not taken since 5 min ago: line 3: unknown field"));
    assert!(html.contains("the shop is closed: begins in 20 days, ends in 30 days"));
    assert!(html.contains("method=\"get\" action=\"/policies\"") && html.contains("value=\"payments\""));
    assert!(html.contains("payments.&lt;script&gt;") && !html.contains("payments.<script>"));
    assert!(html.contains("It would be applied in 3 days at the earliest.") && html.contains("50 partitions; 24 is"));
}

#[tokio::test]
async fn where_nobody_has_written_rules_the_page_says_what_follows() {
    let rules = Rules { environments: Vec::new(), taken_at: None, problem: None };
    let html = draw("policies-none", rules, TriedWish::default(), None).await.html;
    assert!(html.contains("Nothing may be asked for: nobody has written rules"));
    assert!(!html.contains("class=\"verdict\""));
}
