//! Requests as pages show them: the list, the inbox, one of them, and the form for another. All of it is said on the server.

mod fill;
mod list;
mod offsets;
mod one;
mod prefill;
mod write;

pub use fill::{Filled, Purpose, asked_for};
pub(crate) use list::{inbox, list};
pub(crate) use one::one;
pub(crate) use write::new;

use crate::{
    sheet::{Line, status},
    ui::Status,
};
use klamm_model::{RequestState, Severity};

/// How far a request is, with its mark.
pub(crate) fn state(state: RequestState) -> Line {
    let mark = match state {
        RequestState::Applied => Status::Ok,
        RequestState::Submitted | RequestState::NeedsApproval | RequestState::Approved | RequestState::Applying => {
            Status::Warn
        }
        RequestState::Failed | RequestState::Declined => Status::Bad,
        RequestState::Draft | RequestState::Cancelled | RequestState::Expired | RequestState::Superseded => {
            Status::Unknown
        }
    };
    status(mark, state.words())
}

fn severity(severity: Severity) -> (Status, &'static str) {
    match severity {
        Severity::Info => (Status::Ok, "Note"),
        Severity::Approval => (Status::Warn, "Asks"),
        Severity::Error => (Status::Bad, "Refused"),
    }
}

/// `create a topic` as it stands at the beginning of a sentence.
pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
