//! What is done about requests without anybody clicking: rules are asked again, time runs out, what was agreed to is written
//! and followed until the cluster shows it, and workloads that wait for consent get a request filed.
//!
//! The only place of the portal that writes to Kubernetes. It holds no Lease: every step is compared and set in the
//! database before it is done, and every act can be done twice, so that two replicas, or one that was killed anywhere and came
//! back, end where one would have.

mod access;
mod export;
mod follow;
mod offsets;
mod operations;
mod step;
mod target;

use crate::{Portal, audited::store_problem, requests::audited_object};
use klamm_model::{Problem, RequestId, TeamName, error_chain};
use klamm_store::{Attempt, AuditedAs, Decision, Outcome, RequestObject};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Looks while nothing was said: other replicas write requests too, and clusters take their time.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// How many requests one look takes on.
const AT_ONCE: u32 = 50;
/// How many looks lie between two for workloads that wait.
const ACCESS_EVERY: u32 = 5;

/// Who acts, as the audit and requests name it.
const WHO: &str = "klamm";

/// Something that the applier does about a request.
struct Done<'a> {
    action: &'static str,
    /// Why it may.
    rule: &'static str,
    request: &'a RequestId,
    object: &'a RequestObject,
}

/// Applies approved requests.
pub struct Applier {
    portal: Arc<Portal>,
    client: kube::Client,
}

impl Applier {
    /// An applier of this portal's requests.
    pub fn new(portal: Arc<Portal>, client: kube::Client) -> Self {
        Self { portal, client }
    }

    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        let mut look = 0_u32;
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = self.portal.work.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = self.look(look) => {}
            }
            look = look.wrapping_add(1);
        }
    }

    /// Does once what is due.
    pub(crate) async fn look(&self, look: u32) {
        match self.portal.store.requests_due(self.portal.now(), AT_ONCE).await {
            Ok(rows) => {
                for row in rows {
                    self.step(&row).await;
                }
            }
            Err(error) => tracing::warn!(error = error_chain(&error), "requests cannot be read; trying again"),
        }
        if look.is_multiple_of(ACCESS_EVERY) {
            self.ask_for_workloads().await;
        }
        self.portal.tell_requests().await;
    }

    /// Does something between its two rows in the audit, which tells it to the team that asks and to the one that owns.
    async fn audited<T, E: std::fmt::Display>(
        &self,
        what: &Done<'_>,
        (team, owner): (&TeamName, &TeamName),
        act: impl Future<Output = Result<T, E>>,
    ) -> Result<Result<T, E>, Problem> {
        let portal = &self.portal;
        let attempt = Attempt {
            actor: WHO.to_owned(),
            known_by: AuditedAs::Klamm,
            source: None,
            team: Some(team.to_string()),
            concerned: Some(owner.to_string()),
            action: what.action,
            object: audited_object(what.object),
            request: Some(what.request.to_string()),
            decision: Decision::Allowed,
            rule: what.rule,
        };
        let id = portal.store.audit_attempt(&attempt, portal.now()).await.map_err(store_problem)?;
        let result = act.await;
        let (outcome, message) = match &result {
            Ok(_) => (Outcome::Done, None),
            Err(error) => (Outcome::Failed, Some(error.to_string())),
        };
        portal.outcome(&id, outcome, message.as_deref()).await;
        Ok(result)
    }
}
