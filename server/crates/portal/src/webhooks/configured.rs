//! A webhook as the configuration has it, checked.

use super::secret::{SecretError, Secrets};
use http::Uri;
use klamm_model::{TeamName, WebhookEvent, WebhookName};
use std::{
    collections::BTreeSet,
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

/// Who is told of requests and findings.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Each of them.
    pub webhooks: Vec<Webhook>,
    /// Where people find Klamm's pages, such as `https://klamm.example.org`.
    pub site: Option<String>,
}

/// A program elsewhere that is told of requests.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub(super) name: WebhookName,
    pub(super) address: Address,
    pub(super) secret_file: PathBuf,
    pub(super) events: BTreeSet<WebhookEvent>,
    pub(super) teams: BTreeSet<TeamName>,
}

/// Why a webhook cannot be configured like this. Says nothing of what stands in the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebhook {
    /// It is no address.
    #[error("url is not an address such as https://tickets.example.org/klamm")]
    NotAUrl,
    /// Others could read along.
    #[error("url must begin with https://; http:// is for loopback addresses only")]
    InTheClear,
    /// Names and passwords in addresses end up in logs.
    #[error("url must not hold a user name or password; messages are signed with the secret")]
    Credentials,
    /// What is told to nobody.
    #[error("{0} must not be empty; leave it out for all")]
    Nothing(&'static str),
    /// A test is sent when somebody asks for it.
    #[error("events: test is no event of a request; a test is sent whenever an operator asks for one")]
    Test,
}

impl Webhook {
    /// A webhook that is told of these events, and only of what concerns these teams; none means all.
    pub fn new(
        name: WebhookName,
        url: &str,
        secret_file: PathBuf,
        events: Option<BTreeSet<WebhookEvent>>,
        teams: Option<BTreeSet<TeamName>>,
    ) -> Result<Self, InvalidWebhook> {
        let address = Address::parse(url)?;
        let events = events.unwrap_or_else(|| WebhookEvent::ALL.into());
        if events.is_empty() {
            return Err(InvalidWebhook::Nothing("events"));
        }
        if events.contains(&WebhookEvent::Test) {
            return Err(InvalidWebhook::Test);
        }
        if teams.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(InvalidWebhook::Nothing("teams"));
        }
        Ok(Self { name, address, secret_file, events, teams: teams.unwrap_or_default() })
    }

    /// Names it.
    pub fn name(&self) -> &WebhookName {
        &self.name
    }

    /// Scheme, host and port of its address: what may be shown of it.
    pub fn origin(&self) -> String {
        self.address.origin()
    }

    /// Where its secret is.
    pub fn secret_file(&self) -> &Path {
        &self.secret_file
    }

    /// Makes sure that its secret is there and is one.
    pub async fn check_secret(&self) -> Result<(), SecretError> {
        Secrets::read(&self.secret_file).await.map(drop)
    }

    /// Whether it is told of this, which concerns whoever runs the cluster, and no team.
    pub(super) fn wants_of_all(&self, event: WebhookEvent) -> bool {
        self.events.contains(&event) && self.teams.is_empty()
    }

    /// Whether it is told of this, which concerns these teams.
    pub(super) fn wants(&self, event: WebhookEvent, concerned: [&TeamName; 2]) -> bool {
        self.events.contains(&event)
            && (self.teams.is_empty() || concerned.into_iter().any(|team| self.teams.contains(team)))
    }
}

/// Where a webhook is. Path and query may be secrets, so it never prints them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address(Uri);

