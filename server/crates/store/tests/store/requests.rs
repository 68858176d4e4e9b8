//! Requests, their consents and comments.

use crate::on_both_databases;

on_both_databases! {
    a_request_is_read_back_whole
    one_wish_at_a_time_about_one_object
    whoever_is_quicker_changes_it_and_the_other_is_told
    consents_are_bound_to_a_hash_and_count_once
    lists_are_filtered_counted_and_cut_in_the_database
    what_is_due_is_found_the_oldest_first
    open_requests_of_a_team_are_counted_and_the_oldest_named
}

pub(crate) mod bodies {
    use crate::names::{person, team};
    use klamm_model::{RequestId, RequestKind, RequestState, SortOrder, UnixMillis};
    use klamm_store::{
        NewRequestRow, RequestBody, RequestChange, RequestFilter, RequestObject, SeenBy, Store, StoreError,
    };

    pub(crate) fn row(name: &str, n: i64) -> NewRequestRow {
        NewRequestRow {
            id: Store::new_request_id(UnixMillis(1_700_000_000_000 + n)).unwrap(),
            kind: RequestKind::TopicCreate,
            state: RequestState::NeedsApproval,
            cluster: "kafka/prod".parse().unwrap(),
            team: team("payments"),
            owner: team("payments"),
            requester: person("dev"),
            subject: name.to_owned(),
            object: RequestObject {
                kind: "KafkaTopic".to_owned(),
                namespace: "payments".parse().unwrap(),
                name: name.to_owned(),
            },
            body: RequestBody {
                reason: Some("'; DROP TABLE requests; -- \u{1f4a3} %_|".to_owned()),
                spec_json: "{}".to_owned(),
                manifest_json: "{\"a\":1}".to_owned(),
                base_json: None,
                hash: "a".repeat(64).parse().unwrap(),
                findings_json: "[]".to_owned(),
                effect_json: "{}".to_owned(),
                asks_json: "[]".to_owned(),
                deciders: vec!["operators".to_owned(), "team:payments".to_owned()],
                expires_at: Some(UnixMillis(50)),
            },
        }
    }

    fn all() -> RequestFilter {
        RequestFilter {
            seen_by: SeenBy::All(person("op")),
            state: None,
            kind: None,
            team: None,
            cluster: None,
            requester: None,
            search: None,
            waits_for: None,
            order: SortOrder::Desc,
            after: None,
            limit: 100,
        }
    }

    async fn names(store: &Store, filter: RequestFilter) -> Vec<String> {
        store.requests(&filter).await.unwrap().items.into_iter().map(|row| row.request.subject).collect()
    }

    pub(super) async fn a_request_is_read_back_whole(store: Store) {
        let request = row("payments.a", 1);
        store.add_request(&request, UnixMillis(7)).await.unwrap();
        let read = store.request(&request.id).await.unwrap().unwrap();
        assert_eq!(
            (&read.request, read.version, read.created_at, read.changed_at),
            (&request, 1, UnixMillis(7), UnixMillis(7))
        );
        assert_eq!((read.generation, read.attempts, read.message), (None, 0, None));
        assert!(store.request(&row("x", 2).id).await.unwrap().is_none());
        store.add_comment(&request.id, &person("lead"), "why <b>six</b>?", UnixMillis(8)).await.unwrap();
        store.add_comment(&request.id, &person("dev"), "because", UnixMillis(9)).await.unwrap();
        let said: Vec<_> = store.comments(&request.id).await.unwrap().into_iter().map(|comment| comment.text).collect();
        assert_eq!(said, ["why <b>six</b>?", "because"]);
        let missing = store.add_comment(&row("x", 3).id, &person("dev"), "hm", UnixMillis(9)).await;
        assert!(matches!(missing, Err(StoreError::Missing { .. })));
        assert_eq!(store.requests_changed_at().await.unwrap(), [("kafka/prod".parse().unwrap(), UnixMillis(7))]);
    }

