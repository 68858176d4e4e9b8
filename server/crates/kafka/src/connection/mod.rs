//! One TCP connection to one broker: opened, signed in, then asked any number of questions at once.
//!
//! Nothing is retried in here and nothing is known of other brokers. A connection that misbehaves or lets a question
//! run out of time is closed; whoever holds it opens another.

pub(crate) mod handshake;
mod tasks;

use crate::{
    Address, ApiTable, Authentication, ClientError, Transport,
    error::{ConnectError, ProtocolError},
    wire::{self, Question},
};
use kafka_protocol::protocol::Request;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};
use tasks::Lines;
use tokio::{net::TcpStream, time::Instant};

/// What every connection of one client has in common.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) client_id: Arc<str>,
    pub(crate) authentication: Authentication,
    pub(crate) transport: Transport,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_frame: usize,
}

/// Why a question on a connection got no answer.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The connection was gone before the question left.
    NotSent,
    /// It broke, or gave out, with the question on its way.
    Lost,
    /// No answer before the deadline.
    TimedOut,
    /// The answer, or the question, makes no sense.
    Protocol(ProtocolError),
    /// No version in common.
    Unsupported(ClientError),
}

/// An open connection.
pub(crate) struct Connection {
    lines: Lines,
    table: ApiTable,
    client_id: Arc<str>,
    next_correlation: AtomicI32,
    renew_at: Option<Instant>,
}

impl Connection {
    /// Connects, learns what the broker can do, signs in.
    pub(crate) async fn open(address: &Address, settings: &Settings) -> Result<Self, ConnectError> {
        match settings.transport {
            Transport::Plaintext => {}
            Transport::Tls => return Err(ConnectError::NotSupported("TLS to brokers")),
        }
        let after = settings.connect_timeout;
        tokio::time::timeout(after, Self::open_without_limit(address, settings))
            .await
            .unwrap_or_else(|_| Err(ConnectError::Silent { address: address.clone(), after }))
    }

    async fn open_without_limit(address: &Address, settings: &Settings) -> Result<Self, ConnectError> {
        let stream = dial(address).await?;
        let opened = handshake::run(stream, address, settings).await?;
        Ok(Self {
            lines: Lines::start(opened.stream, settings.max_frame),
            table: opened.table,
            client_id: settings.client_id.clone(),
            next_correlation: AtomicI32::new(opened.next_correlation),
            renew_at: opened.session_lifetime.map(|lifetime| Instant::now() + lifetime.mul_f64(0.8)),
        })
    }

    /// Whether it can take another question: alive, and its sign-in (KIP-368) not about to expire.
    pub(crate) fn is_usable(&self) -> bool {
        self.lines.is_open() && self.renew_at.is_none_or(|at| Instant::now() < at)
    }

    /// Asks, in the highest version both speak but none above `ceiling`, and waits until `deadline`. `fit` takes out what
    /// that version cannot say.
    pub(crate) async fn call<R: Request + Clone>(
        &self,
        request: &R,
        ceiling: i16,
        fit: Option<fn(R, i16) -> R>,
        deadline: Instant,
    ) -> Result<R::Response, CallError> {
        let what = wire::request_name::<R>();
        let version = self.table.negotiate::<R>(what, ceiling).map_err(CallError::Unsupported)?;
        let correlation = self.next_correlation.fetch_add(1, Ordering::Relaxed);
        let fitted = fit.map(|fit| fit(request.clone(), version));
        let request = fitted.as_ref().unwrap_or(request);
        let question = Question { request, version, correlation, client_id: &self.client_id };
        let frame = wire::encode(&question).map_err(CallError::Protocol)?;
        let answer = self.lines.send(correlation, frame).await.map_err(|_| CallError::NotSent)?;
        match tokio::time::timeout_at(deadline, answer).await {
            Ok(Ok(frame)) => wire::decode::<R>(frame, version).map_err(CallError::Protocol),
            Ok(Err(_)) => Err(CallError::Lost),
            Err(_) => {
                // Brokers answer in order: whatever else waits on this connection waits behind the slow answer.
                self.lines.close();
                Err(CallError::TimedOut)
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.lines.close();
    }
}

async fn dial(address: &Address) -> Result<TcpStream, ConnectError> {
    let found = tokio::net::lookup_host((address.host(), address.port()))
        .await
        .map_err(|source| ConnectError::Resolve { address: address.clone(), source })?;
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for candidate in found {
        match TcpStream::connect(candidate).await {
            Ok(stream) => {
                // Questions are small; waiting to fill a packet only delays them. Failing to say so is no reason to fail.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(ConnectError::Connect { address: address.clone(), source: last })
}

#[cfg(test)]
mod tests;
