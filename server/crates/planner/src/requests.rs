//! How far a request is and what may happen to it next. Pure: the store writes what comes out, if nobody was quicker.

use klamm_model::RequestState;

/// Something that happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestEvent {
    /// Its writer asks for it.
    Submit,
    /// Its writer asks for something else instead.
    Edited,
    /// The rules say that nobody has to be asked.
    NeedsNobody,
    /// The rules say who has to agree.
    NeedsPeople,
    /// The last one who had to agree did.
    Agreed,
    /// Somebody who could have agreed said no, or the rules now do.
    Decline,
    /// Whoever asked takes it back.
    Cancel,
    /// Nobody answered in time.
    Expire,
    /// What is wished for, or what it was made from, is another thing now: whoever agreed agreed to something else.
    Changed,
    /// It is being written.
    Apply,
    /// It is there.
    Done,
    /// It cannot be written.
    Fail,
    /// Somebody wants it tried again.
    Retry,
    /// What it asks for is so already.
    Overtaken,
}

impl RequestEvent {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Submit,
        Self::Edited,
        Self::NeedsNobody,
        Self::NeedsPeople,
        Self::Agreed,
        Self::Decline,
        Self::Cancel,
        Self::Expire,
        Self::Changed,
        Self::Apply,
        Self::Done,
        Self::Fail,
        Self::Retry,
        Self::Overtaken,
    ];
}

/// What becomes of a request in this state when that happens; none when it cannot happen then.
pub fn after(state: RequestState, event: RequestEvent) -> Option<RequestState> {
    use RequestEvent as E;
    use RequestState as S;
    match (state, event) {
        (S::Draft, E::Edited) => Some(S::Draft),
        (S::Draft, E::Submit)
        | (S::NeedsApproval | S::Approved | S::Applying | S::Failed, E::Changed)
        | (S::Submitted | S::NeedsApproval | S::Approved | S::Failed, E::Edited) => Some(S::Submitted),
        (S::Submitted, E::NeedsNobody) | (S::NeedsApproval, E::Agreed) | (S::Failed, E::Retry) => Some(S::Approved),
        (S::Submitted, E::NeedsPeople) => Some(S::NeedsApproval),
        (S::Submitted | S::NeedsApproval, E::Decline) => Some(S::Declined),
        // What is being written can neither be taken back nor changed: nobody knows how much of it is done.
        (S::Draft | S::Submitted | S::NeedsApproval | S::Approved | S::Failed, E::Cancel) => Some(S::Cancelled),
        (S::Submitted | S::NeedsApproval, E::Expire) => Some(S::Expired),
        (S::Approved, E::Apply) => Some(S::Applying),
        (S::Applying, E::Done) => Some(S::Applied),
        (S::Approved | S::Applying, E::Fail) => Some(S::Failed),
        (S::Submitted | S::NeedsApproval | S::Approved, E::Overtaken) => Some(S::Superseded),
        (
            S::Draft
            | S::Submitted
            | S::NeedsApproval
            | S::Approved
            | S::Applying
            | S::Applied
            | S::Failed
            | S::Declined
            | S::Cancelled
            | S::Expired
            | S::Superseded,
            E::Submit
            | E::Edited
            | E::NeedsNobody
            | E::NeedsPeople
            | E::Agreed
            | E::Decline
            | E::Cancel
            | E::Expire
            | E::Changed
            | E::Apply
            | E::Done
            | E::Fail
            | E::Retry
            | E::Overtaken,
        ) => None,
    }
}

/// Whether nothing can happen to it any more.
pub fn is_over(state: RequestState) -> bool {
    RequestEvent::ALL.into_iter().all(|event| after(state, event).is_none())
}

#[cfg(test)]
mod tests;
