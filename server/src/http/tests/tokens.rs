//! API tokens over HTTP: who makes, sees and ends them, and that a new one is shown once and kept nowhere.

use super::{Answer, Ask, Bench, ORIGIN, Visitor, ask, get, post};
use klamm_model::{PersonName, Scope};
use klamm_portal::Asker;
use klamm_store::AuditFilter;
use serde_json::{Value, json};
use std::time::Duration;

const LIST: &str = "/api/v1/tokens";

fn wish() -> Value {
    json!({"label": "laptop", "scopes": ["read"], "expiresInSeconds": 3600})
}

fn make(visitor: &Visitor, wish: &Value) -> Ask {
    post(LIST).change_of(visitor).json(wish.to_string())
}

fn end(id: &str) -> Ask {
    ask("DELETE", &format!("{LIST}/{id}"))
}

/// The form of the page, as a browser sends it.
fn form(visitor: &Visitor, id: &str, label: &str) -> Ask {
    let label = crate::http::door::encode(label);
    let fields = format!("csrf={}&id={id}&label={label}&access=readWrite&days=30", visitor.csrf);
    post("/tokens").of(visitor).origin(ORIGIN).header("accept", "text/html").form(fields)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The id that the form of a page carries.
fn form_id(page: &Answer) -> String {
    let form = page.body.split("action=\"/tokens\"").nth(1).unwrap();
    let id = form.split("name=\"id\" value=\"").nth(1).unwrap();
    id.split('"').next().unwrap().to_owned()
}

/// The token in a page.
fn token_in(page: &Answer) -> Option<&str> {
    let at = page.body.find("<code>klamm_")? + "<code>".len();
    page.body[at..].split('<').next()
}

impl Bench {
    async fn listed(&self, visitor: &Visitor) -> Value {
        self.send(get(LIST).of(visitor)).await.json()
    }

    async fn whole_audit(&self) -> String {
        let filter = AuditFilter { limit: 1000, ..AuditFilter::default() };
        format!("{:?}", self.store.audit(&filter).await.unwrap())
    }

    /// Everything that is kept.
    fn whole_database(&self) -> String {
        self.database.everything().unwrap()
    }
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_refused_once_it_is_ended() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let answer = bench.send(make(&dev, &wish())).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (201, "no-store"));
    let made = answer.json();
    let (id, token) = (text(&made["id"]), text(&made["token"]));
    assert!(token.starts_with("klamm_") && id.starts_with("tok_"));
    assert_eq!(made["expiresAt"].as_i64().unwrap() - made["createdAt"].as_i64().unwrap(), 3_600_000);

    let list = bench.listed(&dev).await;
    let item = &list["items"][0];
    assert_eq!((&list["total"], &list["nextCursor"]), (&1.into(), &Value::Null));
    assert_eq!((&item["id"], &item["label"], &item["scopes"]), (&json!(id), &json!("laptop"), &json!(["read"])));
    assert_eq!((&item["state"], &item["lastUsedAt"]), (&json!("working"), &Value::Null));
    assert_eq!(item["allowedActions"], json!(["view", "remove"]));
    assert!(item.get("token").is_none());

    let me = bench.send(get("/api/v1/me").bearer(&token)).await.json();
    assert_eq!((&me["name"], &me["kind"], &me["scopes"]), (&json!("dev"), &json!("token"), &json!(["read"])));
    assert!(bench.listed(&dev).await["items"][0]["lastUsedAt"].is_i64());

    let ended = bench.send(end(&id).change_of(&dev)).await;
    assert_eq!((ended.status.as_u16(), ended.body.as_str()), (204, ""));
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.problem(), "unauthenticated");
    let item = bench.listed(&dev).await["items"][0].clone();
    assert_eq!((&item["state"], &item["allowedActions"]), (&json!("revoked"), &json!(["view"])));
    let again = bench.send(end(&id).change_of(&dev)).await;
    assert_eq!(again.status, 204, "ending twice changes nothing");
    assert_eq!(bench.listed(&dev).await["items"][0]["revokedAt"], item["revokedAt"]);

    assert!(!bench.whole_audit().await.contains(&token));
    assert!(bench.whole_database().contains("laptop") && !bench.whole_database().contains(&token));
}

