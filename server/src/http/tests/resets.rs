//! Other offsets for a group, over HTTP and on pages.

use super::openapi::{at, check, document};
use super::{Bench, get, post};
use futures::{FutureExt, future::BoxFuture};
use klamm_model::{ClusterRef, GroupId, GroupKind, GroupOffset, PartitionId};
use klamm_portal::{AtMoment, Brokers, BrokersError, GroupLook, GroupQuestion, Log};

/// Brokers with one group at rest, which has read a part of two partitions.
struct Quiet;

impl Brokers for Quiet {
    fn look<'a>(
        &'a self,
        _: &'a ClusterRef,
        question: &'a GroupQuestion,
    ) -> BoxFuture<'a, Result<Option<GroupLook>, BrokersError>> {
        let place = |partition| ("payments.a".parse().unwrap(), PartitionId(partition));
        let log = Log { earliest: 0, latest: 10, at: AtMoment::NotAsked };
        let look = GroupLook {
            kind: GroupKind::Consumer,
            state: "Empty".to_owned(),
            members: Vec::new(),
            committed: [(place(0), 4), (place(1), 2)].into(),
            logs: [(place(0), Some(log)), (place(1), Some(log))].into(),
            gone: [].into(),
        };
        let found = (question.group.as_str() == "payments.readers").then_some(look);
        async { Ok(found) }.boxed()
    }

    fn commit<'a>(
        &'a self,
        _: &'a ClusterRef,
        _: &'a GroupId,
        _: Vec<GroupOffset>,
    ) -> BoxFuture<'a, Result<(), BrokersError>> {
        async { Err(BrokersError::HasMembers) }.boxed()
    }
}

const WISH: &str = r#"{"kind":"offsetsReset","cluster":"kafka/demo","team":"payments",
    "spec":{"group":"payments.readers","topics":[{"topic":"payments.a"}],"to":"latest"}}"#;
const FORM: &str = "/requests/new?kind=offsetsReset&cluster=kafka/demo&team=payments&group=payments.readers&to=latest";

#[tokio::test]
async fn a_reset_is_told_as_described_and_a_page_shows_it_before_it_is_asked_for() {
    let bench = Bench::with_people().await;
    bench.portal.take_policies(Ok("[environments.dev]\nkinds.offsetsReset = { ask = [\"ownerTeam\"] }"));
    let dev = bench.sign_in("dev").await;
    let blind = bench.send(post("/api/v1/requests").change_of(&dev).json(WISH)).await;
    assert_eq!((blind.status.as_u16(), blind.problem().as_str()), (503, "unavailable"), "nobody can ask brokers yet");

    bench.portal.reach(Quiet);
    let page = bench.send(get(FORM).of(&dev)).await.body;
    for word in ["Dry run", "6 skipped", "14 skipped in 2 partitions", "--all-topics --reset-offsets --to-latest"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    // Whoever comes by a link sees what the form would send as it stands.
    let link = "/requests/new?kind=offsetsReset&group=payments.readers&to=latest";
    assert!(bench.send(get(link).of(&dev)).await.body.contains("14 skipped in 2 partitions"));
    let made = bench.send(post("/api/v1/requests").change_of(&dev).json(WISH)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let (made, document) = (made.json(), document());
    check(&document, at(&document, "#/components/schemas/Request"), &made, "new request");
    assert_eq!(made["effect"]["offsets"]["skipped"], 14, "{made}");
    let page = bench.send(get(&format!("/requests/{}", made["id"].as_str().unwrap())).of(&dev)).await.body;
    assert!(page.contains("Dry run") && page.contains("6 skipped"), "{page}");
}
