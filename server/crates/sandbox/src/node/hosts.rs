//! Names on the cluster's network. There is no DNS server: every pod has an `/etc/hosts` with the names a cluster's DNS
//! would answer for, written anew whenever one comes or goes.
//!
//! As in DNS, a pod is found under its own name and its Service's when it is ready, or always where the Service publishes
//! not-ready addresses. A Service with a cluster address is answered with the addresses of its ready pods, where its ports
//! are theirs: nothing forwards here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::ResourceExt as _;

/// The file's name in the folder shown to containers.
pub(super) const FILE: &str = "hosts";

/// All names, by namespace.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Names {
    entries: BTreeSet<Entry>,
}

/// One address of `<name>.<namespace>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    namespace: String,
    /// A Service's name, or a pod's below it.
    name: String,
    ip: Ipv4Addr,
}

impl Names {
    /// The names that exist now.
    pub(super) fn of<'a>(services: impl IntoIterator<Item = &'a Service>, pods: &[&Pod], api_server: Ipv4Addr) -> Self {
        let mut names = Self::default();
        names.add("default", "kubernetes", api_server);
        for service in services {
            names.add_service(service, pods);
        }
        names
    }

    fn add_service(&mut self, service: &Service, pods: &[&Pod]) {
        let Some(spec) = &service.spec else { return };
        let Some(selector) = spec.selector.as_ref().filter(|selector| !selector.is_empty()) else { return };
        let (namespace, name) = (service.namespace().unwrap_or_default(), service.name_any());
        let headless = spec.cluster_ip.as_deref() == Some("None");
        let even_unready = spec.publish_not_ready_addresses == Some(true);
        for pod in pods {
            let Some(ip) = address(pod) else { continue };
            if pod.namespace().as_deref() != Some(&namespace)
                || !selects(selector, pod)
                || !(even_unready || is_ready(pod))
            {
                continue;
            }
            if !headless {
                if same_ports(service, pod) {
                    self.add(&namespace, &name, ip);
                }
                continue;
            }
            self.add(&namespace, &name, ip);
            let pod_spec = pod.spec.as_ref();
            let below = pod_spec.and_then(|spec| spec.subdomain.as_deref()) == Some(&name);
            if let Some(host) = pod_spec.and_then(|spec| spec.hostname.as_deref()).filter(|_| below) {
                self.add(&namespace, &format!("{host}.{name}"), ip);
            }
        }
    }

    fn add(&mut self, namespace: &str, name: &str, ip: Ipv4Addr) {
        self.entries.insert(Entry { namespace: namespace.to_owned(), name: name.to_owned(), ip });
    }

    /// The hosts file of one pod.
    pub(super) fn file(&self, pod: &Pod, host_name: &str, own: Ipv4Addr) -> String {
        let namespace = pod.namespace().unwrap_or_default();
        let mut out = String::from("# Written by the sandbox's node; changes are lost.\n127.0.0.1\tlocalhost\n");
        let subdomain =
            pod.spec.as_ref().and_then(|spec| spec.subdomain.clone()).filter(|subdomain| !subdomain.is_empty());
        let full = subdomain.map(|subdomain| format!("{host_name}.{subdomain}.{namespace}.svc"));
        let own_names =
            full.map_or_else(|| host_name.to_owned(), |full| format!("{full}.cluster.local\t{full}\t{host_name}"));
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{own}\t{own_names}");
        for Entry { namespace: of, name, ip } in &self.entries {
            let _ = write!(out, "{ip}\t{name}.{of}.svc.cluster.local\t{name}.{of}.svc\t{name}.{of}");
            let _ = if *of == namespace { writeln!(out, "\t{name}") } else { writeln!(out) };
        }
        out
    }
}

/// Writes a pod's hosts file so that a reader sees the old one or the new one.
pub(super) fn write(folder: &Path, content: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let unfinished = folder.join("hosts.new");
    fs::write(&unfinished, content)?;
    fs::rename(unfinished, folder.join(FILE))
}

