//! The outbox, and messages to webhooks.

use crate::on_both_databases;

on_both_databases! {
    every_move_of_a_request_is_in_the_outbox_and_nothing_else_is
    a_move_that_somebody_else_was_quicker_with_leaves_nothing
    a_move_is_made_out_once_whoever_tries
    a_delivery_is_taken_by_one_and_settled_by_whoever_took_it
    a_delivery_whose_taker_vanished_is_due_again
    the_log_is_filtered_counted_and_cut_in_the_database
    what_nothing_was_heard_of_is_forgotten_a_part_at_a_time
}

mod bodies {
    use crate::requests::bodies::row;
    use klamm_model::{DeliveryState, RequestId, RequestState, UnixMillis, WebhookEvent, WebhookName};
    use klamm_store::{
        DeliveryChange, DeliveryFilter, DueDelivery, NewDelivery, NewRequestRow, OutboxRow, RequestBody, RequestChange,
        Store, StoreError,
    };

    fn webhook(name: &str) -> WebhookName {
        name.parse().unwrap()
    }

    fn delivery(to: &str, n: i64) -> NewDelivery {
        NewDelivery {
            id: Store::new_delivery_id(UnixMillis(1_700_000_000_000 + n)).unwrap(),
            webhook: webhook(to),
            event: WebhookEvent::RequestApproved,
            request: None,
            body: format!("{{\"n\":{n},\"text\":\"'; DROP TABLE outbox; -- \u{1f4a3}\"}}"),
        }
    }

    async fn due(store: &Store, to: &str, now: i64) -> Vec<DueDelivery> {
        store.deliveries_due(&webhook(to), UnixMillis(now), 100).await.unwrap()
    }

    fn delivered() -> DeliveryChange {
        DeliveryChange {
            state: DeliveryState::Delivered,
            status: Some(204),
            error: None,
            next_attempt_at: UnixMillis(0),
        }
    }

    fn failed(again: i64) -> DeliveryChange {
        DeliveryChange {
            state: DeliveryState::Pending,
            status: Some(500),
            error: Some("it answered 500".to_owned()),
            next_attempt_at: UnixMillis(again),
        }
    }

    async fn change(store: &Store, id: &RequestId, state: RequestState, body: Option<RequestBody>, now: i64) {
        let seen = store.request(id).await.unwrap().unwrap();
        let message = Some(format!("at {now}"));
        let change = RequestChange { message, body, ..RequestChange::to(state, &seen) };
        store.change_request(id, seen.version, &change, UnixMillis(now)).await.unwrap();
    }

    fn told(rows: &[OutboxRow]) -> Vec<(Option<RequestState>, RequestState, Option<&str>, i64)> {
        rows.iter().map(|row| (row.before, row.state, row.message.as_deref(), row.at.0)).collect()
    }

    pub(super) async fn every_move_of_a_request_is_in_the_outbox_and_nothing_else_is(store: Store) {
        let request = NewRequestRow { state: RequestState::Submitted, ..row("payments.a", 1) };
        store.add_request(&request, UnixMillis(7)).await.unwrap();
        let refused = store.add_request(&row("payments.a", 2), UnixMillis(8)).await;
        assert!(matches!(refused, Err(StoreError::Exists { .. })));
        change(&store, &request.id, RequestState::NeedsApproval, None, 10).await;
        // What is said of it is another thing, and nothing has moved.
        change(&store, &request.id, RequestState::NeedsApproval, Some(request.body.clone()), 11).await;
        let other = RequestBody { hash: "b".repeat(64).parse().unwrap(), ..request.body.clone() };
        change(&store, &request.id, RequestState::NeedsApproval, Some(other), 12).await;
        change(&store, &request.id, RequestState::Declined, None, 13).await;
        let seen = store.request(&request.id).await.unwrap().unwrap();
        let later = RequestChange::to(RequestState::Declined, &seen);
        store.postpone_request(&request.id, seen.version, &later).await.unwrap();

        let rows = store.outbox(100).await.unwrap();
        assert!(rows.iter().all(|row| row.request == request.id));
        assert_eq!(
            told(&rows),
            [
                (None, RequestState::Submitted, None, 7),
                (Some(RequestState::Submitted), RequestState::NeedsApproval, Some("at 10"), 10),
                (Some(RequestState::NeedsApproval), RequestState::NeedsApproval, Some("at 12"), 12),
                (Some(RequestState::NeedsApproval), RequestState::Declined, Some("at 13"), 13),
            ]
        );
        assert_eq!(store.outbox(2).await.unwrap(), rows[..2], "the oldest first");
    }

