//! What has happened to a pod's containers so far.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod};

use crate::node::container::launch::End;

use super::backoff::Backoff;

/// When ended containers start again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RestartPolicy {
    Always,
    OnFailure,
    Never,
}

impl RestartPolicy {
    pub(super) fn of(pod: &Pod) -> Self {
        match pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()) {
            Some("Never") => Self::Never,
            Some("OnFailure") => Self::OnFailure,
            _ => Self::Always,
        }
    }

    /// Whether a container with this exit code runs again.
    pub(super) fn restarts(self, code: i32) -> bool {
        match self {
            Self::Always => true,
            Self::OnFailure => code != 0,
            Self::Never => false,
        }
    }
}

/// Which list a container stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Init,
    Main,
}

/// One of a pod's containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) index: usize,
}

/// A run that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) id: Option<String>,
    pub(super) code: i32,
    pub(super) reason: String,
    pub(super) message: Option<String>,
    pub(super) started: Option<Timestamp>,
    pub(super) finished: Timestamp,
}

/// A run that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) id: String,
    pub(super) since: Timestamp,
}

/// Why a container could not be started, and when that is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) retry_at: Timestamp,
}

/// One container's story.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ContainerStory {
    pub(super) name: String,
    /// The number of the next run, beginning with 0.
    pub(super) next_run: i32,
    pub(super) running: Option<Running>,
    pub(super) ended: Option<Ended>,
    /// The run before that one.
    pub(super) before: Option<Ended>,
    pub(super) trouble: Option<Trouble>,
    /// Not before this may it start again.
    pub(super) restart_at: Option<Timestamp>,
    /// Past its startup probe.
    pub(super) started: bool,
    pub(super) ready: bool,
    pub(super) runs: Backoff,
    pub(super) failures: Backoff,
}

impl ContainerStory {
    /// How often it was started again.
    pub(super) fn restart_count(&self) -> i32 {
        (self.next_run - 1).max(0)
    }

    pub(super) fn succeeded(&self) -> bool {
        self.running.is_none() && self.ended.as_ref().is_some_and(|ended| ended.code == 0)
    }

    /// It runs; the number of the run is returned.
    pub(super) fn begin(&mut self, id: String, now: Timestamp) -> i32 {
        let run = self.next_run;
        self.next_run += 1;
        self.before = self.ended.take();
        self.running = Some(Running { id, since: now });
        self.trouble = None;
        self.restart_at = None;
        self.failures = Backoff::default();
        self.started = false;
        self.ready = false;
        run
    }

    /// It ended.
    pub(super) fn end(&mut self, end: &End, message: Option<String>, now: Timestamp) {
        let running = self.running.take();
        let (code, reason, message) = match end {
            End::Exited { code: 0, .. } => (0, "Completed", message),
            End::Exited { code, .. } => (*code, "Error", message),
            End::NeverRan(why) => (128, "StartError", Some(why.clone())),
        };
        let started = running.as_ref().map(|running| running.since);
        let ran = started.and_then(|since| Duration::try_from(now.duration_since(since)).ok()).unwrap_or_default();
        self.restart_at = Some(later(now, self.runs.after_run(ran)));
        let id = running.map(|running| running.id);
        self.ended = Some(Ended { id, code, reason: reason.to_owned(), message, started, finished: now });
        self.started = false;
        self.ready = false;
    }

    /// It could not be started.
    pub(super) fn fail(&mut self, reason: &'static str, message: String, retry_in: Duration, now: Timestamp) {
        self.trouble = Some(Trouble { reason, message, retry_at: later(now, retry_in) });
    }
}

pub(super) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(now)
}

/// All containers' stories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PodStory {
    pub(super) init: Vec<ContainerStory>,
    pub(super) main: Vec<ContainerStory>,
}

impl PodStory {
    /// What the API remembers of a pod that an earlier life of this node may have run.
    ///
    /// Whatever ran then runs no more: it counts as killed. Init containers run again, because what they prepared may
    /// have been in memory; a main container that had finished stays finished.
    pub(super) fn recall(pod: &Pod, now: Timestamp) -> Self {
        let spec = pod.spec.as_ref();
        let status = pod.status.as_ref();
        let init_statuses = status.and_then(|status| status.init_container_statuses.as_deref()).unwrap_or_default();
        let main_statuses = status.and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
        let init = spec.into_iter().flat_map(|spec| spec.init_containers.iter().flatten());
        let main = spec.into_iter().flat_map(|spec| &spec.containers);
        Self {
            init: init.map(|container| recall(&container.name, init_statuses, Kind::Init, now)).collect(),
            main: main.map(|container| recall(&container.name, main_statuses, Kind::Main, now)).collect(),
        }
    }

    pub(super) fn of(&self, place: Place) -> Option<&ContainerStory> {
        match place.kind {
            Kind::Init => self.init.get(place.index),
            Kind::Main => self.main.get(place.index),
        }
    }

    pub(super) fn of_mut(&mut self, place: Place) -> Option<&mut ContainerStory> {
        match place.kind {
            Kind::Init => self.init.get_mut(place.index),
            Kind::Main => self.main.get_mut(place.index),
        }
    }

    pub(super) fn places(&self) -> impl Iterator<Item = Place> + use<> {
        let init = (0..self.init.len()).map(|index| Place { kind: Kind::Init, index });
        init.chain((0..self.main.len()).map(|index| Place { kind: Kind::Main, index }))
    }

    pub(super) fn anything_runs(&self) -> bool {
        self.init.iter().chain(&self.main).any(|container| container.running.is_some())
    }
}

fn recall(name: &str, statuses: &[ContainerStatus], kind: Kind, now: Timestamp) -> ContainerStory {
    let mut story = ContainerStory { name: name.to_owned(), ..ContainerStory::default() };
    let Some(status) = statuses.iter().find(|status| status.name == name) else { return story };
    let state = status.state.clone().unwrap_or_default();
    let last = status.last_state.as_ref().and_then(|last| last.terminated.as_ref()).map(ended);
    if let Some(running) = state.running {
        story.next_run = status.restart_count + 1;
        story.before = last;
        story.ended = Some(Ended {
            id: status.container_id.clone(),
            code: 137,
            reason: "NodeStopped".to_owned(),
            message: Some("the node was stopped while the container ran".to_owned()),
            started: running.started_at.map(|time| time.0),
            finished: now,
        });
    } else if let Some(terminated) = state.terminated {
        story.next_run = status.restart_count + 1;
        story.before = last;
        story.ended = Some(ended(&terminated));
    } else if last.is_some() {
        story.next_run = status.restart_count + 1;
        story.ended = last;
    }
    if kind == Kind::Init {
        story.before = story.ended.take().or(story.before);
    }
    story
}

fn ended(terminated: &ContainerStateTerminated) -> Ended {
    Ended {
        id: terminated.container_id.clone(),
        code: terminated.exit_code,
        reason: terminated.reason.clone().unwrap_or_else(|| "Error".to_owned()),
        message: terminated.message.clone(),
        started: terminated.started_at.as_ref().map(|time| time.0),
        finished: terminated.finished_at.as_ref().map_or(Timestamp::UNIX_EPOCH, |time| time.0),
    }
}
