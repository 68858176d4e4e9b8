//! A broker that says what a test tells it to say. Only for the tests of this crate.

use crate::Address;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ApiKey, ApiVersionsRequest, ApiVersionsResponse, BrokerId, DescribeClusterRequest, DescribeClusterResponse,
        RequestHeader, ResponseHeader, api_versions_response::ApiVersion,
        describe_cluster_response::DescribeClusterBroker,
    },
    protocol::{Decodable, Encodable, HeaderVersion, Message, Request, StrBytes},
};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request as it came in.
pub(crate) struct Heard {
    pub(crate) key: i16,
    pub(crate) version: i16,
    pub(crate) correlation: i32,
    /// The body, without header.
    pub(crate) body: Bytes,
}

impl Heard {
    pub(crate) fn is<R: Request>(&self) -> bool {
        self.key == R::KEY
    }

    pub(crate) fn read<R: Request>(&self) -> R {
        R::decode(&mut self.body.clone(), self.version).unwrap()
    }

    /// The right answer in the version of the question.
    pub(crate) fn answer<R: Request>(&self, response: &R::Response) -> Reply {
        let mut bytes = BytesMut::new();
        let header = ResponseHeader::default().with_correlation_id(self.correlation);
        header.encode(&mut bytes, R::Response::header_version(self.version)).unwrap();
        response.encode(&mut bytes, self.version).unwrap();
        Reply::Say(vec![bytes.freeze()])
    }
}

/// What to do about a request.
pub(crate) enum Reply {
    /// Send these frames.
    Say(Vec<Bytes>),
    /// Send these bytes as they are.
    Raw(Bytes),
    Nothing,
    HangUp,
}

/// A listening stand-in; gone when dropped.
pub(crate) struct StandIn {
    pub(crate) address: Address,
    keys: Arc<Mutex<Vec<i16>>>,
    task: JoinHandle<()>,
}

type Script = dyn Fn(Heard) -> Reply + Send + Sync;

impl StandIn {
    /// Listens, and answers every request by `script`.
    pub(crate) async fn start(script: impl Fn(Heard) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().into();
        let keys = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Script> = Arc::new(script);
        let heard = keys.clone();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, script.clone(), heard.clone()));
            }
        });
        Self { address, keys, task }
    }

    /// Like [`Self::start`], but ApiVersions is answered as usual.
    pub(crate) async fn usual(script: impl Fn(Heard) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(move |heard| if heard.is::<ApiVersionsRequest>() { api_versions(&heard) } else { script(heard) })
            .await
    }

    /// How often a request was heard.
    pub(crate) fn heard<R: Request>(&self) -> usize {
        self.keys.lock().unwrap().iter().filter(|key| **key == R::KEY).count()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>, keys: Arc<Mutex<Vec<i16>>>) {
    while let Ok(length) = stream.read_u32().await {
        let mut frame = vec![0; length as usize];
        stream.read_exact(&mut frame).await.unwrap();
        let mut frame = Bytes::from(frame);
        let key = i16::from_be_bytes(frame[..2].try_into().unwrap());
        let version = i16::from_be_bytes(frame[2..4].try_into().unwrap());
        let header_version = ApiKey::try_from(key).unwrap().request_header_version(version);
        let header = RequestHeader::decode(&mut frame, header_version).unwrap();
        keys.lock().unwrap().push(key);
        let heard = Heard { key, version, correlation: header.correlation_id, body: frame };
        match script(heard) {
            Reply::Say(frames) => {
                for frame in frames {
                    stream.write_u32(u32::try_from(frame.len()).unwrap()).await.unwrap();
                    stream.write_all(&frame).await.unwrap();
                }
            }
            Reply::Raw(bytes) => stream.write_all(&bytes).await.unwrap(),
            Reply::Nothing => {}
            Reply::HangUp => return,
        }
    }
}

/// Everything the protocol crate knows.
pub(crate) fn api_versions(heard: &Heard) -> Reply {
    api_versions_but(heard, ApiVersionsRequest::KEY, ApiVersionsRequest::VERSIONS.max)
}

/// The same, but one request not in a higher version than this.
pub(crate) fn api_versions_but(heard: &Heard, limited: i16, newest: i16) -> Reply {
    let api = |key: ApiKey| {
        let range = key.valid_versions();
        let max = if key as i16 == limited { newest } else { range.max };
        ApiVersion::default().with_api_key(key as i16).with_min_version(range.min).with_max_version(max)
    };
    heard.answer::<ApiVersionsRequest>(&ApiVersionsResponse::default().with_api_keys(ApiKey::iter().map(api).collect()))
}

/// The answer in version 0 of a broker that only knows ApiVersions up to `newest`.
pub(crate) fn api_versions_unsupported(heard: &Heard, newest: i16) -> Reply {
    let mut bytes = BytesMut::new();
    bytes.put_i32(heard.correlation);
    bytes.put_i16(35);
    bytes.put_i32(1);
    bytes.put_i16(ApiVersionsRequest::KEY);
    bytes.put_i16(ApiVersionsResponse::VERSIONS.min);
    bytes.put_i16(newest);
    Reply::Say(vec![bytes.freeze()])
}

/// A cluster with brokers at these addresses, numbered from 1.
pub(crate) fn cluster(heard: &Heard, brokers: &[Address]) -> Reply {
    let broker = |(index, address): (usize, &Address)| {
        DescribeClusterBroker::default()
            .with_broker_id(BrokerId(i32::try_from(index).unwrap() + 1))
            .with_host(StrBytes::from_string(address.host().to_owned()))
            .with_port(i32::from(address.port()))
    };
    let response = DescribeClusterResponse::default()
        .with_cluster_id(StrBytes::from_static_str("test"))
        .with_brokers(brokers.iter().enumerate().map(broker).collect());
    heard.answer::<DescribeClusterRequest>(&response)
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().into()
}

/// The answer to SaslHandshake: `code`, and the mechanisms offered.
pub(crate) fn handshake(heard: &Heard, code: i16, offered: &[&str]) -> Reply {
    let mut bytes = BytesMut::new();
    bytes.put_i32(heard.correlation);
    bytes.put_i16(code);
    bytes.put_i32(i32::try_from(offered.len()).unwrap());
    for name in offered {
        bytes.put_i16(i16::try_from(name.len()).unwrap());
        bytes.put_slice(name.as_bytes());
    }
    assert!(bytes.remaining() > 0);
    Reply::Say(vec![bytes.freeze()])
}
