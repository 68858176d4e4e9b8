//! Probes, and what comes of them.

use anyhow::{Context as _, ensure};
use k8s_openapi::api::core::v1::Pod;
use klamm_testkit::wait_for_object;
use serde_json::json;

use super::{Place, SOON, container, is_ready, pod, waiting};

#[tokio::test(flavor = "multi_thread")]
async fn readiness_follows_a_mounted_config_map_without_a_restart() -> anyhow::Result<()> {
    let place = Place::new("readiness").await?;
    place.set("switch", "ready", "no").await?;
    let probe = json!({
        "readinessProbe": {"exec": {"command": ["grep", "-q", "yes", "/switch/ready"]}, "periodSeconds": 1, "failureThreshold": 1},
        "volumeMounts": [{"name": "switch", "mountPath": "/switch"}, {"name": "switch", "mountPath": "/fixed", "subPath": "ready"}],
    });
    let volume = json!({"volumes": [{"name": "switch", "configMap": {"name": "switch"}}]});
    let script = "while :; do echo fixed: $(cat /fixed); sleep 1; done";
    place.apply(&pod("switched", script, probe, volume)).await?;
    place.event_about("switched", "Readiness probe failed").await?;
    place.set("switch", "ready", "yes").await?;
    wait_for_object(&place.pods, "switched", SOON, is_ready).await?;
    place.set("switch", "ready", "no").await?;
    let seen = wait_for_object(&place.pods, "switched", SOON, |pod| !is_ready(pod)).await?;
    ensure!(container(&seen, "c").is_some_and(|status| status.restart_count == 0), "{seen:?}");
    let logs = place.logs("switched", &["--tail", "1"]).await?;
    ensure!(logs == "fixed: no\n", "a subPath mount keeps what it was made with: {logs}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn startup_over_tcp_and_readiness_over_http() -> anyhow::Result<()> {
    let place = Place::new("network-probes").await?;
    let server = r#"exec perl -MIO::Socket::INET -e '
        $s = IO::Socket::INET->new(Listen => 5, LocalAddr => $ENV{POD_IP}, LocalPort => 8080, ReuseAddr => 1) or die $!;
        while ($c = $s->accept) {
            $line = <$c>; while (<$c> =~ /\S/) {}
            print $c "HTTP/1.0 " . ($line =~ m{ /healthy } ? "200 OK" : "503 No") . "\r\nContent-Length: 0\r\n\r\n"; close $c;
        }'"#;
    let probes = |path: &str| {
        json!({
            "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
            "ports": [{"name": "web", "containerPort": 8080}],
            "startupProbe": {"tcpSocket": {"port": "web"}, "periodSeconds": 1, "failureThreshold": 30},
            "readinessProbe": {"httpGet": {"port": 8080, "path": path}, "periodSeconds": 1},
        })
    };
    place.apply(&pod("well", server, probes("/healthy"), json!({}))).await?;
    place.apply(&pod("unwell", server, probes("/other"), json!({}))).await?;
    wait_for_object(&place.pods, "well", SOON, is_ready).await?;
    place.event_about("unwell", "HTTP probe failed with statuscode: 503").await?;
    let unwell = place.pods.get("unwell").await?;
    ensure!(!is_ready(&unwell), "{unwell:?}");
    ensure!(
        container(&unwell, "c").is_some_and(|status| status.started == Some(true)),
        "past its startup probe: {unwell:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_fails_its_liveness_probe_is_started_again() -> anyhow::Result<()> {
    let place = Place::new("liveness").await?;
    let probe = json!({"livenessProbe": {"exec": {"command": ["test", "!", "-e", "/tmp/ill"]}, "periodSeconds": 1, "failureThreshold": 1}});
    place.apply(&pod("ill", "sleep 2; touch /tmp/ill; sleep 1000", probe, json!({}))).await?;
    let restarted = |pod: &Pod| container(pod, "c").is_some_and(|status| status.restart_count > 0);
    let pod = wait_for_object(&place.pods, "ill", SOON, restarted).await?;
    let last = container(&pod, "c").and_then(|status| status.last_state?.terminated).context("no last state")?;
    ensure!(last.exit_code == 137, "the shell does not listen to SIGTERM, so it was killed after its grace: {last:?}");
    place.event_about("ill", "failed liveness probe, will be restarted").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_keeps_ending_is_left_alone_for_longer_and_longer() -> anyhow::Result<()> {
    let place = Place::new("back-off").await?;
    let fall_back = json!({"terminationMessagePolicy": "FallbackToLogsOnError"});
    place.apply(&pod("crash", "echo it hurts; exit 3", fall_back, json!({}))).await?;
    let backs_off = |pod: &Pod| {
        waiting(pod).is_some_and(|(reason, message)| {
            reason == "CrashLoopBackOff" && message.starts_with("back-off 20s restarting failed container=c")
        })
    };
    let pod = wait_for_object(&place.pods, "crash", SOON, backs_off).await?;
    let status = container(&pod, "c").context("no status")?;
    ensure!(status.restart_count == 2, "at once, then after 10 s, then after 20 s: {status:?}");
    let last = status.last_state.and_then(|last| last.terminated).context("no last state")?;
    ensure!((last.exit_code, last.message.as_deref()) == (3, Some("it hurts")), "{last:?}");
    ensure!(place.logs("crash", &["--previous"]).await? == "it hurts\n");
    Ok(())
}
