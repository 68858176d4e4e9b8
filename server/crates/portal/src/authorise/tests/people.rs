//! Who manages people and teams.

use super::*;

/// As it was last reviewed.
const REVIEWED: &str = "\
view person lead of lead: lead, lead's token, operator, operator's token
create person lead of lead: operator
change person lead of lead: operator
remove person lead of lead: operator, operator's token
view person op of op: operator, operator's token
create person op of op: operator
change person op of op: operator
view person : operator, operator's token
create person : operator
change person : operator
remove person : operator, operator's token
view team payments: lead, lead's token, operator, operator's token, dev, team's token
create team payments: operator, operator's token
remove team payments: operator, operator's token
create member bob of bob as member: lead, lead's token, operator, operator's token
remove member bob of bob as member: lead, lead's token, operator, operator's token
create member bob of bob as approver: operator, operator's token
remove member bob of bob as approver: operator, operator's token
create member bob of bob as member: operator, operator's token
remove member bob of bob as member: operator, operator's token
view token robot: lead, operator, dev
create token robot: lead, operator
remove token robot: lead, operator
view token robot: operator
create token robot: operator
remove token robot: operator
view credential payments.billing: lead, lead's token, operator, operator's token, dev, team's token
reveal credential payments.billing: lead, lead's token, dev
view request of its team of bob: lead, lead's token, operator, operator's token, dev, team's token
create request of its team of bob: lead, lead's token, operator, operator's token, dev, team's token
comment request of its team of bob: lead, lead's token, operator, operator's token, dev, team's token
approve request of its team of bob: operator, operator's token
decline request of its team of bob: operator, operator's token
cancel request of its team of bob: lead, lead's token, operator, operator's token, dev, team's token
retry request of its team of bob: lead, lead's token, operator, operator's token, dev, team's token
view request its own of team@payments: lead, lead's token, operator, operator's token, dev, team's token
create request its own of team@payments: lead, lead's token, operator, operator's token, dev, team's token
change request its own of team@payments: team's token
comment request its own of team@payments: lead, lead's token, operator, operator's token, dev, team's token
approve request its own of team@payments: operator, operator's token
decline request its own of team@payments: operator, operator's token
cancel request its own of team@payments: lead, lead's token, operator, operator's token, dev, team's token
retry request its own of team@payments: lead, lead's token, operator, operator's token, dev, team's token
";

#[test]
fn people_are_the_operators_and_approvers_let_members_into_their_team() {
    let both = [Scope::Read, Scope::Write];
    let teams = |name: &str| -> TeamName { name.parse().unwrap() };
    let payments = teams("payments");
    let lead = |kind| Actor { approves: [payments.clone()].into(), ..actor("lead", kind, &[], &both) };
    let operator = |kind| Actor { teams: BTreeSet::new(), ..actor("op", kind, &[Role::Operator], &both) };
    let dev = actor("dev", ActorKind::Session, &[], &both);
    let robot = Actor { name: PersonName::of_team(&payments), ..actor("x", ActorKind::TeamToken, &[], &both) };
    let askers = [
        ("lead", Asker::Actor(&lead(ActorKind::Session))),
        ("lead's token", Asker::Actor(&lead(ActorKind::Token))),
        ("operator", Asker::Actor(&operator(ActorKind::Session))),
        ("operator's token", Asker::Actor(&operator(ActorKind::Token))),
        ("dev", Asker::Actor(&dev)),
        ("team's token", Asker::Actor(&robot)),
    ];
    let bob = PersonName::new("bob").unwrap();
    let cluster: ClusterRef = "kafka/demo".parse().unwrap();
    let objects = [
        Object::person(&"lead".parse().unwrap()),
        Object::person(&"op".parse().unwrap()),
        Object::all(Kind::Person),
        Object::team(&payments),
        Object::member(&payments, &bob, TeamRole::Member),
        Object::member(&payments, &bob, TeamRole::Approver),
        Object::member(&teams("orders"), &bob, TeamRole::Member),
        Object::team_token(&payments, "robot"),
        Object::team_token(&teams("orders"), "robot"),
        Object::token(&PersonName::of_team(&payments), "robot"),
        Object::credential(&cluster, Some(&payments), "payments.billing"),
        request("of its team", &bob, "payments", ("payments", Audience::Concerned)),
        request("its own", &PersonName::of_team(&payments), "payments", ("payments", Audience::Concerned)),
    ];
    let table = table(&askers, &objects);
    assert_eq!(table, REVIEWED, "the matrix changed; review it and put it here:\n{table}");
}
