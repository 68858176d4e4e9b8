//! Who may act: the holder of one Lease (`coordination.k8s.io`).
//!
//! Clocks of machines differ, so nobody compares the times in the Lease with its own: a Lease is taken over when it has
//! not changed for its whole duration *as watched from here*. A holder that could not renew stops before that time.

use super::{OperatorOptions, chain, is_conflict, is_not_found};
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
    jiff::Timestamp,
};
use kube::{Api, Client, api::PostParams};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Longest a single call on the Lease may take; a hanging call must not hide that time runs out.
const CALL: Duration = Duration::from_secs(3);

pub(super) struct Election {
    leases: Api<Lease>,
    name: String,
    namespace: String,
    identity: String,
    duration: Duration,
}

/// What was last seen of the Lease, and since when it has been like that.
#[derive(Clone, Debug, PartialEq)]
struct Sighting {
    spec: LeaseSpec,
    since: Instant,
}

impl Sighting {
    /// The sighting after another look: an unchanged Lease keeps its time.
    fn then(previous: Option<Self>, spec: LeaseSpec, now: Instant) -> Self {
        match previous {
            Some(previous) if previous.spec == spec => previous,
            _ => Self { spec, since: now },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// Nobody holds it, or its holder is gone, or it is ours from before.
    Free,
    /// Somebody else holds it.
    Held,
}

fn judge(sighting: &Sighting, identity: &str, default_duration: Duration, now: Instant) -> Claim {
    let holder = sighting.spec.holder_identity.as_deref().unwrap_or_default();
    if holder.is_empty() || holder == identity {
        return Claim::Free;
    }
    let duration = sighting
        .spec
        .lease_duration_seconds
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map_or(default_duration, Duration::from_secs);
    if now.duration_since(sighting.since) >= duration { Claim::Free } else { Claim::Held }
}

fn claimed(previous: &LeaseSpec, identity: &str, duration: Duration, now: Timestamp) -> LeaseSpec {
    let changes_hands = previous.holder_identity.as_deref() != Some(identity);
    LeaseSpec {
        holder_identity: Some(identity.to_owned()),
        lease_duration_seconds: Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)),
        acquire_time: if changes_hands { Some(MicroTime(now)) } else { previous.acquire_time.clone() },
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(previous.lease_transitions.unwrap_or(0) + i32::from(changes_hands)),
        ..previous.clone()
    }
}

impl Election {
    pub(super) fn new(client: Client, options: &OperatorOptions) -> Self {
        Self {
            leases: Api::namespaced(client, &options.lease_namespace),
            name: options.lease_name.clone(),
            namespace: options.lease_namespace.clone(),
            identity: options.identity.clone(),
            duration: options.lease_duration,
        }
    }

    fn pause(&self) -> Duration {
        self.duration / 6
    }

    /// Waits until this process holds the Lease; none when `stop` came first.
    pub(super) async fn acquire(&self, stop: &CancellationToken) -> Option<Held> {
        let mut sighting: Option<Sighting> = None;
        let mut last_problem = String::new();
        while !stop.is_cancelled() {
            match self.try_acquire(&mut sighting).await {
                Ok(Some(held)) => return Some(held),
                Ok(None) => {
                    let holder = sighting.as_ref().and_then(|s| s.spec.holder_identity.clone()).unwrap_or_default();
                    if holder != last_problem {
                        tracing::info!(lease = self.name, %holder, "another process acts; this one waits");
                        last_problem = holder;
                    }
                }
                Err(error) => {
                    let problem = chain(&error);
                    if problem != last_problem {
                        tracing::warn!(
                            lease = self.name,
                            namespace = self.namespace,
                            error = problem,
                            "could not take the Lease"
                        );
                        last_problem = problem;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(self.pause()) => {}
            }
        }
        None
    }

    async fn try_acquire(&self, sighting: &mut Option<Sighting>) -> Result<Option<Held>, LeaseError> {
        let asked = Instant::now();
        let lease = match in_time(self.leases.get_opt(&self.name)).await? {
            Some(lease) => lease,
            None => self.empty(),
        };
        let spec = lease.spec.clone().unwrap_or_default();
        let seen = Sighting::then(sighting.take(), spec.clone(), asked);
        let claim = judge(&seen, &self.identity, self.duration, asked);
        *sighting = Some(seen);
        match claim {
            Claim::Held => Ok(None),
            Claim::Free => {
                let wanted =
                    Lease { spec: Some(claimed(&spec, &self.identity, self.duration, Timestamp::now())), ..lease };
                match self.write(&wanted).await {
                    Ok(lease) => Ok(Some(Held { lease, renewed: asked })),
                    Err(LeaseError::Call(error)) if is_conflict(&error) => Ok(None),
                    Err(error) => Err(error),
                }
            }
        }
    }

    fn empty(&self) -> Lease {
        Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                namespace: Some(self.namespace.clone()),
                ..ObjectMeta::default()
            },
            spec: None,
        }
    }

