//! Whether somebody may ask that the offsets of a group are reset, or that a topic becomes another, as far as the inventory tells; what
//! brokers and rules say counts when they do ask.

use crate::{
    Action, Asker, Audience, Object, ObservedCluster, Reach, RequestFacts, audited::forbidden, authorise,
    views::tenants::tenancy,
};
use klamm_model::{Actor, Group, Known, Namespace, RequestKind, ResetOffer, TeamName, Topic, TopicOffer};
use klamm_planner::offsets::{at_rest, settable};
use klamm_store::AuditObject;
use std::collections::BTreeSet;

/// What is offered to an actor of a group.
pub(crate) fn offer(
    actor: &Actor,
    seen: &ObservedCluster,
    group: &Group,
    team_of: impl Fn(&Namespace) -> Option<TeamName>,
) -> ResetOffer {
    let owners = tenancy(seen).owners_of_group(group.id.as_str());
    let wish = Wish { actor, seen, kind: "Group", name: group.id.as_str() };
    let (team, why_not) = wish.of_team("group", &owners, team_of);
    ResetOffer { team, why_not: why_not.or_else(|| in_the_way(group)) }
}

/// What is offered to an actor of a topic; nothing of Kafka's own.
pub(crate) fn topic_offer(
    actor: &Actor,
    seen: &ObservedCluster,
    topic: &Topic,
    team_of: impl Fn(&Namespace) -> Option<TeamName>,
) -> Option<TopicOffer> {
    if topic.name.is_internal() {
        return None;
    }
    let (kind, owner) = match &topic.owner {
        Some(owner) => (RequestKind::TopicChange, owner.namespace.clone()),
        None => (RequestKind::TopicAdopt, tenancy(seen).home_of(&topic.name)),
    };
    let wish = Wish { actor, seen, kind: "KafkaTopic", name: topic.name.as_str() };
    let (team, why_not) = wish.of_team("topic", &BTreeSet::from([owner]), team_of);
    Some(TopicOffer { kind, team, why_not })
}

/// A request before it is written.
struct Wish<'a> {
    actor: &'a Actor,
    seen: &'a ObservedCluster,
    /// What it would be about.
    kind: &'static str,
    name: &'a str,
}

impl Wish<'_> {
    /// The team that the actor may ask for, else whose it is, and why they may not ask.
    fn of_team(
        &self,
        what: &str,
        owners: &BTreeSet<Namespace>,
        team_of: impl Fn(&Namespace) -> Option<TeamName>,
    ) -> (Option<TeamName>, Option<String>) {
        let teams: Vec<TeamName> = owners.iter().filter_map(team_of).collect();
        let may = |team: &TeamName| authorise(Asker::Actor(self.actor), Action::Create, self.request(team));
        let own = teams.iter().find(|team| may(team).is_ok()).or(teams.first()).cloned();
        let Some(team) = own else {
            let owners: Vec<&str> = owners.iter().map(Namespace::as_str).collect();
            let why = format!("The {what} belongs to namespace {}, which belongs to no team.", owners.join(", "));
            return (None, Some(why));
        };
        let why_not = may(&team).err().map(|denial| {
            if self.actor.teams.contains(&team) || self.actor.is_operator() {
                forbidden(denial).detail
            } else {
                format!("The {what} belongs to team {team}. Its members can ask for that.")
            }
        });
        (Some(team), why_not)
    }

    /// The request as rules would see it.
    fn request(&self, team: &TeamName) -> Object {
        let cluster = &self.seen.inventory.cluster;
        let facts = RequestFacts {
            id: None,
            about: AuditObject {
                kind: self.kind.to_owned(),
                namespace: Some(cluster.namespace.to_string()),
                name: self.name.to_owned(),
            },
            owner: team.clone(),
            deciders: BTreeSet::new(),
            audience: Audience::Concerned,
            reach: Reach::Team,
        };
        Object::request(cluster, team, &self.actor.name, facts)
    }
}

/// What of the group itself is in the way.
fn in_the_way(group: &Group) -> Option<String> {
    let protocol = match settable(group.kind) {
        Ok(protocol) => protocol,
        Err(why) => return Some(sentence(&why.to_string())),
    };
    let members = group.members.value().map(Vec::as_slice).unwrap_or_default();
    let clients = members.iter().map(|member| member.client_id.as_str());
    match &group.state {
        Known::Known(state) => at_rest(protocol, state, clients).err().map(|why| sentence(&why.to_string())),
        // Brokers are asked when somebody asks.
        Known::Unknown => None,
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
