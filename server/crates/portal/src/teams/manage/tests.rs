use super::*;
use crate::{
    Declared, DeclaredTenant,
    views::samples::{Estate, actor, inventory, portal_at, ticking, topic, user},
};
use k8s_openapi::api::core::v1::Namespace as NamespaceObject;
use klamm_model::Role;
use klamm_planner::tenancy::Tenant;
use klamm_store::{AuditFilter, AuditItem};
use serde_json::json;
use std::sync::Arc;

const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

struct Bench {
    portal: Arc<Portal>,
    estate: Estate,
    _database: klamm_testkit::TestDatabase,
}

/// With `op`, who operates, teams payments and orders, `lead` and `dev` of payments, and `bob`, who is in none.
async fn bench() -> Bench {
    let estate = Estate::new();
    let (portal, database) = portal_at(&estate, ticking()).await;
    portal.add_user(Asker::Console, user("op", &[Role::Operator])).await.unwrap();
    for name in ["lead", "dev", "bob"] {
        portal.add_user(Asker::Console, user(name, &[])).await.unwrap();
    }
    for team in ["payments", "orders"] {
        portal.add_team(Asker::Console, &team.parse().unwrap()).await.unwrap();
    }
    for (name, role) in [("lead", TeamRole::Approver), ("dev", TeamRole::Member)] {
        portal.set_team_member(Asker::Console, &payments(), &name.parse().unwrap(), role).await.unwrap();
    }
    Bench { portal, estate, _database: database }
}

impl Bench {
    /// As they are at this moment, as with a click.
    async fn who(&self, name: &str) -> Actor {
        self.portal.actor_of_session(&name.parse().unwrap()).await.unwrap().unwrap()
    }

    async fn put(&self, who: &str, person: &str, role: TeamRole) -> Result<TeamDetail, Problem> {
        let (who, person) = (self.who(who).await, person.parse().unwrap());
        self.portal.put_member(&who, (&payments(), &person), role, HERE).await
    }

    async fn take(&self, who: &str, person: &str) -> Result<(), Problem> {
        let (who, person) = (self.who(who).await, person.parse().unwrap());
        self.portal.take_member(&who, (&payments(), &person), HERE).await
    }

    async fn remove(&self, who: &str, team: &str) -> Result<(), Problem> {
        let who = self.who(who).await;
        self.portal.remove_team(&who, &team.parse().unwrap(), HERE).await
    }

    async fn audit(&self, kind: &str) -> Vec<AuditItem> {
        let filter = AuditFilter { limit: 100, object_kind: Some(kind.to_owned()), ..AuditFilter::default() };
        let mut items = self.portal.store.audit(&filter).await.unwrap();
        items.retain(|item| item.actor != "console");
        items.reverse();
        items
    }
}

fn payments() -> TeamName {
    "payments".parse().unwrap()
}

fn kind<T: std::fmt::Debug>(result: Result<T, Problem>) -> ProblemKind {
    result.unwrap_err().kind
}

#[tokio::test]
async fn operators_make_teams_and_say_who_is_in_them_and_as_what() {
    let bench = bench().await;
    let op = bench.who("op").await;
    let team: TeamName = "shipping".parse().unwrap();
    let made = bench.portal.create_team(&op, &team, HERE).await.unwrap();
    assert_eq!(made.team.allowed_actions, ["view", "remove", "addMember", "addApprover", "makeToken"]);
    assert_eq!(kind(bench.portal.create_team(&op, &team, HERE).await), ProblemKind::Conflict);
    let lead = bench.who("lead").await;
    assert_eq!(kind(bench.portal.create_team(&lead, &"mine".parse().unwrap(), HERE).await), ProblemKind::Forbidden);

    let detail = bench.put("op", "bob", TeamRole::Approver).await.unwrap();
    assert_eq!(detail.team.approvers, ["bob".parse().unwrap(), "lead".parse().unwrap()]);
    bench.put("op", "bob", TeamRole::Member).await.unwrap();
    bench.take("op", "bob").await.unwrap();
    assert_eq!(kind(bench.take("op", "bob").await), ProblemKind::NotFound);
    assert_eq!(kind(bench.put("op", "ghost", TeamRole::Member).await), ProblemKind::NotFound);
    let said: Vec<_> = bench.audit("member").await.into_iter().filter_map(|item| item.message).collect();
    assert_eq!(
        said,
        [
            "approver, before not in it",
            "member, before approver",
            "before member",
            "There is no member of that name.",
            "There is no team or person of that name."
        ]
    );
}

