//! The audit.

use crate::on_both_databases;

on_both_databases! {
    an_attempt_is_read_back_with_its_outcome
    the_audit_is_read_newest_first_in_pages
    names_made_to_break_sql_are_just_names
    many_writers_at_once_all_get_through
    totals_are_true_however_often_they_are_asked
    what_was_counted_is_counted_anew_within_the_hour
}

mod the_database_refuses_to_change_the_audit {
    use crate::databases::Database;

    async fn check(database: Database) {
        super::bodies::one_attempt_with_an_outcome(&database.store).await;
        for statement in [
            "UPDATE audit SET actor = 'eve'",
            "DELETE FROM audit",
            "UPDATE audit_outcomes SET outcome = 'failed'",
            "DELETE FROM audit_outcomes",
        ] {
            let refused = database.raw.run(statement).await.expect_err(statement);
            assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
        }
        assert!(super::bodies::still_there(&database.store).await);
    }

    #[tokio::test]
    async fn sqlite() {
        check(crate::databases::sqlite().await).await;
    }

    #[tokio::test]
    async fn postgres() {
        check(crate::databases::postgres().await).await;
    }
}

mod bodies {
    use klamm_model::UnixMillis;
    use klamm_store::{Attempt, AuditFilter, AuditObject, AuditedAs, Decision, Outcome, Store, StoreError};

    fn attempt(actor: &str, team: Option<&str>) -> Attempt {
        Attempt {
            actor: actor.to_owned(),
            known_by: AuditedAs::Session,
            source: Some("192.0.2.7".to_owned()),
            team: team.map(str::to_owned),
            concerned: None,
            action: "tokenCreate",
            object: AuditObject { kind: "token".to_owned(), namespace: None, name: "laptop".to_owned() },
            request: None,
            decision: Decision::Allowed,
            rule: "own",
        }
    }

    fn page(limit: u32) -> AuditFilter {
        AuditFilter { limit, ..AuditFilter::default() }
    }

    pub(super) async fn an_attempt_is_read_back_with_its_outcome(store: Store) {
        let id = store.audit_attempt(&attempt("ada", Some("payments")), UnixMillis(5)).await.unwrap();
        let item = store.audit(&page(10)).await.unwrap().remove(0);
        assert_eq!((item.id.clone(), item.at, item.outcome), (id.clone(), UnixMillis(5), None));
        store.audit_outcome(&id, Outcome::Failed, Some("the disk is full"), UnixMillis(6)).await.unwrap();
        let item = store.audit(&page(10)).await.unwrap().remove(0);
        assert_eq!(item.outcome.as_deref(), Some("failed"));
        assert_eq!(item.message.as_deref(), Some("the disk is full"));
        assert_eq!((item.actor.as_str(), item.decision.as_str(), item.rule.as_str()), ("ada", "allowed", "own"));
        let twice = store.audit_outcome(&id, Outcome::Done, None, UnixMillis(7)).await;
        assert!(matches!(twice, Err(StoreError::Exists { .. })));
    }

    pub(super) async fn the_audit_is_read_newest_first_in_pages(store: Store) {
        for n in 0..5 {
            let (actor, team) = if n % 2 == 0 { ("ada", Some("payments")) } else { ("bob", None) };
            store.audit_attempt(&attempt(actor, team), UnixMillis(1000 + n)).await.unwrap();
        }
        let first = store.audit(&page(2)).await.unwrap();
        assert_eq!(first.iter().map(|i| i.at.0).collect::<Vec<_>>(), [1004, 1003]);
        let rest = AuditFilter { before: Some(first[1].id.clone()), ..page(10) };
        assert_eq!(store.audit(&rest).await.unwrap().iter().map(|i| i.at.0).collect::<Vec<_>>(), [1002, 1001, 1000]);
        let of_team = AuditFilter { team: Some("payments".to_owned()), actor: Some("ada".to_owned()), ..page(10) };
        assert_eq!(store.audit(&of_team).await.unwrap().len(), 3);
    }

    pub(super) async fn one_attempt_with_an_outcome(store: &Store) {
        let id = store.audit_attempt(&attempt("ada", None), UnixMillis(5)).await.unwrap();
        store.audit_outcome(&id, Outcome::Done, None, UnixMillis(6)).await.unwrap();
    }

