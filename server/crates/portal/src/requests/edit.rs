//! Another wish in place of one that is not yet being written. Whoever agreed agreed to the other: consents are bound to the
//! hash, so that they count no more, and those who are asked are asked again.

use super::{
    decide::{Tried, changed_since, next, over, still_asks},
    facts::Concerned,
    submit::{Verdict, as_new, check_words},
};
use crate::{Action, Asker, NewRequest, Portal, views::paging::invalid};
use klamm_model::{Actor, Problem, RequestId, RequestState, RequestView};
use klamm_planner::requests::{RequestEvent, after};
use klamm_store::{RequestBody, RequestChange, RequestRow};
use serde_json::Value;
use std::net::IpAddr;

/// What is asked for instead.
#[derive(Clone, Debug)]
pub struct EditedRequest {
    /// What exactly; its shape depends on the kind, which stays.
    pub spec: Value,
    /// Why.
    pub reason: Option<String>,
}

impl Portal {
    /// What a request asks for, as it was written, for whoever may write it anew.
    pub async fn request_as_written(&self, actor: &Actor, id: &RequestId) -> Result<NewRequest, Problem> {
        let row = self.row(id).await?;
        let concerned = Concerned::read(self).await?;
        crate::authorise(Asker::Actor(actor), Action::Change, concerned.object(&row))
            .map_err(|_| super::decide::no_such(id))?;
        as_new(&row)
    }

    /// Asks for something else about the same object.
    pub async fn edit_request(
        &self,
        actor: &Actor,
        id: &RequestId,
        edited: EditedRequest,
        from: Option<IpAddr>,
    ) -> Result<RequestView, Problem> {
        let (row, permit) = self.may(actor, Action::Change, id, from).await?;
        self.during(&permit, from, async {
            check_words("reason", edited.reason.as_deref())?;
            let change = self.edited(actor, &row, edited).await?;
            match self.change(&row, &change).await? {
                Tried::Done => Ok(()),
                Tried::Again => Err(changed_since()),
            }
        })
        .await?;
        self.requests_changed(&row.request.cluster);
        self.request(actor, id).await
    }

    async fn edited(&self, actor: &Actor, row: &RequestRow, edited: EditedRequest) -> Result<RequestChange, Problem> {
        let state = next(row, RequestEvent::Edited)?;
        let seen = self.seen(actor, &row.request.cluster)?;
        let EditedRequest { spec, reason } = edited;
        let new = NewRequest { spec, reason, ..as_new(row)? }.at(self.now());
        still_asks(actor, &new)?;
        let wish = self.wish_again(&seen, &new, row).await?;
        if wish.object != row.request.object {
            let subject = &row.request.subject;
            return Err(invalid(&format!(
                "spec: this request is about {subject}; for another one take it back and ask anew"
            )));
        }
        let concerned = Concerned::read(self).await?;
        let judged = self.judged(&seen, &new, (&wish, &row.request.requester), &concerned);
        if state != RequestState::Draft && judged.body.hash == row.request.body.hash {
            // Other words for the same: whoever agreed did so to this.
            let body = RequestBody { expires_at: row.request.body.expires_at, ..judged.body };
            let message = row.message.clone();
            return Ok(RequestChange { body: Some(body), message, ..RequestChange::to(row.request.state, row) });
        }
        let state = match (state, judged.verdict) {
            (RequestState::Draft, _) => Some(RequestState::Draft),
            (_, Verdict::Refused(why) | Verdict::NotNow(why)) => return Err(invalid(&why)),
            (state, Verdict::Automatic) => after(state, RequestEvent::NeedsNobody),
            (state, Verdict::Asks(_)) => after(state, RequestEvent::NeedsPeople),
        };
        Ok(RequestChange {
            body: Some(judged.body),
            generation: None,
            attempts: 0,
            next_attempt_at: judged.frozen_until.unwrap_or_default(),
            ..RequestChange::to(state.ok_or_else(|| over(row))?, row)
        })
    }
}
