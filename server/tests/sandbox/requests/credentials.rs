use super::*;
use klamm_testkit::OutsideClient;

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_asked_for_revealed_once_and_works_on_its_topic_alone() {
    let shop = shop().await;
    let office = Office::of_shop(shop);
    for topic in ["alpha.sold", "alpha.secret"] {
        office.granted("topicCreate", json!({ "topicName": topic, "partitions": 1 })).await;
    }
    let grants = json!([{ "topic": "alpha.sold", "access": "both", "groups": ["alpha.till"] }]);
    let spec = json!({ "namespace": shop.alpha, "name": "till", "grants": grants });
    office.granted("credentialCreate", spec).await;

    let credential = eventually("the credential to be listed", SOON, || async {
        let page = office.get("payments-dev", "/credentials?q=till").await?;
        let found = page["items"].as_array().unwrap().iter().find(|item| item["name"] == "till").cloned();
        let found = found.context("not listed")?;
        ensure!(found["state"] == "ready" && found["version"].is_number(), "{found}");
        Ok(found)
    })
    .await
    .unwrap();
    assert_eq!(credential["allowedActions"], json!(["view", "reveal"]));
    let path = format!("/credentials/{}/reveal", credential["id"].as_str().unwrap());
    let reveal = async |who: &str| office.send(who, "POST", &path, json!({})).await.unwrap();
    assert_eq!(reveal("orders-lead").await.0, 404, "another team's credential does not exist");
    assert_eq!(reveal("operator").await.0, 403, "operators see that there is one");
    let (status, shown) = reveal("payments-dev").await;
    assert_eq!(status, 200, "{}", shown["detail"]);
    assert_eq!(reveal("payments-lead").await.0, 410, "a password is shown once");

    let text = |key: &str| shown[key].as_str().unwrap().to_owned();
    let with_group = |group: &str| {
        let properties =
            shown["snippets"]["librdkafka"].as_str().unwrap().lines().filter(|line| !line.starts_with('#'));
        let pairs: Vec<(&str, &str)> =
            properties.filter_map(|line| line.split_once('=')).chain([("group.id", group)]).collect();
        OutsideClient::new(pairs)
    };
    let client = with_group("alpha.till");
    let (partition, offset) = client.produce("alpha.sold", "a sale").await.unwrap();
    assert_eq!(client.read("alpha.sold", partition, offset).await.unwrap(), "a sale");
    assert!(client.produce("alpha.secret", "no").await.is_err(), "Kafka itself refuses another topic");
    for name in ["java", "spring", "python", "go", "node"] {
        let snippet = shown["snippets"][name].as_str().unwrap();
        assert!(snippet.contains(&text("bootstrapServers").split(',').next().unwrap().to_owned()), "{name}: {snippet}");
    }
    assert!(!shown["snippets"]["deployment"].as_str().unwrap().contains(&text("password")));

    let rotated = office.granted("credentialRotate", json!({ "namespace": shop.alpha, "name": "till" })).await;
    assert!(rotated["changes"][0]["field"] == "spec.rotate", "{rotated}");
    eventually("the next password to be there to be shown", SOON, || async {
        let (status, answer) = reveal("payments-dev").await;
        ensure!(status == 200, "{status} {}", answer["detail"]);
        ensure!(answer["password"] != shown["password"]);
        Ok(())
    })
    .await
    .unwrap();
    let audit = office.get("payments-lead", "/audit?action=reveal").await.unwrap().to_string();
    assert!(!audit.contains(&text("password")), "no password is ever written down");
    assert!(audit.contains("\"outcome\":\"refused\"") && audit.contains("\"outcome\":\"done\""), "{audit}");
}
