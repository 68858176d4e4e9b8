//! What a client needs to know.

use crate::{Address, Addresses, Authentication, Transport};
use std::time::Duration;

/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Where to begin. Asked when a question may go to any broker.
    pub bootstrap: Vec<Address>,
    /// How brokers are found by their id.
    pub addresses: Addresses,
    /// How to sign in.
    pub authentication: Authentication,
    /// What carries the bytes.
    pub transport: Transport,
    /// `client.id`, shown in brokers' logs and quotas.
    pub client_id: String,
    /// Patience.
    pub timeouts: Timeouts,
}

impl ClientConfig {
    /// No addresses, no sign-in, plaintext, `client.id` `klamm`, default patience.
    pub fn new() -> Self {
        Self {
            bootstrap: Vec::new(),
            addresses: Addresses::Advertised,
            authentication: Authentication::None,
            transport: Transport::Plaintext,
            client_id: "klamm".to_owned(),
            timeouts: Timeouts::default(),
        }
    }
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For one connection: connecting, ApiVersions and signing in together.
    pub connect: Duration,
    /// For finding somebody who answers, when connections fail.
    pub reach: Duration,
    /// For one request with all its repetitions. A call on thousands of items is several requests.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), reach: Duration::from_secs(3), request: Duration::from_secs(30) }
    }
}
