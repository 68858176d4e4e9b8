//! Starting one container: image, environment, mounts, process.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, Pod};
use kube::ResourceExt as _;

use crate::node::container::env::{self, ConfigProblem};
use crate::node::container::exec::ExecTarget;
use crate::node::container::field::PodFacts;
use crate::node::container::launch::{self, LaunchError, Launched, Order};
use crate::node::container::logs::LogWriter;
use crate::node::container::root::{self, Mount};
use crate::node::container::sandbox::{RootAccess, Sandbox};
use crate::node::images::{self, NoSuchImage};
use crate::node::layout::PodLayout;
use crate::node::objects::Sources;
use crate::node::volume::{PodVolumes, VolumeError};

use super::context::NodeContext;

/// Where the node's own files are shown to containers.
const SHOWN_AT: &str = "/run/sandbox-node";
const LAST_WORDS_AT: &str = "/dev/termination-log";
/// How long a container's last words may be.
const LONGEST_LAST_WORDS: usize = 4096;

/// Why a container was not started.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Image(#[from] NoSuchImage),
    #[error(transparent)]
    Config(#[from] ConfigProblem),
    #[error(transparent)]
    Volume(#[from] VolumeError),
    #[error("the image's folder cannot be read")]
    Rootfs(#[source] std::io::Error),
    #[error("the container's files cannot be made")]
    Files(#[source] std::io::Error),
    #[error(transparent)]
    Launch(#[from] LaunchError),
}

/// A container that was started.
pub(super) struct Started {
    pub(super) launched: Launched,
    pub(super) exec: Option<ExecTarget>,
}

/// What a start needs beside the container.
pub(super) struct Surroundings<'a> {
    pub(super) node: &'a NodeContext,
    pub(super) pod: &'a Arc<Pod>,
    pub(super) pod_ip: Ipv4Addr,
    pub(super) layout: &'a PodLayout,
    pub(super) volumes: &'a PodVolumes,
    pub(super) sources: &'a Sources,
}

/// Starts a container's `run`th run.
pub(super) async fn start(around: &Surroundings<'_>, container: &Container, run: i32) -> Result<Started, StartError> {
    let node = around.node;
    let facts = PodFacts { pod: around.pod, pod_ip: around.pod_ip, node: &node.facts };
    let rootfs = images::find(&node.images, container.image.as_deref().unwrap_or_default())?;
    let mut environment = env::environment(container, &facts, around.sources)?;
    if let Some(home) = root::java_home() {
        environment.entry("JAVA_HOME".to_owned()).or_insert_with(|| home.display().to_string());
    }
    let command = env::command(container, &environment)?;
    let volumes = around.volumes.mounts(container, &environment)?;
    let last_words = around.layout.termination_message(&container.name, run);
    fresh_file(&last_words).map_err(StartError::Files)?;
    let log = LogWriter::create(&node.layout.logs(around.pod), &container.name, run).map_err(StartError::Files)?;
    let last_words_at =
        container.termination_message_path.as_deref().filter(|path| !path.is_empty()).unwrap_or(LAST_WORDS_AT);
    let mut mounts = root::of_host();
    mounts.extend(root::of_image(&rootfs, &mount_points(&volumes, last_words_at)).map_err(StartError::Rootfs)?);
    mounts.push(Mount::ReadOnly { from: around.layout.shown(), at: SHOWN_AT.into() });
    mounts.push(Mount::Symlink { to: Path::new(SHOWN_AT).join(crate::node::hosts::FILE), at: "/etc/hosts".into() });
    mounts.extend(volumes);
    mounts.push(Mount::Writable { from: last_words, at: last_words_at.into() });
    let read_only = container.security_context.as_ref().and_then(|security| security.read_only_root_filesystem);
    let sandbox = Sandbox {
        mounts,
        env: environment,
        host_name: env::host_name(&facts),
        work_dir: container.working_dir.as_deref().filter(|folder| !folder.is_empty()).unwrap_or("/").into(),
        root: if read_only == Some(true) { RootAccess::ReadOnly } else { RootAccess::Writable },
        privilege: node.privilege,
        command,
    };
    let order = Order {
        options: sandbox.options(),
        command: sandbox.command,
        from: around.volumes.start_from(),
        privilege: node.privilege,
        log: Some(log),
        name: format!("{}/{}/{}", around.pod.namespace().unwrap_or_default(), around.pod.name_any(), container.name),
    };
    let launched = launch::launch(order, &node.records).await?;
    let exec = launched.process.map(|process| ExecTarget { process, env: sandbox.env, privilege: node.privilege });
    Ok(Started { launched, exec })
}

fn mount_points(volumes: &[Mount], last_words: &str) -> Vec<PathBuf> {
    let at = |mount: &Mount| match mount {
        Mount::ReadOnly { at, .. } | Mount::Writable { at, .. } => Some(at.clone()),
        Mount::Tmpfs { .. }
        | Mount::Folder { .. }
        | Mount::Proc { .. }
        | Mount::Device { .. }
        | Mount::Symlink { .. } => None,
    };
    volumes.iter().filter_map(at).chain([last_words.into()]).collect()
}

fn fresh_file(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, "")
}

/// What a container left as its last words: its message file, or the end of its output where it asked for that.
pub(super) fn last_words(container: &Container, file: &Path, code: i32, output: &str) -> Option<String> {
    let written = fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let fall_back = container.termination_message_policy.as_deref() == Some("FallbackToLogsOnError") && code != 0;
    let words = if written.is_empty() && fall_back { output.to_owned() } else { written };
    let end = (0..=LONGEST_LAST_WORDS.min(words.len())).rev().find(|end| words.is_char_boundary(*end)).unwrap_or(0);
    Some(words[..end].to_owned()).filter(|words| !words.is_empty())
}
