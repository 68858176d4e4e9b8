//! Which pods of a cluster's namespace numbers are read from, and how. Pure.
//!
//! Only pods that Kubernetes knows are asked, at the addresses that Kubernetes gave them: never what a broker advertises.

use k8s_openapi::api::core::v1::Pod;
use klamm_model::{BrokerId, ClusterRef, ObjectName, TargetSource};
use klamm_resources::{
    KafkaCluster,
    names::{annotation, label},
};
use kube::ResourceExt;
use std::{collections::BTreeMap, net::IpAddr};

/// What collectors of Prometheus look for on pods.
const SCRAPE: &str = "prometheus.io/scrape";
const PORT: &str = "prometheus.io/port";
const PATH: &str = "prometheus.io/path";
/// The label that Strimzi puts on pods of a cluster.
const STRIMZI_CLUSTER: &str = "strimzi.io/cluster";
/// The one that says what of it: only brokers and controllers end so.
const STRIMZI_NAME: &str = "strimzi.io/name";
/// Where the exporter of the talk listens.
const TALKS_PORT: u16 = 9779;
/// Where Jolokia answers.
const JOLOKIA_PATH: &str = "/jolokia/";
/// Longest path that is asked for.
const LONGEST_PATH: usize = 200;

/// A place that numbers are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) pod: ObjectName,
    pub(crate) broker: Option<BrokerId>,
    pub(crate) source: TargetSource,
    /// Host and port.
    pub(crate) address: String,
    /// Begins with a slash.
    pub(crate) path: String,
    /// The Secret with user name and password, in the cluster's own namespace.
    pub(crate) secret: Option<String>,
}

/// The targets of a cluster among the pods of its namespace, by pod.
pub(crate) fn targets(name: &ClusterRef, cluster: &KafkaCluster, pods: &[Pod]) -> BTreeMap<ObjectName, Target> {
    let belonging = pods.iter().filter(|pod| belongs(pod, name, cluster));
    belonging.filter_map(|pod| target(pod, cluster)).map(|target| (target.pod.clone(), target)).collect()
}

/// Klamm's own pods say so by a label, others by an annotation of the same name; those of Strimzi by theirs.
fn belongs(pod: &Pod, name: &ClusterRef, cluster: &KafkaCluster) -> bool {
    let is = |value: Option<&String>| value.is_some_and(|value| value == name.name.as_str());
    if is(pod.labels().get(label::CLUSTER)) {
        return true;
    }
    let annotated = pod.annotations().get(annotation::CLUSTER);
    let annotated = is(annotated) || annotated.is_some_and(|value| *value == name.to_string());
    let is_node = || pod.labels().get(STRIMZI_NAME).is_none_or(|name| name.ends_with("-kafka"));
    cluster.spec.external.is_some() && (annotated || is(pod.labels().get(STRIMZI_CLUSTER)) && is_node())
}

fn target(pod: &Pod, cluster: &KafkaCluster) -> Option<Target> {
    if pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let host: IpAddr = pod.status.as_ref()?.pod_ip.as_ref()?.parse().ok()?;
    let said = |key: &str| pod.annotations().get(key).map(|value| value.trim());
    let monitoring = &cluster.spec.monitoring;
    let own = cluster.spec.external.is_none();
    let default = |port: i32, otherwise| if own { u16::try_from(port).unwrap_or(otherwise) } else { otherwise };
    let (source, port, path) = if said(SCRAPE) == Some("true") {
        let path = said(PATH).filter(|path| is_path(path)).unwrap_or("/metrics");
        let port = said(PORT).map_or(Some(default(monitoring.exporter_port, TALKS_PORT)), |port| port.parse().ok());
        (TargetSource::Prometheus, port?, path)
    } else {
        let port = match said(annotation::JOLOKIA_PORT) {
            Some(port) => port.parse().ok()?,
            None if own => u16::try_from(monitoring.jolokia_port).ok()?,
            None => return None,
        };
        (TargetSource::Jolokia, port, JOLOKIA_PATH)
    };
    let secret = match source {
        TargetSource::Jolokia => said(annotation::JOLOKIA_SECRET).filter(|name| !name.is_empty()),
        TargetSource::Prometheus => None,
    };
    Some(Target {
        pod: pod.name_any().parse().ok()?,
        broker: broker(pod),
        source,
        address: match host {
            IpAddr::V4(host) => format!("{host}:{port}"),
            IpAddr::V6(host) => format!("[{host}]:{port}"),
        },
        path: path.to_owned(),
        secret: secret.map(str::to_owned),
    })
}

