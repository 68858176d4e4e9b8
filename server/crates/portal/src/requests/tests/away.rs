//! Kubernetes or Kafka away, and databases that know less than Kubernetes does.

use super::{kubernetes::Kubernetes, *};
use crate::Applier;

/// More looks than anything takes, each after the longest pause between two tries.
const LOOKS: u32 = 8;

impl Bench {
    async fn looks(&self, kubernetes: &Kubernetes, looks: u32) {
        let applier = Applier::new(Arc::clone(&self.portal), kubernetes.client());
        for _ in 0..looks {
            self.later(60_000);
            // Any but the first of a few, which is for workloads that wait.
            applier.look(1).await;
        }
    }

    /// The operator does what the objects say, and the brokers show it.
    fn carry_out(&self, kubernetes: &Kubernetes) {
        let topics = kubernetes.is_carried_out();
        for topic in &topics {
            self.estate.declarations.saw_topic(topic);
        }
        let names: Vec<_> = topics.iter().filter_map(|topic| topic.metadata.name.as_deref()).collect();
        Self::put(&self.estate, &names.into_iter().filter(|name| *name != "payments.a").collect::<Vec<_>>());
    }

    /// Who wrote what into the audit about a request: action and outcome.
    async fn told_of(&self, request: &RequestView) -> Vec<(String, Option<String>)> {
        let filter = AuditFilter { request: Some(request.id.to_string()), limit: 100, ..AuditFilter::default() };
        let mut items = self.portal.store.audit(&filter).await.unwrap();
        items.reverse();
        items.into_iter().map(|item| (item.action, item.outcome)).collect()
    }
}

async fn approved(bench: &Bench) -> RequestView {
    let asked = bench.new_topic("payments.b").await;
    bench.approve(&member("payments-lead"), &asked).await.unwrap()
}

#[tokio::test]
async fn what_was_agreed_to_waits_for_kubernetes_and_says_so() {
    let (bench, kubernetes) = (Bench::new().await, Kubernetes::default());
    let asked = approved(&bench).await;
    kubernetes.goes_away();
    bench.looks(&kubernetes, LOOKS).await;
    let waits = bench.now(&asked).await;
    assert_eq!(waits.state, RequestState::Approved);
    assert_eq!(waits.message.as_deref(), Some("Kubernetes, which does not answer just now"));
    kubernetes.comes_back();
    bench.looks(&kubernetes, 2).await;
    // It goes while what was written is followed, too.
    kubernetes.goes_away();
    bench.looks(&kubernetes, LOOKS).await;
    assert_eq!(bench.now(&asked).await.state, RequestState::Applying);
    kubernetes.comes_back();
    bench.carry_out(&kubernetes);
    bench.looks(&kubernetes, LOOKS).await;
    assert_eq!(bench.now(&asked).await.state, RequestState::Applied);
    assert_eq!(kubernetes.writes(), ["PATCH payments.b"]);
}

#[tokio::test]
async fn what_was_agreed_to_waits_for_the_cluster_to_be_seen_and_for_its_brokers() {
    let (bench, kubernetes) = (Bench::new().await, Kubernetes::default());
    let asked = approved(&bench).await;
    bench.estate.forget("kafka/prod");
    bench.looks(&kubernetes, LOOKS).await;
    let waits = bench.now(&asked).await;
    assert_eq!(waits.state, RequestState::Approved);
    assert_eq!(waits.message.as_deref(), Some("cluster kafka/prod, which Klamm does not see just now"));
    assert!(kubernetes.writes().is_empty());
    let unseen = bench.ask(&payments_dev(), RequestKind::TopicCreate, json!({ "topicName": "payments.c" })).await;
    assert_eq!(kind(unseen), ProblemKind::NotFound);

    // The operator has written it down as done, and the brokers do not show it.
    Bench::put(&bench.estate, &[]);
    bench.looks(&kubernetes, LOOKS).await;
    kubernetes.is_carried_out();
    bench.looks(&kubernetes, LOOKS).await;
    let waits = bench.now(&asked).await;
    assert_eq!(waits.state, RequestState::Applying);
    assert_eq!(waits.message.as_deref(), Some("the brokers, which do not show it yet"));
    bench.carry_out(&kubernetes);
    bench.looks(&kubernetes, LOOKS).await;
    assert_eq!(bench.now(&asked).await.state, RequestState::Applied);
    assert_eq!(kubernetes.writes(), ["PATCH payments.b"]);
}

