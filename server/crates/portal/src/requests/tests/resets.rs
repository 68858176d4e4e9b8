//! Offsets of groups: shown first, agreed to, and set as they were shown.

use super::*;
use crate::{Applier, Observations, brokers::sample::Fate, views::samples::group};
use klamm_model::{GroupKind, GroupMember, GroupOffset, Known, OffsetsStage, PartitionId, ResetOffer};

impl Bench {
    async fn reset(&self, to: &str) -> RequestView {
        self.ask(&payments_dev(), RequestKind::OffsetsReset, json!({ "group": "payments.app", "to": to }))
            .await
            .unwrap()
    }

    async fn refused(&self, spec: Value) -> String {
        let problem = self.ask(&payments_dev(), RequestKind::OffsetsReset, spec.clone()).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Invalid, "{spec}: {problem}");
        problem.detail
    }

    /// One look of the applier, after all pauses.
    async fn look(&self) {
        self.later(120_000);
        // Nothing of this is said to Kubernetes, so nobody has to answer there.
        let nobody = kube::Config::new("http://127.0.0.1:9".parse().unwrap());
        Applier::new(Arc::clone(&self.portal), kube::Client::try_from(nobody).unwrap()).look(1).await;
    }

    /// The inventory as of now shows these offsets of the group, and these members.
    fn show(&self, offsets: &[(i32, i64)], members: &[&str]) {
        let seen = self.estate.cluster(&"kafka/prod".parse().unwrap()).unwrap();
        let mut inventory = (*seen.inventory).clone();
        let offset = |(partition, committed): &(i32, i64)| GroupOffset {
            topic: "payments.a".parse().unwrap(),
            partition: PartitionId(*partition),
            committed: *committed,
        };
        let mut shown = group("payments.app", &[]);
        shown.offsets = Known::Known(offsets.iter().map(offset).collect());
        shown.state = Known::Known(if members.is_empty() { "Empty" } else { "Stable" }.to_owned());
        let member =
            |name: &&str| GroupMember { id: (*name).to_owned(), client_id: (*name).to_owned(), host: String::new() };
        shown.members = Known::Known(members.iter().map(member).collect());
        inventory.groups = Known::Known(vec![shown]);
        inventory.observed_at = Known::Known(self.portal.now());
        self.estate.put(inventory, seen.declared.clone());
    }
}

fn offsets(view: &RequestView) -> Vec<(i32, Option<i64>, i64, Option<i64>)> {
    let all = &view.effect.offsets.as_ref().unwrap().partitions;
    all.iter().map(|one| (one.partition.0, one.before, one.after, one.records)).collect()
}

#[tokio::test]
async fn a_reset_is_shown_first_agreed_to_set_and_told() {
    let bench = Bench::new().await;
    let asked = bench.reset("earliest").await;
    assert_eq!((asked.state, asked.subject.as_str()), (RequestState::NeedsApproval, "payments.app"));
    assert_eq!(offsets(&asked), [(0, Some(7), 0, Some(-7)), (1, Some(3), 2, Some(-1))]);
    let shown = asked.effect.offsets.as_ref().unwrap();
    assert_eq!((shown.stage, shown.total, shown.again, shown.skipped), (OffsetsStage::Foreseen, 2, 8, 0));
    assert_eq!(
        shown.command,
        "kafka-consumer-groups.sh --bootstrap-server $BOOTSTRAP_SERVERS --group payments.app --all-topics \
         --reset-offsets --to-earliest --dry-run"
    );
    assert!(
        asked.manifest.starts_with("kind: Group\n") && !asked.manifest.contains("apiVersion"),
        "{}",
        asked.manifest
    );
    let lines: Vec<_> =
        asked.changes.iter().map(|c| (c.field.as_str(), c.before.as_deref(), c.after.as_deref())).collect();
    let place = |field| (field, Some("earliest"));
    assert_eq!(
        lines.iter().map(|(field, _, after)| (*field, *after)).collect::<Vec<_>>(),
        [place("spec.offsets.\"payments.a\".0"), place("spec.offsets.\"payments.a\".1")]
    );
    assert_eq!((lines[0].1, lines[1].1), (Some("7"), Some("3")));

    assert_eq!(kind(bench.approve(&payments_dev(), &asked).await), ProblemKind::Forbidden);
    assert_eq!(kind(bench.approve(&member("orders-lead"), &asked).await), ProblemKind::NotFound);
    assert_eq!(bench.approve(&member("payments-lead"), &asked).await.unwrap().state, RequestState::Approved);
    assert_eq!(bench.brokers.commits(), 0);
    bench.look().await;
    let fixed = bench.now(&asked).await;
    assert_eq!((fixed.state, fixed.effect.offsets.unwrap().stage), (RequestState::Applying, OffsetsStage::Fixed));
    assert_eq!(bench.brokers.commits(), 0, "it is written down before it is done");
    bench.look().await;
    assert_eq!(
        (bench.brokers.committed(0), bench.brokers.committed(1), bench.brokers.commits()),
        (Some(0), Some(2), 1)
    );
    bench.look().await;
    assert_eq!(bench.now(&asked).await.state, RequestState::Applying, "the inventory does not show it yet");
    bench.show(&[(0, 0), (1, 2)], &[]);
    bench.look().await;
    let done = bench.now(&asked).await;
    assert_eq!((done.state, bench.brokers.commits()), (RequestState::Applied, 1));
    assert_eq!(done.effect.offsets.as_ref().unwrap().stage, OffsetsStage::Set);
    assert_eq!(
        done.message.as_deref(),
        Some("The offsets of 2 partitions were set: 8 records to be read again, 0 skipped.")
    );
    let told: Vec<_> = bench
        .audit("klamm")
        .await
        .into_iter()
        .map(|item| (item.action, item.rule, item.object_kind, item.object_name, item.outcome.unwrap()))
        .collect();
    let words = ["apply", "approvedRequest", "Group", "payments.app", "done"].map(str::to_owned);
    let [action, rule, object, name, outcome] = words;
    assert_eq!(told, [(action, rule, object, name, outcome)]);
}

