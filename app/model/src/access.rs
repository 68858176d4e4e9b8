//! Who may do what with topics, as the brokers' authorizer keeps it.

use crate::Shared;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Who decides about what is done with topics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Authorization {
    /// Nobody: everybody may everything.
    Open,
    /// An authorizer, by these rules.
    Rules(Shared<TopicRules>),
}

/// Access control entries about topics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicRules {
    /// By principal, such as `User:alice`; `User:*` is everybody.
    pub by_principal: BTreeMap<Box<str>, Vec<TopicRule>>,
    /// Entries that are too many to be kept here.
    pub left_out: u32,
    /// What holds for a topic of which no entry speaks.
    pub unmentioned: Unmentioned,
}

/// What may be done with a topic of which no entry speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unmentioned {
    /// Nothing, except by super users.
    #[default]
    Nothing,
    /// Brokers set `allow.everyone.if.no.acl.found`, and do not tell to what.
    NotTold,
}

/// Entries of one principal that differ in nothing but the operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicRule {
    /// A topic's name, the beginning of some, or `*`.
    pub name: Box<str>,
    /// How the name is meant.
    pub pattern: RulePattern,
    /// The only host that it speaks of; none when it speaks of all.
    pub host: Option<Box<str>>,
    /// What it allows.
    pub allows: Operations,
    /// What it denies, whatever others allow.
    pub denies: Operations,
}

/// How the name in a rule is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RulePattern {
    /// Exactly this name; `*` is every name.
    Literal,
    /// Every name that begins so.
    Prefixed,
}

impl TopicRule {
    /// Whether it speaks of this topic.
    pub fn concerns(&self, topic: &str) -> bool {
        match self.pattern {
            RulePattern::Literal => &*self.name == topic || &*self.name == "*",
            RulePattern::Prefixed => topic.starts_with(&*self.name),
        }
    }
}

/// What can be done with a topic, in Kafka's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are Kafka's")]
pub enum TopicOperation {
    All,
    Read,
    Write,
    Create,
    Delete,
    Alter,
    Describe,
    DescribeConfigs,
    AlterConfigs,
}

impl TopicOperation {
    /// All of them.
    pub const EACH: [Self; 9] = [
        Self::All,
        Self::Read,
        Self::Write,
        Self::Create,
        Self::Delete,
        Self::Alter,
        Self::Describe,
        Self::DescribeConfigs,
        Self::AlterConfigs,
    ];
}

impl fmt::Display for TopicOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A set of operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Vec<TopicOperation>", from = "Vec<TopicOperation>")]
pub struct Operations(u16);

impl Operations {
    /// Adds one.
    pub fn insert(&mut self, operation: TopicOperation) {
        self.0 |= bit(operation);
    }

    /// Whether it is among them.
    pub fn contains(self, operation: TopicOperation) -> bool {
        self.0 & bit(operation) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = TopicOperation> {
        TopicOperation::EACH.into_iter().filter(move |operation| self.contains(*operation))
    }
}

fn bit(operation: TopicOperation) -> u16 {
    1 << operation as u16
}

impl FromIterator<TopicOperation> for Operations {
    fn from_iter<I: IntoIterator<Item = TopicOperation>>(operations: I) -> Self {
        let mut set = Self::default();
        operations.into_iter().for_each(|operation| set.insert(operation));
        set
    }
}

impl From<Operations> for Vec<TopicOperation> {
    fn from(set: Operations) -> Self {
        set.iter().collect()
    }
}

impl From<Vec<TopicOperation>> for Operations {
    fn from(operations: Vec<TopicOperation>) -> Self {
        operations.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_operations_holds_each_once() {
        let set: Operations =
            [TopicOperation::AlterConfigs, TopicOperation::Read, TopicOperation::Read].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [TopicOperation::Read, TopicOperation::AlterConfigs]);
        assert!(set.contains(TopicOperation::Read) && !set.contains(TopicOperation::All));
        assert_eq!(serde_json::to_string(&set).unwrap(), "[\"read\",\"alterConfigs\"]");
        assert_eq!(serde_json::from_str::<Operations>("[\"alterConfigs\",\"read\"]").unwrap(), set);
        assert!(Operations::default().is_empty());
    }

    #[test]
    fn a_rule_speaks_of_its_name_of_all_that_begin_so_or_of_every_topic() {
        let rule = |name: &str, pattern| TopicRule {
            name: name.into(),
            pattern,
            host: None,
            allows: Operations::default(),
            denies: Operations::default(),
        };
        let concerns = |name, pattern| rule(name, pattern).concerns("orders.a");
        assert!(concerns("orders.a", RulePattern::Literal) && concerns("*", RulePattern::Literal));
        assert!(!concerns("orders.", RulePattern::Literal) && concerns("orders.", RulePattern::Prefixed));
        assert!(!concerns("*", RulePattern::Prefixed) && !concerns("orders.ab", RulePattern::Prefixed));
    }
}
