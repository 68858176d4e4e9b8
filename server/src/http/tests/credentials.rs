//! The page of a credential: what to write into clients, and never the password but in the one answer that reveals it.

use super::{Bench, ORIGIN, get, post};
use axum::http::{Request, Response};
use klamm_monitor::Door;
use klamm_portal::Observations as _;
use kube::client::Body;
use serde_json::json;

const SECRET: &str = "4f1f1c3a-never-on-a-page";

/// An API server with one Secret, which tells nobody anything else.
fn kubernetes() -> kube::Client {
    // "payments.till" and the password, in base64.
    let object = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "till", "namespace": "payments" },
        "data": { "username": "cGF5bWVudHMudGlsbA==", "password": "NGYxZjFjM2EtbmV2ZXItb24tYS1wYWdl" },
    });
    let service = tower::service_fn(move |asked: Request<Body>| {
        let is_it = asked.uri().path() == "/api/v1/namespaces/payments/secrets/till";
        let (status, body) = if is_it { (200, object.to_string()) } else { (403, "{}".to_owned()) };
        let answer = Response::builder().status(status).body(Body::from(body.into_bytes())).unwrap();
        async { Ok::<_, std::io::Error>(answer) }
    });
    kube::Client::new(service, "default")
}

impl Bench {
    /// A cluster where clients sign in, and a credential of payments that works.
    fn put_till(&self) {
        let cluster = "kafka/demo".parse().unwrap();
        let seen = self.estate.cluster(&cluster).unwrap();
        let mut declared = seen.declared.clone();
        declared.doors =
            vec![Door { name: "scram".to_owned(), servers: "kafka.test:9094".to_owned(), protocol: "SASL_SSL" }];
        self.estate.put((*seen.inventory).clone(), declared);
        let user = json!({
            "metadata": { "name": "till", "namespace": "payments", "uid": "t111" },
            "spec": {
                "cluster": { "name": "demo", "namespace": "kafka" },
                "grants": [{ "topic": "payments.a", "access": "both", "groups": ["payments.till"] }],
            },
            "status": {
                "username": "payments.till", "secretName": "till", "credentialVersion": 1,
                "conditions": [{
                    "type": "Ready", "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": "2026-11-01T00:00:00Z",
                }],
            },
        });
        self.estate.declarations().saw_user(&serde_json::from_value(user).unwrap());
    }
}

#[tokio::test]
async fn snippets_stand_on_the_page_for_good_and_the_password_only_where_it_is_revealed() {
    let bench = Bench::with_people().await;
    bench.put_till();
    bench.portal.connect(kubernetes());
    let dev = bench.sign_in("dev").await;
    let page = "/credentials/t111";
    let look = async || {
        let page = bench.send(get(page).of(&dev).header("accept", "text/html")).await;
        assert_eq!(page.status, 200);
        for word in [
            "PASSWORD_STANDS_HERE",
            "kafka.test:9094",
            "client.properties",
            "librdkafka and kcat",
            "producer.produce",
            "consumer.subscribe",
            "secretKeyRef",
        ] {
            assert!(page.body.contains(word), "{word}: {}", page.body);
        }
        assert!(!page.body.contains(SECRET));
    };
    look().await;
    let reveal = post(page).of(&dev).origin(ORIGIN).header("accept", "text/html").form(format!("csrf={}", dev.csrf));
    let revealed = bench.send(reveal).await;
    assert!(revealed.status == 200 && revealed.body.contains(SECRET), "{}", revealed.body);
    assert_eq!(revealed.header("cache-control"), "no-store");
    look().await;
    let api = bench.send(get("/api/v1/credentials/t111").of(&dev)).await;
    assert!(api.status == 200 && !api.body.contains(SECRET), "{}", api.body);
}

#[tokio::test]
async fn a_credential_that_waits_has_no_snippets_yet() {
    let bench = Bench::with_people().await;
    let operator = bench.sign_in("operator").await;
    let page = bench.send(get("/credentials/0d0f").of(&operator).header("accept", "text/html")).await;
    assert!(page.status == 200 && !page.body.contains("PASSWORD_STANDS_HERE"), "{}", page.body);
}