    pub(super) async fn still_there(store: &Store) -> bool {
        let items = store.audit(&page(10)).await.unwrap();
        items.len() == 1 && items[0].actor == "ada" && items[0].outcome.as_deref() == Some("done")
    }

    pub(super) async fn many_writers_at_once_all_get_through(store: Store) {
        let mut writers = Vec::new();
        for n in 0..100 {
            let store = store.clone();
            writers.push(tokio::spawn(async move {
                let id = store.audit_attempt(&attempt("ada", None), UnixMillis(n)).await?;
                store.audit_outcome(&id, Outcome::Done, None, UnixMillis(n)).await
            }));
        }
        for writer in writers {
            writer.await.unwrap().unwrap();
        }
        let items = store.audit(&page(1000)).await.unwrap();
        assert_eq!(items.iter().filter(|item| item.outcome.as_deref() == Some("done")).count(), 100);
    }

    const NOW: i64 = 1_700_000_000_000;
    const HOUR: i64 = 3_600_000;

    async fn total(store: &Store, filter: &AuditFilter, now: i64) -> u64 {
        store.audit_page(filter, UnixMillis(now)).await.unwrap().total
    }

    pub(super) async fn totals_are_true_however_often_they_are_asked(store: Store) {
        let of =
            |teams: &[&str]| AuditFilter { seen_by: Some(teams.iter().map(ToString::to_string).collect()), ..page(1) };
        let (all, both) = (page(1), of(&["orders", "payments"]));
        let (ada, early) = (
            AuditFilter { actor: Some("ada".to_owned()), ..both.clone() },
            AuditFilter {
                until: Some(UnixMillis(NOW - 4 * HOUR + 2)),
                from: Some(UnixMillis(NOW - 4 * HOUR + 1)),
                ..page(1)
            },
        );
        for (round, at) in [NOW - 4 * HOUR, NOW - 2 * HOUR, NOW].into_iter().enumerate() {
            let shared = Attempt { concerned: Some("orders".to_owned()), ..attempt("ada", Some("payments")) };
            store.audit_attempt(&attempt("bob", None), UnixMillis(at)).await.unwrap();
            store.audit_attempt(&shared, UnixMillis(at + 1)).await.unwrap();
            store.audit_attempt(&attempt("bob", Some("orders")), UnixMillis(at + 2)).await.unwrap();
            let rounds = u64::try_from(round).unwrap() + 1;
            for later in [3, 4, HOUR / 2] {
                let now = at + later;
                assert_eq!(total(&store, &all, now).await, 3 * rounds);
                assert_eq!(total(&store, &both, now).await, 2 * rounds, "what concerns two teams counts once");
                assert_eq!(total(&store, &of(&["payments"]), now).await, rounds);
                assert_eq!(total(&store, &ada, now).await, rounds);
                assert_eq!(total(&store, &early, now).await, 1);
                let rest =
                    AuditFilter { before: Some(store.audit(&page(1)).await.unwrap()[0].id.clone()), ..all.clone() };
                assert_eq!(total(&store, &rest, now).await, 3 * rounds, "on every page it is that of all pages");
            }
        }
    }

    pub(super) async fn what_was_counted_is_counted_anew_within_the_hour(store: Store) {
        store.audit_attempt(&attempt("ada", None), UnixMillis(NOW - HOUR)).await.unwrap();
        assert_eq!(total(&store, &page(1), NOW).await, 1);
        // By a replica whose clock is an hour behind.
        store.audit_attempt(&attempt("ada", None), UnixMillis(NOW - HOUR)).await.unwrap();
        assert_eq!(total(&store, &page(1), NOW).await, 1, "what is settled was not counted again");
        assert_eq!(total(&store, &page(1), NOW + HOUR + 1).await, 2);
    }

    pub(super) async fn names_made_to_break_sql_are_just_names(store: Store) {
        let name = "'; DROP TABLE audit; -- \"$1\" \\ \u{1f4a3} %_";
        store.audit_attempt(&attempt(name, Some(name)), UnixMillis(5)).await.unwrap();
        let filter = AuditFilter { actor: Some(name.to_owned()), ..page(10) };
        let found = store.audit(&filter).await.unwrap();
        assert_eq!(found[0].actor, name);
        assert_eq!(found[0].team.as_deref(), Some(name));
    }
}
