//! One step of one request: gather, validate, decide, apply, report.

use super::{
    Applier, Done,
    follow::{self, Ending, Followed},
    offsets,
    target::{Conflicts, Standing, Target, TargetError},
};
use crate::{
    ObservedCluster,
    requests::{Concerned, Intent, Judged, Means, Verdict, as_new, hash_of},
};
use klamm_model::{Problem, ProblemKind, RequestState, UnixMillis, error_chain};
use klamm_planner::requests::{RequestEvent, after};
use klamm_resources::ObjectManifest;
use klamm_store::{RequestBody, RequestChange, RequestRow, StoreError};
use std::{collections::BTreeSet, sync::Arc};

/// Between two looks at something that was written.
pub(super) const FOLLOW_MILLIS: i64 = 400;
/// Longest pause before something is tried again.
const LONGEST_PAUSE_MILLIS: i64 = 60_000;
/// Why those who agreed are asked again.
const CHANGED: &str = "the object has changed since it was agreed to";
const ANOTHER: &str = "the object was made anew since its end was agreed to";
/// Longest that a frozen request goes without being looked at: freezes are lifted by hand, too.
const FROZEN_MILLIS: i64 = 10_000;
/// Between two looks whether something can be done that could not a moment ago.
const NOT_NOW_MILLIS: i64 = 10_000;

/// What is to become of a request.
pub(super) struct Next {
    pub(super) event: Option<RequestEvent>,
    pub(super) message: Option<String>,
    pub(super) body: Option<RequestBody>,
    pub(super) generation: Option<i64>,
    pub(super) attempts: i64,
    pub(super) pause_millis: i64,
}

impl Next {
    pub(super) fn event(event: RequestEvent) -> Self {
        Self { event: Some(event), message: None, body: None, generation: None, attempts: 0, pause_millis: 0 }
    }

    pub(super) fn saying(event: RequestEvent, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..Self::event(event) }
    }

    /// An object is as it was to be without us: from here on it is followed.
    pub(super) fn found(generation: i64) -> Self {
        Self { generation: Some(generation), ..Self::event(RequestEvent::Apply) }
    }

    /// Whether it may be written now.
    pub(super) fn may_write(&self) -> bool {
        self.event == Some(RequestEvent::Apply)
    }

    pub(super) fn wait(row: &RequestRow, message: impl Into<String>, pause_millis: i64) -> Self {
        Self {
            event: None,
            message: Some(message.into()),
            body: None,
            generation: row.generation,
            attempts: row.attempts,
            pause_millis,
        }
    }

    /// Something does not answer: again, with growing pauses.
    pub(super) fn again(row: &RequestRow, message: impl Into<String>) -> Self {
        let pause = 500_i64.saturating_mul(1 << row.attempts.clamp(0, 10)).min(LONGEST_PAUSE_MILLIS);
        Self { attempts: row.attempts + 1, ..Self::wait(row, message, pause) }
    }
}

impl Applier {
    pub(super) async fn step(&self, row: &RequestRow) {
        let next = match self.next(row).await {
            Ok(next) => next,
            Err(problem) if problem.kind == ProblemKind::Unavailable => Next::again(row, problem.detail),
            Err(problem) => match after(row.request.state, RequestEvent::Fail) {
                Some(_) => Next::saying(RequestEvent::Fail, problem.detail),
                None => Next::saying(RequestEvent::Decline, problem.detail),
            },
        };
        self.report(row, next).await;
    }

