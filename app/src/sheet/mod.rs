//! Pages that the server puts together from few parts: panels with tables, lines, texts and forms. They come as HTML, a piece
//! for each panel, and the browser puts in what is not there yet: it knows none of the parts and none of the nouns on them,
//! so that the module that browsers load does not grow with such pages.
//!
//! Inside: the parts, how they are drawn, what makes them short to write, all of that on the server alone; and the page around
//! them, which is all that the browser has of it. What stands on a sheet is said in the folder of its noun; nothing here may
//! know one.

#[cfg(feature = "ssr")]
mod build;
#[cfg(feature = "ssr")]
mod draw;
#[cfg(feature = "ssr")]
mod form;
mod page;
#[cfg(feature = "ssr")]
mod parts;
#[cfg(feature = "ssr")]
mod steps;

#[cfg(feature = "ssr")]
pub(crate) use build::{
    Line, Rows, code, field, form, head, label, link, number, panel, press, status, text, tick, time, when,
};
#[cfg(feature = "ssr")]
pub(crate) use draw::piece_of;
pub(crate) use page::SheetPage;
#[cfg(feature = "ssr")]
pub(crate) use page::{Drawn, Following};
#[cfg(all(test, feature = "ssr"))]
pub(crate) use page::{SheetView, SheetViewProps};
#[cfg(feature = "ssr")]
pub(crate) use parts::{
    Action, Button, Choice, Emphasis, Fate, Field, Form, Holds, Look, Narrow, Panel, Part, Piece, Sheet, Stage, Step,
    Table, Typing,
};
