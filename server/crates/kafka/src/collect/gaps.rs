//! What could not be seen: one entry for each part and broker, so that a thousand refusals are one line.

use super::ask::Seen;
use crate::ClientError;
use klamm_model::{BrokerId, Gap, Part};
use std::collections::BTreeMap;

/// What could not be seen in one look.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<(Part, Option<BrokerId>), Gap>);

impl Gaps {
    pub(super) fn note(&mut self, part: Part, broker: Option<BrokerId>, reason: impl FnOnce() -> String) {
        let new = || Gap { part, broker, missing: 0, reason: reason() };
        self.0.entry((part, broker)).or_insert_with(new).missing += 1;
    }

    /// The answer, if there is one.
    pub(super) fn noted<T>(&mut self, part: Part, answer: Result<T, ClientError>) -> Option<T> {
        answer.map_err(|error| self.note(part, None, || error.explain())).ok()
    }

    pub(super) fn of_broker(&mut self, part: Part, broker: BrokerId, error: &ClientError) {
        self.note(part, Some(broker), || error.explain());
    }

    /// Everything that is missing from the answers of one look.
    pub(super) fn note_all(&mut self, seen: &Seen) {
        for (topic, outcome) in &seen.settings {
            if let Err(error) = outcome {
                self.note(Part::Config, None, || format!("{topic}: {error}"));
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
                self.note(Part::Commits, None, || format!("{group}: {}", error.explain()));
            }
        }
        for (group, outcome) in seen.members.iter().flatten() {
            if let Err(error) = outcome {
                self.note(Part::Members, None, || format!("{group}: {}", error.explain()));
            }
        }
    }

    pub(super) fn list(self) -> Vec<Gap> {
        self.0.into_values().collect()
    }
}