    async fn next(&self, row: &RequestRow) -> Result<Next, Problem> {
        let request = &row.request;
        if request.state == RequestState::NeedsApproval {
            return Ok(Next::saying(RequestEvent::Expire, "nobody answered in time"));
        }
        let Some(seen) = self.portal.observations.cluster(&request.cluster) else {
            let detail = format!("cluster {}, which Klamm does not see just now", request.cluster);
            return Err(Problem::new(ProblemKind::Unavailable, detail));
        };
        match request.state {
            RequestState::Submitted => self.judge(row, &seen).await,
            RequestState::Approved if self.is_exported(row, &seen) => self.export(row, &seen).await,
            RequestState::Approved => self.begin(row, &seen).await,
            RequestState::Applying => match Means::of(request.kind) {
                Means::Brokers => self.set_offsets(row, &seen).await,
                Means::Object if row.generation.is_none() => self.write(row).await,
                Means::Object if row.request.kind.operation().is_some() => self.follow_operation(row, &seen).await,
                Means::Object => self.follow(row, &seen).await,
            },
            RequestState::Draft
            | RequestState::NeedsApproval
            | RequestState::Applied
            | RequestState::Failed
            | RequestState::Declined
            | RequestState::Cancelled
            | RequestState::Expired
            | RequestState::Superseded => Ok(Next::wait(row, String::new(), LONGEST_PAUSE_MILLIS)),
        }
    }

    /// The wish made out and judged anew; where it cannot be had any more, what becomes of the request.
    async fn judged_again(&self, row: &RequestRow, seen: &ObservedCluster) -> Result<Result<Judged, Next>, Problem> {
        let new = as_new(row)?;
        let wish = match self.portal.wish_again(seen, &new, row).await {
            Ok(wish) => wish,
            Err(problem) if problem.kind == ProblemKind::Unavailable => return Err(problem),
            // What was asked for is so by now, or cannot be any more.
            Err(problem) => return Ok(Err(Next::saying(RequestEvent::Overtaken, problem.detail))),
        };
        let concerned = Concerned::read(&self.portal).await?;
        Ok(Ok(self.portal.judged(seen, &new, (&wish, &row.request.requester), &concerned)))
    }

    /// What the rules say of a wish that has changed since they were asked.
    async fn judge(&self, row: &RequestRow, seen: &ObservedCluster) -> Result<Next, Problem> {
        let judged = match self.judged_again(row, seen).await? {
            Ok(judged) => judged,
            Err(next) => return Ok(next),
        };
        let event = match judged.verdict {
            Verdict::Refused(why) => return Ok(Next::saying(RequestEvent::Decline, format!("the rules: {why}"))),
            // Nobody is asked about what cannot be done anyway.
            Verdict::NotNow(why) => return Ok(Next::wait(row, why, NOT_NOW_MILLIS)),
            Verdict::Automatic => RequestEvent::NeedsNobody,
            Verdict::Asks(_) => RequestEvent::NeedsPeople,
        };
        Ok(Next { body: Some(judged.body), ..Next::event(event) })
    }

    /// Whether what was agreed to may be written now. Rules and objects are looked at once more.
    pub(super) async fn begin(&self, row: &RequestRow, seen: &ObservedCluster) -> Result<Next, Problem> {
        if let (Intent::Write, Ok(target)) = (Intent::of(row.request.kind), Target::of(&self.client, row)) {
            match target.read().await {
                // As after a database was restored from before that: there is nothing left to do but to follow it.
                Ok(Some(standing)) if is_written(row, &standing) => return Ok(Next::event(RequestEvent::Apply)),
                Ok(_) => {}
                Err(error) => return Ok(unable(row, &error)),
            }
        }
        let judged = match self.judged_again(row, seen).await? {
            Ok(judged) => judged,
            Err(next) => return Ok(next),
        };
        // Not waited for: nobody expects that it is done at whatever time the way happens to be free.
        if let Verdict::NotNow(why) = judged.verdict {
            return Ok(Next::saying(RequestEvent::Fail, why));
        }
        if judged.body.hash != row.request.body.hash {
            return Ok(changed(CHANGED));
        }
        if let Verdict::Refused(why) = judged.verdict {
            return Ok(Next::saying(RequestEvent::Fail, format!("the rules do not allow it any more: {why}")));
        }
        if let Some(until) = judged.frozen_until {
            let now = self.portal.now();
            let pause = until.0.saturating_sub(now.0).clamp(0, FROZEN_MILLIS);
            return Ok(Next::wait(row, format!("the end of a freeze, {}", until.ahead(now)), pause));
        }
        match Means::of(row.request.kind) {
            Means::Object => Ok(Next::event(RequestEvent::Apply)),
            Means::Brokers => offsets::begun(row, &judged.body),
        }
    }

