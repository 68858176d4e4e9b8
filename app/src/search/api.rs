//! The server function of the search. It is open to the world: the portal decides who may ask. What was found comes in words
//! already, so that the browser has one kind of row to draw.
#![cfg_attr(
    feature = "ssr",
    expect(clippy::unused_async, reason = "the portal answers from memory, server functions are async")
)]

use crate::{AppError, encoding::Answer, ui::Status};
use klamm_model::ClusterRef;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marked(pub(crate) String, pub(crate) String, pub(crate) String);

/// Everything that may be meant by `wanted`.
#[server(name = AskSearch, prefix = "/api/fn", endpoint = "search", input = GetUrl, output = Answer)]
pub(crate) async fn search(#[server(default)] wanted: String) -> Result<Found, AppError> {
    use klamm_model::SearchRequest;
    /// The closest of each kind; lists have the rest.
    const SHOWN: u32 = 10;
    crate::door::ask(|portal, actor| {
        let request = SearchRequest { search: Some(wanted.clone()), limit: Some(SHOWN) };
        Ok(super::words::found(&wanted, portal.search(actor, &request)?))
    })
}
