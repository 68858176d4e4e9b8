//! When topics were last used.

use crate::on_both_databases;

on_both_databases! {
    what_is_known_to_be_later_stays_and_what_is_gone_is_forgotten
}

mod bodies {
    use klamm_model::UnixMillis;
    use klamm_store::{ActivityRow, Store};

    fn row(topic: &str, ends: i64, moved_at: i64) -> ActivityRow {
        ActivityRow {
            cluster: "kafka/demo".parse().unwrap(),
            topic: topic.parse().unwrap(),
            ends,
            commits: i64::MIN,
            moved_at: UnixMillis(moved_at),
        }
    }

    pub(super) async fn what_is_known_to_be_later_stays_and_what_is_gone_is_forgotten(store: Store) {
        let cluster = "kafka/demo".parse().unwrap();
        store.note_topic_activity(&[row("a", 1, 10), row("b", 2, 10)]).await.unwrap();
        store.note_topic_activity(&[row("a", 0, 9), row("b", 3, 11)]).await.unwrap();
        assert_eq!(store.topic_activity().await.unwrap(), [row("a", 1, 10), row("b", 3, 11)]);
        let gone = ["a".parse().unwrap()];
        store.forget_topic_activity(&"kafka/other".parse().unwrap(), &gone).await.unwrap();
        assert_eq!(store.topic_activity().await.unwrap().len(), 2, "another cluster's");
        store.forget_topic_activity(&cluster, &gone).await.unwrap();
        assert_eq!(store.topic_activity().await.unwrap(), [row("b", 3, 11)]);
    }
}
