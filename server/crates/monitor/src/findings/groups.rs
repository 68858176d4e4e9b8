//! Consumer groups that get nowhere.

use super::{Evidence, MOST_OF_A_RULE, Suspicion, words};
use crate::Unread;
use klamm_model::{FindingRule, FindingSeverity, FindingSubject, GroupId, UnixMillis};
use std::cmp::Reverse;

/// A consumer may take its time for a batch; nobody waits longer than that without wondering.
const STUCK_MILLIS: i64 = 5 * 60_000;
/// A group that restarts rebalances a few times.
const REBALANCING_MILLIS: i64 = 5 * 60_000;
/// Whoever is started anew is back by then, and whoever chooses its partitions itself has committed again.
const EMPTY_MILLIS: i64 = 5 * 60_000;
/// What nobody has read for longer was given up.
const NEWS_MILLIS: i64 = 24 * 3_600_000;

pub(super) fn unwell(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let told = evidence.groups.iter().flat_map(|pace| {
        let id = &pace.id;
        let stuck = pace.stuck_since.map(|since| {
            let message = format!("Group {id} has members and something to read, and its offsets do not move");
            one(evidence, FindingRule::StuckGroup, id, since, message).lasting(STUCK_MILLIS)
        });
        let rebalancing = pace.rebalancing_since.map(|since| {
            let message = format!("Group {id} rebalances and comes to no end");
            one(evidence, FindingRule::RebalancingGroup, id, since, message).lasting(REBALANCING_MILLIS)
        });
        stuck.into_iter().chain(rebalancing)
    });
    let mut told: Vec<Suspicion> = told.collect();
    // Of very many those are kept that have been so for longest.
    told.sort_by_key(|suspicion| suspicion.since);
    told.extend(empty(evidence));
    told
}

/// Groups that nobody is in. Whoever has very many has given up most of them long ago: the newest are kept, before they are put into
/// words at every look.
fn empty(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let is_news = |unread: &Unread| evidence.now.0.saturating_sub(unread.since.0) < NEWS_MILLIS;
    let unread = evidence.groups.iter().filter_map(|pace| Some((&pace.id, pace.unread.filter(is_news)?)));
    let mut unread: Vec<(&GroupId, Unread)> = unread.collect();
    unread.sort_by_key(|(_, unread)| Reverse(unread.since));
    unread.truncate(MOST_OF_A_RULE);
    let told = unread.into_iter().map(|(id, Unread { since, lag, grown })| {
        let (left, more) = (words::records(lag), words::about(grown));
        let message = format!("Nobody is in group {id}, which has {left} to read, {more} more than it had");
        one(evidence, FindingRule::EmptyGroup, id, since, message).lasting(EMPTY_MILLIS)
    });
    told.collect()
}

fn one(evidence: &Evidence<'_>, rule: FindingRule, id: &GroupId, since: UnixMillis, message: String) -> Suspicion {
    let link = words::page(evidence.cluster(), &format!("groups/{}", words::encoded(id.as_str())));
    let subject = FindingSubject::Group(id.clone());
    Suspicion::new(rule, FindingSeverity::Warning, subject, message).since(since).at(link)
}
