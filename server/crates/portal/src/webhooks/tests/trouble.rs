//! Receivers that do not do what they should, and messengers that do not live to hear the answer.

use super::*;

#[tokio::test]
async fn what_failed_is_sent_again_later_as_the_same_message() {
    let mut receiver = Receiver::start().await;
    receiver.reply_status(500);
    receiver.reply(Reply::Status(429, vec![("retry-after", "3600".to_owned())]));
    let post = Post::to(&[("tickets", &receiver)]).await;
    let messenger = post.messenger();
    post.bench.new_topic("payments.b").await;
    post.look(&messenger).await;
    let first = receiver.next().await;
    let row = post.log().await.remove(0);
    assert_eq!((row.state, row.status, row.attempts), (DeliveryState::Pending, Some(500), 1));
    assert_eq!(row.error.as_deref(), Some("it answered 500"));
    post.look(&messenger).await;
    assert!(receiver.heard_nothing(), "not before its time");

    post.bench.later(6_000);
    post.look(&messenger).await;
    let second = receiver.next().await;
    assert_eq!((second.header("webhook-id"), &second.body), (first.header("webhook-id"), &first.body));
    assert_ne!(second.header("webhook-timestamp"), first.header("webhook-timestamp"), "an old one is no replay");
    assert!(second.is_signed_with(SECRET));
    post.bench.later(3_500_000);
    post.look(&messenger).await;
    assert!(receiver.heard_nothing(), "it asked for an hour");
    post.bench.later(100_000);
    post.look(&messenger).await;
    assert_eq!(receiver.next().await.header("webhook-id"), first.header("webhook-id"));
    let row = post.log().await.remove(0);
    assert_eq!((row.state, row.attempts, row.error, row.next_attempt_at), (DeliveryState::Delivered, 3, None, None));
    let counts = post.portal().webhook_counts().remove(0);
    let expected = [(AttemptOutcome::Delivered, 1), (AttemptOutcome::Failed, 2), (AttemptOutcome::GaveUp, 0)];
    assert_eq!(counts.attempts, expected);
}

#[tokio::test]
async fn nobody_is_led_elsewhere() {
    let (mut receiver, mut elsewhere) = (Receiver::start().await, Receiver::start().await);
    for status in [302, 307, 308] {
        receiver.reply(Reply::Status(status, vec![("location", elsewhere.url.clone())]));
    }
    let post = Post::to(&[("tickets", &receiver)]).await;
    let messenger = post.messenger();
    post.bench.new_topic("payments.b").await;
    for status in [302, 307, 308] {
        post.look(&messenger).await;
        assert_eq!(receiver.next().await.path, "/hook?key=hush");
        let row = post.log().await.remove(0);
        assert_eq!((row.state, row.status), (DeliveryState::Pending, Some(status)));
        post.bench.later(3_600_000);
    }
    assert!(elsewhere.heard_nothing());
}

