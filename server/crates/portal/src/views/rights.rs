//! What rules come to, as Kafka's `StandardAuthorizer` decides: a rule that denies wins over all that allow, whatever is
//! allowed to everybody is allowed to each, and what may be read or written may be described.

use klamm_model::{Operations, Right, TopicOperation, TopicRule};
use std::collections::BTreeSet;

/// From where something may be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// From these hosts; from nowhere when there is none.
    Only(BTreeSet<String>),
    /// From everywhere but these.
    AllBut(BTreeSet<String>),
}

impl Reach {
    /// Whether there is a host from which it may be done.
    pub(crate) fn is_somewhere(&self) -> bool {
        match self {
            Self::Only(hosts) => !hosts.is_empty(),
            Self::AllBut(_) => true,
        }
    }
}

/// Operations besides `All`.
fn single() -> impl Iterator<Item = TopicOperation> {
    TopicOperation::EACH.into_iter().filter(|operation| *operation != TopicOperation::All)
}

/// Whether a rule that allows these allows this.
fn allows(operations: Operations, wanted: TopicOperation) -> bool {
    use TopicOperation::{All, Alter, AlterConfigs, Create, Delete, Describe, DescribeConfigs, Read, Write};
    let implying: &[TopicOperation] = match wanted {
        Describe => &[Read, Write, Delete, Alter],
        DescribeConfigs => &[AlterConfigs],
        All | Read | Write | Create | Delete | Alter | AlterConfigs => &[],
    };
    operations.contains(All)
        || operations.contains(wanted)
        || implying.iter().any(|operation| operations.contains(*operation))
}

/// Whether a rule that denies these denies this.
fn denies(operations: Operations, wanted: TopicOperation) -> bool {
    operations.contains(TopicOperation::All) || operations.contains(wanted)
}

/// From where one thing may be done by whom these rules are about, all of which concern the topic.
pub(crate) fn reach(rules: &[&TopicRule], operation: TopicOperation) -> Reach {
    let hosts = |is_meant: &dyn Fn(&TopicRule) -> bool| {
        let meant: Vec<_> = rules.iter().filter(|rule| is_meant(rule)).map(|rule| rule.host.as_deref()).collect();
        let everywhere = meant.contains(&None);
        (everywhere, meant.into_iter().flatten().map(str::to_owned).collect::<BTreeSet<String>>())
    };
    let (allowed_everywhere, allowed) = hosts(&|rule| allows(rule.allows, operation));
    let (denied_everywhere, denied) = hosts(&|rule| denies(rule.denies, operation));
    if denied_everywhere {
        Reach::Only(BTreeSet::new())
    } else if allowed_everywhere {
        Reach::AllBut(denied)
    } else {
        Reach::Only(&allowed - &denied)
    }
}

/// Everything that may be done from somewhere. What may be done without exception is told as one when it is everything.
pub(crate) fn rights(rules: &[&TopicRule]) -> Vec<Right> {
    let rights: Vec<Right> = single().filter_map(|operation| right(operation, reach(rules, operation))).collect();
    let is_whole = |right: &Right| right.only_from.is_none() && right.except_from.is_empty();
    if rights.len() == single().count() && rights.iter().all(is_whole) {
        return vec![Right { operation: TopicOperation::All, only_from: None, except_from: BTreeSet::new() }];
    }
    rights
}

