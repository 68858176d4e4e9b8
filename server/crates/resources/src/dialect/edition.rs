use crate::names::annotation;
use k8s_openapi::api::core::v1::ConfigMap;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Tells one declaration of a ConfigMap from another, as `metadata.generation` does for resources that have one: a digest of
/// what is declared. The operator writes the one it carried out into [`annotation::STATUS`].
pub fn edition(object: &ConfigMap) -> String {
    let mut hasher = Sha256::new();
    let mut feed = |part: &str, text: &str| {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
        hasher.update(text.len().to_le_bytes());
        hasher.update(text);
    };
    for (key, value) in object.data.iter().flatten() {
        feed(key, value);
    }
    let annotations = object.metadata.annotations.as_ref();
    for key in [annotation::DELETION, annotation::PAUSED] {
        feed(key, annotations.and_then(|annotations| annotations.get(key)).map_or("", String::as_str));
    }
    for (key, value) in object.metadata.labels.iter().flatten() {
        feed(key, value);
    }
    hasher.finalize().iter().take(10).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
