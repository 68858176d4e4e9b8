//! Sending a message: one POST, signed, without following where an answer would lead, and without reading more of it than its
//! head.

use super::attempt::{Answer, retry_after};
use super::configured::Webhook;
use super::secret::Secrets;
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use klamm_model::{UnixMillis, error_chain};
use klamm_store::DueDelivery;
use rustls::crypto::ring;
use std::{io, time::Duration};

/// How long an answer may take, from the first packet to the end of its head.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest head of an answer.
const LARGEST_HEAD: usize = 16 * 1024;
const AGENT: &str = concat!("klamm/", env!("CARGO_PKG_VERSION"));

/// Sends to one webhook. Each has connections of its own.
pub(super) struct Sender {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    pub(super) patience: Duration,
}

impl Sender {
    /// Trusts the certificates that the system trusts.
    pub(super) fn new() -> io::Result<Self> {
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).http1_max_buf_size(LARGEST_HEAD).build(https);
        Ok(Self { client, patience: PATIENCE })
    }

    /// Sends a message and says what came of it. The log has why there was no answer.
    pub(super) async fn send(&self, webhook: &Webhook, due: &DueDelivery, now: UnixMillis) -> Answer {
        let secrets = match Secrets::read(&webhook.secret_file).await {
            Ok(secrets) => secrets,
            Err(error) => {
                tracing::warn!(webhook = %webhook.name, error = error_chain(&error), "a message cannot be signed");
                return Answer::None("its secret cannot be read");
            }
        };
        let Ok(request) = signed(webhook, due, &secrets, now) else {
            return Answer::None("the message cannot be written");
        };
        match tokio::time::timeout(self.patience, self.client.request(request)).await {
            Ok(Ok(response)) => answer(response.status(), response.headers().get(header::RETRY_AFTER), now),
            Ok(Err(error)) => {
                tracing::debug!(webhook = %webhook.name, error = error_chain(&error), "a webhook was not reached");
                Answer::None(if error.is_connect() { "no connection" } else { "the connection broke" })
            }
            Err(_) => Answer::None("no answer in time"),
        }
    }
}

fn signed(
    webhook: &Webhook,
    due: &DueDelivery,
    secrets: &Secrets,
    now: UnixMillis,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let (id, timestamp) = (due.row.id.as_str(), now.0.div_euclid(1000));
    Request::post(webhook.address.uri())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, AGENT)
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", secrets.sign(id, timestamp, &due.body))
        .body(Full::from(due.body.clone()))
}

fn answer(status: StatusCode, again: Option<&HeaderValue>, now: UnixMillis) -> Answer {
    if status.is_success() {
        return Answer::Taken(status.as_u16());
    }
    let again_in_millis = again.and_then(|value| value.to_str().ok()).and_then(|value| retry_after(value, now));
    Answer::Refused { status: status.as_u16(), again_in_millis }
}