fn right(operation: TopicOperation, reach: Reach) -> Option<Right> {
    match reach {
        Reach::Only(hosts) if hosts.is_empty() => None,
        Reach::Only(hosts) => Some(Right { operation, only_from: Some(hosts), except_from: BTreeSet::new() }),
        Reach::AllBut(hosts) => Some(Right { operation, only_from: None, except_from: hosts }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_model::RulePattern;
    use proptest::prelude::*;

    /// An entry as Kafka keeps it: one operation, allowed or denied.
    #[derive(Clone, Debug)]
    struct Entry {
        principal: &'static str,
        pattern: RulePattern,
        name: &'static str,
        host: &'static str,
        operation: TopicOperation,
        is_denied: bool,
    }

    /// `StandardAuthorizerData.authorize` over the entries themselves, word by word: first whatever denies, then whatever
    /// allows or implies.
    fn authorized(entries: &[Entry], principal: &str, host: &str, topic: &str, wanted: TopicOperation) -> bool {
        use TopicOperation::{All, Alter, AlterConfigs, Delete, Describe, DescribeConfigs, Read, Write};
        let matching = |entry: &&Entry| {
            let is_named = match entry.pattern {
                RulePattern::Literal => entry.name == "*" || entry.name == topic,
                RulePattern::Prefixed => topic.get(..entry.name.len()) == Some(entry.name),
            };
            is_named
                && (entry.principal == principal || entry.principal == "User:*")
                && (entry.host == host || entry.host == "*")
        };
        let denied = |entry: &Entry| entry.is_denied && (entry.operation == All || entry.operation == wanted);
        if entries.iter().filter(matching).any(denied) {
            return false;
        }
        let mut enough = vec![All, wanted];
        if wanted == Describe {
            enough.extend([Read, Write, Delete, Alter]);
        }
        if wanted == DescribeConfigs {
            enough.push(AlterConfigs);
        }
        entries.iter().filter(matching).any(|entry| !entry.is_denied && enough.contains(&entry.operation))
    }

    /// Entries as rules, as the collector makes them: those that differ in the operation only are one.
    fn rules(entries: &[Entry], principal: &str) -> Vec<TopicRule> {
        let mut rules: Vec<TopicRule> = Vec::new();
        for entry in entries.iter().filter(|entry| entry.principal == principal) {
            let host: Option<Box<str>> = Some(entry.host).filter(|host| *host != "*").map(Into::into);
            let same =
                |rule: &TopicRule| *rule.name == *entry.name && rule.pattern == entry.pattern && rule.host == host;
            let place = rules.iter().position(same).unwrap_or_else(|| {
                let (name, allows, denies) = (entry.name.into(), Operations::default(), Operations::default());
                rules.push(TopicRule { name, pattern: entry.pattern, host: host.clone(), allows, denies });
                rules.len() - 1
            });
            let set = if entry.is_denied { &mut rules[place].denies } else { &mut rules[place].allows };
            set.insert(entry.operation);
        }
        rules
    }

    fn holds(reach: &Reach, host: &str) -> bool {
        match reach {
            Reach::Only(hosts) => hosts.contains(host),
            Reach::AllBut(hosts) => !hosts.contains(host),
        }
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let entry = (
            prop::sample::select(vec!["User:a", "User:b", "User:*"]),
            prop::sample::select(vec![RulePattern::Literal, RulePattern::Prefixed]),
            prop::sample::select(vec!["*", "", "x", "x.y", "x.z", "y"]),
            prop::sample::select(vec!["*", "h1", "h2"]),
            prop::sample::select(TopicOperation::EACH.to_vec()),
            prop::bool::weighted(0.3),
        );
        let entry = entry.prop_map(|(principal, pattern, name, host, operation, is_denied)| Entry {
            principal,
            pattern,
            name,
            host,
            operation,
            is_denied,
        });
        prop::collection::vec(entry, 0..8)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn rights_are_what_kafka_decides_for_every_host_and_operation(
            entries in entries(),
            topic in prop::sample::select(vec!["x.y", "x", "other"]),
            principal in prop::sample::select(vec!["User:a", "User:b", "User:c"]),
        ) {
            let all: Vec<TopicRule> = [principal, "User:*"].iter().flat_map(|whose| rules(&entries, whose)).collect();
            let concerning: Vec<&TopicRule> = all.iter().filter(|rule| rule.concerns(topic)).collect();
            let told = rights(&concerning);
            for operation in single() {
                for host in ["h1", "h2", "h3"] {
                    let expected = authorized(&entries, principal, host, topic, operation);
                    prop_assert_eq!(holds(&reach(&concerning, operation), host), expected, "{} from {}", operation, host);
                    let right = told.iter().find(|right| [operation, TopicOperation::All].contains(&right.operation));
                    let is_told = right.is_some_and(|right| {
                        right.only_from.as_ref().is_none_or(|hosts| hosts.contains(host)) && !right.except_from.contains(host)
                    });
                    prop_assert_eq!(is_told, expected);
                }
            }
        }
    }

    #[test]
    fn everything_is_told_as_one_unless_something_is_excepted() {
        let rule = |host: Option<&str>, allows: &[TopicOperation], denies: &[TopicOperation]| TopicRule {
            name: "*".into(),
            pattern: RulePattern::Literal,
            host: host.map(Into::into),
            allows: allows.iter().copied().collect(),
            denies: denies.iter().copied().collect(),
        };
        let all = rule(None, &[TopicOperation::All], &[]);
        assert_eq!(rights(&[&all]).len(), 1);
        let but = rule(Some("h"), &[], &[TopicOperation::Write]);
        let rights = rights(&[&all, &but]);
        assert_eq!(rights.len(), 8);
        assert!(rights.iter().any(|right| right.except_from.contains("h") && right.operation == TopicOperation::Write));
    }
}
