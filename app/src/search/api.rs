//! What the page of the search tells, in words. The portal decides who may ask.

use crate::{AppError, door, sheet::Drawn, ui::Status};
use klamm_model::{ClusterRef, SearchRequest};

/// The closest of each kind; lists have the rest.
const SHOWN: u32 = 10;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// What was looked for, as it can be shown; empty when nothing was.
    pub(crate) wanted: String,
    /// How much was found, in a sentence.
    pub(crate) sentence: String,
    /// The line below it.
    pub(crate) facts: String,
    /// By kind, the kind with the closest hit first.
    pub(crate) kinds: Vec<FoundKind>,
    /// What could not be searched, a sentence for each cluster.
    pub(crate) unsearched: Vec<String>,
}

/// What was found of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundKind {
    /// `Topics`.
    pub(crate) title: String,
    /// How many there are.
    pub(crate) hint: String,
    /// The list that has all of them, by its words and address.
    pub(crate) all: Option<(String, String)>,
    /// The closest of them.
    pub(crate) rows: Vec<FoundRow>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundRow {
    /// What it is called.
    pub(crate) name: Marked,
    /// Its page.
    pub(crate) href: String,
    /// How it is.
    pub(crate) status: Status,
    /// The same in a word.
    pub(crate) word: String,
    /// What else tells it from others.
    pub(crate) facts: Marked,
    /// Where it is; none for a cluster itself.
    pub(crate) cluster: Option<ClusterRef>,
}

/// A text with what was looked for in the middle: before, found, after. Where it is not in this text, all of it is before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marked(pub(crate) String, pub(crate) String, pub(crate) String);

/// Everything that may be meant by `wanted`.
pub(crate) fn search(wanted: &str) -> Result<Drawn, AppError> {
    door::ask(|portal, actor| {
        let request = SearchRequest { search: Some(wanted.to_owned()), limit: Some(SHOWN) };
        Ok(super::page::drawn(super::words::found(wanted, portal.search(actor, &request)?)))
    })
}