    pub(super) async fn one_wish_at_a_time_about_one_object(store: Store) {
        let first = row("payments.a", 1);
        store.add_request(&first, UnixMillis(7)).await.unwrap();
        assert!(matches!(
            store.add_request(&row("payments.a", 2), UnixMillis(8)).await,
            Err(StoreError::Exists { .. })
        ));
        let open = store.open_request_about(&first.cluster, &first.object).await.unwrap().unwrap();
        assert_eq!(open.request.id, first.id);
        let over = RequestChange::to(RequestState::Declined, &open);
        store.change_request(&first.id, 1, &over, UnixMillis(9)).await.unwrap();
        assert!(store.open_request_about(&first.cluster, &first.object).await.unwrap().is_none());
        assert!(store.was_asked(&first.cluster, &first.object).await.unwrap());
        store.add_request(&row("payments.a", 3), UnixMillis(10)).await.unwrap();
        assert!(!store.was_asked(&first.cluster, &row("payments.b", 4).object).await.unwrap());
    }

    pub(super) async fn whoever_is_quicker_changes_it_and_the_other_is_told(store: Store) {
        let request = row("payments.a", 1);
        store.add_request(&request, UnixMillis(7)).await.unwrap();
        let seen = store.request(&request.id).await.unwrap().unwrap();
        let tries = (0..20).map(|n| {
            let (store, seen) = (store.clone(), seen.clone());
            tokio::spawn(async move {
                let state = if n % 2 == 0 { RequestState::Approved } else { RequestState::Declined };
                let change = RequestChange { message: Some(n.to_string()), ..RequestChange::to(state, &seen) };
                store.change_request(&seen.request.id, seen.version, &change, UnixMillis(8)).await
            })
        });
        let (mut done, mut late) = (0, 0);
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(()) => done += 1,
                Err(error) => {
                    assert!(matches!(error, StoreError::Changed { .. }), "{error:?}");
                    late += 1;
                }
            }
        }
        assert_eq!((done, late), (1, 19));
        assert_eq!(store.request(&request.id).await.unwrap().unwrap().version, 2);
    }

    pub(super) async fn consents_are_bound_to_a_hash_and_count_once(store: Store) {
        let request = row("payments.a", 1);
        store.add_request(&request, UnixMillis(7)).await.unwrap();
        let (hash, other) = (request.body.hash.clone(), "b".repeat(64).parse().unwrap());
        for _ in 0..2 {
            store.add_approval(&request.id, &hash, &person("lead"), UnixMillis(8)).await.unwrap();
        }
        assert_eq!(store.approvals(&request.id, &hash).await.unwrap().len(), 1);
        assert!(store.approvals(&request.id, &other).await.unwrap().is_empty());
        let of = store.approvals_of(std::slice::from_ref(&request.id)).await.unwrap();
        assert_eq!(of[&request.id][0].person, person("lead"));
        let seen = store.request(&request.id).await.unwrap().unwrap();
        let body = RequestBody { hash: other, ..request.body };
        let change = RequestChange { body: Some(body), ..RequestChange::to(RequestState::NeedsApproval, &seen) };
        store.change_request(&request.id, 1, &change, UnixMillis(9)).await.unwrap();
        assert!(store.approvals_of(&[request.id]).await.unwrap().is_empty(), "it is another wish now");
    }

    pub(super) async fn lists_are_filtered_counted_and_cut_in_the_database(store: Store) {
        for (n, name) in [(1, "payments.a"), (2, "payments.b"), (3, "payments.B_c")] {
            store.add_request(&row(name, n), UnixMillis(n)).await.unwrap();
        }
        let draft = NewRequestRow { state: RequestState::Draft, ..row("payments.draft", 4) };
        store.add_request(&draft, UnixMillis(4)).await.unwrap();
        let foreign = NewRequestRow {
            owner: team("orders"),
            team: team("orders"),
            requester: person("eve"),
            ..row("orders.a", 5)
        };
        store.add_request(&foreign, UnixMillis(5)).await.unwrap();

        assert_eq!(names(&store, all()).await, ["orders.a", "payments.B_c", "payments.b", "payments.a"]);
        let of_dev = RequestFilter {
            seen_by: SeenBy::Some { person: person("dev"), teams: [team("payments")].into(), decides: Vec::new() },
            ..all()
        };
        assert_eq!(names(&store, of_dev.clone()).await, ["payments.draft", "payments.B_c", "payments.b", "payments.a"]);
        let of_nobody = RequestFilter {
            seen_by: SeenBy::Some { person: person("x"), teams: [].into(), decides: Vec::new() },
            ..all()
        };
        assert!(names(&store, of_nobody).await.is_empty());
        let asked = RequestFilter {
            seen_by: SeenBy::Some { person: person("x"), teams: [].into(), decides: vec!["operators".to_owned()] },
            ..all()
        };
        assert_eq!(names(&store, asked).await.len(), 4);
        for (text, found) in [("B", 2), ("b_", 1), ("%", 0), ("payments", 3), ("'", 0)] {
            let filter = RequestFilter { search: Some(text.to_owned()), ..all() };
            assert_eq!(store.count_requests(&filter).await.unwrap(), found, "{text}");
        }
        let page = store.requests(&RequestFilter { limit: 2, order: SortOrder::Asc, ..all() }).await.unwrap();
        assert_eq!((page.items.len(), page.total), (2, 4));
        let after: Option<RequestId> = page.items.last().map(|row| row.request.id.clone());
        assert_eq!(
            names(&store, RequestFilter { after, order: SortOrder::Asc, ..all() }).await,
            ["payments.B_c", "orders.a"]
        );

        let inbox =
            |who: &str| RequestFilter { waits_for: Some((person(who), vec!["team:payments".to_owned()])), ..all() };
        assert_eq!(names(&store, inbox("lead")).await.len(), 4);
        assert_eq!(names(&store, inbox("dev")).await, ["orders.a"], "nobody decides what they asked for");
        let first = row("payments.a", 1);
        let id = &store.open_request_about(&first.cluster, &first.object).await.unwrap().unwrap().request.id;
        store.add_approval(id, &first.body.hash, &person("lead"), UnixMillis(8)).await.unwrap();
        assert_eq!(names(&store, inbox("lead")).await.len(), 3);
        let one = RequestFilter {
            state: Some(RequestState::NeedsApproval),
            kind: Some(RequestKind::TopicCreate),
            team: Some(team("orders")),
            cluster: Some("kafka/prod".parse().unwrap()),
            requester: Some(person("eve")),
            ..all()
        };
        assert_eq!(names(&store, one).await, ["orders.a"]);
    }

    pub(super) async fn what_is_due_is_found_the_oldest_first(store: Store) {
        for (n, name, state) in [
            (1, "a", RequestState::Approved),
            (2, "b", RequestState::Submitted),
            (3, "c", RequestState::Applying),
            (4, "d", RequestState::NeedsApproval),
            (5, "e", RequestState::Draft),
            (6, "f", RequestState::Failed),
        ] {
            store.add_request(&NewRequestRow { state, ..row(name, n) }, UnixMillis(n)).await.unwrap();
        }
        let due = async |now| {
            let rows = store.requests_due(UnixMillis(now), 100).await.unwrap();
            rows.into_iter().map(|row| row.request.subject).collect::<Vec<_>>()
        };
        assert_eq!(due(10).await, ["a", "b", "c"]);
        assert_eq!(due(50).await, ["a", "b", "c", "d"], "nobody answered in time");
        let rows = store.requests_due(UnixMillis(10), 1).await.unwrap();
        let later = RequestChange {
            next_attempt_at: UnixMillis(20),
            generation: Some(3),
            ..RequestChange::to(RequestState::Approved, &rows[0])
        };
        store.postpone_request(&rows[0].request.id, rows[0].version, &later).await.unwrap();
        assert_eq!(due(10).await, ["b", "c"]);
        let read = store.request(&rows[0].request.id).await.unwrap().unwrap();
        assert_eq!(
            (read.version, read.changed_at, read.generation),
            (1, UnixMillis(1), Some(3)),
            "nobody has to read that"
        );
    }

    pub(super) async fn open_requests_of_a_team_are_counted_and_the_oldest_named(store: Store) {
        let [first, second, third] = [1, 2, 3].map(|n| row(&format!("payments.{n}"), n));
        let owned = NewRequestRow { team: team("orders"), ..row("payments.4", 4) };
        let draft = NewRequestRow { state: RequestState::Draft, ..row("payments.5", 5) };
        for row in [&first, &second, &third, &owned, &draft] {
            store.add_request(row, UnixMillis(7)).await.unwrap();
        }
        let open = store.open_requests_of(&team("payments"), 2).await.unwrap();
        assert_eq!(open, (4, vec![first.id.clone(), second.id]));
        assert_eq!(store.open_requests_of(&team("orders"), 2).await.unwrap(), (1, vec![owned.id]));
        let seen = store.request(&first.id).await.unwrap().unwrap();
        let over = RequestChange::to(RequestState::Declined, &seen);
        store.change_request(&first.id, seen.version, &over, UnixMillis(8)).await.unwrap();
        assert_eq!(store.open_requests_of(&team("payments"), 1).await.unwrap().0, 3);
    }
}
