//! The rules as people write them: one TOML document. It is taken as a whole or not at all.

use super::{
    quantity::{Size, Span},
    readers::MessageRules,
};
use jiff::Timestamp;
use klamm_model::{OperationKind, RequestKind, TeamName, UnixMillis};
use serde::{Deserialize, Deserializer, de::Error};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// Under this name stand the rules of environments that have none of their own.
const EVERY_OTHER: &str = "*";

/// How topics are promoted where nobody says otherwise.
const USUAL_PROMOTION: [&str; 3] = ["dev", "staging", "prod"];

/// The rules of an installation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Policy {
    /// Environments in the order in which topics are promoted; without it `dev`, `staging`, `prod`.
    #[serde(default)]
    promotion: Option<Vec<String>>,
    /// After how long without a record and without a moving group a topic counts as unused.
    #[serde(default = "thirty_days")]
    unused_after: Span,
    /// By the environment of the cluster.
    #[serde(default)]
    environments: BTreeMap<String, Rules>,
}

/// A document that does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct PolicyError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

/// The rules of an environment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rules {
    /// What may be asked for; anything else may not.
    #[serde(default)]
    pub kinds: BTreeMap<RequestKind, KindRule>,
    /// What topics may be like.
    #[serde(default)]
    pub topics: TopicRules,
    /// What a team may have of every cluster of the environment.
    #[serde(default)]
    pub quota: Quota,
    /// When nothing is applied.
    #[serde(default)]
    pub freeze: Vec<Freeze>,
    /// Teams whose objects are kept in Git: what they are granted is handed out, and somebody commits it.
    #[serde(default)]
    pub export: BTreeSet<TeamName>,
    /// Who may read messages of topics: nobody, where this is absent.
    #[serde(default)]
    pub messages: MessageRules,
}

/// How a kind of request is decided.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KindRule {
    /// Whether it is applied without asking.
    #[serde(default)]
    pub without_asking: WithoutAsking,
    /// Who has to agree otherwise.
    #[serde(default)]
    pub ask: Vec<Ask>,
    /// How long it waits for them.
    #[serde(default = "two_weeks")]
    pub expires: Span,
}

impl Default for Policy {
    fn default() -> Self {
        Self { promotion: None, unused_after: thirty_days(), environments: BTreeMap::new() }
    }
}

fn thirty_days() -> Span {
    Span(30 * 86_400_000)
}

fn two_weeks() -> Span {
    Span(14 * 86_400_000)
}

/// When nobody is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WithoutAsking {
    /// Somebody always is.
    #[default]
    Never,
    /// As long as `topics.automatic` and the quota hold.
    WithinLimits,
    /// Nobody ever is.
    Always,
}

/// Who has to agree, and how many of them: never the requester, and nobody counts twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Who.
    pub who: Approver,
    /// How many, one at least.
    pub approvals: u32,
}

/// Who may be asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approver {
    /// Approvers of the team that owns what is asked about.
    OwnerTeam,
    /// Operators of the installation.
    Operators,
    /// Approvers of this team.
    Team(TeamName),
}

impl fmt::Display for Approver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnerTeam => f.write_str("the owner's team"),
            Self::Operators => f.write_str("the operators"),
            Self::Team(team) => write!(f, "team {team}"),
        }
    }
}

impl FromStr for Approver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "ownerTeam" => Ok(Self::OwnerTeam),
            None if text == "operators" => Ok(Self::Operators),
            Some(("team", team)) => TeamName::new(team).map(Self::Team).map_err(|error| error.to_string()),
            None | Some(_) => Err(format!("{text:?} is nobody; write \"ownerTeam\", \"operators\" or \"team:<name>\"")),
        }
    }
}

impl<'de> Deserialize<'de> for Ask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Short(String),
            #[serde(rename_all = "camelCase")]
            Long {
                who: String,
                approvals: u32,
            },
        }
        let (who, approvals) = match Written::deserialize(deserializer) {
            Ok(Written::Short(who)) => (who, 1),
            Ok(Written::Long { who, approvals }) => (who, approvals),
            Err(_) => {
                return Err(D::Error::custom("write \"ownerTeam\" or { who = \"ownerTeam\", approvals = 2 }"));
            }
        };
        if approvals == 0 {
            return Err(D::Error::custom("approvals must be 1 at least; leave the line out to ask nobody"));
        }
        Ok(Self { who: who.parse().map_err(D::Error::custom)?, approvals })
    }
}

