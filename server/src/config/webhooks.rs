//! `[[webhooks]]`: who is told of requests. There is no variable for them, and no page: whoever may make Klamm talk to an
//! address is whoever writes its configuration.

use super::{Config, ConfigError};
use klamm_model::{TeamName, WebhookEvent, WebhookName};
use klamm_portal::InvalidWebhook;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, path::PathBuf};

/// One of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    /// Names it on pages, in the log and in metrics.
    name: WebhookName,
    /// `https://…`; for loopback addresses `http://…` will do.
    url: String,
    /// Holds the secret that messages are signed with.
    #[serde(alias = "secretFile")]
    secret_file: PathBuf,
    /// What it is told; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<BTreeSet<WebhookEvent>>,
    /// Only what concerns these teams; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    teams: Option<BTreeSet<TeamName>>,
}

impl Webhook {
    fn checked(&self) -> Result<klamm_portal::Webhook, InvalidWebhook> {
        let Self { name, url, secret_file, events, teams } = self.clone();
        klamm_portal::Webhook::new(name, &url, secret_file, events, teams)
    }

    /// Leaves of the address what is no secret to any receiver.
    pub(super) fn hide(&mut self) {
        let origin = self.checked().map_or_else(|_| String::new(), |webhook| webhook.origin());
        self.url = format!("{origin}/…");
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Config {
    /// The webhooks, checked.
    pub(crate) fn webhooks(&self) -> Result<Vec<klamm_portal::Webhook>, ConfigError> {
        let (mut names, mut checked) = (BTreeSet::new(), Vec::new());
        for webhook in &self.webhooks {
            let name = &webhook.name;
            if !names.insert(name) {
                return Err(ConfigError::Invalid { reason: format!("webhooks: there are two of the name {name}") });
            }
            let one = webhook.checked();
            checked.push(one.map_err(|error| ConfigError::Invalid { reason: format!("webhook {name}: {error}") })?);
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("klamm.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(Some(&file), []).map_err(|error| error.to_string())
    }

    const TICKETS: &str = "[[webhooks]]\nname = \"tickets\"\nurl = \"https://tickets.example.org/in?key=hush\"\n\
                           secret_file = \"/etc/klamm/tickets\"\n";

    #[test]
    fn webhooks_are_read_whole() {
        let more = "events = [\"requestFailed\", \"requestApplied\"]\nteams = [\"payments\"]\n";
        let config = load(&format!(
            "{TICKETS}{more}[[webhooks]]\nname = \"chat\"\nurl = \"http://[::1]:9/\"\nsecretFile = \"s\"\n"
        ));
        let webhooks = config.unwrap().webhooks().unwrap();
        let names: Vec<_> = webhooks.iter().map(|webhook| (webhook.name().as_str(), webhook.origin())).collect();
        let expected = [("tickets", "https://tickets.example.org"), ("chat", "http://[::1]:9")];
        assert_eq!(names, expected.map(|(name, origin)| (name, origin.to_owned())));
        assert_eq!(webhooks[0].secret_file(), "/etc/klamm/tickets");
    }

    #[test]
    fn what_is_wrong_is_named_and_no_address_is_quoted() {
        for (text, word) in [
            (format!("{TICKETS}colour = \"red\"\n"), "colour"),
            (format!("{TICKETS}secret = \"hush\"\n"), "secret"),
            (format!("{TICKETS}events = [\"requestLost\"]\n"), "requestLost"),
            (format!("{TICKETS}events = [\"test\"]\n"), "test"),
            (format!("{TICKETS}events = []\n"), "events"),
            (format!("{TICKETS}teams = []\n"), "teams"),
            (format!("{TICKETS}teams = [\"No Team\"]\n"), "team name"),
            (format!("{TICKETS}{TICKETS}"), "two of the name tickets"),
            (TICKETS.replace("https", "http"), "webhook tickets: url must begin with https://"),
            (TICKETS.replace("tickets.example", "me:hush@x"), "user name or password"),
            (TICKETS.replace("\"tickets\"", "\"No Name\""), "webhook name"),
            (TICKETS.replace("secret_file", "secret_flie"), "secret_flie"),
            ("[webhooks]\nname = \"tickets\"\n".to_owned(), "expected a sequence"),
        ] {
            let error = load(&text).unwrap_err();
            assert!(error.contains(word), "{word}: {error}");
            assert!(!error.contains("hush"), "{error}");
        }
        let variable = ("KLAMM_WEBHOOKS_TICKETS".to_owned(), "x".to_owned());
        assert!(matches!(Config::load(None, [variable]), Err(ConfigError::UnknownVariable { .. })));
    }

    #[test]
    fn what_is_printed_can_be_read_again_and_says_no_more_than_where() {
        let config = load(&format!("{TICKETS}teams = [\"payments\"]\n")).unwrap();
        let printed = config.printed().unwrap();
        assert!(printed.contains("https://tickets.example.org/…") && !printed.contains("hush"), "{printed}");
        assert!(!format!("{config:?}").contains("hush"));
        let read: Config = toml::from_str(&printed).unwrap();
        assert_eq!(read.webhooks.len(), 1);
    }
}
