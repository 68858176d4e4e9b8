use super::{PasswordMade, choices, made, role_names, standing, told};
use crate::{
    AppError, door,
    sheet::{
        Button, Choice, Emphasis, Following, Form, Line, Panel, Part, Rows, Sheet, field, form, head, label, link,
        panel, text, time,
    },
    sheets::Asked,
    ui::{Query, encode, position},
};
use klamm_model::{PageRequest, PersonView};
use leptos::prelude::use_context;

const PATH: &str = "/people";

/// `/people`: everybody, for operators and auditors.
pub(crate) async fn list(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let request = PageRequest { search: asked.given("q"), cursor: asked.given("cursor"), ..PageRequest::default() };
    let page = portal.person_page(&actor, &request).await.map_err(door::refuse)?;
    let before: u64 = asked.get("before").parse().unwrap_or_default();
    let shown = page.items.len();
    let address = |cursor: &str, before: u64| {
        let before = if before == 0 { String::new() } else { before.to_string() };
        Query::default().with("q", asked.get("q")).with("cursor", cursor).with("before", &before).on(PATH)
    };
    let next = page.next_cursor.as_deref().map(|cursor| address(cursor, before + shown as u64));
    let first = request.cursor.is_some().then(|| address("", 0));
    let search = Form {
        action: PATH.to_owned(),
        fields: vec![field("q", "Name contains", asked.get("q"), Choice::Word)],
        buttons: vec![Button::new("Filter")],
        ..Form::default()
    };
    let mut parts = vec![Part::Form(search)];
    if page.items.is_empty() {
        parts.push(Part::Empty("Nobody to show".to_owned(), link("Without the filter", PATH)));
    } else {
        let rows: Rows = page.items.iter().map(row).collect();
        parts.push(Part::table("People", ["Who", "Standing", "Roles", "Teams", "Added"].map(head).to_vec(), rows));
        parts.push(Part::Pager(position(before, shown, page.total, ("person", "people")), first, next));
    }
    let sentence = match page.total {
        0 => "Nobody".to_owned(),
        1 => "One person".to_owned(),
        many => format!("{many} people"),
    };
    let issued = use_context::<PasswordMade>();
    let new = issued.as_ref().and_then(|PasswordMade(issued)| made(issued));
    let following = if new.is_some() { Following::Nothing } else { Following::Requests };
    let make = actor.is_operator().then(|| make(&door::csrf_token().unwrap_or_default()));
    let all = panel("People", parts).aside(link("Teams", "/teams"));
    Ok(Sheet {
        title: "People".to_owned(),
        sentence,
        facts: "Who may sign in, and what they may do everywhere".to_owned(),
        notices: told(asked),
        panels: new.into_iter().chain([all]).chain(make).collect(),
        following,
        now: portal.now(),
        ..Sheet::default()
    })
}

fn row(view: &PersonView) -> Vec<Line> {
    let teams: Line = view
        .teams
        .iter()
        .flat_map(|membership| link(membership.team.to_string(), format!("/teams/{}", membership.team)))
        .collect();
    let roles = role_names(&view.roles);
    vec![
        link(view.name.to_string(), format!("{PATH}/{}", encode(view.name.as_str()))),
        standing(view),
        if roles.is_empty() { label("none") } else { text(roles.replace(' ', ", ")) },
        if teams.is_empty() { label("none") } else { teams },
        time(view.created_at),
    ]
}

fn make(csrf: &str) -> Panel {
    let fields = vec![
        field("name", "User name", "", Choice::Word),
        field("password", "First password", "", Choice::Secret).example("empty: Klamm makes one"),
        field("roles", "Role", "", Choice::One(choices())),
    ];
    let button = Button { emphasis: Emphasis::Primary, ..Button::new("Let them in") };
    let form = Form { fields, ..form(PATH, csrf, vec![button]) };
    let hint = "A password that Klamm makes is shown once, on the page that answers.";
    panel("Let somebody in", vec![Part::Form(form), Part::Lines(vec![label(hint)])])
}
