//! One look for one purpose: everything a scene is made from, and the scene.

use super::{
    edits::Wanted,
    fresh::{self, For},
    gather::OperationError,
    hosts,
    pass::{Memory, Stage},
    scene::{Sight, scene},
};
use crate::cluster::{decide::assign_nodes, nodes::Assignment, observed::Observed};
use jiff::Timestamp;
use klamm_kafka::FreshLook;
use klamm_model::UnixMillis;
use klamm_planner::operations::{Replicas, Scene};
use klamm_resources::is_dynamic_setting;
use std::time::{Duration, Instant};

/// What guards judge by is not older than this, and the time it took to ask.
const STALE: Duration = Duration::from_millis(500);

/// What was seen for a plan.
pub(super) struct Eyes {
    pub(super) observed: Observed,
    pub(super) assignment: Assignment,
    pub(super) fresh: FreshLook,
    pub(super) scene: Scene,
    /// Before anybody was asked.
    pub(super) began: Timestamp,
    pub(super) now: Timestamp,
}

impl Eyes {
    /// Looks at brokers and what their pods stand on, for that purpose. `moving` is what the operation has set on its way, and what others
    /// move, as far as was seen last.
    pub(super) async fn open(
        stage: &Stage<'_>,
        observed: Observed,
        purpose: For,
        moving: &Replicas,
        memory: &mut Memory,
    ) -> Result<Self, OperationError> {
        let assignment = assign_nodes(stage.blueprint.managed, &observed, Some(stage.previous));
        let client = stage.context.connections.get(stage.cluster).ok();
        let (began, began_at) = (Instant::now(), Timestamp::now());
        let asked = purpose.wanted(&memory.kept);
        let mut fresh = fresh::brokers(stage.context, stage.cluster, &asked).await;
        let looked = Instant::now();
        let wanted = wanted(stage);
        let dynamic = fresh::configuration(client.as_ref(), &fresh, &wanted, purpose, &mut memory.kept).await;
        let port = stage.blueprint.managed.jolokia_port;
        let hosts = hosts::look(stage.context, &observed, stage.blueprint.managed.rack_topology_key.as_deref()).await?;
        let recovering = fresh::recovering(&observed, port).await;
        let old_clients = fresh::old_clients(&observed, port, purpose, &mut memory.kept).await;
        let topic_settings =
            fresh::topic_settings(client.as_ref(), &fresh, (purpose, &dynamic), &mut memory.kept).await;
        if looked.elapsed() > STALE {
            // What was asked meanwhile took its time, and guards judge by what is new.
            fresh = fresh::brokers(stage.context, stage.cluster, &asked).await;
        }
        tracing::debug!(cluster = %stage.cluster, ?purpose, took = ?began.elapsed(), "looked at brokers");
        let now = Timestamp::now();
        let mut scene = scene(&Sight {
            blueprint: stage.blueprint,
            assignment: &assignment,
            observed: &observed,
            previous: stage.previous,
            fresh: &fresh,
            moving,
            dynamic: &dynamic,
            topic_settings,
            recovering: &recovering,
            hosts: &hosts,
            old_clients,
            now: UnixMillis(now.as_millisecond()),
        });
        fresh::disks(&mut scene.nodes, purpose, &mut memory.kept);
        Ok(Self { observed, assignment, fresh, scene, began: began_at, now })
    }
}

/// How running brokers shall be configured: what is declared, and the minimum of in-sync replicas, which Kafka keeps as a
/// dynamic setting of its own where it tracks eligible leaders (KIP-966).
fn wanted(stage: &Stage<'_>) -> Wanted {
    use klamm_planner::operations::MIN_IN_SYNC;

    let managed = stage.blueprint.managed;
    let is_wanted = |key: &String| {
        (managed.config.contains_key(key) || key == MIN_IN_SYNC) && is_dynamic_setting(key, managed.version)
    };
    Wanted {
        values: stage.blueprint.settings().into_iter().filter(|(key, _)| is_wanted(key)).collect(),
        ours: stage.previous.dynamic_config.iter().cloned().collect(),
    }
}
