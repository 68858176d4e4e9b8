//! Frames: a 32-bit length, then that many bytes.

use crate::error::ProtocolError;
use bytes::{Buf, Bytes, BytesMut};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Room that is reserved before the first byte of a frame has come.
const FIRST_ROOM: usize = 16 * 1024;

/// Why no frame could be read.
#[derive(Debug)]
pub(crate) enum FrameError {
    /// The socket failed or ended.
    Io(io::Error),
    /// The length makes no sense.
    Protocol(ProtocolError),
}

/// The next frame without its length. Memory grows with the bytes that come, not with the length announced.
pub(crate) async fn read_frame<S: AsyncRead + Unpin>(stream: &mut S, limit: usize) -> Result<Bytes, FrameError> {
    let length = stream.read_i32().await.map_err(FrameError::Io)?;
    let expected = usize::try_from(length)
        .ok()
        .filter(|l| (4..=limit).contains(l))
        .ok_or(FrameError::Protocol(ProtocolError::FrameLength { length, limit }))?;
    let mut frame = BytesMut::with_capacity(expected.min(FIRST_ROOM));
    let mut limited = stream.take(expected as u64);
    while frame.len() < expected {
        if limited.read_buf(&mut frame).await.map_err(FrameError::Io)? == 0 {
            return Err(FrameError::Io(io::ErrorKind::UnexpectedEof.into()));
        }
    }
    Ok(frame.freeze())
}

/// The correlation id at the beginning of a frame.
pub(crate) fn split_correlation(frame: &Bytes) -> Option<i32> {
    frame.clone().try_get_i32().ok()
}
