//! The description says exactly what there is, and answers look as it says.

use super::{Bench, get, post};
use crate::http::api;
use crate::http::conditional::OF_THE_MOMENT;
use klamm_model::Scope;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::time::Duration;

pub(super) fn document() -> Value {
    serde_json::from_str(api::OPENAPI).unwrap()
}

pub(super) fn at<'a>(document: &'a Value, reference: &str) -> &'a Value {
    document.pointer(reference.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let routes: BTreeSet<(String, String)> =
        api::routes().listed.iter().map(|route| (route.path.to_owned(), route.method.to_lowercase())).collect();
    let document = document();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| *key != "parameters")
                .map(|key| (path.clone(), key.clone()))
        })
        .collect();
    assert_eq!(described, routes);
}

#[test]
fn every_reference_leads_somewhere_and_every_path_parameter_is_declared() {
    fn walk(document: &Value, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    at(document, reference);
                }
                fields.values().for_each(|field| walk(document, field));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(document, item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = document();
    walk(&document, &document);
    for (path, methods) in document["paths"].as_object().unwrap() {
        let in_path: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let declared: BTreeSet<&str> = methods["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| at(&document, parameter["$ref"].as_str().unwrap())["name"].as_str().unwrap())
            .collect();
        assert_eq!(in_path, declared, "{path}");
    }
}

#[test]
fn reads_about_clusters_are_described_as_conditional() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths {
        let Some(read) = methods.get("get") else { continue };
        let is_of_the_moment = OF_THE_MOMENT.contains(&path.as_str());
        let about_clusters = path.starts_with("/api/v1/clusters") || path.starts_with("/api/v1/search");
        let is_conditional = about_clusters && !is_of_the_moment;
        let asks = read["parameters"].as_array().into_iter().flatten();
        let asks = asks.filter(|one| one["$ref"] == "#/components/parameters/ifNoneMatch").count();
        let tells = read.pointer("/responses/200/headers/ETag").is_some() && !read["responses"]["304"].is_null();
        assert_eq!((asks, tells), (usize::from(is_conditional), is_conditional), "{path}");
    }
}

#[tokio::test]
async fn answers_look_as_described() {
    let bench = Bench::with_people().await;
    let (_, token) = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    let dev = bench.sign_in("dev").await;
    let document = document();
    let mut checked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(schema) = methods.pointer("/get/responses/200/content/application~1json/schema") else { continue };
        // These have tests below, because there has to be one first.
        if ["/api/v1/requests/{id}", "/api/v1/credentials/{id}", "/api/v1/credentials/{id}/uses"]
            .contains(&path.as_str())
        {
            continue;
        }
        // Which number it is about has to be said; this has tests of its own.
        if path.ends_with("/series") {
            continue;
        }
        // And these are for operators.
        if path == "/api/v1/people" || path.starts_with("/api/v1/webhooks") {
            continue;
        }
        let path = path
            .replace("{person}", "dev")
            .replace("{team}", "payments")
            .replace("{namespace}", "kafka")
            .replace("{name}", "demo")
            .replace("{topic}", "sample-topic")
            .replace("{id}", "1")
            .replace("{group}", "payments.readers")
            .replace("{operation}", "upgrade-421");
        let answer = bench.send(get(&path).of(&dev)).await;
        assert_eq!(answer.status, 200, "{path}");
        check(&document, schema, &answer.json(), &path);
        checked += 1;
    }
    assert_eq!(checked, 33);
    let wish = r#"{"label":"x","scopes":["read"],"expiresInSeconds":60}"#;
    let made = bench.send(post("/api/v1/tokens").change_of(&dev).json(wish)).await.json();
    check(&document, at(&document, "#/components/schemas/NewToken"), &made, "new token");
    let me = bench.send(get("/api/v1/me").bearer(&token)).await.json();
    check(&document, at(&document, "#/components/schemas/Me"), &me, "me");
    let lost = "/api/v1/clusters/kafka/demo/placement?topic=sample-topic&lose=broker:2";
    let lost = bench.send(get(lost).bearer(&token)).await.json();
    check(&document, at(&document, "#/components/schemas/Placement"), &lost, "placement");
    let found = bench.send(get("/api/v1/search?q=e").bearer(&token)).await.json();
    assert!(["topics", "groups", "brokers"].iter().all(|kind| found[kind]["total"] != 0), "{found}");
    check(&document, at(&document, "#/components/schemas/SearchResult"), &found, "search");
    let silent = bench.send(get("/api/v1/clusters/kafka/silent").bearer(&token)).await.json();
    check(&document, at(&document, "#/components/schemas/ClusterOverview"), &silent, "silent");
    let wish = r#"{"kind":"topicCreate","cluster":{"namespace":"kafka","name":"demo"},"team":"payments","spec":{"topicName":"payments.new","config":{"retention.ms":1}}}"#;
    let verdict = bench.send(post("/api/v1/policies/try").bearer(&token).json(wish)).await.json();
    check(&document, at(&document, "#/components/schemas/WishVerdict"), &verdict, "verdict");
    assert_eq!(verdict["outcome"], "refused", "without rules nothing may be asked for: {verdict}");
    bench
        .portal
        .take_policies(Ok("[environments.dev]\nkinds.topicCreate = { ask = [\"ownerTeam\"] }\nquota.topics = 9"));
    let wish = r#"{"kind":"topicCreate","cluster":"kafka/demo","team":"payments","spec":{"topicName":"payments.new","partitions":3}}"#;
    let made = bench.send(post("/api/v1/requests").change_of(&dev).json(wish)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    check(&document, at(&document, "#/components/schemas/Request"), &made, "new request");
    let path = format!("/api/v1/requests/{}", made["id"].as_str().unwrap());
    let text = r#"{"text":"for the new shop"}"#;
    let said = bench.send(post(&format!("{path}/comments")).change_of(&dev).json(text)).await.json();
    check(&document, at(&document, "#/components/schemas/Request"), &said, "request with a comment");
    let own = format!(r#"{{"hash":{}}}"#, made["hash"]);
    assert_eq!(bench.send(post(&format!("{path}/approve")).change_of(&dev).json(own.clone())).await.status, 403);
    let lead = bench.sign_in("lead").await;
    let agreed = bench.send(post(&format!("{path}/approve")).change_of(&lead).json(own)).await.json();
    check(&document, at(&document, "#/components/schemas/Request"), &agreed, "approved request");
    assert_eq!(agreed["state"], "approved");
    let audit = bench.send(get("/api/v1/audit?decision=denied").bearer(&token)).await.json();
    check(&document, at(&document, "#/components/schemas/AuditPage"), &audit, "audit");
    assert_eq!((&audit["total"], &audit["items"][0]["request"]), (&1.into(), &made["id"]));
    let lines = bench.send(get("/api/v1/audit/export.csv").bearer(&token)).await;
    assert!(lines.body.starts_with("id,at,actor,") && lines.body.contains("\"ownRequest\""), "{}", lines.body);
    let operator = bench.sign_in("operator").await;
    let people = bench.send(get("/api/v1/people").of(&operator)).await.json();
    check(&document, at(&document, "#/components/schemas/PersonPage"), &people, "people");
    let made = bench.send(post("/api/v1/people").change_of(&operator).json(r#"{"name":"eve"}"#)).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (201, "no-store"));
    check(&document, at(&document, "#/components/schemas/IssuedPassword"), &made.json(), "new person");
    let team = bench.send(post("/api/v1/teams").change_of(&operator).json(r#"{"name":"shipping"}"#)).await.json();
    check(&document, at(&document, "#/components/schemas/TeamDetail"), &team, "new team");
    let credentials = bench.send(get("/api/v1/credentials").of(&operator)).await.json();
    let first = &credentials["items"][0];
    let one = format!("/api/v1/credentials/{}", first["id"].as_str().unwrap());
    let one = bench.send(get(&one).of(&operator)).await.json();
    check(&document, at(&document, "#/components/schemas/Credential"), &one, "credential");
    let uses = format!("/api/v1/credentials/{}/uses", first["id"].as_str().unwrap());
    let uses = bench.send(get(&uses).of(&operator)).await.json();
    check(&document, at(&document, "#/components/schemas/CredentialUses"), &uses, "uses of a credential");
    let refusal = bench.send(get("/api/v1/nothing").bearer(&token)).await.json();
    check(&document, at(&document, "#/components/schemas/Problem"), &refusal, "problem");
}

/// Holds an answer to a schema of the description.
pub(super) fn looks_like(schema: &str, answer: &Value) {
    let document = document();
    check(&document, at(&document, &format!("#/components/schemas/{schema}")), answer, schema);
}

/// As much of JSON Schema as the description uses.
pub(super) fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return check(document, at(document, reference), value, place);
    }
    let is = |kind: &str| match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{place}: unknown type {other}"),
    };
    let fits = match &schema["type"] {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap())),
        other => panic!("{place}: no type but {other}"),
    };
    assert!(fits, "{place}: {value} is no {}", schema["type"]);
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array) {
        assert!(allowed.contains(value), "{place}: {value} is none of {allowed:?}");
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{place}[{i}]"));
    }
    if let Some(fields) = value.as_object() {
        check_fields(document, schema, fields, place);
    }
}

fn check_fields(document: &Value, schema: &Value, fields: &Map<String, Value>, place: &str) {
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        let required = required.as_str().unwrap();
        assert!(fields.contains_key(required), "{place}: {required} is missing");
    }
    let Some(known) = schema.get("properties").and_then(Value::as_object) else {
        if let Some(rest) = schema.get("additionalProperties") {
            fields.iter().for_each(|(name, field)| check(document, rest, field, &format!("{place}.{name}")));
        }
        return;
    };
    for (name, field) in fields {
        let schema = known.get(name).unwrap_or_else(|| panic!("{place}: {name} is not described"));
        check(document, schema, field, &format!("{place}.{name}"));
    }
}
