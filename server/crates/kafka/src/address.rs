//! Where brokers are.

use klamm_model::BrokerId;
use std::{collections::BTreeMap, fmt, net::SocketAddr, str::FromStr};

/// A host and a port; IPv6 addresses are written in brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    host: Box<str>,
    port: u16,
}

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address; write it as <host>:<port>")]
pub struct InvalidAddress(String);

impl Address {
    /// A host name or IP address, and a port.
    pub fn new(host: impl Into<String>, port: u16) -> Result<Self, InvalidAddress> {
        let host = host.into();
        let plain = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(&host);
        let valid = !plain.is_empty()
            && plain.len() <= 255
            && plain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'%'));
        if valid && port > 0 {
            Ok(Self { host: plain.into(), port })
        } else {
            Err(InvalidAddress(format!("{host}:{port}")))
        }
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self { host: address.ip().to_string().into(), port: address.port() }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = || InvalidAddress(text.chars().take(300).collect());
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(invalid)?;
        // An IPv6 address without brackets would lose its last group to the port.
        if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
            return Err(invalid());
        }
        Self::new(host, port.parse().map_err(|_| invalid())?).map_err(|_| invalid())
    }
}

/// How brokers are found by their id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Where they say they are. For clusters Klamm does not run.
    Advertised,
    /// Exactly here, whatever they advertise. A broker that is not listed is not dialled.
    Explicit(BTreeMap<BrokerId, Address>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_they_are_read() {
        for text in ["127.1.2.10:9091", "demo-bootstrap.kafka.svc:9092", "[::1]:9092"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!("[::1]:9092".parse::<Address>().unwrap().host(), "::1");
    }

    #[test]
    fn what_is_not_an_address_is_refused_in_full() {
        for text in ["", "host", "host:", ":9092", "host:0", "host:99999", "::1:9092", "a b:1", "http://h:1/", "h\n:1"]
        {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }
}
