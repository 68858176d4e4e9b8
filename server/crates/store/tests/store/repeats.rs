//! Changes that are sent twice.

use crate::on_both_databases;

on_both_databases! {
    the_first_is_made_and_every_other_gets_its_answer_for_a_day
    of_many_at_once_one_is_the_first
}

mod bodies {
    use crate::names::person;
    use klamm_model::UnixMillis;
    use klamm_store::{KeptAnswer, Repeat, Store};

    const ASKED: &[&[u8]] = &[b"POST", b"/api/v1/requests", b"{}"];

    pub(super) async fn the_first_is_made_and_every_other_gets_its_answer_for_a_day(store: Store) {
        let ada = person("ada");
        let take = async |who: &str, asked: &[&[u8]], at| {
            store.take_key(&person(who), "k1", asked, UnixMillis(at)).await.unwrap()
        };
        assert_eq!(take("ada", ASKED, 5).await, Repeat::First);
        assert_eq!(take("ada", ASKED, 6).await, Repeat::Running);
        let answer = KeptAnswer { status: 201, location: Some("/x".to_owned()), body: "{\"id\":1}".to_owned() };
        store.keep_answer(&ada, "k1", &answer).await.unwrap();
        assert_eq!(take("ada", ASKED, 7).await, Repeat::Answered(answer));
        assert_eq!(take("ada", &[b"POST", b"/api/v1/requests", b"[]"], 8).await, Repeat::Other);
        assert_eq!(take("bob", ASKED, 9).await, Repeat::First, "a key is its owner's");
        store.let_key_go(&person("bob"), "k1").await.unwrap();
        assert_eq!(take("bob", ASKED, 10).await, Repeat::First);
        assert_eq!(take("ada", ASKED, 86_400_100).await, Repeat::First, "a day later it is forgotten");
    }

    pub(super) async fn of_many_at_once_one_is_the_first(store: Store) {
        let tries = (0..20).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.take_key(&person("ada"), "k", ASKED, UnixMillis(n)).await.unwrap() })
        });
        let mut first = 0;
        for one in tries.collect::<Vec<_>>() {
            first += u32::from(one.await.unwrap() == Repeat::First);
        }
        assert_eq!(first, 1);
    }
}
