//! Whether somebody may ask that the offsets of a group are reset, as far as the inventory tells; what brokers say counts when
//! they do ask.

use crate::{
    Action, Asker, Audience, Object, ObservedCluster, RequestFacts, audited::forbidden, authorise,
    views::tenants::tenancy,
};
use klamm_model::{Actor, Group, Known, Namespace, ResetOffer, TeamName};
use klamm_planner::offsets::{at_rest, settable};
use klamm_store::AuditObject;
use std::collections::BTreeSet;

/// What is offered to an actor.
pub(crate) fn offer(
    actor: &Actor,
    seen: &ObservedCluster,
    group: &Group,
    team_of: impl Fn(&Namespace) -> Option<TeamName>,
) -> ResetOffer {
    let owners = tenancy(seen).owners_of_group(group.id.as_str());
    let teams: Vec<TeamName> = owners.iter().filter_map(team_of).collect();
    let may = |team: &TeamName| authorise(Asker::Actor(actor), Action::Create, wished(actor, seen, group, team));
    let own = teams.iter().find(|team| may(team).is_ok()).or(teams.first()).cloned();
    let Some(team) = own else {
        let owners: Vec<&str> = owners.iter().map(Namespace::as_str).collect();
        let why = format!("The group belongs to namespace {}, which belongs to no team.", owners.join(", "));
        return ResetOffer { team: None, why_not: Some(why) };
    };
    let why_not = match (may(&team), in_the_way(group)) {
        (Err(_), _) if !actor.teams.contains(&team) && !actor.is_operator() => {
            Some(format!("The group belongs to team {team}. Its members can ask for that."))
        }
        (Err(denial), _) => Some(forbidden(denial).detail),
        (Ok(_), why) => why,
    };
    ResetOffer { team: Some(team), why_not }
}

/// The request as rules would see it.
fn wished(actor: &Actor, seen: &ObservedCluster, group: &Group, team: &TeamName) -> Object {
    let cluster = &seen.inventory.cluster;
    let facts = RequestFacts {
        id: None,
        about: AuditObject {
            kind: "Group".to_owned(),
            namespace: Some(cluster.namespace.to_string()),
            name: group.id.to_string(),
        },
        owner: team.clone(),
        deciders: BTreeSet::new(),
        audience: Audience::Concerned,
    };
    Object::request(cluster, team, &actor.name, facts)
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
