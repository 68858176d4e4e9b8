use klamm_model::{InvalidName, ObjectName, TopicName};
use sha1::{Digest, Sha1};
use std::fmt::Write;

const SEPARATOR: &str = "---";
const HASH_DIGITS: usize = 40;
const LONGEST_NAME: usize = 253;

/// The name of the object that declares an imported topic (Strimzi 0.2's rule): the topic's own where Kubernetes takes
/// it, else what of it Kubernetes takes, `---`, and the SHA-1 of the topic's name. No two topics have the same.
pub fn export_name(topic: &TopicName) -> Result<ObjectName, InvalidName> {
    if !looks_hashed(topic.as_str())
        && let Ok(name) = topic.as_str().parse()
    {
        return Ok(name);
    }
    let mut hash = String::with_capacity(HASH_DIGITS);
    for byte in Sha1::digest(topic.as_str()) {
        // Infallible: a String never refuses text.
        let _ = write!(hash, "{byte:02x}");
    }
    let cleaned = cleaned(topic.as_str());
    let room = LONGEST_NAME - SEPARATOR.len() - HASH_DIGITS;
    let prefix = cleaned.get(..room).unwrap_or(&cleaned).trim_end_matches(['-', '.']);
    let prefix = if prefix.is_empty() { "topic" } else { prefix };
    format!("{prefix}{SEPARATOR}{hash}").parse()
}

/// A topic whose own name looks like a made one is not kept, or it could meet the one made for another topic.
fn looks_hashed(name: &str) -> bool {
    name.rsplit_once(SEPARATOR)
        .is_some_and(|(_, hash)| hash.len() == HASH_DIGITS && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn cleaned(name: &str) -> String {
    let lower: String = name
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9' | '.' | '-') => c,
            _ => '-',
        })
        .collect();
    let parts: Vec<_> = lower.split('.').map(|part| part.trim_matches('-')).filter(|part| !part.is_empty()).collect();
    parts.join(".")
}
