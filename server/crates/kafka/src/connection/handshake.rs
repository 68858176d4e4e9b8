//! The opening exchange: ApiVersions, then SASL. Strictly one question after the other.

use super::Settings;
use crate::{
    Address, ApiTable, Authentication, Credentials, ErrorCode, FeatureRange, KafkaError, VersionRange,
    error::{ConnectError, ProtocolError},
    scram::{Exchange, ScramError},
    wire::{self, FrameError, Question},
};
use bytes::{Buf, Bytes};
use kafka_protocol::{
    messages::{
        ApiVersionsRequest, ApiVersionsResponse, SaslAuthenticateRequest, SaslAuthenticateResponse,
        SaslHandshakeRequest,
    },
    protocol::{Request, StrBytes},
};
use std::time::Duration;
use tokio::{io::AsyncWriteExt, net::TcpStream};

/// Nothing an unauthenticated peer has to say is longer.
const OPENING_FRAME: usize = 256 * 1024;

/// A connection ready for questions.
pub(super) struct Opened {
    pub(super) stream: TcpStream,
    pub(super) table: ApiTable,
    pub(super) next_correlation: i32,
    pub(super) session_lifetime: Option<Duration>,
}

struct Opening<'a> {
    stream: TcpStream,
    address: &'a Address,
    settings: &'a Settings,
    correlation: i32,
}

pub(super) async fn run(stream: TcpStream, address: &Address, settings: &Settings) -> Result<Opened, ConnectError> {
    let mut opening = Opening { stream, address, settings, correlation: 0 };
    let table = opening.api_versions().await?;
    let session_lifetime = match &settings.authentication {
        Authentication::None => None,
        Authentication::Plain(credentials) => opening.plain(credentials).await?,
        Authentication::ScramSha512(credentials) => opening.scram(credentials).await?,
    };
    Ok(Opened { stream: opening.stream, table, next_correlation: opening.correlation, session_lifetime })
}

impl Opening<'_> {
    /// Sends `request` and returns the frame of the answer.
    async fn ask<R: Request>(&mut self, request: &R, version: i16) -> Result<Bytes, ConnectError> {
        let correlation = self.correlation;
        self.correlation += 1;
        let question = Question { request, version, correlation, client_id: &self.settings.client_id };
        let frame = wire::encode(&question).map_err(|e| self.nonsense(e))?;
        self.stream.write_all(&frame).await.map_err(|e| self.hung_up(e))?;
        let answer = wire::read_frame(&mut self.stream, OPENING_FRAME).await.map_err(|error| match error {
            FrameError::Io(error) => self.hung_up(error),
            FrameError::Protocol(error) => self.nonsense(error),
        })?;
        if wire::split_correlation(&answer) == Some(correlation) {
            Ok(answer)
        } else {
            Err(self.nonsense(ProtocolError::Uncorrelated))
        }
    }

    async fn api_versions(&mut self) -> Result<ApiTable, ConnectError> {
        let ours = wire::spoken::<ApiVersionsRequest>();
        let request = ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str("klamm"))
            .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")));
        let mut version = ours.max;
        let mut answer = self.ask(&request, version).await?;
        // A broker that does not know the version answers in version 0, which tells the versions it does know (KIP-511).
        if is_of_another_version(&answer) {
            let known = versions_known_instead(&answer);
            version = known.and_then(|known| ours.intersect(known)).map(|both| both.max).ok_or_else(|| {
                self.nonsense(wire::malformed(
                    "ApiVersions",
                    "the broker is older than Kafka 2.4, which is not supported",
                ))
            })?;
            answer = self.ask(&request, version).await?;
        }
        let response = wire::decode::<ApiVersionsRequest>(answer, version).map_err(|e| self.nonsense(e))?;
        KafkaError::check(response.error_code, None).map_err(|e| self.nonsense(wire::malformed("ApiVersions", e)))?;
        Ok(table(&response))
    }

    /// Announces the mechanism.
    async fn mechanism(&mut self, name: &'static str, user: &str) -> Result<(), ConnectError> {
        let request = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(name));
        let mut answer = self.ask(&request, 1).await?;
        // Never in a flexible version, so read by hand: correlation id, error code, mechanisms.
        answer.advance(4);
        let code = answer.try_get_i16().map_err(|e| self.nonsense(wire::malformed("SaslHandshake", e)))?;
        match ErrorCode::from_wire(code) {
            None => Ok(()),
            Some(ErrorCode::UnsupportedSaslMechanism) => {
                let offered = mechanisms(&mut answer);
                let offered = if offered.is_empty() { "none".to_owned() } else { offered.join(", ") };
                Err(self.refused(user, format!("the listener does not accept {name} (accepted: {offered})")))
            }
            Some(code) => Err(self.refused(user, KafkaError::from(code).to_string())),
        }
    }

    async fn token(&mut self, user: &str, token: Vec<u8>) -> Result<SaslAuthenticateResponse, ConnectError> {
        const VERSION: i16 = 2;
        let request = SaslAuthenticateRequest::default().with_auth_bytes(Bytes::from(token));
        let answer = self.ask(&request, VERSION).await?;
        let response = wire::decode::<SaslAuthenticateRequest>(answer, VERSION).map_err(|e| self.nonsense(e))?;
        match KafkaError::check(response.error_code, response.error_message.as_deref()) {
            Ok(()) => Ok(response),
            Err(error) => Err(self.refused(user, error.to_string())),
        }
    }

    async fn plain(&mut self, credentials: &Credentials) -> Result<Option<Duration>, ConnectError> {
        self.mechanism("PLAIN", &credentials.user).await?;
        let token = format!("\0{}\0{}", credentials.user, credentials.password.reveal()).into_bytes();
        Ok(lifetime(&self.token(&credentials.user, token).await?))
    }

    async fn scram(&mut self, credentials: &Credentials) -> Result<Option<Duration>, ConnectError> {
        let user = &credentials.user;
        self.mechanism("SCRAM-SHA-512", user).await?;
        let exchange = Exchange::begin(user);
        let challenge = self.token(user, exchange.first_message()).await?;
        let (proof, proven) = exchange
            .prove(credentials.password.reveal(), &challenge.auth_bytes)
            .map_err(|e| self.scram_failed(user, &e))?;
        let verdict = self.token(user, proof).await?;
        proven.verify(&verdict.auth_bytes).map_err(|e| self.scram_failed(user, &e))?;
        Ok(lifetime(&verdict))
    }

    fn scram_failed(&self, user: &str, error: &ScramError) -> ConnectError {
        match error {
            ScramError::NotGenuine => {
                ConnectError::ServerNotGenuine { address: self.address.clone(), user: user.to_owned() }
            }
            ScramError::Refused(_)
            | ScramError::Malformed(_)
            | ScramError::ForeignNonce
            | ScramError::Iterations(_) => self.refused(user, error.to_string()),
        }
    }

    fn refused(&self, user: &str, reason: String) -> ConnectError {
        ConnectError::Authentication { address: self.address.clone(), user: user.to_owned(), reason }
    }

    fn nonsense(&self, source: ProtocolError) -> ConnectError {
        ConnectError::Protocol { address: self.address.clone(), source }
    }

    fn hung_up(&self, source: std::io::Error) -> ConnectError {
        ConnectError::HungUp { address: self.address.clone(), source }
    }
}