fn address(pod: &Pod) -> Option<Ipv4Addr> {
    let status = pod.status.as_ref()?;
    if matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")) {
        return None;
    }
    status.pod_ip.as_deref()?.parse().ok()
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn selects(selector: &BTreeMap<String, String>, pod: &Pod) -> bool {
    selector.iter().all(|(key, value)| pod.labels().get(key) == Some(value))
}

fn same_ports(service: &Service, pod: &Pod) -> bool {
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    ports.into_iter().any(|port| match &port.target_port {
        None => true,
        Some(IntOrString::Int(target)) => *target == port.port,
        Some(IntOrString::String(name)) => {
            let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
            let mut named = containers.flat_map(|container| container.ports.iter().flatten());
            named.any(|own| own.name.as_ref() == Some(name) && own.container_port == port.port)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(name: &str, last: u8, ready: &str) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"name": name, "namespace": "kafka", "labels": {"app": "demo"}},
            "spec": {"hostname": name, "subdomain": "demo-brokers", "containers": []},
            "status": {"podIP": format!("127.1.1.{last}"), "conditions": [{"type": "Ready", "status": ready}]},
        }))
        .unwrap()
    }

    fn service(name: &str, spec: Value) -> Service {
        let mut spec = spec;
        spec["selector"] = json!({"app": "demo"});
        serde_json::from_value(json!({"metadata": {"name": name, "namespace": "kafka"}, "spec": spec})).unwrap()
    }

    fn file(services: &[Service], pods: &[Pod]) -> String {
        let names = Names::of(services, &pods.iter().collect::<Vec<_>>(), Ipv4Addr::new(127, 1, 1, 1));
        names.file(&pods[0], "demo-0", Ipv4Addr::new(127, 1, 1, 10))
    }

    #[test]
    fn the_names_a_clusters_dns_would_answer_for() {
        let pods = [pod("demo-0", 10, "False"), pod("demo-1", 11, "True")];
        let headless = json!({"clusterIP": "None", "publishNotReadyAddresses": true});
        let bootstrap = json!({"clusterIP": "10.0.0.9", "ports": [{"port": 9092}]});
        let moved = json!({"clusterIP": "10.0.0.8", "ports": [{"port": 80, "targetPort": 8080}]});
        let text = file(
            &[service("demo-brokers", headless), service("demo-bootstrap", bootstrap), service("moved", moved)],
            &pods,
        );
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "127.1.1.10\tdemo-0.demo-brokers.kafka.svc.cluster.local\tdemo-0.demo-brokers.kafka.svc\tdemo-0",
                "127.1.1.1\tkubernetes.default.svc.cluster.local\tkubernetes.default.svc\tkubernetes.default",
                "127.1.1.10\tdemo-0.demo-brokers.kafka.svc.cluster.local\tdemo-0.demo-brokers.kafka.svc\tdemo-0.demo-brokers.kafka\tdemo-0.demo-brokers",
                "127.1.1.11\tdemo-1.demo-brokers.kafka.svc.cluster.local\tdemo-1.demo-brokers.kafka.svc\tdemo-1.demo-brokers.kafka\tdemo-1.demo-brokers",
                "127.1.1.11\tdemo-bootstrap.kafka.svc.cluster.local\tdemo-bootstrap.kafka.svc\tdemo-bootstrap.kafka\tdemo-bootstrap",
                "127.1.1.10\tdemo-brokers.kafka.svc.cluster.local\tdemo-brokers.kafka.svc\tdemo-brokers.kafka\tdemo-brokers",
                "127.1.1.11\tdemo-brokers.kafka.svc.cluster.local\tdemo-brokers.kafka.svc\tdemo-brokers.kafka\tdemo-brokers",
            ]
        );
    }

    #[test]
    fn an_unready_pod_has_no_name_unless_its_service_wants_that() {
        let pods = [pod("demo-0", 10, "False")];
        let text = file(&[service("demo-brokers", json!({"clusterIP": "None"}))], &pods);
        assert_eq!(text.lines().filter(|line| line.contains("demo-brokers")).count(), 1, "only its own line:\n{text}");
    }
}
