//! Groups: as their coordinators listed them, with what they committed and who is in them.

use super::ask::Seen;
use crate::{ClientError, GroupDescription, GroupListing, GroupListings};
use klamm_model::{Group, GroupId, GroupMember, GroupOffset, Inventory, Known};
use std::collections::BTreeMap;

/// What groups committed, as far as their coordinators answered.
pub(super) type Committed = BTreeMap<GroupId, Result<Vec<GroupOffset>, ClientError>>;
/// Who is in groups, likewise.
pub(super) type Members = BTreeMap<GroupId, Result<Vec<GroupMember>, ClientError>>;

pub(super) fn put_together(previous: &Inventory, seen: Seen) -> Known<Vec<Group>> {
    let Seen { groups: listings, mut committed, mut members, .. } = seen;
    let Some(listings) = listings else { return previous.groups.clone() };
    let before: BTreeMap<&GroupId, &Group> =
        previous.groups.value().into_iter().flatten().map(|group| (&group.id, group)).collect();
    if listings.groups.is_empty() && !listings.unanswered.is_empty() && before.is_empty() {
        return Known::Unknown;
    }
    let mut group = |listing: &GroupListing| Group {
        id: listing.id.clone(),
        kind: listing.kind,
        state: listing.state.clone().into(),
        members: match &mut members {
            Some(members) => members.remove(&listing.id).and_then(Result::ok).into(),
            None => before.get(&listing.id).map_or(Known::Unknown, |before| before.members.clone()),
        },
        offsets: committed.remove(&listing.id).and_then(Result::ok).into(),
        lag: Known::Unknown,
    };
    let mut groups: BTreeMap<&GroupId, Group> =
        listings.groups.iter().map(|(id, listing)| (id, group(listing))).collect();
    if !listings.unanswered.is_empty() {
        keep_unseen(&mut groups, &before, &listings);
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
                lag: Known::Unknown,
            };
            groups.insert(id, unknown);
        }
    }
}

/// Of a description only who is in the group.
pub(super) fn member_list(group: GroupDescription) -> Vec<GroupMember> {
    let member = |member: crate::GroupMemberDescription| GroupMember {
        id: member.id,
        client_id: member.client_id,
        host: member.host,
    };
    group.members.into_iter().map(member).collect()
}
