//! What is in the volumes that are made of objects: ConfigMap, Secret, downward API, projected.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use k8s_openapi::api::core::v1::{DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection};
use kube::ResourceExt as _;

use crate::node::container::env::{ConfigProblem, config_map_bytes, secret_bytes};
use crate::node::container::field::PodFacts;
use crate::node::objects::{Seen, Sources};

use super::VolumeError;
use super::tokens::Tokens;

const DEFAULT_MODE: i32 = 0o644;

/// One file of a volume.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    pub(super) mode: u32,
}

/// All files of a volume, by path inside it.
pub(super) type Payload = BTreeMap<PathBuf, File>;

/// What a volume is to contain now; none if it is not of that sort.
pub(super) fn payload(
    volume: &Volume,
    facts: &PodFacts<'_>,
    sources: &Sources,
    tokens: &Tokens,
) -> Result<Option<Payload>, VolumeError> {
    let mut maker =
        Maker { volume: &volume.name, facts, sources, tokens, default_mode: DEFAULT_MODE, files: Payload::new() };
    if let Some(source) = &volume.config_map {
        maker.default_mode = source.default_mode.unwrap_or(DEFAULT_MODE);
        maker.config_map(&source.name, source.items.as_deref(), source.optional)?;
    } else if let Some(source) = &volume.secret {
        maker.default_mode = source.default_mode.unwrap_or(DEFAULT_MODE);
        maker.secret(source.secret_name.as_deref().unwrap_or_default(), source.items.as_deref(), source.optional)?;
    } else if let Some(source) = &volume.downward_api {
        maker.default_mode = source.default_mode.unwrap_or(DEFAULT_MODE);
        maker.downward(source.items.as_deref())?;
    } else if let Some(source) = &volume.projected {
        maker.default_mode = source.default_mode.unwrap_or(DEFAULT_MODE);
        for source in source.sources.iter().flatten() {
            maker.projection(source)?;
        }
    } else {
        return Ok(None);
    }
    Ok(Some(maker.files))
}

struct Maker<'a> {
    volume: &'a str,
    facts: &'a PodFacts<'a>,
    sources: &'a Sources,
    tokens: &'a Tokens,
    default_mode: i32,
    files: Payload,
}

