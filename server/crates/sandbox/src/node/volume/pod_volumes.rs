//! All volumes of one pod, made ready, kept up to date, taken down.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Volume};
use kube::{Client, ResourceExt as _};

use crate::node::container::env::Environment;
use crate::node::container::field::PodFacts;
use crate::node::container::launch::StartFrom;
use crate::node::container::root::Mount;
use crate::node::layout::PodLayout;
use crate::node::objects::Sources;
use crate::process::ProcessRecords;

use super::VolumeError;
use super::claims;
use super::holder::{Holder, SizedFolder, sized};
use super::mounts::{self, Behind};
use super::payload::{Payload, payload};
use super::publish::publish;
use super::tokens::Tokens;

/// The volumes of one pod.
pub(in crate::node) struct PodVolumes {
    client: Client,
    layout: PodLayout,
    records: ProcessRecords,
    tokens: Tokens,
    claims: BTreeMap<String, PathBuf>,
    published: BTreeMap<String, Payload>,
    sized: Vec<SizedFolder>,
    holder: Option<Holder>,
}

impl PodVolumes {
    pub(in crate::node) fn new(client: Client, layout: PodLayout, records: ProcessRecords) -> Self {
        Self {
            client,
            layout,
            records,
            tokens: Tokens::default(),
            claims: BTreeMap::new(),
            published: BTreeMap::new(),
            sized: Vec::new(),
            holder: None,
        }
    }

    /// Makes everything ready that is not ready yet. May be called again and again.
    pub(in crate::node) async fn prepare(
        &mut self,
        facts: &PodFacts<'_>,
        sources: &Sources,
    ) -> Result<(), VolumeError> {
        self.sized.clear();
        for volume in volumes(facts) {
            self.tokens.renew(&self.client, facts.pod, volume, Timestamp::now()).await?;
            if let Some(claim) = &volume.persistent_volume_claim {
                let namespace = facts.pod.namespace().unwrap_or_default();
                let folder = claims::folder(&self.client, &namespace, &volume.name, &claim.claim_name).await?;
                self.claims.insert(volume.name.clone(), folder);
            } else if volume.empty_dir.is_some() {
                let folder = self.layout.volume(&volume.name);
                make_open_folder(&folder)
                    .map_err(|source| VolumeError::Files { volume: volume.name.clone(), source })?;
                self.sized.extend(sized(volume, folder)?);
            } else if !self.publish(volume, facts, sources)? {
                let reason = "the sandbox knows configMap, secret, downwardAPI, projected, emptyDir and persistentVolumeClaim volumes";
                return Err(VolumeError::Refused { volume: volume.name.clone(), reason: reason.to_owned() });
            }
        }
        if !self.sized.is_empty() && !self.holder.as_ref().is_some_and(Holder::is_alive) {
            let name = format!("{}/{}", facts.pod.namespace().unwrap_or_default(), facts.pod.name_any());
            self.holder = Some(Holder::start(&self.sized, &self.records, &name).await?);
        }
        Ok(())
    }

    /// Brings what changed in ConfigMaps, Secrets, the pod's metadata and tokens into the volumes.
    pub(in crate::node) async fn refresh(
        &mut self,
        facts: &PodFacts<'_>,
        sources: &Sources,
    ) -> Result<(), VolumeError> {
        for volume in volumes(facts) {
            self.tokens.renew(&self.client, facts.pod, volume, Timestamp::now()).await?;
            self.publish(volume, facts, sources)?;
        }
        Ok(())
    }

    /// How long until a token is to be renewed.
    pub(in crate::node) fn refresh_in(&self) -> Option<Duration> {
        self.tokens.renew_in(Timestamp::now())
    }

    /// A container's mounts.
    pub(in crate::node) fn mounts(&self, container: &Container, env: &Environment) -> Result<Vec<Mount>, VolumeError> {
        mounts::mounts(container, env, |name| self.behind(name))
    }

    /// The mount namespace from which these mounts can be made.
    pub(in crate::node) fn start_from(&self) -> StartFrom {
        self.holder.as_ref().map_or(StartFrom::Host, Holder::start_from)
    }

    /// Ends what the volumes needed to run. The folders stay.
    pub(in crate::node) async fn close(&mut self) {
        if let Some(holder) = self.holder.take() {
            holder.end().await;
        }
    }

    fn behind(&self, name: &str) -> Option<Behind> {
        let own = self.layout.volume(name);
        if let Some(folder) = self.claims.get(name) {
            Some(Behind::Folder(folder.clone()))
        } else if self.published.contains_key(name) {
            Some(Behind::Published(own))
        } else if self.sized.iter().any(|sized| sized.path == own) {
            Some(Behind::Sized(own))
        } else {
            own.is_dir().then_some(Behind::Folder(own))
        }
    }

    fn publish(&mut self, volume: &Volume, facts: &PodFacts<'_>, sources: &Sources) -> Result<bool, VolumeError> {
        let Some(files) = payload(volume, facts, sources, &self.tokens)? else { return Ok(false) };
        if self.published.get(&volume.name) != Some(&files) {
            let folder = self.layout.volume(&volume.name);
            let written = publish(&folder, &files, Timestamp::now());
            written.map_err(|source| VolumeError::Files { volume: volume.name.clone(), source })?;
            self.published.insert(volume.name.clone(), files);
        }
        Ok(true)
    }
}

fn volumes<'a>(facts: &PodFacts<'a>) -> impl Iterator<Item = &'a Volume> + use<'a> {
    facts.pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten())
}

fn make_open_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777))
}
