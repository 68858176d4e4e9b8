use serde::{Deserialize, Serialize};

/// Something that was looked at, or could not be. A failed look never reads as zero or as empty.
///
/// In JSON a known value stands as itself and an unknown one is `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Known<T> {
    /// The value as last observed.
    Known(T),
    /// Nobody could say.
    #[default]
    Unknown,
}

impl<T> Known<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown => None,
        }
    }

    /// The same, converted; unknown stays unknown.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Known(value) => Known::Known(convert(value)),
            Self::Unknown => Known::Unknown,
        }
    }
}

impl<T> From<Option<T>> for Known<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unknown, Self::Known)
    }
}
