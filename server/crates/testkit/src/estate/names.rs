//! Names of topics and groups: most as teams choose them, some made to break HTML, URLs and CSV as far as Kafka permits.

use super::dice::Dice;

pub(super) const TENANTS: &[&str] = &[
    "payments",
    "orders",
    "shipping",
    "billing",
    "catalog",
    "search",
    "fraud",
    "loyalty",
    "identity",
    "warehouse",
    "pricing",
    "returns",
    "support",
    "ledger",
    "risk",
    "telemetry",
];
const SUBJECTS: &[&str] =
    &["invoice", "order", "parcel", "customer", "card", "session", "basket", "refund", "stock", "price"];
const KINDS: &[&str] = &["created", "changed", "deleted", "events", "state", "dead-letter", "retry", "audit"];

/// Topic names that somebody's page, link or spreadsheet will stumble over. No two of them collide for Kafka, which treats a
/// dot like an underscore.
const AWKWARD_TOPICS: &[&str] = &[
    "...",
    "-",
    "_",
    "--help",
    "-rf",
    "-1",
    "0",
    "007",
    "1e309",
    "1.0E5",
    "NaN",
    "null",
    "undefined",
    "true",
    "__proto__",
    "constructor",
    "index.html",
    "favicon.ico",
    "new",
    "edit",
    "topics",
    "search",
    "groups",
    "brokers",
    "placement",
    "api.v1",
    "A",
    "a",
    "CON",
    "com1",
    "x-.-x",
    "..-",
    "-.._-",
    "script",
    "onerror-alert-1-",
    "2024-01-01",
    "12-34",
    "-2-3-cmd",
    "--drop-table-topics--",
    "xn--e1afmkfd",
    "null-0",
    "robots.txt",
];

/// Group ids may be any text at all.
const AWKWARD_GROUPS: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "a/b/c",
    "../../etc/passwd",
    "..",
    ".",
    "a?b=c&d=e#f",
    "%2e%2e%2f",
    "%",
    "%00",
    "+",
    " ",
    "  leading and trailing  ",
    "a,b;c\td",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-1+1",
    "\"quoted, text\"",
    "'; DROP TABLE groups; --",
    "line\nbreak",
    "\u{202e}right to left",
    "\u{feff}",
    "e\u{301}",
    "\u{1f469}\u{200d}\u{1f4bb}",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "null",
    "undefined",
    "__proto__",
    "\\",
    "a\\b",
    "NaN",
    "0",
    "&lt;b&gt;",
    "]]>",
    "<!--",
    "javascript:alert(1)",
    "http://[::1]/",
    "\u{0}",
    "group with spaces",
];

/// The name of the `n`-th topic of an estate. Brokers' own come first.
pub(super) fn topic(seed: u64, n: usize) -> String {
    const INTERNAL: &[&str] = &["__consumer_offsets", "__transaction_state"];
    if let Some(name) = INTERNAL.get(n) {
        return (*name).to_owned();
    }
    let n = n - INTERNAL.len();
    match (n, AWKWARD_TOPICS.get(n)) {
        (_, Some(name)) => (*name).to_owned(),
        (n, None) if n == AWKWARD_TOPICS.len() => "x".repeat(249),
        (n, None) if n == AWKWARD_TOPICS.len() + 1 => format!("{}.long", "a-".repeat(122)),
        (n, None) => {
            let mut dice = Dice::of(seed, "topic name", n);
            let (tenant, subject, kind) = (dice.pick(TENANTS), dice.pick(SUBJECTS), dice.pick(KINDS));
            format!("{tenant}.{subject}-{kind}.{n:05}")
        }
    }
}

/// The id of the `n`-th group of an estate.
pub(super) fn group(seed: u64, n: usize) -> String {
    match (n, AWKWARD_GROUPS.get(n)) {
        (_, Some(id)) => (*id).to_owned(),
        (n, None) if n == AWKWARD_GROUPS.len() => "\u{e9}".repeat(400),
        (n, None) => {
            let mut dice = Dice::of(seed, "group id", n);
            let (tenant, subject, kind) = (dice.pick(TENANTS), dice.pick(SUBJECTS), dice.pick(KINDS));
            format!("{tenant}.{subject}-{kind}-reader-{n:05}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn is_possible(name: &str) -> bool {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    }

    #[test]
    fn names_are_what_kafka_accepts_and_no_two_collide() {
        let names: Vec<String> = (0..500).map(|n| topic(7, n)).collect();
        for name in &names {
            assert!((1..=249).contains(&name.len()) && is_possible(name), "{name:?}");
            assert!(name != "." && name != "..");
        }
        let merged: BTreeSet<String> = names.iter().map(|name| name.replace('.', "_")).collect();
        assert_eq!(merged.len(), names.len());
        let groups: BTreeSet<String> = (0..500).map(|n| group(7, n)).collect();
        assert_eq!(groups.len(), 500);
        assert!(groups.iter().all(|id| (1..=1000).contains(&id.len())));
    }
}
