//! What the rules say about a wish.

use super::{
    document::{Approver, Ask, Policy, Quota, Rules, TopicLimits, Values, WithoutAsking},
    quantity::{Size, Span},
    seats,
};
use klamm_model::{Finding, Known, PersonName, RequestKind, Severity, TopicName, TopicPart, UnixMillis};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// What kind of request it is.
    pub kind: RequestKind,
    /// The environment of its cluster.
    pub environment: String,
    /// The topic as it would be, where one would be made or changed.
    pub topic: Option<TopicWish>,
}

/// A topic as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicWish {
    /// Its name.
    pub name: TopicName,
    /// None leaves it to the brokers, or as it is.
    pub partitions: Option<u64>,
    /// None leaves it to the brokers, or as it is.
    pub replication_factor: Option<u64>,
    /// What is set on it.
    pub config: BTreeMap<String, String>,
}

/// What is so when a wish is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Now.
    pub now: UnixMillis,
    /// What the team would have of the cluster once the wish is fulfilled.
    pub usage: Usage,
    /// Who could agree, without whoever asks.
    pub approvers: BTreeMap<Approver, BTreeSet<PersonName>>,
}

/// What a team has of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Topics.
    pub topics: Known<u64>,
    /// Partitions of all of them.
    pub partitions: Known<u64>,
    /// Bytes that all of them may keep, replicas included; unknown where one may keep without limit.
    pub bytes_kept: Known<u64>,
}

/// What follows for a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Everything that the rules say, the gravest first.
    pub findings: Vec<Finding>,
    /// What is to happen.
    pub outcome: Outcome,
    /// It is not applied before.
    pub frozen_until: Option<UnixMillis>,
}

/// What is to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It cannot be had.
    Refused,
    /// It is applied without asking.
    Automatic,
    /// These have to agree.
    Asks {
        /// Who, and how many of each.
        of: Vec<Ask>,
        /// How long they have.
        expires: Span,
    },
}

/// Judges a wish.
pub fn judge(policy: &Policy, wish: &Wish, facts: &Facts) -> Judgement {
    let mut findings = Findings(Vec::new());
    let Some((name, rules)) = policy.of(&wish.environment) else {
        let message = format!("nobody has written rules for environment {:?}; operators write them", wish.environment);
        findings.add("environments".to_owned(), Severity::Error, message);
        return findings.judged(Outcome::Refused, None);
    };
    let place = format!("environments.{name}");
    let frozen_until = frozen(rules, &place, facts.now, &mut findings);
    let Some(rule) = rules.kinds.get(&wish.kind) else {
        let message =
            format!("nobody may {} in environment {:?}; operators may allow it", wish.kind.words(), wish.environment);
        findings.add(format!("{place}.kinds"), Severity::Error, message);
        return findings.judged(Outcome::Refused, frozen_until);
    };
    if let Some(topic) = &wish.topic {
        check(topic, &rules.topics.allowed, &format!("{place}.topics.allowed"), Severity::Error, &mut findings);
        check(topic, &rules.topics.automatic, &format!("{place}.topics.automatic"), Severity::Approval, &mut findings);
    }
    if wish.kind.topic_part() == TopicPart::Described {
        within_quota(&rules.quota, &facts.usage, &format!("{place}.quota"), &mut findings);
    }
    let asks = match rule.without_asking {
        WithoutAsking::Always => false,
        WithoutAsking::Never => true,
        WithoutAsking::WithinLimits => findings.gravest() >= Some(Severity::Approval),
    };
    // What has to be asked, but of nobody, is refused: the rule says that nobody may go beyond.
    let may_be_had = findings.gravest() < Some(Severity::Error);
    if asks && may_be_had && seats::seated(&rule.ask, &facts.approvers).is_none() {
        let message = format!(
            "nobody could approve it: it takes {}, besides whoever asks, and there are too few; add approvers",
            who(&rule.ask)
        );
        findings.add(format!("{place}.kinds.{}", wish.kind.name()), Severity::Error, message);
    }
    if rule.without_asking == WithoutAsking::Never {
        let message = format!(
            "to {} in environment {:?} takes the approval of {}",
            wish.kind.words(),
            wish.environment,
            who(&rule.ask)
        );
        findings.add(format!("{place}.kinds.{}", wish.kind.name()), Severity::Approval, message);
    }
    let outcome = match (findings.gravest(), asks) {
        (Some(Severity::Error), _) => Outcome::Refused,
        (_, true) => Outcome::Asks { of: rule.ask.clone(), expires: rule.expires },
        (_, false) => Outcome::Automatic,
    };
    findings.judged(outcome, frozen_until)
}

fn who(asks: &[Ask]) -> String {
    let parts: Vec<_> = asks.iter().map(|ask| format!("{} of {}", ask.approvals, ask.who)).collect();
    parts.join(" and ")
}

fn frozen(rules: &Rules, place: &str, now: UnixMillis, findings: &mut Findings) -> Option<UnixMillis> {
    let running = rules.freeze.iter().filter(|freeze| freeze.from <= now && now < freeze.until);
    let longest = running.max_by_key(|freeze| freeze.until)?;
    let message = format!("nothing is applied now: {}; it goes on {}", longest.reason, longest.until.ahead(now));
    findings.add(format!("{place}.freeze"), Severity::Info, message);
    Some(longest.until)
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, rule: String, severity: Severity, message: String) {
        self.0.push(Finding { rule, severity, message });
    }

    fn gravest(&self) -> Option<Severity> {
        self.0.iter().map(|finding| finding.severity).max()
    }

    fn judged(mut self, outcome: Outcome, frozen_until: Option<UnixMillis>) -> Judgement {
        self.0.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Judgement { findings: self.0, outcome, frozen_until }
    }
}

