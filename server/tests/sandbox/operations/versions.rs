//! All versions one after the other, each finalised before the next, and one of them taken back before that.

use super::A_ROLL;
use crate::three::{Three, WHOLE_WITHIN};
use klamm_resources::OperationPhase;
use klamm_testkit::soak::{Told, tell};
use serde_json::json;

/// Where it begins: a version, and the metadata version it finalises.
const FIRST: (&str, &str) = ("3.9.2", "3.9-IV0");
/// And goes on to.
const NEXT: [(&str, &str); 4] =
    [("4.0.2", "4.0-IV3"), ("4.1.2", "4.1-IV1"), ("4.2.1", "4.2-IV1"), ("4.3.1", "4.3-IV0")];
/// Taken back once before it is finalised.
const TAKEN_BACK: &str = "4.2.1";

impl Three {
    /// Rolls to a version; features stay at this level.
    async fn rolled_to(&self, version: &str, held: &str) {
        self.carried_out("upgrade", json!({ "version": version })).await;
        let settled = self.settled(|status| status.kafka_version.as_deref() == Some(version)).await;
        assert_eq!(settled.metadata_version.as_deref(), Some(held), "features are held");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "soak: takes a quarter of an hour, and the images of all releases"]
async fn a_loaded_cluster_goes_through_all_versions_and_back_from_one_before_it_is_finalised() {
    let three = Three::open("versions", |spec| {
        spec["version"] = json!(FIRST.0);
        spec["roll"] = json!({ "soakSeconds": 1, "finaliseSoakSeconds": 5 });
    })
    .await;
    let load = three.loaded().await;
    let watcher = three.watched().await;
    let (mut from, mut held) = FIRST;
    let mut way = vec![from];
    for (version, level) in NEXT {
        three.rolled_to(version, held).await;
        way.push(version);
        if version == TAKEN_BACK {
            three.rolled_to(from, held).await;
            three.rolled_to(version, held).await;
            way.extend([from, version]);
        }
        watcher.until_whole(WHOLE_WITHIN).await.unwrap();
        let generation = three.declare(json!({ "metadataVersion": level })).await;
        let name = three.made_for("finalise", generation).await;
        let done = three.phase(&name, OperationPhase::Done, A_ROLL).await;
        assert!(!done.remarks.is_empty() || !done.steps.is_empty(), "{done:?}");
        three.settled(|status| status.metadata_version.as_deref() == Some(level)).await;
        (from, held) = (version, level);
    }
    tell(Told::Sum(&format!("{}, each finalised before the next", way.join(" → "))));
    three.sound(load, watcher).await;
    three.close().await;
}
