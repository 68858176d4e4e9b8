use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::node::container::field::tests::{node_facts, pod};

use super::*;

fn sources() -> Sources {
    let map: ConfigMap = serde_json::from_value(json!({"data": {"a.b": "dotted", "level": "INFO"}})).unwrap();
    let secret: Secret = serde_json::from_value(json!({"data": {"password": "aHVudGVy", "raw": "/w=="}})).unwrap();
    Sources {
        config_maps: BTreeMap::from([
            ("settings".to_owned(), Seen::Present(Arc::new(map))),
            ("gone".to_owned(), Seen::Absent),
        ]),
        secrets: BTreeMap::from([
            ("login".to_owned(), Seen::Present(Arc::new(secret))),
            ("gone".to_owned(), Seen::Absent),
        ]),
    }
}

fn env_of(container: Value) -> Result<Environment, ConfigProblem> {
    let container: Container = serde_json::from_value(container).unwrap();
    let pod = pod();
    let node = node_facts();
    environment(&container, &PodFacts { pod: &pod, pod_ip: Ipv4Addr::new(127, 1, 1, 10), node: &node }, &sources())
}

#[test]
fn later_values_see_earlier_ones_and_those_of_env_from() {
    let env = env_of(json!({"name": "c",
        "envFrom": [{"configMapRef": {"name": "settings"}, "prefix": "CFG_"}, {"secretRef": {"name": "gone", "optional": true}}],
        "env": [
            {"name": "FIRST", "value": "1"},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "LISTEN", "value": "$(POD_IP):$(FIRST) $(CFG_level) $(LATER) $$(FIRST)"},
            {"name": "LATER", "value": "x"},
            {"name": "API", "value": "https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)"},
            {"name": "CFG_level", "value": "DEBUG"},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}},
            {"name": "ABSENT", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "none", "optional": true}}},
        ]}))
    .unwrap();
    assert_eq!(env["LISTEN"], "127.1.1.10:1 INFO $(LATER) $(FIRST)");
    assert_eq!(env["CFG_level"], "DEBUG", "env wins over envFrom");
    assert_eq!(env["CFG_a.b"], "dotted");
    assert_eq!(env["PASSWORD"], "hunter");
    assert_eq!(env["API"], "https://127.1.1.1:6443");
    assert!(!env.contains_key("ABSENT"));
}

#[test]
fn what_is_missing_is_named_and_no_value_is_told() {
    let secret = |name: &str, key: &str| json!({"name": "c", "env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}]});
    assert_eq!(env_of(secret("gone", "x")).unwrap_err().to_string(), "secret \"gone\" not found");
    assert_eq!(
        env_of(secret("login", "user")).unwrap_err().to_string(),
        "couldn't find key user in Secret kafka/login"
    );
    assert_eq!(env_of(secret("unread", "x")).unwrap_err(), ConfigProblem::Reading("secret \"unread\"".to_owned()));
    assert!(matches!(env_of(secret("login", "raw")), Err(ConfigProblem::NotText { .. })));
    let map = json!({"name": "c", "envFrom": [{"configMapRef": {"name": "gone"}}]});
    assert_eq!(env_of(map).unwrap_err().to_string(), "configmap \"gone\" not found");
}

#[test]
fn commands_are_expanded_word_by_word() {
    let container: Container =
        serde_json::from_value(json!({"name": "c", "command": ["sh", "-c"], "args": ["echo $(A) $B $$(A)"]})).unwrap();
    let env = Environment::from([("A".to_owned(), "two words".to_owned())]);
    assert_eq!(command(&container, &env).unwrap(), ["sh", "-c", "echo two words $B $(A)"]);
    let nothing: Container = serde_json::from_value(json!({"name": "c", "args": ["x"]})).unwrap();
    assert_eq!(command(&nothing, &env), Err(ConfigProblem::NoCommand));
}
