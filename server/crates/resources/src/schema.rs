//! Pieces of structural schemas that the derive cannot say: CEL rules with our own sentences, list-type maps, and
//! values whose shape Kubernetes cannot describe.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// CEL rules in the form of the API server: pairs of an expression and the sentence shown when it is false.
pub(crate) fn rules<const N: usize>(rules: [(&str, &str); N]) -> Value {
    rules.into_iter().map(|(rule, message)| json!({ "rule": rule, "message": message })).collect()
}

/// The keys of a list-type map.
pub(crate) fn keys<const N: usize>(keys: [&str; N]) -> Value {
    keys.into_iter().map(Value::from).collect()
}

/// `requests` and `limits` of a container, without the essays that Kubernetes puts on each quantity.
pub(crate) fn resources(_: &mut SchemaGenerator) -> Schema {
    let quantities = json!({
        "type": "object",
        "additionalProperties": {
            "x-kubernetes-int-or-string": true,
            "pattern": r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$",
        },
        "maxProperties": 16,
    });
    json_schema!({
        "type": "object",
        "nullable": true,
        "description": "Compute resources of a node's container, as in a pod.",
        "properties": { "requests": quantities, "limits": quantities },
    })
}

/// An object whose full schema would be longer than everything else together; it is checked when it is read.
pub(crate) fn preserved_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "nullable": true, "x-kubernetes-preserve-unknown-fields": true })
}

/// The conditions of a status (`metav1.Condition`), a list-type map by `type`.
pub(crate) fn conditions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "description": "What is known of this object.",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "required": ["type", "status", "reason", "message", "lastTransitionTime"],
            "properties": {
                "type": { "type": "string", "maxLength": 316 },
                "status": { "type": "string", "enum": ["True", "False", "Unknown"] },
                "reason": { "type": "string", "minLength": 1, "maxLength": 1024 },
                "message": { "type": "string", "maxLength": 32768 },
                "lastTransitionTime": { "type": "string", "format": "date-time" },
                "observedGeneration": { "type": "integer", "format": "int64", "minimum": 0 },
            },
        },
    })
}

/// A number or a text.
pub(crate) fn int_or_string(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "x-kubernetes-int-or-string": true, "nullable": true })
}
