//! What people know of findings, and which were told.

use crate::on_both_databases;

on_both_databases! {
    the_last_who_said_that_they_know_counts_and_only_for_a_time
    what_somebody_knows_is_taken_back_once_and_of_that_finding_alone
    a_finding_is_told_by_one_and_again_only_when_it_becomes_critical
    what_is_made_out_of_a_finding_is_written_with_it_or_not_at_all
}

mod bodies {
    use crate::names::person;
    use klamm_model::{Acknowledgement, ClusterRef, FindingRule, FindingSeverity, UnixMillis, WebhookEvent};
    use klamm_store::{AcknowledgementRow, NewDelivery, OpenFinding, Store, StoreError};

    fn demo() -> ClusterRef {
        "kafka/demo".parse().unwrap()
    }

    fn known(finding: &str, by: &str, at: i64, until: i64) -> AcknowledgementRow {
        let acknowledgement = Acknowledgement {
            by: person(by),
            reason: "it's known; \"quoted\"".to_owned(),
            at: UnixMillis(at),
            until: UnixMillis(until),
        };
        let finding = finding.to_owned();
        AcknowledgementRow { cluster: demo(), finding, severity: FindingSeverity::Warning, acknowledgement }
    }

    pub(super) async fn the_last_who_said_that_they_know_counts_and_only_for_a_time(store: Store) {
        store.acknowledge_finding(&known("fnd_a", "ada", 10, 100)).await.unwrap();
        store.acknowledge_finding(&known("fnd_b", "ada", 10, 50)).await.unwrap();
        store.acknowledge_finding(&known("fnd_a", "bob", 20, 200)).await.unwrap();
        let all = store.acknowledgements(UnixMillis(30)).await.unwrap();
        assert_eq!(all, [known("fnd_a", "bob", 20, 200), known("fnd_b", "ada", 10, 50)]);
        assert_eq!(store.acknowledgements(UnixMillis(50)).await.unwrap(), [known("fnd_a", "bob", 20, 200)]);
        store.acknowledge_finding(&known("fnd_c", "bob", 60, 70)).await.unwrap();
        let left = store.acknowledgements(UnixMillis(0)).await.unwrap();
        assert_eq!(left.len(), 2, "what was over is gone: {left:?}");
    }

    pub(super) async fn what_somebody_knows_is_taken_back_once_and_of_that_finding_alone(store: Store) {
        let (cluster, other) = (demo(), "kafka/other".parse().unwrap());
        store.acknowledge_finding(&known("fnd_a", "ada", 10, 100)).await.unwrap();
        store.acknowledge_finding(&known("fnd_b", "ada", 10, 100)).await.unwrap();
        let back = async |cluster: &ClusterRef| store.take_back_acknowledgement((cluster, "fnd_a")).await;
        assert!(matches!(back(&other).await, Err(StoreError::Changed { .. })));
        back(&cluster).await.unwrap();
        assert!(matches!(back(&cluster).await, Err(StoreError::Changed { .. })), "it is taken back already");
        assert_eq!(store.acknowledgements(UnixMillis(20)).await.unwrap(), [known("fnd_b", "ada", 10, 100)]);
    }

    fn open(finding: &str, severity: FindingSeverity) -> OpenFinding {
        let (finding, message) = (finding.to_owned(), format!("it is {}", severity.name()));
        let (rule, since) = (FindingRule::DiskLow, UnixMillis(5));
        OpenFinding { cluster: demo(), finding, rule, severity, message, since }
    }

    pub(super) async fn a_finding_is_told_by_one_and_again_only_when_it_becomes_critical(store: Store) {
        use FindingSeverity::{Critical, Warning};
        let now = UnixMillis(9);
        let told = async |row: OpenFinding| {
            let written = store.open_finding(&row, &[], now).await;
            assert!(matches!(written, Ok(()) | Err(StoreError::Changed { .. })), "{written:?}");
            written.is_ok()
        };
        assert!(told(open("fnd_a", Warning)).await);
        assert!(!told(open("fnd_a", Warning)).await, "another replica was quicker");
        assert!(told(open("fnd_a", Critical)).await);
        assert!(!told(open("fnd_a", Critical)).await);
        assert!(!told(open("fnd_a", Warning)).await, "it became better, and nobody is told of that");
        assert!(told(open("fnd_b", Critical)).await);
        let all = store.open_findings().await.unwrap();
        assert_eq!(all, [open("fnd_a", Critical), open("fnd_b", Critical)]);
        let (cluster, other) = (demo(), "kafka/other".parse().unwrap());
        let gone = async |cluster: &ClusterRef| store.close_finding((cluster, "fnd_a"), &[], now).await;
        assert!(matches!(gone(&other).await, Err(StoreError::Changed { .. })));
        gone(&cluster).await.unwrap();
        assert!(matches!(gone(&cluster).await, Err(StoreError::Changed { .. })));
        assert_eq!(store.open_findings().await.unwrap().len(), 1);
    }

    pub(super) async fn what_is_made_out_of_a_finding_is_written_with_it_or_not_at_all(store: Store) {
        let now = UnixMillis(1_700_000_000_000);
        let delivery = NewDelivery {
            id: Store::new_delivery_id(now).unwrap(),
            webhook: "tickets".parse().unwrap(),
            event: WebhookEvent::FindingOpened,
            request: None,
            body: "{}".to_owned(),
        };
        let row = open("fnd_a", FindingSeverity::Critical);
        // The second of the same id cannot be written, so neither is the first, nor the finding.
        store.open_finding(&row, &[delivery.clone(), delivery.clone()], now).await.unwrap_err();
        assert_eq!(store.open_findings().await.unwrap(), []);
        assert_eq!(store.delivery(&delivery.id).await.unwrap(), None);
        store.open_finding(&row, std::slice::from_ref(&delivery), now).await.unwrap();
        let written = store.delivery(&delivery.id).await.unwrap().unwrap();
        assert_eq!((written.event, written.request), (WebhookEvent::FindingOpened, None));
    }
}
