use crate::encoding::JsonText;
use klamm_model::{Problem, ProblemKind};
use leptos::{prelude::FromServerFnError, server_fn::error::ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why a server function has no answer, in words that may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", .0.detail)]
pub struct AppError(pub Problem);

impl AppError {
    /// A refusal of this kind with this sentence.
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind, detail))
    }

    /// Whether what was shown before is still the best there is to show.
    pub(crate) fn is_passing(&self) -> bool {
        match self.0.kind {
            ProblemKind::Unavailable | ProblemKind::Internal | ProblemKind::TooManyAttempts => true,
            ProblemKind::Unauthenticated
            | ProblemKind::WrongCredentials
            | ProblemKind::Forbidden
            | ProblemKind::ForeignOrigin
            | ProblemKind::NotFound
            | ProblemKind::MethodNotAllowed
            | ProblemKind::Conflict
            | ProblemKind::Gone
            | ProblemKind::TooLarge
            | ProblemKind::Invalid => false,
        }
    }
}

impl From<Problem> for AppError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonText;

    /// What the transport says is for the console; people get a sentence.
    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Request(_) => {
                Self::new(ProblemKind::Unavailable, "Klamm does not answer just now. The page tries again by itself.")
            }
            ServerFnErrorErr::Deserialization(_) => Self::new(
                ProblemKind::Unavailable,
                "The answer could not be read; Klamm may have been updated. Reload the page.",
            ),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::new(
                ProblemKind::Invalid,
                "The address of this page is not one that Klamm makes. Go back and try again.",
            ),
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::Response(_) => Self::new(
                ProblemKind::Internal,
                "Something went wrong inside Klamm. Reload the page; if it stays, tell whoever runs it.",
            ),
        }
    }
}
