//! A container's environment, and the command it makes.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Container, EnvVar, Secret};
use kube::ResourceExt as _;

use crate::node::objects::{Seen, Sources};

use super::expand::expand;
use super::field::{FieldError, PodFacts};

/// Where programs are looked for when nobody says otherwise.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Why a container cannot be made yet. None of these sentences holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::node) enum ConfigProblem {
    #[error("{0} is still being read")]
    Reading(String),
    #[error("configmap \"{0}\" not found")]
    NoConfigMap(String),
    #[error("secret \"{0}\" not found")]
    NoSecret(String),
    #[error("couldn't find key {key} in {kind} {namespace}/{name}")]
    NoKey { kind: &'static str, namespace: String, name: String, key: String },
    #[error("{kind} {namespace}/{name}: the key {key} is not text, so it cannot be an environment variable")]
    NotText { kind: &'static str, namespace: String, name: String, key: String },
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error("no command: the sandbox's images have no entrypoint, so the container's `command` must be given")]
    NoCommand,
}

pub(in crate::node) type Environment = BTreeMap<String, String>;

/// The environment of a container, in Kubernetes' order: what the node says, `envFrom`, then `env`, where later entries
/// may refer to earlier ones.
pub(in crate::node) fn environment(
    container: &Container,
    facts: &PodFacts<'_>,
    sources: &Sources,
) -> Result<Environment, ConfigProblem> {
    let mut env = Environment::from([
        ("PATH".to_owned(), PATH.to_owned()),
        ("HOSTNAME".to_owned(), host_name(facts)),
        ("HOME".to_owned(), "/root".to_owned()),
        ("KUBERNETES_SERVICE_HOST".to_owned(), facts.node.service_host.to_string()),
        ("KUBERNETES_SERVICE_PORT".to_owned(), facts.node.service_port.to_string()),
        ("KUBERNETES_SERVICE_PORT_HTTPS".to_owned(), facts.node.service_port.to_string()),
    ]);
    let reader = Reader { facts, sources, namespace: facts.pod.namespace().unwrap_or_default() };
    for from in container.env_from.iter().flatten() {
        let prefix = from.prefix.as_deref().unwrap_or_default();
        if let Some(source) = &from.config_map_ref
            && let Some(map) = reader.config_map(&source.name, source.optional)?
        {
            env.extend(map.data.iter().flatten().map(|(key, value)| (format!("{prefix}{key}"), value.clone())));
        }
        if let Some(source) = &from.secret_ref
            && let Some(secret) = reader.secret(&source.name, source.optional)?
        {
            for (key, ByteString(value)) in secret.data.iter().flatten() {
                let value =
                    String::from_utf8(value.clone()).map_err(|_| reader.not_text("Secret", &source.name, key))?;
                env.insert(format!("{prefix}{key}"), value);
            }
        }
    }
    for variable in container.env.iter().flatten() {
        if let Some(value) = reader.variable(variable, container, &env)? {
            env.insert(variable.name.clone(), value);
        }
    }
    Ok(env)
}

/// The pod's own name on the network.
pub(in crate::node) fn host_name(facts: &PodFacts<'_>) -> String {
    let given = facts.pod.spec.as_ref().and_then(|spec| spec.hostname.clone()).filter(|name| !name.is_empty());
    given.unwrap_or_else(|| facts.pod.name_any())
}

/// Command and arguments with `$(NAME)` replaced.
pub(in crate::node) fn command(container: &Container, env: &Environment) -> Result<Vec<String>, ConfigProblem> {
    let words = container.command.iter().flatten().chain(container.args.iter().flatten());
    let words: Vec<String> = words.map(|word| expand(word, |name| env.get(name).cloned())).collect();
    if container.command.as_ref().is_none_or(Vec::is_empty) { Err(ConfigProblem::NoCommand) } else { Ok(words) }
}

struct Reader<'a> {
    facts: &'a PodFacts<'a>,
    sources: &'a Sources,
    namespace: String,
}

