//! Ending a container: its hook, SIGTERM, and SIGKILL when its time is over.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, LifecycleHandler};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use crate::node::container::exec::{self, ExecTarget, Outcome};
use crate::node::events::PodEvents;
use crate::process::ProcessSignal;

/// Ends a container, for as long as the handle lives. The deadline may be moved while this is under way.
pub(super) fn end(
    target: ExecTarget,
    container: &Container,
    deadline: watch::Receiver<Instant>,
    events: PodEvents,
) -> AbortOnDropHandle<()> {
    let hook = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.pre_stop.clone());
    AbortOnDropHandle::new(tokio::spawn(async move {
        if let Some(hook) = hook {
            tokio::select! {
                () = run_hook(&hook, &target, &events) => {}
                () = passed(deadline.clone()) => {}
            }
        }
        signal(&target, ProcessSignal::Terminate);
        passed(deadline).await;
        signal(&target, ProcessSignal::Kill);
    }))
}

pub(super) fn signal(target: &ExecTarget, signal: ProcessSignal) {
    if let Err(error) = target.process.signal(signal) {
        tracing::warn!(%error, pid = target.process.pid, "a container cannot be signalled");
    }
}

async fn passed(mut deadline: watch::Receiver<Instant>) {
    loop {
        let until = *deadline.borrow_and_update();
        tokio::select! {
            () = sleep_until(until) => return,
            moved = deadline.changed() => if moved.is_err() {
                sleep_until(until).await;
                return;
            }
        }
    }
}

async fn run_hook(hook: &LifecycleHandler, target: &ExecTarget, events: &PodEvents) {
    if let Some(pause) = &hook.sleep {
        sleep(Duration::from_secs(u64::try_from(pause.seconds).unwrap_or(0))).await;
        return;
    }
    let Some(action) = &hook.exec else {
        events.warning("FailedPreStopHook", "the sandbox knows exec and sleep hooks".to_owned());
        return;
    };
    let words = action.command.as_deref().unwrap_or_default();
    // Its time is the container's; whoever waits for it ends it.
    match exec::run(target, words, Duration::from_hours(24)).await {
        Ok(Outcome::Exited { code: 0, .. } | Outcome::TimedOut) => {}
        Ok(Outcome::Exited { code, output }) => {
            events.warning("FailedPreStopHook", format!("the hook ended with {code}: {output}"));
        }
        Err(error) => events.warning("FailedPreStopHook", format!("the hook cannot be started: {error}")),
    }
}
