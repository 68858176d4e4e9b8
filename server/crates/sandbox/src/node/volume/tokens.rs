//! Service account tokens for projected volumes, asked for in time and never twice.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount, ServiceAccountTokenProjection, Volume};
use kube::api::PostParams;
use kube::{Api, Client, ResourceExt as _};

use super::VolumeError;

/// What a token lives when nobody says.
const DEFAULT_LIFE: i64 = 3600;
/// A token is renewed after this part of its life, but at least once a day.
const RENEW_AFTER_PERCENT: i64 = 80;
const RENEW_AT_LEAST: i64 = 24 * 3600;

/// The tokens of one pod.
#[derive(Default)]
pub(super) struct Tokens {
    by_place: BTreeMap<(String, String), Token>,
}

struct Token {
    value: String,
    renew_at: Timestamp,
}

impl Tokens {
    /// The token for a path in a volume.
    pub(super) fn value(&self, volume: &str, path: &str) -> Option<String> {
        self.by_place.get(&(volume.to_owned(), path.to_owned())).map(|token| token.value.clone())
    }

    /// How long until the next one is to be renewed.
    pub(super) fn renew_in(&self, now: Timestamp) -> Option<Duration> {
        let first = self.by_place.values().map(|token| token.renew_at).min()?;
        Some(Duration::try_from(first.duration_since(now)).unwrap_or(Duration::ZERO))
    }

    /// Asks for every token that is missing or due. An old one stays as long as no new one can be had.
    pub(super) async fn renew(
        &mut self,
        client: &Client,
        pod: &Pod,
        volume: &Volume,
        now: Timestamp,
    ) -> Result<(), VolumeError> {
        for wanted in wanted(volume) {
            let place = (volume.name.clone(), wanted.path.clone());
            let have = self.by_place.get(&place);
            if have.is_some_and(|token| token.renew_at > now) {
                continue;
            }
            match request(client, pod, wanted).await {
                Ok(token) => {
                    self.by_place.insert(place, token);
                }
                Err(error) if have.is_some() => {
                    tracing::warn!(%error, pod = pod.name_any(), "a service account's token is not renewed yet");
                }
                Err(source) => return Err(VolumeError::Api { volume: volume.name.clone(), source }),
            }
        }
        Ok(())
    }
}

fn wanted(volume: &Volume) -> impl Iterator<Item = &ServiceAccountTokenProjection> {
    let sources = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
    sources.filter_map(|source| source.service_account_token.as_ref())
}

async fn request(client: &Client, pod: &Pod, wanted: &ServiceAccountTokenProjection) -> Result<Token, kube::Error> {
    let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.clone()).filter(|name| !name.is_empty());
    let account = account.unwrap_or_else(|| "default".to_owned());
    let life = wanted.expiration_seconds.unwrap_or(DEFAULT_LIFE);
    let ask = TokenRequest {
        spec: TokenRequestSpec {
            audiences: wanted.audience.iter().filter(|audience| !audience.is_empty()).cloned().collect(),
            expiration_seconds: Some(life),
            bound_object_ref: Some(BoundObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Pod".to_owned()),
                name: Some(pod.name_any()),
                uid: pod.uid(),
            }),
        },
        ..TokenRequest::default()
    };
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
    let answer: TokenRequest = accounts.create_subresource("token", &account, &PostParams::default(), &ask).await?;
    let now = Timestamp::now();
    let after = (life * RENEW_AFTER_PERCENT / 100).min(RENEW_AT_LEAST);
    let value = answer.status.map(|status| status.token).unwrap_or_default();
    Ok(Token { value, renew_at: now.saturating_add(jiff::SignedDuration::from_secs(after)).unwrap_or(now) })
}
