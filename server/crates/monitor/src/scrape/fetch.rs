//! One request to a target: a deadline over all of it, so many bytes and no more, and nobody is followed anywhere.

use bytes::Bytes;
use flate2::write::GzDecoder;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use klamm_model::{TargetTrouble, error_chain};
use std::{
    io::{self, Write},
    time::Duration,
};

/// Longest that an answer may take, from the first packet to the last byte.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Largest answer that is read, unpacked.
pub(super) const LARGEST: u64 = 16 << 20;
/// So much is unpacked before others get a turn: it comes to a thousand times as much at most;
const PACKED_AT_ONCE: usize = 1024;
/// and so much is read of what is not packed.
const PLAIN_AT_ONCE: usize = 64 * 1024;
/// Largest head of an answer.
const LARGEST_HEAD: usize = 64 * 1024;
/// A connection that is not used from one look to the next has probably been given up by the other side.
const IDLE: Duration = Duration::from_secs(30);
const AGENT: &str = concat!("klamm/", env!("CARGO_PKG_VERSION"));

/// What is asked.
pub(super) struct Question {
    pub(super) uri: Uri,
    pub(super) accept: &'static str,
    /// Sent along; without one it is only a question.
    pub(super) body: Option<Bytes>,
    /// Marked as sensitive, so that nothing writes it down.
    pub(super) authorization: Option<HeaderValue>,
    /// What the answer's content type has to begin with: one of these.
    pub(super) expected: &'static [&'static str],
}

/// Who takes an answer as it comes in.
pub(super) trait Sink: Send {
    fn take(&mut self, bytes: &[u8]);
}

/// Why there was no answer that could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("no connection")]
    NoConnection(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the connection broke before the answer was whole")]
    Broke(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no whole answer within {} s", PATIENCE.as_secs())]
    Slow,
    #[error("more than {} MiB, unpacked", LARGEST >> 20)]
    TooLarge,
    #[error("it answers {0} and sends elsewhere; nobody is followed")]
    Redirects(StatusCode),
    #[error("it answers {0}: it wants a password that Klamm does not have, or does not take the one it has")]
    WantsPassword(StatusCode),
    #[error("it answers {0}")]
    Refuses(StatusCode),
    #[error("it answers with {0}, not with metrics")]
    OtherType(String),
    #[error("what it sent cannot be unpacked")]
    Packing(#[source] io::Error),
    #[error("its address is none")]
    NoAddress(#[source] http::Error),
}

impl Failure {
    /// What that is in the vocabulary.
    pub(super) fn trouble(&self) -> TargetTrouble {
        match self {
            Self::NoConnection(_) | Self::Broke(_) | Self::NoAddress(_) => TargetTrouble::Unreachable,
            Self::Slow => TargetTrouble::Slow,
            Self::TooLarge => TargetTrouble::TooLarge,
            Self::Redirects(_) => TargetTrouble::Redirects,
            Self::WantsPassword(_) => TargetTrouble::WantsPassword,
            Self::Refuses(_) => TargetTrouble::Refuses,
            Self::OtherType(_) | Self::Packing(_) => TargetTrouble::NotMetrics,
        }
    }
}

/// Asks targets by plain HTTP.
#[derive(Clone, Debug)]
pub(super) struct Fetcher(Client<HttpConnector, Full<Bytes>>);

impl Fetcher {
    pub(super) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(PATIENCE));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .http1_max_buf_size(LARGEST_HEAD)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .build(connector);
        Self(client)
    }

    /// Asks, hands the unpacked answer on as it comes in, and says how long it was.
    pub(super) async fn fetch(&self, question: Question, sink: &mut impl Sink) -> Result<u64, Failure> {
        tokio::time::timeout(PATIENCE, self.answered(question, sink)).await.unwrap_or(Err(Failure::Slow))
    }

    async fn answered(&self, question: Question, sink: &mut impl Sink) -> Result<u64, Failure> {
        let expected = question.expected;
        let request = request(question).map_err(Failure::NoAddress)?;
        let response = self.0.request(request).await.map_err(|error| {
            let is_connect = error.is_connect();
            let error = Box::new(error);
            if is_connect { Failure::NoConnection(error) } else { Failure::Broke(error) }
        })?;
        let (head, mut body) = response.into_parts();
        judge(head.status)?;
        check_type(&head.headers, expected)?;
        if body.size_hint().lower() > LARGEST {
            return Err(Failure::TooLarge);
        }
        let capped = Capped { sink, bytes: 0, full: false };
        let mut unpacking = match head.headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
            None | Some(b"identity" | b"") => Unpacking::Plain(capped),
            Some(b"gzip" | b"x-gzip") => Unpacking::Gzip(Box::new(GzDecoder::new(capped))),
            Some(_) => return Err(Failure::OtherType("a packing that nobody asked for".to_owned())),
        };
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Failure::Broke(Box::new(error)))?;
            if let Some(bytes) = frame.data_ref() {
                unpacking.take(bytes).await?;
            }
        }
        unpacking.end()
    }
}

