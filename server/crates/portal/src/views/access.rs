//! Who may do what with a topic: rules with whom they are about, the KafkaUser that made them, and the consents behind it.

use super::{
    count,
    paging::{Search, by_name},
    rights::{reach, rights},
    tenants::tenancy,
};
use crate::ObservedCluster;
use klamm_model::{
    AppliedRule, Authorization, ClusterRef, Consent, ConsentRef, DecidedBy, Known, Namespace, ObjectName, Page,
    PageRequest, Part, PrincipalAccess, Problem, RuleEffect, Topic, TopicAccess, TopicOperation, TopicRule, TopicRules,
    Turn, UnixMillis, Unmentioned, UserRef,
};
use klamm_monitor::Declarations;
use klamm_planner::tenancy::Pattern;
use klamm_resources::{Access, ValidatedGrant};
use std::{collections::BTreeSet, sync::Arc};

/// Everybody, as Kafka names them.
const EVERYBODY: &str = "User:*";
/// Rules told of one principal, and consents of a topic, at most: pages stay small.
const RULES: usize = 20;
const CONSENTS: usize = 50;
const GRANTEES: usize = 10;

/// What a view is made from.
pub(crate) struct Sources<'a> {
    pub(crate) seen: &'a ObservedCluster,
    pub(crate) declarations: &'a Declarations,
    pub(crate) now: UnixMillis,
}

/// Who may do what with this topic; of very many principals a page.
pub(crate) fn of_topic(sources: &Sources<'_>, topic: &Topic, request: &PageRequest) -> Result<TopicAccess, Problem> {
    let inventory = &sources.seen.inventory;
    let rules = match inventory.authorization.value() {
        Some(Authorization::Rules(rules)) => Some(&**rules),
        Some(Authorization::Open) | None => None,
    };
    let concerned = rules.map(|rules| Concerned::by(rules, topic.name.as_str())).unwrap_or_default();
    let grants = consents(sources, topic);
    let is_meant = is_meant(sources, request);
    let page = concerned.principals.iter().filter(|principal| is_meant(principal.name));
    let page = by_name(page, request, |principal| principal.name.to_owned())?;
    let may = |operation| {
        let all = concerned.principals.iter();
        count(all.filter(|principal| reach(&concerned.rules_of(principal), operation).is_somewhere()).count())
    };
    Ok(TopicAccess {
        decided: match inventory.authorization.value() {
            Some(Authorization::Rules(_)) => Known::Known(DecidedBy::Rules),
            Some(Authorization::Open) => Known::Known(DecidedBy::Nobody),
            None => Known::Unknown,
        },
        reason: inventory.gap(Part::Access).map(|gap| gap.reason.clone()),
        super_users: sources.seen.declared.super_users.clone(),
        unmentioned: rules
            .filter(|_| concerned.principals.is_empty())
            .map(|rules| unmentioned(rules.unmentioned, &sources.seen.declared.super_users)),
        readers: may(TopicOperation::Read),
        writers: may(TopicOperation::Write),
        principals: Page {
            total: page.total,
            next_cursor: page.next_cursor,
            items: page.items.into_iter().map(|p| told(sources, &concerned, p, &grants)).collect(),
        },
        left_out: rules.map_or(0, |rules| rules.left_out),
        consent_count: count(grants.len()),
        consents: grants.iter().take(CONSENTS).map(|grant| consent(grant)).collect(),
        revisions: inventory.revisions,
    })
}

/// Brokers that Klamm sets up let nobody in where no rule speaks of a topic, though they do not tell: it writes that itself and
/// lets nobody write anything else. Only of those it knows the super users.
fn unmentioned(told: Unmentioned, super_users: &Known<Vec<String>>) -> Unmentioned {
    match (told, super_users) {
        (Unmentioned::NotTold, Known::Known(_)) => Unmentioned::Nothing,
        (told, _) => told,
    }
}

/// Those of whom rules speak that concern one topic.
#[derive(Default)]
struct Concerned<'a> {
    principals: Vec<Principal<'a>>,
    /// Rules about everybody.
    everybodys: Vec<&'a TopicRule>,
}

struct Principal<'a> {
    name: &'a str,
    own: Vec<&'a TopicRule>,
}

impl<'a> Concerned<'a> {
    fn by(rules: &'a TopicRules, topic: &str) -> Self {
        let principals = rules
            .by_principal
            .iter()
            .map(|(name, rules)| Principal { name, own: rules.iter().filter(|rule| rule.concerns(topic)).collect() });
        let principals: Vec<_> = principals.filter(|principal| !principal.own.is_empty()).collect();
        let everybody = principals.iter().find(|principal| principal.name == EVERYBODY);
        Self { everybodys: everybody.map(|everybody| everybody.own.clone()).unwrap_or_default(), principals }
    }

