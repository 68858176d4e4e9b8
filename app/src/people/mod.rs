//! People as those who manage them see them, said on the server.

mod list;
mod one;

pub(crate) use list::list;
pub(crate) use one::one;

use crate::{
    sheet::{Line, Panel, Part, code, label, panel, status, text},
    sheets::Asked,
    ui::Status,
};
use klamm_model::{PersonView, Role};
use klamm_portal::IssuedPassword;
use std::{collections::BTreeSet, sync::Arc};

/// A password that Klamm has just made for somebody, in the context of the one page that shows it.
#[derive(Clone, Debug)]
pub struct PasswordMade(pub Arc<IssuedPassword>);

/// Roles as forms send them, with their words.
const ROLES: [(&str, &str); 4] =
    [("", "no role"), ("operator", "operator"), ("auditor", "auditor"), ("operator auditor", "operator and auditor")];

fn choices() -> Vec<(String, String)> {
    ROLES.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec()
}

fn role_names(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" ")
}

fn standing(view: &PersonView) -> Line {
    if view.disabled_at.is_some() { status(Status::Bad, "shut out") } else { status(Status::Ok, "may sign in") }
}

fn made(issued: &IssuedPassword) -> Option<Panel> {
    let password = issued.made()?;
    let mut line = text(format!("The password of {}:", issued.view.name));
    line.extend(code(password));
    let once = label("Shown once; Klamm keeps a fingerprint of it and cannot show it again. Hand it over in person.");
    Some(panel("A new password", vec![Part::Lines(vec![line, once]), Part::Text(password.to_owned())]))
}

/// What became of a form that led here. Only words of ours: the address may come from anywhere.
fn told(asked: &Asked) -> Vec<(Status, String, String)> {
    let mut notices = Vec::new();
    let done = match asked.get("done") {
        "made" => Some("They can sign in with the password that you typed."),
        "roles" => Some("The roles are as you said, and their sessions have ended."),
        "password" => Some("The password is what you typed, and their sessions have ended."),
        "disabled" => Some("They can no longer sign in; their sessions have ended, their tokens work no more."),
        "enabled" => Some("They may sign in again."),
        "ended" => Some("The sessions have ended; whoever used them is signed out."),
        _ => None,
    };
    notices.extend(done.map(|words| (Status::Ok, "Done".to_owned(), words.to_owned())));
    let why = match asked.get("problem") {
        "" => return notices,
        "name" => {
            "A user name has 1 to 64 letters, digits and any of . _ - @; klamm, console and what begins with team@ are \
             never people."
        }
        "password" => "A password has at least 12 characters. Leave it empty, and Klamm makes one.",
        "exists" => "There is a person of that name; names that differ in case alone count as one.",
        "last" => "Nobody else operates Klamm. Make somebody else an operator first.",
        "confirm" => "Write the user name once more, so that nobody shuts out somebody else.",
        "none" => "Tick a session first.",
        "some" => "Not all that you ticked were there any more.",
        "forbidden" => "You may not do this. Another operator can.",
        _ => "It could not be done just now. Try again in a moment.",
    };
    notices.push((Status::Bad, "Not done".to_owned(), why.to_owned()));
    notices
}
