//! Teams as pages show them, said on the server: whom to ask, and for those who may, who is in them.

mod list;
mod one;
mod tokens;

pub(crate) use list::list;
pub(crate) use one::one;
pub use tokens::TeamTokenMade;

use crate::{sheets::Asked, ui::Status};

/// What became of a form that led here. Only words of ours: the address may come from anywhere.
fn told(asked: &Asked) -> Vec<(Status, String, String)> {
    let mut notices = Vec::new();
    let done = match asked.get("done") {
        "made" => Some("The team is there. Say who is in it."),
        "removed" => Some("The team is gone. What is closed keeps its name."),
        "ended" => Some("What you ticked no longer works. Whatever still uses it is refused."),
        "seated" => Some("Who is in the team is as you said."),
        _ => None,
    };
    notices.extend(done.map(|words| (Status::Ok, "Done".to_owned(), words.to_owned())));
    let why = match asked.get("problem") {
        "" => return notices,
        "name" => {
            "A team's name has 1 to 63 lower-case letters, digits and hyphens, and begins and ends with a letter or digit."
        }
        "exists" => "There is a team of that name.",
        "confirm" => "Write the name of the team once more, so that nobody removes another one.",
        "owns" => "The team still owns something. What that is stands below.",
        "nobody" => "There is nobody of that name.",
        "none" => "Tick somebody first.",
        "some" => "Not all that you ticked could be done. How it is now stands below.",
        "token" => "Say in 1 to 100 characters what the token is for, what it may and for how long.",
        "no-token" => "Tick a token first.",
        "sent-twice" => {
            "This form was sent before, and made its token then. If you did not keep it, end it and make another."
        }
        "forbidden" => "You may not do this now. Operators can, and approvers of the team for plain members.",
        _ => "It could not be done just now. Try again in a moment.",
    };
    notices.push((Status::Bad, "Not done".to_owned(), why.to_owned()));
    notices
}