    /// A principal's own rules, and those about everybody.
    fn rules_of(&self, principal: &Principal<'a>) -> Vec<&'a TopicRule> {
        let of_all: &[&TopicRule] = if principal.name == EVERYBODY { &[] } else { &self.everybodys };
        principal.own.iter().chain(of_all).copied().collect()
    }
}

/// Whether a principal is searched for: by its own name, or as `namespace/name` of its KafkaUser.
fn is_meant<'a, 's>(sources: &'a Sources<'s>, request: &PageRequest) -> impl Fn(&str) -> bool + use<'a, 's> {
    let search = Search::new(request.search.as_deref());
    move |principal: &str| {
        let user = || user(sources, principal).map(|user| format!("{}/{}", user.namespace, user.name));
        search.finds(principal) || user().is_some_and(|user| search.finds(&user))
    }
}

fn told(
    sources: &Sources<'_>,
    concerned: &Concerned<'_>,
    principal: &Principal<'_>,
    grants: &[Arc<ValidatedGrant>],
) -> PrincipalAccess {
    let rules = concerned.rules_of(principal);
    let own = principal.own.iter().map(|rule| (principal.name, *rule));
    let of_all = rules.iter().skip(principal.own.len()).map(|rule| (EVERYBODY, *rule));
    let applied: Vec<AppliedRule> = own.chain(of_all).flat_map(|(whose, rule)| applied(whose, rule)).collect();
    let user = user(sources, principal.name);
    PrincipalAccess {
        principal: principal.name.to_owned(),
        team: user.as_ref().and_then(|user| sources.declarations.team(&user.namespace)),
        rights: rights(&rules),
        rule_count: count(applied.len()),
        rules: applied.into_iter().take(RULES).collect(),
        consents: user.iter().flat_map(|user| consents_to(user, grants)).collect(),
        user,
    }
}

fn applied(whose: &str, rule: &TopicRule) -> impl Iterator<Item = AppliedRule> {
    let one = |effect, operations: klamm_model::Operations| AppliedRule {
        principal: whose.to_owned(),
        effect,
        operations: operations.iter().collect(),
        name: rule.name.to_string(),
        pattern: rule.pattern,
        host: rule.host.as_deref().map(str::to_owned),
    };
    let both = [one(RuleEffect::Deny, rule.denies), one(RuleEffect::Allow, rule.allows)];
    both.into_iter().filter(|rule| !rule.operations.is_empty())
}

/// The KafkaUser of this cluster that made a principal: `User:<namespace>.<name>`, and the same with `.b` in turn with it.
fn user(sources: &Sources<'_>, principal: &str) -> Option<UserRef> {
    let username = principal.strip_prefix("User:")?;
    let (namespace, rest) = username.split_once('.')?;
    let namespace: Namespace = namespace.parse().ok()?;
    let name: ObjectName = rest.strip_suffix(".b").unwrap_or(rest).parse().ok()?;
    let cluster: &ClusterRef = &sources.seen.inventory.cluster;
    let object = sources.declarations.user(&namespace, &name).filter(|user| user.cluster == *cluster)?;
    let turn = match &object.username {
        Some(current) if current == username => Turn::Now,
        Some(_) | None => Turn::Other,
    };
    Some(UserRef { namespace, name, turn })
}

/// Consents that speak of a topic, count now, and come from those who may give them.
fn consents(sources: &Sources<'_>, topic: &Topic) -> Vec<Arc<ValidatedGrant>> {
    let cluster = &sources.seen.inventory.cluster;
    let tenancy = tenancy(sources.seen);
    let owners: BTreeSet<Namespace> = tenancy.owners_of_topics(topic.name.as_str(), Pattern::Literal);
    let counts = |grant: &Arc<ValidatedGrant>| {
        let may_give = owners.contains(&grant.namespace) || grant.namespace == *tenancy.home();
        may_give && !grant.is_expired_at(sources.now)
    };
    sources.declarations.grants(cluster, &topic.name).into_iter().filter(counts).collect()
}

fn consents_to(user: &UserRef, grants: &[Arc<ValidatedGrant>]) -> Vec<ConsentRef> {
    // Whoever consents in its own namespace needed none.
    let to_them = |grant: &&Arc<ValidatedGrant>| {
        let by_name = || grant.to_users.iter().any(|to| to.namespace == user.namespace && to.name == user.name);
        grant.namespace != user.namespace && (grant.to_namespaces.contains(&user.namespace) || by_name())
    };
    grants.iter().filter(to_them).map(|grant| reference(grant)).collect()
}

fn reference(grant: &ValidatedGrant) -> ConsentRef {
    ConsentRef { namespace: grant.namespace.clone(), name: grant.name.clone(), expires: grant.expires }
}

fn consent(grant: &ValidatedGrant) -> Consent {
    let namespaces = grant.to_namespaces.iter().map(ToString::to_string);
    let users = grant.to_users.iter().map(|user| format!("{}/{}", user.namespace, user.name));
    let to: Vec<String> = namespaces.chain(users).collect();
    let access: Access = grant.access;
    Consent {
        grant: reference(grant),
        to_count: count(to.len()),
        to: to.into_iter().take(GRANTEES).collect(),
        reads: access.consumes(),
        writes: access.produces(),
    }
}

#[cfg(test)]
mod tests;
