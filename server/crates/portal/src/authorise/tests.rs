mod people;

use super::*;
use klamm_model::{ClusterRef, Role, TeamName, TeamRole};
use klamm_planner::policy::Reader;
use klamm_store::AuditObject;
use std::collections::BTreeSet;
use std::fmt::Write;

fn actor(name: &str, kind: ActorKind, roles: &[Role], scopes: &[Scope]) -> Actor {
    Actor {
        name: PersonName::new(name).unwrap(),
        kind,
        roles: roles.iter().copied().collect(),
        teams: BTreeSet::from([TeamName::new("payments").unwrap()]),
        approves: BTreeSet::new(),
        scopes: scopes.iter().copied().collect(),
    }
}

fn objects() -> Vec<Object> {
    let cluster: ClusterRef = "kafka/demo".parse().unwrap();
    let payments = TeamName::new("payments").unwrap();
    let (ada, bob) = (PersonName::new("ada").unwrap(), PersonName::new("bob").unwrap());
    vec![
        Object::cluster(&cluster),
        Object::topic(&cluster, "payments.a", Some(&payments)),
        Object::topic(&cluster, "nobodys", None),
        Object::group(&cluster, "payments.consumer"),
        Object::finding(&cluster, "fnd_brokerDown_1"),
        Object::operation(&cluster, "upgrade-421"),
        Object::all(Kind::Events),
        Object::all(Kind::Policy),
        Object::person(&ada),
        Object::person(&bob),
        Object::all(Kind::Person),
        Object::team(&payments),
        Object::member(&payments, &bob, TeamRole::Member),
        Object::token(&ada, "laptop"),
        Object::token(&bob, "laptop"),
        Object::session(&ada),
        Object::session(&bob),
        Object::all(Kind::Credential),
        Object::credential(&cluster, Some(&payments), "payments.billing"),
        Object::credential(&cluster, Some(&TeamName::new("orders").unwrap()), "orders.billing"),
        Object::credential(&cluster, None, "kafka.nobodys"),
        Object::all(Kind::Request),
        request("own", &ada, "payments", ("payments", Audience::Concerned)),
        request("own draft", &ada, "payments", ("payments", Audience::Writer)),
        request("of the team", &bob, "payments", ("payments", Audience::Concerned)),
        request("draft of another", &bob, "payments", ("payments", Audience::Writer)),
        request("about the team's topic", &bob, "orders", ("payments", Audience::Concerned)),
        request("of strangers", &bob, "orders", ("orders", Audience::Concerned)),
        of_cluster(request("of the cluster", &bob, "payments", ("operators", Audience::Concerned))),
        of_cluster(request("own of the cluster", &ada, "payments", ("operators", Audience::Concerned))),
        Object::all(Kind::Audit),
        Object::audit_of(&payments),
        Object::audit_of(&TeamName::new("orders").unwrap()),
        Object::all(Kind::Webhook),
        Object::webhook("tickets"),
        messages("shut", "payments", &[]),
        messages("to the owner", "payments", &[Reader::OwnerTeam]),
        messages("to operators", "payments", &[Reader::Operators]),
        messages("of another team", "orders", &[Reader::OwnerTeam]),
        messages("to a named team", "orders", &[Reader::Team(payments)]),
    ]
}

/// The records of a team's topic, with who may read them.
fn messages(name: &str, team: &str, readers: &[Reader]) -> Object {
    let readers = readers.iter().cloned().collect();
    Object::messages(&"kafka/demo".parse().unwrap(), name, Some(&team.parse().unwrap()), readers)
}

/// A request that ada and the operator are asked to decide.
fn request(name: &str, by: &PersonName, team: &str, (owner, audience): (&str, Audience)) -> Object {
    let facts = RequestFacts {
        id: None,
        about: AuditObject { kind: "KafkaTopic".to_owned(), namespace: None, name: name.to_owned() },
        owner: owner.parse().unwrap(),
        deciders: ["ada", "op"].map(|name| name.parse().unwrap()).into(),
        audience,
        reach: Reach::Team,
    };
    Object::request(&"kafka/demo".parse().unwrap(), &team.parse().unwrap(), by, facts)
}

/// The same about a whole cluster.
fn of_cluster(mut request: Object) -> Object {
    request.request.as_mut().unwrap().reach = Reach::Cluster;
    request
}

