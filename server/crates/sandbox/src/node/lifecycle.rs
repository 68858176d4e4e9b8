//! A node from its start to its end.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::process::ProcessRecords;

use super::container::field::NodeFacts;
use super::container::sandbox::Privilege;
use super::events;
use super::hosts::Names;
use super::layout::{self, Layout};
use super::objects::Objects;
use super::pod::{NodeContext, NodePhase};
use super::{NodeConfig, NodeError, StopMode, pods, registration, server};

/// Without these no pod can run: the program and the Debian package it is in.
const PROGRAMS: [(&str, &str); 2] = [("bwrap", "bubblewrap"), ("nsenter", "util-linux")];

/// Runs a node until `stop`; `mode` says how it then goes down.
pub async fn run(
    config: NodeConfig,
    stop: CancellationToken,
    mode: watch::Receiver<StopMode>,
) -> Result<(), NodeError> {
    for (program, package) in PROGRAMS {
        let there =
            ["/usr/local/bin", "/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(program).exists());
        if !there {
            return Err(NodeError::Program(program, package));
        }
    }
    let layout = Layout::new(&config.state_dir, &config.name);
    let folder = |path: &Path| {
        let (node, path) = (config.name.clone(), path.to_owned());
        move |source| NodeError::Folder { node, path, source }
    };
    let pods_folder = layout.pods();
    // Secrets lie in there.
    let private = |path: &Path| {
        fs::create_dir_all(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
    };
    private(&pods_folder).map_err(folder(&pods_folder))?;
    fs::create_dir_all(layout.all_logs()).map_err(folder(&layout.all_logs()))?;
    let records_folder = layout::process_records(&config.state_dir);
    let records = ProcessRecords::open(&records_folder).map_err(folder(&records_folder))?;
    let server = server::serve(&config, layout.clone()).await?;

    let (names, known_names) = watch::channel(Arc::new(Names::default()));
    let (phase, seen_phase) = watch::channel(NodePhase::Running);
    let context = Arc::new(NodeContext {
        client: config.client.clone(),
        facts: NodeFacts {
            name: config.name.clone(),
            address: config.address,
            service_host: config.service_host,
            service_port: config.service_port,
            cpu_milli: registration::CPU_MILLI,
            memory_bytes: registration::MEMORY_BYTES,
        },
        images: config.images.clone(),
        layout,
        records,
        addresses: config.pod_addresses.clone(),
        objects: Objects::new(config.client.clone(), stop.clone()),
        recorder: events::recorder(config.client.clone(), &config.name),
        names: known_names,
        privilege: Privilege::current(),
    });
    let pods = pods::run(context, names, seen_phase);
    let beating = config.clone();
    let heart = AbortOnDropHandle::new(tokio::spawn(async move { registration::heartbeat(&beating).await }));
    let watch_for_stop = async move {
        stop.cancelled().await;
        drop(heart);
        let mode = *mode.borrow();
        phase.send_replace(NodePhase::Stopping(mode));
        // Until the pods have ended, their tasks listen to this.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = pods => {}
        () = watch_for_stop => {}
    }
    drop(server);
    Ok(())
}
