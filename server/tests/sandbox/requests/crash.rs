//! Klamm is killed again and again while requests are applied: each ends where it would have, and nothing is done twice.

use super::*;
use crate::{
    klamm, parts,
    shop::{one_broker, ready},
};
use klamm_kafka::TopicSelection;
use klamm_testkit::BringUp;
use kube::api::{Patch, PatchParams};
use std::{collections::BTreeSet, process::Command, time::Duration};

const MANY: usize = 12;
/// Between two kills, for there is no state to wait for: the applier acts several times in such a time, and any act may be hit.
const BETWEEN_MILLIS: [u64; 6] = [150, 700, 300, 1100, 450, 900];

async fn kill_klamm(sandbox: &TestSandbox) {
    let pid = eventually("klamm to run", A_ROUND, || async {
        let status = sandbox.klamm(&["sandbox", "status"]).await?;
        let line = status.lines().find(|line| line.contains("klamm-serve")).context("no such service")?;
        let pid = line.split("pid ").nth(1).and_then(|rest| rest.split(',').next()).context(line.to_owned())?;
        Ok(pid.trim().to_owned())
    })
    .await
    .unwrap();
    assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_act_every_request_ends_applied() {
    let sandbox = TestSandbox::start(klamm(), &parts(), BringUp::WithKlamm).await.unwrap();
    let client = sandbox.client().await.unwrap();
    let home = sandbox.namespace(&client, "filed").await.unwrap();
    let tenant = sandbox.namespace(&client, "filing").await.unwrap();
    let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> = kube::Api::all(client.clone());
    let team = json!({ "metadata": { "annotations": { "klamm.dev/team": "payments" } } });
    namespaces.patch(&tenant, &PatchParams::default(), &Patch::Merge(team)).await.unwrap();
    let tenants = [json!({ "namespace": tenant, "topicPrefixes": ["filed."], "groupPrefixes": ["filed."] })];
    sandbox.apply(&client, &home, &one_broker("filed", &tenants, &json!({}))).await.unwrap();
    ready(&client, &home, "filed").await.unwrap();

    let office = Office::of(&sandbox, &home, "filed");
    let mut asked = Vec::new();
    for n in 0..MANY {
        let spec = json!({ "topicName": format!("filed.{n}"), "partitions": 1 });
        asked.push(office.ask("payments-dev", "topicCreate", spec).await);
    }
    for request in &asked {
        assert_eq!(office.approve("payments-lead", request).await.0, 200);
    }
    for pause in BETWEEN_MILLIS {
        kill_klamm(&sandbox).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    for request in &asked {
        eventually("every request to be applied", A_ROUND, || async {
            let now = office.request("payments-dev", request).await?;
            ensure!(now["state"] == "applied", "{now}");
            Ok(())
        })
        .await
        .unwrap();
    }
    let kafka = crate::shop::admin(&client, &home, "filed").await.unwrap();
    let all = kafka.describe_topics(&TopicSelection::All).await.unwrap();
    let ours: BTreeSet<String> = all.into_keys().map(String::from).filter(|name| name.starts_with("filed.")).collect();
    assert_eq!(ours.len(), MANY);

    // And their ends.
    let mut ends = Vec::new();
    for n in 0..MANY / 2 {
        let spec = json!({ "topicName": format!("filed.{n}") });
        let request = office.ask("payments-dev", "topicDelete", spec).await;
        office.approve("payments-lead", &request).await;
        assert_eq!(office.approve("operator", &request).await.0, 200);
        ends.push(request);
    }
    for pause in BETWEEN_MILLIS {
        kill_klamm(&sandbox).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    for request in &ends {
        eventually("every end to be applied", A_ROUND, || async {
            let now = office.request("payments-dev", request).await?;
            ensure!(now["state"] == "applied", "{now}");
            Ok(())
        })
        .await
        .unwrap();
    }
    let left = kafka.describe_topics(&TopicSelection::All).await.unwrap();
    assert_eq!(
        left.into_iter().filter(|(name, topic)| topic.is_ok() && name.as_str().starts_with("filed.")).count(),
        MANY - MANY / 2
    );
}
