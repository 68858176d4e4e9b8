use super::{Authentication, External};
use crate::invalid::Problems;
use klamm_model::ObjectName;
use std::{fmt, str::FromStr};

/// A cluster that Klamm only connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalCluster {
    /// Where it is; at least one.
    pub bootstrap_servers: Vec<Address>,
    /// The Secret with `username` and `password`; none: no authentication.
    pub secret_name: Option<ObjectName>,
}

/// A host with a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Name or IPv4 address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (host, port) = text.split_once(':')?;
            let port = port.parse().ok().filter(|port| *port > 0)?;
            (!host.is_empty() && !host.contains(char::is_whitespace)).then(|| Self { host: host.to_owned(), port })
        };
        parse().ok_or_else(|| format!("{text:?} is not an address: write it as broker-1.example:9092"))
    }
}

pub(super) fn validate(problems: &mut Problems, external: &External) -> Option<ExternalCluster> {
    let addresses = external.bootstrap_servers.split(',').map(|text| text.trim().parse::<Address>());
    let bootstrap_servers = problems.take("spec.external.bootstrapServers", addresses.collect::<Result<_, _>>());
    let secret_name = match (external.authentication, &external.secret_name) {
        (Authentication::None, _) => None,
        (Authentication::ScramSha512, Some(name)) => Some(problems.take("spec.external.secretName", name.parse())?),
        (Authentication::ScramSha512, None) => {
            problems.invalid(
                "spec.external.secretName",
                "name a Secret of this namespace with the keys username and password, or set authentication: none",
            );
            return None;
        }
    };
    Some(ExternalCluster { bootstrap_servers: bootstrap_servers?, secret_name })
}
