//! What machines that scrape get to see.

use crate::{
    http,
    shop::{SOON, shop},
};
use anyhow::{Context, ensure};
use klamm_testkit::{TestSandbox, eventually};
use serde_json::json;

async fn ask(sandbox: &TestSandbox, path: &str) -> anyhow::Result<String> {
    let config = std::fs::read_to_string(sandbox.state().join("klamm.toml"))?;
    let address =
        config.lines().find_map(|line| line.strip_prefix("metrics_listen = ")).context("no metrics_listen")?;
    http::get(address.trim_matches('"'), path, &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_talks_metrics_and_what_waits_can_be_scraped() {
    let shop = shop().await;
    let client = shop.sandbox.client().await.unwrap();
    shop.apply(&client, &shop.alpha, shop.topic("alpha.metered", json!({ "partitions": 1 }))).await;
    let grants = json!([{ "topic": "beta.metered", "access": "consume" }]);
    shop.apply(&client, &shop.alpha, shop.user("metered", json!({ "grants": grants }))).await;
    let cluster = format!("{}/shop", shop.home);
    let series = [
        "operator_state{operator_id=\"kafka-topic-operator\"} 1\n".to_owned(),
        format!(
            "managed_topic{{operator_id=\"kafka-topic-operator\",topic_name=\"alpha.metered\",cluster=\"{cluster}\"}} 1\n"
        ),
        "klamm_waiting{kind=\"KafkaUser\",reason=\"ApprovalRequired\"} ".to_owned(),
        format!("klamm_reconciles_total{{kind=\"KafkaTopic\",cluster=\"{cluster}\",outcome=\"settled\"}} "),
        format!("klamm_reconciles_total{{kind=\"KafkaCluster\",cluster=\"{cluster}\",outcome=\"settled\"}} "),
    ];
    eventually("all series to be told", SOON, || async {
        let text = ask(shop.sandbox, "/metrics").await?;
        let missing: Vec<_> = series.iter().filter(|one| !text.contains(one.as_str())).collect();
        ensure!(missing.is_empty(), "missing {missing:?} in {text}");
        Ok(())
    })
    .await
    .unwrap();
    for probe in ["/healthz", "/readyz"] {
        assert!(ask(shop.sandbox, probe).await.unwrap().ends_with("ok\n"));
    }
}
