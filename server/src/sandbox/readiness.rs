//! When the demo may be called ready: its clusters, topics and clients are Ready, and the API shows them.

use anyhow::Context;
use http::{Request, StatusCode, header};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::{client::legacy::Client as HttpClient, rt::TokioExecutor};
use k8s_openapi::{api::apps::v1::Deployment, apimachinery::pkg::apis::meta::v1::Condition};
use klamm_resources::{KafkaCluster, KafkaTopic, KafkaUser};
use kube::{Api, Client, ResourceExt, api::ListParams};
use std::time::Duration;
use tokio::time::{Instant, interval};

/// Longest that a first start may take on a slow machine before it is called failed.
const READY_WITHIN: Duration = Duration::from_mins(5);

/// What is looked for, and where.
pub(crate) struct Wanted<'a> {
    pub(crate) client: &'a Client,
    /// Base address of the portal.
    pub(crate) url: &'a str,
    /// An API token of somebody who may see everything.
    pub(crate) token: &'a str,
    /// Paths that must answer 200.
    pub(crate) paths: &'a [&'a str],
}

/// Waits until everything wanted is there; says what it waits for whenever that changes.
pub(crate) async fn wait(wanted: &Wanted<'_>, say: impl FnMut(&str)) -> anyhow::Result<()> {
    wait_until(say, async || match missing_objects(wanted.client).await? {
        Some(missing) => Ok(Some(missing)),
        None => missing_paths(wanted).await,
    })
    .await
}

/// Waits until every cluster has all its brokers: a topic that is made sooner lies on those that were there.
pub(crate) async fn wait_for_clusters(client: &Client, say: impl FnMut(&str)) -> anyhow::Result<()> {
    wait_until(say, async || missing_clusters(client).await).await
}

/// Waits until the portal answers to the wanted paths.
pub(crate) async fn wait_for_paths(wanted: &Wanted<'_>) -> anyhow::Result<()> {
    wait_until(|_| {}, async || missing_paths(wanted).await).await
}

async fn wait_until(
    mut say: impl FnMut(&str),
    missing: impl AsyncFn() -> anyhow::Result<Option<String>>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    let mut looks = interval(Duration::from_millis(500));
    let mut said = String::new();
    loop {
        looks.tick().await;
        let missing = match missing().await {
            Ok(missing) => missing,
            Err(error) => Some(format!("{error:#}")),
        };
        let Some(missing) = missing else { return Ok(()) };
        if Instant::now() > deadline {
            anyhow::bail!("not ready after {} s: {missing}", READY_WITHIN.as_secs());
        }
        if missing != said {
            say(&format!("waiting: {missing}"));
            said = missing;
        }
    }
}

/// The first cluster that is not ready yet, in words.
async fn missing_clusters(client: &Client) -> anyhow::Result<Option<String>> {
    for cluster in Api::<KafkaCluster>::all(client.clone()).list(&ListParams::default()).await?.items {
        let status = cluster.status.clone().unwrap_or_default();
        if let Some(why) = not_ready(&status.conditions) {
            return Ok(Some(format!("cluster {}: {why}", cluster.name_any())));
        }
    }
    Ok(None)
}

/// The first object that is not ready yet, in words.
async fn missing_objects(client: &Client) -> anyhow::Result<Option<String>> {
    let all = ListParams::default();
    if let Some(cluster) = missing_clusters(client).await? {
        return Ok(Some(cluster));
    }
    for topic in Api::<KafkaTopic>::all(client.clone()).list(&all).await?.items {
        let status = topic.status.clone().unwrap_or_default();
        if let Some(why) = not_ready(&status.conditions) {
            return Ok(Some(format!("topic {}: {why}", topic.name_any())));
        }
    }
    for user in Api::<KafkaUser>::all(client.clone()).list(&all).await?.items {
        let status = user.status.clone().unwrap_or_default();
        if let Some(why) = not_ready(&status.conditions) {
            return Ok(Some(format!("user {}: {why}", user.name_any())));
        }
    }
    for deployment in Api::<Deployment>::all(client.clone()).list(&all).await?.items {
        let wants = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        let has = deployment.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0);
        if has < wants {
            return Ok(Some(format!("deployment {}: {has} of {wants} pods are available", deployment.name_any())));
        }
    }
    Ok(None)
}

/// The first path that does not answer yet, in words.
async fn missing_paths(wanted: &Wanted<'_>) -> anyhow::Result<Option<String>> {
    for path in wanted.paths {
        let status = get(wanted, path).await?;
        if status != StatusCode::OK {
            return Ok(Some(format!("the portal answers {status} to {path}")));
        }
    }
    Ok(None)
}

/// Why conditions do not say Ready; none when they do.
fn not_ready(conditions: &[Condition]) -> Option<String> {
    match conditions.iter().find(|condition| condition.type_ == "Ready") {
        Some(ready) if ready.status == "True" => None,
        Some(ready) => Some(format!("{} ({})", ready.message, ready.reason)),
        None => Some("not looked at yet".to_owned()),
    }
}

async fn get(wanted: &Wanted<'_>, path: &str) -> anyhow::Result<StatusCode> {
    let request = Request::get(format!("{}{path}", wanted.url))
        .header(header::AUTHORIZATION, format!("Bearer {}", wanted.token))
        .body(Empty::<Bytes>::new())
        .context("build a request")?;
    let client = HttpClient::builder(TokioExecutor::new()).build_http();
    let answer = tokio::time::timeout(Duration::from_secs(10), client.request(request))
        .await
        .context("the portal does not answer")?
        .context("the portal cannot be reached yet")?;
    Ok(answer.status())
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

    fn ready(status: &str) -> Condition {
        Condition {
            type_: "Ready".to_owned(),
            status: status.to_owned(),
            reason: "CreatingBrokers".to_owned(),
            message: "1 of 3 brokers are ready".to_owned(),
            last_transition_time: Time(Timestamp::UNIX_EPOCH),
            observed_generation: None,
        }
    }

    #[test]
    fn only_a_true_ready_condition_is_ready() {
        assert_eq!(not_ready(&[ready("True")]), None);
        assert!(not_ready(&[ready("False")]).unwrap().contains("1 of 3 brokers"));
        assert!(not_ready(&[]).is_some());
    }
}