fn request(question: Question) -> Result<Request<Full<Bytes>>, http::Error> {
    let builder = match &question.body {
        Some(_) => Request::post(question.uri).header(header::CONTENT_TYPE, "application/json"),
        None => Request::get(question.uri),
    };
    let mut builder = builder
        .header(header::ACCEPT, question.accept)
        .header(header::ACCEPT_ENCODING, "gzip")
        .header(header::USER_AGENT, AGENT);
    if let Some(authorization) = question.authorization {
        builder = builder.header(header::AUTHORIZATION, authorization);
    }
    builder.body(Full::from(question.body.unwrap_or_default()))
}

fn judge(status: StatusCode) -> Result<(), Failure> {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Failure::WantsPassword(status)),
        StatusCode::OK => Ok(()),
        status if status.is_redirection() => Err(Failure::Redirects(status)),
        status => Err(Failure::Refuses(status)),
    }
}

/// Exporters that say nothing of what they send are read as if they had said the right thing.
fn check_type(headers: &HeaderMap, expected: &[&str]) -> Result<(), Failure> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let told = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
    let kind = told.split(';').next().unwrap_or_default().trim();
    if expected.contains(&kind) {
        return Ok(());
    }
    let cut: String = kind.chars().filter(char::is_ascii_graphic).take(40).collect();
    Err(Failure::OtherType(cut))
}

/// Counts what it hands on, and stops at the largest answer.
struct Capped<'a, S> {
    sink: &'a mut S,
    bytes: u64,
    full: bool,
}

impl<S: Sink> Write for Capped<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.bytes > LARGEST {
            self.full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.sink.take(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Unpacking<'a, S: Sink> {
    Plain(Capped<'a, S>),
    Gzip(Box<GzDecoder<Capped<'a, S>>>),
}

impl<'a, S: Sink> Unpacking<'a, S> {
    /// Takes what came in parts: no sooner than one ends does anybody else get the core, or the deadline a say.
    async fn take(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let at_once = match self {
            Self::Plain(_) => PLAIN_AT_ONCE,
            Self::Gzip(_) => PACKED_AT_ONCE,
        };
        for part in bytes.chunks(at_once) {
            let taken = match self {
                Self::Plain(capped) => capped.write_all(part),
                Self::Gzip(decoder) => decoder.write_all(part),
            };
            taken.map_err(|error| self.failure(error))?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn end(mut self) -> Result<u64, Failure> {
        let finished = match &mut self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(decoder) => decoder.try_finish(),
        };
        finished.map_err(|error| self.failure(error))?;
        Ok(self.capped().bytes)
    }

    fn failure(&self, error: io::Error) -> Failure {
        if self.capped().full { Failure::TooLarge } else { Failure::Packing(error) }
    }

    fn capped(&self) -> &Capped<'a, S> {
        match self {
            Self::Plain(capped) => capped,
            Self::Gzip(decoder) => decoder.get_ref(),
        }
    }
}

/// Says once in the log why, with all that is below it.
pub(super) fn log(pod: &str, failure: &Failure) {
    tracing::debug!(pod, error = error_chain(failure), "a target told no numbers");
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::pin::pin;

    struct Nobody;

    impl Sink for Nobody {
        fn take(&mut self, _: &[u8]) {}
    }

    #[tokio::test]
    async fn others_get_a_turn_while_little_unpacks_to_very_much() {
        let blank = vec![b'\n'; 8 << 20];
        let mut packing = GzEncoder::new(Vec::new(), Compression::best());
        packing.write_all(&blank).unwrap();
        let packed = packing.finish().unwrap();
        let mut sink = Nobody;
        let capped = Capped { sink: &mut sink, bytes: 0, full: false };
        let mut unpacking = Unpacking::Gzip(Box::new(GzDecoder::new(capped)));
        let mut turns = 0;
        {
            let mut taking = pin!(unpacking.take(&packed));
            while futures::poll!(taking.as_mut()).is_pending() {
                turns += 1;
            }
        }
        assert!(packed.len() < 64 * 1024 && turns >= 8, "{turns} for {} bytes", packed.len());
        assert_eq!(unpacking.end().unwrap(), 8 << 20);
    }
}
