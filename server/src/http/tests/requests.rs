//! Requests that are there: who gets at them, and what hostile words and bodies come to.

use super::{Bench, ORIGIN, PASSWORD, Visitor, get, post};
use klamm_model::{PersonName, Role, Scope};
use klamm_portal::{Asker, NewUser, Password};
use klamm_store::TeamRole;
use serde_json::{Value, json};
use std::{fmt::Write, time::Duration};

const RULES: &str = r#"
[environments.dev]
kinds.topicCreate = { ask = ["ownerTeam"] }
[environments.dev.topics.allowed]
partitions = { max = 50 }
"#;

/// The people of the demo, and somebody of the team who may not approve, in the order of the columns.
const PEOPLE: [&str; 7] =
    ["payments-lead", "payments-dev", "payments-dev2", "orders-lead", "orders-dev", "operator", "operator2"];

async fn demo() -> Bench {
    let bench = Bench::new().await;
    for name in PEOPLE {
        let roles = if name.starts_with("operator") { [Role::Operator].into() } else { [].into() };
        let password = Password::new(PASSWORD.to_owned());
        let person: PersonName = name.parse().unwrap();
        bench.portal.add_user(Asker::Console, NewUser { name: person.clone(), password, roles }).await.unwrap();
        let Some((team, kind)) = name.split_once('-') else { continue };
        let team = team.parse().unwrap();
        if !bench.portal.teams(Asker::Console).await.unwrap().contains(&team) {
            bench.portal.add_team(Asker::Console, &team).await.unwrap();
        }
        let role = if kind == "lead" { TeamRole::Approver } else { TeamRole::Member };
        bench.portal.set_team_member(Asker::Console, &team, &person, role).await.unwrap();
    }
    bench.portal.take_policies(Ok(RULES));
    bench
}

fn wish(topic: &str) -> Value {
    json!({ "kind": "topicCreate", "cluster": "kafka/demo", "team": "payments", "spec": { "topicName": topic } })
}