    async fn write(&self, lease: &Lease) -> Result<Lease, LeaseError> {
        if lease.metadata.resource_version.is_none() {
            in_time(self.leases.create(&PostParams::default(), lease)).await
        } else {
            in_time(self.leases.replace(&self.name, &PostParams::default(), lease)).await
        }
    }

    /// Renews until the Lease is lost or `stop` comes; returns why it ended.
    pub(super) async fn keep(&self, mut held: Held, stop: &CancellationToken) -> Ended {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ended::Stopped(Box::new(held)),
                () = tokio::time::sleep(self.pause()) => {}
            }
            let asked = Instant::now();
            match self.renew(&held.lease).await {
                Ok(lease) => held = Held { lease, renewed: asked },
                Err(LeaseError::Call(error)) if is_conflict(&error) || is_not_found(&error) => {
                    // Somebody wrote to it; if that was a person and we still hold it, the next write succeeds.
                    match in_time(self.leases.get_opt(&self.name)).await {
                        Ok(Some(lease)) if self.is_ours(&lease) => held.lease = lease,
                        Ok(_) => return Ended::Lost("another process took it"),
                        Err(error) => tracing::warn!(error = chain(&error), "could not look at the Lease"),
                    }
                }
                Err(error) => tracing::warn!(error = chain(&error), "could not renew the Lease"),
            }
            // A third of the duration is left to stop in.
            if held.renewed.elapsed() >= self.duration * 2 / 3 {
                return Ended::Lost("it could not be renewed in time");
            }
        }
    }

    fn is_ours(&self, lease: &Lease) -> bool {
        lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()) == Some(self.identity.as_str())
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, LeaseError> {
        let spec = lease.spec.clone().unwrap_or_default();
        let wanted =
            Lease { spec: Some(claimed(&spec, &self.identity, self.duration, Timestamp::now())), ..lease.clone() };
        self.write(&wanted).await
    }

    /// Gives the Lease back, so that the next holder need not wait.
    pub(super) async fn release(&self, held: Box<Held>) {
        let spec = held.lease.spec.clone().unwrap_or_default();
        let wanted = Lease { spec: Some(LeaseSpec { holder_identity: None, ..spec }), ..held.lease };
        if let Err(error) = self.write(&wanted).await {
            tracing::debug!(error = chain(&error), "could not give the Lease back");
        }
    }
}

/// The Lease as we last wrote it.
pub(super) struct Held {
    lease: Lease,
    renewed: Instant,
}

/// How a term ended.
pub(super) enum Ended {
    /// Asked to stop; the Lease is still ours.
    Stopped(Box<Held>),
    /// The Lease is, or may soon be, somebody else's.
    Lost(&'static str),
}

#[derive(Debug, thiserror::Error)]
pub(super) enum LeaseError {
    #[error("the API server refused a call on the Lease")]
    Call(#[source] Box<kube::Error>),
    #[error("the API server did not answer within {CALL:?}")]
    Slow,
}

async fn in_time<T>(call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, LeaseError> {
    match tokio::time::timeout(CALL, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(LeaseError::Call(Box::new(error))),
        Err(_) => Err(LeaseError::Slow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    fn held_by(holder: &str, renewed: i64) -> LeaseSpec {
        LeaseSpec {
            holder_identity: Some(holder.to_owned()),
            lease_duration_seconds: Some(10),
            renew_time: Timestamp::from_second(renewed).ok().map(MicroTime),
            lease_transitions: Some(4),
            ..LeaseSpec::default()
        }
    }

    #[test]
    fn a_lease_of_another_is_free_only_after_standing_still_for_its_duration() {
        let start = Instant::now();
        let first = Sighting::then(None, held_by("other", 1), start);
        assert_eq!(judge(&first, "me", TEN, start + Duration::from_secs(9)), Claim::Held);
        assert_eq!(judge(&first, "me", TEN, start + TEN), Claim::Free);

        // Renewed meanwhile: the time begins anew, whatever the holder's clock says.
        let later = start + Duration::from_secs(9);
        let second = Sighting::then(Some(first), held_by("other", 2), later);
        assert_eq!(judge(&second, "me", TEN, start + TEN), Claim::Held);
        let same = Sighting::then(Some(second.clone()), held_by("other", 2), later + Duration::from_secs(3));
        assert_eq!(same, second);
    }

    #[test]
    fn a_lease_of_nobody_or_of_ours_is_taken_at_once() {
        let start = Instant::now();
        assert_eq!(judge(&Sighting::then(None, LeaseSpec::default(), start), "me", TEN, start), Claim::Free);
        assert_eq!(judge(&Sighting::then(None, held_by("", 1), start), "me", TEN, start), Claim::Free);
        assert_eq!(judge(&Sighting::then(None, held_by("me", 1), start), "me", TEN, start), Claim::Free);
    }

    #[test]
    fn transitions_count_changes_of_hand_only() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(claimed(&held_by("other", 1), "me", TEN, now).lease_transitions, Some(5));
        let renewed = claimed(&held_by("me", 1), "me", TEN, now);
        assert_eq!(renewed.lease_transitions, Some(4));
        assert_eq!(renewed.renew_time, Some(MicroTime(now)));
    }
}