    pub(super) async fn a_move_that_somebody_else_was_quicker_with_leaves_nothing(store: Store) {
        let request = row("payments.a", 1);
        store.add_request(&request, UnixMillis(7)).await.unwrap();
        let seen = store.request(&request.id).await.unwrap().unwrap();
        let tries = (0..12).map(|n| {
            let (store, seen) = (store.clone(), seen.clone());
            tokio::spawn(async move {
                let state = if n % 2 == 0 { RequestState::Approved } else { RequestState::Declined };
                let change = RequestChange { message: Some(n.to_string()), ..RequestChange::to(state, &seen) };
                store.change_request(&seen.request.id, seen.version, &change, UnixMillis(8)).await.is_ok()
            })
        });
        let mut done = 0;
        for one in tries.collect::<Vec<_>>() {
            done += u32::from(one.await.unwrap());
        }
        assert_eq!(done, 1);
        let rows = store.outbox(100).await.unwrap();
        let now = store.request(&request.id).await.unwrap().unwrap();
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert_eq!(
            (rows[1].state, &rows[1].message),
            (now.request.state, &now.message),
            "and it is the one that was made"
        );
    }

    pub(super) async fn a_move_is_made_out_once_whoever_tries(store: Store) {
        let request = row("payments.a", 1);
        store.add_request(&request, UnixMillis(7)).await.unwrap();
        let moved = store.outbox(1).await.unwrap().remove(0);
        let first = NewDelivery { request: Some(request.id.clone()), ..delivery("tickets", 1) };
        // The second of two has the id of the first: none of it may stay, and the move waits on.
        let broken = [first.clone(), first.clone()];
        assert!(store.make_out(&moved, &broken, UnixMillis(8)).await.is_err());
        assert_eq!((store.outbox(9).await.unwrap().len(), due(&store, "tickets", 99).await.len()), (1, 0));

        let tries = (0..8).map(|n| {
            let (store, moved) = (store.clone(), moved.clone());
            let both = [delivery("tickets", n), delivery("chat", n)];
            tokio::spawn(async move { store.make_out(&moved, &both, UnixMillis(8)).await })
        });
        let mut done = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(()) => done += 1,
                Err(error) => assert!(matches!(error, StoreError::Changed { .. }), "{error:?}"),
            }
        }
        assert_eq!(done, 1);
        assert!(store.outbox(9).await.unwrap().is_empty());
        assert_eq!((due(&store, "tickets", 99).await.len(), due(&store, "chat", 99).await.len()), (1, 1));
    }

    pub(super) async fn a_delivery_is_taken_by_one_and_settled_by_whoever_took_it(store: Store) {
        let request = row("payments.a", 1);
        store.add_request(&request, UnixMillis(7)).await.unwrap();
        let new = NewDelivery { request: Some(request.id.clone()), ..delivery("tickets", 1) };
        store.add_delivery(&new, UnixMillis(10)).await.unwrap();
        assert!(due(&store, "tickets", 9).await.is_empty() && due(&store, "chat", 99).await.is_empty());
        let DueDelivery { row, body } = due(&store, "tickets", 10).await.remove(0);
        assert_eq!((&row.id, &row.request, &body), (&new.id, &new.request, &new.body));
        assert_eq!((row.attempts, row.attempted_at, row.created_at), (0, None, UnixMillis(10)));

        let tries = (0..8).map(|_| {
            let (store, row) = (store.clone(), row.clone());
            tokio::spawn(async move { store.take_delivery(&row, UnixMillis(70), UnixMillis(11)).await.is_ok() })
        });
        let mut taken = 0;
        for one in tries.collect::<Vec<_>>() {
            taken += u32::from(one.await.unwrap());
        }
        assert_eq!(taken, 1);
        assert!(due(&store, "tickets", 69).await.is_empty(), "it is being tried");
        store.settle_delivery(&row, &failed(500), UnixMillis(12)).await.unwrap();
        let again = store.settle_delivery(&row, &delivered(), UnixMillis(13)).await;
        assert!(matches!(again, Err(StoreError::Changed { .. })));

        let again = due(&store, "tickets", 500).await.remove(0).row;
        assert_eq!((again.attempts, again.status, again.attempted_at), (1, Some(500), Some(UnixMillis(11))));
        assert_eq!(again.error.as_deref(), Some("it answered 500"));
        store.take_delivery(&again, UnixMillis(560), UnixMillis(501)).await.unwrap();
        store.settle_delivery(&again, &delivered(), UnixMillis(502)).await.unwrap();
        let done = store.delivery(&new.id).await.unwrap().unwrap();
        assert_eq!((done.state, done.status, done.error.clone()), (DeliveryState::Delivered, Some(204), None));
        assert!(due(&store, "tickets", i64::MAX).await.is_empty());
        assert!(store.take_delivery(&done, UnixMillis(999), UnixMillis(600)).await.is_err(), "it has arrived");

        store.resend_delivery(&done, UnixMillis(700)).await.unwrap();
        assert!(matches!(store.resend_delivery(&done, UnixMillis(701)).await, Err(StoreError::Changed { .. })));
        let again = due(&store, "tickets", 700).await.remove(0);
        assert_eq!((again.row.attempts, &again.row.id, &again.body), (0, &new.id, &new.body), "the same as before");
    }

    pub(super) async fn a_delivery_whose_taker_vanished_is_due_again(store: Store) {
        store.add_delivery(&delivery("tickets", 1), UnixMillis(10)).await.unwrap();
        let row = due(&store, "tickets", 10).await.remove(0).row;
        store.take_delivery(&row, UnixMillis(70), UnixMillis(10)).await.unwrap();
        let second = due(&store, "tickets", 70).await.remove(0).row;
        assert_eq!(second.attempts, 1);
        store.take_delivery(&second, UnixMillis(130), UnixMillis(70)).await.unwrap();
        // The first was only slow: what it has to say is not taken for what became of the second.
        let late = store.settle_delivery(&row, &failed(900), UnixMillis(71)).await;
        assert!(matches!(late, Err(StoreError::Changed { .. })));
        store.settle_delivery(&second, &delivered(), UnixMillis(72)).await.unwrap();
    }

    pub(super) async fn the_log_is_filtered_counted_and_cut_in_the_database(store: Store) {
        let request = row("payments.a", 1);
        store.add_request(&request, UnixMillis(7)).await.unwrap();
        for n in 1..=5 {
            let about = if n == 2 { Some(request.id.clone()) } else { None };
            let to = if n == 5 { "chat" } else { "tickets" };
            store.add_delivery(&NewDelivery { request: about, ..delivery(to, n) }, UnixMillis(n)).await.unwrap();
        }
        for (n, change) in [delivered(), failed(900)].iter().enumerate() {
            let row = due(&store, "tickets", 10).await.remove(0).row;
            store.take_delivery(&row, UnixMillis(800), UnixMillis(10)).await.unwrap();
            store.settle_delivery(&row, change, UnixMillis(20 + i64::try_from(n).unwrap())).await.unwrap();
        }
        let list = async |filter: DeliveryFilter| {
            let page = store.deliveries(&DeliveryFilter { limit: 100, ..filter }).await.unwrap();
            (page.items.iter().map(|row| row.created_at.0).collect::<Vec<_>>(), page.total)
        };
        let all = DeliveryFilter::default;
        assert_eq!(list(all()).await, (vec![5, 4, 3, 2, 1], 5));
        assert_eq!(list(DeliveryFilter { webhook: Some(webhook("chat")), ..all() }).await, (vec![5], 1));
        assert_eq!(list(DeliveryFilter { state: Some(DeliveryState::Delivered), ..all() }).await, (vec![1], 1));
        assert_eq!(list(DeliveryFilter { request: Some(request.id.clone()), ..all() }).await, (vec![2], 1));
        let none = DeliveryFilter { webhook: Some(webhook("chat")), request: Some(request.id.clone()), ..all() };
        assert_eq!(list(none).await, (vec![], 0));
        let first = store.deliveries(&DeliveryFilter { limit: 2, ..all() }).await.unwrap();
        assert_eq!((first.items.len(), first.total), (2, 5));
        let before = first.items.last().map(|row| row.id.clone());
        assert_eq!(list(DeliveryFilter { before, ..all() }).await, (vec![3, 2, 1], 5));

        let pending = store.pending_deliveries().await.unwrap();
        assert_eq!(pending, [(webhook("chat"), 1), (webhook("tickets"), 3)].into());
        let figures = store.webhook_figures().await.unwrap();
        let figures: Vec<_> = figures
            .iter()
            .map(|one| (one.webhook.as_str(), one.state, one.count, one.failed, one.changed_at.0))
            .collect();
        assert_eq!(
            figures,
            [
                ("chat", DeliveryState::Pending, 1, 0, 5),
                ("tickets", DeliveryState::Delivered, 1, 0, 20),
                ("tickets", DeliveryState::Pending, 3, 1, 21),
            ]
        );
    }

    pub(super) async fn what_nothing_was_heard_of_is_forgotten_a_part_at_a_time(store: Store) {
        for n in 1..=4 {
            store.add_delivery(&delivery("tickets", n), UnixMillis(n)).await.unwrap();
        }
        let oldest = due(&store, "tickets", 10).await.remove(0).row;
        store.take_delivery(&oldest, UnixMillis(70), UnixMillis(50)).await.unwrap();
        assert_eq!(store.forget_deliveries(UnixMillis(40), 2).await.unwrap(), 2);
        assert_eq!(store.forget_deliveries(UnixMillis(40), 2).await.unwrap(), 1);
        assert_eq!(store.forget_deliveries(UnixMillis(40), 2).await.unwrap(), 0);
        assert!(store.delivery(&oldest.id).await.unwrap().is_some(), "it was tried since");
    }
}