impl Maker<'_> {
    fn projection(&mut self, source: &VolumeProjection) -> Result<(), VolumeError> {
        if let Some(map) = &source.config_map {
            self.config_map(&map.name, map.items.as_deref(), map.optional)?;
        }
        if let Some(secret) = &source.secret {
            self.secret(&secret.name, secret.items.as_deref(), secret.optional)?;
        }
        if let Some(downward) = &source.downward_api {
            self.downward(downward.items.as_deref())?;
        }
        if let Some(token) = &source.service_account_token {
            let reading = || self.source(ConfigProblem::Reading("the service account's token".to_owned()));
            let value = self.tokens.value(self.volume, &token.path).ok_or_else(reading)?;
            // Readable by its owner only, unless something wider was asked for explicitly.
            let mode = if self.default_mode == DEFAULT_MODE { 0o600 } else { self.default_mode };
            self.add(&token.path, value.into_bytes(), Some(mode))?;
        }
        Ok(())
    }

    fn config_map(
        &mut self,
        name: &str,
        items: Option<&[KeyToPath]>,
        optional: Option<bool>,
    ) -> Result<(), VolumeError> {
        match self.sources.config_map(name) {
            Seen::Present(map) => self.keys("ConfigMap", name, &config_map_bytes(&map), items, optional),
            Seen::Absent if optional == Some(true) => Ok(()),
            Seen::Absent => Err(self.source(ConfigProblem::NoConfigMap(name.to_owned()))),
            Seen::Reading => Err(self.source(ConfigProblem::Reading(format!("configmap \"{name}\"")))),
        }
    }

    fn secret(&mut self, name: &str, items: Option<&[KeyToPath]>, optional: Option<bool>) -> Result<(), VolumeError> {
        match self.sources.secret(name) {
            Seen::Present(secret) => self.keys("Secret", name, &secret_bytes(&secret), items, optional),
            Seen::Absent if optional == Some(true) => Ok(()),
            Seen::Absent => Err(self.source(ConfigProblem::NoSecret(name.to_owned()))),
            Seen::Reading => Err(self.source(ConfigProblem::Reading(format!("secret \"{name}\"")))),
        }
    }

    fn keys(
        &mut self,
        kind: &'static str,
        name: &str,
        data: &BTreeMap<String, Vec<u8>>,
        items: Option<&[KeyToPath]>,
        optional: Option<bool>,
    ) -> Result<(), VolumeError> {
        let Some(items) = items.filter(|items| !items.is_empty()) else {
            for (key, bytes) in data {
                self.add(key, bytes.clone(), None)?;
            }
            return Ok(());
        };
        for item in items {
            match data.get(&item.key) {
                Some(bytes) => self.add(&item.path, bytes.clone(), item.mode)?,
                None if optional == Some(true) => {}
                None => {
                    let (namespace, name, key) =
                        (self.facts.pod.namespace().unwrap_or_default(), name.to_owned(), item.key.clone());
                    return Err(self.source(ConfigProblem::NoKey { kind, namespace, name, key }));
                }
            }
        }
        Ok(())
    }

    fn downward(&mut self, items: Option<&[DownwardAPIVolumeFile]>) -> Result<(), VolumeError> {
        for item in items.into_iter().flatten() {
            let value = match (&item.field_ref, &item.resource_field_ref) {
                (Some(field), _) => self.facts.field(&field.field_path),
                (None, Some(resource)) => self.facts.resource(resource, None),
                (None, None) => continue,
            };
            let value = value.map_err(|error| self.source(error.into()))?;
            self.add(&item.path, value.into_bytes(), item.mode)?;
        }
        Ok(())
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>, mode: Option<i32>) -> Result<(), VolumeError> {
        let inside = !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside || path.starts_with("..") {
            return Err(VolumeError::Refused {
                volume: self.volume.to_owned(),
                reason: format!("the path {path} leads outside"),
            });
        }
        let mode = u32::try_from(mode.unwrap_or(self.default_mode)).unwrap_or(0o644) & 0o777;
        self.files.insert(path.into(), File { bytes, mode });
        Ok(())
    }

    fn source(&self, problem: ConfigProblem) -> VolumeError {
        VolumeError::Source { volume: self.volume.to_owned(), problem }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use serde_json::{Value, json};

    use crate::node::container::field::tests::{node_facts, pod};

    use super::*;

    fn made(volume: Value) -> Result<BTreeMap<String, (String, u32)>, VolumeError> {
        let volume: Volume = serde_json::from_value(volume).unwrap();
        let map = serde_json::from_value(json!({"data": {"a": "1", "b": "2"}, "binaryData": {"c": "Aw=="}})).unwrap();
        let secret = serde_json::from_value(json!({"data": {"password": "aHVudGVy"}})).unwrap();
        let sources = Sources {
            config_maps: BTreeMap::from([
                ("settings".to_owned(), Seen::Present(Arc::new(map))),
                ("gone".to_owned(), Seen::Absent),
            ]),
            secrets: BTreeMap::from([("login".to_owned(), Seen::Present(Arc::new(secret)))]),
        };
        let (pod, node) = (pod(), node_facts());
        let facts = PodFacts { pod: &pod, pod_ip: Ipv4Addr::new(127, 1, 1, 10), node: &node };
        let payload = payload(&volume, &facts, &sources, &Tokens::default())?.unwrap();
        let shown = |(path, file): (PathBuf, File)| {
            (path.display().to_string(), (String::from_utf8(file.bytes).unwrap(), file.mode))
        };
        Ok(payload.into_iter().map(shown).collect())
    }

    #[test]
    fn all_keys_or_the_ones_asked_for_under_the_names_asked_for() {
        let all = made(json!({"name": "v", "configMap": {"name": "settings"}})).unwrap();
        assert_eq!(all.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(all["a"], ("1".to_owned(), 0o644));
        let items = json!([{"key": "b", "path": "deep/er", "mode": 256}]);
        let some =
            made(json!({"name": "v", "configMap": {"name": "settings", "defaultMode": 288, "items": items}})).unwrap();
        assert_eq!(some, BTreeMap::from([("deep/er".to_owned(), ("2".to_owned(), 0o400))]));
    }

    #[test]
    fn a_projection_gathers_its_sources_and_says_what_is_missing() {
        let sources = json!([
            {"secret": {"name": "login"}},
            {"configMap": {"name": "gone", "optional": true}},
            {"downwardAPI": {"items": [{"path": "rack", "fieldRef": {"fieldPath": "metadata.annotations['klamm.dev/rack']"}}]}},
        ]);
        let made_of = made(json!({"name": "v", "projected": {"sources": sources, "defaultMode": 256}})).unwrap();
        assert_eq!(made_of["rack"], ("zone-a".to_owned(), 0o400));
        assert_eq!(made_of["password"].0, "hunter");
        for (volume, expected) in [
            (json!({"configMap": {"name": "gone"}}), "configmap \"gone\" not found"),
            (
                json!({"secret": {"secretName": "login", "items": [{"key": "x", "path": "x"}]}}),
                "couldn't find key x in Secret kafka/login",
            ),
            (
                json!({"configMap": {"name": "settings", "items": [{"key": "a", "path": "../a"}]}}),
                "the path ../a leads outside",
            ),
        ] {
            let mut volume = volume;
            volume["name"] = json!("v");
            let said = made(volume).unwrap_err().to_string();
            assert_eq!(said, format!("MountVolume.SetUp failed for volume \"v\" : {expected}"));
        }
    }
}