/// Whether an answer to ApiVersions is the one in version 0 with `UNSUPPORTED_VERSION`.
fn is_of_another_version(answer: &Bytes) -> bool {
    let code = answer.get(4..6).and_then(|code| code.try_into().ok()).map_or(0, i16::from_be_bytes);
    ErrorCode::from_wire(code) == Some(ErrorCode::UnsupportedVersion)
}

/// The versions of ApiVersions such an answer lists, if it does.
fn versions_known_instead(answer: &Bytes) -> Option<VersionRange> {
    let mut bytes = answer.get(6..).map(|_| answer.slice(6..))?;
    for _ in 0..bytes.try_get_i32().ok()? {
        let key = bytes.try_get_i16().ok()?;
        let range = VersionRange { min: bytes.try_get_i16().ok()?, max: bytes.try_get_i16().ok()? };
        if key == ApiVersionsRequest::KEY {
            return Some(range);
        }
    }
    None
}

/// The names in a list with 32-bit count and 16-bit lengths, as far as they can be read.
fn mechanisms(bytes: &mut Bytes) -> Vec<String> {
    let count = bytes.try_get_i32().unwrap_or(0).clamp(0, 32);
    let mut names = Vec::new();
    for _ in 0..count {
        let Some(length) = bytes.try_get_i16().ok().and_then(|l| usize::try_from(l).ok()) else { break };
        if bytes.remaining() < length {
            break;
        }
        names.push(String::from_utf8_lossy(&bytes.split_to(length)).into_owned());
    }
    names
}

fn lifetime(response: &SaslAuthenticateResponse) -> Option<Duration> {
    u64::try_from(response.session_lifetime_ms).ok().filter(|ms| *ms > 0).map(Duration::from_millis)
}

/// An answer to ApiVersions in our words.
pub(crate) fn table(response: &ApiVersionsResponse) -> ApiTable {
    let range = |min, max| VersionRange { min, max };
    ApiTable {
        apis: response.api_keys.iter().map(|api| (api.api_key, range(api.min_version, api.max_version))).collect(),
        supported: response
            .supported_features
            .iter()
            .map(|f| (f.name.to_string(), FeatureRange { min: f.min_version, max: f.max_version }))
            .collect(),
        finalized: response.finalized_features.iter().map(|f| (f.name.to_string(), f.max_version_level)).collect(),
        finalized_epoch: (response.finalized_features_epoch >= 0).then_some(response.finalized_features_epoch),
    }
}
