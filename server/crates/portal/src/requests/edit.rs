//! Another wish in place of one that is not yet being written. Whoever agreed agreed to the other: consents are bound to the
//! hash, so that they count no more, and those who are asked are asked again.

use super::{
    decide::{Tried, changed_since, next, over, still_asks},
    facts::Concerned,
    manifest::Wish,
    submit::{Verdict, as_new, check_words},
    trial::Occasion,
};
use crate::{Action, Asker, NewRequest, Portal, views::paging::invalid};
use klamm_model::{Actor, ClusterRef, Problem, RequestId, RequestKind, RequestState, RequestView, TeamName};
use klamm_planner::requests::{RequestEvent, after};
use klamm_store::{NewRequestRow, RequestBody, RequestChange, RequestRow};
use serde_json::Value;
use std::net::IpAddr;

/// What is asked for instead.
#[derive(Clone, Debug)]
pub struct EditedRequest {
    /// What exactly; its shape depends on the kind, which stays.
    pub spec: Value,
    /// Why.
    pub reason: Option<String>,
    /// What it is taken for by whoever says so; it stays what it is.
    pub about: Option<About>,
}

/// What of a request stays whoever edits it, besides the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    kind: RequestKind,
    cluster: ClusterRef,
    team: TeamName,
}

impl About {
    pub(super) fn of(new: &NewRequest) -> Self {
        Self { kind: new.kind, cluster: new.cluster.clone(), team: new.team.clone() }
    }
}

impl EditedRequest {
    /// A request written as a whole: one that is about something else takes the place of none.
    pub fn whole(new: NewRequest) -> Self {
        let about = Some(About::of(&new));
        Self { spec: new.spec, reason: new.reason, about }
    }
}

/// That a request stays about what it is about.
pub(super) fn keeps(row: &RequestRow, about: &About) -> Result<(), Problem> {
    let NewRequestRow { kind, cluster, team, .. } = &row.request;
    let is_same = (kind, cluster, team) == (&about.kind, &about.cluster, &about.team);
    if is_same { Ok(()) } else { Err(another(row)) }
}

pub(super) fn keeps_object(row: &RequestRow, wish: &Wish) -> Result<(), Problem> {
    if wish.object == row.request.object { Ok(()) } else { Err(another(row)) }
}

fn another(row: &RequestRow) -> Problem {
    let NewRequestRow { kind, cluster, team, subject, .. } = &row.request;
    let what = format!("This request asks for team {team} to {} on {cluster}, about {subject}.", kind.words());
    invalid(&format!("{what} For something else take it back and ask anew."))
}

impl Portal {
    /// What a request asks for, as it was written, for whoever may write it anew.
    pub async fn request_as_written(&self, actor: &Actor, id: &RequestId) -> Result<NewRequest, Problem> {
        as_new(&self.row_to_edit(actor, id).await?)
    }

    /// A request for whoever may write it anew; to everybody else it does not exist.
    pub(super) async fn row_to_edit(&self, actor: &Actor, id: &RequestId) -> Result<RequestRow, Problem> {
        let row = self.row(id).await?;
        let concerned = Concerned::read(self).await?;
        crate::authorise(Asker::Actor(actor), Action::Change, concerned.object(&row))
            .map_err(|_| super::decide::no_such(id))?;
        Ok(row)
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
        let EditedRequest { spec, reason, about } = edited;
        about.map_or(Ok(()), |about| keeps(row, &about))?;
        let new = NewRequest { spec, reason, ..as_new(row)? }.at(self.now());
        check_words("reason", new.reason.as_deref())?;
        still_asks(actor, &new)?;
        let wish = self.wish_again(&seen, &new, row).await?;
        keeps_object(row, &wish)?;
        let concerned = Concerned::read(self).await?;
        let judged = self.judged(&seen, &new, (&wish, &row.request.requester), &concerned);
        if state != RequestState::Draft && judged.body.hash == row.request.body.hash {
            // Other words for the same: whoever agreed did so to this.
            let body = RequestBody { expires_at: row.request.body.expires_at, ..judged.body };
            let message = row.message.clone();
            return Ok(RequestChange { body: Some(body), message, ..RequestChange::to(row.request.state, row) });
        }
        let judged = self.tried(&seen, &new, judged, Occasion::Asking).await;
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
