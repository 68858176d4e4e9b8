//! Several declarations of one topic, and topics that were there before.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_declarations_the_older_counts_and_no_deletion_takes_the_topic_from_the_other() {
    let stage = Stage::new().await;
    let spec = json!({ "topicName": "alpha.shared", "partitions": 1 });
    stage.declare("first", spec.clone()).await;
    let status = stage.judged("first", "True/InSync").await;
    stage.declare("second", spec).await;
    let both = eventually("one of them to be told", SOON, || async {
        for (loser, winner) in [("second", "first"), ("first", "second")] {
            let topic = stage.topics.get(loser).await?;
            if topic.status.is_some_and(|status| readiness(&status.conditions) == "False/ResourceConflict") {
                return Ok((loser, winner));
            }
        }
        anyhow::bail!("nobody was told yet")
    });
    let (loser, winner) = both.await.unwrap();
    assert!(stage.told(loser, "ResourceConflict").await.contains(winner));
    stage.topics.delete(winner, &DeleteParams::default()).await.unwrap();
    assert_eq!(stage.judged(loser, "True/InSync").await.topic_id, status.topic_id, "the same topic, handed over");
    stage.topics.delete(loser, &DeleteParams::default()).await.unwrap();
    stage.gone_from_kafka("alpha.shared").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_topic_is_adopted_with_everything_nobody_declared() {
    let stage = Stage::new().await;
    stage.make_by_hand("alpha.adopted", 3, &[("retention.ms", "1234"), ("segment.ms", "100000")]).await;
    stage.declare("alpha.adopted", json!({ "config": { "retention.ms": 4321 } })).await;
    let status = stage.judged("alpha.adopted", "True/InSync").await;
    assert_eq!((status.partitions, status.config_keys), (Some(3), vec!["retention.ms".to_owned()]));
    stage.becomes("alpha.adopted", 3, &[("retention.ms", "4321"), ("segment.ms", "100000")]).await;
}
