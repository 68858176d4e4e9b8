//! Which sheet stands at which address.

use crate::{
    AppError, audit, brokers, catalogue, clients, clusters, credentials, disks, door, findings, groups, messages,
    operations, people, policies, requests, search, sessions, sheet::Drawn, targets, teams, topics, ui::decode,
    webhooks,
};
use klamm_model::{Problem, ProblemKind};
use leptos_router::params::ParamsMap;
use std::collections::BTreeMap;

/// What stands behind the question mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked(BTreeMap<String, String>);

/// No field needs more.
const LONGEST: usize = 2000;

/// A text as it was typed into a form.
pub fn typed(sent: &str) -> String {
    decode(&sent.replace('+', " ")).replace("\r\n", "\n")
}

impl Asked {
    /// Reads a query, or a form as it was sent.
    pub(crate) fn of(query: &str) -> Self {
        let pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| (typed(name), typed(value).chars().take(LONGEST).collect()));
        // Of several with one name the first counts.
        let mut all = BTreeMap::new();
        for (name, value) in pairs {
            all.entry(name).or_insert(value);
        }
        Self(all)
    }

    /// All of it, for what is read from addresses in the browser too.
    pub(crate) fn params(&self) -> ParamsMap {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// A field, trimmed; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// Whether a field is there, whatever it says.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A field as it was typed.
    pub(crate) fn untrimmed(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The same, with a field that says this where it said nothing.
    pub(crate) fn or(mut self, name: &str, text: &str) -> Self {
        if self.get(name).is_empty() {
            self.0.insert(name.to_owned(), text.to_owned());
        }
        self
    }

    /// A field that says something.
    pub(crate) fn given(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

fn cluster(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

/// The sheet of an address.
pub(crate) async fn at(path: &str, query: &str) -> Result<Drawn, AppError> {
    let asked = Asked::of(query);
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let sheet = match parts.as_slice() {
        ["search"] => return search::search(asked.untrimmed("q")),
        ["clusters", namespace, name, "disks"] => return disks::page(&cluster(namespace, name), &asked).await,
        ["policies"] => return policies::policies(query).await,
        ["clusters", namespace, name] => return clusters::page(&cluster(namespace, name), &asked).await,
        ["clusters", namespace, name, "brokers"] => return brokers::list(&cluster(namespace, name)),
        ["clusters", namespace, name, "brokers", id] => {
            return brokers::page(&cluster(namespace, name), id, &asked).await;
        }
        ["clusters", namespace, name, "topics", topic] => {
            return topics::page(&cluster(namespace, name), topic, &asked).await;
        }
        ["clusters", namespace, name, "groups", group] => {
            return groups::page(&cluster(namespace, name), group, &asked).await;
        }
        ["clusters", namespace, name, "targets"] => targets::page(&cluster(namespace, name)),
        ["clusters", namespace, name, "clients"] => clients::page(&cluster(namespace, name)),
        ["clusters", namespace, name, "topics", topic, "messages"] => {
            return messages::page(&cluster(namespace, name), topic).await;
        }
        ["topics"] => catalogue::list(&asked).await,
        ["topics", name] => catalogue::one(name).await,
        ["requests"] => requests::list(&asked).await,
        ["requests", "new"] => requests::new(&asked).await,
        ["requests", id] => requests::one(id, &asked).await,
        ["approvals"] => requests::inbox(&asked).await,
        ["credentials"] => credentials::list(&asked).await,
        ["credentials", id] => credentials::one(id).await,
        ["people"] => people::list(&asked).await,
        ["people", name] => people::one(name, &asked).await,
        ["sessions"] => sessions::list(&asked).await,
        ["teams"] => teams::list(&asked).await,
        ["teams", name] => teams::one(name, &asked).await,
        ["audit"] => audit::list(&asked).await,
        ["webhooks"] => webhooks::list(&asked).await,
        ["clusters", namespace, name, "findings"] => findings::list(namespace, name, &asked),
        ["clusters", namespace, name, "operations"] => operations::list(&cluster(namespace, name), &asked),
        ["clusters", namespace, name, "operations", operation] => {
            operations::one(&cluster(namespace, name), operation, &asked).await
        }
        _ => Err(door::refuse(Problem::new(ProblemKind::NotFound, "There is no page at this address."))),
    };
    Ok(sheet?.drawn())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read_as_forms_send_it() {
        let asked = Asked::of("?a=1+2%2B3&b=%20x%20&a=other&c=&d");
        assert_eq!((asked.get("a"), asked.get("b"), asked.given("c"), asked.get("d")), ("1 2+3", "x", None, ""));
    }
}
