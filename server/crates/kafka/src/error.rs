//! The two levels of failure: a whole call ([`ClientError`]) and one item of it ([`KafkaError`]).

use crate::{Address, ErrorCode, Retry};
use klamm_model::{BrokerId, error_chain};
use std::{fmt, io, sync::Arc, time::Duration};

/// What a broker said no to, with its own words where it had some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaError {
    /// The code.
    pub code: ErrorCode,
    /// The broker's own message.
    pub message: Option<String>,
}

impl KafkaError {
    /// Success for code 0, otherwise the error with the broker's message.
    pub(crate) fn check(code: i16, message: Option<&str>) -> Result<(), Self> {
        match ErrorCode::from_wire(code) {
            None => Ok(()),
            Some(code) => Err(Self { code, message: message.filter(|m| !m.is_empty()).map(str::to_owned) }),
        }
    }

    /// Whether asking again can help.
    pub fn retry(&self) -> Retry {
        self.code.retry()
    }
}

impl From<ErrorCode> for KafkaError {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: None }
    }
}

impl fmt::Display for KafkaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.sentence())?;
        match &self.message {
            Some(message) => write!(f, " Kafka says: {} ({})", message.trim_end(), self.code),
            None => write!(f, " ({})", self.code),
        }
    }
}

impl std::error::Error for KafkaError {}

/// Why a connection could not be made or was lost.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The host has no address.
    #[error("cannot resolve {address}")]
    Resolve {
        /// What was to be resolved.
        address: Address,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Nobody listens, or the network does not lead there.
    #[error("cannot connect to {address}")]
    Connect {
        /// Where to.
        address: Address,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Connected, but silent during the opening exchange.
    #[error("{address} did not answer within {after:?}")]
    Silent {
        /// Who.
        address: Address,
        /// How long we waited.
        after: Duration,
    },
    /// The peer hung up during the opening exchange.
    #[error(
        "{address} closed the connection while it was being opened; the listener may expect TLS or another protocol"
    )]
    HungUp {
        /// Who.
        address: Address,
        /// What the socket said.
        #[source]
        source: io::Error,
    },
    /// The peer does not speak Kafka's protocol, or not as it announced.
    #[error("{address} does not speak Kafka's protocol as expected")]
    Protocol {
        /// Who.
        address: Address,
        /// What was wrong.
        #[source]
        source: ProtocolError,
    },
    /// The broker refused the user.
    #[error("{address} refused the user {user:?}: {reason}")]
    Authentication {
        /// Who.
        address: Address,
        /// As whom we signed in.
        user: String,
        /// The broker's reason.
        reason: String,
    },
    /// The peer could not prove that it knows the password: it may not be the broker it claims to be.
    #[error("{address} could not prove that it knows the password of {user:?}")]
    ServerNotGenuine {
        /// Who.
        address: Address,
        /// As whom we signed in.
        user: String,
    },
    /// Not there yet.
    #[error("{0} is not supported yet")]
    NotSupported(&'static str),
}

/// Bytes that make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A frame longer than we accept, or of negative length.
    #[error("a frame of {length} bytes; at most {limit} are accepted")]
    FrameLength {
        /// As announced.
        length: i32,
        /// The most we take.
        limit: usize,
    },
    /// A message that does not decode.
    #[error("a malformed {what}: {detail}")]
    Malformed {
        /// Which message.
        what: &'static str,
        /// Where decoding ended.
        detail: String,
    },
    /// A request of ours that cannot be written, such as a name that is too long.
    #[error("the {what} cannot be written: {detail}")]
    Unwritable {
        /// Which message.
        what: &'static str,
        /// Why.
        detail: String,
    },
    /// An answer to a question nobody asked.
    #[error("an answer with an unknown correlation id")]
    Uncorrelated,
    /// An answer that leaves out or invents items of the question.
    #[error("the answer to {what} does not match the question")]
    Mismatched {
        /// Which message.
        what: &'static str,
    },
}

/// Why a whole call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No broker could be reached.
    #[error("no broker could be reached ({tried} addresses tried)")]
    Unreachable {
        /// How many addresses were tried.
        tried: usize,
        /// The last failure.
        #[source]
        source: Option<Arc<ConnectError>>,
    },
    /// One particular broker could not be reached.
    #[error("broker {broker} could not be reached")]
    BrokerUnreachable {
        /// Which one.
        broker: BrokerId,
        /// Why.
        #[source]
        source: Arc<ConnectError>,
    },
    /// Nobody knows where this broker is.
    #[error("no address is known for broker {0}")]
    UnknownBroker(BrokerId),
    /// Refused at the door: wrong credentials, or an impostor.
    #[error("could not sign in")]
    Authentication(#[source] Arc<ConnectError>),
    /// No answer in time.
    #[error("{what} was not answered within {after:?}")]
    TimedOut {
        /// Which request.
        what: &'static str,
        /// How long we waited.
        after: Duration,
    },
    /// The connection broke before a question was answered.
    #[error("the connection broke during {what}")]
    Disconnected {
        /// Which request.
        what: &'static str,
    },
    /// The connection broke, or time ran out, after a change was sent: it may or may not have been made. Look again.
    #[error("{what} was sent, but nobody knows whether it was carried out")]
    OutcomeUnknown {
        /// Which request.
        what: &'static str,
    },
    /// The broker does not know the request, or only in versions we do not speak.
    #[error(
        "the broker does not support {what} in a version this program speaks (broker {offered:?}, here {spoken:?})"
    )]
    UnsupportedByBroker {
        /// Which request.
        what: &'static str,
        /// The broker's versions; none when it does not know the request at all.
        offered: Option<(i16, i16)>,
        /// Ours.
        spoken: (i16, i16),
    },
    /// The broker answered with an error that concerns the whole request.
    #[error("{what} was refused")]
    Broker {
        /// Which request.
        what: &'static str,
        /// The broker's answer.
        #[source]
        source: KafkaError,
    },
    /// The broker's bytes make no sense.
    #[error("the answer to {what} is not understood")]
    Protocol {
        /// Which request.
        what: &'static str,
        /// What was wrong.
        #[source]
        source: ProtocolError,
    },
    /// Not there yet.
    #[error("{0} is not supported yet")]
    NotSupported(&'static str),
    /// One failure that concerns several items.
    #[error(transparent)]
    Shared(Arc<ClientError>),
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
}

impl ClientError {
    /// Whether the same call may succeed a little later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::BrokerUnreachable { .. }
            | Self::TimedOut { .. }
            | Self::Disconnected { .. }
            | Self::OutcomeUnknown { .. } => true,
            Self::Broker { source, .. } => source.retry() != Retry::Never,
            Self::Shared(error) => error.is_transient(),
            Self::UnknownBroker(_)
            | Self::Authentication(_)
            | Self::UnsupportedByBroker { .. }
            | Self::Protocol { .. }
            | Self::NotSupported(_)
            | Self::Closed => false,
        }
    }

    /// The broker's error, where one was the reason.
    pub fn kafka(&self) -> Option<&KafkaError> {
        match self {
            Self::Broker { source, .. } => Some(source),
            Self::Shared(error) => error.kafka(),
            _ => None,
        }
    }

    /// One sentence for people: this error and what caused it.
    pub fn explain(&self) -> String {
        error_chain(self)
    }
}
