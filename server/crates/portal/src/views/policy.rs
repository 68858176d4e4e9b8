//! Rules and verdicts in words.

use crate::policies::Standing;
use klamm_model::{EnvironmentRules, FreezeView, KindSentence, PoliciesView, Severity, WishOutcome, WishVerdict};
use klamm_planner::policy::{
    Ask, Judgement, KindRule, Outcome, Quota, Range, Rules, Span, TopicLimits, Values, WithoutAsking,
};
use std::fmt::Display;

pub(crate) fn view(standing: &Standing) -> PoliciesView {
    PoliciesView {
        environments: standing.policy.environments().map(|(name, rules)| environment(name, rules)).collect(),
        taken_at: standing.taken_at,
        problem: standing.problem.clone(),
    }
}

fn environment(name: &str, rules: &Rules) -> EnvironmentRules {
    let kind =
        |(kind, rule): (&klamm_model::RequestKind, &KindRule)| KindSentence { kind: *kind, sentence: decided(rule) };
    let freeze = |freeze: &klamm_planner::policy::Freeze| FreezeView {
        from: freeze.from,
        until: freeze.until,
        reason: freeze.reason.clone(),
    };
    EnvironmentRules {
        name: name.to_owned(),
        kinds: rules.kinds.iter().map(kind).collect(),
        allowed: limits(&rules.topics.allowed),
        automatic: limits(&rules.topics.automatic),
        quota: quota(&rules.quota),
        freezes: rules.freeze.iter().map(freeze).collect(),
        exports: rules.export.iter().cloned().collect(),
        messages: rules.messages.read.iter().map(ToString::to_string).collect(),
    }
}

fn decided(rule: &KindRule) -> String {
    let asked = || asked(&rule.ask, rule.expires);
    match rule.without_asking {
        WithoutAsking::Always => "at once".to_owned(),
        WithoutAsking::Never => asked(),
        WithoutAsking::WithinLimits => format!("at once as long as nobody has to be asked, else {}", asked()),
    }
}

/// `2 approvals of the owner's team and 1 of the operators, within 14 days`
fn asked(asks: &[Ask], expires: Span) -> String {
    let each = asks.iter().enumerate().map(|(at, Ask { who, approvals })| match (at, approvals) {
        (0, 1) => format!("1 approval of {who}"),
        (0, several) => format!("{several} approvals of {who}"),
        (_, some) => format!("{some} of {who}"),
    });
    format!("{}, within {}", each.collect::<Vec<_>>().join(" and "), long(expires))
}

/// Days where they are whole, which nobody counts in weeks.
fn long(span: Span) -> String {
    const DAY: u64 = 86_400_000;
    match (span.0 / DAY, span.0 % DAY) {
        (1, 0) => "1 day".to_owned(),
        (days, 0) => format!("{days} days"),
        _ => span.to_string(),
    }
}

fn limits(limits: &TopicLimits) -> Vec<String> {
    let ranges = [
        limits.name.as_ref().map(|pattern| format!("names fit {pattern}")),
        range("partitions", &limits.partitions),
        range("replicas", &limits.replication_factor),
        range("min.insync.replicas", &limits.min_insync_replicas),
        range("retention.ms", &limits.retention),
        range("retention.bytes", &limits.retention_bytes),
        limits.config_keys.as_ref().map(|keys| format!("keys that may be set: {}", keys.join(", "))),
    ];
    let values = limits.config.iter().filter_map(|(key, values)| value(key, values));
    ranges.into_iter().flatten().chain(values).collect()
}

fn value(key: &str, values: &Values) -> Option<String> {
    let one_of = values.one_of.as_ref().map(|all| format!("{key}: {}", all.join(" or ")));
    one_of.or_else(|| range(key, &Range { min: values.min, max: values.max }))
}

fn range<T: Display>(what: &str, range: &Range<T>) -> Option<String> {
    match (&range.min, &range.max) {
        (Some(min), Some(max)) => Some(format!("{what}: {min} to {max}")),
        (Some(min), None) => Some(format!("{what}: {min} or more")),
        (None, Some(max)) => Some(format!("{what}: up to {max}")),
        (None, None) => None,
    }
}

fn quota(quota: &Quota) -> Vec<String> {
    let parts = [
        quota.topics.map(|most| format!("topics: up to {most}")),
        quota.partitions.map(|most| format!("partitions: up to {most}")),
        quota.bytes_kept.map(|most| format!("bytes kept, replicas included: up to {most}")),
    ];
    parts.into_iter().flatten().collect()
}

/// What would become of a wish.
pub(crate) fn verdict(judgement: Judgement) -> WishVerdict {
    let Judgement { findings, outcome, frozen_until } = judgement;
    let (word, sentence) = match &outcome {
        Outcome::Refused => {
            let gravest = findings.iter().filter(|finding| finding.severity == Severity::Error);
            let why: Vec<_> = gravest.map(|finding| finding.message.as_str()).collect();
            (WishOutcome::Refused, format!("It would be refused: {}.", why.join("; ")))
        }
        Outcome::Automatic => (WishOutcome::Automatic, "It would be applied without asking anybody.".to_owned()),
        Outcome::Asks { of, expires } => {
            (WishOutcome::NeedsApproval, format!("It would take {}.", asked(of, *expires)))
        }
    };
    WishVerdict { outcome: word, sentence, findings, frozen_until }
}
