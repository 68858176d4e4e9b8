//! People, their roles and their teams.

use crate::on_both_databases;

on_both_databases! {
    a_person_is_read_back_with_roles_and_teams
    names_that_differ_only_in_case_are_refused
    a_disabled_person_has_no_password_to_check
    a_membership_can_change_its_role_and_end
    changing_what_is_not_there_says_so
    listing_people_gives_what_looking_them_up_gives
    the_last_enabled_operator_is_kept
    two_operators_cannot_take_each_other_away
    a_removed_team_leaves_no_membership_behind
}

mod bodies {
    use crate::names::{person, team};
    use klamm_model::{Role, UnixMillis};
    use klamm_store::{NewPerson, PasswordHash, Store, StoreError, TeamRole};
    use std::collections::BTreeSet;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_123);

    fn new(name: &str, roles: &[Role]) -> NewPerson {
        NewPerson {
            name: person(name),
            password: Some(PasswordHash::new(format!("$argon2id$of-{name}"))),
            roles: roles.iter().copied().collect(),
        }
    }

    pub(super) async fn a_person_is_read_back_with_roles_and_teams(store: Store) {
        store.add_person(&new("ada", &[Role::Operator, Role::Auditor]), NOW).await.unwrap();
        store.add_team(&team("payments"), NOW).await.unwrap();
        store.set_member(&team("payments"), &person("ada"), TeamRole::Approver).await.unwrap();

        let ada = store.person(&person("ada")).await.unwrap().unwrap();
        assert_eq!(ada.roles, BTreeSet::from([Role::Operator, Role::Auditor]));
        assert_eq!(ada.teams.get(&team("payments")), Some(&TeamRole::Approver));
        assert_eq!((ada.created_at, ada.disabled_at), (NOW, None));
        assert_eq!(store.person(&person("bob")).await.unwrap(), None);
        assert_eq!(store.people_who_can_sign_in().await.unwrap(), 1);
        store.ping().await.unwrap();
    }

    pub(super) async fn names_that_differ_only_in_case_are_refused(store: Store) {
        store.add_person(&new("ada", &[]), NOW).await.unwrap();
        for twin in ["ada", "Ada", "ADA"] {
            let refused = store.add_person(&new(twin, &[Role::Operator]), NOW).await;
            assert!(matches!(refused, Err(StoreError::Exists { what: "person" })), "{twin}: {refused:?}");
        }
        // Nothing of the refused ones stays behind.
        assert!(store.person(&person("ada")).await.unwrap().unwrap().roles.is_empty());
    }

    pub(super) async fn a_disabled_person_has_no_password_to_check(store: Store) {
        store.add_person(&new("ada", &[]), NOW).await.unwrap();
        let hash = |store: Store| async move { store.password_hash(&person("ada")).await.unwrap() };
        assert_eq!(hash(store.clone()).await.unwrap().expose(), "$argon2id$of-ada");
        store.disable_person(&person("ada"), NOW).await.unwrap();
        assert!(hash(store.clone()).await.is_none());
        assert_eq!(store.people_who_can_sign_in().await.unwrap(), 0);
        assert_eq!(store.person(&person("ada")).await.unwrap().unwrap().disabled_at, Some(NOW));
        store.enable_person(&person("ada")).await.unwrap();
        store.set_password(&person("ada"), &PasswordHash::new("$argon2id$new".to_owned())).await.unwrap();
        assert_eq!(hash(store).await.unwrap().expose(), "$argon2id$new");
    }

    pub(super) async fn a_membership_can_change_its_role_and_end(store: Store) {
        store.add_person(&new("ada", &[]), NOW).await.unwrap();
        store.add_team(&team("orders"), NOW).await.unwrap();
        assert!(matches!(store.add_team(&team("orders"), NOW).await, Err(StoreError::Exists { .. })));
        store.set_member(&team("orders"), &person("ada"), TeamRole::Member).await.unwrap();
        store.set_member(&team("orders"), &person("ada"), TeamRole::Approver).await.unwrap();
        let teams = |store: Store| async move { store.person(&person("ada")).await.unwrap().unwrap().teams };
        assert_eq!(teams(store.clone()).await.get(&team("orders")), Some(&TeamRole::Approver));
        store.remove_member(&team("orders"), &person("ada")).await.unwrap();
        assert!(teams(store.clone()).await.is_empty());
        assert_eq!(store.teams().await.unwrap(), [team("orders")]);
    }

    pub(super) async fn changing_what_is_not_there_says_so(store: Store) {
        let ghost = person("ghost");
        let hash = PasswordHash::new("x".to_owned());
        for refused in [
            store.set_password(&ghost, &hash).await,
            store.disable_person(&ghost, NOW).await,
            store.enable_person(&ghost).await,
            store.set_roles(&ghost, &BTreeSet::from([Role::Operator])).await,
            store.set_roles(&ghost, &BTreeSet::new()).await,
            store.set_member(&team("orders"), &ghost, TeamRole::Member).await,
            store.remove_member(&team("orders"), &ghost).await,
        ] {
            assert!(matches!(refused, Err(StoreError::Missing { .. })), "{refused:?}");
        }
    }

    pub(super) async fn listing_people_gives_what_looking_them_up_gives(store: Store) {
        for name in ["orders-dev", "payments-lead", "operator"] {
            store.add_person(&new(name, &[Role::Auditor]), NOW).await.unwrap();
        }
        store.add_team(&team("payments"), NOW).await.unwrap();
        store.set_member(&team("payments"), &person("payments-lead"), TeamRole::Approver).await.unwrap();
        store.set_roles(&person("operator"), &BTreeSet::from([Role::Operator])).await.unwrap();
        let listed = store.people().await.unwrap();
        let names: Vec<&str> = listed.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["operator", "orders-dev", "payments-lead"]);
        for one in listed {
            assert_eq!(store.person(&one.name).await.unwrap().as_ref(), Some(&one));
        }
    }

    pub(super) async fn the_last_enabled_operator_is_kept(store: Store) {
        let (ada, bob) = (person("ada"), person("bob"));
        let operator = BTreeSet::from([Role::Operator]);
        store.add_person(&new("ada", &[Role::Operator]), NOW).await.unwrap();
        store.add_person(&new("bob", &[]), NOW).await.unwrap();
        store.disable_person(&bob, NOW).await.unwrap();
        store.set_roles(&bob, &operator).await.unwrap();
        // One who cannot sign in operates nothing.
        assert!(matches!(store.set_roles(&ada, &BTreeSet::new()).await, Err(StoreError::LastOperator)));
        assert!(matches!(store.disable_person(&ada, NOW).await, Err(StoreError::LastOperator)));
        let still = store.person(&ada).await.unwrap().unwrap();
        assert_eq!((still.roles, still.disabled_at), (operator.clone(), None), "nothing of it stays");
        store.enable_person(&bob).await.unwrap();
        store.disable_person(&ada, NOW).await.unwrap();
        assert!(matches!(store.set_roles(&bob, &BTreeSet::new()).await, Err(StoreError::LastOperator)));
        store.set_roles(&bob, &BTreeSet::from([Role::Operator, Role::Auditor])).await.unwrap();
        // Where nobody operates, as before the first operator, people come and go.
        store.enable_person(&ada).await.unwrap();
        store.set_roles(&ada, &BTreeSet::new()).await.unwrap();
    }

    pub(super) async fn two_operators_cannot_take_each_other_away(store: Store) {
        let names = ["ada", "bob", "eve"].map(person);
        for name in &names {
            store.add_person(&new(name.as_str(), &[Role::Operator]), NOW).await.unwrap();
        }
        let asked = names.clone().map(|name| {
            let store = store.clone();
            tokio::spawn(async move { store.set_roles(&name, &BTreeSet::new()).await })
        });
        for answer in asked {
            // One of them is refused, or told that the database was busy with the others.
            drop(answer.await.unwrap());
        }
        let left = store.people().await.unwrap();
        assert!(left.iter().any(|one| one.roles.contains(&Role::Operator)), "{left:?}");
    }

    pub(super) async fn a_removed_team_leaves_no_membership_behind(store: Store) {
        store.add_person(&new("ada", &[]), NOW).await.unwrap();
        store.add_team(&team("orders"), NOW).await.unwrap();
        store.set_member(&team("orders"), &person("ada"), TeamRole::Approver).await.unwrap();
        assert_eq!(store.open_requests_of(&team("orders"), 3).await.unwrap(), (0, Vec::new()));
        store.remove_team(&team("orders")).await.unwrap();
        assert!(store.person(&person("ada")).await.unwrap().unwrap().teams.is_empty());
        assert!(matches!(store.remove_team(&team("orders")).await, Err(StoreError::Missing { what: "team" })));
    }
}
