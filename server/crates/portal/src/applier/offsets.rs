//! Offsets that were agreed to are set.
//!
//! What was agreed to is a word, such as `latest`; which offset that is, is found out once: when it begins to be applied. That is
//! written down, and only what is written down is set. Found out anew after a crash, `latest` would be further on by then, and
//! records would be skipped that nobody was shown. Three steps, each of which may be done again:
//!
//! 1. [`begun`]: the group is at rest and has committed what it had when people agreed; the offsets are written down.
//! 2. [`FIXED`]: brokers say once more that it is so, and are told those offsets, as one commit. After a crash, what is committed
//!    already is as good; anything else that is neither that nor what was there before was set by somebody else, and asks again.
//! 3. [`SET`]: followed until the inventory shows it.
//!
//! A log may lose its beginning between 1 and 2. Consumers that are sent to an offset that is gone go where
//! `auto.offset.reset` says, by default to the end, past everything: then the offset is written down anew, nearest to what it was.

use super::{
    Applier, Done,
    step::{FOLLOW_MILLIS, Next, changed},
};
use crate::{
    BrokersError, GroupLook, GroupQuestion, Logs, ObservedCluster, TopicPartition, requests::plan_of, views::group,
};
use klamm_model::{
    Effect, GroupId, GroupOffset, Known, OffsetChange, OffsetsEffect, OffsetsStage, Problem, ProblemKind, UnixMillis,
    error_chain, human_count,
};
use klamm_planner::{
    offsets::{Moved, at_rest, settable},
    requests::RequestEvent,
};
use klamm_store::{RequestBody, RequestRow};
use std::collections::{BTreeMap, BTreeSet};

/// The offsets are written down in the request.
const FIXED: i64 = 0;
/// Brokers have them.
const SET: i64 = 1;

/// What a fresh look at the group says of offsets that are written down.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// They are committed.
    There,
    /// These are still to be committed.
    Missing(Vec<GroupOffset>),
    /// What the group would be sent to is not in its log any more; these are.
    Lost(Vec<OffsetChange>),
    /// Somebody else has committed something.
    Moved,
}

/// Begins to set what the rules and the brokers were just asked about.
pub(super) fn begun(row: &RequestRow, judged: &RequestBody) -> Result<Next, Problem> {
    let (effect, offsets) = plan_of(judged)?;
    let body = kept(row, effect, OffsetsEffect { stage: OffsetsStage::Fixed, ..offsets });
    Ok(Next { body: Some(body), generation: Some(FIXED), ..Next::event(RequestEvent::Apply) })
}

impl Applier {
    /// The next step of a request whose offsets are written down.
    pub(super) async fn set_offsets(&self, row: &RequestRow, seen: &ObservedCluster) -> Result<Next, Problem> {
        let (effect, offsets) = plan_of(&row.request.body)?;
        if row.generation.is_some_and(|stage| stage >= SET) {
            return Ok(followed(row, &offsets, seen));
        }
        let group = group_of(row)?;
        let places = offsets.partitions.iter().map(place);
        let mut logs: BTreeMap<_, Option<BTreeSet<_>>> = BTreeMap::new();
        for (topic, partition) in places {
            logs.entry(topic).or_default().get_or_insert_default().insert(partition);
        }
        let question = GroupQuestion { group: group.clone(), logs: Logs::Of(logs), moment: None };
        let Some(look) = self.portal.look_at_group(&row.request.cluster, &question).await? else {
            return Ok(Next::saying(RequestEvent::Fail, "there is no such group any more"));
        };
        let protocol = match settable(look.kind) {
            Ok(protocol) => protocol,
            Err(why) => return Ok(Next::saying(RequestEvent::Fail, why.to_string())),
        };
        if let Err(why) = at_rest(protocol, &look.state, look.members.iter().map(|member| member.client_id.as_str())) {
            return Ok(Next::saying(RequestEvent::Fail, why.to_string()));
        }
        match found(&offsets, &look)? {
            Found::There => Ok(set(row, effect, offsets)),
            Found::Moved => Ok(changed("what the group has committed has changed since it was agreed to")),
            Found::Lost(partitions) => {
                let offsets = OffsetsEffect { at: self.portal.now(), ..counted(offsets, partitions) };
                let next = Next::wait(row, "the brokers, whose logs have lost records meanwhile", 0);
                Ok(Next { body: Some(kept(row, effect, offsets)), generation: Some(FIXED), ..next })
            }
            Found::Missing(missing) => self.commit(row, &group, missing, (effect, offsets)).await,
        }
    }

    async fn commit(
        &self,
        row: &RequestRow,
        group: &GroupId,
        missing: Vec<GroupOffset>,
        (effect, offsets): (Effect, OffsetsEffect),
    ) -> Result<Next, Problem> {
        let request = &row.request;
        let what = Done { action: "apply", rule: "approvedRequest", request: &request.id, object: &request.object };
        let commit = self.portal.commit_for_group(&request.cluster, group, missing);
        let error = match self.audited(&what, (&request.team, &request.owner), commit).await? {
            Ok(()) => return Ok(set(row, effect, offsets)),
            Err(error) => error,
        };
        Ok(match &error {
            BrokersError::HasMembers | BrokersError::Refused(_) => Next::saying(RequestEvent::Fail, error.to_string()),
            // It may have been done all the same: the next look says so.
            BrokersError::NoWay(_) | BrokersError::Away(_) | BrokersError::TimedOut(_) => {
                tracing::warn!(request = %request.id, error = error_chain(&error), "brokers did not set what a request needs");
                Next::again(row, error.to_string())
            }
        })
    }
}

