//! Who may do what with topics: what the brokers' authorizer keeps, made small while it is read. A large cluster has more
//! entries than anything else but replicas.

use crate::{Acl, AclFilter, AclOperation, AclPattern, AclPermission, AclResource, Client, ClientError, ErrorCode};
use klamm_model::{
    Authorization, BrokerId, Operations, RulePattern, Shared, TopicOperation, TopicRule, TopicRules, Unmentioned,
};
use std::collections::{BTreeMap, BTreeSet};

/// Entries that are kept of each sort: those that allow something with one topic, and all others.
const MOST: usize = 50_000;
/// Brokers with this key may let everybody in where no entry speaks of a topic.
const OPEN_KEY: &str = "allow.everyone.if.no.acl.found";

/// Asks for all entries about topics.
pub(super) async fn ask(client: &Client, brokers: &BTreeSet<BrokerId>) -> Result<Authorization, ClientError> {
    let about_topics = AclFilter { resource: Some(AclResource::Topic), ..AclFilter::default() };
    let mut rules = Rules::default();
    match client.visit_acls(&about_topics, |acl| rules.add(acl)).await {
        Ok(()) => {}
        Err(error) if error.kafka().is_some_and(|error| error.code == ErrorCode::SecurityDisabled) => {
            return Ok(Authorization::Open);
        }
        Err(error) => return Err(error),
    }
    let unmentioned = match brokers.first() {
        Some(broker) => unmentioned(client, *broker).await,
        None => Unmentioned::NotTold,
    };
    Ok(Authorization::Rules(Shared::new(rules.put_together(unmentioned))))
}

/// Brokers do not tell values of keys that only their authorizer understands, but they tell whether there is one.
async fn unmentioned(client: &Client, broker: BrokerId) -> Unmentioned {
    match client.describe_broker_keys(broker, &[OPEN_KEY]).await {
        Ok(keys) => match keys.get(OPEN_KEY).map(|value| value.value.as_deref()) {
            None | Some(Some("false")) => Unmentioned::Nothing,
            Some(_) => Unmentioned::NotTold,
        },
        Err(_) => Unmentioned::NotTold,
    }
}

/// Entries as they are read.
#[derive(Default)]
struct Rules {
    by_principal: BTreeMap<Box<str>, Vec<TopicRule>>,
    /// How many are kept that allow something with one topic.
    narrow: usize,
    /// How many others.
    wide: usize,
    left_out: u32,
}

impl Rules {
    /// Entries about one name come together, so that what differs in the operation only is found among the last.
    fn add(&mut self, acl: Acl) {
        let Some(operation) = operation(acl.operation) else { return };
        let pattern = match acl.pattern {
            AclPattern::Literal => RulePattern::Literal,
            AclPattern::Prefixed => RulePattern::Prefixed,
        };
        let host = Some(acl.host).filter(|host| host != "*").map(String::into_boxed_str);
        let is_narrow = acl.permission == AclPermission::Allow && pattern == RulePattern::Literal && acl.name != "*";
        let of_principal = self.by_principal.entry(acl.principal.into_boxed_str()).or_default();
        let is_of_name = |rule: &&TopicRule| *rule.name == *acl.name && rule.pattern == pattern;
        let before = of_principal.iter().rev().take_while(is_of_name).position(|rule| rule.host == host);
        if before.is_none() {
            let kept = if is_narrow { &mut self.narrow } else { &mut self.wide };
            if *kept >= MOST {
                self.left_out = self.left_out.saturating_add(1);
                return;
            }
            *kept += 1;
            let (allows, denies) = (Operations::default(), Operations::default());
            of_principal.push(TopicRule { name: acl.name.into(), pattern, host, allows, denies });
        }
        if let Some(rule) = of_principal.iter_mut().rev().nth(before.unwrap_or(0)) {
            match acl.permission {
                AclPermission::Allow => rule.allows.insert(operation),
                AclPermission::Deny => rule.denies.insert(operation),
            }
        }
    }

