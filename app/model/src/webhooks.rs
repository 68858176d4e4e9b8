//! Webhooks: what they are told, and how far a message to one is.

use crate::RequestState;
use serde::{Deserialize, Serialize};

/// What a webhook is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WebhookEvent {
    /// Somebody has to agree.
    RequestNeedsApproval,
    /// It is agreed to, by people or by the rules, or is to be tried again.
    RequestApproved,
    /// It is there.
    RequestApplied,
    /// It could not be applied.
    RequestFailed,
    /// Somebody said no.
    RequestDeclined,
    /// It was taken back.
    RequestCancelled,
    /// Nobody answered in time.
    RequestExpired,
    /// What it asks for became so without it.
    RequestSuperseded,
    /// Something is wrong with a cluster, or has become worse.
    FindingOpened,
    /// It is no more.
    FindingClosed,
    /// Nothing happened: somebody wants to see a message arrive.
    Test,
}

impl WebhookEvent {
    /// Those that webhooks can be made for; a test is sent whatever they are made for.
    pub const ALL: [Self; 10] = [
        Self::RequestNeedsApproval,
        Self::RequestApproved,
        Self::RequestApplied,
        Self::RequestFailed,
        Self::RequestDeclined,
        Self::RequestCancelled,
        Self::RequestExpired,
        Self::RequestSuperseded,
        Self::FindingOpened,
        Self::FindingClosed,
    ];

    /// What a move of a request is told as; none when nobody outside is told. A request that is in the same state before and
    /// after asks for another thing in it.
    pub fn of_move(before: Option<RequestState>, after: RequestState) -> Option<Self> {
        match (before, after) {
            // A draft is its writer's alone, and so is the end of one; the others are soon further.
            (Some(RequestState::Draft), RequestState::Cancelled)
            | (_, RequestState::Draft | RequestState::Submitted | RequestState::Applying) => None,
            (_, RequestState::NeedsApproval) => Some(Self::RequestNeedsApproval),
            (_, RequestState::Approved) => Some(Self::RequestApproved),
            (_, RequestState::Applied) => Some(Self::RequestApplied),
            (_, RequestState::Failed) => Some(Self::RequestFailed),
            (_, RequestState::Declined) => Some(Self::RequestDeclined),
            (_, RequestState::Cancelled) => Some(Self::RequestCancelled),
            (_, RequestState::Expired) => Some(Self::RequestExpired),
            (_, RequestState::Superseded) => Some(Self::RequestSuperseded),
        }
    }

    /// As it is written in configurations, in messages and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestNeedsApproval => "requestNeedsApproval",
            Self::RequestApproved => "requestApproved",
            Self::RequestApplied => "requestApplied",
            Self::RequestFailed => "requestFailed",
            Self::RequestDeclined => "requestDeclined",
            Self::RequestCancelled => "requestCancelled",
            Self::RequestExpired => "requestExpired",
            Self::RequestSuperseded => "requestSuperseded",
            Self::FindingOpened => "findingOpened",
            Self::FindingClosed => "findingClosed",
            Self::Test => "test",
        }
    }

    /// The event of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::Test]).find(|event| event.name() == name)
    }

    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::RequestNeedsApproval => "needs approval",
            Self::RequestApproved => "approved",
            Self::RequestApplied => "applied",
            Self::RequestFailed => "failed",
            Self::RequestDeclined => "declined",
            Self::RequestCancelled => "cancelled",
            Self::RequestExpired => "expired",
            Self::RequestSuperseded => "superseded",
            Self::FindingOpened => "finding",
            Self::FindingClosed => "finding gone",
            Self::Test => "a test",
        }
    }
}

/// How far a message to a webhook is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryState {
    /// It is still to arrive.
    Pending,
    /// The receiver said that it has it.
    Delivered,
    /// It was tried for as long as it is worth, or the receiver wants none.
    GaveUp,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::GaveUp];

    /// As it is written in JSON, in addresses and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::GaveUp => "gaveUp",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::GaveUp => "given up",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_states_are_written_alike_everywhere() {
        for event in WebhookEvent::ALL.into_iter().chain([WebhookEvent::Test]) {
            assert_eq!(serde_json::to_value(event).unwrap(), event.name());
            assert_eq!(WebhookEvent::named(event.name()), Some(event));
        }
        for state in DeliveryState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
            assert_eq!(DeliveryState::named(state.name()), Some(state));
        }
    }

    #[test]
    fn every_end_of_a_request_is_told_and_nothing_of_a_draft_is() {
        use RequestState as S;
        let told = |before, after| WebhookEvent::of_move(before, after).map(WebhookEvent::name);
        for before in [None, Some(S::Draft), Some(S::Submitted), Some(S::NeedsApproval)] {
            assert_eq!(told(before, S::NeedsApproval), Some("requestNeedsApproval"), "{before:?}");
        }
        assert_eq!(told(None, S::Approved), Some("requestApproved"), "the rules need nobody");
        assert_eq!(told(Some(S::Failed), S::Approved), Some("requestApproved"), "it is tried again");
        for (state, event) in [
            (S::Applied, "requestApplied"),
            (S::Failed, "requestFailed"),
            (S::Declined, "requestDeclined"),
            (S::Cancelled, "requestCancelled"),
            (S::Expired, "requestExpired"),
            (S::Superseded, "requestSuperseded"),
        ] {
            assert_eq!(told(Some(S::Approved), state), Some(event));
        }
        for (before, after) in [
            (None, S::Draft),
            (Some(S::Draft), S::Draft),
            (Some(S::Draft), S::Cancelled),
            (Some(S::Applying), S::Submitted),
            (Some(S::Approved), S::Applying),
        ] {
            assert_eq!(told(before, after), None, "{before:?} to {after:?}");
        }
    }
}
