use super::*;
use crate::views::samples::{Estate, actor, portal, user};
use klamm_model::{ActorKind, Role, UnixMillis};

#[tokio::test]
async fn sessions_are_seen_and_ended_by_whose_they_are_and_by_operators_and_by_no_token() {
    let (portal, _folder) = portal(&Estate::new()).await;
    portal.add_user(Asker::Console, user("ada", &[])).await.unwrap();
    let (ada, bob) = (actor("ada"), actor("bob"));
    let operator = Actor { roles: [Role::Operator].into(), ..actor("op") };
    let kind = |problem: Problem| problem.kind;
    assert_eq!(portal.session_list(&ada, &ada.name, None).await.unwrap(), []);
    assert_eq!(portal.session_list(&operator, &ada.name, None).await.unwrap(), []);
    assert_eq!(kind(portal.session_list(&bob, &ada.name, None).await.unwrap_err()), ProblemKind::NotFound);
    assert_eq!(kind(portal.end_sessions(&bob, &ada.name, None, None).await.unwrap_err()), ProblemKind::Forbidden);
    for who in [&ada, &operator] {
        let token = Actor { kind: ActorKind::Token, ..who.clone() };
        assert_eq!(kind(portal.session_list(&token, &ada.name, None).await.unwrap_err()), ProblemKind::Forbidden);
        assert_eq!(kind(portal.end_sessions(&token, &ada.name, None, None).await.unwrap_err()), ProblemKind::Forbidden);
        let id = SessionId::of(&[7; 32]);
        assert_eq!(kind(portal.end_session(&token, &id, None).await.unwrap_err()), ProblemKind::Forbidden);
        assert_eq!(kind(portal.end_session(who, &id, None).await.unwrap_err()), ProblemKind::NotFound);
    }
    assert_eq!(portal.store.sessions_of(&ada.name, UnixMillis(0)).await.unwrap(), []);
}