#[tokio::test]
async fn a_repeated_request_makes_another_token_because_none_is_kept_for_a_replay() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let send = async || bench.send(make(&dev, &wish()).header("idempotency-key", "one")).await.json();
    let (first, second) = (send().await, send().await);
    assert_ne!(first["id"], second["id"]);
    assert_ne!(first["token"], second["token"]);
}

#[tokio::test]
async fn another_site_makes_and_ends_nothing() {
    let bench = Bench::with_people().await;
    let (dev, lead) = (bench.sign_in("dev").await, bench.sign_in("lead").await);
    let id = text(&bench.send(make(&dev, &wish())).await.json()["id"]);
    let made = || post(LIST).of(&dev).json(wish().to_string());
    let ended = || end(&id).of(&dev);
    let sent = |csrf: &str| {
        let fields = format!("csrf={csrf}&id={id}&label=x&access=read&days=1");
        [post("/tokens").of(&dev).form(fields.clone()), post("/tokens/end").of(&dev).form(fields)]
    };
    let [made_by_form, ended_by_form] = sent(&dev.csrf).map(|form| form.origin("https://evil.example"));
    let [made_without_token, ended_without_token] = sent("x").map(|form| form.origin(ORIGIN));
    for (what, request) in [
        ("made without origin", made().header("x-csrf-token", &dev.csrf)),
        ("made without token", made().origin(ORIGIN)),
        ("made with another's token", made().origin(ORIGIN).header("x-csrf-token", &lead.csrf)),
        ("made from elsewhere", made().header("x-csrf-token", &dev.csrf).origin("https://evil.example")),
        ("ended without token", ended().origin(ORIGIN)),
        ("ended from elsewhere", ended().header("x-csrf-token", &dev.csrf).origin("https://evil.example")),
        ("made by a form from elsewhere", made_by_form),
        ("ended by a form from elsewhere", ended_by_form),
        ("made by a form without token", made_without_token),
        ("ended by a form without token", ended_without_token),
    ] {
        let answer = bench.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (403, "foreign-origin"), "{what}");
    }
    let list = bench.listed(&dev).await;
    assert_eq!((&list["total"], &list["items"][0]["state"]), (&1.into(), &json!("working")));
}

#[tokio::test]
async fn a_leaked_token_neither_breeds_nor_sees_nor_ends_others() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let hour = Duration::from_hours(1);
    let (id, reading) = bench.token("dev", &[Scope::Read], hour).await;
    let (_, writing) = bench.token("dev", &[Scope::Read, Scope::Write], hour).await;
    for token in [&reading, &writing] {
        for request in [
            get(LIST).bearer(token),
            post(LIST).bearer(token).json(wish().to_string()),
            end(id.as_str()).bearer(token),
            end("tok_00000000000000000000000000").bearer(token),
        ] {
            let answer = bench.send(request).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (403, "forbidden"));
            assert!(answer.body.contains("No token may do this"), "{}", answer.body);
        }
        // Pages and their forms do not know tokens at all.
        assert_eq!(bench.send(get("/tokens").bearer(token)).await.status, 303);
        let fields = "id=tok_01kb4xyz0123456789abcdefgh&label=x&access=read&days=1";
        assert_eq!(bench.send(post("/tokens").bearer(token).form(fields)).await.status, 401);
    }
    assert_eq!(bench.listed(&dev).await["total"], 2);
    assert_eq!(bench.send(get("/api/v1/me").bearer(&reading)).await.status, 200);
    assert_eq!(bench.whole_audit().await.matches("sessionOnly").count(), 8);
}

