//! Requests as they come in, and answers as bytes.

use anyhow::{Context, bail};
use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::{
    messages::{ApiKey, RequestHeader, ResponseHeader},
    protocol::{Decodable, Encodable, HeaderVersion, Request},
};
use tokio::{io::AsyncReadExt, net::TcpStream};

/// No question to an estate is longer.
const LONGEST: u32 = 64 * 1024 * 1024;

/// A request, with its body not yet read.
pub(super) struct Heard {
    pub(super) key: ApiKey,
    version: i16,
    correlation: i32,
    body: Bytes,
}

impl Heard {
    /// The next request of a connection; none when the peer has hung up.
    pub(super) async fn next(stream: &mut TcpStream) -> anyhow::Result<Option<Self>> {
        let Ok(length) = stream.read_u32().await else { return Ok(None) };
        if !(8..=LONGEST).contains(&length) {
            bail!("a frame of {length} bytes");
        }
        let mut frame = vec![0; usize::try_from(length)?];
        stream.read_exact(&mut frame).await?;
        let (key, version) = (i16::from_be_bytes([frame[0], frame[1]]), i16::from_be_bytes([frame[2], frame[3]]));
        let Ok(key) = ApiKey::try_from(key) else { bail!("a request with the unknown key {key}") };
        let mut frame = Bytes::from(frame);
        let header = RequestHeader::decode(&mut frame, key.request_header_version(version))?;
        Ok(Some(Self { key, version, correlation: header.correlation_id, body: frame }))
    }

    pub(super) fn correlation(&self) -> i32 {
        self.correlation
    }

    /// What was asked, in bytes that are the same whenever the question is.
    pub(super) fn without_correlation(&self) -> Bytes {
        let mut question = BytesMut::with_capacity(self.body.len() + 4);
        question.put_i16(self.key as i16);
        question.put_i16(self.version);
        question.put_slice(&self.body);
        question.freeze()
    }

    pub(super) fn read<R: Request>(&self) -> anyhow::Result<R> {
        R::decode(&mut self.body.clone(), self.version).with_context(|| format!("read {:?}", self.key))
    }

    /// The frame of the answer, without its length, in the version of the question.
    pub(super) fn answer<R: Request>(&self, response: &R::Response) -> anyhow::Result<Bytes> {
        let mut frame = BytesMut::new();
        let header = ResponseHeader::default().with_correlation_id(self.correlation);
        header.encode(&mut frame, R::Response::header_version(self.version))?;
        response.encode(&mut frame, self.version).with_context(|| format!("write the answer to {:?}", self.key))?;
        Ok(frame.freeze())
    }
}
