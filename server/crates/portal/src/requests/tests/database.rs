//! The database locked, full, restored from yesterday: what people are answered, and that nothing is half done.

use super::*;
use crate::{Password, TokenRequest};
use klamm_model::Scope;
use klamm_testkit::{Disk, on_a_small_disk};

/// Everything that changes something, tried while the database takes nothing in.
async fn nothing_changes(bench: &Bench, asked: &RequestView, said: &str) {
    let (dev, lead) = (payments_dev(), member("payments-lead"));
    let spec = json!({ "topicName": "payments.c" });
    let token = TokenRequest {
        person: dev.name.clone(),
        label: "laptop".to_owned(),
        scopes: [Scope::Read].into(),
        lives: Duration::from_mins(1),
    };
    let address = HERE.unwrap();
    let tried = [
        ("approve", bench.approve(&lead, asked).await.map(drop)),
        ("decline", bench.portal.decline_request(&lead, &asked.id, "no", HERE).await.map(drop)),
        ("cancel", bench.portal.cancel_request(&dev, &asked.id, HERE).await.map(drop)),
        ("comment", bench.portal.comment_request(&lead, &asked.id, "hm", HERE).await.map(drop)),
        ("ask", bench.ask(&dev, RequestKind::TopicCreate, spec).await.map(drop)),
        ("make a token", bench.portal.create_token(Asker::Actor(&dev), token, HERE).await.map(drop)),
        ("be refused", bench.approve(&dev, asked).await.map(drop)),
        ("sign in", sign_in(bench, "password of payments-dev", address).await),
        ("guess", sign_in(bench, "password", address).await),
    ];
    for (what, result) in tried {
        let problem = result.expect_err(what);
        assert_eq!((problem.kind, problem.detail.as_str()), (ProblemKind::Unavailable, said), "{what}");
    }
    // What is there can be read meanwhile, and is as it was.
    let view = bench.portal.request(&lead, &asked.id).await.unwrap();
    assert_eq!((view.state, view.hash.as_str()), (RequestState::NeedsApproval, asked.hash.as_str()));
    assert!(view.approvals.is_empty() && view.comments.is_empty());
    assert_eq!(bench.audit("payments-lead").await, []);
    assert_eq!(bench.audit("payments-dev").await.len(), 1, "that they asked, before");
}

async fn sign_in(bench: &Bench, password: &str, from: IpAddr) -> Result<(), Problem> {
    bench.portal.sign_in("payments-dev", Password::new(password.to_owned()), from).await.map(drop)
}

#[tokio::test]
async fn a_database_that_somebody_else_holds_changes_nothing_and_is_read() {
    let bench = Bench::impatient().await;
    let asked = bench.new_topic("payments.b").await;
    let tables = ["audit", "audit_teams", "audit_outcomes", "requests", "request_comments", "api_tokens"];
    let somebody = bench.database.write(&tables).await.unwrap();
    nothing_changes(&bench, &asked, "The database does not answer just now. Try again in a moment.").await;
    somebody.end().await.unwrap();
    assert_eq!(bench.approve(&member("payments-lead"), &asked).await.unwrap().state, RequestState::Approved);
}

#[tokio::test]
async fn a_database_that_is_full_changes_nothing_and_is_read() {
    let test = "requests::tests::database::a_database_that_is_full_changes_nothing_and_is_read";
    if on_a_small_disk(test).unwrap() == Disk::Done {
        return;
    }
    let bench = Bench::new().await;
    let asked = bench.new_topic("payments.b").await;
    bench.database.fill().await.unwrap();
    let said = "The database takes nothing in just now: it is full, or was made read-only. What is there can be read; \
                nothing is changed until whoever operates Klamm has made room.";
    nothing_changes(&bench, &asked, said).await;
    bench.database.make_room().unwrap();
    assert_eq!(bench.approve(&member("payments-lead"), &asked).await.unwrap().state, RequestState::Approved);
}

#[tokio::test]
async fn a_database_from_yesterday_knows_what_it_knew_and_nothing_that_was_made_since() {
    let mut bench = Bench::new().await;
    let dev = payments_dev();
    let token = async |bench: &Bench, label: &str| {
        let request = TokenRequest {
            person: dev.name.clone(),
            label: label.to_owned(),
            scopes: [Scope::Read].into(),
            lives: Duration::from_hours(48),
        };
        let issued = bench.portal.create_token(Asker::Actor(&dev), request, HERE).await.unwrap();
        (issued.view.id.clone(), issued.expose().to_owned())
    };
    let address = HERE.unwrap();
    let known = async |bench: &Bench, token: &str| bench.portal.actor_of_token(token, address).await.map(drop);
    let (old_id, old) = token(&bench, "old").await;
    let yesterday = bench.backup().await;
    bench.later(3_600_000);
    let (_, since) = token(&bench, "since").await;
    let asked = bench.new_topic("payments.b").await;
    bench.portal.revoke_token(Asker::Actor(&dev), &old_id, HERE).await.unwrap();
    assert_eq!((known(&bench, &since).await, kind(known(&bench, &old).await)), (Ok(()), ProblemKind::Unauthenticated));

    bench.restore(yesterday).await;
    let unknown = known(&bench, &since).await.unwrap_err();
    assert_eq!(unknown.detail, "This token is not known, or has ended. Make a new one.");
    assert_eq!(kind(bench.portal.request(&dev, &asked.id).await), ProblemKind::NotFound);
    // Nobody can tell that one from a token that still works: docs/backup.md says what to end anew.
    assert_eq!(known(&bench, &old).await, Ok(()));
    let again = bench.new_topic("payments.b").await;
    assert_eq!(bench.approve(&member("payments-lead"), &again).await.unwrap().state, RequestState::Approved);
}
