//! What a KafkaUser is told: status and news. Pure but for the time, which the caller brings.

use super::{
    apply::{Failure, Outcome},
    judge::{Judgement, Refusal},
    object::Declared,
};
use crate::batch::{Next, Tone};
use jiff::Timestamp;
use klamm_model::ClusterRef;
use klamm_planner::users::{UserHindrance, UserObserved};
use klamm_resources::{
    ConditionStatus, ConditionType, ConditionUpdate, KafkaUserStatus, Reason, UserReason, clear_condition, condition,
    set_condition,
};
use std::{fmt::Write as _, time::Duration};

/// Most consents that are named in status.
const NAMED_CONSENTS: usize = 100;

/// What is to be written about one user.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Report {
    pub(super) status: KafkaUserStatus,
    pub(super) news: Vec<Headline>,
    pub(super) next: Next,
    pub(super) hold: Hold,
}

/// Whether our finalizer belongs on the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Ours,
    /// As it is.
    Keep,
    Free,
}

/// News about a user, before it is addressed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Headline {
    pub(super) tone: Tone,
    pub(super) reason: UserReason,
    pub(super) action: &'static str,
    pub(super) note: String,
}

/// Reports a user that was worked on.
pub(super) fn report(
    declared: &Declared,
    cluster: &ClusterRef,
    judgement: &Judgement,
    observed: &UserObserved,
    outcome: &Outcome,
    now: Timestamp,
) -> Report {
    let mut status = declared.status.clone();
    let first = status.password_digest.is_none();
    status.cluster = Some(cluster.to_string());
    status.username = Some(declared.username());
    status.secret_name = Some(declared.secret_name().to_string());
    status.waiting_for = judgement
        .waiting
        .iter()
        .take(NAMED_CONSENTS)
        .map(|consent| format!("{}: {}", consent.topic, consent.owner))
        .collect();
    if let Some(digest) = &outcome.credential {
        status.password_digest = Some(digest.0.clone());
    }
    if outcome.made_password {
        status.credential_version = Some(status.credential_version.unwrap_or(0) + 1);
        status.rotated = declared.reading.as_ref().ok().and_then(|user| user.rotate.clone());
    }
    let mut news = Vec::new();
    if outcome.made_password && observed.is_ours() && !first {
        news.push(Headline {
            tone: Tone::Warning,
            reason: UserReason::SecretRestored,
            action: "Restore",
            note: format!(
                "Secret {} was changed or deleted; it has a new password now, and clients that read the old one have to start again",
                declared.secret_name()
            ),
        });
    }
    if outcome.failure.is_none() {
        status.observed_generation = declared.generation;
        status.acl_count = i32::try_from(judgement.wish.acls.len()).ok();
        news.extend(told(declared, outcome, first));
    }
    let (ready, reason, message) = standpoint(declared, judgement, outcome);
    let waiting = match &outcome.failure {
        Some(Failure::Rejected(_)) => None,
        Some(Failure::Unreachable(_) | Failure::Failed(_)) => Some((reason, message.clone())),
        None if judgement.waiting.is_empty() => None,
        None => Some((UserReason::ApprovalRequired, consents(judgement))),
    };
    news.extend(say(&mut status, ready, reason, message, waiting, declared.generation, now));
    let next = match (&outcome.failure, judgement.until) {
        (Some(_), _) => Next::Later,
        (None, None) => Next::Settled,
        (None, Some(end)) => {
            let left = end.0.saturating_sub(now.as_millisecond());
            Next::In(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
        }
    };
    Report { status, news, next, hold: Hold::Ours }
}

fn told(declared: &Declared, outcome: &Outcome, first: bool) -> Option<Headline> {
    let normal = |reason, action, note| Some(Headline { tone: Tone::Normal, reason, action, note });
    if first && outcome.credential.is_some() {
        let (user, secret) = (declared.username(), declared.secret_name());
        return normal(
            UserReason::Created,
            "Create",
            format!("Kafka user {user} was created; its password is in Secret {secret}"),
        );
    }
    match (outcome.changed_acls, outcome.changed_quotas) {
        (true, true) => {
            normal(UserReason::Changed, "Change", "access control entries and quotas were changed".to_owned())
        }
        (true, false) => normal(UserReason::Changed, "Change", "access control entries were changed".to_owned()),
        (false, true) => normal(UserReason::Changed, "Change", "quotas were changed".to_owned()),
        (false, false) => None,
    }
}

fn standpoint(declared: &Declared, judgement: &Judgement, outcome: &Outcome) -> (ConditionStatus, UserReason, String) {
    match &outcome.failure {
        Some(Failure::Unreachable(why)) => {
            return (ConditionStatus::False, UserReason::KafkaUnreachable, format!("{why}; it is tried again"));
        }
        Some(Failure::Rejected(why)) => return (ConditionStatus::False, UserReason::RejectedByKafka, why.clone()),
        Some(Failure::Failed(why)) => {
            return (ConditionStatus::False, UserReason::Retrying, format!("{why}; it is tried again"));
        }
        None => {}
    }
    let mut sentences: Vec<String> = judgement.refusals.iter().map(|refusal| refusal.message.clone()).collect();
    if !judgement.waiting.is_empty() {
        sentences.push(consents(judgement));
    }
    let mut reasons: Vec<UserReason> = judgement.refusals.iter().map(|refusal| refusal.reason).collect();
    if !judgement.waiting.is_empty() {
        reasons.push(UserReason::ApprovalRequired);
    }
    reasons.dedup();
    match reasons.as_slice() {
        [] => {
            let message = format!(
                "Kafka user {} may sign in with the password in Secret {}; {} access control entries",
                declared.username(),
                declared.secret_name(),
                judgement.wish.acls.len()
            );
            (ConditionStatus::True, UserReason::InSync, message)
        }
        [only] => (ConditionStatus::False, *only, sentences.join(". ")),
        _ => (ConditionStatus::False, UserReason::PartlyApplied, sentences.join(". ")),
    }
}

fn consents(judgement: &Judgement) -> String {
    let each = judgement
        .waiting
        .iter()
        .take(5)
        .map(|consent| format!("{} needs a KafkaGrant in namespace {}", consent.topic, consent.owner));
    let mut text = each.collect::<Vec<_>>().join("; ");
    let more = judgement.waiting.len().saturating_sub(5);
    if more > 0 {
        let _ = write!(text, "; and {more} more");
    }
    text
}

/// Reports that nothing could be done, and why.
pub(super) fn report_blocked(declared: &Declared, refusal: Refusal, blocked: Blocked, now: Timestamp) -> Report {
    let mut status = declared.status.clone();
    let Refusal { reason, message } = refusal;
    let (waiting, next) = match blocked {
        Blocked::ForNow => (Some((reason, message.clone())), Next::Later),
        Blocked::UntilChanged => (None, Next::Settled),
    };
    let news = say(&mut status, ConditionStatus::False, reason, message, waiting, declared.generation, now);
    Report { status, news: news.into_iter().collect(), next, hold: Hold::Keep }
}

/// Says nothing yet: it is looked at again.
pub(super) fn report_nothing(declared: &Declared) -> Report {
    Report { status: declared.status.clone(), news: Vec::new(), next: Next::Later, hold: Hold::Keep }
}

/// Whether time alone may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocked {
    ForNow,
    UntilChanged,
}

