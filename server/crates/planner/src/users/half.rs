//! A user's two names in Kafka, which take turns: while one is in the Secret, the other one can be made or go.

/// One of a user's two names in Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Half {
    /// `<namespace>.<name>`.
    First,
    /// `<namespace>.<name>.b`.
    Second,
}

impl Half {
    /// Both, in order.
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];

    /// The one whose turn comes with the next rotation.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// Something of each name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Halves<T> {
    /// Of the first.
    pub first: T,
    /// Of the second.
    pub second: T,
}

impl<T> Halves<T> {
    /// That of one.
    pub fn of(&self, half: Half) -> &T {
        match half {
            Half::First => &self.first,
            Half::Second => &self.second,
        }
    }

    /// That of one, to be changed.
    pub fn of_mut(&mut self, half: Half) -> &mut T {
        match half {
            Half::First => &mut self.first,
            Half::Second => &mut self.second,
        }
    }
}
