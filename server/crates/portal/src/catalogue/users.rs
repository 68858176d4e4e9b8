//! Who uses a topic: credentials that were given rights to it, and groups that were seen to read it. Pure.

use super::compare::At;
use klamm_model::{Known, TopicName, TopicUser};
use klamm_monitor::Declarations;
use klamm_resources::{NamePattern, TopicGrant};

/// More than anybody reads; the pages of each cluster have all of them.
const MOST: usize = 200;

/// Those who use it, the clusters in their order, and how many more there are.
pub(super) fn of(places: &[At<'_>], declarations: &Declarations) -> (Vec<TopicUser>, u32) {
    let mut all: Vec<TopicUser> = places.iter().flat_map(|at| of_place(*at, declarations)).collect();
    let left_out = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    (all, u32::try_from(left_out).unwrap_or(u32::MAX))
}

fn of_place((seen, topic): At<'_>, declarations: &Declarations) -> Vec<TopicUser> {
    let inventory = &seen.inventory;
    let cluster = &inventory.cluster;
    let credentials = declarations.users(cluster).into_iter().filter_map(|((namespace, name), user)| {
        let grant = user.told.grants.iter().find(|grant| concerns(grant, &topic.name))?;
        Some(TopicUser::Credential {
            cluster: cluster.clone(),
            name: format!("{namespace}/{name}"),
            team: declarations.team(&namespace),
            access: grant.access.name().to_owned(),
        })
    });
    let groups = inventory.groups.value().into_iter().flatten().filter_map(|group| {
        let offsets = group.offsets.value()?;
        let own: Vec<_> = offsets.iter().filter(|offset| offset.topic == topic.name).collect();
        if own.is_empty() {
            return None;
        }
        let behind = own.iter().map(|offset| {
            let at = usize::try_from(offset.partition.0).ok()?;
            let latest = topic.partitions.get(at)?.latest_offset.value()?;
            u64::try_from(latest.saturating_sub(offset.committed)).ok()
        });
        let lag: Option<u64> = behind.sum();
        let members = group.members.value().map(|members| u32::try_from(members.len()).unwrap_or(u32::MAX));
        Some(TopicUser::Group {
            cluster: cluster.clone(),
            name: group.id.to_string(),
            members: members.into(),
            lag: Known::from(lag),
        })
    });
    credentials.chain(groups).collect()
}

fn concerns(grant: &TopicGrant, topic: &TopicName) -> bool {
    match grant.pattern {
        NamePattern::Literal => grant.topic == topic.as_str(),
        NamePattern::Prefixed => topic.as_str().starts_with(&grant.topic),
    }
}
