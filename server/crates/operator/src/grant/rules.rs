//! Whether a grant counts, and from whom its topics are. Pure but for the time, which the caller brings.

use super::object::Declared;
use crate::batch::tenancy;
use jiff::Timestamp;
use klamm_model::UnixMillis;
use klamm_planner::tenancy::{Pattern, Tenancy};
use klamm_resources::{GrantReason, KafkaCluster, NamePattern, TopicPattern, ValidatedGrant};

/// Most topics that are named in a sentence.
const NAMED: usize = 5;

/// What is to be said of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) reason: GrantReason,
    pub(super) message: String,
    /// When it will be another.
    pub(super) until: Option<UnixMillis>,
}

impl Verdict {
    fn of(reason: GrantReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), until: None }
    }
}

/// Judges a grant.
pub(super) fn judge(declared: &Declared, cluster: Option<&KafkaCluster>, now: Timestamp) -> Verdict {
    let grant = match &declared.reading {
        Ok(grant) => grant,
        Err(problem) => return Verdict::of(GrantReason::InvalidSpec, problem.clone()),
    };
    let Some(object) = cluster else {
        let message = format!("there is no KafkaCluster {}; create it, or name another cluster", grant.cluster);
        return Verdict::of(GrantReason::ClusterNotFound, message);
    };
    let tenancy = tenancy(&grant.cluster, object);
    if let Err(not_allowed) = tenancy.admits(&grant.namespace) {
        return Verdict::of(GrantReason::NotATenant, not_allowed.to_string());
    }
    if grant.is_expired_at(UnixMillis(now.as_millisecond())) {
        return Verdict::of(
            GrantReason::Expired,
            "its time is over and it grants nothing any more; set spec.expires to a later moment, or delete it",
        );
    }
    let foreign: Vec<_> = grant.topics.iter().filter(|topic| !is_ones_own(grant, topic, &tenancy)).collect();
    if !foreign.is_empty() {
        return Verdict { until: grant.expires, ..Verdict::of(GrantReason::NotOwner, not_owner(&foreign, &tenancy)) };
    }
    let end = grant.expires.and_then(|end| Timestamp::from_millisecond(end.0).ok());
    let end = end.map_or_else(|| "until it is taken away".to_owned(), |end| format!("until {end}"));
    Verdict { until: grant.expires, ..Verdict::of(GrantReason::InEffect, format!("it counts {end}")) }
}

fn pattern(topic: &TopicPattern) -> Pattern {
    match topic.pattern() {
        NamePattern::Literal => Pattern::Literal,
        NamePattern::Prefixed => Pattern::Prefixed,
    }
}

/// Whether the namespace has a say about these topics at all; where they are several tenants', each has its part.
fn is_ones_own(grant: &ValidatedGrant, topic: &TopicPattern, tenancy: &Tenancy) -> bool {
    grant.namespace == *tenancy.home()
        || tenancy.owners_of_topics(topic.name(), pattern(topic)).contains(&grant.namespace)
}

fn not_owner(topics: &[&TopicPattern], tenancy: &Tenancy) -> String {
    let each = topics.iter().take(NAMED).map(|topic| {
        let owners = tenancy.owners_of_topics(topic.name(), pattern(topic));
        let owners: Vec<_> = owners.iter().map(ToString::to_string).collect();
        let all = match pattern(topic) {
            Pattern::Literal => "",
            Pattern::Prefixed => "*",
        };
        format!("{}{all} belongs to namespace {}", topic.name(), owners.join(" and "))
    });
    let mut text = each.collect::<Vec<_>>().join("; ");
    if topics.len() > NAMED {
        text.push_str("; and more");
    }
    text.push_str("; only a KafkaGrant there counts for them. What else is granted here counts");
    text
}
