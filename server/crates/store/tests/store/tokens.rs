//! API tokens.

use crate::on_both_databases;

on_both_databases! {
    a_token_is_found_by_its_digest_alone
    ending_a_token_keeps_the_first_moment
    a_token_belongs_to_somebody_who_exists
    an_id_is_used_once
    only_so_many_tokens_of_a_person_work_at_a_time
    the_limit_holds_for_those_who_ask_at_once
    a_token_of_a_team_is_told_apart_and_ends_with_the_team
}

mod bodies {
    use crate::names::{person, team};
    use klamm_model::{PersonName, Scope, TokenId, UnixMillis};
    use klamm_store::{NewPerson, NewToken, Store, StoreError, TokenDigest, TokenOwner};
    use std::collections::BTreeSet;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_123);
    const MANY: u32 = 50;

    async fn with_person(store: &Store) -> PersonName {
        let name = person("ada");
        let new = NewPerson { name: name.clone(), password: None, roles: BTreeSet::new() };
        store.add_person(&new, NOW).await.unwrap();
        name
    }

    fn token(person: &PersonName) -> NewToken {
        NewToken {
            id: Store::new_token_id(NOW).unwrap(),
            owner: TokenOwner::Person(person.clone()),
            made_by: None,
            label: "<script>laptop</script>".to_owned(),
            scopes: BTreeSet::from([Scope::Read, Scope::Write]),
            expires_at: UnixMillis(NOW.0 + 60_000),
        }
    }

    /// Records one with this secret.
    async fn add(store: &Store, person: &PersonName, secret: &str) -> Result<TokenId, StoreError> {
        let new = token(person);
        store.add_token(&new, &TokenDigest::of(secret), NOW, MANY).await.map(|()| new.id)
    }

    pub(super) async fn a_token_is_found_by_its_digest_alone(store: Store) {
        let ada = with_person(&store).await;
        let id = add(&store, &ada, "klamm_secret").await.unwrap();
        let found = store.token(&TokenDigest::of("klamm_secret")).await.unwrap().unwrap();
        assert_eq!((&found.id, &found.owner, found.last_used_at), (&id, &TokenOwner::Person(ada.clone()), None));
        assert_eq!(found.label, "<script>laptop</script>");
        assert_eq!(found.scopes, BTreeSet::from([Scope::Read, Scope::Write]));
        assert_eq!(store.token(&TokenDigest::of("klamm_other")).await.unwrap(), None);
        assert_eq!(store.token_by_id(&id).await.unwrap(), Some(found));
        assert_eq!(store.token_by_id(&Store::new_token_id(NOW).unwrap()).await.unwrap(), None);

        store.touch_token(&id, UnixMillis(NOW.0 + 5)).await.unwrap();
        let listed = store.tokens_of(&TokenOwner::Person(ada.clone())).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].last_used_at, Some(UnixMillis(NOW.0 + 5)));
        assert!(matches!(add(&store, &ada, "klamm_secret").await, Err(StoreError::Exists { .. })));
    }

    pub(super) async fn ending_a_token_keeps_the_first_moment(store: Store) {
        let ada = with_person(&store).await;
        let id = add(&store, &ada, "t").await.unwrap();
        store.revoke_token(&id, NOW).await.unwrap();
        store.revoke_token(&id, UnixMillis(NOW.0 + 1)).await.unwrap();
        assert_eq!(store.token(&TokenDigest::of("t")).await.unwrap().unwrap().revoked_at, Some(NOW));
        let other = Store::new_token_id(NOW).unwrap();
        assert!(matches!(store.revoke_token(&other, NOW).await, Err(StoreError::Missing { .. })));
    }

    pub(super) async fn a_token_belongs_to_somebody_who_exists(store: Store) {
        let orphan = add(&store, &person("ghost"), "t").await;
        assert!(matches!(orphan, Err(StoreError::Missing { what: "person" })), "{orphan:?}");
    }

    pub(super) async fn an_id_is_used_once(store: Store) {
        let ada = with_person(&store).await;
        let new = token(&ada);
        store.add_token(&new, &TokenDigest::of("first"), NOW, MANY).await.unwrap();
        let again = store.add_token(&new, &TokenDigest::of("second"), NOW, MANY).await;
        assert!(matches!(again, Err(StoreError::Exists { what: "token" })), "{again:?}");
        assert_eq!(store.token(&TokenDigest::of("second")).await.unwrap(), None);
        assert_eq!(store.tokens_of(&TokenOwner::Person(ada.clone())).await.unwrap().len(), 1);
    }

    pub(super) async fn only_so_many_tokens_of_a_person_work_at_a_time(store: Store) {
        let ada = with_person(&store).await;
        let add = async |secret: &str, now: UnixMillis| {
            let new = NewToken { expires_at: UnixMillis(now.0 + 60_000), ..token(&ada) };
            store.add_token(&new, &TokenDigest::of(secret), now, 2).await.map(|()| new.id)
        };
        let first = add("1", NOW).await.unwrap();
        add("2", NOW).await.unwrap();
        let full = add("3", NOW).await;
        assert!(matches!(full, Err(StoreError::Full { at_most: 2, .. })), "{full:?}");
        assert_eq!(store.token(&TokenDigest::of("3")).await.unwrap(), None, "nothing of it stays");
        // One that was ended, and those whose time is over, do not count.
        store.revoke_token(&first, NOW).await.unwrap();
        add("3", NOW).await.unwrap();
        assert!(add("4", NOW).await.is_err());
        add("4", UnixMillis(NOW.0 + 60_000)).await.unwrap();
    }

    pub(super) async fn the_limit_holds_for_those_who_ask_at_once(store: Store) {
        let ada = with_person(&store).await;
        let asked = (0..8).map(|i| {
            let (store, new) = (store.clone(), token(&ada));
            tokio::spawn(async move { store.add_token(&new, &TokenDigest::of(&i.to_string()), NOW, 3).await })
        });
        let mut made = 0;
        for answer in asked.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                Ok(()) => made += 1,
                Err(error) => assert!(matches!(error, StoreError::Full { .. }), "{error:?}"),
            }
        }
        assert_eq!((made, store.tokens_of(&TokenOwner::Person(ada.clone())).await.unwrap().len()), (3, 3));
    }

    pub(super) async fn a_token_of_a_team_is_told_apart_and_ends_with_the_team(store: Store) {
        let ada = with_person(&store).await;
        add(&store, &ada, "own").await.unwrap();
        let owner = TokenOwner::Team(team("payments"));
        let new = NewToken { owner: owner.clone(), made_by: Some(ada.clone()), ..token(&ada) };
        let orphan = store.add_token(&new, &TokenDigest::of("t"), NOW, 1).await;
        assert!(matches!(orphan, Err(StoreError::Missing { what: "team" })), "{orphan:?}");
        store.add_team(&team("payments"), NOW).await.unwrap();
        store.add_token(&new, &TokenDigest::of("t"), NOW, 1).await.unwrap();
        assert_eq!(store.token(&TokenDigest::of("t")).await.unwrap().unwrap().owner, owner);
        assert_eq!(
            (
                store.tokens_of(&owner).await.unwrap().len(),
                store.tokens_of(&TokenOwner::Person(ada.clone())).await.unwrap().len()
            ),
            (1, 1)
        );
        // Each owner has a limit of their own.
        let more = NewToken { id: Store::new_token_id(NOW).unwrap(), ..new };
        let full = store.add_token(&more, &TokenDigest::of("u"), NOW, 1).await;
        assert!(matches!(full, Err(StoreError::Full { .. })), "{full:?}");
        assert_eq!(store.token_makers().await.unwrap(), BTreeSet::from([(team("payments"), ada)]));
        store.remove_team(&team("payments")).await.unwrap();
        assert_eq!(store.token(&TokenDigest::of("t")).await.unwrap(), None);
        assert!(store.token(&TokenDigest::of("own")).await.unwrap().is_some());
    }
}
