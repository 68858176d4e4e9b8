//! A trouble for every rule.

use super::*;

/// Every rule with what makes it speak.
#[expect(clippy::too_many_lines, reason = "a table: a row for each rule")]
pub(super) fn troubles() -> Vec<(FindingRule, FindingSeverity, Scene)> {
    use FindingRule as R;
    use FindingSeverity::{Critical, Info, Warning};
    let gone = |inventory: &mut Inventory| {
        let reason = "connection refused".to_owned();
        inventory.reachability = Reachability::Unreachable { since: NOW, reason };
    };
    let trouble =
        TargetAnswer::Trouble { kind: TargetTrouble::Slow, reason: "no answer for 10 s.".to_owned(), since: NOW };
    let quorum = |change: fn(&mut klamm_model::Quorum)| {
        Scene::changed(|scene| {
            if let Known::Known(quorum) = &mut scene.inventory.quorum {
                change(quorum);
            }
        })
    };
    let dir = |change: fn(&mut klamm_model::LogDir)| {
        Scene::changed(|scene| {
            if let Known::Known(dirs) = &mut scene.inventory.brokers[1].log_dirs {
                change(&mut dirs[0]);
            }
        })
    };
    let topics = |topics: Vec<klamm_model::Topic>| Scene::of(cluster(3, &["a", "b", "c"], topics));
    let since = |millis: i64| Some(UnixMillis(NOW.0 - millis));
    vec![
        (R::ClusterUnreachable, Critical, Scene::changed(|scene| gone(&mut scene.inventory))),
        (R::BrokerDown, Critical, Scene::changed(|scene| take_down(&mut scene.inventory, 2))),
        (R::OfflinePartitions, Critical, Scene::changed(|scene| scene.inventory.topics[0].partitions[3].leader = None)),
        (
            R::UnderMinIsr,
            Critical,
            Scene::changed(|scene| {
                set(&mut scene.inventory.topics[0], "min.insync.replicas", "2");
                scene.inventory.topics[0].partitions[0].in_sync = [BrokerId(0)].into();
            }),
        ),
        (
            R::UnderReplicated,
            Warning,
            Scene::changed(|scene| {
                scene.inventory.topics[1].partitions[0].in_sync = [BrokerId(0)].into();
            }),
        ),
        (R::NoController, Critical, quorum(|quorum| quorum.leader = None)),
        (R::SeveralControllers, Critical, Scene::changed(|scene| scene.active_controllers = Some(2.0))),
        (
            R::QuorumLag,
            Warning,
            quorum(|quorum| {
                quorum.voters[1].lag = Known::Known(90);
                quorum.voters[1].last_caught_up = Known::Known(UnixMillis(NOW.0 - 40_000));
            }),
        ),
        (R::DiskLow, Critical, dir(|dir| dir.usable_bytes = Known::Known(5))),
        (R::DiskFullSoon, Warning, Scene::changed(|scene| scene.forecasts[0].days = 3.0)),
        (
            R::RetentionDoesNotFit,
            Warning,
            Scene::changed(|scene| {
                let topic = "orders".parse().unwrap();
                scene.misfits = vec![RetentionMisfit {
                    topic,
                    needs: 9 << 30,
                    has: 2 << 30,
                    fitting_retention_ms: Some(86_400_000),
                    fitting_segment_ms: None,
                }];
            }),
        ),
        (R::LogDirOffline, Critical, dir(|dir| dir.offline = true)),
        (
            R::LeaderSkew,
            Warning,
            topics(vec![topic("lopsided", 60, &[0, 1, 2], 3), topic("more", 90, &[1, 1, 1, 0], 1)]),
        ),
        (R::RackViolation, Warning, Scene::of(cluster(4, &["a", "b"], vec![topic("orders", 2, &[0, 2], 2)]))),
        (R::FactorOne, Warning, topics(vec![topic("alone", 3, &[0, 1, 2], 1)])),
        (
            R::MinIsrEqualsFactor,
            Warning,
            Scene::changed(|scene| {
                set(&mut scene.inventory.topics[1], "min.insync.replicas", "2");
            }),
        ),
        (
            R::ForgottenThrottle,
            Warning,
            Scene::changed(|scene| {
                set(&mut scene.inventory.topics[0], "follower.replication.throttled.replicas", "*");
                let key = "follower.replication.throttled.rate".to_owned();
                let throttle = BrokerThrottle { broker: BrokerId(1), key, rate: "1000".to_owned() };
                scene.inventory.throttles = Known::Known(vec![throttle]);
            }),
        ),
        (
            R::StuckReassignment,
            Warning,
            Scene::changed(|scene| {
                scene.inventory.reassignments = Known::Known(vec![moving(0, 2)]);
                scene.moved_at = since(31 * 60_000);
            }),
        ),
        (
            R::StuckGroup,
            Warning,
            Scene::changed(|scene| {
                scene.groups = vec![pace(since(400_000), None)];
            }),
        ),
        (
            R::RebalancingGroup,
            Warning,
            Scene::changed(|scene| {
                scene.groups = vec![pace(None, since(400_000))];
            }),
        ),
        (
            R::EmptyGroup,
            Warning,
            Scene::changed(|scene| {
                let unread = Some(Unread { since: UnixMillis(NOW.0 - 400_000), lag: 20, grown: 9 });
                scene.groups = vec![GroupPace { unread, ..pace(None, None) }];
            }),
        ),
        (
            R::ProducersStopped,
            Warning,
            Scene::changed(|scene| scene.topics = vec![written("orders", 400_000, Some(98.0))]),
        ),
        (
            R::CredentialExpiring,
            Warning,
            Scene::changed(|scene| scene.endings = vec![ending(EndingKind::Consent, 86_400_000)]),
        ),
        (
            R::Drift,
            Warning,
            Scene::changed(|scene| {
                let message = "config.retention.ms: 1 is declared, 2 was found".to_owned();
                scene.drifts = vec![TopicDrift { topic: "orders".parse().unwrap(), message }];
            }),
        ),
        (
            R::MixedVersions,
            Warning,
            Scene::changed(|scene| {
                scene.inventory.brokers[0].version = Known::Known("4.2.1".to_owned());
            }),
        ),
        (
            R::MetadataHeldBack,
            Info,
            Scene::changed(|scene| {
                scene.inventory.metadata_version = Known::Known("4.0-IV3".to_owned());
            }),
        ),
        (R::TargetTrouble, Warning, Scene::changed(|scene| scene.targets = vec![target(trouble, 0)])),
        (R::TargetRejects, Info, Scene::changed(|scene| scene.targets = vec![target(TargetAnswer::Numbers, 3)])),
    ]
}
