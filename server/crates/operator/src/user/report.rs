//! What a KafkaUser is told: status and news. Pure but for the time, which the caller brings.

use super::{
    apply::{Failure, Outcome, PasswordFate},
    gather::Seen,
    injected,
    judge::{Judgement, Refusal},
    object::Declared,
};
use crate::batch::{Next, Tone};
use jiff::{SignedDuration, Timestamp};
use klamm_model::ClusterRef;
use klamm_planner::users::{Half, PasswordDigest, Rotation, Standing, UserHindrance, UserObserved};
use klamm_resources::{
    ConditionStatus, ConditionType, ConditionUpdate, KafkaUserStatus, Reason, UserReason, clear_condition, condition,
    set_condition,
};
use std::{fmt::Write as _, time::Duration};

/// Most consents that are named in status.
const NAMED_CONSENTS: usize = 100;

/// So long brokers may show what was before.
const A_MOMENT: Duration = Duration::from_millis(100);
/// So long what is somebody else's may stay before it is looked for again: nobody tells when it goes.
const A_WHILE: Duration = Duration::from_secs(15);

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

/// What a report needs beside the user.
pub(super) struct Around<'a> {
    pub(super) cluster: &'a ClusterRef,
    /// How long the user of before a rotation works on.
    pub(super) grace: SignedDuration,
    pub(super) now: Timestamp,
}

/// Reports a user that was worked on.
pub(super) fn report(
    seen: &Seen,
    judgement: &Judgement,
    rotation: Rotation,
    outcome: &Outcome,
    around: &Around<'_>,
) -> Report {
    let (declared, now) = (seen.declared.as_ref(), around.now);
    let mut status = declared.status.clone();
    let first = status.password_digest.is_none();
    status.cluster = Some(around.cluster.to_string());
    status.waiting_for = judgement
        .waiting
        .iter()
        .take(NAMED_CONSENTS)
        .map(|consent| format!("{}: {}", consent.topic, consent.owner))
        .collect();
    let mut news = Vec::new();
    if outcome.password == PasswordFate::Renewed && seen.observed.is_ours() && !first {
        news.push(restored(seen));
    }
    if let Some((standing, digest)) = &outcome.recorded {
        news.extend(record(&mut status, declared, standing, digest, around));
    }
    if outcome.failure.is_none() {
        status.secret_name = Some(seen.secret.name.to_string());
        status.observed_generation = declared.generation;
        status.acl_count = i32::try_from(judgement.wish.acls.len()).ok();
        news.extend(told(seen, outcome, first));
    }
    let (ready, reason, message) = standpoint(&status, judgement, outcome);
    let waiting = match &outcome.failure {
        Some(Failure::Rejected(_)) => None,
        Some(Failure::Unreachable(_) | Failure::Failed(_)) => Some((reason, message.clone())),
        None if !judgement.waiting.is_empty() => Some((UserReason::ApprovalRequired, consents(judgement))),
        None => waits(judgement),
    };
    news.extend(say(&mut status, ready, reason, message, waiting, declared.generation, now));
    let ends = match rotation {
        Rotation::Next => now.checked_add(A_MOMENT).ok(),
        Rotation::Foreign(_) => now.checked_add(A_WHILE).ok(),
        Rotation::Settled | Rotation::Waits => None,
    };
    let grace = status.previous_until.as_deref().and_then(|text| text.parse().ok());
    let consent = judgement.until.and_then(|end| Timestamp::from_millisecond(end.0).ok());
    let next = match &outcome.failure {
        Some(_) => Next::Later,
        None => next_at([ends, grace, consent].into_iter().flatten().min(), now),
    };
    Report { status, news, next, hold: Hold::Ours }
}

/// To be looked at again at that time, if there is one.
fn next_at(time: Option<Timestamp>, now: Timestamp) -> Next {
    time.map_or(Next::Settled, |time| Next::In(Duration::try_from(time.duration_since(now)).unwrap_or_default()))
}

/// Writes down how a user stands, with what is to be told about that.
fn record(
    status: &mut KafkaUserStatus,
    declared: &Declared,
    standing: &Standing,
    digest: &PasswordDigest,
    around: &Around<'_>,
) -> Vec<Headline> {
    let mut news = Vec::new();
    if status.password_digest.as_ref() != Some(&digest.0) {
        status.password_digest = Some(digest.0.clone());
        status.credential_version = Some(status.credential_version.unwrap_or(0) + 1);
    }
    let username = declared.username(standing.current);
    let previous = standing.previous.map(|half| declared.username(half));
    if previous != status.previous_username {
        let (reason, action, note) = match (&previous, &status.previous_username) {
            (Some(previous), _) => {
                let until = around.now.checked_add(around.grace).unwrap_or(around.now);
                let until = Timestamp::from_second(until.as_second()).unwrap_or(until);
                status.previous_until = Some(until.to_string());
                let note = format!(
                    "the Secret holds Kafka user {username} now; {previous} works until {until}, until then clients have to read the Secret again"
                );
                (UserReason::Rotated, "Rotate", note)
            }
            (None, gone) => {
                status.previous_until = None;
                let gone = gone.as_deref().unwrap_or_default();
                (UserReason::PreviousRemoved, "Remove", format!("Kafka user {gone} was removed: its grace is over"))
            }
        };
        news.push(Headline { tone: Tone::Normal, reason, action, note });
    }
    status.username = Some(username);
    status.previous_username = previous;
    status.next_username = None;
    status.rotated.clone_from(&standing.answers);
    news
}

