//! Tokens of teams over HTTP: shown once, plain members, and gone with the team.

use super::{Ask, Bench, ORIGIN, Visitor, ask, get, post};
use klamm_store::TeamRole;
use serde_json::{Value, json};

const LIST: &str = "/api/v1/teams/payments/tokens";

fn make(visitor: &Visitor) -> Ask {
    let wish = json!({"label": "robot", "scopes": ["read", "write"], "expiresInSeconds": 3600});
    post(LIST).change_of(visitor).json(wish.to_string())
}

fn form(path: &str, visitor: &Visitor, fields: &str) -> Ask {
    let fields = format!("csrf={}&{fields}", visitor.csrf);
    post(path).of(visitor).origin(ORIGIN).header("accept", "text/html").form(fields)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_teams_token_looks_and_asks_and_neither_decides_nor_breeds_nor_reveals() {
    let bench = Bench::with_people().await;
    let (lead, dev) = (bench.sign_in("lead").await, bench.sign_in("dev").await);
    assert_eq!(bench.send(make(&dev)).await.problem(), "forbidden");
    let made = bench.send(make(&lead)).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (201, "no-store"));
    let (id, token) = (text(&made.json()["id"]), text(&made.json()["token"]));
    let me = bench.send(get("/api/v1/me").bearer(&token)).await.json();
    assert_eq!(
        (&me["name"], &me["kind"], &me["teams"]),
        (&json!("team@payments"), &json!("teamToken"), &json!(["payments"]))
    );
    assert_eq!((&me["roles"], &me["approves"]), (&json!([]), &json!([])));
    let listed = bench.send(get(LIST).of(&dev)).await.json();
    assert!(listed["items"][0]["lastUsedAt"].is_i64() && !listed.to_string().contains(&token), "{listed}");
    for request in [
        post(LIST).bearer(&token).json("{\"label\":\"x\",\"scopes\":[\"read\"],\"expiresInSeconds\":60}"),
        post("/api/v1/tokens").bearer(&token).json("{\"label\":\"x\",\"scopes\":[\"read\"],\"expiresInSeconds\":60}"),
        get(LIST).bearer(&token),
        get("/api/v1/sessions").bearer(&token),
        ask("PUT", "/api/v1/teams/payments/members/operator").bearer(&token).json(r#"{"role":"member"}"#),
        post("/api/v1/people").bearer(&token).json(r#"{"name":"x"}"#),
    ] {
        assert_eq!(bench.send(request).await.problem(), "forbidden");
    }
    bench.portal.take_policies(Ok("[environments.dev]\nkinds.topicCreate = { ask = [\"ownerTeam\"] }"));
    let wish = r#"{"kind":"topicCreate","cluster":"kafka/demo","team":"payments","spec":{"topicName":"payments.new"}}"#;
    let alone = bench.send(post("/api/v1/requests").bearer(&token).json(wish)).await;
    assert!(alone.problem() == "invalid" && alone.body.contains("nobody could approve it"), "{}", alone.body);
    bench.add("second", &[], Some(TeamRole::Approver)).await;
    let asked = bench.send(post("/api/v1/requests").bearer(&token).json(wish)).await.json();
    assert_eq!(asked["requester"], "team@payments", "{asked}");
    let approve = format!("/api/v1/requests/{}/approve", text(&asked["id"]));
    let hash = format!(r#"{{"hash":{}}}"#, asked["hash"]);
    let decided = bench.send(post(&approve).bearer(&token).json(hash.clone())).await;
    assert!(decided.problem() == "forbidden" && decided.body.contains("People decide"), "{}", decided.body);
    // Nor does whoever made the token: it may have been them.
    assert_eq!(bench.send(post(&approve).change_of(&lead).json(hash.clone())).await.problem(), "forbidden");
    let second = bench.sign_in("second").await;
    assert_eq!(bench.send(post(&approve).change_of(&second).json(hash)).await.json()["state"], "approved");

    let end = |visitor: &Visitor| ask("DELETE", &format!("/api/v1/tokens/{id}")).change_of(visitor);
    assert_eq!(bench.send(end(&dev)).await.status, 404);
    assert_eq!(bench.send(end(&lead)).await.status, 204);
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.status, 401);
}

#[tokio::test]
async fn a_token_goes_with_its_team() {
    let bench = Bench::with_people().await;
    let operator = bench.sign_in("operator").await;
    bench.send(post("/api/v1/teams").change_of(&operator).json(r#"{"name":"shipping"}"#)).await;
    let wish = r#"{"label":"robot","scopes":["read"],"expiresInSeconds":3600}"#;
    let made = bench.send(post("/api/v1/teams/shipping/tokens").change_of(&operator).json(wish)).await.json();
    let token = text(&made["token"]);
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.status, 200);
    assert_eq!(bench.send(ask("DELETE", "/api/v1/teams/shipping").change_of(&operator)).await.status, 204);
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.problem(), "unauthenticated");
}

#[tokio::test]
async fn a_form_makes_a_teams_token_and_its_answer_alone_shows_it() {
    let bench = Bench::with_people().await;
    let (lead, dev) = (bench.sign_in("lead").await, bench.sign_in("dev").await);
    let page = async |visitor: &Visitor| bench.send(get("/teams/payments").of(visitor)).await.body;
    assert!(!page(&dev).await.contains("Make a token"), "members look at them");
    let before = page(&lead).await;
    let id = before.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = format!("id={id}&label=nightly&access=readWrite&days=30");
    let answer = bench.send(form("/teams/payments/tokens", &lead, &fields)).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    let at = answer.body.find("<code>klamm_").unwrap() + "<code>".len();
    let token = answer.body[at..].split('<').next().unwrap().to_owned();
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.status, 200);
    assert!(page(&dev).await.contains("nightly") && !page(&lead).await.contains(&token));

    let goes_to = async |ask: Ask| bench.send(ask).await.header("location").to_owned();
    assert_eq!(goes_to(form("/teams/payments/tokens", &lead, &fields)).await, "/teams/payments?problem=sent-twice");
    assert_eq!(goes_to(form("/teams/payments/tokens", &lead, "label=x")).await, "/teams/payments?problem=token");
    let other = fields.replace(&id, "tok_00000000000000000000000000");
    assert_eq!(goes_to(form("/teams/payments/tokens", &dev, &other)).await, "/teams/payments?problem=forbidden");
    let end = |visitor: &Visitor| form("/teams/payments/tokens/end", visitor, &format!("take={id}"));
    assert_eq!(goes_to(end(&dev)).await, "/teams/payments?problem=some");
    assert_eq!(goes_to(end(&lead)).await, "/teams/payments?done=ended");
    assert_eq!(goes_to(form("/teams/payments/tokens/end", &lead, "x=y")).await, "/teams/payments?problem=no-token");
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.status, 401);
}