/// What topics may be like.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TopicRules {
    /// Beyond this a wish is refused.
    #[serde(default)]
    pub allowed: TopicLimits,
    /// Beyond this somebody is asked.
    #[serde(default)]
    pub automatic: TopicLimits,
}

/// Limits of a topic; what is not named is free.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct TopicLimits {
    /// The whole name fits this.
    pub name: Option<Pattern>,
    /// How many.
    pub partitions: Range<u64>,
    /// How many.
    pub replication_factor: Range<u64>,
    /// `min.insync.replicas`.
    pub min_insync_replicas: Range<u64>,
    /// `retention.ms`.
    pub retention: Range<Span>,
    /// `retention.bytes`, of a partition.
    pub retention_bytes: Range<Size>,
    /// Keys that may be set; every key where this is absent.
    pub config_keys: Option<Vec<String>>,
    /// Values of keys.
    pub config: BTreeMap<String, Values>,
}

/// Between two ends, which belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range<T> {
    /// At least.
    #[serde(default = "none")]
    pub min: Option<T>,
    /// At most.
    #[serde(default = "none")]
    pub max: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> Default for Range<T> {
    fn default() -> Self {
        Self { min: None, max: None }
    }
}

/// Values a key may have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Values {
    /// These and no others.
    #[serde(default)]
    pub one_of: Option<Vec<String>>,
    /// Numbers from here.
    #[serde(default)]
    pub min: Option<i64>,
    /// Numbers up to here.
    #[serde(default)]
    pub max: Option<i64>,
}

/// A regular expression for a whole name.
#[derive(Clone, Debug)]
pub struct Pattern {
    written: String,
    regex: regex::Regex,
}

impl Pattern {
    /// Whether the whole text fits.
    pub fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        let whole = regex::RegexBuilder::new(&format!("^(?:{written})$")).size_limit(1 << 20).build();
        let regex = whole.map_err(|error| {
            let error = error.to_string();
            D::Error::custom(format!("not a regular expression: {}", error.lines().last().unwrap_or_default()))
        })?;
        Ok(Self { written, regex })
    }
}

/// What a team may have; what is not named is free.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Quota {
    /// Topics.
    pub topics: Option<u64>,
    /// Partitions of all of them.
    pub partitions: Option<u64>,
    /// Bytes that all of them may keep, replicas included.
    pub bytes_kept: Option<Size>,
}

/// A time in which nothing is applied.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Freeze {
    /// From this moment.
    #[serde(deserialize_with = "moment")]
    pub from: UnixMillis,
    /// Until this one.
    #[serde(deserialize_with = "moment")]
    pub until: UnixMillis,
    /// Why; people are told.
    pub reason: String,
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixMillis, D::Error> {
    let text = String::deserialize(deserializer)?;
    let at: Timestamp = text.parse().map_err(|_| {
        D::Error::custom(format!("{text:?} is no moment; write it like \"2026-12-20T18:00:00Z\", in quotes"))
    })?;
    Ok(UnixMillis(at.as_millisecond()))
}