    /// In an order that does not depend on who answered.
    fn put_together(self, unmentioned: Unmentioned) -> TopicRules {
        let mut by_principal = self.by_principal;
        by_principal.retain(|_, rules| !rules.is_empty());
        for rules in by_principal.values_mut() {
            rules.sort_unstable_by(|a, b| (&a.name, a.pattern, &a.host).cmp(&(&b.name, b.pattern, &b.host)));
            rules.shrink_to_fit();
        }
        TopicRules { by_principal, left_out: self.left_out, unmentioned }
    }
}

/// What of Kafka's operations there is for topics.
fn operation(operation: AclOperation) -> Option<TopicOperation> {
    match operation {
        AclOperation::All => Some(TopicOperation::All),
        AclOperation::Read => Some(TopicOperation::Read),
        AclOperation::Write => Some(TopicOperation::Write),
        AclOperation::Create => Some(TopicOperation::Create),
        AclOperation::Delete => Some(TopicOperation::Delete),
        AclOperation::Alter => Some(TopicOperation::Alter),
        AclOperation::Describe => Some(TopicOperation::Describe),
        AclOperation::DescribeConfigs => Some(TopicOperation::DescribeConfigs),
        AclOperation::AlterConfigs => Some(TopicOperation::AlterConfigs),
        AclOperation::ClusterAction
        | AclOperation::IdempotentWrite
        | AclOperation::CreateTokens
        | AclOperation::DescribeTokens
        | AclOperation::TwoPhaseCommit => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(name: &str, principal: &str, host: &str, operation: AclOperation, permission: AclPermission) -> Acl {
        let pattern = if name.ends_with('.') { AclPattern::Prefixed } else { AclPattern::Literal };
        let (name, principal, host) = (name.to_owned(), principal.to_owned(), host.to_owned());
        Acl { resource: AclResource::Topic, name, pattern, principal, host, operation, permission }
    }

    fn read(acls: impl IntoIterator<Item = Acl>) -> TopicRules {
        let mut rules = Rules::default();
        acls.into_iter().for_each(|acl| rules.add(acl));
        rules.put_together(Unmentioned::Nothing)
    }

    #[test]
    fn entries_that_differ_in_the_operation_only_become_one_rule() {
        use AclOperation::{ClusterAction, Describe, Read, Write};
        let allow = |name, principal, host, operation| acl(name, principal, host, operation, AclPermission::Allow);
        let all = [
            allow("a", "User:x", "*", Read),
            allow("a", "User:y", "*", Read),
            allow("a", "User:x", "*", Describe),
            acl("a", "User:x", "*", Write, AclPermission::Deny),
            allow("a", "User:x", "10.0.0.1", Write),
            allow("a", "User:x", "*", ClusterAction),
            allow("a.", "User:x", "*", Read),
        ];
        let rules = read(all.clone());
        let of_x: Vec<_> = rules.by_principal["User:x"]
            .iter()
            .map(|rule| (&*rule.name, rule.host.as_deref(), rule.allows.iter().count(), rule.denies.iter().count()))
            .collect();
        assert_eq!(of_x, [("a", None, 2, 1), ("a", Some("10.0.0.1"), 1, 0), ("a.", None, 1, 0)]);
        assert_eq!((rules.by_principal.len(), rules.left_out), (2, 0));
        let turned = [&all[6..], &all[..6]].concat();
        assert_eq!(read(turned), rules, "another broker lists them in another order");
    }

    #[test]
    fn too_many_are_counted_and_what_concerns_many_topics_is_kept() {
        let narrow =
            (0..MOST + 7).map(|n| acl(&format!("t{n}"), "User:x", "*", AclOperation::Read, AclPermission::Allow));
        let wide = [acl("orders.", "User:late", "*", AclOperation::Read, AclPermission::Allow)];
        let denied = [acl("t1", "User:late", "*", AclOperation::Read, AclPermission::Deny)];
        let rules = read(narrow.chain(wide).chain(denied));
        assert_eq!((rules.by_principal["User:x"].len(), rules.left_out), (MOST, 7));
        assert_eq!(rules.by_principal["User:late"].len(), 2);
    }
}
