//! Which ConfigMaps and Secrets a pod refers to.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, Pod, Volume};

/// Their names, in the pod's namespace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::node) struct References {
    pub(in crate::node) config_maps: BTreeSet<String>,
    pub(in crate::node) secrets: BTreeSet<String>,
}

impl References {
    pub(in crate::node) fn of(pod: &Pod) -> Self {
        let mut found = Self::default();
        let Some(spec) = &pod.spec else { return found };
        for container in spec.init_containers.iter().flatten().chain(&spec.containers) {
            found.add_container(container);
        }
        for volume in spec.volumes.iter().flatten() {
            found.add_volume(volume);
        }
        found
    }

    fn add_container(&mut self, container: &Container) {
        for from in container.env_from.iter().flatten() {
            self.config_maps.extend(from.config_map_ref.as_ref().map(|source| source.name.clone()));
            self.secrets.extend(from.secret_ref.as_ref().map(|source| source.name.clone()));
        }
        for from in container.env.iter().flatten().filter_map(|variable| variable.value_from.as_ref()) {
            self.config_maps.extend(from.config_map_key_ref.as_ref().map(|source| source.name.clone()));
            self.secrets.extend(from.secret_key_ref.as_ref().map(|source| source.name.clone()));
        }
    }

    fn add_volume(&mut self, volume: &Volume) {
        self.config_maps.extend(volume.config_map.as_ref().map(|source| source.name.clone()));
        self.secrets.extend(volume.secret.as_ref().and_then(|source| source.secret_name.clone()));
        for source in volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten()) {
            self.config_maps.extend(source.config_map.as_ref().map(|source| source.name.clone()));
            self.secrets.extend(source.secret.as_ref().map(|source| source.name.clone()));
        }
    }
}
