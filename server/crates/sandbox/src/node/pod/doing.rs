//! What a pod's task does: prepares, starts containers, keeps volumes and names up to date.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Container;
use kube::ResourceExt as _;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::node::addresses::AddressError;
use crate::node::container::env::{ConfigProblem, host_name};
use crate::node::container::field::PodFacts;
use crate::node::container::launch::End;
use crate::node::events::with_causes;
use crate::node::hosts;
use crate::node::volume::VolumeError;

use super::plan::plan;
use super::prober::{self, Subject};
use super::start::{self, StartError, Started, Surroundings};
use super::state::{Kind, Place};
use super::worker::{Goal, Happening, Run, Told, Worker, key};

const CONFIG_RETRY: Duration = Duration::from_secs(2);
const PREPARE_RETRY: Duration = Duration::from_secs(1);
const PREPARE_PATIENCE: Duration = Duration::from_secs(30);

/// Why a pod cannot begin.
#[derive(Debug, thiserror::Error)]
enum PrepareError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Volume(#[from] VolumeError),
    #[error("the pod's folder cannot be made")]
    Folder(#[source] std::io::Error),
}

impl PrepareError {
    /// The reason of the Event that tells it.
    fn event(&self) -> &'static str {
        match self {
            Self::Address(_) => "FailedCreatePodSandBox",
            Self::Volume(_) | Self::Folder(_) => "FailedMount",
        }
    }
}

impl Worker {
    /// Does what is due; returns when to look again.
    pub(super) async fn step(&mut self) -> Option<Instant> {
        if self.goal != Goal::Run {
            return None;
        }
        let now = Timestamp::now();
        let next = plan(&self.story, self.policy, now);
        if !next.start.is_empty() && !self.prepare().await {
            return self.prepare_again;
        }
        let mut wake = next.wake_at.map(|at| instant(at, now));
        for place in next.start {
            if let Some(retry) = self.start(place).await {
                wake = Some(wake.map_or(retry, |other| other.min(retry)));
            }
        }
        let refresh = self.volumes.refresh_in().map(|wait| Instant::now() + wait.max(PREPARE_RETRY));
        wake.into_iter().chain(refresh).min()
    }

    /// Address, volumes and hosts file; true when all are there.
    async fn prepare(&mut self) -> bool {
        if self.prepare_again.is_some_and(|at| at > Instant::now()) {
            return false;
        }
        let prepared = timeout(PREPARE_PATIENCE, self.try_prepare()).await;
        let trouble = match prepared {
            Ok(Ok(())) => {
                self.prepared = true;
                self.prepare_again = None;
                self.last_trouble.clear();
                return true;
            }
            Ok(Err(PrepareError::Volume(error))) if error.is_reading() => None,
            Ok(Err(error)) => Some((error.event(), with_causes(&error))),
            Err(_) => Some(("FailedMount", "the pod's volumes are not ready in time".to_owned())),
        };
        if let Some((reason, message)) = trouble
            && message != self.last_trouble
        {
            self.events.warning(reason, message.clone());
            self.last_trouble = message;
        }
        self.prepare_again = Some(Instant::now() + PREPARE_RETRY);
        false
    }

    async fn try_prepare(&mut self) -> Result<(), PrepareError> {
        let ip = self.node.addresses.of(&self.pod)?;
        self.pod_ip = Some(ip);
        std::fs::create_dir_all(self.layout.folder()).map_err(PrepareError::Folder)?;
        let facts = PodFacts { pod: &self.pod, pod_ip: ip, node: &self.node.facts };
        self.volumes.prepare(&facts, &self.held.sources()).await?;
        let content = self.node.names.borrow().file(&self.pod, &host_name(&facts), ip);
        hosts::write(&self.layout.shown(), &content).map_err(PrepareError::Folder)
    }

    pub(super) fn write_hosts(&self) {
        let Some(ip) = self.pod_ip.filter(|_| self.prepared) else { return };
        let facts = PodFacts { pod: &self.pod, pod_ip: ip, node: &self.node.facts };
        let content = self.node.names.borrow().file(&self.pod, &host_name(&facts), ip);
        if let Err(error) = hosts::write(&self.layout.shown(), &content) {
            tracing::warn!(%error, pod = self.pod.name_any(), "a pod's hosts file cannot be written");
        }
    }

