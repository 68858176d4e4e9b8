//! The task of one pod: gathers what happened, decides, starts and ends containers, reports.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod};
use kube::ResourceExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use crate::node::container::exec::ExecTarget;
use crate::node::container::launch::End;
use crate::node::events::{PodEvents, with_causes};
use crate::node::layout::PodLayout;
use crate::node::objects::Held;
use crate::node::volume::{PodVolumes, References};
use crate::node::{StopMode, pods};
use crate::process::ProcessSignal;

use super::context::{NodeContext, NodePhase, PodInput};
use super::ending;
use super::plan::{last_phase, phase};
use super::prober::News;
use super::probes::{Belief, ProbeKind};
use super::report::{Report, reporter};
use super::start;
use super::state::{Kind, Place, PodStory, RestartPolicy};
use super::status::{Facts, contradicts, status};

/// Why the containers are being ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Run,
    /// The pod is to be deleted.
    Delete,
    /// Its object is gone.
    Vanish,
    /// The node stops; the pod stays.
    Stop,
}

/// Whether the pod's object is another one than before; its labels and annotations may show in volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Same,
    Changed,
}

/// What happened to a container.
pub(super) enum Happening {
    Ended(End),
    Probe(News),
}

pub(super) struct Told {
    pub(super) place: Place,
    pub(super) run: i32,
    pub(super) what: Happening,
}

/// What belongs to a run that goes on.
pub(super) struct Run {
    pub(super) number: i32,
    pub(super) exec: Option<ExecTarget>,
    pub(super) ending: Option<(watch::Sender<Instant>, AbortOnDropHandle<()>)>,
    /// Waits for its end. Whoever drops this kills it.
    pub(super) _end: AbortOnDropHandle<()>,
    pub(super) _probes: Option<AbortOnDropHandle<()>>,
}

/// After the object is gone nobody waits for a pod any more.
const VANISH_GRACE: Duration = Duration::from_secs(2);

pub(super) struct Worker {
    pub(super) node: Arc<NodeContext>,
    pub(super) pod: Arc<Pod>,
    pub(super) policy: RestartPolicy,
    pub(super) layout: PodLayout,
    pub(super) events: PodEvents,
    pub(super) story: PodStory,
    pub(super) runs: BTreeMap<(bool, usize), Run>,
    pub(super) held: Held,
    pub(super) volumes: PodVolumes,
    pub(super) pod_ip: Option<Ipv4Addr>,
    pub(super) prepared: bool,
    pub(super) prepare_again: Option<Instant>,
    pub(super) last_trouble: String,
    pub(super) goal: Goal,
    pub(super) reports: watch::Sender<Report>,
    pub(super) repeat: u64,
    pub(super) started_at: Timestamp,
    pub(super) tell: mpsc::UnboundedSender<Told>,
    pub(super) told: mpsc::UnboundedReceiver<Told>,
}