#[tokio::test]
async fn an_approver_lets_plain_members_in_and_out_and_touches_no_approver() {
    let bench = bench().await;
    bench.put("lead", "bob", TeamRole::Member).await.unwrap();
    assert!(bench.who("bob").await.teams.contains(&payments()));
    assert_eq!(kind(bench.put("lead", "bob", TeamRole::Approver).await), ProblemKind::Forbidden);
    bench.take("lead", "bob").await.unwrap();
    bench.put("op", "bob", TeamRole::Approver).await.unwrap();
    assert_eq!(kind(bench.put("lead", "bob", TeamRole::Member).await), ProblemKind::Forbidden, "nor demoted");
    assert_eq!(kind(bench.take("lead", "bob").await), ProblemKind::Forbidden);
    assert_eq!(kind(bench.put("lead", "lead", TeamRole::Member).await), ProblemKind::Forbidden, "nor themselves");
    // A plain member lets nobody in, and neither does the approver of another team.
    assert_eq!(kind(bench.put("dev", "bob", TeamRole::Member).await), ProblemKind::Forbidden);
    let lead = bench.who("lead").await;
    let elsewhere = (&"orders".parse().unwrap(), &"bob".parse().unwrap());
    let refused = bench.portal.put_member(&lead, elsewhere, TeamRole::Member, HERE).await;
    assert_eq!(kind(refused), ProblemKind::Forbidden);
    let detail = bench.portal.team(&lead, &payments()).await.unwrap();
    assert_eq!(detail.team.allowed_actions, ["view", "addMember", "makeToken"]);
    let rows = bench.audit("member").await;
    assert!(rows.iter().all(|row| row.team.as_deref() == Some("payments") || row.decision == "denied"), "{rows:?}");
}

#[tokio::test]
async fn whoever_is_taken_out_is_none_of_the_team_from_the_next_click_on() {
    let bench = bench().await;
    bench.take("lead", "dev").await.unwrap();
    let dev = bench.who("dev").await;
    assert!(dev.teams.is_empty() && dev.approves.is_empty());
    bench.take("op", "lead").await.unwrap();
    assert_eq!(kind(bench.put("lead", "bob", TeamRole::Member).await), ProblemKind::Forbidden);
}

#[tokio::test]
async fn a_team_is_shown_with_what_it_has_as_far_as_one_may_see() {
    let bench = bench().await;
    let namespace = "payments".parse().unwrap();
    let tenant = Tenant { namespace, topic_prefixes: Vec::new(), group_prefixes: Vec::new() };
    let tenants = vec![DeclaredTenant { tenant, team: Some(payments()) }];
    let declared = Declared { tenants, ..Declared::default() };
    bench.estate.put(inventory("kafka/demo", vec![topic("payments.a", &[(&[0], &[0])])]), declared);
    let detail = bench.portal.team(&bench.who("dev").await, &payments()).await.unwrap();
    assert_eq!((detail.owns.topics, detail.owns.credentials, detail.owns.open_requests), (1, Some(0), Some(0)));
    assert_eq!(detail.tenancies[0].cluster.to_string(), "kafka/demo");
    assert_eq!(detail.in_the_way, None, "only those who may remove it are told");
    let stranger = bench.portal.team(&bench.who("bob").await, &payments()).await.unwrap();
    assert_eq!((stranger.owns.credentials, stranger.owns.open_requests), (None, None));
    let auditor = Actor { roles: [Role::Auditor].into(), ..actor("aud") };
    let seen = bench.portal.team(&auditor, &payments()).await.unwrap();
    assert_eq!((seen.owns.credentials, seen.owns.open_requests), (None, Some(0)));
    assert_eq!(kind(bench.portal.team(&auditor, &"ghosts".parse().unwrap()).await), ProblemKind::NotFound);
}

#[tokio::test]
async fn a_team_that_owns_things_stays_and_the_refusal_names_them() {
    let bench = bench().await;
    assert_eq!(kind(bench.remove("lead", "payments").await), ProblemKind::Forbidden);
    let declarations = &bench.estate.declarations;
    for name in ["payments", "payments-eu", "payments-uk", "payments-us"] {
        let mut namespace = NamespaceObject::default();
        namespace.metadata.name = Some(name.to_owned());
        namespace.metadata.annotations = Some([("klamm.dev/team".to_owned(), "payments".to_owned())].into());
        declarations.saw_namespace(&namespace);
    }
    bench.estate.put(inventory("kafka/demo", Vec::new()), Declared::default());
    let app = json!({
        "metadata": { "name": "app", "namespace": "payments", "uid": "1" },
        "spec": { "cluster": { "name": "demo", "namespace": "kafka" } },
    });
    declarations.saw_user(&serde_json::from_value(app).unwrap());
    let refused = bench.remove("op", "payments").await.unwrap_err();
    assert_eq!(refused.kind, ProblemKind::Conflict);
    assert_eq!(
        refused.detail,
        "Team payments still owns 4 namespaces (payments, payments-eu, payments-uk and more), 1 credential \
         (payments.app). Give them to another team, or end them, first."
    );
    let told = bench.portal.team(&bench.who("op").await, &payments()).await.unwrap().in_the_way;
    assert_eq!(told, Some(refused.detail));
    bench.remove("op", "orders").await.unwrap();
    assert_eq!(kind(bench.remove("op", "orders").await), ProblemKind::NotFound);
    let outcomes: Vec<_> = bench.audit("team").await.into_iter().map(|item| item.outcome.unwrap()).collect();
    assert_eq!(outcomes, ["refused", "refused", "done", "failed"]);
}
