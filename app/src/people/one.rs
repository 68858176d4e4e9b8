use super::{PasswordMade, choices, made, role_names, standing, told};
use crate::{
    AppError, door, sessions,
    sheet::{
        Button, Choice, Emphasis, Following, Form, Line, Panel, Part, Sheet, field, form, label, link, panel, text,
        time, when,
    },
    sheets::Asked,
    ui::{Query, encode},
};
use klamm_model::{PersonView, Problem, ProblemKind};
use leptos::prelude::use_context;

/// `/people/{name}`.
pub(crate) async fn one(name: &str, asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let no_such = || Problem::new(ProblemKind::NotFound, "There is no such person.");
    let name = name.parse().map_err(|_| door::refuse(no_such()))?;
    let view = portal.person(&actor, &name).await.map_err(door::refuse)?;
    let csrf = door::csrf_token().unwrap_or_default();
    let issued = use_context::<PasswordMade>();
    let new = issued.as_ref().and_then(|PasswordMade(issued)| made(issued));
    let following = if new.is_some() { Following::Nothing } else { Following::Requests };
    let sentence = match view.disabled_at {
        None => format!("{name} may sign in"),
        Some(_) => format!("{name} is shut out"),
    };
    let signed_in = if may(&view, "change") {
        let current = sessions::current();
        let views = portal.session_list(&actor, &name, current.as_ref()).await.map_err(door::refuse)?;
        Some(sessions::sessions(&views, &at(&view, "sessions"), &csrf))
    } else {
        None
    };
    let changes = [roles(&view, &csrf), password(&view, &csrf), signed_in];
    Ok(Sheet {
        title: name.to_string(),
        sentence,
        facts: "What they may do everywhere; what they may do for a team stands on the team's page".to_owned(),
        notices: told(asked),
        panels: new.into_iter().chain([facts(&view)]).chain(changes.into_iter().flatten()).collect(),
        beside: out(&view, &csrf).into_iter().collect(),
        following,
        now: portal.now(),
        ..Sheet::default()
    })
}

fn may(view: &PersonView, action: &str) -> bool {
    view.allowed_actions.iter().any(|allowed| allowed == action)
}

fn at(view: &PersonView, act: &str) -> String {
    format!("/people/{}/{act}", encode(view.name.as_str()))
}

fn facts(view: &PersonView) -> Panel {
    let teams: Line = view
        .teams
        .iter()
        .flat_map(|membership| {
            let mut line = link(membership.team.to_string(), format!("/teams/{}", membership.team));
            line.extend(label(membership.role.name()));
            line
        })
        .collect();
    let roles = role_names(&view.roles);
    let trail = Query::default().with("actor", view.name.as_str()).on("/audit");
    let about = Query::default().with("kind", "person").with("name", view.name.as_str()).on("/audit");
    let facts = vec![
        ("Standing", standing(view)),
        ("Roles", if roles.is_empty() { label("none") } else { text(roles.replace(' ', ", ")) }),
        ("Teams", if teams.is_empty() { label("none") } else { teams }),
        ("Added", time(view.created_at)),
        ("Shut out", if view.disabled_at.is_some() { when(view.disabled_at, "") } else { Line::new() }),
        ("Trail", [link("what they did", trail), label("and"), link("what was done about them", about)].concat()),
    ];
    panel("How it is", vec![Part::facts("How it is", facts)])
}

fn roles(view: &PersonView, csrf: &str) -> Option<Panel> {
    if !may(view, "change") {
        return None;
    }
    let roles = field("roles", "Role", role_names(&view.roles), Choice::One(choices()));
    let form = Form { fields: vec![roles], ..form(at(view, "roles"), csrf, vec![Button::new("Set the role")]) };
    let hint = "Operators manage people, teams and clusters; auditors read everything. Another role signs them out.";
    Some(panel("Role", vec![Part::Form(form), Part::Lines(vec![label(hint)])]))
}

fn password(view: &PersonView, csrf: &str) -> Option<Panel> {
    if !may(view, "change") {
        return None;
    }
    let typed = field("password", "Another password", "", Choice::Secret).example("empty: Klamm makes one");
    let button = Button::new("Replace the password");
    let form = Form { fields: vec![typed], ..form(at(view, "password"), csrf, vec![button]) };
    let hint = "For somebody who has forgotten theirs. It ends their sessions.";
    Some(panel("Password", vec![Part::Form(form), Part::Lines(vec![label(hint)])]))
}

fn out(view: &PersonView, csrf: &str) -> Option<Panel> {
    if view.disabled_at.is_some() {
        let button = Button { emphasis: Emphasis::Primary, ..Button::new("Let them in again") };
        let form = form(at(view, "enable"), csrf, vec![button]);
        return may(view, "change").then(|| panel("Let them in again", vec![Part::Form(form)]));
    }
    if !may(view, "remove") {
        let hint = "Nobody shuts themselves out. Another operator can.";
        return may(view, "change").then(|| panel("Shut them out", vec![Part::Lines(vec![label(hint)])]));
    }
    let confirm = field("confirm", "Write the user name", "", Choice::Exactly(view.name.to_string()));
    let button = Button { emphasis: Emphasis::Danger, ..Button::new("Shut them out") };
    let form = Form { fields: vec![confirm], ..form(at(view, "disable"), csrf, vec![button]) };
    let hint = "Their sessions end and their tokens stop. What they asked for and agreed to stays written down.";
    Some(panel("Shut them out", vec![Part::Form(form), Part::Lines(vec![label(hint)])]))
}
