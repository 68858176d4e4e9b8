//! Agreeing, declining, taking back, trying again, saying something. Each is compared and set: whoever clicks twice, or at the
//! same time as somebody else, finds it done.

use super::{
    facts::{Concerned, KeptAsk},
    spec::plain_breaks,
    submit::{Verdict, as_new, check_words},
    trial::Occasion,
};
use crate::{
    Action, Asker, NewRequest, Permit, Portal,
    audited::{forbidden, store_problem},
    authorise,
    portal::look,
    views::paging::invalid,
};
use klamm_model::{Actor, ManifestHash, Problem, ProblemKind, RequestId, RequestState, RequestView};
use klamm_planner::{
    policy::{Ask, seated},
    requests::{RequestEvent, after},
};
use klamm_store::{RequestChange, RequestRow, StoreError};
use std::{collections::BTreeSet, net::IpAddr};

/// How often a decision is tried against others that come at the same time.
const ROUNDS: u32 = 5;

/// What came of one try.
pub(super) enum Tried {
    Done,
    /// Somebody was quicker; look again.
    Again,
}

impl Portal {
    /// Agrees to a request as it was looked at: to this hash and no other.
    pub async fn approve_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        hash: &ManifestHash,
        from: Option<IpAddr>,
    ) -> Result<RequestView, Problem> {
        let (row, permit) = self.may(actor, Action::Approve, id, from).await?;
        self.during(&permit, from, async {
            for _ in 0..ROUNDS {
                match self.approve_once(actor, id, hash).await? {
                    Tried::Done => return Ok(()),
                    Tried::Again => {}
                }
            }
            Err(Problem::new(ProblemKind::Unavailable, "Others are deciding this just now. Try again in a moment."))
        })
        .await?;
        self.requests_changed(&row.request.cluster);
        self.request(actor, id).await
    }

    async fn approve_once(&self, actor: &Actor, id: &RequestId, hash: &ManifestHash) -> Result<Tried, Problem> {
        let row = self.row(id).await?;
        let request = &row.request;
        match request.state {
            RequestState::NeedsApproval => {}
            // A second click, or the other approver was quicker: what was wanted is so.
            RequestState::Approved | RequestState::Applying | RequestState::Applied => {
                let agreed = self.store.approvals(id, &request.body.hash).await.map_err(store_problem)?;
                if request.body.hash == *hash && agreed.iter().any(|approval| approval.person == actor.name) {
                    return Ok(Tried::Done);
                }
                return Err(over(&row));
            }
            RequestState::Draft
            | RequestState::Submitted
            | RequestState::Failed
            | RequestState::Declined
            | RequestState::Cancelled
            | RequestState::Expired
            | RequestState::Superseded => return Err(over(&row)),
        }
        if request.body.expires_at.is_some_and(|at| at <= self.now()) {
            self.step(&row, RequestEvent::Expire, Some("nobody answered in time")).await?;
            return Err(Problem::new(
                ProblemKind::Conflict,
                "The request has expired: nobody answered in time. It can be asked again.",
            ));
        }
        if request.body.hash != *hash {
            return Err(changed_since());
        }
        // The rules and the objects as they are now, not as they were when it was asked.
        let seen = self.seen(actor, &request.cluster)?;
        let concerned = Concerned::read(self).await?;
        let new = as_new(&row)?;
        let wish = self.wish_again(&seen, &new, &row).await?;
        let judged = self.judged(&seen, &new, (&wish, &request.requester), &concerned);
        if judged.body.hash != request.body.hash {
            let mut change = RequestChange::to(RequestState::NeedsApproval, &row);
            change.body = Some(judged.body);
            self.change(&row, &change).await?;
            return Err(changed_since());
        }
        let asks = match judged.verdict {
            Verdict::Refused(why) => {
                let detail = format!("The rules do not allow it any more: {why}.");
                return Err(Problem::new(ProblemKind::Conflict, detail));
            }
            Verdict::NotNow(why) => {
                return Err(Problem::new(ProblemKind::Conflict, format!("It cannot be done now: {why}.")));
            }
            Verdict::Automatic => Vec::new(),
            Verdict::Asks(asks) => asks,
        };
        let words: Vec<String> = asks.iter().map(|ask| KeptAsk::of(ask, &wish.owner).who).collect();
        if !asks.is_empty() && !concerned.asked(&words).contains(&actor.name) {
            let detail = "The rules have changed since it was asked: others have to decide it now.";
            return Err(Problem::new(ProblemKind::Forbidden, detail));
        }
        self.store.add_approval(id, hash, &actor.name, self.now()).await.map_err(store_problem)?;
        let event = if self.is_agreed(&row, &asks, &concerned).await? { Some(RequestEvent::Agreed) } else { None };
        let state = match event {
            Some(event) => next(&row, event)?,
            None => RequestState::NeedsApproval,
        };
        let mut change = RequestChange::to(state, &row);
        change.next_attempt_at = judged.frozen_until.unwrap_or_default();
        // How long it waits was said when it was asked.
        change.body = Some(klamm_store::RequestBody { expires_at: request.body.expires_at, ..judged.body });
        self.change(&row, &change).await
    }

    /// Whether everybody who has to has agreed to what it is now, and still may.
    async fn is_agreed(&self, row: &RequestRow, asks: &[Ask], concerned: &Concerned) -> Result<bool, Problem> {
        let request = &row.request;
        let agreed = self.store.approvals(&request.id, &request.body.hash).await.map_err(store_problem)?;
        let agreed: BTreeSet<_> = agreed.into_iter().map(|approval| approval.person).collect();
        let mut seats = concerned.approvers(&request.owner, &request.requester);
        for people in seats.values_mut() {
            people.retain(|person| agreed.contains(person));
        }
        Ok(seated(asks, &seats).is_some())
    }

    /// Asks for what was a draft.
    pub async fn submit_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        from: Option<IpAddr>,
    ) -> Result<RequestView, Problem> {
        let (row, permit) = self.may(actor, Action::Change, id, from).await?;
        self.during(&permit, from, async {
            let seen = self.seen(actor, &row.request.cluster)?;
            let new = as_new(&row)?;
            still_asks(actor, &new)?;
            let wish = self.wish_again(&seen, &new, &row).await?;
            let concerned = Concerned::read(self).await?;
            let judged = self.judged(&seen, &new, (&wish, &row.request.requester), &concerned);
            let judged = self.tried(&seen, &new, judged, Occasion::Asking).await;
            let submitted = next(&row, RequestEvent::Submit)?;
            let event = match judged.verdict {
                Verdict::Refused(why) | Verdict::NotNow(why) => return Err(invalid(&why)),
                Verdict::Automatic => RequestEvent::NeedsNobody,
                Verdict::Asks(_) => RequestEvent::NeedsPeople,
            };
            let state = after(submitted, event).ok_or_else(|| over(&row))?;
            let change = RequestChange { body: Some(judged.body), ..RequestChange::to(state, &row) };
            match self.change(&row, &change).await? {
                Tried::Done => Ok(()),
                Tried::Again => Err(changed_since()),
            }
        })
        .await?;
        self.requests_changed(&row.request.cluster);
        self.request(actor, id).await
    }

    /// Says no, and why.
    pub async fn decline_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        reason: &str,
        from: Option<IpAddr>,
    ) -> Result<RequestView, Problem> {
        let (_, permit) = self.may(actor, Action::Decline, id, from).await?;
        let reason = plain_breaks(reason);
        let reason = reason.trim();
        self.during(&permit, from, async {
            check_words("reason", Some(reason))?;
            if reason.is_empty() {
                return Err(invalid("reason: say why, so that whoever asked knows what to change"));
            }
            let message = format!("{}: {reason}", actor.name);
            self.moved(id, RequestEvent::Decline, RequestState::Declined, &message).await
        })
        .await?;
        self.request(actor, id).await
    }

    /// Takes a request back.
    pub async fn cancel_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        from: Option<IpAddr>,
    ) -> Result<RequestView, Problem> {
        let (_, permit) = self.may(actor, Action::Cancel, id, from).await?;
        let message = format!("taken back by {}", actor.name);
        self.during(&permit, from, self.moved(id, RequestEvent::Cancel, RequestState::Cancelled, &message)).await?;
        self.request(actor, id).await
    }

    /// Has what failed tried again; what was agreed to is still agreed to.
    pub async fn retry_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        from: Option<IpAddr>,
    ) -> Result<RequestView, Problem> {
        let (_, permit) = self.may(actor, Action::Retry, id, from).await?;
        let message = format!("tried again for {}", actor.name);
        self.during(&permit, from, self.moved(id, RequestEvent::Retry, RequestState::Approved, &message)).await?;
        self.request(actor, id).await
    }

    /// Says something about a request.
    pub async fn comment_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        text: &str,
        from: Option<IpAddr>,
    ) -> Result<RequestView, Problem> {
        let (row, permit) = self.may(actor, Action::Comment, id, from).await?;
        let text = plain_breaks(text);
        let text = text.trim();
        self.during(&permit, from, async {
            check_words("text", Some(text))?;
            if text.is_empty() {
                return Err(invalid("text: say something"));
            }
            self.store.add_comment(id, &actor.name, text, self.now()).await.map_err(store_problem)
        })
        .await?;
        self.requests_changed(&row.request.cluster);
        self.request(actor, id).await
    }

    /// A request and leave to do something to it. To whoever may not see it, it does not exist; trying is written down.
    pub(super) async fn may(
        &self,
        actor: &Actor,
        action: Action,
        id: &RequestId,
        from: Option<IpAddr>,
    ) -> Result<(RequestRow, Permit), Problem> {
        let row = self.row(id).await?;
        let concerned = Concerned::read(self).await?;
        let object = concerned.object(&row);
        let permit = self.permit(Asker::Actor(actor), action, object.clone(), from).await;
        match permit {
            Ok(permit) => Ok((row, permit)),
            Err(problem) if look(actor, object).is_ok() => Err(problem),
            Err(_) => Err(no_such(id)),
        }
    }

    pub(crate) async fn row(&self, id: &RequestId) -> Result<RequestRow, Problem> {
        self.store.request(id).await.map_err(store_problem)?.ok_or_else(|| no_such(id))
    }

    /// Moves a request as an event says, whoever else moves it; that it is there already is as good.
    async fn moved(
        &self,
        id: &RequestId,
        event: RequestEvent,
        wanted: RequestState,
        message: &str,
    ) -> Result<(), Problem> {
        for _ in 0..ROUNDS {
            let row = self.row(id).await?;
            if row.request.state == wanted {
                return Ok(());
            }
            match self.step(&row, event, Some(message)).await? {
                Tried::Done => {
                    self.requests_changed(&row.request.cluster);
                    return Ok(());
                }
                Tried::Again => {}
            }
        }
        Err(Problem::new(ProblemKind::Unavailable, "Others are deciding this just now. Try again in a moment."))
    }

    async fn step(&self, row: &RequestRow, event: RequestEvent, message: Option<&str>) -> Result<Tried, Problem> {
        let mut change = RequestChange::to(next(row, event)?, row);
        change.message = message.map(str::to_owned);
        if event == RequestEvent::Retry {
            (change.attempts, change.next_attempt_at) = (0, self.now());
        }
        self.change(row, &change).await
    }

    pub(super) async fn change(&self, row: &RequestRow, change: &RequestChange) -> Result<Tried, Problem> {
        match self.store.change_request(&row.request.id, row.version, change, self.now()).await {
            Ok(()) => Ok(Tried::Done),
            Err(StoreError::Changed { .. }) => Ok(Tried::Again),
            Err(error) => Err(store_problem(error)),
        }
    }
}

/// Whoever has left the team since asks for nothing in its name.
pub(super) fn still_asks(actor: &Actor, new: &NewRequest) -> Result<(), Problem> {
    authorise(Asker::Actor(actor), Action::Create, new.object(actor)).map(drop).map_err(forbidden)
}

pub(super) fn next(row: &RequestRow, event: RequestEvent) -> Result<RequestState, Problem> {
    after(row.request.state, event).ok_or_else(|| over(row))
}

pub(super) fn over(row: &RequestRow) -> Problem {
    let detail = format!("The request is {} by now.", row.request.state.words());
    Problem::new(ProblemKind::Conflict, detail)
}

pub(super) fn changed_since() -> Problem {
    let detail = "What would be done is another thing than what you looked at. Look at it again, then decide.";
    Problem::new(ProblemKind::Conflict, detail)
}

pub(super) fn no_such(id: &RequestId) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("There is no request {id}."))
}