/// Reports a user that was removed.
pub(super) fn report_removed(
    declared: &Declared,
    observed: &UserObserved,
    outcome: &Outcome,
    now: Timestamp,
) -> Report {
    if let Some(failure) = &outcome.failure {
        let (reason, why) = match failure {
            Failure::Unreachable(why) => (UserReason::KafkaUnreachable, why),
            Failure::Rejected(why) | Failure::Failed(why) => (UserReason::Retrying, why),
        };
        let message = format!("removing Kafka user {}: {why}; it is tried again", declared.username());
        return report_blocked(declared, Refusal { reason, message }, Blocked::ForNow, now);
    }
    let (reason, note) = if observed.is_ours() {
        (
            UserReason::Deleted,
            format!(
                "Kafka user {} was removed with its access control entries, quotas and Secret",
                declared.username()
            ),
        )
    } else {
        (UserReason::Retained, format!("Kafka user {} was not Klamm's and was not touched", declared.username()))
    };
    let news = vec![Headline { tone: Tone::Normal, reason, action: "Delete", note }];
    Report { status: declared.status.clone(), news, next: Next::Settled, hold: Hold::Free }
}

/// Lets an object go whose cluster is gone with everything that was in it.
pub(super) fn report_let_go(declared: &Declared) -> Report {
    let note =
        format!("Kafka user {} was not removed from Kafka: its cluster is not there any more", declared.username());
    let news = vec![Headline { tone: Tone::Normal, reason: UserReason::Retained, action: "Delete", note }];
    Report { status: declared.status.clone(), news, next: Next::Settled, hold: Hold::Free }
}

/// What a hindrance is in the words of conditions.
pub(super) fn hindered(hindrance: &UserHindrance) -> Refusal {
    let reason = match hindrance {
        UserHindrance::ForeignUser => UserReason::ForeignUser,
        UserHindrance::ForeignSecret => UserReason::SecretConflict,
    };
    Refusal { reason, message: hindrance.to_string() }
}

/// Sets the conditions. News only when they say something else than before, and something people should hear.
fn say(
    status: &mut KafkaUserStatus,
    ready: ConditionStatus,
    reason: UserReason,
    message: String,
    waiting: Option<(UserReason, String)>,
    generation: Option<i64>,
    now: Timestamp,
) -> Option<Headline> {
    let before =
        condition(&status.conditions, ConditionType::Ready).map(|ready| (ready.reason.clone(), ready.message.clone()));
    set_condition(
        &mut status.conditions,
        ConditionUpdate::new(ConditionType::Ready, ready, reason, message.clone()),
        generation,
        now,
    );
    let only_takes_time =
        waiting.as_ref().is_some_and(|(waits_for, _)| *waits_for == reason && reason != UserReason::ApprovalRequired);
    match waiting {
        Some((reason, message)) => {
            let update = ConditionUpdate::new(ConditionType::Waiting, ConditionStatus::True, reason, message);
            set_condition(&mut status.conditions, update, generation, now);
        }
        None => drop(clear_condition(&mut status.conditions, ConditionType::Waiting)),
    }
    let is_known = before.is_some_and(|(before, said)| {
        // What only takes time is told once, however its details change meanwhile.
        before == reason.as_str() && (said == message || only_takes_time)
    });
    let news = ready == ConditionStatus::False && !is_known;
    news.then_some(Headline { tone: Tone::Warning, reason, action: "Reconcile", note: message })
}