/// What the pod says, else the number that its name ends in, as operators number pods of brokers.
fn broker(pod: &Pod) -> Option<BrokerId> {
    let said = pod.labels().get(label::NODE_ID).or_else(|| pod.annotations().get(label::NODE_ID));
    let id = match said {
        Some(id) => id.parse().ok(),
        None => pod.name_any().rsplit_once('-').and_then(|(_, number)| number.parse().ok()),
    };
    id.map(BrokerId)
}

fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.len() <= LONGEST_PATH && path.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_resources::{Authentication, External, KafkaClusterSpec};
    use serde_json::{Value, json};

    fn pod(name: &str, labels: &Value, annotations: &Value) -> Pod {
        serde_json::from_value(json!({
            "metadata": { "name": name, "labels": labels, "annotations": annotations },
            "status": { "podIP": "10.0.0.7" },
        }))
        .unwrap()
    }

    fn of(cluster: &KafkaCluster, pods: &[Pod]) -> Vec<Target> {
        targets(&"kafka/demo".parse().unwrap(), cluster, pods).into_values().collect()
    }

    fn external() -> KafkaCluster {
        let external =
            External { bootstrap_servers: "a:1".to_owned(), authentication: Authentication::None, secret_name: None };
        KafkaCluster::new("demo", KafkaClusterSpec { external: Some(external), ..KafkaClusterSpec::default() })
    }

    #[test]
    fn pods_of_the_cluster_that_say_where_they_tell_numbers_are_read() {
        let own = KafkaCluster::new("demo", KafkaClusterSpec::default());
        let labels = json!({ "klamm.dev/cluster": "demo", "klamm.dev/node-id": "4" });
        let scraped =
            json!({ "prometheus.io/scrape": "true", "prometheus.io/port": "9999", "prometheus.io/path": "/m" });
        let found = of(&own, &[pod("demo-broker-4-0", &labels, &scraped)]);
        let [target] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (target.address.as_str(), target.path.as_str(), target.source),
            ("10.0.0.7:9999", "/m", TargetSource::Prometheus)
        );
        assert_eq!(target.broker, Some(BrokerId(4)));

        let silent = &of(&own, &[pod("demo-broker-4-0", &labels, &json!({}))])[0];
        assert_eq!((silent.address.as_str(), silent.source), ("10.0.0.7:8778", TargetSource::Jolokia));
        assert_eq!(of(&own, &[pod("shop-1", &json!({}), &scraped)]), [], "it is not of the cluster");
        let others = json!({ "klamm.dev/cluster": "other" });
        assert_eq!(of(&own, &[pod("other-0", &others, &scraped)]), []);
    }

    #[test]
    fn pods_of_others_say_that_they_belong_to_a_cluster() {
        let said = json!({ "klamm.dev/cluster": "kafka/demo", "klamm.dev/jolokia-port": "8000", "klamm.dev/jolokia-secret": "jmx" });
        let jolokia = &of(&external(), &[pod("kafka-2", &json!({}), &said)])[0];
        assert_eq!((jolokia.address.as_str(), jolokia.source), ("10.0.0.7:8000", TargetSource::Jolokia));
        assert_eq!((jolokia.broker, jolokia.secret.as_deref()), (Some(BrokerId(2)), Some("jmx")));
        let strimzi = json!({ "strimzi.io/cluster": "demo" });
        assert_eq!(of(&external(), &[pod("demo-kafka-0", &strimzi, &json!({}))]), [], "nobody says where");
        let scraped = json!({ "prometheus.io/scrape": "true", "prometheus.io/path": "http://elsewhere/" });
        let found = &of(&external(), &[pod("demo-kafka-0", &strimzi, &scraped)])[0];
        assert_eq!((found.address.as_str(), found.path.as_str()), ("10.0.0.7:9779", "/metrics"));
        let bad_port = json!({ "prometheus.io/scrape": "true", "prometheus.io/port": "80; rm" });
        assert_eq!(of(&external(), &[pod("demo-kafka-0", &strimzi, &bad_port)]), []);
    }
}