fn check(topic: &TopicWish, limits: &TopicLimits, place: &str, severity: Severity, findings: &mut Findings) {
    let mut say = |field: &str, message: Option<String>| {
        if let Some(message) = message {
            findings.add(format!("{place}.{field}"), severity, message);
        }
    };
    if let Some(pattern) = limits.name.as_ref().filter(|pattern| !pattern.fits(topic.name.as_str())) {
        say("name", Some(format!("{} does not fit {pattern}", topic.name)));
    }
    let plain = |value: Option<u64>, range: &super::Range<u64>, what: &str| {
        value.and_then(|value| outside(&value, range.min.as_ref(), range.max.as_ref(), what))
    };
    say("partitions", plain(topic.partitions, &limits.partitions, "partitions"));
    say("replicationFactor", plain(topic.replication_factor, &limits.replication_factor, "replicas"));
    let text = |key: &str| topic.config.get(key).map(String::as_str);
    let minimum = text("min.insync.replicas").and_then(|value| value.parse().ok());
    say("minInsyncReplicas", plain(minimum, &limits.min_insync_replicas, "in-sync replicas at least"));
    let retention = text("retention.ms").and_then(unlimited).map(Span);
    say("retention", retention.and_then(|span| bounded(&span, &limits.retention, ("of retention", "retention"))));
    let bytes = text("retention.bytes").and_then(unlimited).map(Size);
    say(
        "retentionBytes",
        bytes.and_then(|size| bounded(&size, &limits.retention_bytes, ("kept of a partition", "a partition"))),
    );
    for (key, value) in &topic.config {
        if limits.config_keys.as_ref().is_some_and(|keys| !keys.contains(key)) {
            say("configKeys", Some(format!("{key} is not among the keys that may be set")));
        }
        if let Some(values) = limits.config.get(key) {
            say(&format!("config.\"{key}\""), fits(key, value, values));
        }
    }
}

/// Kafka's -1 is more than any number.
fn unlimited(value: &str) -> Option<u64> {
    let value: i64 = value.parse().ok()?;
    Some(u64::try_from(value).unwrap_or(u64::MAX))
}

fn bounded<T: PartialOrd + fmt::Display + Unlimited>(
    value: &T,
    range: &super::Range<T>,
    (what, whole): (&str, &str),
) -> Option<String> {
    if value.is_unlimited() {
        let most = range.max.as_ref()?;
        return Some(format!("{whole} without limit; {most} is the most"));
    }
    outside(value, range.min.as_ref(), range.max.as_ref(), what)
}

/// Whether something has no end.
trait Unlimited {
    fn is_unlimited(&self) -> bool;
}

impl Unlimited for Span {
    fn is_unlimited(&self) -> bool {
        self.0 == u64::MAX
    }
}

impl Unlimited for Size {
    fn is_unlimited(&self) -> bool {
        self.0 == u64::MAX
    }
}

fn outside<T: PartialOrd + fmt::Display>(value: &T, min: Option<&T>, max: Option<&T>, what: &str) -> Option<String> {
    match (min, max) {
        (Some(min), _) if value < min => Some(format!("{value} {what}; {min} is the least")),
        (_, Some(max)) if value > max => Some(format!("{value} {what}; {max} is the most")),
        (Some(_) | None, Some(_) | None) => None,
    }
}

fn fits(key: &str, value: &str, values: &Values) -> Option<String> {
    if let Some(all) = values.one_of.as_ref().filter(|all| !all.iter().any(|one| one == value)) {
        return Some(format!("{key} is {value:?}; it may be {}", all.join(", ")));
    }
    if values.min.is_none() && values.max.is_none() {
        return None;
    }
    match value.parse::<i64>() {
        Ok(number) => outside(&number, values.min.as_ref(), values.max.as_ref(), &format!("for {key}")),
        Err(_) => Some(format!("{key} is {value:?}; it must be a number")),
    }
}

fn within_quota(quota: &Quota, usage: &Usage, place: &str, findings: &mut Findings) {
    let size = quota.bytes_kept.map(|size| size.0);
    let parts = [
        ("topics", quota.topics, usage.topics, "topics"),
        ("partitions", quota.partitions, usage.partitions, "partitions"),
        ("bytesKept", size, usage.bytes_kept, "bytes kept"),
    ];
    for (field, most, would_have, what) in parts {
        let (Some(most), rule) = (most, format!("{place}.{field}")) else { continue };
        let amount = |number: u64| if field == "bytesKept" { Size(number).to_string() } else { number.to_string() };
        match would_have {
            Known::Known(would_have) if would_have > most => {
                let message = format!(
                    "the team would have {} {what} of this cluster; {} is the most",
                    amount(would_have),
                    amount(most)
                );
                findings.add(rule, Severity::Error, message);
            }
            Known::Known(_) => {}
            Known::Unknown => {
                let message =
                    format!("how many {what} the team would have cannot be told now; {} is the most", amount(most));
                findings.add(rule, Severity::Approval, message);
            }
        }
    }
}
