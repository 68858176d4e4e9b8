//! Requests to bytes, bytes to answers.

use super::{Guarded, versions};
use crate::error::ProtocolError;
use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::{
    messages::{FetchRequest, RequestHeader, ResponseHeader},
    protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes},
};

/// A request with everything its frame needs.
pub(crate) struct Question<'a, R> {
    pub(crate) request: &'a R,
    pub(crate) version: i16,
    pub(crate) correlation: i32,
    pub(crate) client_id: &'a str,
}

/// The name of a request for messages.
pub(crate) fn request_name<R: Request>() -> &'static str {
    versions::name_of(R::KEY)
}

/// The whole frame, length included.
pub(crate) fn encode<R: Request>(question: &Question<'_, R>) -> Result<Bytes, ProtocolError> {
    let what = request_name::<R>();
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(question.version)
        .with_correlation_id(question.correlation)
        .with_client_id(Some(StrBytes::from_string(question.client_id.to_owned())));
    let mut frame = BytesMut::with_capacity(256);
    frame.put_i32(0);
    header.encode(&mut frame, R::header_version(question.version)).map_err(|e| unwritable(what, e))?;
    question.request.encode(&mut frame, question.version).map_err(|e| unwritable(what, e))?;
    let length = i32::try_from(frame.len() - 4).map_err(|_| unwritable(what, "longer than 2 GiB"))?;
    if let Some(prefix) = frame.first_chunk_mut::<4>() {
        *prefix = length.to_be_bytes();
    }
    Ok(frame.freeze())
}

/// The answer to `R` out of a frame without its length.
pub(crate) fn decode<R: Request>(frame: Bytes, version: i16) -> Result<R::Response, ProtocolError> {
    let what = request_name::<R>();
    let mut bytes = if R::KEY == FetchRequest::KEY { Guarded::with_records(frame) } else { Guarded::new(frame) };
    ResponseHeader::decode(&mut bytes, R::Response::header_version(version)).map_err(|e| malformed(what, e))?;
    R::Response::decode(&mut bytes, version).map_err(|e| malformed(what, e))
}

/// A message that does not decode.
pub(crate) fn malformed(what: &'static str, detail: impl std::fmt::Display) -> ProtocolError {
    ProtocolError::Malformed { what, detail: detail.to_string() }
}

fn unwritable(what: &'static str, detail: impl std::fmt::Display) -> ProtocolError {
    ProtocolError::Unwritable { what, detail: detail.to_string() }
}
