use super::told;
use crate::{
    AppError, door,
    sheet::{
        Button, Choice, Emphasis, Following, Form, Panel, Part, Rows, Sheet, field, form, head, label, link, number,
        panel, text,
    },
    sheets::Asked,
};
use klamm_model::{Namespace, PersonName, Role, TeamView};

const PATH: &str = "/teams";

/// `/teams`: whom to ask.
pub(crate) async fn list(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let teams = portal.team_list(&actor).await.map_err(door::refuse)?;
    let sentence = match teams.len() {
        0 => "There are no teams".to_owned(),
        1 => "One team".to_owned(),
        several => format!("{several} teams"),
    };
    let rows: Rows = teams.iter().map(row).collect();
    let part = if rows.is_empty() {
        Part::Empty("Nothing to show".to_owned(), text("Operators make teams, here or with klamm user add --team …"))
    } else {
        let mut heads: Vec<_> = ["Team", "Approves for it", "Also in it", "Namespaces"].map(head).to_vec();
        heads.push(number("Topics"));
        Part::table("Teams", heads, rows)
    };
    let all = panel("Teams", vec![part]);
    let sees_people = actor.is_operator() || actor.roles.contains(&Role::Auditor);
    let all = if sees_people { all.aside(link("People", "/people")) } else { all };
    let make = actor.is_operator().then(|| make(&door::csrf_token().unwrap_or_default()));
    Ok(Sheet {
        title: "Teams".to_owned(),
        sentence,
        facts: "Who owns topics and credentials together, and whom to ask".to_owned(),
        notices: told(asked),
        panels: [all].into_iter().chain(make).collect(),
        following: Following::Everything,
        now: portal.now(),
        ..Sheet::default()
    })
}

fn row(team: &TeamView) -> Vec<crate::sheet::Line> {
    let names = |people: &[PersonName]| {
        let names: Vec<&str> = people.iter().map(PersonName::as_str).collect();
        if names.is_empty() { label("nobody") } else { text(names.join(", ")) }
    };
    let namespaces: Vec<&str> = team.namespaces.iter().map(Namespace::as_str).collect();
    vec![
        link(team.name.to_string(), format!("{PATH}/{}", team.name)),
        names(&team.approvers),
        names(&team.members),
        text(namespaces.join(", ")),
        text(team.topics.to_string()),
    ]
}

fn make(csrf: &str) -> Panel {
    let button = Button { emphasis: Emphasis::Primary, ..Button::new("Add the team") };
    let name = field("name", "Name", "", Choice::Word).example("payments");
    let hint = "Its namespaces say themselves that they are its: with the annotation klamm.dev/team.";
    let form = Form { fields: vec![name], ..form(PATH, csrf, vec![button]) };
    panel("Add a team", vec![Part::Form(form), Part::Lines(vec![label(hint)])])
}