/// As it was last reviewed.
const REVIEWED: &str = "\
view cluster demo: ada, operator, auditor, ada's token, ada's reading token
view topic payments.a: ada, operator, auditor, ada's token, ada's reading token
view topic nobodys: ada, operator, auditor, ada's token, ada's reading token
view group payments.consumer: ada, operator, auditor, ada's token, ada's reading token
view finding fnd_brokerDown_1: ada, operator, auditor, ada's token, ada's reading token
acknowledge finding fnd_brokerDown_1: operator
view operation upgrade-421: ada, operator, auditor, ada's token, ada's reading token
cancel operation upgrade-421: operator
pause operation upgrade-421: operator
resume operation upgrade-421: operator
view events : ada, operator, auditor, ada's token, ada's reading token
view policy : ada, operator, auditor, ada's token, ada's reading token
view person ada of ada: ada, operator, auditor, ada's token, ada's reading token, console
create person ada of ada: operator, console
change person ada of ada: operator, console
remove person ada of ada: operator, console
view person bob of bob: operator, auditor, console
create person bob of bob: operator, console
change person bob of bob: operator, console
remove person bob of bob: operator, console
view person : operator, auditor, console
create person : operator, console
change person : operator, console
remove person : operator, console
view team payments: ada, operator, auditor, ada's token, ada's reading token, console
create team payments: operator, console
change team payments: console
remove team payments: operator, console
create member bob of bob as member: operator, console
remove member bob of bob as member: operator, console
view token laptop of ada: ada, console
create token laptop of ada: ada, console
change token laptop of ada: console
remove token laptop of ada: ada, console
view token laptop of bob: console
create token laptop of bob: console
change token laptop of bob: console
remove token laptop of bob: console
view session ada of ada: ada, operator
remove session ada of ada: ada, operator
view session bob of bob: operator
remove session bob of bob: operator
view credential : ada, operator, auditor, ada's token, ada's reading token
view credential payments.billing: ada, operator, auditor, ada's token, ada's reading token
reveal credential payments.billing: ada, operator, auditor, ada's token
view credential orders.billing: operator
view credential kafka.nobodys: operator
view request : ada, operator, auditor, ada's token, ada's reading token
view request own of ada: ada, operator, auditor, ada's token, ada's reading token
create request own of ada: ada, operator, auditor, ada's token
change request own of ada: ada, ada's token
comment request own of ada: ada, operator, auditor, ada's token
approve request own of ada: operator
decline request own of ada: operator
cancel request own of ada: ada, operator, auditor, ada's token
retry request own of ada: ada, operator, auditor, ada's token
view request own draft of ada: ada, ada's token, ada's reading token
create request own draft of ada: ada, operator, auditor, ada's token
change request own draft of ada: ada, ada's token
comment request own draft of ada: ada, ada's token
cancel request own draft of ada: ada, ada's token
retry request own draft of ada: ada, ada's token
view request of the team of bob: ada, operator, auditor, ada's token, ada's reading token
create request of the team of bob: ada, operator, auditor, ada's token
comment request of the team of bob: ada, operator, auditor, ada's token
approve request of the team of bob: ada, operator, ada's token
decline request of the team of bob: ada, operator, ada's token
cancel request of the team of bob: ada, operator, auditor, ada's token
retry request of the team of bob: ada, operator, auditor, ada's token
create request draft of another of bob: ada, operator, auditor, ada's token
view request about the team's topic of bob: ada, operator, auditor, ada's token, ada's reading token
create request about the team's topic of bob: operator
comment request about the team's topic of bob: ada, operator, auditor, ada's token
approve request about the team's topic of bob: ada, operator, ada's token
decline request about the team's topic of bob: ada, operator, ada's token
cancel request about the team's topic of bob: operator
retry request about the team's topic of bob: ada, operator, auditor, ada's token
view request of strangers of bob: ada, operator, auditor, ada's token, ada's reading token
create request of strangers of bob: operator
comment request of strangers of bob: ada, operator, ada's token
approve request of strangers of bob: ada, operator, ada's token
decline request of strangers of bob: ada, operator, ada's token
cancel request of strangers of bob: operator
retry request of strangers of bob: ada, operator, ada's token
view request of the cluster of bob: ada, operator, auditor, ada's token, ada's reading token
create request of the cluster of bob: operator
comment request of the cluster of bob: ada, operator, auditor, ada's token
approve request of the cluster of bob: ada, operator, ada's token
decline request of the cluster of bob: ada, operator, ada's token
cancel request of the cluster of bob: operator
retry request of the cluster of bob: operator
view request own of the cluster of ada: ada, operator, auditor, ada's token, ada's reading token
create request own of the cluster of ada: operator
change request own of the cluster of ada: ada, ada's token
comment request own of the cluster of ada: ada, operator, auditor, ada's token
approve request own of the cluster of ada: operator
decline request own of the cluster of ada: operator
cancel request own of the cluster of ada: ada, operator, ada's token
retry request own of the cluster of ada: operator
view audit : operator, auditor
view audit : ada, operator, auditor, ada's token, ada's reading token
view audit : operator, auditor
view webhook : operator, auditor
retry webhook : operator
test webhook : operator
view webhook tickets: operator, auditor
retry webhook tickets: operator
test webhook tickets: operator
reveal message to the owner: ada, operator, auditor, ada's token
reveal message to operators: operator
reveal message to a named team: ada, operator, auditor, ada's token
";

