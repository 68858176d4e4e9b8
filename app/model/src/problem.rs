use serde::{Deserialize, Serialize};

/// The kinds of refusal that callers of the API can rely on. Each has a stable `type` and one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// Nobody is signed in, or the session or token has ended: 401.
    Unauthenticated,
    /// User name or password is wrong: 401.
    WrongCredentials,
    /// Signed in, but not allowed to do this: 403.
    Forbidden,
    /// The request does not come from Klamm's own pages: 403.
    ForeignOrigin,
    /// There is no such thing, or the caller may not know of it: 404.
    NotFound,
    /// The path exists, the method does not: 405.
    MethodNotAllowed,
    /// It changed in the meantime: 409.
    Conflict,
    /// It could be had once, and was: 410.
    Gone,
    /// The input is not valid: 422; `detail` says which field and why.
    Invalid,
    /// The body is larger than is accepted: 413.
    TooLarge,
    /// Too many attempts: 429.
    TooManyAttempts,
    /// A part that is needed does not answer just now: 503.
    Unavailable,
    /// A fault of Klamm's own: 500; the log has the rest under the request id.
    Internal,
}

impl ProblemKind {
    /// The HTTP status that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::Unauthenticated | Self::WrongCredentials => 401,
            Self::Forbidden | Self::ForeignOrigin => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::Invalid => 422,
            Self::TooLarge => 413,
            Self::TooManyAttempts => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    /// A short title, the same for every occurrence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Sign in first",
            Self::WrongCredentials => "User name or password is wrong",
            Self::Forbidden => "Not allowed",
            Self::ForeignOrigin => "Request from another site",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::Conflict => "Changed in the meantime",
            Self::Gone => "Shown already",
            Self::Invalid => "Not valid",
            Self::TooLarge => "Too large",
            Self::TooManyAttempts => "Too many attempts",
            Self::Unavailable => "Not available just now",
            Self::Internal => "Something went wrong",
        }
    }

    /// The stable `type` of RFC 9457.
    pub fn type_uri(self) -> &'static str {
        match self {
            Self::Unauthenticated => "urn:klamm:problem:unauthenticated",
            Self::WrongCredentials => "urn:klamm:problem:wrong-credentials",
            Self::Forbidden => "urn:klamm:problem:forbidden",
            Self::ForeignOrigin => "urn:klamm:problem:foreign-origin",
            Self::NotFound => "urn:klamm:problem:not-found",
            Self::MethodNotAllowed => "urn:klamm:problem:method-not-allowed",
            Self::Conflict => "urn:klamm:problem:conflict",
            Self::Gone => "urn:klamm:problem:gone",
            Self::Invalid => "urn:klamm:problem:invalid",
            Self::TooLarge => "urn:klamm:problem:too-large",
            Self::TooManyAttempts => "urn:klamm:problem:too-many-attempts",
            Self::Unavailable => "urn:klamm:problem:unavailable",
            Self::Internal => "urn:klamm:problem:internal",
        }
    }
}

/// A refusal as people and programs get it (`application/problem+json`, RFC 9457). Never holds a driver's text or a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{detail}")]
pub struct Problem {
    /// What kind of refusal.
    pub kind: ProblemKind,
    /// A sentence that says what to do.
    pub detail: String,
}

impl Problem {
    /// A refusal of this kind with this sentence.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}
