//! Parts in few words.

use super::parts::{Button, Choice, Field, Form, Holds, Look, Method, Narrow, Panel, Part, Piece, Table};
use crate::ui::Status;
use klamm_model::UnixMillis;

/// A cell or a line.
pub(crate) type Line = Vec<Piece>;
/// Rows of a table.
pub(crate) type Rows = Vec<Vec<Line>>;

fn piece(text: impl Into<String>, look: Look) -> Piece {
    Piece { text: text.into(), look }
}

pub(crate) fn text(text: impl Into<String>) -> Line {
    vec![piece(text, Look::Plain)]
}

pub(crate) fn code(text: impl Into<String>) -> Line {
    vec![piece(text, Look::Code)]
}

pub(crate) fn label(text: impl Into<String>) -> Line {
    vec![piece(text, Look::Aside)]
}

pub(crate) fn link(text: impl Into<String>, href: impl Into<String>) -> Line {
    vec![piece(text, Look::Link(href.into()))]
}

pub(crate) fn status(status: Status, word: impl Into<String>) -> Line {
    vec![piece(word, Look::Marked(status))]
}

pub(crate) fn time(at: UnixMillis) -> Line {
    vec![piece("", Look::Moment(at))]
}

/// A moment that may not have come.
pub(crate) fn when(at: Option<UnixMillis>, otherwise: &str) -> Line {
    at.map_or_else(|| text(otherwise), time)
}

pub(crate) fn tick(words: impl Into<String>, name: &str, value: String) -> Line {
    vec![piece(words, Look::Box(name.to_owned(), value))]
}

/// A button of the form that is called so, which stands elsewhere; `what` is what it is done to.
pub(crate) fn press(words: impl Into<String>, form: &str, (name, value): (&str, String), what: &str) -> Line {
    vec![piece(words, Look::Press(form.to_owned(), (name.to_owned(), value), what.to_owned()))]
}

pub(crate) fn head(words: &str) -> (String, Holds) {
    (words.to_owned(), Holds::Words)
}

pub(crate) fn number(words: &str) -> (String, Holds) {
    (words.to_owned(), Holds::Numbers)
}

pub(crate) fn panel(title: impl Into<String>, parts: Vec<Part>) -> Panel {
    Panel { title: title.into(), parts, ..Panel::default() }
}

impl Panel {
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(crate) fn aside(mut self, aside: Line) -> Self {
        self.aside = aside;
        self
    }
}

impl Part {
    /// Facts with their names at the left; those without any are left out.
    pub(crate) fn facts(label: &str, facts: Vec<(&str, Line)>) -> Self {
        let rows = facts.into_iter().filter(|(_, line)| !line.is_empty()).map(|(name, line)| vec![text(name), line]);
        Self::Table(Table { label: label.to_owned(), rows: rows.collect(), ..Table::default() })
    }

    pub(crate) fn table(label: &str, heads: Vec<(String, Holds)>, rows: Rows) -> Self {
        Self::Table(Table { label: label.to_owned(), heads, rows, ..Table::default() })
    }

    /// The same, whose rows are read one below the other where there is no room for columns.
    pub(crate) fn stacked(label: &str, heads: Vec<(String, Holds)>, rows: Rows) -> Self {
        Self::Table(Table { label: label.to_owned(), heads, rows, narrow: Narrow::Stacks })
    }
}

pub(crate) fn field(name: &str, label: &str, value: impl Into<String>, choice: Choice) -> Field {
    let (name, label) = (name.to_owned(), label.to_owned());
    Field { name, label, value: value.into(), choice, ..Field::default() }
}

impl Field {
    pub(crate) fn example(mut self, example: &str) -> Self {
        example.clone_into(&mut self.example);
        self
    }
}

impl Button {
    pub(crate) fn new(label: &str) -> Self {
        Self { label: label.to_owned(), ..Self::default() }
    }
}

/// A form that changes something; `csrf` says that it comes from us.
pub(crate) fn form(action: impl Into<String>, csrf: &str, buttons: Vec<Button>) -> Form {
    Form {
        method: Method::Post,
        action: action.into(),
        hidden: vec![("csrf".to_owned(), csrf.to_owned())],
        buttons,
        ..Form::default()
    }
}
