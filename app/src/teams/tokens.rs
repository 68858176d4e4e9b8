//! Tokens of a team, on its page.

use crate::{
    sheet::{
        Button, Choice, Emphasis, Form, Line, Panel, Part, Rows, Table, code, field, form, head, label, panel, status,
        text, tick, time, when,
    },
    ui::Status,
};
use klamm_model::{Scope, TeamName, TokenId, TokenState, TokenView};
use klamm_portal::IssuedToken;
use std::sync::Arc;

/// A token of a team that has just been made, in the context of the one page that shows it.
#[derive(Clone, Debug)]
pub struct TeamTokenMade(pub Arc<IssuedToken>);

/// The one look at a new token.
pub(super) fn made(TeamTokenMade(issued): &TeamTokenMade) -> Panel {
    let mut line = text(format!("The token “{}”:", issued.view.label));
    line.extend(code(issued.expose()));
    let once = label("Shown once; Klamm keeps a fingerprint of it and cannot show it again. Keep it like a password.");
    panel("A new token", vec![Part::Lines(vec![line, once]), Part::Text(issued.expose().to_owned())])
}

/// Those there are; whoever may end them ticks them.
pub(super) fn all(team: &TeamName, views: &[TokenView], csrf: &str) -> Panel {
    let hint = format!("what they ask for is asked by team@{team}");
    if views.is_empty() {
        let words = text("A token of the team lets a program look and ask for it, and decides nothing.");
        return panel("Tokens", vec![Part::Empty("None".to_owned(), words)]).hint(hint);
    }
    let may_end = |view: &TokenView| view.allowed_actions.iter().any(|action| action == "remove");
    let row = |view: &TokenView| {
        let mut first = Line::new();
        if may_end(view) {
            first.extend(tick(format!("Take {}", view.label), "take", view.id.to_string()));
        }
        first.extend(text(view.label.clone()));
        vec![first, state(view), text(access(view)), when(view.last_used_at, "never"), time(view.expires_at)]
    };
    let rows: Rows = views.iter().map(row).collect();
    let heads = ["Token", "State", "May", "Last used", "Ends"].map(head).to_vec();
    if !views.iter().any(may_end) {
        return panel("Tokens", vec![Part::table("Tokens", heads, rows)]).hint(hint);
    }
    let button = Button { emphasis: Emphasis::Danger, ..Button::new("End the ticked tokens") };
    let table = Table { label: "Tokens".to_owned(), heads, rows, ..Table::default() };
    let form = Form { table: Some(table), ..form(format!("/teams/{team}/tokens/end"), csrf, vec![button]) };
    panel("Tokens", vec![Part::Form(form)]).hint(hint)
}

fn state(view: &TokenView) -> Line {
    match view.state {
        TokenState::Working => status(Status::Ok, "works"),
        TokenState::Expired => status(Status::Unknown, "expired"),
        TokenState::Revoked => status(Status::Unknown, "ended by hand"),
    }
}

fn access(view: &TokenView) -> &'static str {
    match (view.scopes.contains(&Scope::Read), view.scopes.contains(&Scope::Write)) {
        (true, true) => "look and ask",
        (true, false) => "look",
        (false, true) => "ask",
        (false, false) => "nothing",
    }
}

/// The form that makes one, under the id that it carries.
pub(super) fn make(team: &TeamName, next: &TokenId, csrf: &str) -> Panel {
    let pairs = |all: &[(&str, &str)]| all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let fields = vec![
        field("label", "What the token is for", "", Choice::Line).example("nightly export"),
        field("access", "What it may", "read", Choice::One(pairs(&[("read", "look"), ("readWrite", "look and ask")]))),
        field(
            "days",
            "How long it works",
            "90",
            Choice::One(pairs(&[("1", "1 day"), ("30", "30 days"), ("90", "90 days"), ("365", "365 days")])),
        ),
    ];
    let button = Button { emphasis: Emphasis::Primary, ..Button::new("Make a token") };
    let whole = form(format!("/teams/{team}/tokens"), csrf, vec![button]);
    let hidden = whole.hidden.into_iter().chain([("id".to_owned(), next.to_string())]).collect();
    let hint = "Whoever makes it decides nothing that it asks for: another approver has to.";
    let parts = vec![Part::Form(Form { hidden, fields, ..whole }), Part::Lines(vec![label(hint)])];
    panel("Make a token of the team", parts)
}
