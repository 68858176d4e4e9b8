//! What to start next: init containers one after the other, then all others, each again as the restart policy says.

use jiff::Timestamp;

use super::state::{ContainerStory, Kind, Place, PodStory, RestartPolicy};

/// What to do now, and when to think again if nothing happens before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) start: Vec<Place>,
    pub(super) wake_at: Option<Timestamp>,
}

/// The pod's phase, as far as containers decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
}

impl Phase {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }

    pub(super) fn is_final(self) -> bool {
        match self {
            Self::Succeeded | Self::Failed => true,
            Self::Pending | Self::Running => false,
        }
    }
}

/// Decides for a pod that is to run.
pub(super) fn plan(story: &PodStory, policy: RestartPolicy, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    // An init container has one success to give; that its pod runs for ever is said of the others.
    let init_policy = if policy == RestartPolicy::Never { RestartPolicy::Never } else { RestartPolicy::OnFailure };
    if let Some((index, container)) = next_init(story, policy) {
        plan.consider(container, Place { kind: Kind::Init, index }, init_policy, now);
        return plan;
    }
    for (index, container) in story.main.iter().enumerate() {
        plan.consider(container, Place { kind: Kind::Main, index }, policy, now);
    }
    plan
}

/// The init container whose turn it is. When there is nothing left to prepare for, there is none.
fn next_init(story: &PodStory, policy: RestartPolicy) -> Option<(usize, &ContainerStory)> {
    if story.main.iter().all(|container| is_over(container, policy)) {
        return None;
    }
    story.init.iter().enumerate().find(|(_, container)| !container.succeeded())
}

fn is_over(container: &ContainerStory, policy: RestartPolicy) -> bool {
    container.running.is_none() && container.ended.as_ref().is_some_and(|ended| !policy.restarts(ended.code))
}

impl Plan {
    fn consider(&mut self, container: &ContainerStory, place: Place, policy: RestartPolicy, now: Timestamp) {
        if container.running.is_some() {
            return;
        }
        if is_over(container, policy) {
            return;
        }
        let not_before = [container.restart_at, container.trouble.as_ref().map(|trouble| trouble.retry_at)];
        match not_before.into_iter().flatten().max().filter(|at| *at > now) {
            Some(at) => self.wake_at = Some(self.wake_at.map_or(at, |other| other.min(at))),
            None => self.start.push(place),
        }
    }
}

/// The phase containers add up to.
pub(super) fn phase(story: &PodStory, policy: RestartPolicy) -> Phase {
    if let Some((_, unfinished)) = next_init(story, policy) {
        let failed = unfinished.running.is_none() && unfinished.ended.is_some() && policy == RestartPolicy::Never;
        return if failed { Phase::Failed } else { Phase::Pending };
    }
    let never_ran = |container: &ContainerStory| container.running.is_none() && container.ended.is_none();
    if story.main.iter().any(never_ran) {
        return Phase::Pending;
    }
    if !story.main.iter().all(|container| is_over(container, policy)) {
        Phase::Running
    } else if story.main.iter().all(ContainerStory::succeeded) {
        Phase::Succeeded
    } else {
        Phase::Failed
    }
}

/// The phase of a pod that was told to end and whose containers are all gone.
pub(super) fn last_phase(story: &PodStory) -> Phase {
    if story.main.iter().all(ContainerStory::succeeded) { Phase::Succeeded } else { Phase::Failed }
}

/// How long a container is left alone now, if it is.
pub(super) fn backing_off(
    container: &ContainerStory,
    policy: RestartPolicy,
    now: Timestamp,
) -> Option<jiff::SignedDuration> {
    let ended = container.ended.as_ref().filter(|ended| container.running.is_none() && policy.restarts(ended.code))?;
    let until = container.restart_at.filter(|at| *at > now)?;
    Some(until.duration_since(ended.finished))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
