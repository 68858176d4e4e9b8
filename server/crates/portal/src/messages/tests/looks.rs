//! Who may look, what of it is written down, and what comes back.

use super::super::MessagesStanding;
use crate::{
    brokers::sample_logs::{SampleLog, SampleLogs},
    requests::tests::{Bench, HERE, kind, member, operator, payments_dev},
};
use klamm_model::{
    Actor, ActorKind, ClusterRef, MessageForm, MessagesRequest, MessagesStart, MessagesView, Problem, ProblemKind,
    Scope, TopicName,
};
use klamm_testkit::{Packing, SampleBatch, SampleRecord};

const SECRET: &str = "4111-1111-1111-1111";

fn cluster() -> ClusterRef {
    "kafka/prod".parse().unwrap()
}

fn topic() -> TopicName {
    "payments.a".parse().unwrap()
}

fn logs() -> SampleLogs {
    let card = SampleRecord {
        headers: vec![("trace".to_owned(), Some(b"abc".to_vec()))],
        ..SampleRecord::new("order-1", format!(r#"{{"card":"{SECRET}","amount":7}}"#))
    };
    let gone = SampleRecord { key: Some(b"order-2".to_vec()), ..SampleRecord::default() };
    let packed = SampleBatch::new(3, 1_700_000_000_000, vec![card, gone]).packed(Packing::Zstd);
    let odd = SampleBatch::new(0, 1_700_000_001_000, vec![SampleRecord::new("order-3", [0_u8, 1, 0xff])]);
    [(0, SampleLog::of(vec![packed])), (1, SampleLog::of(vec![odd])), (2, SampleLog::default())].into()
}

impl Bench {
    /// With records, and these readers.
    async fn with_readers(read: &str) -> Self {
        let bench = Self::new().await;
        bench.name_readers(read);
        bench.brokers.change(|world| drop(world.records.insert("payments.a".to_owned(), logs())));
        bench
    }

    fn name_readers(&self, read: &str) {
        let rules = format!("[environments.prod]\nmessages = {{ read = [{read}] }}");
        assert_eq!(self.portal.take_policies(Ok(&rules)), crate::Taken::Counted);
    }

    async fn look_at(&self, who: &Actor, request: MessagesRequest) -> Result<MessagesView, Problem> {
        self.portal.messages(who, &cluster(), &topic(), &request, HERE).await
    }

    fn fetches(&self) -> u32 {
        self.brokers.0.lock().unwrap().fetches
    }
}

fn all() -> MessagesRequest {
    MessagesRequest::default()
}

#[tokio::test]
async fn nobody_may_look_unless_they_are_named_and_every_attempt_is_told() {
    let bench = Bench::with_readers("").await;
    for who in [payments_dev(), member("orders-dev"), operator()] {
        let refused = bench.look_at(&who, all()).await.unwrap_err();
        assert_eq!(refused.kind, ProblemKind::NotFound, "{refused}");
        let door = bench.portal.messages_door(&who, &cluster(), &topic()).unwrap();
        assert_eq!((door.standing, door.readers.len(), door.partitions), (MessagesStanding::NotNamed, 0, 3));
        let told = bench.audit(who.name.as_str()).await.pop().unwrap();
        let row = (told.action.as_str(), told.object_kind.as_str(), told.object_name.as_str(), told.decision.as_str());
        assert_eq!(row, ("reveal", "message", "payments.a", "denied"));
        assert_eq!((told.object_namespace.as_deref(), told.team.as_deref()), (Some("kafka"), Some("payments")));
    }
    assert_eq!(bench.fetches(), 0);
    // Without any rules for the environment it is the same.
    bench.portal.take_policies(Ok("[environments.dev]\nmessages.read = [\"ownerTeam\"]"));
    assert_eq!(kind(bench.look_at(&payments_dev(), all()).await), ProblemKind::NotFound);
    bench.portal.take_policies(Ok("[environments.\"*\"]\nmessages.read = [\"ownerTeam\"]"));
    assert!(bench.look_at(&payments_dev(), all()).await.is_ok());
}

#[tokio::test]
async fn whoever_is_named_sees_and_the_audit_tells_where_they_looked_and_nothing_of_what_is_there() {
    let bench = Bench::with_readers("\"ownerTeam\"").await;
    let view = bench.look_at(&payments_dev(), all()).await.unwrap();
    let seen: Vec<_> = view.items.iter().map(|item| (item.partition.0, item.offset)).collect();
    assert_eq!(seen, [(1, 0), (0, 4), (0, 3)]);
    let value = |at: usize| view.items[at].value.as_ref().map(|part| (part.form, part.text.as_str(), part.size));
    assert_eq!(value(0), Some((MessageForm::Hex, "00 01 ff", 3)));
    assert_eq!(value(1), None);
    let json = format!("{{\n  \"card\": \"{SECRET}\",\n  \"amount\": 7\n}}");
    assert_eq!(value(2), Some((MessageForm::Json, json.as_str(), 41)));
    assert_eq!(view.items[2].headers[0].name, "trace");
    assert_eq!(kind(bench.look_at(&member("orders-dev"), all()).await), ProblemKind::NotFound);
    assert_eq!(kind(bench.look_at(&operator(), all()).await), ProblemKind::NotFound);

    let narrow = MessagesRequest {
        partition: Some(0),
        from: MessagesStart::Offset,
        offset: Some(3),
        contains: Some(SECRET.to_owned()),
        path: Some("$.card".to_owned()),
        equals: Some(SECRET.to_owned()),
        ..all()
    };
    assert_eq!(bench.look_at(&payments_dev(), narrow).await.unwrap().items.len(), 1);
    let told = bench.audit("payments-dev").await;
    let words: Vec<_> = told.iter().map(|item| item.message.as_deref().unwrap_or_default()).collect();
    assert_eq!(
        words,
        [
            "all partitions, newest: 3 shown of 3 looked at",
            "partition 0, from offset 3, filtered: 1 shown of 2 looked at",
        ]
    );
    assert!(told.iter().all(|item| item.outcome.as_deref() == Some("done") && item.rule == "teamMember"));
    assert!(told.iter().all(|item| !format!("{item:?}").contains("4111")), "{told:?}");
    assert_eq!(bench.brokers.commits(), 0, "nothing is committed");
}

#[tokio::test]
async fn operators_and_other_teams_may_be_named_and_names_that_are_taken_back_count_no_more() {
    let bench = Bench::with_readers("\"operators\", \"team:orders\"").await;
    assert!(bench.look_at(&operator(), all()).await.is_ok());
    assert!(bench.look_at(&member("orders-dev"), all()).await.is_ok());
    assert_eq!(kind(bench.look_at(&payments_dev(), all()).await), ProblemKind::NotFound);
    let door = bench.portal.messages_door(&member("orders-dev"), &cluster(), &topic()).unwrap();
    assert_eq!((door.standing, door.environment.as_deref()), (MessagesStanding::May, Some("prod")));
    assert_eq!(door.readers, ["operators", "members of team orders"]);
    bench.name_readers("");
    assert_eq!(kind(bench.look_at(&operator(), all()).await), ProblemKind::NotFound);
}

#[tokio::test]
async fn tokens_look_only_where_they_may_write_and_a_teams_token_never() {
    let bench = Bench::with_readers("\"ownerTeam\"").await;
    let token = |kind, scopes: &[Scope]| Actor { kind, scopes: scopes.iter().copied().collect(), ..payments_dev() };
    let both = [Scope::Read, Scope::Write];
    assert!(bench.look_at(&token(ActorKind::Token, &both), all()).await.is_ok());
    let reads = token(ActorKind::Token, &[Scope::Read]);
    assert_eq!(kind(bench.look_at(&reads, all()).await), ProblemKind::Forbidden);
    let of_team = token(ActorKind::TeamToken, &both);
    assert_eq!(kind(bench.look_at(&of_team, all()).await), ProblemKind::Forbidden);
}

#[tokio::test]
async fn questions_that_cannot_be_meant_are_named_and_ask_no_broker() {
    let bench = Bench::with_readers("\"ownerTeam\"").await;
    let long = "x".repeat(201);
    for (request, word) in [
        (MessagesRequest { limit: Some(0), ..all() }, "limit"),
        (MessagesRequest { limit: Some(201), ..all() }, "limit"),
        (MessagesRequest { longest: Some(65 * 1024), ..all() }, "longest"),
        (MessagesRequest { partition: Some(-1), ..all() }, "partition"),
        (MessagesRequest { from: MessagesStart::Offset, ..all() }, "offset"),
        (MessagesRequest { from: MessagesStart::Offset, offset: Some(1), ..all() }, "partition"),
        (MessagesRequest { from: MessagesStart::Offset, offset: Some(-1), partition: Some(0), ..all() }, "offset"),
        (MessagesRequest { from: MessagesStart::Time, ..all() }, "time"),
        (MessagesRequest { offset: Some(1), ..all() }, "offset"),
        (MessagesRequest { time: Some(1), ..all() }, "time"),
        (MessagesRequest { contains: Some(long.clone()), ..all() }, "contains"),
        (MessagesRequest { path: Some("card".to_owned()), ..all() }, "path"),
        (MessagesRequest { equals: Some("x".to_owned()), ..all() }, "equals"),
    ] {
        let refused = bench.look_at(&payments_dev(), request).await.unwrap_err();
        assert_eq!((refused.kind, refused.detail.starts_with(word)), (ProblemKind::Invalid, true), "{refused}");
    }
    let elsewhere = MessagesRequest { partition: Some(9), ..all() };
    let refused = bench.look_at(&payments_dev(), elsewhere).await.unwrap_err();
    assert_eq!((refused.kind, refused.detail.contains("no partition 9")), (ProblemKind::Invalid, true), "{refused}");
    assert_eq!(bench.fetches(), 0);
    let nothing: TopicName = "payments.nothing".parse().unwrap();
    let answer = bench.portal.messages(&payments_dev(), &cluster(), &nothing, &all(), HERE).await;
    assert_eq!(kind(answer), ProblemKind::NotFound);
}

#[tokio::test]
async fn only_so_many_look_at_once() {
    let bench = Bench::with_readers("\"ownerTeam\"").await;
    let others = bench.portal.peeks.acquire_many(2).await.unwrap();
    assert_eq!(kind(bench.look_at(&payments_dev(), all()).await), ProblemKind::Unavailable);
    drop(others);
    assert!(bench.look_at(&payments_dev(), all()).await.is_ok());
}

#[tokio::test]
async fn brokers_that_know_no_such_topic_any_more_are_believed() {
    let bench = Bench::with_readers("\"ownerTeam\"").await;
    bench.brokers.change(|world| world.records.clear());
    assert_eq!(kind(bench.look_at(&payments_dev(), all()).await), ProblemKind::NotFound);
    let told = bench.audit("payments-dev").await.pop().unwrap();
    assert_eq!((told.decision.as_str(), told.outcome.as_deref()), ("allowed", Some("failed")));
}
