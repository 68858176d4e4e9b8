//! The downward API: what a container may be told of its own pod.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;

use k8s_openapi::api::core::v1::{Container, Pod, ResourceFieldSelector};
use kube::ResourceExt as _;

use crate::node::quantity;

/// What pods may know of their node.
#[derive(Debug, Clone)]
pub(in crate::node) struct NodeFacts {
    pub(in crate::node) name: String,
    pub(in crate::node) address: Ipv4Addr,
    pub(in crate::node) service_host: Ipv4Addr,
    pub(in crate::node) service_port: u16,
    pub(in crate::node) cpu_milli: i128,
    pub(in crate::node) memory_bytes: i128,
}

/// A pod, with what its object may not say yet.
#[derive(Debug, Clone, Copy)]
pub(in crate::node) struct PodFacts<'a> {
    pub(in crate::node) pod: &'a Pod,
    pub(in crate::node) pod_ip: Ipv4Addr,
    pub(in crate::node) node: &'a NodeFacts,
}

/// A field that cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::node) enum FieldError {
    #[error("the sandbox does not know the field path {0}")]
    Path(String),
    #[error("the sandbox does not know the resource {0}")]
    Resource(String),
    #[error("resourceFieldRef names the container {0}, which this pod does not have")]
    Container(String),
    #[error("resourceFieldRef has the divisor {0}, which is none")]
    Divisor(String),
}

impl PodFacts<'_> {
    /// `fieldRef`.
    pub(in crate::node) fn field(&self, path: &str) -> Result<String, FieldError> {
        let spec = self.pod.spec.as_ref();
        Ok(match path {
            "metadata.name" => self.pod.name_any(),
            "metadata.namespace" => self.pod.namespace().unwrap_or_default(),
            "metadata.uid" => self.pod.uid().unwrap_or_default(),
            "metadata.labels" => lines(self.pod.labels()),
            "metadata.annotations" => lines(self.pod.annotations()),
            "spec.nodeName" => self.node.name.clone(),
            "spec.serviceAccountName" => spec.and_then(|spec| spec.service_account_name.clone()).unwrap_or_default(),
            "status.podIP" | "status.podIPs" => self.pod_ip.to_string(),
            "status.hostIP" | "status.hostIPs" => self.node.address.to_string(),
            _ => {
                let (map, key) = subscript(path).ok_or_else(|| FieldError::Path(path.to_owned()))?;
                let entries = match map {
                    "metadata.labels" => self.pod.labels(),
                    "metadata.annotations" => self.pod.annotations(),
                    _ => return Err(FieldError::Path(path.to_owned())),
                };
                entries.get(key).cloned().unwrap_or_default()
            }
        })
    }

    /// `resourceFieldRef`; `own` is the container that asks, unless it names another.
    pub(in crate::node) fn resource(
        &self,
        selector: &ResourceFieldSelector,
        own: Option<&Container>,
    ) -> Result<String, FieldError> {
        let container = match selector.container_name.as_deref().filter(|name| !name.is_empty()) {
            None => own,
            Some(name) => {
                let spec = self.pod.spec.as_ref();
                let mut all =
                    spec.into_iter().flat_map(|spec| spec.init_containers.iter().flatten().chain(&spec.containers));
                Some(all.find(|other| other.name == name).ok_or_else(|| FieldError::Container(name.to_owned()))?)
            }
        };
        let unknown = || FieldError::Resource(selector.resource.clone());
        let (kind, resource) = selector.resource.split_once('.').ok_or_else(unknown)?;
        let resources = container.and_then(|container| container.resources.as_ref());
        let stated = match kind {
            "limits" => resources.and_then(|resources| resources.limits.as_ref()),
            "requests" => resources.and_then(|resources| resources.requests.as_ref()),
            _ => return Err(unknown()),
        };
        let milli = stated.and_then(|stated| stated.get(resource)).and_then(quantity::milli);
        // Without a limit, all the node has is the limit.
        let milli = milli.unwrap_or(match (kind, resource) {
            ("limits", "cpu") => self.node.cpu_milli,
            ("limits", "memory") => self.node.memory_bytes * 1000,
            ("requests", "cpu" | "memory") | (_, "ephemeral-storage") => 0,
            _ => return Err(unknown()),
        });
        let divisor = match &selector.divisor {
            None => 1000,
            Some(divisor) if divisor.0 == "0" => 1000,
            Some(divisor) => {
                let wrong = || FieldError::Divisor(divisor.0.clone());
                quantity::milli(divisor).filter(|milli| *milli > 0).ok_or_else(wrong)?
            }
        };
        Ok((milli.div_euclid(divisor) + i128::from(milli.rem_euclid(divisor) != 0)).to_string())
    }
}