/// The whole table, reviewed by eye: a new action or kind shows up here, and so does a rule that became too generous.
#[test]
fn the_matrix_is_the_reviewed_one() {
    let both = [Scope::Read, Scope::Write];
    let ada = actor("ada", ActorKind::Session, &[], &both);
    let askers = [
        ("ada", Asker::Actor(&ada)),
        ("operator", Asker::Actor(&actor("op", ActorKind::Session, &[Role::Operator], &both))),
        ("auditor", Asker::Actor(&actor("aud", ActorKind::Session, &[Role::Auditor], &both))),
        ("ada's token", Asker::Actor(&actor("ada", ActorKind::Token, &[], &both))),
        ("ada's reading token", Asker::Actor(&actor("ada", ActorKind::Token, &[], &[Scope::Read]))),
        ("ada's empty token", Asker::Actor(&actor("ada", ActorKind::Token, &[], &[]))),
        ("console", Asker::Console),
    ];
    let table = table(&askers, &objects());
    assert_eq!(table, REVIEWED, "the matrix changed; review it and put it here:\n{table}");
}

/// A line for everything that somebody may do.
fn table(askers: &[(&str, Asker<'_>)], objects: &[Object]) -> String {
    let mut table = String::new();
    for object in objects {
        let rank = object.rank.map_or(String::new(), |rank| format!(" as {}", rank.name()));
        let owner = object.person.as_ref().map_or(String::new(), |person| format!(" of {person}"));
        for action in Action::ALL {
            let may: Vec<&str> = askers
                .iter()
                .filter(|(_, asker)| authorise(*asker, action, object.clone()).is_ok())
                .map(|(name, _)| *name)
                .collect();
            if !may.is_empty() {
                let (kind, name) = (object.kind.name(), &object.name);
                writeln!(table, "{} {kind} {name}{owner}{rank}: {}", action.name(), may.join(", ")).unwrap();
            }
        }
    }
    table
}

#[test]
fn every_kind_is_in_the_matrix() {
    let kinds: BTreeSet<Kind> = objects().iter().map(|object| object.kind).collect();
    assert_eq!(kinds, BTreeSet::from(Kind::ALL));
}

#[test]
fn a_permit_says_who_what_and_why() {
    let ada = actor("ada", ActorKind::Session, &[], &[Scope::Write]);
    let object = Object::session(&ada.name);
    let permit = authorise(Asker::Actor(&ada), Action::Remove, object.clone()).unwrap();
    assert_eq!((permit.action(), permit.object(), permit.rule()), (Action::Remove, &object, "own"));
    assert_eq!(permit.by(), &By::Actor(ada.name.clone(), ActorKind::Session));
}

#[test]
fn no_token_breeds_and_none_ends_a_session() {
    let both = [Scope::Read, Scope::Write];
    for scopes in [&both[..], &both[..1], &both[1..], &[]] {
        let token = actor("ada", ActorKind::Token, &[Role::Operator], scopes);
        for object in [Object::token(&token.name, "laptop"), Object::session(&token.name)] {
            for action in Action::ALL {
                let denied = authorise(Asker::Actor(&token), action, object.clone()).unwrap_err();
                assert_eq!(denied, Denial::Session, "{action:?} {object:?} {scopes:?}");
            }
        }
    }
}

#[test]
fn allowed_actions_come_from_the_same_function() {
    let cluster: ClusterRef = "kafka/demo".parse().unwrap();
    let reader = actor("ada", ActorKind::Token, &[], &[Scope::Read]);
    assert_eq!(allowed_actions(&reader, &Object::topic(&cluster, "t", None)), ["view"]);
    let blind = actor("ada", ActorKind::Token, &[], &[Scope::Write]);
    assert!(allowed_actions(&blind, &Object::topic(&cluster, "t", None)).is_empty());
}
