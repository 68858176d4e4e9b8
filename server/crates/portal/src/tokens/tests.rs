use super::*;
use crate::Clock;
use crate::views::samples::{Estate, NOW, actor, portal_at, user};
use klamm_model::{ActorKind, SortOrder};
use klamm_store::{AuditFilter, AuditItem};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const HERE: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));

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
    for name in ["ada", "bob"] {
        portal.add_user(Asker::Console, user(name, &[])).await.unwrap();
    }
    Bench { portal, seconds, _database: database }
}

impl Bench {
    async fn make(&self, by: &Actor, label: &str) -> Result<IssuedToken, Problem> {
        self.portal.create_token(Asker::Actor(by), request(by, label), HERE).await
    }

    async fn list(&self, by: &Actor) -> Vec<TokenView> {
        self.portal.token_page(by, &TokensRequest::default(), HERE).await.unwrap().items
    }

    /// Action, rule, outcome and source of what somebody did, the newest first.
    async fn audit(&self, by: &Actor) -> Vec<AuditItem> {
        let filter = AuditFilter { actor: Some(by.name.to_string()), limit: 100, ..AuditFilter::default() };
        self.portal.store.audit(&filter).await.unwrap()
    }
}

fn request(by: &Actor, label: &str) -> TokenRequest {
    TokenRequest {
        person: by.name.clone(),
        label: label.to_owned(),
        scopes: BTreeSet::from([Scope::Read]),
        lives: Duration::from_mins(1),
    }
}

fn kind<T: fmt::Debug>(result: Result<T, Problem>) -> ProblemKind {
    result.unwrap_err().kind
}

#[tokio::test]
async fn people_make_see_and_end_tokens_of_their_own_and_the_audit_has_it() {
    let bench = bench().await;
    let ada = actor("ada");
    let issued = bench.make(&ada, "  laptop ").await.unwrap();
    assert_eq!((issued.view.label.as_str(), issued.view.state), ("laptop", TokenState::Working));
    assert_eq!(issued.view.allowed_actions, ["view", "remove"]);
    assert_eq!(bench.list(&ada).await, std::slice::from_ref(&issued.view));
    assert!(!format!("{issued:?}").contains(issued.expose()));

    bench.portal.revoke_token(Asker::Actor(&ada), &issued.view.id, HERE).await.unwrap();
    let ended = &bench.list(&ada).await[0];
    assert_eq!((ended.state, ended.revoked_at), (TokenState::Revoked, Some(NOW)));
    assert_eq!(ended.allowed_actions, ["view"], "what has ended cannot end again");

    let audit = bench.audit(&ada).await;
    let said: Vec<_> = audit.iter().map(|i| (i.action.as_str(), i.object_name.as_str(), i.rule.as_str())).collect();
    let created = ("create", "laptop", "own");
    let removed = ("remove", issued.view.id.as_str(), "own");
    assert!(said.len() == 2 && said.contains(&created) && said.contains(&removed), "{said:?}");
    assert!(audit.iter().all(|i| i.source.as_deref() == Some("192.0.2.1") && i.outcome.as_deref() == Some("done")));
    assert!(!format!("{audit:?}").contains(issued.expose()));
}

#[tokio::test]
async fn a_token_of_somebody_else_does_not_exist_and_trying_is_written_down() {
    let bench = bench().await;
    let (ada, bob) = (actor("ada"), actor("bob"));
    let id = bench.make(&ada, "laptop").await.unwrap().view.id;
    let foreign = bench.portal.revoke_token(Asker::Actor(&bob), &id, HERE).await;
    let missing = bench.portal.new_token_id().unwrap();
    let unknown = bench.portal.revoke_token(Asker::Actor(&bob), &missing, HERE).await;
    let told = |problem: Problem, id: &TokenId| (problem.kind, problem.detail.replace(id.as_str(), "…"));
    assert_eq!(told(foreign.unwrap_err(), &id), told(unknown.unwrap_err(), &missing));
    assert_eq!(bench.list(&ada).await[0].state, TokenState::Working);
    assert!(bench.list(&bob).await.is_empty());
    let audit = bench.audit(&bob).await;
    assert_eq!(audit.len(), 1);
    assert_eq!((audit[0].decision.as_str(), audit[0].rule.as_str()), ("denied", "noRule"));
    let for_ada = TokenRequest { person: ada.name.clone(), ..request(&bob, "gift") };
    assert_eq!(kind(bench.portal.create_token(Asker::Actor(&bob), for_ada, HERE).await), ProblemKind::Forbidden);
}

