//! Who may do what with an estate's topics: rules of every sort, on one topic very many.

use super::{EstateSize, dice::Dice, names, world::Topic};
use kafka_protocol::protocol::StrBytes;

const READ: i8 = 3;
const WRITE: i8 = 4;
const CREATE: i8 = 5;
const DESCRIBE: i8 = 8;
const ALL: i8 = 2;
const DENY: i8 = 2;
const ALLOW: i8 = 3;
const READS: &[i8] = &[READ, DESCRIBE];
const WRITES: &[i8] = &[WRITE, DESCRIBE];
const LITERAL: i8 = 3;
const PREFIXED: i8 = 4;

/// Entries about one name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: StrBytes,
    pub(super) pattern: i8,
    pub(super) entries: Vec<Entry>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) principal: StrBytes,
    pub(super) host: &'static str,
    pub(super) operation: i8,
    pub(super) permission: i8,
}

fn entries(principal: &str, host: &'static str, permission: i8, operations: &[i8]) -> Vec<Entry> {
    let principal = StrBytes::from_string(format!("User:{principal}"));
    let entry = |operation: &i8| Entry { principal: principal.clone(), host, operation: *operation, permission };
    operations.iter().map(entry).collect()
}

fn allow(principal: &str, operations: &[i8]) -> Vec<Entry> {
    entries(principal, "*", ALLOW, operations)
}

/// All of them: everybody's, each tenant's, and those of single topics.
pub(super) fn grow(size: EstateSize, topics: &[Topic]) -> Vec<Named> {
    let mut all = vec![Named { name: StrBytes::from_static_str("*"), pattern: LITERAL, entries: for_everything() }];
    for tenant in names::TENANTS {
        let of_tenant = [
            allow(&format!("{tenant}.app"), &[READ, DESCRIBE]),
            allow(&format!("{tenant}.feed"), &[WRITE, DESCRIBE, CREATE]),
            entries(&format!("{tenant}.intern"), "*", DENY, &[WRITE]),
        ];
        let name = StrBytes::from_string(format!("{tenant}."));
        all.push(Named { name, pattern: PREFIXED, entries: of_tenant.into_iter().flatten().collect() });
    }
    for (n, topic) in topics.iter().enumerate() {
        let mut entries = of_topic(size, n, topic);
        if n + 1 == topics.len() {
            entries.extend(crowd(size));
        }
        if !entries.is_empty() {
            all.push(Named { name: topic.name.clone(), pattern: LITERAL, entries });
        }
    }
    all
}

fn for_everything() -> Vec<Entry> {
    let mut all = allow("*", &[DESCRIBE]);
    all.extend(entries("auditor", "10.9.0.7", ALLOW, &[READ, DESCRIBE]));
    all.extend(allow("backup", &[ALL]));
    all
}

fn of_topic(size: EstateSize, n: usize, topic: &Topic) -> Vec<Entry> {
    let mut dice = Dice::of(size.seed, "access", n);
    let tenant = topic.name.split_once('.').map_or("nobody", |(tenant, _)| tenant);
    let tenant = if names::TENANTS.contains(&tenant) { tenant } else { "nobody" };
    let one = |dice: &mut Dice| {
        let operations = dice.weighted(&[(60, READS), (40, WRITES)]);
        allow(&format!("{tenant}.job-{}", dice.below(40)), operations)
    };
    (0..dice.below(3)).flat_map(|_| one(&mut dice)).collect()
}

/// So many that no page shows them all, some with names that pages will stumble over.
fn crowd(size: EstateSize) -> Vec<Entry> {
    const AWKWARD: &[&str] = &["<script>alert(1)</script>", "CN=app,OU=Payments", "\u{202e}right to left", ""];
    let many = (0..size.topics / 4).flat_map(|n| allow(&format!("crowd.reader-{n:04}"), &[READ]));
    AWKWARD.iter().flat_map(|name| allow(name, &[WRITE])).chain(many).collect()
}