fn subscript(path: &str) -> Option<(&str, &str)> {
    let (map, rest) = path.split_once("['")?;
    Some((map, rest.strip_suffix("']")?))
}

/// Labels and annotations as a file: one `key="value"` a line, sorted.
fn lines(entries: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for (key, value) in entries {
        if !out.is_empty() {
            out.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = write!(out, "{key}={value:?}");
    }
    out
}

#[cfg(test)]
pub(in crate::node) mod tests {
    use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
    use serde_json::json;

    use super::*;

    pub(in crate::node) fn node_facts() -> NodeFacts {
        NodeFacts {
            name: "node-1".to_owned(),
            address: Ipv4Addr::new(127, 1, 1, 2),
            service_host: Ipv4Addr::new(127, 1, 1, 1),
            service_port: 6443,
            cpu_milli: 8000,
            memory_bytes: 8 << 30,
        }
    }

    pub(in crate::node) fn pod() -> Pod {
        serde_json::from_value(json!({
            "metadata": {
                "name": "broker-0", "namespace": "kafka", "uid": "u-1",
                "labels": {"app": "broker"},
                "annotations": {"klamm.dev/rack": "zone-a", "quoted": "say \"hi\"\n"},
            },
            "spec": {
                "serviceAccountName": "kafka",
                "containers": [{"name": "kafka", "resources": {"limits": {"cpu": "1500m", "memory": "512Mi"}}}],
            },
        }))
        .unwrap()
    }

    fn with_facts<T>(test: impl FnOnce(PodFacts<'_>) -> T) -> T {
        test(PodFacts { pod: &pod(), pod_ip: Ipv4Addr::new(127, 1, 1, 10), node: &node_facts() })
    }

    #[test]
    fn every_field_a_container_may_ask_for() {
        with_facts(|facts| {
            for (path, expected) in [
                ("metadata.name", "broker-0"),
                ("metadata.namespace", "kafka"),
                ("metadata.uid", "u-1"),
                ("metadata.labels['app']", "broker"),
                ("metadata.annotations['klamm.dev/rack']", "zone-a"),
                ("metadata.annotations['none']", ""),
                ("metadata.annotations", "klamm.dev/rack=\"zone-a\"\nquoted=\"say \\\"hi\\\"\\n\""),
                ("spec.nodeName", "node-1"),
                ("spec.serviceAccountName", "kafka"),
                ("status.podIP", "127.1.1.10"),
                ("status.hostIP", "127.1.1.2"),
            ] {
                assert_eq!(facts.field(path).as_deref(), Ok(expected), "{path}");
            }
            assert_eq!(facts.field("spec.hostname"), Err(FieldError::Path("spec.hostname".to_owned())));
        });
    }

    #[test]
    fn resources_are_rounded_up_and_fall_back_to_the_node() {
        let ask = |resource: &str, divisor: Option<&str>| ResourceFieldSelector {
            container_name: None,
            divisor: divisor.map(|divisor| Quantity(divisor.to_owned())),
            resource: resource.to_owned(),
        };
        with_facts(|facts| {
            let spec = facts.pod.spec.as_ref().unwrap();
            let own = spec.containers.first();
            assert_eq!(facts.resource(&ask("limits.cpu", None), own).as_deref(), Ok("2"));
            assert_eq!(facts.resource(&ask("limits.cpu", Some("1m")), own).as_deref(), Ok("1500"));
            assert_eq!(facts.resource(&ask("limits.memory", Some("1Mi")), own).as_deref(), Ok("512"));
            assert_eq!(facts.resource(&ask("requests.memory", None), own).as_deref(), Ok("0"));
            assert_eq!(facts.resource(&ask("limits.memory", Some("1Gi")), None).as_deref(), Ok("8"));
            assert!(facts.resource(&ask("limits.gpu", None), own).is_err());
        });
    }
}