#[tokio::test]
async fn a_token_neither_lists_nor_makes_nor_ends_tokens() {
    let bench = bench().await;
    let ada = actor("ada");
    let id = bench.make(&ada, "laptop").await.unwrap().view.id;
    let bearer = Actor { kind: ActorKind::Token, ..ada.clone() };
    assert_eq!(kind(bench.make(&bearer, "child").await), ProblemKind::Forbidden);
    let listed = bench.portal.token_page(&bearer, &TokensRequest::default(), HERE).await;
    assert_eq!(kind(listed), ProblemKind::Forbidden);
    assert_eq!(kind(bench.portal.revoke_token(Asker::Actor(&bearer), &id, HERE).await), ProblemKind::Forbidden);
    let missing = bench.portal.new_token_id().unwrap();
    let asked = bench.portal.revoke_token(Asker::Actor(&bearer), &missing, HERE).await;
    assert_eq!(kind(asked), ProblemKind::Forbidden, "it does not learn which there are");
    let denied = bench.audit(&ada).await.into_iter().filter(|i| i.rule == "sessionOnly");
    assert_eq!(denied.count(), 4);
    assert_eq!(bench.list(&ada).await.len(), 1);
}

#[tokio::test]
async fn fifty_tokens_of_a_person_work_and_no_more() {
    let bench = bench().await;
    let ada = actor("ada");
    for number in 0..MAX_WORKING_TOKENS {
        bench.make(&ada, &format!("number {number}")).await.unwrap();
    }
    let full = bench.make(&ada, "one too many").await.unwrap_err();
    assert_eq!(full.kind, ProblemKind::Forbidden);
    assert_eq!(full.detail, "There are 50 working tokens already, which is the most. End one that is no longer used.");
    assert!(bench.make(&actor("bob"), "his first").await.is_ok(), "everybody has their own");
    let newest = bench.list(&ada).await[0].id.clone();
    bench.portal.revoke_token(Asker::Actor(&ada), &newest, HERE).await.unwrap();
    bench.make(&ada, "another").await.unwrap();
    bench.seconds.store(60, Ordering::Relaxed);
    bench.make(&ada, "the others have expired").await.unwrap();
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_token() {
    let bench = bench().await;
    let ada = actor("ada");
    let id = bench.portal.new_token_id().unwrap();
    let send =
        async || bench.portal.create_token_as(Asker::Actor(&ada), id.clone(), request(&ada, "laptop"), HERE).await;
    assert_eq!(send().await.unwrap().view.id, id);
    assert_eq!(kind(send().await), ProblemKind::Conflict);
    assert_eq!(bench.list(&ada).await.len(), 1);
}

#[tokio::test]
async fn the_list_is_cut_into_pages_newest_first() {
    let bench = bench().await;
    let ada = actor("ada");
    for second in 0..3 {
        bench.seconds.store(second, Ordering::Relaxed);
        bench.make(&ada, &format!("number {second}")).await.unwrap();
    }
    let labels = |page: &Page<TokenView>| page.items.iter().map(|token| token.label.clone()).collect::<Vec<_>>();
    let request = TokensRequest { limit: Some(2), ..TokensRequest::default() };
    let first = bench.portal.token_page(&ada, &request, None).await.unwrap();
    assert_eq!((labels(&first), first.total), (vec!["number 2".to_owned(), "number 1".to_owned()], 3));
    let request = TokensRequest { cursor: first.next_cursor, ..request };
    let rest = bench.portal.token_page(&ada, &request, None).await.unwrap();
    assert_eq!((labels(&rest), rest.next_cursor), (vec!["number 0".to_owned()], None));
    let oldest = TokensRequest { order: SortOrder::Asc, limit: Some(1), ..TokensRequest::default() };
    assert_eq!(labels(&bench.portal.token_page(&ada, &oldest, None).await.unwrap()), ["number 0"]);
    let bad = TokensRequest { cursor: Some("x".to_owned()), ..TokensRequest::default() };
    assert_eq!(kind(bench.portal.token_page(&ada, &bad, None).await), ProblemKind::Invalid);
}
