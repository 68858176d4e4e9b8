//! What brokers would refuse is found out before anybody has agreed to it.

use super::*;
use crate::brokers::{TopicTrial, Trial, sample::Manner};
use klamm_model::{Finding, Severity};

const WORDS: &str = "Invalid value abc for configuration retention.ms: Not a number of type LONG";

fn spec(topic: &str, retention: &str) -> Value {
    json!({ "topicName": topic, "config": { "retention.ms": retention } })
}

fn of_brokers(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.rule == "brokers").collect()
}

impl Bench {
    async fn preview(&self, kind: RequestKind, spec: Value) -> Preview {
        self.portal.preview_request(&payments_dev(), &new(&payments_dev(), kind, spec), None).await.unwrap()
    }
}

#[tokio::test]
async fn a_value_that_brokers_refuse_is_refused_while_it_is_typed_and_when_it_is_asked_for() {
    let bench = Bench::new().await;
    for (kind, topic) in [
        (RequestKind::TopicCreate, "payments.b"),
        (RequestKind::TopicChange, "payments.a"),
        (RequestKind::TopicAdopt, "payments.found"),
    ] {
        let preview = bench.preview(kind, spec(topic, "abc")).await;
        let [finding] = of_brokers(&preview.findings)[..] else { panic!("{:?}", preview.findings) };
        assert!(finding.severity == Severity::Error && finding.message.contains(WORDS), "{finding:?}");
        assert_eq!(preview.findings.first(), Some(finding), "the gravest first");
        assert!(preview.verdict.unwrap_err().contains(WORDS));

        let problem = bench.ask(&payments_dev(), kind, spec(topic, "abc")).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Invalid, "{problem}");
        assert!(problem.detail.contains(&format!("the brokers would not take it: {WORDS}")), "{problem}");

        let fine = bench.preview(kind, spec(topic, "60000")).await;
        assert!(fine.verdict.is_ok() && of_brokers(&fine.findings).is_empty(), "{fine:?}");
        let asked = bench.ask(&payments_dev(), kind, spec(topic, "60000")).await.unwrap();
        assert!(of_brokers(&asked.findings).is_empty(), "{:?}", asked.findings);
    }
    let refused =
        bench.audit("payments-dev").await.into_iter().filter(|item| item.outcome.as_deref() == Some("refused"));
    assert_eq!(refused.count(), 3, "that somebody asked for it is written down");
}

#[tokio::test]
async fn a_draft_may_hold_it_and_neither_a_draft_nor_another_wish_becomes_a_request_with_it() {
    let bench = Bench::new().await;
    let dev = payments_dev();
    let draft = NewRequest { filing: Filing::Draft, ..new(&dev, RequestKind::TopicCreate, spec("payments.b", "abc")) };
    let draft = bench.portal.create_request(&dev, &draft, HERE).await.unwrap();
    assert_eq!((draft.state, of_brokers(&draft.findings).len()), (RequestState::Draft, 1));
    let submitted = bench.portal.submit_request(&dev, &draft.id, HERE).await.unwrap_err();
    assert!(submitted.kind == ProblemKind::Invalid && submitted.detail.contains(WORDS), "{submitted}");

    let asked = bench.new_topic("payments.c").await;
    let other = EditedRequest { spec: spec("payments.c", "abc"), reason: None, about: None };
    let edited = bench.portal.edit_request(&dev, &asked.id, other, HERE).await.unwrap_err();
    assert!(edited.kind == ProblemKind::Invalid && edited.detail.contains(WORDS), "{edited}");
    assert_eq!(bench.now(&asked).await.hash, asked.hash, "it is what it was");
}

#[tokio::test]
async fn brokers_that_do_not_answer_stop_nobody_from_asking() {
    let bench = Bench::new().await;
    bench.brokers.change(|world| world.manner = Manner::Away);
    let preview = bench.preview(RequestKind::TopicCreate, spec("payments.b", "abc")).await;
    assert!(preview.verdict.is_ok(), "{preview:?}");
    let asked = bench.ask(&payments_dev(), RequestKind::TopicCreate, spec("payments.b", "abc")).await.unwrap();
    assert_eq!(asked.state, RequestState::NeedsApproval);
    let [finding] = of_brokers(&asked.findings)[..] else { panic!("{:?}", asked.findings) };
    assert!(finding.severity == Severity::Info && finding.message.contains("could not be asked"), "{finding:?}");

    bench.brokers.change(|world| world.manner = Manner::NeverAnswers);
    let trial = || TopicTrial::Changed { topic: "payments.a".parse().unwrap(), partitions: Some(4), config: [].into() };
    let cluster = "kafka/prod".parse().unwrap();
    let ask = || bench.portal.try_topic(&cluster, trial(), Duration::from_millis(20));
    let tried = bench.brokers.trials().len();
    let (first, second) = tokio::join!(ask(), ask());
    assert_eq!((first, second), (Trial::Silent, Trial::Silent));
    assert_eq!(bench.brokers.trials().len(), tried + 1, "brokers that answer nobody are asked one thing at a time");
    bench.brokers.change(|world| world.manner = Manner::Answers);
    assert_eq!(ask().await, Trial::Takes, "whoever gave up makes room for the next");
}

#[tokio::test]
async fn brokers_try_only_what_the_rules_take_and_only_what_is_asked_for() {
    let bench = Bench::new().await;
    let dev = payments_dev();
    for (kind, refused) in [
        (RequestKind::TopicCreate, json!({ "topicName": "payments.b", "partitions": 1_000_000 })),
        (RequestKind::TopicCreate, spec("orders.b", "abc")),
        (RequestKind::TopicDelete, json!({ "topicName": "payments.a" })),
    ] {
        drop(bench.portal.preview_request(&dev, &new(&dev, kind, refused), None).await);
    }
    let mut foreign = new(&dev, RequestKind::TopicCreate, spec("orders.b", "1"));
    foreign.team = "orders".parse().unwrap();
    assert_eq!(kind(bench.portal.preview_request(&dev, &foreign, None).await), ProblemKind::Forbidden);
    assert_eq!(bench.brokers.trials(), []);

    let change = json!({ "topicName": "payments.a", "partitions": 4, "config": { "cleanup.policy": "compact", "retention.ms": null } });
    bench.preview(RequestKind::TopicChange, change).await;
    // As many partitions as there are are nothing to try, nor is what the topic is for.
    bench
        .preview(RequestKind::TopicChange, json!({ "topicName": "payments.a", "partitions": 3, "contact": "x" }))
        .await;
    assert_eq!(
        bench.brokers.trials(),
        [TopicTrial::Changed {
            topic: "payments.a".parse().unwrap(),
            partitions: Some(4),
            config: [("cleanup.policy".to_owned(), "compact".to_owned())].into(),
        }]
    );
}