    pub(super) async fn refresh(&mut self) {
        let Some(ip) = self.pod_ip.filter(|_| self.prepared) else { return };
        let facts = PodFacts { pod: &self.pod, pod_ip: ip, node: &self.node.facts };
        match self.volumes.refresh(&facts, &self.held.sources()).await {
            Ok(()) => self.last_trouble.clear(),
            Err(error) if error.is_reading() => {}
            Err(error) => {
                let message = with_causes(&error);
                if message != self.last_trouble {
                    self.events.warning("FailedMount", message.clone());
                    self.last_trouble = message;
                }
            }
        }
    }

    /// Starts a container; returns when to try again if that was not possible.
    async fn start(&mut self, place: Place) -> Option<Instant> {
        let container = Arc::new(self.container(place)?.clone());
        let run = self.story.of(place)?.next_run;
        let sources = self.held.sources();
        let around = Surroundings {
            node: &self.node,
            pod: &self.pod,
            pod_ip: self.pod_ip?,
            layout: &self.layout,
            volumes: &self.volumes,
            sources: &sources,
        };
        match start::start(&around, &container, run).await {
            Ok(started) => {
                self.began(place, container, started);
                None
            }
            Err(error) => self.failed(place, &container, &error),
        }
    }

    fn began(&mut self, place: Place, container: Arc<Container>, Started { launched, exec }: Started) {
        let now = Timestamp::now();
        let Some(story) = self.story.of_mut(place) else { return };
        let id = format!(
            "sandbox://{}-{}-{}",
            self.pod.metadata.uid.as_deref().unwrap_or_default(),
            container.name,
            story.next_run
        );
        let run = story.begin(id, now);
        story.started = place.kind == Kind::Init || container.startup_probe.is_none();
        story.ready = place.kind == Kind::Main && story.started && container.readiness_probe.is_none();
        self.events.normal("Started", format!("Started container {}", container.name));
        let tell = self.tell.clone();
        let end = AbortOnDropHandle::new(tokio::spawn(async move {
            let end =
                launched.end.await.unwrap_or_else(|error| End::NeverRan(format!("waiting for it failed: {error}")));
            // The pod's task may be gone, then nobody wants to know.
            let _ = tell.send(Told { place, run, what: Happening::Ended(end) });
        }));
        let tell = self.tell.clone();
        let probes = self.pod_ip.filter(|_| place.kind == Kind::Main).map(|pod_ip| {
            let subject = Subject { container, pod_ip, exec: exec.clone(), events: self.events.clone() };
            prober::watch(subject, move |news| {
                let _ = tell.send(Told { place, run, what: Happening::Probe(news) });
            })
        });
        self.runs.insert(key(place), Run { number: run, exec, ending: None, _end: end, _probes: probes });
    }

    fn failed(&mut self, place: Place, container: &Container, error: &StartError) -> Option<Instant> {
        let now = Timestamp::now();
        let message = with_causes(error);
        let story = self.story.of_mut(place)?;
        let tried_before = story.trouble.is_some();
        let (reason, message, wait) = match error {
            StartError::Config(ConfigProblem::Reading(_)) => return Some(Instant::now() + PREPARE_RETRY),
            StartError::Volume(error) if error.is_reading() => return Some(Instant::now() + PREPARE_RETRY),
            StartError::Image(_) if tried_before => {
                let image = container.image.as_deref().unwrap_or_default();
                (
                    "ImagePullBackOff",
                    format!("Back-off pulling image \"{image}\": {message}"),
                    story.failures.after_failure(),
                )
            }
            StartError::Image(_) => ("ErrImagePull", message, story.failures.after_failure()),
            StartError::Config(_) => ("CreateContainerConfigError", message, CONFIG_RETRY),
            StartError::Volume(_) | StartError::Rootfs(_) | StartError::Files(_) => {
                ("CreateContainerError", message, CONFIG_RETRY)
            }
            StartError::Launch(_) => ("RunContainerError", message, story.failures.after_failure()),
        };
        let known = story.trouble.as_ref().is_some_and(|trouble| trouble.message == message);
        story.fail(reason, message.clone(), wait, now);
        if !known {
            self.events.warning("Failed", format!("Error: {message}"));
        }
        Some(Instant::now() + wait)
    }
}

fn instant(at: Timestamp, now: Timestamp) -> Instant {
    Instant::now() + Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)
}
