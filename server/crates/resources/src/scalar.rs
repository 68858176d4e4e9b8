use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// Kafka configuration as people write it: `min.insync.replicas: 2`, `compression.type: zstd`, `preallocate: false`.
pub type Config = BTreeMap<String, Scalar>;

/// A configuration value: a text, a number or a boolean. Kafka knows only texts; YAML writers should not need to quote.
///
/// Reading never fails, so that one odd value does not make the whole object unreadable; [`Scalar::text`] judges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scalar(Value);

impl Scalar {
    /// The value as Kafka gets it; none for null, lists and objects.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match &self.0 {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self(Value::from(text))
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self(Value::from(text))
    }
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self(Value::from(number))
    }
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    // A structural schema cannot say "text, number or boolean"; int-or-string would refuse 0.5 and true.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
    }
}
