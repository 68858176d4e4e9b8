//! Offsets of a group, on brokers that have one: shown, agreed to, set, and read from there.

use super::*;
use crate::users::Stage;
use std::collections::BTreeSet;

const TOPIC: &str = "alpha.replayed";
const GROUP: &str = "alpha.replayer";

async fn committed(office: &Office<'_>, shop: &Shop) -> anyhow::Result<i64> {
    let group = office.get("payments-dev", &format!("/clusters/{}/shop/groups/{GROUP}", shop.home)).await?;
    group["partitions"][0]["committed"].as_i64().with_context(|| format!("{group}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_stopped_reads_again_from_where_it_was_agreed_and_never_while_somebody_reads() {
    let shop = shop().await;
    let (office, stage) = (Office::of_shop(shop), Stage::new().await);
    stage.topic(&shop.alpha, TOPIC).await;
    let grants = json!([{ "topic": TOPIC, "access": "both", "groups": [GROUP] }]);
    stage.declare("replayer", json!({ "grants": grants })).await;
    stage.judged("replayer", "True/InSync").await;
    let reader = stage.outside("replayer", GROUP).await;
    for value in ["one", "two", "three"] {
        reader.produce(TOPIC, value).await.unwrap();
    }
    let member = reader.member(TOPIC, GROUP).unwrap();
    assert_eq!(member.read(3).await.unwrap(), ["one", "two", "three"]);
    member.commit().unwrap();
    eventually("the group to be seen where it is", A_ROUND, || async {
        let at = committed(&office, shop).await?;
        ensure!(at == 3, "{at}");
        Ok(())
    })
    .await
    .unwrap();

    let spec = json!({ "group": GROUP, "to": "earliest" });
    let body = json!({ "kind": "offsetsReset", "cluster": office.cluster, "team": "payments", "spec": spec });
    let (status, refused) = office.send("payments-dev", "POST", "/requests", body.clone()).await.unwrap();
    assert_eq!(status, 422, "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("1 member of the"), "{refused}");
    let foreign = json!({ "kind": "offsetsReset", "cluster": office.cluster, "team": "orders", "spec": spec });
    let (status, refused) = office.send("orders-dev", "POST", "/requests", foreign).await.unwrap();
    assert_eq!(status, 422, "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("belongs to team payments"), "{refused}");

    member.leave().await.unwrap();
    let asked = office.ask("payments-dev", "offsetsReset", spec).await;
    let change = json!({ "topic": TOPIC, "partition": 0, "before": 3, "after": 0, "records": -3 });
    assert_eq!(asked["effect"]["offsets"]["partitions"], json!([change]), "{asked}");
    assert_eq!(asked["state"], "needsApproval", "{asked}");
    let (status, answer) = office.approve("payments-lead", &asked).await;
    assert_eq!(status, 200, "{answer}");
    let done = office.reaches("payments-dev", &asked, "applied").await;
    assert_eq!(done["effect"]["offsets"]["stage"], "set", "{done}");
    assert_eq!(committed(&office, shop).await.unwrap(), 0);
    let story: BTreeSet<_> = office.story("payments-lead", &asked).await.into_iter().collect();
    assert!(story.contains(&["klamm", "apply", "allowed", "done"].map(str::to_owned)), "{story:?}");

    let again = reader.member(TOPIC, GROUP).unwrap();
    assert_eq!(again.read(3).await.unwrap(), ["one", "two", "three"], "from the start");
    again.leave().await.unwrap();
}
