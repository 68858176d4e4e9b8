use super::*;
use crate::views::samples::{Estate, actor, portal_at, ticking, user};
use klamm_store::{AuditFilter, AuditItem};
use std::sync::Arc;

const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

struct Bench {
    portal: Arc<Portal>,
    _database: klamm_testkit::TestDatabase,
}

/// With `op`, who operates, and `ada`, who does not.
async fn bench() -> Bench {
    let (portal, database) = portal_at(&Estate::new(), ticking()).await;
    portal.add_user(Asker::Console, user("op", &[Role::Operator])).await.unwrap();
    portal.add_user(Asker::Console, user("ada", &[])).await.unwrap();
    Bench { portal, _database: database }
}

impl Bench {
    async fn change(&self, who: &Actor, name: &str, change: PersonChange) -> Result<PersonView, Problem> {
        self.portal.change_person(who, &name.parse().unwrap(), &change, HERE).await
    }

    async fn set_roles(&self, who: &Actor, name: &str, roles: &[Role]) -> Result<PersonView, Problem> {
        let roles = Some(roles.iter().copied().collect());
        self.change(who, name, PersonChange { roles, standing: None }).await
    }

    async fn set_standing(&self, who: &Actor, name: &str, standing: Standing) -> Result<PersonView, Problem> {
        self.change(who, name, PersonChange { roles: None, standing: Some(standing) }).await
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<Actor, Problem> {
        let from = HERE.unwrap();
        self.portal.sign_in(name, Password::new(password.to_owned()), from).await
    }

    /// What was tried over pages and the API, the oldest first.
    async fn audit(&self) -> Vec<AuditItem> {
        let filter = AuditFilter { limit: 100, object_kind: Some("person".to_owned()), ..AuditFilter::default() };
        let mut items = self.portal.store.audit(&filter).await.unwrap();
        items.retain(|item| item.actor != "console" && item.action != "signIn");
        items.reverse();
        items
    }
}

fn operator(name: &str) -> Actor {
    Actor { roles: [Role::Operator].into(), ..actor(name) }
}

fn wish(name: &str, password: Option<&str>) -> PersonWish {
    let password = password.map(|password| Password::new(password.to_owned()));
    PersonWish { name: name.parse().unwrap(), password, roles: BTreeSet::new() }
}

fn kind<T: fmt::Debug>(result: Result<T, Problem>) -> ProblemKind {
    result.unwrap_err().kind
}

#[tokio::test]
async fn whoever_is_let_in_signs_in_with_what_was_typed_or_made() {
    let (bench, op) = (bench().await, operator("op"));
    let typed = bench.portal.create_person(&op, wish("bob", Some("a typed password")), HERE).await.unwrap();
    assert_eq!((typed.made(), typed.view.name.as_str()), (None, "bob"));
    bench.sign_in("bob", "a typed password").await.unwrap();

    let auditor = PersonWish { roles: [Role::Auditor].into(), ..wish("eve", None) };
    let issued = bench.portal.create_person(&op, auditor, HERE).await.unwrap();
    let made = issued.made().unwrap().to_owned();
    assert_eq!(bench.sign_in("eve", &made).await.unwrap().roles, [Role::Auditor].into());
    assert!(made.len() == 20 && !format!("{issued:?}").contains(&made));
    let audit = bench.audit().await;
    let said: Vec<_> = audit.iter().map(|item| (item.object_name.as_str(), item.message.as_deref())).collect();
    assert_eq!(said, [("bob", Some("with no role")), ("eve", Some("with auditor"))]);
    assert!(!format!("{audit:?}").contains(&made));
}

#[tokio::test]
async fn a_password_is_replaced_and_the_one_before_no_longer_works() {
    let (bench, op) = (bench().await, operator("op"));
    let ada: PersonName = "ada".parse().unwrap();
    let made = bench.portal.replace_password(&op, &ada, None, HERE).await.unwrap().made().unwrap().to_owned();
    assert_eq!(kind(bench.sign_in("ada", "password of ada").await), ProblemKind::WrongCredentials);
    bench.sign_in("ada", &made).await.unwrap();
    let short = Some(Password::new("short".to_owned()));
    assert_eq!(kind(bench.portal.replace_password(&op, &ada, short, HERE).await), ProblemKind::Invalid);
    let nobody = bench.portal.replace_password(&op, &"nobody".parse().unwrap(), None, HERE).await;
    assert_eq!(kind(nobody), ProblemKind::NotFound);
}

#[tokio::test]
async fn names_that_are_said_of_others_than_people_are_refused() {
    let (bench, op) = (bench().await, operator("op"));
    for name in ["klamm", "Klamm", "console", "team@payments", "TEAM@x", "team@"] {
        let refused = bench.portal.create_person(&op, wish(name, None), HERE).await;
        assert_eq!(kind(refused), ProblemKind::Invalid, "{name}");
        let refused = bench.portal.add_user(Asker::Console, user(name, &[])).await;
        assert_eq!(kind(refused), ProblemKind::Invalid, "{name} from the command line");
    }
    for name in ["teamwork", "me@team", "klammer"] {
        bench.portal.create_person(&op, wish(name, None), HERE).await.unwrap();
    }
    assert_eq!(kind(bench.portal.create_person(&op, wish("ADA", None), HERE).await), ProblemKind::Conflict);
    assert_eq!(kind(bench.portal.create_person(&op, wish("bob", Some("short")), HERE).await), ProblemKind::Invalid);
}

#[tokio::test]
async fn whoever_does_not_operate_manages_nobody_and_sees_only_themselves() {
    let bench = bench().await;
    let ada = actor("ada");
    assert_eq!(kind(bench.portal.create_person(&ada, wish("bob", None), HERE).await), ProblemKind::Forbidden);
    assert_eq!(kind(bench.set_roles(&ada, "ada", &[Role::Operator]).await), ProblemKind::Forbidden);
    assert_eq!(kind(bench.set_standing(&ada, "op", Standing::Disabled).await), ProblemKind::Forbidden);
    let ada_name: PersonName = "ada".parse().unwrap();
    assert_eq!(kind(bench.portal.replace_password(&ada, &ada_name, None, HERE).await), ProblemKind::Forbidden);
    let denied = bench.audit().await;
    assert!(denied.len() == 4 && denied.iter().all(|item| item.decision == "denied"), "{denied:?}");

    assert_eq!(bench.portal.person(&ada, &ada_name).await.unwrap().allowed_actions, ["view"]);
    let there = bench.portal.person(&ada, &"op".parse().unwrap()).await.unwrap_err();
    let not_there = bench.portal.person(&ada, &"xx".parse().unwrap()).await.unwrap_err();
    assert_eq!((there.kind, there.detail.replace("op", "xx")), (ProblemKind::NotFound, not_there.detail));
    assert_eq!(kind(bench.portal.person_page(&ada, &PageRequest::default()).await), ProblemKind::Forbidden);
}

#[tokio::test]
async fn an_auditor_sees_everybody_and_changes_nobody() {
    let bench = bench().await;
    let auditor = Actor { roles: [Role::Auditor].into(), ..actor("aud") };
    let request = PageRequest { search: Some("AD".to_owned()), ..PageRequest::default() };
    let page = bench.portal.person_page(&auditor, &request).await.unwrap();
    assert_eq!((page.total, page.items[0].name.as_str()), (1, "ada"));
    assert_eq!(page.items[0].allowed_actions, ["view"]);
    assert_eq!(kind(bench.set_roles(&auditor, "ada", &[Role::Auditor]).await), ProblemKind::Forbidden);
    assert_eq!(kind(bench.portal.create_person(&auditor, wish("x", None), HERE).await), ProblemKind::Forbidden);
}

#[tokio::test]
async fn the_last_enabled_operator_stays_one() {
    let (bench, op) = (bench().await, operator("op"));
    assert_eq!(kind(bench.set_roles(&op, "op", &[]).await), ProblemKind::Conflict);
    bench.set_roles(&op, "ada", &[Role::Operator]).await.unwrap();
    // One who is shut out operates nothing.
    bench.set_standing(&op, "ada", Standing::Disabled).await.unwrap();
    assert_eq!(kind(bench.set_roles(&op, "op", &[Role::Auditor]).await), ProblemKind::Conflict);
    bench.set_standing(&op, "ada", Standing::Enabled).await.unwrap();
    bench.set_roles(&op, "op", &[Role::Auditor]).await.unwrap();
    let ada = operator("ada");
    assert_eq!(kind(bench.set_roles(&ada, "ada", &[]).await), ProblemKind::Conflict);
    let refused = bench.portal.disable_user(Asker::Console, &"ada".parse().unwrap()).await;
    assert_eq!(kind(refused), ProblemKind::Conflict, "not from the command line either");
    let said: Vec<_> = bench.audit().await.into_iter().filter_map(|item| item.message).collect();
    assert!(said.contains(&"operator, before no role".to_owned()), "{said:?}");
    assert!(said.contains(&"auditor, before operator".to_owned()), "{said:?}");
}

#[tokio::test]
async fn nobody_shuts_themselves_out_and_another_can() {
    let (bench, op) = (bench().await, operator("op"));
    bench.set_roles(&op, "ada", &[Role::Operator]).await.unwrap();
    let refused = bench.set_standing(&op, "op", Standing::Disabled).await.unwrap_err();
    assert!(refused.kind == ProblemKind::Forbidden && refused.detail.contains("themselves"), "{refused:?}");
    bench.set_standing(&operator("ada"), "op", Standing::Disabled).await.unwrap();
    assert_eq!(kind(bench.sign_in("op", "password of op").await), ProblemKind::WrongCredentials);
    assert!(bench.portal.actor_of_session(&"op".parse().unwrap()).await.unwrap().is_none());
    let rules: Vec<_> = bench.audit().await.into_iter().map(|item| item.rule).collect();
    assert_eq!(rules, ["operator", "oneself", "operator"]);
}

#[tokio::test]
async fn a_token_of_an_operator_shuts_out_and_neither_makes_people_nor_gives_them_roles() {
    let bench = bench().await;
    let token = Actor { kind: klamm_model::ActorKind::Token, ..operator("op") };
    assert_eq!(kind(bench.portal.create_person(&token, wish("bob", None), HERE).await), ProblemKind::Forbidden);
    assert_eq!(kind(bench.set_roles(&token, "ada", &[Role::Operator]).await), ProblemKind::Forbidden);
    let ada = bench.set_standing(&token, "ada", Standing::Disabled).await.unwrap();
    assert!(ada.disabled_at.is_some());
    assert_eq!(kind(bench.set_standing(&token, "ada", Standing::Enabled).await), ProblemKind::Forbidden);
}

#[tokio::test]
async fn what_is_so_already_is_left_alone() {
    let (bench, op) = (bench().await, operator("op"));
    bench.set_roles(&op, "op", &[Role::Operator]).await.unwrap();
    bench.set_standing(&op, "ada", Standing::Enabled).await.unwrap();
    assert!(bench.audit().await.iter().all(|item| item.message.is_none()));
}
