//! What pods find at their mount points, and what of it outlives them.

use std::time::Duration;

use anyhow::ensure;
use k8s_openapi::api::core::v1::Pod;
use klamm_testkit::{eventually, wait_for_object};
use kube::api::DeleteParams;
use serde_json::json;
use tokio::time::Instant;

use crate::side_by_side::processes_with;

use super::{Place, SOON, is_ready, merge, pod, waiting};

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_pod_has_its_grace_and_not_more_and_its_volume_outlives_it() -> anyhow::Result<()> {
    let place = Place::new("grace").await?;
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}});
    let mount = || json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]});
    let volume = |grace: u32| json!({"terminationGracePeriodSeconds": grace, "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]});
    place.apply(&claim.to_string()).await?;
    let polite = "trap 'sleep 1; echo orderly > /data/end; exit 0' TERM; while :; do sleep 0.1; done";
    place.apply(&pod("polite", polite, mount(), volume(60))).await?;
    place
        .apply(&pod(
            "stubborn",
            "trap '' TERM; while :; do sleep 1; done",
            json!({}),
            json!({"terminationGracePeriodSeconds": 3}),
        ))
        .await?;
    for name in ["polite", "stubborn"] {
        wait_for_object(&place.pods, name, SOON, is_ready).await?;
    }
    let begun = Instant::now();
    for name in ["polite", "stubborn"] {
        place.pods.delete(name, &DeleteParams::default()).await?;
    }
    let gone = async |name: &str| {
        eventually(&format!("{name} to go"), SOON, || async {
            ensure!(place.pods.get_opt(name).await?.is_none(), "{name} is there");
            Ok(())
        })
        .await
    };
    gone("stubborn").await?;
    ensure!((3..30).contains(&begun.elapsed().as_secs()), "it had 3 s, not {:?}", begun.elapsed());
    gone("polite").await?;
    ensure!(begun.elapsed() < Duration::from_secs(30), "whoever ends need not be waited for: {:?}", begun.elapsed());
    let mut once = volume(1);
    merge(&mut once, json!({"restartPolicy": "Never"}));
    place.apply(&pod("reader", "cat /data/end", mount(), once)).await?;
    ensure!(place.outcome("reader").await? == "orderly\n");
    Ok(())
}

/// Found nowhere else on the machine.
const PASSWORD: &str = "hunter2-on-the-river-klamm";

#[tokio::test(flavor = "multi_thread")]
async fn volumes_hold_what_was_asked_for_and_a_full_one_is_full() -> anyhow::Result<()> {
    let place = Place::new("volumes").await?;
    place.apply(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"password": PASSWORD, "user": "me"}}).to_string()).await?;
    let script = "\
        stat -L -c 'secret %a %n' /login/pw/secret; cat /login/pw/secret; echo; ls /login
        echo told: $(cat /told/annotation) $(cat /told/limit) $WHO $PASSWORD
        test -s /var/run/secrets/kubernetes.io/serviceaccount/token && echo has a token
        echo x > /login/x || echo the secret cannot be written
        head -c 3000000 /dev/zero > /small/full 2>/dev/null || echo full at $(stat -c %s /small/full)
        echo from init: $(cat /small/note)
        exec sleep 1000";
    let container = json!({
        "resources": {"limits": {"memory": "64Mi"}},
        "env": [
            {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "WHO", "value": "$(NAME)/$(NONE)"},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "user"}}},
            {"name": "HIDDEN", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}},
        ],
        "volumeMounts": [
            {"name": "login", "mountPath": "/login"}, {"name": "told", "mountPath": "/told"}, {"name": "small", "mountPath": "/small"},
        ],
    });
    let more = json!({
        "initContainers": [{"name": "i", "image": "klamm.dev/shell:1", "command": ["sh", "-c", "echo shared > /small/note"],
            "volumeMounts": [{"name": "small", "mountPath": "/small"}]}],
        "volumes": [
            {"name": "login", "secret": {"secretName": "login", "defaultMode": 0o440, "items": [{"key": "password", "path": "pw/secret", "mode": 0o400}]}},
            {"name": "told", "downwardAPI": {"items": [
                {"path": "annotation", "fieldRef": {"fieldPath": "metadata.annotations['about']"}},
                {"path": "limit", "resourceFieldRef": {"containerName": "c", "resource": "limits.memory", "divisor": "1Mi"}},
            ]}},
            {"name": "small", "emptyDir": {"sizeLimit": "1Mi"}},
        ],
    });
    let mut manifest: serde_json::Value = serde_json::from_str(&pod("volumes", script, container, more))?;
    manifest["metadata"]["annotations"] = json!({"about": "itself"});
    place.apply(&manifest.to_string()).await?;
    let told = eventually("everything to be told", SOON, || async {
        let told = place.logs("volumes", &[]).await?;
        ensure!(told.contains("from init"), "{told}");
        Ok(told)
    })
    .await?;
    let lines: Vec<&str> = told.lines().filter(|line| !line.contains("Read-only file system")).collect();
    let expected = [
        "secret 400 /login/pw/secret",
        PASSWORD,
        "pw",
        "told: itself 64 volumes/$(NONE) me",
        "has a token",
        "the secret cannot be written",
        "full at 1044480",
        "from init: shared",
    ];
    ensure!(lines == expected, "{told}");
    let shown = processes_with(&[PASSWORD]);
    ensure!(shown.is_empty(), "the password stands on a command line: {shown:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_waits_for_what_it_refers_to_and_starts_when_it_comes() -> anyhow::Result<()> {
    let place = Place::new("waits").await?;
    let from = json!({"envFrom": [{"configMapRef": {"name": "late"}}]});
    place.apply(&pod("environment", "echo got $word; exec sleep 1000", from, json!({}))).await?;
    let mount = json!({"volumeMounts": [{"name": "late", "mountPath": "/late"}]});
    let volume = json!({"volumes": [{"name": "late", "configMap": {"name": "late"}}]});
    place.apply(&pod("volume", "cat /late/word; exec sleep 1000", mount, volume)).await?;
    let named = |pod: &Pod| {
        waiting(pod) == Some(("CreateContainerConfigError".to_owned(), "configmap \"late\" not found".to_owned()))
    };
    wait_for_object(&place.pods, "environment", SOON, named).await?;
    place.event_about("volume", "MountVolume.SetUp failed for volume \"late\" : configmap \"late\" not found").await?;
    place.set("late", "word", "it").await?;
    for name in ["environment", "volume"] {
        wait_for_object(&place.pods, name, SOON, is_ready).await?;
    }
    ensure!(place.logs("environment", &[]).await? == "got it\n");
    Ok(())
}
