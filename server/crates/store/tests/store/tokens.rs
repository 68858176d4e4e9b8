//! API tokens.

use crate::on_both_databases;

on_both_databases! {
    a_token_is_found_by_its_digest_alone
    ending_a_token_keeps_the_first_moment
    a_token_belongs_to_somebody_who_exists
}

mod bodies {
    use crate::names::person;
    use klamm_model::{PersonName, Scope, UnixMillis};
    use klamm_store::{NewPerson, NewToken, Store, StoreError, TokenDigest};
    use std::collections::BTreeSet;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_123);

    async fn with_person(store: &Store) -> PersonName {
        let name = person("ada");
        let new = NewPerson { name: name.clone(), password: None, roles: BTreeSet::new() };
        store.add_person(&new, NOW).await.unwrap();
        name
    }

    fn token(person: &PersonName) -> NewToken {
        NewToken {
            person: person.clone(),
            label: "<script>laptop</script>".to_owned(),
            scopes: BTreeSet::from([Scope::Read, Scope::Write]),
            expires_at: UnixMillis(NOW.0 + 60_000),
        }
    }

    pub(super) async fn a_token_is_found_by_its_digest_alone(store: Store) {
        let ada = with_person(&store).await;
        let id = store.add_token(&token(&ada), &TokenDigest::of("klamm_secret"), NOW).await.unwrap();
        let found = store.token(&TokenDigest::of("klamm_secret")).await.unwrap().unwrap();
        assert_eq!((found.id.as_str(), &found.person, found.last_used_at), (id.as_str(), &ada, None));
        assert_eq!(found.label, "<script>laptop</script>");
        assert_eq!(found.scopes, BTreeSet::from([Scope::Read, Scope::Write]));
        assert_eq!(store.token(&TokenDigest::of("klamm_other")).await.unwrap(), None);

        store.touch_token(&id, UnixMillis(NOW.0 + 5)).await.unwrap();
        let listed = store.tokens_of(&ada).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].last_used_at, Some(UnixMillis(NOW.0 + 5)));
        let twin = store.add_token(&token(&ada), &TokenDigest::of("klamm_secret"), NOW).await;
        assert!(matches!(twin, Err(StoreError::Exists { .. })));
    }

    pub(super) async fn ending_a_token_keeps_the_first_moment(store: Store) {
        let ada = with_person(&store).await;
        let id = store.add_token(&token(&ada), &TokenDigest::of("t"), NOW).await.unwrap();
        store.revoke_token(&id, NOW).await.unwrap();
        store.revoke_token(&id, UnixMillis(NOW.0 + 1)).await.unwrap();
        assert_eq!(store.token(&TokenDigest::of("t")).await.unwrap().unwrap().revoked_at, Some(NOW));
        assert!(matches!(store.revoke_token("tok_x", NOW).await, Err(StoreError::Missing { .. })));
    }

    pub(super) async fn a_token_belongs_to_somebody_who_exists(store: Store) {
        let orphan = store.add_token(&token(&person("ghost")), &TokenDigest::of("t"), NOW).await;
        assert!(matches!(orphan, Err(StoreError::Missing { .. })), "{orphan:?}");
    }
}