async fn ask(bench: &Bench, token: &str, wish: &Value) -> Value {
    let answer = bench.send(post("/api/v1/requests").bearer(token).json(wish.to_string())).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

/// As it was last reviewed. Nobody decides what they asked for, and to another team it does not exist.
const REVIEWED: &str = "\
GET: 200 200 200 404 404 200 200
approve: 200 403 403 404 404 403 403
decline: 200 403 403 404 404 403 403
comments: 200 200 200 404 404 200 200
cancel: 200 200 200 404 404 200 200
retry: 409 409 409 404 404 409 409
submit: 403 409 403 404 404 403 403
";

#[tokio::test]
async fn every_demo_user_gets_at_a_request_as_reviewed() {
    let bench = demo().await;
    let hour = Duration::from_hours(1);
    let mut tokens = Vec::new();
    for name in PEOPLE {
        tokens.push(bench.token(name, &[Scope::Read, Scope::Write], hour).await.1);
    }
    let (mut table, mut number) = (String::new(), 0);
    for act in ["GET", "approve", "decline", "comments", "cancel", "retry", "submit"] {
        write!(table, "{act}:").unwrap();
        for token in &tokens {
            number += 1;
            let asked = ask(&bench, &tokens[1], &wish(&format!("payments.matrix{number}"))).await;
            let path = format!("/api/v1/requests/{}", asked["id"].as_str().unwrap());
            let request = match act {
                "GET" => get(&path),
                "approve" => post(&format!("{path}/approve")).json(json!({ "hash": asked["hash"] }).to_string()),
                "decline" => post(&format!("{path}/decline")).json(r#"{"reason":"no"}"#),
                "comments" => post(&format!("{path}/comments")).json(r#"{"text":"hm"}"#),
                other => post(&format!("{path}/{other}")),
            };
            let answer = bench.send(request.bearer(token)).await;
            write!(table, " {}", answer.status.as_u16()).unwrap();
        }
        table.push('\n');
    }
    assert_eq!(table, REVIEWED, "the matrix changed; review it and put it here:\n{table}");
}

/// In each of these a browser would find something to run.
const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</textarea></script><script>alert(1)</script>",
    "{{constructor.constructor('alert(1)')()}}<svg onload=alert(1)>",
];

fn is_harmless(page: &str) -> bool {
    // Tags that only a hostile word could have opened.
    !["<script>alert", "<img src=x", "<svg onload"].iter().any(|tag| page.contains(tag))
}

async fn look(bench: &Bench, who: &Visitor, path: &str, word: &str) {
    let page = bench.send(get(path).of(who).header("accept", "text/html")).await;
    assert_eq!(page.status, 200, "{path}");
    assert!(page.body.contains(word), "{path} does not tell {word}");
    assert!(is_harmless(&page.body), "{path}: {}", page.body);
}

#[tokio::test]
async fn words_made_to_break_html_are_shown_as_words_wherever_they_are_told() {
    let bench = demo().await;
    let (_, dev) = bench.token("payments-dev", &[Scope::Read, Scope::Write], Duration::from_hours(1)).await;
    let lead = bench.sign_in("payments-lead").await;
    for (number, words) in HOSTILE.into_iter().enumerate() {
        let mut wish = wish(&format!("payments.words{number}"));
        wish["reason"] = json!(words);
        wish["spec"]["description"] = json!(words);
        wish["spec"]["tags"] = json!([words]);
        wish["spec"]["config"] = json!({ "retention.ms": words, words: "1" });
        let asked = ask(&bench, &dev, &wish).await;
        let page = format!("/requests/{}", asked["id"].as_str().unwrap());
        let said = post(&format!("/api/v1{page}/comments")).bearer(&dev).json(json!({ "text": words }).to_string());
        assert_eq!(bench.send(said).await.status, 200);
        look(&bench, &lead, &page, "alert(1)").await;
        look(&bench, &lead, "/approvals", &format!("payments.words{number}")).await;
        let no = post(&format!("/api/v1{page}/decline")).change_of(&lead).json(json!({ "reason": words }).to_string());
        assert_eq!(bench.send(no).await.status, 200);
        look(&bench, &lead, &page, "alert(1)").await;
        look(&bench, &lead, "/requests", &format!("payments.words{number}")).await;
        look(&bench, &lead, "/audit", &format!("payments.words{number}")).await;
        // A form that is shown again tells what was typed.
        let typed = crate::http::door::encode(words);
        let again = format!(
            "/requests/new?kind=topicCreate&cluster=kafka/demo&team=payments&topic={typed}&reason={typed}&description={typed}"
        );
        let form = bench.send(get(&again).of(&lead).header("accept", "text/html")).await;
        assert!(form.status == 200 && is_harmless(&form.body), "{again}: {}", form.body);
    }
}

#[tokio::test]
async fn bodies_made_to_take_all_there_is_are_refused_and_yaml_is_never_read() {
    let bench = demo().await;
    let (_, dev) = bench.token("payments-dev", &[Scope::Read, Scope::Write], Duration::from_hours(1)).await;
    let send = async |kind: &str, body: String| {
        let answer = bench.send(post("/api/v1/requests").bearer(&dev).body(kind, body)).await;
        (answer.status.as_u16(), answer.problem())
    };
    let json = "application/json";
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n";
    let mut megabyte = wish("payments.large");
    megabyte["reason"] = json!("x".repeat(1 << 20));
    assert_eq!(send(json, megabyte.to_string()).await, (413, "too-large".to_owned()));
    for body in [bomb.to_owned(), format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)), "{\"spec\":".repeat(20_000)]
    {
        assert_eq!(send(json, body).await, (422, "invalid".to_owned()));
    }
    assert_eq!(send("application/yaml", bomb.to_owned()).await, (422, "invalid".to_owned()));
    let mut as_spec = wish("payments.bomb");
    as_spec["spec"] = json!(bomb);
    assert_eq!(send(json, as_spec.to_string()).await, (422, "invalid".to_owned()));
    let dev_browser = bench.sign_in("payments-dev").await;
    let form = format!("csrf={}&reason={}", dev_browser.csrf, "x".repeat(1 << 20));
    let form = post("/requests").of(&dev_browser).origin(ORIGIN).form(form);
    assert_eq!(bench.send(form).await.problem(), "too-large");

    // As words, it is words: what is written out as YAML reads back as one text.
    let mut as_words = wish("payments.words");
    as_words["spec"]["description"] = json!(bomb.trim().replace('\n', " "));
    let asked = ask(&bench, &dev, &as_words).await;
    let manifest: Value = serde_saphyr::from_str(asked["manifest"].as_str().unwrap()).unwrap();
    assert_eq!(manifest["metadata"]["annotations"]["klamm.dev/description"], as_words["spec"]["description"]);
}
