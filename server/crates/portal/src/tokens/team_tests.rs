use super::*;
use crate::views::samples::{Estate, actor, portal, user};
use klamm_model::{ActorKind, Role, TeamRole};
use std::net::Ipv4Addr;
use std::sync::Arc;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// With team payments, of which `lead` approves and `dev` is.
async fn bench() -> (Arc<Portal>, klamm_testkit::TestDatabase) {
    let (portal, folder) = portal(&Estate::new()).await;
    portal.add_team(Asker::Console, &payments()).await.unwrap();
    for (name, role) in [("lead", TeamRole::Approver), ("dev", TeamRole::Member)] {
        portal.add_user(Asker::Console, user(name, &[])).await.unwrap();
        portal.set_team_member(Asker::Console, &payments(), &name.parse().unwrap(), role).await.unwrap();
    }
    (portal, folder)
}

fn payments() -> TeamName {
    "payments".parse().unwrap()
}

fn wish(label: &str) -> TokenWish {
    let scopes = BTreeSet::from([Scope::Read, Scope::Write]);
    TokenWish { label: label.to_owned(), scopes, lives: Duration::from_hours(1) }
}

async fn make(portal: &Portal, who: &Actor) -> Result<IssuedToken, Problem> {
    let id = portal.new_token_id().unwrap();
    portal.create_team_token(Asker::Actor(who), &payments(), (id, wish("robot")), Some(HERE)).await
}

async fn who(portal: &Portal, name: &str) -> Actor {
    portal.actor_of_session(&name.parse().unwrap()).await.unwrap().unwrap()
}

fn kind<T: fmt::Debug>(result: Result<T, Problem>) -> ProblemKind {
    result.unwrap_err().kind
}

#[tokio::test]
async fn approvers_and_operators_make_tokens_of_a_team_and_its_members_see_them() {
    let (portal, _folder) = bench().await;
    let (lead, dev) = (who(&portal, "lead").await, who(&portal, "dev").await);
    let operator = Actor { roles: [Role::Operator].into(), ..actor("op") };
    let made = make(&portal, &lead).await.unwrap();
    make(&portal, &operator).await.unwrap();
    assert_eq!(kind(make(&portal, &dev).await), ProblemKind::Forbidden);
    assert_eq!(kind(make(&portal, &actor("bob")).await), ProblemKind::Forbidden);
    let seen = portal.team_token_page(&dev, &payments(), &TokensRequest::default()).await.unwrap();
    assert_eq!((seen.total, seen.items[0].allowed_actions.as_slice()), (2, &["view".to_owned()][..]));
    let strange = portal.team_token_page(&actor("bob"), &payments(), &TokensRequest::default()).await;
    assert_eq!(kind(strange), ProblemKind::Forbidden);
    assert_eq!(portal.token_page(&lead, &TokensRequest::default(), None).await.unwrap().total, 0, "none of their own");

    assert_eq!(kind(portal.revoke_token(Asker::Actor(&dev), &made.view.id, None).await), ProblemKind::NotFound);
    portal.revoke_token(Asker::Actor(&lead), &made.view.id, None).await.unwrap();
    assert_eq!(kind(portal.actor_of_token(made.expose(), HERE).await), ProblemKind::Unauthenticated);
}

#[tokio::test]
async fn a_token_of_a_team_is_a_plain_member_and_no_person() {
    let (portal, _folder) = bench().await;
    let made = make(&portal, &who(&portal, "lead").await).await.unwrap();
    let robot = portal.actor_of_token(made.expose(), HERE).await.unwrap();
    assert_eq!((robot.name.as_str(), robot.kind), ("team@payments", ActorKind::TeamToken));
    assert!(robot.roles.is_empty() && robot.approves.is_empty() && robot.teams == [payments()].into());
    let seen =
        portal.team_token_page(&who(&portal, "dev").await, &payments(), &TokensRequest::default()).await.unwrap();
    assert!(seen.items[0].last_used_at.is_some());
    // It breeds nothing, and sees no token, not even itself.
    assert_eq!(kind(make(&portal, &robot).await), ProblemKind::Forbidden);
    assert_eq!(
        kind(portal.team_token_page(&robot, &payments(), &TokensRequest::default()).await),
        ProblemKind::Forbidden
    );
    assert_eq!(kind(portal.revoke_token(Asker::Actor(&robot), &made.view.id, None).await), ProblemKind::Forbidden);
}

#[tokio::test]
async fn a_token_ends_with_its_team_and_outlives_whoever_made_it() {
    let (portal, _folder) = bench().await;
    let lead = who(&portal, "lead").await;
    let made = make(&portal, &lead).await.unwrap();
    portal.disable_user(Asker::Console, &lead.name).await.unwrap();
    portal.actor_of_token(made.expose(), HERE).await.unwrap();
    let operator = Actor { roles: [Role::Operator].into(), ..actor("op") };
    portal.remove_team(&operator, &payments(), None).await.unwrap();
    assert_eq!(kind(portal.actor_of_token(made.expose(), HERE).await), ProblemKind::Unauthenticated);
    assert_eq!(kind(make(&portal, &operator).await), ProblemKind::NotFound);
}

/// From before such names were kept free.
#[tokio::test]
async fn where_a_person_has_the_name_of_a_teams_tokens_there_are_none() {
    let (portal, _folder) = bench().await;
    let twin = PersonName::of_team(&payments());
    let person = klamm_store::NewPerson { name: twin, password: None, roles: BTreeSet::new() };
    portal.store.add_person(&person, portal.now()).await.unwrap();
    let lead = who(&portal, "lead").await;
    assert_eq!(kind(make(&portal, &lead).await), ProblemKind::Conflict);
}
