//! The metadata quorum: who leads it, and who is behind.

use super::{Evidence, Suspicion, words};
use klamm_model::{
    BrokerState, FindingRule, FindingSeverity, FindingSubject, GapCause, Known, Part, Quorum, QuorumVoter, UnixMillis,
};

/// An election takes a moment.
const ELECTION_MILLIS: i64 = 5_000;
/// Those who measure read one after the other, while the office moves from one to the next.
const OFFICE_MILLIS: i64 = 60_000;
/// A voter is behind when it had everything so long before the leader did.
const BEHIND_MILLIS: i64 = 30_000;
/// The same where nobody says when: the leader writes two records a second even where nothing happens.
const BEHIND_RECORDS: u64 = 200;

pub(super) fn controllers(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let inventory = evidence.inventory;
    let is_silent = inventory.gap(Part::Quorum).is_some_and(|gap| gap.cause == GapCause::Silence);
    let none = match &inventory.quorum {
        Known::Known(quorum) if quorum.leader.is_none() => Some("Nobody is the active controller"),
        Known::Unknown if is_silent => Some("No controller answers"),
        Known::Known(_) | Known::Unknown => None,
    };
    let critical = |rule, message: String| {
        let suspicion = Suspicion::new(rule, FindingSeverity::Critical, FindingSubject::Cluster, message);
        suspicion.at(words::page(evidence.cluster(), "brokers"))
    };
    let none = none.map(|words| critical(FindingRule::NoController, words.to_owned()).lasting(ELECTION_MILLIS));
    // Counted, so a whole number.
    let several = evidence.active_controllers.filter(|count| *count > 1.5).map(|count| {
        let message = format!("{count:.0} nodes say that they are the active controller");
        critical(FindingRule::SeveralControllers, message).lasting(OFFICE_MILLIS)
    });
    none.into_iter().chain(several).collect()
}

pub(super) fn lag(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let Known::Known(quorum) = &evidence.inventory.quorum else { return Vec::new() };
    let Some(leader) = quorum.leader else { return Vec::new() };
    let newest = newest(quorum);
    let is_missing = |voter: &QuorumVoter| {
        // Whoever is down is told of as that.
        let node = evidence.inventory.brokers.iter().find(|broker| broker.id == voter.id);
        node.is_some_and(|node| node.state != BrokerState::Running)
    };
    let behind = quorum.voters.iter().filter(|voter| voter.id != leader && !is_missing(voter));
    let behind = behind.filter(|voter| is_behind(voter, newest));
    let told = behind.map(|voter| {
        let message = format!("Controller {} is behind the leader of the metadata quorum", voter.id);
        let subject = FindingSubject::Broker(voter.id);
        let suspicion = Suspicion::new(FindingRule::QuorumLag, FindingSeverity::Warning, subject, message);
        suspicion.lasting(BEHIND_MILLIS).at(words::page(evidence.cluster(), &format!("brokers/{}", voter.id)))
    });
    told.collect()
}

/// When the leader last had everything, by its own clock.
fn newest(quorum: &Quorum) -> Option<UnixMillis> {
    quorum.voters.iter().filter_map(|voter| voter.last_caught_up.value()).max().copied()
}

fn is_behind(voter: &QuorumVoter, newest: Option<UnixMillis>) -> bool {
    match (voter.last_caught_up, newest, voter.lag) {
        (_, _, Known::Known(0)) => false,
        (Known::Known(at), Some(newest), _) => newest.0.saturating_sub(at.0) > BEHIND_MILLIS,
        (_, _, Known::Known(lag)) => lag > BEHIND_RECORDS,
        (Known::Known(_) | Known::Unknown, _, Known::Unknown) => false,
    }
}
