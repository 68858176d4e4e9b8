//! Sessions over HTTP: listed, named by what gives nothing away, and ended, their event streams included.

use super::{Ask, Bench, ORIGIN, PASSWORD, Visitor, ask, get, post};
use serde_json::{Value, json};

impl Bench {
    /// Signs in with a browser of that name.
    async fn sign_in_with(&self, name: &str, agent: &str) -> Visitor {
        let body = json!({"username": name, "password": PASSWORD}).to_string();
        let answer = self.send(post("/api/v1/session").origin(ORIGIN).header("user-agent", agent).json(body)).await;
        let csrf = answer.json()["csrfToken"].as_str().unwrap().to_owned();
        Visitor { cookie: answer.cookie().unwrap(), csrf }
    }

    async fn sessions(&self, path: &str, visitor: &Visitor) -> Vec<Value> {
        let answer = self.send(get(path).of(visitor)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["items"].as_array().unwrap().clone()
    }

    async fn is_in(&self, visitor: &Visitor) -> bool {
        self.send(get("/api/v1/me").of(visitor)).await.status == 200
    }
}

fn end(path: &str, visitor: &Visitor) -> Ask {
    ask("DELETE", path).change_of(visitor)
}

fn id_of(session: &Value) -> String {
    session["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn sessions_are_listed_with_their_browsers_and_ended_one_by_one_or_all_others() {
    let bench = Bench::with_people().await;
    let here = bench.sign_in_with("dev", &format!("Firefox/140 {}", "x".repeat(500))).await;
    let (second, third) = (bench.sign_in_with("dev", "curl/8").await, bench.sign_in("dev").await);
    let listed = bench.sessions("/api/v1/sessions", &here).await;
    assert_eq!(listed.len(), 3);
    let current: Vec<_> = listed.iter().filter(|session| session["current"] == true).collect();
    assert!(current.len() == 1 && current[0]["agent"].as_str().unwrap().len() == 200, "{listed:?}");
    let curl = listed.iter().find(|session| session["agent"] == "curl/8").unwrap();
    // Neither the cookie nor its whole digest.
    let secret = here.cookie.split('=').nth(1).unwrap();
    assert!(id_of(curl).len() == 30 && !listed.iter().any(|session| session.to_string().contains(secret)));

    let path = format!("/api/v1/sessions/{}", id_of(curl));
    assert_eq!(bench.send(end(&path, &here)).await.status, 204);
    assert_eq!((bench.is_in(&second).await, bench.is_in(&third).await), (false, true));
    assert_eq!(bench.send(end(&path, &here)).await.problem(), "not-found");
    assert_eq!(bench.send(end("/api/v1/sessions", &here)).await.status, 204);
    assert_eq!((bench.is_in(&here).await, bench.is_in(&third).await), (true, false));
}

#[tokio::test]
async fn somebody_elses_session_does_not_exist_but_for_operators() {
    let bench = Bench::with_people().await;
    let (dev, lead) = (bench.sign_in("dev").await, bench.sign_in("lead").await);
    let operator = bench.sign_in("operator").await;
    let id = id_of(&bench.sessions("/api/v1/sessions", &dev).await[0]);
    let refused = bench.send(end(&format!("/api/v1/sessions/{id}"), &lead)).await;
    let unknown = bench.send(end("/api/v1/sessions/ses_00000000000000000000000000", &lead)).await;
    assert_eq!((refused.status.as_u16(), unknown.status.as_u16()), (404, 404));
    assert!(bench.is_in(&dev).await);
    assert_eq!(bench.send(get("/api/v1/people/dev/sessions").of(&lead)).await.problem(), "not-found");
    let seen = bench.sessions("/api/v1/people/dev/sessions", &operator).await;
    assert_eq!((id_of(&seen[0]), &seen[0]["current"]), (id.clone(), &json!(false)));
    assert_eq!(bench.send(end(&format!("/api/v1/sessions/{id}"), &operator)).await.status, 204);
    assert!(!bench.is_in(&dev).await);
    let again = bench.sign_in("dev").await;
    assert_eq!(bench.send(end("/api/v1/people/dev/sessions", &operator)).await.status, 204);
    assert!(!bench.is_in(&again).await && bench.is_in(&operator).await);
}

#[tokio::test]
async fn forms_end_what_is_ticked_and_all_others() {
    let bench = Bench::with_people().await;
    let (here, there) =
        (bench.sign_in("dev").await, bench.sign_in_with("dev", "Mozilla/5.0 (X11; Linux) Firefox/140").await);
    let page = bench.send(get("/sessions").of(&here)).await.body;
    assert!(page.contains("You are signed in with 2 browsers") && page.contains("Firefox on Linux"), "{page}");
    let form = |path: &str, who: &Visitor, fields: &str| {
        post(path).of(who).origin(ORIGIN).form(format!("csrf={}&{fields}", who.csrf))
    };
    let listed = bench.sessions("/api/v1/sessions", &here).await;
    let other = id_of(listed.iter().find(|session| session["current"] == false).unwrap());
    let leads_to = async |ask: Ask| bench.send(ask).await.header("location").to_owned();
    assert_eq!(leads_to(form("/sessions", &here, "act=ticked")).await, "/sessions?problem=none");
    assert_eq!(leads_to(form("/sessions", &here, &format!("take={other}&act=ticked"))).await, "/sessions?done=ended");
    assert!(!bench.is_in(&there).await);
    assert_eq!(leads_to(form("/sessions", &here, &format!("take={other}&act=ticked"))).await, "/sessions?problem=some");
    let there = bench.sign_in("dev").await;
    assert_eq!(leads_to(form("/sessions", &here, "act=all")).await, "/sessions?done=ended");
    assert_eq!((bench.is_in(&here).await, bench.is_in(&there).await), (true, false));

    let operator = bench.sign_in("operator").await;
    assert!(bench.send(get("/people/dev").of(&operator)).await.body.contains("/people/dev/sessions"));
    assert_eq!(leads_to(form("/people/dev/sessions", &operator, "act=all")).await, "/people/dev?done=ended");
    assert!(!bench.is_in(&here).await);
    assert_eq!(leads_to(form("/people/operator/sessions", &operator, "act=all")).await, "/people/operator?done=ended");
    assert!(bench.is_in(&operator).await, "the one that asks stays");
    let lead = bench.sign_in("lead").await;
    assert_eq!(
        leads_to(form("/people/operator/sessions", &lead, "act=all")).await,
        "/people/operator?problem=forbidden"
    );
    assert_eq!(leads_to(get("/people/dev/sessions").of(&operator)).await, "/people/dev");
}
