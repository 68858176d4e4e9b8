//! People and teams over HTTP: made, changed and refused, by forms as by the API.

use super::{Answer, Ask, Bench, ORIGIN, PASSWORD, Visitor, ask, get, post};
use klamm_model::{Role, Scope};
use klamm_store::TeamRole;
use serde_json::{Value, json};
use std::time::Duration;

fn change(method: &str, path: &str, visitor: &Visitor, body: &Value) -> Ask {
    ask(method, &format!("/api/v1{path}")).change_of(visitor).json(body.to_string())
}

/// A form of a page, as a browser sends it.
fn form(path: &str, visitor: &Visitor, fields: &str) -> Ask {
    let fields = format!("csrf={}&{fields}", visitor.csrf);
    post(path).of(visitor).origin(ORIGIN).header("accept", "text/html").form(fields)
}

impl Bench {
    async fn led_to(&self, ask: Ask) -> String {
        let answer = self.send(ask).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header("location").to_owned()
    }

    async fn try_sign_in(&self, name: &str, password: &str) -> Answer {
        let body = json!({"username": name, "password": password}).to_string();
        self.send(post("/api/v1/session").origin(ORIGIN).json(body)).await
    }

    async fn page(&self, path: &str, visitor: &Visitor) -> String {
        let answer = self.send(get(path).of(visitor)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}

#[tokio::test]
async fn whoever_is_let_in_signs_in_and_whoever_is_shut_out_does_not() {
    let bench = Bench::with_people().await;
    let operator = bench.sign_in("operator").await;
    let made = bench.send(change("POST", "/people", &operator, &json!({"name": "eve", "roles": ["auditor"]}))).await;
    let password = made.json()["password"].as_str().unwrap().to_owned();
    let again = bench.send(change("POST", "/people", &operator, &json!({"name": "Eve"}))).await;
    assert_eq!((again.status.as_u16(), again.problem().as_str()), (409, "conflict"));
    let eve = bench.try_sign_in("eve", &password).await;
    assert_eq!((eve.status.as_u16(), &eve.json()["roles"]), (200, &json!(["auditor"])));
    let cookie = eve.cookie().unwrap();

    let out = bench.send(change("PATCH", "/people/eve", &operator, &json!({"disabled": true}))).await;
    assert!(out.json()["disabledAt"].is_i64(), "{}", out.body);
    assert_eq!(bench.send(get("/api/v1/me").cookie(&cookie)).await.status, 401);
    assert_eq!(bench.try_sign_in("eve", &password).await.problem(), "wrong-credentials");
    let oneself = bench.send(change("PATCH", "/people/operator", &operator, &json!({"disabled": true}))).await;
    assert_eq!((oneself.status.as_u16(), oneself.problem().as_str()), (403, "forbidden"));
    let last = bench.send(change("PATCH", "/people/operator", &operator, &json!({"roles": []}))).await;
    assert_eq!((last.status.as_u16(), last.problem().as_str()), (409, "conflict"));
}

#[tokio::test]
async fn a_password_that_klamm_made_is_kept_for_no_repeat() {
    let bench = Bench::with_people().await;
    let operator = bench.sign_in("operator").await;
    let make = || change("POST", "/people", &operator, &json!({"name": "eve"})).header("idempotency-key", "k");
    let password = bench.send(make()).await.json()["password"].as_str().unwrap().to_owned();
    let again = bench.send(make()).await;
    assert_eq!((again.status.as_u16(), again.body.contains(&password)), (409, false));
}

#[tokio::test]
async fn what_cannot_be_is_named_and_refused() {
    let bench = Bench::with_people().await;
    let operator = bench.sign_in("operator").await;
    for (method, path, body, word) in [
        ("POST", "/people", json!({"name": "a b"}), "name"),
        ("POST", "/people", json!({"name": "team@payments"}), "name"),
        ("POST", "/people", json!({"name": "x", "password": "short"}), "password"),
        ("POST", "/people", json!({"name": "x", "roles": ["root"]}), "roles"),
        ("POST", "/people", json!({"name": "x", "admin": true}), "body"),
        ("PATCH", "/people/dev", json!({"roles": "operator"}), "body"),
        ("POST", "/people/dev/password", json!({"password": "short"}), "password"),
        ("POST", "/teams", json!({"name": "Payments"}), "name"),
        ("PUT", "/teams/payments/members/dev", json!({"role": "owner"}), "role"),
    ] {
        let answer = bench.send(change(method, path, &operator, &body)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid"), "{path} {body}");
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(word), "{body}: {}", answer.body);
    }
    for path in ["/people/a%20b", "/people/%3Cscript%3E", "/teams/A", "/teams/..%2F"] {
        assert_eq!(bench.send(get(&format!("/api/v1{path}")).of(&operator)).await.problem(), "not-found", "{path}");
    }
}

#[tokio::test]
async fn a_team_is_made_filled_and_removed_and_each_is_none_of_it_from_the_next_click_on() {
    let bench = Bench::with_people().await;
    bench.add("bob", &[], None).await;
    let (operator, bob) = (bench.sign_in("operator").await, bench.sign_in("bob").await);
    let made = bench.send(change("POST", "/teams", &operator, &json!({"name": "shipping"}))).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let seat = |role: &str| change("PUT", "/teams/shipping/members/bob", &operator, &json!({ "role": role }));
    assert_eq!(bench.send(seat("approver")).await.json()["approvers"], json!(["bob"]));
    let me = bench.send(get("/api/v1/me").of(&bob)).await.json();
    assert_eq!((&me["teams"], &me["approves"]), (&json!(["shipping"]), &json!(["shipping"])));
    let token = bench.token("bob", &[Scope::Read, Scope::Write], Duration::from_hours(1)).await.1;
    let add = ask("PUT", "/api/v1/teams/shipping/members/dev").bearer(&token).json(r#"{"role":"member"}"#);
    assert_eq!(bench.send(add).await.json()["members"], json!(["dev"]));

    let out = ask("DELETE", "/api/v1/teams/shipping/members/bob").change_of(&operator);
    assert_eq!(bench.send(out).await.status, 204);
    assert_eq!(bench.send(get("/api/v1/me").of(&bob)).await.json()["teams"], json!([]));
    let add = ask("DELETE", "/api/v1/teams/shipping/members/dev").bearer(&token);
    assert_eq!(bench.send(add).await.problem(), "forbidden", "his token is none of it either");
    let gone = bench.send(ask("DELETE", "/api/v1/teams/shipping").change_of(&operator)).await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    assert_eq!(bench.send(get("/api/v1/teams/shipping").of(&operator)).await.status, 404);
    let owning = bench.send(ask("DELETE", "/api/v1/teams/payments").change_of(&operator)).await;
    assert_eq!((owning.status.as_u16(), owning.problem().as_str()), (409, "conflict"));
    assert!(owning.body.contains("1 namespace (payments)"), "{}", owning.body);
}

#[tokio::test]
async fn forms_let_somebody_in_and_only_the_answer_shows_the_password() {
    let bench = Bench::with_people().await;
    let operator = bench.sign_in("operator").await;
    assert!(bench.page("/people", &operator).await.contains("Let somebody in"));
    let answer = bench.send(form("/people", &operator, "name=eve&password=&roles=auditor")).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    let at = answer.body.find("The password of eve:").unwrap();
    let shown = answer.body[at..].split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(bench.try_sign_in("eve", &shown).await.status, 200);
    assert!(!bench.page("/people", &operator).await.contains(&shown));
    // What a reload sends makes nothing, and shows nothing.
    let again = form("/people", &operator, "name=eve&password=&roles=auditor");
    assert_eq!(bench.led_to(again).await, "/people?problem=exists");
    assert!(bench.page("/people?problem=exists", &operator).await.contains("There is a person of that name"));

    let typed = form("/people", &operator, "name=sam&password=a+typed+password&roles=");
    assert_eq!(bench.led_to(typed).await, "/people/sam?done=made");
    assert_eq!(bench.try_sign_in("sam", "a typed password").await.status, 200);
    for (fields, word) in [("name=a+b", "name"), ("name=team%40x", "name"), ("name=x&password=short", "password")] {
        assert_eq!(bench.led_to(form("/people", &operator, fields)).await, format!("/people?problem={word}"));
    }
    let dev = bench.sign_in("dev").await;
    assert_eq!(bench.led_to(form("/people", &dev, "name=mallory")).await, "/people?problem=forbidden");
}

#[tokio::test]
async fn forms_change_somebody_and_want_the_name_before_shutting_them_out() {
    let bench = Bench::with_people().await;
    let operator = bench.sign_in("operator").await;
    let act = |act: &str, fields: &str| form(&format!("/people/dev/{act}"), &operator, fields);
    assert_eq!(bench.led_to(act("roles", "roles=operator+auditor")).await, "/people/dev?done=roles");
    assert_eq!(bench.store.person(&"dev".parse().unwrap()).await.unwrap().unwrap().roles, Role::ALL.into());
    assert_eq!(bench.led_to(act("disable", "confirm=lead")).await, "/people/dev?problem=confirm");
    assert_eq!(bench.led_to(act("disable", "confirm=dev")).await, "/people/dev?done=disabled");
    assert_eq!(bench.try_sign_in("dev", PASSWORD).await.status, 401);
    assert!(bench.page("/people/dev?done=disabled", &operator).await.contains("dev is shut out"));
    assert_eq!(bench.led_to(act("enable", "")).await, "/people/dev?done=enabled");
    assert_eq!(bench.try_sign_in("dev", PASSWORD).await.status, 200);
    let answer = bench.send(act("password", "password=")).await;
    assert!(answer.status == 200 && answer.body.contains("The password of dev:"), "{}", answer.body);
    assert_eq!(bench.try_sign_in("dev", PASSWORD).await.status, 401);
    assert_eq!(bench.led_to(act("password", "password=another+typed+one")).await, "/people/dev?done=password");

    let own = |fields: &str| form("/people/operator/disable", &operator, fields);
    assert_eq!(bench.led_to(own("confirm=operator")).await, "/people/operator?problem=forbidden");
    let page = bench.page("/people/operator", &operator).await;
    assert!(page.contains("Nobody shuts themselves out") && !page.contains("/people/operator/disable"));
    assert_eq!(bench.led_to(act("roles", "roles=")).await, "/people/dev?done=roles");
    let last = form("/people/operator/roles", &operator, "roles=");
    assert_eq!(bench.led_to(last).await, "/people/operator?problem=last");
    assert!(bench.page("/people/operator?problem=last", &operator).await.contains("Nobody else operates Klamm"));
    for path in ["/people/dev/disable", "/people/dev/nonsense"] {
        assert_eq!(bench.led_to(get(path).of(&operator)).await, "/people/dev");
    }
    let hostile = bench.page("/people/dev?problem=%3Cscript%3Ealert(1)%3C/script%3E", &operator).await;
    assert!(hostile.contains("could not be done") && !hostile.contains("<script>alert"));
}

#[tokio::test]
async fn a_teams_page_has_the_forms_that_whoever_looks_may_send() {
    let bench = Bench::with_people().await;
    bench.add("bob", &[], None).await;
    bench.add("second", &[], Some(TeamRole::Approver)).await;
    let [operator, lead, dev, bob] = [
        bench.sign_in("operator").await,
        bench.sign_in("lead").await,
        bench.sign_in("dev").await,
        bench.sign_in("bob").await,
    ];
    let page = bench.page("/teams/payments", &operator).await;
    assert!(page.contains("Make approvers") && page.contains("still owns 1 namespace (payments)"), "why it stays");
    let page = bench.page("/teams/payments", &lead).await;
    assert!(page.contains("Take dev") && !page.contains("Take second") && !page.contains("Make approvers"));
    assert!(!page.contains("Remove the team") && page.contains("href=\"/credentials?team=payments\""));
    let page = bench.page("/teams/payments", &dev).await;
    assert!(!page.contains("Add to the team") && page.contains("href=\"/clusters/kafka/demo\""));
    assert!(bench.page("/teams/payments", &bob).await.contains("not told to you"));

    let add = |who: &Visitor, person: &str, role: &str| {
        form("/teams/payments/add", who, &format!("person={person}&role={role}"))
    };
    assert_eq!(bench.led_to(add(&lead, "bob", "member")).await, "/teams/payments?done=seated");
    assert_eq!(bench.led_to(add(&lead, "bob", "approver")).await, "/teams/payments?problem=forbidden");
    assert_eq!(bench.led_to(add(&lead, "ghost", "member")).await, "/teams/payments?problem=nobody");
    let many = |who: &Visitor, fields: &str| form("/teams/payments/members", who, fields);
    assert_eq!(bench.led_to(many(&lead, "act=out")).await, "/teams/payments?problem=none");
    assert_eq!(bench.led_to(many(&lead, "take=bob&take=second&act=out")).await, "/teams/payments?problem=some");
    assert!(bench.page("/teams/payments", &dev).await.contains("second"), "an approver stays");
    assert!(!bench.page("/teams/payments", &dev).await.contains(">bob"));
    assert_eq!(bench.led_to(many(&operator, "take=second&act=member")).await, "/teams/payments?done=seated");

    assert_eq!(bench.led_to(form("/teams", &operator, "name=shipping")).await, "/teams/shipping?done=made");
    assert_eq!(bench.led_to(form("/teams", &operator, "name=Shipping")).await, "/teams?problem=name");
    assert_eq!(bench.led_to(form("/teams", &lead, "name=mine")).await, "/teams?problem=forbidden");
    let remove =
        |team: &str, confirm: &str| form(&format!("/teams/{team}/remove"), &operator, &format!("confirm={confirm}"));
    assert_eq!(bench.led_to(remove("shipping", "payments")).await, "/teams/shipping?problem=confirm");
    assert_eq!(bench.led_to(remove("payments", "payments")).await, "/teams/payments?problem=owns");
    assert_eq!(bench.led_to(remove("shipping", "shipping")).await, "/teams?done=removed");
}