impl Policy {
    /// Reads a document. Nothing of it counts when anything in it is wrong.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            PolicyError { line, message: error.message().to_owned() }
        })?;
        let order = policy.promotion.as_deref().unwrap_or_default();
        if let Some(twice) = order.iter().enumerate().find_map(|(at, name)| order[..at].contains(name).then_some(name))
        {
            let line = text.lines().position(|line| line.trim_start().starts_with("promotion")).map_or(1, |at| at + 1);
            return Err(PolicyError { line, message: format!("promotion: {twice} stands there twice") });
        }
        for (environment, rules) in &policy.environments {
            if let Some((place, message)) = rules.contradiction() {
                let line = line_of(text, environment, &place);
                return Err(PolicyError { line, message: format!("environments.{environment}.{place}: {message}") });
            }
        }
        Ok(policy)
    }

    /// The rules of an environment, and under which name they stand. None where there are none: nothing may be asked for.
    pub fn of<'a>(&'a self, environment: &'a str) -> Option<(&'a str, &'a Rules)> {
        let own = self.environments.get(environment).map(|rules| (environment, rules));
        own.or_else(|| self.environments.get(EVERY_OTHER).map(|rules| (EVERY_OTHER, rules)))
    }

    /// The place of an environment in the order of promotion; none where it has none.
    pub fn stage(&self, environment: &str) -> Option<usize> {
        match &self.promotion {
            Some(order) => order.iter().position(|name| name == environment),
            None => USUAL_PROMOTION.iter().position(|name| *name == environment),
        }
    }

    /// After how long a topic that nobody touches counts as unused.
    pub fn unused_after(&self) -> Span {
        self.unused_after
    }

    /// All environments that have rules.
    pub fn environments(&self) -> impl Iterator<Item = (&str, &Rules)> {
        self.environments.iter().map(|(name, rules)| (name.as_str(), rules))
    }
}

/// Where a part of an environment's rules is written: under a header of its own, or as a dotted key below the environment's.
fn line_of(text: &str, environment: &str, place: &str) -> usize {
    let is_about = |line: &str, what: &str| {
        let bare = line.trim_start().trim_start_matches('[').replace(['"', '\''], "");
        bare.strip_prefix(what).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
    };
    let whole = format!("environments.{environment}");
    let lines = || text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let own = lines().find(|(_, line)| is_about(line, &format!("{whole}.{place}")));
    let header = lines().find(|(_, line)| is_about(line, &whole));
    let after = header.map_or(0, |(at, _)| at);
    let dotted =
        || lines().skip(after).take_while(|(_, line)| !line.starts_with('[')).find(|(_, line)| is_about(line, place));
    own.or_else(dotted).or(header).map_or(1, |(at, _)| at)
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

impl Rules {
    /// What cannot be meant, with its place.
    fn contradiction(&self) -> Option<(String, String)> {
        for (kind, rule) in &self.kinds {
            if rule.ask.is_empty() && rule.without_asking != WithoutAsking::Always {
                let message = "says neither who is asked nor that nobody is; write ask = [\"ownerTeam\"] or withoutAsking = \"always\"";
                return Some((format!("kinds.{}", kind.name()), message.to_owned()));
            }
            // From some levels of metadata there is no way back: whatever an installation thinks of the rest, that takes two.
            if *kind == RequestKind::Operation(OperationKind::Finalise) && rule.without_asking != WithoutAsking::Never {
                let message =
                    "somebody else always agrees to it, since there may be no way back; write ask = [\"operators\"]";
                return Some((format!("kinds.{}", kind.name()), message.to_owned()));
            }
        }
        let limits = [("topics.allowed", &self.topics.allowed), ("topics.automatic", &self.topics.automatic)];
        for (place, limits) in limits {
            if let Some(field) = limits.upside_down() {
                return Some((place.to_owned(), format!("{field}: min is more than max")));
            }
        }
        let ends_first = self.freeze.iter().any(|freeze| freeze.from >= freeze.until);
        ends_first.then(|| ("freeze".to_owned(), "a freeze ends before it begins".to_owned()))
    }
}

impl TopicLimits {
    fn upside_down(&self) -> Option<String> {
        fn is<T: PartialOrd>(range: &Range<T>) -> bool {
            matches!((&range.min, &range.max), (Some(min), Some(max)) if min > max)
        }
        let ranges = [
            ("partitions", is(&self.partitions)),
            ("replicationFactor", is(&self.replication_factor)),
            ("minInsyncReplicas", is(&self.min_insync_replicas)),
            ("retention", is(&self.retention)),
            ("retentionBytes", is(&self.retention_bytes)),
        ];
        let of_keys = self.config.iter().map(|(key, values)| {
            (key.as_str(), matches!((values.min, values.max), (Some(min), Some(max)) if min > max))
        });
        ranges.into_iter().chain(of_keys).find(|(_, upside_down)| *upside_down).map(|(field, _)| field.to_owned())
    }
}
