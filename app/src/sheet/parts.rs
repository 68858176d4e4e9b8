//! What sheets are made of, on the server.

use super::page::Following;
use crate::{
    charts::{Chart, Shown},
    clusters::ClusterTab,
    ui::Status,
};
use klamm_model::{ClusterRef, UnixMillis};

/// A page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sheet {
    /// What stands in the browser's tab.
    pub(crate) title: String,
    /// The headline.
    pub(crate) sentence: String,
    /// The line below it.
    pub(crate) facts: String,
    /// What can be done about what it is about, beside the headline where there is room.
    pub(crate) actions: Vec<Action>,
    /// The cluster whose page it is, which of its pages, and how many of its findings want somebody.
    pub(crate) tabs: Option<(ClusterRef, ClusterTab, u32)>,
    /// What somebody has to know first.
    pub(crate) notices: Vec<(Status, String, String)>,
    /// The rest.
    pub(crate) panels: Vec<Panel>,
    /// What stands beside the rest where there is room.
    pub(crate) beside: Vec<Panel>,
    /// When it is read again.
    pub(crate) following: Following,
    /// The server's clock when it was put together.
    pub(crate) now: UnixMillis,
}

/// Something that can be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// At once, by a form without fields.
    Form(Form),
    /// On another page: its words, where that is, and how much it matters.
    Link(String, String, Emphasis),
}

/// A part of a page with a title.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) hint: String,
    pub(crate) aside: Vec<Piece>,
    pub(crate) parts: Vec<Part>,
}

/// What stands in a panel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// Rows below heads; without heads, facts with their names at the left.
    Table(Table),
    /// Where there is nothing: why, and what to do next.
    Empty(String, Vec<Piece>),
    /// One below the other.
    Lines(Vec<Vec<Piece>>),
    /// What can be done.
    Actions(Vec<Action>),
    /// What is done one after the other, and how far it is.
    Steps(Vec<Step>),
    /// Text as it is, to be copied.
    Text(String),
    /// Lines as they stay, come and go.
    Diff(Vec<(Fate, String)>),
    /// Something to fill in.
    Form(Form),
    /// Where one is in a list, its first page, and its next.
    Pager(String, Option<String>, Option<String>),
    /// What narrows a list, each with the address without it.
    Chips(Vec<(String, String)>),
    /// Numbers over time, side by side where there is room.
    Charts(Vec<Chart>),
    /// The way to the rest of them, which are not read before somebody takes it, or back.
    MoreCharts(Shown),
    /// Which time charts show, and the ways to others.
    Spans(Shown),
}

/// One of several things that are done one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// How far it is, and the word for that.
    pub(crate) stage: Stage,
    pub(crate) word: String,
    /// What is done.
    pub(crate) title: String,
    /// What there is to know of it.
    pub(crate) words: Vec<Piece>,
    /// When.
    pub(crate) at: Vec<Piece>,
    /// What holds it back, a line each.
    pub(crate) notes: Vec<Vec<Piece>>,
    /// What is crossed with it, where there is no way back.
    pub(crate) door: Option<String>,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Done,
    Now,
    Held,
    Later,
    Skipped,
    Failed,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Stays,
    Comes,
    Goes,
}

/// Rows below heads.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// For those who hear the page.
    pub(crate) label: String,
    /// Each with whether numbers stand below it.
    pub(crate) heads: Vec<(String, Holds)>,
    /// The first cell of each names it.
    pub(crate) rows: Vec<Vec<Vec<Piece>>>,
    /// What becomes of it where there is no room for its columns.
    pub(crate) narrow: Narrow,
}

/// What becomes of a table in a narrow window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Narrow {
    /// It scrolls sideways.
    #[default]
    Scrolls,
    /// Cells of a row stand below each other, each with the head of its column.
    Stacks,
}

/// What stands below a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Words,
    Numbers,
}

/// A word or more.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) look: Look,
}

/// How a piece looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Look {
    #[default]
    Plain,
    /// In letters of equal width.
    Code,
    /// Less important than what stands before it.
    Aside,
    /// With a mark.
    Marked(Status),
    /// It leads there.
    Link(String),
    /// A moment, told as how far it is from now.
    Moment(UnixMillis),
    /// As it is, line by line, unfolded below this summary.
    Folded(String),
    /// A box to tick, which sends this name with this value; the text says what it stands for.
    Box(String, String),
    /// A button that sends a form which stands elsewhere on the page, by its id, with this name and this value: so that a row of one
    /// form can have a button of another. The last says what of, for those who hear one button after the other.
    Press(String, (String, String), String),
}

/// Something to fill in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Form {
    pub(crate) method: Method,
    pub(crate) action: String,
    /// What buttons elsewhere on the page call it; empty where there are none.
    pub(crate) id: String,
    /// Sent along.
    pub(crate) hidden: Vec<(String, String)>,
    /// Rows with boxes to tick.
    pub(crate) table: Option<Table>,
    pub(crate) fields: Vec<Field>,
    pub(crate) buttons: Vec<Button>,
    pub(crate) typing: Typing,
}

/// How a form is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Method {
    /// It asks: what is filled in stands in the address.
    #[default]
    Get,
    /// It changes something.
    Post,
}

/// What happens while somebody types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Typing {
    /// Nothing.
    #[default]
    Waits,
    /// The page says what it would say to what is typed.
    Answers,
}

/// Something to fill in or to choose.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) example: String,
    pub(crate) choice: Choice,
}

/// What may be filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Choice {
    /// A word.
    #[default]
    Word,
    /// A line.
    Line,
    /// A few lines.
    Lines,
    /// A whole number.
    Number,
    /// One of these: values with their words.
    One(Vec<(String, String)>),
    /// A password that somebody makes up; it is not shown while it is typed.
    Secret,
    /// This very word, so that nobody does it by mistake.
    Exactly(String),
    /// Nothing else than what stands there.
    Stays,
}

/// Sends a form.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Button {
    pub(crate) label: String,
    pub(crate) emphasis: Emphasis,
    /// Why it cannot be pressed.
    pub(crate) not_now: Option<String>,
    /// Sent along when it is this one.
    pub(crate) value: Option<(String, String)>,
}

/// How much a button matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Emphasis {
    #[default]
    Plain,
    /// What most people want.
    Primary,
    /// It takes something away.
    Danger,
}