/// Runs a pod until it is gone or the node stops.
pub(in crate::node) async fn work(
    node: Arc<NodeContext>,
    pod: Arc<Pod>,
    mut input: watch::Receiver<PodInput>,
    mut node_phase: watch::Receiver<NodePhase>,
) {
    let (reports, to_report) = watch::channel(Report::Nothing);
    let _reporter = reporter(&node.client, &pod, to_report);
    let (tell, told) = mpsc::unbounded_channel();
    let layout = node.layout.pod(&pod.uid().unwrap_or_default());
    let references = References::of(&pod);
    let held = node.objects.hold(&pod.namespace().unwrap_or_default(), &references.config_maps, &references.secrets);
    let now = Timestamp::now();
    let mut names = node.names.clone();
    let mut objects = node.objects.changes();
    let mut worker = Worker {
        policy: RestartPolicy::of(&pod),
        events: PodEvents::new(node.recorder.clone(), &pod),
        story: PodStory::recall(&pod, now),
        runs: BTreeMap::new(),
        held,
        volumes: PodVolumes::new(node.client.clone(), layout.clone(), node.records.clone()),
        layout,
        pod_ip: None,
        prepared: false,
        prepare_again: None,
        last_trouble: String::new(),
        goal: Goal::Run,
        reports,
        repeat: 0,
        started_at: pod.status.as_ref().and_then(|status| status.start_time.as_ref()).map_or(now, |time| time.0),
        tell,
        told,
        node,
        pod,
    };
    if is_over(&worker.pod) {
        worker.rest(&mut input, &mut node_phase).await;
        return;
    }
    loop {
        let (seen, node_is) = (input.borrow_and_update().clone(), *node_phase.borrow_and_update());
        if worker.take_goal(&seen, node_is) == Seen::Changed {
            worker.refresh().await;
        }
        let wake = worker.step().await;
        worker.report();
        let over = !worker.story.anything_runs();
        match worker.goal {
            Goal::Vanish if over => return worker.clean_up().await,
            Goal::Stop if over => return worker.volumes.close().await,
            Goal::Run if phase(&worker.story, worker.policy).is_final() => worker.volumes.close().await,
            Goal::Run | Goal::Delete | Goal::Vanish | Goal::Stop => {}
        }
        let waking = async {
            match wake {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(told) = worker.told.recv() => worker.take(told),
            changed = input.changed() => if changed.is_err() { return },
            changed = node_phase.changed() => if changed.is_err() { return },
            Ok(()) = names.changed() => worker.write_hosts(),
            Ok(()) = objects.changed() => {
                // What it waited for may be there now.
                worker.prepare_again = None;
                worker.refresh().await;
            }
            () = waking => worker.refresh().await,
        }
    }
}

impl Worker {
    /// A pod that is over: nothing to do but to let it go when it is deleted.
    async fn rest(&mut self, input: &mut watch::Receiver<PodInput>, node_phase: &mut watch::Receiver<NodePhase>) {
        loop {
            let now = input.borrow_and_update().clone();
            match now {
                PodInput::Gone => return self.clean_up().await,
                PodInput::There(pod) if pod.metadata.deletion_timestamp.is_some() => self.say(Report::Ended(None)),
                PodInput::There(_) => {}
            }
            if matches!(*node_phase.borrow_and_update(), NodePhase::Stopping(_)) {
                return;
            }
            tokio::select! {
                changed = input.changed() => if changed.is_err() { return },
                changed = node_phase.changed() => if changed.is_err() { return },
            }
        }
    }

    fn take_goal(&mut self, input: &PodInput, node_phase: NodePhase) -> Seen {
        let mut seen = Seen::Same;
        if let NodePhase::Stopping(mode) = node_phase {
            let grace = match mode {
                StopMode::Graceful(grace) => grace,
                StopMode::Abrupt => Duration::ZERO,
            };
            self.goal = Goal::Stop;
            self.end_all(grace);
            return seen;
        }
        match input {
            PodInput::Gone => {
                self.goal = Goal::Vanish;
                self.end_all(VANISH_GRACE);
            }
            PodInput::There(pod) => {
                if !Arc::ptr_eq(pod, &self.pod) {
                    self.pod = pod.clone();
                    seen = Seen::Changed;
                    let sent = self.reports.borrow().clone();
                    if let (Report::Status(ours, _), Some(theirs)) = (&sent, &pod.status)
                        && contradicts(ours, theirs)
                    {
                        self.repeat += 1;
                    }
                }
                if pod.metadata.deletion_timestamp.is_some() {
                    let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or_else(|| self.grace());
                    if self.goal != Goal::Delete && self.story.anything_runs() {
                        self.events.normal("Killing", "Stopping containers".to_owned());
                    }
                    self.goal = Goal::Delete;
                    self.end_all(Duration::from_secs(u64::try_from(grace).unwrap_or(0)));
                }
            }
        }
        seen
    }

    fn grace(&self) -> i64 {
        self.pod.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds).unwrap_or(30)
    }

    /// Ends everything that runs, or shortens the time of what is being ended already.
    fn end_all(&mut self, grace: Duration) {
        let at = Instant::now() + grace;
        for place in self.story.places() {
            if grace.is_zero()
                && let Some(target) = self.runs.get(&key(place)).and_then(|run| run.exec.as_ref())
            {
                ending::signal(target, ProcessSignal::Kill);
            }
            self.end(place, at);
        }
    }

    fn end(&mut self, place: Place, at: Instant) {
        let Some(container) = self.container(place).cloned() else { return };
        let Some(run) = self.runs.get_mut(&key(place)) else { return };
        match (&run.ending, &run.exec) {
            (Some((deadline, _)), _) => {
                deadline.send_if_modified(|current| {
                    let earlier = at < *current;
                    *current = (*current).min(at);
                    earlier
                });
            }
            (None, Some(target)) => {
                let (deadline, watched) = watch::channel(at);
                let task = ending::end(target.clone(), &container, watched, self.events.clone());
                run.ending = Some((deadline, task));
            }
            // Its process had ended before it could be looked at; the news are on their way.
            (None, None) => {}
        }
    }

    fn take(&mut self, Told { place, run, what }: Told) {
        if self.runs.get(&key(place)).is_none_or(|current| current.number != run) {
            return;
        }
        let now = Timestamp::now();
        let name = self.container(place).map(|container| container.name.clone()).unwrap_or_default();
        match what {
            Happening::Ended(end) => {
                self.runs.remove(&key(place));
                let message = match (&end, self.container(place)) {
                    (End::Exited { code, last_output }, Some(container)) => {
                        start::last_words(container, &self.layout.termination_message(&name, run), *code, last_output)
                    }
                    _ => None,
                };
                if let End::NeverRan(why) = &end {
                    self.events.warning("Failed", format!("Error: failed to start container \"{name}\": {why}"));
                }
                if let Some(story) = self.story.of_mut(place) {
                    story.end(&end, message, now);
                }
                let again = self.story.of(place).and_then(|story| story.restart_at).filter(|at| *at > now);
                if again.is_some() && self.goal == Goal::Run && !phase(&self.story, self.policy).is_final() {
                    let pod = format!("{}_{}", self.pod.name_any(), self.pod.namespace().unwrap_or_default());
                    self.events.warning("BackOff", format!("Back-off restarting failed container {name} in pod {pod}"));
                }
            }
            Happening::Probe(news) => self.take_news(place, &name, news),
        }
    }

    fn take_news(&mut self, place: Place, name: &str, news: News) {
        let has_readiness = self.container(place).is_some_and(|container| container.readiness_probe.is_some());
        let Some(story) = self.story.of_mut(place) else { return };
        match news {
            News::Started => {
                story.started = true;
                story.ready = !has_readiness;
            }
            News::Ready(belief) => story.ready = belief == Belief::Success,
            News::Unhealthy(kind) => {
                story.ready = false;
                let what = kind.word().to_lowercase();
                self.events.normal("Killing", format!("Container {name} failed {what} probe, will be restarted"));
                let container = self.container(place);
                let own = container.and_then(|container| match kind {
                    ProbeKind::Startup => container.startup_probe.as_ref(),
                    ProbeKind::Liveness | ProbeKind::Readiness => container.liveness_probe.as_ref(),
                });
                let grace =
                    own.and_then(|probe| probe.termination_grace_period_seconds).unwrap_or_else(|| self.grace());
                self.end(place, Instant::now() + Duration::from_secs(u64::try_from(grace).unwrap_or(0)));
            }
        }
    }

    fn report(&mut self) {
        let phase = match self.goal {
            Goal::Run => phase(&self.story, self.policy),
            Goal::Delete if self.story.anything_runs() => phase(&self.story, self.policy),
            Goal::Delete => last_phase(&self.story),
            // Nobody is there to be told, or it is not to be told: a stopped node says nothing of its pods.
            Goal::Vanish | Goal::Stop => return,
        };
        let before = self.pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
        let sent = match &*self.reports.borrow() {
            Report::Status(status, _) | Report::Ended(Some(status)) => status.conditions.clone(),
            Report::Nothing | Report::Ended(None) => None,
        };
        let facts = Facts {
            pod: &self.pod,
            story: &self.story,
            policy: self.policy,
            phase,
            pod_ip: self.pod_ip,
            host_ip: self.node.facts.address,
            prepared: self.prepared,
            started_at: self.started_at,
            now: Timestamp::now(),
        };
        let status = Box::new(status(&facts, sent.as_deref().unwrap_or(before)));
        let report = if self.goal == Goal::Delete && !self.story.anything_runs() {
            Report::Ended(Some(status))
        } else {
            Report::Status(status, self.repeat)
        };
        self.say(report);
        if phase.is_final()
            && let Err(error) = self.node.addresses.release(&self.pod.uid().unwrap_or_default())
        {
            tracing::warn!(error = %with_causes(&error), "a finished pod keeps its address");
        }
    }

    fn say(&self, report: Report) {
        self.reports.send_if_modified(|current| {
            let news = *current != report;
            *current = report;
            news
        });
    }

    /// Removes everything a pod that is gone has left.
    async fn clean_up(&mut self) {
        self.volumes.close().await;
        pods::remove_traces(&self.node, &self.pod);
    }

    pub(super) fn container(&self, place: Place) -> Option<&Container> {
        let spec = self.pod.spec.as_ref()?;
        match place.kind {
            Kind::Init => spec.init_containers.as_ref()?.get(place.index),
            Kind::Main => spec.containers.get(place.index),
        }
    }
}

pub(super) fn key(place: Place) -> (bool, usize) {
    (place.kind == Kind::Init, place.index)
}

fn is_over(pod: &Pod) -> bool {
    matches!(pod.status.as_ref().and_then(|status| status.phase.as_deref()), Some("Succeeded" | "Failed"))
}
