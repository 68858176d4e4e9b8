//! Versions that differ, or that are not used.

use super::{Evidence, Suspicion, words};
use klamm_model::{FindingRule, FindingSeverity, FindingSubject, Known};
use std::collections::BTreeSet;

const MINUTE: i64 = 60_000;
/// A roll without an operation of ours.
const MIXED_MILLIS: i64 = 10 * MINUTE;
/// Whoever upgrades finalises a while later; that it was forgotten is known after a day at most.
const HELD_BACK_MILLIS: i64 = 10 * MINUTE;

pub(super) fn mixed(evidence: &Evidence<'_>) -> Option<Suspicion> {
    let told: BTreeSet<&str> =
        evidence.inventory.serving().filter_map(|broker| broker.version.value()).map(String::as_str).collect();
    // Some brokers tell their release line only.
    let is_told_better =
        |version: &&str| told.iter().any(|other| other.strip_prefix(version).is_some_and(|rest| rest.starts_with('.')));
    let several: Vec<&str> = told.iter().copied().filter(|version| !is_told_better(version)).collect();
    if several.len() < 2 {
        return None;
    }
    let message = format!("Brokers run several versions: {}", words::listed(&several, several.len()));
    let (severity, patience) =
        if evidence.is_worked_on() { (FindingSeverity::Info, 0) } else { (FindingSeverity::Warning, MIXED_MILLIS) };
    let suspicion = Suspicion::new(FindingRule::MixedVersions, severity, FindingSubject::Cluster, message);
    Some(suspicion.lasting(patience).at(words::page(evidence.cluster(), "brokers")))
}

pub(super) fn metadata(evidence: &Evidence<'_>) -> Option<Suspicion> {
    if evidence.is_worked_on() {
        return None;
    }
    let Known::Known(finalized) = &evidence.inventory.metadata_version else { return None };
    let mut running = Vec::new();
    for broker in evidence.inventory.serving() {
        // Of whom nobody knows, nobody knows whether they could.
        running.push((line(broker.version.value()?)?, broker.version.value()?));
    }
    let (oldest, version) = running.into_iter().min()?;
    if oldest <= line(finalized)? {
        return None;
    }
    let message = format!("All brokers run {version} or newer, and the metadata stays at {finalized}");
    let rule = FindingRule::MetadataHeldBack;
    let suspicion = Suspicion::new(rule, FindingSeverity::Info, FindingSubject::Cluster, message);
    Some(suspicion.lasting(HELD_BACK_MILLIS).at(format!("/clusters/{}", evidence.cluster())))
}

/// `4.1.2` and `4.1-IV1` are of the line 4.1.
fn line(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(['.', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
