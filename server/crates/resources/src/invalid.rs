use crate::Config;
use std::{collections::BTreeMap, fmt};

/// Why a field cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// It cannot be understood, or contradicts another one.
    Invalid,
    /// It is understood, but Klamm cannot do it yet.
    NotSupported,
}

/// A field that cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Which: `spec.listeners[clients].tls`.
    pub field: String,
    /// Why, for programs.
    pub refusal: Refusal,
    /// Why, and what to write instead, in a sentence without the field's name.
    pub message: String,
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// A declaration that cannot be carried out; every problem is named, not only the first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidSpec {
    /// At least one.
    pub problems: Vec<FieldProblem>,
}

impl InvalidSpec {
    /// Whether Klamm understands everything and only cannot do it yet.
    pub fn is_only_unsupported(&self) -> bool {
        self.problems.iter().all(|problem| problem.refusal == Refusal::NotSupported)
    }
}

impl fmt::Display for InvalidSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

/// Collects problems, so that people see all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<FieldProblem>);

impl Problems {
    pub(crate) fn invalid(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldProblem { field: field.into(), refusal: Refusal::Invalid, message: message.into() });
    }

    pub(crate) fn not_supported(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldProblem { field: field.into(), refusal: Refusal::NotSupported, message: message.into() });
    }

    /// The value, or none and the error as a problem of the field.
    pub(crate) fn take<T, E: fmt::Display>(&mut self, field: impl Into<String>, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.invalid(field, error.to_string());
                None
            }
        }
    }

    /// The configuration as Kafka gets it. Kafka ignores space around every value.
    pub(crate) fn config(&mut self, field: &str, config: &Config) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for (key, value) in config {
            match value.text() {
                Some(_) if key.trim().is_empty() || key.contains(char::is_whitespace) => {
                    self.invalid(format!("{field}[{key:?}]"), "a configuration key has no spaces and is not empty");
                }
                Some(text) => {
                    texts.insert(key.clone(), text.trim().to_owned());
                }
                None => self.invalid(
                    format!("{field}[{key}]"),
                    "a configuration value is a text, a number, true or false; write lists as one text with commas",
                ),
            }
        }
        texts
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_error(self) -> InvalidSpec {
        InvalidSpec { problems: self.0 }
    }
}
