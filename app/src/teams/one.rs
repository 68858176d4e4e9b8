use super::{TeamTokenMade, tokens, told};
use crate::{
    AppError, door,
    sheet::{
        Button, Choice, Emphasis, Following, Form, Line, Panel, Part, Rows, Sheet, Table, code, field, form, head,
        label, link, panel, text, tick,
    },
    sheets::Asked,
    ui::Query,
};
use klamm_model::{PersonName, Problem, ProblemKind, TeamDetail, TeamRole, TokensRequest};
use leptos::prelude::use_context;

/// `/teams/{team}`.
pub(crate) async fn one(name: &str, asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let no_such = || Problem::new(ProblemKind::NotFound, "There is no such team.");
    let name = name.parse().map_err(|_| door::refuse(no_such()))?;
    let view = portal.team(&actor, &name).await.map_err(door::refuse)?;
    let csrf = door::csrf_token().unwrap_or_default();
    let people = view.team.approvers.len() + view.team.members.len();
    let sentence = match people {
        0 => format!("Nobody is in team {name}"),
        1 => format!("One person is in team {name}"),
        several => format!("{several} people are in team {name}"),
    };
    let beside = [Some(owns(&view)), removal(&view, &csrf)];
    let new = use_context::<TeamTokenMade>();
    let request = TokensRequest { limit: Some(100), ..TokensRequest::default() };
    // Whoever may not see the team's tokens has no panel of them.
    let seen = portal.team_token_page(&actor, &name, &request).await.ok();
    let next = if may(&view, "makeToken") { Some(portal.new_token_id().map_err(door::refuse)?) } else { None };
    let panels = [
        new.as_ref().map(tokens::made),
        Some(members(&view, &csrf)),
        newcomer(&view, &csrf),
        Some(places(&view)),
        seen.map(|page| tokens::all(&name, &page.items, &csrf)),
        next.map(|next| tokens::make(&name, &next, &csrf)),
    ];
    Ok(Sheet {
        title: name.to_string(),
        sentence,
        facts: "Members ask for it, approvers also decide what is asked of it".to_owned(),
        notices: told(asked),
        panels: panels.into_iter().flatten().collect(),
        beside: beside.into_iter().flatten().collect(),
        following: if new.is_some() { Following::Nothing } else { Following::Everything },
        now: portal.now(),
        ..Sheet::default()
    })
}

fn may(view: &TeamDetail, action: &str) -> bool {
    view.team.allowed_actions.iter().any(|allowed| allowed == action)
}

fn at(view: &TeamDetail, act: &str) -> String {
    format!("/teams/{}/{act}", view.team.name)
}

fn members(view: &TeamDetail, csrf: &str) -> Panel {
    let approvers = view.team.approvers.iter().map(|person| (person, TeamRole::Approver));
    let all: Vec<_> = approvers.chain(view.team.members.iter().map(|person| (person, TeamRole::Member))).collect();
    if all.is_empty() {
        let words = text("What is asked of it nobody can decide, and nobody asks for it.");
        return panel("Members", vec![Part::Empty("Nobody is in it".to_owned(), words)]);
    }
    let (may_any, may_plain) = (may(view, "addApprover"), may(view, "addMember"));
    let row = |(person, role): &(&PersonName, TeamRole)| {
        let is_theirs = may_any || (may_plain && *role == TeamRole::Member);
        let mut first = Line::new();
        if is_theirs {
            first.extend(tick(format!("Take {person}"), "take", person.to_string()));
        }
        first.extend(text(person.to_string()));
        vec![first, text(words(*role))]
    };
    let rows: Rows = all.iter().map(row).collect();
    let heads = ["Who", "What they may"].map(head).to_vec();
    if !may_plain {
        return panel("Members", vec![Part::table("Members", heads, rows)]);
    }
    let button =
        |label: &str, act: &str| Button { value: Some(("act".to_owned(), act.to_owned())), ..Button::new(label) };
    let mut buttons = vec![Button { emphasis: Emphasis::Danger, ..button("Take out of the team", "out") }];
    if may_any {
        buttons.push(button("Make approvers", TeamRole::Approver.name()));
        buttons.push(button("Make plain members", TeamRole::Member.name()));
    }
    let table = Table { label: "Members".to_owned(), heads, rows, ..Table::default() };
    let form = Form { table: Some(table), ..form(at(view, "members"), csrf, buttons) };
    panel("Members", vec![Part::Form(form)]).hint("whoever is taken out is none of it from the next click on")
}

fn words(role: TeamRole) -> &'static str {
    match role {
        TeamRole::Approver => "asks, and decides",
        TeamRole::Member => "asks",
    }
}

fn newcomer(view: &TeamDetail, csrf: &str) -> Option<Panel> {
    if !may(view, "addMember") {
        return None;
    }
    let roles = [(TeamRole::Member, "as a member"), (TeamRole::Approver, "as an approver")];
    let roles = roles.into_iter().filter(|(role, _)| *role == TeamRole::Member || may(view, "addApprover"));
    let roles = roles.map(|(role, words)| (role.name().to_owned(), words.to_owned())).collect();
    let fields = vec![
        field("person", "User name", "", Choice::Word),
        field("role", "As what", TeamRole::Member.name(), Choice::One(roles)),
    ];
    let button = Button { emphasis: Emphasis::Primary, ..Button::new("Add to the team") };
    Some(panel("Add somebody", vec![Part::Form(Form { fields, ..form(at(view, "add"), csrf, vec![button]) })]))
}

fn places(view: &TeamDetail) -> Panel {
    if view.tenancies.is_empty() {
        let words = text("A namespace is its when it has the annotation klamm.dev/team and a cluster admits it.");
        return panel("Namespaces", vec![Part::Empty("None yet".to_owned(), words)]);
    }
    let rows: Rows = view
        .tenancies
        .iter()
        .map(|tenancy| {
            let cluster = &tenancy.cluster;
            let href = format!("/clusters/{}/{}", cluster.namespace, cluster.name);
            vec![code(tenancy.namespace.to_string()), link(cluster.to_string(), href)]
        })
        .collect();
    panel("Namespaces", vec![Part::table("Namespaces", ["Namespace", "Admitted by"].map(head).to_vec(), rows)])
}

fn owns(view: &TeamDetail) -> Panel {
    let name = view.team.name.as_str();
    let counted = |count: Option<u64>, path: &str, key: &str| match count {
        Some(count) => link(count.to_string(), Query::default().with(key, name).on(path)),
        None => label("not told to you"),
    };
    let owns = &view.owns;
    let facts = vec![
        ("Topics", counted(Some(u64::from(owns.topics)), "/topics", "team")),
        ("Credentials", counted(owns.credentials.map(u64::from), "/credentials", "team")),
        ("Open requests", counted(owns.open_requests, "/requests", "team")),
        ("Trail", link("what was done for it", Query::default().with("team", name).on("/audit"))),
    ];
    panel("What it has", vec![Part::facts("What it has", facts)])
}

fn removal(view: &TeamDetail, csrf: &str) -> Option<Panel> {
    if !may(view, "remove") {
        return None;
    }
    let name = view.team.name.to_string();
    let button =
        Button { emphasis: Emphasis::Danger, not_now: view.in_the_way.clone(), ..Button::new("Remove the team") };
    let confirm = field("confirm", "Write the name of the team", "", Choice::Exactly(name));
    let form = Form { fields: vec![confirm], ..form(at(view, "remove"), csrf, vec![button]) };
    let hint = "Its members stay people; what is closed keeps its name.";
    Some(panel("Remove it", vec![Part::Form(form), Part::Lines(vec![label(hint)])]))
}