impl Address {
    fn parse(url: &str) -> Result<Self, InvalidWebhook> {
        if url.contains('#') {
            return Err(InvalidWebhook::NotAUrl);
        }
        let uri: Uri = url.parse().map_err(|_| InvalidWebhook::NotAUrl)?;
        let authority = uri.authority().ok_or(InvalidWebhook::NotAUrl)?;
        if authority.as_str().contains('@') {
            return Err(InvalidWebhook::Credentials);
        }
        if authority.host().is_empty() {
            return Err(InvalidWebhook::NotAUrl);
        }
        match uri.scheme_str() {
            Some("https") => Ok(Self(uri)),
            Some("http") if is_loopback(authority.host()) => Ok(Self(uri)),
            Some(_) => Err(InvalidWebhook::InTheClear),
            None => Err(InvalidWebhook::NotAUrl),
        }
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    fn origin(&self) -> String {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let authority = self.0.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        format!("{scheme}://{authority}")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/…", self.origin())
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Result<Webhook, InvalidWebhook> {
        Webhook::new("tickets".parse().unwrap(), url, PathBuf::from("/secret"), None, None)
    }

    #[test]
    fn messages_cross_no_network_in_the_clear() {
        for good in [
            "https://tickets.example.org/klamm?key=hush",
            "https://10.0.0.1:8443",
            "http://127.0.0.1:8080/hook",
            "http://127.8.9.1/",
            "http://[::1]:80/",
            "http://localhost/x",
        ] {
            assert!(at(good).is_ok(), "{good}");
        }
        for open in ["http://tickets.example.org", "http://10.0.0.1/", "http://localhost.example.org/", "ftp://x/"] {
            assert_eq!(at(open).unwrap_err(), InvalidWebhook::InTheClear, "{open}");
        }
        for none in ["", "tickets", "/hook", "https://", "https:///x", "https://a b/", "https://a/#x"] {
            assert_eq!(at(none).unwrap_err(), InvalidWebhook::NotAUrl, "{none}");
        }
        assert_eq!(at("https://me:hush@a.example/").unwrap_err(), InvalidWebhook::Credentials);
    }

    #[test]
    fn what_may_be_secret_of_an_address_is_not_printed() {
        let webhook = at("https://hooks.example.org:8443/services/hush?key=hush").unwrap();
        assert_eq!(webhook.origin(), "https://hooks.example.org:8443");
        assert!(!format!("{webhook:?}").contains("hush"), "{webhook:?}");
    }

    #[test]
    fn a_webhook_is_told_of_what_it_is_for_and_of_what_concerns_its_teams() {
        let (payments, orders): (TeamName, TeamName) = ("payments".parse().unwrap(), "orders".parse().unwrap());
        let made = |events: Option<&[WebhookEvent]>, teams: Option<&[&TeamName]>| {
            let events = events.map(|events| events.iter().copied().collect());
            let teams = teams.map(|teams| teams.iter().map(|team| (*team).clone()).collect());
            Webhook::new("tickets".parse().unwrap(), "https://a.example", PathBuf::new(), events, teams)
        };
        let all = made(None, None).unwrap();
        assert!(all.wants(WebhookEvent::RequestExpired, [&orders, &orders]));
        assert!(all.wants_of_all(WebhookEvent::FindingOpened));
        let some = made(Some(&[WebhookEvent::RequestFailed]), Some(&[&payments])).unwrap();
        assert!(some.wants(WebhookEvent::RequestFailed, [&payments, &orders]), "payments asks orders");
        assert!(some.wants(WebhookEvent::RequestFailed, [&orders, &payments]), "orders asks payments");
        assert!(!some.wants(WebhookEvent::RequestFailed, [&orders, &orders]));
        assert!(!some.wants(WebhookEvent::RequestApplied, [&payments, &payments]));
        assert!(!some.wants_of_all(WebhookEvent::FindingOpened));
        let theirs = made(None, Some(&[&payments])).unwrap();
        assert!(!theirs.wants_of_all(WebhookEvent::FindingOpened), "brokers are no team's");
        assert_eq!(made(Some(&[]), None).unwrap_err(), InvalidWebhook::Nothing("events"));
        assert_eq!(made(None, Some(&[])).unwrap_err(), InvalidWebhook::Nothing("teams"));
        assert_eq!(made(Some(&[WebhookEvent::Test]), None).unwrap_err(), InvalidWebhook::Test);
    }
}
