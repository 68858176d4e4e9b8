//! The form as it was filled in, and what it asks for.

use crate::{
    sheet::{Button, Choice, Emphasis, Form, field, form},
    sheets::Asked,
};
use klamm_model::{Isolation, MessageForm, MessagesRequest, MessagesStart};
use klamm_portal::moment_in;

/// What was typed. Whatever it is, it comes back into the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeekForm(Asked);

/// Reads a form as it was sent.
pub fn peek_asked(body: &str) -> PeekForm {
    PeekForm(Asked::of(body))
}

/// Values of a field with what they mean and their words.
type Words<T> = [(&'static str, T, &'static str)];

const STARTS: [(&str, MessagesStart, &str); 4] = [
    ("newest", MessagesStart::Newest, "the newest"),
    ("oldest", MessagesStart::Oldest, "the oldest"),
    ("offset", MessagesStart::Offset, "an offset"),
    ("time", MessagesStart::Time, "a moment"),
];

const FORMS: [(&str, Option<MessageForm>, &str); 4] = [
    ("", None, "whatever fits"),
    ("json", Some(MessageForm::Json), "JSON"),
    ("text", Some(MessageForm::Text), "text"),
    ("hex", Some(MessageForm::Hex), "hex"),
];

const ISOLATIONS: [(&str, Isolation, &str); 2] = [
    ("committed", Isolation::Committed, "those that count"),
    ("uncommitted", Isolation::Uncommitted, "open and aborted ones too"),
];

/// Those fields that are as they were when somebody goes on.
const KEPT: [&str; 7] = ["partition", "limit", "contains", "path", "equals", "show", "isolation"];

impl PeekForm {
    /// What it asks for, or which field cannot be meant.
    pub fn request(&self) -> Result<MessagesRequest, String> {
        let from = one_of(&STARTS, self.0.get("from"));
        let at = self.0.get("at");
        let (offset, time) = match from {
            MessagesStart::Newest | MessagesStart::Oldest => (None, None),
            MessagesStart::Offset => (Some(whole("Offset", at)?.ok_or("Offset: say from which.")?), None),
            MessagesStart::Time => {
                let moment = moment_in(at);
                (None, Some(moment.ok_or("Moment: write it like 2026-11-29 08:00, in UTC.")?.0))
            }
        };
        let untrimmed = |name: &str| Some(self.0.untrimmed(name).to_owned()).filter(|text| !text.is_empty());
        Ok(MessagesRequest {
            partition: whole("Partition", self.0.get("partition"))?,
            from,
            offset,
            time,
            limit: whole("How many", self.0.get("limit"))?,
            contains: untrimmed("contains"),
            path: self.0.given("path"),
            equals: untrimmed("equals"),
            show: one_of(&FORMS, self.0.get("show")),
            longest: None,
            isolation: one_of(&ISOLATIONS, self.0.get("isolation")),
        })
    }

    /// To be filled in, with what was.
    pub(super) fn drawn(&self, action: &str, csrf: &str) -> Form {
        let word = |name, label, choice| field(name, label, self.0.untrimmed(name), choice);
        let chosen = |name, label, choices| field(name, label, self.0.get(name), Choice::One(choices));
        let fields = vec![
            chosen("from", "Begin with", options(&STARTS)),
            word("at", "Which offset, or moment", Choice::Word).example("1200, or 2026-11-29 08:00"),
            word("partition", "Partition", Choice::Number).example("all"),
            word("limit", "How many", Choice::Number).example(&MessagesRequest::USUAL.to_string()),
            word("contains", "Key or value contains", Choice::Line),
            word("path", "JSON has", Choice::Word).example("$.order.lines[0].sku"),
            word("equals", "and there", Choice::Word).example("anything"),
            chosen("show", "Show as", options(&FORMS)),
            chosen("isolation", "Transactions", options(&ISOLATIONS)),
        ];
        let look = Button { emphasis: Emphasis::Primary, ..Button::new("Look") };
        Form { fields, ..form(action, csrf, vec![look]) }
    }

    /// The same again, from an offset on.
    pub(super) fn onwards(&self, action: &str, csrf: &str, offset: i64) -> Form {
        let mut again = form(action, csrf, vec![Button::new(&format!("Go on from offset {offset}"))]);
        again.hidden.extend([("from".to_owned(), "offset".to_owned()), ("at".to_owned(), offset.to_string())]);
        again.hidden.extend(KEPT.map(|name| (name.to_owned(), self.0.untrimmed(name).to_owned())));
        again
    }
}

/// The first of them where it is none.
fn one_of<T: Copy + Default>(all: &Words<T>, value: &str) -> T {
    all.iter().find(|(name, _, _)| *name == value).map(|(_, meant, _)| *meant).unwrap_or_default()
}

fn options<T>(all: &Words<T>) -> Vec<(String, String)> {
    all.iter().map(|(value, _, words)| ((*value).to_owned(), (*words).to_owned())).collect()
}

fn whole<T: std::str::FromStr>(what: &str, text: &str) -> Result<Option<T>, String> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("{what}: {text:?} is no whole number that fits.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: &str) -> Result<MessagesRequest, String> {
        peek_asked(body).request()
    }

    #[test]
    fn a_form_asks_for_what_is_filled_in() {
        assert_eq!(asked("csrf=x&from=newest&at=&partition=&limit="), Ok(MessagesRequest::default()));
        let full = asked(
            "from=offset&at=+41+&partition=3&limit=5&contains=+a+b&path=%24.a&equals=1&show=hex&isolation=uncommitted",
        );
        let wanted = MessagesRequest {
            partition: Some(3),
            from: MessagesStart::Offset,
            offset: Some(41),
            time: None,
            limit: Some(5),
            contains: Some(" a b".to_owned()),
            path: Some("$.a".to_owned()),
            equals: Some("1".to_owned()),
            show: Some(MessageForm::Hex),
            longest: None,
            isolation: Isolation::Uncommitted,
        };
        assert_eq!(full, Ok(wanted));
        let moment = asked("from=time&at=2026-11-29+08:00").unwrap();
        assert_eq!((moment.from, moment.time), (MessagesStart::Time, Some(1_795_939_200_000)));
        for (body, word) in [
            ("from=offset&at=", "Offset"),
            ("from=offset&at=x", "Offset"),
            ("from=time&at=yesterday", "Moment"),
            ("partition=-", "Partition"),
            ("limit=many", "How many"),
        ] {
            let why = asked(body).unwrap_err();
            assert!(why.starts_with(word), "{body}: {why}");
        }
    }
}