#[tokio::test]
async fn another_teams_group_is_refused_before_brokers_are_asked() {
    let bench = Bench::new().await;
    for (group, word) in [("orders.app", "belongs to team orders"), ("elsewhere", "belongs to no team")] {
        let why = bench.refused(json!({ "group": group, "to": "earliest" })).await;
        assert!(why.contains(word), "{group}: {why}");
    }
    let mut foreign =
        new(&payments_dev(), RequestKind::OffsetsReset, json!({ "group": "orders.app", "to": "earliest" }));
    foreign.team = "orders".parse().unwrap();
    assert_eq!(kind(bench.portal.create_request(&payments_dev(), &foreign, HERE).await), ProblemKind::Forbidden);
    assert_eq!(bench.audit("payments-dev").await.pop().unwrap().object_name, "orders.app");
    assert_eq!(bench.brokers.looks(), 0);
}

#[tokio::test]
async fn what_cannot_be_reset_is_refused_and_says_why() {
    let bench = Bench::new().await;
    let app = |more: Value| {
        let mut spec = json!({ "group": "payments.app", "to": "earliest" });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    let one = |partitions: Value| json!([{ "topic": "payments.a", "partitions": partitions }]);
    for (spec, word) in [
        (json!({ "group": "payments.none", "to": "earliest" }), "no group payments.none"),
        (json!({ "group": "", "to": "earliest" }), "spec"),
        (app(json!({ "to": "yesterday" })), "none of earliest"),
        (app(json!({ "to": -100 })), "an offset from 0 on"),
        (app(json!({ "to": null })), "an offset from 0 on"),
        (app(json!({ "to": "5" })), "one topic with one partition"),
        (app(json!({ "to": 5, "topics": one(json!([0, 1])) })), "one topic with one partition"),
        (app(json!({ "to": 7, "topics": one(json!([0])) })), "nothing to set"),
        (app(json!({ "topics": one(json!([])) })), "leave them out"),
        (app(json!({ "topics": one(json!([-1])) })), "no partition -1"),
        (app(json!({ "topics": one(json!([i32::MAX])) })), "no partition 2147483647"),
        (app(json!({ "topics": [{ "topic": "gone" }] })), "no topic gone"),
        (app(json!({ "topics": [{ "topic": "payments.a" }, { "topic": "payments.a" }] })), "named twice"),
        (app(json!({ "to": "+1", "topics": [{ "topic": "payments.a" }] })), "payments.a-2: nothing is committed"),
        (app(json!({ "colour": "red" })), "colour"),
    ] {
        let why = bench.refused(spec.clone()).await;
        assert!(why.contains(word), "{spec}: {why}");
    }
    for (kind, word) in [(GroupKind::Share, "share"), (GroupKind::Streams, "streams")] {
        bench.brokers.change(|world| world.kind = kind);
        let why = bench.refused(app(json!({}))).await;
        assert!(why.contains(word), "{why}");
    }
}

#[tokio::test]
async fn extremes_are_taken_for_the_ends_of_the_log() {
    let bench = Bench::new().await;
    for (to, after) in [
        ("-9223372036854775808", [0, 2]),
        ("+9223372036854775807", [10, 10]),
        ("0001-01-01T00:00:00Z", [10, 10]),
        ("9999-12-30T00:00:00Z", [10, 10]),
        ("PT175307616H", [10, 10]),
        ("PT0S", [10, 10]),
    ] {
        let spec = json!({ "group": "payments.app", "to": to });
        let (dev, wish) = (payments_dev(), new(&payments_dev(), RequestKind::OffsetsReset, spec));
        let preview = bench.portal.preview_request(&dev, &wish, None).await;
        let offsets = preview.unwrap_or_else(|problem| panic!("{to}: {problem}")).effect.offsets.unwrap();
        assert_eq!(offsets.partitions.iter().map(|one| one.after).collect::<Vec<_>>(), after, "{to}");
    }
    bench.brokers.change(|world| world.at = Some(i64::MAX));
    let asked = bench.reset("1970-01-01T00:00:00Z").await;
    assert_eq!(offsets(&asked), [(0, Some(7), 10, Some(3)), (1, Some(3), 10, Some(7))]);
    assert!(asked.effect.offsets.unwrap().command.contains("--to-datetime 1970-01-01T00:00:00.000Z"));
}

#[tokio::test]
async fn while_somebody_reads_nothing_is_asked_agreed_to_or_set() {
    let bench = Bench::new().await;
    let some = vec!["a".to_owned(), "b".to_owned(), "c".to_owned(), "d".to_owned()];
    bench.brokers.change(|world| world.members.clone_from(&some));
    let spec = json!({ "group": "payments.app", "to": "earliest" });
    let why = bench.refused(spec.clone()).await;
    assert_eq!(why, "the group has 4 members of the classic protocol (a, b, c and 1 more); stop them first");
    let wish = new(&payments_dev(), RequestKind::OffsetsReset, spec);
    let preview = bench.portal.preview_request(&payments_dev(), &wish, None).await.unwrap();
    assert!(preview.verdict.unwrap_err().contains("stop them first"));
    assert_eq!(preview.effect.offsets.unwrap().again, 8, "what it would do is shown all the same");

    bench.brokers.change(|world| world.members.clear());
    let asked = bench.reset("earliest").await;
    let lead = member("payments-lead");
    bench.brokers.change(|world| world.members = vec!["a".to_owned()]);
    let refused = bench.approve(&lead, &asked).await.unwrap_err();
    assert_eq!((refused.kind, refused.detail.contains("(a)")), (ProblemKind::Conflict, true), "{refused}");
    bench.brokers.change(|world| world.members.clear());
    bench.approve(&lead, &asked).await.unwrap();

    bench.brokers.change(|world| world.members = vec!["a".to_owned()]);
    bench.look().await;
    let failed = bench.now(&asked).await;
    assert_eq!(failed.state, RequestState::Failed);
    assert!(failed.message.unwrap().contains("1 member of the classic protocol (a)"));
    // Between the look and the commit: the coordinator itself refuses.
    bench.brokers.change(|world| world.members.clear());
    bench.brokers.change(|world| world.fate = Fate::HasMembers);
    bench.portal.retry_request(&payments_dev(), &asked.id, HERE).await.unwrap();
    bench.look().await;
    bench.look().await;
    let failed = bench.now(&asked).await;
    assert_eq!((failed.state, bench.brokers.commits()), (RequestState::Failed, 0));
    bench.brokers.change(|world| world.fate = Fate::Refused);
    bench.portal.retry_request(&payments_dev(), &asked.id, HERE).await.unwrap();
    bench.look().await;
    bench.look().await;
    assert_eq!(bench.now(&asked).await.message.as_deref(), Some("the brokers refuse it: payments.a-0: no"));
    bench.brokers.change(|world| world.fate = Fate::Done);
    bench.portal.retry_request(&payments_dev(), &asked.id, HERE).await.unwrap();
    bench.look().await;
    bench.look().await;
    assert_eq!((bench.brokers.committed(0), bench.brokers.commits()), (Some(0), 1));
}

#[tokio::test]
async fn commits_that_moved_meanwhile_ask_again() {
    let bench = Bench::new().await;
    let (lead, asked) = (member("payments-lead"), bench.reset("earliest").await);
    let move_on = |offset: i64| bench.brokers.commits_elsewhere(0, offset);
    move_on(8);
    assert_eq!(kind(bench.approve(&lead, &asked).await), ProblemKind::Conflict);
    let anew = bench.now(&asked).await;
    assert_ne!(anew.hash, asked.hash);
    assert_eq!((anew.state, offsets(&anew)[0]), (RequestState::NeedsApproval, (0, Some(8), 0, Some(-8))));
    // Records that were written meanwhile are no reason to ask again: where the group would be sent is so still.
    bench.brokers.has_log(0, (0, 50));
    bench.approve(&lead, &anew).await.unwrap();
    move_on(9);
    bench.look().await;
    bench.look().await;
    let again = bench.now(&asked).await;
    assert_eq!((again.state, again.approvals.len()), (RequestState::NeedsApproval, 0));

    bench.approve(&lead, &again).await.unwrap();
    bench.look().await;
    assert_eq!(bench.now(&asked).await.state, RequestState::Applying);
    move_on(10);
    bench.look().await;
    bench.look().await;
    assert_eq!((bench.now(&asked).await.state, bench.brokers.commits()), (RequestState::NeedsApproval, 0));
}

#[tokio::test]
async fn what_was_written_down_is_set_and_nothing_that_was_found_out_later() {
    let bench = Bench::new().await;
    let asked = bench.reset("latest").await;
    bench.approve(&member("payments-lead"), &asked).await.unwrap();
    bench.look().await;
    bench.brokers.has_log(0, (0, 90));
    bench.brokers.change(|world| world.fate = Fate::DoneInSilence);
    bench.look().await;
    let unsure = bench.now(&asked).await;
    assert_eq!((unsure.state, bench.brokers.commits()), (RequestState::Applying, 1));
    assert!(unsure.waiting_for.unwrap().contains("did not answer"));
    bench.look().await;
    assert_eq!((bench.brokers.committed(0), bench.brokers.commits()), (Some(10), 1), "it was done, and found so");
    // A consumer is quick: the inventory never shows the offset itself, only what came after.
    bench.show(&[(0, 42), (1, 10)], &["app"]);
    bench.look().await;
    let done = bench.now(&asked).await;
    assert_eq!(done.state, RequestState::Applied);
    assert!(done.message.unwrap().ends_with("10 skipped. The group has gone on from there since."));
}

#[tokio::test]
async fn a_log_that_lost_its_beginning_sends_nobody_to_an_offset_that_is_gone() {
    let bench = Bench::new().await;
    let asked = bench.reset("earliest").await;
    bench.approve(&member("payments-lead"), &asked).await.unwrap();
    bench.look().await;
    bench.brokers.has_log(0, (5, 10));
    bench.look().await;
    let anew = bench.now(&asked).await;
    assert_eq!((offsets(&anew)[0], bench.brokers.commits()), ((0, Some(7), 5, Some(-2)), 0), "written down first");
    bench.look().await;
    assert_eq!((bench.brokers.committed(0), bench.brokers.commits()), (Some(5), 1));
}

#[tokio::test]
async fn the_page_of_a_group_offers_it_or_says_why_not() {
    let bench = Bench::new().await;
    let offered = |who: Actor| bench.portal.group(&who, &"kafka/prod".parse().unwrap(), "payments.app").unwrap().reset;
    let team = Some("payments".parse().unwrap());
    bench.show(&[(0, 1)], &[]);
    assert_eq!(offered(payments_dev()), ResetOffer { team: team.clone(), why_not: None });
    assert_eq!(offered(operator()), ResetOffer { team: team.clone(), why_not: None });
    let why = offered(member("orders-dev")).why_not.unwrap();
    assert_eq!(why, "The group belongs to team payments. Its members can ask for that.");
    let reads = Actor { scopes: [klamm_model::Scope::Read].into(), ..payments_dev() };
    assert!(offered(reads).why_not.unwrap().contains("token"));
    bench.show(&[(0, 1)], &["app"]);
    let why = offered(payments_dev()).why_not.unwrap();
    assert_eq!(why, "The group has 1 member of the consumer protocol (app); stop them first.");
}
