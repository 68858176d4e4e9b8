//! Two sandboxes with different state folders, and a second one on a folder in use.

use crate::{klamm, parts, sandbox};
use k8s_openapi::api::core::v1::{ConfigMap, Node};
use klamm_testkit::{BringUp, TestSandbox, eventually};
use kube::{
    Api,
    api::{ListParams, PostParams},
};
use std::{process::Command, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn two_sandboxes_with_different_state_folders_do_not_see_each_other() {
    let first = sandbox().await;
    let second = TestSandbox::start(klamm(), &parts(), BringUp::KubernetesOnly).await.unwrap();
    let (here, there) = (first.client().await.unwrap(), second.client().await.unwrap());
    let mut config_map = ConfigMap::default();
    config_map.metadata.name = Some("only-here".to_owned());
    Api::namespaced(there.clone(), "default").create(&PostParams::default(), &config_map).await.unwrap();
    let elsewhere: Api<ConfigMap> = Api::namespaced(here.clone(), "default");
    assert!(elsewhere.get_opt("only-here").await.unwrap().is_none());
    for client in [here, there] {
        let nodes: Api<Node> = Api::all(client);
        eventually("three nodes", Duration::from_secs(30), || async {
            let names = nodes.list(&ListParams::default()).await?.items.len();
            anyhow::ensure!(names == 3, "{names} nodes");
            Ok(())
        })
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_folder_in_use_is_refused_and_left_alone() {
    let running = sandbox().await;
    let kubeconfig = std::fs::read(running.state().join("kubeconfig")).unwrap();
    let output = Command::new(klamm())
        .args(["sandbox", "up", "--port", "0", "--state"])
        .arg(running.state())
        .arg("--parts")
        .arg(parts())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("in use"), "{said}");
    assert_eq!(std::fs::read(running.state().join("kubeconfig")).unwrap(), kubeconfig);
    assert!(running.kubectl(&["get", "nodes"]).await.unwrap().contains("Ready"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_sandbox_comes_back_with_its_state_and_ends_what_was_left() {
    let sandbox = TestSandbox::start(klamm(), &parts(), BringUp::KubernetesOnly).await.unwrap();
    let mut config_map = ConfigMap::default();
    config_map.metadata.name = Some("kept".to_owned());
    let client = sandbox.client().await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(client, "default");
    let made = api.create(&PostParams::default(), &config_map).await.unwrap();
    sandbox.kill().await.unwrap();
    sandbox.up().await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(sandbox.client().await.unwrap(), "default");
    let found = api.get("kept").await.unwrap();
    assert_eq!(found.metadata.uid, made.metadata.uid);
    let marker = sandbox.state().display().to_string();
    let etcds = processes_with(&["control-plane etcd ", &marker]);
    assert_eq!(etcds.len(), 1, "{etcds:?}");
}

/// Command lines of running processes that contain all of `words`.
pub(crate) fn processes_with(words: &[&str]) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let command_lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    command_lines
        .map(|raw| String::from_utf8_lossy(&raw).replace('\0', " "))
        .filter(|line| words.iter().all(|word| line.contains(word)))
        .collect()
}