#[tokio::test]
async fn one_that_never_answers_holds_up_no_other() {
    let (mut slow, mut quick) = (Receiver::start().await, Receiver::start().await);
    for _ in 0..3 {
        slow.reply(Reply::Never);
    }
    let post = Post::to(&[("slow", &slow), ("quick", &quick)]).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(post.messenger().run(stop.clone()));
    for name in ["payments.b", "payments.c", "payments.d"] {
        post.bench.new_topic(name).await;
        quick.next().await;
    }
    slow.next().await;
    let waiting = post.log().await.into_iter().filter(|row| row.webhook.as_str() == "slow");
    assert!(waiting.map(|row| (row.state, row.status)).all(|row| row == (DeliveryState::Pending, None)));
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_none() {
    let mut receiver = Receiver::start().await;
    receiver.reply(Reply::Never);
    let post = Post::to(&[("tickets", &receiver)]).await;
    let mut messenger = post.messenger();
    Arc::get_mut(&mut messenger.receivers[0]).unwrap().sender.patience = Duration::from_millis(50);
    post.bench.new_topic("payments.b").await;
    post.look(&messenger).await;
    receiver.next().await;
    let row = post.log().await.remove(0);
    assert_eq!(
        (row.state, row.status, row.error.as_deref()),
        (DeliveryState::Pending, None, Some("no answer in time"))
    );
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read() {
    let mut receiver = Receiver::start().await;
    receiver.reply(Reply::Endlessly);
    let post = Post::to(&[("tickets", &receiver)]).await;
    post.bench.new_topic("payments.b").await;
    post.look(&post.messenger()).await;
    receiver.next().await;
    assert_eq!(post.log().await[0].state, DeliveryState::Delivered);
}

#[tokio::test]
async fn after_the_last_attempt_it_is_given_up_and_an_operator_may_send_it_again() {
    let mut receiver = Receiver::start().await;
    let post = Post::to(&[("tickets", &receiver)]).await;
    let messenger = post.messenger();
    post.bench.new_topic("payments.b").await;
    let (mut tried, mut ids) = (0, BTreeSet::new());
    loop {
        receiver.reply_status(503);
        post.look(&messenger).await;
        tried += 1;
        ids.insert(receiver.next().await.header("webhook-id").to_owned());
        if post.log().await[0].state != DeliveryState::Pending {
            break;
        }
        post.bench.later(15 * 3_600_000);
    }
    let row = post.log().await.remove(0);
    assert_eq!((row.state, row.attempts, tried, ids.len()), (DeliveryState::GaveUp, 15, 15, 1));
    post.bench.later(15 * 3_600_000);
    post.look(&messenger).await;
    assert!(receiver.heard_nothing());

    let operator = crate::requests::tests::operator();
    let again = post.portal().retry_delivery(&operator, &row.id, HERE).await.unwrap();
    assert_eq!((again.state, again.attempts), (DeliveryState::Pending, 0));
    post.look(&messenger).await;
    assert_eq!(receiver.next().await.header("webhook-id"), row.id.as_str());
    assert_eq!(post.log().await[0].state, DeliveryState::Delivered);
}

#[tokio::test]
async fn a_receiver_that_is_gone_for_good_is_asked_once() {
    let mut receiver = Receiver::start().await;
    receiver.reply_status(410);
    let post = Post::to(&[("tickets", &receiver)]).await;
    post.bench.new_topic("payments.b").await;
    post.look(&post.messenger()).await;
    receiver.next().await;
    let row = post.log().await.remove(0);
    assert_eq!((row.state, row.status, row.attempts), (DeliveryState::GaveUp, Some(410), 1));
}

#[tokio::test]
async fn a_messenger_that_dies_in_the_middle_loses_nothing() {
    let mut receiver = Receiver::start().await;
    receiver.reply(Reply::Never);
    let post = Post::to(&[("tickets", &receiver)]).await;
    let dies = tokio::spawn(post.messenger().run(CancellationToken::new()));
    post.bench.new_topic("payments.b").await;
    let first = receiver.next().await;
    dies.abort();
    assert!(dies.await.unwrap_err().is_cancelled());
    // Moved while nobody was there to hear it.
    let view = post.bench.new_topic("payments.c").await;

    let messenger = post.messenger();
    post.look(&messenger).await;
    assert_eq!(receiver.next().await.json()["data"]["request"], view.id.as_str());
    assert!(receiver.heard_nothing(), "whoever took the first may still be at it");
    post.bench.later(61_000);
    post.look(&messenger).await;
    let again = receiver.next().await;
    assert_eq!((again.header("webhook-id"), &again.body), (first.header("webhook-id"), &first.body));
    assert!(post.log().await.iter().all(|row| row.state == DeliveryState::Delivered));
}

#[tokio::test]
async fn several_messengers_tell_each_thing_once() {
    let mut receiver = Receiver::start().await;
    let post = Post::to(&[("tickets", &receiver)]).await;
    for name in ["payments.b", "payments.c", "payments.d", "payments.e"] {
        post.bench.new_topic(name).await;
    }
    let messengers = [post.messenger(), post.messenger(), post.messenger()];
    futures::future::join_all(messengers.iter().map(|messenger| post.look(messenger))).await;
    // One may have looked for messages before another had made them out.
    post.look(&messengers[0]).await;
    let mut told = BTreeSet::new();
    for _ in 0..4 {
        told.insert(receiver.next().await.header("webhook-id").to_owned());
    }
    assert_eq!((told.len(), receiver.heard_nothing()), (4, true));
}

#[tokio::test]
async fn a_secret_that_changes_counts_at_once_and_one_that_is_gone_sends_nothing() {
    const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let mut receiver = Receiver::start().await;
    let post = Post::to(&[("tickets", &receiver)]).await;
    let messenger = post.messenger();
    post.bench.new_topic("payments.b").await;
    std::fs::remove_file(post.secret()).unwrap();
    post.look(&messenger).await;
    assert!(receiver.heard_nothing());
    let row = post.log().await.remove(0);
    assert_eq!((row.state, row.error.as_deref()), (DeliveryState::Pending, Some("its secret cannot be read")));
    std::fs::write(post.secret(), OTHER).unwrap();
    post.bench.later(6_000);
    post.look(&messenger).await;
    let got = receiver.next().await;
    assert!(got.is_signed_with(OTHER) && !got.is_signed_with(SECRET));
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_connection() {
    let bench = Bench::new().await;
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("secret");
    std::fs::write(&file, SECRET).unwrap();
    // Taken and let go: nothing listens there, most likely, and certainly nothing that speaks HTTP.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}/hook?key=hush");
    let webhook = Webhook::new("tickets".parse().unwrap(), &url, file, None, None).unwrap();
    bench.portal.tell(Told { webhooks: vec![webhook], site: None });
    let post = Post { bench, secrets };
    post.bench.new_topic("payments.b").await;
    post.look(&post.messenger()).await;
    let row = post.log().await.remove(0);
    assert_eq!((row.state, row.status, row.error.as_deref()), (DeliveryState::Pending, None, Some("no connection")));
}
