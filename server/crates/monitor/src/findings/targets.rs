//! Targets of numbers that do not answer, or lie.

use super::{Evidence, Suspicion, words};
use klamm_model::{
    BrokerId, BrokerState, FindingRule, FindingSeverity, FindingSubject, TargetAnswer, TargetState, TargetTrouble,
};

/// Whoever restarts does not answer for a while.
const TROUBLE_MILLIS: i64 = 2 * 60_000;
/// One answer may have been cut.
const REJECTS_MILLIS: i64 = 60_000;

pub(super) fn unwell(evidence: &Evidence<'_>) -> Vec<Suspicion> {
    let is_there = |id: BrokerId| {
        let node = evidence.inventory.brokers.iter().find(|broker| broker.id == id);
        node.is_none_or(|node| node.state == BrokerState::Running)
    };
    // Whoever is down is told of as that.
    let targets = evidence.targets.iter().filter(|target| target.broker.is_none_or(is_there));
    targets.flat_map(|target| trouble(evidence, target).into_iter().chain(rejects(evidence, target))).collect()
}

fn trouble(evidence: &Evidence<'_>, target: &TargetState) -> Option<Suspicion> {
    // Each kind of trouble begins by itself; that there is one at all lasts from kind to kind.
    let TargetAnswer::Trouble { kind, reason, since: _ } = &target.answer else { return None };
    let does = match kind {
        TargetTrouble::Unreachable | TargetTrouble::Slow => "does not answer",
        TargetTrouble::TooLarge => "tells more than anybody would read",
        TargetTrouble::Redirects => "sends elsewhere",
        TargetTrouble::WantsPassword => "lets nobody in",
        TargetTrouble::Refuses => "refuses",
        TargetTrouble::NotMetrics | TargetTrouble::NothingKnown => "tells nothing that can be used",
        TargetTrouble::Lies => "tells what cannot be",
    };
    let message = format!("{} at {} {does}: {}", target.pod, target.address, reason.trim_end_matches('.'));
    let suspicion = one(evidence, FindingRule::TargetTrouble, FindingSeverity::Warning, target, message);
    Some(suspicion.lasting(TROUBLE_MILLIS))
}

fn rejects(evidence: &Evidence<'_>, target: &TargetState) -> Option<Suspicion> {
    if target.rejects == 0 {
        return None;
    }
    let lines = words::counted(target.rejects as usize, "line");
    let first = target.reject.as_ref().map(|line| format!(", such as {line}")).unwrap_or_default();
    let message = format!("{lines} of {} at {} cannot be read{first}", target.pod, target.address);
    let suspicion = one(evidence, FindingRule::TargetRejects, FindingSeverity::Info, target, message);
    Some(suspicion.lasting(REJECTS_MILLIS))
}

fn one(
    evidence: &Evidence<'_>,
    rule: FindingRule,
    severity: FindingSeverity,
    target: &TargetState,
    message: String,
) -> Suspicion {
    let subject = FindingSubject::Target(target.pod.clone());
    Suspicion::new(rule, severity, subject, message).at(words::page(evidence.cluster(), "targets"))
}
