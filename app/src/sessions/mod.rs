//! Browser sessions as pages show them, said on the server: one's own, and for operators those of others.

mod agent;

use crate::{
    AppError, door,
    sheet::{
        Button, Emphasis, Following, Form, Line, Panel, Part, Rows, Sheet, Table, form, head, label, panel, text, tick,
        time,
    },
    sheets::Asked,
    ui::Status,
};
use klamm_model::{SessionId, SessionView};
use leptos::prelude::use_context;

const PATH: &str = "/sessions";

/// The session that asks.
pub(crate) fn current() -> Option<SessionId> {
    use_context::<SessionId>()
}

/// `/sessions`: where one is signed in.
pub(crate) async fn list(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let views = portal.session_list(&actor, &actor.name, current().as_ref()).await.map_err(door::refuse)?;
    let sentence = match views.len() {
        1 => "You are signed in here alone".to_owned(),
        several => format!("You are signed in with {several} browsers"),
    };
    Ok(Sheet {
        title: "Sessions".to_owned(),
        sentence,
        facts: "One that you do not know is somebody else's: end it, and have your password replaced".to_owned(),
        notices: told(asked),
        panels: vec![sessions(&views, PATH, &door::csrf_token().unwrap_or_default())],
        following: Following::Requests,
        now: portal.now(),
        ..Sheet::default()
    })
}

/// Sessions with boxes to tick, and the form that ends them. The one that asks ends by signing out.
pub(crate) fn sessions(views: &[SessionView], action: &str, csrf: &str) -> Panel {
    if views.is_empty() {
        let words = text("Signing in begins one.");
        return panel("Sessions", vec![Part::Empty("No session".to_owned(), words)]);
    }
    let rows: Rows = views.iter().map(row).collect();
    let heads = ["Browser", "Signed in", "Last used", "Ends unless used"].map(head).to_vec();
    let table = Table { label: "Sessions".to_owned(), heads, rows, ..Table::default() };
    let others = views.iter().any(|view| !view.current);
    let button = |label: &str, act: &str| Button {
        emphasis: Emphasis::Danger,
        not_now: (!others).then(|| "There is no other.".to_owned()),
        value: Some(("act".to_owned(), act.to_owned())),
        ..Button::new(label)
    };
    let all = if views.iter().any(|view| view.current) { "End all others" } else { "End all" };
    let buttons = vec![button("End what is ticked", "ticked"), button(all, "all")];
    panel("Sessions", vec![Part::Form(Form { table: Some(table), ..form(action, csrf, buttons) })])
}

fn row(view: &SessionView) -> Vec<Line> {
    let name = view.agent.as_deref().map_or_else(|| "An unnamed browser".to_owned(), agent::in_words);
    let mut browser = Line::new();
    if !view.current {
        browser.extend(tick(format!("Take {name} of session {}", view.id), "take", view.id.to_string()));
    }
    browser.extend(text(name));
    if view.current {
        browser.extend(label("this one"));
    }
    vec![browser, time(view.created_at), time(view.seen_at), time(view.expires_at)]
}

/// What became of a form that led here. Only words of ours: the address may come from anywhere.
fn told(asked: &Asked) -> Vec<(Status, String, String)> {
    if asked.get("done") == "ended" {
        return vec![(Status::Ok, "Done".to_owned(), "They have ended; whoever used them is signed out.".to_owned())];
    }
    let why = match asked.get("problem") {
        "" => return Vec::new(),
        "none" => "Tick a session first.",
        "some" => "Not all that you ticked were there any more.",
        _ => "It could not be done just now. Try again in a moment.",
    };
    vec![(Status::Bad, "Not done".to_owned(), why.to_owned())]
}