    async fn write(&self, row: &RequestRow) -> Result<Next, Problem> {
        let target = Target::of(&self.client, row)?;
        let standing = match target.read().await {
            Ok(standing) => standing,
            Err(error) => return Ok(unable(row, &error)),
        };
        let manifest = ObjectManifest::from_json(row.request.body.manifest_json.as_str());
        let is_base = match (&row.request.body.base_json, &standing) {
            (None, None) => true,
            (Some(base), Some(standing)) => standing.manifest.json() == base.as_str(),
            (None, Some(_)) | (Some(_), None) => false,
        };
        let is_done = standing.as_ref().is_some_and(|standing| is_written(row, standing));
        match Intent::of(row.request.kind) {
            // Killed between the deletion and its report.
            Intent::Remove if standing.is_none() => Ok(followed(row, 0)),
            Intent::Remove if is_another(row, standing.as_ref()) => Ok(changed(ANOTHER)),
            Intent::Write if is_done => Ok(followed(row, generation(standing.as_ref()))),
            _ if !is_base && !is_done => Ok(changed(CHANGED)),
            intent => {
                let act = self.act(&target, intent, &manifest, standing.as_ref());
                match self.audited_act(row, act).await? {
                    Ok(generation) => Ok(followed(row, generation)),
                    Err(error) => Ok(unable(row, &error)),
                }
            }
        }
    }

    async fn act(
        &self,
        target: &Target,
        intent: Intent,
        manifest: &ObjectManifest,
        standing: Option<&Standing>,
    ) -> Result<i64, TargetError> {
        match intent {
            Intent::Write => {
                let written = target.apply(manifest, standing, Conflicts::Told).await?;
                if written.manifest != *manifest {
                    let what = "a field that was to be taken away stays, because somebody else set it too. \
                                Take it away where it is kept, such as in Git";
                    return Err(TargetError::Owned(what.to_owned()));
                }
                Ok(generation(Some(&written)))
            }
            Intent::Remove => match standing {
                Some(standing) if standing.manifest == *manifest => Ok(generation(Some(standing))),
                _ => Ok(generation(Some(&target.apply(manifest, standing, Conflicts::Taken).await?))),
            },
        }
    }

    /// An act of the applier, between its two rows in the audit.
    async fn audited_act(
        &self,
        row: &RequestRow,
        act: impl Future<Output = Result<i64, TargetError>>,
    ) -> Result<Result<i64, TargetError>, Problem> {
        let request = &row.request;
        let what = Done { action: "apply", rule: "approvedRequest", request: &request.id, object: &request.object };
        self.audited(&what, (&request.team, &request.owner), act).await
    }

    async fn follow(&self, row: &RequestRow, seen: &Arc<ObservedCluster>) -> Result<Next, Problem> {
        let target = Target::of(&self.client, row)?;
        let standing = match target.read().await {
            Ok(standing) => standing,
            Err(error) => return Ok(unable(row, &error)),
        };
        let followed = match Intent::of(row.request.kind) {
            Intent::Remove if is_another(row, standing.as_ref()) => return Ok(changed(ANOTHER)),
            Intent::Write => follow::written(row, standing.as_ref(), seen),
            Intent::Remove => match (follow::ending(row, standing.as_ref()), &standing) {
                (Ending::Gone, _) => follow::removed(row, seen),
                (Ending::Ripe, Some(standing)) => {
                    let end = async { target.delete(standing).await.map(|()| 0) };
                    return Ok(match self.audited_act(row, end).await? {
                        Ok(_) => {
                            Next::wait(row, "the operator, which clears away what the object stood for", FOLLOW_MILLIS)
                        }
                        Err(error) => unable(row, &error),
                    });
                }
                (Ending::Noting, _) | (Ending::Ripe, None) => {
                    Followed::NotYet("the operator, which takes note that the records go, too".to_owned())
                }
                (Ending::Leaving, _) => {
                    Followed::NotYet("the operator, which clears away what the object stood for".to_owned())
                }
            },
        };
        Ok(match followed {
            Followed::There => Next { generation: row.generation, ..Next::event(RequestEvent::Done) },
            Followed::NotYet(why) => Next::wait(row, why, FOLLOW_MILLIS),
            Followed::Never(why) => Next::saying(RequestEvent::Fail, why),
        })
    }