#[tokio::test]
async fn somebody_elses_token_does_not_exist() {
    let bench = Bench::with_people().await;
    let (dev, operator) = (bench.sign_in("dev").await, bench.sign_in("operator").await);
    let made = bench.send(make(&dev, &wish())).await.json();
    let (id, token) = (text(&made["id"]), text(&made["token"]));
    let mut told = Vec::new();
    for id in [id.as_str(), "tok_00000000000000000000000000", "1", "%3Cscript%3E", "tok_%00"] {
        let answer = bench.send(end(id).change_of(&operator)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (404, "not-found"), "{id}");
        told.push(answer.body.replace(id, "…"));
    }
    assert_eq!(told[0], told[1], "one that is another's reads like one that is not");
    let fields = format!("csrf={}&id={id}", operator.csrf);
    let by_form = bench.send(post("/tokens/end").of(&operator).origin(ORIGIN).form(fields)).await;
    assert_eq!(by_form.header("location"), "/tokens?problem=no-such");
    assert_eq!(bench.listed(&operator).await["total"], 0);
    let page = bench.send(get(&format!("/tokens?ended={id}")).of(&operator)).await;
    assert!(!page.body.contains("laptop"), "not even its label is told");
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_a_token_is_named_and_refused() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let with = |key: &str, value: Value| {
        let mut wish = wish();
        wish[key] = value;
        wish
    };
    for (wish, word) in [
        (with("label", json!("")), "label"),
        (with("label", json!("   ")), "label"),
        (with("label", json!("x".repeat(101))), "label"),
        (with("label", json!("two\nlines")), "label"),
        (with("label", Value::Null), "body"),
        (with("scopes", json!([])), "scopes"),
        (with("scopes", json!(["admin"])), "scopes"),
        (with("scopes", json!(["read", "READ"])), "scopes"),
        (with("scopes", json!("read")), "body"),
        (with("expiresInSeconds", json!(0)), "expiresInSeconds"),
        (with("expiresInSeconds", json!(366 * 24 * 3600 + 1)), "expiresInSeconds"),
        (with("expiresInSeconds", json!(u64::MAX)), "expiresInSeconds"),
        (with("expiresInSeconds", json!(-1)), "body"),
        (with("expiresInSeconds", json!("3600")), "body"),
        (with("person", json!("operator")), "body"),
        (with("id", json!("tok_01kb4xyz0123456789abcdefgh")), "body"),
        (json!({"label": "x", "scopes": ["read"]}), "body"),
    ] {
        let answer = bench.send(make(&dev, &wish)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid"), "{wish}");
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(word), "{wish}: {}", answer.body);
    }
    for (query, word) in [("limit=0", "limit"), ("sort=name", "sort"), ("order=up", "order"), ("cursor=x", "cursor")] {
        let answer = bench.send(get(&format!("{LIST}?{query}")).of(&dev)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid"), "{query}");
        assert!(answer.body.contains(word), "{query}: {}", answer.body);
    }
    assert_eq!(bench.listed(&dev).await["total"], 0);
    let longest = with("expiresInSeconds", json!(366 * 24 * 3600));
    assert_eq!(bench.send(make(&dev, &with("label", json!("x".repeat(100))))).await.status, 201);
    assert_eq!(bench.send(make(&dev, &longest)).await.status, 201);
    let first = bench.send(get(&format!("{LIST}?limit=1")).of(&dev)).await.json();
    let next = format!("{LIST}?limit=1&cursor={}", text(&first["nextCursor"]));
    let rest = bench.send(get(&next).of(&dev)).await.json();
    assert_eq!((&rest["total"], &rest["nextCursor"]), (&2.into(), &Value::Null));
    assert_ne!(rest["items"][0]["id"], first["items"][0]["id"]);
}

#[tokio::test]
async fn tokens_of_somebody_who_is_shut_out_stop_at_once() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let token = text(&bench.send(make(&dev, &wish())).await.json()["token"]);
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.status, 200);
    bench.portal.disable_user(Asker::Console, &PersonName::new("dev").unwrap()).await.unwrap();
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.problem(), "unauthenticated");
    assert_eq!(bench.send(make(&dev, &wish())).await.problem(), "unauthenticated");
}

