//! Groups: as their coordinators listed them, with what they committed and who is in them.

use super::ask::Seen;
use crate::{GroupDescription, GroupListing, GroupListings};
use klamm_model::{Group, GroupId, GroupMember, Inventory, Known};
use std::collections::BTreeMap;

pub(super) fn put_together(previous: &Inventory, seen: &Seen) -> Known<Vec<Group>> {
    let Some(listings) = &seen.groups else { return previous.groups.clone() };
    let before: BTreeMap<&GroupId, &Group> =
        previous.groups.value().into_iter().flatten().map(|group| (&group.id, group)).collect();
    if listings.groups.is_empty() && !listings.unanswered.is_empty() && before.is_empty() {
        return Known::Unknown;
    }
    let mut groups: BTreeMap<&GroupId, Group> =
        listings.groups.iter().map(|(id, listing)| (id, group(listing, before.get(id).copied(), seen))).collect();
    if !listings.unanswered.is_empty() {
        keep_unseen(&mut groups, &before, listings);
    }
    Known::Known(groups.into_values().collect())
}

/// While a coordinator does not answer, groups that were there before may still be: they stay, with nothing known of them.
fn keep_unseen<'a>(
    groups: &mut BTreeMap<&'a GroupId, Group>,
    before: &BTreeMap<&'a GroupId, &'a Group>,
    listings: &GroupListings,
) {
    for (id, group) in before {
        if !listings.groups.contains_key(*id) {
            let unknown = Group {
                id: (*id).clone(),
                kind: group.kind,
                state: Known::Unknown,
                members: Known::Unknown,
                offsets: Known::Unknown,
            };
            groups.insert(id, unknown);
        }
    }
}

fn group(listing: &GroupListing, before: Option<&Group>, seen: &Seen) -> Group {
    let members = match &seen.members {
        Some(members) => members.get(&listing.id).and_then(|m| m.as_ref().ok()).map(member_list).into(),
        None => before.map_or(Known::Unknown, |group| group.members.clone()),
    };
    Group {
        id: listing.id.clone(),
        kind: listing.kind,
        state: listing.state.clone().into(),
        members,
        offsets: seen.committed.get(&listing.id).and_then(|offsets| offsets.as_ref().ok()).cloned().into(),
    }
}

fn member_list(group: &GroupDescription) -> Vec<GroupMember> {
    let member = |member: &crate::GroupMemberDescription| GroupMember {
        id: member.id.clone(),
        client_id: member.client_id.clone(),
        host: member.host.clone(),
    };
    group.members.iter().map(member).collect()
}
