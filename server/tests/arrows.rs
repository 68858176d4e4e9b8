//! The arrows of ARCHITECTURE.md: a crate may use only the crates named to its right.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// Normal dependencies among Klamm's own crates. Dev-dependencies are free to use the testkit and the sandbox.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "klamm",
        &[
            "klamm-app",
            "klamm-portal",
            "klamm-operator",
            "klamm-monitor",
            "klamm-sandbox",
            "klamm-store",
            "klamm-resources",
            "klamm-model",
        ],
    ),
    ("klamm-app", &["klamm-portal", "klamm-model"]),
    (
        "klamm-portal",
        &["klamm-monitor", "klamm-store", "klamm-kafka", "klamm-resources", "klamm-planner", "klamm-model"],
    ),
    ("klamm-operator", &["klamm-kafka", "klamm-resources", "klamm-planner", "klamm-model"]),
    ("klamm-monitor", &["klamm-store", "klamm-kafka", "klamm-resources", "klamm-planner", "klamm-model"]),
    ("klamm-kafka", &["klamm-model"]),
    ("klamm-store", &["klamm-model"]),
    ("klamm-planner", &["klamm-model"]),
    ("klamm-resources", &["klamm-model"]),
    ("klamm-model", &[]),
    ("klamm-sandbox", &[]),
    ("klamm-testkit", &["klamm-sandbox", "klamm-kafka", "klamm-resources", "klamm-model"]),
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn normal_dependencies(package: &Value) -> Vec<(String, bool)> {
    let of = package["dependencies"].as_array().unwrap();
    of.iter()
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| (dependency["name"].as_str().unwrap().to_owned(), dependency["optional"].as_bool().unwrap()))
        .collect()
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let metadata = metadata();
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let packages = metadata["packages"].as_array().unwrap();
    assert_eq!(packages.len(), allowed.len(), "a crate came or went: draw its arrows here and in ARCHITECTURE.md");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let arrows = allowed.get(name).unwrap_or_else(|| panic!("{name} has no arrows"));
        for (dependency, _) in normal_dependencies(package) {
            if dependency.starts_with("klamm") {
                assert!(arrows.contains(&dependency.as_str()), "{name} must not use {dependency}");
            }
        }
    }
}

#[test]
fn pure_rooms_have_no_clients_and_no_runtime() {
    let metadata = metadata();
    let barred = ["tokio", "kube", "k8s-openapi", "rdkafka", "kafka-protocol", "sqlx", "axum", "futures"];
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if matches!(name, "klamm-planner" | "klamm-model") {
            for (dependency, _) in normal_dependencies(package) {
                assert!(!barred.contains(&dependency.as_str()), "{name} must stay pure, but uses {dependency}");
            }
        }
    }
}

#[test]
fn the_browser_half_links_the_model_only() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let app = packages.iter().find(|package| package["name"] == "klamm-app").expect("klamm-app is a member");
    for (dependency, optional) in normal_dependencies(app) {
        if dependency.starts_with("klamm") && dependency != "klamm-model" {
            assert!(optional, "klamm-app may use {dependency} behind the `ssr` feature only");
        }
    }
}
