//! What could not be seen: one entry for each part and broker, so that a thousand refusals are one line.

use super::{ask::Seen, defaults::is_about_nothing};
use crate::{ClientError, KafkaError, Retry};
use klamm_model::{BrokerId, Gap, GapCause, Inventory, Part, error_chain};
use std::{collections::BTreeMap, fmt::Display};

/// What could not be seen in one look.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<(Part, Option<BrokerId>), Gap>);

impl Gaps {
    /// An answer that is missing: of a broker, where it is one broker's to give, or about the topic or group `of`.
    pub(super) fn note<'a, E>(&mut self, part: Part, broker: Option<BrokerId>, of: Option<&dyn Display>, error: &'a E)
    where
        GapCause: From<&'a E>,
        E: std::error::Error + 'static,
    {
        let new = || {
            let why = error_chain(error);
            let reason = of.map_or_else(|| why.clone(), |of| format!("{of}: {why}"));
            Gap { part, broker, missing: 0, cause: GapCause::from(error), reason }
        };
        self.0.entry((part, broker)).or_insert_with(new).missing += 1;
    }

    /// The answer, if there is one.
    pub(super) fn noted<T>(&mut self, part: Part, answer: Result<T, ClientError>) -> Option<T> {
        answer.map_err(|error| self.note(part, None, None, &error)).ok()
    }

    pub(super) fn of_broker(&mut self, part: Part, broker: BrokerId, error: &ClientError) {
        self.note(part, Some(broker), None, error);
    }

    /// Everything that is missing from the answers of one look.
    pub(super) fn note_all(&mut self, seen: &Seen) {
        for (topic, outcome) in &seen.settings {
            if let Err(error) = outcome {
                self.note(Part::Config, None, Some(topic), error);
            }
        }
        for (broker, dirs) in seen.log_dirs.iter().flatten() {
            if let Err(error) = dirs {
                self.of_broker(Part::LogDirs, *broker, error);
            }
        }
        // Both ends are asked of the same leaders: one line for both.
        let latest = seen.latest.iter().flat_map(|listing| &listing.unanswered);
        let earliest = seen.earliest.iter().flat_map(|listing| &listing.unanswered);
        let unanswered: BTreeMap<_, _> = latest.chain(earliest).collect();
        for (broker, error) in unanswered {
            self.of_broker(Part::Offsets, *broker, error);
        }
        for (broker, error) in seen.groups.iter().flat_map(|groups| &groups.unanswered) {
            self.of_broker(Part::Groups, *broker, error);
        }
        for (group, outcome) in &seen.committed {
            if let Err(error) = outcome {
                self.note(Part::Commits, None, Some(group), error);
            }
        }
        for (group, outcome) in seen.members.iter().flatten() {
            if let Err(error) = outcome {
                self.note(Part::Members, None, Some(group), error);
            }
        }
        for (broker, outcome) in seen.defaults.iter().flatten() {
            if let Err(error) = outcome
                && !is_about_nothing(error)
            {
                self.of_broker(Part::Defaults, *broker, error);
            }
        }
        if let Some(Err(error)) = &seen.authorization {
            self.note(Part::Access, None, None, error);
        }
    }

    /// What could not be seen of these parts before, and was not asked for this time.
    pub(super) fn still(&mut self, previous: &Inventory, parts: &[Part]) {
        for gap in previous.gaps.iter().filter(|gap| parts.contains(&gap.part)) {
            self.0.insert((gap.part, gap.broker), gap.clone());
        }
    }

    /// Whether somebody might answer for one of these parts who has not.
    pub(super) fn is_silent(&self, parts: &[Part]) -> bool {
        self.0.values().any(|gap| parts.contains(&gap.part) && gap.cause == GapCause::Silence)
    }

    pub(super) fn list(self) -> Vec<Gap> {
        self.0.into_values().collect()
    }
}

impl From<&KafkaError> for GapCause {
    fn from(error: &KafkaError) -> Self {
        if error.retry() == Retry::Never { Self::Refusal } else { Self::Silence }
    }
}

impl From<&ClientError> for GapCause {
    fn from(error: &ClientError) -> Self {
        match error {
            ClientError::Broker { source, .. } => source.into(),
            ClientError::Shared(error) => (&**error).into(),
            ClientError::UnsupportedByBroker { .. } | ClientError::NotSupported(_) => Self::Refusal,
            ClientError::Unreachable { .. }
            | ClientError::BrokerUnreachable { .. }
            | ClientError::UnknownBroker(_)
            | ClientError::Authentication(_)
            | ClientError::TimedOut { .. }
            | ClientError::Disconnected { .. }
            | ClientError::OutcomeUnknown { .. }
            | ClientError::Protocol { .. }
            | ClientError::Closed => Self::Silence,
        }
    }
}