    /// Writes down what became of it, unless somebody was quicker: then the next look sees that.
    async fn report(&self, row: &RequestRow, next: Next) {
        let state = match next.event.map(|event| after(row.request.state, event)) {
            None => row.request.state,
            Some(Some(state)) => state,
            Some(None) => return,
        };
        let now = self.portal.now();
        let change = RequestChange {
            state,
            message: next.message.filter(|message| !message.is_empty()),
            body: next.body,
            generation: next.generation,
            attempts: next.attempts,
            next_attempt_at: UnixMillis(now.0.saturating_add(next.pause_millis)),
        };
        let says_the_same = state == row.request.state && change.message == row.message && change.body.is_none();
        let result = if says_the_same {
            self.portal.store.postpone_request(&row.request.id, row.version, &change).await
        } else {
            self.portal.store.change_request(&row.request.id, row.version, &change, now).await
        };
        match result {
            Ok(()) if !says_the_same => {
                tracing::info!(request = %row.request.id, state = state.name(), message = change.message, "a request goes on");
                // Whatever comes next comes at once.
                self.portal.work.notify_one();
            }
            Ok(()) | Err(StoreError::Changed { .. }) => {}
            Err(error) => {
                tracing::warn!(request = %row.request.id, error = error_chain(&error), "a request could not be moved on");
            }
        }
    }
}

/// Whether it is as it was to be, and by us.
fn is_written(row: &RequestRow, standing: &Standing) -> bool {
    standing.manifest.json() == row.request.body.manifest_json.as_str() && standing.is_ours()
}

/// Whether it is not the object whose end was agreed to, however alike they are: that one went, and this was made since. Somebody
/// applies it again and again, or the database was restored from before the end of the one that was meant.
fn is_another(row: &RequestRow, standing: Option<&Standing>) -> bool {
    let body = &row.request.body;
    let manifest = ObjectManifest::from_json(body.manifest_json.as_str());
    let base = body.base_json.as_deref().map(ObjectManifest::from_json);
    standing.is_some_and(|standing| {
        let uid = standing.object.metadata.uid.as_deref();
        // Whatever has an end is no operation.
        hash_of(row.request.kind, &manifest, base.as_ref(), (uid, &BTreeSet::new())) != body.hash
    })
}

pub(super) fn generation(standing: Option<&Standing>) -> i64 {
    standing.and_then(Standing::generation).unwrap_or(0)
}

/// It is written; now it is followed.
fn followed(row: &RequestRow, generation: i64) -> Next {
    Next { generation: Some(generation), attempts: 0, ..Next::wait(row, String::new(), 0) }
}

/// Whoever agreed agreed to something else.
pub(super) fn changed(why: &str) -> Next {
    Next::saying(RequestEvent::Changed, why)
}

pub(super) fn unable(row: &RequestRow, error: &TargetError) -> Next {
    match error {
        TargetError::Raced => Next::again(row, error.to_string()),
        TargetError::Away(_) => {
            tracing::warn!(request = %row.request.id, error = error_chain(error), "Kubernetes did not do what a request needs");
            Next::again(row, "Kubernetes, which does not answer just now")
        }
        TargetError::Owned(_) | TargetError::Refused(_) | TargetError::Unreadable(_) => {
            Next::saying(RequestEvent::Fail, error.to_string())
        }
    }
}