#[tokio::test]
async fn what_was_applied_since_the_backup_ends_applied_and_is_not_done_again() {
    for steps in [0, 1, 2] {
        let (mut bench, kubernetes) = (Bench::new().await, Kubernetes::default());
        let asked = approved(&bench).await;
        bench.looks(&kubernetes, steps).await;
        let yesterday = bench.backup().await;
        bench.looks(&kubernetes, LOOKS).await;
        bench.carry_out(&kubernetes);
        bench.looks(&kubernetes, LOOKS).await;
        assert_eq!(bench.now(&asked).await.state, RequestState::Applied);

        bench.restore(yesterday).await;
        assert_ne!(bench.now(&asked).await.state, RequestState::Applied);
        bench.looks(&kubernetes, LOOKS).await;
        assert_eq!(bench.now(&asked).await.state, RequestState::Applied, "restored after {steps} steps");
        assert_eq!(kubernetes.writes(), ["PATCH payments.b"], "restored after {steps} steps");
    }
}

/// A topic of somebody's, in one of its lives.
fn of_uid(uid: &str) -> KafkaTopic {
    let mut topic = declared_topic(3);
    topic.metadata.uid = Some(uid.to_owned());
    topic.metadata.generation = Some(1);
    topic
}

#[tokio::test]
async fn an_end_that_was_agreed_to_before_the_backup_does_not_meet_what_was_made_since() {
    for steps in [0, 1, 2] {
        let (bench, kubernetes) = (Bench::new().await, Kubernetes::default());
        kubernetes.put(&of_uid("first"));
        bench.estate.declarations.saw_topic(&of_uid("first"));
        let end = async || {
            let asked =
                bench.ask(&payments_dev(), RequestKind::TopicDelete, json!({ "topicName": "payments.a" })).await;
            let asked = asked.unwrap();
            bench.approve(&member("payments-lead"), &asked).await.unwrap();
            bench.approve(&operator(), &asked).await.unwrap()
        };
        let asked = end().await;
        assert_eq!(asked.state, RequestState::Approved);
        bench.looks(&kubernetes, steps).await;

        // What became of it, and what was made since, is unknown to this database: the first went, and there is a second,
        // which looks as the first one did, and as it would have looked before its end.
        let before = kubernetes.writes();
        let mut second = of_uid("second");
        if steps == 2 {
            second.spec.deletion = Some(klamm_resources::Deletion::Delete);
        }
        kubernetes.put(&second);
        bench.carry_out(&kubernetes);
        bench.looks(&kubernetes, LOOKS).await;
        let anew = bench.now(&asked).await;
        assert_eq!(anew.state, RequestState::NeedsApproval, "after {steps} steps: {:?}", anew.message);
        assert!(anew.approvals.is_empty() && anew.hash != asked.hash, "after {steps} steps");
        assert_eq!(kubernetes.writes(), before, "after {steps} steps");

        // Whoever means that one, too, agrees to it.
        bench.approve(&member("payments-lead"), &anew).await.unwrap();
        bench.approve(&operator(), &anew).await.unwrap();
        bench.looks(&kubernetes, LOOKS).await;
        bench.carry_out(&kubernetes);
        bench.looks(&kubernetes, LOOKS).await;
        assert_eq!(kubernetes.writes().last().map(String::as_str), Some("DELETE payments.a"), "after {steps} steps");
    }
}

#[tokio::test]
async fn nothing_is_written_to_kubernetes_that_cannot_be_written_into_the_audit_first() {
    let (bench, kubernetes) = (Bench::impatient().await, Kubernetes::default());
    let asked = approved(&bench).await;
    bench.looks(&kubernetes, 1).await;
    assert_eq!(bench.now(&asked).await.state, RequestState::Applying);
    let somebody = bench.database.write(&["audit", "requests"]).await.unwrap();
    bench.looks(&kubernetes, LOOKS).await;
    assert!(kubernetes.writes().is_empty());
    somebody.end().await.unwrap();
    bench.looks(&kubernetes, LOOKS).await;
    bench.carry_out(&kubernetes);
    bench.looks(&kubernetes, LOOKS).await;
    assert_eq!(bench.now(&asked).await.state, RequestState::Applied);
    let done = |action: &str| (action.to_owned(), Some("done".to_owned()));
    assert_eq!(bench.told_of(&asked).await, [done("create"), done("approve"), done("apply")]);
}
