use crate::views::samples::{Estate, NOW, portal_at, user};
use crate::{Asker, Clock, Password, Portal, TokenRequest};
use klamm_model::{ActorKind, PersonName, Problem, ProblemKind, Role, Scope, TeamName, TokenId, UnixMillis};
use klamm_store::{AuditFilter, AuditItem, TeamRole};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

struct Bench {
    portal: Arc<Portal>,
    seconds: Arc<AtomicI64>,
    _database: klamm_testkit::TestDatabase,
}

async fn bench() -> Bench {
    let seconds = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&seconds);
    let clock = Clock::from_fn(move || UnixMillis(NOW.0 + clock.load(Ordering::Relaxed) * 1000));
    let (portal, database) = portal_at(&Estate::new(), clock).await;
    portal.add_user(Asker::Console, user("ada", &[Role::Operator])).await.unwrap();
    let payments = TeamName::new("payments").unwrap();
    portal.add_team(Asker::Console, &payments).await.unwrap();
    portal.set_team_member(Asker::Console, &payments, &ada(), TeamRole::Approver).await.unwrap();
    Bench { portal, seconds, _database: database }
}

impl Bench {
    async fn sign_in(&self, name: &str, password: &str, from: IpAddr) -> Result<klamm_model::Actor, Problem> {
        self.portal.sign_in(name, Password::new(password.to_owned()), from).await
    }

    async fn audit(&self) -> Vec<AuditItem> {
        let filter = AuditFilter { limit: 100, ..AuditFilter::default() };
        let items = self.portal.store.audit(&filter).await.unwrap();
        items.into_iter().filter(|item| item.actor != "console").collect()
    }

    async fn token(&self, scopes: &[Scope], lives: u64) -> (TokenId, String) {
        let request = TokenRequest {
            person: ada(),
            label: "laptop".to_owned(),
            scopes: scopes.iter().copied().collect(),
            lives: Duration::from_secs(lives),
        };
        let issued = self.portal.create_token(Asker::Console, request, None).await.unwrap();
        (issued.view.id.clone(), issued.expose().to_owned())
    }
}

fn ada() -> PersonName {
    PersonName::new("ada").unwrap()
}

fn kind<T: std::fmt::Debug>(result: Result<T, Problem>) -> ProblemKind {
    result.unwrap_err().kind
}

#[tokio::test]
async fn the_right_password_signs_in_with_roles_and_teams() {
    let bench = bench().await;
    let actor = bench.sign_in("ada", "password of ada", HERE).await.unwrap();
    assert_eq!((actor.name.as_str(), actor.kind), ("ada", ActorKind::Session));
    assert!(actor.is_operator());
    assert_eq!(actor.teams, BTreeSet::from([TeamName::new("payments").unwrap()]));
    assert_eq!(bench.portal.actor_of_session(&ada()).await.unwrap(), Some(actor.clone()));
    bench.portal.sign_out(&actor, HERE).await.unwrap();
    let said: Vec<_> = bench.audit().await.into_iter().map(|i| (i.action, i.decision, i.outcome, i.source)).collect();
    let row =
        |action: &str| (action.to_owned(), "allowed".to_owned(), Some("done".to_owned()), Some("192.0.2.1".to_owned()));
    assert!(said.contains(&row("signIn")) && said.contains(&row("remove")) && said.len() == 2, "{said:?}");
}

#[tokio::test]
async fn wrong_name_and_wrong_password_read_the_same_and_typed_passwords_are_not_written_down() {
    let bench = bench().await;
    let wrong = bench.sign_in("ada", "password of eve", HERE).await.unwrap_err();
    let unknown = bench.sign_in("my secret typed here", "password of ada", HERE).await.unwrap_err();
    assert_eq!(wrong, unknown);
    assert_eq!(wrong.kind, ProblemKind::WrongCredentials);
    let mut said: Vec<_> = bench.audit().await.into_iter().map(|i| (i.actor, i.rule, i.outcome)).collect();
    said.sort();
    let refused = Some("refused".to_owned());
    assert_eq!(
        said,
        [
            ("(unknown)".to_owned(), "unknownPerson".to_owned(), refused.clone()),
            ("ada".to_owned(), "password".to_owned(), refused)
        ]
    );
}