#[tokio::test]
async fn a_form_makes_a_token_and_its_answer_alone_shows_it() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let page = bench.send(get("/tokens").of(&dev)).await;
    assert!(page.body.contains("You have no API token yet") && token_in(&page).is_none());
    let id = form_id(&page);

    let answer = bench.send(form(&dev, &id, "<b>laptop</b> & co")).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    assert_eq!(answer.header("location"), "");
    assert!(answer.header("content-security-policy").contains("'nonce-"));
    assert!(!answer.body.contains("<b>laptop"), "a label became markup");
    let token = token_in(&answer).unwrap().to_owned();
    assert!(answer.body.contains(&format!("{ORIGIN}/api/v1/me")), "the example leads here");
    let me = bench.send(get("/api/v1/me").bearer(&token)).await.json();
    assert_eq!((&me["name"], &me["scopes"]), (&json!("dev"), &json!(["read", "write"])));

    let list = bench.listed(&dev).await;
    assert_eq!((&list["total"], &list["items"][0]["id"]), (&1.into(), &json!(id)));
    for path in ["/tokens", "/api/fn/tokens", LIST] {
        let later = bench.send(get(path).of(&dev)).await;
        assert!(later.status == 200 && !later.body.contains(&token), "{path} shows it again");
    }
    // What a reload sends makes nothing, and shows nothing.
    let again = bench.send(form(&dev, &id, "laptop")).await;
    assert_eq!((again.status.as_u16(), again.header("location")), (303, "/tokens?problem=sent-twice"));
    assert_eq!(bench.listed(&dev).await["total"], 1);
    assert!(!bench.whole_database().contains(&token) && !bench.whole_audit().await.contains(&token));
}

#[tokio::test]
async fn a_form_ends_a_token_and_says_which() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let made = bench.send(make(&dev, &wish())).await.json();
    let (id, token) = (text(&made["id"]), text(&made["token"]));
    let page = bench.send(get("/tokens").of(&dev)).await;
    assert!(page.body.contains("End “laptop”?") && page.body.contains(&format!("value=\"{id}\"")));
    let fields = format!("csrf={}&id={id}", dev.csrf);
    let answer = bench.send(post("/tokens/end").of(&dev).origin(ORIGIN).form(fields)).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, format!("/tokens?ended={id}").as_str()));
    assert_eq!(bench.send(get("/api/v1/me").bearer(&token)).await.status, 401);
    let page = bench.send(get(answer.header("location")).of(&dev)).await;
    assert!(page.body.contains("“laptop” no longer works"), "{}", page.body);
    assert_eq!(bench.send(get("/tokens/end").of(&dev)).await.header("location"), "/tokens");
}

#[tokio::test]
async fn a_form_that_cannot_be_says_so_on_the_page_and_repeats_nothing() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let id = form_id(&bench.send(get("/tokens").of(&dev)).await);
    let csrf = &dev.csrf;
    for fields in [
        format!("csrf={csrf}"),
        format!("csrf={csrf}&id={id}&label=%20&access=read&days=1"),
        format!("csrf={csrf}&id={id}&label=x&access=admin&days=1"),
        format!("csrf={csrf}&id={id}&label=x&access=read&days=0"),
        format!("csrf={csrf}&id={id}&label=x&access=read&days=367"),
        format!("csrf={csrf}&id={id}&label=x&access=read&days=99999999999"),
        format!("csrf={csrf}&id=mine&label=x&access=read&days=1"),
    ] {
        let answer = bench.send(post("/tokens").of(&dev).origin(ORIGIN).form(fields.clone())).await;
        assert_eq!(answer.header("location"), "/tokens?problem=invalid", "{fields}");
    }
    let page = bench.send(get("/tokens?problem=%3Cscript%3Ealert(1)%3C/script%3E").of(&dev)).await;
    assert!(page.status == 200 && page.body.contains("That did not work") && !page.body.contains("<script>alert"));
    let nobody = bench.send(post("/tokens").origin(ORIGIN).header("accept", "text/html").form("label=x")).await;
    assert_eq!((nobody.status.as_u16(), nobody.header("content-type")), (401, "text/html; charset=utf-8"));
}

#[tokio::test]
async fn whoever_has_fifty_working_tokens_ends_one_first() {
    let bench = Bench::with_people().await;
    let dev = bench.sign_in("dev").await;
    let id = form_id(&bench.send(get("/tokens").of(&dev)).await);
    for _ in 0..50 {
        bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    }
    let answer = bench.send(make(&dev, &wish())).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (403, "forbidden"));
    assert!(answer.body.contains("There are 50 working tokens already"), "{}", answer.body);
    assert_eq!(bench.send(form(&dev, &id, "x")).await.header("location"), "/tokens?problem=full");
    let page = bench.send(get("/tokens").of(&dev)).await;
    assert!(page.body.contains("50 tokens of yours work, which is the most") && !page.body.contains("Make token<"));
}
