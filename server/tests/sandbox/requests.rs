//! Self-service as people use it, over HTTP and with their tokens, on real parts: what is asked for, agreed to and applied is
//! there, and the audit tells it.

mod access;
mod crash;
mod credentials;
mod offsets;
mod topics;

use crate::{
    http,
    shop::{A_ROUND, SOON, Shop, shop},
};
use anyhow::{Context as _, ensure};
use klamm_testkit::{TestSandbox, eventually};
use serde_json::{Value, json};

/// The API of a sandbox, asked by its demo users.
pub(crate) struct Office<'a> {
    sandbox: &'a TestSandbox,
    /// `{namespace, name}` of the cluster that is asked about.
    cluster: Value,
}

impl<'a> Office<'a> {
    pub(crate) fn of(sandbox: &'a TestSandbox, namespace: &str, name: &str) -> Self {
        Self { sandbox, cluster: json!({ "namespace": namespace, "name": name }) }
    }

    pub(crate) fn of_shop(shop: &'a Shop) -> Self {
        Self::of(shop.sandbox, &shop.home, "shop")
    }

    pub(crate) async fn send(&self, who: &str, method: &str, path: &str, body: Value) -> anyhow::Result<(u16, Value)> {
        let token = std::fs::read_to_string(self.sandbox.state().join("tokens").join(who)).context("read the token")?;
        let address = self.sandbox.url();
        let path = format!("/api/v1{path}");
        http::send(address.trim_start_matches("http://"), (method, &path), token.trim(), &body).await
    }

    /// What somebody is answered, where that has to go well.
    pub(crate) async fn get(&self, who: &str, path: &str) -> anyhow::Result<Value> {
        let (status, answer) = self.send(who, "GET", path, json!({})).await?;
        ensure!(status == 200, "{path}: {status} {answer}");
        Ok(answer)
    }

    /// Asks as soon as the cluster, its tenants and their teams are seen.
    pub(crate) async fn ask(&self, who: &str, kind: &str, spec: Value) -> Value {
        let team = who.split('-').next().unwrap();
        let body = json!({ "kind": kind, "cluster": self.cluster, "team": team, "spec": spec, "reason": "a test" });
        eventually("the request to be taken", A_ROUND, || async {
            let (status, answer) = self.send(who, "POST", "/requests", body.clone()).await?;
            ensure!(status == 201, "{status} {answer}");
            Ok(answer)
        })
        .await
        .unwrap()
    }

    pub(crate) async fn approve(&self, who: &str, request: &Value) -> (u16, Value) {
        let path = format!("/requests/{}/approve", request["id"].as_str().unwrap());
        self.send(who, "POST", &path, json!({ "hash": request["hash"] })).await.unwrap()
    }

    async fn request(&self, who: &str, request: &Value) -> anyhow::Result<Value> {
        self.get(who, &format!("/requests/{}", request["id"].as_str().unwrap())).await
    }

    /// The request once it is as far as wanted.
    pub(crate) async fn reaches(&self, who: &str, request: &Value, state: &str) -> Value {
        eventually(&format!("the request to be {state}"), A_ROUND, || async {
            let now = self.request(who, request).await?;
            ensure!(now["state"] == state, "{} {} {}", now["state"], now["waitingFor"], now["message"]);
            Ok(now)
        })
        .await
        .unwrap()
    }

    /// Asked, agreed to, there.
    async fn granted(&self, kind: &str, spec: Value) -> Value {
        let asked = self.ask("payments-dev", kind, spec).await;
        if asked["state"] == "needsApproval" {
            let (status, answer) = self.approve("payments-lead", &asked).await;
            assert_eq!(status, 200, "{answer}");
        }
        self.reaches("payments-dev", &asked, "applied").await
    }

    /// Actor, action, decision and outcome of everything that belongs to a request, the oldest first.
    async fn story(&self, who: &str, request: &Value) -> Vec<[String; 4]> {
        let path = format!("/audit?request={}", request["id"].as_str().unwrap());
        let page = self.get(who, &path).await.unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let items = page["items"].as_array().unwrap().iter().rev();
        items.map(|item| ["actor", "action", "decision", "outcome"].map(|field| text(&item[field]))).collect()
    }
}
