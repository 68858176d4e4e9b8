//! What forms of pages have in common: reading what was ticked, and saying in a word of ours what came of it, so that nothing that
//! was typed stands in an address.

use klamm_model::{Problem, ProblemKind};

/// The words that a page knows for what it may be refused. Whatever else is wrong is `unavailable`.
pub(super) struct Refusals {
    pub(super) conflict: &'static str,
    pub(super) forbidden: &'static str,
    pub(super) missing: &'static str,
    pub(super) invalid: &'static str,
}

impl Refusals {
    pub(super) fn word(&self, problem: &Problem) -> &'static str {
        match problem.kind {
            ProblemKind::Conflict => self.conflict,
            ProblemKind::Forbidden => self.forbidden,
            ProblemKind::NotFound => self.missing,
            ProblemKind::Invalid => self.invalid,
            ProblemKind::Unauthenticated
            | ProblemKind::WrongCredentials
            | ProblemKind::ForeignOrigin
            | ProblemKind::MethodNotAllowed
            | ProblemKind::Gone
            | ProblemKind::TooLarge
            | ProblemKind::TooManyAttempts
            | ProblemKind::Unavailable
            | ProblemKind::Internal => "unavailable",
        }
    }
}

/// What a form sends under a name, as it was typed; boxes of one name send several.
pub(super) fn values<'a>(body: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let fields = body.split('&').filter_map(|pair| pair.split_once('='));
    fields.filter(move |(key, _)| *key == name).map(|(_, value)| klamm_app::typed(value))
}