fn group_of(row: &RequestRow) -> Result<GroupId, Problem> {
    let name = row.request.object.name.as_str();
    name.parse().map_err(|_| {
        Problem::new(ProblemKind::Internal, "The database holds a group that this version does not understand.")
    })
}

fn place(change: &OffsetChange) -> TopicPartition {
    (change.topic.clone(), change.partition)
}

/// Compares what is written down with what brokers say. Pure.
fn found(offsets: &OffsetsEffect, look: &GroupLook) -> Result<Found, Problem> {
    let committed = |change: &OffsetChange| look.committed.get(&place(change)).copied();
    let missing: Vec<&OffsetChange> =
        offsets.partitions.iter().filter(|change| committed(change) != Some(change.after)).collect();
    if missing.is_empty() {
        return Ok(Found::There);
    }
    if missing.iter().any(|change| committed(change) != change.before) {
        return Ok(Found::Moved);
    }
    let mut corrected = offsets.partitions.clone();
    for change in &mut corrected {
        let log = look.logs.get(&place(change)).copied().flatten().ok_or_else(|| {
            let detail = format!("{}-{}, of which nobody says where its log begins", change.topic, change.partition);
            Problem::new(ProblemKind::Unavailable, detail)
        })?;
        change.after = log.within(change.after);
        change.records = change.before.map(|before| Moved::between(before, change.after, log).records());
    }
    if corrected.iter().zip(&offsets.partitions).any(|(corrected, change)| corrected.after != change.after) {
        return Ok(Found::Lost(corrected));
    }
    let offset = |change: &OffsetChange| GroupOffset {
        topic: change.topic.clone(),
        partition: change.partition,
        committed: change.after,
    };
    Ok(Found::Missing(missing.into_iter().map(offset).collect()))
}

/// The same with other offsets.
fn counted(offsets: OffsetsEffect, partitions: Vec<OffsetChange>) -> OffsetsEffect {
    let records = || partitions.iter().filter_map(|change| change.records);
    let sum = |all: &mut dyn Iterator<Item = i64>| all.fold(0_u64, |sum, one| sum.saturating_add(one.unsigned_abs()));
    let again = sum(&mut records().filter(|records| *records < 0));
    let skipped = sum(&mut records().filter(|records| *records > 0));
    OffsetsEffect { partitions, again, skipped, ..offsets }
}

/// What is kept of the request, with these offsets.
fn kept(row: &RequestRow, effect: Effect, offsets: OffsetsEffect) -> RequestBody {
    let effect = Effect { offsets: Some(offsets), ..effect };
    RequestBody { effect_json: serde_json::json!(effect).to_string(), ..row.request.body.clone() }
}

/// Brokers have it.
fn set(row: &RequestRow, effect: Effect, offsets: OffsetsEffect) -> Next {
    let body = kept(row, effect, OffsetsEffect { stage: OffsetsStage::Set, ..offsets });
    let next = Next::wait(row, "the inventory, which does not show it yet", FOLLOW_MILLIS);
    Next { body: Some(body), generation: Some(SET), ..next }
}

/// Whether the inventory shows what was set, or what came after it. Pure.
fn followed(row: &RequestRow, offsets: &OffsetsEffect, seen: &ObservedCluster) -> Next {
    let done = |words: String| Next { generation: row.generation, ..Next::saying(RequestEvent::Done, words) };
    let group = group::find(&seen.inventory, &row.request.object.name);
    let is_newer = seen.inventory.observed_at.value().is_some_and(|at: &UnixMillis| *at > row.changed_at);
    match (group.map(|group| &group.offsets), &seen.inventory.groups) {
        (Some(Known::Known(committed)), _) => {
            let committed: BTreeMap<_, i64> =
                committed.iter().map(|offset| ((&offset.topic, offset.partition), offset.committed)).collect();
            let shows =
                |change: &OffsetChange| committed.get(&(&change.topic, change.partition)) == Some(&change.after);
            if offsets.partitions.iter().all(shows) {
                return done(in_words(offsets));
            }
            // The coordinator had it, and tells since then of what came later: somebody reads, or has read, from there.
            if is_newer {
                return done(format!("{} The group has gone on from there since.", in_words(offsets)));
            }
        }
        (None, Known::Known(_)) if is_newer => {
            return Next::saying(RequestEvent::Fail, "the group is gone, though its offsets were set");
        }
        (Some(Known::Unknown) | None, _) => {}
    }
    Next::wait(row, "the inventory, which does not show it yet", FOLLOW_MILLIS)
}

fn in_words(offsets: &OffsetsEffect) -> String {
    let partitions =
        if offsets.total == 1 { "1 partition".to_owned() } else { format!("{} partitions", offsets.total) };
    let (again, skipped) = (human_count(offsets.again), human_count(offsets.skipped));
    format!("The offsets of {partitions} were set: {again} records to be read again, {skipped} skipped.")
}

#[cfg(test)]
mod tests;
