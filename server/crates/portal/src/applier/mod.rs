//! What is done about requests without anybody clicking: rules are asked again, time runs out, what was agreed to is written
//! and followed until the cluster shows it, and workloads that wait for consent get a request filed.
//!
//! The only place of the portal that writes to Kubernetes. It holds no Lease: every step is compared and set in the
//! database before it is done, and every act can be done twice, so that two replicas, or one that was killed anywhere and came
//! back, end where one would have.

mod access;
mod follow;
mod step;
mod target;

use crate::Portal;
use klamm_model::error_chain;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Looks while nothing was said: other replicas write requests too, and cluster take their time.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// How many requests one look takes on.
const AT_ONCE: u32 = 50;
/// How many looks lie between two for workloads that wait.
const ACCESS_EVERY: u32 = 5;

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

    async fn look(&self, look: u32) {
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
}