fn restored(seen: &Seen) -> Headline {
    Headline {
        tone: Tone::Warning,
        reason: UserReason::SecretRestored,
        action: "Restore",
        note: format!(
            "Secret {} was changed or deleted; it has a new password now, and clients that read the old one have to start again",
            seen.secret.name
        ),
    }
}

fn told(seen: &Seen, outcome: &Outcome, first: bool) -> Option<Headline> {
    let normal = |reason, action, note| Some(Headline { tone: Tone::Normal, reason, action, note });
    if let (true, Some((standing, _))) = (first, &outcome.recorded) {
        let (user, secret) = (seen.declared.username(standing.current), &seen.secret.name);
        return normal(
            UserReason::Created,
            "Create",
            format!("Kafka user {user} was created; its password is in Secret {secret}"),
        );
    }
    if outcome.password == PasswordFate::Switched {
        return None;
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

/// What of a declaration is not carried out because of the other user or of somebody else's Secret.
pub(super) fn set_back(seen: &Seen, rotation: Rotation) -> Vec<Refusal> {
    let taken = seen.secret.taken.as_ref().map(|taken| Refusal {
        reason: UserReason::SecretConflict,
        message: format!(
            "a Secret {taken} exists and is not Klamm's; delete it, or name another one in spec.secretName; Secret {} stays meanwhile",
            seen.secret.name
        ),
    });
    let until = seen.declared.status.previous_until.as_deref().unwrap_or("its grace is over");
    let rotation = match rotation {
        Rotation::Settled | Rotation::Next => None,
        Rotation::Waits => Some(Refusal {
            reason: UserReason::RotationWaits,
            message: format!("the rotation waits until {until}: so long the user of before the last one works"),
        }),
        Rotation::Foreign(half) => Some(Refusal {
            reason: UserReason::ForeignUser,
            message: format!(
                "Kafka has a user {} that Klamm did not make, and rotation needs that name; remove its credential, ACLs and quotas in Kafka, the password stays meanwhile",
                seen.declared.username(half)
            ),
        }),
    };
    taken.into_iter().chain(rotation).collect()
}

/// What only takes time.
fn waits(judgement: &Judgement) -> Option<(UserReason, String)> {
    let waiting = judgement.refusals.iter().find(|refusal| refusal.reason == UserReason::RotationWaits)?;
    Some((waiting.reason, waiting.message.clone()))
}

fn standpoint(
    status: &KafkaUserStatus,
    judgement: &Judgement,
    outcome: &Outcome,
) -> (ConditionStatus, UserReason, String) {
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
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let mut message = format!(
                "Kafka user {} may sign in with the password in Secret {}; {} access control entries",
                text(&status.username),
                text(&status.secret_name),
                judgement.wish.acls.len()
            );
            if let (Some(previous), Some(until)) = (&status.previous_username, &status.previous_until) {
                let _ = write!(message, "; {previous} works until {until}");
            }
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
        // A password that is to end ends all the same.
        Blocked::UntilChanged => (None, next_at(declared.previous_until().filter(|end| *end > now), now)),
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
        let message = format!("removing Kafka user {}: {why}; it is tried again", shown(declared));
        return report_blocked(declared, Refusal { reason, message }, Blocked::ForNow, now);
    }
    let (reason, note) = if observed.is_ours() {
        (
            UserReason::Deleted,
            format!("Kafka user {} was removed with its access control entries, quotas and Secret", shown(declared)),
        )
    } else {
        (UserReason::Retained, format!("Kafka user {} was not Klamm's and was not touched", shown(declared)))
    };
    let news = vec![Headline { tone: Tone::Normal, reason, action: "Delete", note }];
    Report { status: declared.status.clone(), news, next: Next::Settled, hold: Hold::Free }
}

/// The name that people know it by.
fn shown(declared: &Declared) -> String {
    declared.status.username.clone().unwrap_or_else(|| declared.username(Half::First))
}

/// Lets an object go whose cluster is gone with everything that was in it.
pub(super) fn report_let_go(declared: &Declared) -> Report {
    let note = format!("Kafka user {} was not removed from Kafka: its cluster is not there any more", shown(declared));
    let news = vec![Headline { tone: Tone::Normal, reason: UserReason::Retained, action: "Delete", note }];
    Report { status: declared.status.clone(), news, next: Next::Settled, hold: Hold::Free }
}

/// Reports that something of somebody else's is in the way.
pub(super) fn report_hindered(
    declared: &Declared,
    hindrance: &UserHindrance,
    outcome: &Outcome,
    now: Timestamp,
) -> Report {
    let reason = match hindrance {
        UserHindrance::ForeignUser => UserReason::ForeignUser,
        UserHindrance::ForeignSecret => UserReason::SecretConflict,
    };
    let refusal = injected::in_its_words(declared, Refusal { reason, message: hindrance.to_string() });
    match outcome.failure {
        Some(_) => report_blocked(declared, refusal, Blocked::ForNow, now),
        None => Report { next: Next::In(A_WHILE), ..report_blocked(declared, refusal, Blocked::UntilChanged, now) },
    }
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
