//! Webhooks over HTTP and on their page. That messages arrive is tried where they are sent.

use super::openapi::looks_like;
use super::{Bench, ORIGIN, get, post};
use klamm_model::{Role, Scope};
use klamm_portal::{Told, Webhook};
use std::time::Duration;

/// With a webhook `tickets`, whose address holds a secret.
async fn bench() -> Bench {
    let bench = Bench::with_people().await;
    bench.add("auditor", &[Role::Auditor], None).await;
    let url = "https://tickets.example.org/services/hush?key=hush";
    let secret = bench.folder.path().join("secret");
    let webhook = Webhook::new("tickets".parse().unwrap(), url, secret, None, None).unwrap();
    bench.portal.tell(Told { webhooks: vec![webhook], site: None });
    bench
}

#[tokio::test]
async fn operators_send_tests_and_send_again_and_auditors_read() {
    let bench = bench().await;
    let both = [Scope::Read, Scope::Write];
    let (_, operator) = bench.token("operator", &both, Duration::from_hours(1)).await;
    let (_, auditor) = bench.token("auditor", &both, Duration::from_hours(1)).await;
    let sent = bench.send(post("/api/v1/webhooks/tickets/test").bearer(&operator)).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    looks_like("Delivery", &sent.json());
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    let again = bench.send(post(&format!("/api/v1/webhooks/deliveries/{id}/retry")).bearer(&operator)).await;
    assert_eq!((again.status.as_u16(), again.json()["id"].as_str()), (200, Some(id.as_str())));
    looks_like("Delivery", &again.json());

    let webhooks = bench.send(get("/api/v1/webhooks").bearer(&auditor)).await;
    looks_like("WebhookPage", &webhooks.json());
    let one = &webhooks.json()["items"][0];
    assert_eq!((&one["origin"], &one["pending"]), (&"https://tickets.example.org".into(), &1.into()));
    assert_eq!(one["allowedActions"], serde_json::json!(["view"]));
    assert!(!webhooks.body.contains("hush"));
    let log = bench.send(get("/api/v1/webhooks/deliveries?webhook=tickets&state=pending").bearer(&auditor)).await;
    looks_like("DeliveryPage", &log.json());
    assert_eq!((&log.json()["total"], &log.json()["items"][0]["event"]), (&1.into(), &"test".into()));
    let none = bench.send(get("/api/v1/webhooks/deliveries?state=gaveUp").bearer(&auditor)).await;
    assert_eq!(none.json()["total"], 0);
    assert_eq!(bench.send(get("/api/v1/webhooks/deliveries?state=lost").bearer(&auditor)).await.problem(), "invalid");
    for path in ["/api/v1/webhooks/tickets/test", &format!("/api/v1/webhooks/deliveries/{id}/retry")] {
        assert_eq!(bench.send(post(path).bearer(&auditor)).await.problem(), "forbidden", "{path}");
    }
    for path in ["/api/v1/webhooks/none/test", "/api/v1/webhooks/No%20Name/test", "/api/v1/webhooks/deliveries/1/retry"]
    {
        assert_eq!(bench.send(post(path).bearer(&operator)).await.problem(), "not-found", "{path}");
    }
}

#[tokio::test]
async fn changes_by_cookie_need_our_origin_and_the_token() {
    let bench = bench().await;
    let operator = bench.sign_in("operator").await;
    for path in ["/api/v1/webhooks/tickets/test", "/webhooks/test", "/webhooks/retry"] {
        let body = "webhook=tickets";
        let foreign = post(path).of(&operator).origin("https://evil.example").header("x-csrf-token", &operator.csrf);
        assert_eq!(bench.send(foreign.form(body)).await.status, 403, "{path}");
        assert_eq!(bench.send(post(path).of(&operator).origin(ORIGIN).form(body)).await.status, 403, "{path}");
    }
    let log = bench.send(get("/api/v1/webhooks/deliveries").of(&operator)).await;
    assert_eq!(log.json()["total"], 0, "nothing was sent");
}

#[tokio::test]
async fn the_page_offers_to_operators_what_auditors_only_read() {
    let bench = bench().await;
    let (operator, auditor) = (bench.sign_in("operator").await, bench.sign_in("auditor").await);
    let test = format!("csrf={}&webhook=tickets", operator.csrf);
    let sent = bench.send(post("/webhooks/test").of(&operator).origin(ORIGIN).form(test)).await;
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/webhooks?sent=1&not=0"));
    let page = bench.send(get(sent.header("location")).of(&operator)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in ["Every webhook is told", "https://tickets.example.org", "Send a test", "Send again", "On the way"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("hush"));
    let id = page.body.split("value=\"dlv_").nth(1).unwrap().split('"').next().unwrap();
    let take = format!("csrf={}&take=dlv_{id}&take=dlv_00000000000000000000000000&take=x", operator.csrf);
    let again = bench.send(post("/webhooks/retry").of(&operator).origin(ORIGIN).form(take)).await;
    assert_eq!(again.header("location"), "/webhooks?sent=1&not=2");

    let page = bench.send(get("/webhooks?state=pending&webhook=tickets").of(&auditor)).await;
    assert!(page.body.contains("a test") && page.body.contains("1 of 1 delivery"), "{}", page.body);
    assert!(!page.body.contains("Send a test") && !page.body.contains("Send again"));
    let none = bench.send(get("/webhooks?state=gaveUp").of(&auditor)).await;
    assert!(none.body.contains("Without filters"));
    let audit = bench.send(get("/audit").of(&auditor)).await;
    assert!(audit.body.contains("href=\"/webhooks\""));
    let dev = bench.sign_in("dev").await;
    assert!(!bench.send(get("/audit").of(&dev)).await.body.contains("href=\"/webhooks\""));
    assert_eq!(bench.send(get("/webhooks").of(&dev)).await.status, 403);
}

#[tokio::test]
async fn metrics_tell_of_every_webhook_from_the_beginning() {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;
    let bench = bench().await;
    let request = axum::http::Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = bench.metrics.clone().oneshot(request).await.unwrap();
    let text = String::from_utf8(to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap();
    assert!(text.contains("klamm_webhook_deliveries_total{webhook=\"tickets\",outcome=\"delivered\"} 0\n"), "{text}");
    assert!(text.contains("klamm_webhook_pending{webhook=\"tickets\"} NaN\n"), "{text}");
}
