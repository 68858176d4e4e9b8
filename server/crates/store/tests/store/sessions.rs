//! Sessions, through the trait that the HTTP layer uses.

use crate::on_both_databases;

on_both_databases! {
    a_session_is_kept_and_forgotten
    saving_never_brings_back_an_ended_session
    an_expired_session_is_not_loaded_and_is_swept
    disabling_somebody_ends_their_sessions_at_once
    a_session_without_a_person_is_not_stored
    the_database_does_not_hold_the_cookie
    a_session_is_listed_with_its_browser_and_ended_by_its_name
    all_sessions_of_somebody_end_but_for_one
}

mod bodies {
    use crate::names::person;
    use klamm_model::UnixMillis;
    use klamm_store::{
        NewPerson, PasswordHash, SESSION_AGENT, SESSION_PERSON, Sessions, Store, StoreError, session_id,
    };
    use std::collections::BTreeSet;
    use time::{Duration, OffsetDateTime};
    use tower_sessions::SessionStore;
    use tower_sessions::session::{Id, Record};

    async fn with_ada(store: &Store) -> Sessions {
        let ada = NewPerson { name: person("ada"), password: None, roles: BTreeSet::new() };
        store.add_person(&ada, UnixMillis(1)).await.unwrap();
        Sessions::new(store.clone())
    }

    fn record(lives: Duration) -> Record {
        Record {
            id: Id::default(),
            data: [(SESSION_PERSON.to_owned(), "ada".into()), ("csrf".to_owned(), "x".into())].into(),
            expiry_date: OffsetDateTime::now_utc().replace_nanosecond(0).unwrap() + lives,
        }
    }

    fn now() -> UnixMillis {
        UnixMillis(OffsetDateTime::now_utc().unix_timestamp() * 1000)
    }

    pub(super) async fn a_session_is_kept_and_forgotten(store: Store) {
        let sessions = with_ada(&store).await;
        let mut record = record(Duration::HOUR);
        sessions.create(&mut record).await.unwrap();
        assert_eq!(sessions.load(&record.id).await.unwrap(), Some(record.clone()));
        record.data.insert("seen".to_owned(), 7.into());
        sessions.save(&record).await.unwrap();
        assert_eq!(sessions.load(&record.id).await.unwrap(), Some(record.clone()));
        assert_eq!(store.sessions_of(&person("ada"), now()).await.unwrap().len(), 1);
        sessions.delete(&record.id).await.unwrap();
        assert_eq!(sessions.load(&record.id).await.unwrap(), None);
    }

    pub(super) async fn saving_never_brings_back_an_ended_session(store: Store) {
        let sessions = with_ada(&store).await;
        let mut record = record(Duration::HOUR);
        sessions.create(&mut record).await.unwrap();
        sessions.delete(&record.id).await.unwrap();
        sessions.save(&record).await.unwrap();
        assert_eq!(sessions.load(&record.id).await.unwrap(), None);
    }

    pub(super) async fn an_expired_session_is_not_loaded_and_is_swept(store: Store) {
        let sessions = with_ada(&store).await;
        let (mut old, mut young) = (record(-Duration::MINUTE), record(Duration::MINUTE));
        sessions.create(&mut old).await.unwrap();
        sessions.create(&mut young).await.unwrap();
        assert_eq!(sessions.load(&old.id).await.unwrap(), None);
        assert_eq!(store.sessions_of(&person("ada"), now()).await.unwrap().len(), 1);
        assert_eq!(store.delete_expired_sessions(now()).await.unwrap(), 1);
        assert!(sessions.load(&young.id).await.unwrap().is_some());
    }

    pub(super) async fn disabling_somebody_ends_their_sessions_at_once(store: Store) {
        let sessions = with_ada(&store).await;
        let mut first = record(Duration::HOUR);
        sessions.create(&mut first).await.unwrap();
        store.disable_person(&person("ada"), UnixMillis(2)).await.unwrap();
        assert_eq!(sessions.load(&first.id).await.unwrap(), None);
        let mut second = record(Duration::HOUR);
        sessions.create(&mut second).await.unwrap();
        store.set_password(&person("ada"), &PasswordHash::new("h".to_owned())).await.unwrap();
        assert_eq!(sessions.load(&second.id).await.unwrap(), None);
        let mut third = record(Duration::HOUR);
        sessions.create(&mut third).await.unwrap();
        store.set_roles(&person("ada"), &BTreeSet::new()).await.unwrap();
        assert_eq!(sessions.load(&third.id).await.unwrap(), None);
    }

    pub(super) async fn a_session_without_a_person_is_not_stored(store: Store) {
        let sessions = with_ada(&store).await;
        let mut nobody = record(Duration::HOUR);
        nobody.data.clear();
        assert!(sessions.create(&mut nobody).await.is_err());
        nobody.data.insert(SESSION_PERSON.to_owned(), "ghost".into());
        assert!(sessions.create(&mut nobody).await.is_err());
    }

    pub(super) async fn the_database_does_not_hold_the_cookie(store: Store) {
        let sessions = with_ada(&store).await;
        let mut record = record(Duration::HOUR);
        sessions.create(&mut record).await.unwrap();
        let row = store.sessions_of(&person("ada"), now()).await.unwrap().remove(0);
        assert_eq!(row.id, session_id(&record.id));
        assert!(!row.id.as_str().contains(&record.id.to_string()));
    }

    pub(super) async fn a_session_is_listed_with_its_browser_and_ended_by_its_name(store: Store) {
        let sessions = with_ada(&store).await;
        let mut first = record(Duration::HOUR);
        first.data.insert(SESSION_AGENT.to_owned(), "Firefox/140".into());
        sessions.create(&mut first).await.unwrap();
        sessions.create(&mut record(Duration::HOUR)).await.unwrap();
        let id = session_id(&first.id);
        let row = store.session(&id, now()).await.unwrap().unwrap();
        assert_eq!((row.person.as_str(), row.agent.as_deref()), ("ada", Some("Firefox/140")));
        assert!(store.sessions_of(&person("ada"), now()).await.unwrap().contains(&row));
        store.end_session(&id).await.unwrap();
        assert_eq!(sessions.load(&first.id).await.unwrap(), None);
        assert_eq!(store.session(&id, now()).await.unwrap(), None);
        assert!(matches!(store.end_session(&id).await, Err(StoreError::Missing { what: "session" })));
        let left = store.sessions_of(&person("ada"), now()).await.unwrap();
        assert_eq!((left.len(), left[0].agent.as_deref()), (1, None));
    }

    pub(super) async fn all_sessions_of_somebody_end_but_for_one(store: Store) {
        let sessions = with_ada(&store).await;
        let mut records = [record(Duration::HOUR), record(Duration::HOUR), record(Duration::HOUR)];
        for record in &mut records {
            sessions.create(record).await.unwrap();
        }
        let [kept, others @ ..] = records.map(|record| session_id(&record.id));
        let mut ended = store.end_sessions_of(&person("ada"), Some(&kept)).await.unwrap();
        let mut others = others.to_vec();
        ended.sort();
        others.sort();
        assert_eq!(ended, others);
        assert_eq!(store.end_sessions_of(&person("bob"), None).await.unwrap(), []);
        assert_eq!(store.end_sessions_of(&person("ada"), None).await.unwrap(), [kept]);
    }
}
