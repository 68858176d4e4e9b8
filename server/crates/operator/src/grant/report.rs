//! What a KafkaGrant is told: status and news. Pure but for the time, which the caller brings.

use super::{object::Declared, rules::Verdict};
use crate::batch::{News, Next, Tone};
use jiff::Timestamp;
use klamm_resources::{
    ConditionStatus, ConditionType, ConditionUpdate, GrantReason, KafkaGrantStatus, Reason, condition, set_condition,
};
use std::time::Duration;

/// What is to be written about one grant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Report {
    pub(super) status: KafkaGrantStatus,
    pub(super) news: Option<News>,
    pub(super) next: Next,
}

/// Reports a grant that was judged; `users` have something by it, as far as that is known.
pub(super) fn report(declared: &Declared, verdict: Verdict, users: Option<i32>, now: Timestamp) -> Report {
    let Verdict { reason, message, until } = verdict;
    let mut status = declared.status.clone();
    let (ready, tone) = match reason {
        GrantReason::InEffect => (ConditionStatus::True, None),
        GrantReason::Expired => (ConditionStatus::False, Some(Tone::Normal)),
        GrantReason::InvalidSpec | GrantReason::NotOwner | GrantReason::NotATenant | GrantReason::ClusterNotFound => {
            (ConditionStatus::False, Some(Tone::Warning))
        }
    };
    let is_known = condition(&status.conditions, ConditionType::Ready)
        .is_some_and(|before| before.reason == reason.as_str() && before.message == message);
    let news = tone.filter(|_| !is_known).map(|tone| News {
        about: declared.reference(),
        tone,
        reason: reason.as_str(),
        action: "Reconcile",
        note: message.clone(),
    });
    let update = ConditionUpdate::new(ConditionType::Ready, ready, reason, message);
    set_condition(&mut status.conditions, update, declared.generation, now);
    status.observed_generation = declared.generation;
    if users.is_some() {
        status.users = users;
    }
    let next = until.map_or(Next::Settled, |end| {
        Next::In(Duration::from_millis(u64::try_from(end.0.saturating_sub(now.as_millisecond())).unwrap_or(0)))
    });
    Report { status, news, next }
}