impl Reader<'_> {
    fn config_map(
        &self,
        name: &str,
        optional: Option<bool>,
    ) -> Result<Option<std::sync::Arc<ConfigMap>>, ConfigProblem> {
        match self.sources.config_map(name) {
            Seen::Present(map) => Ok(Some(map)),
            Seen::Absent if optional == Some(true) => Ok(None),
            Seen::Absent => Err(ConfigProblem::NoConfigMap(name.to_owned())),
            Seen::Reading => Err(ConfigProblem::Reading(format!("configmap \"{name}\""))),
        }
    }

    fn secret(&self, name: &str, optional: Option<bool>) -> Result<Option<std::sync::Arc<Secret>>, ConfigProblem> {
        match self.sources.secret(name) {
            Seen::Present(secret) => Ok(Some(secret)),
            Seen::Absent if optional == Some(true) => Ok(None),
            Seen::Absent => Err(ConfigProblem::NoSecret(name.to_owned())),
            Seen::Reading => Err(ConfigProblem::Reading(format!("secret \"{name}\""))),
        }
    }

    fn variable(&self, variable: &EnvVar, own: &Container, env: &Environment) -> Result<Option<String>, ConfigProblem> {
        let Some(from) = &variable.value_from else {
            let value = variable.value.as_deref().unwrap_or_default();
            return Ok(Some(expand(value, |name| env.get(name).cloned())));
        };
        if let Some(field) = &from.field_ref {
            return Ok(Some(self.facts.field(&field.field_path)?));
        }
        if let Some(resource) = &from.resource_field_ref {
            return Ok(Some(self.facts.resource(resource, Some(own))?));
        }
        if let Some(key) = &from.config_map_key_ref {
            let value =
                self.config_map(&key.name, key.optional)?.and_then(|map| map.data.as_ref()?.get(&key.key).cloned());
            return self.required(value, key.optional, "ConfigMap", &key.name, &key.key);
        }
        if let Some(key) = &from.secret_key_ref {
            let value =
                self.secret(&key.name, key.optional)?.and_then(|secret| secret.data.as_ref()?.get(&key.key).cloned());
            let value = value.map(|ByteString(bytes)| String::from_utf8(bytes)).transpose();
            let value = value.map_err(|_| self.not_text("Secret", &key.name, &key.key))?;
            return self.required(value, key.optional, "Secret", &key.name, &key.key);
        }
        Ok(None)
    }

    fn required(
        &self,
        value: Option<String>,
        optional: Option<bool>,
        kind: &'static str,
        name: &str,
        key: &str,
    ) -> Result<Option<String>, ConfigProblem> {
        match value {
            Some(value) => Ok(Some(value)),
            None if optional == Some(true) => Ok(None),
            None => {
                let (namespace, name, key) = (self.namespace.clone(), name.to_owned(), key.to_owned());
                Err(ConfigProblem::NoKey { kind, namespace, name, key })
            }
        }
    }

    fn not_text(&self, kind: &'static str, name: &str, key: &str) -> ConfigProblem {
        let (namespace, name, key) = (self.namespace.clone(), name.to_owned(), key.to_owned());
        ConfigProblem::NotText { kind, namespace, name, key }
    }
}

/// The bytes behind every key of a ConfigMap, text and binary alike.
pub(in crate::node) fn config_map_bytes(map: &ConfigMap) -> BTreeMap<String, Vec<u8>> {
    let text = map.data.iter().flatten().map(|(key, value)| (key.clone(), value.clone().into_bytes()));
    let binary = map.binary_data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone()));
    text.chain(binary).collect()
}

/// The bytes behind every key of a Secret.
pub(in crate::node) fn secret_bytes(secret: &Secret) -> BTreeMap<String, Vec<u8>> {
    secret.data.iter().flatten().map(|(key, value)| (key.clone(), value.0.clone())).collect()
}

#[cfg(test)]
#[path = "env_tests.rs"]
mod tests;
