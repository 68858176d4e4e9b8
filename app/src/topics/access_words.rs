//! Access in words. Pure.

use klamm_model::{Right, RulePattern, TopicOperation, Turn, UserRef, human_count};

/// `3 may read it, 1 may write it`.
pub(super) fn sentence(readers: u32, writers: u32) -> String {
    let may = |count: u32, what: &str| match count {
        0 => format!("nobody may {what} it"),
        count => format!("{} may {what} it", human_count(count.into())),
    };
    format!("{}, {}; super users aside", may(readers, "read"), may(writers, "write"))
}

/// `KafkaUser payments/app`, and which of its two Kafka users it is when it is not the one in the Secret.
pub(super) fn user_words(user: &UserRef) -> String {
    let turn = match user.turn {
        Turn::Now => "",
        Turn::Other => " · not the one in its Secret now",
    };
    format!("{}/{}{turn}", user.namespace, user.name)
}

/// Who a principal is that no KafkaUser made.
pub(super) fn everybody_words(principal: &str) -> &'static str {
    match principal {
        "User:*" => "everybody who is let in at all",
        "User:ANONYMOUS" => "whoever does not have to sign in",
        _ => "made past Klamm",
    }
}

/// What may be done, a few words each; what reading and writing bring with them is left out.
pub(super) fn right_words(rights: &[Right]) -> Vec<String> {
    use TopicOperation::{All, Alter, AlterConfigs, Create, Delete, Describe, DescribeConfigs, Read, Write};
    let is_whole = |operation| {
        rights
            .iter()
            .any(|right| right.operation == operation && right.only_from.is_none() && right.except_from.is_empty())
    };
    let implied = |operation| match operation {
        Describe => [Read, Write, Delete, Alter].into_iter().any(is_whole),
        DescribeConfigs => is_whole(AlterConfigs),
        All | Read | Write | Create | Delete | Alter | AlterConfigs => false,
    };
    let words = |operation| match operation {
        All => "everything",
        Read => "read",
        Write => "write",
        Create => "create it",
        Delete => "delete it",
        Alter => "add partitions",
        Describe => "see it",
        DescribeConfigs => "see its configuration",
        AlterConfigs => "change its configuration",
    };
    let told = rights.iter().filter(|right| !implied(right.operation));
    told.map(|right| format!("{}{}", words(right.operation), hosts(right))).collect()
}

/// From where, when it is not from everywhere.
fn hosts(right: &Right) -> String {
    const NAMED: usize = 3;
    let list = |hosts: &std::collections::BTreeSet<String>| {
        let named: Vec<_> = hosts.iter().take(NAMED).map(String::as_str).collect();
        match hosts.len().saturating_sub(NAMED) {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    };
    match &right.only_from {
        Some(hosts) => format!(" from {}", list(hosts)),
        None if right.except_from.is_empty() => String::new(),
        None => format!(", not from {}", list(&right.except_from)),
    }
}

/// What a rule is about: words, and the name that follows them.
pub(super) fn on_words(pattern: RulePattern, name: &str) -> (&'static str, Option<String>) {
    match (pattern, name) {
        (RulePattern::Literal, "*") => (" on every topic", None),
        (RulePattern::Literal, _) => (" on this topic", None),
        (RulePattern::Prefixed, name) => (" on topics that begin with ", Some(name.to_owned())),
    }
}

/// From which host a rule speaks.
pub(super) fn from_words(host: Option<&str>) -> String {
    host.map_or_else(String::new, |host| format!(" from {host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(operation: TopicOperation, only: Option<&[&str]>, except: &[&str]) -> Right {
        let set = |hosts: &[&str]| hosts.iter().map(ToString::to_string).collect();
        Right { operation, only_from: only.map(set), except_from: set(except) }
    }

    #[test]
    fn rights_are_told_shortly_and_never_wider_than_they_are() {
        use TopicOperation::{All, Describe, Read, Write};
        let whole = |operation| right(operation, None, &[]);
        assert_eq!(right_words(&[whole(All)]), ["everything"]);
        assert_eq!(right_words(&[whole(Read), whole(Write), whole(Describe)]), ["read", "write"]);
        assert_eq!(right_words(&[whole(Describe)]), ["see it"]);
        let partly = [right(Read, Some(&["10.0.0.1"]), &[]), right(Describe, None, &["10.0.0.9"])];
        assert_eq!(right_words(&partly), ["read from 10.0.0.1", "see it, not from 10.0.0.9"]);
        let many = right(Read, Some(&["a", "b", "c", "d", "e"]), &[]);
        assert_eq!(right_words(&[many]), ["read from a, b, c and 2 more"]);
    }

    #[test]
    fn nobody_is_told_as_nobody() {
        assert_eq!(sentence(0, 2), "nobody may read it, 2 may write it; super users aside");
    }
}
