//! `Idempotency-Key`.

use super::{Bench, post};
use klamm_model::Scope;
use std::time::Duration;

const WISH: &str =
    r#"{"kind":"topicCreate","cluster":"kafka/demo","team":"payments","spec":{"topicName":"payments.once"}}"#;

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_is_done_once() {
    let bench = Bench::with_people().await;
    bench.portal.take_policies(Ok("[environments.dev]\nkinds.topicCreate = { ask = [\"ownerTeam\"] }"));
    let (_, token) = bench.token("dev", &[Scope::Read, Scope::Write], Duration::from_hours(1)).await;
    let ask = async |key: &str, body: &'static str| {
        bench.send(post("/api/v1/requests").bearer(&token).header("idempotency-key", key).json(body)).await
    };
    let first = ask("one", WISH).await;
    let again = ask("one", WISH).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201), "{}", again.body);
    assert_eq!(
        (first.json()["id"].clone(), first.header("location")),
        (again.json()["id"].clone(), again.header("location"))
    );
    assert_eq!(ask("two", WISH).await.status, 409, "another key is another request, and the first is in the way");
    assert_eq!(ask("two", WISH).await.status, 409, "and is refused alike when it is repeated");
    let other =
        r#"{"kind":"topicCreate","cluster":"kafka/demo","team":"payments","spec":{"topicName":"payments.two"}}"#;
    let misused = ask("one", other).await;
    assert_eq!((misused.status.as_u16(), misused.body.contains("Idempotency-Key")), (422, true), "{}", misused.body);
    assert_eq!(ask(&"x".repeat(256), WISH).await.status, 422);
    let (_, lead) = bench.token("lead", &[Scope::Read, Scope::Write], Duration::from_hours(1)).await;
    let others = post("/api/v1/requests").bearer(&lead).header("idempotency-key", "one").json(WISH);
    let judged = bench.send(others).await;
    assert!(
        judged.body.contains("nobody could approve it"),
        "a key is its owner's: this was asked anew: {}",
        judged.body
    );
}