#[tokio::test]
async fn guessing_is_slowed_down_per_account_and_address() {
    let bench = bench().await;
    for _ in 0..5 {
        assert_eq!(kind(bench.sign_in("ada", "wrong", HERE).await), ProblemKind::WrongCredentials);
    }
    // Even the right password waits, in whatever case the name is written.
    assert_eq!(kind(bench.sign_in("ada", "password of ada", HERE).await), ProblemKind::TooManyAttempts);
    assert_eq!(kind(bench.sign_in("ADA", "password of ada", HERE).await), ProblemKind::TooManyAttempts);
    // Somebody at another address is not locked out.
    assert!(bench.sign_in("ada", "password of ada", THERE).await.is_ok());
    bench.seconds.store(60, Ordering::Relaxed);
    assert!(bench.sign_in("ada", "password of ada", HERE).await.is_ok());
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once() {
    let bench = bench().await;
    let (_, token) = bench.token(&[Scope::Read], 3600).await;
    // The last operator could not be shut out.
    bench.portal.add_user(Asker::Console, user("op", &[Role::Operator])).await.unwrap();
    bench.portal.disable_user(Asker::Console, &ada()).await.unwrap();
    assert_eq!(kind(bench.sign_in("ada", "password of ada", HERE).await), ProblemKind::WrongCredentials);
    assert_eq!(bench.portal.actor_of_session(&ada()).await.unwrap(), None);
    assert_eq!(kind(bench.portal.actor_of_token(&token, HERE).await), ProblemKind::Unauthenticated);
    assert!(bench.audit().await.iter().any(|item| item.rule == "personDisabled"));
}

#[tokio::test]
async fn a_token_works_until_it_expires_or_is_revoked() {
    let bench = bench().await;
    let (id, token) = bench.token(&[Scope::Read], 3600).await;
    assert!(token.starts_with("klamm_") && token.len() == 49);
    let actor = bench.portal.actor_of_token(&token, HERE).await.unwrap();
    assert_eq!((actor.kind, actor.scopes), (ActorKind::Token, BTreeSet::from([Scope::Read])));
    let listed = bench.portal.store.tokens_of(&klamm_store::TokenOwner::Person(ada())).await.unwrap();
    assert_eq!(listed[0].last_used_at, Some(NOW));

    let (_, short) = bench.token(&[Scope::Read], 10).await;
    bench.seconds.store(10, Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(kind(bench.portal.actor_of_token(&short, HERE).await), ProblemKind::Unauthenticated);
    }
    // A dead token that keeps knocking is written down once a minute.
    assert_eq!(bench.audit().await.iter().filter(|item| item.rule == "tokenExpired").count(), 1);

    let other = bench.portal.new_token_id().unwrap();
    assert_eq!(kind(bench.portal.revoke_token(Asker::Console, &other, None).await), ProblemKind::NotFound);
    bench.portal.revoke_token(Asker::Console, &id, None).await.unwrap();
    assert_eq!(kind(bench.portal.actor_of_token(&token, HERE).await), ProblemKind::Unauthenticated);
}

#[tokio::test]
async fn unknown_tokens_flood_neither_audit_nor_database() {
    let bench = bench().await;
    for _ in 0..30 {
        assert_eq!(kind(bench.portal.actor_of_token("klamm_guess", HERE).await), ProblemKind::Unauthenticated);
    }
    assert_eq!(kind(bench.portal.actor_of_token("klamm_guess", HERE).await), ProblemKind::TooManyAttempts);
    assert_eq!(bench.audit().await.len(), 0);
}

#[tokio::test]
async fn what_actors_may_not_do_is_refused_and_audited() {
    let bench = bench().await;
    bench.portal.add_user(Asker::Console, user("bob", &[])).await.unwrap();
    let bob = bench.sign_in("bob", "password of bob", HERE).await.unwrap();
    let refused = bench.portal.add_user(Asker::Actor(&bob), user("mallory", &[Role::Operator])).await;
    assert_eq!(kind(refused), ProblemKind::Forbidden);
    assert_eq!(kind(bench.portal.users(Asker::Actor(&bob)).await), ProblemKind::Forbidden);
    let denied: Vec<_> =
        bench.audit().await.into_iter().filter(|i| i.decision == "denied").map(|i| (i.action, i.object_name)).collect();
    assert!(denied.contains(&("create".to_owned(), "mallory".to_owned())), "{denied:?}");
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_written() {
    let bench = bench().await;
    let mut short = user("bob", &[]);
    short.password = Password::new("short".to_owned());
    assert_eq!(kind(bench.portal.add_user(Asker::Console, short).await), ProblemKind::Invalid);
    assert_eq!(kind(bench.portal.add_user(Asker::Console, user("Ada", &[])).await), ProblemKind::Conflict);
    let request = |label: &str, scopes: &[Scope], lives| TokenRequest {
        person: ada(),
        label: label.to_owned(),
        scopes: scopes.iter().copied().collect(),
        lives: Duration::from_secs(lives),
    };
    for bad in [
        request("", &[Scope::Read], 1),
        request("  ", &[Scope::Read], 1),
        request(&"x".repeat(101), &[Scope::Read], 1),
        request("two\nlines", &[Scope::Read], 1),
        request("x", &[], 1),
        request("x", &[Scope::Read], 0),
        request("x", &[Scope::Read], 367 * 24 * 3600),
    ] {
        assert_eq!(kind(bench.portal.create_token(Asker::Console, bad, None).await), ProblemKind::Invalid);
    }
    let ghost = TokenRequest { person: PersonName::new("ghost").unwrap(), ..request("x", &[Scope::Read], 1) };
    assert_eq!(kind(bench.portal.create_token(Asker::Console, ghost, None).await), ProblemKind::NotFound);
}
