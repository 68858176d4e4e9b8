//! The store over a fresh database of either kind.

use klamm_store::{DatabaseUrl, Store};
use klamm_testkit::TestDatabase;

pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) raw: TestDatabase,
}

pub(crate) async fn sqlite() -> Database {
    open(TestDatabase::sqlite().unwrap()).await
}

pub(crate) async fn postgres() -> Database {
    open(TestDatabase::postgres().unwrap()).await
}

async fn open(raw: TestDatabase) -> Database {
    Database { store: Store::open(&raw.url().parse().unwrap()).await.unwrap(), raw }
}

#[tokio::test]
async fn a_file_may_have_any_name() {
    let folder = tempfile::tempdir().unwrap();
    // One that would break a URL put together carelessly.
    let file = folder.path().join("klamm #1 100%?.db");
    Store::open(&DatabaseUrl::sqlite_file(&file)).await.unwrap();
    assert!(file.exists());
}

/// As when `klamm serve` and `klamm user` start at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn several_programs_may_open_a_fresh_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..8 {
        let url = DatabaseUrl::sqlite_file(&folder.path().join(format!("{file}.db")));
        let opened = (0..8).map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Store::open(&url).await })
        });
        for store in opened.collect::<Vec<_>>() {
            store.await.unwrap().unwrap().ping().await.unwrap();
        }
    }
}
